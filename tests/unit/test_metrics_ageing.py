"""Arrears: what is owed, since when, by whom, in which currency."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from odoo_client.metrics.ageing import (
    LineFilter,
    ageing_by_customer,
    ageing_totals,
    bucket_amounts,
    filter_lines,
    overdue_history,
)
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.policy import AgeingPolicy
from odoo_client.metrics.proof_queue import payments_under_review
from tests.builders import USD, ZWG, Ledger, snapshot

D = date(2026, 11, 22)
MARY, BRIAN = 10, 11


@pytest.fixture
def books() -> Ledger:
    """Books with two customers and nothing owed."""
    ledger = Ledger()
    ledger.customer(MARY, "Mary Moyo", city="Harare")
    ledger.customer(BRIAN, "Brian Ncube", city="Mutare")
    return ledger


def lines_of(ledger: Ledger, as_of: date = D, policy: AgeingPolicy | None = None) -> pd.DataFrame:
    return open_lines(LedgerIndex.build(ledger.snapshot()), as_of, policy)


def ageing_of(ledger: Ledger, as_of: date = D, policy: AgeingPolicy | None = None) -> pd.DataFrame:
    return ageing_by_customer(lines_of(ledger, as_of, policy), policy)


def chased(ledger: Ledger, as_of: date = D) -> pd.DataFrame:
    """The ageing with the payments under review of that day, by customer and currency."""
    drafts = payments_under_review(ledger.snapshot(), as_of, "Africa/Harare")
    return ageing_by_customer(lines_of(ledger, as_of), drafts=drafts)


def only(frame: pd.DataFrame) -> pd.Series:
    assert len(frame) == 1
    return frame.iloc[0]


@pytest.mark.parametrize(
    ("days_overdue", "bucket"),
    [
        (-1, "not_due"),
        (0, "not_due"),
        (1, "1_30"),
        (30, "1_30"),
        (31, "31_60"),
        (60, "31_60"),
        (61, "61_90"),
        (90, "61_90"),
        (91, "91_120"),
        (120, "91_120"),
        (121, "over_120"),
        (4000, "over_120"),
    ],
)
def test_a_line_stands_in_the_bucket_of_its_days_and_due_today_is_not_overdue(
    books: Ledger, days_overdue: int, bucket: str
) -> None:
    books.invoice(MARY, 115.0, D - timedelta(days=days_overdue), on=D - timedelta(days=5000))
    line = only(lines_of(books))
    assert (line["days_overdue"], line["bucket"]) == (days_overdue, bucket)
    row = only(ageing_of(books))
    assert row[bucket] == 115.0
    assert row["overdue"] == (115.0 if days_overdue > 0 else 0.0)
    assert row["oldest_days"] == max(days_overdue, 0)


def test_bucket_limits_can_be_chosen(books: Ledger) -> None:
    policy = AgeingPolicy(bounds_days=(7, 14))
    books.invoice(MARY, 1.0, D - timedelta(days=7))
    books.invoice(MARY, 2.0, D - timedelta(days=8))
    books.invoice(MARY, 4.0, D - timedelta(days=15))
    row = only(ageing_of(books, policy=policy))
    assert policy.bucket_keys == ("not_due", "1_7", "8_14", "over_14")
    assert [row[key] for key in policy.bucket_keys] == [0.0, 1.0, 2.0, 4.0]
    assert policy.label("8_14") == "8–14 days"


@pytest.mark.parametrize("bounds", [(), (0, 30), (30, 30), (60, 30)])
def test_bucket_limits_that_make_no_buckets_are_refused(bounds: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="ascending"):
        AgeingPolicy(bounds_days=bounds)


def test_by_invoice_date_the_buckets_change_and_what_is_overdue_does_not(books: Ledger) -> None:
    books.invoice(MARY, 50.0, due=D + timedelta(days=10), on=D - timedelta(days=45))
    policy = AgeingPolicy(basis="invoice_date")
    row = only(ageing_of(books, policy=policy))
    assert (row["31_60"], row["not_due"], row["overdue"]) == (50.0, 0.0, 0.0)
    assert policy.label("not_due") == "Issued today"


def test_a_line_without_due_date_is_due_on_its_entry_date(books: Ledger) -> None:
    books.entry(MARY, 20.0, on=D - timedelta(days=40), due=None)
    line = only(lines_of(books))
    assert line["due_date"] == pd.Timestamp(D - timedelta(days=40))
    assert line["bucket"] == "31_60"


def test_a_line_without_partner_is_the_row_no_customer(books: Ledger) -> None:
    books.entry(0, 75.0, on=D - timedelta(days=3))
    row = only(ageing_of(books))
    assert (row["commercial_partner_id"], row["customer"], row["overdue"]) == (0, "No customer", 75.0)


def test_a_partner_that_cannot_be_read_keeps_its_debt_under_a_name_people_can_read(books: Ledger) -> None:
    books.invoice(999, 75.0, D - timedelta(days=3))
    row = only(ageing_of(books))
    assert (row["customer"], row["city"], row["overdue"]) == ("Unnamed customer", "", 75.0)


def test_pitfall_1_two_currencies_of_one_customer_are_two_balances(books: Ledger) -> None:
    books.invoice(MARY, 100.0, D - timedelta(days=5))
    books.invoice(MARY, 2600.0, D - timedelta(days=5), currency_id=ZWG)
    table = ageing_of(books)
    assert table[["commercial_partner_id", "currency_id", "overdue"]].to_numpy().tolist() == [
        [MARY, USD, 100.0],
        [MARY, ZWG, 2600.0],
    ]
    totals = ageing_totals(table)
    assert totals[["currency_id", "overdue", "customers"]].to_numpy().tolist() == [[USD, 100.0, 1], [ZWG, 2600.0, 1]]


def test_pitfall_1_a_total_over_two_currencies_cannot_be_asked_for(books: Ledger) -> None:
    books.invoice(MARY, 100.0, D)
    with pytest.raises(ValueError, match="one currency"):
        ageing_totals(ageing_of(books), by=("company_id",))


def test_pitfall_3_the_residual_in_the_lines_own_currency_is_the_debt(books: Ledger) -> None:
    """An exchange difference moves the company's residual; the customer owes what the invoice says."""
    line = books.invoice(MARY, 2600.0, D - timedelta(days=5), currency_id=ZWG, residual_company=96.3)
    assert only(ageing_of(books))["overdue"] == 2600.0
    books.line(line).update(residual=0.0, residual_company=0.02, reconciled=False)
    assert ageing_of(books).empty


