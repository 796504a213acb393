"""Billing equals SQL on Odoo's own database: billed, collected, received by method, days to pay, effectiveness."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from odoo_client.frames.dates import days as day_numbers
from odoo_client.metrics import collections, dso
from odoo_client.metrics.changes import Span
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.days_to_pay import days_to_pay, paid_invoices
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.money_in import money_in
from odoo_client.metrics.payments_matched import applied_to
from odoo_client.store.snapshot import Snapshot
from tests.contract.ledger_sql import arrears, cents, paid_by_customers, receivable_accounts
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Pulled = tuple[RealOdoo, Snapshot]


def payments_sql(server: RealOdoo) -> str:
    """Customer payments with their date, state and journal: up to 17 these stand on the payment's entry."""
    if server.major >= 18:
        return f"""
            select p.id, p.name, p.state in ('in_process', 'paid') as posted, p.date, p.journal_id, p.company_id,
                   p.currency_id, p.partner_id, p.amount, p.payment_type, p.payment_method_line_id as method_id
              from account_payment p where {paid_by_customers(server, "p")}"""
    method = "p.payment_method_line_id" if server.major >= 15 else "p.payment_method_id"
    return f"""
            select p.id, m.name, m.state = 'posted' as posted, m.date, m.journal_id, m.company_id,
                   p.currency_id, p.partner_id, p.amount, p.payment_type, {method} as method_id
              from account_payment p join account_move m on m.id = p.move_id
             where {paid_by_customers(server, "p")}"""


BankLine = tuple[int, int, int, int, date, Decimal]
"""Entry, company, customer (0 = nobody), currency, day, money in."""


def bank_lines_sql(server: RealOdoo) -> list[BankLine]:
    """Money of bank statement lines on receivable accounts, by customer: credited, less what their entries expensed."""
    return [
        (move, company, owner, currency, day, cents(credited) - cents(written_off))
        for move, company, owner, currency, day, credited, written_off in server.sql(
            f"""
            select m.id, m.company_id, coalesce(p.commercial_partner_id, 0), l.currency_id, m.date,
                   -sum(l.amount_currency),
                   coalesce((select sum(x.amount_currency) from account_move_line x
                               left join res_partner xp on xp.id = x.partner_id
                              where x.move_id = m.id and x.amount_currency > 0
                                and coalesce(xp.commercial_partner_id, 0) = coalesce(p.commercial_partner_id, 0)
                                and x.account_id not in (j.default_account_id, j.suspense_account_id)
                                and x.account_id <> all(array_agg(l.account_id))), 0)
              from account_move_line l
              join account_account a on a.id = l.account_id
              join account_move m on m.id = l.move_id
              join account_journal j on j.id = m.journal_id
              left join res_partner p on p.id = l.partner_id
             where {receivable_accounts(server)} and m.state = 'posted' and m.statement_line_id is not null
             group by m.id, m.company_id, p.commercial_partner_id, l.currency_id, m.date, j.default_account_id,
                      j.suspense_account_id
            """
        )
    ]


def test_billed_by_company_currency_and_month_equals_sql(pulled: Pulled):
    server, snapshot = pulled
    expected = {
        (company, currency, month): cents(amount)
        for company, currency, month, amount in server.sql(
            """
            select company_id, currency_id, date_trunc('month', coalesce(invoice_date, date))::date,
                   sum(case when move_type = 'out_refund' then -amount_total else amount_total end)
              from account_move
             where state = 'posted' and move_type in ('out_invoice', 'out_refund', 'out_receipt')
             group by 1, 2, 3
            """
        )
    }
    months = collections.billed_by_month(collections.billed_rows(snapshot))
    assert {key: cents(row["billed"]) for key, row in keyed(months)} == expected
    assert len({key[:2] for key in expected}) >= 4, "two companies with two currencies each"


def test_collected_by_company_currency_and_month_equals_sql(pulled: Pulled):
    server, snapshot = pulled
    payments = {
        (company, currency, month): (cents(received), cents(refunded))
        for company, currency, month, received, refunded in server.sql(
            f"""
            select company_id, currency_id, date_trunc('month', date)::date,
                   coalesce(sum(amount) filter (where payment_type = 'inbound'), 0),
                   coalesce(sum(amount) filter (where payment_type = 'outbound'), 0)
              from ({payments_sql(server)}) paid where posted group by 1, 2, 3
            """
        )
    }
    expected = defaultdict(lambda: (Decimal("0.00"), Decimal("0.00")), payments)
    for _move, company, _owner, currency, day, amount in bank_lines_sql(server):
        received, refunded = expected[company, currency, day.replace(day=1)]
        came, went = (amount, Decimal(0)) if amount > 0 else (Decimal(0), -amount)
        expected[company, currency, day.replace(day=1)] = received + came, refunded + went
    assert expected != payments, "bank lines are tried"
    months = collections.collected_by_month(money_in(snapshot))
    assert {key: (cents(row["received"]), cents(row["refunded"])) for key, row in keyed(months)} == expected
    assert any(refunded for _received, refunded in expected.values()), "refunds paid out are tried"
    assert all(
        cents(row["collected"]) == cents(row["received"]) - cents(row["refunded"]) for _key, row in keyed(months)
    )


