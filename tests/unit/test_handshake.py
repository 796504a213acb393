"""How a connection begins: version, protocol, account, companies, and what is said when it does not."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.errors import (
    ConfigError,
    NotOdooError,
    OdooAuthError,
    OdooTlsError,
    OdooUnreachableError,
    UnknownDatabaseError,
)
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.handshake import OdooVersion, parse_version
from tests.fake_http import Reply, json2_fault, page
from tests.fake_odoo import KEY, PASSWORD, FakeOdoo, World


@pytest.fixture
def world() -> Iterator[World]:
    with ExitStack() as stack:
        yield World(stack)


# -- signing in --


def test_on_19_json2_is_used_with_a_key(world: World) -> None:
    client = world.connect(FakeOdoo("19.0"))
    assert (client.protocol, client.uid) == ("json2", 7)
    assert client.protocol_reason == "JSON-2 accepted the key"
    assert client.version == OdooVersion(19, "19.0", "community")


def test_on_19_a_password_falls_back_to_jsonrpc_and_says_why(world: World) -> None:
    client = world.connect(FakeOdoo("19.0"), PASSWORD)
    assert (client.protocol, client.uid) == ("jsonrpc", 7)
    assert client.protocol_reason == "JSON-2 refused the key (a password, not a key), JSON-RPC is used"


def test_on_19_a_401_falls_back_to_jsonrpc_and_says_why(world: World) -> None:
    odoo = FakeOdoo("19.0")
    odoo.json2_refuses = json2_fault(401, "werkzeug.exceptions.Unauthorized", "User not authenticated")
    client = world.connect(odoo)
    assert client.protocol == "jsonrpc"
    assert client.protocol_reason == "JSON-2 refused the key (401), JSON-RPC is used"


def test_on_19_a_proxy_that_hides_json2_falls_back_to_jsonrpc(world: World) -> None:
    odoo = FakeOdoo("19.0")
    odoo.json2_refuses = page("Forbidden", 403)
    assert world.connect(odoo).protocol_reason == "JSON-2 did not work (HTTP 403), JSON-RPC is used"


def test_before_19_jsonrpc_is_used(world: World) -> None:
    client = world.connect(FakeOdoo("14.0"))
    assert (client.protocol, client.version.major) == ("jsonrpc", 14)
    assert client.protocol_reason == "Odoo 14.0 has no JSON-2, JSON-RPC is used"


def test_odoo_protocol_overrides(world: World) -> None:
    assert world.connect(FakeOdoo("19.0"), odoo_protocol="jsonrpc").protocol == "jsonrpc"
    assert world.connect(FakeOdoo("19.0"), odoo_protocol="json2").protocol == "json2"
    with pytest.raises(OdooAuthError):
        world.connect(FakeOdoo("19.0"), "0000", odoo_protocol="json2")
    with pytest.raises(ConfigError, match="ODOO_PROTOCOL is json2, which Odoo 14.0 does not have"):
        world.connect(FakeOdoo("14.0"), odoo_protocol="json2")


@pytest.mark.parametrize("version", ["14.0", "19.0"])
def test_the_database_service_is_never_used(world: World, version: str) -> None:
    world.connect(FakeOdoo(version), PASSWORD)
    assert world.server is not None
    services = {asked.json["params"]["service"] for asked in world.server.asked if asked.path == "/jsonrpc"}
    assert services == {"common", "object"}
    assert not [asked for asked in world.server.asked if "database" in asked.path]


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ({"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}, OdooVersion(19, "19.0", "community")),
        ({"server_version_info": [16, 0, 0, "final", 0, "e"], "server_version": "16.0+e"},
         OdooVersion(16, "16.0+e", "enterprise")),
        ({"version_info": ["saas~18", 2, 0, "final", 0, "e"], "version": "saas~18.2+e"},
         OdooVersion(18, "saas~18.2+e", "enterprise")),
        ({"server_version": "14.0-20240101"}, OdooVersion(14, "14.0-20240101", "unknown")),
    ],
)  # fmt: skip
def test_version_and_edition_are_read_from_odoos_own_words(answer: dict[str, Any], version: OdooVersion) -> None:
    assert parse_version(answer) == version


def test_a_server_without_version_is_no_odoo() -> None:
    with pytest.raises(NotOdooError, match="ODOO_URL"):
        parse_version({})


def test_all_companies_of_the_account_travel_with_every_call_its_main_one_first(world: World) -> None:
    odoo = FakeOdoo()
    client = world.connect(odoo, odoo_lang="fr_FR")
    assert client.company_ids == (2, 1, 3)
    client.search_ids("x.thing", [])
    assert odoo.last["context"] == {
        "allowed_company_ids": [2, 1, 3], "lang": "fr_FR", "tz": "UTC", "active_test": False,
    }  # fmt: skip


def test_a_key_of_another_account_is_refused(world: World) -> None:
    odoo = FakeOdoo()
    odoo.login = "boss@example.com"
    with pytest.raises(OdooAuthError, match="key of 'boss@example.com', not of ODOO_USERNAME 'bot'"):
        world.connect(odoo)


def test_neither_key_nor_password_shows_in_the_client(world: World) -> None:
    client = world.connect(FakeOdoo())
    assert KEY not in repr(client) + repr(vars(client))


# -- bad input --


@pytest.mark.parametrize("version", ["14.0", "19.0"])
def test_a_wrong_key_is_one_sentence_naming_user_and_password(world: World, version: str) -> None:
    wrong = KEY[::-1]
    with pytest.raises(OdooAuthError, match="ODOO_USERNAME 'bot' with this ODOO_PASSWORD") as caught:
        world.connect(FakeOdoo(version), wrong)
    assert wrong not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("version", ["14.0", "19.0"])
def test_an_unknown_database_is_one_sentence_naming_it(world: World, version: str) -> None:
    odoo = FakeOdoo(version)
    odoo.json2_refuses = Reply(b"<p>No database is selected and ...</p>", 404, "text/html")
    with pytest.raises(UnknownDatabaseError, match="serves no database 'ips': correct ODOO_DATABASE"):
        world.connect(odoo, odoo_database="ips")


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (page("Sign in to Example"), NotOdooError, "Sign in to Example.*ODOO_URL"),
        (page("Moved", 301, {"Location": "https://new.example.com/"}), NotOdooError, "https://new.example.com: set"),
        (page("Bad gateway", 502), OdooUnreachableError, "start Odoo, or correct ODOO_URL"),
        (Reply(b'{"jsonrpc": "2.0", "re'), NotOdooError, "cut off or damaged"),
        (Reply(drop=True), OdooUnreachableError, "broke off"),
    ],
)
def test_what_is_no_odoo_is_told_when_connecting(world: World, reply: Reply, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        world.connect(lambda asked: reply)


def test_a_host_that_is_down_is_told_when_connecting(world: World) -> None:
    with pytest.raises(OdooUnreachableError, match="No connection to http://127.0.0.1:1: .*ODOO_URL"):
        world.connect("http://127.0.0.1:1")


def test_tls_trouble_is_told_when_connecting(world: World) -> None:
    with pytest.raises(OdooTlsError, match="ODOO_URL"):
        world.connect(world.serve(FakeOdoo()).replace("http:", "https:"))


def test_partial_settings_are_told_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match="^ODOO_DATABASE and ODOO_USERNAME are not set"):
        OdooClient.connect(Settings(odoo_url="http://127.0.0.1:1", odoo_password=SecretStr("x")))
