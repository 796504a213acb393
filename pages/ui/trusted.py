"""How far what a page shows can be trusted, and the sentences in place of what Odoo's own totals contradict.

The rule is `odoo_client.store.trust`'s; here it is asked for the companies chosen and for the datasets of the page.
"""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from odoo_client.store.trust import Contradiction, Trust, contradictions, trust
from pages.ui import formats
from pages.ui.view import View

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


def unknown(view: View, company_ids: Collection[int] | None = None) -> str:
    """Return what is not shown in a few words, `KWD of Afinet is not shown`, "" where all is."""
    chosen = view.company_ids if company_ids is None else company_ids
    found = contradictions(view.snapshot, chosen)
    names = [f"{one.currency} of {one.company}" for one in found]
    return f"{formats.listed(names)} {'is' if len(names) == 1 else 'are'} not shown" if names else ""


def draw(sentences: Collection[str]) -> None:
    """Draw the sentences where a chart or a table would stand."""
    for sentence in sentences:
        with st.container(border=True):
            st.markdown(f"{ICON} {formats.plain(sentence)}")


def _chosen(view: View) -> frozenset[int] | None:
    """Return the companies chosen, None for all: one whose name may not be read is among them."""
    return None if view.whole else view.company_ids
