"""Promises from an Odoo into the frame: in one call a time, what left is gone, and what cannot be read is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.frames.arrays import knows
from odoo_client.people.service_account import check_rights
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.demo_worlds import own


@pytest.fixture(params=["14-oca", "19-community"])
def server(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    with own(request.param) as running:
        yield running


@pytest.fixture
def settings(server: DemoServer) -> Settings:
    return demo_settings(Settings(), server)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    opened = SnapshotStore(tmp_path / "cache")
    yield opened
    opened.close()


def synced(settings: Settings, store: SnapshotStore, **more: Any) -> Snapshot:
    return run_sync(settings, store, demo=True, **more).snapshot


def test_promises_come_with_the_customer_they_are_on(settings: Settings, store: SnapshotStore) -> None:
    frame = synced(settings, store).frame("promises")
    assert len(frame)
    assert frame["promise_id"].is_monotonic_increasing
    assert (frame["currency_id"] > 0).all()
    assert (frame["amount"] > 0).all()
    assert (frame["commercial_partner_id"] > 0).all()
    assert frame[["day", "made_on"]].notna().all(axis=None)
    assert (frame["author_id"] > 0).all()


def test_they_are_asked_for_at_once_because_odoo_hides_some_after_it_has_cut_a_page(
    settings: Settings, store: SnapshotStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Any]] = []
    true = OdooClient.call_raw

    def heard(self: OdooClient, model: str, method: str, **named: Any) -> Any:
        if model == "mail.activity" and method in ("search", "search_read", "read_group", "formatted_read_group"):
            asked.append((method, named.get("limit")))
        return true(self, model, method, **named)

    monkeypatch.setattr(OdooClient, "call_raw", heard)
    synced(settings, store)
    assert asked
    assert {method for method, _limit in asked} <= {"search", "search_read"}
    assert {limit for _method, limit in asked} == {None}


def test_what_was_deleted_or_is_no_promise_any_more_leaves_and_what_cannot_be_read_is_told(
    settings: Settings, store: SnapshotStore
) -> None:
    first, second, third, *_ = synced(settings, store).frame("promises")["promise_id"].tolist()
    with OdooClient.connect(settings) as client:
        client.call("mail.activity", "unlink", ids=[first])
        client.write("mail.activity", [second], {"summary": "Ask again"})
        client.write("mail.activity", [third], {"summary": "Promise to pay USD 1,200.00"})
    snapshot = synced(settings, store)
    frame = snapshot.frame("promises").set_index("promise_id")
    assert not {first, second} & set(frame.index)
    assert frame.loc[third, ["currency_id", "amount"]].tolist() == [0, 0.0]
    (warning,) = snapshot.info["promises"].warnings
    assert warning == (
        "1 promise to pay is not counted, because the summary in Odoo is not written as “Promise to pay USD 120.00”: "
        "'Promise to pay USD 1,200.00'."
    )
    # It is told as long as it is so, whatever was read meanwhile.
    assert synced(settings, store, groups=["activities"]).info["promises"].warnings == (warning,)


def test_whether_odoo_keeps_what_is_done_is_asked_and_said(
    server: DemoServer, settings: Settings, store: SnapshotStore
) -> None:
    snapshot = synced(settings, store)
    promise_id = int(snapshot.frame("promises")["promise_id"].iloc[-1])
    with OdooClient.connect(settings) as client:
        client.call("mail.activity", "action_feedback", ids=[promise_id])
    frame = synced(settings, store).frame("promises").set_index("promise_id")
    stays = server.profile.major >= 19
    assert knows(snapshot, "promises", "done_on") == stays
    assert (promise_id in frame.index) == stays
    if stays:
        assert frame.loc[[promise_id], "done_on"].notna().all()


def test_a_part_of_a_sync_over_an_older_copy_reads_them(settings: Settings, store: SnapshotStore) -> None:
    whole = synced(settings, store)
    frames = {name: whole.frame(name) for name in whole if name != "promises"}
    info = {name: one for name, one in whole.info.items() if name != "promises"}
    store.write(Snapshot.from_frames(frames, info=info, meta=replace(whole.meta, snapshot_id="older")))
    found = synced(settings, store, groups=["tickets"])
    assert found.frame("promises").equals(whole.frame("promises"))


def test_one_customer_s_are_read_with_the_customer(settings: Settings, store: SnapshotStore) -> None:
    rows = synced(settings, store).frame("promises")
    mine, other = rows.iloc[0], rows[rows["partner_id"] != rows["partner_id"].iloc[0]].iloc[0]
    with OdooClient.connect(settings) as client:
        for row in (mine, other):
            client.write("mail.activity", [int(row["promise_id"])], {"summary": "Promise to pay USD 77.00"})
    frame = synced(settings, store, customer_ids=[int(mine["partner_id"])]).frame("promises").set_index("promise_id")
    assert frame.loc[mine["promise_id"], "amount"] == 77.0
    assert frame.loc[other["promise_id"], "amount"] == other["amount"]


@dataclass
class Limited:
    """An account that may do everything but change contacts."""

    version: SimpleNamespace
    company_ids: tuple[int, ...] = (1,)

    def may(self, model: str, operation: str = "read") -> bool:
        return (model, operation) != ("res.partner", "write")

    def has_group(self, xmlid: str) -> bool:
        return True

    def search_count(self, model: str, domain: list[Any]) -> int:
        return 1


@pytest.mark.parametrize(("version", "told"), [(14, False), (15, True), (19, True)])
def test_an_account_that_may_not_change_contacts_is_told_what_it_does_not_see(version: int, told: bool) -> None:
    client = Limited(SimpleNamespace(major=version))
    rights = check_rights(client, has_sales=False, ticket_source="")  # type: ignore[arg-type]
    (right,) = [one for one in rights if one.frames == ("promises",)]
    assert right.held != told
    assert "Contact Creation (base.group_partner_manager)" in right.sentence
