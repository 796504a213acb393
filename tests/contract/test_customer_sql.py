"""One customer's dashboard equals SQL on Odoo's own database, for every customer of every tenant."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from odoo_client.config import Settings
from odoo_client.customer.dashboard import dashboard
from odoo_client.customer.search import EXACT, SearchIndex, search
from odoo_client.customer.types import Dashboard
from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.proof_queue import payments_under_review
from odoo_client.store.snapshot import Snapshot
from tests.contract.conftest import Pull
from tests.contract.ledger_sql import cents, currency_codes, paid_by_customers, receivable_accounts
from tests.contract.test_collections_sql import bank_lines_sql
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Pulled = tuple[RealOdoo, Snapshot]
#: A page and a telephone call wait for one dashboard; hundreds of them are made here.
EACH_S = 0.25
#: The day of the figures in Odoo, which has no time zone, and in the dashboard.
SETTINGS = Settings(timezone="UTC")
OWNER = "coalesce(p.commercial_partner_id, 0)"
FIGURES = ("overdue", "unallocated", "balance", "in_payment", "under_review", "net_to_chase")


@pytest.fixture(scope="module")
def made() -> dict[str, tuple[dict[int, Dashboard], float]]:
    """The dashboards of each pulled snapshot by customer, and the seconds of work they took."""
    return {}


@pytest.fixture
def dashboards(pulled: Pulled, made: dict[str, tuple[dict[int, Dashboard], float]]) -> dict[int, Dashboard]:
    """Every customer's dashboard."""
    _server, snapshot = pulled
    key = snapshot.meta.snapshot_id
    if key not in made:
        now, started = datetime.now(UTC), time.thread_time()
        owners = snapshot.frame("customers")["commercial_partner_id"].unique().tolist()
        found = {owner: dashboard(snapshot, owner, settings=SETTINGS, now=now) for owner in owners}
        made[key] = found, time.thread_time() - started
    return made[key][0]


def counted(server: RealOdoo, query: str) -> dict[int, int]:
    """Customer → how many, of those who have any."""
    return {owner: int(count) for owner, count in server.sql(query) if owner and count}


def test_balances_overdue_and_oldest_debt_by_currency(pulled: Pulled, dashboards: dict[int, Dashboard]):
    server, _snapshot = pulled
    today, codes = datetime.now(UTC).date(), currency_codes(server)
    rows = server.sql(
        f"""select {OWNER}, l.currency_id, sum(l.amount_residual_currency),
                   sum(case when l.amount_residual_currency > 0 and coalesce(l.date_maturity, l.date) < %(day)s
                            then l.amount_residual_currency else 0 end),
                   sum(case when l.amount_residual_currency < 0 then -l.amount_residual_currency else 0 end),
                   max(case when l.amount_residual_currency > 0
                            then %(day)s::date - coalesce(l.date_maturity, l.date) else 0 end)
              from account_move_line l join account_account a on a.id = l.account_id
              join account_move m on m.id = l.move_id left join res_partner p on p.id = l.partner_id
             where {receivable_accounts(server)} and m.state = 'posted' and l.date <= %(day)s
               and abs(l.amount_residual_currency) >= 0.005
             group by 1, 2""",
        {"day": today},
    )
    expected = {
        (owner, codes[currency]): (cents(balance), cents(overdue), cents(loose), max(0, int(oldest)))
        for owner, currency, balance, overdue, loose, oldest in rows
        if owner
    }
    ours = {
        (owner, one.currency): (one.balance.amount, one.overdue.amount, one.unallocated.amount, one.oldest_days)
        for owner, found in dashboards.items()
        for one in found.balances
        if any(row.currency == one.currency for row in found.ageing)
    }
    assert ours == expected
    several = Counter(owner for owner, _code in expected)
    assert max(several.values()) >= 2, "a customer owes in two currencies"
    for owner, found in dashboards.items():
        assert found.oldest_days == max((one.oldest_days for one in found.balances), default=0), owner


def test_records_are_counted_alike(pulled: Pulled, dashboards: dict[int, Dashboard]):
    server, _snapshot = pulled
    # Up to 17 a payment inherits its partner and state from its entry.
    payment = "account_payment y" + ("" if server.major >= 18 else " join account_move m on m.id = y.move_id")
    tickets = (
        "helpdesk_ticket t left join res_partner p on p.id = t.partner_id"
        if "helpdesk_mgmt" in server.tenant.modules
        else "project_task t left join res_partner p on p.id = t.partner_id where t.project_id is not null"
    )
    expected = {
        "invoices": """select commercial_partner_id, count(*) from account_move
                        where move_type in ('out_invoice', 'out_refund', 'out_receipt') group by 1""",
        "payments": f"""select {OWNER}, count(*) from {payment}
                          left join res_partner p on p.id = {"y" if server.major >= 18 else "m"}.partner_id
                         where {paid_by_customers(server, "y")} group by 1""",
        "tickets": f"select {OWNER}, count(*) from {tickets} group by 1",
        "orders": f"""select {OWNER}, count(*) from sale_order o
                        left join res_partner p on p.id = o.partner_id group by 1""",
    }
    for name, query in expected.items():
        ours = Counter({owner: len(recorded(found, name)) for owner, found in dashboards.items()})
        assert +ours == counted(server, query), name
        assert len(+ours) >= 3, name
    lines = Counter(owner for _move, _company, owner, *_rest in bank_lines_sql(server) if owner)
    by_bank = Counter(
        owner for owner, found in dashboards.items() for one in found.payments if one.made_by == "bank_line"
    )
    assert by_bank == lines
    assert len(lines) >= 3


