"""A statement in plain words, to be pasted into a message."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

from odoo_client.documents.clean import one_line
from odoo_client.documents.statement.words import (
    NOTHING,
    TITLE,
    Made,
    OpenItem,
    day,
    how_to_pay,
    money,
    named,
    number,
    open_items,
    open_title,
    period,
    under_review,
    verdict,
    withheld,
)
from odoo_client.metrics.statement import KIND_WORDS, Account, Statement

#: Open items listed in a message; more are counted and added up.
LISTED = 40


def statement_text(statement: Statement, made: Made) -> str:
    """Return the statement as a message: what is to pay and for what, the period's sums, how to pay. No formatting."""
    lines = [f"{TITLE} for {named(statement.customer)}", period(statement)]
    if not statement.accounts and not statement.withheld:
        lines += ["", NOTHING]
    several = len({account.company.party_id for account in statement.accounts}) > 1
    for account in statement.accounts:
        lines += ["", *_account(account, statement, several=several)]
    for sentence in withheld(statement):
        lines += ["", sentence]
    for company in statement.companies:
        for heading, details in how_to_pay(statement, made, company):
            whose = f"{heading}, {one_line(company.name)}" if several else heading
            lines += ["", f"{whose}:", *(one_line(text) for text in details)]
    lines += ["", f"As of {made.short}."]
    if made.demo:
        lines.append("Demo: all names and figures are invented.")
    for company in statement.companies:
        reach = ", ".join(one_line(text) for text in (company.phone, company.email) if text)
        lines.append(f"{one_line(company.name)}{f': {reach}' if reach else ''}")
    return "\n".join(lines)


def _account(account: Account, statement: Statement, *, several: bool) -> Iterator[str]:
    yield f"{one_line(account.company.name)}, {account.code}" if several else account.code
    yield verdict(account)
    items = open_items(account)
    if items:
        yield f"{open_title(statement)}:"
    for item in items[:LISTED]:
        yield f"- {_open_item(account, item)}"
    if more := items[LISTED:]:
        yield f"- and {len(more)} more: {money(account, sum(item.open for item in more))}"
    yield from under_review(account)
    if statement.start is not None:
        yield f"Balance before {day(statement.start)}: {money(account, account.opening)}"
    yield f"Charged: {money(account, account.debits)}"
    yield from _credits(account)
    yield f"Balance on {day(statement.end)}: {money(account, account.closing)}"
    if account.in_payment:
        yield f"On its way, not booked yet: {money(account, account.in_payment)}"


def _credits(account: Account) -> Iterator[str]:
    """Return what the period took away, each kind by itself: what was written off was not paid."""
    taken: dict[str, list[float]] = {}
    for kind, amount in zip(account.entries["kind"], account.entries["credit"], strict=True):
        if amount:
            taken.setdefault(str(kind).partition(",")[0], []).append(float(amount))
    for kind, amounts in (taken or {"Paid": []}).items():
        yield f"{kind}: {money(account, fsum(amounts))}"


def _open_item(account: Account, item: OpenItem) -> str:
    """Return one open item: its number and day, when it was due, how late it is, and what is left of it."""
    what = f"{one_line(item.what)} " if item.what != KIND_WORDS["invoice"] else ""
    said = f"{what}{number(item.number)} of {day(item.date)}"
    if item.open < 0:
        said += ", not matched with an invoice yet, already taken off"
    if item.due is not None:
        said += f", due {day(item.due)}"
    if item.days_overdue:
        said += f", {item.days_overdue:,} {'day' if item.days_overdue == 1 else 'days'} overdue"
    return f"{said}: {money(account, item.open)}"
