"""The app as `pip install .` leaves it: `afinet-dashboard serve` from a wheel, in an empty folder, draws a page."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from odoo_client.config import load_settings
from odoo_client.sync.background import store_for
from tests.app.conftest import NOWHERE, books, environment, real
from tests.app.streams import run_page, stream
from tests.app.test_startup import REAL, START_S, command, free_port, get, wait_until_read

ROOT = Path(__file__).parents[2]
#: All that a wheel is made of.
SOURCES = ("app.py", "setup.py", "pyproject.toml", "README.md", "LICENSE", "MANIFEST.in", "pages", "odoo_client")
#: The first that reads the licence as pyproject.toml states it.
SETUPTOOLS = 77
#: Written by the server itself as it ends: the options that were in force, where they came from does not matter.
AT_THE_END = """
import atexit, json, os, sys

def write():
    if "streamlit.config" in sys.modules:
        options = sys.modules["streamlit.config"].get_config_options()
        values = {name: option.value for name, option in options.items() if not option.sensitive}
        with open(os.environ["OPTIONS_TO"], "w") as file:
            json.dump(values, file, default=str)

atexit.register(write)
"""
#: In no file of a wheel, and in nothing that a server says.
SECRET = "never travels"
#: What differs from one process to the next, and lists of paths.
OF_THE_PROCESS = {"server.port", "browser.serverPort", "secrets.files"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which a wheel of this checkout was installed; nothing is asked of a registry."""
    if int(metadata.version("setuptools").split(".")[0]) < SETUPTOOLS:
        sentence = f"setuptools is older than {SETUPTOOLS}: pip install -c constraints.txt -e '.[test]'"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source)
    (source / ".streamlit").mkdir()
    shutil.copy(ROOT / ".streamlit" / "config.toml", source / ".streamlit")
    # As it lies in the checkout of whoever connected their Odoo and then builds a wheel.
    (source / ".streamlit" / "secrets.toml").write_text(f'odoo_password = "{SECRET}"\n')
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheel = ["wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(source)]
    subprocess.run([*pip, *wheel], check=True, capture_output=True)
    built = next(folder.glob("*.whl"))
    into = ["install", "--no-deps", "--no-index", "--no-compile", "--target", str(folder / "site"), str(built)]
    subprocess.run([*pip, *into], check=True, capture_output=True)
    return folder / "site"


def surroundings(home: Path, path: Path, **more: str) -> dict[str, str]:
    """Return the environment of a server that writes its options into `home`, with `path` before all other modules."""
    home.mkdir()
    (home / "sitecustomize.py").write_text(AT_THE_END)
    own = {"HOME": str(home), "CACHE_DIR": str(home / "cache"), "DATA_DIR": str(home / "data")}
    paths = os.pathsep.join((str(path), str(home)))
    return environment(**own, PYTHONPATH=paths, OPTIONS_TO=str(home / "options.json"), **more)


def options(home: Path) -> dict[str, Any]:
    """Return the options that were in force, of the server that ended."""
    found: dict[str, Any] = json.loads((home / "options.json").read_text(encoding="utf-8"))
    return found


@contextmanager
def server(words: list[str], port: int, here: Path, env: dict[str, str]) -> Iterator[str]:
    """Start a server in the folder `here`, wait until it shows figures, yield its address, and end it by its id."""
    process = subprocess.Popen(words, cwd=here, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + START_S
        while True:
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the app did not start in time"
            try:
                if get(f"{url}/_stcore/health")[1] == "ok":
                    break
            except OSError:
                time.sleep(0.1)
        wait_until_read(url)
        yield url
    finally:
        # As Ctrl+C does: after it Python comes to its own end.
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=30)[0]
    assert SECRET not in said


def drawn(url: str, page: str) -> str:
    """Return all that a page sent to a browser until its script had finished."""
    with stream(url) as opened:
        frames = run_page(opened, page)
    assert frames[-1].script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
    return "\n".join(map(str, frames))


def files(folder: Path, *suffixes: str) -> set[str]:
    """Return the files of these kinds below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in suffixes}


def test_a_wheel_carries_the_app_in_a_folder_of_its_own(site: Path) -> None:
    on_top = {path.name for path in site.iterdir() if not path.name.endswith(".dist-info")}
    assert on_top == {"odoo_client", "afinet_dashboard", "bin"}
    assert files(site / "odoo_client", ".py", ".ttf", ".txt") == files(ROOT / "odoo_client", ".py", ".ttf", ".txt")
    held = {f"pages/{name}" for name in files(ROOT / "pages", ".py", ".svg", ".js", ".css")}
    carried = {str(path.relative_to(site / "afinet_dashboard")) for path in (site / "afinet_dashboard").rglob("*.*")}
    assert carried - {".streamlit"} == held | {"app.py", ".streamlit/config.toml"}


def test_a_wheel_carries_no_secrets(site: Path) -> None:
    assert not [path for path in site.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_an_empty_folder_serves_pages_with_the_options_of_the_checkout(site: Path, tmp_path: Path) -> None:
    empty, home, of_checkout = (tmp_path / name for name in ("empty", "home", "of_checkout"))
    empty.mkdir()
    port = free_port()
    # One of the four settings without the others: the app ends by itself, and its options were read by then.
    checkout = subprocess.Popen(
        command(f"--server.port={free_port()}"),
        cwd=ROOT,
        env=surroundings(of_checkout, ROOT, ODOO_URL=NOWHERE),
        stderr=subprocess.DEVNULL,
    )
    serve = [str(site / "bin" / "afinet-dashboard"), "serve", f"--port={port}", "--server.headless=true"]
    # An Odoo that was read before and does not answer now: no demo has to be made.
    read = REAL | {"AUTH": "none", "ODOO_PASSWORD": SECRET}
    env = surroundings(home, site, **read)
    store = store_for(load_settings(read | {"CACHE_DIR": env["CACHE_DIR"]}))
    store.write(real(books().snapshot()))
    store.close()
    with server([sys.executable, *serve], port, empty, env) as url:
        shown = drawn(url, "arrears")
    assert "Net to chase" in shown
    assert "Tendai Moyo" in shown
    assert list(empty.iterdir()) == []
    assert checkout.wait(START_S) != 0
    served, run = (
        {name: value for name, value in options(one).items() if name not in OF_THE_PROCESS}
        for one in (home, of_checkout)
    )
    assert served == run
    assert (served["server.address"], served["client.disableDataExport"]) == ("127.0.0.1", True)
    assert str(empty / ".streamlit" / "secrets.toml") in options(home)["secrets.files"]


def test_what_is_installed_tells_its_version(site: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, str(site / "bin" / "afinet-dashboard"), "--version"],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(site)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (
        told.stdout == f"afinet-dashboard {next(site.glob('*.dist-info')).name.split('-')[1].removesuffix('.dist')}\n"
    )
