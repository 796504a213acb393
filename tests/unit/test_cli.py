"""The command line: results on standard output, one sentence and a non-zero exit when something is wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from odoo_client.cli import main as cli
from odoo_client.demo import DemoServer
from odoo_client.demo.business.accounts import LIMITED_KEY, LIMITED_LOGIN
from odoo_client.demo.http.server import Failure
from tests.demo_worlds import own

NAMES = ("ODOO_URL", "ODOO_DATABASE", "ODOO_USERNAME", "ODOO_PASSWORD")


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with own("19-oca") as running:
        yield running


@pytest.fixture
def connected(server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoServer:
    """The environment of somebody whose Odoo is the demo server."""
    values = (server.url, server.database, server.login, server.key)
    for name, value in zip(NAMES, values, strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(cli.out, "width", 200)
    return server


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, list(words))


def test_sync_ends_with_what_was_read_and_totals_that_tie(connected: DemoServer):
    result = run("sync")
    assert result.exit_code == 0
    assert "receivable lines" in result.output
    assert "Residual in Odoo" in result.output
    assert "NO" not in result.output.split("Ties")[1]
    beside = [line for line in result.output.splitlines() if "non-trade" in line]
    assert [line.count(amount) for line, amount in zip(beside, ("4,200.00", "1,500.00", "-8,300.00"), strict=True)] == [
        1, 1, 1,
    ]  # fmt: skip
    assert "VAT refund due" in beside[0] or "112000" in beside[0]
    assert "MB received" in result.output
    again = run("sync", "--tickets")
    assert again.exit_code == 0
    assert "changes" in again.output
    assert "kept" in again.output


def test_sync_that_watches_says_what_changed_and_goes_on_after_a_failure(
    connected: DemoServer, monkeypatch: pytest.MonkeyPatch
):
    passes: list[str] = []
    failures: list[Failure] = []

    class Stop(threading.Event):
        """Set after four passes; between them somebody works, and Odoo is away."""

        def wait(self, timeout: float | None = None) -> bool:
            passes.append(f"{timeout:.0f}")
            if len(passes) == 2:
                connected.orm.write("res.partner", [next(iter(connected.orm.tables["res.partner"]))], {"ref": "W-1"})
            if len(passes) == 3:
                failures.append(connected.fail_with(200, body=b"<html>Log in</html>", times=10_000))
            return self.is_set()

        def is_set(self) -> bool:
            return len(passes) == 4

    monkeypatch.setattr(cli.cli_sync, "Event", Stop)
    result = run("sync", "--watch")
    failures[0].times = 0
    assert result.exit_code == 0
    first, second, failed = [line for line in result.output.splitlines() if line[2:3] == ":"]
    assert "rows read" in first
    assert "rows read" in second
    assert int(second.split()[1].replace(",", "")) < int(first.split()[1].replace(",", "")) / 10
    assert "rows read" not in failed


def test_sync_of_one_customer_takes_an_email_and_lists_several(connected: DemoServer):
    assert run("sync").exit_code == 0
    result = run("sync", "--customer", "nobody@example.com")
    assert result.exit_code == 1
    assert "No customer in Odoo has the e-mail nobody@example.com" in result.output
    emails = [row["email"] for row in connected.orm.tables["res.partner"].values() if row.get("email")]
    shared = next(email for email in emails if emails.count(email) > 1)
    several = run("sync", "--customer", shared)
    assert several.exit_code == 1
    assert "Odoo id" in several.output
    single = next(email for email in emails if emails.count(email) == 1)
    assert run("sync", "--customer", single).exit_code == 0


def test_options_that_contradict_are_a_sentence():
    result = run("sync", "--customer", "a@example.com", "--full")
    assert result.exit_code == 1
    assert "--customer reads one customer only" in result.output


def test_partial_settings_name_what_is_missing(connected: DemoServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ODOO_PASSWORD")
    for command in ("sync", "doctor"):
        result = run(command)
        assert result.exit_code == 1
        assert "ODOO_PASSWORD is not set" in result.output
        assert "Traceback" not in result.output


def test_a_wrong_key_is_a_sentence_and_never_shown(connected: DemoServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ODOO_PASSWORD", "a-wrong-and-secret-key")
    for command in ("sync", "doctor"):
        result = run(command)
        assert result.exit_code == 1
        assert "ODOO_PASSWORD" in result.output
        assert "a-wrong-and-secret-key" not in result.output


def test_doctor_tells_protocol_version_modules_clock_companies_and_rights(connected: DemoServer):
    result = run("doctor")
    assert result.exit_code == 0
    for word in ("JSON-2 accepted the key", "Odoo 19.0", "OCA helpdesk", "clock", "Companies: 2 seen", "Snapshot"):
        assert word in result.output
    assert "FAILED" not in result.output
    assert "warning" not in result.output


def test_doctor_warns_of_an_account_that_sees_less_than_there_is(
    connected: DemoServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ODOO_USERNAME", LIMITED_LOGIN)
    monkeypatch.setenv("ODOO_PASSWORD", LIMITED_KEY)
    result = run("doctor")
    assert result.exit_code == 0
    assert "All Documents" in result.output
    assert "account.group_account_readonly" in result.output
    assert "cannot see whether other companies exist" in result.output


def test_doctor_warns_of_a_clock_off_by_an_hour(connected: DemoServer):
    connected.clock_skew_s = 3600
    try:
        assert "warning  Clock" in run("doctor").output
    finally:
        connected.clock_skew_s = 0


def test_doctor_fails_when_nothing_answers(connected: DemoServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ODOO_URL", "http://127.0.0.1:9")
    result = run("doctor")
    assert result.exit_code == 1
    assert "FAILED   Connection" in result.output


@pytest.mark.usefixtures("short_demo")
def test_without_settings_the_commands_work_on_the_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    first = run("doctor").output
    assert "embedded demo" in first
    assert "Snapshot: None yet" in first
    assert run("sync").exit_code == 0
    assert "Snapshot: Taken" in run("doctor").output
    assert [one.name for one in (tmp_path / "cache").iterdir() if one.is_dir()] == ["demo-19-oca"]
