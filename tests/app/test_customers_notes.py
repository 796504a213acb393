"""Calls and notes on a customer: read from Odoo when somebody opens them, with their own account, kept by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender
from odoo_client.actions.promises import Call, log_call
from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.endpoints.authentication import Doors
from odoo_client.errors import ForbiddenError
from odoo_client.people.access import Person
from odoo_client.roles import DEFAULT_ROLES, Grant
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.background import SyncRunner
from odoo_client.sync.run import run_sync
from pages.ui import live
from pages.ui.promises.notes import TITLE
from pages.ui.view import view_of
from tests.app.conftest import Stage, alerts
from tests.demo_worlds import TODAY, own

FINANCE = Person("fin@staff.example", "Fin", 11, frozenset({"finance"}), frozenset({1, 2}))
MANAGER = Person("boss@staff.example", "Boss", 12, frozenset({"manager"}), frozenset({1, 2}))
#: What was read of each demo server; every test has a copy of the same one.
SYNCED: dict[str, Snapshot] = {}
SAID = "Pays on Friday, **not** before.\nWrite to rudo@home.example or call 0772 123 456."


@pytest.fixture(params=["19-oca", "14-oca"])
def server(request: pytest.FixtureRequest, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoServer]:
    """A running demo server whose snapshot the stage shows; people read and write with its one account."""
    with own(request.param, TODAY) as running:
        settings = demo_settings(Settings(cache_dir=stage.settings.cache_dir), running)
        if request.param not in SYNCED:
            SYNCED[request.param] = run_sync(settings, stage.store).snapshot
        stage.show(SYNCED[request.param])
        runner = SyncRunner(settings, stage.store)
        monkeypatch.setattr(runner, "refresh", lambda: None)
        stage.backend = replace(stage.backend, settings=settings, runner=runner, sender=None)
        monkeypatch.setattr(stage.doors, "settings", settings)
        monkeypatch.setattr(stage.doors, "client", lambda session: stage.doors.service())
        stage.sign_in(FINANCE)
        yield running


def debtor(server: DemoServer) -> int:
    """Return a customer who owes something."""
    tables = server.orm.tables
    owing = next(row for row in tables["account.move"].values() if row.get("payment_state") == "not_paid")
    partner = tables["res.partner"][owing["partner_id"]]
    return int(partner.get("commercial_partner_id") or partner["id"])


def log(stage: Stage, folder: Path, partner_id: int) -> None:
    """Log a call through the outbox, as the Arrears page does."""
    settings = stage.backend.settings
    outbox = Outbox(folder / "calls" / "outbox.sqlite3")
    sender = Sender(settings, outbox, lambda *_: OdooClient.connect(settings), HANDLERS, stage.audit)
    stage.backend = replace(stage.backend, sender=sender)
    entry = log_call(stage.backend.office, Author("fin@staff.example", "Fin"), Call(partner_id, "Rudo", SAID))
    sender.send_waiting("fin@staff.example")
    assert outbox.get(entry.token).state == "done"


def note(server: DemoServer, partner_id: int, body: str, **more: Any) -> None:
    row = {"model": "res.partner", "res_id": partner_id, "date": "2026-11-19 22:30:00", "author_id": 6, "body": body}
    server.orm.create("mail.message", {**row, "message_type": "comment", "subtype_id": 2, **more})


def opened(stage: Stage, partner_id: int, page: str = "customers.py") -> AppTest:
    """Return the page of the customer with the calls and notes unfolded."""
    more = {"section": "Timeline"} if page == "customers.py" else {}
    visit = stage.open(page, customer=str(partner_id), **more)
    where = "timeline" if page == "customers.py" else "arrears"
    visit.session_state[f"{where}_notes_{partner_id}"] = True
    visit.run()
    assert not visit.exception
    return visit


def shown(visit: AppTest) -> str:
    """Return what stands in the unfolded part, without the marks that keep Odoo's text from being Markdown."""
    [box] = [one for one in visit.expander if one.label == TITLE]
    return "\n".join(text.value for text in [*box.caption, *box.markdown]).replace("\\", "")


