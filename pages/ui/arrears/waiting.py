"""What was paid and waits for us, as Arrears and Payments show it: one label, one figure, and what meets no debt.

The figure is every draft payment of the companies chosen. Some of it meets no debt: its customer has nothing open, or
nobody knows whose it is. That part is in no row of Arrears and is taken off nothing, so both pages name it.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pages.ui import formats
from pages.ui.freshness import absent
from pages.ui.view import Ledger, View, of_companies

NOTE = "draft payments, not in the ledger"


@dataclass(frozen=True)
class Waiting:
    """Draft payments by currency: all of them, and those that meet no debt.

    Columns: currency_id int64, amount float64, payments int64.
    """

    every: pd.DataFrame
    beside: pd.DataFrame

    @property
    def payments(self) -> int:
        """How many there are."""
        return int(self.every["payments"].sum())

    def note(self, view: View) -> str:
        """Return what a tile says below the figure."""
        if self.beside.empty:
            return NOTE
        number = formats.plural(int(self.beside["payments"].sum()), "payment")
        return f"{NOTE}; {self._beside(view)} of it, in {number}, is beside no debt"

    def explained(self, view: View) -> list[str]:
        """Return what the explanation says about the part that meets no debt."""
        if self.beside.empty:
            return []
        number = formats.plural(int(self.beside["payments"].sum()), "payment")
        return [
            f"{self._beside(view)} of it, in {number} without customer or of customers with nothing open in that "
            "company and currency, stands in no row of Arrears and is taken off nothing."
        ]

    def _beside(self, view: View) -> str:
        pairs = zip(self.beside["amount"], self.beside["currency_id"], strict=True)
        return formats.listed(view.money(amount, key) for amount, key in pairs)


def waiting(view: View, book: Ledger, currency_id: int = 0) -> Waiting:
    """Return the payments under review of the companies chosen on the day of `book`, of one currency where given."""
    drafts, rows = of_companies(view, book.drafts), of_companies(view, book.by_customer)
    if currency_id:
        drafts, rows = drafts[drafts["currency_id"] == currency_id], rows[rows["currency_id"] == currency_id]
    every = drafts.groupby("currency_id")["amount"].agg(amount="sum", payments="size")
    if absent(view, "receivable_lines"):
        # Which of them meet a debt is not known.
        return Waiting(every.reset_index(), every.iloc[:0].reset_index())
    # Nor is it where Odoo contradicts the debt.
    told = book.index.trusted(drafts).groupby("currency_id")["amount"].agg(amount="sum", payments="size")
    at_debt = rows.groupby("currency_id")[["under_review", "under_review_payments"]].sum()
    at_debt = at_debt.reindex(told.index, fill_value=0)
    beside = pd.DataFrame(
        {
            "amount": (told["amount"] - at_debt["under_review"]).round(4),
            "payments": told["payments"] - at_debt["under_review_payments"],
        }
    )
    return Waiting(
        every.assign(amount=every["amount"].round(4)).reset_index(), beside[beside["payments"] > 0].reset_index()
    )
