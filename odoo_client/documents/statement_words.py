"""What a statement says in words, the same in its PDF, its workbook and its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from odoo_client.documents.clean import one_line
from odoo_client.metrics.statement import Account, Party, Statement

TITLE = "Statement of account"
NOTHING = "There are no entries in this period and nothing is open."


@dataclass(frozen=True)
class Made:
    """When a document is made, and how old its figures are: both are moments with their zone."""

    at: datetime
    read_at: datetime
    timezone: str
    demo: bool = False

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
    return "" if value is None or pd.isna(value) else f"{value.day} {value:%b %Y}"


def amount(value: float, decimals: int = 2) -> str:
    """Return `1,234.50` or `−1,234.50`."""
    rounded = round(value, decimals) + 0.0
    return f"{'−' if rounded < 0 else ''}{abs(rounded):,.{decimals}f}"


def money(account: Account, value: float) -> str:
    """Return `USD 1,234.50` or `−USD 1,234.50`."""
    rounded = round(value, account.decimals) + 0.0
    return f"{'−' if rounded < 0 else ''}{account.code} {abs(rounded):,.{account.decimals}f}".strip()


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
