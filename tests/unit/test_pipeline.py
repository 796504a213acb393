"""Where an order stands, since when, how long orders stay in a stage, and which are stuck."""

from __future__ import annotations

import inspect
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from odoo_client.metrics import pipeline
from odoo_client.metrics.spread import Spread
from odoo_client.store.snapshot import FrameInfo, Snapshot
from tests.builders import snapshot

HARARE = "Africa/Harare"
TODAY = date(2026, 11, 20)


def moment(days_ago: int, clock: str = "08:00:00") -> str:
    return f"{TODAY - timedelta(days=days_ago)} {clock}"


def order(order_id: int = 1, state: str = "sale", invoice_status: str = "to invoice", **more: Any) -> dict[str, Any]:
    """An order created ten days ago and confirmed eight days ago."""
    return {
        "order_id": order_id,
        "name": f"S{order_id:05d}",
        "company_id": 1,
        "currency_id": 1,
        "state": state,
        "invoice_status": invoice_status,
        "create_date": moment(10),
        "date_order": moment(8),
    } | more


def picking(state: str, *, days_ago: int = 5, order_id: int = 1, kind: str = "outgoing", **more: Any) -> dict[str, Any]:
    done = moment(days_ago) if state == "done" else None
    return {"order_id": order_id, "state": state, "kind": kind, "date_done": done} | more


def bill(origin: str, days_ago: int, **more: Any) -> dict[str, Any]:
    day = TODAY - timedelta(days=days_ago)
    return {"origin": origin, "state": "posted", "kind": "invoice", "company_id": 1, "invoice_date": day} | more


def source(*orders: dict[str, Any], deliveries: Any = (), invoices: Any = (), **frames: Any) -> Snapshot:
    numbered = [{"picking_id": place, **each} for place, each in enumerate(deliveries, start=1)]
    moves = [{"move_id": place, **each} for place, each in enumerate(invoices, start=1)]
    return snapshot(orders=list(orders), deliveries=numbered, invoices=moves, **frames)


def only(made: Snapshot) -> pd.Series:
    stages = pipeline.order_stages(made, HARARE, TODAY)
    assert len(stages) == 1
    return stages.iloc[0]


def ago(value: Any) -> int | None:
    return None if pd.isna(value) else (TODAY - pd.Timestamp(value).date()).days


@pytest.mark.parametrize(
    ("changes", "deliveries", "stage"),
    [
        ({"state": "draft", "invoice_status": "no"}, [], "quotation"),
        ({"state": "sent", "invoice_status": "no"}, [], "sent"),
        ({"state": "cancel", "invoice_status": "no"}, [], "cancelled"),
        ({"state": "cancel", "invoice_status": "invoiced"}, [picking("done")], "cancelled"),
        ({}, [], "confirmed"),
        ({"state": "done"}, [], "confirmed"),
        ({}, [picking("assigned")], "confirmed"),
        ({}, [picking("done"), picking("assigned")], "in_delivery"),
        ({}, [picking("done"), picking("cancel")], "delivered"),
        ({}, [picking("done"), picking("assigned", kind="incoming")], "delivered"),
        ({}, [picking("cancel")], "confirmed"),
        ({}, [picking("done", kind="internal"), picking("waiting")], "in_delivery"),
        ({"invoice_status": "invoiced"}, [], "invoiced"),
        ({"invoice_status": "upselling"}, [], "invoiced"),
        ({"invoice_status": "invoiced"}, [picking("done")], "invoiced"),
        ({"invoice_status": "invoiced"}, [picking("assigned")], "confirmed"),
        ({"invoice_status": "invoiced"}, [picking("done"), picking("assigned")], "in_delivery"),
        ({"delivery_status": "pending"}, [], "confirmed"),
        ({"delivery_status": "started"}, [], "in_delivery"),
        ({"delivery_status": "partial"}, [], "in_delivery"),
        ({"delivery_status": "full"}, [], "delivered"),
        ({"delivery_status": "full", "invoice_status": "invoiced"}, [], "invoiced"),
    ],
)
def test_the_stage_of_an_order(changes: dict[str, Any], deliveries: list[dict[str, Any]], stage: str) -> None:
    assert only(source(order(**changes), deliveries=deliveries))["stage"] == stage


def test_every_stage_has_words_and_they_are_in_order() -> None:
    stages = pipeline.order_stages(source(order()), HARARE, TODAY)["stage"]
    assert list(stages.cat.categories) == list(pipeline.STAGES)
    assert stages.cat.ordered