@pytest.mark.parametrize("page", ["customers.py", "arrears.py"])
def test_a_call_logged_on_arrears_is_seen_where_one_looks_for_it(
    stage: Stage, server: DemoServer, tmp_path: Path, page: str
) -> None:
    partner_id = debtor(server)
    log(stage, tmp_path, partner_id)
    note(server, partner_id, "<p>Moved to <b>Mutare</b></p><script>alert(1)</script>")
    note(server, partner_id, "<p>Dear customer, please pay</p>", subtype_id=1)
    note(server, partner_id, "<p>Contact created</p>", message_type="notification")
    visit = opened(stage, partner_id, page)
    text = shown(visit)
    assert "Pays on Friday, **not** before." in text
    assert "Moved to Mutare" in text
    assert "20 Nov 2026, 00:30" in text, "the time of the provider's clock"
    assert text.index("Pays on Friday") < text.index("Moved to Mutare"), "the newest first"
    for absent in ("alert(", "Dear customer", "Contact created", "AFN-"):
        assert absent not in text


def test_nothing_is_read_until_somebody_opens_it(stage: Stage, server: DemoServer) -> None:
    partner_id = debtor(server)
    server.deny("mail.message")
    visit = stage.open("customers.py", customer=str(partner_id), section="Timeline")
    assert not visit.exception
    assert not visit.error
    assert shown(visit) == ""


def test_who_may_not_see_addresses_and_numbers_reads_the_rest(stage: Stage, server: DemoServer, tmp_path: Path) -> None:
    partner_id = debtor(server)
    log(stage, tmp_path, partner_id)
    assert "rudo@home.example" in shown(opened(stage, partner_id))
    stage.sign_in(MANAGER)
    text = shown(opened(stage, partner_id))
    assert "Pays on Friday" in text
    assert "rudo@home.example" not in text
    assert "123 456" not in text


def test_a_failure_is_one_sentence_and_the_rest_of_the_page_stays(stage: Stage, server: DemoServer) -> None:
    partner_id = debtor(server)
    server.deny("mail.message")
    visit = opened(stage, partner_id)
    assert "Calls and notes cannot be read now" in alerts(visit)
    assert len(visit.error) == 1
    assert len(visit.dataframe) == 1, "the timeline"


def test_with_single_sign_on_they_are_for_those_who_work_with_customers(
    stage: Stage, server: DemoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service account reads then, which Odoo refuses nothing."""
    partner_id = debtor(server)
    looks_only = {**DEFAULT_ROLES, "manager": Grant(pages=("overview", "customers"))}
    monkeypatch.setattr(stage.doors, "settings", stage.doors.settings.model_copy(update={"roles": looks_only}))
    stage.sign_in(MANAGER)

    def labels() -> list[str]:
        visit = stage.open("customers.py", customer=str(partner_id), section="Timeline")
        assert not visit.exception
        return [one.label for one in visit.expander]

    assert TITLE in labels(), "with their own account Odoo decides"
    monkeypatch.setattr(Doors, "single_sign_on", property(lambda doors: True))
    assert TITLE not in labels()


def test_of_a_customer_they_do_not_see_nothing_is_read(stage: Stage, server: DemoServer) -> None:
    partner_id = debtor(server)
    note(server, partner_id, "<p>Moved to Mutare</p>")
    snapshot = stage.store.current()
    assert snapshot is not None
    seen = snapshot.frame("customers")
    frames = {name: snapshot.frame(name) for name in snapshot}
    cut = Snapshot.from_frames(frames | {"customers": seen[seen["partner_id"] != partner_id]})
    settings = stage.backend.settings
    assert live.partner_notes(view_of(snapshot, settings, ""), partner_id).messages
    with pytest.raises(ForbiddenError):
        live.partner_notes(view_of(cut, settings, ""), partner_id)
