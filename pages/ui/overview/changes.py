"""What is new since yesterday, and this month against last month up to the same day; each figure opens its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import BoolArray, IntArray, floats, ints
from odoo_client.frames.groups import exact_sums
from odoo_client.metrics import changes
from odoo_client.metrics.changes import Span
from pages.ui import formats, selection, tables
from pages.ui.amounts import Column
from pages.ui.explain import explain
from pages.ui.exports import downloads
from pages.ui.freshness import absent
from pages.ui.overview import change_rows
from pages.ui.overview.data import Lately
from pages.ui.overview.tiles import OverviewPage, Owed, change
from pages.ui.view import View

#: The parameter of the address that says which rows are shown, and its prefix for rows of this month.
ROWS, MONTH = "rows", "month_"


@dataclass(frozen=True)
class Kind:
    """Rows of one kind: what one and many are called, the word for what is shown, and the frames they need."""

    one: str
    many: str
    month: str
    needs: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "payments": Kind("payment", "payments", "Received", ("payments",)),
    "invoices": Kind("invoice", "invoices", "Billed", ("invoices",)),
    "overdue": Kind("newly overdue", "newly overdue", "", ("receivable_lines",)),
    "tickets_opened": Kind("ticket opened", "tickets opened", "Tickets opened", ("tickets",)),
    "tickets_closed": Kind("ticket closed", "tickets closed", "", ("tickets",)),
    "orders_confirmed": Kind("order confirmed", "orders confirmed", "Orders confirmed", ("orders",)),
    "orders_delivered": Kind("order delivered", "orders delivered", "", ("orders", "deliveries")),
    "services_started": Kind("service started", "services started", "", ("services",)),
    "services_ended": Kind("service ended", "services ended", "", ("services",)),
    "services_new": Kind("new service", "new services", "New services", ("services",)),
}
STRIP = tuple(key for key in KINDS if key != "services_new")
MONTHLY = ("invoices", "payments", "services_new", "orders_confirmed", "tickets_opened")


@dataclass(frozen=True)
class Behind:
    """The rows behind one figure: their kind, their days, their places in `rows`."""

    kind: str
    span: Span
    rows: pd.DataFrame
    at: IntArray
    amount: str
    day: IntArray

    @property
    def count(self) -> int:
        """How many there are; a customer who owes in two currencies counts once."""
        return (
            int(self.rows["commercial_partner_id"].iloc[self.at].nunique()) if self.kind == "overdue" else len(self.at)
        )

    @property
    def words(self) -> str:
        """How many there are, in words."""
        return formats.plural(self.count, KINDS[self.kind].one, KINDS[self.kind].many)

    def newest_first(self) -> IntArray:
        """Return the places of the rows by day and number, the newest first."""
        number = ints(self.rows, change_rows.ID[self.kind])[self.at]
        return self.at[np.lexsort((-number, -self.day[self.at]))]

    def sums(self) -> dict[int, float]:
        """Return the sum of the amounts by currency."""
        if not self.amount or not len(self.at):
            return {}
        keys, codes = np.unique(ints(self.rows, "currency_id")[self.at], return_inverse=True)
        totals = exact_sums(codes, floats(self.rows, self.amount)[self.at], len(keys))
        return {int(key): float(total) for key, total in zip(keys, totals, strict=True)}


def behind(view: View, lately: Lately, owed: Owed, key: str) -> Behind:
    """Return the rows behind the figure `key`: a kind since yesterday, or with `MONTH` before it of this month."""
    kind = key.removeprefix(MONTH)
    span = changes.month_to_date(view.today)[0] if key != kind else changes.since_yesterday(view.today)
    if kind == "overdue":
        new: BoolArray = changes.newly_overdue(owed.by_customer, view.today)
        days_late = ints(owed.by_customer, "oldest_days")
        return Behind(kind, span, owed.by_customer, np.flatnonzero(new), "overdue", -days_late)
    dated = lately.kinds[kind]
    return Behind(kind, span, dated.rows, dated.within(span, view), dated.amount, dated.day)


def strip(shown: OverviewPage) -> None:
    """Draw what is new since yesterday, one button for each kind; the one chosen shows its rows below."""
    view = shown.view
    told = {key: behind(view, shown.lately, shown.owed, key) for key in STRIP if not absent(view, *KINDS[key].needs)}
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            first = changes.since_yesterday(view.today).first
            st.markdown(f":material/update: **Changed since yesterday** ({formats.day(first)})")
            explain("changed_since_yesterday", as_of=view.today)
        asked = _asked()
        labels = {key: _label(view, found) for key, found in told.items()}
        picked = st.pills(
            "Changed since yesterday",
            list(told),
            format_func=labels.__getitem__,
            default=asked if asked in told else None,
            key=f"changed_{view.key}_{asked}",
            label_visibility="collapsed",
            on_change=partial(_pick, f"changed_{view.key}_{asked}"),
        )
        if picked is None and not told:
            st.caption("Nothing can be told: what it needs is not installed or not readable.")


def _label(view: View, found: Behind) -> str:
    money = formats.listed(view.money(amount, key) for key, amount in found.sums().items())
    return f"{found.words}: {money}" if money else found.words


def _pick(key: str) -> None:
    _show(st.session_state[key])


def _show(kind: str | None) -> None:
    """Put the rows to show into the address; None, or what is already shown, takes them out."""
    selection.put(ROWS, "" if kind is None or kind == _asked() else kind)


def _asked() -> str:
    return selection.asked(ROWS)


def month(shown: OverviewPage) -> None:
    """Draw this month against last month up to the same day; a row opens what is behind this month's figure."""
    view = shown.view
    now, before = changes.month_to_date(view.today)
    rows = [
        line
        for kind in MONTHLY
        if not absent(view, *KINDS[kind].needs)
        for line in _month_lines(view, shown.lately, kind)
    ]
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader("This month so far", anchor=False)
        explain("to_the_same_day", as_of=view.today)
    if not rows and any(absent(view, *KINDS[kind].needs) for kind in MONTHLY):
        st.info(
            "Nothing happened this month or last in what can be told; the rest is not installed or not readable.",
            icon=":material/lock:",
        )
        return
    if not rows:
        st.info("Nothing was billed, received, opened or confirmed this month or last.", icon=":material/inbox:")
        return
    table = pd.DataFrame(rows)
    columns: dict[str, Column] = {
        "what": st.column_config.TextColumn("What", pinned=True),
        "now": st.column_config.TextColumn(f"1–{now.last.day} {now.last:%b}", alignment="right"),
        "before": st.column_config.TextColumn(f"1–{before.last.day} {before.last:%b}", alignment="right"),
        "change": st.column_config.TextColumn("Change", alignment="right"),
        "share": st.column_config.TextColumn("In percent", alignment="right"),
    }
    tables.show(
        table,
        columns,
        "This month so far against last month to the same day",
        key=f"month_{view.key}_{_asked()}",
        on_pick=lambda at: _show(MONTH + str(table["kind"].iloc[at])) if at is not None else None,
    )


