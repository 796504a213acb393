"""Browsers in which somebody has signed in before: a cookie that says so for this login and cannot be forged.

It opens nothing. It only lets the throttle tell a person's own browser from whoever guesses at their login from the
same address, before and after a restart.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from odoo_client.store.file_lock import lock

log = logging.getLogger(__name__)

COOKIE: Final = "afinet_known"
KNOWN_S: Final = 180 * 86400
#: People who share a browser; beyond that many it forgets who came first.
MAX_LOGINS: Final = 6
KEY_BYTES: Final = 32
_TOKEN: Final = re.compile(r"([0-9a-f]{16})\.([0-9]{1,12})\.([0-9a-f]{32})", re.ASCII)
_BETWEEN: Final = "_"


class _Token(NamedTuple):
    browser: str
    since: int
    proof: str

    def __str__(self) -> str:
        return f"{self.browser}.{self.since}.{self.proof}"


class KnownBrowsers:
    """Reads and writes the cookie's value; its key is the file `path`, made with mode 0600 on first use.

    Without that file (on a full disk) browsers are known until the process ends.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path = path
        self._clock = clock
        self._key = b""
        self._guard = threading.Lock()

    def find(self, cookie: str, login: str) -> str:
        """Return the id of the browser whose cookie this is, "" when nobody has signed in there with this login."""
        return next((token.browser for token in _tokens(cookie) if self._is_of(token, login)), "")

    def with_login(self, cookie: str, login: str) -> str:
        """Return the value of a cookie that is known for this login besides those it was known for."""
        others = [token for token in _tokens(cookie) if not self._is_of(token, login)]
        browser, since = self.find(cookie, login) or secrets.token_hex(8), int(self._clock())
        mine = _Token(browser, since, self._proof(browser, since, login))
        return _BETWEEN.join(map(str, [mine, *others][:MAX_LOGINS]))

    def _is_of(self, token: _Token, login: str) -> bool:
        fresh = 0 <= self._clock() - token.since < KNOWN_S
        return fresh and hmac.compare_digest(token.proof, self._proof(token.browser, token.since, login))

    def _proof(self, browser: str, since: int, login: str) -> str:
        said = f"{browser} {since} {login.strip().casefold()}".encode("utf-8", "replace")
        return hmac.new(self._secret(), said, hashlib.sha256).hexdigest()[:32]

    def _secret(self) -> bytes:
        with self._guard:
            if not self._key:
                try:
                    self._key = _kept_key(self.path)
                except OSError as exc:
                    log.warning("%s cannot be written (%s): browsers are known until a restart", self.path, exc)
                    self._key = secrets.token_bytes(KEY_BYTES)
            return self._key


def _tokens(cookie: str) -> list[_Token]:
    found = map(_TOKEN.fullmatch, cookie[:2000].split(_BETWEEN)[:MAX_LOGINS])
    return [_Token(one[1], int(one[2]), one[3]) for one in found if one]


def _kept_key(path: Path) -> bytes:
    """Return the key in the file; two processes that begin at once get the same one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        lock(handle)
        key = os.read(handle, KEY_BYTES)
        if len(key) < KEY_BYTES:  # new, or cut off by a full disk
            key = secrets.token_bytes(KEY_BYTES)
            os.ftruncate(handle, 0)
            os.lseek(handle, 0, os.SEEK_SET)
            os.write(handle, key)
            os.fsync(handle)
        return key
    finally:
        os.close(handle)
