"""Books that take what the outbox sends, a desk before them, and programs that a test runs in processes of its own.

Run as ``python -m tests.outbox_programs NAME URL FOLDER``: a process without threads, which may fork.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bench.faults_child import MortalClient, MortalOutbox, Reaper
from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author, Entry, Kind
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender
from odoo_client.actions.payments.proof import PaymentProof, submit_payment_proof
from odoo_client.config import Settings
from odoo_client.documents.proof.judge import ProofFile
from odoo_client.errors import OutboxError
from odoo_client.people.audit import AuditLog
from odoo_client.rpc.client import OdooClient
from tests.fake_http import Reply
from tests.fake_odoo import PASSWORD, FakeOdoo

RUDO = Author("rudo@staff.example", "Rudo Ncube")
PEOPLE = (RUDO, Author("farai@staff.example", "Farai Dube"), Author("tino@staff.example", "Tino Moyo"))
NOBODY = 65534


class Books(FakeOdoo):
    """An Odoo that books payments, files and notes as often as it is told to.

    `in_one`: a payment takes its file in the call that makes it. `after` sees each write once it is done, and may
    answer in its place.
    """

    def __init__(self, *, in_one: bool = True) -> None:
        super().__init__()
        self.in_one = in_one
        self.payments: list[dict[str, Any]] = []
        self.files: list[dict[str, Any]] = []
        self.notes: list[tuple[int, str]] = []
        self.after: Callable[[str], Reply | None] = lambda name: None
        self.slow_s = 0.0
        self._guard = threading.Lock()

    def _run(self, model: str, method: str, named: dict[str, Any], result: Callable[[Any], Reply]) -> Reply:
        with self._guard:
            if model == "res.users":
                return super()._run(model, method, named, result)
            answer, write = self._do(f"{model}.{method}", named)
            instead = self.after(f"{model}.{method}") if write else None
        time.sleep(self.slow_s if write else 0)
        return instead if instead is not None else result(answer)

    def _do(self, name: str, named: dict[str, Any]) -> tuple[Any, bool]:
        match name:
            case "account.payment.fields_get":
                return self._payment_fields(named["allfields"]), False
            case "account.payment.create":
                made = {**named["vals_list"][0], "id": len(self.payments) + 1}
                self.payments.append(made)
                self.files += [{**line[2], "res_id": made["id"]} for line in made.get("attachment_ids", ())]
                return [made["id"]], True
            case "account.payment.search":
                token = next(leaf[2] for leaf in named["domain"] if isinstance(leaf, list))
                return [one["id"] for one in self.payments if token in one["payment_reference"]], False
            case "account.payment.search_read":
                wanted = next(leaf[2] for leaf in named["domain"] if leaf[:2] == ["id", "="])
                return [one for one in self.payments if one["id"] == wanted], False
            case "account.payment.message_post":
                self.notes.append((named["ids"][0], named["body"]))
                return [len(self.notes)], True
            case "mail.message.search":
                token = next(leaf[2] for leaf in named["domain"] if leaf[0] == "body")
                return [place + 1 for place, (_on, body) in enumerate(self.notes) if token in body], False
            case "ir.attachment.create":
                self.files.append(named["vals_list"][0])
                return [len(self.files)], True
            case "ir.attachment.search":
                on = next(leaf[2] for leaf in named["domain"] if leaf[0] == "res_id")
                return [place + 1 for place, one in enumerate(self.files) if one["res_id"] == on], False
        raise AssertionError(f"the books know no {name}")

    def _payment_fields(self, names: list[str]) -> dict[str, Any]:
        known: dict[str, Any] = {name: {"type": "char", "store": True} for name in ("memo", "payment_reference")}
        if self.in_one:
            known["attachment_ids"] = {"type": "one2many", "store": True, "relation": "ir.attachment"}
        return {name: info for name, info in known.items() if name in names}

    def count(self, token: str) -> tuple[int, int, int]:
        """Return how many payments, files and notes there are of a token."""
        ids = [one["id"] for one in self.payments if token in one["payment_reference"]]
        return (
            len(ids),
            sum(one["res_id"] in ids for one in self.files),
            sum(on in ids and token in body for on, body in self.notes),
        )


class Desk:
    """An outbox before the books, and a clock that runs ahead."""

    def __init__(self, url: str, folder: Path) -> None:
        self.settings = Settings(
            odoo_url=url,
            odoo_database="isp",
            odoo_username="bot",
            odoo_password=SecretStr(PASSWORD),
            odoo_protocol="jsonrpc",
            data_dir=folder,
        )
        self.ahead_s = 0.0
        self.outbox = Outbox(folder / "outbox.sqlite3", clock=self.clock)
        self.sender = self.sender_of(self.outbox)

    def clock(self) -> float:
        return time.time() + self.ahead_s

    def connect(self, author: Author, kind: Kind) -> OdooClient:
        return OdooClient.connect(self.settings)

    def sender_of(self, outbox: Outbox) -> Sender:
        return Sender(self.settings, outbox, self.connect, HANDLERS, AuditLog(outbox.path.with_name("audit.sqlite3")))

    def enter(self, author: Author = RUDO, *, token: str = "") -> Entry:
        return submit_payment_proof(Office(self.settings, self.outbox), author, proof(token or "one"), token=token)

    def send(self, entry: Entry) -> Entry:
        self.sender.send_waiting(entry.author.login)
        return self.outbox.get(entry.token)

    def settled(self, entry: Entry) -> Entry:
        """Send and look up until nothing of it is open, minutes apart; an hour at most."""
        for _ in range(12):
            if not (found := self.send(entry)).open:
                return found
            self.ahead_s += 300
        return found


def proof(seed: str) -> PaymentProof:
    """Return a proof of USD 10.00, its file another one for each seed."""
    content = b"\x89PNG\r\n\x1a\n" + hashlib.sha256(seed.encode()).digest() * 4000
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    sha256 = hashlib.sha256(content).hexdigest()
    file = ProofFile(content, "png", "image/png", sha256, digest, len(content), 1, "proof.png")
    return PaymentProof(
        partner_id=5, customer="Payer", amount=Decimal("10.00"), currency="USD", currency_id=1, decimals=2,
        day=date(2026, 11, 27), company_id=2, journal_id=3, file=file,
    )  # fmt: skip


def enter_as_nobody(url: str, folder: str) -> None:
    """Enter and send as an account that may write nothing there."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    desk = Desk(url, Path(folder))
    for act in (desk.enter, lambda: desk.sender.send_waiting(RUDO.login)):
        try:
            act()
        except OutboxError as exc:
            print(exc)  # noqa: T201  read by the test


