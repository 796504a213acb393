"""What is read from Odoo while somebody enters or decides on a payment: journals, documents, what was used before.

It is read on demand with the person's own account, typed and never cached; every failure is an OdooError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from odoo_client.metrics.references import holds_reference, normal_reference, telling_parts
from odoo_client.rpc.client import OdooClient

MODEL: Final = "account.payment"
MOST_FOUND: Final = 20
#: Part of a reference may be in the texts of unrelated payments, so more are looked at than are found.
MOST_LOOKED_AT: Final = 200


@dataclass(frozen=True)
class Method:
    """A way of paying into a journal; `method_id` is of a method line from 15 on, else of the method."""

    method_id: int
    name: str


@dataclass(frozen=True)
class Journal:
    """A bank or cash journal; `currency_id` 0 = the company's currency."""

    journal_id: int
    name: str
    kind: str
    company_id: int
    currency_id: int
    methods: tuple[Method, ...]


@dataclass(frozen=True)
class Used:
    """A payment in Odoo that has the same file or names the same bank reference."""

    payment_id: int
    name: str
    what: str


def journals(client: OdooClient, company_id: int) -> tuple[Journal, ...]:
    """Return the company's bank and cash journals by name, with the methods Odoo offers for money that comes in."""
    names = ["name", "type", "company_id", "currency_id"]
    lines = "inbound_payment_method_line_ids"
    methods_field = next(
        iter(client.fields("account.journal", (lines, "inbound_payment_method_ids"))), "inbound_payment_method_ids"
    )
    domain = [["type", "in", ["bank", "cash"]], ["company_id", "=", company_id]]
    rows = client.search_read("account.journal", domain, [*names, methods_field], active_test=True)
    model = "account.payment.method.line" if methods_field == lines else "account.payment.method"
    wanted = sorted({int(one) for row in rows for one in row[methods_field] or []})
    named = client.search_read(model, [["id", "in", wanted]], ["name"]) if wanted else []
    words = {int(row["id"]): str(row["name"] or "") for row in named}
    found = [
        Journal(
            journal_id=int(row["id"]),
            name=str(row["name"] or ""),
            kind=str(row["type"]),
            company_id=int(row["company_id"]),
            currency_id=int(row["currency_id"] or 0),
            methods=tuple(Method(int(one), words[int(one)]) for one in row[methods_field] or [] if int(one) in words),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (one.kind != "bank", one.name.casefold())))


def used_before(client: OdooClient, *, sha1: str, bank_reference: str) -> tuple[Used, ...]:
    """Return the payments in Odoo, cancelled ones aside, that carry this file or this bank reference."""
    found: dict[tuple[int, str], Used] = {}
    if sha1:
        domain = [["res_model", "in", [MODEL, "account.move"]], ["checksum", "=", sha1]]
        files = client.call(
            "ir.attachment", "search_read", domain=domain, fields=["res_model", "res_id"], limit=MOST_FOUND
        )
        ids = [int(row["res_id"]) for row in files if row["res_model"] == MODEL and row["res_id"]]
        moves = [int(row["res_id"]) for row in files if row["res_model"] != MODEL and row["res_id"]]
        for used in _payments(client, ["|", ["id", "in", ids], ["move_id", "in", moves]], "file"):
            found[used.payment_id, used.what] = used
    wanted = normal_reference(bank_reference)
    if wanted:
        names = [name for name in ("memo", "ref", "payment_reference") if name in client.fields(MODEL, (name,))]
        # Odoo cannot search for what is part of a given text: its telling parts are searched for, and then compared.
        texts = dict.fromkeys([bank_reference.strip(), *telling_parts(bank_reference)])
        escaped = [text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for text in texts]
        leaves: list[Any] = [[name, "ilike", text] for name in names for text in escaped]
        domain = [*["|"] * (len(leaves) - 1), *leaves]
        for used in _payments(client, domain, "bank reference", wanted, names):
            found[used.payment_id, used.what] = used
    return tuple(found.values())


def _payments(
    client: OdooClient, domain: list[Any], what: str, wanted: str = "", names: list[str] | None = None
) -> list[Used]:
    rows = client.call(
        MODEL,
        "search_read",
        domain=[*domain, ["state", "not in", ["cancel", "canceled", "rejected"]]],
        fields=["display_name", *(names or [])],
        limit=MOST_LOOKED_AT if wanted else MOST_FOUND,
        order="id desc",
    )
    kept = [
        row for row in rows if not wanted or any(holds_reference(str(row[name] or ""), wanted) for name in names or [])
    ]
    return [Used(int(row["id"]), _label(row), what) for row in kept[:MOST_FOUND]]


def _label(row: Mapping[str, Any]) -> str:
    name = str(row["display_name"] or "")
    return name if name not in ("", "/", "False", "Draft Payment") else "a draft payment"
