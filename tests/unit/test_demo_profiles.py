"""What each profile has: fields by version and add-on, and every trap of the ledger."""

from __future__ import annotations

import hashlib
import io
import re
from base64 import b64decode
from collections import Counter
from datetime import timedelta

import pytest
from PIL import Image
from pypdf import PdfReader

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.orm.fields import build_models
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.profiles import PROFILE_NAMES, profile
from odoo_client.demo.orm.rows import Row
from odoo_client.demo.orm.schema import SCHEMA
from odoo_client.errors import ConfigError
from tests.demo_worlds import TODAY, database, receivable_lines, rows

AUDIT = {"id", "display_name", "create_date", "write_date", "create_uid", "write_uid"}


@pytest.fixture(params=PROFILE_NAMES)
def db(request: pytest.FixtureRequest) -> Database:
    return database(str(request.param))


# -- fields --


@pytest.mark.parametrize(
    ("model", "field", "having"),
    [
        ("account.move.line", "blocked", {"14", "16"}),
        ("account.move.line", "exclude_from_invoice_tab", {"14"}),
        ("account.move.line", "invoice_date", {"18", "19"}),
        ("account.move.line", "no_followup", {"18-enterprise", "19"}),
        ("account.account", "internal_type", {"14"}),
        ("account.account", "account_type", {"16", "18", "19"}),
        ("account.account", "company_id", {"14", "16"}),
        ("account.account", "company_ids", {"18", "19"}),
        ("account.payment", "ref", {"14", "16"}),
        ("account.payment", "memo", {"18", "19"}),
        ("account.payment", "invoice_ids", {"18", "19"}),
        ("account.payment", "payment_method_line_id", {"16", "18", "19"}),
        ("res.partner", "mobile", {"14", "16", "18"}),
        ("sale.order", "locked", {"18", "19"}),
        ("sale.order", "stage_category", {"16-enterprise"}),
        ("sale.order", "subscription_state", {"18-enterprise", "19-enterprise"}),
        ("sale.order", "delivery_status", {"16", "18-enterprise", "19-enterprise", "19-oca"}),
        ("product.product", "recurring_invoice", {"16-enterprise", "18-enterprise", "19-enterprise"}),
        ("contract.line", "specific_price", {"14-oca", "16-oca", "19-oca"}),
        ("contract.line", "monthly_recurring", {"19-oca"}),
        ("helpdesk.ticket", "closed_date", {"14-oca", "16-oca", "19-oca"}),
        ("helpdesk.ticket", "close_date", {"16-enterprise", "18-enterprise", "19-enterprise"}),
        ("project.task", "user_id", {"14"}),
        ("project.task", "user_ids", {"16", "18", "19"}),
        ("res.users", "groups_id", {"14", "16", "18"}),
        ("res.users", "group_ids", {"19"}),
    ],
)
def test_fields_come_and_go_with_versions_and_add_ons(model: str, field: str, having: set[str]) -> None:
    for name in PROFILE_NAMES:
        models = build_models(SCHEMA, profile(name))
        expected = name in having or name.partition("-")[0] in having
        assert (field in models.get(model, {})) is expected, f"{name}: {model}.{field}"


def test_what_is_computed_is_not_stored() -> None:
    old, new = (build_models(SCHEMA, profile(name)) for name in ("14-oca", "19-oca"))
    assert old["res.partner"]["display_name"].store
    assert not new["res.partner"]["display_name"].store
    assert not old["account.payment"]["state"].store
    assert new["account.payment"]["state"].store
    assert not new["product.product"]["name"].store
    assert new["product.product"]["name"].is_column, "Odoo aggregates what it inherits through the template"
    assert not new["contract.line"]["price_unit"].is_column


def test_relations_lead_to_models_that_exist(db: Database) -> None:
    for model, fields in db.models.items():
        assert fields.keys() >= AUDIT, model
        for field in fields.values():
            assert not field.relation or field.relation in db.models
            assert not field.inverse or field.inverse in db.models[field.relation]