@pytest.mark.parametrize(
    ("changes", "deliveries", "invoices", "since"),
    [
        ({"state": "draft"}, [], [], 10),
        ({"state": "sent"}, [], [], None),
        ({"state": "cancel"}, [], [], None),
        ({}, [], [], 8),
        ({}, [picking("done", days_ago=6), picking("done", days_ago=4), picking("assigned")], [], 6),
        ({}, [picking("done", days_ago=6), picking("done", days_ago=4)], [], 4),
        ({"invoice_status": "invoiced"}, [picking("done", days_ago=4)], [bill("S00001", 3), bill("S00001", 2)], 3),
        ({"invoice_status": "invoiced"}, [picking("done", days_ago=4)], [bill("S00001", 7)], 4),
        ({"invoice_status": "invoiced"}, [], [bill("S00001", 7)], 7),
        ({"invoice_status": "invoiced"}, [], [], None),
        ({"delivery_status": "full"}, [], [], None),
        ({"delivery_status": "partial", "effective_date": moment(3)}, [], [], 3),
    ],
)
def test_a_stage_begins_on_a_stored_day_or_it_is_not_recorded(
    changes: dict[str, Any], deliveries: list[Any], invoices: list[Any], since: int | None
) -> None:
    assert ago(only(source(order(**changes), deliveries=deliveries, invoices=invoices))["since"]) == since


def test_a_stage_without_a_day_counts_from_the_one_before() -> None:
    sent = only(source(order(state="sent")))
    assert (ago(sent["counted_from"]), sent["days_in_stage"]) == (10, 10)
    delivered = only(source(order(delivery_status="full")))
    assert (ago(delivered["counted_from"]), delivered["days_in_stage"]) == (8, 8)
    stages = pipeline.order_stages(source(order(state="sent"), order(2, delivery_status="full")), HARARE, TODAY)
    assert list(pipeline.clock_of(stages)) == ["quotation", "confirmed"]


def test_days_are_those_of_harare() -> None:
    late = only(source(order(date_order=moment(8, "22:30:00"))))
    assert ago(late["since"]) == 7


def test_a_finished_order_has_no_days_in_its_stage() -> None:
    for changes in ({"invoice_status": "invoiced"}, {"state": "cancel"}):
        found = only(source(order(**changes)))
        assert not found["open"]
        assert np.isnan(found["days_in_stage"])


def test_the_date_of_the_last_change_is_never_read() -> None:
    text = inspect.getsource(pipeline)
    assert "write_date" not in text
    stages = pipeline.order_stages(source(order()), HARARE, TODAY)
    assert not {"write_date"} & {*stages.columns, *source(order()).frame("orders").columns}


@pytest.mark.parametrize(
    ("invoice", "first"),
    [
        (bill("S00001", 3), 3),
        (bill("S00002, S00001", 3), 3),
        (bill("S00001,S00002", 3), 3),
        (bill("S000012", 3), None),
        (bill("S0000", 3), None),
        (bill("", 3), None),
        (bill("S00001", 3, state="draft"), None),
        (bill("S00001", 3, state="cancel"), None),
        (bill("S00001", 3, kind="credit_note"), None),
        (bill("S00001", 3, kind="receipt"), 3),
        (bill("S00001", 3, company_id=2), None),
        (bill("S00001", 3, invoice_date=None, date=TODAY - timedelta(days=2)), 2),
    ],
)
def test_an_invoice_belongs_to_the_orders_its_origin_names(invoice: dict[str, Any], first: int | None) -> None:
    assert ago(only(source(order(), invoices=[invoice]))["first_invoice"]) == first


def test_orders_of_two_companies_with_one_number_keep_their_own_invoice() -> None:
    made = source(
        order(1, name="S1"), order(2, name="S1", company_id=2), invoices=[bill("S1", 3), bill("S1", 5, company_id=2)]
    )
    assert [ago(day) for day in pipeline.order_stages(made, HARARE, TODAY)["first_invoice"]] == [3, 5]


def test_progress_counts_only_the_stages_the_order_goes_through() -> None:
    with_goods = only(source(order(), deliveries=[picking("assigned")]))
    assert (with_goods["step"], with_goods["steps"], with_goods["progress"]) == (3, 6, 0.5)
    service = only(source(order()))
    assert (service["step"], service["steps"]) == (3, 4)
    assert only(source(order(invoice_status="invoiced")))["progress"] == 1
    assert only(source(order(invoice_status="invoiced"), deliveries=[picking("done")]))["progress"] == 1
    assert only(source(order(state="cancel")))["progress"] == 0


def test_a_quotation_for_goods_is_to_be_delivered_where_there_is_stock() -> None:
    frames = {
        "products": [{"product_id": 7, "kind": "consu"}],
        "order_lines": [{"line_id": 1, "order_id": 1, "product_id": 7}],
    }
    made = source(order(state="draft"), **frames)
    assert only(made)["has_delivery"]
    info = {"deliveries": FrameInfo(0, made.meta.taken_at, state="missing", message="Install Inventory.")}
    without = Snapshot.from_frames({name: made.frame(name) for name in made}, info=info)
    assert not pipeline.delivers(without)
    assert not only(without)["has_delivery"]


def test_a_running_subscription_is_a_service_and_in_no_count() -> None:
    made = source(order(subscription=True), order(2, state="draft", subscription=True))
    stages = pipeline.order_stages(made, HARARE, TODAY)
    assert stages["running"].tolist() == [True, False]
    assert stages["open"].tolist() == [False, True]


