"""A payment as Odoo has it at this moment, who entered it and who has approved it, and the invoices it may pay."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from odoo_client.actions.notes import find_note
from odoo_client.actions.outbox.entry import TOKEN_MARK, Entry, Record
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.words import plain_money
from odoo_client.actions.payments.terms import Terms
from odoo_client.datasets.payments import STATES
from odoo_client.errors import ActionRefusedError, MissingRecordError
from odoo_client.frames.kinds import day_of
from odoo_client.live.payments import MODEL
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.columns import Domain

#: What a finished decision achieved, in its entry's result.
FIRST_APPROVAL: Final = "first approval"
APPROVED: Final = "approved"
REJECTED: Final = "rejected"
_BEHALF = re.compile(r"on behalf of [^()]* \(([^()\s]+)\)")
_TOKEN = re.compile(rf"{TOKEN_MARK}[A-Z2-7]{{16}}")


@dataclass(frozen=True)
class Approval:
    """A first approval that stands: whose, and of what."""

    login: str
    name: str
    terms: Terms


@dataclass(frozen=True)
class PaymentFacts:
    """A payment in Odoo now. `state` is "draft", "posted", "cancel" or "rejected" in every version.

    `customer` is whom the ledger knows as the payer, `direction` "inbound" or "outbound". `entered_by` is the login of
    whoever entered it, `changed_by` of whoever else was the last to change it in Odoo ("" nobody), `token` that of the
    entry which made it ("" = made in Odoo), `entered` what that entry asked for (None where it is not known here).
    """

    payment_id: int
    name: str
    state: str
    direction: str
    partner_type: str
    amount: Decimal
    currency: str
    currency_id: int
    decimals: int
    day: date | None
    partner_id: int
    commercial_partner_id: int
    customer: str
    company_id: int
    journal_id: int
    journal: str
    move_id: int
    entered_by: str
    entered_by_name: str
    changed_by: str
    token: str
    entered: Terms | None
    approvals: tuple[Approval, ...]

    @property
    def amount_words(self) -> str:
        """The amount as notes name it."""
        return plain_money(self.amount, self.currency, self.decimals)

    @property
    def terms(self) -> Terms:
        """What a decision on it is bound to."""
        return Terms(
            amount=self.amount,
            currency_id=self.currency_id,
            partner_id=self.partner_id,
            company_id=self.company_id,
            journal_id=self.journal_id,
            day=self.day,
            currency=self.currency,
            decimals=self.decimals,
            customer=self.customer,
            journal=self.journal,
        )

    @property
    def agreed(self) -> tuple[Approval, ...]:
        """The first approvals of exactly this, oldest first."""
        return tuple(one for one in self.approvals if one.terms == self.terms)

    def agreed_by_others(self, login: str) -> tuple[Approval, ...]:
        """Return the first approvals of exactly this by anybody else."""
        return tuple(one for one in self.agreed if not same_login(one.login, login))


@dataclass(frozen=True)
class InvoiceFacts:
    """An invoice in Odoo now; `line_ids` are its open receivable lines."""

    move_id: int
    name: str
    state: str
    kind: str
    residual: Decimal
    currency_id: int
    currency: str
    decimals: int
    commercial_partner_id: int
    company_id: int
    line_ids: tuple[int, ...]


def payment_facts(client: OdooClient, payment_id: int, *, service_login: str, outbox: Outbox) -> PaymentFacts:
    """Return the payment as it is in Odoo. Raises MissingRecordError when it is gone, OdooError otherwise.

    Who entered it is whoever made the record in Odoo. What the service account (`service_login`) made was entered by
    whom the outbox says, else whom the record names.

    Who changed it is whoever Odoo says wrote it last: notes, questions, activities and files hung on it do not count
    there (seen on 14 and 19), a message with the first file on it does. The service account, which with single sign-on
    writes for everybody, changes no draft after it has made it.
    """
    wanted = {
        *("display_name", "state", "amount", "currency_id", "partner_id", "company_id", "journal_id", "move_id"),
        *("payment_reference", "memo", "ref", "date", "payment_type", "partner_type", "create_uid", "write_uid"),
    }
    names = sorted(client.fields(MODEL, wanted))
    found = client.search_read(MODEL, [["id", "=", payment_id]], names)
    if not found:
        raise MissingRecordError(
            "This payment was deleted in Odoo, or your account may not see it: refresh the figures.", model=MODEL
        )
    row = found[0]
    currency = client.search_read("res.currency", [["id", "=", row["currency_id"]]], ["name", "decimal_places"])[0]
    decimals = int(currency["decimal_places"])
    commercial_id, customer = _payer(client, int(row["partner_id"] or 0))
    journal = client.search_read("account.journal", [["id", "=", row["journal_id"] or 0]], ["name"])
    carried = " ".join(str(row.get(name) or "") for name in ("payment_reference", "memo", "ref"))
    token = match.group() if (match := _TOKEN.search(carried)) else ""
    entry = _made_by(outbox, payment_id, token)
    made_uid, last_uid = int(row["create_uid"] or 0), int(row["write_uid"] or 0)
    login, name = _person(client, made_uid)
    if same_login(login, service_login):
        login, name = _on_behalf(entry, carried) or (login, name)
    return PaymentFacts(
        payment_id=payment_id,
        name=str(row["display_name"] or ""),
        state=STATES.get(str(row["state"]), "draft"),
        direction=str(row["payment_type"] or ""),
        partner_type=str(row["partner_type"] or ""),
        amount=round(Decimal(str(row["amount"])), decimals),
        currency=str(currency["name"]),
        currency_id=int(row["currency_id"]),
        decimals=decimals,
        day=day_of(row.get("date")),
        partner_id=int(row["partner_id"] or 0),
        commercial_partner_id=commercial_id,
        customer=customer,
        company_id=int(row["company_id"] or 0),
        journal_id=int(row["journal_id"] or 0),
        journal=str(journal[0]["name"] or "") if journal else "",
        move_id=int(row.get("move_id") or 0),
        entered_by=login,
        entered_by_name=name or login,
        changed_by="" if last_uid == made_uid else _person(client, last_uid)[0],
        token=token,
        entered=Terms.of(entry.payload) if entry else None,
        approvals=_approvals(client, outbox, payment_id),
    )


def invoice_facts(client: OdooClient, move_ids: Collection[int]) -> dict[int, InvoiceFacts]:
    """Return the invoices as they are in Odoo, by id; those deleted or hidden are left out. Raises OdooError."""
    if not move_ids:
        return {}
    names = ["name", "state", "move_type", "amount_residual", "currency_id", "commercial_partner_id", "company_id"]
    rows = client.search_read("account.move", [["id", "in", sorted(move_ids)]], names)
    lines: dict[int, list[int]] = {}
    for line in client.search_read(
        "account.move.line",
        [["move_id", "in", sorted(move_ids)], *receivable(client), ["reconciled", "=", False]],
        ["move_id"],
    ):
        lines.setdefault(int(line["move_id"]), []).append(int(line["id"]))
    wanted = sorted({int(row["currency_id"]) for row in rows})
    currencies = client.search_read("res.currency", [["id", "in", wanted]], ["name", "decimal_places"])
    named: Mapping[int, Mapping[str, Any]] = {int(one["id"]): one for one in currencies}
    return {
        int(row["id"]): InvoiceFacts(
            move_id=int(row["id"]),
            name=str(row["name"] or ""),
            state=str(row["state"]),
            kind=str(row["move_type"]),
            residual=Decimal(str(row["amount_residual"])),
            currency_id=int(row["currency_id"]),
            currency=str(named[int(row["currency_id"])]["name"]),
            decimals=int(named[int(row["currency_id"])]["decimal_places"]),
            commercial_partner_id=int(row["commercial_partner_id"] or 0),
            company_id=int(row["company_id"]),
            line_ids=tuple(lines.get(int(row["id"]), ())),
        )
        for row in rows
    }


def same_login(one: str, other: str) -> bool:
    """Return whether two logins belong to one person."""
    return one.strip().casefold() == other.strip().casefold()


def receivable(client: OdooClient) -> Domain:
    """Return the domain of receivable lines that are a customer's debt or money, by version."""
    fields = client.fields("account.account", ("account_type", "non_trade"))
    if "account_type" not in fields:
        return [["account_id.internal_type", "=", "receivable"]]
    trade: Domain = [["account_id.non_trade", "=", False]] if "non_trade" in fields else []
    return [["account_id.account_type", "=", "asset_receivable"], *trade]


