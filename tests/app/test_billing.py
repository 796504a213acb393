"""The Billing page: each filter once, every figure equal to the table it opens, every state it must survive."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.metrics.registry import metric
from odoo_client.store.snapshot import FrameInfo, Snapshot
from pages.ui import tables
from pages.ui.billing import charts as billing_charts
from pages.ui.billing import filters as billing_filters
from tests.app.billing_books import BANK, FIRST, LAST_MONTH, billing_books, payment
from tests.app.conftest import NOWHERE, TODAY, Stage, ago, alerts, read_now, real, table, tiles
from tests.builders import Ledger, empty_frames

PAGE = "billing.py"
RECEIVED = ("Received today", "Received this week", "Received this month")


@pytest.fixture
def billing(stage: Stage) -> Stage:
    """A stage with the books of `billing_books()`."""
    stage.show(read_now(billing_books))
    return stage


def rows(visit: AppTest) -> pd.DataFrame:
    """Return the table of invoices or payments on screen."""
    frame: pd.DataFrame = table(visit, "number")
    return frame


def numbers(visit: AppTest) -> list[str]:
    return sorted(rows(visit)["number"])


def sums(visit: AppTest, column: str = "amount") -> dict[str, float]:
    """Return the sums of a column of the table on screen by currency."""
    found = rows(visit).groupby("currency")[column].sum().round(2)
    return {str(code): float(total) for code, total in found.items()}


def said(visit: AppTest) -> str:
    """Return all captions and texts, without the backslashes of Markdown."""
    return "\n".join(element.value for element in (*visit.caption, *visit.markdown)).replace("\\", "")


def open_tile(visit: AppTest, label: str) -> AppTest:
    visit.button(key=f"open_{label}").click().run()
    assert not visit.exception
    return visit


def figures(visit: AppTest, label: str) -> dict[str, float]:
    """Return a tile's money by currency."""
    found = (value.replace("−", "-").split(" ") for value in tiles(visit)[label])
    return {code: float(amount.replace(",", "")) for code, amount in found}


def test_tiles_say_what_came_in_and_what_was_billed(billing: Stage) -> None:
    shown = tiles(billing.open(PAGE))
    assert [shown[label] for label in RECEIVED] == [["USD 140.00", "ZWG 1,300.00"]] * 3
    assert shown["Billed this month"] == ["USD 205.00", "ZWG 2,600.00"]
    assert shown["Collected this month"] == ["USD 135.00", "ZWG 1,300.00"]
    assert shown["Without customer"] == ["USD 25.00", "ZWG 0.00"]
    assert shown["Payments not fully matched"] == ["3"]


def test_tiles_split_what_was_received_by_method_and_tell_refunds_apart(billing: Stage) -> None:
    visit = billing.open(PAGE)
    assert "EcoCash, Manual USD 115.00, Bank USD 25.00 · EcoCash, Batch Deposit ZWG 1,300.00" in said(visit)
    assert "refunds paid out apart: USD 5.00" in said(visit)
    by_method = table(visit, "label")
    assert list(zip(by_method["label"], by_method["code"], by_method["month"], strict=True)) == [
        ("EcoCash, Manual", "USD", 115.0),
        ("Bank", "USD", 25.0),
        ("EcoCash, Batch Deposit", "ZWG", 1300.0),
    ]
    assert by_method["refunds"].sum() == 5.0


@pytest.mark.parametrize("label", [*RECEIVED, "Billed this month", "Collected this month", "Without customer"])
def test_a_tile_of_money_equals_the_table_it_opens(billing: Stage, label: str) -> None:
    visit = billing.open(PAGE)
    expected = figures(visit, label)
    open_tile(visit, label)
    found = sums(visit)
    assert {code: found.get(code, 0.0) for code in expected} == expected


def test_the_tile_of_payments_not_fully_matched_equals_the_rows_it_opens(billing: Stage) -> None:
    visit = billing.open(PAGE)
    expected = int(tiles(visit)["Payments not fully matched"][0])
    # What was received and what was paid out are told apart: no sentence has money below zero.
    assert any("of refunds paid out matched with nothing" in one.value for one in visit.caption)
    assert not any("−" in one.value for one in visit.caption if "matched with nothing" in one.value)
    open_tile(visit, "Payments not fully matched")
    assert len(rows(visit)) == expected
    assert numbers(visit) == ["PAY/GOLD", "PAY/REFUND", "PAY/UNKNOWN"]
    assert sums(visit, "left") == {"USD": 20.0, "ZWG": 1300.0}


