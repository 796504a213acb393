"""The Payments page: who may enter and decide, what is said before, and what is put into the outbox."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from odoo_client.actions.payments.facts import Approval, InvoiceFacts, PaymentFacts
from odoo_client.actions.payments.opened import PaymentOpened
from odoo_client.errors import OdooUnreachableError, OutboxError, ProofRefusedError
from odoo_client.frames.arrays import ints
from odoo_client.live.conversations import Attachment
from odoo_client.live.payments import Journal, Method, Used
from odoo_client.people.access import Person
from pages.ui.payments import live as payments_live
from tests.app.conftest import ADMINISTRATOR, Stage, ago, alerts, books, real, table
from tests.builders import USD, ZWG

FINANCE = Person("fin@staff.example", "Farai Finance", 5, frozenset({"finance"}), frozenset(range(1, 100)))
SLIP = Attachment(77, "slip.png", 90, "image/png")


def picture() -> bytes:
    drawn = BytesIO()
    Image.new("RGB", (8, 8), "white").save(drawn, "PNG")
    return drawn.getvalue()


class Desk:
    """A stage whose books have drafts, and an Odoo that answers as a test says."""

    def __init__(self, stage: Stage, patch: pytest.MonkeyPatch) -> None:
        self.stage = stage
        book = books()
        self.move_id = 0
        for document in book.frames["invoices"]:
            document |= {"residual": document["amount_total"], "due_date": document["date"]}
            if document["commercial_partner_id"] == 2:
                self.move_id = document["move_id"]
        entered = datetime.now(UTC) - timedelta(hours=30)
        self.draft = book.draft(2, 50.0, entered=entered, memo="FT26331ABC", date=ago(1), created_by=3)
        self.big = book.draft(2, 5000.0, entered=entered, memo="FT26331BIG", date=ago(1), created_by=3)
        book.frames["users"].append({"user_id": 3, "name": "Tendai Clerk", "login": "clerk@staff.example"})
        book.frames["journals"].append({"journal_id": 4, "name": "CBZ USD", "kind": "bank", "company_id": 1})
        self.snapshot = stage.show(real(book.snapshot()))
        self.used: tuple[Used, ...] = ()
        self.down = False
        self.read = 0
        self.entered_by = "clerk@staff.example"
        self.approved: tuple[tuple[str, str], ...] = ()
        #: What Odoo has otherwise than the list, of the payment and of the customer's invoices.
        self.now: dict[str, Any] = {}
        self.billed: dict[str, Any] = {}
        self.documents: tuple[Attachment, ...] = (SLIP,)
        patch.setattr(payments_live, "journals", self.journals)
        patch.setattr(payments_live, "used_before", lambda view, sha1, reference: self.used)
        patch.setattr(payments_live, "opened", self.opened)
        patch.setattr(payments_live, "document", self.document)

    def journals(self, view: Any, company_id: int) -> tuple[Journal, ...]:
        if self.down:
            raise OdooUnreachableError("No connection to Odoo.")
        return (Journal(4, "CBZ USD", "bank", company_id, 0, (Method(9, "Manual"),)),)

    def document(self, view: Any, attachment: Attachment) -> Any:
        self.read += 1
        raise ProofRefusedError("This PDF carries a script.", reason="script")

    def opened(self, view: Any, payment_id: int, may_pay: Callable[[PaymentFacts], Collection[int]]) -> PaymentOpened:
        if self.down:
            raise OdooUnreachableError("No connection to Odoo.")
        payments = self.snapshot.frame("payments")
        row = payments[ints(payments, "payment_id") == payment_id].iloc[0]
        facts = PaymentFacts(
            payment_id=payment_id,
            name="Draft Payment",
            state="draft",
            direction="inbound",
            partner_type="customer",
            amount=Decimal(str(row["amount"])),
            currency="USD",
            currency_id=USD,
            decimals=2,
            day=row["date"].date(),
            partner_id=2,
            commercial_partner_id=2,
            customer="Rudo <b>Ncube</b>",
            company_id=1,
            journal_id=int(row["journal_id"]),
            journal="CBZ USD",
            move_id=0,
            entered_by=self.entered_by,
            entered_by_name="Tendai Clerk",
            changed_by="",
            token="",
            entered=None,
            approvals=(),
        )
        facts = replace(facts, **self.now)
        facts = replace(facts, approvals=tuple(Approval(*one, facts.terms) for one in self.approved))
        invoices = {
            one: replace(
                InvoiceFacts(one, "INV", "posted", "out_invoice", Decimal(50), USD, "USD", 2, 2, 1, (1,)), **self.billed
            )
            for one in may_pay(facts)
        }
        return PaymentOpened(facts, self.documents, (), invoices)

    def open(self, payment_id: int = 0, **query: str) -> AppTest:
        more = {"payment": str(payment_id)} if payment_id else {}
        visit = self.stage.open("payments.py", **more, **query)
        assert not visit.exception
        return visit

    def entries(self) -> list[Any]:
        return self.stage.outbox.entries()


@pytest.fixture
def desk(stage: Stage, live_patch: pytest.MonkeyPatch) -> Desk:
    made = Desk(stage, live_patch)
    stage.sign_in(FINANCE)
    return made


def button(visit: AppTest, key: str) -> Any:
    return visit.button(key=key)


def enter(desk: Desk, *, amount: float | None = None, reference: str = "CBZ 1234") -> AppTest:
    """Fill in the form for the customer with one invoice of USD 50."""
    visit = desk.open(payments_show="Enter a proof", customer="2")
    visit.file_uploader[0].upload("slip.pdf", picture(), "application/pdf").run()
    invoices = next(box for box in visit.multiselect if box.label == "For invoice")
    invoices.set_value([desk.move_id]).run()
    next(box for box in visit.text_input if box.label == "Bank reference").set_value(reference).run()
    next(box for box in visit.date_input if box.label == "Paid on").set_value(ago(0)).run()
    if amount is not None:
        next(box for box in visit.number_input if box.label == "Amount").set_value(amount).run()
    assert not visit.exception
    return visit


def field(visit: AppTest, kind: str, label: str) -> Any:
    """A field of the form by its label."""
    return next(box for box in getattr(visit, kind) if box.label == label)


def test_an_amount_that_was_typed_stays_whatever_invoice_is_chosen_and_none_typed_follows_them(desk: Desk) -> None:
    visit = desk.open(payments_show="Enter a proof", customer="2")
    field(visit, "number_input", "Amount").set_value(12.5).run()
    field(visit, "multiselect", "For invoice").set_value([desk.move_id]).run()
    assert field(visit, "number_input", "Amount").value == 12.5
    visit = desk.open(payments_show="Enter a proof", customer="2")
    field(visit, "multiselect", "For invoice").set_value([desk.move_id]).run()
    assert field(visit, "number_input", "Amount").value == 50
    field(visit, "multiselect", "For invoice").set_value([]).run()
    assert field(visit, "number_input", "Amount").value is None


def test_what_stands_on_the_slip_stays_when_it_was_paid_to_another_company(desk: Desk) -> None:
    visit = enter(desk, amount=33.0, reference="CBZ 77")
    company = field(visit, "selectbox", "Paid to")
    company.set_value(next(one for one in (1, 2) if one != company.value)).run()
    assert not visit.exception
    assert field(visit, "number_input", "Amount").value == 33
    assert field(visit, "text_input", "Bank reference").value == "CBZ 77"
    # The invoices are of the first company.
    assert field(visit, "multiselect", "For invoice").value == []


def test_a_look_at_the_queue_takes_nothing_out_of_the_form(desk: Desk) -> None:
    visit = enter(desk, amount=33.0, reference="CBZ 77")
    for shown in ("Decide", "Enter a proof"):
        visit.segmented_control(key="payments_show").set_value(shown).run()
        assert not visit.exception
    assert any("is kept from before" in one.value for one in visit.markdown)
    assert field(visit, "number_input", "Amount").value == 33
    assert field(visit, "text_input", "Bank reference").value == "CBZ 77"
    assert field(visit, "multiselect", "For invoice").value == [desk.move_id]
    if button(visit, "payment_send").disabled:
        next(box for box in visit.checkbox if "send it all the same" in box.label).check().run()
    button(visit, "payment_send").click().run()
    [entry] = desk.entries()
    assert (entry.payload["amount"], entry.payload["bank_reference"]) == ("33.00", "CBZ 77")
    assert entry.file is not None
    assert entry.file.name == "slip.png"
    # The next form is empty: the next proof is another customer's.
    assert field(visit, "text_input", "Customer").value == ""
    assert not [box for box in visit.selectbox if box.label in ("Which one", "Paid to", "Into")]
    assert "customer" not in visit.query_params
    assert not any("is kept from before" in one.value for one in visit.markdown)


def test_the_day_of_a_proof_is_asked_for_and_never_today_s_by_itself(desk: Desk) -> None:
    visit = desk.open(payments_show="Enter a proof", customer="2")
    visit.file_uploader[0].upload("slip.pdf", picture(), "application/pdf").run()
    field(visit, "multiselect", "For invoice").set_value([desk.move_id]).run()
    assert field(visit, "date_input", "Paid on").value is None
    assert any(one.value == "Still needed: the day it was paid." for one in visit.caption)
    assert not [one for one in visit.button if one.key == "payment_send"]
    field(visit, "date_input", "Paid on").set_value(ago(2)).run()
    if button(visit, "payment_send").disabled:
        next(box for box in visit.checkbox if "send it all the same" in box.label).check().run()
    button(visit, "payment_send").click().run()
    assert desk.entries()[0].payload["day"] == f"{ago(2)}"


def test_a_second_proof_begins_with_nothing_of_the_first(desk: Desk) -> None:
    visit = enter(desk)
    if button(visit, "payment_send").disabled:
        next(box for box in visit.checkbox if "send it all the same" in box.label).check().run()
    button(visit, "payment_send").click().run()
    field(visit, "text_input", "Customer").set_value("Rudo").run()
    assert field(visit, "date_input", "Paid on").value is None
    assert field(visit, "text_input", "Bank reference").value == ""
    assert field(visit, "multiselect", "For invoice").value == []


def test_nor_does_a_look_at_another_page(desk: Desk) -> None:
    visit = enter(desk, amount=33.0, reference="CBZ 77")
    visit.switch_page("arrears.py").run()
    visit.query_params.clear()
    visit.switch_page("payments.py").run()
    visit.segmented_control(key="payments_show").set_value("Enter a proof").run()
    assert not visit.exception
    assert field(visit, "selectbox", "Which one").value == 2
    assert field(visit, "number_input", "Amount").value == 33
    assert field(visit, "text_input", "Bank reference").value == "CBZ 77"
    assert any("is kept from before" in one.value for one in visit.markdown)


def test_a_file_that_was_kept_can_be_removed(desk: Desk) -> None:
    visit = enter(desk)
    for shown in ("Decide", "Enter a proof"):
        visit.segmented_control(key="payments_show").set_value(shown).run()
    button(visit, "payment_file_drop").click().run()
    assert not any("is kept from before" in one.value for one in visit.markdown)
    assert any("Still needed: the file" in one.value for one in visit.caption)


@pytest.mark.parametrize(("deed", "label"), [("reject", "Reason"), ("ask", "Question")])
def test_without_a_reason_or_question_nothing_is_entered_and_with_one_the_first_click_counts(
    desk: Desk, deed: str, label: str
) -> None:
    visit = desk.open(desk.draft)

    def press() -> None:
        # AppTest draws the whole page anew, where a browser draws the open dialog alone.
        button(visit, f"payment_{deed}").click()
        button(visit, f"payment_{deed}_sure").click().run()

    button(visit, f"payment_{deed}").click().run()
    assert not button(visit, f"payment_{deed}_sure").disabled
    press()
    assert "first" in alerts(visit)
    assert desk.entries() == []
    field(visit, "text_area", label).set_value("Which branch was it paid at?")
    press()
    [entry] = desk.entries()
    assert entry.kind == f"payment_{deed}"
    assert "Waiting" in alerts(visit)


def test_what_stands_in_the_way_of_a_question_is_said_where_it_was_asked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: Any, **_more: Any) -> None:
        raise OutboxError("The disk is full.")

    visit = desk.open(desk.draft)
    button(visit, "payment_ask").click().run()
    field(visit, "text_area", "Question").set_value("Which branch?")
    monkeypatch.setattr(desk.stage.outbox, "add", full)
    button(visit, "payment_ask").click()
    button(visit, "payment_ask_sure").click().run()
    assert "The disk is full" in alerts(visit)
    assert field(visit, "text_area", "Question").value == "Which branch?"


def test_a_customer_in_the_address_whose_number_is_none_is_nobody(desk: Desk) -> None:
    for number in ("9" * 30, "٣", "x"):
        visit = desk.open(payments_show="Enter a proof", customer=number)
        assert not visit.number_input


def test_the_queue_says_who_asked_about_a_payment(desk: Desk) -> None:
    visit = desk.open(desk.draft)
    assert "asked" not in table(visit, "entered_by").columns
    button(visit, "payment_ask").click().run()
    field(visit, "text_area", "Question").set_value("Which branch?")
    button(visit, "payment_ask").click()
    button(visit, "payment_ask_sure").click().run()
    asked = table(desk.open(), "entered_by").set_index("memo")["asked"].to_dict()
    assert asked["FT26331ABC"].startswith("Farai Finance, ")
    assert asked["FT26331BIG"] == ""


def test_of_several_customers_that_match_none_is_taken_for_the_one_meant(desk: Desk) -> None:
    visit = desk.open(payments_show="Enter a proof")
    field(visit, "text_input", "Customer").set_value("e").run()
    which = field(visit, "selectbox", "Which one")
    assert len(which.options) > 1
    assert which.value is None
    assert not visit.number_input
    which.set_value(2).run()
    assert visit.number_input


def test_the_queue_shows_every_draft_with_its_age_and_who_entered_it(desk: Desk) -> None:
    rows = table(desk.open(), "entered_by")
    assert rows["customer"].tolist() == ["Rudo <b>Ncube</b>"] * 2
    assert rows["entered_by"].tolist() == ["Tendai Clerk"] * 2
    assert rows["waiting"].tolist() == ["30 hours"] * 2


def test_what_approving_will_do_is_said_before_and_the_entry_says_who_decided(desk: Desk) -> None:
    visit = desk.open(desk.draft)
    assert any("paid in full" in one.value for one in visit.markdown)
    button(visit, "payment_approve").click().run()
    assert not visit.exception
    [entry] = desk.entries()
    assert (entry.kind, entry.author.login, entry.subject) == (
        "payment_approve",
        FINANCE.login,
        f"account.payment:{desk.draft}",
    )
    assert entry.payload["invoices"] == [{"move_id": desk.move_id, "name": entry.payload["invoices"][0]["name"]}]
    trail = desk.stage.audit.read(event="decision")
    assert trail["login"].tolist() == [FINANCE.login]


def test_whoever_entered_it_is_offered_no_approval(desk: Desk) -> None:
    desk.entered_by = FINANCE.login.upper()
    visit = desk.open(desk.draft)
    assert button(visit, "payment_approve").disabled
    assert "somebody else has to approve it" in alerts(visit)


def test_above_the_limit_the_page_says_whose_turn_it_is(desk: Desk) -> None:
    visit = desk.open(desk.big)
    assert "two people" in alerts(visit)
    assert button(visit, "payment_approve").label == "Approve, first of two, and next"
    desk.approved = ((FINANCE.login, "Farai Finance"),)
    assert button(desk.open(desk.big), "payment_approve").disabled
    desk.approved = (("other@staff.example", "Other"),)
    visit = desk.open(desk.big)
    assert button(visit, "payment_approve").label == "Approve and next"
    assert "First approval: Other" in alerts(visit)


def test_a_document_that_is_no_proof_is_not_shown_and_a_payment_without_one_says_so(desk: Desk) -> None:
    assert "carries a script" in alerts(desk.open(desk.draft))
    desk.documents = ()
    assert "There is no file" in alerts(desk.open(desk.draft))


def test_an_odoo_that_is_down_is_a_sentence_and_the_queue_stays(desk: Desk) -> None:
    desk.down = True
    visit = desk.open(desk.draft)
    assert "cannot be read now" in alerts(visit)
    assert len(table(visit, "entered_by")) == 2


def test_a_payment_that_no_longer_waits_is_said(desk: Desk) -> None:
    assert "no longer waits" in alerts(desk.open(999_999))


def test_a_role_without_the_page_is_refused_by_its_address(desk: Desk) -> None:
    desk.stage.sign_in(Person("man@staff.example", "Mary", 6, frozenset({"manager"}), frozenset({1, 2})))
    visit = desk.stage.open("payments.py")
    assert "Not yours to open" in alerts(visit)


def test_a_read_only_accountant_is_told_what_deciding_takes_in_odoo_and_has_no_button_for_it(desk: Desk) -> None:
    decided = {button.key for button in desk.open(desk.draft).button if str(button.key).startswith("payment_approve")}
    desk.stage.sign_in(replace(FINANCE, login="ro@staff.example", writes=frozenset()))
    visit = desk.open(desk.draft)
    assert decided
    assert not decided.intersection(button.key for button in visit.button)
    said = " ".join(one.value for one in visit.caption).replace("\\", "")
    assert "Your Odoo account lacks the right that this (decide) takes there: Invoicing" in said


def test_a_proof_is_entered_with_the_file_judged_by_its_content(desk: Desk) -> None:
    visit = enter(desk)
    button(visit, "payment_send").click().run()
    assert not visit.exception
    [entry] = desk.entries()
    assert (entry.kind, entry.author.login, entry.state) == ("payment_proof", FINANCE.login, "waiting")
    assert entry.file is not None
    assert (entry.file.name, entry.file.mimetype) == ("slip.png", "image/png")
    assert (entry.payload["amount"], entry.payload["journal_id"], entry.payload["method_id"]) == ("50.00", 4, 9)
    assert [one["move_id"] for one in entry.payload["invoices"]] == [desk.move_id]
    assert desk.stage.outbox.content(entry.file.sha256) == picture()


def test_what_an_invoice_in_another_currency_gets_only_odoo_knows(desk: Desk) -> None:
    visit = enter(desk)
    assert any("Once approved: USD 50.00 for" in one.value for one in visit.caption)
    next(box for box in visit.selectbox if box.label == "Currency").set_value(ZWG).run()
    [said] = [one.value for one in visit.caption if "Once approved" in one.value]
    assert "converted by Odoo at its own rate" in said
    assert "on account" not in said


def test_a_file_that_is_no_proof_is_refused_with_a_sentence(desk: Desk) -> None:
    visit = desk.open(payments_show="Enter a proof", customer="2")
    visit.file_uploader[0].upload("slip.pdf", b"<html><script>1</script></html>", "application/pdf").run()
    assert "This file cannot be taken" in alerts(visit)
    assert desk.entries() == []


def test_an_alarm_holds_it_back_until_somebody_has_looked(desk: Desk) -> None:
    desk.used = (Used(desk.draft, "PAY/1", "file"),)
    visit = enter(desk, amount=60.0, reference="ft26331-abc")
    said = alerts(visit)
    assert "This very file has been used before" in said
    assert "This bank reference has been used before" in said
    assert "would stay unallocated" in said
    assert button(visit, "payment_send").disabled
    next(box for box in visit.checkbox if "send it all the same" in box.label).check().run()
    button(visit, "payment_send").click().run()
    assert [one.kind for one in desk.entries()] == ["payment_proof"]


def test_a_right_lost_since_the_form_was_drawn_enters_nothing_and_is_written_down(desk: Desk) -> None:
    visit = enter(desk)
    desk.stage.backend.doors.sessions.find(desk.stage.caller[0], browser=desk.stage.caller[1]).person = Person(  # type: ignore[union-attr]
        FINANCE.login, FINANCE.name, 5, frozenset({"support"}), FINANCE.company_ids
    )
    button(visit, "payment_send").click().run()
    assert desk.entries() == []


def test_the_administrator_may_enter_and_decide(desk: Desk) -> None:
    desk.stage.sign_in(ADMINISTRATOR)
    assert not button(desk.open(desk.draft), "payment_approve").disabled


def test_a_customer_s_page_leads_to_the_form_with_the_customer_chosen(desk: Desk) -> None:
    visit = desk.stage.open("customers.py", customer="2")
    links = [one for one in visit.get("page_link") if "Enter a payment" in str(one.proto)]
    assert "customer=2" in str(links[0].proto)
    desk.stage.sign_in(Person("sup@staff.example", "Sue", 8, frozenset({"support"}), frozenset({1, 2})))
    visit = desk.stage.open("customers.py", customer="2")
    assert not [one for one in visit.get("page_link") if "Enter a payment" in str(one.proto)]


def test_a_document_is_read_once_while_its_payment_is_open(desk: Desk) -> None:
    visit = desk.open(desk.draft)
    next(box for box in visit.multiselect if box.label.startswith("Pays")).set_value([]).run()
    assert "carries a script" in alerts(visit)
    assert desk.read == 1
    button(visit, "payment_close").click().run()
    assert not visit.exception
