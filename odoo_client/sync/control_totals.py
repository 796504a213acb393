"""Control totals: Odoo's own counts and sum of residuals beside the frame's, by company, account and currency.

What is open on receivable accounts marked non-trade is no customer's debt and in no frame. Odoo's own sum of it is
given beside the others, so that together they make up Odoo's receivable balance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from odoo_client.datasets.base import Plan
from odoo_client.metrics.currencies import Currencies
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.columns import Domain
from odoo_client.store.snapshot import ControlTotal, NonTradeTotal

#: How often a mismatch is read again before it is reported: somebody may be posting a payment right now.
REREADS = 3
_Key = tuple[int, int, int]
Totals = dict[_Key, tuple[int, float, int]]
_BY = ("company_id", "account_id", "currency_id")
#: By which fields totals are grouped, and what is summed up.
GROUPED_BY: Final = (*_BY, "reconciled")
SUMS: Final = (("amount_residual_currency", "sum"),)


def odoo_totals(client: OdooClient, plan: Plan) -> Totals:
    """Return Odoo's own lines, residual and open lines by company, account and currency."""
    return totals_of(client.grouped(plan.model, plan.domain, GROUPED_BY, SUMS))


def totals_of(groups: Sequence[Mapping[str, Any]]) -> Totals:
    """Return the same of groups that hold `SUMS`, `GROUPED_BY` them."""
    found: Totals = {}
    for group in groups:
        count, residual = int(group["__count"]), _sum(group["amount_residual_currency:sum"])
        _add(found, _key(*(group[name] or 0 for name in _BY)), count, residual, group["reconciled"])
    return found


def control_totals(theirs: Totals, lines: pd.DataFrame, currencies: Currencies) -> tuple[ControlTotal, ...]:
    """Return one total for every company, account and currency that Odoo (`theirs`) or the frame knows."""
    ours: Totals = {}
    grouped = lines.groupby([*_BY, "reconciled"], observed=True)["residual"].agg(["size", "sum"])
    for (company, account, currency, reconciled), (count, residual) in zip(
        grouped.index, grouped.itertuples(index=False, name=None), strict=True
    ):
        _add(ours, _key(company, account, currency), int(count), float(residual), reconciled)
    nothing = (0, 0.0, 0)
    return tuple(
        ControlTotal(
            *key,
            *theirs.get(key, nothing)[:2],
            *ours.get(key, nothing)[:2],
            smallest=currencies.smallest(key[2]),
            odoo_open=theirs.get(key, nothing)[2],
            our_open=ours.get(key, nothing)[2],
        )
        for key in sorted({*theirs, *ours})
    )


def _key(company: Any, account: Any, currency: Any) -> _Key:
    return int(company), int(account), int(currency)


def _add(totals: Totals, key: _Key, count: int, residual: float, reconciled: Any) -> None:
    lines, so_far, still_open = totals.get(key, (0, 0.0, 0))
    totals[key] = lines + count, so_far + residual, still_open + (0 if reconciled else count)


def non_trade_totals(
    client: OdooClient, model: str, domain: Domain, currencies: Currencies
) -> tuple[NonTradeTotal, ...]:
    """Return what Odoo has open of `domain`, one total a company, account and currency; none for an empty domain."""
    if not domain:
        return ()
    still_open = [*domain, ["reconciled", "=", False]]
    groups = client.grouped(model, still_open, list(_BY), [("amount_residual_currency", "sum")])
    found = []
    for group in groups:
        company_id, account_id, currency_id = (int(group[name] or 0) for name in _BY)
        residual, smallest = _sum(group["amount_residual_currency:sum"]), currencies.smallest(currency_id)
        found.append(
            NonTradeTotal(company_id, account_id, currency_id, int(group["__count"]), residual, smallest=smallest)
        )
    return tuple(sorted(found, key=lambda total: (total.company_id, total.account_id, total.currency_id)))


def _sum(value: Any) -> float:
    """Return Odoo's sum; a value that is not one cannot tie, and is reported."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return float("nan")
    return float(value or 0.0)


def reread_mismatch(
    totals: Callable[[], tuple[ControlTotal, ...]], read_again: Callable[[], None]
) -> tuple[ControlTotal, ...]:
    """Return the totals, having read again up to three times while they did not tie.

    A total that still differs says whether Odoo's own figure moved during the last reading: if so, nothing is proven
    either way, and the next sync will tell. A difference from a figure that stood still is a real one.
    """
    found = totals()
    for _attempt in range(REREADS):
        if all(total.ties for total in found):
            break
        stood = {total.key: _told(total) for total in found}
        read_again()
        found = tuple(replace(total, moving=stood.get(total.key) != _told(total)) for total in totals())
    return found


def _told(total: ControlTotal) -> tuple[int, str, int]:
    # By its text: "not a number" is unequal to itself, even when it stands still.
    return total.odoo_count, repr(total.odoo_residual), total.odoo_open
