"""Reads on demand: a ticket's conversation as text, its files, and one sentence for whatever goes wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.errors import (
    AfinetError,
    MissingModelError,
    MissingRecordError,
    OdooAccessError,
    OdooTimeoutError,
    OdooUnreachableError,
    OdooUserError,
)
from odoo_client.live import conversations
from odoo_client.rpc import hurried
from tests.demo_worlds import TODAY, own

TICKET = 700
PUBLIC, NOTE = 1, 2


EVERY_HELPDESK = pytest.mark.parametrize("server", ["19-oca", "14-oca", "18-enterprise", "14-community"], indirect=True)


@pytest.fixture(params=["19-oca"])
def server(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    """A server whose ticket TICKET has a conversation written here."""
    with own(request.param, TODAY) as running:
        write(running)
        yield running


@pytest.fixture
def settings(server: DemoServer) -> Settings:
    return demo_settings(Settings(), server)


def model_of(server: DemoServer) -> str:
    return "helpdesk.ticket" if "helpdesk.ticket" in server.orm.models else "project.task"


def write(server: DemoServer) -> None:
    orm, model = server.orm, model_of(server)
    for key in [key for key, row in orm.tables["mail.message"].items() if row["res_id"] == TICKET]:
        orm.unlink("mail.message", [key])
    agent, robot = 6, 2
    customer = next(key for key, row in orm.tables["res.partner"].items() if row.get("customer_rank"))
    file = orm.create(
        "ir.attachment", {"name": "speed.pdf", "type": "binary", "file_size": 5, "mimetype": "application/pdf"}
    )
    orm.tables["ir.attachment"][file]["datas"] = "aGVsbG8="
    for moment, author, kind, subtype, body, files in (
        ("2026-11-02 08:00:00", customer, "email", PUBLIC, "<p>Down <b>again</b></p><script>alert(1)</script>", [file]),
        ("2026-11-02 08:00:05", robot, "notification", PUBLIC, "<p>We received it.</p>", []),
        ("2026-11-02 09:00:00", agent, "comment", NOTE, "<p>Port is dead</p>", []),
        ("2026-11-02 10:00:00", agent, "comment", PUBLIC, "<p>Tomorrow.</p>", []),
        ("2026-11-02 11:00:00", None, "email", PUBLIC, "<p>Who is this?</p>", []),
        ("2026-11-02 12:00:00", agent, "comment", None, "<p>Log note</p>", []),
        ("2026-11-02 12:30:00", robot, "notification", NOTE, "", []),
    ):
        row: dict[str, Any] = {"model": model, "res_id": TICKET, "date": moment, "author_id": author, "body": body}
        row |= {
            "message_type": kind,
            "subtype_id": subtype,
            "email_from": "x@y.example",
            "attachment_ids": [[6, 0, files]],
        }
        orm.create("mail.message", row)
    orm.write(model, [TICKET], {"description": "<p>Line<br>down</p><style>p{}</style>"})


@EVERY_HELPDESK
def test_a_conversation_is_text_with_who_wrote_it_when_and_for_whom(server: DemoServer, settings: Settings):
    with hurried.connect(settings) as client:
        found = conversations.conversation(client, model_of(server), TICKET)
    assert found.description == "Line\ndown"
    said = [(one.text, one.public, one.by_staff, one.automatic) for one in found.messages]
    assert said == [
        ("Down again", True, False, False),
        ("We received it.", True, False, True),
        ("Port is dead", False, True, False),
        ("Tomorrow.", True, True, False),
        ("Who is this?", True, False, False),
        ("Log note", False, True, False),
    ]
    assert found.messages[0].moment.isoformat() == "2026-11-02T08:00:00+00:00"
    assert found.messages[4].author == "x@y.example"
    assert found.messages[3].author == server.orm.tables["res.partner"][6]["name"]
    assert [file.name for file in found.messages[0].attachments] == ["speed.pdf"]
    assert "speed.pdf" in [file.name for file in found.attachments]
    assert not found.cut


@EVERY_HELPDESK
def test_a_file_is_listed_without_its_content_and_read_when_asked_for(server: DemoServer, settings: Settings):
    with hurried.connect(settings) as client:
        found = conversations.conversation(client, model_of(server), TICKET)
        file = found.messages[0].attachments[0]
        assert (file.name, file.size_bytes, file.mimetype) == ("speed.pdf", 5, "application/pdf")
        assert conversations.attachment_content(client, file, 10) == b"hello"
        with pytest.raises(OdooUserError, match="larger than"):
            conversations.attachment_content(client, file, 4)
        with pytest.raises(MissingRecordError):
            conversations.attachment_content(client, conversations.Attachment(987_654, "gone.pdf", 1, ""), 10)


def test_only_the_newest_messages_of_a_mail_loop_are_read(
    server: DemoServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(conversations, "MAX_MESSAGES", 3)
    with hurried.connect(settings) as client:
        found = conversations.conversation(client, model_of(server), TICKET)
    assert found.cut
    assert [one.text for one in found.messages] == ["Who is this?", "Log note"]


def test_a_ticket_that_is_gone_is_a_sentence(server: DemoServer, settings: Settings):
    with hurried.connect(settings) as client, pytest.raises(MissingRecordError, match="no longer has this ticket"):
        conversations.conversation(client, model_of(server), 987_654)


def test_without_the_right_the_sentence_says_so(server: DemoServer, settings: Settings):
    with hurried.connect(settings) as client:
        server.deny("mail.message")
        with pytest.raises(OdooAccessError):
            conversations.conversation(client, model_of(server), TICKET)


def test_an_uninstalled_helpdesk_is_a_sentence(server: DemoServer, settings: Settings):
    with hurried.connect(settings) as client, pytest.raises(MissingModelError):
        conversations.conversation(client, "no.such.model", TICKET)


def test_odoo_down_is_said_at_once(server: DemoServer, settings: Settings):
    with hurried.connect(settings) as client:
        server.stop()
        started = time.monotonic()
        with pytest.raises(OdooUnreachableError):
            conversations.conversation(client, model_of(server), TICKET)
        assert time.monotonic() - started < 5
        with pytest.raises(OdooUnreachableError):
            hurried.connect(settings)


def test_a_silent_odoo_is_given_up_after_the_set_time_and_not_asked_again(server: DemoServer, settings: Settings):
    impatient = settings.model_copy(update={"live_timeout_s": 0.5})
    with hurried.connect(impatient) as client:
        server.fail_with(model=model_of(server), hang_s=30, times=5)
        started = time.monotonic()
        with pytest.raises(OdooTimeoutError) as caught:
            conversations.conversation(client, model_of(server), TICKET)
        assert time.monotonic() - started < 3
    assert isinstance(caught.value, AfinetError)
    assert "Traceback" not in caught.value.sentence


@pytest.mark.parametrize(
    ("source", "model"),
    [
        ("OCA helpdesk", "helpdesk.ticket"),
        ("Odoo Helpdesk", "helpdesk.ticket"),
        ("Project tasks", "project.task"),
        ("", ""),
    ],
)
def test_the_model_follows_from_where_the_snapshot_read_its_tickets(source: str, model: str):
    assert conversations.ticket_model(source) == model


def test_of_many_notes_the_newest_are_read_and_it_is_said_that_there_are_more(
    server: DemoServer, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(conversations, "MAX_NOTES", 1)
    with hurried.connect(settings) as client:
        found = conversations.notes(client, model_of(server), TICKET)
        assert [one.text for one in found.messages] == ["Log note"]
        assert found.cut
        monkeypatch.setattr(conversations, "MAX_NOTES", 2)
        found = conversations.notes(client, model_of(server), TICKET)
        assert [one.text for one in found.messages] == ["Log note", "Port is dead"]
        assert not found.cut
