"""The ledger of the invented provider: invoices, payments, credit notes and what was matched with what.

The books tie: every residual is the line's amount less its partials.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.synthetic_catalogue import FEE, PRICES, PRODUCT_TECHNOLOGY, TECHNOLOGIES, plans_of
from bench.synthetic_columns import codes, dates, moments, never, pick, text

USD, ZWG = 1, 2
RATE = 26.7
MONTHS = 24
#: name, code and kind of each journal; the first holds the invoices
JOURNALS = (
    ("Customer Invoices", "INV", "sale"),
    ("Bank USD", "BNK1", "bank"),
    ("Bank ZWG", "BNK2", "bank"),
    ("Cash", "CSH1", "cash"),
    ("EcoCash", "ECO1", "cash"),
)
METHODS = ("Manual", "Bank transfer", "Mobile money", "Card", "Cheque")


def ledger(rng: np.random.Generator, lines: int, customers: int, end: int) -> dict[str, pd.DataFrame]:
    """Return the frames of the ledger with exactly `lines` receivable lines up to the day number `end`."""
    invoices, notes = lines * 54 // 100, lines * 2 // 100
    partner = np.sort(rng.integers(1, customers + 1, invoices))
    currency = np.where(rng.random(invoices) < 0.3, ZWG, USD)
    order = np.lexsort((currency, partner))
    partner, currency = partner[order], currency[order]
    plan = plans_of(rng, invoices)
    issued = end - rng.integers(0, 30 * MONTHS, invoices)
    factor = np.where(currency == ZWG, RATE, 1.0)
    untaxed = np.round(PRICES[plan] * factor, 2)
    extra = np.where(rng.random(invoices) < 0.12, np.round(60.0 * factor, 2), 0.0)
    total = np.round((untaxed + extra) * 1.15, 2)
    cents = np.rint(total * 100).astype(np.int64)
    # Old invoices are paid, young ones less often: about one line in fourteen stays open.
    age = end - issued
    paid = rng.random(invoices) < np.clip(0.62 + age / 250, 0, 0.955)
    parts = np.where(paid, 1 + (rng.random(invoices) < 0.38), 0)
    piece = np.repeat(np.arange(invoices), parts)
    second = np.append(False, piece[1:] == piece[:-1])
    half = np.where(parts[piece] == 2, cents[piece] // 3, cents[piece])
    piece_cents = np.where(second, cents[piece] - half, half)
    # One part in fifty was never paid: those invoices are open in part.
    kept = rng.random(len(piece)) > 0.02
    piece, piece_cents = piece[kept], piece_cents[kept]
    credited = rng.choice(invoices, notes, replace=False)
    loose = (lines - invoices - notes) // 200
    payments = lines - invoices - notes - loose
    payment = _payment_of(rng, partner[piece] * 4 + currency[piece], payments)
    payments = int(payment[-1]) + 1
    pay_partner, pay_currency = np.zeros(payments, dtype=np.int64), np.zeros(payments, dtype=np.int64)
    pay_partner[payment], pay_currency[payment] = partner[piece], currency[piece]
    pay_day = np.zeros(payments, dtype=np.int64)
    np.maximum.at(pay_day, payment, issued[piece])
    pay_day = np.minimum(pay_day + rng.integers(0, 50, payments), end)
    over = np.where(rng.random(payments) < 0.02, 1000, 0)
    pay_cents = np.bincount(payment, weights=piece_cents, minlength=payments).astype(np.int64) + over
    # Money matched to nothing; every fourth of these payments names no customer.
    free_cents = rng.integers(1_000, 50_000, loose)
    free_partner = np.where(np.arange(loose) % 4 == 0, 0, rng.integers(1, customers + 1, loose))
    pay = {
        "partner": np.append(pay_partner, free_partner),
        "currency": np.append(pay_currency, np.where(rng.random(loose) < 0.3, ZWG, USD)),
        "day": np.append(pay_day, end - rng.integers(0, 200, loose)),
        "cents": np.append(pay_cents, free_cents),
        "open": np.append(over, free_cents),
        "journal": rng.integers(2, len(JOURNALS) + 1, payments + loose),
        "method": rng.integers(0, len(METHODS), payments + loose),
    }
    billed = {"partner": partner, "currency": currency, "plan": plan, "issued": issued}
    return _frames_of_ledger(
        billed | {"untaxed": untaxed, "extra": extra, "cents": cents},
        pay,
        {"invoice": piece, "payment": payment, "cents": piece_cents},
        np.sort(credited),
        end,
    )


def _payment_of(rng: np.random.Generator, owner: np.ndarray, wanted: int) -> np.ndarray:
    """Return for each piece (sorted by owner) the payment that covers it: `wanted` payments, none of two owners."""
    first = np.append(True, owner[1:] != owner[:-1])
    free = np.flatnonzero(~first)
    first[rng.choice(free, min(max(wanted - int(first.sum()), 0), len(free)), replace=False)] = True
    return np.cumsum(first) - 1


def _frames_of_ledger(
    inv: dict[str, np.ndarray],
    pay: dict[str, np.ndarray],
    piece: dict[str, np.ndarray],
    credited: np.ndarray,
    end: int,
) -> dict[str, pd.DataFrame]:
    count, notes, payments = len(inv["cents"]), len(credited), len(pay["cents"])
    note_cents = inv["cents"][credited] // 4
    # Every second credit note is applied to its invoice, as far as that is open.
    paid = np.bincount(piece["invoice"], weights=piece["cents"], minlength=count).astype(np.int64)
    applied = np.where(np.arange(notes) % 2 == 0, np.minimum(note_cents, (inv["cents"] - paid)[credited]), 0)
    residual = inv["cents"] - paid
    residual[credited] -= applied
    note_day = np.minimum(inv["issued"][credited] + 10, end)
    kind = np.repeat([0, 1, 2], [count, notes, payments])
    day = np.concatenate([inv["issued"], note_day, pay["day"]])
    due = np.concatenate([inv["issued"] + 14, note_day, pay["day"]])
    amount = np.concatenate([inv["cents"], -note_cents, -pay["cents"]])
    left = np.concatenate([residual, applied - note_cents, -pay["open"]])
    partner = np.concatenate([inv["partner"], inv["partner"][credited], pay["partner"]])
    currency = np.concatenate([inv["currency"], inv["currency"][credited], pay["currency"]])
    order = np.argsort(day, kind="stable")
    line_id = np.empty(len(order), dtype=np.int64)
    line_id[order] = np.arange(1, len(order) + 1)
    move_id = line_id * 2
    company = np.where(partner % 10 == 0, 2, 1)
    paid_state = np.select([left[: count + notes] == 0, paid_part(left, amount, count + notes)], [1, 2], 0)
    state_code = np.append(paid_state, np.full(payments, 3))
    in_payment = (kind == 0) & (left > 0) & (line_id % 40 == 0)
    state_code = np.where(in_payment, 4, state_code)
    states = ("not_paid", "paid", "partial", "", "in_payment")
    factor = np.where(currency == ZWG, RATE, 1.0)
    documents = slice(0, count + notes)
    lines = pd.DataFrame(
        {
            "line_id": line_id,
            "move_id": move_id,
            "move_name": text("MOVE/", move_id),
            "kind": codes(kind, "invoice", "credit_note", "payment", "entry", "receipt", "bank_line"),
            "company_id": company,
            "partner_id": partner,
            "commercial_partner_id": partner,
            "currency_id": currency,
            "account_id": 1,
            "journal_id": np.append(np.ones(count + notes, dtype=np.int64), pay["journal"]),
            "date": dates(day),
            "due_date": dates(due),
            "invoice_date": np.where(kind == 2, np.datetime64("NaT", "s"), dates(day)),
            "balance_company": np.round(amount / 100 / factor, 2),
            "amount": amount / 100,
            "residual": left / 100,
            "residual_company": np.round(left / 100 / factor, 2),
            "reconciled": left == 0,
            "disputed": (left > 0) & (line_id % 50 == 0),
            "payment_id": np.where(kind == 2, line_id, 0),
            "payment_state": codes(state_code, *states),
            "label": text("", move_id),
            "ref": text("", move_id % 1000),
            "contact_id": np.where(kind == 2, 0, partner),
        }
    )
    reversed_move = np.append(np.zeros(count, dtype=np.int64), move_id[:count][credited])
    total = np.abs(amount[documents]) / 100
    untaxed = np.append(inv["untaxed"] + inv["extra"], np.round(note_cents / 115, 2))
    invoices = pd.DataFrame(
        {
            "move_id": move_id[documents],
            "name": text("MOVE/", move_id[documents]),
            "ref": text("", move_id[documents] % 1000),
            "kind": codes(kind[documents], "invoice", "credit_note", "receipt"),
            "state": codes(np.zeros(count + notes, dtype=np.int64), "posted", "draft", "cancel"),
            "payment_state": codes(state_code[documents], *states),
            "company_id": company[documents],
            "partner_id": partner[documents],
            "commercial_partner_id": partner[documents],
            "currency_id": currency[documents],
            "invoice_date": dates(day[documents]),
            "date": dates(day[documents]),
            "due_date": dates(due[documents]),
            "amount_untaxed": untaxed,
            "amount_tax": np.round(total - untaxed, 2),
            "amount_total": total,
            "residual": np.abs(left[documents]) / 100,
            "amount_total_company": np.round(amount[documents] / 100 / factor[documents], 2),
            "residual_company": np.round(left[documents] / 100 / factor[documents], 2),
            "journal_id": 1,
            "salesperson_id": 0,
            "origin": text("", move_id[documents]),
            "payment_reference": text("MOVE/", move_id[documents]),
            "reversed_move_id": reversed_move,
            "create_date": moments(day[documents]),
        }
    )
    extra_at = np.flatnonzero(inv["extra"] > 0)
    at = np.concatenate([np.arange(count), extra_at, count + np.arange(notes)])
    product = np.concatenate([inv["plan"], np.full(len(extra_at), FEE), inv["plan"][credited]]) + 1
    subtotal = np.concatenate([inv["untaxed"], inv["extra"][extra_at], np.round(note_cents / 115, 2)])
    invoice_lines = pd.DataFrame(
        {
            "line_id": np.arange(1, len(at) + 1),
            "move_id": move_id[at],
            "product_id": product,
            "quantity": 1.0,
            "unit_id": 1,
            "price_unit": subtotal,
            "discount_pct": 0.0,
            "subtotal": subtotal,
            "currency_id": currency[at],
            "company_id": company[at],
            "period_start": never(len(at)),
            "period_end": never(len(at)),
        }
    )
    technology = PRODUCT_TECHNOLOGY[product - 1]
    shares = pd.DataFrame({"move_id": move_id[at], "technology": codes(technology, *TECHNOLOGIES), "amount": subtotal})
    pay_line, applied_at = line_id[count + notes :], np.flatnonzero(applied)
    debit = np.concatenate([line_id[piece["invoice"]], line_id[credited[applied_at]]])
    credit = np.concatenate([pay_line[piece["payment"]], line_id[count + applied_at]])
    matched = np.concatenate([piece["cents"], applied[applied_at]]) / 100
    matched_on = np.concatenate([pay["day"][piece["payment"]], note_day[applied_at]])
    partials = pd.DataFrame(
        {
            "partial_id": np.arange(1, len(debit) + 1),
            "debit_line_id": debit,
            "credit_line_id": credit,
            "amount_company": matched,
            "debit_amount": matched,
            "credit_amount": matched,
            "max_date": dates(matched_on),
            "company_id": 1,
        }
    )
    received = pd.DataFrame(
        {
            "payment_id": pay_line,
            "name": text("PAY/", pay_line),
            "move_id": pay_line * 2,
            "direction": codes(np.zeros(payments, dtype=np.int64), "inbound", "outbound"),
            "partner_id": pay["partner"],
            "commercial_partner_id": pay["partner"],
            "company_id": np.where(pay["partner"] % 10 == 0, 2, 1),
            "currency_id": pay["currency"],
            "amount": pay["cents"] / 100,
            "date": dates(pay["day"]),
            "state": codes(np.zeros(payments, dtype=np.int64), "posted", "draft", "cancel", "rejected"),
            "raw_state": codes(np.zeros(payments, dtype=np.int64), "posted"),
            "journal_id": pay["journal"],
            "method_id": pay["method"] + 1,
            "method": pick(METHODS, pay["method"]),
            "memo": text("MOVE/", pay_line),
            "payment_reference": text("", pay_line),
            "is_matched": True,
            "is_reconciled": pay["open"] == 0,
            "create_date": moments(pay["day"]),
            "created_by": pay["method"] + 2,
        }
    )
    made = {
        "receivable_lines": (lines, "line_id"),
        "invoices": (invoices, "move_id"),
        "invoice_lines": (invoice_lines, "line_id"),
        "invoice_technology": (shares, "move_id"),
        "partials": (partials, "partial_id"),
        "payments": (received, "payment_id"),
    }
    return {name: frame.sort_values(key, kind="stable", ignore_index=True) for name, (frame, key) in made.items()}


def paid_part(left: np.ndarray, amount: np.ndarray, size: int) -> np.ndarray:
    """Return which of the first `size` lines are paid in part."""
    part: np.ndarray = np.abs(left[:size]) < np.abs(amount[:size])
    return part
