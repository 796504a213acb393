"""What the app tests run on: small books with known sums, a store in a temporary folder, a runner that stands still."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import streamlit as st
from pydantic import SecretStr
from streamlit import type_util
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime import context
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, local_script_runner

from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author, Kind
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender
from odoo_client.config import Settings
from odoo_client.endpoints.authentication import Doors
from odoo_client.errors import OdooUnreachableError
from odoo_client.people.access import Person, frames_of
from odoo_client.people.audit import AuditLog
from odoo_client.roles import ROLES
from odoo_client.rpc.client import OdooClient
from odoo_client.store import arrow_disk
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.background import SyncRunner
from pages.ui import formats, statements
from pages.ui.session import access, backend
from pages.ui.session.backend import Backend
from tests.builders import USD, ZWG, Ledger, empty_frames

# Every AppTest looks through all installed packages for components, a second each time; they do not change meanwhile.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)
# Nor do the scripts, which it compiles again for each run, and the parameters of what is cached, asked for at each use.
_compiled = ScriptCache()
vars(local_script_runner)["ScriptCache"] = lambda: _compiled
type_util.get_func_parameters = functools.lru_cache(256)(type_util.get_func_parameters)
# A visit has no browser; AppTest would make the mock of one each time.
context._get_client_context = lambda: None

MAIN = Path(__file__).parents[2] / "pages" / "main.py"
PAGES = {
    "overview.py": "Overview",
    "customers.py": "Customers",
    "arrears.py": "Arrears",
    "billing.py": "Billing",
    "services.py": "Services",
    "tickets.py": "Tickets",
    "orders.py": "Orders",
    "products.py": "Products",
    "contacts.py": "Contacts",
}
#: What nobody types: sessions of these tests begin without a form.
SECRET = SecretStr("no password")
#: Nothing listens there, and no test needs it to.
NOWHERE = "http://127.0.0.1:9"
#: Sees everything, whatever companies a test's books have.
ADMINISTRATOR = Person("admin@staff.example", "Ada Admin", 2, frozenset(ROLES), frozenset(range(1, 100)))
#: Two who read a part of it in Odoo: tickets alone, and orders alone.
SUPPORT = Person(
    "sup@staff.example",
    "Sup",
    12,
    frozenset({"support"}),
    frozenset({1, 2}),
    sales="none",
    frames=frames_of(["helpdesk_mgmt.group_helpdesk_manager"]),
)
SALES = Person(
    "sal@staff.example",
    "Sal",
    13,
    frozenset({"sales"}),
    frozenset({1, 2}),
    tickets="none",
    frames=frames_of(["sales_team.group_sale_salesman_all_leads"]),
)
HARARE = ZoneInfo("Africa/Harare")
#: The day of a whole run: books are dated from it, and pages take it for today even where midnight falls into the run.
TODAY = datetime.now(HARARE).date()


@pytest.fixture(scope="session", autouse=True)
def _one_day() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formats, "today", lambda timezone: TODAY)
        yield


@pytest.fixture(scope="session", autouse=True)
def _packed_once() -> Iterator[None]:
    _pack_once(empty_frames().values())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("odoo_client.store.snapshot.to_ipc", _to_ipc)
        yield


def ago(days: int) -> Any:
    """Return the day `days` before today."""
    return TODAY - timedelta(days=days)


def books() -> Ledger:
    """Return a provider's books: eight customers, two companies, two currencies, three technologies.

    Overdue: USD 100 + 50 + 30 + 70 = 250 and ZWG 2,600. Not due: USD 40. Unallocated: USD 20. In payment: USD 70.
    """
    book = Ledger()
    people = (
        (1, "Tendai Moyo", "Harare", "+263 77 111 1111"),
        (2, "Rudo <b>Ncube</b>", "Bulawayo", "+263 77 222 2222"),
        (3, "=1+1 Trading", "Harare", ""),
        (4, "Chipo 🌍 Dube", "Mutare", "+263 77 444 4444"),
        (5, "شركة النور", "Gweru", "+263 77 555 5555"),
        (6, "Nobody Owes", "Harare", "+263 77 666 6666"),
    )
    for partner_id, name, city, phone in people:
        book.customer(
            partner_id, name, city=city, phone=phone, email=f"c{partner_id}@example.com", ref=f"AF{partner_id}"
        )
    book.invoice(1, 100.0, ago(20), on=ago(34), technology={"fibre": 100.0})
    book.invoice(1, 40.0, ago(-10), on=ago(4), technology={"fibre": 40.0})
    book.invoice(2, 50.0, ago(45), on=ago(59), technology={"wireless": 50.0})
    book.invoice(3, 30.0, ago(130), on=ago(144))
    book.invoice(4, 70.0, ago(10), on=ago(24), company_id=2, technology={"starlink": 70.0}, payment_state="in_payment")
    book.invoice(5, 2600.0, ago(95), on=ago(109), currency_id=ZWG, technology={"fibre": 2600.0})
    book.payment(1, 20.0, ago(3))
    book.rate(ZWG, ago(400), 20.0)
    book.rate(ZWG, ago(15), 26.0)
    for number, (customer, technology, status, fee, currency) in enumerate(
        (
            (1, "fibre", "active", 100.0, USD),
            (2, "wireless", "active", 50.0, USD),
            (4, "starlink", "active", 70.0, USD),
            (5, "fibre", "active", 2600.0, ZWG),
            (6, "fibre", "paused", 40.0, USD),
            (3, "wireless", "ended", 30.0, USD),
        ),
        start=1,
    ):
        book.frames["services"].append(
            {
                "service_id": f"contract.line:{number}",
                "source": "oca_contract",
                "model": "contract.line",
                "record_id": number,
                "name": f"{technology.title()} plan {number}",
                "partner_id": customer,
                "commercial_partner_id": customer,
                "company_id": 2 if customer == 4 else 1,
                "product_id": number,
                "technology": technology,
                "status": status,
                "monthly_fee": fee,
                "currency_id": currency,
                "start_date": ago(300),
                "end_date": ago(70) if status == "ended" else None,
                "next_billing_date": None if status == "ended" else ago(-8),
                "bandwidth": "Unlimited",
                "usage": "Unlimited",
            }
        )
    now = datetime.now(UTC)
    for number in range(1, 4):
        book.frames["tickets"].append(
            {
                "ticket_id": number,
                "number": f"HT{number}",
                "company_id": 1,
                "closed": number == 3,
                "waiting": "closed" if number == 3 else "us",
                "create_date": now,
            }
        )
    book.frames["orders"].append(
        {
            "order_id": 1,
            "name": "S1",
            "company_id": 1,
            "currency_id": USD,
            "state": "sale",
            "invoice_status": "to invoice",
        }
    )
    return book


def settings_for(folder: Path, **more: Any) -> Settings:
    """Return settings of a real Odoo that does not answer, with its cache in `folder`."""
    values: dict[str, Any] = {
        "odoo_url": NOWHERE,
        "odoo_database": "provider",
        "odoo_username": "reader",
        "odoo_password": "key",
        "odoo_connect_timeout_s": 0.2,
        "cache_dir": folder,
    }
    return Settings(**(values | more))


def _no_odoo(author: Author, kind: Kind) -> OdooClient:
    raise OdooUnreachableError("No connection to Odoo: start it there.")


class Stage:
    """A backend whose snapshot and sync state a test sets, put where the pages look for it."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.settings = settings_for(folder)
        self.store = SnapshotStore(folder / "store")
        self.runner = SyncRunner(self.settings, self.store)
        self.asked: list[str] = []
        patch.setattr(self.runner, "refresh", lambda: self.asked.append("refresh"))
        self.audit = AuditLog(folder / "audit.sqlite3")
        self.doors = Doors(self.settings, self.audit)
        self.outbox = Outbox(folder / "outbox" / "outbox.sqlite3")
        # What is entered stays there: no thread sends it, and nobody waits for Odoo.
        sender = Sender(self.settings, self.outbox, _no_odoo, HANDLERS, self.audit)
        patch.setattr(sender, "wait", lambda token, timeout_s: self.outbox.get(token))
        self.backend = Backend(self.settings, self.runner, self.audit, doors=self.doors, sender=sender)
        self.caller = ("", "test browser", "127.0.0.1")
        patch.setattr(access, "caller", lambda: self.caller)
        self.sign_in(ADMINISTRATOR)
        patch.setattr(backend, "backend", lambda: self.backend)

    def sign_in(self, person: Person) -> str:
        """Let this person be the one who looks from now on; return their token."""
        _token, browser, address = self.caller
        token = self.doors.sessions.start(person, SECRET, browser=browser, address=address)
        self.caller = (token, browser, address)
        return token

    def show(self, snapshot: Snapshot) -> Snapshot:
        """Make `snapshot` the one the pages show; a changed copy of one read by `read_now` gets a name of its own."""
        name = snapshot.meta.snapshot_id
        if _read.get(name, snapshot) is not snapshot:
            snapshot = replace(snapshot, meta=replace(snapshot.meta, snapshot_id=uuid4().hex))
        return self.store.write(snapshot)

    def open(self, page: str = "overview.py", /, **query: str | list[str]) -> AppTest:
        """Open the app at `page` with the address `query`, as a visitor would."""
        visit = AppTest.from_file(str(MAIN), default_timeout=60)
        for name, value in query.items():
            visit.query_params[name] = value
        if page != "overview.py":
            # A file's name is its page's address, so that nothing has to run before.
            visit.switch_page(page)
        return visit.run()