def test_days_to_pay_equal_the_invoices_they_open(billing: Stage) -> None:
    visit = billing.open(PAGE, bill_period="Last month")
    assert tiles(visit)["Days to pay"] == ["USD 10 days", "ZWG –"]
    assert "90% within 10 days, average days to pay by amount 10.0, 1 invoice" in said(visit)
    open_tile(visit, "Days to pay")
    assert list(rows(visit)["days"]) == [10]
    assert rows(visit)["paid_on"].iloc[0] == pd.Timestamp(LAST_MONTH.replace(day=11))


def test_effectiveness_and_days_outstanding_equal_the_months_they_open(billing: Stage) -> None:
    visit = billing.open(PAGE)
    assert tiles(visit)["Collection effectiveness"][0] == "USD not meaningful"
    open_tile(visit, "Collection effectiveness")
    months = table(visit, "effectiveness")
    last = months[(months["label"] == f"{LAST_MONTH:%b %Y}") & (months["currency"] == "USD")].iloc[0]
    assert pd.isna(last["effectiveness"])
    assert "The books begin in this month" in last["why"]
    now = months[(months["label"] == f"{TODAY:%b %Y}") & (months["currency"] == "USD")].iloc[0]
    # The refund that is matched with nothing is an open debit, here as in Arrears.
    assert (now["billed"], now["collected"], now["closing"], now["unallocated"]) == (205.0, 135.0, 105.0, 35.0)
    assert now["countback"] == pytest.approx(TODAY.day * 105 / 205, abs=0.01)
    assert tiles(visit)["Days sales outstanding"][0] == f"USD {now['countback']:,.0f} days"


