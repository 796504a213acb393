"""Making and changing tickets on the pages: what is offered, what is entered, who may, and what a refusal leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from odoo_client.actions.outbox.entry import Done, Entry, Record
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender
from odoo_client.datasets.task_states import Stage, State
from odoo_client.errors import ActionRefusedError, ForbiddenError, OdooUnreachableError, OutboxError
from odoo_client.live.tickets import Assignee, ChangeOffers, NewTicketOffers, Priority, Readers, Team, TicketNow
from odoo_client.people.access import Person
from pages.ui import live
from pages.ui.session import drafts, submit
from pages.ui.tickets import composer, many
from pages.ui.tickets import detail as tickets_detail
from tests.app import conftest
from tests.app.conftest import alerts, read_now
from tests.app.test_tickets import ASKED, BRIAN, NEW, PAGE, SANDRA, SOLVED, WORKING, desk, desk_snapshot, snapshot_of

DOWN = "Odoo cannot be reached: check that it runs."
STAGES = (Stage(NEW, "New"), Stage(WORKING, "In Progress"), Stage(ASKED, "Awaiting"), Stage(SOLVED, "Done", True))
PRIORITIES = (Priority("0", "Low"), Priority("1", "Medium"), Priority("3", "Very <b>High</b>"))
NEW_OFFERS = NewTicketOffers("oca", (Team(1, "Field", STAGES[0]), Team(2, "Billing", STAGES[3])), PRIORITIES)
NOW = TicketNow(2, "HT002", 1, 1, WORKING, (SANDRA,), "0", 2)
OFFERS = ChangeOffers(
    NOW, STAGES, (Assignee(BRIAN, "Brian"), Assignee(SANDRA, "Sandra")), PRIORITIES,
    Readers("Rudo <b>Ncube</b>", "c2@example.com", ("Her <i>Sister</i>",)),
)  # fmt: skip
SUPPORT = Person("sup@staff.example", "Sup", 12, frozenset({"support"}), frozenset({1, 2}))
MANAGER = Person("man@staff.example", "Man", 13, frozenset({"manager"}), frozenset({1, 2}))


class Desk:
    """A stage whose outbox is sent to an Odoo that takes everything, or refuses with `reason`."""

    def __init__(self, stage: conftest.Stage) -> None:
        self.stage = stage
        self.reason = ""
        #: The only ticket that is refused, 0 for all.
        self.refuses = 0
        self.offers = OFFERS
        self.new_offers = NEW_OFFERS
        self.read = 0
        #: The id that Odoo gives to what is made.
        self.makes = 77
        self.outbox = Outbox(stage.settings.cache_dir / "outbox.sqlite3")
        handlers: Any = {"ticket_create": self.handle, "ticket_update": self.handle}
        self.sender = Sender(
            stage.settings,
            self.outbox,
            lambda author, kind: Closing(),
            handlers,
            stage.audit,  # type: ignore[arg-type,return-value]
        )
        stage.backend = replace(stage.backend, sender=self.sender)
        self.sender.start_background()

    def handle(self, job: Job) -> Done:
        if self.reason and self.refuses in (0, job.payload.get("ticket_id")):
            raise ActionRefusedError(self.reason)
        return Done(Record("helpdesk.ticket", self.makes, "Ticket HT077"))

    def may(self, *actions: str) -> None:
        """Let the support role do only this."""
        table = {**self.stage.doors.settings.roles}
        table["support"] = table["support"].model_copy(update={"actions": actions})
        self.stage.doors.settings = self.stage.doors.settings.model_copy(update={"roles": table})

    def entries(self) -> list[Entry]:
        """Return what was entered, the newest first."""
        return self.outbox.entries()


class Closing:
    def close(self) -> None:
        pass


@pytest.fixture
def support(stage: conftest.Stage, live_patch: pytest.MonkeyPatch) -> Iterator[Desk]:
    stage.show(read_now(desk_snapshot))
    stage.sign_in(SUPPORT)
    found = Desk(stage)

    def offers(_view: object, ticket_id: int) -> ChangeOffers:
        found.read += 1
        assert ticket_id == 2
        return found.offers

    live_patch.setattr(live, "change_offers", offers)
    live_patch.setattr(live, "new_ticket_offers", lambda view, company_id: found.new_offers)

    def down(_view: object, _ticket_id: int) -> None:
        raise OdooUnreachableError(DOWN)

    live_patch.setattr(live, "conversation", down)
    yield found
    found.sender.stop()


def labelled(elements: Any, label: str) -> Any:
    return next(one for one in elements if one.label == label)


def errors(visit: AppTest) -> str:
    return "\n".join(str(one.value) for one in visit.error)


def press(visit: AppTest, label: str) -> AppTest:
    return labelled(visit.button, label).click().run()


def opened(support: Desk, page: str = PAGE, **query: str) -> AppTest:
    visit = support.stage.open(page, **query)
    assert not visit.exception
    return press(visit, "New ticket")


def filled(visit: AppTest, find: str = "Moyo", team: str = "Field") -> AppTest:
    labelled(visit.text_input, "Customer").input(find).run()
    labelled(visit.text_input, "Subject").input("No <internet>")
    labelled(visit.text_area, "Description").input("Since Monday")
    return labelled(visit.selectbox, "Team").select(team).run()


# Making


def test_a_ticket_is_entered_once_with_what_was_chosen(support: Desk) -> None:
    visit = opened(support)
    assert labelled(visit.selectbox, "Team").options == ["Field", "Billing"]
    assert labelled(visit.selectbox, "Priority").options == ["As Odoo sets it", "Low", "Medium", "Very <b>High</b>"]
    filled(visit)
    found = labelled(visit.selectbox, "Found")
    assert found.options == ["Tendai Moyo · AF1 · Harare · +263 77 111 1111"]
    labelled(visit.selectbox, "Priority").select("Medium")
    press(visit, "Create ticket")
    assert not visit.exception
    (entry,) = support.entries()
    assert (entry.kind, entry.state, entry.title) == ("ticket_create", "done", "New ticket “No <internet>”")
    assert entry.author.login == SUPPORT.login
    assert dict(entry.payload) == {
        "model": "helpdesk.ticket", "partner_id": 1, "subject": "No <internet>", "company_id": 1, "team_id": 1,
        "description": "Since Monday", "priority": "1", "tell_customer": False,
    }  # fmt: skip
    assert not [one for one in visit.text_input if one.label == "Subject"], "the dialog is closed"
    assert any("Ticket HT077" in one.value and "Done" in one.value for one in visit.success)
    last = support.stage.audit.read()
    assert list(last["event"]).count("write") == 2, "what was asked for and what came of it"


def test_what_is_missing_is_said_and_nothing_is_entered(support: Desk) -> None:
    visit = opened(support)
    press(visit, "Create ticket")
    assert "Choose a team" in errors(visit)
    labelled(visit.selectbox, "Team").select("Field")
    press(visit, "Create ticket")
    assert "Choose the customer" in errors(visit)
    labelled(visit.text_input, "Customer").input("Nobody has this name").run()
    assert "No customer is found" in alerts(visit)
    labelled(visit.text_input, "Customer").input("Moyo").run()
    press(visit, "Create ticket")
    assert "subject is empty" in errors(visit)
    assert support.entries() == []


def test_customers_of_the_same_words_can_be_told_apart(support: Desk) -> None:
    book = desk()
    for partner_id in (31, 32):
        book.customer(partner_id, "John Banda", city="Harare")
        book.frames["tickets"][0] |= {"partner_id": partner_id, "commercial_partner_id": partner_id}
        book.invoice(partner_id, 10.0, conftest.ago(3), on=conftest.ago(9))
    support.stage.show(snapshot_of(book))
    visit = filled(opened(support), find="Banda")
    who = labelled(visit.selectbox, "Which one")
    assert who.options == ["John Banda · Harare", "John Banda · Harare (2)"]
    who.select(who.options[1]).run()
    press(visit, "Create ticket")
    assert support.entries()[0].payload["partner_id"] == 32


def test_odoo_s_own_mail_to_the_customer_is_off_unless_ticked(support: Desk) -> None:
    visit = filled(opened(support))
    assert not visit.checkbox, "the first stage of this team tells the customer nothing"
    visit = filled(visit, team="Billing")
    (tell,) = visit.checkbox
    assert tell.value is False
    tell.check().run()
    press(visit, "Create ticket")
    assert support.entries()[0].payload["tell_customer"] is True
    support.may("ticket")
    visit = filled(opened(support), team="Billing")
    assert not visit.checkbox


def test_from_a_customer_s_page_the_ticket_is_for_that_customer(support: Desk) -> None:
    visit = opened(support, "customers.py", customer="2", section="Tickets")
    assert not [one for one in visit.text_input if one.label == "Customer"]
    assert any("For **Rudo \\<b\\>Ncube" in one.value for one in visit.markdown)
    labelled(visit.text_input, "Subject").input("Bill").run()
    labelled(visit.selectbox, "Team").select("Field").run()
    press(visit, "Create ticket")
    assert (support.entries()[0].payload["partner_id"], support.entries()[0].state) == (2, "done")


def test_a_refusal_keeps_what_was_typed_and_the_second_try_takes_its_place(support: Desk) -> None:
    support.reason = "Odoo refuses: a <channel> is required."
    visit = filled(opened(support))
    press(visit, "Create ticket")
    assert "a \\<channel\\> is required" in errors(visit)
    assert labelled(visit.text_input, "Subject").value == "No <internet>"
    (failed,) = support.entries()
    assert failed.state == "failed"
    support.reason = ""
    press(visit, "Create ticket")
    second, first = support.entries()
    assert (first.token, first.state, second.state) == (failed.token, "discarded", "done")


def test_what_could_not_be_discarded_is_not_forgotten(support: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the entry that failed stays in the outbox, and somebody may let both be sent."""
    support.reason = "Odoo refuses."
    visit = filled(opened(support))
    press(visit, "Create ticket")
    (failed,) = support.entries()
    discard = Outbox.discard

    def full(self: Outbox, token: str, login: str, reason: str) -> Entry:
        raise OutboxError("The outbox cannot be written.")

    support.reason = ""
    monkeypatch.setattr(Outbox, "discard", full)
    press(visit, "Create ticket")
    assert "The outbox cannot be written" in errors(visit)
    assert {entry.state for entry in support.entries()} == {"failed", "done"}
    monkeypatch.setattr(Outbox, "discard", discard)
    press(visit, "Create ticket")
    assert {entry.token: entry.state for entry in support.entries()}[failed.token] == "discarded"
    assert len(support.entries()) == 2, "and it is made once"