def _month_lines(view: View, lately: Lately, kind: str) -> list[dict[str, str]]:
    lines = []
    sums = lately.month[kind]
    for key, now, before in zip(sums.index.tolist(), sums["now"], sums["before"], strict=True):
        write: Callable[[float], str] = partial(view.money, currency_id=key) if key else formats.count
        name = KINDS[kind].month
        lines.append(
            {
                "kind": kind,
                "what": f"{name}, {view.code(key)}" if key else name,
                "now": write(now),
                "before": write(before),
                "change": change(now, before, write).replace("-", "−", 1),
                "share": _share(now, before),
            }
        )
    return lines


def _share(now: float, before: float) -> str:
    if before <= 0:
        return formats.NONE_SHOWN
    share = round(100 * (now - before) / before)
    return f"{formats.signed(share)}%"


def rows_behind(shown: OverviewPage, *, monthly: bool) -> None:
    """Draw the rows that the address asks for and their total; `monthly` says whether it is the month that draws."""
    asked, view = _asked(), shown.view
    kind = asked.removeprefix(MONTH)
    if not asked or (kind != asked) != monthly:
        return
    allowed = STRIP if kind == asked else MONTHLY
    if kind not in allowed:
        st.warning(
            "The address asks for rows that do not exist here. Choose one of the figures above.",
            icon=":material/link_off:",
        )
        return
    if reason := absent(view, *KINDS[kind].needs):
        st.warning(f"{KINDS[kind].many.capitalize()}: {reason}.", icon=":material/link_off:")
        return
    found = behind(view, shown.lately, shown.owed, asked)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(found.words.capitalize(), anchor=False)
        st.button("Close", icon=":material/close:", key="rows_close", on_click=_show, args=(None,))
    if not len(found.at):
        st.info(f"No {KINDS[kind].many} from {_days(found.span)}.", icon=":material/inbox:")
        return
    money = formats.listed(view.money(amount, key) for key, amount in found.sums().items())
    st.caption(formats.plain(f"{_days(found.span)}{f' · {money}' if money else ''}"))
    write = change_rows.TABLES[kind]
    at = found.newest_first()
    page = write(view, found.rows.take(at[tables.page_of(len(at), key="rows_page")]).reset_index(drop=True))
    columns = change_rows.columns(page)
    tables.show(
        page,
        columns,
        f"{found.words}, {_days(found.span)}",
        key=f"rows_{view.key}_{asked}_{len(at)}_{st.session_state.get('rows_page', 1)}",
        on_pick=lambda position: change_rows.open_record(kind, page, position),
    )
    downloads(
        view,
        lambda: tables.exported(write(view, found.rows.take(at).reset_index(drop=True)), columns),
        title=f"{KINDS[kind].many.capitalize()}, {_days(found.span)}",
        name=asked.replace("_", "-"),
        rows=len(at),
        key="rows_export",
        filters={},
    )


def _days(span: Span) -> str:
    return (
        f"{formats.day(span.first)} to {formats.day(span.last)}" if span.first != span.last else formats.day(span.last)
    )
