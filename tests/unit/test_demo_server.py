"""The demo server's life, what tests may do to it, and the records that change under a running dashboard."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
import requests

from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings, start_demo
from odoo_client.demo.business.ledger import Document, Item, Party
from odoo_client.demo.business.reconcile import refresh, settle
from odoo_client.demo.orm.profiles import PROFILE_NAMES
from odoo_client.errors import OdooAccessError, OdooUnreachableError
from odoo_client.rpc.client import OdooClient
from tests.demo_worlds import TODAY, receivable_lines, rows, started


@pytest.fixture
def server() -> Iterator[DemoServer]:
    yield from started("19-oca")


def _post(server: DemoServer, path: str, body: dict[str, Any], timeout_s: float = 5) -> requests.Response:
    headers = {"Authorization": f"bearer {server.key}"}
    return requests.post(f"{server.url}/json/2/{path}", json=body, headers=headers, timeout=timeout_s)


def _search(server: DemoServer, timeout_s: float = 5) -> requests.Response:
    return _post(server, "res.partner/search", {"domain": []}, timeout_s)


def _connect(server: DemoServer) -> OdooClient:
    return OdooClient.connect(demo_settings(Settings(), server))


@pytest.mark.usefixtures("short_demo")
def test_the_demo_s_settings_lead_the_ordinary_client_to_it() -> None:
    demo = start_demo(Settings(demo_profile="14-community"))
    try:
        settings = demo_settings(Settings(), demo)
        assert not settings.demo
        client = OdooClient.connect(settings)
        assert (client.version.major, client.uid, client.company_ids) == (14, 2, (1, 2))
        assert demo.key not in repr(settings)
    finally:
        demo.stop()


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_every_profile_is_read_by_the_client(name: str) -> None:
    with DemoServer(name, TODAY, empty=True) as demo:
        client = _connect(demo)
        assert client.edition == ("enterprise" if demo.profile.flavour == "enterprise" else "community")
        assert client.protocol == ("json2" if demo.profile.major >= 19 else "jsonrpc")
        assert client.has_model("contract.line") is (demo.profile.flavour == "oca")
        assert client.has_model("helpdesk.ticket") is (demo.profile.flavour != "community")
        assert client.has_group("account.group_account_readonly")
        assert len(client.search_read("res.users", [], ["login"])) == len(demo.orm.tables["res.users"])


def test_a_stopped_server_answers_nobody_not_even_on_open_connections(server: DemoServer) -> None:
    url = server.url
    with requests.Session() as session:
        assert session.get(f"{url}/web/version", timeout=5).status_code == 200
        server.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{url}/web/version", timeout=5)


def test_it_counts_what_it_is_asked(server: DemoServer) -> None:
    client = _connect(server)
    before = server.traffic.requests
    client.search_count("res.partner", [])
    assert server.traffic.requests == before + 1
    assert server.traffic.calls[("res.partner", "search_count")] == 1
    assert server.traffic.bytes_sent > 0
    assert server.traffic.bytes_received > 0


def test_failures_concern_the_calls_they_name_as_often_as_they_say(server: DemoServer) -> None:
    server.fail_with(502, model="res.partner", times=1)
    other = _post(server, "res.users/search", {"domain": []})
    first, second = _search(server), _search(server)
    assert (other.status_code, first.status_code, second.status_code) == (200, 502, 200)
    assert first.headers["Content-Type"].startswith("text/html")


def test_an_answer_can_be_cut_dropped_or_late(server: DemoServer) -> None:
    server.fail_with(truncate=True)
    with pytest.raises(requests.RequestException):
        _search(server)
    server.fail_with(drop=True)
    with pytest.raises(requests.ConnectionError):
        _search(server)
    server.fail_with(hang_s=30)
    with pytest.raises(requests.ReadTimeout):
        _search(server, timeout_s=0.2)
    assert _search(server).status_code == 200


def test_a_lost_answer_may_have_done_its_work(server: DemoServer) -> None:
    server.fail_with(drop=True, execute=True)
    with pytest.raises(requests.ConnectionError):
        _post(server, "res.partner/create", {"vals_list": [{"name": "Twice?"}]})
    assert len(rows(server.orm, "res.partner", name="Twice?")) == 1


def test_stopping_lets_hanging_answers_go(server: DemoServer) -> None:
    server.delay_s = 60
    thread = threading.Thread(target=lambda: _swallow(server.url))
    thread.start()
    while not server.traffic.requests:
        time.sleep(0.01)
    server.stop()
    thread.join(timeout=5)
    assert not thread.is_alive()


def _swallow(url: str) -> None:
    with suppress(requests.ConnectionError):
        requests.get(url, timeout=30)


def test_rights_and_models_can_be_taken_away(server: DemoServer) -> None:
    client = _connect(server)
    server.deny("account.payment")
    with pytest.raises(OdooAccessError):
        client.search_count("account.payment", [])
    server.allow("account.payment")
    assert client.search_count("account.payment", []) == 0
    server.remove_model("contract.line")
    # What a connection knows of fields it keeps for a while.
    assert not _connect(server).has_model("contract.line")


def test_a_clock_that_is_off_shows_in_dates(server: DemoServer) -> None:
    server.clock_skew_s = 3600
    skew_s = _connect(server).server_clock_skew_s
    assert skew_s is not None
    assert 3590 < skew_s < 3610


def test_a_server_that_is_gone_is_unreachable(server: DemoServer) -> None:
    settings = demo_settings(Settings(), server)
    server.stop()
    with pytest.raises(OdooUnreachableError):
        OdooClient.connect(settings)


# -- records that change --


def _billed(server: DemoServer, amount: float = 100.0) -> Document:
    """A customer made now with an invoice of that amount before tax."""
    partner_id = server.orm.create("res.partner", {"name": "Mbira Lodge"})
    items = [Item(product_id=1, price=amount)]
    return server.orm.ledger.invoice(Party(partner_id, partner_id), TODAY - timedelta(days=30), items)


def test_writing_moves_write_date_and_deleting_moves_nothing(server: DemoServer) -> None:
    client = _connect(server)
    before = max(row["write_date"] for row in server.orm.tables["res.partner"].values())
    client.write("res.partner", [3], {"phone": "+263 71 000 000"})
    assert client.search_ids("res.partner", [("write_date", ">", before[:19])]) == [3]
    client.call("res.partner", "unlink", ids=[client.create("res.partner", {"name": "Short"})])
    assert client.search_ids("res.partner", [("name", "=", "Short")]) == []


def test_what_is_posted_now_changes_now(server: DemoServer) -> None:
    started_at = server.orm.now()
    invoice = _billed(server)
    assert {row["write_date"] >= started_at for row in (invoice.move, *invoice.lines)} == {True}


def test_unreconciling_opens_both_sides_and_leaves_no_partial(server: DemoServer) -> None:
    """Deleting a partial reconciliation puts the residuals back; the lines and the invoice move their write_date."""
    client, db = _connect(server), server.orm
    invoice = _billed(server)
    payment = db.ledger.payment(Party(invoice.move["partner_id"], None), TODAY, invoice.move["amount_total"])
    settle(db.ledger, payment, [invoice])
    refresh(db, [line["id"] for one in (payment, invoice) for line in one.lines])
    (debit,), (credit,) = invoice.lines, payment.lines
    assert (invoice.move["payment_state"], debit["reconciled"], credit["reconciled"]) == ("paid", True, True)
    old = debit["write_date"]
    client.call("account.partial.reconcile", "unlink", ids=client.search_ids("account.partial.reconcile", []))
    assert (debit["amount_residual"], credit["amount_residual"]) == (115.0, -115.0)
    assert not debit["reconciled"]
    assert debit["write_date"] > old
    assert (invoice.move["payment_state"], invoice.move["amount_residual"]) == ("not_paid", 115.0)


@pytest.mark.parametrize("name", ["14-oca", "16-enterprise", "19-oca"])
def test_a_posted_payment_is_loose_until_it_is_assigned(name: str) -> None:
    """The way of a payment proof: create a draft, post it, assign its receivable line to the invoice."""
    with DemoServer(name, TODAY, empty=True) as server:
        client, db = _connect(server), server.orm
        invoice = _billed(server)
        values = {
            "payment_type": "inbound", "partner_type": "customer", "partner_id": invoice.move["partner_id"],
            "amount": 115.0, "currency_id": 2, "date": TODAY.isoformat(), "journal_id": 12,
        }  # fmt: skip
        payment_id = client.create("account.payment", values)

        def state() -> str:
            return str(client.search_read("account.payment", [("id", "=", payment_id)], ["state"])[0]["state"])

        assert state() == "draft"
        client.call("account.payment", "action_post", ids=[payment_id])
        assert state() == ("in_process" if db.profile.major >= 18 else "posted")
        (credit,) = [line for line in receivable_lines(db) if line["payment_id"] == payment_id]
        assert (credit["amount_residual"], invoice.move["payment_state"]) == (-115.0, "not_paid")
        client.call("account.move", "js_assign_outstanding_line", ids=[invoice.move["id"]], line_id=credit["id"])
        expected = "in_payment" if db.profile.flavour == "enterprise" else "paid"
        assert (invoice.move["payment_state"], invoice.move["amount_residual"]) == (expected, 0)
        assert db.tables["account.payment"][payment_id]["is_reconciled"]
