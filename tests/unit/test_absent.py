"""What this Odoo lacks or refuses is asked for once: each question more is an error in Odoo's own log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from odoo_client.config import Settings
from odoo_client.datasets.base import Missing, Probe, build_plan, column
from odoo_client.demo import demo_settings
from odoo_client.errors import MissingModelError, OdooAccessError, OdooError, OdooServerError
from odoo_client.rpc import absent, columns
from odoo_client.rpc.absent import ABSENT
from odoo_client.store.snapshot import SnapshotStore
from odoo_client.sync.run import run_sync
from tests.demo_worlds import own
from tests.fake_http import json2_fault, rpc_fault
from tests.fake_odoo import FakeOdoo, World

LACKING = "contract.contract"


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


def lacking(version: str = "14.0", *, listed: bool | None = None) -> FakeOdoo:
    """Return an Odoo without contracts; `listed` = may the account read its list of models (None = it does not say)."""
    odoo = FakeOdoo(version)
    missing = rpc_fault("odoo.exceptions.UserError", f"Object {LACKING} doesn't exist")
    broken = rpc_fault("builtins.RuntimeError", "not now")
    if version == "19.0":
        missing = json2_fault(404, "werkzeug.exceptions.NotFound", f"the model '{LACKING}' does not exist")
        broken = json2_fault(500, "builtins.RuntimeError", "not now")
    answers: dict[str, Any] = {"fields_get": odoo.methods["fields_get"]()}
    answers |= dict.fromkeys(("check_access_rights", "has_access"), broken if listed is None else listed)
    for method, answer in answers.items():
        odoo.methods[method] = lambda answer=answer, **_: missing if odoo.calls[-1][0] == LACKING else answer
    models = [{"id": 2, "model": "res.partner"}, {"id": 1, "model": "x.thing"}]
    odoo.methods |= {"search": lambda **_: [2, 1], "read": lambda **_: models, "search_read": lambda **_: models}
    return odoo


def asked(odoo: FakeOdoo, model: str = LACKING) -> int:
    return sum(called == model for called, _method, _named in odoo.calls)


@pytest.mark.parametrize("version", ["14.0", "19.0"])
def test_where_the_list_of_models_may_be_read_a_missing_one_is_never_asked_for(world: World, version: str) -> None:
    odoo = lacking(version, listed=True)
    client = world.connect(odoo)
    assert (client.has_model("x.thing"), client.has_model(LACKING)) == (True, False)
    plan = build_plan(Probe(client, Settings()), LACKING, [column("record_id", "id", "id")], missing="No contracts.")
    assert isinstance(plan, Missing)
    assert plan.message == "No contracts."
    listing = asked(odoo, "ir.model")
    assert not client.has_model(LACKING)
    assert (asked(odoo), asked(odoo, "ir.model")) == (0, listing), "the list is read once a connection"


@pytest.mark.parametrize("listed", [False, None])
@pytest.mark.parametrize("version", ["14.0", "19.0"])
def test_elsewhere_it_is_asked_for_once_whichever_connection_does(
    world: World, version: str, listed: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    odoo = lacking(version, listed=listed)
    url = world.serve(odoo)
    for _connection in range(3):
        client = world.connect(url)
        assert not client.has_model(LACKING)
        with pytest.raises(MissingModelError, match=LACKING):
            client.fields(LACKING)
    assert asked(odoo) == 1
    assert world.connect(url).has_model("x.thing"), "of the others nothing is remembered"
    monkeypatch.setattr(absent, "ABSENT_KEPT_S", 0.0)
    assert not world.connect(url).has_model(LACKING)
    assert asked(odoo) == 2, "its module may have been installed meanwhile"


def test_a_right_to_a_missing_model_is_asked_for_once_too(world: World) -> None:
    odoo = lacking(listed=False)
    client = world.connect(odoo)
    for _time in range(2):
        with pytest.raises(MissingModelError):
            client.may(LACKING)
    assert asked(odoo) == 1


def test_another_database_of_the_same_server_is_another_matter() -> None:
    ABSENT.add("https://erp.example.com", "one", LACKING, "No contracts.")
    assert ABSENT.sentence("https://erp.example.com", "one", LACKING) == "No contracts."
    assert ABSENT.sentence("https://erp.example.com", "two", LACKING) is None
    assert ABSENT.sentence("https://other.example.com", "one", LACKING) is None


@pytest.mark.parametrize(
    ("model", "frame", "refusal"),
    [
        ("mail.message", "ticket_messages", OdooAccessError("Only administrators may group messages.")),
        ("sale.order", "orders", OdooServerError("This server has no array_agg.")),
    ],
)
def test_columns_that_were_refused_are_not_asked_for_at_each_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, frame: str, refusal: OdooError
) -> None:
    tries: list[str] = []
    as_columns = columns._read_columns

    def reading(client: Any, asked_model: str, *rest: Any) -> Any:
        if asked_model == model:
            tries.append(model)
            raise refusal
        return as_columns(client, asked_model, *rest)

    monkeypatch.setattr(columns, "_read_columns", reading)
    store = SnapshotStore(tmp_path)
    with own("19-oca") as server:
        settings = demo_settings(Settings(), server)

        def sync(**more: Any) -> tuple[int, Any]:
            tries.clear()
            snapshot = run_sync(settings, store, demo=True, **more).snapshot
            return len(tries), snapshot

        first, snapshot = sync()
        rows = len(snapshot.frame(frame))
        assert (first, rows > 0, snapshot.info[frame].by_records) == (1, True, True)
        warned = snapshot.info[frame].warnings
        again, snapshot = sync()
        assert (again, len(snapshot.frame(frame)), snapshot.info[frame].by_records) == (0, rows, True)
        assert snapshot.info[frame].warnings == warned, "what is slower is said as before"
        assert sync(full=True)[0] == 1, "in full it is tried again: the right may be there by now"
    store.close()
