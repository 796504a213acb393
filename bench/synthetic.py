"""An invented provider's frames of any size, made in memory: what `bench/pages.py` measures pages on.

Two years of monthly invoices, payments that cover one invoice, several or a part of one, credit notes, money matched to
nothing, two companies, two currencies, three technologies.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bench.synthetic_ledger import (
    MONTHS,
    PLANS,
    PRODUCTS,
    RATE,
    TECHNOLOGIES,
    USD,
    ZWG,
    codes,
    dates,
    ledger,
    moments,
    pick,
    series,
    text,
)

CITIES = ("Harare", "Bulawayo", "Mutare", "Gweru", "Kwekwe", "Masvingo", "Chinhoyi", "Marondera", "Kadoma", "Bindura")


def synthetic_frames(lines: int, seed: int = 1, today: date | None = None) -> dict[str, pd.DataFrame]:
    """Return every frame of a snapshot with exactly `lines` receivable lines (at least 1,000) up to `today`.

    Six customers a hundred lines; about one line in fourteen is open. The same arguments give the same frames.
    """
    if lines < 1000:
        raise ValueError("At least 1,000 lines are needed for believable proportions.")
    rng = np.random.default_rng(seed)
    end = int(np.datetime64(today or datetime.now(UTC).date(), "D").astype(np.int64))
    customers = lines * 6 // 100
    frames = _reference(end) | {"customers": _customers(rng, customers)}
    frames["services"] = _services(rng, customers, end)
    frames |= ledger(rng, lines, customers, end)
    frames |= _orders(rng, customers, end) | _tickets(rng, customers, end)
    return frames


def _reference(end: int) -> dict[str, pd.DataFrame]:
    ids = np.arange(1, len(PRODUCTS) + 1)
    names, technology, service, price = (list(column) for column in zip(*PRODUCTS, strict=True))
    months = np.arange(MONTHS + 1)
    return {
        "companies": pd.DataFrame(
            {"company_id": [1, 2], "name": pd.Series(["Afi", "Afi North"], dtype="str"), "currency_id": [USD, USD]}
        ),
        "currencies": pd.DataFrame(
            {
                "currency_id": [USD, ZWG],
                "code": pd.Series(["USD", "ZWG"], dtype="str"),
                "name": pd.Series(["USD", "ZIG"], dtype="str"),
                "symbol": pd.Series(["$", "ZiG"], dtype="str"),
                "decimals": [2, 2],
                "rounding": [0.01, 0.01],
                "active": [True, True],
            }
        ),
        "rates": pd.DataFrame(
            {
                "rate_id": 1 + months,
                "currency_id": np.full(len(months), ZWG),
                "company_id": np.zeros(len(months), dtype=np.int64),
                "date": dates(end - 30 * months[::-1]),
                "rate": np.round(RATE - 0.2 * months[::-1], 4),
            }
        ),
        "products": pd.DataFrame(
            {
                "product_id": ids,
                "template_id": ids,
                "name": pd.Series(names, dtype="str"),
                "code": text("P", ids),
                "category": pick(("Services", "Hardware"), np.where(service, 0, 1)),
                "technology": codes(np.array(technology), *TECHNOLOGIES),
                "is_service": service,
                "list_price": price,
                "currency_id": np.full(len(ids), USD),
                "active": np.ones(len(ids), dtype=bool),
                "kind": codes(np.where(service, 0, 1), "service", "consu"),
            }
        ),
        "users": _small("user_id:i partner_id:i name:t login:t active:b"),
        "journals": pd.DataFrame(
            {
                "journal_id": [1, 2],
                "name": pd.Series(["Customer Invoices", "Bank"], dtype="str"),
                "code": pd.Series(["INV", "BNK"], dtype="str"),
                "kind": codes(np.array([0, 1]), "sale", "bank"),
                "company_id": [1, 1],
            }
        ),
        "payment_methods": pd.DataFrame({"method_id": [1], "name": pd.Series(["Manual"], dtype="str")}),
        "accounts": pd.DataFrame(
            {
                "account_id": [1],
                "code": pd.Series(["121000"], dtype="str"),
                "name": pd.Series(["Account Receivable"], dtype="str"),
            }
        ),
        "payment_invoices": _small("payment_id:i move_id:i"),
    }


def _small(shape: str) -> pd.DataFrame:
    """Return a frame without rows."""
    kinds = {"i": "int64", "f": "float64", "t": "str", "c": "category", "b": "bool", "z": "datetime64[s, UTC]"}
    return pd.DataFrame(
        {name: pd.Series([], dtype=kinds[kind]) for name, kind in (p.split(":") for p in shape.split())}
    )


def _customers(rng: np.random.Generator, count: int) -> pd.DataFrame:
    ids = np.arange(1, count + 1)
    zero = np.zeros(count, dtype=np.int64)
    return pd.DataFrame(
        {
            "partner_id": ids,
            "name": text("Customer ", ids),
            "email": series(pc.binary_join_element_wise("c", pc.cast(pa.array(ids), pa.string()), "@example.com", "")),
            "phone": text("+263 77 ", 2_000_000 + ids),
            "ref": text("AF", ids),
            "street": text("", ids % 200),
            "city": pick(CITIES, rng.integers(0, len(CITIES), count)),
            "is_company": rng.random(count) < 0.2,
            "parent_id": zero,
            "commercial_partner_id": ids,
            "company_id": zero,
            "active": rng.random(count) > 0.02,
            "salesperson_id": zero,
            "customer_rank": np.ones(count, dtype=np.int64),
        }
    )


def _services(rng: np.random.Generator, customers: int, end: int) -> pd.DataFrame:
    """A customer in three has had a service that ended; one in four of these moved to another technology."""
    first = np.arange(1, customers + 1)
    again = first[rng.random(customers) < 0.12]
    partner = np.concatenate([first, again])
    plan = np.concatenate([rng.integers(0, PLANS, customers), rng.integers(0, PLANS, len(again))])
    start = end - rng.integers(31, 30 * MONTHS, len(partner))
    ended = np.append(rng.random(customers) < 0.25, np.zeros(len(again), dtype=bool))
    ended[again - 1] |= rng.random(len(again)) < 0.6
    stop = start + rng.integers(30, 600, len(partner))
    ended &= stop < end
    moved = np.flatnonzero(ended[again - 1])
    start[customers + moved] = np.minimum(stop[again[moved] - 1] + rng.integers(0, 50, len(moved)), end)
    order = np.argsort(partner, kind="stable")
    partner, plan, start, ended, stop = (column[order] for column in (partner, plan, start, ended, stop))
    ids = np.arange(1, len(partner) + 1)
    paused = ~ended & (ids % 50 == 0)
    nat = np.datetime64("NaT", "s")
    price = np.array([product[3] for product in PRODUCTS])[plan]
    return pd.DataFrame(
        {
            "service_id": text("contract.line:", ids),
            "source": text("oca_contract", ids).str.slice(0, 12),
            "inferred": np.zeros(len(ids), dtype=bool),
            "model": pick(("contract.contract",), np.zeros(len(ids), dtype=np.int64)),
            "record_id": ids,
            "name": pick(tuple(product[0] for product in PRODUCTS), plan),
            "partner_id": partner,
            "commercial_partner_id": partner,
            "company_id": np.where(partner % 10 == 0, 2, 1),
            "product_id": plan + 1,
            "technology": codes(np.array([product[1] for product in PRODUCTS])[plan], *TECHNOLOGIES),
            "status": codes(np.select([ended, paused], [3, 2], 0), "active", "upcoming", "paused", "ended"),
            "monthly_fee": price,
            "currency_id": np.full(len(ids), USD),
            "start_date": dates(start),
            "end_date": np.where(ended, dates(stop), nat),
            "next_billing_date": np.where(ended, nat, dates(np.full(len(ids), end + 20))),
            "bandwidth": pick(("Unlimited",), np.zeros(len(ids), dtype=np.int64)),
            "usage": pick(("Unlimited",), np.zeros(len(ids), dtype=np.int64)),
        }
    )


def _orders(rng: np.random.Generator, customers: int, end: int) -> dict[str, pd.DataFrame]:
    ids = np.arange(1, customers + 1)
    day = end - rng.integers(0, 30 * MONTHS, customers)
    busy = (end - day < 30) & (rng.random(customers) < 0.6)
    money = np.full(customers, 60.0)
    ordered = moments(day)
    never = moments(day).where(pd.Series(~busy))
    orders = pd.DataFrame(
        {
            "order_id": ids,
            "name": text("S", 10_000 + ids),
            "partner_id": ids,
            "commercial_partner_id": ids,
            "company_id": np.where(ids % 10 == 0, 2, 1),
            "currency_id": USD,
            "state": codes(np.where(ids % 20 == 0, 0, 1), "draft", "sale", "sent", "cancel"),
            "invoice_status": codes(busy.astype(np.int64), "invoiced", "to invoice", "no"),
            "delivery_status": codes(busy.astype(np.int64), "full", "pending", ""),
            "create_date": ordered,
            "date_order": ordered,
            "commitment_date": ordered,
            "effective_date": never,
            "salesperson_id": 0,
            "client_ref": text("", ids),
            "amount_untaxed": money,
            "amount_total": np.round(money * 1.15, 2),
            "subscription": np.zeros(customers, dtype=bool),
        }
    )
    done = (~busy).astype(np.float64)
    order_lines = pd.DataFrame(
        {
            "line_id": ids,
            "order_id": ids,
            "product_id": 9,
            "quantity": 1.0,
            "qty_delivered": done,
            "qty_invoiced": done,
            "price_unit": money,
            "discount_pct": 0.0,
            "subtotal": money,
            "currency_id": USD,
        }
    )
    deliveries = pd.DataFrame(
        {
            "picking_id": ids,
            "name": text("WH/OUT/", ids),
            "order_id": ids,
            "state": codes(busy.astype(np.int64), "done", "assigned", "cancel"),
            "kind": codes(np.zeros(customers, dtype=np.int64), "outgoing", "incoming", "internal"),
            "scheduled_date": ordered,
            "date_done": never,
            "partner_id": ids,
            "company_id": np.where(ids % 10 == 0, 2, 1),
        }
    )
    return {"orders": orders, "order_lines": order_lines, "deliveries": deliveries}


def _tickets(rng: np.random.Generator, customers: int, end: int) -> dict[str, pd.DataFrame]:
    count = max(customers // 3, 10)
    ids = np.arange(1, count + 1)
    partner = rng.integers(1, customers + 1, count)
    day = end - rng.integers(0, 30 * MONTHS, count)
    closed = rng.random(count) < np.clip((end - day) / 20, 0, 0.99)
    created = moments(day)
    tickets = pd.DataFrame(
        {
            "ticket_id": ids,
            "number": text("HT", ids),
            "subject": text("No connection ", ids),
            "partner_id": partner,
            "commercial_partner_id": partner,
            "contact_name": text("", ids),
            "contact_email": text("", ids),
            "company_id": np.where(partner % 10 == 0, 2, 1),
            "team_id": 1,
            "stage_id": np.where(closed, 3, 1),
            "closed": closed,
            "assignee_id": np.where(ids % 5 == 0, 0, 2),
            "priority": ids % 4,
            "create_date": created,
            "assigned_date": created,
            "last_stage_update": created,
            "closed_date": moments(day + 1).where(pd.Series(closed)),
            "unattended": ~closed & (ids % 7 == 0),
        }
    )
    stages = pd.DataFrame(
        {
            "stage_id": [1, 3],
            "name": pd.Series(["New", "Done"], dtype="str"),
            "closed": [False, True],
            "sequence": [1, 9],
        }
    )
    teams = pd.DataFrame({"team_id": [1], "name": pd.Series(["Support"], dtype="str")})
    return {"tickets": tickets, "ticket_stages": stages, "ticket_teams": teams}
