"""What a person sees of a snapshot: their companies, their documents, no personal data their role does not include."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest

from odoo_client import roles
from odoo_client.people import access
from odoo_client.people.access import Access, Person
from odoo_client.people.scope import MASKED, TEXTS, scoped
from odoo_client.roles import DEFAULT_ROLES, Grant
from odoo_client.store.snapshot import FrameInfo, NonTradeTotal, Snapshot
from tests import builders

ACTIVE = {"status": "active", "technology": "fibre"}


def books() -> Snapshot:
    """Two companies, three customers (one shared), two salespeople (7, 8) and a document of every kind in each."""
    both = [(1, 1, 7), (2, 2, 8), (3, 1, 8), (4, 1, 0)]
    return builders.snapshot(
        companies=[{"company_id": 1, "name": "One"}, {"company_id": 2, "name": "Two"}],
        customers=[
            {"partner_id": 1, "company_id": 1, "phone": "+263 1", "email": "a@one.example", "name": "Rudo @ Home"},
            {"partner_id": 2, "company_id": 2, "phone": "+263 2", "email": "b@two.example", "name": "b@two.example"},
            {"partner_id": 3, "company_id": 0, "phone": "+263 3", "email": "c@all", "name": "tendai@home.example"},
        ],
        products=[
            {"product_id": key, "company_id": company, "name": "Plan"} for key, company in ((1, 1), (2, 2), (3, 0))
        ],
        orders=[{"order_id": key, "company_id": company, "salesperson_id": user} for key, company, user in both],
        order_lines=[{"line_id": 10 * key, "order_id": key} for key, _, _ in both],
        deliveries=[{"picking_id": key, "order_id": key, "company_id": company} for key, company, _ in both],
        tickets=[
            {
                "ticket_id": key,
                "company_id": company,
                "assignee_id": user,
                "team_id": team,
                "contact_email": "x@y.example",
                "contact_name": "X Y <x@y.example>",
                "subject": "Call 0772 123 456 or x@y.example",
            }
            for (key, company, user), team in zip(both, (1, 2, 2, 1), strict=True)
        ],
        ticket_messages=[{"message_id": key, "ticket_id": key} for key, _, _ in both],
        invoices=[{"move_id": key, "company_id": company} for key, company, _ in both],
        invoice_lines=[{"line_id": key, "move_id": key, "company_id": company} for key, company, _ in both],
        invoice_technology=[{"move_id": key, "technology": "fibre", "amount": 5.0} for key, _, _ in both],
        receivable_lines=[
            {"line_id": key, "move_id": key, "company_id": company, "label": "IBAN 1", "ref": "TT9"}
            for key, company, _ in both
        ],
        payments=[{"payment_id": key, "company_id": company, "memo": "POP 77"} for key, company, _ in both],
        payment_invoices=[{"payment_id": key, "move_id": key} for key, _, _ in both],
        services=[
            {"service_id": f"s{key}", "model": "sale.order", "record_id": key, "company_id": company, **ACTIVE}
            for key, company, _ in both
        ]
        + [{"service_id": "c", "model": "contract.contract", "record_id": 1, "company_id": 1, **ACTIVE}],
        contract_lines=[{"line_id": 5, "contract_id": 1}, {"line_id": 6, "contract_id": 2}],
    )


def of(*roles: roles.Role, **changes: object) -> Access:
    person = Person("tariro", "Tariro", 7, frozenset(roles), frozenset({1, 2}))
    return Access.of(replace(person, **changes), DEFAULT_ROLES)  # type: ignore[arg-type]


def ids(snapshot: Snapshot, name: str, column: str) -> list[int]:
    return snapshot.frame(name)[column].tolist()


def test_one_who_may_see_all_gets_the_shared_snapshot_itself() -> None:
    whole = books()
    assert scoped(whole, of("administrator")) is whole
    assert scoped(whole, access.everything({1, 2})) is whole


@pytest.mark.parametrize("company", [1, 2])
def test_no_record_of_another_company_is_left_in_any_frame(company: int) -> None:
    part = scoped(books(), of("administrator", company_ids=frozenset({company})))
    for name in part:
        frame = part.frame(name)
        if "company_id" in frame.columns:
            assert set(frame["company_id"]) <= {company, 0}, name
    assert ids(part, "companies", "company_id") == [company]
    assert ids(part, "contract_lines", "contract_id") == {1: [1], 2: []}[company]
    kept = {1: [1, 3, 4], 2: [2]}[company]
    children = {
        "order_lines": "order_id",
        "ticket_messages": "ticket_id",
        "invoice_lines": "move_id",
        "invoice_technology": "move_id",
        "payment_invoices": "payment_id",
        "deliveries": "order_id",
    }
    for name, column in children.items():
        assert ids(part, name, column) == kept, name


def test_who_sees_a_branch_alone_sees_the_rates_of_its_root() -> None:
    whole = books()
    rates = builders.rows(
        "rates", [{"rate_id": n, "currency_id": 2, "company_id": n, "rate": 25.0} for n in (0, 1, 2, 3)]
    )
    frames = {name: whole.frame(name) for name in whole} | {"rates": rates}
    for roots, kept in ((whole.frame("companies")["company_id"].tolist(), [0, 2]), ([1] * 2, [0, 1, 2])):
        frames["companies"] = whole.frame("companies").assign(root_id=roots)
        part = scoped(Snapshot.from_frames(frames), of("administrator", company_ids=frozenset({2})))
        assert ids(part, "rates", "rate_id") == kept
        assert ids(part, "companies", "company_id") == [2]


def test_what_is_beside_the_tie_of_another_company_is_told_to_nobody_else() -> None:
    beside = (NonTradeTotal(1, 5, 1, 2, 4200.0), NonTradeTotal(2, 6, 1, 1, 1500.0))
    whole = books()
    told = Snapshot.from_frames({name: whole.frame(name) for name in whole}, non_trade_totals=beside)
    part = scoped(told, of("administrator", company_ids=frozenset({2})))
    assert part.meta.non_trade_totals == beside[1:]
    support = scoped(told, of("support", frames=access.frames_of(["helpdesk_mgmt.group_helpdesk_user"])))
    assert not support.meta.non_trade_totals


def test_a_record_without_company_is_everybodys() -> None:
    part = scoped(books(), of("administrator", company_ids=frozenset({2})))
    assert ids(part, "customers", "partner_id") == [2, 3]
    assert ids(part, "products", "product_id") == [2, 3]


def test_products_of_a_snapshot_that_does_not_know_whose_they_are_are_shown_to_nobody_of_one_company() -> None:
    whole = books()
    old = {name: whole.frame(name) for name in whole} | {"products": whole.frame("products").drop(columns="company_id")}
    part = scoped(Snapshot.from_frames(old), of("administrator", company_ids=frozenset({2})))
    assert part.frame("products").empty
    assert scoped(Snapshot.from_frames(old), of("manager")).frame("products").shape[0] == 3


def test_a_salesperson_sees_own_orders_and_those_of_nobody_and_what_hangs_on_them() -> None:
    part = scoped(books(), of("administrator", sales="own"))
    assert ids(part, "orders", "order_id") == [1, 4]
    assert ids(part, "order_lines", "order_id") == [1, 4]
    assert ids(part, "deliveries", "order_id") == [1, 4]
    assert part.frame("services")["service_id"].tolist() == ["s1", "s4", "c"]


def test_own_tickets_are_those_assigned_to_me_and_the_unassigned_of_my_teams() -> None:
    part = scoped(books(), of("administrator", tickets="own", team_ids=frozenset({1})))
    assert ids(part, "tickets", "ticket_id") == [1, 4]
    assert ids(part, "ticket_messages", "ticket_id") == [1, 4]
    alone = scoped(books(), of("administrator", tickets="own"))
    assert ids(alone, "tickets", "ticket_id") == [1]


def test_team_tickets_are_those_of_my_teams_and_mine() -> None:
    part = scoped(books(), of("administrator", tickets="team", team_ids=frozenset({2})))
    assert ids(part, "tickets", "ticket_id") == [1, 2, 3]


def test_a_frame_that_odoo_denies_has_no_rows_and_says_so() -> None:
    part = scoped(books(), of("support", frames=access.frames_of(["helpdesk_mgmt.group_helpdesk_user"])))
    for name in (*access.LEDGER_FRAMES, *access.SALES_FRAMES, *access.SERVICE_FRAMES):
        assert part.frame(name).empty, name
        assert part.info[name].state == "denied"
        assert "Odoo account" in part.info[name].message
    assert len(part.frame("tickets")) == 4
    assert part.info["tickets"].state == "ok"
    assert not part.meta.control_totals


def test_personal_data_a_role_does_not_include_is_gone_and_not_hidden() -> None:
    part = scoped(books(), of("manager"))
    assert set(part.frame("customers")["phone"]) == set(part.frame("customers")["email"]) == {""}
    assert set(part.frame("tickets")["contact_email"]) == {""}
    # Where Odoo has no name the address stands for it.
    assert part.frame("customers")["name"].tolist() == ["Rudo @ Home", "(no name)", "(no name)"]
    assert set(part.frame("tickets")["contact_name"]) == {""}
    assert set(part.frame("tickets")["subject"]) == {"Call (telephone number) or (e-mail address)"}
    assert set(part.frame("payments")["memo"]) == {""}
    assert set(part.frame("receivable_lines")["label"]) == set(part.frame("receivable_lines")["ref"]) == {""}
    support = scoped(books(), of("support"))
    assert set(support.frame("tickets")["subject"]) == {"Call 0772 123 456 or x@y.example"}
    assert "tendai@home.example" in set(support.frame("customers")["name"])
    assert support.frame("customers")["phone"].tolist() == ["+263 1", "+263 2", "+263 3"]
    assert set(support.frame("payments")["memo"]) == {""}


def test_every_text_that_people_write_is_looked_at_whatever_frame_it_is_in() -> None:
    written = "0772123456 or x@y.example"
    whole = books()
    frames = {name: whole.frame(name) for name in whole}
    for name, columns in TEXTS.items():
        known = frames.get(name, pd.DataFrame({"contract_id": pd.Series([1], dtype="int64")}))
        known = known if len(known) else builders.rows(name, [{}])
        frames[name] = known.assign(**{column: pd.Series([written] * len(known), dtype="str") for column in columns})
    part = scoped(Snapshot.from_frames(frames), of("manager"))
    seen = {(name, column) for name, columns in TEXTS.items() for column in columns}
    for name, column in seen:
        assert not part.frame(name)[column].str.contains("0772|y.example").any(), (name, column)
    replaced = "(telephone number) or (e-mail address)"
    for name, column in (("orders", "client_ref"), ("invoices", "ref"), ("services", "name"), ("promises", "summary")):
        assert set(part.frame(name)[column]) == {replaced}, (name, column)
    # Who may have the one reads it in a column of the other no more than elsewhere.
    table = DEFAULT_ROLES | {"support": Grant(pages=("customers",), personal=("phone", "bank_reference"))}
    phone = scoped(Snapshot.from_frames(frames), Access.of(of("support").person, table))
    assert set(phone.frame("customers")["phone"]) == {"0772123456 or (e-mail address)"}
    assert set(phone.frame("payments")["memo"]) == {"0772123456 or (e-mail address)"}


def test_every_text_of_a_dataset_is_masked_looked_at_or_the_providers_own() -> None:
    own = {
        # Numbers and codes that Odoo gives, and what the provider calls things.
        *("move_name", "number", "code", "symbol", "login", "category", "method", "line_text"),
        *("name of " + frame for frame in ("companies", "currencies", "users", "journals", "accounts", "products")),
        *("name of " + frame for frame in ("units", "payment_methods", "product_categories", "ticket_stages")),
        *("name of " + frame for frame in ("ticket_teams", "invoices", "payments", "orders", "deliveries")),
        # On the letterhead of the provider's own companies.
        *(f"{name} of companies" for name in ("street", "street2", "zip", "city", "vat", "phone", "email")),
        # Always the same word, or made of ids.
        *("bandwidth", "usage", "service_id", "source", "model"),
    }
    asked = {name: set(columns) for name, columns in TEXTS.items()}
    for frames in MASKED.values():
        for name, columns in frames.items():
            asked.setdefault(name, set()).update(columns)
    for name, shape in builders.SHAPES.items():
        for column, letter in shape.items():
            if letter == "t" and column not in asked.get(name, ()):
                assert column in own or f"{column} of {name}" in own, f"{name}.{column}"


def test_a_warning_that_quotes_a_text_is_looked_at_too() -> None:
    whole = books()
    said = FrameInfo(0, datetime(2026, 11, 28, tzinfo=UTC), warnings=("Not read: 'Promise to pay 0772123456'.",))
    told = Snapshot.from_frames({name: whole.frame(name) for name in whole}, info={"promises": said})
    assert scoped(told, of("manager")).info["promises"].warnings == ("Not read: 'Promise to pay (telephone number)'.",)


def test_scoping_leaves_the_shared_frames_and_their_dtypes_as_they_were() -> None:
    whole = books()
    before = {name: whole.frame(name).copy() for name in whole}
    part = scoped(whole, of("manager", company_ids=frozenset({2}), sales="own", tickets="own"))
    for name in whole:
        assert whole.frame(name).equals(before[name]), name
        assert part.frame(name).dtypes.equals(whole.frame(name).dtypes), name


def test_the_id_of_a_part_tells_it_from_every_other_part() -> None:
    whole = books()
    parts = [scoped(whole, one) for one in (of("manager"), of("support"), of("manager", company_ids=frozenset({1})))]
    names = {one.meta.snapshot_id for one in (whole, *parts)}
    assert len(names) == 4
    assert scoped(whole, of("manager", login="rudo")).meta.snapshot_id == parts[0].meta.snapshot_id