def test_pitfall_3_less_than_half_the_rounding_is_nothing(books: Ledger) -> None:
    line = books.invoice(MARY, 100.0, D - timedelta(days=5))
    books.line(line)["residual"] = 0.004
    assert ageing_of(books).empty
    books.line(line)["residual"] = 0.01
    assert only(ageing_of(books))["overdue"] == 0.01


def test_pitfall_4_a_payment_in_another_currency_counts_by_the_side_of_each_line(books: Ledger) -> None:
    invoice = books.invoice(MARY, 100.0, D - timedelta(days=40))
    receipt = books.payment(MARY, 2600.0, D - timedelta(days=2), currency_id=ZWG)
    books.reconcile(invoice, receipt, 60.0, on=D - timedelta(days=2), credit_amount=1560.0)
    today = ageing_of(books).set_index("currency_id")
    assert (today.loc[USD, "overdue"], today.loc[ZWG, "unallocated"]) == (40.0, 1040.0)
    before = only(ageing_of(books, D - timedelta(days=3)))
    assert (before["currency_id"], before["overdue"]) == (USD, 100.0)


def test_pitfall_5_payments_and_credit_notes_matched_to_nothing_are_in_no_bucket(books: Ledger) -> None:
    books.invoice(MARY, 100.0, D - timedelta(days=10))
    books.invoice(MARY, 30.0, D + timedelta(days=10), on=D)
    books.payment(MARY, 25.0, D - timedelta(days=200))
    books.invoice(MARY, -15.0, D - timedelta(days=1))
    row = only(ageing_of(books))
    assert (row["not_due"], row["1_30"], row["over_120"], row["unallocated"]) == (30.0, 100.0, 0.0, 40.0)
    assert sum(row[key] for key in AgeingPolicy().bucket_keys) - row["unallocated"] == row["balance"] == 90.0
    assert set(lines_of(books)["bucket"]) == {"not_due", "1_30", "unallocated"}