@pytest.fixture
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A stage without a snapshot.

    What pages keep of a snapshot serves the next test with the same one, unless one of the two patches anything.
    """
    patches = "monkeypatch" in request.fixturenames
    if patches:
        st.cache_resource.clear()
    # Two that patch the same in turn would undo each other in the wrong order.
    patch = request.getfixturevalue("monkeypatch") if patches else pytest.MonkeyPatch()
    made = Stage(tmp_path, patch)
    yield made
    made.store.close()
    if patches:
        st.cache_resource.clear()
    else:
        patch.undo()
        # What is read from Odoo is kept without a snapshot's name.
        backend.service_client.clear()
        statements._logos.clear()


@pytest.fixture
def live_patch() -> Iterator[pytest.MonkeyPatch]:
    """Patches what pages ask Odoo or draw with each time: nothing they keep of a snapshot (see `stage`)."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture
def provider(stage: Stage) -> Stage:
    """A stage with the books of `books()`, read from an Odoo 19 just now."""
    stage.show(read_now(books))
    return stage


def real(snapshot: Snapshot, **meta: Any) -> Snapshot:
    """Return `snapshot` as read from a real Odoo 19."""
    origin = {"odoo_url": NOWHERE, "odoo_version": "19.0", "edition": "community", "protocol": "json2"}
    frames = {name: snapshot.frame(name) for name in snapshot}
    return Snapshot.from_frames(frames, info=dict(snapshot.info), **(origin | meta))


