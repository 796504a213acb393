"""The app's part of `bench/faults.py`: enters, sends and decides, and is killed at seeded moments until all is done.

It reads its work from standard input and does none itself: it forks workers, each of which has the app's own outbox and
sender and takes up what the one before has left. A worker dies by SIGKILL before or after any of its steps, as a
seed decides, or because its time is up. Each death is a line in the file `deaths`.
"""

from __future__ import annotations

import base64
import json
import os
import random
import select
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pydantic import SecretStr

from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author, Entry, Kind
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender
from odoo_client.actions.payments.decisions import PaymentSeen, approve_payment
from odoo_client.actions.payments.proof import InvoiceRef, PaymentProof, submit_payment_proof
from odoo_client.config import Settings
from odoo_client.documents.proof.judge import ProofFile
from odoo_client.people.audit import AuditLog
from odoo_client.rpc.client import READ_METHODS, OdooClient

#: Entries that want something of Odoo at once: enough for all lanes, few enough that kills meet every step.
OPEN_AT_ONCE: Final = 24
LOOK_EVERY_S: Final = 0.2
ALL_DONE, TOO_LONG = 0, 4
Done = TypeVar("Done")


@dataclass(frozen=True)
class Reaper:
    """Decides when this worker dies; `generation` counts the workers, so that none dies where the last one did."""

    seed: int
    generation: int
    chance: float
    deaths: Path
    seen: Counter[str]

    def point(self, token: str, place: str) -> None:
        """Die here, or not."""
        self.seen[f"{token}/{place}"] += 1
        drawn = random.Random(f"{self.seed}/{self.generation}/{token}/{place}/{self.seen[f'{token}/{place}']}")
        if drawn.random() < self.chance:
            note_death(self.deaths, place)
            os.kill(os.getpid(), signal.SIGKILL)


