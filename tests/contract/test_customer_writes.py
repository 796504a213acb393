"""Corrections of customers on real servers, looked at by SQL: only what changed, and never over another's change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from odoo_client.actions.customers import CustomerChange, update_customer
from odoo_client.actions.outbox.entry import Author, Entry
from odoo_client.errors import UnknownOutcomeError
from odoo_client.live.customers import FIELDS, partner_fields
from odoo_client.rpc.client import OdooClient
from tests.contract.writers import Desk, author, desk_of
from tests.real_odoo.server import RealOdoo
from tests.real_odoo.staff import USER, Member, api_keys

pytestmark = pytest.mark.odoo
#: Writing to 19 by JSON-RPC too is what the payment proofs do.
PLACES = {
    "full19-json2": ("odoo19", "json2"),
    "full14-jsonrpc": ("odoo14", "auto"),
}
KEEPER = Member("keeper@staff.example", (USER, "base.group_partner_manager"), frozenset({"sales"}))
READER = Member("reader@staff.example", (USER, "account.group_account_readonly"), frozenset({"finance"}))
PEOPLE = (KEEPER, READER)
ADDRESS = {"street": "1 Baines Ave", "street2": "Flat 2", "city": "Harare", "zip": "00263"}


class KeyDesk(Desk):
    """A desk whose people use API keys, so that JSON-2 is spoken."""

    keys: dict[str, str]

    def client(self, who: Author, kind: str = "") -> OdooClient:
        own = {"odoo_username": who.login, "odoo_password": SecretStr(self.keys[who.login]), "odoo_protocol": "json2"}
        return self.wrap(OdooClient.connect(self.settings.model_copy(update=own)))


@pytest.fixture(scope="module", params=PLACES, ids=str)
def place(request: pytest.FixtureRequest) -> Iterator[tuple[RealOdoo, dict[str, str]]]:
    """A server of the test's own with two people, and API keys where the protocol needs them."""
    fixture, protocol = PLACES[request.param]
    server: RealOdoo = request.getfixturevalue(fixture)
    with server.copy() as copy:
        for member in PEOPLE:
            user(copy, member.login, *member.groups, password=member.password)
        yield copy, (api_keys(copy, PEOPLE) if protocol == "json2" else {})


@pytest.fixture
def desk(place: tuple[RealOdoo, dict[str, str]], tmp_path: Path) -> Desk:
    server, own_keys = place
    found = desk_of(server, tmp_path)
    if own_keys:
        found = KeyDesk(found.server, found.settings, found.folder)
        found.keys = own_keys
        assert found.client(author(KEEPER)).protocol == "json2"
    return found


def user(server: RealOdoo, login: str, *groups: str, password: str = "", **more: Any) -> int:
    """Make a user with these groups in this (thrown away) copy."""
    ids = [server.call("ir.model.data", "search_read", [("module", "=", module), ("name", "=", name)], ["res_id"])
           for module, _, name in (group.partition(".") for group in groups)]  # fmt: skip
    field = "group_ids" if server.major >= 19 else "groups_id"
    values = {"name": login.partition("@")[0].title(), "login": login, "password": password or f"pw-{login}"}
    values |= {field: [(6, 0, [found[0]["res_id"] for found in ids])], "email": login} | more
    return int(server.call("res.users", "create", values, context={"no_reset_password": True}))


def customer(server: RealOdoo, **values: Any) -> int:
    made = {"name": "Rudo Ncube", "email": "rudo@old.example", "phone": "0772 123 456", **ADDRESS, **values}
    return int(server.call("res.partner", "create", made))


def row(server: RealOdoo, partner_id: int) -> dict[str, Any]:
    """The customer's row in Odoo's own table, and the login that wrote it last."""
    names = [name for name in FIELDS if name != "mobile" or server.major < 19]
    values = server.sql(
        f"select {', '.join(f'p.{name}' for name in names)}, u.login from res_partner p "
        "join res_users u on u.id = p.write_uid where p.id = %s",
        [partner_id],
    )[0]
    return dict(zip([*names, "by"], values, strict=True))


def mails(server: RealOdoo) -> tuple[Any, ...]:
    """How many e-mails Odoo has ever made (those sent and deleted too), and how many notifications by e-mail."""
    table = "mail_notification" if server.major >= 16 else "mail_message_res_partner_needaction_rel"
    return server.sql(
        "select (select last_value from mail_mail_id_seq), "
        f"(select count(*) from {table} where notification_type = 'email')"
    )[0]


