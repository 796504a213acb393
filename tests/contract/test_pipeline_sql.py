"""The pipeline equals SQL on real Odoos: stages by count and sum, the day each began, first invoices, time in stage."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from odoo_client.metrics import pipeline
from odoo_client.store.snapshot import Snapshot
from tests.contract.ledger_sql import cents
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Pulled = tuple[RealOdoo, Snapshot]
HARARE = "Africa/Harare"


def has_stock(server: RealOdoo) -> bool:
    return "sale_stock" in server.tenant.modules


def shipped_sql(server: RealOdoo) -> str:
    """What is on its way to each order, returns and cancelled pickings apart; nothing where there is no stock."""
    if not has_stock(server):
        return "select 0 as sale_id, 0 as every, 0 as done, null::date as first, null::date as last where false"
    return """select p.sale_id, count(*) as every, count(*) filter (where p.state = 'done') as done,
                     min((p.date_done + interval '2 hours')::date) filter (where p.state = 'done') as first,
                     max((p.date_done + interval '2 hours')::date) filter (where p.state = 'done') as last
                from stock_picking p join stock_picking_type t on t.id = p.picking_type_id
               where p.sale_id is not null and p.state <> 'cancel' and t.code <> 'incoming' group by 1"""


def orders_sql(server: RealOdoo) -> list[dict[str, Any]]:
    """Every order with its stage and days, reckoned in SQL; invoices by Odoo's own link of lines, not by origin."""
    rows = server.sql(
        f"""with shipped as ({shipped_sql(server)}),
                 billed as (select l.order_id, min(m.invoice_date) as first
                              from sale_order_line l
                              join sale_order_line_invoice_rel r on r.order_line_id = l.id
                              join account_move_line i on i.id = r.invoice_line_id
                              join account_move m on m.id = i.move_id
                             where m.state = 'posted' and m.move_type = 'out_invoice' group by 1)
            select o.id, o.currency_id, o.amount_total,
                   case when o.state = 'cancel' then 'cancelled' when o.state = 'draft' then 'quotation'
                        when o.state = 'sent' then 'sent'
                        when s.done > 0 and s.done < s.every then 'in_delivery'
                        when s.done = 0 then 'confirmed'
                        when o.invoice_status in ('invoiced', 'upselling') then 'invoiced'
                        when s.done = s.every then 'delivered' else 'confirmed' end,
                   (o.create_date + interval '2 hours')::date,
                   case when o.state in ('sale', 'done') then (o.date_order + interval '2 hours')::date end,
                   s.first, case when s.done = s.every then s.last end, b.first,
                   coalesce(s.done, 0), coalesce(s.every, 0)
              from sale_order o left join shipped s on s.sale_id = o.id left join billed b on b.order_id = o.id
             order by o.id"""
    )
    names = ("order_id", "currency_id", "amount", "stage", "created", "ordered", "first", "last", "billed")
    return [dict(zip((*names, "done", "every"), row, strict=True)) for row in rows]


