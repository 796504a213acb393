"""`outbox` at a terminal: what waits is listed, sent again as its author, or discarded with a reason."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from odoo_client.actions.outbox.entry import KINDS, Author, Done, Entry, FileRef, Record
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.portal_links import LinkStore
from odoo_client.cli import main as cli
from odoo_client.cli import outbox as cli_outbox
from odoo_client.demo import DemoServer
from odoo_client.demo.business.accounts import DEMO_KEY, DEMO_LOGIN, LIMITED_KEY, LIMITED_LOGIN
from odoo_client.errors import ForbiddenError, OdooUserError, OutboxError, SignInError, UnknownOutcomeError
from odoo_client.people.audit import AuditLog
from tests.demo_worlds import own

SELLER = Author(LIMITED_LOGIN, "Sal Seller")
CHIEF = Author(DEMO_LOGIN, "Chief")
NAMES = ("ODOO_URL", "ODOO_DATABASE", "ODOO_USERNAME", "ODOO_PASSWORD")


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with own("19-oca") as running:
        yield running


class Desk:
    """A terminal before the demo's Odoo: its outbox and trail, what the handlers do, and whose connection they got."""

    def __init__(self, folder: Path, server: DemoServer) -> None:
        self.server = server
        self.outbox = Outbox(folder / "outbox.sqlite3")
        self.audit = AuditLog(folder / "audit.sqlite3")
        self.error: Exception | None = None
        self.sent: list[tuple[str, int]] = []

    def handle(self, job: Job) -> Done:
        self.sent.append((job.entry.title, job.client.uid))
        if self.error is not None:
            raise self.error
        return Done(Record("res.partner", 7, "Tendai Moyo"))

    def enter(self, author: Author = SELLER, title: str = "Correct the e-mail", **more: Any) -> Entry:
        return self.outbox.add("customer_update", author, title=title, payload={"email": "typed@example.com"}, **more)

    def failed(self, author: Author = SELLER, reason: str = "No right.", **more: Any) -> Entry:
        entry = self.enter(author, **more)
        self.outbox.change(entry.token, "failed", reason=reason)
        return self.outbox.get(entry.token)

    def state(self, entry: Entry) -> str:
        return self.outbox.get(entry.token).state

    def trail(self) -> list[tuple[str, str, str, str]]:
        found = self.audit.read()
        return list(zip(found["event"], found["login"], found["subject"], found["outcome"], strict=True))


