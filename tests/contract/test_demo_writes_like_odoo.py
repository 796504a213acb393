"""What actions write has the same effects on a real Odoo as on the demo that plays it: one set of tests, both asked."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest

from odoo_client.errors import MissingRecordError, OdooAccessError, OdooServerError, OdooUserError
from odoo_client.live.html_to_text import text_of
from odoo_client.rpc.client import OdooClient
from tests.contract.test_demo_is_like_odoo import PAIRS, World, demo_world, real_world
from tests.demo_worlds import own

pytestmark = pytest.mark.odoo

WRITING = ("19-json2", "19-jsonrpc", "14-jsonrpc")
FILE = base64.b64encode(b"%PDF-1.4 invented").decode()
TODO = "mail.mail_activity_data_todo"
USD = [["currency_id.name", "=", "USD"], ["company_id", "=", 1]]


@pytest.fixture(scope="module", params=[f"{kind} {pair}" for pair in WRITING for kind in ("real", "demo")])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A server of its own for these tests, which change it."""
    kind, pair = request.param.split()
    fixture, profile, protocol = PAIRS[pair]
    with ExitStack() as stack:
        if kind == "demo":
            yield demo_world(stack.enter_context(own(profile)), protocol)
        else:
            yield real_world(stack.enter_context(request.getfixturevalue(fixture).copy()), protocol)


@pytest.fixture
def client(world: World) -> OdooClient:
    return world.client()


def read(client: OdooClient, model: str, key: int, *names: str) -> dict[str, Any]:
    (found,) = client.call(model, "read", ids=[key], fields=list(names), load="")
    return {name: found[name] for name in names}


def open_invoices(client: OdooClient, count: int) -> list[dict[str, Any]]:
    """Invoices that nobody has paid on, with one receivable line each."""
    domain = [["move_type", "=", "out_invoice"], ["payment_state", "=", "not_paid"], ["state", "=", "posted"]]
    fields = ["partner_id", "amount_residual", "currency_id", "name"]
    rows = client.search_read("account.move", [*domain, *USD, ["amount_residual", ">", 5]], fields, order="id desc")
    found = []
    for row in rows:
        mine = [["move_id", "=", row["id"]], ["date_maturity", "!=", False], ["reconciled", "=", False]]
        lines = client.search_read("account.move.line", mine, ["account_id"])
        if len(lines) == 1:
            found.append({**row, "account_id": lines[0]["account_id"]})
    usual = {row["account_id"]: 0 for row in found}
    for row in found:
        usual[row["account_id"]] += 1
    most = max(usual, key=lambda key: usual[key])
    return [row for row in found if row["account_id"] == most][:count]


def draft(client: OdooClient, invoice: dict[str, Any], amount: float, **more: Any) -> int:
    modern = client.version.major >= 18
    main = [["type", "=", "bank"], ["company_id", "=", 1], ["currency_id", "=", False]]
    bank = client.search_ids("account.journal", main)
    values = {
        "payment_type": "inbound", "partner_type": "customer", "partner_id": invoice["partner_id"], "amount": amount,
        "currency_id": invoice["currency_id"], "date": (date.today() - timedelta(days=1)).isoformat(),  # noqa: DTZ011
        "journal_id": bank[0], "memo" if modern else "ref": f"{invoice['name']} REF",
    }  # fmt: skip
    if modern:
        values["invoice_ids"] = [[6, 0, [invoice["id"]]]]
        values["attachment_ids"] = [[0, 0, {"name": "p.pdf", "datas": FILE, "res_model": "account.payment"}]]
    return client.create("account.payment", values | more)


def line_of(client: OdooClient, payment: int) -> int:
    (line,) = client.search_ids("account.move.line", [["payment_id", "=", payment], ["credit", ">", 0]])
    return line


def act(client: OdooClient, method: str, payment: int) -> None:
    assert client.call("account.payment", method, ids=[payment]) is None


def assign(client: OdooClient, invoice: dict[str, Any], line: int) -> Any:
    return client.call("account.move", "js_assign_outstanding_line", ids=[invoice["id"]], line_id=line)


def state(client: OdooClient, payment: int) -> str:
    return str(read(client, "account.payment", payment, "state")["state"])


