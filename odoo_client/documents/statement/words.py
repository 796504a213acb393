"""What a statement says in words, the same in its PDF, its workbook and its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from odoo_client.documents.clean import one_line
from odoo_client.frames.arrays import floats, ints
from odoo_client.metrics.statement import Account, Party, Statement
from odoo_client.metrics.words import day_words, money_words
from odoo_client.payment_details import PaymentDetails, lines_for

TITLE = "Statement of account"
NOTHING = "There are no entries in this period and nothing is open."
NO_ENTRIES = "No entries in this period."
OPEN_TOTAL = "Open in all"
HOW_TO_PAY = "How to pay"
#: Nothing longer is a number; a cut text says so.
LONGEST_NUMBER = 80


@dataclass(frozen=True)
class Made:
    """When a document is made, how old its figures are (both are moments with their zone), and how it can be paid."""

    at: datetime
    read_at: datetime
    timezone: str
    demo: bool = False
    details: tuple[PaymentDetails, ...] = ()

    @property
    def sentence(self) -> str:
        """The line that ends a document."""
        invented = " Demo: all names and figures are invented." if self.demo else ""
        return f"Made {self._said(self.at)} from entries read {self._said(self.read_at)}.{invented}"

    @property
    def short(self) -> str:
        """When the figures were read."""
        return self._said(self.read_at)

    def _said(self, moment: datetime) -> str:
        local = moment.astimezone(ZoneInfo(self.timezone))
        return f"{day(local)}, {local:%H:%M}"


def day(value: date | pd.Timestamp | None) -> str:
    """Return `22 Nov 2026`, "" for no date."""
    return "" if value is None or pd.isna(value) else day_words(value)


def money(account: Account, value: float) -> str:
    """Return `USD 1,234.50` or `−USD 1,234.50`."""
    return money_words(value, account.code, account.decimals)


def number(text: str) -> str:
    """Return a document's number on one line."""
    line = one_line(text)
    return line if len(line) <= LONGEST_NUMBER else f"{line[: LONGEST_NUMBER - 1]}…"


def period(statement: Statement) -> str:
    """Return the days a statement is of."""
    if statement.start is None:
        return f"Everything up to {day(statement.end)}"
    return f"{day(statement.start)} to {day(statement.end)}"


def named(party: Party) -> str:
    """Return a party's name with its account reference."""
    return one_line(f"{party.name} ({party.ref})" if party.ref else party.name)


def address(party: Party) -> list[str]:
    """Return the lines of a party's address and how to reach it, without empty ones."""
    town = " ".join(filter(None, [party.zip, party.city]))
    reach = " · ".join(filter(None, [party.phone, party.email]))
    tax = f"Tax ID {party.vat}" if party.vat else ""
    lines = (one_line(text) for text in (party.street, party.street2, town, reach, tax))
    return [line for line in lines if line]


def verdict(account: Account) -> str:
    """Return what the closing balance means for the customer."""
    if account.closing > 0:
        # What is not matched yet pays the oldest debts: no more can be overdue than is owed.
        late = min(account.overdue, account.closing)
        said = ", all of it overdue" if late == account.closing else f", of which {money(account, late)} is overdue"
        return f"To pay: {money(account, account.closing)}{said if late else ''}."
    if account.closing < 0:
        return f"In your favour: {money(account, -account.closing)}."
    return f"Nothing to pay in {account.code}."


@dataclass(frozen=True)
class OpenItem:
    """One thing that is open: an invoice, an instalment of one, or (negative) money matched with none.

    `days_overdue` is 0 for what is not overdue; `amount` and `open` are in the account's currency.
    """

    number: str
    what: str
    date: pd.Timestamp
    due: pd.Timestamp | None
    days_overdue: int
    amount: float
    open: float


