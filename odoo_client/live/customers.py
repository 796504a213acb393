"""One read on demand: a customer's name, e-mail, phone and address as Odoo has them now, for a form to correct.

It is never cached: what is corrected must be what Odoo has at that moment, not the snapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from odoo_client.errors import MissingRecordError
from odoo_client.people.redaction import without
from odoo_client.roles import Personal
from odoo_client.rpc.client import OdooClient

MODEL: Final = "res.partner"
PartnerField = Literal["name", "email", "phone", "mobile", "street", "street2", "city", "zip"]
#: What may be corrected, in the order of the form. `mobile` exists up to 18.
FIELDS: Final[tuple[PartnerField, ...]] = get_args(PartnerField)
#: What each is called, in sentences too.
FIELD_NAMES: Final[Mapping[PartnerField, str]] = {
    "name": "name",
    "email": "e-mail",
    "phone": "phone",
    "mobile": "mobile",
    "street": "street",
    "street2": "second line of the street",
    "city": "city",
    "zip": "ZIP code",
}
#: Those that are personal data, and which kind.
PERSONAL_FIELDS: Final[Mapping[PartnerField, Personal]] = {"email": "email", "phone": "phone", "mobile": "phone"}


@dataclass(frozen=True)
class PartnerFields:
    """A customer's fields as Odoo has them, "" for an empty one; those that this Odoo lacks are left out.

    `write_date` is when the record was last changed, as Odoo writes it (UTC).
    """

    partner_id: int
    values: Mapping[PartnerField, str]
    write_date: str


def partner_fields(client: OdooClient, partner_id: int) -> PartnerFields:
    """Return the fields of a customer as they stand in Odoo now. Any internal user may read them.

    Raises MissingRecordError when Odoo no longer has it (or hides it), OdooError for anything else.
    """
    known = client.fields(MODEL, FIELDS)
    names = [name for name in FIELDS if name in known]
    found = client.search_read(MODEL, [["id", "=", partner_id]], [*names, "write_date"])
    if not found:
        raise MissingRecordError(
            "Odoo no longer has this customer, or your account may not see it: refresh the figures.", model=MODEL
        )
    row = found[0]
    return PartnerFields(partner_id, {name: str(row[name] or "") for name in names}, str(row["write_date"] or ""))


def fields_for(read: PartnerFields, allowed: Collection[Personal]) -> PartnerFields:
    """Return the fields that may be seen with the personal data `allowed`.

    A field with other personal data in its text is left out too: the replacement must not be saved in its place.
    """
    hidden = {name for name, kind in PERSONAL_FIELDS.items() if kind not in allowed}
    shown = {
        name: value for name, value in read.values.items() if name not in hidden and without(value, allowed) == value
    }
    return replace(read, values=shown)
