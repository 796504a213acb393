"""`python -m odoo_client customer`: one customer of the stored copy, as tables and as JSON with stable keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from odoo_client.cli import main as cli
from odoo_client.customer.as_json import as_json
from odoo_client.customer.dashboard import dashboard
from odoo_client.customer.types import Dashboard
from odoo_client.demo import DemoServer
from tests.builders import USD, ZWG, Ledger
from tests.demo_worlds import own

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
KEYS = re.findall(
    r"\w+",
    "profile as_of taken_at demo balances oldest_days active_services open_tickets open_orders services invoices "
    "payments entries ageing open_lines promises tickets orders timeline absent notes trust",
)
NAMES = ("ODOO_URL", "ODOO_DATABASE", "ODOO_USERNAME", "ODOO_PASSWORD")


def made() -> dict[str, Any]:
    book = Ledger()
    book.customer(1, "Tendai [bold]Moyo", ref="AF1")
    line = book.invoice(1, 1234.5, date(2026, 11, 1), on=date(2026, 10, 1), technology={"fibre": 1234.5})
    book.reconcile(line, book.payment(1, 30_000.0, date(2026, 11, 3), currency_id=ZWG), 1000.0, date(2026, 11, 3), 27e3)
    book.frames["tickets"].append(
        {"ticket_id": 1, "number": "HT1", "commercial_partner_id": 1, "company_id": 1, "create_date": NOW}
    )
    return as_json(dashboard(book.snapshot(), 1, now=NOW))


def test_the_keys_are_the_fields_of_the_dashboard_in_their_order():
    found = made()
    assert list(found) == KEYS == [field.name for field in fields(Dashboard)]
    assert " ".join(found["invoices"][0]) == (
        "move_id number kind status date due_date amount residual days_overdue disputed technologies reference company "
        "contact"
    )


def test_arrears_tell_what_waits_for_us_and_what_is_left_to_chase():
    found = made()
    assert " ".join(found["balances"][0]) == (
        "currency_id currency balance overdue unallocated under_review net_to_chase oldest_days"
    )
    assert " ".join(found["ageing"][0]).endswith(
        "balance disputed in_payment under_review net_to_chase oldest_days open_lines"
    )


def test_promises_tell_how_they_stand():
    book = Ledger()
    book.customer(1, "Tendai Moyo")
    book.promise(1, 1_200.0, date(2026, 11, 23), made=date(2026, 11, 20))
    assert as_json(dashboard(book.snapshot(), 1, now=NOW))["promises"] == [
        {
            "promise_id": 7000,
            "day": "2026-11-23",
            "made_on": "2026-11-20",
            "amount": {"amount": "1200.00", "currency": "USD"},
            "state": "broken",
            "kept_on": None,
            "author": "",
            "contact": "",
        }
    ]


def test_money_is_text_with_its_currency_and_dates_are_iso():
    found = made()
    assert [one["balance"] for one in found["balances"]] == [
        {"amount": "234.50", "currency": "USD"},
        {"amount": "-3000.00", "currency": "ZWG"},
    ]
    assert found["as_of"] == "2026-11-24"
    assert found["tickets"][0]["created_at"] == "2026-11-24T09:30:00Z"
    assert found["tickets"][0]["closed_at"] is None
    assert found["payments"][0]["applied"][0]["entry_amount"] == {"amount": "1000.00", "currency": "USD"}
    assert found["invoices"][0]["technologies"] == ["fibre"]


def test_it_is_json_without_not_a_number():
    text = json.dumps(made(), allow_nan=False)
    assert "NaN" not in text
    assert json.loads(text)["profile"]["name"] == "Tendai [bold]Moyo"


def test_small_and_large_amounts_are_never_in_powers_of_ten():
    book = Ledger()
    book.customer(1)
    book.invoice(1, 12_345_678_901.25, date(2026, 1, 1), currency_id=USD)
    amount = as_json(dashboard(book.snapshot(), 1, now=NOW))["invoices"][0]["amount"]["amount"]
    assert amount == "12345678901.25"


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with own("19-oca") as running:
        yield running


@pytest.fixture
def connected(server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoServer:
    for name, value in zip(NAMES, (server.url, server.database, server.login, server.key), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(cli.out, "width", 220)
    return server


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, list(words))


def emails(server: DemoServer) -> list[str]:
    return [row["email"] for row in server.orm.tables["res.partner"].values() if row.get("email")]


def test_without_a_stored_copy_it_says_to_sync(connected: DemoServer):
    result = run("customer", "anybody@example.com")
    assert result.exit_code == 1
    assert "python -m odoo_client sync" in result.output


def test_a_customer_by_email_or_reference_as_tables_and_as_json(connected: DemoServer):
    assert run("sync").exit_code == 0
    partner = next(
        row for row in connected.orm.tables["res.partner"].values()
        if row.get("ref") and row.get("email") and emails(connected).count(row["email"]) == 1 and row["customer_rank"]
    )  # fmt: skip
    shown = run("customer", partner["email"].upper())
    assert shown.exit_code == 0
    sections = ("Services", "Unlimited", "Invoices", "Payments", "Arrears", "Orders")
    for word in (partner["name"], "Balance", "Paid, waiting for us", *sections):
        assert word in shown.output, word
    by_ref = run("customer", partner["ref"], "--json")
    assert by_ref.exit_code == 0
    found = json.loads(by_ref.stdout)
    assert found["profile"]["partner_id"] == partner["id"]
    assert list(found) == KEYS
    nobody = run("customer", "nobody@example.com", "--json")
    assert nobody.exit_code == 1
    assert "No customer in the stored copy has the e-mail or account reference nobody@example.com" in nobody.output
    shared = next(email for email in emails(connected) if emails(connected).count(email) > 1)
    several = run("customer", shared)
    assert several.exit_code == 1
    assert "Odoo id" in several.output
    assert "Traceback" not in several.output


@pytest.mark.usefixtures("short_demo")
def test_the_demo_reads_itself_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    result = run("customer", "AF10055", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["demo"] is True
