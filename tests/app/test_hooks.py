"""The hook in the app itself, as `streamlit run app.py` serves it: past the guard, and absent where none is set."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.app.conftest import NOWHERE
from tests.app.test_startup import get, served, wait_until_read

Environment = Callable[..., dict[str, str]]
SECRET = "0123456789abcdef" * 4
REAL = {"ODOO_URL": NOWHERE, "ODOO_DATABASE": "provider", "ODOO_USERNAME": "reader", "ODOO_PASSWORD": "key"}


def post(url: str, body: bytes = b"{}") -> int:
    request = urllib.request.Request(url, body, method="POST")  # noqa: S310 (loopback)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as exc:
        return exc.code


def test_a_notice_gets_past_the_sign_in_and_a_stranger_s_does_not(
    clean_environment: Environment, tmp_path: Path
) -> None:
    environment = clean_environment(**REAL, CACHE_DIR=str(tmp_path), ODOO_HOOK_SECRET=SECRET)
    with served(environment, "--server.address=127.0.0.1") as url:
        assert post(f"{url}/hooks/odoo/{SECRET}") == 204
        assert post(f"{url}/hooks/odoo/{SECRET[:-1]}") == 404
        assert post(f"{url}/hooks/odoo") == 404
        assert get(f"{url}/hooks/odoo/{SECRET}")[0] == 405
        assert post(f"{url}/hooks/other") == 401, "anything else still needs a session"


def test_a_notice_makes_the_app_look_and_ready_tells_of_it(clean_environment: Environment, tmp_path: Path) -> None:
    environment = clean_environment(CACHE_DIR=str(tmp_path), ODOO_HOOK_SECRET=SECRET)
    with served(environment) as url:
        wait_until_read(url)
        before = json.loads(get(f"{url}/api/ready")[1])
        assert (before["notices"], before["last_notice_age_s"]) == (0, None)
        assert post(f"{url}/hooks/odoo/{SECRET}", b'{"_model": "account.move", "_id": 7}') == 204
        assert json.loads(get(f"{url}/api/ready")[1])["notices"] == 1
        deadline = time.monotonic() + 60
        while not (written := list(tmp_path.glob("*-notices.json"))):
            assert time.monotonic() < deadline, "nothing was synced"
            time.sleep(0.1)
        assert json.loads(written[0].read_text())["model"] == "account.move"


@pytest.mark.parametrize("way", ["demo", "real"])
def test_without_a_secret_there_is_no_hook(clean_environment: Environment, tmp_path: Path, way: str) -> None:
    environment = clean_environment(**(REAL if way == "real" else {}), CACHE_DIR=str(tmp_path))
    with served(environment, "--server.address=127.0.0.1") as url:
        assert post(f"{url}/hooks/odoo/{SECRET}") == 404
        assert get(f"{url}/hooks/odoo/{SECRET}")[0] == 404
