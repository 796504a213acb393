"""The Arrears page: each filter once, tiles that equal the table, the address that opens the same view."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.people.access import Person
from pages.ui import exports, tables
from pages.ui.arrears import tiles as arrears_parts
from tests.app.conftest import NOWHERE, Stage, ago, alerts, books, read_now, real, table, tiles
from tests.builders import USD, ZWG, Ledger

PAGE = "arrears.py"
CHARTS = {"arrears_view": "Charts"}


def keep_result(function: Callable[..., pd.DataFrame], kept: list[pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    """Return `function`, whose results are kept."""

    def called(*args: object) -> pd.DataFrame:
        kept.append(function(*args))
        return kept[-1]

    return called


def customers(visit: AppTest) -> list[str]:
    """Return the customers in the table, by name."""
    return sorted(table(visit, "net_to_chase")["customer"])


def test_tiles_equal_the_sums_of_the_table_in_each_currency(provider: Stage) -> None:
    visit = provider.open(PAGE)
    rows = table(visit, "net_to_chase")
    for label, column in (("Overdue", "overdue"), ("Net to chase", "net_to_chase"), ("Unallocated", "unallocated")):
        sums = rows.groupby("currency")[column].sum()
        assert tiles(visit)[label] == [f"{code} {sums[code]:,.2f}" for code in ("USD", "ZWG")]
    assert tiles(visit)["Overdue"] == ["USD 250.00", "ZWG 2,600.00"]
    rest = tiles(provider.open(PAGE, **CHARTS))
    assert rest["In payment"] == ["USD 70.00", "ZWG 0.00"]
    assert tiles(visit)["Not yet due"] == ["USD 40.00", "ZWG 0.00"]
    assert tiles(visit)["Net to chase"] == ["USD 160.00", "ZWG 2,600.00"]


def test_the_customer_table_tells_phone_payment_and_services(provider: Stage) -> None:
    rows = table(provider.open(PAGE), "net_to_chase").set_index("customer")
    moyo = rows.loc["Tendai Moyo"]
    assert moyo["phone"] == "+263 77 111 1111"
    assert moyo["last_payment"] == "USD 20.00"
    assert moyo["last_payment_date"] == pd.Timestamp(ago(3))
    assert moyo["active_services"] == 1
    assert moyo["oldest_days"] == 20
    assert moyo["odoo"] == f"{NOWHERE}/odoo/res.partner/1"
    assert "commercial_partner_id" not in rows


def test_what_a_caller_needs_comes_first_and_what_says_nothing_is_left_out(provider: Stage) -> None:
    drawn = list(table(provider.open(PAGE), "net_to_chase").columns)
    order = [
        "customer",
        "net_to_chase",
        "currency",
        "oldest_days",
        "phone",
        "last_payment_date",
        "last_payment",
        "city",
    ]
    assert drawn[: len(order)] == order
    assert "promise" not in drawn, "nobody has promised anything"
    assert "last_contact" not in drawn, "nobody has called"
    assert "under_review" not in drawn, "nothing waits for us"
    assert {"unallocated", "in_payment"} < set(drawn)
    one = table(provider.open(PAGE, city="Mutare"), "net_to_chase")
    assert "company" not in one, "all are of one company"
    two = table(provider.open(PAGE, city="Harare"), "net_to_chase")
    assert len(two) == 2
    assert "city" not in two, "all are of one city"


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("city", ["Mutare"], ["Chipo 🌍 Dube"]),
        ("technology", ["wireless"], ["Rudo <b>Ncube</b>"]),
        # Moyo's payment is for no technology, and no debt.
        ("technology", [""], ["=1+1 Trading"]),
    ],
)
def test_choice_filters_keep_their_customers(provider: Stage, key: str, value: list[str], kept: list[str]) -> None:
    visit = provider.open(PAGE)
    visit.multiselect(key=key).set_value(value).run()
    assert customers(visit) == kept


def test_the_currency_filter_keeps_one_currency(provider: Stage) -> None:
    visit = provider.open(PAGE)
    visit.get_by_key("currency").set_value("ZWG").run()
    assert tiles(visit)["Overdue"] == ["ZWG 2,600.00"]
    assert customers(visit) == ["شركة النور"]


def reviewed() -> Ledger:
    """The books with drafts: USD 30 of Moyo's, ZWG 600 of Moyo's beside no debt, USD 9 of nobody's, ZWG 2,900 of a
    debtor of ZWG 2,600.
    """
    book = books()
    book.draft(1, 30.0)
    book.draft(1, 600.0, currency_id=ZWG)
    book.draft(0, 9.0)
    book.draft(5, 2900.0, currency_id=ZWG)
    return book


def test_a_draft_payment_is_taken_off_net_to_chase_until_it_is_cancelled(stage: Stage) -> None:
    book = reviewed()
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE)
    rows = table(visit, "under_review").set_index("customer")
    moyo = rows.loc["Tendai Moyo"]
    assert (moyo["under_review"], moyo["net_to_chase"], moyo["overdue"], moyo["balance"]) == (30.0, 50.0, 100.0, 120.0)
    assert rows.loc["شركة النور", "net_to_chase"] == 0.0
    assert pd.isna(rows.loc["=1+1 Trading", "under_review"]), "nothing is a dash"
    assert tiles(visit)["Paid, waiting for us"] == ["USD 39.00", "ZWG 3,500.00"]
    assert tiles(visit)["Net to chase"] == ["USD 130.00", "ZWG 0.00"]
    assert tiles(visit)["Overdue"] == ["USD 250.00", "ZWG 2,600.00"]
    for payment in book.frames["payments"]:
        if payment["state"] == "draft":
            payment["state"] = "cancel"
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE)
    assert tiles(visit)["Paid, waiting for us"] == ["USD 0.00", "ZWG 0.00"]
    assert tiles(visit)["Net to chase"] == ["USD 160.00", "ZWG 2,600.00"]


@pytest.mark.parametrize("page", [PAGE, "payments.py"])
def test_what_waits_for_us_is_one_figure_that_names_what_is_beside_no_debt(stage: Stage, page: str) -> None:
    stage.show(read_now(reviewed))
    visit = stage.open(page)
    assert tiles(visit)["Paid, waiting for us"] == ["USD 39.00", "ZWG 3,500.00"]
    said = [text.value.replace("\\", "") for text in visit.caption]
    assert "draft payments, not in the ledger; USD 9.00 and ZWG 600.00 of it, in 2 payments, is beside no debt" in said
    told = [text.value.replace("\\", "") for text in visit.markdown]
    explained = next(text for text in told if "draft inbound payments" in text and "**Formula**" in text)
    assert "**Rows**  \n4" in explained
    assert "USD 9.00 and ZWG 600.00 of it, in 2 payments without customer" in explained


def test_the_overview_says_the_same_of_what_waits_for_us(stage: Stage) -> None:
    stage.show(read_now(reviewed))
    said = " ".join(text.value.replace("\\", "") for text in stage.open("overview.py").caption)
    assert "USD 39.00 and ZWG 3,500.00 paid, waiting for us" in said


def test_filters_leave_out_of_what_waits_for_us_only_what_they_say(stage: Stage) -> None:
    stage.show(read_now(reviewed))
    visit = stage.open(PAGE, currency="USD")
    assert tiles(visit)["Paid, waiting for us"] == ["USD 39.00"]
    visit = stage.open(PAGE, q="Tendai Moyo")
    assert tiles(visit)["Paid, waiting for us"] == ["USD 30.00"]
    assert "draft payments, not in the ledger, of the customers shown" in [text.value for text in visit.caption]
    visit = stage.open("payments.py", company="Afi Wireless")
    assert tiles(visit)["Paid, waiting for us"] == ["nothing"]


def test_a_bucket_filter_leaves_what_is_under_review_whole(stage: Stage) -> None:
    stage.show(read_now(reviewed))
    visit = stage.open(PAGE)
    visit.get_by_key("bucket").set_value(["not_due"]).run()
    assert (tiles(visit)["Overdue"], tiles(visit)["Paid, waiting for us"]) == (["USD 100.00"], ["USD 30.00"])
    assert (tiles(visit)["Net to chase"], tiles(visit)["Not due"]) == (["USD 50.00"], ["USD 40.00"])


def test_what_is_under_review_is_converted_with_the_rest(stage: Stage) -> None:
    """2,900.00 ZWG at 26 a dollar are 111.54 USD."""
    stage.show(read_now(reviewed))
    visit = stage.open(PAGE, converted="true")
    assert tiles(visit)["Paid, waiting for us"] == ["USD 141.54"]


def test_a_customer_s_detail_says_what_net_to_chase_is_made_of(stage: Stage) -> None:
    stage.show(read_now(reviewed))
    told = [text.value.replace("\\", "") for text in stage.open(PAGE, customer="1").markdown]
    assert "Net to chase: **USD 50.00**, after USD 20.00 unallocated and USD 30.00 paid, waiting for us" in told
    assert ":material/rule: Paid, waiting for us: **USD 30.00** in 1 payment · **ZWG 600.00** in 1 payment" in told
    told = [text.value.replace("\\", "") for text in stage.open(PAGE, customer="2").markdown]
    assert "Net to chase: **USD 50.00**, all that is overdue" in told


def split_invoices(stage: Stage) -> None:
    """Show books in which Moyo also owes USD 38 in one invoice for two technologies, and ZWG 520 since long ago."""
    book = books()
    book.invoice(1, 38.0, ago(70), on=ago(84), technology={"fibre": 8.0, "starlink": 30.0})
    book.invoice(1, 520.0, ago(200), on=ago(214), currency_id=ZWG, technology={"fibre": 520.0})
    stage.show(real(book.snapshot()))


FILTERS = (
    ({"bucket": ["1_30"]}, "1–30 days"),
    ({"bucket": ["not_due", "61_90"]}, "Not due and 61–90 days"),
    ({"technology": ["fibre"]}, "Fibre"),
    ({"technology": ["fibre", "starlink"]}, "Fibre and Starlink"),
    ({"technology": ["fibre"], "bucket": ["61_90", "over_120"]}, "Fibre, 61–90 days and Over 120 days"),
)


@pytest.mark.parametrize("converted", [False, True], ids=["apart", "in one"])
@pytest.mark.parametrize(("chosen", "heading"), FILTERS, ids=[heading for _chosen, heading in FILTERS])
def test_a_bucket_or_technology_chooses_rows_and_cuts_no_column(
    stage: Stage, chosen: dict[str, list[str]], heading: str, converted: bool
) -> None:
    split_invoices(stage)
    address = {"converted": "true"} if converted else {}
    whole = table(stage.open(PAGE, **address), "net_to_chase")
    visit = stage.open(PAGE, **address)
    for key, value in chosen.items():
        visit.get_by_key(key).set_value(value)
    visit.run()
    assert not visit.exception
    rows = table(visit, "net_to_chase")
    assert (rows["chosen"] > 0).all()
    key = ["customer", "balance"]
    same = [name for name in whole.columns if name in rows]
    assert {"overdue", "net_to_chase", "balance", "not_due", "1_30", "oldest_days"} < set(same)
    kept = rows[key].merge(whole[same], on=key, how="left")
    pd.testing.assert_frame_equal(rows[same], kept[same], check_like=True)
    drawn = next(element for element in visit.dataframe if "net_to_chase" in element.value.columns)
    assert json.loads(drawn.proto.columns)["chosen"]["label"] == f"Chosen: {heading}"
    currency = rows["currency"] if "currency" in rows else pd.Series("USD", index=rows.index)
    for label, column in ((heading, "chosen"), ("Overdue", "overdue"), ("Net to chase", "net_to_chase")):
        sums = rows.groupby(currency)[column].sum()
        assert tiles(visit)[label] == [f"{code} {sums[code]:,.2f}" for code in sorted(sums.index)], label


def test_the_bucket_filter_s_row_does_not_contradict_itself(provider: Stage) -> None:
    visit = provider.open(PAGE)
    visit.get_by_key("bucket").set_value(["1_30"]).run()
    assert customers(visit) == ["Chipo 🌍 Dube", "Tendai Moyo"]
    moyo = table(visit, "net_to_chase").set_index("customer").loc["Tendai Moyo"]
    assert (moyo["chosen"], moyo["overdue"], moyo["not_due"], moyo["unallocated"]) == (100.0, 100.0, 40.0, 20.0)
    assert (moyo["net_to_chase"], moyo["balance"]) == (80.0, 120.0)
    assert tiles(visit)["Overdue"] == tiles(visit)["1–30 days"] == ["USD 170.00"]
    visit.segmented_control(key="arrears_view").set_value("Charts").run()
    assert tiles(visit)["Not yet due"] == ["USD 40.00"]


def test_a_technology_is_what_is_owed_for_it_and_credits_are_none(stage: Stage) -> None:
    split_invoices(stage)
    visit = stage.open(PAGE, currency="USD")
    visit.get_by_key("technology").set_value(["starlink"]).run()
    rows = table(visit, "net_to_chase").set_index("customer")
    assert rows["chosen"].to_dict() == {"Tendai Moyo": 30.0, "Chipo 🌍 Dube": 70.0}
    assert rows.loc["Tendai Moyo", "overdue"] == 138.0


def test_rows_can_be_sorted_by_what_was_chosen_and_only_then(stage: Stage) -> None:
    split_invoices(stage)
    visit = stage.open(PAGE, currency="USD")
    assert "Fibre" not in visit.get_by_key("sort").options
    visit.get_by_key("technology").set_value(["starlink"]).run()
    visit.get_by_key("sort").set_value("chosen").run()
    assert list(table(visit, "net_to_chase")["customer"]) == ["Chipo 🌍 Dube", "Tendai Moyo"]
    visit.get_by_key("technology").set_value([]).run()
    assert not visit.exception
    assert "chosen" not in table(visit, "net_to_chase")
    assert list(table(visit, "net_to_chase")["customer"])[0] == "Tendai Moyo"


def test_exports_name_the_buckets_chosen(provider: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[pd.DataFrame] = []
    monkeypatch.setattr(arrears_parts, "export", keep_result(arrears_parts.export, made))
    taken: dict[str, object] = {}
    monkeypatch.setattr(exports.st, "download_button", lambda _label, data, key, **_more: taken.update({key: data}))
    visit = provider.open(PAGE)
    visit.get_by_key("bucket").set_value(["1_30"]).run()
    taken["arrears_csv"]()  # type: ignore[operator]
    assert made[-1]["Chosen: 1–30 days"].tolist() == [100.0, 70.0]
    assert made[-1]["1–30 days"].tolist() == [100.0, 70.0]
    assert made[-1]["Not due"].fillna(0).tolist() == [40.0, 0.0]


@pytest.mark.parametrize("text", ["moyo", "AF1", "c1@example.com", "77 111 1111", "INVOICE/1001"])
def test_a_customer_is_found_by_what_people_type(provider: Stage, text: str) -> None:
    visit = provider.open(PAGE)
    visit.text_input(key="q").set_value(text).run()
    assert customers(visit) == ["Tendai Moyo"]


def test_a_past_day_shows_the_ledger_as_it_stood(provider: Stage) -> None:
    visit = provider.open(PAGE)
    visit.date_input(key="as_of").set_value(ago(5)).run()
    assert tiles(visit)["Unallocated"][0] == "USD 0.00"
    visit.date_input(key="as_of").set_value(ago(120)).run()
    assert customers(visit) == ["=1+1 Trading"]


def test_a_day_in_the_future_is_not_taken(provider: Stage) -> None:
    visit = provider.open(PAGE, as_of=ago(-30).isoformat())
    assert visit.date_input(key="as_of").value == ago(0)


def test_ageing_by_invoice_date_moves_the_buckets(provider: Stage) -> None:
    visit = provider.open(PAGE)
    visit.get_by_key("basis").set_value("invoice_date").run()
    moyo = table(visit, "net_to_chase").set_index("customer").loc["Tendai Moyo"]
    assert moyo["31_60"] == 100.0
    assert moyo["overdue"] == 100.0


def test_show_in_one_currency_prints_rate_and_date(provider: Stage) -> None:
    visit = provider.open(PAGE)
    visit.toggle(key="converted").set_value(True).run()
    assert tiles(visit)["Overdue"] == ["USD 350.00"]
    day = ago(15)
    assert any("26.0000 ZWG" in text.value.replace("\\", "") for text in visit.caption)
    assert any(f"{day.day} {day:%b %Y}" in text.value for text in visit.caption)


@pytest.mark.parametrize("bucket", [[], ["31_60"], ["1_30", "31_60"]], ids=["whole", "a bucket", "two"])
@pytest.mark.parametrize("technology", [[], ["fibre"]], ids=["all", "fibre"])
def test_shown_in_one_currency_there_is_one_chart_whose_bars_add_up_to_the_tiles(
    stage: Stage, bucket: list[str], technology: list[str]
) -> None:
    book = books()
    # Thirds of a cent: added up whole they round to another sum than each customer by itself.
    for partner_id in (1, 2, 3, 4, 6):
        book.invoice(partner_id, 10.01, ago(45), on=ago(59), currency_id=ZWG, technology={"fibre": 3.34, "": 6.67})
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, **CHARTS)
    visit.toggle(key="converted").set_value(True)
    visit.multiselect(key="technology").set_value(technology)
    visit.get_by_key("bucket").set_value(bucket).run()
    assert not visit.exception
    [chart] = visit.get("plotly_chart")
    bars = json.loads(chart.proto.spec)["data"]
    parts = [part for bar in bars for part in zip(bar["x"], bar["y"], bar["marker"]["opacity"], strict=True)]
    strong = {label.replace("<br>", " ") for label, _amount, opacity in parts if opacity == 1}
    drawn = sum(amount for _label, amount, opacity in parts if opacity == 1)
    names = {"31_60": "31–60 days", "1_30": "1–30 days"}
    chosen = [name for name in ("Fibre" if technology else "", " and ".join(names[key] for key in bucket)) if name]
    labels = [", ".join(chosen)] if chosen else ["Overdue", "Not yet due"]
    shown = [float(tiles(visit)[label][0].removeprefix("USD ").replace(",", "")) for label in labels]
    assert round(drawn, 2) == round(sum(shown), 2)
    assert strong == ({names[key] for key in bucket} or strong)
    assert any("Ageing in USD" in text.value for text in visit.markdown)
    assert any(", Fibre" in text.value for text in visit.markdown) == bool(technology)
    assert "USD" in bars[0]["hovertemplate"]


def test_a_missing_rate_is_a_sentence_and_currencies_stay_apart(stage: Stage) -> None:
    book = books()
    book.frames["rates"].clear()
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE)
    visit.toggle(key="converted").set_value(True).run()
    assert not visit.exception
    assert "no ZWG rate" in alerts(visit)
    assert tiles(visit)["Overdue"] == ["USD 250.00", "ZWG 2,600.00"]


EUR = 3


def test_one_currency_without_a_rate_stays_apart_and_the_others_are_shown_in_one(stage: Stage) -> None:
    book = books()
    book.currency(EUR, "EUR")
    book.invoice(1, 92.0, ago(45), on=ago(59), currency_id=EUR, technology={"fibre": 92.0})
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE)
    visit.toggle(key="converted").set_value(True).run()
    assert not visit.exception
    told = alerts(visit).replace("\\", "")
    assert "Not shown in USD" in told
    assert "no EUR rate" in told
    assert "ZWG rate" not in told
    assert "amounts in EUR stay as they are" in told
    assert tiles(visit)["Overdue"] == ["USD 350.00", "EUR 92.00"]
    rows = table(visit, "net_to_chase")
    mine = rows[rows["customer"] == "Tendai Moyo"]
    assert mine["currency"].tolist() == ["USD", "EUR"]
    visit.segmented_control(key="arrears_view").set_value("Charts").run()
    charts = [json.loads(chart.proto.spec)["data"] for chart in visit.get("plotly_chart")]
    sums = [round(sum(sum(bar["y"]) for bar in bars), 2) for bars in charts]
    assert sorted(sums) == [92.0, 390.0], "each chart adds up in its own currency"


def test_a_branch_is_shown_in_one_currency_at_the_rates_of_its_root(stage: Stage) -> None:
    book = books()
    book.currency(EUR, "EUR")
    for company in book.frames["companies"]:
        company["root_id"] = 1
    book.rate(EUR, ago(100), 0.92, company_id=1)
    book.invoice(4, 92.0, ago(45), on=ago(59), company_id=2, currency_id=EUR)
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, company="Afi Wireless")
    assert tiles(visit)["Overdue"] == ["USD 70.00", "EUR 92.00"]
    visit.toggle(key="converted").set_value(True).run()
    assert tiles(visit)["Overdue"] == ["USD 170.00"]
    assert "rate on or before" not in alerts(visit)


def test_the_company_filter_keeps_one_company(provider: Stage) -> None:
    visit = provider.open(PAGE, company="Afi Wireless")
    assert customers(visit) == ["Chipo 🌍 Dube"]
    assert "company" not in table(visit, "net_to_chase")


def test_the_address_opens_the_same_view(provider: Stage) -> None:
    by_hand = provider.open(PAGE)
    by_hand.multiselect(key="city").set_value(["Harare"]).run()
    by_hand.date_input(key="as_of").set_value(ago(1)).run()
    by_hand.get_by_key("currency").set_value("USD").run()
    sent = provider.open(PAGE, city="Harare", as_of=ago(1).isoformat(), currency="USD")
    assert tiles(sent) == tiles(by_hand)
    pd.testing.assert_frame_equal(table(sent, "net_to_chase"), table(by_hand, "net_to_chase"))


def test_nonsense_in_the_address_is_ignored(provider: Stage) -> None:
    visit = provider.open(PAGE, currency="XYZ", city="Atlantis", as_of="yesterday", bucket="0_0", customer="'; DROP")
    assert not visit.exception
    assert tiles(visit)["Overdue"] == ["USD 250.00", "ZWG 2,600.00"]


def test_an_empty_result_names_the_filter_that_hides_the_rows(provider: Stage) -> None:
    visit = provider.open(PAGE)
    visit.multiselect(key="city").set_value(["Harare"]).run()
    visit.text_input(key="q").set_value("no such person").run()
    assert "Customer: no such person" in alerts(visit)
    assert "City" not in alerts(visit)
    visit.button(key="arrears_clear").click().run()
    assert customers(visit) == ["=1+1 Trading", "Tendai Moyo"]


def test_the_charts_hold_the_same_money_as_the_tiles(provider: Stage) -> None:
    visit = provider.open(PAGE, **CHARTS)
    drawn = []
    for chart in visit.get("plotly_chart"):
        bars = json.loads(chart.proto.spec)["data"]
        drawn.append(sum(float(amount) for bar in bars for amount in bar["y"]))
        assert chart.proto.alt.startswith("Open ")
    assert drawn == [290.0, 2600.0]


def opened(stage: Stage, tab: str, **query: str) -> AppTest:
    """Open a customer's record at one of its tabs."""
    visit = stage.open(PAGE, **query)
    visit.session_state["record_tabs"] = tab
    return visit.run()