def open_items(account: Account) -> list[OpenItem]:
    """Return what is open: what is owed by due date, then what is in the customer's favour.

    Their sum is the closing balance.
    """
    frame = account.open_items
    columns = (frame["move_name"], frame["what"], frame["date"], frame["due_date"])
    figures = (ints(frame, "days_overdue").tolist(), floats(frame, "amount").tolist(), floats(frame, "open").tolist())
    items = [
        OpenItem(name, what, day, due if left > 0 else None, max(0, days) if left > 0 else 0, amount, left)
        for name, what, day, due, days, amount, left in zip(*columns, *figures, strict=True)
    ]
    return sorted(items, key=lambda item: item.open < 0)


def open_title(statement: Statement) -> str:
    """Return what the list of open items is called."""
    return f"Open on {day(statement.end)}"


def withheld(statement: Statement, company: Party | None = None) -> list[str]:
    """Return a sentence for each balance that cannot be given, of one company (None: of all, each with its name).

    It is for the customer: what differs, and by how much, is ours to settle.
    """
    several = company is None and len(statement.companies) > 1
    return [
        f"{f'{one_line(one.company.name)}: ' if several else ''}Your balance in {one.code} is not shown: our books in "
        f"{one.code} are being checked. Please ask us if you need it."
        for one in statement.withheld
        if company is None or one.company.party_id == company.party_id
    ]


def under_review(account: Account) -> Iterator[str]:
    """Yield a sentence for each payment that waits for our decision."""
    rows = account.under_review
    for on, method, paid in zip(rows["date"], rows["method"], floats(rows, "amount").tolist(), strict=True):
        when = f" of {day(on)}" if day(on) else ""
        by = f", {one_line(method)}" if method else ""
        yield f"Payment under review: {money(account, paid)}{when}{by}. Not taken off yet."


def how_to_pay(statement: Statement, made: Made, company: Party) -> list[tuple[str, tuple[str, ...]]]:
    """Return the payment details of a company, each with its heading.

    It is one for all of its currencies where they are the same, and none where the setting says nothing.
    """
    codes = [account.code for account in statement.accounts if account.company.party_id == company.party_id]
    by_code = {code: _lines(statement, made, company, code) for code in codes or [""]}
    if len(set(by_code.values())) == 1:
        lines = next(iter(by_code.values()))
        return [(HOW_TO_PAY, lines)] if lines else []
    return [(f"{HOW_TO_PAY} in {code}", lines) for code, lines in by_code.items() if lines]


def _lines(statement: Statement, made: Made, company: Party, code: str) -> tuple[str, ...]:
    customer = statement.customer
    return lines_for(made.details, company.name, code, name=customer.name, reference=customer.ref)


def without_details(statement: Statement, made: Made) -> str:
    """Return a sentence naming the accounts with something to pay that do not say how, "" when there is none."""
    names = [
        f"{one_line(account.company.name)}, {account.code}"
        for account in statement.accounts
        if account.closing > 0 and not _lines(statement, made, account.company, account.code)
    ]
    return f"It does not say how to pay: {'; '.join(names)} (setting PAYMENT_DETAILS)." if names else ""


def notes(account: Account) -> Iterator[str]:
    """Yield the sentences under an account: money that is not allocated or on its way."""
    debts = any(account.ageing.values())
    if account.unallocated:
        yield (
            f"{money(account, account.unallocated)} of payments and credit notes is not matched with an invoice yet. "
            f"It is already taken off the closing balance{', but not off the ages above' if debts else ''}."
        )
    if account.in_payment:
        yield (
            f"A payment of {money(account, account.in_payment)} is on its way. It is still part of the closing "
            "balance until it is booked."
        )
    if account.entries["kind"].eq("Settled in another currency").any():
        yield (
            "Money paid in one currency for an invoice in another is taken off both balances on the day it was matched."
        )


def age_label(statement: Statement, key: str) -> str:
    """Return what people read for a bucket."""
    return statement.policy.label(key)


def contacts(statement: Statement) -> str:
    """Return whose entries are included besides the customer's own, "" for nobody's."""
    names = [one_line(name) for name in statement.contacts]
    if not names:
        return ""
    shown, more = names[:5], len(names) - 5
    return f"With the entries of {', '.join(shown)}{f' and {more} more' if more > 0 else ''}."