def test_a_bar_of_the_chart_opens_that_month_s_rows(billing: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    visit = billing.open(PAGE)
    drawn = {}
    for chart in visit.get("plotly_chart"):
        bars = json.loads(chart.proto.spec)["data"]
        drawn |= {
            (chart.proto.alt[:3], bar["name"]): dict(zip(bar["customdata"], bar["y"], strict=True)) for bar in bars
        }
    month = f"{FIRST:%Y-%m}"
    assert drawn["USD", "Billed"][f"{month}|billed"] == 205.0
    assert drawn["USD", "Collected"][f"{month}|collected"] == 135.0
    assert drawn["ZWG", "Billed"][f"{month}|billed"] == 2600.0
    assert len(drawn["USD", "Billed"]) == 12
    for code, side, view in (("USD", "collected", "payments"), ("ZWG", "billed", "invoices")):
        state: dict[str, Any] = {}
        with monkeypatch.context() as patch:
            patch.setattr(billing_charts.st, "session_state", state)
            billing_charts._open_month(code, f"{month}|{side}")
        assert state["bill_view"] == view
        opened = billing.open(
            PAGE,
            bill_view=view.capitalize(),
            bill_status="Posted",
            bill_period=f"{FIRST:%b %Y}",
            bill_currency=state["bill_currency"],
        )
        assert (state["bill_status"], state["bill_period"]) == (["posted"], month)
        assert sums(opened) == {code: drawn[code, side.capitalize()][f"{month}|{side}"]}


def test_the_invoice_table_tells_due_status_days_and_link(billing: Stage) -> None:
    visit = billing.open(PAGE)
    assert len(rows(visit)) == 7
    by_amount = rows(visit).set_index("amount")
    assert by_amount.loc[115.0, "status"] == "Paid"
    assert by_amount.loc[60.0, "status"] == "Not paid"
    assert by_amount.loc[60.0, "overdue"] == (TODAY - LAST_MONTH.replace(day=1)).days
    assert by_amount.loc[60.0, "open"] == 60.0
    assert pd.isna(by_amount.loc[115.0, "overdue"])
    assert by_amount.loc[-10.0, "kind"] == "Credit note"
    assert by_amount.loc[999.0, "status"] == "Draft"
    assert by_amount.loc[999.0, "number"] == "No number yet"
    assert by_amount.loc[888.0, "status"] == "Cancelled"
    assert by_amount.loc[2600.0, "customer"] == "شركة النور"
    assert by_amount.loc[60.0, "odoo"].startswith(f"{NOWHERE}/odoo/account.move/")
    assert "posted **USD 205.00 · ZWG 2,600.00**" in said(visit)


def test_the_payment_table_tells_what_each_paid_by_which_method(billing: Stage) -> None:
    found = rows(billing.open(PAGE, bill_view="Payments")).set_index("number")
    fibre = found.loc["PAY/FIBRE"]
    assert fibre["paid"] == "INVOICE/1002 (USD 115.00)"
    assert (fibre["journal"], fibre["method"], fibre["status"]) == ("EcoCash", "Manual", "Received")
    assert fibre["technology"] == "Fibre"
    assert pd.isna(fibre["left"])
    assert found.loc["PAY/REFUND", "amount"] == -5.0
    assert found.loc["PAY/REFUND", "status"] == "Refunded"
    assert found.loc["PAY/UNKNOWN", "customer"] == "No customer"
    assert found.loc["PAY/UNKNOWN", "left"] == 25.0
    assert found.loc["No number yet", "status"] == "Draft"
    assert fibre["odoo"].startswith(f"{NOWHERE}/odoo/account.payment/")


def test_a_payment_that_posted_no_entry_names_the_invoice_it_is_meant_for(stage: Stage) -> None:
    book = billing_books()
    meant = book.frames["invoices"][3]
    book.frames["payments"].append(
        {"payment_id": 1, "name": "PAY/LOOSE", "direction": "inbound", "state": "posted", "date": TODAY, "amount": 40.0,
         "company_id": 2, "currency_id": 1, "commercial_partner_id": 3}
    )  # fmt: skip
    book.frames["payment_invoices"].append({"payment_id": 1, "move_id": meant["move_id"]})
    book.frames["payments"].sort(key=lambda record: record["payment_id"])
    stage.show(real(book.snapshot()))
    loose = rows(stage.open(PAGE, bill_view="Payments")).set_index("number").loc["PAY/LOOSE"]
    assert loose["paid"] == f"meant for {meant['name']}"
    assert loose["technology"] == "Starlink"
    assert pd.isna(loose["left"])


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("bill_technology", ["fibre"], ["PAY/FIBRE"]),
        ("bill_technology", [""], ["No number yet", "PAY/GOLD", "PAY/REFUND", "PAY/UNKNOWN"]),
        ("bill_journal", ["EcoCash"], ["PAY/FIBRE", "PAY/GOLD"]),
        ("bill_method", ["Batch Deposit"], ["PAY/GOLD"]),
        ("bill_status", ["refunded"], ["PAY/REFUND"]),
        ("bill_status", ["draft"], ["No number yet"]),
        ("bill_status", ["received"], ["PAY/FIBRE", "PAY/GOLD", "PAY/UNKNOWN"]),
        ("bill_status", ["unallocated", "draft"], ["No number yet", "PAY/GOLD", "PAY/REFUND", "PAY/UNKNOWN"]),
    ],
)
def test_choice_filters_keep_their_payments(billing: Stage, key: str, value: list[str], kept: list[str]) -> None:
    visit = billing.open(PAGE, bill_view="Payments")
    visit.multiselect(key=key).set_value(value).run()
    assert numbers(visit) == kept


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("bill_technology", ["starlink", "wireless"], [40.0, 60.0]),
        ("bill_status", ["paid"], [115.0]),
        ("bill_status", ["overdue"], [60.0]),
        ("bill_status", ["not_paid"], [-10.0, 40.0, 60.0, 2600.0]),
        ("bill_status", ["cancel"], [888.0]),
        ("bill_journal", ["Customer Invoices"], [-10.0, 40.0, 60.0, 115.0, 888.0, 999.0, 2600.0]),
    ],
)
def test_choice_filters_keep_their_invoices(billing: Stage, key: str, value: list[str], kept: list[float]) -> None:
    visit = billing.open(PAGE)
    visit.multiselect(key=key).set_value(value).run()
    assert sorted(rows(visit)["amount"]) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("pay/fib", ["PAY/FIBRE"]),
        ("thanks", ["PAY/FIBRE"]),
        ("ncube", ["PAY/REFUND"]),
        ("AF4", ["PAY/GOLD"]),
    ],
)
def test_a_payment_is_found_by_number_reference_or_customer(billing: Stage, text: str, kept: list[str]) -> None:
    visit = billing.open(PAGE, bill_view="Payments")
    visit.text_input(key="bill_q").set_value(text).run()
    assert numbers(visit) == kept


