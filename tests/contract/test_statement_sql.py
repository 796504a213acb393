"""Statements close at what Odoo's own database says is open: every customer, company and currency, to the cent."""

from __future__ import annotations

import io
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from pypdf import PdfReader

from odoo_client.config import Settings
from odoo_client.documents.statement.pdf import statement_pdf
from odoo_client.documents.statement.words import Made, open_items
from odoo_client.live import conversations
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.statement import Statement, StatementIndex, statement
from odoo_client.rpc import hurried
from odoo_client.store.snapshot import Snapshot
from tests.contract.ledger_sql import arrears, cents, receivable_accounts, under_review
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Pulled = tuple[RealOdoo, Snapshot]
Key = tuple[int, int, int]
#: Days before the books were seeded on which statements end; each period is sixty days long.
ENDS = (0, 30, 100)


def statements(snapshot: Snapshot, start: date | None, end: date) -> list[Statement]:
    """Return the statement of every customer with a receivable line."""
    index = StatementIndex.build(LedgerIndex.build(snapshot))
    owners = snapshot.frame("receivable_lines")["commercial_partner_id"].unique()
    return [statement(index, int(owner), start, end) for owner in owners]


def ledger(server: RealOdoo, day: date) -> dict[Key, Decimal]:
    """Return what is open by customer, company and currency at the end of `day`, from SQL."""
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for (company, currency, owner, _bucket), amount in arrears(server, day, stored=False).items():
        found[owner, company, currency] += amount
    return {key: amount for key, amount in found.items() if amount}


@pytest.mark.parametrize("days", ENDS)
def test_closing_and_opening_balances_equal_sql(pulled: Pulled, days: int):
    server, snapshot = pulled
    end = server.seeded_on - timedelta(days=days)
    start = end - timedelta(days=60)
    closing: dict[Key, Decimal] = {}
    opening: dict[Key, Decimal] = {}
    for one in statements(snapshot, start, end):
        for account in one.accounts:
            key = (one.customer.party_id, account.company.party_id, account.currency_id)
            closing[key], opening[key] = cents(account.closing), cents(account.opening)
            rows = account.entries
            moved = sum(map(cents, rows["debit"]), Decimal(0)) - sum(map(cents, rows["credit"]), Decimal(0))
            assert opening[key] + moved == closing[key]
            assert sum(map(cents, account.ageing.values())) - cents(account.unallocated) == closing[key]
    expected = ledger(server, end)
    assert {key: amount for key, amount in closing.items() if amount} == expected
    assert {key: amount for key, amount in opening.items() if amount} == ledger(server, start - timedelta(days=1))
    assert len(expected) > 15


def test_a_statement_names_what_it_asks_for_and_every_draft_payment(pulled: Pulled):
    """What is open, listed, is the ledger's balance; the drafts beside it are Odoo's, whoever has a ledger line."""
    server, snapshot = pulled
    day = server.seeded_on + timedelta(days=1)
    listed: dict[Key, Decimal] = {}
    waiting: dict[Key, tuple[Decimal, int]] = {}
    for one in statements(snapshot, day, day):
        for account in one.accounts:
            key = (account.company.party_id, account.currency_id, one.customer.party_id)
            items = open_items(account)
            assert all(item.number and item.date <= pd.Timestamp(day) for item in items)
            listed[key] = sum((cents(item.open) for item in items), Decimal(0))
            rows = account.under_review
            if len(rows):
                waiting[key] = (sum(map(cents, rows["amount"]), Decimal(0)), len(rows))
    expected = {(company, currency, owner): left for (owner, company, currency), left in ledger(server, day).items()}
    assert {key: left for key, left in listed.items() if left} == expected
    owners = set(snapshot.frame("receivable_lines")["commercial_partner_id"]) - {0}
    drafts = {key: found for key, found in under_review(server, day, "Africa/Harare").items() if key[2] in owners}
    assert waiting == drafts
    assert len(drafts) > 1


def test_every_posted_receivable_line_is_an_entry_and_those_of_one_bank_line_are_one(pulled: Pulled):
    server, snapshot = pulled
    today = date.today()  # noqa: DTZ011  Odoo's day, on this machine
    shown = {
        int(line_id)
        for one in statements(snapshot, None, today)
        for account in one.accounts
        for line_id in account.entries["line_id"]
        if line_id
    }
    rows = server.sql(
        f"""select min(l.id), count(*) from account_move_line l join account_account a on a.id = l.account_id
              join account_move m on m.id = l.move_id left join res_partner p on p.id = l.partner_id
             where {receivable_accounts(server)} and m.state = 'posted' and l.date <= %(day)s
               and (l.amount_currency <> 0 or m.move_type <> 'entry')
             group by case when m.statement_line_id is null then l.id else -m.id end, p.commercial_partner_id,
                      l.currency_id""",
        {"day": today},
    )
    assert shown == {line_id for line_id, _count in rows}
    assert max(count for _line, count in rows) == 2


def test_money_that_crossed_currencies_is_said_and_nothing_else_needs_an_entry_of_its_own(pulled: Pulled):
    server, snapshot = pulled
    today = date.today()  # noqa: DTZ011
    index = StatementIndex.build(LedgerIndex.build(snapshot))
    assert set(index.settled["reason"]) <= {"currency", "customer"}
    crossed = server.sql(
        """select count(*) from account_partial_reconcile r join account_move_line d on d.id = r.debit_move_id
             join account_move_line c on c.id = r.credit_move_id join account_account a on a.id = d.account_id
            where d.currency_id <> c.currency_id and """
        + receivable_accounts(server)
    )[0][0]
    shown = [
        kind
        for one in statements(snapshot, None, today)
        for account in one.accounts
        for kind in account.entries["kind"]
        if kind == "Settled in another currency"
    ]
    assert crossed > 0
    assert len(shown) == 2 * crossed


def test_letterheads_equal_the_companies_own_contacts(pulled: Pulled):
    server, snapshot = pulled
    columns = ("street", "street2", "zip", "city", "vat", "phone", "email")
    rows = server.sql(
        f"""select c.id, {", ".join(f"coalesce(p.{name}, '')" for name in columns)}
              from res_company c join res_partner p on p.id = c.partner_id"""
    )
    frame = snapshot.frame("companies").set_index("company_id")
    assert {int(key): tuple(frame.loc[key, list(columns)]) for key in frame.index} == {
        key: tuple(texts) for key, *texts in rows if key in frame.index
    }


def test_a_company_s_logo_is_read_as_a_picture_and_a_statement_carries_it(pulled: Pulled):
    server, snapshot = pulled
    key = server.api_key if snapshot.meta.protocol == "json2" else server.password
    settings = Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=server.username,
        odoo_password=key,
        odoo_protocol=snapshot.meta.protocol,
    )
    client = hurried.connect(settings)
    try:
        logos = conversations.company_logos(client, snapshot.meta.company_ids)
    finally:
        client.close()
    assert logos, "Odoo gives its first company a logo of its own"
    found = next(one for one in statements(snapshot, None, server.seeded_on) if one.accounts)
    now = datetime.now(UTC)
    company = found.companies[0].party_id
    picture = logos.get(company) or next(iter(logos.values()))
    pdf = PdfReader(io.BytesIO(statement_pdf(found, Made(now, now, "Africa/Harare"), {company: picture})))
    assert len(pdf.pages[0].images) == 1
