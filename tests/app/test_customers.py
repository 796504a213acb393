"""The Customers page: found by anything, one page under one header, every section equal to its table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.errors import OdooUnreachableError
from odoo_client.store.snapshot import FrameInfo, Snapshot
from pages.ui.customers.sections import SECTIONS
from tests.app.conftest import NOWHERE, Stage, ago, alerts, books, read_now, real, table, tiles
from tests.builders import USD, ZWG, Ledger, empty_frames

PAGE = "customers.py"
EVERY_SECTION = pytest.mark.parametrize("section", list(SECTIONS))


def people() -> Ledger:
    """The books of `books()` with documents that have numbers, a company with a contact, and an archived debtor.

    Tendai Moyo (1): USD 120 and ZWG 900 open, oldest 20 days, one service, one open ticket of two, one order.
    """
    book = books()
    now = datetime.now(UTC)
    book.frames["invoices"][0]["name"] = "INV/2026/0001"
    line = book.invoice(1, 900.0, ago(2), on=ago(30), currency_id=ZWG)
    book.reconcile(line, book.payment(1, 40.0, ago(1)), 400.0, ago(1), credit_amount=40.0)
    book.line(line).update(residual=900.0)
    book.frames["payments"][-1].update(name="PBNK/7", method="EcoCash", memo="@SUM(A1)")
    book.customer(7, "Archived Ncube", ref="AF7", active=False)
    book.invoice(7, 15.0, ago(200), on=ago(214))
    book.customer(8, "Moyo Holdings", ref="AF8", is_company=True, email="info@holdings.example")
    book.customer(9, "<script>Clerk</script>", commercial_partner_id=8, parent_id=8, email="clerk@holdings.example")
    book.invoice(8, 25.0, ago(3), on=ago(17), company_id=2)
    book.frames["invoices"][-1]["partner_id"] = 9
    book.frames["invoices"].append(
        {"move_id": 9001, "kind": "invoice", "state": "draft", "commercial_partner_id": 1, "company_id": 1}
        | {"currency_id": USD, "amount_total": 5.0, "residual": 5.0}
    )
    own = {"commercial_partner_id": 1, "partner_id": 1, "company_id": 1, "create_date": now - timedelta(hours=5)}
    book.frames["ticket_stages"].append({"stage_id": 1, "name": "New"})
    book.frames["tickets"] += [
        {"ticket_id": 10, "number": "HT10", "subject": "<b>No</b> light", "stage_id": 1} | own,
        {"ticket_id": 11, "number": "HT11", "subject": "Old", "closed": True, "closed_date": now} | own,
    ]
    book.frames["orders"].append(
        {"order_id": 20, "name": "S00020", "state": "sale", "invoice_status": "to invoice", "amount_total": 99.0}
        | {"currency_id": USD, "date_order": now} | own
    )  # fmt: skip
    return book


@pytest.fixture
def provider(stage: Stage) -> Stage:
    stage.show(read_now(people))
    return stage


def names(visit: AppTest) -> list[str]:
    return table(visit, "name")["name"].tolist()


def header(visit: AppTest) -> str:
    """The name in the header, "" when no customer is open."""
    return visit.subheader[0].value.replace("\\", "") if tiles(visit).get("Balance") else ""


def texts(visit: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (visit.markdown, visit.caption) for element in kind)


def test_the_start_lists_every_customer_and_its_tiles_equal_what_they_open(provider: Stage) -> None:
    visit = provider.open(PAGE)
    assert not visit.exception
    everyone = table(visit, "name")
    assert len(everyone) == 8, "contacts are no customers"
    assert tiles(visit)["Customers"] == ["8"]
    assert "1 of them archived" in texts(visit)
    for label, group in (("With active services", "With services"), ("Overdue", "Overdue")):
        opened = provider.open(PAGE, customer_group=group)
        assert tiles(visit)[label] == [str(len(table(opened, "name")))], label
    assert names(provider.open(PAGE, customer_group="Archived and owing")) == ["Archived Ncube"]


def test_a_tile_opens_its_group(provider: Stage) -> None:
    visit = provider.open(PAGE)
    visit.get_by_key("open_Overdue").click().run()
    assert visit.get_by_key("customer_group").value == "Overdue"
    assert [str(len(names(visit)))] == tiles(visit)["Overdue"]


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("tendai mo", "Tendai Moyo", "Name"),
        ("C1@EXAMPLE.COM", "Tendai Moyo", "E-mail"),
        ("0771111111", "Tendai Moyo", "Phone"),
        ("af1", "Tendai Moyo", "Account reference"),
        ("INV/2026/0001", "Tendai Moyo", "Invoice INV/2026/0001"),
        ("ht10", "Tendai Moyo", "Ticket HT10"),
        ("S00020", "Tendai Moyo", "Order S00020"),
        ("clerk@holdings.example", "Moyo Holdings", "E-mail of its contact <script>Clerk</script>"),
        ("archived", "Archived Ncube", "Name"),
        ("=1+1", "=1+1 Trading", "Name"),
        ("النور", "شركة النور", "Name"),
    ],
)
def test_a_customer_is_found_by_what_people_know(provider: Stage, text: str, name: str, reason: str) -> None:
    visit = provider.open(PAGE)
    visit.text_input(key="find").set_value(text).run()
    row = table(visit, "name").iloc[0]
    assert (row["name"], row["matched"]) == (name, reason)


def test_archived_ones_are_marked_in_the_list_and_in_the_header(provider: Stage) -> None:
    found = table(provider.open(PAGE, find="archived"), "name")
    assert found["status"].tolist() == ["Archived"]
    visit = provider.open(PAGE, customer="7")
    assert "Archived in Odoo" in texts(visit)
    assert tiles(visit)["Balance"] == ["USD 15.00"]


def test_the_header_has_the_answers_and_stays_while_sections_change(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1")
    for section in SECTIONS:
        visit.get_by_key("section").set_value(section).run()
        assert not visit.exception
        assert header(visit) == "Tendai Moyo"
        assert tiles(visit)["Balance"] == ["USD 120.00", "ZWG 900.00"]
        assert tiles(visit)["Open tickets"] == ["1"]
        assert tiles(visit)["Open orders"] == ["1"]
        said = texts(visit).replace("\\", "")
        for word in ("Oldest debt 20 days", "Fibre", "AF1", "+263 77 111 1111", "c1@example.com"):
            assert word in said, word
    assert visit.get("link_button")[0].proto.url == f"{NOWHERE}/odoo/res.partner/1"


def test_a_tile_of_the_header_opens_its_section(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1")
    for tile, section in (("Balance", "Arrears"), ("Open tickets", "Tickets"), ("Open orders", "Orders")):
        visit.get_by_key(f"open_{tile}").click().run()
        assert visit.get_by_key("section").value == section


def test_services_show_every_field_and_unlimited(provider: Stage) -> None:
    row = table(provider.open(PAGE, customer="1"), "bandwidth").iloc[0]
    assert (row["name"], row["technology"], row["status"], row["monthly_fee"], row["currency"]) == (
        "Fibre plan 1", "Fibre", "Active", 100.0, "USD",
    )  # fmt: skip
    assert (row["start_date"].date(), row["next_billing_date"].date()) == (ago(300), ago(-8))
    assert (row["bandwidth"], row["usage"]) == ("Unlimited", "Unlimited")


def test_billing_shows_invoices_payments_and_what_they_paid(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1", section="Billing")
    invoices = table(visit, "residual").set_index("number")
    assert invoices.loc["Draft", "status"] == "Draft"
    assert invoices["residual"].isna()["Draft"]
    assert invoices.loc["INV/2026/0001", "days_overdue"] == 20
    payments = table(visit, "paid").set_index("number")
    assert payments.loc["PBNK/7", "paid"].endswith("USD 40.00 (= ZWG 400.00)")
    assert payments.loc["PBNK/7", "method"] == "EcoCash"
    assert payments.loc["No number", "unallocated"] == 20.0
    assert "1 draft among them" in texts(visit)


def test_a_payment_under_review_is_told_and_in_no_balance(stage: Stage) -> None:
    book = people()
    book.draft(1, 30.0)
    book.draft(2, 7.0, currency_id=ZWG)
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, customer="1", section="Billing")
    assert tiles(visit)["Balance"] == ["USD 120.00", "ZWG 900.00"]
    told = texts(visit).replace("\\", "")
    assert "paid, waiting for us USD 30.00" in told
    assert "USD 30.00 paid, waiting for us: in no balance until Odoo posts it." in told
    row = table(stage.open(PAGE, customer="1", section="Arrears"), "under_review").set_index("currency").loc["USD"]
    assert (row["under_review"], row["overdue"], row["net_to_chase"]) == (30.0, 100.0, 50.0)
    told = texts(stage.open(PAGE, customer="2", section="Arrears")).replace("\\", "")
    assert "**ZWG 7.00** paid, waiting for us" in told


def test_the_open_lines_add_up_to_the_header_s_balance_and_to_arrears(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1", section="Arrears")
    lines, ageing = table(visit, "bucket"), table(visit, "bucket_0")
    sums = lines.groupby("currency")["residual"].sum().round(2)
    assert tiles(visit)["Balance"] == [f"{code} {amount:,.2f}" for code, amount in sums.items()]
    assert ageing.set_index("currency")["balance"].to_dict() == sums.to_dict()
    arrears = table(provider.open("arrears.py", q="AF1"), "net_to_chase").set_index("currency")
    for column in ("balance", "overdue", "net_to_chase", "oldest_days"):
        assert arrears[column].to_dict() == ageing.set_index("currency")[column].to_dict(), column


def test_tickets_and_orders_equal_their_tiles(provider: Stage) -> None:
    tickets = table(provider.open(PAGE, customer="1", section="Tickets"), "subject")
    assert tickets["number"].tolist() == ["HT10", "HT11"]
    assert tickets["subject"].tolist()[0] == "<b>No</b> light"
    assert tickets["closed"].ne("").sum() == 1
    orders = table(provider.open(PAGE, customer="1", section="Orders"), "progress")
    assert orders[["number", "stage", "amount"]].to_numpy().tolist() == [["S00020", "Confirmed", 99.0]]


def test_the_timeline_is_filtered_by_kind(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1", section="Timeline")
    whole = table(visit, "kind")
    assert set(whole["kind"]) == {"Invoice", "Payment", "Ticket", "Order"}
    assert whole["day"].is_monotonic_decreasing
    visit.get_by_key("customer_kind").set_value(["Ticket", "Order"]).run()
    assert sorted(table(visit, "kind")["kind"]) == ["Order", "Ticket", "Ticket"]
    again = provider.open(PAGE, customer="1", section="Timeline", customer_kind=["Ticket", "Order"])
    assert len(table(again, "kind")) == 3


def test_a_contact_in_the_address_opens_its_company_and_says_so(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="9", section="Billing")
    assert header(visit) == "Moyo Holdings"
    said = texts(visit).replace("\\", "")
    assert "<script>Clerk</script> is a contact of Moyo Holdings" in said
    assert "Records of its contact are included" in said
    assert table(visit, "residual")["contact"].tolist() == ["<script>Clerk</script>"]


@pytest.mark.parametrize("asked", ["99999", "0", "-1", "abc", "1e3", "١", "9" * 40, "1; drop table"])
def test_an_unknown_customer_in_the_address_is_a_sentence_above_the_list(provider: Stage, asked: str) -> None:
    visit = provider.open(PAGE, customer=asked)
    assert not visit.exception
    assert "No such customer" in alerts(visit)
    assert len(names(visit)) == 8


def test_nonsense_in_the_address_is_the_default(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1", section="Nowhere", customer_kind="Unicorns", customer_group="Nobody")
    assert not visit.exception
    assert visit.get_by_key("section").value == "Services"
    assert not provider.open(PAGE, customer="1", section="Timeline", customer_kind="Unicorns").exception


def test_closing_goes_back_to_what_was_searched(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1", find="moyo")
    assert header(visit) == "Tendai Moyo"
    visit.get_by_key("customer_close").click().run()
    assert header(visit) == ""
    assert names(visit) == ["Moyo Holdings", "Tendai Moyo"]


def test_searching_leaves_the_customer_that_was_open(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1")
    visit.text_input(key="find").set_value("nobody owes").run()
    assert names(visit) == ["Nobody Owes"]
    assert "customer" not in visit.query_params


def test_nothing_found_names_the_search_and_clears_it(provider: Stage) -> None:
    visit = provider.open(PAGE, find="no such *person*", customer_group="Overdue")
    assert "Search: no such" in alerts(visit)
    assert "Show: Overdue" in alerts(visit)
    visit.get_by_key("customer_clear").click().run()
    assert len(names(visit)) == 8


def test_the_company_filter_shows_one_company_s_records_and_says_what_is_left_out(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1", section="Billing", company="Afi Wireless")
    assert tiles(visit)["Balance"] == ["–"]
    assert "Afi Fibre are left out" in texts(visit)
    assert "Company: Afi Wireless" in alerts(visit)
    listed = provider.open(PAGE, company="Afi Wireless")
    assert names(listed) == ["Chipo 🌍 Dube", "Moyo Holdings"]
    assert tiles(listed)["Overdue"] == ["2"]


@EVERY_SECTION
def test_a_customer_with_nothing_says_so_in_a_sentence(stage: Stage, section: str) -> None:
    book = Ledger()
    book.customer(1, "Brand *New*", customer_rank=1)
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, customer="1", section=section)
    assert not visit.exception
    assert header(visit) == "Brand *New*"
    assert tiles(visit)["Balance"] == ["–"]
    assert alerts(visit).strip(), section
    assert not {"nan", "None", "NaT", "False"} & set(texts(visit).replace("*", " ").split())


@pytest.mark.parametrize("customer", ["2", "3", "8"])
def test_hostile_texts_are_shown_as_they_are_in_every_section(provider: Stage, customer: str) -> None:
    visit = provider.open(PAGE, customer=customer)
    for section in SECTIONS:
        visit.get_by_key("section").set_value(section).run()
        assert not visit.exception
        for element in (*visit.markdown, *visit.caption, *visit.subheader):
            assert "<script>" not in element.value
            assert "<b>" not in element.value


def test_an_empty_odoo_says_there_are_no_customers(stage: Stage) -> None:
    stage.show(real(Snapshot.from_frames(empty_frames())))
    visit = stage.open(PAGE)
    assert not visit.exception
    assert "There are no customers" in alerts(visit)
    assert tiles(visit)["Customers"] == ["0"]


def told(snapshot: Snapshot, **states: str) -> Snapshot:
    info = {
        name: replace(snapshot.info[name], state=state, message=f"No {name} here.") for name, state in states.items()
    }
    frames = {name: empty_frames()[name] if name in states else snapshot.frame(name) for name in snapshot}
    return Snapshot.from_frames(frames, info=dict(snapshot.info) | info, meta=snapshot.meta)


def test_a_missing_module_is_said_and_never_a_zero(stage: Stage) -> None:
    stage.show(told(real(people().snapshot()), tickets="missing", orders="denied"))
    visit = stage.open(PAGE, customer="1", section="Tickets")
    assert tiles(visit)["Open tickets"] == ["not installed"]
    assert tiles(visit)["Open orders"] == ["no right to read"]
    assert "No tickets here" in alerts(visit).replace("\\", "")
    assert "No orders here" in alerts(stage.open(PAGE, customer="1", section="Orders")).replace("\\", "")


def test_without_invoicing_there_is_a_sentence_and_no_figure(stage: Stage) -> None:
    ledger = dict.fromkeys(("invoices", "payments", "receivable_lines", "partials"), "missing")
    stage.show(told(real(people().snapshot()), **ledger))
    visit = stage.open(PAGE, customer="1")
    for section in SECTIONS:
        visit.get_by_key("section").set_value(section).run()
        assert not visit.exception
        assert tiles(visit)["Balance"] == ["not installed"]
    assert "Nothing overdue" not in texts(visit)


def test_one_technology_alone_is_enough(stage: Stage) -> None:
    book = people()
    book.frames["services"] = [one for one in book.frames["services"] if one["technology"] == "starlink"]
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, customer="4")
    assert "Starlink" in texts(visit)
    assert table(visit, "bandwidth")["technology"].tolist() == ["Starlink"]
    assert "no services" in alerts(stage.open(PAGE, customer="1"))


def test_when_odoo_is_down_the_customer_stays_with_its_age(provider: Stage) -> None:
    provider.runner.last_error = OdooUnreachableError("Odoo does not answer.")
    visit = provider.open(PAGE, customer="1")
    for section in SECTIONS:
        visit.get_by_key("section").set_value(section).run()
        assert not visit.exception
    assert "Odoo does not answer. What you see is the last whole copy" in alerts(visit)
    assert tiles(visit)["Balance"] == ["USD 120.00", "ZWG 900.00"]


def test_a_customer_deleted_meanwhile_is_a_sentence(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="7")
    book = people()
    book.frames["customers"] = [one for one in book.frames["customers"] if one["partner_id"] != 7]
    for name in ("receivable_lines", "invoices"):
        book.frames[name] = [one for one in book.frames[name] if one.get("commercial_partner_id") != 7]
    provider.show(real(book.snapshot()))
    visit.run()
    assert not visit.exception
    assert "no customer with the number 7" in alerts(visit)


def test_the_demo_s_records_have_no_links(stage: Stage) -> None:
    stage.show(real(people().snapshot(), demo=True))
    visit = stage.open(PAGE, customer="1", section="Billing")
    assert "odoo" not in table(visit, "residual")
    assert not visit.get("link_button")


@pytest.fixture
def exported(live_patch: pytest.MonkeyPatch) -> Iterator[dict[str, dict[str, Any]]]:
    """What each pair of download buttons was given, by its key."""
    from pages.ui.customers import header as customers_parts

    given: dict[str, dict[str, Any]] = {}

    def record(view: object, build: Any, **options: Any) -> None:
        given[options["key"]] = options | {"table": build()}

    live_patch.setattr(customers_parts, "downloads", record)
    return given


def test_every_table_is_exported_as_it_is_shown(provider: Stage, exported: dict[str, dict[str, Any]]) -> None:
    for section in SECTIONS:
        visit = provider.open(PAGE, customer="1", section=section)
        assert not visit.exception
    provider.open(PAGE, find="moyo")
    assert {key.removeprefix("customer_").removesuffix("_export") for key in exported} == {
        "list", "services", "invoices", "payments", "ageing", "open-lines", "tickets", "orders", "timeline",
    }  # fmt: skip
    for key, options in exported.items():
        frame = options["table"]
        assert len(frame) == options["rows"] > 0, key
        assert all(not str(name).endswith("_id") for name in frame.columns)
    assert exported["customer_invoices_export"]["currency_column"] == "Currency"
    assert exported["customer_invoices_export"]["filters"] == {"Customer": "Tendai Moyo"}


def test_a_right_denied_is_said_with_the_frame_s_own_sentence(stage: Stage) -> None:
    source = real(people().snapshot())
    info = dict(source.info) | {"invoices": FrameInfo(0, datetime.now(UTC), state="denied", message="Ask for rights.")}
    frames = {name: empty_frames()[name] if name == "invoices" else source.frame(name) for name in source}
    stage.show(Snapshot.from_frames(frames, info=info, meta=source.meta))
    visit = stage.open(PAGE, customer="1", section="Billing")
    assert not visit.exception
    assert "Ask for rights" in alerts(visit)
