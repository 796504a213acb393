"""Services inferred from orders and invoices, and what a fee is a month: quantity, unit, a line's own period, rules."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from odoo_client.config import Settings
from odoo_client.datasets import orders, products
from odoo_client.datasets import services as sources
from odoo_client.datasets.base import Plan
from odoo_client.metrics.service_period import unit_months
from odoo_client.sync.derive_services import build_services

TODAY = date(2026, 11, 22)
UNITS, MONTH, YEAR, HOUR, MBPS = 1, 7, 8, 5, 9
PLAN, ROUTER, INSTALL = 5, 6, 4
DAY = pd.Timestamp
#: Number, name, family, size.
UNIT_ROWS = (
    (1, "Units", 1, 1.0), (2, "Dozens", 1, 12.0), (HOUR, "Hours", 3, 1.0), (6, "Days", 3, 8.0),
    (MONTH, "Month(s)", 7, 1.0), (YEAR, "Jahr", 7, 12.0), (MBPS, "Mbps", 9, 1.0), (10, "Quarterly", 10, 1.0),
)  # fmt: skip


def frame(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return a frame as it is read, what a row leaves out empty."""
    columns = {
        "orders": orders.COLUMNS,
        "contracts": sources.CONTRACT_COLUMNS,
        "contract_lines": sources.CONTRACT_LINE_COLUMNS,
        "subscriptions": sources.SUBSCRIPTION_COLUMNS,
        "subscription_lines": sources.SUBSCRIPTION_LINE_COLUMNS,
        "products": products.COLUMNS,
    }[name]
    empty = Plan("x", columns, (), [], []).frame(pa.table({}))
    whole = pd.DataFrame({column: [row.get(column) for row in rows] for column in empty.columns})
    kept: dict[str, Any] = {}
    for column in empty.columns:
        values = whole[column]
        kind = str(empty[column].dtype)
        if kind.startswith("datetime64[s, UTC"):
            kept[column] = pd.to_datetime(values, utc=True).astype("datetime64[s, UTC]")
        elif kind.startswith("datetime"):
            kept[column] = pd.to_datetime(values).astype("datetime64[s]")
        else:
            kept[column] = values.astype("object").where(values.notna(), "" if kind == "str" else 0).astype(kind)
    return pd.DataFrame(kept)