def test_a_payment_s_way(client: OdooClient) -> None:
    modern = client.version.major >= 18
    invoice, other, third = open_invoices(client, 3)
    payment = draft(client, invoice, invoice["amount_residual"] + 10)
    memo = "memo" if modern else "ref"
    first = read(client, "account.payment", payment, "state", "create_uid", "move_id", memo, "is_reconciled")
    move = first.pop("move_id")
    assert first == {"state": "draft", "create_uid": client.uid, memo: f"{invoice['name']} REF", "is_reconciled": False}
    assert bool(move) is not modern
    if modern:
        (file,) = client.search_read(
            "ir.attachment", [["res_model", "=", "account.payment"], ["res_id", "=", payment]],
            ["name", "mimetype", "checksum", "file_size", "type", "create_uid", "company_id"],
        )  # fmt: skip
        content = base64.b64decode(FILE)
        assert file.pop("id")
        assert file == {
            "name": "p.pdf", "mimetype": "application/pdf", "file_size": len(content), "type": "binary",
            "checksum": hashlib.sha1(content, usedforsecurity=False).hexdigest(), "create_uid": client.uid,
            "company_id": 1,
        }  # fmt: skip
    act(client, "action_post", payment)
    act(client, "action_post", payment)
    assert state(client, payment) == ("in_process" if modern else "posted")
    line = line_of(client, payment)
    answer = assign(client, invoice, line)
    assert (answer is None) is modern
    paid = read(client, "account.move", invoice["id"], "payment_state", "amount_residual")
    assert paid == {"payment_state": "paid", "amount_residual": 0.0}
    left = read(client, "account.move.line", line, "amount_residual", "reconciled", "full_reconcile_id")
    assert left == {"amount_residual": -10.0, "reconciled": False, "full_reconcile_id": False}
    assert state(client, payment) == ("paid" if modern else "posted")
    assert assign(client, invoice, line) is None or not modern, "with nothing left open nothing happens"
    assign(client, other, line)
    part = read(client, "account.move", other["id"], "payment_state")["payment_state"]
    assert part == ("partial" if other["amount_residual"] > 10 else "paid")
    assert read(client, "account.payment", payment, "is_reconciled")["is_reconciled"]
    if part == "partial" and modern:
        assert state(client, payment) == "in_process"
    if part == "partial" and modern:
        assert assign(client, other, line) is None, "19 passes over what is closed in a group that is still open"
    else:
        with pytest.raises(OdooUserError, match="already reconciled"):
            assign(client, other, line)
    with pytest.raises(OdooUserError, match="already reconciled"):
        assign(client, third, line)
    act(client, "action_draft", payment)
    assert state(client, payment) == "draft"
    still = read(client, "account.move", invoice["id"], "payment_state")["payment_state"]
    assert still == ("paid" if client.version.major >= 19 else "not_paid")
    act(client, "action_cancel", payment)
    assert state(client, payment) == ("canceled" if modern else "cancel")
    assert read(client, "account.move", invoice["id"], "payment_state")["payment_state"] == "not_paid"
    assert bool(read(client, "account.payment", payment, "move_id")["move_id"]) is not modern


def test_a_rejected_draft(client: OdooClient) -> None:
    (invoice,) = open_invoices(client, 1)
    payment = draft(client, invoice, 3.0)
    act(client, "action_cancel", payment)
    act(client, "action_cancel", payment)
    assert state(client, payment) == ("canceled" if client.version.major >= 18 else "cancel")
    act(client, "action_draft", payment)
    assert state(client, payment) == "draft"


def test_mistakes(client: OdooClient) -> None:
    (invoice,) = open_invoices(client, 1)
    new = client.version.major >= 19
    before = client.search_count("account.payment", [])
    files = client.search_count("ir.attachment", [["res_model", "=", "account.payment"]])
    unknown = f"Invalid field 'nope' {'in' if new else 'on model'} 'account.payment'"
    for kind, words, values in (
        (OdooServerError, unknown, {"nope": 1}),
        (OdooServerError, "Wrong value for account.payment.payment_type: 'zz'", {"payment_type": "zz"}),
        (OdooUserError, "negative", {"amount": -1.0}),
        (OdooUserError, "partner_id", {"partner_id": 99_999_999}),
        (MissingRecordError if new else OdooUserError, "", {"journal_id": 99_999_999}),
    ):
        with pytest.raises(kind) as caught:
            draft(client, invoice, values.pop("amount", 3.0), **values)
        assert words in caught.value.remote_message
    payment = draft(client, invoice, 3.0)
    with pytest.raises(OdooServerError) as written:
        client.write("account.payment", [payment], {"nope": 1})
    assert written.value.remote_message == unknown
    assert client.search_count("account.payment", []) == before + 1
    found = client.search_count("ir.attachment", [["res_model", "=", "account.payment"]])
    assert found == files + (client.version.major >= 18)


