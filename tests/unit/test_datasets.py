"""Every dataset over every version and edition the demo plays: what is read, and that both ways of reading agree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from odoo_client.config import Settings, TechnologyRule
from odoo_client.customer.search import SearchIndex
from odoo_client.datasets import DATASETS
from odoo_client.datasets.base import Plan
from odoo_client.demo import PROFILE_NAMES, DemoServer, demo_settings
from odoo_client.errors import OdooServerError
from odoo_client.metrics.money_in import money_in
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.classify_products import classify
from odoo_client.sync.derive import without_added
from odoo_client.sync.run import run_sync
from tests.demo_worlds import own

FRAMES = {
    "companies", "currencies", "rates", "customers", "products", "users", "journals", "payment_methods", "accounts",
    "receivable_lines", "partials", "invoices", "invoice_lines", "payments", "payment_invoices", "ticket_stages",
    "ticket_teams", "tickets", "orders", "order_lines", "deliveries", "services", "invoice_technology",
}  # fmt: skip
KEYS = {
    "companies": "company_id", "currencies": "currency_id", "customers": "partner_id", "products": "product_id",
    "receivable_lines": "line_id", "partials": "partial_id", "invoices": "move_id", "invoice_lines": "line_id",
    "payments": "payment_id", "tickets": "ticket_id", "orders": "order_id", "order_lines": "line_id",
}  # fmt: skip


@pytest.fixture(scope="module", params=PROFILE_NAMES)
def server(request: pytest.FixtureRequest) -> Iterator[DemoServer]:
    with own(request.param) as running:
        yield running


@pytest.fixture(scope="module")
def settings(server: DemoServer) -> Settings:
    return demo_settings(Settings(), server)


@pytest.fixture(scope="module")
def snapshot(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    store = SnapshotStore(tmp_path_factory.mktemp("cache"))
    yield run_sync(settings, store, demo=True).snapshot
    store.close()


def records(server: DemoServer, model: str, **equal: object) -> list[dict]:
    return [
        row for row in server.orm.tables[model].values() if all(row.get(name) == value for name, value in equal.items())
    ]


def test_every_frame_is_there_sorted_by_its_id_with_no_empty_value_a_page_would_show(snapshot: Snapshot):
    assert set(snapshot) >= FRAMES
    for name in FRAMES:
        frame = snapshot.frame(name)
        assert isinstance(frame.index, pd.RangeIndex)
        if name in KEYS:
            ids = frame[KEYS[name]]
            assert ids.is_monotonic_increasing, name
            assert ids.is_unique, name
        for column in frame.columns:
            dtype = frame[column].dtype
            assert str(dtype) != "object", f"{name}.{column}"
            if not isinstance(dtype, pd.DatetimeTZDtype) and dtype.kind != "M":
                assert not frame[column].isna().any(), f"{name}.{column}"


def test_both_ways_of_reading_give_equal_frames(
    settings: Settings, snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refused(*_args: object, **_kwargs: object) -> None:
        raise OdooServerError("this server has no array_agg")

    monkeypatch.setattr("odoo_client.rpc.columns._read_columns", refused)
    store = SnapshotStore(tmp_path)
    by_records = run_sync(settings, store, demo=True).snapshot
    store.close()
    for name in snapshot:
        pd.testing.assert_frame_equal(by_records.frame(name), snapshot.frame(name), obj=name)
    assert any("one by one" in text for text in by_records.info["receivable_lines"].warnings)
    assert not snapshot.info["receivable_lines"].warnings


def test_control_totals_tie_and_residuals_equal_the_server_s(snapshot: Snapshot):
    assert snapshot.meta.control_totals
    assert snapshot.meta.ties_to_ledger
    assert snapshot.meta.complete


def test_what_stands_on_non_trade_accounts_is_nobody_s_debt_and_told_beside_the_totals(
    server: DemoServer, snapshot: Snapshot
):
    if server.profile.major < 16:
        assert "non_trade" not in server.orm.models["account.account"]
        assert not snapshot.frame("accounts")["non_trade"].any()
        assert not snapshot.meta.non_trade_totals
        return
    marked = {row["id"] for row in records(server, "account.account", non_trade=True)}
    theirs = [row for row in records(server, "account.move.line", parent_state="posted") if row["account_id"] in marked]
    sums = {
        (row["company_id"], row["account_id"], row["currency_id"]): row["amount_residual_currency"] for row in theirs
    }
    assert len(sums) == 3
    assert min(sums.values()) < 0, "a credit too"
    assert {(t.company_id, t.account_id, t.currency_id): t.residual for t in snapshot.meta.non_trade_totals} == sums
    lines = snapshot.frame("receivable_lines")
    assert not set(lines["account_id"]) & marked
    assert not set(lines["line_id"]) & {row["id"] for row in theirs}
    [office] = records(server, "res.partner", name="Revenue Authority")
    assert office["id"] not in set(lines["commercial_partner_id"])
    index = SearchIndex.build(snapshot)
    [at] = np.flatnonzero(index.customers["partner_id"] == office["id"])
    assert not any(known[at] for known in index.known_in.values()), "no customer of any company"


def test_the_demo_has_money_of_every_kind_and_what_entries_wrote_off(snapshot: Snapshot):
    deducted = snapshot.frame("deductions")
    assert set(deducted["reason"]) >= {"written_off"}
    payments = snapshot.frame("payments").set_index("move_id")["amount"]
    lines = snapshot.frame("receivable_lines")
    of_payments = lines[(lines["kind"] == "payment") & lines["move_id"].isin(deducted["move_id"])]
    assert len(of_payments) == 2
    for line in of_payments.to_dict("records"):
        taken = deducted.loc[deducted["move_id"] == line["move_id"], "amount"].sum()
        assert round(taken - line["amount"], 2) == payments[line["move_id"]]
    found = money_in(snapshot)
    by_bank = found[found["made_by"] == "bank_line"]
    assert len(by_bank) == 8
    assert by_bank["currency_id"].nunique() == 2
    assert by_bank["move_id"].nunique() == 7, "one bank line paid two customers"


def test_lines_know_their_invoice_and_who_owes(snapshot: Snapshot):
    lines, invoices = snapshot.frame("receivable_lines"), snapshot.frame("invoices")
    assert set(lines["kind"].unique()) >= {"invoice", "credit_note", "payment", "bank_line", "entry"}
    posted = invoices[invoices["state"] == "posted"]
    assert set(posted["move_id"]) <= set(lines["move_id"])
    of_invoices = lines[lines["kind"] == "invoice"]
    assert of_invoices["invoice_date"].notna().all()
    assert of_invoices.groupby("move_id").size().max() > 1, "instalments are lines of their own"
    customers = snapshot.frame("customers").set_index("partner_id")
    owned = lines[lines["partner_id"] != 0]
    expected = customers.loc[owned["partner_id"], "commercial_partner_id"].to_numpy()
    assert (owned["commercial_partner_id"].to_numpy() == expected).all()
    assert (lines["commercial_partner_id"] == 0).any(), "a line without customer is kept"
    assert lines["due_date"].isna().any(), "a line without due date is kept"


def test_drafts_and_cancelled_entries_are_in_no_ledger_figure(snapshot: Snapshot):
    invoices = snapshot.frame("invoices")
    not_posted = invoices[invoices["state"].isin(["draft", "cancel"])]
    assert len(not_posted)
    assert not set(not_posted["move_id"]) & set(snapshot.frame("receivable_lines")["move_id"])


def test_a_line_s_residual_is_its_amount_less_its_partials(snapshot: Snapshot):
    lines, partials = snapshot.frame("receivable_lines"), snapshot.frame("partials")
    left = lines.set_index("line_id")["amount"].copy()
    debit = partials.groupby("debit_line_id")["debit_amount"].sum()
    credit = partials.groupby("credit_line_id")["credit_amount"].sum()
    left = left.sub(debit, fill_value=0.0).add(credit, fill_value=0.0)
    assert np.allclose(left[lines["line_id"]].to_numpy(), lines["residual"].to_numpy(), atol=0.005)


def test_services_come_from_the_best_source_and_say_so(server: DemoServer, snapshot: Snapshot):
    services = snapshot.frame("services")
    edition = server.profile.name.split("-", 1)[1]
    source = {"oca": "oca_contract", "enterprise": "enterprise", "community": "inferred"}[edition]
    assert set(services["source"]) == {source}
    assert services["inferred"].eq(source == "inferred").all()
    active = services[services["status"] == "active"]
    assert set(active["technology"].astype(str)) >= {"fibre", "wireless", "starlink"}
    assert (active["monthly_fee"] > 0).all()
    assert active["currency_id"].ne(0).all()
    assert active["start_date"].notna().all()
    assert set(services["bandwidth"]) == set(services["usage"]) == {"Unlimited"}
    assert (services["status"] == "ended").any()
    assert services["service_id"].is_unique
    assert snapshot.info["services"].source


def test_the_helpdesk_that_is_there_is_named_and_closed_tickets_are_told_apart(server: DemoServer, snapshot: Snapshot):
    tickets = snapshot.frame("tickets")
    edition = server.profile.name.split("-", 1)[1]
    source = {"oca": "OCA helpdesk", "enterprise": "Odoo Helpdesk", "community": "Project tasks"}[edition]
    assert snapshot.info["tickets"].source == source
    assert tickets["closed"].any()
    assert not tickets["closed"].all()
    assert tickets.loc[tickets["closed"], "closed_date"].notna().any()
    assert tickets["priority"].between(0, 3).all()
    assert (tickets["number"] != "").all()


def test_payments_have_one_vocabulary_of_states(snapshot: Snapshot):
    payments = snapshot.frame("payments")
    assert set(payments["state"].unique()) <= {"draft", "posted", "cancel", "rejected"}
    assert {"draft", "posted"} <= set(payments["state"].unique())
    assert (payments["method"] != "").all()
    assert payments["amount"].ge(0).all()


def test_a_field_this_odoo_lacks_is_said_so_not_shown_as_nothing(settings: Settings, snapshot: Snapshot):
    fields = OdooClient.connect(settings).fields("account.move.line")
    known = {"blocked", "no_followup"} & set(fields)
    assert ("disputed" in snapshot.info["receivable_lines"].lacks) == (not known)
    assert snapshot.frame("receivable_lines")["disputed"].any() == bool(known)


def test_currencies_carry_the_code_people_use(snapshot: Snapshot):
    used = set(snapshot.frame("receivable_lines")["currency_id"])
    currencies = snapshot.frame("currencies")
    assert set(currencies.loc[currencies["currency_id"].isin(used), "code"]) == {"USD", "ZWG"}


def test_rows_can_be_merged_again_after_columns_were_derived(snapshot: Snapshot, settings: Settings):
    """What a snapshot keeps, less what was derived, has just the columns that a fresh read has."""
    client = OdooClient.connect(settings)
    from odoo_client.datasets.base import Probe
    from odoo_client.rpc.columns import empty_table

    probe = Probe(client, settings, {name: without_added(name, snapshot.frame(name)) for name in snapshot})
    for dataset in DATASETS:
        plan = dataset.plan(probe)
        if isinstance(plan, Plan):
            fresh = plan.frame(empty_table(plan.reads))
            kept = without_added(dataset.name, snapshot.frame(dataset.name))
            assert dict(kept.dtypes) == dict(fresh.dtypes), dataset.name


@lru_cache
def catalogue() -> pd.DataFrame:
    rows = [
        ("Fiber 20 Mbps", "", "fibre", True),
        ("FTTH Home 50", "", "fibre", True),
        ("Fibre Business", "Plans", "fibre", True),
        ("Star Link Residential", "", "starlink", True),
        ("STARLINK Kit", "", "starlink", False),
        ("Starlink Roam", "Services / Starlink", "starlink", True),
        ("Wireless 10", "", "wireless", True),
        ("Installation fee", "Services / Fibre", "fibre", False),
        ("Router TP-Link", "Hardware", "", False),
        ("Consulting hour", "All", "", False),
        ("Business 100", "Internet / Wireless", "wireless", True),
    ]
    return pd.DataFrame(rows, columns=["name", "category", "technology", "is_service"])


def test_technology_is_found_in_the_category_first_and_then_in_the_name_however_it_is_spelled():
    found = classify(catalogue()[["name", "category"]], Settings())
    assert found["technology"].astype(str).tolist() == catalogue()["technology"].tolist()
    assert found["is_service"].tolist() == catalogue()["is_service"].tolist()


def test_the_table_of_technologies_can_be_edited():
    rules = (TechnologyRule(technology="wireless", name="consulting"),)
    found = classify(catalogue()[["name", "category"]], Settings(technology_rules=rules))
    assert found.loc[found["technology"] != "", "name"].tolist() == ["Consulting hour"]