@pytest.fixture
def desk(server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    values = (server.url, server.database, server.login, server.key)
    for name, value in zip(NAMES, values, strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("ODOO_LONGEST_CALL_S", "1")
    monkeypatch.setattr(cli.out, "width", 200)
    monkeypatch.setattr(cli_outbox.getpass, "getuser", lambda: "operator")
    server.accounts[LIMITED_LOGIN].groups.add("base.group_partner_manager")
    made = Desk(tmp_path / "data", server)
    monkeypatch.setattr(cli_outbox, "HANDLERS", dict.fromkeys(KINDS, made.handle))
    return made


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli.app, ["outbox", *words], input=typed)


# The list


def test_what_is_open_or_failed_is_listed_and_the_rest_on_request(desk: Desk) -> None:
    done, discarded = desk.enter(title="Done one"), desk.enter(title="Given up one")
    desk.outbox.change(done.token, "done", record=Record("res.partner", 7, "Tendai Moyo"))
    desk.outbox.discard(discarded.token, SELLER.login, "entered twice")
    failed, waiting = desk.failed(reason="No right to it."), desk.enter(CHIEF, "Waiting one")
    result = run()
    assert result.exit_code == 0
    first, second = result.output.strip().splitlines()
    assert "Waiting  Waiting one  by Chief" in first
    assert waiting.token in first
    assert "Failed  Correct the e-mail: No right to it.  by Sal Seller" in second
    assert failed.token in second
    everything = run("--all").output.strip().splitlines()
    assert len(everything) == 4
    assert "Discarded  Given up one: entered twice" in everything[2]
    assert "Done  Done one (Tendai Moyo)" in everything[3]


def test_the_list_as_json_has_every_entry_and_nothing_typed_into_it(desk: Desk) -> None:
    file = FileRef("ab" * 32, "proof.pdf", "application/pdf", 4)
    entry = desk.enter(file=file, content=b"%PDF")
    desk.outbox.change(entry.token, "unknown", reason="Lost.", next_s=entry.created_s + 5)
    result = run("--json")
    [one] = json.loads(result.output)
    assert (one["token"], one["kind"], one["state"], one["reason"]) == (
        *(entry.token, "customer_update", "unknown", "Lost."),
    )
    assert (one["login"], one["name"], one["record"]) == (SELLER.login, SELLER.name, None)
    assert one["file"] == {"name": "proof.pdf", "bytes": 4, "sha256": "ab" * 32}
    assert datetime.fromisoformat(one["next"]) > datetime.fromisoformat(one["entered"])
    assert "typed@example.com" not in result.output
    desk.outbox.change(entry.token, "done", record=Record("res.partner", 7, "Tendai"))
    assert json.loads(run("--json").output) == []
    [one] = json.loads(run("--json", "--all").output)
    assert one["record"] == {"model": "res.partner", "id": 7, "label": "Tendai"}


def test_an_empty_outbox_is_a_sentence_and_looking_makes_no_file(desk: Desk) -> None:
    assert "No entry waits or has failed." in run().output
    assert "No entries." in run("--all").output
    assert json.loads(run("--json").output) == []
    assert not desk.outbox.path.exists()
    result = run("--discard", "AFN-NONE", "--reason", "x")
    assert result.exit_code == 1
    assert "has no entry AFN-NONE" in result.output
    assert not desk.outbox.path.exists()


# Discard


def test_a_discard_keeps_its_reason_and_is_in_the_trail(desk: Desk) -> None:
    entry = desk.failed()
    result = run("--discard", f" {entry.token.lower()} ", "--reason", "done by hand in Odoo")
    assert result.exit_code == 0
    assert "Discarded: Correct the e-mail." in result.output
    found = desk.outbox.get(entry.token)
    assert (found.state, found.reason) == ("discarded", "done by hand in Odoo")
    assert desk.trail() == [("write", "operator (terminal)", f"outbox discard: customer_update {entry.token}", "done")]


def test_a_discard_without_a_reason_or_with_an_open_outcome_is_refused(desk: Desk) -> None:
    entry = desk.failed()
    for words in ([], ["--reason", "  "]):
        result = run("--discard", entry.token, *words)
        assert result.exit_code == 1
        assert "Say why" in result.output
    assert desk.trail() == []
    desk.outbox.put_steps(entry.token, {"write": {"began_s": 1.0}})
    desk.outbox.change(entry.token, "unknown")
    result = run("--discard", entry.token, "--reason", "x")
    assert result.exit_code == 1
    assert "cannot be discarded now" in result.output
    assert desk.state(entry) == "unknown"


def test_nothing_is_discarded_that_cannot_be_written_down(desk: Desk) -> None:
    entry = desk.failed()
    desk.audit.path.mkdir()
    result = run("--discard", entry.token, "--reason", "x")
    assert result.exit_code == 1
    assert "audit trail" in result.output
    assert desk.state(entry) == "failed"


# Again


def test_a_retry_sends_as_the_author_with_the_key_from_standard_input(desk: Desk) -> None:
    entry = desk.failed()
    result = run("--retry", entry.token, typed=f"{LIMITED_KEY}\n")
    assert result.exit_code == 0, result.output
    assert "Done  Correct the e-mail (Tendai Moyo)" in result.output
    assert desk.sent == [("Correct the e-mail", desk.server.accounts[LIMITED_LOGIN].uid)]
    assert desk.state(entry) == "done"
    assert LIMITED_KEY not in result.output
    assert desk.trail() == [
        ("write", SELLER.login, f"customer_update: {entry.token} {entry.token}", "done"),
        ("write", SELLER.login, f"outbox retry: customer_update {entry.token}", "done"),
    ]
    assert desk.outbox.history(entry.token)[2][1:] == ("waiting", "", SELLER.login)


def test_a_retry_sends_what_else_of_the_author_is_due_and_nobody_else_s(desk: Desk) -> None:
    first = desk.enter(title="First")
    desk.outbox.hold(SELLER.login, first.created_s + 3600, "Needs Sal Seller to sign in.")
    theirs, entry = desk.enter(CHIEF, "Theirs"), desk.failed(title="Second")
    left = desk.failed(title="Left alone")
    result = run("--retry", entry.token, typed=LIMITED_KEY)
    assert result.exit_code == 0, result.output
    assert [title for title, _uid in desk.sent] == ["First", "Second"]
    assert [line.strip() for line in result.output.splitlines()] == [
        "Done  First (Tendai Moyo)",
        "Done  Second (Tendai Moyo)",
    ]
    assert (desk.state(theirs), desk.state(left)) == ("waiting", "failed")


def test_a_retry_that_odoo_refuses_says_why_and_is_no_success(desk: Desk) -> None:
    desk.error = OdooUserError("The e-mail is not one.")
    entry = desk.failed()
    result = run("--retry", entry.token, typed=LIMITED_KEY)
    assert result.exit_code == 1
    assert "Failed  Correct the e-mail: The e-mail is not one." in result.output
    assert desk.state(entry) == "failed"


def test_a_wrong_key_sends_nothing_changes_nothing_and_is_in_the_trail(desk: Desk) -> None:
    entry = desk.failed()
    result = run("--retry", entry.token, typed="not the key\n")
    assert result.exit_code == 1
    assert "Odoo did not accept this login" in result.output
    assert "not the key" not in result.output
    assert (desk.sent, desk.state(entry)) == ([], "failed")
    subject = f"outbox retry: customer_update {entry.token}"
    assert desk.trail() == [("sign-in", SELLER.login, subject, "refused")]


def test_no_key_at_all_is_asked_for_and_nothing_is_sent(desk: Desk) -> None:
    entry = desk.failed()
    result = run("--retry", entry.token)
    assert result.exit_code == 1
    assert "No password or key was given" in result.output
    assert desk.state(entry) == "failed"


@pytest.mark.parametrize("key", [DEMO_KEY, LIMITED_KEY])
def test_another_login_is_refused_whatever_its_key_opens(desk: Desk, key: str) -> None:
    entry = desk.failed()
    result = run("--retry", entry.token, "--login", DEMO_LOGIN, typed=key)
    assert result.exit_code == 1
    assert f"Sal Seller's ({LIMITED_LOGIN}): only their own password or key sends it" in result.output
    assert (desk.sent, desk.state(entry)) == ([], "failed")


def test_the_key_of_another_person_does_not_send_under_the_author_s_login(desk: Desk) -> None:
    entry = desk.failed()
    assert run("--retry", entry.token, typed=DEMO_KEY).exit_code == 1
    assert (desk.sent, desk.state(entry)) == ([], "failed")


def test_a_right_the_author_has_no_more_is_said_and_nothing_is_sent(desk: Desk) -> None:
    entry = desk.outbox.add("payment_approve", SELLER, title="Approve", payload={})
    desk.outbox.change(entry.token, "failed", reason="No.")
    result = run("--retry", entry.token, typed=LIMITED_KEY)
    assert result.exit_code == 1
    assert "does not include this (decide)" in result.output
    assert (desk.sent, desk.state(entry)) == ([], "failed")
    assert desk.trail()[0][0::3] == ("refused", "refused")


def test_an_odoo_that_is_down_leaves_the_entry_as_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOO_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ODOO_CONNECT_TIMEOUT_S", "0.2")
    entry = desk.failed()
    result = run("--retry", entry.token, typed=LIMITED_KEY)
    assert result.exit_code == 1
    assert "127.0.0.1:9" in result.output
    assert desk.state(entry) == "failed"


def test_a_lost_answer_is_looked_up_until_it_is_settled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_outbox, "LOOK_EVERY_S", 0.05)
    calls: list[str] = []

    def handle(job: Job) -> Done:
        def lose() -> int:
            calls.append("sent")
            if len(calls) == 1:
                raise UnknownOutcomeError("Odoo's answer was lost.")
            return 7

        def look() -> None:
            calls.append("looked up")

        job.once("write", lose, look)
        return Done(Record("res.partner", 7, "Tendai Moyo"))

    monkeypatch.setattr(cli_outbox, "HANDLERS", dict.fromkeys(KINDS, handle))
    entry = desk.failed()
    result = run("--retry", entry.token, typed=LIMITED_KEY)
    assert result.exit_code == 0, result.output
    assert "Interrupting this leaves it to the dashboard." in result.output
    assert calls[0] == calls[-1] == "sent"
    assert set(calls[1:-1]) == {"looked up"}
    assert desk.state(entry) == "done"