def keyed(months: pd.DataFrame) -> list[tuple[tuple[int, int, date], dict[str, Any]]]:
    rows = months.to_dict("records")
    return [((row["company_id"], row["currency_id"], row["month"].date()), row) for row in rows]


@pytest.mark.parametrize("days", [1, 7, 31, 200])
def test_received_by_journal_and_method_equals_sql(pulled: Pulled, days: int):
    server, snapshot = pulled
    last = server.seeded_on
    first = last - timedelta(days=days)
    methods = snapshot.frame("payment_methods")
    names = dict(zip(methods["method_id"], methods["name"], strict=True))
    expected: dict[tuple[int, int, int, str], Decimal] = defaultdict(Decimal)
    for company, currency, journal, method, amount in server.sql(
        f"""
        select company_id, currency_id, journal_id, coalesce(method_id, 0), sum(amount)
          from ({payments_sql(server)}) paid
         where posted and payment_type = 'inbound' and date between %(first)s and %(last)s group by 1, 2, 3, 4
        """,
        {"first": first, "last": last},
    ):
        expected[company, currency, journal, names.get(method, "")] += cents(amount)
    for _move, company, _owner, currency, day, amount in bank_lines_sql(server):
        if first <= day <= last and amount > 0:
            [(journal,)] = server.sql("select journal_id from account_move where id = %(move)s", {"move": _move})
            expected[company, currency, journal, "Bank line"] += amount
    facts = money_in(snapshot)
    found = collections.received_by_method(facts, Span(first, last).holds(day_numbers(facts, "date")))
    ours = {
        (row["company_id"], row["currency_id"], row["journal_id"], row["method"]): cents(row["received"])
        for row in found.to_dict("records")
        if row["received"]
    }
    assert ours == dict(expected)
    assert expected or days == 1


def test_payments_without_customer_equal_sql(pulled: Pulled):
    server, snapshot = pulled
    expected = {
        payment
        for (payment,) in server.sql(
            f"select id from ({payments_sql(server)}) paid where posted and partner_id is null"
        )
    }
    facts = money_in(snapshot)
    named = facts["made_by"].eq("payment").to_numpy()
    ours = facts.loc[collections.without_customer(facts) & facts["posted"].to_numpy() & named, "payment_id"]
    assert set(ours) == expected


def paid_sql(server: RealOdoo) -> dict[int, tuple[date, int]]:
    """Paid invoice → (day of its last match, days since the invoice date), worked out in SQL from the documents' side.

    Closed in all its receivable lines, by something that a payment or a bank or cash journal made.
    """
    link = "origin_payment_id" if server.major >= 18 else "payment_id"
    return {
        move: (paid_on, max(taken, 0))
        for move, paid_on, taken in server.sql(
            f"""
            with line as (
                select l.id, l.move_id, m.invoice_date, l.amount_residual_currency as open_amount
                  from account_move_line l join account_account a on a.id = l.account_id
                  join account_move m on m.id = l.move_id
                 where {receivable_accounts(server)} and m.state = 'posted' and l.amount_currency > 0
                   and m.move_type in ('out_invoice', 'out_receipt')
            ), matched as (
                select d.move_id, r.max_date,
                       o.{link} is not null
                       or (o.move_type = 'entry' and j.type in ('bank', 'cash', 'credit')) as money
                  from account_partial_reconcile r
                  join line d on d.id = r.debit_move_id
                  join account_move_line c on c.id = r.credit_move_id
                  join account_move o on o.id = c.move_id
                  join account_journal j on j.id = o.journal_id
                 where r.debit_amount_currency <> 0
            )
            select l.move_id, max(x.max_date), max(x.max_date) - min(l.invoice_date)
              from line l join matched x on x.move_id = l.move_id
             group by l.move_id
            having bool_and(abs(l.open_amount) < 0.005) and bool_or(x.money)
            """
        )
    }


def test_days_to_pay_of_every_paid_invoice_equal_sql(pulled: Pulled):
    server, snapshot = pulled
    expected = paid_sql(server)
    found = paid_invoices(snapshot)
    rows = zip(found["move_id"], found["paid_on"].dt.date, found["days"], strict=True)
    assert {move: (day, taken) for move, day, taken in rows} == expected
    assert len(expected) > 100
    assert len({taken for _day, taken in expected.values()}) > 20, "early and late payers are tried"


