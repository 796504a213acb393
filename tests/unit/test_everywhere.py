"""What the search from everywhere finds: each kind, the best first, and nothing that somebody may not open or see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from odoo_client.config import Settings
from odoo_client.people.access import Access, Person
from odoo_client.people.scope import scoped
from odoo_client.roles import DEFAULT_ROLES, ROLES, Role
from odoo_client.store.snapshot import ControlTotal, Snapshot
from pages.ui import view as data
from pages.ui.everywhere import found
from pages.ui.everywhere.found import MOST, MOST_OF_A_KIND, Result
from pages.ui.everywhere.kinds import KINDS, Place
from tests.builders import USD, ZWG, Ledger

HOSTILE = "Rudo <img src=x onerror=alert(1)>"
ASSETS = Path(__file__).parents[2] / "pages" / "ui" / "assets"
DAY = date(2026, 11, 1)


def books() -> Ledger:
    """Return books with a customer who has one of everything, a hostile one, and eight others with an invoice each."""
    book = Ledger()
    book.customer(1, "Tendai Moyo", phone="0772 123 456", city="Harare", ref="AF1", email="tendai@example.com")
    book.customer(2, HOSTILE, city="Gweru")
    book.customer(3, "Grace Sibanda", phone="+263 719 000 777", commercial_partner_id=1)
    _invoice(book, 1, 40.0, "INV/2026/0012")
    _invoice(book, 2, 15.5, "INV/2026/00121", company_id=2, currency_id=ZWG)
    book.payment(1, 20.0, DAY)
    book.frames["payments"][-1] |= {"name": "PBNK/2026/0003", "memo": "ecocash 884512"}
    book.draft(1, 12.0, memo="slip 4711")
    ticket = {"stage_id": 1, "create_date": datetime(2026, 11, 1, tzinfo=UTC)}
    owner = {"partner_id": 1, "commercial_partner_id": 1, "company_id": 1}
    book.frames["tickets"] += [
        ticket | owner | {"ticket_id": 12, "number": "#12", "subject": "No light on the router"},
        ticket | {"ticket_id": 13, "number": "#13", "subject": "Slow", "company_id": 1, "contact_name": "Somebody"},
    ]
    book.frames["orders"] += [
        owner | {"order_id": 4, "name": "S00004", "state": "draft", "currency_id": USD, "client_ref": "PO 99"},
        owner | {"order_id": 5, "name": "S00005", "state": "sale", "subscription": True, "currency_id": USD},
    ]
    for number in range(20, 28):
        book.customer(number, f"Farm {number} Ndlovu")
        _invoice(book, number, 10.0, f"BILL/{number}")
    return book


def _invoice(book: Ledger, customer: int, amount: float, number: str, **more: int) -> None:
    book.invoice(customer, amount, DAY, move_name=number, **more)
    book.frames["invoices"][-1] |= {"name": number, "residual": amount, "payment_state": "not_paid"}


WHOLE = books().snapshot()


def every(page: str) -> bool:
    return True


def of(role: Role) -> Callable[[str], bool]:
    return lambda page: page in DEFAULT_ROLES[role].pages


def view_of(snapshot: Snapshot = WHOLE, company: str = data.ALL_COMPANIES) -> data.View:
    return data.view_of(snapshot, Settings(), company)


def find(text: str, opens: Callable[[str], bool] = every, view: data.View | None = None) -> list[Result]:
    return found.find(view or view_of(), text, opens)


def titles(results: list[Result], kind: str = "") -> list[str]:
    return [one.title for one in results if kind in ("", one.kind)]


@pytest.mark.parametrize(
    ("text", "kind", "title", "detail"),
    [
        ("tendai", "Customer", "Tendai Moyo", "0772 123 456 · Harare"),
        ("AF1", "Customer", "Tendai Moyo", "AF1 · 0772 123 456 · Harare"),
        ("TENDAI@example.com", "Customer", "Tendai Moyo", "tendai@example.com · 0772 123 456 · Harare"),
        ("sibanda", "Customer", "Tendai Moyo", "name of its contact Grace Sibanda · 0772 123 456 · Harare"),
        ("inv/2026/0012", "Invoice", "INV/2026/0012", "Tendai Moyo · USD 40.00 open"),
        ("INV 2026 00121", "Invoice", "INV/2026/00121", f"{HOSTILE} · ZWG 15.50 open"),
        ("884512", "Payment", "PBNK/2026/0003", "Tendai Moyo · USD 20.00 · Received"),
        ("slip 4711", "Payment", "Payment without number", "Tendai Moyo · USD 12.00 · Draft"),
        ("12", "Ticket", "#12 · No light on the router", "Tendai Moyo"),
        ("somebody", "Ticket", "#13 · Slow", "Somebody"),
        ("S00004", "Order", "S00004", "Tendai Moyo · Quotation"),
        ("po 99", "Order", "S00004", "Tendai Moyo · Quotation"),
    ],
)
def test_a_record_of_each_kind_is_the_first_that_is_found(text: str, kind: str, title: str, detail: str) -> None:
    first = find(text)[0]
    assert (first.kind, first.title, first.detail) == (kind, title, detail)


@pytest.mark.parametrize("text", ["0772 123 456", "+263 772 123 456", "772123456", "+263719000777", "0719-000-777"])
def test_a_telephone_is_found_with_and_without_country_code(text: str) -> None:
    results = find(text)
    assert titles(results, "Customer") == ["Tendai Moyo"]
    # Who calls is wanted with what is theirs.
    assert {one.kind for one in results} == {"Customer", "Invoice", "Payment", "Ticket", "Order"}


def test_the_exact_number_comes_before_what_begins_with_it_and_what_contains_it() -> None:
    assert titles(find("INV/2026/0012")) == ["INV/2026/0012", "INV/2026/00121"]
    assert titles(find("2026/0012"), "Invoice") == ["INV/2026/00121", "INV/2026/0012"]
    ranks = [one.rank for one in find("12")]
    assert ranks[0] == min(ranks)


def test_a_name_lists_customers_before_their_documents_and_many_customers_alone() -> None:
    assert [one.kind for one in find("moyo")][:2] == ["Customer", "Invoice"]
    many = find("ndlovu")
    assert len(many) == MOST_OF_A_KIND
    assert {one.kind for one in many} == {"Customer"}


def test_words_of_the_customer_and_of_the_document_find_the_one_with_both() -> None:
    assert titles(find("ndlovu bill 23")) == ["BILL/23"]
    assert titles(find("moyo light")) == ["#12 · No light on the router"]


def test_no_more_than_a_dozen_results_and_no_more_than_five_of_a_kind() -> None:
    book = books()
    for number in range(30, 40):
        book.customer(number, f"Router Shop {number}")
        _invoice(book, number, 10.0, f"ROUTER/{number}")
        book.frames["tickets"].append(
            {"ticket_id": number, "number": f"#{number}", "subject": "router", "company_id": 1}
        )
        book.frames["orders"].append(
            {"order_id": number, "name": f"S{number}", "company_id": 1, "client_ref": "router"}
        )
    results = find("router", view=view_of(book.snapshot()))
    kinds = [one.kind for one in results]
    assert len(results) == MOST
    assert max(kinds.count(kind) for kind in kinds) <= MOST_OF_A_KIND
    # What begins with it before what contains it.
    assert kinds == ["Customer"] * 5 + ["Invoice"] * 5 + ["Ticket", "Order"]
    # The newest of equally good ones.
    assert titles(results, "Order") == ["S39"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("text", ["moyo", "0772 123 456", "inv/2026/0012", "slip 4711", "#12", "S00004"])
def test_what_a_role_s_pages_do_not_show_is_not_found(role: Role, text: str) -> None:
    pages = set(DEFAULT_ROLES[role].pages)
    opened = {"Customer": {"customers"}} | {name: set(kind.pages) for name, kind in KINDS.items()}
    results = find(text, of(role))
    assert not [one for one in results if not opened[one.kind] & pages]
    for one in find(text):
        assert (found.place(view_of(), one.kind, one.record_id, of(role)) is None) == (not opened[one.kind] & pages)


def test_a_document_that_is_no_result_still_leads_to_its_customer() -> None:
    [one] = [one for one in find("INV/2026/0012", of("support")) if one.title == "Tendai Moyo"]
    assert one.detail == "invoice INV/2026/0012 · 0772 123 456 · Harare"
    assert not titles(find("INV/2026/0012"), "Customer")


def test_the_company_chosen_leaves_out_what_is_of_another() -> None:
    afi = view_of(company="Afi Fibre")
    assert titles(find("INV/2026", view=afi)) == ["INV/2026/0012"]
    assert titles(find("INV/2026", view=view_of(company="Afi Wireless"))) == ["INV/2026/00121"]


def test_nothing_is_found_of_what_a_person_does_not_see_in_odoo() -> None:
    one_company = Person("a@staff.example", "A", 2, frozenset({"administrator"}), frozenset({1}))
    cut = view_of(scoped(WHOLE, Access.of(one_company, DEFAULT_ROLES)))
    assert titles(find("INV/2026", view=cut)) == ["INV/2026/0012"]
    hidden = next(one for one in find("INV/2026/00121"))
    assert found.place(cut, "Invoice", hidden.record_id, every) is None
    # A role without telephone numbers finds nobody by them, and reads none.
    manager = Person("m@staff.example", "M", 3, frozenset({"manager"}), frozenset({1, 2}))
    masked = view_of(scoped(WHOLE, Access.of(manager, DEFAULT_ROLES)))
    assert not find("0772 123 456", view=masked)
    assert [one.detail for one in find("tendai", view=masked) if one.kind == "Customer"] == ["Harare"]


def test_hostile_text_stays_the_text_it_is() -> None:
    assert titles(find("img onerror"), "Customer") == [HOSTILE]
    assert find("<script>") == []
    assert find("'; drop table") == []
    assert find("(" * 5_000) == []


@pytest.mark.parametrize("text", ["", " ", "a", "  x ", "--"])
def test_next_to_nothing_finds_nothing(text: str) -> None:
    assert find(text) == []


def test_a_running_subscription_is_no_order_of_the_page_orders() -> None:
    assert not titles(find("S00005"), "Order")
    assert found.place(view_of(), "Order", 5, every) is None


def test_what_is_open_is_not_told_where_odoo_s_own_total_contradicts_it() -> None:
    total = ControlTotal(1, 1, USD, 9, 999.0, 9, 1.0, moving=False)
    snapshot = replace(WHOLE, meta=replace(WHOLE.meta, control_totals=(total,)))
    assert find("INV/2026/0012", view=view_of(snapshot))[0].detail == "Tendai Moyo · USD not shown"


def test_a_result_opens_where_its_record_is() -> None:
    view = view_of()
    assert found.place(view, "Customer", 1, every) == Place("customers", {"customer": "1"})
    assert found.place(view, "Ticket", 12, every) == Place("tickets", {"ticket": "12"})
    assert found.place(view, "Order", 4, every) == Place("orders", {"order": "4"})
    [draft] = [one.record_id for one in find("slip 4711") if one.kind == "Payment"]
    assert found.place(view, "Payment", draft, every) == Place(
        "payments", {"payment": str(draft)}, {"payments_show": "Decide"}
    )
    # Who does not decide on payments reads about them on Billing.
    instead = found.place(view, "Payment", draft, lambda page: page == "billing")
    assert instead is not None
    assert (instead.page, instead.filters["bill_view"], instead.filters["bill_q"]) == (
        "billing",
        "payments",
        "slip 4711",
    )
    [invoice] = [one.record_id for one in find("INV/2026/00121") if one.title.endswith("121")]
    billing = found.place(view, "Invoice", invoice, every)
    assert billing is not None
    assert billing.page == "billing"
    assert (billing.filters["bill_view"], billing.filters["bill_q"]) == ("invoices", "INV/2026/00121")
    assert billing.filters["bill_status"] == []
    assert found.place(view, "Customer", 999, every) is None
    assert found.place(view, "No such kind", 1, every) is None


def test_the_browser_s_part_writes_text_as_text() -> None:
    [*scripts] = ASSETS.rglob("*.js")
    assert scripts
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert forbidden not in text, script.name
