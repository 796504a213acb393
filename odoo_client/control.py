"""Control totals: Odoo's own count and sum of residuals beside the frame's, by company, account and currency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from odoo_client.client import OdooClient
from odoo_client.datasets.base import Plan
from odoo_client.snapshot import ControlTotal

#: How often a mismatch is read again before it is said: somebody may be posting a payment right now.
REREADS = 3
_BY = ("company_id", "account_id", "currency_id")


def control_totals(client: OdooClient, plan: Plan, lines: pd.DataFrame) -> tuple[ControlTotal, ...]:
    """Return one total for every company, account and currency that Odoo or the frame knows."""
    theirs: dict[tuple[int, int, int], tuple[int, float]] = {}
    for group in client.grouped(plan.model, plan.domain, list(_BY), [("amount_residual_currency", "sum")]):
        key = (int(group["company_id"] or 0), int(group["account_id"] or 0), int(group["currency_id"] or 0))
        theirs[key] = (int(group["__count"]), float(group["amount_residual_currency:sum"] or 0.0))
    ours: dict[tuple[int, int, int], tuple[int, float]] = {}
    grouped = lines.groupby(list(_BY), observed=True)["residual"].agg(["size", "sum"])
    for (company, account, currency), row in zip(grouped.index, grouped.itertuples(index=False), strict=True):
        ours[int(company), int(account), int(currency)] = (int(row[0]), float(row[1]))
    return tuple(
        ControlTotal(*key, *theirs.get(key, (0, 0.0)), *ours.get(key, (0, 0.0))) for key in sorted({*theirs, *ours})
    )


def reread_mismatch(
    totals: Callable[[], tuple[ControlTotal, ...]], read_again: Callable[[], None]
) -> tuple[ControlTotal, ...]:
    """Return the totals, having read again up to three times while they did not tie.

    Of one that still differs, it is told whether Odoo's own figure moved during the last reading: then nothing is
    proven either way, and the next sync will tell. A difference from a figure that stood still is a true one.
    """
    found = totals()
    for _attempt in range(REREADS):
        if all(total.ties for total in found):
            break
        stood = {total.key: (total.odoo_count, total.odoo_residual) for total in found}
        read_again()
        found = tuple(
            replace(total, moving=stood.get(total.key) != (total.odoo_count, total.odoo_residual)) for total in totals()
        )
    return found
