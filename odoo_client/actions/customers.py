"""Correct a customer's name, e-mail, phone and address in Odoo, unless somebody changed them there meanwhile.

Only what differs from what was read is written, in one call. What Odoo does with it by itself (it notes who changed
what, hands an address on to the contacts) stays Odoo's affair; the customer gets no message.

Odoo rights needed: Contact Creation (base.group_partner_manager).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from odoo_client.actions.notes import note_html, post_note
from odoo_client.actions.outbox.entry import Author, Done, Entry, Record
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.office import Office
from odoo_client.errors import ActionRefusedError, MissingRecordError, OdooAccessError, StaleRecordError
from odoo_client.live.customers import FIELD_NAMES, FIELDS, MODEL, PartnerField, partner_fields
from odoo_client.metrics.contact_rules import emails_key, is_email, is_phone, phone_key
from odoo_client.roles import ODOO_RIGHTS

MAX_LENGTH: Final = 200
RIGHT: Final = ODOO_RIGHTS["customer"]
Rule = Literal["email", "phone"]
_RULE_OF: Final[Mapping[PartnerField, Rule]] = {"email": "email", "phone": "phone", "mobile": "phone"}


@dataclass(frozen=True)
class CustomerChange:
    """What a customer's fields should become, "" for empty; None leaves a field as it is (`mobile` if there is none).

    `seen` are the values as they were read, before anybody typed: of each field to be changed at least. `label` is the
    customer's name for people.
    """

    partner_id: int
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    street: str | None = None
    street2: str | None = None
    city: str | None = None
    zip: str | None = None
    seen: Mapping[PartnerField, str] = field(default_factory=dict)
    label: str = ""

    def changed(self) -> dict[PartnerField, str]:
        """Return the fields whose value differs from what was seen, with spaces at the ends removed."""
        wanted: dict[PartnerField, str | None] = {name: getattr(self, name) for name in FIELDS}
        return {
            name: value.strip()
            for name, value in wanted.items()
            if value is not None and value.strip() != self.seen.get(name, "").strip()
        }


def update_customer(office: Office, author: Author, change: CustomerChange, *, token: str = "") -> Entry:
    """Return the entry that writes what changed; with a `token` used before, the entry it already has.

    Raises ActionRefusedError when nothing changed, a name is empty, an e-mail or phone is not well formed, a text is
    too long or has line breaks; OutboxError when it cannot be kept, and then nothing is sent. The entry fails with
    StaleRecordError when Odoo's values are no longer those seen, and without the right (see this module).
    """
    values = check_change(change)
    label = change.label or change.seen.get("name", "") or "a customer"
    entry = office.outbox.add(
        "customer_update",
        author,
        title=f"Correct {_listed(values)} of {label}",
        payload={
            "partner_id": change.partner_id,
            "label": label,
            "values": values,
            "seen": {name: change.seen.get(name, "") for name in values},
        },
        subject=subject_of(change.partner_id),
        token=token,
    )
    office.poke()
    return entry


def check_change(change: CustomerChange) -> dict[PartnerField, str]:
    """Return the fields that would be written. Raises ActionRefusedError as `update_customer` does."""
    if change.partner_id <= 0:
        raise ActionRefusedError("Choose the customer to correct.")
    values = change.changed()
    if not values:
        raise ActionRefusedError("Nothing was changed: there is nothing to write into Odoo.")
    for name, value in values.items():
        _check(name, value)
    return values


def subject_of(partner_id: int) -> str:
    """Return what the outbox and the audit trail call this customer."""
    return f"{MODEL}:{partner_id}"


def do_update(job: Job) -> Done:
    """Write the change; see `odoo_client.actions.outbox.job.Handler`.

    Raises StaleRecordError when a field to be written is neither as seen nor as wanted, ActionRefusedError
    without the right or when this Odoo has no such field.
    """
    client, partner_id = job.client, int(job.payload["partner_id"])
    label, wanted, seen = str(job.payload["label"]), dict(job.payload["values"]), dict(job.payload["seen"])

    def write() -> str:
        # Odoo has no "write if unchanged": the call before checks it, which leaves only the time between the two.
        now = partner_fields(client, partner_id)
        if missing := [name for name in wanted if name not in now.values]:
            raise ActionRefusedError(f"This Odoo has no field for the {_listed(missing)} of a customer.")
        stale = [name for name in wanted if now.values[name].strip() not in (seen[name].strip(), wanted[name])]
        if stale:
            raise StaleRecordError(f"{_changed_meanwhile(label, stale, now.values)} Read it again, then correct it.")
        left = {name: value or False for name, value in wanted.items() if now.values[name] != value}
        if left:
            try:
                client.write(MODEL, [partner_id], left)
            except OdooAccessError as exc:
                raise _refused(job, exc) from exc
        return now.write_date

    def look_up() -> str | None:
        try:
            now = partner_fields(client, partner_id)
        except MissingRecordError:
            return None  # deleted: this is reported once Odoo can no longer be working on it
        there = all(_is_there(name, now.values.get(name), wanted[name], seen[name]) for name in wanted)
        return now.write_date if there else None

    try:
        job.once("write", write, look_up)
    except MissingRecordError as exc:
        raise ActionRefusedError(f"{label} is no longer in Odoo, or your account may not see it.") from exc
    if job.entry.author.on_behalf:
        # Odoo's own note of the change names the service account.
        post_note(job, "note", MODEL, partner_id, note_html(f"Corrected: {_listed(wanted)}.", job))
    return Done(Record(MODEL, partner_id, wanted.get("name") or label), {"fields": list(wanted)})


def _is_there(name: PartnerField, now: str | None, wanted: str, seen: str) -> bool:
    """Return whether a field in Odoo holds what was to be written: modules of Odoo rewrite phones and e-mails.

    A value that is still as it was seen does not count: only its spelling may have been corrected.
    """
    if now is None or now == wanted or now.strip() == seen.strip():
        return now is not None and now == wanted
    if name not in _RULE_OF:
        return False
    if _RULE_OF[name] == "email":
        return bool(emails_key(wanted)) and emails_key(now) == emails_key(wanted)
    return bool(phone_key(wanted)) and phone_key(now) == phone_key(wanted)


def _check(name: PartnerField, value: str) -> None:
    if len(value) > MAX_LENGTH or not value.isprintable():
        raise ActionRefusedError(
            f"The {FIELD_NAMES[name]} is longer than {MAX_LENGTH} characters, or has line breaks or signs that cannot "
            "be printed."
        )
    if name == "name" and not value:
        raise ActionRefusedError("A customer needs a name.")
    rule = _RULE_OF.get(name)
    if rule == "email" and value and not is_email(value):
        raise ActionRefusedError(
            "This is no e-mail address: one @, no spaces, and a domain with a dot; several are parted by a comma."
        )
    if rule == "phone" and value and not is_phone(value):
        raise ActionRefusedError(f"The {FIELD_NAMES[name]} needs 9 to 15 digits and no letters: +263 77 212 3456.")


def _changed_meanwhile(label: str, stale: list[str], now: Mapping[PartnerField, str]) -> str:
    said = [f"the {FIELD_NAMES[name]} to {now[name] or 'nothing'}" for name in FIELDS if name in stale]
    words = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"{label} was changed in Odoo since you read it, {words}; nothing was written."


def _refused(job: Job, exc: OdooAccessError) -> ActionRefusedError:
    """Return the reason in plain words: the right that is missing, or what Odoo says of this one record."""
    who = "The service account" if job.entry.author.on_behalf else "Your Odoo account"
    if not job.client.may(MODEL, "write"):
        return ActionRefusedError(f"{who} may not change customers: an administrator gives it {RIGHT} in Odoo.")
    if "res.users" in exc.remote_message:
        return ActionRefusedError(
            f"This customer is also an internal user of Odoo: {who[0].lower()}{who[1:]} needs Access Rights "
            "(base.group_erp_manager) to change them."
        )
    return ActionRefusedError(f"{who} may not change this customer: {exc.remote_message or exc.sentence}")


def _listed(names: Any) -> str:
    words = [FIELD_NAMES[name] for name in FIELDS if name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