def test_when_odoo_is_down_the_dialog_says_so(support: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_view: object, _company_id: int) -> None:
        raise OdooUnreachableError(DOWN)

    monkeypatch.setattr(live, "new_ticket_offers", down)
    visit = opened(support)
    assert DOWN.split(":")[0] in errors(visit)
    assert not [one for one in visit.button if one.label == "Create ticket"]


def test_what_was_made_is_opened_once_the_snapshot_has_it(support: Desk) -> None:
    support.makes = 5
    visit = filled(opened(support))
    press(visit, "Create ticket")
    assert visit.query_params["ticket"] == "5"
    assert any("Dish fell" in one.value for one in visit.subheader)
    support.makes = 77
    visit = filled(opened(support))
    press(visit, "Create ticket")
    assert "ticket" not in visit.query_params


# Changing


def opened_ticket(support: Desk) -> AppTest:
    visit = support.stage.open(PAGE, ticket="2")
    assert not visit.exception
    return visit


def change(support: Desk, label: str, choice: str) -> AppTest:
    """Open the ticket and choose something at its head."""
    visit = opened_ticket(support)
    labelled(visit.selectbox, label).select(choice).run()
    assert not visit.exception
    return visit


def said(visit: AppTest) -> str:
    return " ".join(one.value for one in [*visit.markdown, *visit.caption])


