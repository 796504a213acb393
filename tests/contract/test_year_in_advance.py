"""A year in advance on real servers: what a line of an order or invoice pays for, by unit, quantity, printed dates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from odoo_client.config import Settings
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.contract.writers import TODAY
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo
LONG_AGO = TODAY - timedelta(days=200)
PRINTED = (
    f"Fibre\n{TODAY - timedelta(days=100):%-d %b %Y} - {TODAY - timedelta(days=100) + timedelta(days=365):%-d %b %Y}"
)
#: Odoo 19 without contracts, and 14 with them: in a copy its contracts are taken away, so that orders are all it has.
PLACES = ("odoo19_lean", "odoo14")


class Books:
    """What a salesperson books by Odoo's own means, on a server of the test's own."""

    def __init__(self, server: RealOdoo) -> None:
        self.server = server
        [self.company] = server.sql("select id from res_company order by id limit 1")[0]
        self.context = {"allowed_company_ids": [self.company]}
        self.units = {"units": 1} | {name: self._unit(name, months) for name, months in (("Month(s)", 1), ("Year", 12))}
        self.units["Mbps"] = self._unit("Mbps", 0)
        self.products = {unit: self._product(f"Fiber {unit}", unit) for unit in self.units}
        self.router = self._product("Wireless router for sale", "units")

    def _unit(self, name: str, months: int) -> int:
        if self.server.major >= 19:
            values: dict[str, Any] = {"name": name}
            if months > 1:
                values |= {"relative_factor": months, "relative_uom_id": self.units_id("Month(s)")}
            return int(self.server.call("uom.uom", "create", values))
        if months > 1:
            category = self.server.call("uom.uom", "read", [self.units_id("Month(s)")], ["category_id"])[0][
                "category_id"
            ][0]
            more = {"uom_type": "bigger", "factor_inv": months}
        else:
            category, more = (
                self.server.call("uom.category", "create", {"name": f"By {name}"}),
                {"uom_type": "reference"},
            )
        return int(self.server.call("uom.uom", "create", {"name": name, "category_id": category, **more}))

    def units_id(self, name: str) -> int:
        """Return a unit by its name."""
        return int(self.server.call("uom.uom", "search", [["name", "=", name]])[0])

    def _product(self, name: str, unit: str) -> int:
        values: dict[str, Any] = {
            "name": name,
            "type": "service",
            "uom_id": self.units[unit],
            "invoice_policy": "order",
        }
        if "uom_po_id" in self.server.call("product.product", "fields_get", ["uom_po_id"]):
            values["uom_po_id"] = self.units[unit]
        return int(self.server.call("product.product", "create", values))

    def customer(self, name: str) -> int:
        """Make a customer."""
        return int(self.server.call("res.partner", "create", {"name": name}))

    def order(self, customer: int, *lines: dict[str, Any], on: date = LONG_AGO) -> int:
        """Confirm an order of that day."""
        values = {"partner_id": customer, "company_id": self.company, "order_line": [(0, 0, one) for one in lines]}
        order = int(self.server.call("sale.order", "create", values, context=self.context))
        self.server.call("sale.order", "action_confirm", [order], context=self.context)
        self.server.call("sale.order", "write", [order], {"date_order": f"{on} 08:00:00"})
        return order

    def invoice(self, customer: int, on: date, *lines: dict[str, Any]) -> int:
        """Post an invoice of that day."""
        values = {"move_type": "out_invoice", "partner_id": customer, "invoice_date": str(on), "date": str(on)}
        values["invoice_line_ids"] = [(0, 0, one | {"tax_ids": [(6, 0, [])]}) for one in lines]
        move = int(self.server.call("account.move", "create", values, context=self.context))
        self.server.call("account.move", "action_post", [move], context=self.context)
        return move

    def sold(self, quantity: float, price: float, unit: str = "units", **more: Any) -> dict[str, Any]:
        """Return the line of an order; the unit is the product's own, as Odoo fills it in."""
        return {"product_id": self.products[unit], "product_uom_qty": quantity, "price_unit": price} | more

    def billed(self, quantity: float, price: float, unit: str = "units", **more: Any) -> dict[str, Any]:
        """Return the line of an invoice."""
        return {"product_id": self.products[unit], "quantity": quantity, "price_unit": price} | more

    def snapshot(self, folder: Path) -> Snapshot:
        """Return what a full sync reads."""
        store = SnapshotStore(folder)
        settings = Settings(
            odoo_url=self.server.url,
            odoo_database=self.server.database,
            odoo_username=self.server.username,
            odoo_password=self.server.password,
        )
        try:
            return run_sync(settings, store).snapshot
        finally:
            store.close()


