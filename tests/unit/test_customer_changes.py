"""Corrections of customers without an Odoo: what is entered, what is written, what is refused, what is looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from odoo_client.actions.customers import CustomerChange, check_change, do_update, subject_of, update_customer
from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author, Entry
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.config import Settings
from odoo_client.errors import (
    ActionRefusedError,
    OdooAccessError,
    OutboxError,
    OutcomePendingError,
    StaleRecordError,
    UnknownOutcomeError,
)
from odoo_client.live.customers import FIELD_NAMES, FIELDS, partner_fields

FIN = Author("fin@staff.example", "Fin")
SEEN = {
    "name": "Rudo Ncube", "email": "rudo@old.example", "phone": "0772 123 456",
    "street": "1 Baines Ave", "street2": "", "city": "Harare", "zip": "",
}  # fmt: skip


@dataclass
class Odoo:
    """One customer in an Odoo that has no mobile; `on_write` may stand in for what happens to a write."""

    values: dict[str, Any] = field(default_factory=lambda: {**SEEN, "street2": False, "zip": False})
    written: list[dict[str, Any]] = field(default_factory=list)
    posted: list[dict[str, Any]] = field(default_factory=list)
    on_write: Callable[[], None] = lambda: None
    writable: bool = True
    gone: bool = False
    version: Any = field(default_factory=lambda: SimpleNamespace(major=19))

    def fields(self, model: str, names: Sequence[str]) -> Mapping[str, Any]:
        return dict.fromkeys(name for name in names if name in self.values)

    def search_read(self, model: str, domain: Any, names: Sequence[str]) -> list[dict[str, Any]]:
        assert (model, domain) == ("res.partner", [["id", "=", 7]])
        return [] if self.gone else [{name: self.values.get(name, "2026-11-01 10:00:00") for name in names}]

    def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        assert (model, list(ids)) == ("res.partner", [7])
        self.on_write()
        self.written.append(dict(values))
        self.values.update(values)

    def may(self, model: str, operation: str) -> bool:
        return self.writable

    def call(self, model: str, method: str, **named: Any) -> Any:
        if method == "message_post":
            self.posted.append(named)
            return [len(self.posted)]
        assert (model, method) == ("mail.message", "search")
        return []


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(Settings(), Outbox(tmp_path / "outbox.sqlite3"))


@pytest.fixture
def odoo() -> Odoo:
    return Odoo()


def change(**values: Any) -> CustomerChange:
    """What the form makes: every field as seen, but for those given."""
    return CustomerChange(7, **{**SEEN, **values}, seen=SEEN, label="Rudo Ncube")  # type: ignore[arg-type]


def job(office: Office, odoo: Odoo, made: CustomerChange, who: Author = FIN) -> Job:
    entry = update_customer(office, who, made)
    return Job(entry, odoo, office.outbox, office.settings)  # type: ignore[arg-type]


def test_an_entry_holds_what_changed_and_what_was_seen(office: Office) -> None:
    poked: list[str] = []
    office = replace(office, poke=lambda: poked.append("x"))
    entry = update_customer(office, FIN, change(email=" rudo@new.example ", city="Bulawayo", name="Rudo Ncube "))
    assert (entry.kind, entry.subject, entry.state) == ("customer_update", subject_of(7), "waiting")
    assert entry.title == "Correct e-mail and city of Rudo Ncube"
    assert entry.payload == {
        "partner_id": 7,
        "label": "Rudo Ncube",
        "values": {"email": "rudo@new.example", "city": "Bulawayo"},
        "seen": {"email": "rudo@old.example", "city": "Harare"},
    }
    assert poked == ["x"]


def test_a_second_click_enters_nothing(office: Office) -> None:
    first = update_customer(office, FIN, change(city="Bulawayo"), token="AFN-1")
    assert update_customer(office, FIN, change(city="Gweru"), token="AFN-1") == first
    assert len(office.outbox.entries()) == 1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Nothing was changed"),
        ({"city": " Harare "}, "Nothing was changed"),
        ({"name": "  "}, "A customer needs a name"),
        ({"email": "rudo"}, "This is no e-mail address"),
        ({"email": "a@b.co, nothing"}, "This is no e-mail address"),
        ({"phone": "12345678"}, "The phone needs 9 to 15 digits"),
        ({"mobile": "0772 12E 456"}, "The mobile needs 9 to 15 digits"),
        ({"street": "x" * 201}, "The street is longer than 200 characters"),
        ({"street2": "a\nb"}, "has line breaks"),
        ({"city": "Hara\x00re"}, "cannot be printed"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_entered(
    office: Office, values: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ActionRefusedError, match=sentence):
        check_change(change(**values))
    with pytest.raises(ActionRefusedError, match=sentence):
        update_customer(office, FIN, change(**values))
    assert not office.outbox.entries()


def test_a_change_of_nobody_is_refused(office: Office) -> None:
    with pytest.raises(ActionRefusedError, match="Choose the customer"):
        update_customer(office, FIN, replace(change(city="Gweru"), partner_id=0))


@pytest.mark.parametrize("values", [{"email": ""}, {"phone": ""}, {"email": "a@b.co; c@d.ef"}, {"phone": "0712345678"}])
def test_fields_may_be_emptied_and_hold_what_the_check_takes(office: Office, values: dict[str, str]) -> None:
    assert update_customer(office, FIN, change(**values)).payload["values"] == values


def test_a_field_left_out_stays_as_it_is(office: Office) -> None:
    made = CustomerChange(7, city="Gweru", seen={"city": "Harare", "name": "Rudo"})
    entry = update_customer(office, FIN, made)
    assert entry.payload["values"] == {"city": "Gweru"}
    assert entry.title == "Correct city of Rudo"


def test_when_the_outbox_cannot_be_written_nothing_is_entered(tmp_path: Path) -> None:
    (tmp_path / "outbox.sqlite3").mkdir()
    with pytest.raises(OutboxError):
        update_customer(Office(Settings(), Outbox(tmp_path / "outbox.sqlite3")), FIN, change(city="Gweru"))


def test_it_has_its_handler() -> None:
    assert HANDLERS["customer_update"] is do_update


def test_only_what_changed_is_written_in_one_call(office: Office, odoo: Odoo) -> None:
    done = do_update(job(office, odoo, change(email="rudo@new.example", city="", name="Rudo Moyo")))
    assert odoo.written == [{"name": "Rudo Moyo", "email": "rudo@new.example", "city": False}]
    assert (done.record.model, done.record.record_id, done.record.label) == ("res.partner", 7, "Rudo Moyo")
    assert done.result == {"fields": ["name", "email", "city"]}
    assert not odoo.posted


def test_what_somebody_changed_meanwhile_is_said_and_not_written(office: Office, odoo: Odoo) -> None:
    entered = job(office, odoo, change(email="rudo@new.example", phone="0712345678", city="Gweru"))
    odoo.values |= {"email": "rudo@other.example", "phone": False}
    with pytest.raises(StaleRecordError) as refused:
        do_update(entered)
    assert str(refused.value) == (
        "Rudo Ncube was changed in Odoo since you read it, the e-mail to rudo@other.example and the phone to nothing; "
        "nothing was written. Read it again, then correct it."
    )
    assert odoo.written == []
    assert office.outbox.steps(entered.token) == {}


def test_what_already_is_as_it_shall_be_is_left_alone(office: Office, odoo: Odoo) -> None:
    entered = job(office, odoo, change(email="rudo@new.example", city="Gweru"))
    odoo.values |= {"email": "rudo@new.example", "zip": "9"}
    do_update(entered)
    assert odoo.written == [{"city": "Gweru"}]
    odoo.values["city"] = "Harare"
    entered = job(office, odoo, change(city="Gweru"))
    odoo.values["city"] = "Gweru"
    do_update(entered)
    assert len(odoo.written) == 1


def test_a_field_that_this_odoo_lacks_is_said(office: Office, odoo: Odoo) -> None:
    with pytest.raises(ActionRefusedError, match="This Odoo has no field for the mobile of a customer"):
        do_update(job(office, odoo, change(mobile="0712345678")))
    assert odoo.written == []


def test_a_customer_that_is_gone_is_said(office: Office, odoo: Odoo) -> None:
    entered = job(office, odoo, change(city="Gweru"))
    odoo.gone = True
    with pytest.raises(ActionRefusedError, match="Rudo Ncube is no longer in Odoo"):
        do_update(entered)


@pytest.mark.parametrize(
    ("writable", "message", "who", "sentence"),
    [
        (False, "", FIN, "Your Odoo account may not change customers: an administrator gives it Contact Creation"),
        (False, "", replace(FIN, on_behalf=True), "The service account may not change customers"),
        (True, "modify 'User' (res.users) records", FIN, "This customer is also an internal user of Odoo: your Odoo"),
        (True, "Uh-oh! A record rule.", FIN, "Your Odoo account may not change this customer: Uh-oh! A record rule."),
    ],
)
def test_a_missing_right_is_told_in_plain_words(
    office: Office, odoo: Odoo, writable: bool, message: str, who: Author, sentence: str
) -> None:
    def refuse() -> None:
        raise OdooAccessError("No.", remote_message=message)

    odoo.on_write, odoo.writable = refuse, writable
    entered = job(office, odoo, change(city="Gweru"), who)
    with pytest.raises(ActionRefusedError) as refused:
        do_update(entered)
    assert str(refused.value).startswith(sentence)
    assert office.outbox.steps(entered.token) == {}


def again(office: Office, odoo: Odoo, entry: Entry) -> Job:
    """The next attempt, as the sender makes it."""
    return Job(office.outbox.get(entry.token), odoo, office.outbox, office.settings)  # type: ignore[arg-type]


def lose() -> None:
    raise UnknownOutcomeError("The answer was lost.")


def assert_found_after_a_lost_answer(office: Office, odoo: Odoo, name: str, typed: str, spelt: str) -> None:
    """A write arrives, spelt as Odoo spells it, and its answer is lost: the next attempt writes nothing."""
    entered = job(office, odoo, change(**{name: typed}))

    def arrive_and_lose() -> None:
        odoo.values[name] = spelt
        lose()

    odoo.on_write = arrive_and_lose
    with pytest.raises(UnknownOutcomeError):
        do_update(entered)
    do_update(again(office, odoo, entered.entry))
    assert odoo.written == []


def test_a_write_whose_answer_was_lost_is_found_and_not_repeated(office: Office, odoo: Odoo) -> None:
    assert_found_after_a_lost_answer(office, odoo, "city", "Gweru", "Gweru")


@pytest.mark.parametrize(
    ("name", "typed", "spelt"),
    [
        ("phone", "077 999 8888", "+263 77 999 8888"),
        ("phone", "+263779998888", "+263 77 999 8888"),
        ("email", "Rudo@New.example; b@c.example", "b@c.example, rudo@new.example"),
    ],
)
def test_what_odoo_spelt_its_own_way_is_found_after_a_lost_answer(
    office: Office, odoo: Odoo, name: str, typed: str, spelt: str
) -> None:
    assert_found_after_a_lost_answer(office, odoo, name, typed, spelt)


@pytest.mark.parametrize(
    ("name", "typed", "stands"),
    [
        ("phone", "+263 77 212 3456", "0772 123 456"),
        ("email", "RUDO@old.example", "rudo@old.example"),
        ("phone", "077 999 8888", "077 999 8889"),
        ("phone", "", "0772 123 456"),
        ("name", "RUDO NCUBE", "Rudo ncube"),
    ],
)
def test_another_value_or_the_spelling_that_was_to_be_corrected_has_not_arrived(
    office: Office, odoo: Odoo, name: str, typed: str, stands: str
) -> None:
    entered = job(office, odoo, change(**{name: typed}))
    odoo.on_write = lose
    with pytest.raises(UnknownOutcomeError):
        do_update(entered)
    odoo.values[name] = stands
    odoo.on_write = lambda: None
    with pytest.raises(OutcomePendingError):
        do_update(again(office, odoo, entered.entry))


def test_a_write_that_never_arrived_is_sent_again_only_when_odoo_can_no_longer_be_at_it(
    office: Office, odoo: Odoo
) -> None:
    now = [1000.0]
    office.outbox.clock = lambda: now[0]
    entered = job(office, odoo, change(city="Gweru"))
    odoo.on_write = lose
    with pytest.raises(UnknownOutcomeError):
        do_update(entered)
    odoo.on_write = lambda: None
    with pytest.raises(OutcomePendingError):
        do_update(again(office, odoo, entered.entry))
    assert odoo.written == []
    now[0] += office.settings.odoo_longest_call_s + 1
    # Meanwhile somebody else has changed it: theirs stays.
    odoo.values["city"] = "Mutare"
    with pytest.raises(StaleRecordError):
        do_update(again(office, odoo, entered.entry))
    odoo.values["city"] = "Harare"
    do_update(again(office, odoo, entered.entry))
    assert odoo.written == [{"city": "Gweru"}]


def test_a_customer_deleted_after_a_lost_answer_ends_as_failed_and_not_as_unknown(office: Office, odoo: Odoo) -> None:
    now = [1000.0]
    office.outbox.clock = lambda: now[0]
    entered = job(office, odoo, change(city="Gweru"))
    odoo.on_write = lose
    with pytest.raises(UnknownOutcomeError):
        do_update(entered)
    odoo.gone = True
    now[0] += office.settings.odoo_longest_call_s + 1
    with pytest.raises(ActionRefusedError, match="no longer in Odoo"):
        do_update(again(office, odoo, entered.entry))
    assert office.outbox.steps(entered.token) == {}


def test_what_the_service_account_writes_is_noted_with_the_person_s_name(office: Office, odoo: Odoo) -> None:
    entered = job(office, odoo, change(email="rudo@new.example"), Author("fin", "F & <b>", on_behalf=True))
    do_update(entered)
    (note,) = odoo.posted
    assert (note["ids"], note["subtype_xmlid"]) == ([7], "mail.mt_note")
    assert "Corrected: e-mail." in note["body"]
    assert f"{entered.token} on behalf of F &amp; &lt;b&gt; (fin)" in note["body"]
    # The customer's data are in Odoo's own note of the change, not in ours.
    assert "rudo@new.example" not in note["body"]


def test_the_present_values_are_texts_of_the_fields_there_are(odoo: Odoo) -> None:
    found = partner_fields(odoo, 7)  # type: ignore[arg-type]
    assert found.values == SEEN
    assert list(found.values) == [name for name in FIELDS if name != "mobile"]
    assert found.write_date == "2026-11-01 10:00:00"
    assert set(FIELD_NAMES) == set(FIELDS)