@pytest.mark.parametrize(
    ("label", "choice", "sent", "title"),
    [
        ("Stage", "Awaiting", {"stage_id": ASKED}, "stage"),
        ("Assignee", "Unassigned", {"user_id": 0}, "assignee"),
        ("Priority", "Medium", {"priority": "1"}, "priority"),
    ],
)
def test_what_is_chosen_at_the_head_is_sent_at_once_with_what_was_seen(
    support: Desk, label: str, choice: str, sent: dict[str, object], title: str
) -> None:
    visit = opened_ticket(support)
    assert labelled(visit.selectbox, "Stage").options == [
        "New",
        "In Progress",
        "Awaiting",
        "Done · e-mails the customer",
    ]
    assert labelled(visit.selectbox, "Assignee").options == ["Unassigned", "Brian", "Sandra"]
    assert (labelled(visit.selectbox, "Stage").value, labelled(visit.selectbox, "Assignee").value) == (WORKING, SANDRA)
    assert support.entries() == []
    before = support.read
    labelled(visit.selectbox, label).select(choice).run()
    assert not visit.exception
    (entry,) = support.entries()
    assert (entry.kind, entry.subject, entry.state) == ("ticket_update", "helpdesk.ticket:2", "done")
    assert entry.title == f"Ticket HT002: {title}"
    found = dict(entry.payload)
    nothing = {"stage_id": None, "user_id": None, "priority": None, "note": "", "public": False, "confirmed": False}
    assert {name: found[name] for name in nothing} == nothing | sent
    seen = ("seen_stage_id", "seen_user_ids", "seen_priority", "seen_partner_id")
    assert [found[name] for name in seen] == [WORKING, [SANDRA], "0", 2]
    assert support.read == before + 1, "it is shown as Odoo has it now"