def test_an_invoice_is_found_by_number_and_reference(billing: Stage) -> None:
    for text in ("INVOICE/1003", "REF4"):
        assert list(rows(billing.open(PAGE, bill_q=text))["amount"]) == [60.0]


def test_the_currency_filter_keeps_one_currency_everywhere(billing: Stage) -> None:
    visit = billing.open(PAGE, bill_currency="ZWG")
    assert tiles(visit)["Billed this month"] == ["ZWG 2,600.00"]
    assert list(rows(visit)["amount"]) == [2600.0]
    assert len(visit.get("plotly_chart")) == 1


def test_the_company_filter_keeps_one_company(billing: Stage) -> None:
    visit = billing.open(PAGE, company="Afi Wireless")
    assert tiles(visit)["Billed this month"] == ["USD 40.00"]
    assert list(rows(visit)["amount"]) == [40.0]
    assert "company" not in rows(visit)


@pytest.mark.parametrize(
    ("period", "kept"),
    [
        ("Last month", [80.0]),
        ("12 months", [-10.0, 40.0, 60.0, 80.0, 115.0, 888.0, 999.0, 2600.0]),
        (f"{FIRST:%b %Y}", [-10.0, 40.0, 60.0, 115.0, 888.0, 999.0, 2600.0]),
        (f"{LAST_MONTH:%b %Y}", [80.0]),
    ],
)
def test_the_period_keeps_its_documents(billing: Stage, period: str, kept: list[float]) -> None:
    assert sorted(rows(billing.open(PAGE, bill_period=period))["amount"]) == kept


def test_periods_of_payments(billing: Stage) -> None:
    for period in ("Today", "This week", "This month"):
        assert len(rows(billing.open(PAGE, bill_view="Payments", bill_period=period))) == 5
    assert len(rows(billing.open(PAGE, bill_view="Payments", bill_period="All"))) == 6


def test_other_dates_are_in_the_address(billing: Stage) -> None:
    begin = LAST_MONTH.replace(day=1)
    visit = billing.open(PAGE, bill_period="Other dates", bill_from=begin.isoformat(), bill_to=LAST_MONTH.isoformat())
    assert list(rows(visit)["amount"]) == [80.0]
    visit.date_input(key="bill_to").set_value(FIRST).run()
    assert len(rows(visit)) == 8
    only_from = billing.open(PAGE, bill_period="Other dates", bill_from=FIRST.isoformat())
    assert len(rows(only_from)) == 7


def test_days_the_wrong_way_round_are_a_sentence_and_no_rows(billing: Stage) -> None:
    visit = billing.open(PAGE, bill_period="Other dates", bill_from=ago(1).isoformat(), bill_to=ago(9).isoformat())
    assert not visit.exception
    assert "ends before it begins" in alerts(visit)
    assert "Hidden by" in alerts(visit)


@pytest.mark.parametrize("value", ["1850-01-01", "9999-12-31", "yesterday"])
def test_a_day_out_of_range_in_the_address_is_a_sentence(billing: Stage, value: str) -> None:
    visit = billing.open(PAGE, bill_period="Other dates", bill_from=value)
    assert not visit.exception
    assert "The address asks for From" in alerts(visit)
    assert visit.date_input(key="bill_from").value is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bill_currency", "XYZ"),
        ("bill_journal", "Gone Bank"),
        ("bill_method", "Pigeon"),
        ("bill_status", "Lost"),
        ("bill_technology", "Dial-up"),
        ("bill_period", "Jan 1999"),
        ("bill_view", "'; DROP TABLE"),
    ],
)
def test_a_filter_value_that_no_longer_exists_is_a_sentence(billing: Stage, key: str, value: str) -> None:
    visit = billing.open(PAGE, **{key: value})
    assert not visit.exception
    assert "does not exist here (any more)" in alerts(visit).replace("\\", "")
    assert tiles(visit)["Billed this month"] == ["USD 205.00", "ZWG 2,600.00"]


