"""A statement in plain words, to be pasted into a message."""

from __future__ import annotations

from collections.abc import Iterator

from odoo_client.documents.clean import one_line
from odoo_client.documents.statement_words import NOTHING, TITLE, Made, day, money, named, period, verdict
from odoo_client.metrics.source import floats
from odoo_client.metrics.statement import Account, Statement

#: Open items listed in a message; more are counted.
LISTED = 12


def statement_text(statement: Statement, made: Made) -> str:
    """Return the statement as a message: balances, what is overdue, what is open. No formatting, no ids."""
    lines = [f"{TITLE} for {named(statement.customer)}", period(statement)]
    if not statement.accounts:
        lines += ["", NOTHING]
    several = len({account.company.party_id for account in statement.accounts}) > 1
    for account in statement.accounts:
        lines += ["", *_account(account, statement, several=several)]
    lines += ["", f"As of {made.short}."]
    if made.demo:
        lines.append("Demo: all names and figures are invented.")
    for company in statement.companies:
        reach = ", ".join(one_line(text) for text in (company.phone, company.email) if text)
        lines.append(f"{one_line(company.name)}{f': {reach}' if reach else ''}")
    return "\n".join(lines)


def _account(account: Account, statement: Statement, *, several: bool) -> Iterator[str]:
    yield f"{one_line(account.company.name)}, {account.code}" if several else account.code
    if statement.start is not None:
        yield f"Balance before {day(statement.start)}: {money(account, account.opening)}"
    yield f"Charged: {money(account, account.debits)}"
    yield f"Paid and credited: {money(account, account.credits)}"
    yield f"Balance on {day(statement.end)}: {money(account, account.closing)}"
    yield verdict(account)
    if account.unallocated:
        yield f"Not matched with an invoice yet, already taken off: {money(account, account.unallocated)}"
    if account.in_payment:
        yield f"On its way, not booked yet: {money(account, account.in_payment)}"
    debts = account.open_items[floats(account.open_items, "open") > 0]
    if len(debts):
        yield "Open:"
    for _, row in debts.head(LISTED).iterrows():
        late = f", {int(row['days_overdue'])} days overdue" if row["days_overdue"] > 0 else ""
        yield f"- {one_line(row['move_name'])}, due {day(row['due_date'])}: {money(account, row['open'])}{late}"
    if len(debts) > LISTED:
        yield f"- and {len(debts) - LISTED} more"