def test_a_ticket_is_taken_by_one_click_and_only_by_those_it_can_be_given_to(support: Desk) -> None:
    assert "Assign to me" not in {one.label for one in opened_ticket(support).button}
    support.stage.sign_in(replace(SUPPORT, login="brian@staff.example", user_id=BRIAN))
    visit = press(opened_ticket(support), "Assign to me")
    assert not visit.exception
    assert (support.entries()[0].payload["user_id"], support.entries()[0].state) == (BRIAN, "done")
    support.offers = replace(OFFERS, now=replace(NOW, user_ids=(BRIAN,)))
    assert "Assign to me" not in {one.label for one in opened_ticket(support).button}


def test_a_stage_in_which_odoo_mails_the_customer_is_asked_about_in_place(support: Desk) -> None:
    visit = change(support, "Stage", "Done · e-mails the customer")
    assert "Odoo itself e-mails the customer" in said(visit)
    assert "Rudo \\<b\\>Ncube\\</b\\>" in said(visit)
    assert support.entries() == []
    press(visit, "Leave as it is")
    assert support.entries() == []
    assert labelled(visit.selectbox, "Stage").value == WORKING
    labelled(visit.selectbox, "Stage").select("Done · e-mails the customer").run()
    press(visit, "Set it and e-mail the customer")
    (entry,) = support.entries()
    assert (entry.payload["stage_id"], entry.payload["confirmed"], entry.payload["public"]) == (SOLVED, True, False)


