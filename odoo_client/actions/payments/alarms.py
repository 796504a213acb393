"""What to look at twice before a proof of payment is sent: each alarm is a sentence, and none forbids it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

import numpy as np
import pandas as pd

from odoo_client.actions.outbox.entry import Entry
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.visible import in_sight
from odoo_client.frames.arrays import FrameSource, flags, ints, is_code
from odoo_client.live.payments import Used
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.references import holds_reference, normal_reference, same_reference
from odoo_client.metrics.words import day_words, money_words

Code = Literal["file", "reference", "above", "currency", "future", "before", "archived"]
SAME_FILE: Final = "This very file has been used before"
SAME_REFERENCE: Final = "This bank reference has been used before"


@dataclass(frozen=True)
class Alarm:
    """Something that may be wrong with what is about to be sent."""

    code: Code
    sentence: str


@dataclass(frozen=True)
class Given:
    """What is about to be sent, as the alarms see it. `currency` is the code of `currency_id`."""

    partner_id: int
    amount: Decimal
    currency: str
    currency_id: int
    day: date
    sha256: str
    bank_reference: str
    move_ids: tuple[int, ...] = ()


def alarms(
    source: FrameSource,
    outbox: Outbox,
    given: Given,
    *,
    used: Collection[Used],
    references: Collection[int],
    today: date,
) -> list[Alarm]:
    """Return what should be looked at twice.

    `used` are the payments found in Odoo just now, `references` those that `references_in` found in the snapshot.
    """
    found: list[Alarm] = []
    found += _used(source, outbox, given, used, references)
    invoices = source.frame("invoices")
    mine = invoices[np.isin(ints(invoices, "move_id"), given.move_ids)]
    codes = source.frame("currencies").set_index("currency_id")["code"]
    other = mine[ints(mine, "currency_id") != given.currency_id]
    if len(other):
        theirs = [
            f"{_listed(rows['name'])} in {codes.get(key, '') or 'another currency'}"
            for key, rows in other.groupby("currency_id", sort=False)
        ]
        found.append(Alarm("currency", f"The payment is in {given.currency}, but {' and '.join(theirs)}."))
    elif len(mine):
        owed = sum((Decimal(str(round(float(left), 6))) for left in mine["residual"]), Decimal(0))
        if given.amount > owed:
            places = Currencies.of(source).places(given.currency_id)
            open_words, more = (money_words(each, given.currency, places) for each in (owed, given.amount - owed))
            sentence = f"The amount is above what is open of {_listed(mine['name'])}, {open_words}"
            found.append(Alarm("above", f"{sentence}: {more} would stay unallocated."))
    if given.day > today:
        found.append(Alarm("future", "The payment date is in the future."))
    early = [
        str(row["name"])
        for row in mine.to_dict("records")
        if pd.notna(row["invoice_date"]) and pd.Timestamp(row["invoice_date"]).date() > given.day
    ]
    if early:
        found.append(Alarm("before", f"The payment date is before the date of {_listed(early)}."))
    customers = source.frame("customers")
    who = ints(customers, "partner_id") == given.partner_id
    if who.any() and not flags(customers, "active")[who][0]:
        found.append(Alarm("archived", "This customer is archived in Odoo."))
    return found


def references_in(source: FrameSource, bank_reference: str) -> list[int]:
    """Return the ids of the snapshot's payments, except cancelled ones, with a bank reference, however typed."""
    wanted = normal_reference(bank_reference)
    if not wanted:
        return []
    payments = source.frame("payments")
    alive = payments[~is_code(payments, "state", "cancel", "rejected")]
    found: set[int] = set()
    for name in ("memo", "payment_reference"):
        held = [holds_reference(text, wanted) for text in alive[name].astype("str")]
        found.update(ints(alive, "payment_id")[np.array(held, dtype=np.bool_)].tolist())
    return sorted(found)


def entries_with(outbox: Outbox, bank_reference: str) -> list[Entry]:
    """Return the entries, not discarded, with a bank reference, however typed. Raises OutboxError."""
    wanted = normal_reference(bank_reference)
    values = [value for value in outbox.mark_values("bank_reference") if same_reference(value, wanted)]
    return [entry for value in values for entry in outbox.marked("bank_reference", value)]


def _used(
    source: FrameSource, outbox: Outbox, given: Given, used: Collection[Used], known: Collection[int]
) -> list[Alarm]:
    files = {one.payment_id: one.name for one in used if one.what == "file"}
    references = {one.payment_id: one.name for one in used if one.what != "file"} | dict.fromkeys(known, "")
    found = []
    places: tuple[tuple[Code, str, Mapping[int, str], Sequence[Entry]], ...] = (
        ("file", SAME_FILE, files, outbox.marked("sha256", given.sha256)),
        ("reference", SAME_REFERENCE, references, entries_with(outbox, given.bank_reference)),
    )
    for code, sentence, payments, entries in places:
        # An entry that is done is a payment in Odoo, which is reported once.
        waiting = [one for one in entries if one.record is None or one.record.record_id not in payments]
        # Of other companies' records, or those this person may not see, it says that they exist and no more.
        theirs = {one.record.record_id for one in entries if one.record is not None and in_sight(source, one)}
        theirs |= set(ints(source.frame("payments"), "payment_id").tolist()).intersection(payments)
        words = [_payment_words(source, key, name) for key, name in payments.items() if key in theirs]
        words += [f"{one.title} (entered here)" for one in waiting if in_sight(source, one)]
        hidden = len(payments) + len(waiting) - len(words)
        if hidden:
            them = "1 payment that is" if hidden == 1 else f"{hidden} payments that are"
            words = [*([_listed(words)] if words else []), f"{them} not among those you see"]
        if words:
            found.append(Alarm(code, f"{sentence}: {_listed(words)}."))
    return found


def _payment_words(source: FrameSource, payment_id: int, name: str) -> str:
    """Return a payment as people know it: its number, else amount, day and customer."""
    payments = source.frame("payments")
    rows = payments[ints(payments, "payment_id") == payment_id]
    if rows.empty:
        return name or "another payment"
    row = rows.iloc[0]
    if row["name"]:
        return str(row["name"])
    currencies, currency_id = Currencies.of(source), int(row["currency_id"])
    customers = source.frame("customers")
    who = customers.loc[ints(customers, "partner_id") == row["commercial_partner_id"], "name"]
    day = f" of {day_words(pd.Timestamp(row['date']))}" if pd.notna(row["date"]) else ""
    amount = money_words(Decimal(str(row["amount"])), currencies.code(currency_id), currencies.places(currency_id))
    return f"{amount}{day} from {who.iloc[0] if len(who) else 'nobody known'}"


def _listed(words: Collection[str]) -> str:
    """Return at most three of the words, each once."""
    once = list(dict.fromkeys(str(word) for word in words))
    return ", ".join(once[:3]) + (f" and {len(once) - 3} more" if len(once) > 3 else "")
