"""An answer that no Odoo gives, at any step of a sign-in, is an error of the tree and never a traceback or a right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.demo import DemoServer
from odoo_client.demo.business.accounts import LIMITED_KEY, LIMITED_LOGIN
from odoo_client.errors import NotOdooError, OdooAuthError, OdooError, OdooServerError, SignInError
from odoo_client.people import staff
from odoo_client.people.access import Person
from odoo_client.rpc import client as client_module
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.handshake import parse_version
from tests.fake_http import Asked, Reply, json2_result, rpc_result
from tests.fake_odoo import FakeOdoo, World

ODD: list[Any] = [None, False, True, 0, -3, 10**30, "x", [], {}, [None], [[]], [{}], {"uid": None}, [{"id": {}}]]
named = pytest.mark.parametrize("odd", ODD, ids=repr)


class Odd(FakeOdoo):
    """Answers `odd` to one method, or to the question for its version."""

    def __init__(self, version: str, method: str, odd: Any) -> None:
        super().__init__(version)
        self.method, self.odd = method, odd

    def __call__(self, asked: Asked) -> Reply:
        if self.method == asked.path:
            return json2_result(self.odd)
        return super().__call__(asked)

    def _rpc(self, asked: Asked) -> Reply:
        return rpc_result(self.odd) if asked.json["params"]["method"] == self.method else super()._rpc(asked)

    def _run(self, model: str, method: str, named: dict[str, Any], result: Callable[[Any], Reply]) -> Reply:
        return result(self.odd) if method == self.method else super()._run(model, method, named, result)


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


@named
@pytest.mark.parametrize(
    ("version", "method", "kinds"),
    [
        ("19.0", "context_get", (OdooServerError,)),
        ("14.0", "version", (NotOdooError,)),
        ("14.0", "authenticate", (NotOdooError, OdooAuthError)),
        ("14.0", "read", (NotOdooError,)),
        ("19.0", "read", (NotOdooError,)),
    ],
)
def test_a_connection_does_not_begin(
    world: World, version: str, method: str, kinds: tuple[type[OdooError], ...], odd: Any
) -> None:
    if method == "read" and odd == []:
        return  # An account that may not read its own record: known since Odoo 14.
    if method == "authenticate" and (odd is False or odd is None):
        kinds = (OdooAuthError,)
    with pytest.raises(kinds):
        world.connect(Odd(version, method, odd))


@named
def test_a_page_that_tells_the_version_oddly_is_passed_over(world: World, odd: Any) -> None:
    if isinstance(odd, dict) or odd is None:
        assert world.connect(Odd("19.0", "/web/version", odd)).version.major == 19


@named
def test_a_version_of_an_odd_shape_is_no_odoo(odd: Any) -> None:
    for name in ("version_info", "version"):
        if not (name == "version" and isinstance(odd, int) and not isinstance(odd, bool)):
            with pytest.raises(NotOdooError, match="ODOO_URL"):
                parse_version({name: odd})
    assert parse_version({"version_info": ["9" * 5000]}).major == 999


def test_a_right_is_a_yes_and_nothing_that_counts_as_one(world: World) -> None:
    client = world.connect(odoo := FakeOdoo("14.0"))
    for method, ask in (("has_group", client.has_group), ("check_access_rights", client.may)):
        for odd in ("no", 1, ["x"], {"x": 1}, 0, ""):
            odoo.methods[method] = lambda odd=odd, **_: odd
            with pytest.raises(NotOdooError, match="rights"):
                ask("a.b")
        for answer in (True, False, None):
            odoo.methods[method] = lambda answer=answer, **_: answer
            assert ask("a.b") is (answer is True)


@named
def test_fields_of_an_odd_shape_are_an_error_or_left_out(world: World, odd: Any) -> None:
    client = world.connect(odoo := FakeOdoo("14.0"))
    odoo.methods["fields_get"] = lambda **_: odd
    if odd == {}:
        assert client.fields("x.y") == {}
        return
    with pytest.raises(NotOdooError, match="fields"):
        client.fields("x.y")
    odoo.methods["fields_get"] = lambda **_: {"state": {"type": "selection", "selection": [odd], "relation": odd}}
    assert client.fields("x.z")["state"].selection == ()


def once(real: Callable[..., Any]) -> Callable[..., Any]:
    """Return `real`, whose first answer is that of every call."""
    kept: list[Any] = []

    def call(*arguments: Any) -> Any:
        if not kept:
            kept.append(real(*arguments))
        return kept[0]

    return call


class Recorded:
    """A sign-in's calls and their answers: a call that was made before is answered without asking."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, bytes] = {}
        self.odd: tuple[str, bytes] | None = None
        real = OdooClient.call_raw

        def call_raw(asking: OdooClient, model: str, method: str, **more: Any) -> msgspec.Raw:
            key = json.dumps([model, method, more], sort_keys=True)
            if self.odd is not None and self.odd[0] == key:
                return msgspec.Raw(self.odd[1])
            if key not in self.answers:
                self.answers[key] = bytes(real(asking, model, method, **more))
            return msgspec.Raw(self.answers[key])

        monkeypatch.setattr(OdooClient, "call_raw", call_raw)
        for name in ("read_version", "sign_in"):
            monkeypatch.setattr(client_module, name, once(getattr(client_module, name)))


@pytest.mark.parametrize("profile", ["14-oca", "19-oca"])
def test_whatever_step_is_answered_oddly_nobody_comes_in_with_more_than_they_have(
    monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    recorded = Recorded(monkeypatch)
    with DemoServer(profile, empty=True) as server:
        settings = Settings(
            odoo_url=server.url,
            odoo_database=server.database,
            odoo_username=server.login,
            odoo_password=server.key,
        )

        def enter() -> Person | None:
            try:
                return staff.sign_in(settings, LIMITED_LOGIN, SecretStr(LIMITED_KEY))
            except (OdooError, SignInError):
                return None

        usual = enter()
        assert usual is not None
        steps = list(recorded.answers)
        assert len(steps) > 10
        for step in steps:
            for odd in (None, 0, "x", [], {}, [None], [{}]):
                recorded.odd = step, json.dumps(odd).encode()
                found = enter()
                if found is not None:
                    assert found.roles <= usual.roles, (step, odd)
                    assert found.company_ids <= usual.company_ids, (step, odd)
                    assert (found.writes or set()) <= (usual.writes or set()), (step, odd)