def test_a_stale_change_is_told_and_shown_as_odoo_has_it(support: Desk) -> None:
    support.reason = "The stage of ticket HT002 was changed in Odoo since (now New): look at it again."
    visit = opened_ticket(support)
    support.offers = replace(OFFERS, now=replace(NOW, stage_id=NEW))
    labelled(visit.selectbox, "Stage").select("Awaiting").run()
    assert "look at it again" in errors(visit)
    assert labelled(visit.selectbox, "Stage").value == NEW
    assert len(support.entries()) == 1


def test_several_assignees_of_a_task_are_not_lost_by_accident(support: Desk) -> None:
    support.offers = replace(OFFERS, now=replace(NOW, user_ids=(BRIAN, SANDRA)))
    visit = change(support, "Priority", "Medium")
    assert labelled(visit.selectbox, "Assignee").options[0] == "Brian and Sandra (as now)"
    assert support.entries()[0].payload["user_id"] is None


def test_what_odoo_offers_cannot_be_read_and_the_rest_stays(support: Desk, live_patch: pytest.MonkeyPatch) -> None:
    def down(_view: object, _ticket_id: int) -> None:
        raise OdooUnreachableError(DOWN)

    live_patch.setattr(live, "change_offers", down)
    visit = opened_ticket(support)
    assert "Odoo cannot be reached" in errors(visit)
    assert any("Slow at night" in one.value for one in visit.subheader)
    assert "Stage: In Progress" in said(visit)
    assert "Send" not in {one.label for one in visit.button}


# Writing


SUBJECT = "helpdesk.ticket:2"