def test_rows_hold_only_known_selection_values_and_existing_records(db: Database) -> None:
    for model, fields in db.models.items():
        for field in fields.values():
            values = set(map(_hashable, (row.get(field.name) for row in db.tables[model].values()))) - {None}
            if field.store and field.selection:
                assert values <= set(field.selection), f"{model}.{field.name}"
            if field.store and field.type == "many2one":
                assert values <= db.tables[field.relation].keys(), f"{model}.{field.name}"
            if field.store and field.required and field.type != "boolean":
                assert all(row.get(field.name) is not None for row in db.tables[model].values()), (
                    f"{model}.{field.name}"
                )


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"DEMO_PROFILE is '13-oca'.*19-oca"):
        profile("13-oca")


# -- traps --


def test_customers_have_names_that_break_careless_pages(db: Database) -> None:
    names = [row["name"] for row in db.tables["res.partner"].values()]
    for part in ("<b>", "=1+1", "🚀", "شركة", '"Kopje"', "@SUM", "$100$"):
        assert any(part in name for name in names), part


def test_emails_are_missing_shared_and_spelled_differently(db: Database) -> None:
    customers = rows(db, "res.partner", customer_rank=1)
    emails = Counter(row["email"] for row in customers)
    assert emails[None] >= 3
    assert emails["family.gumbo@mail.example"] == 2
    assert all(email is None or email.lower().endswith(".example") for email in emails)
    assert {"HARARE", " Harare ", None} <= {row["city"] for row in customers}


def test_billing_contacts_are_below_companies_that_owe(db: Database) -> None:
    contacts = {row["id"]: row["parent_id"] for row in rows(db, "res.partner", type="invoice")}
    addressed = [m for m in rows(db, "account.move", move_type="out_invoice") if m["partner_id"] in contacts]
    assert len(addressed) > 200
    assert all(move["commercial_partner_id"] == contacts[move["partner_id"]] for move in addressed)
    owing = {line["move_id"]: line["partner_id"] for line in receivable_lines(db)}
    assert all(owing[m["id"]] == m["commercial_partner_id"] for m in addressed if m["state"] == "posted")


def test_archived_customers_still_owe(db: Database) -> None:
    archived = {row["id"] for row in rows(db, "res.partner", customer_rank=1, active=False)}
    owing = {line["partner_id"] for line in receivable_lines(db) if line["amount_residual"] > 0}
    assert len(archived & owing) >= 2


def test_odd_receivable_lines_are_there(db: Database) -> None:
    lines = receivable_lines(db)
    open_lines = [line for line in lines if not line["reconciled"]]
    assert any(line["partner_id"] is None and line["amount_residual"] > 0 for line in open_lines)
    assert any(line["partner_id"] is None and line["payment_id"] for line in open_lines)
    assert any(line["date_maturity"] is None and line["amount_residual"] > 0 for line in open_lines)
    assert any(line["date_maturity"] is None and line["amount_residual"] < 0 for line in open_lines)
    assert len({line["account_id"] for line in open_lines}) >= 3
    assert {line["company_id"] for line in open_lines} == {1, 2}
    assert any(line["balance"] == 0 and line["reconciled"] for line in lines), "an invoice over nothing"
    instalments = Counter(line["move_id"] for line in lines)
    assert max(instalments.values()) == 3


def test_lines_fall_due_on_both_sides_of_every_limit(db: Database) -> None:
    due = {line["date_maturity"] for line in receivable_lines(db) if line["amount_residual"] > 0}
    for days in (-1, 0, 1, 30, 31, 60, 61, 90, 91, 120, 121):
        assert (TODAY - timedelta(days=days)).isoformat() in due, days


def test_one_customer_owes_in_both_currencies_and_one_pays_in_the_other(db: Database) -> None:
    lines = {line["id"]: line for line in receivable_lines(db)}
    owed: dict[int, set[int]] = {}
    for line in lines.values():
        if line["amount_residual_currency"] > 0 and line["partner_id"]:
            owed.setdefault(line["partner_id"], set()).add(line["currency_id"])
    assert any(len(currencies) == 2 for currencies in owed.values())
    crossed = Counter(
        (lines[partial["debit_move_id"]]["currency_id"], lines[partial["credit_move_id"]]["currency_id"])
        for partial in db.tables["account.partial.reconcile"].values()
    )
    assert crossed[(cat.USD, cat.ZWG)] > 0
    assert crossed[(cat.ZWG, cat.USD)] > 0
    exchange = rows(db, "account.partial.reconcile", debit_amount_currency=0.0, credit_amount_currency=0.0)
    assert len(exchange) > 50
    assert {row["name"] for row in rows(db, "res.currency", active=True)} == {"USD", db.profile.zwg_name}
    own_rates = rows(db, "res.currency.rate", company_id=2)
    assert own_rates, "the second company has rates of its own"


