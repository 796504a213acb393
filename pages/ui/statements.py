"""Statements of account on the pages: one customer's with its documents, and many customers' as a ZIP."""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import IO, Any

import pandas as pd
import streamlit as st

from odoo_client.documents.statement import archive, words
from odoo_client.documents.statement.pdf import statement_pdf
from odoo_client.documents.statement.text import statement_text
from odoo_client.documents.statement.words import Made
from odoo_client.documents.statement.xlsx import statement_xlsx
from odoo_client.errors import AfinetError
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.statement import Account, Statement, StatementIndex, statement
from odoo_client.store.snapshot import Snapshot
from pages.ui import formats, live, tables, widgets
from pages.ui import view as data
from pages.ui.exports import XLSX_MIME
from pages.ui.session import access
from pages.ui.view import View

OWN_DATES = "own"
PERIODS: Mapping[str, str] = {
    "this_month": "This month",
    "last_month": "Last month",
    "three_months": "Last 3 months",
    "this_year": "This year",
    "all": "Everything",
    OWN_DATES: "Own dates",
}
DEFAULT_PERIOD = "three_months"
PDF_MIME = "application/pdf"
#: A logo that could not be read is asked for again after this long.
LOGO_RETRY = timedelta(minutes=5)
LOGO_KEPT = timedelta(hours=6)


def period_of(name: str, day: date) -> tuple[date | None, date]:
    """Return the first and last day of a period as of `day`; None: from the first entry."""
    month = day.replace(day=1)
    if name == "this_month":
        return month, day
    if name == "last_month":
        last = month - timedelta(days=1)
        return last.replace(day=1), last
    if name == "three_months":
        return (pd.Timestamp(day) - pd.DateOffset(months=3)).date() + timedelta(days=1), day
    if name == "this_year":
        return day.replace(month=1, day=1), day
    return None, day


@st.cache_resource(show_spinner=False, max_entries=data.DERIVED_KEPT)
def _index(snapshot_id: str, _snapshot: Snapshot) -> StatementIndex:
    return StatementIndex.build(LedgerIndex.build(_snapshot))


def statement_of(view: View, partner_id: int, start: date | None, end: date) -> Statement:
    """Return the customer's statement for the companies chosen."""
    policy = data.policy_of(view, "due_date")
    index = _index(view.key, view.snapshot)
    return statement(
        index, partner_id, start, end, company_ids=view.company_ids, policy=policy, timezone=view.settings.timezone
    )


@dataclass
class Logos:
    """The companies' logos, read when a document is made and kept for a while: they are the same for everybody.

    `failure` says why the last document has none.
    """

    failure: str = ""
    _known: dict[int, bytes] = field(default_factory=dict)
    _asked: dict[int, datetime] = field(default_factory=dict)

    def of(self, view: View, company_ids: Collection[int]) -> dict[int, bytes]:
        """Return the logos of these companies; without an answer from Odoo those known from before."""
        now = datetime.now(UTC)
        wanted = [key for key in company_ids if key not in self._asked or self._asked[key] < now]
        if wanted:
            try:
                found = live.company_logos(view, wanted)
            except AfinetError as exc:
                self.failure = exc.sentence
                self._asked |= dict.fromkeys(wanted, now + LOGO_RETRY)
            else:
                self.failure = ""
                self._asked |= dict.fromkeys(wanted, now + LOGO_KEPT)
                self._known = {key: logo for key, logo in self._known.items() if key not in wanted} | found
        return {key: self._known[key] for key in company_ids if key in self._known}


@st.cache_resource(show_spinner=False)
def _logos(odoo_url: str, database: str) -> Logos:
    return Logos()


def logos_of(view: View) -> Logos:
    """Return the logos known to this process."""
    return _logos(view.settings.odoo_url or "", view.settings.odoo_database or "")


def _made(view: View) -> Made:
    meta = view.snapshot.meta
    info = [view.snapshot.info[name].read_at for name in ("receivable_lines", "partials")]
    settings = view.settings
    return Made(datetime.now(UTC), min(info), settings.timezone, demo=meta.demo, details=settings.payment_details)


def renderer(view: View, logos: Logos, kind: str) -> Callable[[Statement], bytes]:
    """Return how a statement becomes a file of `kind` ("pdf" or "xlsx")."""

    def render(found: Statement) -> bytes:
        if kind == "xlsx":
            return statement_xlsx(found, _made(view))
        return statement_pdf(found, _made(view), logos.of(view, [company.party_id for company in found.companies]))

    return render


def statement_section(view: View, partner_id: int, *, key: str) -> None:
    """Draw one customer's statement: choice of period, balances and entries by currency, PDF, XLSX and a message."""
    chosen = _period(view, key)
    if chosen is None:
        return
    start, end = chosen
    found = statement_of(view, partner_id, start, end)
    if access.may("statement"):
        _documents(view, found, key)
    for sentence in words.withheld(found):
        st.warning(formats.plain(sentence), icon=":material/balance:")
    if not found.accounts:
        if found.withheld:
            return
        st.info(f"{words.NOTHING} Period: {words.period(found)}.", icon=":material/inbox:")
        return
    if note := words.contacts(found):
        st.caption(formats.plain(note))
    several = len(found.companies) > 1
    for account in found.accounts:
        _account(found, account, several=several, key=f"{key}_{account.company.party_id}_{account.currency_id}")