def test_what_a_killed_program_left_is_looked_up_by_a_retry(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def handle(job: Job) -> Done:
        never: Any = lambda: pytest.fail("sent twice")  # noqa: E731
        return Done(Record("res.partner", job.once("write", never, lambda: 7)))

    monkeypatch.setattr(cli_outbox, "HANDLERS", dict.fromkeys(KINDS, handle))
    entry = desk.enter()
    desk.outbox.put_steps(entry.token, {"write": {"began_s": entry.created_s}})
    desk.outbox.claim(entry.token)
    assert run("--retry", entry.token, typed=LIMITED_KEY).exit_code == 0
    assert desk.outbox.get(entry.token).record == Record("res.partner", 7)


@pytest.mark.parametrize("state", ["done", "discarded"])
def test_what_is_settled_is_not_sent_again(desk: Desk, state: str) -> None:
    entry = desk.enter()
    desk.outbox.change(entry.token, state)
    result = run("--retry", entry.token, typed=LIMITED_KEY)
    assert result.exit_code == 1
    assert f"This entry is {state}: it cannot be sent again" in result.output
    assert desk.sent == []


def test_entries_the_dashboard_is_at_are_left_to_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_outbox, "LANE_WAIT_S", 0.1)
    monkeypatch.setattr(cli_outbox, "LOOK_EVERY_S", 0.02)
    entry = desk.failed()
    sender = cli_outbox.Sender(None, desk.outbox, None, {}, desk.audit)  # type: ignore[arg-type]
    with sender.lane(LIMITED_LOGIN):
        result = run("--retry", entry.token, typed=LIMITED_KEY)
    assert result.exit_code == 1
    assert "Waiting  Correct the e-mail" in result.output
    assert "The running dashboard is at this person's entries" in result.output
    assert desk.sent == []