def test_pitfall_6_an_invoice_in_payment_is_owed_and_is_not_chased(books: Ledger) -> None:
    books.invoice(MARY, 100.0, D - timedelta(days=10), payment_state="in_payment")
    books.invoice(MARY, 40.0, D - timedelta(days=10))
    row = only(ageing_of(books))
    assert (row["overdue"], row["in_payment"], row["net_to_chase"]) == (140.0, 100.0, 40.0)


def test_pitfall_6_on_a_past_day_in_payment_waits_for_the_payment_linked_to_it(books: Ledger) -> None:
    invoice = books.invoice(MARY, 100.0, D - timedelta(days=30), payment_state="in_payment")
    books.frames["payments"].append(
        {"payment_id": 7, "direction": "inbound", "state": "posted", "date": D - timedelta(days=4), "amount": 100.0}
    )
    books.frames["payment_invoices"].append({"payment_id": 7, "move_id": books.move_of(invoice)})
    assert only(ageing_of(books, D - timedelta(days=4)))["in_payment"] == 100.0
    before = only(ageing_of(books, D - timedelta(days=5)))
    assert (before["overdue"], before["in_payment"], before["net_to_chase"]) == (100.0, 0.0, 100.0)


def test_pitfall_6_of_several_payments_linked_to_an_invoice_the_first_counts(books: Ledger) -> None:
    invoice = books.invoice(MARY, 100.0, D - timedelta(days=30), payment_state="in_payment")
    for payment_id, ago in ((7, 1), (8, 9), (9, 4)):
        on = D - timedelta(days=ago)
        books.frames["payments"].append({"payment_id": payment_id, "state": "posted", "date": on, "amount": 50.0})
        books.frames["payment_invoices"].append({"payment_id": payment_id, "move_id": books.move_of(invoice)})
    assert only(ageing_of(books, D - timedelta(days=9)))["in_payment"] == 100.0
    assert only(ageing_of(books, D - timedelta(days=10)))["in_payment"] == 0.0


def test_pitfall_6_an_earlier_payment_that_is_in_the_ledger_does_not_count_as_being_on_its_way(books: Ledger) -> None:
    invoice = books.invoice(MARY, 100.0, D - timedelta(days=30), payment_state="in_payment")
    deposit = books.payment(MARY, 40.0, D - timedelta(days=20))
    books.reconcile(invoice, deposit, 40.0, on=D - timedelta(days=20))
    books.frames["payments"].append(
        {"payment_id": 9000, "state": "posted", "date": D - timedelta(days=4), "amount": 60.0}
    )
    for payment_id in (books.line(deposit)["payment_id"], 9000):
        books.frames["payment_invoices"].append({"payment_id": payment_id, "move_id": books.move_of(invoice)})
    assert only(ageing_of(books, D - timedelta(days=4)))["in_payment"] == 60.0
    assert only(ageing_of(books, D - timedelta(days=5)))["in_payment"] == 0.0


def test_pitfall_6_an_invoice_paid_in_the_ledger_since_was_not_in_payment_then(books: Ledger) -> None:
    """Up to 17 an invoice in payment has no residual left; on the days before it was simply open."""
    invoice = books.invoice(MARY, 100.0, D - timedelta(days=30), payment_state="in_payment")
    books.reconcile(invoice, books.payment(MARY, 100.0, D), 100.0, on=D)
    before = only(ageing_of(books, D - timedelta(days=1)))
    assert (before["in_payment"], before["net_to_chase"]) == (0.0, 100.0)
    assert ageing_of(books).empty


