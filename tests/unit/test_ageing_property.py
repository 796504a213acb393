"""Random ledgers: the vectorised ageing equals a slow, plain restatement in whole cents."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo_client.metrics.ageing import ageing_by_customer, ageing_totals, overdue_history
from odoo_client.metrics.attribution import split_by_technology
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.metrics.policy import AgeingPolicy
from odoo_client.metrics.proof_queue import payments_under_review
from tests.builders import USD, ZWG, Ledger

START, LENGTH = date(2026, 1, 1), 400
PARTNERS = (0, 10, 11, 12)
#: 12 is a contact of 10.
OWNER = {0: 0, 10: 10, 11: 11, 12: 10}
ZERO = Decimal(0)
TIMEZONE = "Africa/Harare"

days = st.integers(0, LENGTH - 1).map(lambda number: START + timedelta(days=number))
cents = st.integers(1, 5_000_000).map(lambda number: number / 100)
partners = st.sampled_from(PARTNERS)
currencies = st.sampled_from((USD, ZWG))
companies = st.sampled_from((1, 2))
shares = st.dictionaries(st.sampled_from(("fibre", "wireless", "starlink", "")), cents, max_size=3)
policies = st.builds(
    AgeingPolicy,
    bounds_days=st.sampled_from(((30, 60, 90, 120), (1, 2), (45,))),
    basis=st.sampled_from(("due_date", "invoice_date")),
)


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """Draw books: instalments, credit notes, payments, drafts and plain entries, matched here and there, across
    currencies.
    """
    books = Ledger()
    for partner in PARTNERS[1:]:
        books.customer(partner, commercial_partner_id=OWNER[partner])
    if draw(st.booleans()):
        books.lacks["receivable_lines"] = ("disputed",)
    for _ in range(draw(st.integers(0, 12))):
        partner = draw(partners)
        more: dict[str, Any] = {"commercial_partner_id": OWNER[partner], "company_id": draw(companies)}
        more["currency_id"] = draw(currencies)
        on = draw(days)
        match draw(st.sampled_from(("invoice", "credit_note", "payment", "bank_line", "entry"))):
            case "invoice":
                more |= {"disputed": draw(st.booleans()), "payment_state": draw(st.sampled_from(("", "in_payment")))}
                technology, move_id = draw(shares), None
                for _ in range(draw(st.integers(1, 3))):
                    due = on + timedelta(days=draw(st.integers(-10, 90)))
                    line = books.invoice(
                        partner, draw(cents), due, on=on, move_id=move_id, technology=technology, **more
                    )
                    technology, move_id = {}, books.move_of(line)
            case "credit_note":
                debits = [line["line_id"] for line in _lines(books) if line["kind"] == "invoice"]
                reverses = draw(st.sampled_from([0, *debits]))
                books.invoice(partner, -draw(cents), None, on=on, reverses=reverses, technology=draw(shares), **more)
            case "payment":
                line = books.payment(partner, draw(cents), on, written_off=draw(st.just(0.0) | cents), **more)
                for move in draw(st.lists(st.sampled_from([1, *_moves(books)]), max_size=2, unique=True)):
                    link = {"payment_id": books.line(line)["payment_id"], "move_id": move}
                    books.frames["payment_invoices"].append(link)
                if draw(st.booleans()):
                    # From 18 a payment may have no entry: nothing of it is in the ledger.
                    _lines(books).pop()
                    books.frames["payments"][-1]["move_id"] = 0
            case "bank_line":
                line = books.bank_line(partner, draw(cents), on, written_off=draw(st.just(0.0) | cents), **more)
                for amount in draw(st.lists(cents, max_size=2)):
                    signed = amount * draw(st.sampled_from((1, -1)))
                    books.bank_line(partner, signed, on, move_id=books.move_of(line), **more)
            case "entry":
                amount = draw(cents) * draw(st.sampled_from((1, -1)))
                books.entry(partner, amount, on, draw(st.none() | days), **more)
    _match_some(draw, books)
    _review_some(draw, books)
    return books


def _lines(books: Ledger) -> list[dict[str, Any]]:
    return books.frames["receivable_lines"]


def _move(line: dict[str, Any]) -> int:
    return line["move_id"]


def _moves(books: Ledger) -> list[int]:
    return [invoice["move_id"] for invoice in books.frames["invoices"]]


def _match_some(draw: st.DrawFn, books: Ledger) -> None:
    """Match open debits with open credits as Odoo does: whoever they belong to, and each side in its own currency."""
    for _ in range(draw(st.integers(0, 10))):
        debits = [line for line in _lines(books) if line["residual"] > 0]
        credits = [line for line in _lines(books) if line["residual"] < 0]
        if not debits or not credits:
            return
        debit, credit = draw(st.sampled_from(debits)), draw(st.sampled_from(credits))
        amount = _part(draw, debit["residual"])
        other = _part(draw, -credit["residual"])
        if debit["currency_id"] == credit["currency_id"]:
            amount = other = min(amount, other)
        books.reconcile(debit["line_id"], credit["line_id"], amount, draw(days), credit_amount=other)


def _review_some(draw: st.DrawFn, books: Ledger) -> None:
    """Enter payments nobody has decided on, most of them for a debt of the same customer, company and currency."""
    for _ in range(draw(st.integers(0, 5))):
        debits = [line for line in _lines(books) if line["residual"] > 0]
        partner = draw(partners)
        more: dict[str, Any] = {"commercial_partner_id": OWNER[partner], "company_id": draw(companies)}
        more["currency_id"], on, amount = draw(currencies), draw(days), draw(cents)
        named = draw(st.lists(st.sampled_from(debits), max_size=2, unique_by=_move)) if debits else []
        if debits and draw(st.integers(0, 3)):
            # By chance alone a draft would hardly ever meet a debt.
            debt = named[0] if named else draw(st.sampled_from(debits))
            more |= {key: debt[key] for key in ("company_id", "currency_id", "commercial_partner_id")}
            partner, on = debt["partner_id"], debt["date"]
            amount = draw(st.sampled_from((amount, debt["amount"])))
        # Two hours of each day are the next day's in Harare.
        more["entered"] = datetime.combine(on, time(draw(st.integers(0, 23)), 30), UTC)
        more["direction"] = draw(st.sampled_from(("inbound", "inbound", "outbound")))
        more["state"] = draw(st.sampled_from(("draft", "draft", "cancel")))
        books.draft(partner, amount, meant_for=[line["line_id"] for line in named], **more)


def _part(draw: st.DrawFn, residual: float) -> float:
    """Return the residual or a part of it, at least a cent."""
    return draw(st.integers(1, round(residual * 100)) | st.just(round(residual * 100))) / 100


# --- The restatement: one line after the other, in Decimal ------------------------------------------------------------


def exact(amount: float) -> Decimal:
    return Decimal(str(amount)).quantize(Decimal("0.01"))


def residual_on(books: Ledger, line: dict[str, Any], day: date) -> Decimal:
    """What was open of a line at the end of `day`."""
    if line["date"] > day:
        return ZERO
    residual = exact(line["residual"])
    for partial in books.frames["partials"]:
        if partial["max_date"] > day:
            if partial["debit_line_id"] == line["line_id"]:
                residual += exact(partial["debit_amount"])
            if partial["credit_line_id"] == line["line_id"]:
                residual -= exact(partial["credit_amount"])
    return residual


def bucket_of(age: int, policy: AgeingPolicy) -> str:
    if age <= 0:
        return "not_due"
    start = 1
    for bound in policy.bounds_days:
        if age <= bound:
            return f"{start}_{bound}"
        start = bound + 1
    return f"over_{policy.bounds_days[-1]}"


def in_payment_on(books: Ledger, line: dict[str, Any], residual: Decimal, day: date) -> Decimal:
    if line["payment_state"] != "in_payment" or residual <= 0:
        return ZERO
    linked = {link["payment_id"] for link in books.frames["payment_invoices"] if link["move_id"] == line["move_id"]}
    payments = [payment for payment in books.frames["payments"] if payment["payment_id"] in linked]
    paid_on = [payment["date"] for payment in payments if payment["state"] == "posted" and not payment["move_id"]]
    if paid_on and min(paid_on) > day:
        return ZERO
    return min(residual, max(exact(line["residual"]), ZERO))


def made_for(books: Ledger, line: dict[str, Any]) -> int:
    """The invoice a credit was made for: reversed by it, or the only one its payment names."""
    for invoice in books.frames["invoices"]:
        if invoice["move_id"] == line["move_id"] and invoice["reversed_move_id"]:
            return invoice["reversed_move_id"]
    links = [
        link["move_id"]
        for link in books.frames["payment_invoices"]
        if line.get("payment_id") and link["payment_id"] == line["payment_id"]
    ]
    return links[0] if len(links) == 1 else 0


def waiting_on(books: Ledger, day: date) -> list[dict[str, Any]]:
    """The drafts that came in by the end of `day` and belong to somebody."""
    return [
        payment
        for payment in books.frames["payments"]
        if (payment["direction"], payment["state"]) == ("inbound", "draft")
        and payment["create_date"].astimezone(ZoneInfo(TIMEZONE)).date() <= day
        and payment["commercial_partner_id"]
    ]


def restated(books: Ledger, day: date, policy: AgeingPolicy) -> dict[tuple[int, int, int], dict[str, Decimal]]:
    """Return the ageing by (company, currency, commercial partner)."""
    disputes = not books.lacks
    table: dict[tuple[int, int, int], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    out_of_chase: dict[tuple[Any, int], Decimal] = defaultdict(Decimal)
    tied_credit: dict[tuple[Any, int], Decimal] = defaultdict(Decimal)
    for line in _lines(books):
        residual = residual_on(books, line, day)
        if residual == 0:
            continue
        key = (line["company_id"], line["currency_id"], line["commercial_partner_id"])
        row = table[key]
        row["open_lines"] += 1
        row["balance"] += residual
        if residual < 0:
            row["unallocated"] -= residual
            if made_for(books, line):
                tied_credit[key, made_for(books, line)] -= residual
            continue
        due = line["date"] if pd.isna(line["due_date"]) else line["due_date"]
        issued = line.get("invoice_date", line["date"])
        late = (day - due).days
        row[bucket_of(late if policy.basis == "due_date" else (day - issued).days, policy)] += residual
        disputed = residual if disputes and line.get("disputed") else ZERO
        paying = in_payment_on(books, line, residual, day)
        row["disputed"] += disputed
        row["in_payment"] += paying
        if late > 0:
            row["overdue"] += residual
            row["disputed_overdue"] += disputed
            row["in_payment_overdue"] += ZERO if disputed else paying
            out_of_chase[key, line["move_id"]] += disputed or paying
            row["oldest_days"] = max(row["oldest_days"], Decimal(late))
    for draft in waiting_on(books, day):
        key = (draft["company_id"], draft["currency_id"], draft["commercial_partner_id"])
        if key not in table:
            continue
        table[key]["under_review"] += exact(draft["amount"])
        table[key]["under_review_payments"] += 1
        links = [link for link in books.frames["payment_invoices"] if link["payment_id"] == draft["payment_id"]]
        if len(links) == 1:
            tied_credit[key, links[0]["move_id"]] += exact(draft["amount"])
    for key, row in table.items():
        spent = sum(
            (min(credit, out_of_chase[owner, move]) for (owner, move), credit in tied_credit.items() if owner == key),
            ZERO,
        )
        left = row["overdue"] - row["disputed_overdue"] - row["in_payment_overdue"]
        row["net_to_chase"] = max(left - (row["unallocated"] + row["under_review"] - spent), ZERO)
    return table


@given(books=ledgers(), day=days, policy=policies)
@settings(max_examples=80)
def test_ageing_equals_the_restatement_to_the_cent(books: Ledger, day: date, policy: AgeingPolicy) -> None:
    source = books.snapshot()
    drafts = payments_under_review(source, day, TIMEZONE)
    table = ageing_by_customer(open_lines(LedgerIndex.build(source), day, policy), policy, drafts=drafts)
    expected = restated(books, day, policy)
    keys = [tuple(key) for key in table[["company_id", "currency_id", "commercial_partner_id"]].to_numpy().tolist()]
    assert keys == sorted(expected)
    unknown = {"disputed", "disputed_overdue"} if books.lacks else set()
    for key, (_, row) in zip(keys, table.iterrows(), strict=True):
        for column in row.index.drop(["company_id", "currency_id", "commercial_partner_id", "customer", "city"]):
            if column in unknown:
                assert pd.isna(row[column])
            else:
                assert exact(row[column]) == expected[key][column], (key, column)
                assert float(row[column]) == float(expected[key][column]), "rounded to the currency's decimals"


@st.composite
def chases(draw: st.DrawFn) -> Ledger:
    """Draw the books of one customer with some dollars overdue, others out of the chase, and money that came in."""
    books, day = Ledger(), START + timedelta(days=100)
    books.customer(10)
    dollars = st.integers(1, 9).map(float)
    # Enough to chase, most of the time, for what is taken off it to show.
    invoices = [books.invoice(10, draw(st.sampled_from((90.0, 5.0))), day - timedelta(days=10), on=START)]
    for _ in range(draw(st.integers(1, 3))):
        marks = draw(st.sampled_from(({"disputed": True}, {"payment_state": "in_payment"}, {})))
        due = day - timedelta(days=draw(st.sampled_from((30, 1, 0))))
        invoices.append(books.invoice(10, draw(dollars), due, on=START, **marks))
    for _ in range(draw(st.integers(0, 2))):
        books.invoice(10, -draw(dollars), None, on=START, reverses=draw(st.sampled_from([0, *invoices])))
    for _ in range(draw(st.integers(0, 3))):
        # From 22:00 UTC on it is the next day in Harare.
        entered = datetime.combine(day, time(draw(st.sampled_from((21, 22)))), UTC)
        named = draw(st.lists(st.sampled_from(invoices), max_size=2, unique=True))
        books.draft(10, draw(dollars), meant_for=named, entered=entered)
    return books


@given(books=chases())
@settings(max_examples=60)
def test_what_is_left_to_chase_equals_the_restatement(books: Ledger) -> None:
    source, day = books.snapshot(), START + timedelta(days=100)
    drafts = payments_under_review(source, day, TIMEZONE)
    table = ageing_by_customer(open_lines(LedgerIndex.build(source), day), drafts=drafts)
    [expected] = restated(books, day, AgeingPolicy()).values()
    for column in ("overdue", "unallocated", "under_review", "under_review_payments", "net_to_chase"):
        assert exact(table[column].iloc[0]) == expected[column], column


@given(books=ledgers(), day=days)
@settings(max_examples=40)
def test_totals_history_and_technologies_all_add_up_to_the_lines(books: Ledger, day: date) -> None:
    source = books.snapshot()
    index = LedgerIndex.build(source)
    lines = open_lines(index, day)
    table = ageing_by_customer(lines)
    totals = ageing_totals(table)
    history = overdue_history(index, [day]).groupby("currency_id")[["overdue", "unallocated"]].sum()
    parts = split_by_technology(lines, source)
    by_parts = ageing_totals(ageing_by_customer(parts)).set_index("currency_id")
    for _, total in totals.iterrows():
        currency = total["currency_id"]
        assert exact(total["overdue"]) == exact(history.loc[currency, "overdue"])
        assert exact(total["unallocated"]) == exact(history.loc[currency, "unallocated"])
        for column in ("overdue", "balance", "in_payment", "not_due"):
            assert exact(total[column]) == exact(by_parts.loc[currency, column])
    summed = parts.groupby("line_id")["residual"].sum().round(2)
    assert summed.tolist() == lines["residual"].tolist()


@given(books=ledgers(), day=days)
@settings(max_examples=60)
def test_shares_of_technologies_are_fair_to_the_odd_cents(books: Ledger, day: date) -> None:
    """Each share is its exact part rounded down to the cent; the largest also takes what is left over."""
    source = books.snapshot()
    lines = open_lines(LedgerIndex.build(source), day).set_index("line_id")
    parts = split_by_technology(lines.reset_index(), source)
    weights: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for share in books.frames["invoice_technology"]:
        weights[share["move_id"]][share["technology"]] = exact(share["amount"])
    order = ["fibre", "wireless", "starlink", ""]
    for line_id, rows in parts.groupby("line_id"):
        residual = exact(lines.loc[line_id, "residual"])
        weight = weights.get(lines.loc[line_id, "move_id"], {"": Decimal(1)})
        expected = {}
        for technology in weight:
            share = abs(residual) * weight[technology] / sum(weight.values())
            expected[technology] = (share * 100).to_integral_value("ROUND_FLOOR") / 100
        largest = max(sorted(weight, key=order.index), key=lambda name: weight[name])
        expected[largest] += abs(residual) - sum(expected.values())
        found = {str(name): exact(abs(part)) for name, part in zip(rows["technology"], rows["residual"], strict=True)}
        assert found == expected
        assert all(part * lines.loc[line_id, "residual"] >= 0 for part in rows["residual"])
