"""One search everywhere: every list finds a customer however it is written; and one thing has one word on all pages."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui.arrears import record
from tests.app.conftest import ADMINISTRATOR, Stage, ago, read_now, real
from tests.app.whole_books import whole_books
from tests.builders import USD, Ledger

MULLER, NEIL = "Müller's Farm", "O'Neil & Sons (Pvt) Ltd"
#: Page, its text filter, and what must be chosen beside it so that every customer's rows are there.
LISTS = (
    ("customers.py", "find", {}),
    ("arrears.py", "q", {}),
    ("billing.py", "bill_q", {}),
    ("billing.py", "bill_q", {"bill_view": "Payments"}),
    ("services.py", "service_q", {}),
    ("tickets.py", "ticket_q", {}),
    ("orders.py", "order_q", {}),
    ("contacts.py", "contact_q", {}),
)
#: Searches of what is no customer's, and those that choose a customer: they draw on the list of customers.
OTHERS = {"product_q", "portal_q", "portal_find", "payment_find", "ticket_new"}
SPELLINGS = (
    ("muller", MULLER),
    ("Farm Muller", MULLER),
    ("+263 772 123 456", MULLER),
    ("0772-123-456", MULLER),
    ("müller\u2019s", MULLER),
    ("AF 70", MULLER),
    ("neil sons", NEIL),
    ("ONEIL", NEIL),
    ("O\u2019Neil pvt", NEIL),
)
EVERY_LIST = pytest.mark.parametrize(("page", "key", "more"), LISTS, ids=lambda one: str(one))


def farm_books() -> Ledger:
    """Return the books of every page with two customers more, who have a row in every list."""
    book = whole_books()
    now = datetime.now(UTC)
    for number, name, phone, ref in ((70, MULLER, "0772 123 456", "AF-70"), (80, NEIL, "+263 712 000 111", "AF-80")):
        book.customer(number, name, phone=phone, ref=ref, customer_rank=1)
        owner = {"partner_id": number, "commercial_partner_id": number, "company_id": 1}
        book.invoice(number, 60.0, ago(-14), on=ago(0))
        book.payment(number, 5.0, ago(0))
        book.frames["services"].append(
            owner | {"service_id": f"contract.line:{number}", "source": "oca_contract", "model": "contract.contract",
                     "record_id": number, "name": "Fibre plan", "product_id": 1, "technology": "fibre",
                     "status": "active", "monthly_fee": 60.0, "currency_id": USD, "start_date": ago(300)}
        )  # fmt: skip
        book.frames["tickets"].append(
            owner | {"ticket_id": number, "number": f"HT{number}", "subject": "Slow", "stage_id": 1, "priority": 3,
                     "create_date": now - timedelta(hours=5)}
        )  # fmt: skip
        book.frames["orders"].append(
            owner | {"order_id": number, "name": f"S000{number}", "currency_id": USD, "state": "draft",
                     "create_date": now - timedelta(days=3), "date_order": now, "amount_total": 60.0}
        )  # fmt: skip
    # Shares its name, so that the data check has something to say of it that is no personal data.
    book.customer(90, MULLER, customer_rank=1)
    return book


@pytest.fixture
def farms(stage: Stage) -> Stage:
    stage.show(read_now(farm_books))
    return stage


def listed(visit: AppTest) -> set[str]:
    """Return the names of customers in the tables of a page."""
    columns = ("customer", "name")
    tables = [element.value for element in visit.dataframe]
    return {str(value) for table in tables for column in columns if column in table for value in table[column]}


def asked(stage: Stage, page: str, key: str, text: str, more: dict[str, str]) -> AppTest:
    return asked_next(stage.open(page, **more), key, text)


def asked_next(visit: AppTest, key: str, text: str) -> AppTest:
    visit.text_input(key=key).set_value(text).run()
    assert not visit.exception
    return visit


@EVERY_LIST
def test_every_list_finds_a_customer_however_it_is_written(
    farms: Stage, page: str, key: str, more: dict[str, str]
) -> None:
    visit = farms.open(page, **more)
    for text, name in SPELLINGS:
        names = listed(asked_next(visit, key, text))
        other = NEIL if name == MULLER else MULLER
        assert name in names, text
        assert other not in names, text
    assert not {MULLER, NEIL} & listed(asked_next(visit, key, "nobody of that name"))


@EVERY_LIST
def test_no_list_finds_by_a_telephone_that_a_role_does_not_see(
    farms: Stage, page: str, key: str, more: dict[str, str]
) -> None:
    # The pages of an administrator without the personal data.
    roles = farms.settings.roles
    grant = roles["administrator"].model_copy(update={"personal": ()})
    farms.doors.settings = farms.settings.model_copy(update={"roles": roles | {"administrator": grant}})
    farms.sign_in(replace(ADMINISTRATOR, roles=frozenset({"administrator"})))
    visit = asked(farms, page, key, "farm muller", more)
    assert MULLER in listed(visit)
    assert MULLER not in listed(asked_next(visit, key, "+263 772 123 456"))


@pytest.mark.parametrize(
    ("page", "key", "text", "number"),
    [
        ("tickets.py", "ticket_q", "muller ht70", "HT70"),
        ("tickets.py", "ticket_q", "SLOW neil", "HT80"),
        ("orders.py", "order_q", "farm s00070", "S00070"),
    ],
)
def test_some_words_may_be_the_customer_s_and_some_the_row_s(
    farms: Stage, page: str, key: str, text: str, number: str
) -> None:
    visit = asked(farms, page, key, text, {})
    [table] = [element.value for element in visit.dataframe if "number" in element.value]
    assert table["number"].tolist() == [number]


def _stem(key: ast.expr) -> str:
    """Return the key as it stands, or what an f-string begins with."""
    first = key.values[0] if isinstance(key, ast.JoinedStr) else key
    return str(first.value).rstrip("_") if isinstance(first, ast.Constant) else "ticket_new"


def test_every_search_of_the_app_is_one_of_these() -> None:
    found: set[str] = set()
    for path in (Path(__file__).parents[2] / "pages").rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        for node in calls:
            if ast.unparse(node.func) == "widgets.search":
                found.add(_stem(node.args[1]))
            given = {one.arg: one.value for one in node.keywords}
            # What draws the fields of lists is no field itself.
            if getattr(given.get("type"), "value", "") == "search" and path.name != "widgets.py":
                found.add(_stem(given["key"]))
    assert found == {key for _page, key, _more in LISTS} | OTHERS


NAMES = ("Low", "Medium", "High", "Very High")


def test_a_priority_has_odoo_s_own_word_on_every_page(farms: Stage) -> None:
    farms.show(real(farm_books().snapshot(), ticket_priorities=NAMES))
    queue = next(each.value for each in farms.open("tickets.py").dataframe if "priority" in each.value)
    assert set(queue["priority"]) <= set(NAMES)
    assert dict(zip(queue["number"], queue["priority"], strict=True))["HT70"] == "Very High"
    customer = farms.open("customers.py", customer="70", section="Tickets")
    shown = next(each.value for each in customer.dataframe if "priority" in each.value)
    assert shown["priority"].tolist() == ["Very High"]
    assert shown["waiting"].tolist() == ["Us"] == [dict(zip(queue["number"], queue["waiting"], strict=True))["HT70"]]
    assert "Priority: Very High" in " ".join(one.value for one in farms.open("tickets.py", ticket="70").markdown)


@pytest.mark.parametrize(
    ("names", "words"),
    [(("Normal", "Important"), {"Normal", "Important"}), ((), {"Low", "Medium", "High", "Urgent"})],
)
def test_a_priority_beyond_those_of_this_odoo_is_its_highest(
    farms: Stage, names: tuple[str, ...], words: set[str]
) -> None:
    book = farm_books()
    book.frames["tickets"][-1]["priority"] = 0  # A column that says the same of every ticket is not shown.
    farms.show(real(book.snapshot(), ticket_priorities=names))
    visit = farms.open("tickets.py")
    queue = next(each.value for each in visit.dataframe if "priority" in each.value)
    assert set(queue["priority"]) <= words
    assert dict(zip(queue["number"], queue["priority"], strict=True))["HT70"] in ("Important", "Urgent")
    options = visit.multiselect(key="ticket_priority").options
    assert set(options) == words
    visit.multiselect(key="ticket_priority").set_value([options[0]]).run()
    assert "HT70" in set(next(each.value for each in visit.dataframe if "number" in each.value)["number"])


def test_an_invoice_and_a_payment_stand_alike_on_every_page(farms: Stage) -> None:
    book = farm_books()
    for row in book.frames["invoices"]:
        if row["commercial_partner_id"] == 70:
            row["payment_state"] = "partial"
    farms.show(real(book.snapshot()))
    billing = next(each.value for each in farms.open("billing.py", bill_q="muller").dataframe if "open" in each.value)
    assert billing["status"].tolist() == ["Partially paid"]
    pays = farms.open("billing.py", bill_q="muller", bill_view="Payments")
    assert next(each.value for each in pays.dataframe if "left" in each.value)["status"].tolist() == ["Received"]
    mine = farms.open("customers.py", customer="70", section="Billing")
    invoices, payments = (each.value for each in mine.dataframe if "status" in each.value)
    assert invoices["status"].tolist() == ["Partially paid"]
    assert payments["status"].tolist() == ["Received"]
    arrears = farms.open("arrears.py", customer="70")
    arrears.session_state["record_tabs"] = record.INVOICES
    arrears.run()
    shown = next(each.value for each in arrears.dataframe if "payment_state" in each.value)
    assert shown["payment_state"].tolist() == ["Partially paid"]
