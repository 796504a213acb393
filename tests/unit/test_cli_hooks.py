"""`hooks` at a terminal: what is missing is one sentence each, before anything is written into Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from odoo_client.actions.hook_rules import HookRule
from odoo_client.cli import hooks as cli_hooks
from odoo_client.cli import main as cli
from odoo_client.config import Settings
from odoo_client.demo import DemoServer
from odoo_client.endpoints.hooks import PATH
from tests.demo_worlds import own

SECRET, OLD = "n0body-guesses-" * 3, "and-not-th1s-" * 3
ADDRESS = "https://dashboard.example.com"
ASKED = ("--install", "--url", ADDRESS)


@pytest.fixture(scope="module", params=["16-oca", "19-oca"])
def server(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    with own(request.param) as running:
        yield running


@pytest.fixture
def connected(server: DemoServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoServer:
    """The environment of somebody whose Odoo is the demo server."""
    account = {"URL": server.url, "DATABASE": server.database, "USERNAME": server.login, "PASSWORD": server.key}
    for name, value in (account | {"HOOK_SECRET": SECRET}).items():
        monkeypatch.setenv(f"ODOO_{name}", value)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setattr(cli.err, "width", 500)
    return server


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli.app, ["hooks", *words], input=typed)


def said(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert SECRET not in result.output
    assert "Traceback" not in result.output
    return result.output


@pytest.mark.parametrize("words", [(), ASKED, ("--remove",)])
def test_an_odoo_without_webhooks_or_their_module_is_said(connected: DemoServer, words: tuple[str, ...]) -> None:
    output = said(run(*words))
    if connected.profile.major == 16:
        assert "Odoo 16.0 has no webhooks" in output
        assert "asking it every 30 s does it" in output
    else:
        assert "base_automation) is not installed" in output


def test_without_a_secret_nothing_is_installed(connected: DemoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ODOO_HOOK_SECRET")
    assert "openssl rand -hex 32" in said(run(*ASKED))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--install",), "--install needs --url"),
        (("--url", ADDRESS), "--install needs --url"),
        (("--install", "--remove", "--url", ADDRESS), "one at a time"),
        (("--install", "--url", "dashboard.example.com"), "--url is no address"),
        (("--install", "--url", "https://bot:key@dashboard.example.com"), "--url is no address"),
        (("--install", "--url", f"{ADDRESS}/overview"), "--url has a path"),
        (("--install", "--url", "http://dashboard.example.com"), "--url is not https"),
    ],
)
def test_options_that_do_not_do_are_a_sentence(connected: DemoServer, words: tuple[str, ...], sentence: str) -> None:
    assert sentence in said(run(*words))


def test_an_administrator_s_key_is_typed_and_a_wrong_one_is_said(connected: DemoServer) -> None:
    output = said(run(*ASKED, "--login", connected.login, typed="a-wrong-and-secret-key\n"))
    assert "a-wrong-and-secret-key" not in output
    assert "No password or key was given" in said(run(*ASKED, "--login", connected.login))


def test_the_demo_has_no_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ODOO_URL", "ODOO_DATABASE", "ODOO_USERNAME", "ODOO_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CACHE_DIR", str(tmp_path))
    assert "This is the demo" in said(run())


@pytest.mark.parametrize(
    ("url", "active", "state"),
    [
        (f"{ADDRESS}{PATH}/{SECRET}", True, f"posts to {ADDRESS} with the secret"),
        (f"{ADDRESS}{PATH}/{OLD}", True, f"posts to {ADDRESS} with the old secret"),
        (f"{ADDRESS}{PATH}/other", True, f"posts to {ADDRESS} with a secret that is not ours"),
        (f"{ADDRESS}{PATH}/", True, "posts elsewhere"),
        ("https://other.example.com/x", True, "posts elsewhere"),
        ("", True, "posts elsewhere"),
        (f"{ADDRESS}{PATH}/{SECRET}", False, "switched off in Odoo"),
    ],
)
def test_a_rule_is_told_without_its_secret(url: str, active: bool, state: str) -> None:
    settings = Settings(odoo_hook_secret=SECRET, odoo_hook_secret_old=OLD)
    rule = HookRule(1, "account.move", ("amount_residual", "state"), active, url, (1,))
    assert cli_hooks._lines([rule], settings) == [f"account.move: {state}; told of amount_residual, state"]