def test_open_orders_are_quotations_and_orders_in_progress() -> None:
    made = source(
        order(1, state="draft"),
        order(2, state="sent"),
        order(3),
        order(4, invoice_status="invoiced"),
        order(5, invoice_status="no"),
        order(6, invoice_status="no"),
        order(7, invoice_status="invoiced"),
        order(8, state="cancel"),
        deliveries=[picking("assigned", order_id=7)],
        order_lines=[{"line_id": 1, "order_id": 6, "qty_delivered": 1.0}],
    )
    stages = pipeline.order_stages(made, HARARE, TODAY)
    assert stages.loc[stages["open"], "order_id"].tolist() == [1, 2, 3, 5, 7]


def passed(**more: Any) -> pd.DataFrame:
    """One order that went through every stage: 20 days ago, 17, 12 and 8, 3."""
    row = order(invoice_status="invoiced", create_date=moment(20), date_order=moment(17), **more)
    made = source(
        row, deliveries=[picking("done", days_ago=12), picking("done", days_ago=8)], invoices=[bill("S00001", 3)]
    )
    return pipeline.order_stages(made, HARARE, TODAY)


def test_time_in_a_stage_is_from_its_day_to_the_next_ones() -> None:
    times = pipeline.stage_times(passed(), TODAY)
    assert {key: spread.median for key, spread in times.items()} == {
        "quotation": 3,
        "confirmed": 5,
        "in_delivery": 4,
        "delivered": 5,
    }


def test_a_service_waits_from_confirmation_to_invoice() -> None:
    made = source(order(invoice_status="invoiced"), invoices=[bill("S00001", 2)])
    times = pipeline.stage_times(pipeline.order_stages(made, HARARE, TODAY), TODAY)
    assert (times["confirmed"].median, times["delivered"].count) == (6, 0)


def test_one_delivery_is_no_time_in_delivery_and_an_invoice_in_advance_none_as_delivered() -> None:
    made = source(
        order(invoice_status="invoiced"), deliveries=[picking("done", days_ago=4)], invoices=[bill("S00001", 6)]
    )
    times = pipeline.stage_times(pipeline.order_stages(made, HARARE, TODAY), TODAY)
    assert (times["in_delivery"].count, times["delivered"].count) == (0, 0)
    assert times["confirmed"].median == 4


def test_an_imported_order_with_its_dates_in_the_wrong_order_counts_nowhere() -> None:
    imported = pipeline.order_stages(source(order(create_date=moment(1), date_order=moment(200))), HARARE, TODAY)
    assert pipeline.stage_times(imported, TODAY)["quotation"].count == 0


def test_passages_of_more_than_a_year_ago_count_no_more() -> None:
    times = [
        pipeline.stage_times(
            pipeline.order_stages(source(order(create_date=moment(380), date_order=moment(days))), HARARE, TODAY), TODAY
        )["quotation"].count
        for days in (364, 365)
    ]
    assert times == [1, 0]


def test_cycle_time_is_of_orders_that_got_there() -> None:
    stages = passed()
    assert pipeline.cycle_days(stages, TODAY, "last_delivery").tolist() == [9]
    assert pipeline.cycle_days(stages, TODAY, "first_invoice").tolist() == [14]
    waiting = pipeline.order_stages(source(order()), HARARE, TODAY)
    assert np.isnan(pipeline.cycle_days(waiting, TODAY, "first_invoice")).all()


def quotations(*ages: int) -> pd.DataFrame:
    rows = [order(place, state="draft", create_date=moment(age)) for place, age in enumerate(ages, start=1)]
    return pipeline.order_stages(source(*rows), HARARE, TODAY)


def test_an_order_is_stuck_when_nine_in_ten_were_faster() -> None:
    times = {"quotation": Spread(10, 3.0, 7.0)}
    assert pipeline.stuck(quotations(6, 7, 8), times).tolist() == [False, False, True]


def test_nobody_is_stuck_where_too_few_orders_tell_what_is_usual() -> None:
    assert not pipeline.stuck(quotations(300), {"quotation": Spread(9, 3.0, 7.0)}).any()
    assert not pipeline.stuck(quotations(300), {"quotation": Spread.of(np.array([]))}).any()


def test_two_days_are_never_stuck_however_quick_the_others_were() -> None:
    times = {"quotation": Spread(50, 0.0, 0.0)}
    assert pipeline.stuck(quotations(1, 2, 3), times).tolist() == [False, False, True]


def test_the_age_of_open_orders_stands_beside_what_finished_ones_took() -> None:
    ages = pipeline.stage_ages(quotations(1, 3, 90))
    assert (ages["quotation"].count, ages["quotation"].median) == (3, 3)
    assert ages["confirmed"].count == 0


def test_no_orders_give_no_rows_and_no_figures() -> None:
    stages = pipeline.order_stages(snapshot(), HARARE, TODAY)
    assert stages.empty
    assert {spread.count for spread in pipeline.stage_times(stages, TODAY).values()} == {0}
    assert not len(pipeline.stuck(stages, pipeline.stage_times(stages, TODAY)))