def test_a_customer_in_the_address_opens_with_what_is_open_and_all_else_a_click_away(provider: Stage) -> None:
    visit = provider.open(PAGE, customer="1")
    assert "Tendai Moyo" in [text.value for text in visit.subheader]
    shown = table(visit, "open")
    # The oldest debt first; a payment matched to nothing is no invoice.
    assert shown["open"].tolist() == ["USD 100.00", "USD 40.00"]
    assert shown["days"].tolist()[0] == 20
    assert pd.isna(shown["days"].tolist()[1])
    assert "mark" not in shown, "nothing is disputed or in payment"
    assert any("USD 120" in text.value.replace("\\", "") for text in visit.caption)
    invoices = table(opened(provider, "All invoices", customer="1"), "total")
    assert sorted(invoices["total"]) == [40.0, 100.0]
    lines = table(opened(provider, "Journal lines", customer="1"), "bucket")
    assert sorted(lines["residual"]) == [-20.0, 40.0, 100.0]
    assert all(link.startswith(f"{NOWHERE}/odoo/account.move/") for link in lines["odoo"])
    visit.button(key="close_customer").click().run()
    assert "Tendai Moyo" not in [text.value for text in visit.subheader]


def test_what_is_in_payment_is_marked_among_what_is_open(provider: Stage) -> None:
    assert table(provider.open(PAGE, customer="4"), "open")["mark"].tolist() == ["In payment"]


