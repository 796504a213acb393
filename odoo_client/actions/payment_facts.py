"""A payment as Odoo has it at this moment, who entered it and who has approved it, and the invoices it may pay."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from odoo_client.actions.base import TOKEN_MARK, Record
from odoo_client.actions.outbox import Outbox
from odoo_client.actions.words import plain_money
from odoo_client.client import OdooClient
from odoo_client.datasets.payments import STATES
from odoo_client.errors import ActionRefusedError, MissingRecordError
from odoo_client.htmltext import text_of

MODEL: Final = "account.payment"
FIRST_APPROVAL: Final = "First approval of"
_FIRST = re.compile(rf"{FIRST_APPROVAL} ([A-Z]{{3}} [0-9.]+)\b")
_BEHALF = re.compile(r"on behalf of [^()]* \(([^()\s]+)\)")
_TOKEN = re.compile(rf"{TOKEN_MARK}[A-Z2-7]{{16}}")


@dataclass(frozen=True)
class Approval:
    """A first approval noted in Odoo: whose, and of what amount ("USD 1500.00")."""

    login: str
    name: str
    amount: str


@dataclass(frozen=True)
class PaymentFacts:
    """A payment in Odoo now. `state` is "draft", "posted", "cancel" or "rejected" in every version.

    `entered_by` is the login of whoever entered it, `token` that of the entry which made it ("" = made in Odoo).
    """

    payment_id: int
    name: str
    state: str
    amount: Decimal
    currency: str
    currency_id: int
    decimals: int
    partner_id: int
    commercial_partner_id: int
    company_id: int
    move_id: int
    entered_by: str
    entered_by_name: str
    token: str
    approvals: tuple[Approval, ...]

    @property
    def amount_words(self) -> str:
        """The amount as approvals name it."""
        return plain_money(self.amount, self.currency, self.decimals)


@dataclass(frozen=True)
class InvoiceFacts:
    """An invoice in Odoo now; `line_ids` are its open receivable lines."""

    move_id: int
    name: str
    state: str
    kind: str
    residual: Decimal
    currency_id: int
    commercial_partner_id: int
    company_id: int
    line_ids: tuple[int, ...]


def payment_facts(client: OdooClient, payment_id: int, *, service_login: str, outbox: Outbox) -> PaymentFacts:
    """Return the payment as it stands in Odoo. Raises MissingRecordError when it is gone, OdooError otherwise.

    Who entered it is whoever made the record in Odoo. What the service account (`service_login`) made was entered by
    whom the outbox says, else whom the record names. A first approval counts when it is noted in Odoo and the outbox
    knows who gave it: a note that only reads like one is nobody's approval.
    """
    wanted = {
        *("display_name", "state", "amount", "currency_id", "partner_id", "company_id", "move_id", "create_uid"),
        *("payment_reference", "memo", "ref", "date", "payment_type", "partner_type"),
    }
    names = sorted(client.fields(MODEL, wanted))
    found = client.search_read(MODEL, [["id", "=", payment_id]], names)
    if not found:
        raise MissingRecordError(
            "This payment was deleted in Odoo, or your account may not see it: refresh the figures.", model=MODEL
        )
    row = found[0]
    currency = client.search_read("res.currency", [["id", "=", row["currency_id"]]], ["name", "decimal_places"])[0]
    partner = client.search_read("res.partner", [["id", "=", row["partner_id"] or 0]], ["commercial_partner_id"])
    carried = " ".join(str(row.get(name) or "") for name in ("payment_reference", "memo", "ref"))
    token = match.group() if (match := _TOKEN.search(carried)) else ""
    notes = _notes(client, payment_id)
    login, name = _person(client, int(row["create_uid"] or 0))
    if login.casefold() == service_login.casefold():
        login, name = _on_behalf(outbox, payment_id, token, carried) or (login, name)
    return PaymentFacts(
        payment_id=payment_id,
        name=str(row["display_name"] or ""),
        state=STATES.get(str(row["state"]), "draft"),
        amount=Decimal(str(row["amount"])),
        currency=str(currency["name"]),
        currency_id=int(row["currency_id"]),
        decimals=int(currency["decimal_places"]),
        partner_id=int(row["partner_id"] or 0),
        commercial_partner_id=int(partner[0]["commercial_partner_id"] or 0) if partner else 0,
        company_id=int(row["company_id"] or 0),
        move_id=int(row.get("move_id") or 0),
        entered_by=login,
        entered_by_name=name or login,
        token=token,
        approvals=_approvals(notes, outbox, payment_id),
    )


def invoice_facts(client: OdooClient, move_ids: Collection[int]) -> dict[int, InvoiceFacts]:
    """Return the invoices as they stand in Odoo, by id; those deleted or hidden are left out. Raises OdooError."""
    if not move_ids:
        return {}
    names = ["name", "state", "move_type", "amount_residual", "currency_id", "commercial_partner_id", "company_id"]
    rows = client.search_read("account.move", [["id", "in", sorted(move_ids)]], names)
    lines: dict[int, list[int]] = {}
    for line in client.search_read(
        "account.move.line",
        [["move_id", "in", sorted(move_ids)], receivable(client), ["reconciled", "=", False]],
        ["move_id"],
    ):
        lines.setdefault(int(line["move_id"]), []).append(int(line["id"]))
    return {
        int(row["id"]): InvoiceFacts(
            move_id=int(row["id"]),
            name=str(row["name"] or ""),
            state=str(row["state"]),
            kind=str(row["move_type"]),
            residual=Decimal(str(row["amount_residual"])),
            currency_id=int(row["currency_id"]),
            commercial_partner_id=int(row["commercial_partner_id"] or 0),
            company_id=int(row["company_id"]),
            line_ids=tuple(lines.get(int(row["id"]), ())),
        )
        for row in rows
    }


def receivable(client: OdooClient) -> list[Any]:
    """Return the domain leaf of receivable lines, by version."""
    if "account_type" in client.fields("account.account", ("account_type",)):
        return ["account_id.account_type", "=", "asset_receivable"]
    return ["account_id.internal_type", "=", "receivable"]


def _notes(client: OdooClient, payment_id: int) -> list[str]:
    """Return the texts of the notes on a payment that may be first approvals, oldest first."""
    domain = [["model", "=", MODEL], ["res_id", "=", payment_id], ["body", "ilike", FIRST_APPROVAL]]
    rows = client.call("mail.message", "search_read", domain=domain, fields=["body"], limit=50, order="id asc")
    return [text_of(str(row["body"] or "")) for row in rows]


def _person(client: OdooClient, user_id: int) -> tuple[str, str]:
    """Return a user's login and name, empty for nobody."""
    rows = client.search_read("res.users", [["id", "=", user_id]], ["login", "name"]) if user_id else []
    return (str(rows[0]["login"]), str(rows[0]["name"] or rows[0]["login"])) if rows else ("", "")


def _on_behalf(outbox: Outbox, payment_id: int, token: str, carried: str) -> tuple[str, str] | None:
    """Return for whom the service account made a payment: by its record, by its token, by the name it carries."""
    made = outbox.of_kind("payment_proof", record=Record(MODEL, payment_id))
    if not made and token:
        # An entry that has not learned of its record yet; the token of one that has may be anybody's copy.
        with suppress(ActionRefusedError):
            entry = outbox.get(token)
            made = [entry] if entry.kind == "payment_proof" and entry.record is None else []
    if made:
        return made[0].author.login, made[0].author.name
    behalf = _BEHALF.search(carried)
    return (behalf.group(1), behalf.group(1)) if behalf else None


def _approvals(notes: Collection[str], outbox: Outbox, payment_id: int) -> tuple[Approval, ...]:
    known = {one.token: one.author for one in outbox.of_kind("payment_approve", subject=f"{MODEL}:{payment_id}")}
    found = []
    for text in notes:
        author = next((known[token] for token in _TOKEN.findall(text) if token in known), None)
        amount = _FIRST.match(text.strip())
        if author is not None and amount is not None:
            found.append(Approval(author.login, author.name, amount.group(1).rstrip(".")))
    return tuple(found)