#: What `read_now` returned last of each snapshot, by its name.
_read: dict[str, Snapshot] = {}
#: Frames that many tests show, by `id`, as a store packs them: that took a quarter of a test of one page.
_packed: dict[int, tuple[pd.DataFrame, bytes]] = {}


def _pack_once(frames: Iterable[pd.DataFrame]) -> None:
    _packed.update({id(frame): (frame, arrow_disk.to_ipc(frame)) for frame in frames if id(frame) not in _packed})


def _to_ipc(frame: pd.DataFrame) -> bytes:
    return _packed[id(frame)][1] if id(frame) in _packed else arrow_disk.to_ipc(frame)


@functools.cache
def _read_once(make: Callable[..., Ledger | Snapshot], *given: str) -> Snapshot:
    made = make(*given)
    found = made if isinstance(made, Snapshot) else real(made.snapshot())
    _pack_once(found.frame(name) for name in found)
    return found


def read_now(make: Callable[..., Ledger | Snapshot], *given: str) -> Snapshot:
    """Return the snapshot of what `make(*given)` makes, the same one for all tests but that it was read just now."""
    known, now = _read_once(make, *given), datetime.now(UTC)
    info = {name: replace(one, read_at=now) for name, one in known.info.items()}
    found = replace(known, meta=replace(known.meta, taken_at=now), info=MappingProxyType(info))
    _read[found.meta.snapshot_id] = found
    return found


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment without ODOO_ and STREAMLIT_ settings, plus those passed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ODOO_", "STREAMLIT_"))}
    return kept | more


def of_odoo(url: str, database: str, login: str, key: str, folder: Path) -> dict[str, str]:
    """Return the settings of an app over that Odoo which keeps what it writes under `folder`."""
    odoo = {"ODOO_URL": url, "ODOO_DATABASE": database, "ODOO_USERNAME": login, "ODOO_PASSWORD": key}
    return odoo | {"CACHE_DIR": str(folder / "cache"), "DATA_DIR": str(folder / "data")}


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, str]]:
    """Return :func:`environment`, for this test's own process."""
    return environment


def tiles(visit: AppTest) -> dict[str, list[str]]:
    """Return each tile's figures by its label."""
    found: dict[str, list[str]] = {}
    for metric in visit.metric:
        found.setdefault(metric.label, []).append(metric.value)
    return found


def alerts(visit: AppTest) -> str:
    """Return the text and titles of everything a page warns of."""
    boxes = [*visit.error, *visit.warning, *visit.info]
    return "\n".join(f"{getattr(box.proto, 'title', '')} {box.value}" for box in boxes)


def table(visit: AppTest, column: str) -> Any:
    """Return the first table on the page that has `column`."""
    return next(element.value for element in visit.dataframe if column in element.value.columns)
