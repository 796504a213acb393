"""`python -m odoo_client link`: one match is linked, several are listed, and everything is in the audit trail."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from odoo_client.cli import link as cli_link
from odoo_client.cli import main as cli
from odoo_client.config import load_settings
from odoo_client.people.audit import AuditLog
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.background import store_for
from tests.builders import Ledger

NAMES = {"ODOO_URL": "http://127.0.0.1:9", "ODOO_DATABASE": "provider", "ODOO_USERNAME": "reader@x.zw"}


def books() -> Snapshot:
    book = Ledger()
    book.customer(1, "Tendai Moyo", email="T.Moyo@Example.com", ref="AF1", city="Harare")
    book.customer(2, "Archived Moyo", email="t.moyo@example.com", active=False)
    book.customer(3, "Holdings", email="info@holdings.example")
    book.customer(4, "Clerk", email="clerk@holdings.example", commercial_partner_id=3)
    return book.snapshot()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of somebody whose Odoo has been read before, and is down."""
    for name, value in (NAMES | {"ODOO_PASSWORD": "key"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(cli.out, "width", 200)
    monkeypatch.setattr(cli_link, "system_user", lambda: "farai")
    store = store_for(load_settings())
    store.write(books())
    store.close()
    return tmp_path / "data"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["link", *words])


def trail(place: Path) -> pd.DataFrame:
    return AuditLog(place / "audit.sqlite3").read()


def test_the_one_customer_with_the_e_mail_is_linked(place: Path) -> None:
    result = run("--portal-id", "P-1", "--email", "CLERK@holdings.example")
    assert result.exit_code == 0
    assert "P-1 (CLERK@holdings.example) is linked to Holdings (Odoo id 3, by its contact Clerk)." in result.output
    shown = run("--list")
    assert shown.exit_code == 0
    assert "P-1  CLERK@holdings.example  Holdings (Odoo id 3)" in shown.output
    assert "farai (command line)" in shown.output
    last = trail(place).iloc[0]
    assert (last["event"], last["login"], last["outcome"]) == ("write", "reader@x.zw", "done")
    assert last["subject"] == "link portal account P-1 to res.partner:3, by farai (command line)"


def test_several_matches_are_listed_with_their_ids_and_nothing_is_linked(place: Path) -> None:
    result = run("--portal-id", "P-1", "--email", "t.moyo@example.com")
    assert result.exit_code == 1
    assert "Tendai Moyo (Odoo id 1, AF1, Harare); Archived Moyo (Odoo id 2, archived)" in result.output
    assert "--partner" in result.output
    assert "No portal account is linked." in run("--list").output
    assert trail(place).empty
    chosen = run("--portal-id", "P-1", "--email", "t.moyo@example.com", "--partner", "2")
    assert chosen.exit_code == 0
    assert "Archived Moyo is archived in Odoo." in chosen.output


def test_no_match_is_a_sentence(place: Path) -> None:
    result = run("--portal-id", "P-1", "--email", "nobody@example.com")
    assert result.exit_code == 1
    assert "No customer in the stored copy has the e-mail nobody@example.com" in result.output


def test_what_is_linked_already_is_refused_and_that_is_in_the_trail(place: Path) -> None:
    assert run("--portal-id", "P-1", "--email", "info@holdings.example").exit_code == 0
    result = run("--portal-id", "P-1", "--email", "t.moyo@example.com", "--partner", "1")
    assert result.exit_code == 1
    assert "undo that link first" in result.output
    assert trail(place)["outcome"].tolist() == ["refused", "done", "done"]


def test_a_link_is_undone_with_a_reason_only(place: Path) -> None:
    run("--portal-id", "P-1", "--email", "info@holdings.example")
    refused = run("--portal-id", "P-1", "--undo")
    assert refused.exit_code == 1
    assert "Say why" in refused.output
    done = run("--portal-id", "P-1", "--undo", "--reason", "sold")
    assert done.exit_code == 0
    assert "The link of P-1 (info@holdings.example) to Odoo id 3 is undone." in done.output
    assert run("--list").output.strip() == "No portal account is linked."


def test_the_mapping_is_written_as_csv(place: Path, tmp_path: Path) -> None:
    run("--portal-id", "P-1", "--email", "info@holdings.example")
    path = tmp_path / "links.csv"
    result = run("--csv", str(path))
    assert result.exit_code == 0
    written = pd.read_csv(path)
    assert written[["portal_id", "email", "odoo_partner_id", "linked_by"]].to_numpy().tolist() == [
        ["P-1", "info@holdings.example", 3, "reader@x.zw"]
    ]
    last = trail(place).iloc[0]
    assert (last["event"], last["rows"]) == ("export", 1)
    nowhere = run("--csv", str(tmp_path / "missing" / "links.csv"))
    assert nowhere.exit_code == 1
    assert "cannot be written" in nowhere.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "Name the portal account by --portal-id"),
        (("--portal-id", "P-1"), "Give the portal account's e-mail by --email"),
        (("--email", "a@b.co"), "Name the portal account by --portal-id"),
        (("--portal-id", "P-1", "--list"), "leave out the other options"),
        (("--portal-id", "P-1", "--undo", "--email", "a@b.co"), "--undo needs --portal-id and --reason only"),
        (("--portal-id", "P 1", "--email", "info@holdings.example"), "A portal id has 1 to 64 characters"),
        (("--portal-id", "P-1", "--email", "a@b.co", "--partner", "4"), "Clerk is a contact of Holdings (Odoo id 3)"),
        (("--portal-id", "P-1", "--email", "a@b.co", "--partner", "99"), "There is no customer 99"),
    ],
)
def test_options_that_make_no_sense_are_a_sentence(place: Path, words: tuple[str, ...], sentence: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_before_the_first_sync_it_says_so(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "other"))
    result = run("--portal-id", "P-1", "--email", "info@holdings.example")
    assert result.exit_code == 1
    assert "Nothing is stored yet" in result.output


def test_what_is_linked_is_shown_even_without_a_stored_copy(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("--portal-id", "P-1", "--email", "info@holdings.example")
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "other"))
    shown = run("--list")
    assert shown.exit_code == 0
    assert "not in the stored copy (Odoo id 3)" in shown.output


@pytest.mark.usefixtures("short_demo")
def test_the_demo_keeps_its_links_among_its_own_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMES, "ODOO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(cli.out, "width", 200)
    result = run("--portal-id", "P-1", "--email", "nobody@nowhere.example")
    assert result.exit_code == 1
    assert "No customer in the stored copy" in result.output
    assert "No portal account is linked." in run("--list").output
    assert not (tmp_path / "data").exists()


def test_a_user_without_a_name_is_still_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    def nameless() -> str:
        raise OSError("no entry")

    monkeypatch.setattr(cli_link.getpass, "getuser", nameless)
    assert cli_link.system_user().startswith("user ")
