"""How far a figure can be trusted: its levels, and that one account that does not tie blanks nothing beside it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest

from odoo_client.customer.as_json import as_json
from odoo_client.customer.dashboard import dashboard
from odoo_client.documents.statement.pdf import statement_pdf
from odoo_client.documents.statement.text import statement_text
from odoo_client.documents.statement.words import Made
from odoo_client.documents.statement.xlsx import statement_xlsx
from odoo_client.metrics.collections import unallocated_money
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.money_in import money_in
from odoo_client.metrics.statement import Statement, StatementIndex, statement
from odoo_client.store.snapshot import OF_THE_FUTURE, ControlTotal, Snapshot
from odoo_client.store.trust import LEVELS, contradictions, trust
from odoo_client.sync.control_totals import reread_mismatch
from pages.ui.trusted import differences
from tests.builders import USD, Ledger
from tests.unit.test_statement_documents import text_of

KWD = 3
STALE_S = 300.0
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
LEDGER = ("receivable_lines", "partials")
LIMIT = "The account sees only its own tickets."


def total(
    company_id: int, currency_id: int, ours: float = 9.0, *, moving: bool = False, account_id: int = 1
) -> ControlTotal:
    """Return a total that is 10 in Odoo."""
    return ControlTotal(company_id, account_id, currency_id, 2, 10.0, 2, ours, moving=moving)


def books() -> Ledger:
    """Return books in which customer 1 owes both companies in both currencies, and customer 2 nothing in KWD."""
    book = Ledger()
    book.currency(KWD, "KWD", 3)
    book.customer(1, "Tendai Moyo", ref="AF1")
    book.customer(2, "Rudo Ncube", ref="AF2")
    for number, (company_id, currency_id) in enumerate(((1, USD), (1, KWD), (2, USD), (2, KWD)), start=1):
        more = {"company_id": company_id, "currency_id": currency_id}
        book.invoice(1, 100.0 * number, date(2026, 11, 1), on=date(2026, 10, 1), **more)
    book.invoice(2, 50.0, date(2026, 11, 1), on=date(2026, 10, 1))
    book.payment(1, 5.0, date(2026, 11, 2), currency_id=KWD)
    book.payment(1, 7.0, date(2026, 11, 2))
    return book


def snapshot(*totals: ControlTotal, book: Ledger | None = None, age_s: float = 5.0, **meta: object) -> Snapshot:
    """Return a snapshot of the books, read so long before `NOW`, with these totals beside it."""
    made = (book or books()).snapshot()
    read_at = NOW - timedelta(seconds=age_s)
    info = {name: replace(one, read_at=read_at) for name, one in made.info.items()}
    frames = {name: made.frame(name) for name in made}
    return Snapshot.from_frames(frames, info=info, taken_at=read_at, control_totals=totals, **meta)


def level(found: Snapshot, *, company_ids: set[int] | None = None, currency_id: int | None = None) -> str:
    return trust(found, LEDGER, stale_s=STALE_S, company_ids=company_ids, currency_id=currency_id, now=NOW).level


# Levels


def test_the_worst_of_what_is_known_is_the_level() -> None:
    assert LEVELS == ("fresh", "ageing", "stale", "partial", "contradicted")
    denied = snapshot(age_s=900)
    info = dict(denied.info) | {"partials": replace(denied.info["partials"], state="denied", message="No right.")}
    denied = replace(denied, info=info)
    assert level(denied) == "partial"
    assert trust(denied, LEDGER, stale_s=STALE_S, now=NOW).age == "stale"
    assert level(replace(denied, meta=replace(denied.meta, control_totals=(total(1, KWD),)))) == "contradicted"


@pytest.mark.parametrize(
    ("age_s", "said"), [(0, "fresh"), (199, "fresh"), (201, "ageing"), (300, "ageing"), (301, "stale"), (9e5, "stale")]
)
def test_a_figure_ages_before_it_is_stale(age_s: float, said: str) -> None:
    found = trust(snapshot(age_s=age_s), LEDGER, stale_s=STALE_S, now=NOW)
    assert (found.level, found.age) == (said, said)
    assert bool(found.sentences) == (said == "stale")


def test_what_a_wrong_clock_dated_is_no_better_than_stale() -> None:
    found = trust(snapshot(age_s=-86_400), LEDGER, stale_s=STALE_S, now=NOW)
    assert (found.level, found.sentences) == ("stale", (OF_THE_FUTURE,))


def test_only_the_datasets_asked_for_count() -> None:
    found = snapshot(total(1, KWD))
    found = replace(found, info=dict(found.info) | {"tickets": replace(found.info["tickets"], warnings=(LIMIT,))})
    assert trust(found, ("services",), stale_s=STALE_S, now=NOW).level == "fresh"
    assert trust(found, ("tickets",), stale_s=STALE_S, now=NOW).sentences == (LIMIT,)
    assert level(found) == "contradicted"


# Contradicted: by company and currency, after three readings


def test_one_account_in_dinars_says_nothing_of_dollars_nor_of_another_company() -> None:
    found = snapshot(total(1, KWD), total(1, KWD, 10.0, account_id=2), total(1, USD, 10.0), total(2, KWD, 10.0))
    assert [(one.company_id, one.currency_id) for one in contradictions(found)] == [(1, KWD)]
    assert level(found, company_ids={1}, currency_id=KWD) == "contradicted"
    assert level(found, company_ids={1}, currency_id=USD) == "fresh"
    assert level(found, company_ids={2}) == "fresh"
    (sentence,) = trust(found, LEDGER, stale_s=STALE_S, now=NOW).sentences
    assert sentence.startswith("KWD of Afi Fibre is not shown: Odoo's own total differs from what was read.")


def test_a_figure_that_moves_proves_nothing() -> None:
    assert level(snapshot(total(1, KWD, moving=True))) == "fresh"


def test_only_what_differs_after_three_readings_is_contradicted() -> None:
    answers = [9.0, 9.0, 10.0]
    read: list[int] = []
    settled = reread_mismatch(lambda: (total(1, KWD, answers[len(read)]),), lambda: read.append(1))
    assert level(snapshot(*settled)) == "fresh"
    read.clear()
    stood = reread_mismatch(lambda: (total(1, KWD),), lambda: read.append(1))
    assert len(read) == 3
    assert level(snapshot(*stood)) == "contradicted"


def test_the_sentence_says_whether_a_full_reading_is_to_come_or_did_not_help() -> None:
    before, after = snapshot(total(1, KWD)), snapshot(total(1, KWD), read_whole_for=((1, KWD),), read_whole_at=NOW)
    assert "being read again" in contradictions(before)[0].sentence
    assert "did not settle it" in contradictions(after)[0].sentence


def test_both_figures_are_told_to_those_who_read_the_ledger() -> None:
    wrong = total(1, KWD, -9.0)
    assert differences(snapshot(wrong), {2}) == []
    assert differences(snapshot(wrong, total(1, USD, 10.0))) == [
        "Odoo counts 2 receivable lines with KWD 10.000 open, this copy 2 with −KWD 9.000."
    ]
    nothing = replace(wrong, odoo_residual=float("nan"))
    assert "with no amount open" in differences(snapshot(nothing))[0]


# What is contradicted is not shown as money


def test_its_lines_are_in_no_figure_of_debt_and_the_others_are_as_before() -> None:
    whole, part = (LedgerIndex.build(one) for one in (snapshot(), snapshot(total(1, KWD))))
    every, shown = open_lines(whole, TODAY), open_lines(part, TODAY)
    hidden = (every["company_id"] == 1) & (every["currency_id"] == KWD)
    assert hidden.sum() == 2
    assert shown["line_id"].tolist() == every.loc[~hidden, "line_id"].tolist()
    assert shown["residual"].tolist() == every.loc[~hidden, "residual"].tolist()
    assert part.withheld["line_id"].tolist() == every.loc[hidden, "line_id"].tolist()


def test_money_matched_with_nothing_is_not_told_there_either() -> None:
    left = {
        len(totals): unallocated_money(found, money_in(found))["currency_id"].tolist()
        for totals in ((), (total(1, KWD),))
        for found in (snapshot(*totals),)
    }
    assert left == {0: [KWD, USD], 1: [USD]}


def made(found: Snapshot, partner_id: int = 1, company_ids: tuple[int, ...] | None = None) -> Statement:
    index = StatementIndex.build(LedgerIndex.build(found))
    return statement(index, partner_id, None, TODAY, company_ids=company_ids)


def test_a_statement_prints_the_sentence_in_place_of_that_balance() -> None:
    found = made(snapshot(total(1, KWD)))
    assert [(one.company.party_id, one.code) for one in found.accounts] == [(1, "USD"), (2, "USD"), (2, "KWD")]
    assert [one.closing for one in found.accounts] == [93.0, 300.0, 400.0]
    said = "Your balance in KWD is not shown: our books in KWD are being checked."
    papers = Made(NOW, NOW, "Africa/Harare")
    cells = statement_xlsx(found, papers)
    for text in (text_of(statement_pdf(found, papers)), statement_text(found, papers), _cells(cells)):
        flat = " ".join(text.split())
        assert said in flat
        assert "KWD 200" not in flat
        assert "To pay: KWD 400.000" in flat
        assert "Odoo" not in flat, "what differs is ours to settle"


def _cells(data: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)


def test_a_statement_with_nothing_else_is_not_called_empty() -> None:
    book = books()
    for line in book.frames["receivable_lines"]:
        line["currency_id"] = KWD
    found = made(snapshot(total(1, KWD), book=book), company_ids=(1,))
    assert not found.accounts
    papers = Made(NOW, NOW, "Africa/Harare")
    for text in (
        text_of(statement_pdf(found, papers)),
        statement_text(found, papers),
        _cells(statement_xlsx(found, papers)),
    ):
        assert "Your balance in KWD is not shown" in " ".join(text.split())
        assert "nothing is open" not in text


def test_a_customer_without_such_lines_has_the_statement_as_ever() -> None:
    assert made(snapshot(total(1, KWD)), 2).withheld == ()
    assert made(snapshot(total(1, KWD)), 1, (2,)).withheld == ()


def test_the_json_of_a_customer_carries_it() -> None:
    found = as_json(dashboard(snapshot(total(1, KWD)), 1, now=NOW))
    assert found["trust"]["level"] == "contradicted"
    assert found["trust"]["sentences"] == [found["trust"]["contradicted"][0]["sentence"]]
    assert found["trust"]["contradicted"][0] | {"sentence": ""} == {
        "company_id": 1,
        "company": "Afi Fibre",
        "currency_id": KWD,
        "currency": "KWD",
        "sentence": "",
    }
    balances = {one["currency"]: one["balance"]["amount"] for one in found["balances"]}
    assert balances == {"USD": "393.00", "KWD": "400.000"}, "that of the other company"
    residuals = {(one["company"], one["amount"]["currency"]): one["residual"] for one in found["invoices"]}
    assert residuals["Afi Fibre", "KWD"] is None
    assert residuals["Afi Fibre", "USD"] == {"amount": "100.00", "currency": "USD"}
    payments = {one["amount"]["currency"]: one["unallocated"] for one in found["payments"]}
    assert payments == {"KWD": None, "USD": {"amount": "7.00", "currency": "USD"}}
    assert [one["number"] for one in found["entries"]] == []


def test_a_customer_of_another_currency_is_not_told_of_it() -> None:
    found = as_json(dashboard(snapshot(total(1, KWD)), 2, now=NOW))
    assert found["trust"] == {"level": "fresh", "age": "fresh", "sentences": [], "contradicted": []}


def test_a_currency_without_a_balance_is_no_zero() -> None:
    found = as_json(dashboard(snapshot(total(1, KWD)), 1, company_ids={1}, now=NOW))
    assert [one["currency"] for one in found["balances"]] == ["USD"]