# Another address


def test_an_outbox_of_another_odoo_is_neither_shown_nor_sent_until_it_is_adopted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = desk.failed()
    assert run().exit_code == 0  # From now on it is this Odoo's.
    monkeypatch.setenv("ODOO_DATABASE", "moved")
    for words in ([], ["--retry", entry.token], ["--discard", entry.token, "--reason", "x"]):
        result = run(*words, typed=LIMITED_KEY)
        assert result.exit_code == 1
        assert "--adopt" in result.output
    assert (desk.sent, desk.state(entry)) == ([], "failed")
    result = run("--adopt")
    assert result.exit_code == 0, result.output
    event, login, subject, outcome = desk.trail()[0]
    assert (event, login, outcome) == ("write", "operator (terminal)", "done")
    assert subject.startswith("outbox adopt: ")
    assert entry.token in run().output


def test_the_portal_links_are_adopted_with_the_outbox_or_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = LinkStore(desk.outbox.path.with_name("links.sqlite3"), odoo="erp at https://elsewhere.example.com")
    assert kept.read("1", order="number") == []
    with pytest.raises(OutboxError, match="are those of erp at"):
        LinkStore(kept.path, odoo="this one").read("1", order="number")
    result = run("--adopt")
    assert result.exit_code == 0, result.output
    assert "The links of portal accounts are those of" in result.output
    assert "The outbox is" not in result.output
    desk.failed()
    result = run("--adopt")
    assert "The outbox is that of" in result.output
    assert "The links of portal accounts are those of" in result.output
    with pytest.raises(OutboxError, match="not of erp at"):
        LinkStore(kept.path, odoo=kept.odoo).read("1", order="number")