def test_the_record_says_what_is_owed_by_age_in_each_currency(stage: Stage) -> None:
    book = books()
    book.invoice(1, 520.0, ago(200), on=ago(214), currency_id=ZWG)
    stage.show(real(book.snapshot()))
    said = [text.value.replace("\\", "") for text in stage.open(PAGE, customer="1").caption]
    day = f"{ago(0).day} {ago(0):%b %Y}"
    assert f"Open on {day}: **USD 120.00**, of it overdue USD 100.00 · Not due USD 40.00 · 1–30 days USD 100.00" in said
    assert f"Open on {day}: **ZWG 520.00**, of it overdue ZWG 520.00 · Over 120 days ZWG 520.00" in said


def contact_line(visit: AppTest) -> str:
    """Return the line of the record that says how to reach the customer."""
    return next(text.value for text in visit.markdown if "Open in Odoo" in text.value).replace("\\", "")


def test_a_customer_is_one_click_from_a_call_and_a_chat(provider: Stage) -> None:
    said = contact_line(provider.open(PAGE, customer="1"))
    assert "[:material/call: +263 77 111 1111](tel:+263771111111)" in said
    assert "[WhatsApp](https://wa.me/263771111111)" in said
    assert "[c1@example.com](mailto:c1@example.com) · Harare" in said
    said = [text.value.replace("\\", "") for text in provider.open(PAGE, customer="1").markdown]
    assert any(text.startswith("Last payment: USD 20.00 on ") for text in said)


