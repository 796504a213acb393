"""A language that Odoo does not have is named with its setting; an Odoo that takes any still sends names."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.errors import UnknownLanguageError
from odoo_client.rpc.client import OdooClient
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo


def settings_of(server: RealOdoo, language: str, protocol: Literal["json2", "jsonrpc"]) -> Settings:
    key = server.api_key if protocol == "json2" else server.password
    return Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=server.username,
        odoo_password=SecretStr(key),
        odoo_lang=language,
        odoo_protocol=protocol,
    )


@pytest.mark.parametrize("language", ["xx_YY", "en", "de_DE"])
@pytest.mark.parametrize("protocol", ["json2", "jsonrpc"])
def test_a_language_odoo_does_not_have_names_its_setting(
    odoo19: RealOdoo, language: str, protocol: Literal["json2", "jsonrpc"]
):
    with pytest.raises(UnknownLanguageError, match=rf"'{language}': correct ODOO_LANG"):
        OdooClient.connect(settings_of(odoo19, language, protocol))


@pytest.mark.parametrize("language", ["xx_YY", "de_DE"])
def test_odoo_14_sends_its_own_names_instead(odoo14: RealOdoo, language: str):
    with OdooClient.connect(settings_of(odoo14, language, "jsonrpc")) as client:
        rows = client.search_read("res.country", [["code", "=", "ZW"]], ["name"])
    assert rows[0]["name"] == "Zimbabwe"
