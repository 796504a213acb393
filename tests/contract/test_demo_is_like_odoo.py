"""The embedded demo cannot drift: real Odoo and its demo profile pass the same tests and give the same shapes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.demo.business.accounts import LIMITED_KEY, LIMITED_LOGIN
from odoo_client.errors import (
    MissingModelError,
    MissingRecordError,
    OdooAccessError,
    OdooAuthError,
    OdooError,
    OdooServerError,
    OdooUserError,
    UnknownDatabaseError,
)
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.contract.conftest import Pull
from tests.demo_worlds import own
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

#: Real server, its demo profile, protocol.
PAIRS = {
    "19-json2": ("odoo19", "19-oca", "json2"),
    "19-jsonrpc": ("odoo19", "19-oca", "jsonrpc"),
    "14-jsonrpc": ("odoo14", "14-oca", "jsonrpc"),
    "19-lean": ("odoo19_lean", "19-community", "json2"),
}


@dataclass(frozen=True)
class World:
    """One server as the client reaches it: as an administrator and as a sales person with own documents only."""

    settings: Settings
    limited: Settings

    def client(self) -> OdooClient:
        return OdooClient.connect(self.settings)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], DemoServer]]:
    """``demo(profile)``: a started demo server with its invented provider."""
    running: dict[str, DemoServer] = {}

    def started(profile: str) -> DemoServer:
        if profile not in running:
            running[profile] = own(profile)
            running[profile].start()
        return running[profile]

    yield started
    for server in running.values():
        server.stop()


def demo_world(server: DemoServer, protocol: str) -> World:
    settings = demo_settings(Settings(), server).model_copy(update={"odoo_protocol": protocol})
    return World(settings, limited(settings, LIMITED_LOGIN, LIMITED_KEY))


def real_world(server: RealOdoo, protocol: str) -> World:
    settings = Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=server.username,
        odoo_password=server.api_key or server.password,
        odoo_protocol=protocol,
    )
    return World(settings, limited(settings, server.limited_username, server.limited_api_key or "limited"))


def limited(settings: Settings, login: str, key: str) -> Settings:
    return settings.model_copy(update={"odoo_username": login, "odoo_password": SecretStr(key)})


@pytest.fixture(scope="module", params=[f"{kind} {pair}" for pair in PAIRS for kind in ("real", "demo")])
def world(request: pytest.FixtureRequest, demo: Callable[[str], DemoServer]) -> World:
    """Each real server and the demo that plays it, by each protocol."""
    kind, pair = request.param.split()
    fixture, profile, protocol = PAIRS[pair]
    if kind == "demo":
        return demo_world(demo(profile), protocol)
    return real_world(request.getfixturevalue(fixture), protocol)


# -- the same behaviour, asked of both --


def test_a_wrong_key_is_named_as_such(world: World):
    with pytest.raises(OdooAuthError, match="ODOO_PASSWORD"):
        OdooClient.connect(world.settings.model_copy(update={"odoo_password": SecretStr("wrong")}))


def test_an_unknown_login_is_named_as_such(world: World):
    with pytest.raises(OdooAuthError, match="ODOO_USERNAME 'nobody'"):
        OdooClient.connect(world.settings.model_copy(update={"odoo_username": "nobody"}))


def test_an_unknown_database_is_named_as_such(world: World):
    with pytest.raises(UnknownDatabaseError, match="ODOO_DATABASE"):
        OdooClient.connect(world.settings.model_copy(update={"odoo_database": "no_such_database"}))


@pytest.mark.parametrize(
    ("error", "ask"),
    [
        (MissingModelError, lambda client: client.fields("no.such.model")),
        (MissingModelError, lambda client: client.search_read("no.such.model", [], ["id"])),
        (MissingRecordError, lambda client: client.write("res.partner", [987_654_321], {"name": "x"})),
        (OdooServerError, lambda client: client.search_read("res.partner", [], ["no_such_field"])),
        (OdooServerError, lambda client: client.search_ids("res.partner", [["no_such_field", "=", 1]])),
        (OdooServerError, lambda client: client.call("res.partner", "no_such_method")),
        (OdooUserError, lambda client: client.create("sale.order", {})),
    ],
    ids=["fields", "model", "record", "field", "domain", "method", "required"],
)
def test_a_mistake_raises_the_same_error(world: World, error: type[OdooError], ask: Callable[[OdooClient], Any]):
    with pytest.raises(error) as caught:
        ask(world.client())
    assert type(caught.value) is error
    assert "Traceback" not in caught.value.sentence


def test_reading_a_record_that_is_gone_gives_nothing(world: World):
    assert world.client().call("res.partner", "read", ids=[987_654_321], fields=["name"]) == []


def test_an_account_without_accounting_is_refused_with_the_right_to_give(world: World):
    client = OdooClient.connect(world.limited)
    with pytest.raises(OdooAccessError, match="group_account_readonly"):
        client.search_count("account.payment", [])
    assert not client.has_group("account.group_account_readonly")
    assert not client.has_group("no_such_module.no_such_group")
    assert len(client.company_ids) == 1


def test_an_account_limited_to_its_own_sees_only_these_orders(world: World):
    everything, own = world.client(), OdooClient.connect(world.limited)
    theirs = own.search_ids("sale.order", [])
    assert 0 < len(theirs) < everything.search_count("sale.order", [])
    rule = [["user_id", "in", [own.uid, False]], ["company_id", "in", list(own.company_ids)]]
    assert theirs == everything.search_ids("sale.order", rule)


def test_groups_add_up_to_what_the_rows_say(world: World):
    client = world.client()
    domain = [["parent_state", "=", "posted"], ["date_maturity", "!=", False]]
    rows = client.search_read("account.move.line", domain, ["company_id", "currency_id", "amount_residual_currency"])
    groups = client.grouped(
        "account.move.line", domain, ["company_id", "currency_id"], [("amount_residual_currency", "sum")]
    )
    expected: dict[tuple[int, int], list[float]] = {}
    for row in rows:
        expected.setdefault((row["company_id"], row["currency_id"]), []).append(row["amount_residual_currency"])
    found = {
        (group["company_id"], group["currency_id"]): (
            group["__count"],
            pytest.approx(group["amount_residual_currency:sum"], abs=0.001),
        )
        for group in groups
    }
    assert {key: (len(each), sum(each)) for key, each in expected.items()} == found


def test_archived_partners_are_read_and_pages_by_id_miss_none(world: World):
    client = world.client()
    rows = client.search_read("res.partner", [], ["active", "parent_id", "commercial_partner_id"])
    assert [row["id"] for row in rows] == sorted({row["id"] for row in rows}) == client.search_ids("res.partner", [])
    assert len(rows) == client.search_count("res.partner", [])
    assert {row["active"] for row in rows} == {True, False}
    assert all(isinstance(row["commercial_partner_id"], int) for row in rows), "bare ids, never [id, name]"


@pytest.mark.parametrize(
    "leaf",
    [
        ["customer_rank", ">", 0],
        ["email", "=", False],
        ["email", "ilike", "EXAMPLE"],
        ["parent_id", "!=", False],
        ["id", "in", [1, 2, 3]],
        ["write_date", ">=", "2020-01-01 00:00:00"],
    ],
    ids=lambda leaf: f"{leaf[0]} {leaf[1]}",
)
def test_a_condition_picks_what_its_opposite_leaves(world: World, leaf: list[Any]):
    client = world.client()
    count = partial(client.search_count, "res.partner")
    assert count([leaf]) + count(["!", leaf]) == count([])
    assert count([leaf, leaf]) == count(["|", leaf, leaf]) == count([leaf])


@pytest.mark.parametrize("pair", ["19-json2", "14-jsonrpc"])
@pytest.mark.parametrize("kind", ["real", "demo"])
def test_a_payment_changes_nothing_as_a_draft_and_settles_when_assigned(
    kind: str, pair: str, request: pytest.FixtureRequest
):
    """The way a payment proof goes: a draft, posted, matched with its invoice; on servers of its own."""
    fixture, profile, protocol = PAIRS[pair]
    with ExitStack() as stack:
        if kind == "demo":
            world = demo_world(stack.enter_context(own(profile)), protocol)
        else:
            world = real_world(stack.enter_context(request.getfixturevalue(fixture).copy()), protocol)
        client = world.client()
        wanted = [["move_type", "=", "out_invoice"], ["payment_state", "=", "not_paid"], ["state", "=", "posted"]]
        wanted += [["company_id", "=", 1], ["currency_id.name", "=", "USD"], ["amount_residual", ">", 0]]
        fields = ["partner_id", "amount_residual", "currency_id", "name"]
        invoice = client.search_read("account.move", wanted, fields, limit=1)[0]
        bank = [["type", "=", "bank"], ["company_id", "=", 1], ["currency_id", "=", False]]
        payment = client.create(
            "account.payment",
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": invoice["partner_id"],
                "amount": invoice["amount_residual"],
                "currency_id": invoice["currency_id"],
                "journal_id": client.search_ids("account.journal", bank)[0],
                "memo" if client.version.major >= 18 else "ref": f"proof for {invoice['name']}",
            },
        )

        def left() -> tuple[float, str]:
            row = client.call("account.move", "read", ids=[invoice["id"]], fields=["amount_residual", "payment_state"])
            return row[0]["amount_residual"], row[0]["payment_state"]

        open_now = (invoice["amount_residual"], "not_paid")
        assert left() == open_now, "a draft is no money"
        client.call("account.payment", "action_post", ids=[payment])
        assert left() == open_now, "posted, and matched with nothing"
        line_domain = [["payment_id", "=", payment], ["reconciled", "=", False], ["credit", ">", 0]]
        [line] = client.search_read("account.move.line", line_domain, ["amount_residual_currency"])
        assert line["amount_residual_currency"] == -invoice["amount_residual"]
        client.call("account.move", "js_assign_outstanding_line", ids=[invoice["id"]], line_id=line["id"])
        assert left() == (0.0, "paid")
        entries = client.search_count("account.move", [])
        client.call("account.payment", "action_post", ids=[payment])
        assert (left(), client.search_count("account.move", [])) == ((0.0, "paid"), entries), "posting twice is once"


# -- the same shapes --


@pytest.fixture(scope="module", params=[pair for pair in PAIRS if pair != "19-jsonrpc"])
def both(
    request: pytest.FixtureRequest,
    demo: Callable[[str], DemoServer],
    pull: Pull,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[World, Snapshot, World, Snapshot]]:
    """A real server and its snapshot, the demo that plays it and its snapshot."""
    fixture, profile, protocol = PAIRS[request.param]
    server: RealOdoo = request.getfixturevalue(fixture)
    theirs = demo_world(demo(profile), protocol)
    store = SnapshotStore(tmp_path_factory.mktemp("demo") / "cache")
    yield real_world(server, protocol), pull(server, protocol), theirs, run_sync(theirs.settings, store).snapshot
    store.close()


def test_every_frame_has_the_same_columns_source_and_state(both: tuple[World, Snapshot, World, Snapshot]):
    _real, snapshot, _demo, played = both
    assert set(snapshot) == set(played)
    for name in snapshot:
        ours, theirs = snapshot.info[name], played.info[name]
        assert (ours.state, ours.source, ours.lacks, ours.message) == (
            (theirs.state, theirs.source, theirs.lacks, theirs.message)
        ), name
        kinds, played_kinds = (dict(each.frame(name).dtypes.astype(str)) for each in (snapshot, played))
        assert kinds == played_kinds, name
    assert (snapshot.meta.edition, snapshot.meta.protocol) == (played.meta.edition, played.meta.protocol)


def test_every_field_of_the_demo_is_that_field_in_odoo(
    both: tuple[World, Snapshot, World, Snapshot], demo: Callable[[str], DemoServer], request: pytest.FixtureRequest
):
    real, _snapshot, played, _played = both
    client, other = real.client(), played.client()
    profile = PAIRS[request.node.callspec.params["both"]][1]
    wrong: list[str] = []
    for model in sorted(demo(profile).orm.models):
        known = client.fields(model)
        for name, field in other.fields(model).items():
            real_field = known.get(name)
            if real_field is None:
                wrong.append(f"{model}.{name} does not exist")
                continue
            as_played = (field.type, field.store, field.relation)
            as_real = (real_field.type, real_field.store, real_field.relation)
            if as_played != as_real:
                wrong.append(f"{model}.{name} is {as_real}, played as {as_played}")
    assert not wrong
