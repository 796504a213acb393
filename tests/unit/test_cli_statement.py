"""`python -m odoo_client statement`: a file by its suffix, or one sentence that says what to change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from typer.testing import CliRunner, Result

from odoo_client.cli import main as cli
from odoo_client.demo import DemoServer
from tests.demo_worlds import own

NAMES = ("ODOO_URL", "ODOO_DATABASE", "ODOO_USERNAME", "ODOO_PASSWORD")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.app, ["statement", *map(str, words)])


@pytest.fixture(scope="module")
def server() -> Iterator[DemoServer]:
    with own("19-oca") as running:
        yield running


@pytest.fixture(scope="module")
def stored(server: DemoServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """An Odoo whose copy is stored."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in zip(NAMES, (server.url, server.database, server.login, server.key), strict=True):
            patch.setenv(name, value)
        patch.setenv("CACHE_DIR", str(tmp_path_factory.mktemp("statement") / "cache"))
        patch.setattr(cli.out, "width", 200)
        assert CliRunner().invoke(cli.app, ["sync"]).exit_code == 0
        yield server


@pytest.fixture
def email(stored: DemoServer) -> str:
    """The e-mail of one customer with invoices, that nobody else has."""
    partners = stored.orm.tables["res.partner"]
    emails = [row["email"] for row in partners.values() if row.get("email")]
    moves = stored.orm.tables["account.move"].values()
    billed = (partners[row["partner_id"]] for row in moves if row["move_type"] == "out_invoice" and row["partner_id"])
    return next(row["email"] for row in billed if row.get("email") and emails.count(row["email"]) == 1)


def test_a_pdf_has_the_company_s_letterhead_and_logo(email: str, tmp_path: Path):
    target = tmp_path / "statement.pdf"
    result = run("--customer", email, "--from", "2020-01-01", "--out", target)
    assert result.exit_code == 0, result.output
    page = PdfReader(target).pages[0]
    assert "Statement of account" in page.extract_text()
    assert "AFINET" in page.extract_text()
    assert len(page.images) == 1
    assert str(target) in result.output


def test_a_workbook_and_a_text_come_by_their_suffix(email: str, tmp_path: Path):
    assert run("--customer", email.upper(), "--out", tmp_path / "s.xlsx").exit_code == 0
    assert openpyxl.load_workbook(tmp_path / "s.xlsx").sheetnames == ["Statement", "Open items", "Entries"]
    assert run("--customer", email, "--out", tmp_path / "s.txt").exit_code == 0
    assert (tmp_path / "s.txt").read_text().startswith("Statement of account for ")


def test_without_odoo_the_statement_is_made_without_a_logo_and_that_is_said(
    email: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from odoo_client.errors import OdooUnreachableError
    from odoo_client.rpc import hurried

    def down(_settings: object) -> None:
        raise OdooUnreachableError("Odoo cannot be reached.")

    monkeypatch.setattr(hurried, "connect", down)
    result = run("--customer", email, "--out", tmp_path / "s.pdf")
    assert result.exit_code == 0
    assert "Without the company's logo: Odoo cannot be reached." in result.output
    assert not PdfReader(tmp_path / "s.pdf").pages[0].images


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--customer", "nobody@example.com", "--out", "s.pdf"], "No customer in the stored copy"),
        (["--customer", "x", "--out", "s.doc"], "--out must end in .pdf, .xlsx or .txt"),
        (["--customer", "x", "--out", "nowhere/s.pdf"], "its folder does not exist"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(stored: DemoServer, words: list[str], sentence: str):
    result = run(*words)
    assert result.exit_code == 1
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_a_period_that_ends_before_it_starts_is_one_sentence(email: str, tmp_path: Path):
    period = ("--from", "2026-03-02", "--to", "2026-03-01")
    result = run("--customer", email, *period, "--out", tmp_path / "s.pdf")
    assert result.exit_code == 1
    assert "--from 2026-03-02 is after --to 2026-03-01" in result.output


def test_several_customers_with_one_email_are_listed(stored: DemoServer, tmp_path: Path):
    partners = stored.orm.tables["res.partner"].values()
    owners: dict[str, set[int]] = {}
    for row in partners:
        if row.get("email"):
            owners.setdefault(row["email"].lower(), set()).add(row["commercial_partner_id"])
    shared = next(email for email, found in owners.items() if len(found) > 1)
    result = run("--customer", shared, "--out", tmp_path / "s.pdf")
    assert result.exit_code == 1
    assert "Odoo id" in result.output


def test_without_a_stored_copy_it_says_to_sync_first(
    server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, value in zip(NAMES, (server.url, server.database, server.login, server.key), strict=True):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "empty"))
    result = run("--customer", "x", "--out", tmp_path / "s.pdf")
    assert result.exit_code == 1
    assert "python -m odoo_client sync" in result.output