def recorded(found: Dashboard, name: str) -> list[Any]:
    """Return the records of a kind: money that came by bank line alone is no payment record."""
    return [one for one in getattr(found, name) if getattr(one, "made_by", "payment") == "payment"]


def test_what_every_invoice_has_open_equals_sql(pulled: Pulled, dashboards: dict[int, Dashboard]):
    server, _snapshot = pulled
    today = datetime.now(UTC).date()
    rows = server.sql(
        """select id, state, amount_residual * case move_type when 'out_refund' then -1 else 1 end,
                  amount_total * case move_type when 'out_refund' then -1 else 1 end
             from account_move where move_type in ('out_invoice', 'out_refund', 'out_receipt') and date <= %(day)s""",
        {"day": today},
    )
    residuals: dict[int, tuple[Decimal | None, Decimal]] = {
        move: (cents(residual) if state == "posted" else None, cents(total)) for move, state, residual, total in rows
    }
    ours = {
        one.move_id: (None if one.residual is None else one.residual.amount, one.amount.amount)
        for found in dashboards.values()
        for one in found.invoices
        if one.move_id in residuals
    }
    assert ours == residuals
    assert len(ours) > 100


def test_what_payments_paid_equals_the_partials_in_sql(pulled: Pulled, dashboards: dict[int, Dashboard]):
    server, _snapshot = pulled
    rows = server.sql(
        f"""select l.payment_id, r.credit_amount_currency from account_partial_reconcile r
              join account_move_line l on l.id = r.credit_move_id join account_account a on a.id = l.account_id
              join account_move m on m.id = l.move_id left join res_partner p on p.id = l.partner_id
             where l.payment_id is not null and {receivable_accounts(server)} and m.state = 'posted' and {OWNER} > 0
               and (r.credit_amount_currency != 0 or r.debit_amount_currency != 0)"""
    )
    expected: dict[int, list[Decimal]] = defaultdict(list)
    for payment, amount in rows:
        expected[payment].append(cents(amount))
    ours: dict[int, list[Decimal]] = defaultdict(list)
    for found in dashboards.values():
        for one in found.payments:
            paid = [
                part.amount.amount + (part.written_off.amount if part.written_off else 0)
                for part in one.applied
                if part.amount is not None
            ]
            if one.direction == "inbound" and one.made_by == "payment" and paid:
                ours[one.payment_id] += paid
    assert {key: sorted(amounts) for key, amounts in ours.items()} == {
        key: sorted(amounts) for key, amounts in expected.items() if key in ours
    }
    inbound = {
        one.payment_id
        for found in dashboards.values()
        for one in found.payments
        if one.direction == "inbound" and one.payment_id
    }
    assert set(ours) == set(expected) & inbound
    assert any(len(amounts) > 1 for amounts in ours.values()), "one payment over several invoices"


def test_the_ageing_is_that_of_the_arrears_page(pulled: Pulled, dashboards: dict[int, Dashboard]):
    _server, snapshot = pulled
    today: date = next(iter(dashboards.values())).as_of
    drafts = payments_under_review(snapshot, today, SETTINGS.timezone)
    whole = ageing_by_customer(open_lines(LedgerIndex.build(snapshot), today), drafts=drafts)
    expected = {
        (row["company_id"], row["currency_id"], row["commercial_partner_id"]): (
            *(cents(round(row[key], 2)) for key in FIGURES),
            row["open_lines"],
        )
        for row in whole.to_dict("records")
        if row["commercial_partner_id"]
    }
    ours: dict[Any, Any] = {}
    for owner, found in dashboards.items():
        for row in found.ageing:
            figures = [getattr(row, key) for key in FIGURES]
            ours[row.company_id, row.currency_id, owner] = (*(one.amount for one in figures), row.open_lines)
    assert ours == expected


def test_every_dashboard_is_made_at_once(
    pulled: Pulled, dashboards: dict[int, Dashboard], made: dict[str, tuple[dict[int, Dashboard], float]]
):
    _server, snapshot = pulled
    assert made[snapshot.meta.snapshot_id][1] < EACH_S * len(dashboards)


def test_every_customer_is_found_by_its_own_number(odoo19: RealOdoo, pull: Pull):
    """Two companies may number their invoices alike: both customers are then found, before anybody else."""
    snapshot = pull(odoo19, "json2")
    index = SearchIndex.build(snapshot)
    invoices = odoo19.sql(
        """select distinct on (commercial_partner_id) name, commercial_partner_id from account_move
            where move_type = 'out_invoice' and state = 'posted' order by commercial_partner_id, id desc"""
    )
    assert invoices
    for name, owner in invoices:
        found = search(index, name.lower())
        assert owner in found.partner_ids()[found.rank == EXACT], name