def test_median_and_p90_equal_postgresql_s_own(pulled: Pulled):
    server, snapshot = pulled
    expected = paid_sql(server)
    values = ", ".join(f"({taken})" for _day, taken in expected.values())
    ((median, p90),) = server.sql(
        "select percentile_cont(0.5) within group (order by taken), percentile_cont(0.9) within group (order by taken)"
        f" from (values {values}) paid(taken)"
    )
    found = days_to_pay(paid_invoices(snapshot)).spread
    assert (found.median, found.p90) == (pytest.approx(float(median)), pytest.approx(float(p90)))


def test_what_payments_paid_equals_sql(pulled: Pulled):
    server, snapshot = pulled
    link = "origin_payment_id" if server.major >= 18 else "payment_id"
    expected: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for own, other in (("debit", "credit"), ("credit", "debit")):
        for payment, move, amount in server.sql(
            f"""
            select m.{link}, o.move_id, sum(r.{own}_amount_currency)
              from account_partial_reconcile r
              join account_move_line l on l.id = r.{own}_move_id
              join account_account a on a.id = l.account_id
              join account_move m on m.id = l.move_id
              join account_payment p on p.id = m.{link}
              join account_move_line o on o.id = r.{other}_move_id
             where {receivable_accounts(server)} and {paid_by_customers(server, "p")}
             group by 1, 2 having sum(abs(r.{own}_amount_currency)) > 0 or sum(abs(r.{other}_amount_currency)) > 0
            """
        ):
            expected[payment, move] += cents(amount)
    applied = applied_to(snapshot, money_in(snapshot))
    applied = applied[applied["money_id"] > 0]
    settled = applied.assign(amount=applied["amount"] + applied["written_off"])
    found = settled.groupby(["money_id", "move_id"])["amount"].sum()
    assert {key: cents(amount) for key, amount in found.items()} == dict(expected)
    found = applied.groupby(["money_id", "move_id"])["amount"].sum()
    amounts = snapshot.frame("payments").set_index("payment_id")["amount"]
    spent = found.groupby(level=0).sum()
    assert (spent <= amounts[spent.index] + 0.005).all(), "a payment never pays more than it is"


@pytest.mark.parametrize("months_ago", [1, 3])
def test_effectiveness_and_countback_are_reckoned_from_odoo_s_ledger(pulled: Pulled, months_ago: int):
    """Opening, billed and closing from SQL (the ledger forward), the formula by hand: what the page says of a month."""
    server, snapshot = pulled
    today = server.seeded_on
    ends = dso.month_ends(today, 12)
    before, end = ends[-2 - months_ago], ends[-1 - months_ago]
    companies = snapshot.frame("companies")["company_id"].tolist()
    billed = collections.billed_by_month(collections.billed_rows(snapshot))
    table = dso.collection_months(
        dso.receivables_by_month(LedgerIndex.build(snapshot), today, 12),
        billed,
        today,
        12,
        companies,
        Currencies.of(snapshot),
    ).set_index(["currency_id", "as_of"])
    opening, closing = _open(server, before), _open(server, end)
    sales: dict[int, Decimal] = {
        currency: cents(amount)
        for currency, amount in server.sql(
            """
            select currency_id, sum(case when move_type = 'out_refund' then -amount_total else amount_total end)
              from account_move
             where state = 'posted' and move_type in ('out_invoice', 'out_refund', 'out_receipt')
               and coalesce(invoice_date, date) between %(first)s and %(last)s group by 1
            """,
            {"first": end.replace(day=1), "last": end},
        )
    }
    assert sales
    for currency, amount in sales.items():
        row = table.loc[(currency, pd.Timestamp(end))]
        opened, closed, not_due = opening[currency][0], closing[currency][0], closing[currency][1]
        assert (cents(row["opening"]), cents(row["closing"]), cents(row["closing_not_due"])) == (
            opened,
            closed,
            not_due,
        )
        expected = 100 * (opened + amount - closed) / (opened + amount - not_due)
        assert row["effectiveness"] == pytest.approx(float(expected))
        assert row["dso"] == pytest.approx(float(closed / amount * end.day))


def _open(server: RealOdoo, day: date) -> dict[int, tuple[Decimal, Decimal]]:
    """Currency → (open debit, of it not due) at the end of a day, all companies."""
    found: dict[int, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for (_company, currency, _owner, bucket), amount in arrears(server, day, stored=False).items():
        if bucket != "unallocated":
            whole, not_due = found[currency]
            found[currency] = whole + amount, not_due + (amount if bucket == "not_due" else Decimal(0))
    return found
