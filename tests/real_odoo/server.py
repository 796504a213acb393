"""A running Odoo for one test or one session: started on a free loopback port, stopped by its own process group."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2

from tests.real_odoo import databases
from tests.real_odoo.series import DATABASE_HOST, DATABASE_PORT, DATABASE_ROLE, home
from tests.real_odoo.tenants import Tenant

START_TIMEOUT_S = 120.0


class OdooRefusedError(Exception):
    """Odoo answered a test's own call with an error; the text is Odoo's message."""


@dataclass(frozen=True)
class RealOdoo:
    """A tenant that answers at ``url``: whatever a test needs to reach it, and its database beside the API."""

    tenant: Tenant
    database: str
    url: str
    pid: int
    seeded_on: date
    username: str = "admin"
    password: str = "admin"
    api_key: str = ""
    limited_username: str = "limited"
    limited_password: str = "limited"
    limited_api_key: str = ""

    @property
    def major(self) -> int:
        """Odoo's major version."""
        return self.tenant.series.major

    def sql(self, query: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of one statement on Odoo's own database (committed; an empty list where it returns none)."""
        connection = _connect(self.database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, parameters or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Callable[[str], None]]:
        """Yield what runs statements in one transaction on Odoo's own database, committed at the end."""
        connection = _connect(self.database)
        try:
            with connection, connection.cursor() as cursor:
                yield cursor.execute
        finally:
            connection.close()

    def call(self, model: str, method: str, *arguments: Any, **named: Any) -> Any:
        """One call as admin over JSON-RPC, independent of our client; raises OdooRefusedError with Odoo's message."""
        told = [self.database, self._uid(), self.password, model, method, list(arguments), named]
        body = {"service": "object", "method": "execute_kw", "args": told}
        return _json_rpc(self.url, body)

    def log(self) -> str:
        """What the server has logged so far: warnings and errors."""
        return _log_of(self.database).read_text(encoding="utf-8", errors="replace")

    def shell(self, program: str) -> str:
        """What a Python program prints in ``odoo shell`` on this database, with ``env`` at hand."""
        return self.tenant.series.run("shell", "-d", self.database, "--no-http", "--log-level=error", stdin=program)

    @contextmanager
    def copy(self, *, workers: int = 0, options: Sequence[str] = ()) -> Iterator[RealOdoo]:
        """A server over an own copy of the filled tenant, for a test that writes; gone afterwards."""
        with throwaway_server(self.tenant, workers=workers, options=options) as server:
            yield server

    def _uid(self) -> int:
        return _user_id(self.url, self.database, self.username, self.password)


@contextmanager
def throwaway_server(tenant: Tenant, *, workers: int = 0, options: Sequence[str] = ()) -> Iterator[RealOdoo]:
    """Make the tenant's template when it is missing, copy it, serve the copy; drop it at the end."""
    template = databases.ensure_template(tenant)
    with (
        databases.throwaway(tenant.series, template) as name,
        serve(tenant, name, workers=workers, options=options) as server,
    ):
        yield server


@contextmanager
def serve(
    tenant: Tenant, database: str, *, port: int = 0, workers: int = 0, options: Sequence[str] = ()
) -> Iterator[RealOdoo]:
    """Serve a database until the block ends. ``port`` 0 takes a free one; ``workers`` 0 means threads.

    Raises RuntimeError with the end of Odoo's log when it does not answer.
    """
    port = port or _free_port()
    log = _log_of(database)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            tenant.series.command(*_serve_arguments(tenant, database, port, workers), *options),
            env=tenant.series.environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_answering(process, url, database)
        yield _describe(tenant, database, url, process.pid)
    except TimeoutError as exc:
        tail = log.read_text(encoding="utf-8", errors="replace")[-3000:]
        raise RuntimeError(f"Odoo {tenant.series.major} did not answer on {port}: {exc}\n{tail}") from exc
    finally:
        _stop(process)
        log.unlink(missing_ok=True)


def _log_of(database: str) -> Path:
    return home() / "logs" / f"{database}.log"


def _serve_arguments(tenant: Tenant, database: str, port: int, workers: int) -> list[str]:
    arguments = ["-d", database, "--db-filter", f"^{database}$", "--http-interface", "127.0.0.1"]
    arguments += ["--http-port", str(port), "--workers", str(workers), "--max-cron-threads", "0", "--log-level=warn"]
    if workers:
        chat_port = "--gevent-port" if tenant.series.major >= 16 else "--longpolling-port"
        arguments += [chat_port, str(_free_port())]
    return arguments


def _wait_until_answering(process: subprocess.Popen[bytes], url: str, database: str) -> None:
    """Wait until a login works, which also loads the registry."""
    give_up = time.monotonic() + START_TIMEOUT_S
    login = {"service": "common", "method": "authenticate", "args": [database, "admin", "admin", {}]}
    while time.monotonic() < give_up:
        if process.poll() is not None:
            raise TimeoutError(f"it ended with {process.returncode}")
        try:
            if _json_rpc(url, login):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise TimeoutError(f"no login within {START_TIMEOUT_S:.0f} s")


def _describe(tenant: Tenant, database: str, url: str, pid: int) -> RealOdoo:
    connection = _connect(database)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select key, value from ir_config_parameter where key like 'tests.%'")
            known = dict(cursor.fetchall())
    finally:
        connection.close()
    return RealOdoo(
        tenant, database, url, pid, date.fromisoformat(known["tests.seeded_on"]),
        api_key=known.get("tests.api_key.admin", ""), limited_api_key=known.get("tests.api_key.limited", ""),
    )  # fmt: skip


@cache
def _user_id(url: str, database: str, username: str, password: str) -> int:
    """Sign in, once: Odoo takes its time over a password."""
    arguments = [database, username, password, {}]
    return int(_json_rpc(url, {"service": "common", "method": "authenticate", "args": arguments}))


def _json_rpc(url: str, params: dict[str, Any]) -> Any:
    body = json.dumps({"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}).encode()
    request = urllib.request.Request(f"{url}/jsonrpc", body, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=START_TIMEOUT_S) as response:  # noqa: S310  loopback only
        answer = json.load(response)
    if "error" in answer:
        raise OdooRefusedError(answer["error"]["data"]["message"])
    return answer.get("result")


def _connect(database: str) -> Any:
    return psycopg2.connect(
        host=DATABASE_HOST, port=DATABASE_PORT, user=DATABASE_ROLE, password=DATABASE_ROLE, dbname=database
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(process: subprocess.Popen[bytes]) -> None:
    # Asked to end, Odoo waits for connections that clients keep open; there is nothing here that it has to save.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(15)
