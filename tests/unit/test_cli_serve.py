"""`serve` and `--version`: what Streamlit is started with, what is said before, and no value of a setting in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from odoo_client.cli import main as cli
from odoo_client.cli import serve as cli_serve
from odoo_client.doctor import streamlit_options

ROOT = Path(__file__).parents[2]
Started = list[list[str]]


class LeftError(Exception):
    """The process would be Streamlit's by now."""


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The commands that this process would have become."""
    found: Started = []

    def execute(program: str, command: list[str]) -> None:
        assert program == sys.executable
        found.append(command[1:])
        raise LeftError

    monkeypatch.setattr(cli_serve.os, "execv", execute)
    return found


def serve(*words: str) -> Result:
    return CliRunner().invoke(cli.app, ["serve", *words])


def config(folder: Path, text: str) -> Path:
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text(text)
    return folder


def test_streamlit_is_started_with_the_app(started: Started) -> None:
    result = serve()
    assert isinstance(result.exception, LeftError)
    assert started == [["-P", "-m", "streamlit", "run", str(ROOT / "app.py")]]
    assert result.output == ""


def test_a_port_and_streamlit_s_own_options_go_with_it_in_their_order(started: Started) -> None:
    serve("--server.allowedHosts=a.example.com", "--port", "8600", "--server.headless", "true")
    assert started[0][5:] == ["--server.port=8600", "--server.allowedHosts=a.example.com", "--server.headless", "true"]


def test_a_port_that_is_none_is_refused(started: Started) -> None:
    assert serve("--port", "70000").exit_code == 2
    assert started == []


def test_without_streamlit_a_sentence_says_what_to_do(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_serve.importlib.util, "find_spec", lambda name: None)
    result = serve()
    assert result.exit_code == 1
    assert "Streamlit is not installed" in result.output
    assert started == []


def test_without_the_pages_a_sentence_says_what_to_do(
    started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        streamlit_options, "__file__", str(tmp_path / "odoo_client" / "doctor" / "streamlit_options.py")
    )
    result = serve()
    assert result.exit_code == 1
    assert "pages are not installed" in result.output
    assert started == []


@pytest.mark.parametrize(("installed", "expected"), [(True, "afinet_dashboard"), (False, "")])
def test_what_a_wheel_put_beside_the_client_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: bool, expected: str
) -> None:
    for folder in (tmp_path, *([tmp_path / "afinet_dashboard"] if installed else [])):
        (folder / "pages").mkdir(parents=True)
        (folder / "app.py").touch()
        (folder / "pages" / "main.py").touch()
    monkeypatch.setattr(
        streamlit_options, "__file__", str(tmp_path / "odoo_client" / "doctor" / "streamlit_options.py")
    )
    assert streamlit_options.app_folder() == tmp_path / expected


def test_options_of_this_folder_that_are_not_taken_are_named_without_their_values(
    started: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = config(tmp_path, '[server]\nallowedHosts = ["hidden.example.com"]\nmaxUploadSize = 10\nport = 9\n')
    monkeypatch.chdir(here)
    said = serve().output
    assert "server.allowedHosts" in said
    assert "STREAMLIT_SERVER_ALLOWED_HOSTS" in said
    assert "hidden" not in said
    # One has the same value, the other one the app leaves open.
    assert "maxUploadSize" not in said
    assert "server.port" not in said
    assert len(started) == 1


def test_the_folder_of_the_app_itself_is_no_other_one(tmp_path: Path) -> None:
    here = config(tmp_path, "[server]\nmaxUploadSize = 200\n")
    assert cli_serve.overruled(here, here) == []


def test_the_version_is_told_and_nothing_else() -> None:
    result = CliRunner().invoke(cli.app, ["--version"])
    assert result.exit_code == 0
    assert result.output == f"{cli_serve.version()}\n"


def test_what_is_not_installed_has_no_version(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise cli_serve.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(cli_serve.metadata, "version", missing)
    assert "not installed" in cli_serve.version()


@pytest.fixture
def options(tmp_path: Path) -> Callable[..., streamlit_options.StreamlitOptions]:
    """Options of a user's folder and the app's, as Streamlit takes them."""
    user = config(tmp_path / "user", '[server]\nmaxUploadSize = 200\nport = 9\n[theme.light]\ntextColor = "#000"\n')
    app = config(tmp_path / "app", "[server]\nmaxUploadSize = 10\n")
    return lambda **env: streamlit_options.StreamlitOptions([user, app], env)


def test_the_folder_of_the_app_wins_over_the_user_s(options: Callable[..., streamlit_options.StreamlitOptions]) -> None:
    found = options()
    assert (found.option("server.maxUploadSize"), found.option("server.port")) == (10, 9)
    assert found.option("theme.light.textColor") == "#000"
    assert found.option("client.showErrorDetails") is None


def test_the_environment_wins_and_parts_names_by_blanks(
    options: Callable[..., streamlit_options.StreamlitOptions],
) -> None:
    found = options(STREAMLIT_SERVER_MAX_UPLOAD_SIZE="5", STREAMLIT_SERVER_ALLOWED_HOSTS="a.example b.example")
    assert found.option("server.maxUploadSize") == "5"
    assert found.names("server.allowedHosts") == ["a.example", "b.example"]