class Books:
    """A small Odoo without subscriptions; customers are the numbers that orders and invoices name."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.invoices: list[dict[str, Any]] = []
        self.billed: list[dict[str, Any]] = []
        self.contracts: list[dict[str, Any]] = []
        self.contract_lines: list[dict[str, Any]] = []
        self.plan_unit = UNITS

    def order(self, customer: int, on: str, *lines: dict[str, Any], **more: Any) -> None:
        """Confirm an order of `lines` (see `line`)."""
        key = len(self.orders) + 1
        record = {"order_id": key, "name": f"S{key}", "partner_id": customer, "company_id": 1, "currency_id": 2}
        self.orders.append(record | {"state": "sale", "date_order": f"{on} 08:00:00"} | more)
        self.lines += [
            {"line_id": len(self.lines) + number, "order_id": key} | one for number, one in enumerate(lines, 11)
        ]

    def invoice(self, customer: int, on: str, *lines: dict[str, Any], payment_state: str = "not_paid") -> None:
        """Post an invoice of `lines`."""
        key = len(self.invoices) + 1
        record = {"move_id": key, "state": "posted", "kind": "invoice", "company_id": 1, "payment_state": payment_state}
        self.invoices.append(record | {"commercial_partner_id": customer, "invoice_date": DAY(on)})
        self.billed += [{"move_id": key} | one for one in lines]

    def contract(self, customer: int, **line: Any) -> None:
        """Make an OCA contract of one line."""
        key = len(self.contracts) + 1
        self.contracts.append({"contract_id": key, "partner_id": customer, "company_id": 1, "active": True})
        made = {"line_id": key, "contract_id": key, "product_id": PLAN, "date_start": "2026-01-01"}
        self.contract_lines.append(made | line)

    def services(self) -> pd.DataFrame:
        """Return the services by customer."""
        names = ("line_id", "order_id", "move_id", "product_id", "quantity", "unit_id", "subtotal", "currency_id",
                 "period_start", "period_end")  # fmt: skip

        def lines(rows: list[dict[str, Any]]) -> pd.DataFrame:
            table = pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype="object") for name in names})
            whole = {"quantity": "float64", "subtotal": "float64"}
            for name in names[:-2]:
                table[name] = table[name].where(table[name].notna(), 0).astype(whole.get(name, "int64"))
            dated = {name: pd.to_datetime(table[name]).astype("datetime64[s]") for name in names[-2:]}
            return table.assign(**dated)

        invoices = pd.DataFrame(
            self.invoices,
            columns=[
                "move_id",
                "state",
                "kind",
                "company_id",
                "payment_state",
                "commercial_partner_id",
                "invoice_date",
            ],
        ).astype({"move_id": "int64", "company_id": "int64", "commercial_partner_id": "int64"})
        invoices["invoice_date"] = pd.to_datetime(invoices["invoice_date"]).astype("datetime64[s]")
        catalogue = pd.DataFrame(
            {
                "product_id": [INSTALL, PLAN, ROUTER],
                "name": ["Installation", "Fibre 20", "Router"],
                "category": ["All", "Internet", "Equipment"],
                "technology": ["", "fibre", ""],
                "is_service": [False, True, False],
                "recurring": [False, False, False],
                "unit_id": [UNITS, self.plan_unit, UNITS],
            }
        )
        frames = {
            "orders": frame("orders", self.orders),
            "order_lines": lines(self.lines).drop(columns="move_id"),
            "invoices": invoices,
            "invoice_lines": lines(self.billed).drop(columns="order_id"),
            "products": catalogue,
            "units": pd.DataFrame(UNIT_ROWS, columns=["unit_id", "name", "family", "size"]),
            "customers": pd.DataFrame({"partner_id": range(1, 40), "commercial_partner_id": range(1, 40)}),
            "companies": pd.DataFrame({"company_id": [1], "currency_id": [2]}),
            "currencies": pd.DataFrame({"currency_id": [2], "code": ["USD"], "decimals": [2], "rounding": [0.01]}),
            "contracts": frame("contracts", self.contracts),
            "contract_lines": frame("contract_lines", self.contract_lines),
            "subscriptions": frame("subscriptions", []),
            "subscription_lines": frame("subscription_lines", []),
        }
        made, _source = build_services(frames, Settings(), TODAY)
        return made.set_index("partner_id")


def line(quantity: float, price: float, unit: int = UNITS, product: int = PLAN, **more: Any) -> dict[str, Any]:
    """Return a line of an order or invoice."""
    return {"product_id": product, "quantity": quantity, "unit_id": unit, "subtotal": quantity * price} | more


def said(row: pd.Series) -> tuple[Any, ...]:
    """Return fee, period and status of a service; an unknown fee as None."""
    fee = None if pd.isna(row["monthly_fee"]) else float(row["monthly_fee"])
    return fee, row["period"], row["status"]


YEAR_2026 = {"period_start": "2026-01-01", "period_end": "2026-12-31"}


@pytest.mark.parametrize(
    ("ordered", "on", "expected", "next_billing"),
    [
        # Twelve months in advance, ordered 200 days ago: the fee is a month's, and it runs.
        (line(12, 60), "2026-05-06", (60.0, "quantity", "active"), "2027-05-06"),
        (line(12, 60, UNITS, subtotal=648.0), "2026-05-06", (54.0, "quantity", "active"), "2027-05-06"),
        (line(3, 60), "2026-10-01", (60.0, "quantity", "active"), "2027-01-01"),
        (line(1, 60), "2026-11-01", (60.0, "quantity", "active"), "2026-12-01"),
        (line(0.5, 60), "2026-11-01", (60.0, "quantity", "active"), "2026-12-01"),
        (line(12, 60, MONTH), "2026-05-06", (60.0, "unit", "active"), "2027-05-06"),
        (line(1, 720, YEAR), "2026-05-06", (60.0, "unit", "active"), "2027-05-06"),
        (line(2, 720, YEAR), "2025-05-06", (60.0, "unit", "active"), "2027-05-06"),
        (line(1, 180, 10), "2026-10-01", (60.0, "unit", "active"), "2027-01-01"),
        (line(30, 3, 6), "2026-11-01", (91.31, "unit", "active"), "2026-12-01"),
        (line(1, 720, 2), "2026-05-06", (60.0, "quantity", "active"), "2027-05-06"),  # a dozen
        (line(1, 720) | YEAR_2026, "2026-01-20", (60.0, "dates", "active"), "2027-01-01"),
        (line(12, 60) | YEAR_2026, "2026-01-20", (60.0, "dates", "active"), "2027-01-01"),
        (line(2, 720) | YEAR_2026, "2026-01-20", (120.0, "dates", "active"), "2027-01-01"),
        (line(1, 180) | {"period_start": "2026-10-01", "period_end": "2026-12-31"}, "2026-09-20",
         (60.0, "dates", "active"), "2027-01-01"),
        (line(1, 720) | {"period_start": "2027-01-01", "period_end": "2027-12-31"}, "2026-11-20",
         (60.0, "dates", "upcoming"), None),
        # What cannot be told.
        (line(20, 3, MBPS), "2026-11-01", (None, "unknown", "active"), "2026-12-01"),
        (line(1, 60, HOUR), "2026-11-01", (None, "unknown", "active"), "2026-12-01"),
        (line(1, 60, 99), "2026-11-01", (None, "unknown", "active"), "2026-12-01"),
        (line(100, 0.6), "2026-11-01", (None, "unknown", "active"), "2026-12-01"),
        (line(0, 60), "2026-11-01", (None, "unknown", "active"), "2026-12-01"),
        (line(1, 720) | {"period_end": "2026-06-05"}, "2026-11-01", (None, "unknown", "active"), "2026-12-01"),
        # And what is over: three months, and the days after which nobody has paid.
        (line(3, 60), "2026-06-01", (60.0, "quantity", "ended"), None),
        (line(1, 720, YEAR), "2025-10-01", (60.0, "unit", "ended"), None),
    ],
)  # fmt: skip
def test_quantity_unit_and_own_period_say_what_is_paid_for_how_long(
    ordered: dict[str, Any], on: str, expected: tuple[Any, ...], next_billing: str | None
) -> None:
    books = Books()
    books.order(1, on, ordered)
    service = books.services().loc[1]
    assert said(service) == expected
    assert service["next_billing_date"] is pd.NaT or service["next_billing_date"] == DAY(next_billing)
    assert service["quantity"] == (2.0 if expected[0] == 120.0 else 1.0)


def test_a_line_without_a_unit_is_of_the_product_s_own() -> None:
    books = Books()
    books.plan_unit = YEAR
    books.order(1, "2026-05-06", line(1, 720, 0))
    books.order(2, "2025-03-01", line(1, 60, MONTH))
    books.invoice(2, "2026-02-01", line(1, 720, 0))
    services = books.services()
    assert said(services.loc[1]) == (60.0, "unit", "active")
    assert said(services.loc[2]) == (60.0, "unit", "active"), "the invoice pays for a year"


def test_a_service_paid_for_a_year_ends_so_long_after_its_last_month_began() -> None:
    books = Books()
    books.order(1, "2025-09-30", line(12, 60))
    assert books.services().loc[1, "end_date"] == DAY("2026-08-30") + timedelta(days=45)


def test_as_many_routers_on_the_order_leave_it_open_what_the_units_are() -> None:
    books = Books()
    books.order(1, "2026-10-01", line(2, 60), line(2, 80, product=ROUTER))
    books.order(2, "2026-10-01", line(3, 60), line(2, 80, product=ROUTER))
    books.order(3, "2026-10-01", line(1, 60), line(1, 80, product=ROUTER), line(1, 75, product=INSTALL))
    books.order(4, "2026-10-01", line(12, 60), line(12, 75, product=INSTALL))
    services = books.services()
    assert said(services.loc[1]) == (None, "unknown", "active"), "two routers, two plans or two months"
    assert said(services.loc[2])[:2] == (60.0, "quantity"), "three months on two routers"
    assert said(services.loc[3])[:2] == (60.0, "quantity"), "one of each is one service"
    assert said(services.loc[4]) == (None, "unknown", "active")
    assert len(services) == 4, "a router is no service"


def test_what_is_billed_again_every_month_is_so_many_services() -> None:
    books = Books()
    for customer, months in ((1, ("09", "10", "11")), (2, ("10", "11")), (3, ("11",))):
        books.order(customer, "2026-08-20", line(2, 60))
        for month in months:
            books.invoice(customer, f"2026-{month}-01", line(2, 60))
    services = books.services()
    assert said(services.loc[1]) == (120.0, "services", "active")
    assert services.loc[1, "quantity"] == 2.0
    assert said(services.loc[2]) == (None, "unknown", "active"), "billed again once: not told yet"
    assert said(services.loc[3]) == (60.0, "quantity", "active")


def test_an_invoice_keeps_alive_for_as_long_as_it_pays_for_and_a_reversed_one_not() -> None:
    books = Books()
    for customer in range(1, 6):
        books.order(customer, "2025-03-01", line(1, 60))
    books.invoice(1, "2026-02-01", line(12, 60))
    books.invoice(2, "2026-02-01", line(1, 720, YEAR))
    books.invoice(3, "2026-02-01", line(1, 720) | YEAR_2026)
    books.invoice(4, "2026-02-01", line(12, 60), payment_state="reversed")
    books.invoice(5, "2026-02-01", line(1, 60))
    services = books.services()
    assert services["status"].tolist() == ["active", "active", "active", "ended", "ended"]
    assert services["next_billing_date"].tolist()[:3] == [DAY("2027-02-01"), DAY("2027-02-01"), DAY("2027-01-01")]
    assert services["monthly_fee"].tolist() == [60.0] * 5


def test_services_end_when_unbilled_and_when_replaced() -> None:
    books = Books()
    books.order(7, "2026-01-10", line(1, 30), date_order="2026-01-10 23:30:00")
    books.order(7, "2026-06-01", line(1, 45))
    books.order(8, "2026-02-01", line(1, 30))
    books.invoice(7, "2026-11-01", line(1, 45))
    books.invoice(8, "2026-03-01", line(1, 30))
    first, second, third = (row for _key, row in books.services().iterrows())
    assert first["start_date"] == DAY("2026-01-11"), "23:30 UTC is the next day in Harare"
    assert (first["status"], first["end_date"]) == ("ended", DAY("2026-06-01")), "replaced by the later order"
    assert (second["status"], second["next_billing_date"]) == ("active", DAY("2026-12-01"))
    assert (third["status"], third["end_date"]) == ("ended", DAY("2026-04-15")), "45 days after its last invoice"


@pytest.mark.parametrize(
    ("rule", "fee"),
    [
        ({"rule": "monthly", "interval": 12, "quantity": 1, "price_unit": 720}, 60.0),
        ({"rule": "monthly", "interval": 1, "quantity": 12, "price_unit": 60}, 720.0),
        ({"rule": "yearly", "interval": 1, "quantity": 1, "price_unit": 720, "discount_pct": 10}, 54.0),
        ({"rule": "quarterly", "interval": 2, "quantity": 2, "price_unit": 360}, 120.0),
        ({"rule": "semesterly", "interval": 1, "quantity": 1, "price_unit": 360}, 60.0),
        ({"rule": "monthlylastday", "interval": 3, "quantity": 1, "price_unit": 180}, 60.0),
        ({"rule": "monthly", "interval": 0, "quantity": 1, "price_unit": 60}, 60.0),
        ({"rule": "fortnightly", "interval": 1, "quantity": 1, "price_unit": 60}, None),
        ({"rule": "", "interval": 1, "quantity": 1, "price_unit": 60}, None),
    ],
)
def test_a_contract_s_rule_and_interval_say_the_fee_whatever_its_quantity(
    rule: dict[str, Any], fee: float | None
) -> None:
    books = Books()
    books.contract(1, **rule)
    service = books.services().loc[1]
    assert said(service) == (fee, "rule" if fee else "unknown", "active")
    assert service["quantity"] == rule["quantity"]


def test_units_are_told_by_name_by_what_they_convert_into_and_odoo_s_own_in_any_language() -> None:
    rows = (
        (1, "Unité(s)", 1, 1.0), (2, "Douzaine", 1, 12.0), (3, "Heures", 3, 1.0), (4, "Days", 3, 8.0),
        (5, "Month", 3, 160.0), (6, "Half-year", 3, 960.0), (7, "12 Months", 7, 1.0), (8, "Biennium", 8, 24.0),
        (9, "per month", 8, 1.0), (10, "kg", 10, 1.0), (11, "Man-months of work", 11, 1.0), (12, "pcs", 12, 1.0),
    )  # fmt: skip
    months, pieces = unit_months(pd.DataFrame(rows, columns=["unit_id", "name", "family", "size"]))
    told = dict(zip((row[1] for row in rows), months.tolist(), strict=True))
    assert {name: value for name, value in told.items() if value == value} == {
        "Days": pytest.approx(12 / 365.25), "Month": 1.0, "Half-year": 6.0, "12 Months": 12.0, "Biennium": 24.0,
        "per month": 1.0,
    }  # fmt: skip
    assert [row[1] for row, count in zip(rows, pieces.tolist(), strict=True) if count == count] == [
        "Unité(s)", "Douzaine", "pcs",
    ]  # fmt: skip
