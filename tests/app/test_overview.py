"""The Overview: every figure equals the table it opens; what is new since yesterday; this month against the last."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.metrics.changes import month_to_date
from tests.app.conftest import TODAY, Stage, ago, alerts, books, real, table, tiles
from tests.app.whole_books import whole, whole_books


@pytest.fixture
def full(stage: Stage) -> Stage:
    """A stage with books that have rows for every page."""
    stage.show(whole())
    return stage


def links(visit: AppTest) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """Return where each tile leads, by its label: the page's file and the address's filters."""
    found = {}
    label = ""
    for element in visit.main:
        if element.type == "metric":
            label = element.label
        elif element.type == "page_link":
            proto = element.proto
            found.setdefault(label, (f"{proto.page.rsplit('/')[-1]}.py", parse_qs(proto.query_string)))
    return found


def pills(visit: AppTest) -> Any:
    """Return the strip of what is new since yesterday."""
    return next(group for group in visit.get("button_group") if str(group.key).startswith("changed_"))


@pytest.mark.parametrize(
    ("label", "column"),
    [
        ("Open tickets", "subject"),
        ("Waiting for us", "subject"),
        ("Unassigned", "subject"),
        ("Orders in progress", "salesperson"),
        ("To invoice", "salesperson"),
    ],
)
@pytest.mark.parametrize("company", ["", "Afi Fibre", "Afi Wireless"])
def test_a_count_equals_the_rows_its_link_opens(full: Stage, label: str, column: str, company: str) -> None:
    asked = {"company": company} if company else {}
    overview = full.open(**asked)
    page, query = links(overview)[label]
    opened = full.open(page, **query)
    assert not opened.exception
    assert "does not exist" not in alerts(opened)
    shown = int(tiles(overview)[label][0])
    frames = [frame.value for frame in opened.dataframe if column in frame.value.columns]
    assert shown == (len(frames[0]) if frames else 0)


def test_what_was_received_this_month_equals_the_payments_its_link_opens(full: Stage) -> None:
    overview = full.open()
    page, query = links(overview)["Received this month"]
    opened = full.open(page, **query)
    assert "does not exist" not in alerts(opened)
    rows = table(opened, "amount")
    sums = rows.groupby("currency")["amount"].sum()
    assert tiles(overview)["Received this month"] == [f"{code} {amount:,.2f}" for code, amount in sums.items()]


def test_the_strip_tells_what_is_new_since_yesterday(full: Stage) -> None:
    told = list(pills(full.open()).options)
    assert told == [
        "3 payments: USD 50.00 and ZWG 500.00",
        "1 invoice: USD 50.00",
        "0 newly overdue",
        # Opened 2, 20 and 30 hours ago: how many of them since yesterday depends on the hour.
        told[3],
        told[4],
        "1 order confirmed: USD 404.00",
        "1 order delivered: USD 406.00",
        "0 services started",
        "0 services ended",
    ]
    assert re.fullmatch(r"[23] tickets? opened", told[3])


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("payments", {"name", "customer", "date", "method", "amount", "currency"}),
        ("invoices", {"name", "customer", "date", "due_date", "amount", "currency"}),
        ("tickets_opened", {"name", "subject", "customer", "opened"}),
        ("orders_confirmed", {"name", "customer", "confirmed", "amount", "currency"}),
        ("orders_delivered", {"name", "customer", "delivered", "amount", "currency"}),
        ("month_payments", {"name", "customer", "date", "amount"}),
        ("month_invoices", {"name", "customer", "date", "amount"}),
        ("month_tickets_opened", {"name", "subject", "opened"}),
        ("month_orders_confirmed", {"name", "customer", "confirmed"}),
    ],
)
def test_a_figure_of_the_strip_opens_its_rows(full: Stage, kind: str, columns: set[str]) -> None:
    visit = full.open(rows=kind)
    assert not visit.exception
    rows = next(frame.value for frame in visit.dataframe if columns <= set(frame.value.columns))
    heading = next(one.value for one in visit.subheader if re.match(r"\d", one.value))
    assert int(heading.split()[0]) == len(rows)
    if "amount" in rows and not kind.startswith("month"):
        sums = rows.groupby("currency")["amount"].sum()
        label = next(text for text in pills(visit).options if text.startswith(heading.lower()))
        assert label.endswith(" and ".join(f"{code} {amount:,.2f}" for code, amount in sums.items()))


def test_the_address_of_rows_names_them_and_closing_takes_it_out(full: Stage) -> None:
    visit = full.open(rows="payments")
    visit.button(key="rows_close").click().run()
    assert "rows" not in visit.query_params
    assert "3 payments" not in [one.value for one in visit.subheader]


def test_rows_that_do_not_exist_are_a_sentence(full: Stage) -> None:
    visit = full.open(rows="secrets")
    assert not visit.exception
    assert "rows that do not exist" in alerts(visit)


def test_a_choice_in_the_strip_is_held_in_the_address(full: Stage) -> None:
    visit = full.open()
    pills(visit).set_value("payments").run()
    assert visit.query_params["rows"] == "payments"
    assert "3 payments" in [one.value for one in visit.subheader]


def test_this_month_stands_against_last_month_to_the_same_day(stage: Stage) -> None:
    book = whole_books()
    now, before = month_to_date(TODAY)
    book.payment(1, 70.0, before.last)
    book.payment(1, 5.0, before.first - timedelta(days=1))
    after = before.last + timedelta(days=1)
    if after < now.first:
        book.payment(1, 900.0, after)
    stage.show(real(book.snapshot()))
    month = table(stage.open(), "before").set_index("what")
    lately = [row for row in book.frames["payments"] if row["currency_id"] == 1]
    received = sum(row["amount"] for row in lately if now.first <= row["date"] <= now.last)
    earlier = sum(row["amount"] for row in lately if before.first <= row["date"] <= before.last)
    assert month.loc["Received, USD", "now"] == f"USD {received:,.2f}"
    assert month.loc["Received, USD", "before"] == f"USD {earlier:,.2f}"
    assert earlier >= 70.0
    sign = "+" if received > earlier else "−"
    assert month.loc["Received, USD", "change"] == f"{sign}USD {abs(received - earlier):,.2f}"


def test_overdue_tells_how_it_moved_since_a_month_ago_in_words_and_sign(full: Stage) -> None:
    overdue = [metric for metric in full.open().metric if metric.label == "Overdue"]
    day = month_to_date(TODAY)[1].last
    assert {metric.proto.delta_description for metric in overdue} == {f"against {day.day} {day:%b}"}
    for metric in overdue:
        assert metric.delta == "no change" or metric.delta[0] in "+-"
        assert len(json_chart(metric)) == 13


def json_chart(metric: Any) -> list[float]:
    """Return the small chart's values."""
    return list(metric.proto.chart_data)