def test_the_address_opens_the_same_view(billing: Stage) -> None:
    by_hand = billing.open(PAGE)
    by_hand.get_by_key("bill_view").set_value("payments").run()
    by_hand.multiselect(key="bill_journal").set_value(["Bank"]).run()
    by_hand.multiselect(key="bill_status").set_value(["received"]).run()
    by_hand.get_by_key("bill_sort").set_value("largest").run()
    sent = billing.open(PAGE, bill_view="Payments", bill_journal="Bank", bill_status="Received", bill_sort="Largest")
    assert tiles(sent) == tiles(by_hand)
    pd.testing.assert_frame_equal(rows(sent), rows(by_hand))


@pytest.mark.parametrize(("sort", "column"), [("Largest", "amount"), ("Most open", "open")])
def test_sorting_never_ranks_two_currencies_against_each_other(billing: Stage, sort: str, column: str) -> None:
    found = rows(billing.open(PAGE, bill_sort=sort))
    assert list(found["currency"]) == ["USD"] * 6 + ["ZWG"]
    amounts = found.loc[found["currency"] == "USD", column].fillna(0.0).to_list()
    assert amounts == sorted(amounts, reverse=True)


def test_an_empty_result_names_the_filter_that_hides_the_rows(billing: Stage) -> None:
    visit = billing.open(PAGE, bill_view="Payments", bill_q="no such thing", bill_journal="Bank")
    assert "Search: no such thing" in alerts(visit)
    assert "Journal" not in alerts(visit)
    visit.button(key="bill_clear").click().run()
    assert numbers(visit) == ["No number yet", "PAY/REFUND", "PAY/UNKNOWN"]


def test_nothing_hostile_runs_in_the_table_and_raw_ids_are_not_shown(billing: Stage) -> None:
    visit = billing.open(PAGE, bill_view="Payments without customer")
    assert list(rows(visit)["memo"]) == ["=cmd|' /C calc'!A0"], "shown as it was typed; exports put a quote before it"
    assert "partner_id" not in rows(visit)
    assert "customer" not in rows(visit)
    assert "paid" not in rows(visit), "nobody's payment has paid nothing"


def test_the_browser_gets_a_page_of_rows_and_the_figures_are_of_all(stage: Stage) -> None:
    book = Ledger()
    book.customer(1)
    for _ in range(tables.ROWS_A_PAGE + 31):
        payment(book, 1, 2.0, TODAY, name="PAY")
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, bill_view="Payments")
    assert len(rows(visit)) == tables.ROWS_A_PAGE
    assert tiles(visit)["Received today"] == [f"USD {2 * (tables.ROWS_A_PAGE + 31):,.2f}"]
    assert visit.get_by_key("bill_export_csv").label == f"CSV of {tables.ROWS_A_PAGE + 31:,} rows"
    visit.get_by_key("bill_page").set_value(2).run()
    assert len(rows(visit)) == 31


def test_an_empty_tenant_has_no_figures_and_says_so(stage: Stage) -> None:
    stage.show(real(Snapshot.from_frames(empty_frames())))
    visit = stage.open(PAGE)
    assert not visit.exception
    assert {value for values in tiles(visit).values() for value in values} <= {"–", "0"}
    assert "Nothing was billed or collected" in alerts(visit)
    assert "No invoices match" in alerts(visit) or "There are no invoices" in alerts(visit)
    for name in ("Payments", "Payments without customer", "By month"):
        other = stage.open(PAGE, bill_view=name, bill_period="All")
        assert not other.exception
        assert "There are no" in alerts(other)


def test_one_technology_alone(stage: Stage) -> None:
    book = billing_books()
    book.frames["invoice_technology"] = [
        share for share in book.frames["invoice_technology"] if share["technology"] == "fibre"
    ]
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, bill_technology="Fibre")
    assert not visit.exception
    assert tiles(visit)["Billed this month"] == ["USD 115.00", "ZWG 2,600.00"]
    empty = stage.open(PAGE, bill_technology="Starlink")
    assert "Technology: Starlink" in alerts(empty)


def _with_state(state: Any, *names: str) -> Snapshot:
    snapshot = billing_books().snapshot()
    absent = FrameInfo(0, datetime.now(UTC), state=state, message="Install Invoicing, or give the account its right.")
    info = dict(snapshot.info) | dict.fromkeys(names, absent)
    frames = {name: snapshot.frame(name) for name in snapshot}
    frames |= {name: empty_frames()[name] for name in names}
    return real(Snapshot.from_frames(frames, info=info))


