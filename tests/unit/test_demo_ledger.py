"""The demo provider's books are consistent: entries balance, and residuals are amounts less what was matched."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.profiles import PROFILE_NAMES, profile
from odoo_client.demo.orm.rows import Row
from odoo_client.demo.provider.fill import fill
from tests.demo_worlds import TODAY, database, receivable_lines, rows

BOOKS = ("14-oca", "16-enterprise", "18-enterprise", "19-oca")


@pytest.fixture(params=BOOKS)
def db(request: pytest.FixtureRequest) -> Database:
    return database(str(request.param))


def _total(lines: list[Row], name: str) -> float:
    return math.fsum(line[name] for line in lines)


def test_every_entry_balances_in_company_currency_and_in_its_own(db: Database) -> None:
    lines_of: dict[int, list[Row]] = defaultdict(list)
    for line in db.tables["account.move.line"].values():
        lines_of[line["move_id"]].append(line)
        assert line["debit"] - line["credit"] == line["balance"]
        assert min(line["debit"], line["credit"]) == 0
    for lines in lines_of.values():
        assert abs(_total(lines, "balance")) < 0.001
        assert abs(_total(lines, "amount_currency")) < 0.001
        assert len({line["currency_id"] for line in lines}) == 1


def test_residuals_are_amounts_less_partials(db: Database) -> None:
    own, currency = defaultdict(float), defaultdict(float)
    for partial in db.tables["account.partial.reconcile"].values():
        assert partial["amount"] >= 0
        for side, sign in (("debit", -1), ("credit", 1)):
            own[partial[f"{side}_move_id"]] += sign * partial["amount"]
            currency[partial[f"{side}_move_id"]] += sign * partial[f"{side}_amount_currency"]
    for line in receivable_lines(db, posted=False):
        assert line["amount_residual"] == pytest.approx(line["balance"] + own[line["id"]], abs=0.001)
        assert line["amount_residual_currency"] == pytest.approx(
            line["amount_currency"] + currency[line["id"]], abs=0.001
        )
        closed = line["amount_residual"] == 0 and line["amount_residual_currency"] == 0
        assert line["reconciled"] == (closed or line["reconciled"])
        assert closed or not line["reconciled"]


def test_residuals_never_pass_zero_and_company_and_currency_close_together(db: Database) -> None:
    for line in receivable_lines(db):
        assert line["amount_residual_currency"] * line["amount_currency"] >= 0
        assert abs(line["amount_residual_currency"]) <= abs(line["amount_currency"]) + 0.001
        if line["currency_id"] == line["company_currency_id"]:
            assert line["amount_residual"] == pytest.approx(line["amount_residual_currency"], abs=0.001)
        if line["amount_residual_currency"] == 0:
            assert line["amount_residual"] == 0, "an exchange entry closes what the rate leaves over"


def test_partials_join_one_company_and_end_on_the_later_day(db: Database) -> None:
    lines = db.tables["account.move.line"]
    for partial in db.tables["account.partial.reconcile"].values():
        debit, credit = lines[partial["debit_move_id"]], lines[partial["credit_move_id"]]
        assert debit["company_id"] == credit["company_id"] == partial["company_id"]
        assert debit["account_id"] == credit["account_id"]
        assert partial["max_date"] == max(debit["date"], credit["date"])
        assert debit["balance"] >= 0
        assert credit["balance"] <= 0


def test_documents_carry_the_residual_of_their_lines(db: Database) -> None:
    lines_of: dict[int, list[Row]] = defaultdict(list)
    for line in receivable_lines(db, posted=False):
        lines_of[line["move_id"]].append(line)
    for move in db.tables["account.move"].values():
        if move["move_type"] == "entry":
            continue
        lines = lines_of[move["id"]]
        assert move["amount_total"] == pytest.approx(move["amount_untaxed"] + move["amount_tax"], abs=0.001)
        assert abs(_total(lines, "amount_currency")) == pytest.approx(move["amount_total"], abs=0.001)
        assert move["amount_residual"] == pytest.approx(abs(_total(lines, "amount_residual_currency")), abs=0.001)
        assert move["amount_residual_signed"] == pytest.approx(_total(lines, "amount_residual"), abs=0.001)
        if move["payment_state"] in ("paid", "reversed"):
            assert move["amount_residual"] == 0


def test_full_reconciliations_hold_exactly_the_groups_that_are_closed(db: Database) -> None:
    closed = Counter(line["full_reconcile_id"] for line in receivable_lines(db) if line["full_reconcile_id"])
    assert set(closed) == set(db.tables["account.full.reconcile"])
    assert min(closed.values()) >= 2
    assert all(line["reconciled"] for line in receivable_lines(db) if line["full_reconcile_id"])


def test_arrears_look_like_a_provider_s(db: Database) -> None:
    """About a fifth of the customers are overdue, and every ageing bucket has somebody in it."""
    buckets: dict[int, set[int | None]] = defaultdict(set)
    for line in receivable_lines(db):
        if line["amount_residual"] > 0:
            days = (TODAY - date.fromisoformat(line["date_maturity"] or line["date"])).days
            buckets[0 if days <= 0 else min(5, 1 + (days - 1) // 30)].add(line["partner_id"])
    overdue = set().union(*(who for bucket, who in buckets.items() if bucket))
    assert 0.15 < len(overdue) / 400 < 0.27
    assert set(buckets) == {0, 1, 2, 3, 4, 5}
    assert min(len(who) for who in buckets.values()) >= 5


def test_the_same_day_gives_the_same_tenant() -> None:
    again = Database(profile("19-oca"))
    fill(again, TODAY)
    assert again.tables == database("19-oca").tables


def test_a_clone_changes_alone() -> None:
    copy = database("19-oca").clone()
    assert copy.tables == database("19-oca").tables
    copy.write("res.partner", [60], {"ref": "changed"})
    copy.create("res.partner", {"name": "New"})
    assert copy.tables["res.partner"][60]["ref"] != database("19-oca").tables["res.partner"][60]["ref"]
    assert len(copy.tables["res.partner"]) == len(database("19-oca").tables["res.partner"]) + 1


def test_another_day_moves_the_data_along() -> None:
    later = Database(profile("19-oca"))
    fill(later, TODAY + timedelta(days=40))
    last = max(move["date"] for move in later.tables["account.move"].values())
    assert last == (TODAY + timedelta(days=39)).isoformat()


@pytest.mark.parametrize("name", PROFILE_NAMES)
def test_all_profiles_tell_one_story(name: str) -> None:
    """Versions differ in fields and in what is installed, not in customers or amounts."""
    mine, other = database(name), database("19-oca")
    names = [row["name"] for row in mine.tables["res.partner"].values()]
    assert names == [row["name"] for row in other.tables["res.partner"].values()]
    posted = rows(mine, "account.move", move_type="out_invoice", state="posted")
    assert len(posted) > 6_000
    months = {move["date"][:7] for move in posted}
    assert len(months) == 25
    assert max(row["write_date"] for row in posted)[:10] < TODAY.isoformat()
