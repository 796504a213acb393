"""The tiles of the Billing page: money in, money billed, and how fast it comes; each opens the rows behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import BoolArray
from odoo_client.metrics import collections
from odoo_client.metrics.days_to_pay import days_to_pay
from odoo_client.metrics.registry import metric
from pages.ui import formats, freshness, trusted
from pages.ui.billing import methods as billing_methods
from pages.ui.billing.data import STATUS_BITS, BillingBook, active_currencies, months_of
from pages.ui.billing.filters import BillingFilters, By, Table, described, period_days
from pages.ui.billing.kept import BillingMasks, bills_untold, dated, payments_untold
from pages.ui.explain import explain
from pages.ui.tiles import TILE_WIDTH_PX, tile
from pages.ui.view import View

#: Tiles whose notes say more than a sum.
WIDE_TILE_PX = 330
NOT_MEANINGFUL = "not meaningful"


@dataclass(frozen=True, eq=False)
class BillingPage:
    """What the page's parts draw from: the view, the prepared rows, the filters, and the rows they keep.

    What several parts show is worked out once per run.
    """

    view: View
    book: BillingBook
    chosen: BillingFilters
    kept: BillingMasks
    journals: Mapping[int, str]

    @cached_property
    def currency_ids(self) -> tuple[int, ...]:
        """The currencies that tiles show."""
        return (self.chosen.currency_id,) if self.chosen.currency_id else active_currencies(self.view, self.book)

    @cached_property
    def words(self) -> dict[str, str]:
        """The filters that narrow tiles, name to value."""
        return described(self.view, replace(self.chosen, first=None, last=None, statuses=()), self.journals)

    def absent(self, dataset: str) -> str:
        """Return why a dataset has no figures, "" when it has."""
        return freshness.absent(self.view, dataset)

    def payments(self, status: str, first: date | None = None, last: date | None = None) -> BoolArray:
        """Return the payments kept that have a status, in a period."""
        rows = self.book.payments
        found: BoolArray = (rows.statuses & STATUS_BITS[status]) > 0
        return self.kept.payments & found & dated(rows.day, first, last)

    def bills(self, first: date, last: date) -> BoolArray:
        """Return the posted documents kept that are dated in a period."""
        rows = self.book.bills
        posted: BoolArray = rows.facts["posted"].to_numpy()
        return self.kept.bills & posted & dated(rows.day, first, last)

    @cached_property
    def came(self) -> Mapping[str, pd.DataFrame]:
        """What came in today, this week and this month, by journal and method."""
        return billing_methods.came_in(self.view, self.book, self.kept)

    @cached_property
    def months(self) -> Mapping[date, Mapping[int, Mapping[str, Any]]]:
        """The rows of `months_of` by month and currency."""
        found: dict[date, dict[int, Mapping[str, Any]]] = {}
        for row in months_of(self.view, self.book).to_dict("records"):
            found.setdefault(row["month"].date(), {})[int(row["currency_id"])] = {str(k): v for k, v in row.items()}
        return found

    def figures(self, sums: Mapping[int, float]) -> list[str]:
        """Return the sums of the currencies shown in words, a dash without any currency."""
        shown = (*self.currency_ids, *(key for key in sums if key not in self.currency_ids))
        return [self.view.money(sums.get(key, 0.0), key) for key in shown] or [formats.NONE_SHOWN]

    def words_of(self, sums: Mapping[int, float]) -> str:
        """Return sums as `USD 12.00 · ZWG 3.00`, "" without any."""
        return " · ".join(self.view.money(amount, key) for key, amount in sums.items())

    def unmatched(self, mask: BoolArray) -> str:
        """Return in words what of some payments is matched with nothing, "" for none; refunds paid out stand apart."""
        facts, left = self.book.payments.facts, self.book.payment_left
        came = self.words_of(collections.sums_at(facts, np.flatnonzero(mask & (left > 0)), left))
        went = self.words_of(collections.sums_at(facts, np.flatnonzero(mask & (left < 0)), -left))
        return " and ".join(filter(None, [came, f"{went} of refunds paid out" if went else ""]))


def open_rows(table: Table, status: str, period: str, by: By = "date") -> None:
    """Show the rows behind a figure in their table, of one status ("" = any) and a period ("" = the one chosen)."""
    st.session_state["bill_view"] = table
    st.session_state["bill_status"] = [status] if status else []
    if period:
        st.session_state["bill_period"] = period
    if table == "invoices":
        st.session_state["bill_by"] = by


def tiles(shown: BillingPage) -> None:
    """Draw what came in today, this week and this month, what was billed and collected, and money that names nobody."""
    view = shown.view
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        for label, period, icon in (
            ("Received today", "today", ":material/today:"),
            ("Received this week", "week", ":material/date_range:"),
            ("Received this month", "month", ":material/calendar_month:"),
        ):
            first, last = period_days(period, view.today) or (view.today, view.today)
            _received(shown, label, period, icon, first, last)
        first, last = period_days("month", view.today) or (view.today, view.today)
        _billed(shown, first, last)
        _collected(shown, first, last)
        _unnamed(shown)


def _payments_tile(
    shown: BillingPage,
    label: str,
    key: str,
    icon: str,
    mask: BoolArray,
    note: str,
    link: str,
    opens: Callable[[], None],
) -> None:
    """Draw a tile of money that payments make up, with the sum of `mask` in each currency."""
    if absent := shown.absent("payments") or payments_untold(shown.book, shown.chosen):
        tile(label, [absent], icon=icon, note="Payments")
        return
    tile(
        label,
        shown.figures(collections.sums(shown.book.payments.facts, mask)),
        icon=icon,
        note=note,
        open_label=link,
        on_open=opens,
        explanation=_explained(shown, key, int(mask.sum())),
    )


def _explained(shown: BillingPage, key: str, rows: int, notes: Sequence[str] = ()) -> Callable[[], None]:
    codes = formats.listed(shown.view.code(currency) for currency in shown.currency_ids)
    return partial(
        explain, key, as_of=shown.view.today, currency=codes, filters=shown.words, rows=rows, notes=tuple(notes)
    )


def _received(shown: BillingPage, label: str, period: str, icon: str, first: date, last: date) -> None:
    mask = shown.payments("received", first, last)
    refunds = collections.sums(shown.book.payments.facts, shown.payments("refunded", first, last))
    note = billing_methods.in_words(shown.came[period], shown.view, shown.journals) or "nothing so far"
    if refunds:
        note += f"; refunds paid out apart: {shown.words_of({key: -amount for key, amount in refunds.items()})}"
    opens = partial(open_rows, "payments", "received", period)
    _payments_tile(shown, label, "received", icon, mask, note, "Payments", opens)


def _billed(shown: BillingPage, first: date, last: date) -> None:
    label, icon = "Billed this month", ":material/receipt_long:"
    if absent := shown.absent("invoices") or bills_untold(shown.book, shown.chosen):
        tile(label, [absent], icon=icon, note="Invoices")
        return
    # Only payments have a method.
    shown = replace(shown, chosen=replace(shown.chosen, methods=()))
    facts, mask = shown.book.bills.facts, shown.bills(first, last)
    notes_taken_off = int((mask & (facts["amount"].to_numpy() < 0)).sum())
    note = formats.plural(int(mask.sum()) - notes_taken_off, "invoice") + ", with tax"
    if notes_taken_off:
        note += f"; {formats.plural(notes_taken_off, 'credit note')} taken off"
    tile(
        label,
        shown.figures(collections.sums(facts, mask)),
        icon=icon,
        note=note,
        open_label="Invoices",
        on_open=partial(open_rows, "invoices", "posted", "month"),
        explanation=_explained(shown, "billed", int(mask.sum())),
    )


def _collected(shown: BillingPage, first: date, last: date) -> None:
    mask = shown.payments("posted", first, last)
    _payments_tile(
        shown,
        "Collected this month",
        "collected",
        ":material/savings:",
        mask,
        f"{formats.plural(int(mask.sum()), 'payment')}, refunds paid out taken off",
        "Payments",
        partial(open_rows, "payments", "posted", "month"),
    )


def _unnamed(shown: BillingPage) -> None:
    mask = shown.payments("posted") & collections.without_customer(shown.book.payments.facts)
    _payments_tile(
        shown,
        "Without customer",
        "payments_without_customer",
        ":material/person_off:",
        mask,
        f"{formats.plural(int(mask.sum()), 'payment')} of all time that nobody is credited with",
        "Find whose they are",
        partial(open_rows, "unnamed", "posted", "all"),
    )


def speed_tiles(shown: BillingPage) -> None:
    """Draw days to pay, collection effectiveness, days of sales outstanding, and payments not fully matched."""
    st.subheader("How fast money comes in", anchor=False)
    with st.grid(2, min_column_width=WIDE_TILE_PX, gap="small"):
        _days_to_pay(shown)
        _effectiveness(shown)
        _dso(shown)
        _unallocated(shown)
    ignored = [name for name in ("Journal", "Technology", "Search") if name in shown.words]
    if ignored:
        st.caption(
            f"Effectiveness and days sales outstanding are of the whole ledger: {formats.listed(ignored)} "
            f"{'does' if len(ignored) == 1 else 'do'} not narrow them."
        )


def _labelled(shown: BillingPage, currency_id: int, value: str) -> str:
    return f"{shown.view.code(currency_id)} {value}" if len(shown.currency_ids) > 1 else value


def _days_to_pay(shown: BillingPage) -> None:
    label, icon = "Days to pay", ":material/hourglass_bottom:"
    if absent := shown.absent("receivable_lines"):
        tile(label, [absent], icon=icon, note="Receivable lines")
        return
    book, chosen = shown.book, shown.chosen
    mask = shown.kept.bills & (book.paid_at >= 0) & dated(book.paid_day, chosen.first, chosen.last)
    at = book.paid_at[np.flatnonzero(mask)]
    currency, taken, amounts = (book.paid[name].to_numpy()[at] for name in ("currency_id", "days", "amount"))
    values, notes = [], []
    for key in shown.currency_ids:
        rows = np.flatnonzero(currency == key)
        found = days_to_pay(pd.DataFrame({"days": taken[rows], "amount": amounts[rows]}))
        if found.spread.median is None or found.spread.p90 is None:
            values.append(_labelled(shown, key, formats.NONE_SHOWN))
            continue
        values.append(_labelled(shown, key, f"{found.spread.median:,.0f} days"))
        average = "" if found.average is None else f", average days to pay by amount {found.average:,.1f}"
        notes.append(
            _labelled(
                shown,
                key,
                f"90% within {found.spread.p90:,.0f} days{average}, {formats.plural(found.spread.count, 'invoice')}",
            )
        )
    average_metric = metric("average_days_to_pay")
    period = chosen.period_words
    tile(
        label,
        values or [formats.NONE_SHOWN],
        icon=icon,
        note=f"median, paid {period}; " + "; ".join(notes) if notes else f"no invoice was paid whole: {period}",
        open_label="Invoices paid",
        on_open=partial(open_rows, "invoices", "", "", "paid_on"),
        explanation=_explained(
            shown, "days_to_pay", len(at), [f"Period: {period}", f"{average_metric.name}: {average_metric.formula}"]
        ),
    )


def _effectiveness(shown: BillingPage) -> None:
    this_month = shown.view.today.replace(day=1)
    month = (this_month - timedelta(days=1)).replace(day=1)
    so_far = shown.months.get(this_month, {})
    _ledger_tile(
        shown,
        "Collection effectiveness",
        "collection_effectiveness",
        ":material/percent:",
        shown.months.get(month, {}),
        "effectiveness",
        "{:,.1f}%",
        f"of what could be collected in {month:%b %Y}",
        [("so far this month", so_far, "effectiveness", "{:,.1f}%")],
        (),
    )


def _dso(shown: BillingPage) -> None:
    rows = shown.months.get(shown.view.today.replace(day=1), {})
    others = [metric(key) for key in ("best_possible_dso", "simple_dso")]
    _ledger_tile(
        shown,
        "Days sales outstanding",
        "countback_dso",
        ":material/history:",
        rows,
        "countback",
        "{:,.0f} days",
        "counted back from today",
        [("best possible", rows, "best_possible", "{:,.0f} days")],
        [f"{other.name}: {other.formula}" for other in others],
    )


def _ledger_tile(
    shown: BillingPage,
    label: str,
    key: str,
    icon: str,
    rows: Mapping[int, Mapping[str, Any]],
    column: str,
    form: str,
    note: str,
    more: Sequence[tuple[str, Mapping[int, Mapping[str, Any]], str, str]],
    notes: Sequence[str],
) -> None:
    """Draw a tile of one column of the months, with `more` in its note; a figure without meaning says why."""
    for dataset in ("receivable_lines", "invoices"):
        if absent := shown.absent(dataset):
            tile(label, [absent], icon=icon, note="Receivables and invoices")
            return
    values, said = [], [note]
    for currency_id in shown.currency_ids:
        if currency_id not in rows:
            values.append(_labelled(shown, currency_id, formats.NONE_SHOWN))
            continue
        value = rows[currency_id][column]
        known = not pd.isna(value)
        values.append(_labelled(shown, currency_id, form.format(value) if known else NOT_MEANINGFUL))
        if not known:
            said.append(_labelled(shown, currency_id, str(rows[currency_id][f"{column}_reason"])))
    for words, other, name, other_form in more:
        found = [
            _labelled(shown, key, other_form.format(other[key][name]))
            for key in shown.currency_ids
            if key in other and not pd.isna(other[key][name])
        ]
        if found:
            said.append(f"{words} {formats.listed(found)}")
    tile(
        label,
        values or [formats.NONE_SHOWN],
        icon=icon,
        instead=trusted.instead(shown.view),
        note="; ".join(said),
        open_label="By month",
        on_open=partial(open_rows, "months", "", ""),
        explanation=_explained(shown, key, len(rows), notes),
    )


def _unallocated(shown: BillingPage) -> None:
    label, icon = "Payments not fully matched", ":material/move_down:"
    if absent := shown.absent("payments") or payments_untold(shown.book, shown.chosen):
        tile(label, [absent], icon=icon, note="Payments")
        return
    mask = shown.payments("unallocated")
    left, hidden = shown.unmatched(mask), trusted.instead(shown.view)
    tile(
        label,
        [formats.count(int(mask.sum()))],
        icon=icon,
        note=f"{left} matched with nothing" if left else "" if hidden else "every payment is matched",
        instead=hidden,
        open_label="Payments",
        on_open=partial(open_rows, "payments", "unallocated", "all"),
        explanation=_explained(shown, "unallocated_payments", int(mask.sum())),
    )