def test_messages(client: OdooClient) -> None:
    (invoice,) = open_invoices(client, 1)
    payment = draft(client, invoice, 3.0)
    kinds = {row["name"]: row["id"] for row in client.search_read("mail.message.subtype", [], ["name"])}
    for subtype, name in (("mail.mt_note", "Note"), ("mail.mt_comment", "Discussions")):
        answer = client.call(
            "account.payment", "message_post", ids=[payment], body="1 < 2 <b>bold</b>", message_type="comment",
            subtype_xmlid=subtype,
        )  # fmt: skip
        assert isinstance(answer, list) is (client.version.major >= 19)
        key = answer[0] if isinstance(answer, list) else answer
        names = ("subtype_id", "message_type", "is_internal", "model", "res_id", "create_uid")
        found = read(client, "mail.message", key, *names)
        assert found == {
            "subtype_id": kinds[name], "message_type": "comment", "is_internal": False, "model": "account.payment",
            "res_id": payment, "create_uid": client.uid,
        }  # fmt: skip
        body = read(client, "mail.message", key, "body")["body"]
        assert text_of(body) == ("1 < 2 <b>bold</b>" if client.version.major >= 17 else "1 < 2 bold")


def test_tickets(client: OdooClient) -> None:
    new = client.version.major >= 19
    team = client.search_read("helpdesk.ticket.team", [], ["user_ids", "company_id"])[0]
    stages = client.search_read("helpdesk.ticket.stage", [], ["closed", "sequence"])
    first = min(stages, key=lambda row: row["sequence"])["id"]
    closing = next(row["id"] for row in stages if row["closed"])
    values = {"name": "No light", "description": "<p>LOS</p>", "priority": "2", "team_id": team["id"]}
    ticket = client.create("helpdesk.ticket", values)
    names = ("stage_id", "user_id", "closed_date", "assigned_date", "company_id", "priority")
    found = read(client, "helpdesk.ticket", ticket, *names)
    assert found == {
        "stage_id": first, "user_id": client.uid if new else False, "closed_date": False, "assigned_date": False,
        "company_id": team["company_id"], "priority": "2",
    }  # fmt: skip
    assert read(client, "helpdesk.ticket", ticket, "number")["number"].startswith("HT")
    client.write("helpdesk.ticket", [ticket], {"user_id": team["user_ids"][0], "stage_id": closing})
    closed = read(client, "helpdesk.ticket", ticket, "closed_date", "assigned_date", "last_stage_update")
    assert all(closed.values())
    client.write("helpdesk.ticket", [ticket], {"stage_id": first, "user_id": False})
    again = read(client, "helpdesk.ticket", ticket, "closed_date", "assigned_date", "user_id")
    assert again == {"closed_date": closed["closed_date"], "assigned_date": closed["assigned_date"], "user_id": False}
    for values, kind in (
        ({"name": "x"}, OdooUserError),
        ({"description": "x"}, OdooUserError),
        ({"name": "x", "description": "x", "priority": "9"}, OdooServerError),
    ):
        with pytest.raises(kind):
            client.create("helpdesk.ticket", values)
    with pytest.raises(MissingRecordError):
        client.write("helpdesk.ticket", [ticket], {"stage_id": 99_999})


def test_tasks(client: OdooClient) -> None:
    many = client.version.major >= 15
    people, mine, nobody = ("user_ids", [client.uid], [[6, 0, []]]) if many else ("user_id", client.uid, False)
    project = client.search_ids("project.project", [])[0]
    task = client.create("project.task", {"name": "Dish", "project_id": project})
    assert read(client, "project.task", task, people, "date_assign", "date_end") == {
        people: mine, "date_assign": False, "date_end": False,
    }  # fmt: skip
    own = client.search_read("project.task.type", [["project_ids", "in", [project]]], ["fold", "sequence"])
    start = read(client, "project.task", task, "stage_id")["stage_id"]
    assert start == min(own, key=lambda row: (row["sequence"], row["id"]))["id"]
    folded = next(row["id"] for row in own if row["fold"])
    client.write("project.task", [task], {"stage_id": folded, people: nobody})
    ended = read(client, "project.task", task, "date_end", people)
    assert ended.pop("date_end")
    assert not ended[people]
    client.write("project.task", [task], {"stage_id": start})
    assert read(client, "project.task", task, "date_end") == {"date_end": False}
    if client.version.major >= 17:
        client.write("project.task", [task], {"state": "1_done"})
        assert read(client, "project.task", task, "date_end", "is_closed") == {"date_end": False, "is_closed": True}
        assert read(client, "project.task", task, "date_last_stage_update")["date_last_stage_update"]
        client.write("project.task", [task], {"stage_id": start})
        assert read(client, "project.task", task, "state") == {"state": "1_done"}
        client.write("project.task", [task], {"state": "03_approved"})
        client.write("project.task", [task], {"stage_id": folded})
        assert read(client, "project.task", task, "state") == {"state": "01_in_progress"}
        client.write("project.task", [task], {"stage_id": start, "state": "03_approved"})
        assert read(client, "project.task", task, "state") == {"state": "03_approved"}