def as_date(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()


def stages_of(snapshot: Snapshot) -> pd.DataFrame:
    return pipeline.order_stages(snapshot, HARARE, datetime.now(ZoneInfo("Africa/Harare")).date())


def test_counts_and_sums_by_stage_and_currency(pulled: Pulled) -> None:
    server, snapshot = pulled
    expected: dict[tuple[str, int], list[Any]] = {}
    for order in orders_sql(server):
        cell = expected.setdefault((order["stage"], order["currency_id"]), [0, Decimal(0)])
        cell[0] += 1
        cell[1] += Decimal(order["amount"] or 0)
    rows = stages_of(snapshot).assign(
        currency_id=snapshot.frame("orders")["currency_id"], amount=snapshot.frame("orders")["amount_total"]
    )
    ours = {
        (str(stage), int(currency)): (len(part), cents(round(float(part["amount"].sum()), 2)))
        for (stage, currency), part in rows.groupby(["stage", "currency_id"], observed=True)
    }
    assert ours == {key: (count, cents(amount)) for key, (count, amount) in expected.items()}
    found = {stage for stage, _currency in ours}
    delivery = {"in_delivery", "delivered"} if has_stock(server) else set()
    assert found == {"quotation", "sent", "confirmed", "invoiced", "cancelled"} | delivery
    assert len({currency for _stage, currency in ours}) == 2


def test_the_day_each_stage_began_is_a_stored_one(pulled: Pulled) -> None:
    server, snapshot = pulled
    began = {"quotation": "created", "confirmed": "ordered", "in_delivery": "first", "delivered": "last"}
    ours = stages_of(snapshot).set_index("order_id")
    seen: set[str] = set()
    for order in orders_sql(server):
        stage = order["stage"]
        expected = order[began[stage]] if stage in began else None
        if stage == "invoiced" and order["billed"]:
            expected = max(order["billed"], order["last"] or order["billed"])
        assert as_date(ours.loc[order["order_id"], "since"]) == expected, order
        seen.add(stage if expected else f"{stage} without a day")
    assert {"quotation", "sent without a day", "cancelled without a day", "confirmed", "invoiced"} <= seen
    if has_stock(server):
        assert {"in_delivery", "delivered"} <= seen


def test_first_invoices_by_origin_equal_those_by_odoos_own_link(pulled: Pulled) -> None:
    """One invoice for two orders, a cancelled and a draft invoice, a credit note: only posted invoices count."""
    server, snapshot = pulled
    ours = stages_of(snapshot).set_index("order_id")["first_invoice"]
    expected = {order["order_id"]: order["billed"] for order in orders_sql(server) if order["ordered"]}
    assert {key: as_date(ours[key]) for key in expected} == expected
    assert sum(day is not None for day in expected.values()) >= 6
    [(shared,)] = server.sql("select count(*) from account_move where invoice_origin like '%%,%%' and state = 'posted'")
    assert shared, "the seed has one invoice for two orders"


def test_delivery_codes_equal_odoos_delivery_status(odoo19: RealOdoo, pull: Any) -> None:
    snapshot = pull(odoo19, "json2")
    words = {None: "none", "pending": "waiting", "started": "partial", "partial": "partial", "full": "full"}
    told = {key: words[status] for key, status in odoo19.sql("select id, delivery_status from sale_order")}
    ours = stages_of(snapshot).set_index("order_id")["delivery"].astype("str").to_dict()
    assert ours == told
    assert set(told.values()) == {"none", "waiting", "partial", "full"}


def test_time_in_stage_equals_sql(pulled: Pulled) -> None:
    server, snapshot = pulled
    today = datetime.now(ZoneInfo("Africa/Harare")).date()
    spans: dict[str, list[int]] = {key: [] for key in pipeline.TIMED}
    for order in orders_sql(server):
        ends = {
            "quotation": (order["created"], order["ordered"], True),
            "confirmed": (order["ordered"], order["first"] if order["every"] else order["billed"], True),
            "in_delivery": (order["first"], order["last"], order["done"] > 1),
            "delivered": (order["last"], order["billed"], True),
        }
        for key, (start, end, counts) in ends.items():
            if counts and start and end and end >= start and today - timedelta(days=365) < end <= today:
                spans[key].append((end - start).days)
    times = pipeline.stage_times(stages_of(snapshot), today)
    for key, values in spans.items():
        median, p90 = np.percentile(values, [50, 90]) if values else (None, None)
        assert (times[key].count, times[key].median, times[key].p90) == (len(values), median, p90), key
    assert times["quotation"].count >= pipeline.ENOUGH
    if has_stock(server):
        assert times["in_delivery"].count == 1, "one order was delivered in two goes"


def test_without_stock_the_pipeline_has_no_delivery(odoo19_lean: RealOdoo, pull: Any) -> None:
    snapshot = pull(odoo19_lean, "json2")
    stages = stages_of(snapshot)
    assert not pipeline.delivers(snapshot)
    assert not stages["has_delivery"].any()
    assert set(stages["steps"]) == {4}
    assert not set(stages["stage"].astype("str")) & {"in_delivery", "delivered"}
    invoiced = stages[stages["stage"] == "invoiced"]
    assert (invoiced["progress"] == 1).all()
    assert len(invoiced) > 0