@pytest.mark.parametrize(("state", "words"), [("missing", "not installed"), ("denied", "no right to read")])
def test_payments_that_cannot_be_read_are_never_zero(stage: Stage, state: str, words: str) -> None:
    stage.show(_with_state(state, "payments"))
    visit = stage.open(PAGE)
    assert not visit.exception
    for label in (*RECEIVED, "Collected this month", "Without customer", "Payments not fully matched"):
        assert tiles(visit)[label] == [words]
    assert tiles(visit)["Billed this month"] == ["USD 205.00", "ZWG 2,600.00"]
    assert "Install Invoicing" in alerts(visit)


def test_without_the_ledger_nothing_is_said_of_effectiveness(stage: Stage) -> None:
    stage.show(_with_state("missing", "invoices", "receivable_lines", "partials", "payments"))
    visit = stage.open(PAGE)
    assert not visit.exception
    for label in ("Days to pay", "Collection effectiveness", "Days sales outstanding", "Billed this month"):
        assert tiles(visit)[label] == ["not installed"]


def test_when_odoo_is_down_the_figures_stay_with_their_age(billing: Stage) -> None:
    snapshot = billing.store.current()
    assert snapshot is not None
    past = datetime.now(UTC) - timedelta(hours=3)
    aged = {name: replace(info, read_at=past) for name, info in snapshot.info.items()}
    billing.show(
        real(Snapshot.from_frames({name: snapshot.frame(name) for name in snapshot}, info=aged), taken_at=past)
    )
    billing.runner.run_once()
    visit = billing.open(PAGE)
    assert tiles(visit)["Billed this month"] == ["USD 205.00", "ZWG 2,600.00"]
    assert "3 hours old" in alerts(visit)


def test_before_the_first_sync_the_page_waits(stage: Stage) -> None:
    visit = stage.open(PAGE)
    assert not visit.exception
    assert "Reading Odoo" in alerts(visit)


def test_journals_of_one_name_are_told_apart_by_company(stage: Stage) -> None:
    book = billing_books()
    book.frames["journals"].append({"journal_id": 99, "name": "Bank", "kind": "bank", "company_id": 2})
    payment(book, 3, 9.0, TODAY, name="PAY/OTHER", journal_id=99, company_id=2)
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, bill_view="Payments", bill_journal="Bank (Afi Wireless)")
    assert numbers(visit) == ["PAY/OTHER"]


def test_a_bank_line_without_a_payment_is_money_received_and_says_what_it_is(stage: Stage) -> None:
    book = billing_books()
    owed = book.invoice(2, 35.0, TODAY, on=TODAY)
    paid = book.bank_line(2, 33.0, TODAY, written_off=2.0, journal_id=BANK, label="RTGS 4471", move_name="BNK1/33")
    book.reconcile(owed, paid, 35.0, TODAY)
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE)
    assert tiles(visit)["Received today"] == ["USD 173.00", "ZWG 1,300.00"]
    visit = stage.open(PAGE, bill_view="Payments", bill_method="Bank line")
    [found] = rows(visit).to_dict("records")
    assert (found["number"], found["made_by"], found["memo"]) == ("BNK1/33", "Bank line", "RTGS 4471")
    assert (found["amount"], found["status"], found["journal"]) == (33.0, "Received", "Bank")
    assert found["paid"] == f"{book.line(owed)['move_name']} (USD 33.00 and USD 2.00 written off)"
    assert found["odoo"].startswith(f"{NOWHERE}/odoo/account.move/")
    assert rows(stage.open(PAGE, bill_view="Payments", bill_q="rtgs"))["number"].tolist() == ["BNK1/33"]


def test_a_document_dated_ahead_is_in_its_month_and_in_no_open_amount(stage: Stage) -> None:
    book = billing_books()
    ahead = date(TODAY.year + 1, TODAY.month, 1)
    book.invoice(1, 500.0, ahead, on=ahead)
    book.frames["invoices"][-1] |= {"residual": 500.0, "payment_state": "not_paid"}
    stage.show(real(book.snapshot()))
    months = table(stage.open(PAGE, bill_view="By month"), "effectiveness")
    now = months[(months["label"] == f"{TODAY:%b %Y}") & (months["currency"] == "USD")].iloc[0]
    assert (now["billed"], now["closing"]) == (205.0, 105.0)