@pytest.fixture
def typed(live_patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the field, which has no browser here, be Streamlit's own; what was kept before is forgotten."""
    drafts.forget(SUPPORT.login)

    def field(label: str, key: str, subject: str) -> str:
        text = st.text_area(label, value=drafts.of(subject), key=key)
        drafts.keep(subject, text or "")
        return text or ""

    live_patch.setattr(composer, "field", field)
    yield
    drafts.forget(SUPPORT.login)


def written(support: Desk, text: str, to: str = composer.NOTE) -> AppTest:
    visit = opened_ticket(support)
    if to == composer.NOTE:
        choose(visit, to)
    visit.text_area[0].input(text).run()
    return visit


def choose(visit: AppTest, to: str) -> None:
    key = next(str(one.key) for one in visit.segmented_control if "ticket_say_to" in str(one.key))
    visit.segmented_control(key=key).set_value(to).run()


@pytest.mark.usefixtures("typed")
def test_a_note_is_for_colleagues_and_the_field_is_empty_then(support: Desk) -> None:
    visit = written(support, "Called <him>")
    assert "Only colleagues read it" in said(visit)
    assert not visit.checkbox
    press(visit, "Send")
    assert not visit.exception
    (entry,) = support.entries()
    assert entry.title == "Ticket HT002: internal note"
    sent = {name: entry.payload[name] for name in ("note", "public", "confirmed", "stage_id", "user_id", "priority")}
    assert sent == {"note": "Called <him>", "public": False, "confirmed": False, "stage_id": None, "user_id": None,
                    "priority": None}  # fmt: skip
    assert visit.text_area[0].value == ""
    assert drafts.drafts.of(SUPPORT.login, SUBJECT) == ""


@pytest.mark.usefixtures("typed")
def test_nothing_written_is_said(support: Desk) -> None:
    visit = opened_ticket(support)
    press(visit, "Send")
    assert "it is empty" in errors(visit)
    assert support.entries() == []


@pytest.mark.usefixtures("typed")
def test_an_answer_says_to_whom_and_needs_the_tick(support: Desk) -> None:
    visit = written(support, "We come tomorrow", composer.REPLY)
    assert "Rudo \\<b\\>Ncube\\</b\\>" in said(visit)
    assert "c2@example\\.com" in said(visit)
    assert "Her \\<i\\>Sister\\</i\\>" in said(visit)
    press(visit, "Send")
    assert "nobody is written to by accident" in errors(visit)
    assert support.entries() == []
    labelled(visit.checkbox, "Send this to the customer").check().run()
    press(visit, "Send")
    (entry,) = support.entries()
    sent = [entry.payload[name] for name in ("public", "confirmed", "note", "seen_partner_id")]
    assert sent == [True, True, "We come tomorrow", 2]


@pytest.mark.usefixtures("typed")
@pytest.mark.parametrize(
    ("readers", "reason"),
    [(Readers("Rudo"), "no e-mail address in Odoo"), (Readers(), "no customer in Odoo")],
    ids=["no e-mail", "no customer"],
)
def test_an_answer_that_would_reach_nobody_cannot_be_sent(support: Desk, readers: Readers, reason: str) -> None:
    support.offers = replace(OFFERS, readers=readers)
    visit = opened_ticket(support)
    assert "Only colleagues read it" in said(visit), "so it begins with a note"
    choose(visit, composer.REPLY)
    assert reason in said(visit)
    assert labelled(visit.button, "Send").disabled
    assert not visit.checkbox


@pytest.mark.usefixtures("typed")
def test_who_may_not_write_to_customers_is_offered_notes_only(support: Desk) -> None:
    support.may("ticket")
    visit = opened_ticket(support)
    assert not [one for one in visit.segmented_control if "ticket_say_to" in str(one.key)]
    labelled(visit.selectbox, "Stage").select("Done · e-mails the customer").run()
    assert labelled(visit.button, "Set it and e-mail the customer").disabled
    assert "not among what your role includes" in alerts(visit)


@pytest.mark.usefixtures("typed")
def test_what_was_refused_stays_in_the_field_and_the_second_try_takes_its_place(support: Desk) -> None:
    support.reason = "Odoo refuses: a <channel> is required."
    visit = written(support, "Call him")
    press(visit, "Send")
    assert "a \\<channel\\> is required" in errors(visit)
    assert visit.text_area[0].value == "Call him"
    support.reason = ""
    press(visit, "Send")
    second, first = support.entries()
    assert (first.state, second.state) == ("discarded", "done")


def test_what_is_half_written_is_there_again_for_its_writer_alone(support: Desk) -> None:
    drafts.drafts.keep(SUPPORT.login, SUBJECT, "We come tom")

    def field(visit: AppTest) -> str:
        (one,) = [each for each in visit.get("bidi_component") if "draft" in each.proto.component_name]
        return str(one.proto)

    assert "We come tom" in field(opened_ticket(support))
    support.stage.sign_in(replace(SUPPORT, login="other@staff.example"))
    assert "We come tom" not in field(opened_ticket(support))
    support.stage.sign_in(SUPPORT)
    visit = opened_ticket(support)
    visit.button(key="sign_out").click().run()
    assert drafts.drafts.of(SUPPORT.login, SUBJECT) == ""


# Several at once


def several(support: Desk, live_patch: pytest.MonkeyPatch) -> AppTest:
    """Return a page that has the bar for the tickets 1, 2 and 3 in place of a ticket."""

    def offers(_view: object, ticket_id: int) -> ChangeOffers:
        return replace(OFFERS, now=replace(NOW, ticket_id=ticket_id, label=f"HT00{ticket_id}"))

    live_patch.setattr(live, "change_offers", offers)
    live_patch.setattr(tickets_detail, "draw", lambda view, queue, ticket_id: many.draw(view, (1, 2, 3)))
    return opened_ticket(support)


def test_three_tickets_are_assigned_by_one_choice(support: Desk, live_patch: pytest.MonkeyPatch) -> None:
    visit = several(support, live_patch)
    labelled(visit.selectbox, "Assign to").select("Brian").run()
    assert not visit.exception
    found = [(one.payload["ticket_id"], one.payload["user_id"], one.state) for one in reversed(support.entries())]
    assert found == [(1, BRIAN, "done"), (2, BRIAN, "done"), (3, BRIAN, "done")]
    assert visit.success[0].value == "3 tickets: 3 done"
    assert labelled(visit.selectbox, "Assign to").value is None


def test_what_odoo_does_not_take_of_several_is_told(support: Desk, live_patch: pytest.MonkeyPatch) -> None:
    support.reason, support.refuses = "It is locked.", 2
    visit = several(support, live_patch)
    labelled(visit.selectbox, "Set stage").select("Awaiting").run()
    assert visit.error[0].value.startswith("3 tickets: 2 done, 1 failed: It is locked")
    assert sorted(one.state for one in support.entries()) == ["done", "done", "failed"]


def test_a_stage_that_mails_the_customers_of_several_is_asked_about(
    support: Desk, live_patch: pytest.MonkeyPatch
) -> None:
    visit = several(support, live_patch)
    labelled(visit.selectbox, "Set stage").select("Done · e-mails the customer").run()
    assert support.entries() == []
    press(visit, "Set it and e-mail the customers")
    assert [(one.payload["stage_id"], one.payload["confirmed"]) for one in support.entries()] == [(SOLVED, True)] * 3


def test_what_all_have_already_is_not_sent(support: Desk, live_patch: pytest.MonkeyPatch) -> None:
    visit = several(support, live_patch)
    labelled(visit.selectbox, "Assign to").select("Sandra").run()
    assert support.entries() == []
    assert visit.success[0].value == "3 tickets: 3 done"


# Tasks, which have a state beside their stage


STATES = (State("01_in_progress", "In Progress"), State("03_approved", "Approved"), State("1_done", "Done"),
          State("1_canceled", "Cancelled"))  # fmt: skip
TASK_STAGES = (Stage(NEW, "New"), Stage(WORKING, "In Progress"), Stage(SOLVED, "Solved", marked=True))
TASK = ChangeOffers(
    replace(NOW, state="01_in_progress"), TASK_STAGES, OFFERS.people, PRIORITIES, Readers("Rudo"), STATES
)


def closing(support: Desk, offers: ChangeOffers = TASK) -> AppTest:
    support.offers = offers
    return opened_ticket(support)


def both(visit: AppTest) -> tuple[Any, Any]:
    return labelled(visit.selectbox, "Stage").value, labelled(visit.selectbox, "State").value


def told(visit: AppTest) -> list[str]:
    """Return what is said of closing the ticket or opening it again."""
    icons = (":material/task_alt: ", ":material/undo: ")
    return [one.value.partition(": ")[2] for one in visit.caption if one.value.startswith(icons)]


def sent(support: Desk) -> dict[str, Any]:
    return {name: support.entries()[0].payload[name] for name in ("stage_id", "state", "seen_stage_id", "seen_state")}


def saved(support: Desk, visit: AppTest) -> dict[str, Any]:
    assert support.entries() == [], "what brings another along is asked about"
    press(visit, "Set it in Odoo")
    return sent(support)


def test_a_folded_stage_takes_the_state_along(support: Desk) -> None:
    visit = closing(support)
    assert told(visit) == []
    labelled(visit.selectbox, "Stage").select("Solved").run()
    assert both(visit) == (SOLVED, "1_done")
    assert told(visit) == ["This closes the ticket."]
    seen = {"seen_stage_id": WORKING, "seen_state": "01_in_progress"}
    assert saved(support, visit) == {"stage_id": SOLVED, "state": "1_done"} | seen
    assert support.entries()[0].title == "Ticket HT002: stage, state"


def test_a_closing_state_takes_the_folded_stage_along_and_a_second_thought_goes_back(support: Desk) -> None:
    visit = closing(support)
    labelled(visit.selectbox, "State").select("Cancelled").run()
    assert both(visit) == (SOLVED, "1_canceled")
    labelled(visit.selectbox, "State").select("Approved").run()
    found = sent(support)
    assert (found["stage_id"], found["state"]) == (None, "03_approved"), "back where it stood, and so only the state"
    assert told(visit) == []


def test_one_of_both_alone_is_possible_and_said(support: Desk) -> None:
    visit = closing(support)
    labelled(visit.selectbox, "State").select("Done").run()
    labelled(visit.selectbox, "State").select("In Progress").run()
    assert both(visit) == (WORKING, "01_in_progress"), "where it stood"
    no_folded = replace(TASK, stages=TASK_STAGES[:2])
    visit = closing(support, no_folded)
    labelled(visit.selectbox, "State").select("Done").run()
    assert both(visit) == (WORKING, "1_done")
    assert told(visit) == [
        "This closes the ticket, by its state alone: it stays in the stage In Progress, which is not folded in Odoo."
    ]
    assert saved(support, visit)["state"] == "1_done"


def test_a_closed_task_is_opened_again_by_either(support: Desk) -> None:
    shut = replace(TASK, now=replace(TASK.now, stage_id=SOLVED, state="1_done"))
    for label, choice, found in (
        ("Stage", "In Progress", (WORKING, "01_in_progress")),
        ("State", "In Progress", (NEW, "01_in_progress")),
    ):
        visit = closing(support, shut)
        labelled(visit.selectbox, label).select(choice).run()
        assert both(visit) == found
        assert told(visit) == ["This opens the ticket again."]
    only_moved = replace(TASK, now=replace(TASK.now, stage_id=SOLVED))
    visit = closing(support, only_moved)
    assert told(visit) == ["The ticket stays closed, by the stage Solved alone: its state stays open."]


def test_a_stage_that_leaves_the_state_alone_is_sent_at_once(support: Desk) -> None:
    labelled(closing(support).selectbox, "Stage").select("New").run()
    assert (sent(support)["stage_id"], sent(support)["state"]) == (NEW, "01_in_progress")


def test_without_states_nothing_is_said_of_them(support: Desk) -> None:
    visit = opened_ticket(support)
    assert not [one for one in visit.selectbox if one.label == "State"]
    labelled(visit.selectbox, "Stage").select("Awaiting").run()
    assert told(visit) == []
    assert sent(support) == {"stage_id": ASKED, "state": None, "seen_stage_id": WORKING, "seen_state": ""}


# Who may


@pytest.mark.parametrize("query", [{}, {"ticket": "2"}], ids=["queue", "one ticket"])
def test_roles_without_the_action_are_offered_nothing(support: Desk, query: dict[str, str]) -> None:
    support.stage.sign_in(MANAGER)
    visit = support.stage.open(PAGE, **query)
    assert not visit.exception
    assert not {"New ticket", "Send", "Assign to me"} & {one.label for one in visit.button}
    assert not {"Stage", "Assignee", "Priority"} & {one.label for one in visit.selectbox}
    visit = support.stage.open("customers.py", customer="2", section="Tickets")
    assert "New ticket" not in {one.label for one in visit.button}


def test_what_is_entered_without_the_right_is_refused_and_in_the_trail(support: Desk) -> None:
    support.stage.sign_in(MANAGER)
    for action in ("ticket", "message"):
        with pytest.raises(ForbiddenError):
            submit.submit("form", action, "helpdesk.ticket:2", lambda office, author, *, token: pytest.fail("entered"))
        last = support.stage.audit.read().iloc[0]
        assert (last["event"], last["subject"], last["outcome"]) == (
            "refused",
            f"{action}: helpdesk.ticket:2",
            "refused",
        )
    assert support.entries() == []


def test_a_ticket_of_others_is_neither_read_nor_changed(support: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    own = replace(SUPPORT, login="own@staff.example", user_id=BRIAN, tickets="own")
    support.stage.sign_in(own)
    visit = support.stage.open(PAGE, ticket="2")
    assert "No such ticket" in alerts(visit)
    assert "Send" not in {one.label for one in visit.button}
