"""The lists that "Explain" opens are there on real servers, under these names, and list what they should."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from odoo_client.store.snapshot import Snapshot
from pages.ui.odoo_lists import LISTS, SERVICE_LISTS, TICKET_LISTS, OdooList, list_of
from tests.real_odoo.databases import psql
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

#: Enterprise's modules are nowhere on this machine.
EVERY = {
    found.action: found
    for found in (*LISTS.values(), *TICKET_LISTS.values(), *SERVICE_LISTS.values())
    if found.action.partition(".")[0] not in ("helpdesk", "sale_subscription")
}


def model_of(odoo: RealOdoo, action: str) -> str:
    """Return the model of the window action of that XML id, "" when this server has no such action."""
    module, name = action.split(".")
    return psql(
        "select a.res_model from ir_model_data d join ir_act_window a on a.id = d.res_id "
        f"where d.model = 'ir.actions.act_window' and d.module = '{module}' and d.name = '{name}'",
        odoo.database,
    ).strip()


@pytest.mark.parametrize("wanted", EVERY.values(), ids=lambda wanted: wanted.action)
def test_the_list_is_a_window_action_on_the_model_it_says(odoo_full: RealOdoo, wanted: OdooList) -> None:
    assert model_of(odoo_full, wanted.action) == wanted.model


def test_tickets_and_services_open_the_list_of_what_this_odoo_has(pulled: tuple[RealOdoo, Snapshot]) -> None:
    odoo, snapshot = pulled
    for what in ("tickets", "services"):
        found = list_of(snapshot, what)
        assert found is not None
        assert model_of(odoo, found.action) == found.model


def test_odoo_s_own_pages_open_each_list_by_that_name(odoo_full: RealOdoo) -> None:
    """What Odoo's web client asks when an address names an action: `/odoo/action-NAME`, `/web#action=NAME`."""
    with requests.Session() as visit:

        def asked(path: str, **params: str) -> dict[str, Any]:
            body = {"jsonrpc": "2.0", "method": "call", "params": params}
            answer = visit.post(f"{odoo_full.url}{path}", json=body, timeout=60).json()
            return dict(answer["result"])

        login = {"db": odoo_full.database, "login": odoo_full.username, "password": odoo_full.password}
        assert asked("/web/session/authenticate", **login)["uid"]
        opened = {action: asked("/web/action/load", action_id=action) for action in EVERY}
    assert {action: found["res_model"] for action, found in opened.items()} == {
        action: found.model for action, found in EVERY.items()
    }
    assert all({"list", "tree"} & set(found["view_mode"].split(",")) for found in opened.values())
