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

from bench.synthetic_catalogue import PLANS, PRICES, PRODUCT_TECHNOLOGY, PRODUCTS, TECHNOLOGIES, plans_of
from bench.synthetic_columns import codes, dates, never, pick, series, text
from bench.synthetic_ledger import JOURNALS, METHODS, MONTHS, RATE, USD, ZWG, ledger
from bench.synthetic_work import STAFF, desk, link_orders, promises
from odoo_client.metrics.service_period import PERIODS

CITIES = ("Harare", "Bulawayo", "Mutare", "Gweru", "Kwekwe", "Masvingo", "Chinhoyi", "Marondera", "Kadoma", "Bindura")


def synthetic_frames(lines: int, seed: int = 1, today: date | None = None) -> dict[str, pd.DataFrame]:
    """Return every frame of a snapshot with exactly `lines` receivable lines (at least 1,000) up to `today`.

    A hundred lines have six customers, eight services, twenty tickets, ten orders and two promises to pay; about one
    line in fourteen is open. The same arguments give the same frames.
    """
    if lines < 1000:
        raise ValueError("At least 1,000 lines are needed for believable proportions.")
    rng = np.random.default_rng(seed)
    end = int(np.datetime64(today or datetime.now(UTC).date(), "D").astype(np.int64))
    customers = lines * 6 // 100
    frames = _reference(end) | {"customers": _customers(rng, customers)}
    frames["services"] = _services(rng, customers, end)
    frames["contract_lines"] = _contract_lines(frames["services"])
    frames |= ledger(rng, lines, customers, end)
    orders, frames["invoices"] = link_orders(rng, frames["invoices"], lines // 10, end)
    frames |= orders | desk(rng, customers, lines // 5, end)
    # Drawn last, so that all other frames stay as they were.
    return frames | {"promises": promises(rng, customers, lines // 50, end)}


def _reference(end: int) -> dict[str, pd.DataFrame]:
    ids = np.arange(1, len(PRODUCTS) + 1)
    names, technology, service, price = (list(column) for column in zip(*PRODUCTS, strict=True))
    months = np.arange(MONTHS + 1)
    return {
        "companies": pd.DataFrame({"company_id": [1, 2]}).assign(
            name=pd.Series(["Afi", "Afi North"], dtype="str"),
            currency_id=USD,
            root_id=[1, 2],
            **dict.fromkeys(
                ("street", "street2", "zip", "city", "vat", "phone", "email"), pd.Series(["", ""], dtype="str")
            ),
            **{f"{kind}_{side}_account_id": 0 for kind in ("exchange", "discount") for side in ("gain", "loss")},
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
        "units": pd.DataFrame({"unit_id": [1], "name": pd.Series(["Units"], dtype="str")}).assign(family=1, size=1.0),
        "products": pd.DataFrame(
            {
                "product_id": ids,
                "template_id": ids,
                "name": pd.Series(names, dtype="str"),
                "code": text("P", ids),
                "category": pick(("Services", "Hardware"), np.where(service, 0, 1)),
                "technology": codes(np.array(technology), *TECHNOLOGIES),
                "is_service": service,
                "unit_id": np.ones(len(ids), dtype=np.int64),
                "list_price": price,
                "currency_id": np.full(len(ids), USD),
                "company_id": np.zeros(len(ids), dtype=np.int64),
                "active": np.ones(len(ids), dtype=bool),
                "kind": codes(np.where(service, 0, 1), "service", "consu"),
            }
        ),
        "users": pd.DataFrame(
            {
                "user_id": STAFF,
                "partner_id": 1_000_000 + np.arange(len(STAFF)),
                "name": text("Person ", np.array(STAFF)),
                "login": text("person", np.array(STAFF)),
                "active": np.ones(len(STAFF), dtype=bool),
                "internal": np.ones(len(STAFF), dtype=bool),
            }
        ),
        "journals": pd.DataFrame(
            {
                "journal_id": np.arange(1, len(JOURNALS) + 1),
                "name": pd.Series([row[0] for row in JOURNALS], dtype="str"),
                "code": pd.Series([row[1] for row in JOURNALS], dtype="str"),
                "kind": pd.Categorical([row[2] for row in JOURNALS]),
                "company_id": np.ones(len(JOURNALS), dtype=np.int64),
                "default_account_id": np.zeros(len(JOURNALS), dtype=np.int64),
            }
        ),
        "payment_methods": pd.DataFrame(
            {"method_id": np.arange(1, len(METHODS) + 1), "name": pd.Series(METHODS, dtype="str")}
        ),
        "accounts": pd.DataFrame(
            {
                "account_id": [1],
                "code": pd.Series(["121000"], dtype="str"),
                "name": pd.Series(["Account Receivable"], dtype="str"),
                "account_type": pd.Categorical(["asset_receivable"]),
                "receivable": [True],
                "non_trade": [False],
            }
        ),
        "payment_invoices": _small("payment_id:i move_id:i"),
        "money_lines": _small(
            "line_id:i move_id:i company_id:i account_id:i partner_id:i currency_id:i amount:f "
            "balance_company:f label:t"
        ),
        "deductions": _small("move_id:i company_id:i commercial_partner_id:i currency_id:i reason:c amount:f label:t"),
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
    """Return four services for three customers; one in six has ended, and many who left came back with another plan."""
    first = np.arange(1, customers + 1)
    again = first[rng.random(customers) < 0.33]
    partner = np.concatenate([first, again])
    plan = plans_of(rng, len(partner))
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
    # One in twelve pays another price than the list.
    price = np.where(ids % 12 == 0, np.round(PRICES[plan] * 0.85, 2), PRICES[plan])
    return pd.DataFrame(
        {
            "service_id": text("contract.line:", ids),
            "source": text("oca_contract", ids).str.slice(0, 12),
            "inferred": np.zeros(len(ids), dtype=bool),
            "model": pick(("contract.contract",), np.zeros(len(ids), dtype=np.int64)),
            "record_id": ids,
            "name": pick(tuple(row[0] for row in PRODUCTS[:PLANS]), plan),
            "partner_id": partner,
            "commercial_partner_id": partner,
            "company_id": np.where(partner % 10 == 0, 2, 1),
            "product_id": plan + 1,
            "technology": codes(PRODUCT_TECHNOLOGY[plan], *TECHNOLOGIES),
            "status": codes(np.where(ended, 3, np.where(paused, 2, 0)), "active", "upcoming", "paused", "ended"),
            "monthly_fee": price,
            "currency_id": np.full(len(ids), USD),
            "period": codes(np.zeros(len(ids), dtype=np.int64), *PERIODS),
            "quantity": np.ones(len(ids)),
            "start_date": dates(start),
            "end_date": np.where(ended, dates(stop), never(len(ids))),
            "next_billing_date": np.where(ended, never(len(ids)), dates(np.full(len(ids), end + 20))),
            "bandwidth": pick(("Unlimited",), np.zeros(len(ids), dtype=np.int64)),
            "usage": pick(("Unlimited",), np.zeros(len(ids), dtype=np.int64)),
        }
    )


def _contract_lines(services: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "line_id": services["record_id"],
            "contract_id": services["record_id"],
            "product_id": services["product_id"],
            "quantity": np.ones(len(services)),
        }
    )
