"""MRR of now, recurring revenue of past months, and what a service brings."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from odoo_client.metrics.revenue import mrr_now, recurring_revenue_by_month, revenue_per_service
from odoo_client.metrics.services import services_by_month
from odoo_client.store.snapshot import Snapshot
from tests.builders import USD, ZWG, snapshot

FIRST, TODAY = date(2026, 9, 1), date(2026, 11, 22)
PRODUCTS = [
    {"product_id": 1, "name": "Fibre 50", "technology": "fibre", "is_service": True},
    {"product_id": 2, "name": "Starlink kit", "technology": "starlink", "is_service": False},
    {"product_id": 3, "name": "Starlink", "technology": "starlink", "is_service": True},
]


def service(number: int, **more: Any) -> dict[str, Any]:
    record = {"service_id": f"s:{number}", "company_id": 1, "currency_id": USD, "technology": "fibre"}
    return record | {"status": "active", "monthly_fee": 50.0, "start_date": date(2026, 1, 1)} | more


def invoice(move_id: int, day: date, *lines: tuple[int, float], **more: Any) -> dict[str, Any]:
    record = {"move_id": move_id, "kind": "invoice", "state": "posted", "company_id": 1, "currency_id": USD}
    return record | {"invoice_date": day, "date": day, "lines": lines} | more


def provider(*invoices: dict[str, Any], services: list[dict[str, Any]] | None = None) -> Snapshot:
    lines = [
        {"line_id": number, "product_id": product, "subtotal": subtotal, "quantity": 1.0}
        | {key: one[key] for key in ("move_id", "company_id", "currency_id")}
        for number, (one, product, subtotal) in enumerate(
            ((one, product, subtotal) for one in invoices for product, subtotal in one["lines"]), start=1
        )
    ]
    headers = [{key: value for key, value in one.items() if key != "lines"} for one in invoices]
    return snapshot(invoices=headers, invoice_lines=lines, products=PRODUCTS, services=services or [])


def revenue(source: Snapshot) -> dict[tuple[str, int, str], float]:
    frame = recurring_revenue_by_month(source, FIRST, TODAY)
    months = frame["month"].dt.strftime("%Y-%m")
    keys = zip(months, frame["currency_id"], frame["technology"].astype("str"), strict=True)
    return dict(zip(keys, frame["amount"].tolist(), strict=True))


def test_mrr_is_what_active_services_cost_a_month_per_currency_and_technology() -> None:
    services = [
        service(1),
        service(2, monthly_fee=79.99),
        service(3, currency_id=ZWG, monthly_fee=1300.0),
        service(4, status="ended"),
        service(5, status="upcoming"),
        service(6, status="paused", monthly_fee=45.0, inferred=True),
    ]
    mrr = mrr_now(snapshot(services=services))
    assert mrr[["currency_id", "mrr", "paused_mrr", "active"]].to_numpy().tolist() == [
        [USD, 129.99, 45.0, 2],
        [ZWG, 1300.0, 0.0, 1],
    ]
    assert mrr["inferred"].tolist() == [True, False]


def test_a_fee_whose_period_is_not_known_counts_in_no_mrr_and_is_counted_apart() -> None:
    made = snapshot(services=[service(1), service(2, monthly_fee=float("nan"), period="unknown")])
    [row] = mrr_now(made).to_dict("records")
    assert (row["mrr"], row["active"], row["unknown"]) == (50.0, 2, 1)
    paused = snapshot(services=[service(1, status="paused", monthly_fee=float("nan"), period="unknown")])
    [row] = mrr_now(paused).to_dict("records")
    assert (row["mrr"], row["paused_mrr"], row["unknown"]) == (0.0, 0.0, 0)


def test_invoiced_revenue_counts_posted_service_lines_ex_tax_in_the_month_of_the_invoice() -> None:
    source = provider(
        invoice(1, date(2026, 10, 31), (1, 50.0), (2, 350.0), (3, 30.0)),
        invoice(2, date(2026, 11, 1), (1, 60.0)),
        invoice(3, date(2026, 10, 5), (1, 1300.0), currency_id=ZWG),
        invoice(4, date(2026, 10, 5), (1, 7.0), state="draft"),
        invoice(5, date(2026, 10, 5), (1, 8.0), state="cancel"),
        invoice(6, date(2026, 8, 31), (1, 9.0)),
    )
    assert revenue(source) == {
        ("2026-10", USD, "fibre"): 50.0,
        ("2026-10", USD, "starlink"): 30.0,
        ("2026-10", ZWG, "fibre"): 1300.0,
        ("2026-11", USD, "fibre"): 60.0,
    }


def test_credit_notes_are_negative_and_a_line_without_product_is_no_service() -> None:
    source = provider(
        invoice(1, date(2026, 10, 1), (1, 50.0), (0, 5.0), (99, 5.0)),
        invoice(2, date(2026, 10, 20), (1, 20.0), kind="credit_note"),
    )
    assert revenue(source) == {("2026-10", USD, "fibre"): 30.0}


def test_an_invoice_without_date_counts_on_its_entry_date() -> None:
    source = provider(invoice(1, date(2026, 10, 1), (1, 50.0), invoice_date=pd.NaT))
    assert revenue(source) == {("2026-10", USD, "fibre"): 50.0}


def test_revenue_per_service_divides_by_the_average_of_opening_and_closing() -> None:
    services = [service(1), service(2, start_date=date(2026, 10, 10))]
    source = provider(invoice(1, date(2026, 10, 1), (1, 60.0)), services=services)
    by_month = services_by_month(source, FIRST, TODAY)
    table = revenue_per_service(recurring_revenue_by_month(source, FIRST, TODAY), by_month).set_index("month")
    october = table.loc[pd.Timestamp("2026-10-01")]
    assert (october["amount"], october["average_services"], october["revenue_per_service"]) == (60.0, 1.5, 40.0)
    assert table.loc[pd.Timestamp("2026-09-01"), "revenue_per_service"] == 0.0


def test_what_a_service_brings_adds_up_over_the_currencies_it_was_invoiced_in() -> None:
    """Priced in dollars, invoiced to one customer in dollars and to the other in gold."""
    source = provider(
        invoice(1, date(2026, 10, 1), (1, 60.0)),
        invoice(2, date(2026, 10, 1), (1, 1300.0), currency_id=ZWG),
        services=[service(1), service(2)],
    )
    by_month = services_by_month(source, FIRST, TODAY)
    table = revenue_per_service(recurring_revenue_by_month(source, FIRST, TODAY), by_month)
    october = table[table["month"] == pd.Timestamp("2026-10-01")]
    assert october[["currency_id", "revenue_per_service"]].to_numpy().tolist() == [[USD, 30.0], [ZWG, 650.0]]
    assert len(table) == 6, "three months in two currencies"


def test_pitfall_20_revenue_without_services_is_not_meaningful_per_service() -> None:
    source = provider(invoice(1, date(2026, 10, 1), (3, 60.0)))
    by_month = services_by_month(source, FIRST, TODAY)
    table = revenue_per_service(recurring_revenue_by_month(source, FIRST, TODAY), by_month)
    assert table["amount"].tolist() == [60.0]
    assert np.isnan(table["revenue_per_service"].iloc[0])


def test_pitfall_1_revenue_over_two_currencies_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="one month and one currency"):
        revenue_per_service(pd.DataFrame(), pd.DataFrame(), by=("month", "technology"))
    with pytest.raises(ValueError, match="one month"):
        revenue_per_service(pd.DataFrame(), pd.DataFrame(), by=("currency_id", "technology"))


def test_nothing_invoiced_gives_an_empty_frame_with_its_columns() -> None:
    frame = recurring_revenue_by_month(snapshot(), FIRST, TODAY)
    assert list(frame.columns) == ["month", "company_id", "currency_id", "technology", "amount", "lines"]
    assert frame.empty
    assert mrr_now(snapshot()).empty
