""" "Explain": the link from a figure to Odoo's own list of the records behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from odoo_client.metrics.registry import METRICS
from odoo_client.store.snapshot import Snapshot, SnapshotMeta
from odoo_client.sync.derive_services import SOURCE_NAMES
from pages.ui import links, odoo_lists
from tests.app.conftest import NOWHERE, Stage, books, real


def snapshot_of(**sources: str) -> Snapshot:
    """Return the books, their frames read from the sources named."""
    made = books().snapshot()
    info = {name: replace(each, source=sources.get(name, each.source)) for name, each in made.info.items()}
    return real(Snapshot.from_frames({name: made.frame(name) for name in made}, info=info))


@pytest.mark.parametrize("key", METRICS)
def test_every_metric_names_the_list_behind_it(key: str) -> None:
    assert odoo_lists.BEHIND[key] in {*odoo_lists.LISTS, "tickets", "services"}


def test_no_list_is_named_for_a_metric_that_does_not_exist() -> None:
    assert set(odoo_lists.BEHIND) <= set(METRICS)


@pytest.mark.parametrize(
    ("version", "address"),
    [
        ("19.0", f"{NOWHERE}/odoo/action-sale.action_orders"),
        ("18.0+e", f"{NOWHERE}/odoo/action-sale.action_orders"),
        ("17.0", f"{NOWHERE}/web#action=sale.action_orders"),
        ("14.0", f"{NOWHERE}/web#action=sale.action_orders"),
    ],
)
def test_a_list_s_address_is_the_one_of_that_version(version: str, address: str) -> None:
    meta = replace(real(books().snapshot()).meta, odoo_version=version)
    assert links.list_url(meta, "sale.action_orders") == address


@pytest.mark.parametrize("url", ["", "javascript:alert(1)"])
def test_without_an_address_of_odoo_there_is_no_link(url: str) -> None:
    meta: SnapshotMeta = replace(real(books().snapshot()).meta, odoo_url=url)
    assert links.list_url(meta, "sale.action_orders") == ""


def test_demo_data_have_no_list_in_odoo() -> None:
    demo = real(books().snapshot(), demo=True)
    assert odoo_lists.behind(demo, "overdue") == ("", "")


@pytest.mark.parametrize(
    ("source", "action"),
    [
        ("OCA helpdesk", "helpdesk_mgmt.helpdesk_ticket_action"),
        ("Odoo Helpdesk", "helpdesk.helpdesk_ticket_action_main_tree"),
        ("Project tasks", "project.action_view_all_task"),
    ],
)
def test_tickets_open_the_list_of_the_helpdesk_that_is_there(source: str, action: str) -> None:
    assert odoo_lists.behind(snapshot_of(tickets=source), "open_tickets")[1].endswith(action)


@pytest.mark.parametrize(
    ("source", "name"), [(SOURCE_NAMES["oca_contract"], "Contracts"), (SOURCE_NAMES["inferred"], "Sales orders")]
)
def test_services_open_the_records_they_come_from(source: str, name: str) -> None:
    assert odoo_lists.behind(snapshot_of(services=source), "mrr")[0] == name


def test_a_tile_s_explanation_links_to_odoo_s_list(provider: Stage) -> None:
    shown = [text.value for text in provider.open("arrears.py").markdown]
    action = f"{NOWHERE}/odoo/action-account.action_account_moves_all"
    assert any(
        "**Formula**" in text and f"[:material/open_in_new: Journal items in Odoo]({action})" in text for text in shown
    )


def test_the_demo_s_explanations_have_no_link(stage: Stage) -> None:
    stage.show(real(books().snapshot(), demo=True))
    explained = [text.value for text in stage.open("arrears.py").markdown if "**Formula**" in text.value]
    assert explained
    assert not any("in Odoo](" in text for text in explained)
