"""What Odoo's own totals contradict: its sentence stands where the figure stood, and everything else stays."""

from __future__ import annotations

import io
from dataclasses import replace

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.store.snapshot import ControlTotal
from pages.ui import exports
from tests.app.conftest import ADMINISTRATOR, Stage, ago, alerts, books, real, table, tiles
from tests.app.test_freshness import aged, badge
from tests.builders import USD, ZWG, Ledger

SENTENCE = "ZWG of Afi Fibre is not shown: Odoo's own total differs from what was read."
WRONG = ControlTotal(1, 1, ZWG, odoo_count=10, odoo_residual=500.0, our_count=9, our_residual=450.0)


def show(stage: Stage, *totals: ControlTotal, book: Ledger | None = None) -> None:
    stage.show(real((book or books()).snapshot(), control_totals=totals or (WRONG,)))


def said(visit: AppTest) -> list[str]:
    """Return the texts of a page that stand in place of a figure."""
    texts = [text.value.replace("\\", "") for text in visit.markdown]
    return [text for text in texts if SENTENCE in text and text.startswith(":material/balance:")]


@pytest.mark.parametrize("page", ["overview.py", "arrears.py"])
def test_the_tile_says_the_sentence_and_the_other_currency_s_figure_stands(stage: Stage, page: str) -> None:
    show(stage)
    visit = stage.open(page)
    assert tiles(visit)["Overdue"] == ["USD 250.00"], "no ZWG, and no ZWG 0.00"
    assert len(said(visit)) >= 3, "in every figure"
    assert not any("2,600" in text.value for text in (*visit.markdown, *visit.caption))
    assert {one.label for one in visit.metric if "2,600" in one.value} <= {"Recurring revenue"}, "no debt"
    assert badge(visit) == "Not complete"
    told = alerts(visit).replace("\\", "")
    assert "What is owed in ZWG does not tie to the ledger" in told
    assert "Odoo counts 10 receivable lines with ZWG 500.00 open, this copy 9 with ZWG 450.00." in told


def test_without_a_contradiction_the_figure_is_back(stage: Stage) -> None:
    show(stage, replace(WRONG, moving=True))
    visit = stage.open("arrears.py")
    assert tiles(visit)["Overdue"] == ["USD 250.00", "ZWG 2,600.00"]
    assert not said(visit)
    assert badge(visit) == "Up to date"


def test_another_company_s_figures_are_not_touched(stage: Stage) -> None:
    book = books()
    book.invoice(4, 900.0, ago(10), on=ago(24), company_id=2, currency_id=ZWG)
    show(stage, book=book)
    visit = stage.open("arrears.py", company="Afi Wireless")
    assert tiles(visit)["Overdue"] == ["USD 70.00", "ZWG 900.00"]
    assert not said(visit)
    assert badge(visit) == "Up to date"
    both = stage.open("arrears.py")
    assert tiles(both)["Overdue"] == ["USD 250.00", "ZWG 900.00"]
    assert said(both), "the sentence tells that this is not all"


def test_a_page_that_draws_on_no_receivables_says_nothing_of_it(stage: Stage) -> None:
    show(stage)
    visit = stage.open("services.py")
    assert badge(visit) == "Up to date"
    assert "does not tie" not in alerts(visit)


def test_arrears_in_the_contradicted_currency_alone_are_not_called_empty_only(stage: Stage) -> None:
    book = Ledger()
    book.customer(1)
    book.invoice(1, 100.0, ago(20), on=ago(34), currency_id=ZWG)
    show(stage, book=book)
    assert said(stage.open("arrears.py"))
    visit = stage.open("overview.py")
    assert said(visit)
    assert "Nothing is open" not in alerts(visit)


def test_the_page_of_a_customer_says_it_in_place_of_the_balance(stage: Stage) -> None:
    show(stage)
    visit = stage.open("customers.py", customer="5", section="Arrears")
    assert "Balance" not in tiles(visit)
    assert said(visit)
    assert not any("Nothing overdue" in text.value for text in visit.markdown)
    assert "owes nothing" not in alerts(visit)
    other = stage.open("customers.py", customer="1")
    assert tiles(other)["Balance"] == ["USD 120.00"]
    assert not said(other)


def test_a_statement_on_the_page_says_it_too(stage: Stage) -> None:
    show(stage)
    visit = stage.open("customers.py", customer="5", section="Statement")
    assert "Your balance in ZWG is not shown" in alerts(visit)
    assert "nothing is open" not in alerts(visit)


def test_a_list_of_customers_has_no_blank_there(stage: Stage) -> None:
    show(stage)
    shown = table(stage.open("customers.py"), "balance").set_index("reference")["balance"]
    assert (shown["AF5"], shown["AF1"], shown["AF6"]) == ("ZWG not shown", "USD 120.00", "")


def test_a_customer_on_arrears_does_not_owe_nothing(stage: Stage) -> None:
    show(stage)
    visit = stage.open("arrears.py", customer="5")
    assert any("ZWG not shown" in text.value for text in visit.markdown)
    assert "Nothing was open" not in alerts(visit)
    assert "Nothing was open" in alerts(stage.open("arrears.py", customer="6"))


def test_who_may_not_see_the_company_is_not_told_of_it(stage: Stage) -> None:
    stage.sign_in(replace(ADMINISTRATOR, company_ids=frozenset({2})))
    show(stage)
    visit = stage.open("arrears.py")
    assert tiles(visit)["Overdue"] == ["USD 70.00"]
    assert badge(visit) == "Up to date"
    assert "does not tie" not in alerts(visit)


def test_billing_compares_nothing_with_what_is_not_known(stage: Stage) -> None:
    show(stage)
    visit = stage.open("billing.py", bill_view="months")
    assert not visit.exception
    assert tiles(visit)["Days sales outstanding"][1] == "ZWG –", "and not ZWG 0 days"
    assert said(visit)


@pytest.mark.parametrize("page", ["billing.py", "contacts.py", "payments.py", "tickets.py"])
def test_every_other_page_stands(stage: Stage, page: str) -> None:
    show(stage)
    assert not stage.open(page).exception


def test_an_export_carries_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, bytes] = {}
    monkeypatch.setattr(exports.st, "download_button", lambda _label, data, **more: made.update({more["key"]: data()}))
    show(stage)
    visit = stage.open("arrears.py")
    cover = openpyxl.load_workbook(io.BytesIO(made["arrears_xlsx"]))["About"]
    facts = {str(name): str(value) for name, value in cover.iter_rows(min_row=3, max_col=2, values_only=True)}
    assert facts["Trust"].startswith(f"Contradicted. {SENTENCE}")
    assert set(table(visit, "net_to_chase").get("currency", ["USD"])) == {"USD"}
    assert "ZWG" not in made["arrears_csv"].decode("utf-8-sig")
    assert any(SENTENCE in text.value.replace("\\", "") for text in visit.caption), "a CSV has no cover"


def test_figures_are_called_ageing_before_they_are_stale(stage: Stage) -> None:
    stage.show(aged(books().snapshot(), stage.settings.stale_s * 0.8))
    assert badge(stage.open("arrears.py")) == "Ageing"


def test_dollars_that_do_not_tie_leave_the_other_company_s_dollars(stage: Stage) -> None:
    show(stage, replace(WRONG, currency_id=USD))
    assert tiles(stage.open("arrears.py"))["Overdue"] == ["USD 70.00", "ZWG 2,600.00"]
