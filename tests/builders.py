"""Frames for tests: empty ones of the right shape, rows with defaults, and a small ledger that books like Odoo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import pandas as pd

from odoo_client.metrics.service_period import PERIODS
from odoo_client.store.snapshot import FrameInfo, Snapshot

# i int64, f float64, t text, c category, d date, z moment (UTC), b bool
_SHAPES = {
    "companies": "company_id:i name:t currency_id:i root_id:i street:t street2:t zip:t city:t vat:t phone:t email:t "
    "exchange_gain_account_id:i exchange_loss_account_id:i discount_gain_account_id:i discount_loss_account_id:i",
    "currencies": "currency_id:i code:t name:t symbol:t decimals:i rounding:f active:b",
    "rates": "rate_id:i currency_id:i company_id:i date:d rate:f",
    "customers": "partner_id:i name:t email:t phone:t ref:t street:t city:t is_company:b parent_id:i "
    "commercial_partner_id:i company_id:i active:b salesperson_id:i customer_rank:i",
    "units": "unit_id:i name:t family:i size:f",
    "products": "product_id:i template_id:i name:t code:t category:t technology:c is_service:b unit_id:i list_price:f "
    "currency_id:i company_id:i active:b kind:c",
    "users": "user_id:i partner_id:i name:t login:t active:b internal:b",
    "journals": "journal_id:i name:t code:t kind:c company_id:i default_account_id:i",
    "payment_methods": "method_id:i name:t",
    "accounts": "account_id:i code:t name:t account_type:c receivable:b non_trade:b",
    "receivable_lines": "line_id:i move_id:i move_name:t kind:c company_id:i partner_id:i commercial_partner_id:i "
    "currency_id:i account_id:i journal_id:i date:d due_date:d invoice_date:d balance_company:f amount:f residual:f "
    "residual_company:f reconciled:b disputed:b payment_id:i payment_state:c label:t ref:t contact_id:i",
    "partials": "partial_id:i debit_line_id:i credit_line_id:i amount_company:f debit_amount:f credit_amount:f "
    "max_date:d company_id:i",
    "invoices": "move_id:i name:t ref:t kind:c state:c payment_state:c company_id:i partner_id:i "
    "commercial_partner_id:i currency_id:i invoice_date:d date:d due_date:d amount_untaxed:f amount_tax:f "
    "amount_total:f residual:f amount_total_company:f residual_company:f journal_id:i salesperson_id:i origin:t "
    "payment_reference:t reversed_move_id:i create_date:z",
    "invoice_lines": "line_id:i move_id:i product_id:i quantity:f unit_id:i price_unit:f discount_pct:f subtotal:f "
    "currency_id:i company_id:i period_start:d period_end:d",
    "payments": "payment_id:i name:t move_id:i direction:c partner_id:i commercial_partner_id:i company_id:i "
    "currency_id:i amount:f date:d state:c raw_state:c journal_id:i method_id:i method:t memo:t payment_reference:t "
    "is_matched:b is_reconciled:b create_date:z created_by:i",
    "payment_invoices": "payment_id:i move_id:i",
    "money_lines": "line_id:i move_id:i company_id:i account_id:i partner_id:i currency_id:i amount:f "
    "balance_company:f label:t",
    "deductions": "move_id:i company_id:i commercial_partner_id:i currency_id:i reason:c amount:f label:t",
    "ticket_stages": "stage_id:i name:t closed:b sequence:i waiting:c",
    "ticket_teams": "team_id:i name:t",
    "tickets": "ticket_id:i number:t subject:t partner_id:i commercial_partner_id:i contact_name:t contact_email:t "
    "company_id:i team_id:i stage_id:i closed:b assignee_id:i priority:i create_date:z assigned_date:z "
    "last_stage_update:z closed_date:z unattended:b creator_id:i waiting:c cancelled:b",
    "message_subtypes": "subtype_id:i internal:b",
    "ticket_messages": "message_id:i ticket_id:i date:z author_partner_id:i message_type:c subtype_id:i internal:b "
    "public:b by_staff:b automatic:b",
    "orders": "order_id:i name:t partner_id:i commercial_partner_id:i company_id:i currency_id:i state:c "
    "invoice_status:c delivery_status:c create_date:z date_order:z commitment_date:z effective_date:z salesperson_id:i "
    "client_ref:t amount_untaxed:f amount_total:f subscription:b",
    "order_lines": "line_id:i order_id:i product_id:i quantity:f unit_id:i qty_delivered:f qty_invoiced:f price_unit:f "
    "discount_pct:f subtotal:f currency_id:i period_start:d period_end:d",
    "contract_lines": "line_id:i contract_id:i product_id:i quantity:f",
    "deliveries": "picking_id:i name:t order_id:i state:c kind:c scheduled_date:z date_done:z partner_id:i "
    "company_id:i",
    "services": "service_id:t source:t inferred:b model:t record_id:i name:t partner_id:i commercial_partner_id:i "
    "company_id:i product_id:i technology:c status:c monthly_fee:f currency_id:i period:c quantity:f start_date:d "
    "end_date:d next_billing_date:d bandwidth:t usage:t",
    "invoice_technology": "move_id:i technology:c amount:f",
    "promises": "promise_id:i partner_id:i commercial_partner_id:i user_id:i author_id:i day:d summary:t created:z "
    "done_on:d currency_id:i amount:f made_on:d kept_on:d",
}
#: Columns of each frame with the letter of their dtype.
SHAPES = {name: dict(pair.split(":") for pair in text.split()) for name, text in _SHAPES.items()}
DTYPES = {"i": "int64", "f": "float64", "t": "str", "c": "category", "d": "datetime64[s]", "b": "bool"}
_EMPTY = {"i": 0, "f": 0.0, "t": "", "c": "", "d": pd.NaT, "z": pd.NaT, "b": False}
CODES = {
    "technology": ["fibre", "wireless", "starlink", ""],
    "status": ["active", "upcoming", "paused", "ended"],
    "waiting": ["us", "customer", "closed"],
    "period": list(PERIODS),
}
#: What a value is that a test leaves out, where an empty one is none that Odoo would have.
DEFAULTS = {"waiting": "us", "period": "rule"}
USD, ZWG = 1, 2


def rows(name: str, records: Iterable[Mapping[str, Any]] = ()) -> pd.DataFrame:
    """Return the frame `name` of `records`, columns left out empty; a column the frame does not have is an error."""
    shape, records = SHAPES[name], list(records)
    unknown = {key for record in records for key in record} - shape.keys()
    assert not unknown, f"{name} has no column {sorted(unknown)}"
    columns = {}
    for column, letter in shape.items():
        values = [record.get(column, DEFAULTS.get(column, _EMPTY[letter])) for record in records]
        if letter == "z":
            columns[column] = pd.Series(pd.to_datetime(values, utc=True)).astype("datetime64[s, UTC]")
        elif letter == "c":
            categories = CODES.get(column) or sorted(set(values))
            columns[column] = pd.Series(pd.Categorical(values, categories=pd.Index(categories, dtype="str")))
        else:
            columns[column] = pd.Series(values, dtype=DTYPES[letter])
    return pd.DataFrame(columns)


@cache
def _empty(name: str) -> pd.DataFrame:
    return rows(name)


def empty_frames() -> dict[str, pd.DataFrame]:
    """Return every frame of a snapshot without rows (shared: never write into them)."""
    return {name: _empty(name) for name in SHAPES}


def snapshot(lacks: Mapping[str, tuple[str, ...]] | None = None, **frames: Any) -> Snapshot:
    """Return a snapshot of `frames` (a list of records or a frame each), the others empty."""
    made = {
        name: given if isinstance(given, pd.DataFrame) else rows(name, given)
        for name, given in frames.items()
        if len(given)
    }
    now = datetime.now(UTC)
    info = {name: FrameInfo(0, now, lacks=missing) for name, missing in (lacks or {}).items()}
    return Snapshot.from_frames(empty_frames() | made, info=info)


@dataclass
class Ledger:
    """A provider's books: two companies, US dollars and Zimbabwe gold, and whatever a test books into them.

    Every method that books returns the id of its receivable line. Residuals are those of the day everything is booked.
    """

    frames: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in SHAPES})
    lacks: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.frames["companies"] += [
            {"company_id": 1, "name": "Afi Fibre", "currency_id": USD},
            {"company_id": 2, "name": "Afi Wireless", "currency_id": USD},
        ]
        self.frames["currencies"] += [
            {"currency_id": USD, "code": "USD", "name": "USD", "decimals": 2, "rounding": 0.01, "active": True},
            {"currency_id": ZWG, "code": "ZWG", "name": "ZIG", "decimals": 2, "rounding": 0.01, "active": True},
        ]

    def currency(self, currency_id: int, code: str, decimals: int = 2) -> int:
        """Add a currency beside US dollars and Zimbabwe gold."""
        record = {"currency_id": currency_id, "code": code, "name": code, "active": True}
        self.frames["currencies"].append(record | {"decimals": decimals, "rounding": 10.0**-decimals})
        return currency_id

    def customer(self, partner_id: int, name: str = "", **more: Any) -> int:
        """Add a partner, a customer of its own unless `commercial_partner_id` says otherwise."""
        record = {"partner_id": partner_id, "name": name or f"Customer {partner_id}", "active": True}
        self.frames["customers"].append(record | {"commercial_partner_id": partner_id} | more)
        return partner_id

    def invoice(
        self,
        customer: int,
        amount: float,
        due: date | None,
        *,
        on: date | None = None,
        technology: Mapping[str, float] | None = None,
        reverses: int = 0,
        move_id: int | None = None,
        **more: Any,
    ) -> int:
        """Book an invoice (a credit note when negative); a further line with the same `move_id` is an instalment."""
        kind = "invoice" if amount > 0 else "credit_note"
        day = on or due or date(2026, 1, 1)
        first = move_id is None
        move_id = move_id or 1000 + len(self.frames["receivable_lines"])
        line = self._line(kind, customer, amount, day, due, move_id=move_id, invoice_date=day, **more)
        owner = {key: line[key] for key in ("commercial_partner_id", "company_id", "currency_id", "payment_state")}
        if first:
            # Odoo keeps its totals positive, whichever way the money goes.
            document = {"move_id": move_id, "name": line["move_name"], "kind": kind, "state": "posted", "date": day}
            document |= {"invoice_date": day, "amount_total": abs(amount), "reversed_move_id": self.move_of(reverses)}
            self.frames["invoices"].append(document | owner)
        for name, untaxed in (technology or {}).items():
            self.frames["invoice_technology"].append({"move_id": move_id, "technology": name, "amount": untaxed})
        return int(line["line_id"])

    def payment(self, customer: int, amount: float, on: date, *, written_off: float = 0.0, **more: Any) -> int:
        """Book an inbound payment, matched to nothing yet; it credits what it wrote off beside its amount."""
        payment_id = 5000 + len(self.frames["payments"])
        line = self._line("payment", customer, -(amount + written_off), on, on, payment_id=payment_id, **more)
        self._deduct(line, written_off)
        record = {"payment_id": payment_id, "move_id": line["move_id"], "direction": "inbound", "state": "posted"}
        owner = {key: line[key] for key in ("commercial_partner_id", "company_id", "currency_id")}
        self.frames["payments"].append(record | owner | {"amount": amount, "date": on})
        return int(line["line_id"])

    def bank_line(self, customer: int, amount: float, on: date, *, written_off: float = 0.0, **more: Any) -> int:
        """Book a line of the bank's statement on the customer's account, with no payment, matched to nothing yet."""
        line = self._line("bank_line", customer, -(amount + written_off), on, on, **more)
        self._deduct(line, written_off)
        return int(line["line_id"])

    def _deduct(self, line: Mapping[str, Any], amount: float, reason: str = "written_off") -> None:
        if amount:
            owner = {key: line[key] for key in ("move_id", "company_id", "commercial_partner_id", "currency_id")}
            self.frames["deductions"].append(owner | {"reason": reason, "amount": -amount})

    def draft(
        self,
        customer: int,
        amount: float,
        *,
        entered: datetime | None = None,
        meant_for: Iterable[int] = (),
        **more: Any,
    ) -> int:
        """Enter an inbound payment as a draft, meant for the invoices of those lines, and return its id: no entry."""
        payment_id = 5000 + len(self.frames["payments"])
        record = {"payment_id": payment_id, "direction": "inbound", "state": "draft", "partner_id": customer}
        record |= {"commercial_partner_id": customer, "company_id": 1, "currency_id": USD, "amount": amount}
        self.frames["payments"].append(record | {"create_date": entered or pd.NaT} | more)
        for line_id in meant_for:
            self.frames["payment_invoices"].append({"payment_id": payment_id, "move_id": self.move_of(line_id)})
        return payment_id

    def promise(self, customer: int, amount: float, day: date, *, made: date, **more: Any) -> int:
        """Enter a promise to pay by `day`, made on the day `made`, and return its id; `kept_on` is not worked out."""
        promise_id = 7000 + len(self.frames["promises"])
        record = {"promise_id": promise_id, "partner_id": customer, "commercial_partner_id": customer, "day": day}
        record |= {"currency_id": USD, "amount": amount, "made_on": made}
        self.frames["promises"].append(record | {"summary": f"Promise to pay USD {amount:.2f}"} | more)
        return promise_id

    def entry(self, customer: int, amount: float, on: date, due: date | None = None, **more: Any) -> int:
        """Book a plain journal entry on the receivable account."""
        return int(self._line("entry", customer, amount, on, due, **more)["line_id"])

    def reconcile(self, debit: int, credit: int, amount: float, on: date, credit_amount: float | None = None) -> int:
        """Match `amount` of the debit line (in its currency) with the credit line (in its own) on the day `on`."""
        other = amount if credit_amount is None else credit_amount
        partial_id = 1 + len(self.frames["partials"])
        record = {"partial_id": partial_id, "debit_line_id": debit, "credit_line_id": credit, "debit_amount": amount}
        self.frames["partials"].append(record | {"credit_amount": other, "max_date": on})
        for line_id, change in ((debit, -amount), (credit, other)):
            line = self.line(line_id)
            line["residual"] = round(line["residual"] + change, 2)
            line["reconciled"] = line["residual"] == 0
        return partial_id

    def line(self, line_id: int) -> dict[str, Any]:
        """Return the record of a receivable line, to be changed by the test."""
        return self.frames["receivable_lines"][line_id - 1]

    def move_of(self, line_id: int) -> int:
        """Return the move of a receivable line, 0 for no line."""
        return self.line(line_id)["move_id"] if line_id else 0

    def rate(self, currency_id: int, on: date, rate: float, company_id: int = 0) -> None:
        """Enter how many units of the currency one US dollar is from the day `on`."""
        record = {"rate_id": 1 + len(self.frames["rates"]), "currency_id": currency_id, "company_id": company_id}
        self.frames["rates"].append(record | {"date": on, "rate": rate})

    def snapshot(self) -> Snapshot:
        """Return what is booked so far."""
        return snapshot(self.lacks, **self.frames)

    def _line(
        self, kind: str, customer: int, amount: float, day: date, due: date | None, **more: Any
    ) -> dict[str, Any]:
        line_id = 1 + len(self.frames["receivable_lines"])
        move_id = more.pop("move_id", 1000 + line_id)
        record = {"line_id": line_id, "move_id": move_id, "move_name": f"{kind.upper()}/{move_id}", "kind": kind}
        record |= {"company_id": 1, "partner_id": customer, "commercial_partner_id": customer, "currency_id": USD}
        record |= {"date": day, "due_date": due or pd.NaT, "amount": amount, "residual": amount, "payment_state": ""}
        self.frames["receivable_lines"].append(record | more)
        return self.frames["receivable_lines"][-1]