def test_credit_notes_and_payments_are_applied_and_not(db: Database) -> None:
    refunds = rows(db, "account.move", move_type="out_refund", state="posted")
    assert {bool(move["amount_residual"]) for move in refunds} == {True, False}
    assert rows(db, "account.move", payment_state="reversed")
    loose = [line for line in receivable_lines(db) if line["payment_id"] and line["amount_residual"] == line["balance"]]
    assert min(line["date"] for line in loose) < (TODAY - timedelta(days=365)).isoformat()
    assert any(line["balance"] > 0 for line in loose), "money that went back to a customer"


def test_drafts_and_cancelled_documents_keep_residuals_that_do_not_count(db: Database) -> None:
    lines = [line for line in receivable_lines(db, posted=False) if line["parent_state"] != "posted"]
    assert {line["parent_state"] for line in lines} == {"draft", "cancel"}
    assert all(line["amount_residual"] for line in lines)


def test_disputed_lines_are_marked(db: Database) -> None:
    assert [line for line in receivable_lines(db) if line["blocked"] and not line["reconciled"]]
    blocked = rows(db, "account.move", payment_state="blocked")
    assert bool(blocked) is (db.profile.major >= 18)


def drafts(db: Database) -> list[Row]:
    """Payments that wait for review, in order of id."""
    return [row for row in db.tables["account.payment"].values() if row["state"] == "draft"]


def test_draft_payments_wait_for_review_with_a_proof_that_opens(db: Database) -> None:
    files = {row["res_id"]: row for row in rows(db, "ir.attachment", res_model="account.payment")}
    waiting = drafts(db)
    assert len(waiting) == 12
    assert len(files) == 11, "one has no file"
    assert files.keys() < {row["id"] for row in waiting}
    kinds = Counter(row["mimetype"] for row in files.values())
    assert set(kinds) == {"image/png", "application/pdf"}
    for payment in waiting:
        assert (TODAY - timedelta(days=7)).isoformat() < payment["date"] < TODAY.isoformat()
        if db.profile.major >= 18:
            assert payment["move_id"] is None
            assert payment["invoice_ids"]
        else:
            assert db.tables["account.move"][payment["move_id"]]["state"] == "draft"
    for file in files.values():
        content = b64decode(file["datas"])
        assert file["checksum"] == hashlib.sha1(content, usedforsecurity=False).hexdigest()
        assert file["file_size"] == len(content)
        if file["mimetype"] == "image/png":
            assert Image.open(io.BytesIO(content)).size == (360, 300)
        else:
            assert "Amount:" in PdfReader(io.BytesIO(content)).pages[0].extract_text()


def test_among_them_is_what_makes_a_reviewer_look_twice(db: Database) -> None:
    invoices = {row["name"]: row for row in rows(db, "account.move", move_type="out_invoice")}
    waiting = drafts(db)
    assert len({row["create_uid"] for row in waiting}) == 5
    assert Counter(row["payment_reference"] for row in waiting).most_common(1)[0][1] == 2
    assert sorted({row["currency_id"] for row in waiting}) == [cat.USD, cat.ZWG]
    assert {row["company_id"] for row in waiting} == {1, 2}
    left = []
    for payment in waiting:
        invoice = next(invoices[word] for word in payment["memo"].split() if word in invoices)
        assert invoice["commercial_partner_id"] == payment["partner_id"]
        assert invoice["currency_id"] == payment["currency_id"]
        left.append(round(payment["amount"] - invoice["amount_residual"], 2))
    assert Counter(left) == {0.0: 10, 15.0: 1, -20.0: 1}