def test_pitfall_7_the_remainder_of_a_partial_payment_keeps_its_due_date(books: Ledger) -> None:
    invoice = books.invoice(MARY, 100.0, D - timedelta(days=70))
    books.reconcile(invoice, books.payment(MARY, 99.5, D), 99.5, on=D)
    assert only(ageing_of(books))["61_90"] == 0.5


def test_pitfall_7_each_instalment_is_aged_by_its_own_date(books: Ledger) -> None:
    first = books.invoice(MARY, 40.0, D - timedelta(days=35), on=D - timedelta(days=65))
    move = books.move_of(first)
    books.invoice(MARY, 60.0, D - timedelta(days=5), on=D - timedelta(days=65), move_id=move)
    books.invoice(MARY, 80.0, D + timedelta(days=25), on=D - timedelta(days=65), move_id=move)
    row = only(ageing_of(books))
    assert (row["31_60"], row["1_30"], row["not_due"], row["open_lines"]) == (40.0, 60.0, 80.0, 3)


def test_pitfall_8_a_past_day_shows_what_was_open_then(books: Ledger) -> None:
    paid_since = books.invoice(MARY, 100.0, D - timedelta(days=60))
    books.reconcile(paid_since, books.payment(MARY, 100.0, D - timedelta(days=10)), 100.0, on=D - timedelta(days=10))
    later = books.invoice(MARY, 75.0, D + timedelta(days=30), on=D - timedelta(days=1))
    books.reconcile(later, books.payment(MARY, 5.0, D), 5.0, on=D)
    then = only(ageing_of(books, D - timedelta(days=11)))
    assert (then["31_60"], then["balance"], then["unallocated"], then["oldest_days"]) == (100.0, 100.0, 0.0, 49)
    assert ageing_of(books, D - timedelta(days=10)).empty
    assert only(ageing_of(books))["not_due"] == 70.0


def test_pitfall_8_a_payment_matched_later_was_unallocated_in_between(books: Ledger) -> None:
    invoice = books.invoice(MARY, 100.0, D - timedelta(days=60))
    payment = books.payment(MARY, 100.0, D - timedelta(days=20))
    books.reconcile(invoice, payment, 100.0, on=D - timedelta(days=20))
    books.frames["partials"][0]["max_date"] = D - timedelta(days=2)
    between = only(ageing_of(books, D - timedelta(days=5)))
    assert (between["overdue"], between["unallocated"], between["balance"]) == (100.0, 100.0, 0.0)
    assert between["net_to_chase"] == 0.0


def test_a_line_matched_with_one_that_this_account_cannot_see_still_counts_back(books: Ledger) -> None:
    invoice = books.invoice(MARY, 100.0, D - timedelta(days=60))
    books.line(invoice)["residual"] = 0.0
    books.frames["partials"].append(
        {"partial_id": 1, "debit_line_id": invoice, "credit_line_id": 424242, "debit_amount": 100.0, "max_date": D}
    )
    assert only(ageing_of(books, D - timedelta(days=1)))["overdue"] == 100.0


def test_pitfall_9_disputed_lines_are_owed_and_not_chased(books: Ledger) -> None:
    books.invoice(MARY, 100.0, D - timedelta(days=10), disputed=True)
    books.invoice(MARY, 33.0, D + timedelta(days=10), on=D, disputed=True)
    books.invoice(MARY, 40.0, D - timedelta(days=10))
    row = only(ageing_of(books))
    assert (row["overdue"], row["disputed"], row["disputed_overdue"]) == (140.0, 133.0, 100.0)
    assert row["net_to_chase"] == 40.0


def test_pitfall_9_an_odoo_without_the_mark_says_so_instead_of_zero(books: Ledger) -> None:
    books.lacks["receivable_lines"] = ("disputed",)
    books.invoice(MARY, 100.0, D - timedelta(days=10))
    row = only(ageing_of(books))
    assert np.isnan(row["disputed"])
    assert np.isnan(only(ageing_totals(ageing_of(books)))["disputed"])
    assert row["net_to_chase"] == 100.0
    assert LedgerIndex.build(books.snapshot()).dispute_known is False