@pytest.fixture(scope="module", params=PLACES)
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The services of customers with one trap each, by the customer's name, and the server's series."""
    server: RealOdoo = request.getfixturevalue(request.param)
    with server.copy() as copy:
        if copy.major == 14:
            copy.sql("delete from contract_line")
            copy.sql("delete from contract_contract")
        books = Books(copy)
        _book(books)
        snapshot = books.snapshot(tmp_path_factory.mktemp("advance"))
        rows, customers = snapshot.frame("services"), snapshot.frame("customers")
        names = customers.set_index("partner_id")["name"]
        yield rows.assign(customer=rows["partner_id"].map(names)).set_index("customer"), snapshot, copy.major


def _book(books: Books) -> None:
    month = timedelta(days=30)
    for name, line in (
        ("Twelve units", books.sold(12, 60)),
        ("Twelve months", books.sold(12, 60, "Month(s)")),
        ("One year", books.sold(1, 720, "Year")),
        ("Printed", books.sold(1, 720, name=PRINTED)),
        ("Discount", books.sold(12, 60, discount=10)),
        ("By bandwidth", books.sold(20, 3, "Mbps")),
        ("One month long ago", books.sold(1, 60)),
    ):
        books.order(books.customer(name), line)
    books.order(books.customer("Two routers"), books.sold(2, 60), {"product_id": books.router, "product_uom_qty": 2})
    renewed = books.customer("Renewed by invoice")
    books.order(renewed, books.sold(1, 60))
    books.invoice(renewed, TODAY - timedelta(days=100), books.billed(1, 720, "Year"))
    twice = books.customer("Two services")
    books.order(twice, books.sold(2, 60), on=TODAY - 4 * month)
    for number in (3, 2, 1):
        books.invoice(twice, TODAY - number * month, books.billed(2, 60))
    reversed_one = books.customer("Credited")
    books.order(reversed_one, books.sold(1, 60))
    move = books.invoice(reversed_one, TODAY - timedelta(days=100), books.billed(12, 60))
    _reverse(books.server, move)
    if books.server.major >= 19:
        dated = books.customer("Printed on the invoice")
        books.order(dated, books.sold(1, 60))
        books.invoice(dated, TODAY - timedelta(days=100), books.billed(1, 720, name=PRINTED))


def _reverse(server: RealOdoo, move: int) -> None:
    """Credit an invoice whole, as its button does."""
    [row] = server.call("account.move", "read", [move], ["journal_id"])
    context = {"active_model": "account.move", "active_ids": [move]}
    values: dict[str, Any] = {"journal_id": row["journal_id"][0], "date": str(TODAY)}
    if server.major < 17:
        values["refund_method"] = "cancel"
    wizard = server.call("account.move.reversal", "create", values, context=context)
    action = server.call("account.move.reversal", "reverse_moves" if server.major < 17 else "refund_moves", [wizard],
                         context=context)  # fmt: skip
    if server.major >= 17:
        credit = int(action["res_id"])
        server.call("account.move", "action_post", [credit])


def said(row: pd.Series) -> tuple[Any, ...]:
    """Return fee, where its period is from, and status."""
    return (None if pd.isna(row["monthly_fee"]) else float(row["monthly_fee"]), row["period"], row["status"])


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ("Twelve units", (60.0, "quantity", "active")),
        ("Twelve months", (60.0, "unit", "active")),
        ("One year", (60.0, "unit", "active")),
        ("Printed", (60.0, "dates", "active")),
        ("Discount", (54.0, "quantity", "active")),
        ("Two services", (120.0, "services", "active")),
        ("Renewed by invoice", (60.0, "quantity", "active")),
        ("Two routers", (None, "unknown", "ended")),
        ("By bandwidth", (None, "unknown", "ended")),
        ("One month long ago", (60.0, "quantity", "ended")),
        ("Credited", (60.0, "quantity", "ended")),
    ],
)
def test_what_an_order_pays_for(services: Any, customer: str, expected: tuple[Any, ...]):
    rows, _snapshot, _major = services
    assert said(rows.loc[customer]) == expected


def test_an_invoice_that_prints_its_year_keeps_a_service_alive(services: Any):
    rows, _snapshot, major = services
    if major < 19:
        assert "Printed on the invoice" not in rows.index, "where contracts are installed, texts do not travel"
        return
    assert said(rows.loc["Printed on the invoice"]) == (60.0, "quantity", "active")


def test_units_of_both_series_convert_alike(services: Any):
    _rows, snapshot, _major = services
    units = snapshot.frame("units").set_index("name")
    assert units.loc["Year", "size"] == pytest.approx(12 * units.loc["Month(s)", "size"])
    assert units.loc["Year", "family"] == units.loc["Month(s)", "family"] != units.loc["Mbps", "family"]
    dozen = snapshot.frame("units").query("name == 'Dozens'").iloc[0]
    assert (dozen["size"], dozen["family"]) == (pytest.approx(12.0), units.loc["Units", "family"])
