"""Check everything the dashboard relies on, one line for each check: what is good, what is not, what to do."""

from __future__ import annotations

from collections.abc import Iterator

from odoo_client.config import Settings
from odoo_client.datasets.base import Probe
from odoo_client.datasets.tickets import SOURCE_NAMES, source_of
from odoo_client.doctor.production import Finding, Verdict, record_rules
from odoo_client.errors import AfinetError
from odoo_client.people.service_account import check_rights
from odoo_client.rpc.client import OdooClient
from odoo_client.store import clock
from odoo_client.store.snapshot import OF_THE_FUTURE
from odoo_client.sync.background import store_for
from odoo_client.sync.derive_services import SOURCE_NAMES as SERVICE_SOURCES

#: What reveals each module: a model that only it has.
MODULES = (
    ("Invoicing", "account.move", "Arrears, billing"),
    ("Sales", "sale.order", "Orders"),
    ("Inventory", "stock.picking", "Deliveries"),
    ("Project", "project.task", "Tickets, when there is no helpdesk"),
)


def examine(settings: Settings, *, demo: bool = False) -> Iterator[Finding]:
    """Yield the findings in the order they are made; where Odoo cannot be read the rest is left out."""
    yield Finding("Settings", "ok", f"ODOO_URL is {settings.odoo_url}, ODOO_DATABASE is {settings.odoo_database}.")
    try:
        client = OdooClient.connect(settings)
    except AfinetError as exc:
        yield Finding("Connection", "failed", exc.sentence)
        return
    yield Finding("Connection", "ok", f"Signed in as {settings.odoo_username} (user id {client.uid}).")
    yield Finding("Protocol", "ok", client.protocol_reason)
    yield Finding("Version", "ok", f"Odoo {client.version.text}, {client.edition}.")
    yield _clock(client)
    probe = Probe(client, settings)
    try:
        yield from _modules(probe)
        yield from _rights(probe)
        yield _companies(client)
        yield record_rules(client)
    except AfinetError as exc:
        yield Finding("Reading", "failed", exc.sentence)
        return
    yield _cache(settings, demo=demo)


def _clock(client: OdooClient) -> Finding:
    skew_s = client.server_clock_skew_s
    if skew_s is None:
        return Finding("Clock", "warning", "Odoo's answers carry no date: the clocks cannot be compared.")
    if abs(skew_s) > clock.TOLERANCE_S:
        return Finding("Clock", "warning", f"This machine's clock differs from Odoo's by {skew_s:.0f} s: set both.")
    return Finding("Clock", "ok", f"This machine's clock and Odoo's differ by {abs(skew_s):.0f} s.")


def _modules(probe: Probe) -> Iterator[Finding]:
    for name, model, use in MODULES:
        found = probe.has_model(model)
        verdict: Verdict = "ok" if found else "failed" if model == "account.move" else "warning"
        yield Finding(name, verdict, f"Installed ({use})." if found else f"Not installed: {use} stay empty.")
    yield _services(probe)
    source = source_of(probe)
    yield Finding(
        "Tickets",
        "ok" if source else "warning",
        f"Read from {SOURCE_NAMES[source]}." if source else "No helpdesk and no projects: tickets stay empty.",
    )


def _services(probe: Probe) -> Finding:
    """Say where services come from: the best source there is, as `derive_services.build_services` takes it."""
    if probe.has_field("sale.order", "is_subscription") or probe.has_model("sale.subscription"):
        return Finding("Services", "ok", f"Read from {SERVICE_SOURCES['enterprise']}.")
    if probe.has_model("contract.contract"):
        return Finding("Services", "ok", f"Read from {SERVICE_SOURCES['oca_contract']}.")
    if probe.has_model("sale.order"):
        return Finding("Services", "ok", "No subscriptions and no contracts: inferred from orders and marked so.")
    return Finding("Services", "warning", "No subscriptions, contracts or orders: services stay empty.")


def _rights(probe: Probe) -> Iterator[Finding]:
    source = source_of(probe)
    rights = check_rights(
        probe.client,
        has_sales=probe.has_model("sale.order"),
        ticket_source=SOURCE_NAMES[source] if source else "",
    )
    for right in rights:
        well = right.held and not right.unknown
        yield Finding(right.name, "ok" if well else "warning", "Held." if well else right.unknown or right.sentence)


def _companies(client: OdooClient) -> Finding:
    rows = client.search_read("res.company", [["id", "in", list(client.company_ids)]], ["name"])
    return Finding("Companies", "ok", f"{len(rows)} seen: {', '.join(str(row['name']) for row in rows)}.")


def _cache(settings: Settings, *, demo: bool) -> Finding:
    try:
        store = store_for(settings, demo=demo)
        try:
            snapshot = store.current()
        finally:
            store.close()
    except AfinetError as exc:
        return Finding("Snapshot", "failed", exc.sentence)
    if snapshot is None:
        return Finding("Snapshot", "ok", "None yet: run `python -m odoo_client sync`.")
    if snapshot.is_of_the_future():
        return Finding("Snapshot", "warning", OF_THE_FUTURE)
    return Finding("Snapshot", "ok", f"Taken {snapshot.meta.taken_at:%d %b %Y %H:%M} UTC, {len(snapshot.info)} frames.")