@pytest.mark.parametrize("phone", ["0772](javascript:alert(1))", "call www.evil.example 0772123456", "](https://a.b)"])
def test_text_that_is_no_number_or_address_is_no_link(stage: Stage, phone: str) -> None:
    book = books()
    book.frames["customers"][0] |= {"phone": phone, "email": "a@b.example?bcc=c@d.example, x](tel:1)@e.example"}
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE, customer="1")
    said = next(text.value for text in visit.markdown if "Open in Odoo" in text.value)
    assert said.count("](") == said.count(f"]({NOWHERE}") + said.count("\\]("), said
    assert said.count("](tel:") == said.count("](https://wa.me") == said.count("](mailto:") == 0
    assert "@b" not in said, "an address that is not one makes no link by itself either"


def test_who_may_see_no_telephone_numbers_gets_no_chat(provider: Stage) -> None:
    # Books alone: such a role has neither numbers nor addresses in its figures.
    roles = {"finance": {"pages": ["arrears"], "actions": [], "personal": []}}
    provider.settings = provider.settings.model_validate({**provider.settings.model_dump(), "roles": roles})
    provider.backend = replace(provider.backend, settings=provider.settings)
    provider.doors.settings = provider.settings
    provider.sign_in(Person("fin@staff.example", "Fin", 11, frozenset({"finance"}), frozenset({1, 2})))
    visit = provider.open(PAGE, customer="1")
    assert not visit.exception
    assert "Tendai Moyo" in [text.value for text in visit.subheader]
    said = "\n".join(text.value for text in visit.markdown)
    assert "wa.me" not in said
    assert "tel:" not in said
    assert "mailto:" not in said


