"""A browser is known for those who have signed in there, by a cookie that nobody else can write."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from odoo_client.people.known_browsers import KNOWN_S, MAX_LOGINS, KnownBrowsers

NOW_S = 1_800_000_000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "browsers.key"


def at(path: Path, now_s: float = NOW_S) -> KnownBrowsers:
    return KnownBrowsers(path, clock=lambda: now_s)


def test_it_is_known_for_whoever_signed_in_there_and_for_nobody_else(path: Path) -> None:
    browsers = at(path)
    cookie = browsers.with_login("", "Tariro@staff.example")
    found = browsers.find(cookie, " tariro@STAFF.example ")
    assert found
    assert browsers.find(cookie, "rudo@staff.example") == ""
    both = browsers.with_login(cookie, "rudo@staff.example")
    assert browsers.find(both, "tariro@staff.example") == found
    assert browsers.find(both, "rudo@staff.example") not in ("", found)
    assert "staff" not in both, "it tells nobody who has been here"


def test_it_is_known_after_a_restart_and_in_a_second_process(path: Path) -> None:
    cookie = at(path).with_login("", "tariro")
    assert at(path).find(cookie, "tariro")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_each_sign_in_begins_its_half_year_anew_and_the_browser_stays_the_same(path: Path) -> None:
    cookie = at(path).with_login("", "tariro")
    later = NOW_S + KNOWN_S - 1
    renewed = at(path, later).with_login(cookie, "tariro")
    assert at(path, NOW_S + KNOWN_S).find(cookie, "tariro") == ""
    assert at(path, NOW_S + KNOWN_S).find(renewed, "tariro") == at(path).find(cookie, "tariro")
    assert at(path, NOW_S - 1).find(cookie, "tariro") == "", "nothing of the future"


@pytest.mark.parametrize(
    "forged",
    ["", "_", "x", "0123456789abcdef.1800000000." + "0" * 32, "é.1.a", "1" * 100_000, "..", "\x00"],
    ids=range(8),
)
def test_a_cookie_that_was_not_written_here_is_nobody_s(path: Path, forged: str) -> None:
    browsers = at(path)
    assert browsers.find(forged, "tariro") == ""
    assert browsers.find(browsers.with_login(forged, "tariro"), "tariro")


def test_every_part_of_it_counts(path: Path) -> None:
    browsers = at(path)
    cookie = browsers.with_login("", "tariro")
    for place, letter in enumerate(cookie):
        other = "1" if letter == "0" else "0"
        assert browsers.find(cookie[:place] + other + cookie[place + 1 :], "tariro") == "", place
    assert KnownBrowsers(path.parent / "other.key", lambda: NOW_S).find(cookie, "tariro") == ""


def test_a_shared_desk_has_room_for_some_and_a_cookie_does_not_grow(path: Path) -> None:
    browsers = at(path)
    cookie = ""
    for number in range(3 * MAX_LOGINS):
        cookie = browsers.with_login(cookie, f"person{number}")
    known = [number for number in range(3 * MAX_LOGINS) if browsers.find(cookie, f"person{number}")]
    assert known == list(range(2 * MAX_LOGINS, 3 * MAX_LOGINS))
    assert len(cookie) < 500


@pytest.mark.parametrize("content", [b"", b"half a key"])
def test_a_key_that_was_cut_off_is_made_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    cookie = at(path).with_login("", "tariro")
    assert at(path).find(cookie, "tariro")


def test_without_a_disk_it_is_known_until_the_process_ends(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    browsers = at(tmp_path / "file" / "browsers.key")
    assert browsers.find(browsers.with_login("", "tariro"), "tariro")