def note_death(deaths: Path, place: str) -> None:
    """Add a line to the file of deaths."""
    handle = os.open(deaths, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(handle, f"{place}\n".encode())
    os.close(handle)


class MortalOutbox(Outbox):
    """An outbox whose process may die before and after everything that it puts on disk."""

    reaper: Reaper

    def add(self, kind: Kind, author: Author, *, token: str = "", **more: Any) -> Entry:
        """Enter, or die."""
        return self._mortal(token, "entering", lambda: super(MortalOutbox, self).add(kind, author, token=token, **more))

    def claim(self, token: str) -> bool:
        """Claim, or die."""
        return bool(self._mortal(token, "claiming", lambda: super(MortalOutbox, self).claim(token)))

    def put_steps(self, token: str, steps: Mapping[str, Any]) -> None:
        """Keep, or die."""
        self._mortal(token, "keeping a step", lambda: super(MortalOutbox, self).put_steps(token, steps))

    def change(self, token: str, state: Any, **more: Any) -> None:
        """Move on, or die."""
        self._mortal(token, "keeping a state", lambda: super(MortalOutbox, self).change(token, state, **more))

    def _mortal(self, token: str, place: str, act: Callable[[], Done]) -> Done:
        self.reaper.point(token, f"before {place}")
        found = act()
        self.reaper.point(token, f"after {place}")
        return found


class MortalClient(OdooClient):
    """A connection whose process may die before and after each write."""

    reaper: Reaper
    name: str

    def call_raw(self, model: str, method: str, **more: Any) -> Any:
        """Call, or die."""
        if method in READ_METHODS:
            return super().call_raw(model, method, **more)
        self.reaper.point(self.name, "before a call")
        answer = super().call_raw(model, method, **more)
        self.reaper.point(self.name, "after a call")
        return answer


class Worker:
    """One life of the app."""

    def __init__(self, work: Mapping[str, Any], generation: int) -> None:
        folder = Path(work["folder"])
        self.tasks: list[dict[str, Any]] = work["tasks"]
        self.secrets: dict[str, str] = work["secrets"]
        self.reaper = Reaper(work["seed"], generation, work["kill_chance"], folder / "deaths", Counter())
        self.settings = settings_of(work, folder)
        self.outbox = MortalOutbox(folder / "outbox.sqlite3")
        self.outbox.reaper = self.reaper
        audit = AuditLog(folder / "audit.sqlite3")
        self.sender = Sender(self.settings, self.outbox, self._client, HANDLERS, audit)
        self.office = Office(self.settings, self.outbox, self.sender.poke)

    def run(self) -> None:
        """Enter and decide what is still to be entered and decided; return when nothing is open."""
        self.sender.start_background()
        parent = os.getppid()
        while os.getppid() == parent:
            known = {one.token: one for one in self.outbox.entries(limit=100_000)}
            room = OPEN_AT_ONCE - sum(one.open for one in known.values())
            todo = 0
            for task in self.tasks:
                proof = known.get(task["token"])
                if proof is None:
                    todo += 1
                    if room > 0:
                        room -= 1
                        submit_payment_proof(self.office, _author(task["author"]), proof_of(task), token=task["token"])
                elif task["approver"] and proof.state == "done" and task["decision"] not in known:
                    todo += 1
                    if room > 0:
                        room -= 1
                        self._approve(task, proof)
            if not todo and not any(one.open for one in known.values()):
                return
            time.sleep(LOOK_EVERY_S)

    def _approve(self, task: Mapping[str, Any], entry: Entry) -> None:
        proof = proof_of(task)
        seen = seen_of(proof, entry)
        approve_payment(self.office, _author(task["approver"]), seen, proof.invoices, token=task["decision"])

    def _client(self, author: Author, kind: Kind) -> OdooClient:
        own = {"odoo_username": author.login, "odoo_password": SecretStr(self.secrets[author.login])}
        client = MortalClient.connect(self.settings.model_copy(update=own))
        assert isinstance(client, MortalClient)
        client.reaper, client.name = self.reaper, author.login
        return client


def seen_of(proof: PaymentProof, entry: Entry) -> PaymentSeen:
    """Return the payment that a proof became as whoever approves it sees it."""
    assert entry.record is not None
    return PaymentSeen(
        payment_id=entry.record.record_id,
        name=entry.record.label,
        customer=proof.customer,
        amount=proof.amount,
        currency=proof.currency,
        currency_id=proof.currency_id,
        decimals=proof.decimals,
        partner_id=proof.partner_id,
        company_id=proof.company_id,
        journal_id=proof.journal_id,
        day=proof.day,
    )


def settings_of(work: Mapping[str, Any], folder: Path) -> Settings:
    """Return the app's settings; nobody's account is in them."""
    return Settings(
        odoo_url=work["url"],
        odoo_database=work["database"],
        odoo_username="service",
        odoo_password=SecretStr("none"),
        odoo_protocol=work["protocol"],
        odoo_timeout_s=work["timeout_s"],
        odoo_longest_call_s=work["longest_s"],
        data_dir=folder,
    )


def _author(login: str) -> Author:
    return Author(login, login.partition("@")[0].title())


def proof_of(task: Mapping[str, Any]) -> PaymentProof:
    """Return what a task submits."""
    given = dict(task["proof"])
    file = {**given.pop("file")}
    file["content"] = base64.b64decode(file["content"])
    given |= {"amount": Decimal(given["amount"]), "day": date.fromisoformat(given["day"])}
    given["invoices"] = tuple(InvoiceRef(**one) for one in given["invoices"])
    return PaymentProof(file=ProofFile(**file), **given)


def main() -> int:
    """Fork workers until one comes to the end of the work; return how it ended."""
    work = json.load(sys.stdin)
    deadline = time.monotonic() + work["patience_s"]
    parent, generation = os.getppid(), 0
    while True:
        generation += 1
        drawn = random.Random(f"{work['seed']}/life/{generation}")
        life_s = drawn.uniform(*work["life_s"]) if drawn.random() < work["life_chance"] else float("inf")
        pid = os.fork()
        if pid == 0:
            _live(work, generation)
        ended = _watched(pid, min(life_s, deadline - time.monotonic()), parent)
        if ended is None:
            note_death(Path(work["folder"]) / "deaths", "at any moment")
        elif not os.WIFSIGNALED(ended):
            return os.WEXITSTATUS(ended)
        if time.monotonic() > deadline or os.getppid() != parent:
            return TOO_LONG


def _live(work: Mapping[str, Any], generation: int) -> None:
    try:
        Worker(work, generation).run()
        os._exit(ALL_DONE)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(3)


def _watched(pid: int, life_s: float, parent: int) -> int | None:
    """Wait for a worker, kill it when its time is up (None) or nobody wants it any more; return how it ended."""
    until = time.monotonic() + life_s
    handle = os.pidfd_open(pid)
    try:
        waiting = select.poll()
        waiting.register(handle, select.POLLIN)
        while time.monotonic() < until and os.getppid() == parent:
            left_s = min(1.0, max(0.0, until - time.monotonic()))
            if waiting.poll(left_s * 1000):
                return os.waitpid(pid, 0)[1]
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return None
    finally:
        os.close(handle)


if __name__ == "__main__":
    sys.exit(main())