@pytest.mark.parametrize(
    ("period", "today", "days"),
    [
        ("week", date(2026, 11, 22), (date(2026, 11, 16), date(2026, 11, 22))),
        ("week", date(2026, 11, 23), (date(2026, 11, 23), date(2026, 11, 29))),
        ("month", date(2028, 2, 10), (date(2028, 2, 1), date(2028, 2, 29))),
        ("last_month", date(2026, 1, 31), (date(2025, 12, 1), date(2025, 12, 31))),
        ("year", date(2026, 12, 5), (date(2026, 1, 1), date(2026, 12, 31))),
        ("year", date(2026, 3, 31), (date(2025, 4, 1), date(2026, 3, 31))),
        ("2026-02", date(2026, 11, 22), (date(2026, 2, 1), date(2026, 2, 28))),
        ("all", date(2026, 11, 22), None),
    ],
)
def test_a_week_begins_on_monday_and_periods_are_whole(
    period: str, today: date, days: tuple[date, date] | None
) -> None:
    assert billing_filters.period_days(period, today) == days


def test_downloads_hold_every_row_under_the_headings_on_screen(billing: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    built: dict[str, Any] = {}

    def downloads(view: Any, build: Any, **more: Any) -> None:
        built.update(more, frame=build())

    monkeypatch.setattr("pages.ui.exports.downloads", downloads)
    monkeypatch.setattr(tables, "ROWS_A_PAGE", 3)
    visit = billing.open(PAGE, bill_view="Payments", bill_status="Posted")
    assert not visit.exception
    assert len(rows(visit)) == 3
    frame = built["frame"]
    assert len(frame) == built["rows"] == 4
    assert list(frame.columns[:5]) == ["Number", "Date", "Customer", "Currency", "Amount"]
    assert frame.groupby("Currency")["Amount"].sum().to_dict() == {"USD": 135.0, "ZWG": 1300.0}
    assert built["filters"]["Status"] == "Posted"


@pytest.mark.parametrize(
    ("key", "value", "drawn", "left_out"),
    [
        ("bill_method", "Manual", "Collected", "Billed is left out: only payments have a method"),
        ("bill_journal", "Bank", "Collected", "Billed is left out: not in this journal"),
        ("bill_journal", "Customer Invoices", "Billed", "Collected is left out: not in this journal"),
        ("bill_technology", "Fibre", "both", ""),
    ],
)
def test_a_filter_of_one_side_sets_nothing_beside_a_part(
    billing: Stage, key: str, value: str, drawn: str, left_out: str
) -> None:
    visit = billing.open(PAGE, **{key: value}, bill_currency="USD")
    assert not visit.exception
    [chart] = visit.get("plotly_chart")
    names = {bar["name"] for bar in json.loads(chart.proto.spec)["data"]}
    assert names == ({"Billed", "Collected"} if drawn == "both" else {drawn})
    assert (left_out in said(visit)) if left_out else ("is left out" not in said(visit))
    assert all(f"{name} USD" in said(visit).replace("collected USD", "Collected USD") for name in names)


def test_what_the_journal_cannot_have_is_no_zero_and_a_method_takes_nothing_off_what_was_billed(billing: Stage) -> None:
    bank = billing.open(PAGE, bill_journal="Bank")
    assert tiles(bank)["Billed this month"] == ["not in this journal"]
    assert figures(bank, "Collected this month")["USD"] == 20.0
    sales = billing.open(PAGE, bill_journal="Customer Invoices")
    for label in (*RECEIVED, "Collected this month", "Without customer", "Payments not fully matched"):
        assert tiles(sales)[label] == ["not in this journal"], label
    assert figures(sales, "Billed this month")["USD"] == 205.0
    by_method = billing.open(PAGE, bill_method="Manual")
    assert figures(by_method, "Billed this month")["USD"] == 205.0
    told = [text.value for text in by_method.markdown if "**Formula**" in text.value]
    billed = [text for text in told if metric("billed").formula.split(",")[0] in text.replace("\\", "")]
    assert len(billed) == 1
    assert "**Method**" not in billed[0], "what was billed is not told to be by method"
    assert any("**Method**" in text for text in told)
