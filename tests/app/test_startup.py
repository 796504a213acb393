"""How the app starts and when it refuses to: a real process, as `streamlit run app.py` starts it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app.conftest import NOWHERE

ROOT = Path(__file__).parents[2]
Environment = Callable[..., dict[str, str]]
REAL = {"ODOO_URL": NOWHERE, "ODOO_DATABASE": "provider", "ODOO_USERNAME": "reader", "ODOO_PASSWORD": "key"}
START_S = 90


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*options: str) -> list[str]:
    """Return the command that starts the app."""
    return [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", *options]


@contextmanager
def served(environment: dict[str, str], *options: str, port: int = 0) -> Iterator[str]:
    """Start the app on a loopback port (0: a free one), wait until it answers, yield its address, and stop it."""
    port = port or free_port()
    process = subprocess.Popen(
        command(f"--server.port={port}", *options),
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + START_S
        while True:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the app did not start in time"
            try:
                if get(f"http://127.0.0.1:{port}/_stcore/health")[1] == "ok":
                    break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


def wait_until_read(url: str) -> None:
    """Wait until the app has read its Odoo."""
    deadline = time.monotonic() + START_S
    while (answer := get(f"{url}/api/ready"))[0] != 200:
        assert time.monotonic() < deadline, answer
        time.sleep(0.2)


def get(url: str) -> tuple[int, str]:
    """Return status and text of `url`."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 (loopback)
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode()


def refusal(environment: dict[str, str], *options: str) -> str:
    """Start the app, expect it to leave with an error, and return what it said."""
    ended = subprocess.run(
        command(f"--server.port={free_port()}", *options),
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=START_S,
    )
    assert ended.returncode != 0
    return ended.stderr


def test_a_real_odoo_is_served_on_loopback(clean_environment: Environment, tmp_path: Path) -> None:
    with served(clean_environment(**REAL, CACHE_DIR=str(tmp_path)), "--server.address=127.0.0.1") as url:
        status, text = get(f"{url}/api/ready")
        assert status == 503
        told = json.loads(text)
        assert told["ready"] is False
        assert told["reason"]["code"] in ("no_snapshot_yet", "last_sync_failed"), "whichever it was asked before"


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])  # noqa: S104
def test_a_real_odoo_without_sign_in_is_refused_on_any_other_address(
    clean_environment: Environment, tmp_path: Path, address: str
) -> None:
    said = refusal(clean_environment(**REAL, AUTH="none", CACHE_DIR=str(tmp_path)), f"--server.address={address}")
    assert f"Refusing to serve your Odoo's figures on {address}" in said
    assert "127.0.0.1" in said
    assert "Traceback" not in said


def test_it_is_served_under_no_path_of_another_site(clean_environment: Environment, tmp_path: Path) -> None:
    """What is kept closed is known by its path from the root."""
    said = refusal(clean_environment(**REAL, CACHE_DIR=str(tmp_path)), "--server.baseUrlPath=dashboard")
    assert "server.baseUrlPath" in said
    assert "Traceback" not in said


def test_some_settings_without_the_others_are_refused_by_name(clean_environment: Environment, tmp_path: Path) -> None:
    some = {name: value for name, value in REAL.items() if name != "ODOO_DATABASE"}
    said = refusal(clean_environment(**some, CACHE_DIR=str(tmp_path)))
    assert "ODOO_DATABASE is not set" in said
    assert "Traceback" not in said


def test_without_settings_the_demo_is_read_and_shown(clean_environment: Environment, tmp_path: Path) -> None:
    with served(clean_environment(CACHE_DIR=str(tmp_path))) as url:
        deadline = time.monotonic() + START_S
        while (answer := get(f"{url}/api/ready"))[0] != 200:
            assert time.monotonic() < deadline, answer
            time.sleep(0.2)
        assert json.loads(answer[1])["demo"] is True
        with urllib.request.urlopen(url, timeout=5) as page:  # noqa: S310 (loopback)
            assert page.headers["X-Frame-Options"] == "DENY"


def test_a_cache_folder_that_cannot_be_made_is_a_sentence(clean_environment: Environment, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with served(clean_environment(**REAL, CACHE_DIR=str(blocked / "cache"))) as url:
        status, text = get(f"{url}/api/ready")
        assert status == 503
        assert "CACHE_DIR" in json.loads(text)["problem"]
        assert json.loads(text)["reason"]["code"] == "storage"
