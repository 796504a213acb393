"""The lists that "Explain" opens are there on real servers, under these names, and list what they should."""

from __future__ import annotations

import pytest

from odoo_client.snapshot import Snapshot
from pages.ui.odoo_lists import LISTS, SERVICE_LISTS, TICKET_LISTS, OdooList, list_of
from tests.real_odoo.databases import psql
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

#: Enterprise's modules are nowhere on this machine.
EVERY = {
    found.action: found
    for found in (*LISTS.values(), *TICKET_LISTS.values(), *SERVICE_LISTS.values())
    if found.module not in ("helpdesk", "sale_subscription")
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