def test_promises_are_kept_broken_and_open(db: Database) -> None:
    said = re.compile(r"Promise to pay (USD|ZWG) \d+\.\d\d")
    promises = [row for row in db.tables["mail.activity"].values() if said.fullmatch(row["summary"])]
    assert len(promises) == 8
    assert len(db.tables["mail.activity"]) == 9, "one activity is about something else"
    today = TODAY.isoformat()
    found = Counter()
    for row in promises:
        _, _, _, code, amount = row["summary"].split()
        currency = cat.USD if code == "USD" else cat.ZWG
        came = [
            payment
            for payment in rows(db, "account.payment", partner_id=row["res_id"], currency_id=currency)
            if payment["state"] != "draft" and row["create_date"][:10] <= payment["date"] <= row["date_deadline"]
        ]
        kept = sum(payment["amount"] for payment in came) >= float(amount)
        found["kept" if kept else "open" if row["date_deadline"] >= today else "broken"] += 1
    assert found == {"kept": 2, "broken": 2, "open": 4}


def test_payments_without_entry_exist_only_on_enterprise_from_18(db: Database) -> None:
    without = [p for p in rows(db, "account.payment", move_id=None) if p["state"] != "draft"]
    assert bool(without) is (db.profile.major >= 18 and db.profile.flavour == "enterprise")
    for payment in without:
        (invoice,) = (db.tables["account.move"][key] for key in payment["invoice_ids"])
        assert invoice["payment_state"] == "in_payment"
        assert invoice["amount_residual"] == invoice["amount_total"]


# -- services, tickets, orders --


def test_products_are_spelled_messily(db: Database) -> None:
    names = {row["name"] for row in db.tables["product.template"].values()}
    assert names >= {"Fiber 20 Mbps", "FTTH Home 50", "Star Link Residential", "STARLINK Kit", "Hosted PBX extension"}
    assert rows(db, "product.template", active=False)


def test_services_live_where_the_edition_keeps_them(db: Database) -> None:
    if db.profile.flavour == "oca":
        lines = db.tables["contract.line"].values()
        assert {line["recurring_rule_type"] for line in lines} == {"monthly", "quarterly"}
        assert any(line["is_canceled"] for line in lines)
        assert any(line["display_type"] for line in lines)
        assert any(line["automatic_price"] and not line["specific_price"] for line in lines)
    elif db.profile.flavour == "enterprise":
        field = "stage_category" if db.profile.major == 16 else "subscription_state"
        states = {order[field] for order in rows(db, "sale.order", is_subscription=True)}
        assert len(states) >= 3
    else:
        assert "contract.line" not in db.models
        assert "is_subscription" not in db.models["sale.order"]


def test_customers_upgrade_migrate_leave_and_join(db: Database) -> None:
    plans: dict[int, list[str]] = {}
    for line in sorted(db.tables["sale.order.line"].values(), key=lambda row: row["id"]):
        plan = cat.BY_ID[line["product_id"]]
        if plan.technology and line["state"] in ("sale", "done"):
            plans.setdefault(line["order_partner_id"], []).append(plan.technology)
    changes = [(first, second) for taken in plans.values() for first, second in zip(taken, taken[1:], strict=False)]
    assert sum(pair == ("fibre", "starlink") for pair in changes) >= 5
    assert sum(first == second for first, second in changes) >= 5


def test_tickets_are_open_and_closed_over_two_years(db: Database) -> None:
    model = "project.task" if db.profile.flavour == "community" else "helpdesk.ticket"
    tickets = list(db.tables[model].values())
    assert len(tickets) == 900
    still_open = [ticket for ticket in tickets if not ticket["closed_date"]]
    assert 15 <= len(still_open) <= 80
    assert min(ticket["create_date"] for ticket in tickets)[:10] < (TODAY - timedelta(days=700)).isoformat()
    assert all(t["create_date"] <= t["write_date"] for t in tickets)
    assert any(ticket["partner_id"] is None for ticket in tickets)
    assert any(ticket["user_id"] is None for ticket in still_open)


def test_orders_stand_in_every_state(db: Database) -> None:
    states = {order["state"] for order in db.tables["sale.order"].values()}
    assert states == {"draft", "sent", "sale", "cancel"} | ({"done"} if db.profile.major <= 16 else set())
    if "stock.picking" in db.models:
        assert {pick["state"] for pick in db.tables["stock.picking"].values()} == {"assigned", "confirmed", "done"}
        delivery = {order["delivery_status"] for order in db.tables["sale.order"].values()}
        assert delivery == {None, "pending", "partial", "full"}
