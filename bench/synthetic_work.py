"""Orders with lines and deliveries, and tickets with messages, of the invented provider."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.synthetic_catalogue import FEE, HARDWARE, KITS, PRICES, PRODUCT_TECHNOLOGY, STARLINK, plans_of
from bench.synthetic_columns import codes, dates, moments, never, pick, text
from bench.synthetic_ledger import MONTHS, USD

STAFF = tuple(range(2, 42))
TEAMS = ("Support", "Field North", "Field South", "Billing", "Starlink desk", "Network")
#: name, closed, whom its tickets wait for (as an index into `WAITING`)
STAGES = (
    ("New", False, 0),
    ("In progress", False, 0),
    ("Waiting for customer", False, 1),
    ("On site", False, 0),
    ("Solved", True, 2),
    ("Cancelled", True, 2),
)
WAITING = ("us", "customer", "closed")
#: Messages are read of tickets open or changed in the last this many days.
MESSAGES_DAYS = 90
_SUBJECTS = ("No connection", "Slow at night", "Router lost power", "Wrong invoice", "Move to a new house", "Dish fell")


def link_orders(
    rng: np.random.Generator, invoices: pd.DataFrame, wanted: int, end: int
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """Return orders, order_lines and deliveries, and `invoices` with the orders they came from as their origin.

    An order belongs to the customer, company and currency of an invoice; nine in ten are that invoice's origin, the
    others are still under way.
    """
    able = np.flatnonzero(invoices["kind"] == "invoice")
    at = np.sort(rng.choice(able, min(wanted, len(able)), replace=False))
    billed = invoices.take(at)
    count = len(at)
    ids = np.arange(1, count + 1)
    invoice_day = billed["invoice_date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    made = invoice_day - rng.integers(0, 25, count)
    young = np.clip(1 - (end - made) / 120, 0.015, 0.7)
    chance = rng.random(count)
    cancelled = chance > 0.96
    quote = ~cancelled & (chance < young * 0.4)
    draft = quote & (rng.random(count) < 0.5)
    confirmed = ~cancelled & ~quote
    busy = confirmed & (rng.random(count) < young * 0.8)
    finished = confirmed & ~busy
    ordered = np.minimum(made + rng.integers(0, 6, count), end)
    plan, hardware = plans_of(rng, count), rng.random(count) < 0.6
    thing = np.where(PRODUCT_TECHNOLOGY[plan] == STARLINK, rng.choice(KITS, count), rng.choice(HARDWARE, count))
    rate = np.where(billed["currency_id"].to_numpy() == USD, 1.0, 26.7)
    lines = _lines(ids, plan, thing, hardware, rate, finished, billed["currency_id"].to_numpy())
    untaxed = np.round(np.bincount(lines["order_id"] - 1, weights=lines["subtotal"], minlength=count), 2)
    invoiced = finished | (busy & (rng.random(count) < 0.3))
    sent = busy & hardware & ~invoiced
    done_day = np.minimum(ordered + rng.integers(1, 15, count), end)
    moment = rng.integers(6 * 3600, 16 * 3600, count)
    delivered = pd.Series(hardware & finished)
    orders = pd.DataFrame(
        {
            "order_id": ids,
            "name": text("S", 10_000 + ids),
            "partner_id": billed["partner_id"].to_numpy(),
            "commercial_partner_id": billed["commercial_partner_id"].to_numpy(),
            "company_id": billed["company_id"].to_numpy(),
            "currency_id": billed["currency_id"].to_numpy(),
            "state": codes(np.select([draft, quote, cancelled], [0, 1, 3], 2), "draft", "sent", "sale", "cancel"),
            "invoice_status": codes(np.select([invoiced, busy], [0, 1], 2), "invoiced", "to invoice", "no"),
            "delivery_status": codes(np.select([hardware & finished, sent], [0, 1], 2), "full", "pending", ""),
            "create_date": moments(made, moment),
            "date_order": moments(ordered, moment),
            "commitment_date": moments(ordered + 7, moment),
            "effective_date": moments(done_day, moment).where(delivered),
            "salesperson_id": rng.choice(STAFF[:12], count),
            "client_ref": text("", ids),
            "amount_untaxed": untaxed,
            "amount_total": np.round(untaxed * 1.15, 2),
            "subscription": np.zeros(count, dtype=bool),
        }
    )
    origin = invoices["origin"].to_numpy(dtype=object, copy=True)
    origin[at[invoiced]] = orders["name"].to_numpy(dtype=object)[invoiced]
    frames = {
        "orders": orders,
        "order_lines": lines,
        "deliveries": _deliveries(orders, hardware & confirmed, finished, done_day, moment),
    }
    return frames, invoices.assign(origin=pd.Series(origin, dtype="str", index=invoices.index))


def _lines(
    ids: np.ndarray,
    plan: np.ndarray,
    thing: np.ndarray,
    hardware: np.ndarray,
    rate: np.ndarray,
    finished: np.ndarray,
    currency: np.ndarray,
) -> pd.DataFrame:
    at = np.concatenate([np.arange(len(ids)), np.flatnonzero(hardware), np.flatnonzero(hardware & (ids % 3 == 0))])
    fees = np.full(int((hardware & (ids % 3 == 0)).sum()), FEE)
    product = np.concatenate([plan, thing[hardware], fees])
    order = np.argsort(at, kind="stable")
    at, product = at[order], product[order]
    price = np.round(PRICES[product] * rate[at], 2)
    done = finished[at].astype(np.float64)
    return pd.DataFrame(
        {
            "line_id": np.arange(1, len(at) + 1),
            "order_id": ids[at],
            "product_id": product + 1,
            "quantity": 1.0,
            "unit_id": 1,
            "qty_delivered": done,
            "qty_invoiced": done,
            "price_unit": price,
            "discount_pct": 0.0,
            "subtotal": price,
            "currency_id": currency[at],
            "period_start": never(len(at)),
            "period_end": never(len(at)),
        }
    )


def _deliveries(
    orders: pd.DataFrame, shipped: np.ndarray, finished: np.ndarray, done_day: np.ndarray, moment: np.ndarray
) -> pd.DataFrame:
    """Return one delivery an order with hardware, two for every tenth."""
    first = np.flatnonzero(shipped)
    at = np.sort(np.append(first, first[first % 10 == 0]))
    ids = np.arange(1, len(at) + 1)
    done = pd.Series(finished[at])
    return pd.DataFrame(
        {
            "picking_id": ids,
            "name": text("WH/OUT/", ids),
            "order_id": orders["order_id"].to_numpy()[at],
            "state": codes(np.where(done, 0, 1 + ids % 2), "done", "assigned", "confirmed", "cancel"),
            "kind": codes(np.zeros(len(at), dtype=np.int64), "outgoing", "incoming", "internal"),
            "scheduled_date": orders["commitment_date"].take(at).reset_index(drop=True),
            "date_done": moments(done_day[at], moment[at]).where(done),
            "partner_id": orders["partner_id"].to_numpy()[at],
            "company_id": orders["company_id"].to_numpy()[at],
        }
    )


def desk(rng: np.random.Generator, customers: int, count: int, end: int) -> dict[str, pd.DataFrame]:
    """Return `count` tickets with stages, teams and the messages of those open or changed lately."""
    ids = np.arange(1, count + 1)
    partner = np.where(rng.random(count) < 0.03, 0, rng.integers(1, customers + 1, count))
    day = np.sort(end - rng.integers(0, 30 * MONTHS, count))
    moment = rng.integers(5 * 3600, 20 * 3600, count)
    closed = rng.random(count) < np.clip((end - day) / 12, 0, 0.985)
    stage = np.where(closed, np.where(rng.random(count) < 0.08, 5, 4), rng.choice(4, count, p=(0.3, 0.35, 0.25, 0.1)))
    lasted_h = rng.exponential(40, count) + 0.5
    created_s = day * 86_400 + moment
    now_s = end * 86_400 + 10 * 3600
    closed_s = np.minimum(created_s + (lasted_h * 3600).astype(np.int64), now_s)
    touched_s = np.where(closed, closed_s, np.minimum(created_s + rng.integers(0, 200_000, count), now_s))
    unassigned = ~closed & (rng.random(count) < 0.2)
    waiting = np.array([row[2] for row in STAGES])[stage]
    tickets = pd.DataFrame(
        {
            "ticket_id": ids,
            "number": text("HT", ids),
            "subject": pick(_SUBJECTS, rng.integers(0, len(_SUBJECTS), count)),
            "partner_id": partner,
            "commercial_partner_id": partner,
            "contact_name": text("Caller ", ids),
            "contact_email": text("caller", ids),
            "company_id": np.where(partner % 10 == 0, 2, 1),
            "team_id": rng.integers(1, len(TEAMS) + 1, count),
            "stage_id": stage + 1,
            "closed": closed,
            "assignee_id": np.where(unassigned, 0, rng.choice(STAFF, count)),
            "priority": rng.choice(4, count, p=(0.5, 0.3, 0.15, 0.05)),
            "create_date": moments(np.zeros(count, dtype=np.int64), created_s),
            "assigned_date": moments(np.zeros(count, dtype=np.int64), created_s + 900).where(pd.Series(~unassigned)),
            "last_stage_update": moments(np.zeros(count, dtype=np.int64), touched_s),
            "closed_date": moments(np.zeros(count, dtype=np.int64), closed_s).where(pd.Series(closed)),
            "unattended": ~closed & (stage == 0),
            "creator_id": rng.choice(STAFF, count),
            "waiting": codes(waiting, *WAITING),
            "cancelled": stage == 5,
        }
    )
    stages = pd.DataFrame(
        {
            "stage_id": np.arange(1, len(STAGES) + 1),
            "name": pd.Series([row[0] for row in STAGES], dtype="str"),
            "closed": [row[1] for row in STAGES],
            "sequence": np.arange(1, len(STAGES) + 1),
            "waiting": codes(np.array([row[2] for row in STAGES]), *WAITING),
        }
    )
    teams = pd.DataFrame({"team_id": np.arange(1, len(TEAMS) + 1), "name": pd.Series(TEAMS, dtype="str")})
    recent = np.flatnonzero(~closed | (touched_s > now_s - MESSAGES_DAYS * 86_400))
    messages = _messages(rng, ids[recent], partner[recent], created_s[recent], touched_s[recent])
    return {
        "tickets": tickets,
        "ticket_stages": stages,
        "ticket_teams": teams,
        "ticket_messages": messages,
        "message_subtypes": pd.DataFrame({"subtype_id": [1, 2], "internal": [False, True]}),
    }


def _messages(
    rng: np.random.Generator, ticket: np.ndarray, partner: np.ndarray, first_s: np.ndarray, last_s: np.ndarray
) -> pd.DataFrame:
    """Return one to eight messages a ticket from its creation to its last change; customer and staff take turns."""
    parts = rng.integers(1, 9, len(ticket))
    at = np.repeat(np.arange(len(ticket)), parts)
    number = np.arange(len(at)) - np.repeat(np.cumsum(parts) - parts, parts)
    when = first_s[at] + ((last_s - first_s)[at] * number // np.maximum(parts[at], 1))
    by_staff = number % 2 == 1
    internal = by_staff & (rng.random(len(at)) < 0.25)
    return pd.DataFrame(
        {
            "message_id": np.arange(1, len(at) + 1),
            "ticket_id": ticket[at],
            "date": moments(np.zeros(len(at), dtype=np.int64), when),
            "author_partner_id": np.where(by_staff, 1_000_000 + at % 40, partner[at]),
            "message_type": codes(np.where(by_staff, 0, 1), "comment", "email", "notification"),
            "subtype_id": np.where(internal, 2, 1),
            "internal": internal,
            "public": ~internal,
            "by_staff": by_staff,
            "automatic": np.zeros(len(at), dtype=bool),
        }
    )


def promises(rng: np.random.Generator, customers: int, count: int, end: int) -> pd.DataFrame:
    """Return promises to pay of the last 200 days and the next week, six of ten kept."""
    partner = rng.integers(1, customers + 1, count)
    made = np.sort(end - rng.integers(0, 200, count))
    day = made + rng.integers(1, 10, count)
    paid = made + rng.integers(0, 10, count)
    kept = (rng.random(count) < 0.6) & (paid <= np.minimum(day, end))
    cents = rng.integers(1_000, 50_000, count)
    author = rng.choice(STAFF, count)
    return pd.DataFrame(
        {
            "promise_id": np.arange(1, count + 1),
            "partner_id": partner,
            "commercial_partner_id": partner,
            "user_id": author,
            "author_id": author,
            "day": dates(day),
            "summary": text("Promise to pay USD ", cents // 100),
            "created": moments(made),
            "done_on": never(count),
            "currency_id": np.full(count, USD),
            "amount": (cents // 100).astype(np.float64),
            "made_on": dates(made),
            "kept_on": np.where(kept, dates(paid), never(count)),
        }
    )