def test_net_to_chase_tells_what_was_paid_and_waits_for_us(stage: Stage) -> None:
    book = books()
    stage.show(real(book.snapshot()))
    visit = stage.open()
    assert tiles(visit)["Net to chase"][0] == "USD 160.00"
    assert not any("waiting for us" in text.value for text in visit.caption)
    book.draft(1, 30.0)
    stage.show(real(book.snapshot()))
    visit = stage.open()
    assert tiles(visit)["Net to chase"][0] == "USD 130.00"
    assert any("USD 30.00 paid, waiting for us" in text.value.replace("\\", "") for text in visit.caption)


def test_a_customer_whose_first_debt_fell_due_is_newly_overdue(stage: Stage) -> None:
    book = whole_books()
    book.customer(7, "Fell Due")
    book.invoice(7, 80.0, ago(1), on=ago(15))
    # Owes since long, and another invoice fell due: nothing new.
    book.invoice(2, 10.0, ago(1), on=ago(15))
    stage.show(real(book.snapshot()))
    visit = stage.open(rows="overdue")
    assert "1 newly overdue: USD 80.00" in pills(visit).options
    assert list(table(visit, "oldest_days")["customer"])[:1] == ["Fell Due"]


def test_services_that_began_and_ended_are_told(stage: Stage) -> None:
    book = whole_books()
    service = dict(book.frames["services"][0])
    book.frames["services"] += [
        service | {"service_id": "contract.line:91", "record_id": 91, "start_date": ago(0), "commercial_partner_id": 2},
        service | {"service_id": "contract.line:92", "record_id": 92, "end_date": ago(1), "status": "ended"},
        # The last day of service is today: it runs until midnight.
        service | {"service_id": "contract.line:93", "record_id": 93, "end_date": ago(0)},
    ]
    stage.show(real(book.snapshot()))
    told = list(pills(stage.open()).options)
    assert "1 service started" in told
    assert "1 service ended" in told


def test_without_a_helpdesk_or_sales_the_strip_leaves_them_out_instead_of_zero(stage: Stage) -> None:
    from tests.app.test_pages import without

    stage.show(without("missing", "tickets", "orders", "deliveries"))
    visit = stage.open()
    told = " ".join(pills(visit).options)
    assert "ticket" not in told
    assert "order" not in told
    assert "payment" in told
    assert not {"Tickets opened", "Orders confirmed"} & set(table(visit, "before")["what"])
    visit = stage.open(rows="tickets_opened")
    assert "not installed" in alerts(visit)


def test_a_company_s_overview_counts_that_company_alone(full: Stage) -> None:
    told = list(pills(full.open(company="Afi Wireless")).options)
    assert told[0] == "1 payment: USD 35.00"
    assert told[1] == "0 invoices"
    assert isinstance(table(full.open(company="Afi Wireless"), "before"), pd.DataFrame)
