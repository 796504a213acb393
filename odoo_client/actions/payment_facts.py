"""A payment as Odoo has it at this moment, who entered it and who has approved it, and the invoices it may pay."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from odoo_client.actions.base import TOKEN_MARK
from odoo_client.actions.words import plain_money
from odoo_client.client import OdooClient
from odoo_client.datasets.payments import STATES
from odoo_client.errors import MissingRecordError
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
    raw: Mapping[str, Any]

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


def payment_facts(
    client: OdooClient, payment_id: int, *, service_login: str, authors: Mapping[str, str]
) -> PaymentFacts:
    """Return the payment as it stands in Odoo. Raises MissingRecordError when it is gone, OdooError otherwise.

    What the service account (`service_login`) wrote was entered by whom the record names; `authors` are the logins of
    this dashboard's own entries by token, which nobody can change in Odoo.
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
    people = _people(client, {int(row["create_uid"] or 0), *(int(one["create_uid"] or 0) for one in notes)})
    login, name = people.get(int(row["create_uid"] or 0), ("", ""))
    if token in authors:
        login, name = authors[token], name if authors[token] == login else authors[token]
    elif login.casefold() == service_login.casefold() and (behalf := _BEHALF.search(carried)):
        login = name = behalf.group(1)
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
        approvals=_approvals(notes, people, service_login),
        raw=row,
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


def _notes(client: OdooClient, payment_id: int) -> list[dict[str, Any]]:
    domain = [
        *(["model", "=", MODEL], ["res_id", "=", payment_id], ["body", "ilike", FIRST_APPROVAL]),
        ["message_type", "!=", "user_notification"],
    ]
    rows: list[dict[str, Any]] = client.call(
        "mail.message", "search_read", domain=domain, fields=["body", "create_uid"], limit=50, order="id asc"
    )
    return [{**row, "create_uid": row["create_uid"][0] if row["create_uid"] else 0} for row in rows]


def _people(client: OdooClient, user_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    rows = client.search_read("res.users", [["id", "in", sorted(user_ids)]], ["login", "name"])
    return {int(row["id"]): (str(row["login"]), str(row["name"] or row["login"])) for row in rows}


def _approvals(
    notes: Collection[Mapping[str, Any]], people: Mapping[int, tuple[str, str]], service_login: str
) -> tuple[Approval, ...]:
    """Return first approvals. Whose one is, Odoo says by who wrote the note; only the service account's text counts."""
    found = []
    for note in notes:
        text = text_of(str(note["body"] or ""))
        login, name = people.get(int(note["create_uid"]), ("", ""))
        if login.casefold() == service_login.casefold() and (behalf := _BEHALF.search(text)):
            login = name = behalf.group(1)
        if login and (amount := _FIRST.search(text)):
            found.append(Approval(login, name, amount.group(1).rstrip(".")))
    return tuple(found)