def _period(view: View, key: str) -> tuple[date | None, date] | None:
    """Draw the choice of period and return it, None (and a sentence) when it cannot be one."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        usual = list(PERIODS).index(DEFAULT_PERIOD)
        name = widgets.selected("Period", PERIODS, f"{key}_period", index=usual, width=180)
        if name != OWN_DATES:
            return period_of(name or DEFAULT_PERIOD, view.today)
        options: dict[str, Any] = {"max_value": view.today, "format": "DD/MM/YYYY", "width": 160}
        first = view.today.replace(day=1)
        start = st.date_input("From", value=first, key=f"{key}_from", bind="query-params", **options)
        end = st.date_input("To", value=view.today, key=f"{key}_to", bind="query-params", **options)
    if not isinstance(start, date) or not isinstance(end, date):
        st.info("Choose the first and the last day of the statement.", icon=":material/date_range:")
        return None
    if start > end:
        st.warning(
            f"The period ends on {formats.day(end)}, before it starts on {formats.day(start)}: change one of the days.",
            icon=":material/date_range:",
        )
        return None
    return start, end


def _documents(view: View, found: Statement, key: str) -> None:
    logos = logos_of(view)
    name = f"{archive.file_stem(found.customer)}-{found.end:%Y-%m-%d}"
    with st.container(horizontal=True, vertical_alignment="center"):
        for kind, mime, icon in (
            ("pdf", PDF_MIME, ":material/picture_as_pdf:"),
            ("xlsx", XLSX_MIME, ":material/table_view:"),
        ):
            what, draw = f"{kind} of customer {found.customer.party_id}", partial(renderer(view, logos, kind), found)
            st.download_button(
                kind.upper(),
                data=access.checked("statement", "statement", what, draw, 1),
                file_name=f"{name}.{kind}",
                mime=mime,
                icon=icon,
                on_click="ignore",
                key=f"{key}_{kind}",
            )
        with st.popover("Text for WhatsApp", icon=":material/chat:"):
            _message(view, found, key)
    if logos.failure:
        st.caption(f"The last PDF was made without the company's logo: {formats.plain(logos.failure)}")
    if silent := words.without_details(found, _made(view)):
        st.caption(f":material/info: {formats.plain(silent)}")


def _message(view: View, found: Statement, key: str) -> None:
    """Draw the statement as text when asked for: it leaves the server like a file, so the audit trail notes it."""
    customer_id, shown = found.customer.party_id, f"{key}_text_shown"
    made_for = (view.key, view.company_ids, customer_id, found.start, found.end)
    if st.button("Make the text", icon=":material/play_arrow:", key=f"{key}_text"):
        access.required("statement", "statement", f"text of customer {customer_id}", 1)
        st.session_state[shown] = made_for
    if st.session_state.get(shown) == made_for:
        st.caption("Copy it with the button in its corner.")
        st.code(statement_text(found, _made(view)), language=None, wrap_lines=True)


def _balance(account: Account, amount: float) -> str:
    return f"{words.money(account, -amount)} in their favour" if amount < 0 else words.money(account, amount)


def _account(found: Statement, account: Account, *, several: bool, key: str) -> None:
    title = f"{account.company.name}, {account.code}" if several else account.code
    st.markdown(f"**{formats.plain(title)}** · {formats.plain(words.verdict(account))}")
    for sentence in words.under_review(account):
        st.markdown(f":material/rule: {formats.plain(sentence)}")
    _open_items(found, account, key)
    parts = [
        ""
        if found.start is None
        else f"Balance before {formats.day(found.start)}: {_balance(account, account.opening)}",
        f"charged {words.money(account, account.debits)}",
        f"paid and credited {words.money(account, account.credits)}",
        f"closing balance on {formats.day(found.end)}: {_balance(account, account.closing)}",
    ]
    st.caption(" · ".join(formats.plain(part) for part in parts if part))
    rows = account.entries
    if rows.empty:
        st.caption("No entries in this period.")
    else:
        shown = rows.iloc[::-1].reset_index(drop=True)
        shown = shown.iloc[tables.page_of(len(shown), key=f"{key}_page")]
        amounts = {name: shown[name].where(shown[name] != 0.0) for name in ("debit", "credit")}
        tables.show(
            shown.assign(**amounts),
            {
                "date": tables.date_column("Date"),
                "number": "Number",
                "kind": "Entry",
                "reference": "Reference",
                "due_date": tables.date_column("Due"),
                "debit": tables.money_column("Debit", code=account.code),
                "credit": tables.money_column("Credit", code=account.code),
                "balance": tables.money_column("Balance", "After this entry", code=account.code),
            },
            f"Entries in {account.code}, the latest first",
            key=f"{key}_entries",
        )
    ages = [
        f"{words.age_label(found, bucket)} {words.money(account, amount)}"
        for bucket, amount in account.ageing.items()
        if amount
    ]
    if ages:
        st.caption(f"Open on {formats.day(found.end)}: {formats.plain(' · '.join(ages))}")
    for note in words.notes(account):
        st.caption(formats.plain(note))


def _open_items(found: Statement, account: Account, key: str) -> None:
    """Draw what is open, as the documents list it."""
    items = words.open_items(account)
    if not items:
        return
    title = f"{words.open_title(found)} in {account.code}"
    st.caption(formats.plain(title))
    rows = pd.DataFrame([vars(item) for item in items[tables.page_of(len(items), key=f"{key}_open_page")]])
    tables.show(
        rows.assign(
            due=pd.to_datetime(rows["due"]),
            days_overdue=rows["days_overdue"].where(rows["days_overdue"] > 0).astype("Int64"),
        ),
        {
            "number": "Number",
            "what": "Entry",
            "date": tables.date_column("Date"),
            "due": tables.date_column("Due"),
            "days_overdue": tables.count_column("Days overdue"),
            "amount": tables.money_column("Amount"),
            "open": tables.money_column("Open", "Negative: matched with no invoice yet, taken off the balance"),
        },
        title,
        key=f"{key}_open",
    )


@dataclass(frozen=True)
class _Archive:
    """A ZIP made for this session; the file vanishes with it."""

    made_for: tuple[object, ...]
    file: IO[bytes]
    count: int

    def content(self) -> bytes:
        """Return the whole file."""
        self.file.seek(0)
        return self.file.read()


def statements_archive(
    view: View, partner_ids: Callable[[], Collection[int]], *, customers: int, as_of: date, key: str
) -> None:
    """Draw "Statements (ZIP)" for the customers of a page's filter; `partner_ids` is asked for on click only.

    Nothing is made before the button, which says how many, is pressed; then one customer follows another under a
    progress bar.
    """
    if not access.may("statement"):
        return
    with st.expander("Statements (ZIP)", icon=":material/folder_zip:"):
        if customers > archive.MOST:
            st.info(
                f"{formats.plural(customers, 'customer')} match. Narrow the filters to {formats.count(archive.MOST)} "
                "or fewer to make their statements at once.",
                icon=":material/filter_alt:",
            )
            return
        names = [name for name in PERIODS if name != OWN_DATES]
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            period = st.selectbox(
                "Period",
                names,
                index=names.index(DEFAULT_PERIOD),
                format_func=PERIODS.__getitem__,
                key=f"{key}_period",
                width=180,
            )
            kind = st.selectbox("As", ["pdf", "xlsx"], format_func=str.upper, key=f"{key}_kind", width=110)
        start, end = period_of(period or DEFAULT_PERIOD, as_of)
        days = f"up to {formats.day(end)}" if start is None else f"from {formats.day(start)} to {formats.day(end)}"
        st.caption(
            f"One statement {days} for each of the {formats.plural(customers, 'customer')} listed, in every currency, "
            "whichever the filters show."
        )
        clicked = st.button(
            f"Make {formats.plural(customers, 'statement')}", icon=":material/play_arrow:", key=f"{key}_make"
        )
        kept: _Archive | None = st.session_state.get(f"{key}_archive")
        if not clicked and kept is None:
            return
        wanted = tuple(sorted({int(partner_id) for partner_id in partner_ids()} - {0}))
        made_for = (view.key, view.company_ids, start, end, kind, wanted)
        if clicked:
            access.required("statement", "statement", f"{kind} of {len(wanted)} customers", len(wanted))
            kept = _make(view, wanted, start, end, kind or "pdf", made_for)
            st.session_state[f"{key}_archive"] = kept
        if kept is not None and kept.made_for == made_for:
            st.download_button(
                f"ZIP of {formats.plural(kept.count, 'statement')}",
                data=access.checked("statement", "statement", "ZIP", kept.content, kept.count),
                file_name=f"statements-{end:%Y-%m-%d}.zip",
                mime="application/zip",
                icon=":material/download:",
                on_click="ignore",
                key=f"{key}_zip",
            )


def _make(
    view: View, partner_ids: tuple[int, ...], start: date | None, end: date, kind: str, made_for: tuple[object, ...]
) -> _Archive:
    total = len(partner_ids)
    bar = st.progress(0.0, text=f"0 of {formats.count(total)}")

    def tell(done: int) -> None:
        bar.progress(done / max(1, total), text=f"{formats.count(done)} of {formats.count(total)}")

    file = tempfile.TemporaryFile(prefix="afinet-", suffix=".zip")  # noqa: SIM115  closed with the session
    statements = (statement_of(view, partner_id, start, end) for partner_id in partner_ids)
    render = renderer(view, logos_of(view), kind)
    count = archive.write_archive(file, statements, render, f".{kind}", progress=tell)
    bar.empty()
    made = _Archive(made_for, file, count)
    weakref.finalize(made, file.close)
    return made