def _payer(client: OdooClient, partner_id: int) -> tuple[int, str]:
    """Return the id and name of the customer whose contact pays, (0, "") for nobody."""
    found = client.search_read("res.partner", [["id", "=", partner_id]], ["commercial_partner_id", "name"])
    if not found:
        return 0, ""
    commercial_id = int(found[0]["commercial_partner_id"] or 0)
    if commercial_id not in (0, partner_id):
        found = client.search_read("res.partner", [["id", "=", commercial_id]], ["name"]) or found
    return commercial_id, str(found[0]["name"] or "")


def _person(client: OdooClient, user_id: int) -> tuple[str, str]:
    """Return a user's login and name, empty for nobody."""
    rows = client.search_read("res.users", [["id", "=", user_id]], ["login", "name"]) if user_id else []
    return (str(rows[0]["login"]), str(rows[0]["name"] or rows[0]["login"])) if rows else ("", "")


def _made_by(outbox: Outbox, payment_id: int, token: str) -> Entry | None:
    """Return the entry that made a payment: by its record, else by the token that the payment carries."""
    made = outbox.of_kind("payment_proof", record=Record(MODEL, payment_id))
    if not made and token:
        # An entry that does not know its record yet: the token of one that does may have been copied by anybody.
        with suppress(ActionRefusedError):
            entry = outbox.get(token)
            made = [entry] if entry.kind == "payment_proof" and entry.record is None else []
    return made[0] if made else None


def _on_behalf(entry: Entry | None, carried: str) -> tuple[str, str] | None:
    """Return for whom the service account made a payment: by its entry, else by the name it carries."""
    if entry is not None:
        return entry.author.login, entry.author.name
    behalf = _BEHALF.search(carried)
    return (behalf.group(1), behalf.group(1)) if behalf else None


def _approvals(client: OdooClient, outbox: Outbox, payment_id: int) -> tuple[Approval, ...]:
    """Return the first approvals that stand, oldest first: known to the outbox, and noted in Odoo.

    A note alone is no approval, since anybody can write one, so what another installation's outbox knows has to be
    approved again here. What was approved is what the entry says, whatever a note says. A payment that was decided
    since, and set back to draft in Odoo, must be approved again.
    """
    subject = f"{MODEL}:{payment_id}"
    done = [
        (one, str(one.result.get("outcome", "")))
        for kind in ("payment_approve", "payment_reject")
        for one in outbox.of_kind(kind, subject=subject)
        if one.state == "done"
    ]
    decided_s = max((one.changed_s for one, outcome in done if outcome in (APPROVED, REJECTED)), default=-1.0)
    found = []
    for one, outcome in sorted(done, key=lambda each: each[0].number):
        if outcome != FIRST_APPROVAL or one.changed_s <= decided_s:
            continue
        terms = Terms.of(one.payload)
        if terms is not None and find_note(client, MODEL, payment_id, one.token) is not None:
            found.append(Approval(one.author.login, one.author.name, terms))
    return tuple(found)
