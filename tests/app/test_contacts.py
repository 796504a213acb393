"""The Contacts page: findings equal their tiles, duplicates side by side, corrections, portal links, and the rights."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.portal_links import link_customer, link_history, links
from odoo_client.errors import MissingRecordError, OdooUnreachableError
from odoo_client.live.customers import PartnerFields
from odoo_client.people.access import Person
from odoo_client.store.snapshot import Snapshot
from pages.ui import live
from tests.app.conftest import ADMINISTRATOR, Stage, ago, alerts, read_now, real, table, tiles
from tests.builders import ZWG, Ledger, empty_frames

PAGE = "contacts.py"
FINANCE = Person("fin@staff.example", "Fin", 11, frozenset({"finance"}), frozenset({1, 2}))
SECOND = Person("other@staff.example", "Other", 13, frozenset({"finance"}), frozenset({2}))


def people() -> Ledger:
    """Nine customers: 1 and 2 share e-mail and phone, 1 and 6 a name, 3 has neither, 4 malformed, 5 archived and owing.

    7 is archived and owes nothing; 8 is a company whose contact 9 has an e-mail; 10 belongs to the second company.
    """
    book = Ledger()
    for partner_id, name, email, phone, more in (
        (1, "Tendai Moyo", "T.Moyo@example.com", "0772 123 456", {"ref": "AF1", "city": "Harare"}),
        (2, "Rudo <b>Ncube</b>", "t.moyo@EXAMPLE.com", "+263 77 212 3456", {"ref": "AF2"}),
        (3, "=1+1 Trading", "", "", {}),
        (4, "Chipo 🌍 Dube", "chipo at example", "1234", {"city": "Mutare"}),
        (5, "شركة النور", "five@example.com", "0771 000 005", {"active": False}),
        (6, "tendai  MOYO", "six@example.com", "0771 000 006", {}),
        (7, "Gone", "", "", {"active": False}),
        (8, "Holdings", "info@holdings.example", "0771 000 008", {"is_company": True}),
        (9, "Clerk", "clerk@holdings.example", "", {"commercial_partner_id": 8, "parent_id": 8, "customer_rank": 0}),
        (10, "Second's Own", "ten@example.com", "0771 000 010", {"company_id": 2}),
    ):
        book.customer(partner_id, name, **({"email": email, "phone": phone, "customer_rank": 1} | more))
    book.invoice(5, 15.0, ago(200), on=ago(214))
    book.invoice(5, 900.0, ago(100), on=ago(114), currency_id=ZWG)
    book.invoice(1, 40.0, ago(5), on=ago(19))
    return book


ODOO = {
    "name": "Tendai Moyo",
    "email": "T.Moyo@example.com",
    "phone": "0772 123 456",
    "street": "1 Baines Ave",
    "street2": "",
    "city": "Harare",
    "zip": "00263",
}


class Standing:
    """Stands in for Odoo: what the form reads, and what is written into it."""

    def __init__(self) -> None:
        self.values: dict[str, str] = dict(ODOO)
        self.reads: list[int] = []
        self.error: Exception | None = None

    def fields(self, client: Any, partner_id: int) -> PartnerFields:
        self.reads.append(partner_id)
        if self.error is not None:
            raise self.error
        return PartnerFields(partner_id, dict(self.values), "2026-11-01 10:00:00")


@pytest.fixture
def odoo(live_patch: pytest.MonkeyPatch) -> Standing:
    found = Standing()
    live_patch.setattr(live.live_customers, "partner_fields", found.fields)
    live_patch.setattr(live.access, "client", lambda settings: None)
    return found


@pytest.fixture
def office(stage: Stage, live_patch: pytest.MonkeyPatch, odoo: Standing) -> Office:
    """The office of a stage with the books of `people()`."""
    # Rights are read from Odoo before each write; here the session's own count.
    sessions = stage.doors.sessions
    live_patch.setattr(sessions, "refresh", lambda token, browser: sessions.find(token, browser=browser))
    stage.show(read_now(people))
    return stage.backend.office


def visit(stage: Stage, **query: Any) -> AppTest:
    """The page as the address `query` opens it."""
    opened = stage.open(PAGE, **query)
    assert not opened.exception
    return opened


def text(opened: AppTest) -> str:
    found = [str(one.value) for one in (*opened.markdown, *opened.caption, *opened.subheader)]
    return "\n".join(found).replace("\\", "")


def said(opened: AppTest) -> str:
    """Everything the page says in boxes, letter for letter."""
    return "\n".join([alerts(opened), *(one.value for one in opened.success)]).replace("\\", "")


def found(opened: AppTest) -> list[tuple[str, str]]:
    rows = table(opened, "kind")
    return sorted(zip(rows["kind"], rows["name"], strict=True))


def press(opened: AppTest, key: str) -> AppTest:
    opened.button(key=key).click().run()
    assert not opened.exception
    return opened


def saved(opened: AppTest, label: str = "Save in Odoo") -> AppTest:
    next(one for one in opened.button if one.label == label).click().run()
    assert not opened.exception
    return opened


def field(opened: AppTest, label: str) -> Any:
    return next(one for one in opened.text_input if one.label == label)


def test_every_tile_equals_the_findings_it_opens(stage: Stage, office: Office) -> None:
    opened = visit(stage)
    shown = tiles(opened)
    assert {name: shown[name] for name in ("To put right", "E-mail", "Phone", "Duplicates", "Archived with debt")} == {
        "To put right": ["6"], "E-mail": ["2"], "Phone": ["2"], "Duplicates": ["3"], "Archived with debt": ["1"],
    }  # fmt: skip
    assert len(table(opened, "kind")) == 11
    for label, customers in (("E-mail", 2), ("Phone", 2), ("Duplicates", 3), ("Archived with debt", 1)):
        assert table(press(visit(stage), f"open_{label}"), "kind")["name"].nunique() == customers


def test_a_finding_shows_what_is_there_and_what_is_owed(stage: Stage, office: Office) -> None:
    rows = table(visit(stage), "kind")
    archived = rows[rows["kind"] == "Archived with debt"].iloc[0]
    assert (archived["name"], archived["balance"], archived["status"]) == (
        "شركة النور", "USD 15.00 · ZWG 900.00", "Archived",
    )  # fmt: skip
    malformed = rows[rows["kind"] == "Malformed e-mail"].iloc[0]
    assert (malformed["name"], malformed["value"]) == ("Chipo 🌍 Dube", "chipo at example")
    assert rows[rows["kind"] == "Same e-mail"]["shared"].tolist() == [2, 2]
    assert "Gone" not in set(rows["name"])
    assert "Clerk" not in set(rows["name"])


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"contact_q": "chipo"}, {"Chipo 🌍 Dube"}),
        ({"contact_q": "af2"}, {"Rudo <b>Ncube</b>"}),
        ({"contact_kind": "No e-mail"}, {"=1+1 Trading"}),
        ({"contact_kind": ["No e-mail", "Same name"]}, {"=1+1 Trading", "Tendai Moyo", "tendai  MOYO"}),
        ({"contact_owing": "true"}, {"Tendai Moyo", "شركة النور"}),
    ],
)
def test_filters_narrow_the_findings_from_the_address(
    stage: Stage, office: Office, query: dict[str, Any], names: set[str]
) -> None:
    opened = visit(stage, **query)
    assert set(table(opened, "kind")["name"]) == names
    assert not opened.warning


def test_filters_that_hide_everything_are_named(stage: Stage, office: Office) -> None:
    opened = visit(stage, contact_q="nobody has this")
    assert "Hidden by **Search: nobody has this**" in alerts(opened)
    assert len(table(press(opened, "contact_clear"), "kind")) == 11


def test_an_odoo_without_customers_says_so(stage: Stage, odoo: Standing) -> None:
    stage.show(real(Snapshot.from_frames(empty_frames())))
    assert "There are no customers to put right" in alerts(visit(stage))


def test_a_customer_opens_with_its_duplicates_side_by_side_and_the_form(stage: Stage, office: Office) -> None:
    opened = visit(stage, contact="1")
    said = text(opened)
    assert "Same e-mail** · 2 customers" in said
    assert "Same phone** · 2 customers" in said
    assert "Same name** · 2 customers" in said
    assert "Rudo <b>Ncube</b>" in said
    assert "Balance USD 40.00" in said
    assert field(opened, "Street").value == "1 Baines Ave"
    # Mobile is no field of this Odoo.
    assert not [one for one in opened.text_input if one.label == "Mobile"]
    press(opened, next(one.key for one in opened.button if str(one.key).startswith("contact_open_")))
    assert opened.query_params["contact"] in (["2"], ["6"], "2", "6")


def test_the_form_reads_odoo_once_and_again_when_asked(stage: Stage, office: Office, odoo: Standing) -> None:
    opened = visit(stage, contact="1")
    opened.run()
    assert odoo.reads == [1]
    odoo.values["city"] = "Gweru"
    saved(opened, "Read again")
    assert odoo.reads == [1, 1]
    assert field(opened, "City").value == "Gweru"


def test_a_correction_goes_into_the_outbox_as_what_changed(stage: Stage, office: Office) -> None:
    opened = visit(stage, contact="1")
    field(opened, "E-mail").set_value("tendai@example.com")
    field(opened, "City").set_value("  Harare ")
    saved(opened)
    entry = office.outbox.entries()[0]
    assert (entry.kind, entry.subject, entry.author.login) == ("customer_update", "res.partner:1", ADMINISTRATOR.login)
    assert entry.title == "Correct e-mail of Tendai Moyo"
    assert entry.payload["values"] == {"email": "tendai@example.com"}
    assert entry.payload["seen"] == {"email": "T.Moyo@example.com"}
    last = stage.audit.read(event="write").iloc[0]
    assert (last["login"], last["subject"]) == (ADMINISTRATOR.login, "res.partner:1")
    assert "On its way to Odoo already" in alerts(opened)


@pytest.mark.parametrize(
    ("label", "value", "sentence"),
    [
        ("E-mail", "no address", "This is no e-mail address"),
        ("Phone", "12", "needs 9 to 15 digits"),
        ("Name", " ", "A customer needs a name"),
        ("City", "Harare", "Nothing was changed"),
    ],
)
def test_what_cannot_be_sent_is_said_and_nothing_is_entered(
    stage: Stage, office: Office, label: str, value: str, sentence: str
) -> None:
    opened = visit(stage, contact="1")
    field(opened, label).set_value(value)
    saved(opened)
    assert sentence in said(opened)
    assert not office.outbox.entries()
    assert stage.audit.read(event="write").empty


def test_without_odoo_there_is_no_form_but_the_reason(stage: Stage, office: Office, odoo: Standing) -> None:
    odoo.error = OdooUnreachableError("No connection to Odoo: start it.")
    opened = visit(stage, contact="1")
    assert "No connection to Odoo" in alerts(opened)
    assert not [one for one in opened.button if one.label == "Save in Odoo"]
    odoo.error = MissingRecordError("Odoo no longer has this customer.")
    press(opened, "contact_retry")
    assert "Odoo no longer has this customer" in alerts(opened)
    odoo.error = None
    assert field(press(opened, "contact_retry"), "Name").value == "Tendai Moyo"


@pytest.mark.parametrize("asked", ["77", "9", "x", "1' or 1"])
def test_an_address_with_no_such_customer_says_so(stage: Stage, office: Office, asked: str) -> None:
    assert "There is no customer" in alerts(visit(stage, contact=asked))


def roles(stage: Stage, actions: tuple[str, ...], personal: tuple[str, ...]) -> None:
    grant = stage.settings.roles["finance"].model_copy(update={"actions": actions, "personal": personal})
    stage.doors.settings = stage.settings.model_copy(update={"roles": stage.settings.roles | {"finance": grant}})
    stage.sign_in(FINANCE)


def test_without_the_right_nothing_can_be_corrected_or_linked(stage: Stage, office: Office, odoo: Standing) -> None:
    roles(stage, ("refresh",), ("phone", "email"))
    opened = visit(stage, contact="1")
    assert "does not include this" in text(opened)
    assert odoo.reads == []
    opened = visit(stage, contacts_part="Portal links")
    assert not [one for one in opened.text_input if one.label == "Portal id"]


def test_who_loses_the_right_meanwhile_enters_nothing(stage: Stage, office: Office) -> None:
    stage.sign_in(FINANCE)
    opened = visit(stage, contact="1")
    field(opened, "E-mail").set_value("tendai@example.com")
    grant = stage.settings.roles["finance"].model_copy(update={"actions": ("refresh",)})
    stage.doors.settings = stage.settings.model_copy(update={"roles": stage.settings.roles | {"finance": grant}})
    saved(opened)
    assert not office.outbox.entries()


def test_blanked_e_mails_and_phones_are_not_reported_as_missing(stage: Stage, office: Office) -> None:
    roles(stage, ("refresh", "customer", "link"), ())
    opened = visit(stage, contact="1")
    assert "Not looked at: e-mails and phones, which your role does not see" in alerts(opened)
    assert tiles(opened)["E-mail"] == ["no right to read"]
    assert tiles(opened)["Phone"] == ["no right to read"]
    assert {kind for kind, _name in found(opened)} == {"Same name", "Archived with debt"}
    # The form leaves out what they do not see.
    assert [one.label for one in opened.text_input if one.label in ("Name", "E-mail", "Phone", "City")] == [
        "Name", "City",
    ]  # fmt: skip
    assert "example.com" not in text(opened)


def test_a_person_of_one_company_sees_its_customers_only(stage: Stage, office: Office) -> None:
    fin = Author("fin@staff.example", "Fin")
    link_customer(office, fin, "P-1", "t.moyo@example.com", 10, source=stage.store.current())  # type: ignore[arg-type]
    link_customer(office, fin, "P-3", "x@example.com", 3, source=stage.store.current())  # type: ignore[arg-type]
    book = people()
    for row in book.frames["customers"]:
        row["company_id"] = 2 if row["partner_id"] == 10 else 1
    stage.show(real(book.snapshot()))
    stage.sign_in(SECOND)
    opened = visit(stage, contacts_part="Portal links")
    assert list(table(opened, "portal_id")["portal_id"]) == ["P-1"]
    assert tiles(opened)["Linked accounts"] == ["1"]


def linking(stage: Stage, portal_id: str, email: str, **query: str) -> AppTest:
    opened = visit(stage, contacts_part="Portal links", portal_id=portal_id, **query)
    field(opened, "E-mail").set_value(email).run()
    assert email not in str(opened.query_params), "an address is kept by proxies and browsers"
    return opened


def test_several_customers_with_the_e_mail_stand_side_by_side_and_one_is_linked(stage: Stage, office: Office) -> None:
    opened = linking(stage, "P-77", " t.moyo@example.COM ")
    assert "2 customers have the e-mail" in text(opened)
    press(opened, "portal_link_match_2")
    assert "Portal account P-77 is linked to Rudo <b>Ncube</b>." in said(opened)
    row = links(office).iloc[0]
    assert (row["portal_id"], row["email"], row["odoo_partner_id"]) == ("P-77", "t.moyo@example.COM", 2)
    assert row["login"] == ADMINISTRATOR.login
    last = stage.audit.read(event="write").iloc[0]
    assert last["subject"] == "link portal account P-77 to res.partner:2"
    assert field(opened, "Portal id").value == ""
    shown = table(opened, "portal_id").iloc[0]
    assert (shown["customer"], shown["name"]) == ("Rudo <b>Ncube</b>", "Ada Admin")


def test_a_contact_s_e_mail_leads_to_its_company(stage: Stage, office: Office) -> None:
    opened = linking(stage, "P-8", "clerk@holdings.example")
    assert "E-mail of its contact Clerk" in text(opened)
    press(opened, "portal_link_match_8")
    assert links(office)["odoo_partner_id"].tolist() == [8]


def test_no_match_offers_a_search(stage: Stage, office: Office) -> None:
    opened = linking(stage, "P-9", "nobody@example.com")
    assert "No customer has the e-mail" in alerts(opened)
    field(opened, "Find the customer").set_value("Chipo").run()
    press(opened, "portal_link_found_4")
    assert links(office)["odoo_partner_id"].tolist() == [4]


def test_a_second_account_of_one_customer_is_linked_with_a_warning(stage: Stage, office: Office) -> None:
    press(linking(stage, "P-1", "six@example.com"), "portal_link_match_6")
    opened = linking(stage, "P-2", "six@example.com")
    assert "Has portal account P-1" in text(opened)
    press(opened, "portal_link_match_6")
    assert "has other portal accounts too: P-1" in said(opened)
    assert tiles(opened)["To look at"] == ["2"]


def test_a_second_click_on_link_or_undo_says_what_the_first_has_said(stage: Stage, office: Office) -> None:
    press(linking(stage, "P-1", "six@example.com"), "portal_link_match_6")
    link = linking(stage, "P-2", "six@example.com").button(key="portal_link_match_6")
    link.click().run()
    assert "has other portal accounts too: P-1" in said(link.click().run())
    assert len(link_history(office)) == 2
    opened = visit(stage, contacts_part="Portal links")
    opened.session_state["portal_picked"] = "P-2"
    opened.run()
    field(opened, "Reason").set_value("Wrong Moyo")
    undo = next(one for one in opened.button if one.label == "Undo link")
    undo.click().run()
    again = undo.click().run()
    assert "The link of portal account P-2 is undone." in said(again)
    assert not again.error
    assert len(link_history(office)) == 3


def test_an_account_linked_already_is_refused_until_undone(stage: Stage, office: Office) -> None:
    press(linking(stage, "P-1", "six@example.com"), "portal_link_match_6")
    opened = press(linking(stage, "P-1", "five@example.com"), "portal_link_match_5")
    assert "is linked already, to another customer (by Ada Admin): undo that link first" in said(opened)
    assert links(office)["odoo_partner_id"].tolist() == [6]


def test_a_link_is_undone_with_a_reason(stage: Stage, office: Office) -> None:
    press(linking(stage, "P-1", "six@example.com"), "portal_link_match_6")
    opened = visit(stage, contacts_part="Portal links")
    opened.session_state["portal_picked"] = "P-1"
    opened.run()
    assert "linked to tendai MOYO" in text(opened)
    saved(opened, "Undo link")
    assert "Say why" in alerts(opened)
    field(opened, "Reason").set_value("Wrong Moyo")
    saved(opened, "Undo link")
    assert "is undone" in said(opened)
    assert links(office).empty
    assert stage.audit.read(event="write").iloc[0]["subject"] == "undo the link of portal account P-1"


@pytest.mark.parametrize("choice", ["All", "To look at"])
def test_what_differs_from_odoo_is_marked(stage: Stage, office: Office, choice: str) -> None:
    fin, snapshot = Author("fin@staff.example", "Fin"), stage.store.current()
    assert snapshot is not None
    link_customer(office, fin, "P-1", "other@example.com", 1, source=snapshot)
    link_customer(office, fin, "P-5", "five@example.com", 5, source=snapshot)
    link_customer(office, fin, "P-6", "six@example.com", 6, source=snapshot)
    rows = table(visit(stage, contacts_part="Portal links", portal_show=choice), "portal_id")
    states = dict(zip(rows["portal_id"], rows["state"], strict=True))
    assert states["P-1"] == "E-mail differs from Odoo's"
    assert states["P-5"] == "Archived in Odoo"
    assert states.get("P-6", "") == ""


def test_links_are_searched_and_the_filter_that_hides_them_is_named(stage: Stage, office: Office) -> None:
    press(linking(stage, "P-1", "six@example.com"), "portal_link_match_6")
    assert len(table(visit(stage, contacts_part="Portal links", portal_q="p-1"), "portal_id")) == 1
    assert "Hidden by **Search links: nothing**" in alerts(
        visit(stage, contacts_part="Portal links", portal_q="nothing")
    )


def test_the_form_opens_from_a_customer_s_own_page(stage: Stage, office: Office, odoo: Standing) -> None:
    opened = stage.open("customers.py", customer="1")
    assert odoo.reads == []
    press(opened, "contact_correct")
    assert odoo.reads == [1]
    field(opened, "Phone").set_value("0771 222 333")
    saved(opened)
    assert office.outbox.entries()[0].payload["values"] == {"phone": "0771 222 333"}
    roles(stage, ("refresh",), ("phone", "email"))
    assert not [one for one in stage.open("customers.py", customer="1").button if one.key == "contact_correct"]