def send_by_two(url: str, folder: str) -> None:
    """Fork two programs that both send what everybody has waiting until nothing is open."""

    def program() -> None:
        desk = Desk(url, Path(folder))
        while any(one.open for one in desk.outbox.entries()):
            for author in PEOPLE:
                desk.sender.send_waiting(author.login)
            time.sleep(0.02)

    programs = [forked(program) for _ in range(2)]
    print(json.dumps([os.waitpid(pid, 0)[1] for pid in programs]))  # noqa: T201  read by the test


def forked(function: Callable[[], None]) -> int:
    """Run a function in a fork of this process, which has no threads; return its process id."""
    pid = os.fork()
    if pid == 0:
        try:
            function()
            os._exit(0)
        except BaseException as exc:
            os.write(2, f"{exc!r}\n".encode())
            os._exit(1)
    return pid


class Doom(Reaper):
    """Lets its process die at the step with a number, counted from 1; 0 lets it live."""

    def point(self, token: str, place: str) -> None:
        self.seen[""] += 1
        if self.seen[""] == self.generation:
            os.write(1, f"{place}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)


class DoomedDesk(Desk):
    """A desk whose process dies at a step."""

    def __init__(self, url: str, folder: Path, step: int) -> None:
        super().__init__(url, folder)
        self.doom = Doom(0, step, 0.0, folder / "deaths", Counter())
        self.outbox = MortalOutbox(folder / "outbox.sqlite3", clock=self.clock)
        self.outbox.reaper = self.doom
        self.sender = self.sender_of(self.outbox)

    def connect(self, author: Author, kind: Kind) -> OdooClient:
        client = MortalClient.connect(self.settings)
        assert isinstance(client, MortalClient)
        client.reaper, client.name = self.doom, author.login
        return client


def die_everywhere(url: str, folder: str) -> None:
    """For each step in turn: enter and send, die there, enter and send again in another process; print the places."""
    step, died = 0, True
    while died:
        step += 1
        token, data = f"AFN-{step:04d}", Path(folder) / str(step)

        def life(doom: int, token: str = token, data: Path = data) -> None:
            desk = DoomedDesk(url, data, doom)
            entry = desk.settled(desk.enter(token=token))
            if entry.state != "done":
                raise AssertionError(f"{entry.state}: {entry.reason}")

        first = os.waitpid(forked(partial(life, step)), 0)[1]
        died = os.WIFSIGNALED(first)
        second = os.waitpid(forked(partial(life, 0)), 0)[1]
        if second or (first and not died):
            raise SystemExit(f"step {step}: {first}, {second}")


PROGRAMS = {each.__name__: each for each in (enter_as_nobody, send_by_two, die_everywhere)}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