def test_an_older_odoo_gets_its_own_kind_of_link(stage: Stage) -> None:
    stage.show(real(books().snapshot(), odoo_version="14.0"))
    rows = table(stage.open(PAGE), "net_to_chase").set_index("customer")
    assert rows.loc["Tendai Moyo", "odoo"] == f"{NOWHERE}/web#id=1&model=res.partner&view_type=form"


def test_the_browser_gets_a_thousand_rows_at_a_time(stage: Stage) -> None:
    book = Ledger()
    for number in range(1, tables.ROWS_A_PAGE + 31):
        book.customer(number)
        book.invoice(number, float(number), date(2026, 1, 1), currency_id=USD)
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE)
    assert len(table(visit, "net_to_chase")) == tables.ROWS_A_PAGE
    assert visit.get_by_key("arrears_csv").label == f"CSV of {tables.ROWS_A_PAGE + 30:,} rows"
    visit.get_by_key("page").set_value(2).run()
    assert len(table(visit, "net_to_chase")) == 30


def test_an_odoo_without_dispute_marks_says_so(stage: Stage) -> None:
    book = books()
    book.lacks = {"receivable_lines": ("disputed",)}
    stage.show(real(book.snapshot()))
    visit = stage.open(PAGE)
    assert tiles(visit)["Disputed"] == ["not known"]
    assert "disputed" not in table(visit, "net_to_chase")
    assert any("no dispute mark" in text.value for text in visit.caption)