def test_there_is_nothing_to_adopt_without_an_outbox_or_in_one_that_cannot_be_used(desk: Desk) -> None:
    result = run("--adopt")
    assert result.exit_code == 1
    assert "nothing to adopt" in result.output
    desk.outbox.path.parent.mkdir()
    desk.outbox.path.write_text("this is no database, and it is long enough to be looked at as one" * 20)
    result = run("--adopt")
    assert result.exit_code == 1
    assert "cannot be written or read" in result.output


# Without passwords of one's own


def test_with_single_sign_on_a_retry_waits_for_its_author_to_sign_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH", "oidc")
    entry = desk.failed(Author(LIMITED_LOGIN, "Sal Seller", on_behalf=True))
    result = run("--retry", entry.token)
    assert result.exit_code == 0, result.output
    assert "sends it when Sal Seller signs in" in result.output
    assert (desk.sent, desk.state(entry)) == ([], "waiting")
    assert desk.trail() == [("write", "operator (terminal)", f"outbox retry: customer_update {entry.token}", "done")]


def test_without_sign_in_the_service_account_sends_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH", "none")
    entry = desk.failed(Author("dashboard", "Dashboard", on_behalf=True))
    result = run("--retry", entry.token)
    assert result.exit_code == 0, result.output
    assert desk.sent == [("Correct the e-mail", desk.server.accounts[DEMO_LOGIN].uid)]
    theirs = desk.failed()
    result = run("--retry", theirs.token)
    assert result.exit_code == 1
    assert "Needs Sal Seller to sign in" in result.output
    assert desk.state(theirs) == "failed"


def test_the_demo_has_no_outbox_at_a_terminal(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    result = run()
    assert result.exit_code == 0
    assert "only while the app runs" in result.output
    for words in (["--retry", "AFN-X"], ["--discard", "AFN-X", "--reason", "x"]):
        result = run(*words)
        assert result.exit_code == 1
        assert "only while the app runs" in result.output


# The terminal


@pytest.mark.parametrize(
    "words",
    [
        ["--retry", "AFN-X", "--discard", "AFN-X"],
        ["--retry", "AFN-X", "--all"],
        ["--discard", "AFN-X", "--json"],
        ["--adopt", "--retry", "AFN-X"],
        ["--reason", "x"],
        ["--login", "x"],
    ],
)
def test_options_that_contradict_are_a_sentence(desk: Desk, words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert "one at a time" in result.output or "goes with" in result.output or "asked for alone" in result.output


def test_no_option_takes_a_password_or_key() -> None:
    command = typer.main.get_command(cli.app).commands["outbox"]  # type: ignore[attr-defined]
    options = {option for parameter in command.params for option in parameter.opts}
    assert options == {"--retry", "--discard", "--reason", "--login", "--all", "--json", "--adopt"}


class Terminal(io.StringIO):
    """Standard input that is a terminal, where nothing may be read but by a prompt."""

    def isatty(self) -> bool:
        return True

    def readline(self, *_args: Any) -> str:
        raise AssertionError("read what was typed from a terminal, in plain sight")


def test_at_a_terminal_login_and_key_are_asked_for_and_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def prompt(text: str, **more: Any) -> str:
        asked.append((text, more))
        return str(more.get("default", "the key"))

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(cli_outbox.typer, "prompt", prompt)
    assert cli_outbox.credentials(SELLER) == (LIMITED_LOGIN, SecretStr("the key"))
    assert [text for text, _more in asked] == ["Odoo login", "Password or API key"]
    assert asked[1][1]["hide_input"] is True
    asked.clear()
    with pytest.raises(ForbiddenError):
        cli_outbox.credentials(SELLER, DEMO_LOGIN)
    assert asked == []


def test_only_line_ends_are_taken_off_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(" my secret \r\nmore\n"))
    assert cli_outbox.credentials(SELLER)[1].get_secret_value() == " my secret "
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    with pytest.raises(SignInError):
        cli_outbox.credentials(SELLER)


def test_a_terminal_of_nobody_known_is_still_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("uid 4711")

    monkeypatch.setattr(cli_outbox.getpass, "getuser", unknown)
    assert cli_outbox.at_the_terminal() == "(terminal)"