def test_activities(client: OdooClient) -> None:
    new = client.version.major >= 19
    partner = client.create("res.partner", {"name": "Promise Keepers"})
    domain = [["res_model", "=", "res.partner"], ["res_id", "=", partner]]
    day = (date.today() + timedelta(days=3)).isoformat()  # noqa: DTZ011
    answer = client.call(
        "res.partner", "activity_schedule", ids=[partner], act_type_xmlid="mail.mail_activity_data_call",
        date_deadline=day, summary="Promise to pay USD 120.00", note="<p>Said so</p>", user_id=client.uid,
    )  # fmt: skip
    (key,) = client.search_ids("mail.activity", domain)
    assert answer == ([key] if new else f"mail.activity({key},)")
    found = read(client, "mail.activity", key, "summary", "note", "date_deadline", "user_id", "create_uid", "res_name")
    assert found == {
        "summary": "Promise to pay USD 120.00", "note": "<p>Said so</p>", "date_deadline": day, "user_id": client.uid,
        "create_uid": client.uid, "res_name": "Promise Keepers",
    }  # fmt: skip
    message = client.call("mail.activity", "action_feedback", ids=[key], feedback="Paid <all>")
    body = " ".join(text_of(read(client, "mail.message", message, "body")["body"]).split())
    both = ("Said so", "Paid <all>")
    order = ("Call done", "Promise to pay USD 120.00", *(both if new else both[::-1]))
    places = [body.find(part) for part in order]
    assert -1 not in places
    assert places == sorted(places)
    assert client.search_ids("mail.activity", domain) == ([key] if new else []), "19 archives, before: deleted"
    client.call("res.partner", "activity_schedule", ids=[partner], act_type_xmlid=TODO)
    (todo,) = client.search_read("mail.activity", [*domain, ["id", "!=", key]], ["user_id", "date_deadline"])
    assert todo["user_id"] == (False if new else client.uid)
    client.call("mail.activity", "unlink", ids=[todo["id"]])


def test_a_customer_s_data(client: OdooClient) -> None:
    partner = client.create("res.partner", {"name": "Mbira Lodge"})
    contact = client.create("res.partner", {"name": "Accounts", "parent_id": partner})
    client.write("res.partner", [partner], {"name": "Mbira (Pvt) Ltd", "phone": "1", "street": "s", "zip": "z"})
    assert read(client, "res.partner", partner, "name", "phone") == {"name": "Mbira (Pvt) Ltd", "phone": "1"}
    assert read(client, "res.partner", contact, "display_name")["display_name"] == "Mbira (Pvt) Ltd, Accounts"
    with pytest.raises(OdooUserError, match="name"):
        client.write("res.partner", [partner], {"name": False})
    if client.version.major >= 19:
        with pytest.raises(OdooServerError):
            client.write("res.partner", [partner], {"mobile": "1"})


def test_a_sales_person_may_not(world: World, client: OdooClient) -> None:
    own = OdooClient.connect(world.limited)
    partner = client.create("res.partner", {"name": "Not theirs"})
    for model, operation in (
        ("account.payment", "create"), ("res.partner", "write"), ("helpdesk.ticket", "create"),
        ("account.move", "write"), ("res.partner", "create"),
    ):  # fmt: skip
        assert client.may(model, operation), model
        assert not own.may(model, operation), model
    for model in ("ir.attachment", "mail.message", "mail.activity"):
        assert own.may(model, "create")
    assert own.may("project.task", "create") is (client.version.major >= 17)
    for refused in (
        lambda: own.create("account.payment", {"amount": 5.0}),
        lambda: own.write("res.partner", [partner], {"phone": "1"}),
        lambda: own.call("res.partner", "message_post", ids=[partner], body="x"),
        lambda: own.call("res.partner", "activity_schedule", ids=[partner], act_type_xmlid=TODO),
        lambda: own.create(
            "ir.attachment", {"name": "x", "datas": FILE, "res_model": "res.partner", "res_id": partner}
        ),
    ):
        with pytest.raises(OdooAccessError):
            refused()
    assert client.search_ids("ir.attachment", [["res_model", "=", "res.partner"], ["res_id", "=", partner]]) == []
