"""How far what a page shows can be trusted, and the sentences in place of what Odoo's own totals contradict.

The rule is `odoo_client.store.trust`'s; here it is asked for the companies chosen and for the datasets of the page.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import isnan

import numpy as np
import streamlit as st

from odoo_client.frames.arrays import ints
from odoo_client.metrics.currencies import Currencies
from odoo_client.store.snapshot import Snapshot
from odoo_client.store.trust import Contradiction, Trust, contradictions, trust
from pages.ui import formats
from pages.ui.view import View, ledger, policy_of

ICON = ":material/balance:"


def trust_of(view: View, currency_id: int | None = None) -> Trust:
    """Return how far the figures of the page, or those of one currency, can be trusted."""
    return trust(
        view.snapshot,
        view.datasets,
        stale_s=view.settings.stale_s,
        company_ids=_chosen(view),
        currency_id=currency_id,
    )


def withheld(view: View, currency_id: int = 0) -> tuple[Contradiction, ...]:
    """Return what is not shown of what is owed to the companies chosen, in one currency (0: in any)."""
    return contradictions(view.snapshot, _chosen(view), currency_id or None)


def instead(view: View, currency_id: int = 0) -> list[str]:
    """Return the sentences that stand in place of figures of debt."""
    return [one.sentence for one in withheld(view, currency_id)]


def differences(snapshot: Snapshot, company_ids: Collection[int] | None = None) -> list[str]:
    """Return a sentence with both figures for each total that contradicts, for people who read the whole ledger."""
    currencies = Currencies.of(snapshot)

    def money(amount: float, currency_id: int) -> str:
        # What Odoo answered may be no number.
        known = formats.money(amount, currencies.code(currency_id), currencies.places(currency_id))
        return "no amount" if isnan(amount) else known

    return [
        f"Odoo counts {formats.plural(total.odoo_count, 'receivable line')} with "
        f"{money(total.odoo_residual, total.currency_id)} open, this copy {formats.count(total.our_count)} with "
        f"{money(total.our_residual, total.currency_id)}."
        for total in snapshot.meta.control_totals
        if not total.ties and (company_ids is None or total.company_id in company_ids)
    ]


def not_shown(view: View, partner_ids: Iterable[int], company_ids: Collection[int] = ()) -> dict[int, list[str]]:
    """Return the currencies in which what these customers owe is not shown, in words: `KWD not shown`.

    They are those in which a customer has entries with the companies given (none: those chosen). Beside other amounts,
    or nothing, a blank would read as "owes nothing".
    """
    lines = ledger(view, view.today, policy_of(view, "due_date")).index.withheld
    if lines.empty:
        return {}
    wanted = list(company_ids or view.company_ids)
    kept = np.isin(ints(lines, "company_id"), wanted)
    kept &= np.isin(ints(lines, "commercial_partner_id"), list(partner_ids))
    pairs = lines.loc[kept, ["commercial_partner_id", "currency_id"]].drop_duplicates()
    found: dict[int, list[str]] = {}
    for partner_id, currency_id in pairs.sort_values(list(pairs.columns)).itertuples(index=False):
        found.setdefault(int(partner_id), []).append(f"{view.code(currency_id)} not shown")
    return found


def draw(sentences: Collection[str]) -> None:
    """Draw the sentences where a chart or a table would stand."""
    for sentence in sentences:
        with st.container(border=True):
            st.markdown(f"{ICON} {formats.plain(sentence)}")


def _chosen(view: View) -> frozenset[int] | None:
    """Return the companies chosen, None for all: one whose name may not be read is among them."""
    return None if view.whole else view.company_ids
