"""Invoices, payments, tickets, orders and services equal SQL by count and by sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from odoo_client.store.snapshot import Snapshot
from tests.contract.ledger_sql import (
    cents,
    currency_codes,
    paid_by_customers,
    receivable_accounts,
    technology_of_product,
)
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Pulled = tuple[RealOdoo, Snapshot]
Totals = dict[tuple[Any, ...], tuple[Any, ...]]


def totals(frame: pd.DataFrame, by: list[str], sums: Iterable[str] = ()) -> Totals:
    """Count and sums to the cent, a group of ``by``; groups without rows are not there."""
    grouped = frame.groupby(by, observed=True)
    counts = grouped.size()
    summed = {name: grouped[name].sum() for name in sums}
    return {
        key if isinstance(key, tuple) else (key,): (
            int(count),
            *(cents(round(each[key], 2)) for each in summed.values()),
        )
        for key, count in counts.items()
    }


def from_sql(rows: list[tuple[Any, ...]], keys: int) -> Totals:
    """Rows of SQL as ``totals`` gives them: the first ``keys`` columns, then count, then sums."""
    return {row[:keys]: (int(row[keys]), *(cents(each or 0) for each in row[keys + 1 :])) for row in rows}


def test_invoices(pulled: Pulled):
    server, snapshot = pulled
    rows = server.sql(
        """select company_id, currency_id,
                  case move_type when 'out_invoice' then 'invoice' when 'out_refund' then 'credit_note'
                                 else 'receipt' end,
                  state, count(*), sum(amount_total), sum(amount_untaxed), sum(amount_residual),
                  sum(amount_residual_signed)
             from account_move where move_type in ('out_invoice', 'out_refund', 'out_receipt') group by 1, 2, 3, 4"""
    )
    sums = ("amount_total", "amount_untaxed", "residual", "residual_company")
    ours = totals(snapshot.frame("invoices"), ["company_id", "currency_id", "kind", "state"], sums)
    assert ours == from_sql(rows, 4)
    assert {key[2] for key in ours} == {"invoice", "credit_note", "receipt"}
    assert {key[3] for key in ours} == {"draft", "posted", "cancel"}


def test_invoice_product_lines(pulled: Pulled):
    server, snapshot = pulled
    product_line = (
        "l.display_type = 'product'"
        if server.major >= 16
        else "l.display_type is null and not l.exclude_from_invoice_tab"
    )
    rows = server.sql(
        f"""select m.currency_id, coalesce(l.product_id, 0), count(*), sum(l.price_subtotal), sum(l.quantity)
              from account_move_line l join account_move m on m.id = l.move_id
             where m.move_type in ('out_invoice', 'out_refund', 'out_receipt') and {product_line} group by 1, 2"""
    )
    ours = totals(snapshot.frame("invoice_lines"), ["currency_id", "product_id"], ("subtotal", "quantity"))
    assert ours == from_sql(rows, 2)


def test_payments(pulled: Pulled):
    server, snapshot = pulled
    if server.major >= 18:
        source, state = "account_payment p", "p.state"
        owner = "p"
    else:
        source, state = "account_payment p join account_move m on m.id = p.move_id", "m.state"
        owner = "m"
    rows = server.sql(
        f"""select {owner}.company_id, p.currency_id, p.payment_type, {owner}.journal_id,
                   case {state} when 'in_process' then 'posted' when 'paid' then 'posted'
                                when 'canceled' then 'cancel' else {state} end,
                   count(*), sum(p.amount)
              from {source} where {paid_by_customers(server, "p")} group by 1, 2, 3, 4, 5"""
    )
    by = ["company_id", "currency_id", "direction", "journal_id", "state"]
    ours = totals(snapshot.frame("payments"), by, ("amount",))
    assert ours == from_sql(rows, 5)
    assert {key[2] for key in ours} == {"inbound", "outbound"}
    assert {key[4] for key in ours} == {"draft", "posted", "cancel"}


def test_partial_reconciliations(pulled: Pulled):
    """Those between receivable lines (others never touch a customer's balance)."""
    server, snapshot = pulled
    rows = server.sql(
        f"""select r.company_id, max_date, count(*), sum(r.amount), sum(debit_amount_currency),
                   sum(credit_amount_currency)
              from account_partial_reconcile r join account_move_line l on l.id = r.debit_move_id
              join account_account a on a.id = l.account_id
             where {receivable_accounts(server)} group by 1, 2"""
    )
    sums = ("amount_company", "debit_amount", "credit_amount")
    ours = totals(snapshot.frame("partials"), ["company_id", "max_date"], sums)
    assert {(company, day.date()): found for (company, day), found in ours.items()} == from_sql(rows, 2)


def test_orders_and_their_lines(pulled: Pulled):
    server, snapshot = pulled
    rows = server.sql(
        """select company_id, currency_id, case state when 'done' then 'sale' else state end, invoice_status,
                  count(*), sum(amount_total), sum(amount_untaxed) from sale_order group by 1, 2, 3, 4"""
    )
    by = ["company_id", "currency_id", "state", "invoice_status"]
    ours = totals(snapshot.frame("orders"), by, ("amount_total", "amount_untaxed"))
    assert ours == from_sql(rows, 4)
    assert {key[2] for key in ours} == {"draft", "sent", "sale", "cancel"}
    lines = server.sql(
        """select coalesce(product_id, 0), count(*), sum(price_subtotal), sum(qty_delivered), sum(qty_invoiced)
             from sale_order_line where display_type is null group by 1"""
    )
    sums = ("subtotal", "qty_delivered", "qty_invoiced")
    assert totals(snapshot.frame("order_lines"), ["product_id"], sums) == from_sql(lines, 1)


def test_deliveries(odoo_full: RealOdoo, pull: Any):
    snapshot = pull(odoo_full, "json2" if odoo_full.major >= 19 else "jsonrpc")
    rows = odoo_full.sql(
        """select p.state, t.code, p.date_done is not null, count(*)
             from stock_picking p join stock_picking_type t on t.id = p.picking_type_id
            where p.sale_id is not null group by 1, 2, 3"""
    )
    frame = snapshot.frame("deliveries")
    ours = totals(frame.assign(done=frame["date_done"].notna()), ["state", "kind", "done"])
    assert ours == from_sql(rows, 3)
    assert {key[0] for key in ours} == {"confirmed", "assigned", "done", "cancel"}


def test_a_tenant_without_stock_says_what_to_install(odoo19_lean: RealOdoo, pull: Any):
    snapshot = pull(odoo19_lean, "json2")
    assert snapshot.info["deliveries"].state == "missing"
    assert "sale_stock" in snapshot.info["deliveries"].message
    assert snapshot.frame("deliveries").empty


def test_tickets(pulled: Pulled):
    """OCA's helpdesk on the full tenants, project tasks (whose first assignee counts) on the lean one.

    An archived ticket counts as closed.
    """
    server, snapshot = pulled
    if "helpdesk_mgmt" in server.tenant.modules:
        rows = server.sql(
            """select coalesce(t.team_id, 0), t.stage_id, coalesce(t.user_id, 0), s.closed or not t.active,
                      t.closed_date is not null, t.priority::int, count(*)
                 from helpdesk_ticket t join helpdesk_ticket_stage s on s.id = t.stage_id group by 1, 2, 3, 4, 5, 6"""
        )
    else:
        rows = server.sql(
            """select t.project_id, t.stage_id,
                      coalesce((select r.user_id from project_task_user_rel r join res_users u on u.id = r.user_id
                                  join res_partner p on p.id = u.partner_id
                                 where r.task_id = t.id order by p.name, u.login limit 1), 0),
                      t.state in ('1_done', '1_canceled'), t.date_end is not null, t.priority::int, count(*)
                 from project_task t where t.project_id is not null group by 1, 2, 3, 4, 5, 6"""
        )
    frame = snapshot.frame("tickets")
    frame = frame.assign(dated=frame["closed_date"].notna())
    ours = totals(frame, ["team_id", "stage_id", "assignee_id", "closed", "dated", "priority"])
    assert ours == from_sql(rows, 6)
    assert len({key[1] for key in ours}) >= 4, "tickets in several stages"
    assert len({key[0] for key in ours}) >= (3 if server.tenant.full else 1), "two teams and none"


def test_services_of_contracts(odoo_full: RealOdoo, pull: Any):
    snapshot = pull(odoo_full, "json2" if odoo_full.major >= 19 else "jsonrpc")
    terminated = "c.is_terminated" if odoo_full.major < 19 else "false"
    rows = odoo_full.sql(
        f"""select l.product_id, coalesce(c.manual_currency_id, k.currency_id),
                   case when l.is_canceled or not c.active or {terminated} then 'ended'
                        when l.date_start > current_date then 'upcoming'
                        when l.date_end < current_date then 'ended' else 'active' end,
                   l.quantity * l.specific_price * (1 - coalesce(l.discount, 0) / 100)
                     / case l.recurring_rule_type when 'quarterly' then 3 when 'yearly' then 12 else 1 end
              from contract_line l join contract_contract c on c.id = l.contract_id
              join res_company k on k.id = c.company_id
             where c.contract_type = 'sale' and l.display_type is null"""
    )
    technology = technology_of_product(odoo_full)
    counted: Counter[tuple[str, int, str]] = Counter()
    fees: Counter[tuple[str, int, str]] = Counter()
    for product, currency, status, fee in rows:
        if technology[product]:
            counted[technology[product], currency, status] += 1
            fees[technology[product], currency, status] += Decimal(str(fee))
    services = snapshot.frame("services")
    ours = totals(services, ["technology", "currency_id", "status"], ("monthly_fee",))
    assert ours == {key: (count, cents(fees[key])) for key, count in counted.items()}
    assert {key[0] for key in ours} == {"fibre", "wireless", "starlink"}
    assert {key[2] for key in ours} == {"active", "upcoming", "ended"}
    assert not services["inferred"].any()


def test_services_inferred_from_orders(odoo19_lean: RealOdoo, pull: Any):
    """No contracts: confirmed order lines of plans; replaced by a later order, or ended when unbilled for 45 days."""
    services = pull(odoo19_lean, "json2").frame("services")
    technology = technology_of_product(odoo19_lean)
    plans = [product for product, named in technology.items() if named]
    orders = odoo19_lean.sql(
        """select l.id, l.product_id, p.commercial_partner_id, o.date_order::date, l.price_subtotal, o.currency_id, o.id
             from sale_order_line l join sale_order o on o.id = l.order_id join res_partner p on p.id = o.partner_id
            where o.state in ('sale', 'done') and l.product_id = any(%(plans)s)""",
        {"plans": plans},
    )
    billed = odoo19_lean.sql(
        """select l.product_id, m.commercial_partner_id, m.invoice_date from account_move_line l
             join account_move m on m.id = l.move_id
            where m.state = 'posted' and m.move_type = 'out_invoice' and l.display_type = 'product'
              and m.payment_state <> 'reversed'
              and l.product_id = any(%(plans)s) and m.company_id = (select min(id) from res_company)""",
        {"plans": plans},
    )
    [(today,)] = odoo19_lean.sql("select current_date")
    expected: Counter[tuple[str, str, str]] = Counter()
    fees: Counter[tuple[str, str, str]] = Counter()
    codes = currency_codes(odoo19_lean)
    for _line, product, owner, start, fee, currency, order in orders:
        kind = technology[product]
        later = any(
            technology[other] == kind and who == owner and (day, number) > (start, order)
            for _l, other, who, day, _fee, _currency, number in orders
        )
        days = [day for other, who, day in billed if technology[other] == kind and who == owner] + [start]
        status = "ended" if later or (today - max(days)).days > 45 else "active"
        expected[kind, codes[currency], status] += 1
        fees[kind, codes[currency], status] += Decimal(str(fee))
    coded = services.assign(code=services["currency_id"].map(codes))
    ours = totals(coded, ["technology", "code", "status"], ("monthly_fee",))
    assert ours == {key: (count, cents(fees[key])) for key, count in expected.items()}
    assert {key[2] for key in ours} == {"active", "ended"}
    assert services["inferred"].all()


def test_every_service_is_unlimited(pulled: Pulled):
    _server, snapshot = pulled
    services = snapshot.frame("services")
    assert set(services["bandwidth"]) == set(services["usage"]) == {"Unlimited"}
    assert (services["currency_id"] > 0).all()