def change(desk: Desk, partner_id: int, **values: str) -> CustomerChange:
    """A change of what Odoo has now, as the form makes it."""
    with desk.client(author(KEEPER)) as client:
        seen = partner_fields(client, partner_id).values
    return CustomerChange(partner_id, **{**seen, **values}, seen=seen, label="Rudo Ncube")


def sent(desk: Desk, made: CustomerChange, who: Author | None = None) -> Entry:
    return desk.sent(update_customer(desk.office, who or author(KEEPER), made))


def test_a_correction_writes_what_changed_and_nothing_else(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    before = row(server, partner_id)
    entry = sent(desk, change(desk, partner_id, email="rudo@new.example", phone="+263 77 212 3456", city="Bulawayo"))
    assert (entry.state, entry.reason) == ("done", "")
    assert (entry.record.model, entry.record.record_id, entry.record.label) == ("res.partner", partner_id, "Rudo Ncube")
    wanted = {"email": "rudo@new.example", "phone": "+263 77 212 3456", "city": "Bulawayo", "by": KEEPER.login}
    assert row(server, partner_id) == before | wanted
    assert desk.touched == [("base",)]
    last = desk.audit.read().iloc[0]
    assert (last["event"], last["login"], last["outcome"]) == ("write", KEEPER.login, "done")


def test_a_field_is_emptied_and_the_name_is_changed(desk: Desk) -> None:
    partner_id = customer(desk.server)
    assert sent(desk, change(desk, partner_id, name="Rudo Moyo", phone="", street2="")).state == "done"
    found = row(desk.server, partner_id)
    assert (found["name"], found["phone"], found["street2"]) == ("Rudo Moyo", None, None)


def test_the_form_has_the_fields_of_this_odoo(desk: Desk) -> None:
    partner_id = customer(desk.server)
    with desk.client(author(READER)) as client:
        found = partner_fields(client, partner_id)
    assert ("mobile" in found.values) == (desk.server.major < 19)
    assert found.values["zip"] == "00263"
    assert found.write_date[:2] == "20"


def test_a_mobile_is_corrected_where_there_is_one(desk: Desk) -> None:
    partner_id = customer(desk.server)
    made = replace(change(desk, partner_id), mobile="+263 71 999 8887")
    entry = sent(desk, made)
    if desk.server.major < 19:
        assert entry.state == "done"
        assert row(desk.server, partner_id)["mobile"] == "+263 71 999 8887"
    else:
        assert entry.state == "failed"
        assert "no field for the mobile" in entry.reason


def test_what_somebody_changed_meanwhile_is_never_written_over(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    made = change(desk, partner_id, email="rudo@new.example", city="Bulawayo")
    server.call("res.partner", "write", [partner_id], {"email": "rudo@other.example"})
    before = row(server, partner_id)
    entry = sent(desk, made)
    assert entry.state == "failed"
    assert "Rudo Ncube was changed in Odoo since you read it, the e-mail to rudo@other.example" in entry.reason
    assert row(server, partner_id) == before
    assert desk.touched == []
    # Read again, the same correction is one of the present values.
    assert sent(desk, change(desk, partner_id, email="rudo@new.example")).state == "done"
    assert row(server, partner_id)["email"] == "rudo@new.example"


def test_another_field_may_change_meanwhile_and_stays(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    made = change(desk, partner_id, email="rudo@new.example", city="Bulawayo")
    server.call("res.partner", "write", [partner_id], {"zip": "99999", "city": "Bulawayo"})
    assert sent(desk, made).state == "done"
    found = row(server, partner_id)
    assert (found["email"], found["zip"], found["city"]) == ("rudo@new.example", "99999", "Bulawayo")


def test_without_the_right_the_reason_is_plain_and_the_entry_stays(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    before = row(server, partner_id)
    entry = sent(desk, change(desk, partner_id, email="rudo@new.example"), author(READER))
    assert entry.state == "failed"
    assert entry.reason == (
        "Your Odoo account may not change customers: an administrator gives it Contact Creation "
        "(base.group_partner_manager) in Odoo."
    )
    assert row(server, partner_id) == before
    # Given the right, the very entry is sent again.
    reader = server.call("res.users", "search", [("login", "=", READER.login)])
    group = server.sql("select res_id from ir_model_data where module = 'base' and name = 'group_partner_manager'")
    field = "group_ids" if server.major >= 19 else "groups_id"
    server.call("res.users", "write", reader, {field: [(4, group[0][0])]})
    try:
        assert desk.sent(desk.outbox.retry(entry.token, READER.login)).state == "done"
        assert row(server, partner_id)["email"] == "rudo@new.example"
    finally:
        server.call("res.users", "write", reader, {field: [(3, group[0][0])]})


def test_a_colleague_s_own_record_needs_more_and_that_is_said(desk: Desk) -> None:
    server = desk.server
    uid = user(server, f"colleague-{desk.folder.name}@staff.example", USER)
    partner_id = server.call("res.users", "read", [uid], ["partner_id"])[0]["partner_id"][0]
    entry = sent(desk, change(desk, partner_id, phone="+263 77 212 3456"))
    assert entry.state == "failed"
    assert "also an internal user of Odoo" in entry.reason
    assert row(server, partner_id)["phone"] is None


def test_no_mail_goes_out_even_to_a_customer_with_a_portal_account_who_follows(desk: Desk) -> None:
    server = desk.server
    login = f"portal-{desk.folder.name}@customer.example"
    uid = user(server, login, "base.group_portal")
    partner_id = server.call("res.users", "read", [uid], ["partner_id"])[0]["partner_id"][0]
    server.call("res.partner", "message_subscribe", [partner_id], partner_ids=[partner_id])
    before = mails(server)
    assert sent(desk, change(desk, partner_id, email="new@customer.example", name="New Name")).state == "done"
    behalf = replace(author(KEEPER), on_behalf=True)
    assert sent(desk, change(desk, partner_id, phone="0772123456"), behalf).state == "done"
    assert mails(server) == before
    # What is counted would have shown it: a public message does go to this follower by e-mail.
    server.call("res.partner", "message_post", [partner_id], body="Hello", subtype_xmlid="mail.mt_comment")
    assert mails(server) != before
    assert server.sql("select login from res_users where id = %s", [uid])[0][0] == login


def test_what_is_written_on_behalf_is_noted_on_the_record(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    who = Author(KEEPER.login, "Kee <b>Per</b>", on_behalf=True)
    entry = sent(desk, change(desk, partner_id, email="rudo@new.example"), who)
    assert entry.state == "done"
    notes = server.sql(
        "select m.body, s.internal from mail_message m join mail_message_subtype s on s.id = m.subtype_id "
        "where m.model = 'res.partner' and m.res_id = %s and m.body like %s",
        [partner_id, f"%{entry.token}%"],
    )
    assert len(notes) == 1
    body, internal = notes[0]
    assert internal
    assert "Corrected: e-mail." in body
    assert f"on behalf of Kee &lt;b&gt;Per&lt;/b&gt; ({KEEPER.login})" in body


def test_after_a_lost_answer_it_is_looked_up_and_not_written_again(desk: Desk) -> None:
    server = desk.server
    partner_id = customer(server)
    made = change(desk, partner_id, email="rudo@new.example")
    calls: list[str] = []

    def losing(client: OdooClient) -> OdooClient:
        write = client.write

        def lost(model: str, ids: Any, vals: Any, **more: Any) -> None:
            write(model, ids, vals, **more)
            calls.append(model)
            raise UnknownOutcomeError("The answer was lost.")

        client.write = lost  # type: ignore[method-assign]
        return client

    desk.wrap = losing
    entry = sent(desk, made)
    assert entry.state == "unknown"
    desk.outbox.change(entry.token, "unknown", next_s=0.0)
    assert desk.sent(entry).state == "done"
    assert calls == ["res.partner"]
    assert row(server, partner_id)["email"] == "rudo@new.example"


def test_a_customer_deleted_meanwhile_is_said(desk: Desk) -> None:
    partner_id = customer(desk.server)
    made = change(desk, partner_id, email="rudo@new.example")
    desk.server.call("res.partner", "unlink", [partner_id])
    entry = sent(desk, made)
    assert entry.state == "failed"
    assert "Rudo Ncube is no longer in Odoo" in entry.reason


def test_the_address_of_a_company_is_handed_on_to_its_contacts_by_odoo_itself(desk: Desk) -> None:
    server = desk.server
    company = customer(server, name="Holdings", is_company=True)
    contact = customer(server, name="Clerk", parent_id=company, email="clerk@holdings.example", street=False)
    assert sent(desk, change(desk, company, street="9 Samora Machel Ave")).state == "done"
    assert row(server, contact)["street"] == "9 Samora Machel Ave"
    assert row(server, contact)["email"] == "clerk@holdings.example"