def test_pitfall_9_a_mark_on_a_credit_disputes_no_debt(books: Ledger) -> None:
    books.invoice(MARY, -30.0, D - timedelta(days=10), disputed=True)
    assert only(lines_of(books))["disputed"] == 0.0
    assert only(ageing_of(books))["disputed"] == 0.0


def test_pitfall_12_contacts_count_for_the_company_above_them(books: Ledger) -> None:
    books.customer(12, "Billing desk", commercial_partner_id=MARY, parent_id=MARY)
    books.invoice(MARY, 10.0, D - timedelta(days=1))
    books.invoice(12, 5.0, D - timedelta(days=1), commercial_partner_id=MARY, contact_id=12)
    row = only(ageing_of(books))
    assert (row["customer"], row["overdue"], row["open_lines"]) == ("Mary Moyo", 15.0, 2)


def test_companies_stand_apart(books: Ledger) -> None:
    books.invoice(MARY, 10.0, D - timedelta(days=1))
    books.invoice(MARY, 5.0, D - timedelta(days=1), company_id=2)
    table = ageing_of(books)
    assert table[["company_id", "overdue"]].to_numpy().tolist() == [[1, 10.0], [2, 5.0]]
    assert only(ageing_totals(table))["customers"] == 1


class TestNetToChase:
    """Nothing is subtracted twice, and never more than there is."""

    def test_a_line_that_is_disputed_and_in_payment_is_taken_out_once(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10), disputed=True, payment_state="in_payment")
        books.invoice(MARY, 40.0, D - timedelta(days=10))
        row = only(ageing_of(books))
        assert (row["disputed_overdue"], row["in_payment_overdue"], row["in_payment"]) == (100.0, 0.0, 100.0)
        assert row["net_to_chase"] == 40.0

    def test_what_is_not_due_yet_takes_nothing_from_what_is_overdue(self, books: Ledger) -> None:
        books.invoice(MARY, 500.0, D + timedelta(days=10), on=D, disputed=True)
        books.invoice(MARY, 300.0, D + timedelta(days=10), on=D, payment_state="in_payment")
        books.invoice(MARY, 40.0, D - timedelta(days=10))
        assert only(ageing_of(books))["net_to_chase"] == 40.0

    def test_unallocated_credit_is_taken_from_the_rest_and_never_below_nothing(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.payment(MARY, 30.0, D)
        assert only(ageing_of(books))["net_to_chase"] == 70.0
        books.payment(MARY, 90.0, D)
        assert only(ageing_of(books))["net_to_chase"] == 0.0

    def test_the_credit_note_of_a_disputed_invoice_pays_that_invoice_first(self, books: Ledger) -> None:
        disputed = books.invoice(MARY, 100.0, D - timedelta(days=10), disputed=True)
        books.invoice(MARY, 40.0, D - timedelta(days=10))
        books.invoice(MARY, -100.0, D, reverses=disputed)
        row = only(ageing_of(books))
        assert (row["overdue"], row["unallocated"], row["net_to_chase"]) == (140.0, 100.0, 40.0)

    def test_what_its_credit_note_has_beyond_the_invoice_pays_others(self, books: Ledger) -> None:
        disputed = books.invoice(MARY, 100.0, D - timedelta(days=10), disputed=True)
        books.invoice(MARY, 40.0, D - timedelta(days=10))
        books.invoice(MARY, -110.0, D, reverses=disputed)
        assert only(ageing_of(books))["net_to_chase"] == 30.0

    def test_a_payment_named_for_an_invoice_in_payment_is_not_counted_against_others(self, books: Ledger) -> None:
        invoice = books.invoice(MARY, 100.0, D - timedelta(days=10), payment_state="in_payment")
        books.invoice(MARY, 40.0, D - timedelta(days=10))
        payment = books.payment(MARY, 100.0, D)
        link = {"payment_id": books.line(payment)["payment_id"], "move_id": books.move_of(invoice)}
        books.frames["payment_invoices"].append(link)
        assert only(ageing_of(books))["net_to_chase"] == 40.0

    def test_a_payment_that_names_several_invoices_is_made_for_none_of_them(self, books: Ledger) -> None:
        invoice = books.invoice(MARY, 100.0, D - timedelta(days=10), payment_state="in_payment")
        other = books.invoice(MARY, 40.0, D - timedelta(days=10))
        payment_id = books.line(books.payment(MARY, 25.0, D))["payment_id"]
        for line in (invoice, other):
            books.frames["payment_invoices"].append({"payment_id": payment_id, "move_id": books.move_of(line)})
        assert only(ageing_of(books))["net_to_chase"] == 15.0

    def test_one_customers_credit_pays_nobody_elses_debt(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.payment(BRIAN, 500.0, D)
        assert only(ageing_totals(ageing_of(books)))["net_to_chase"] == 100.0

    def test_credit_in_one_currency_does_not_pay_debt_in_another(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.payment(MARY, 5000.0, D, currency_id=ZWG)
        assert ageing_of(books)["net_to_chase"].tolist() == [100.0, 0.0]


class TestUnderReview:
    """A draft payment changes no ledger figure; it is taken off what is left to chase, once and never below 0."""

    def test_a_draft_stands_beside_the_debt_and_is_taken_off_net_to_chase(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        before = only(chased(books))
        books.draft(MARY, 30.0)
        books.draft(MARY, 5.5)
        row = only(chased(books))
        assert (row["under_review"], row["under_review_payments"], row["net_to_chase"]) == (35.5, 2, 64.5)
        changed = ["under_review", "under_review_payments", "net_to_chase"]
        pd.testing.assert_series_equal(row.drop(changed), before.drop(changed))
        assert (before["under_review"], before["net_to_chase"]) == (0.0, 100.0)

    @pytest.mark.parametrize(
        "other", [{"state": "posted"}, {"state": "cancel"}, {"state": "rejected"}, {"direction": "outbound"}]
    )
    def test_only_drafts_that_came_in_wait_for_us(self, books: Ledger, other: dict[str, str]) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.draft(MARY, 30.0, **other)
        assert only(chased(books))["under_review"] == 0.0

    def test_more_than_is_overdue_leaves_nothing_and_not_less(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.invoice(MARY, 300.0, D + timedelta(days=10), on=D)
        books.draft(MARY, 500.0)
        row = only(chased(books))
        assert (row["under_review"], row["net_to_chase"], row["balance"]) == (500.0, 0.0, 400.0)

    def test_a_draft_and_unallocated_money_are_both_taken_off(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.payment(MARY, 20.0, D)
        books.draft(MARY, 30.0)
        assert only(chased(books))["net_to_chase"] == 50.0

    def test_a_draft_meant_for_a_disputed_invoice_pays_that_one_first(self, books: Ledger) -> None:
        disputed = books.invoice(MARY, 100.0, D - timedelta(days=10), disputed=True)
        books.invoice(MARY, 40.0, D - timedelta(days=10))
        books.draft(MARY, 110.0, meant_for=[disputed])
        row = only(chased(books))
        assert (row["under_review"], row["net_to_chase"]) == (110.0, 30.0)

    def test_a_credit_note_and_a_draft_for_one_disputed_invoice_pay_it_once(self, books: Ledger) -> None:
        """100.00 are out of the chase: 70.00 and 60.00 pay them, the 30.00 left over pay others."""
        disputed = books.invoice(MARY, 100.0, D - timedelta(days=10), disputed=True)
        books.invoice(MARY, 40.0, D - timedelta(days=10))
        books.invoice(MARY, -70.0, D, reverses=disputed)
        books.draft(MARY, 60.0, meant_for=[disputed])
        assert only(chased(books))["net_to_chase"] == 10.0

    def test_a_draft_meant_for_an_invoice_that_is_chased_is_taken_off(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10), payment_state="in_payment")
        other = books.invoice(MARY, 40.0, D - timedelta(days=10))
        books.draft(MARY, 40.0, meant_for=[other])
        assert only(chased(books))["net_to_chase"] == 0.0

    def test_a_draft_meant_for_several_invoices_is_made_for_none_of_them(self, books: Ledger) -> None:
        disputed = books.invoice(MARY, 100.0, D - timedelta(days=10), disputed=True)
        other = books.invoice(MARY, 40.0, D - timedelta(days=10))
        books.draft(MARY, 25.0, meant_for=[disputed, other])
        assert only(chased(books))["net_to_chase"] == 15.0

    def test_one_customers_draft_pays_nobody_elses_debt(self, books: Ledger) -> None:
        theirs = books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.invoice(BRIAN, 10.0, D - timedelta(days=10))
        books.draft(BRIAN, 500.0, meant_for=[theirs])
        assert chased(books)["net_to_chase"].tolist() == [100.0, 0.0]
        totals = only(ageing_totals(chased(books)))
        assert (totals["net_to_chase"], totals["under_review"], totals["under_review_payments"]) == (100.0, 500.0, 1)

    def test_a_draft_in_another_currency_reduces_nothing_in_this_one(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.invoice(MARY, 2600.0, D - timedelta(days=10), currency_id=ZWG)
        books.draft(MARY, 2000.0, currency_id=ZWG)
        table = chased(books)
        assert table["under_review"].tolist() == [0.0, 2000.0]
        assert table["net_to_chase"].tolist() == [100.0, 600.0]

    def test_a_draft_in_another_company_reduces_nothing_in_this_one(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.draft(MARY, 30.0, company_id=2)
        assert only(chased(books))["net_to_chase"] == 100.0

    def test_a_draft_of_a_contact_counts_for_the_company_above_it(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.draft(12, 30.0, commercial_partner_id=MARY)
        assert only(chased(books))["net_to_chase"] == 70.0

    def test_a_draft_without_customer_is_nobodys_even_beside_debts_without_customer(self, books: Ledger) -> None:
        books.entry(0, 75.0, on=D - timedelta(days=3))
        books.draft(0, 75.0)
        row = only(chased(books))
        assert (row["under_review"], row["net_to_chase"]) == (0.0, 75.0)

    def test_a_draft_of_a_customer_who_owes_nothing_makes_no_row(self, books: Ledger) -> None:
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.draft(BRIAN, 30.0)
        books.draft(MARY, 30.0, currency_id=ZWG)
        assert only(chased(books))["under_review"] == 0.0

    def test_a_customer_with_a_higher_number_than_all_who_owe_is_not_taken_for_one_of_them(self, books: Ledger) -> None:
        """Currency 1 and customer 14 is as far into a list of 11 customers as currency 2 and customer 3."""
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.invoice(3, 50.0, D - timedelta(days=10), currency_id=ZWG)
        books.draft(14, 30.0)
        assert chased(books)["under_review"].tolist() == [0.0, 0.0]

    def test_on_a_past_day_those_count_that_were_entered_by_then_as_the_provider_reckons_days(
        self, books: Ledger
    ) -> None:
        """21:59 UTC is 23:59 in Harare, two minutes later it is the next day there."""
        books.invoice(MARY, 100.0, D - timedelta(days=10))
        books.draft(MARY, 30.0, entered=datetime(2026, 11, 20, 21, 59, tzinfo=UTC))
        books.draft(MARY, 8.0, entered=datetime(2026, 11, 20, 22, 1, tzinfo=UTC))
        found = {day: only(chased(books, date(2026, 11, day)))["under_review"] for day in (19, 20, 21)}
        assert found == {19: 0.0, 20: 30.0, 21: 38.0}


def test_filters_keep_what_was_asked_for(books: Ledger) -> None:
    books.invoice(MARY, 100.0, D - timedelta(days=10))
    books.invoice(BRIAN, 50.0, D - timedelta(days=40), currency_id=ZWG)
    lines = lines_of(books)

    def kept(wanted: LineFilter) -> list[float]:
        return filter_lines(lines, wanted)["residual"].tolist()

    assert kept(LineFilter()) == [100.0, 50.0]
    assert kept(LineFilter(cities=["Mutare"])) == [50.0]
    assert kept(LineFilter(partner_ids=frozenset({MARY}))) == [100.0]
    assert kept(LineFilter(currency_ids=[ZWG], buckets=["31_60"])) == [50.0]
    assert kept(LineFilter(company_ids=[2])) == []
    assert kept(LineFilter(partner_ids=())) == []


def test_sums_are_right_to_the_cent_for_a_million_lines() -> None:
    size = 1_000_000
    amounts = np.random.default_rng(5).integers(1, 10**10, size) / 100
    lines = pd.DataFrame(
        {
            "company_id": 1,
            "currency_id": USD,
            "commercial_partner_id": np.arange(size) % 7,
            "customer": pd.Series("x", index=range(size), dtype="str"),
            "city": pd.Series("", index=range(size), dtype="str"),
            "bucket": pd.Categorical(["1_30"])
            .repeat(size)
            .set_categories([*AgeingPolicy().bucket_keys, "unallocated"]),
            "residual": amounts,
            "days_overdue": 3,
            "disputed": 0.0,
            "in_payment": 0.0,
            "move_id": 0,
            "settles_move_id": 0,
        }
    )
    assert abs(sum(amounts.tolist()[::-1]) - sum(amounts.tolist())) > 0.01, "a plain sum depends on the order of lines"
    exact = int(np.rint(amounts * 100).astype(np.int64).sum())
    total = only(ageing_totals(ageing_by_customer(lines)))
    assert round(total["overdue"] * 100) == exact
    assert total["balance"] == total["overdue"] == total["1_30"]


def test_an_empty_ledger_gives_empty_frames_with_their_columns() -> None:
    lines = open_lines(LedgerIndex.build(snapshot()), D)
    table = ageing_by_customer(lines)
    assert lines.empty
    assert table.empty
    assert {"overdue", "net_to_chase", "under_review", "1_30"} <= set(table.columns)
    assert payments_under_review(snapshot(), D, "Africa/Harare").empty
    assert ageing_totals(table).empty
    assert bucket_amounts(table).empty
    assert overdue_history(LedgerIndex.build(snapshot()), [D]).empty


def test_the_chart_has_every_bucket_of_every_currency_in_order(books: Ledger) -> None:
    books.invoice(MARY, 100.0, D - timedelta(days=10))
    books.invoice(BRIAN, 5.0, D - timedelta(days=200), currency_id=ZWG)
    bars = bucket_amounts(ageing_of(books))
    assert bars["label"].tolist()[:3] == ["Not due", "1–30 days", "31–60 days"]
    assert bars.loc[bars["currency_id"] == USD, "amount"].tolist() == [0.0, 100.0, 0.0, 0.0, 0.0, 0.0]
    assert bars.loc[bars["currency_id"] == ZWG, "amount"].tolist() == [0.0, 0.0, 0.0, 0.0, 0.0, 5.0]


def test_history_rebuilds_each_day_and_agrees_with_the_ageing_of_that_day(books: Ledger) -> None:
    invoice = books.invoice(MARY, 100.0, D - timedelta(days=60))
    books.reconcile(invoice, books.payment(MARY, 80.0, D - timedelta(days=9)), 80.0, on=D - timedelta(days=9))
    days = [D - timedelta(days=90), D - timedelta(days=60), D - timedelta(days=10), D]
    history = overdue_history(LedgerIndex.build(books.snapshot()), days)
    assert history[["open", "overdue"]].to_numpy().tolist() == [[100.0, 0.0], [100.0, 100.0], [20.0, 20.0]]
    assert history["overdue"].iloc[-1] == only(ageing_of(books))["overdue"]
