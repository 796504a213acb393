"""Log a call or a promise to pay: an activity on the customer in Odoo, entered once even if something fails.

A promise is an open to-do whose summary is read back by the dataset `promises` ("Promise to pay USD 120.00") and whose
deadline is the day it is for. A call that took place is an activity that is done at once: Odoo itself writes "Call
done" into the customer's conversation, for staff only. In Odoo both need the right to change contacts (Contact
Creation, `base.group_partner_manager`), from 14 to 19.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from odoo_client.actions.outbox.entry import Author, Done, Entry, Record
from odoo_client.actions.outbox.job import Job
from odoo_client.actions.outbox.office import Office
from odoo_client.datasets.promises import PREFIX
from odoo_client.errors import ActionRefusedError, OdooAccessError
from odoo_client.metrics.words import day_words, money_words
from odoo_client.roles import ODOO_RIGHTS

#: In any currency, more than this is a typing error.
LARGEST_AMOUNT: Final = Decimal(10) ** 12
LONGEST_TEXT: Final = 5_000
#: A promise or a call more than a year ahead has a wrong year.
FURTHEST_DAYS: Final = 366
FOLLOW_UP_SUMMARY: Final = "Call back"
NEEDS_RIGHT: Final = (
    f"Odoo did not let you log this on the customer: it takes the right {ODOO_RIGHTS['promise']} "
    "and the customer's company. An administrator of Odoo gives both."
)
#: The types of activity that every Odoo with conversations has.
_TODO: Final = "mail.mail_activity_data_todo"
_CALL: Final = "mail.mail_activity_data_call"
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Promise:
    """What a customer promised: `amount` in `currency` (its code), paid by the end of `day`.

    `partner_id` is the customer itself (Odoo's commercial partner), never a contact; `customer` its name. `decimals`
    are those of the currency.
    """

    partner_id: int
    customer: str
    day: date
    amount: Decimal
    currency: str
    decimals: int = 2

    @property
    def summary(self) -> str:
        """What Odoo shows of it, and what it is known by: "Promise to pay USD 120.00"."""
        return f"{PREFIX}{self.currency} {self.amount:.{self.decimals}f}"


@dataclass(frozen=True)
class Call:
    """A call that took place today and what was said; `follow_up` is the day to call again (None = none)."""

    partner_id: int
    customer: str
    text: str
    follow_up: date | None = None

    @property
    def said(self) -> str:
        """The text as it goes to Odoo."""
        return self.text.replace("\r\n", "\n").replace("\x00", "").strip()


def log_promise(office: Office, author: Author, promise: Promise, *, token: str = "") -> Entry:
    """Return the outbox's entry of a promise to pay; it is sent to Odoo in the author's name.

    With the `token` of an earlier entry that one is returned and nothing is entered. Raises ActionRefusedError (a
    sentence) for an amount that is not a number, not above zero, above 1,000,000,000,000 or finer than its currency,
    for a day in the past or more than a year ahead (days as in `Settings.timezone`), and OutboxError when it cannot be
    written down. Odoo's answer is in the entry: without Contact Creation it fails with `NEEDS_RIGHT`.
    """
    check_promise(promise, _today(office))
    money = money_words(promise.amount, promise.currency, promise.decimals)
    entry = office.outbox.add(
        "activity",
        author,
        title=f"{PREFIX}{money} by {day_words(promise.day)}: {promise.customer}",
        payload={
            "action": "promise",
            "partner_id": promise.partner_id,
            "customer": promise.customer,
            "day": promise.day.isoformat(),
            "summary": promise.summary,
        },
        subject=f"res.partner:{promise.partner_id}",
        token=token,
    )
    office.poke()
    return entry


def log_call(office: Office, author: Author, call: Call, *, token: str = "") -> Entry:
    """Return the outbox's entry of a call that took place, with the day to call again if there is one.

    As `log_promise`. Raises ActionRefusedError for no text or one above 5,000 characters, and for a day that is
    in the past or more than a year ahead; OutboxError.
    """
    today = _today(office)
    check_call(call, today)
    again = f", again on {day_words(call.follow_up)}" if call.follow_up else ""
    entry = office.outbox.add(
        "activity",
        author,
        title=f"Call{again}: {call.customer}",
        payload={
            "action": "call",
            "partner_id": call.partner_id,
            "customer": call.customer,
            "day": today.isoformat(),
            "text": call.said,
            "follow_up": call.follow_up.isoformat() if call.follow_up else "",
        },
        subject=f"res.partner:{call.partner_id}",
        token=token,
    )
    office.poke()
    return entry


def check_promise(promise: Promise, today: date) -> None:
    """Raise what `log_promise` refuses: a form says so before it enters anything."""
    _check_customer(promise.partner_id, promise.customer)
    _check_amount(promise)
    _check_day(promise.day, today, "The promised day")


def check_call(call: Call, today: date) -> None:
    """Raise what `log_call` refuses."""
    _check_customer(call.partner_id, call.customer)
    if not call.said:
        raise ActionRefusedError("Write what was said: a call without a word helps nobody.")
    if len(call.said) > LONGEST_TEXT:
        raise ActionRefusedError(f"Write at most {LONGEST_TEXT:,} characters; this has {len(call.said):,}.")
    if call.follow_up is not None:
        _check_day(call.follow_up, today, "The day to call again")


def do_activity(job: Job) -> Done:
    """Bring a logged promise or call into Odoo: the handler of the kind "activity". Raises any AfinetError."""
    payload = job.payload
    if payload["action"] == "promise":
        words = f"{payload['summary']} by {day_words(date.fromisoformat(payload['day']))}."
        _schedule(job, "promise", _TODO, payload["day"], payload["summary"], words, job.token)
        found: dict[str, int] = {"activity_id": _activity(job, job.token) or 0}
    else:
        found = _call(job)
    return Done(Record("res.partner", int(payload["partner_id"]), str(payload["customer"])), found)


def _call(job: Job) -> dict[str, int]:
    payload = job.payload
    # The text goes into the feedback: below it Odoo repeats the note of a finished activity.
    _schedule(job, "call", _CALL, payload["day"], "", "", job.token)
    found = {"message_id": job.once("done", lambda: _finish(job), lambda: _message(job))}
    if payload["follow_up"]:
        mark = _follow_up_mark(job)
        _schedule(job, "follow_up", _CALL, payload["follow_up"], FOLLOW_UP_SUMMARY, payload["text"], mark)
        found["activity_id"] = _activity(job, mark) or 0
    return found


def _finish(job: Job) -> int:
    """Mark the call as done with what was said; return the message Odoo made of it."""
    activity_id = _activity(job, job.token)
    if activity_id is not None:
        return int(job.client.call("mail.activity", "action_feedback", ids=[activity_id], feedback=job.payload["text"]))
    found = _message(job)
    if found is None:
        raise ActionRefusedError(
            "The call was removed in Odoo before what was said could be written to it: log it again."
        )
    return found


def _schedule(job: Job, step: str, kind: str, day: str, summary: str, words: str, mark: str) -> None:
    """Make one activity assigned to the writer; its note carries `mark` and, where needed, the signature."""
    lines = [escape(line) for line in words.split("\n")] if words else []
    entered = escape(f"Entered in the dashboard{job.entry.author.signature}. {mark}")
    note = "".join(f"<p>{text}</p>" for text in ("<br>".join(lines), entered) if text)

    def send() -> bool:
        try:
            job.client.call(
                "res.partner",
                "activity_schedule",
                ids=[int(job.payload["partner_id"])],
                act_type_xmlid=kind,
                date_deadline=day,
                summary=summary,
                note=note,
                user_id=job.client.uid,
                automated=False,
            )
        except OdooAccessError as exc:
            raise ActionRefusedError(NEEDS_RIGHT) from exc
        # Up to 18 the answer is a text that only names the record: where the id is needed, the mark finds it.
        return True

    job.once(step, send, lambda: bool(_activity(job, mark) or _message(job, mark)) or None)


def _activity(job: Job, mark: str) -> int | None:
    """Return the activity that carries the mark, open or done; None: there is none."""
    domain: list[Any] = [["note", "ilike", mark]]
    if mark == job.token:
        domain.append(["note", "not ilike", _follow_up_mark(job)])
    found = job.client.call("mail.activity", "search", domain=domain, limit=1)
    return int(found[0]) if found else None


def _message(job: Job, mark: str = "") -> int | None:
    """Return the message that Odoo wrote when an activity with the mark was done: it repeats the note."""
    domain: list[Any] = [["model", "=", "res.partner"], ["res_id", "=", int(job.payload["partner_id"])]]
    domain.append(["body", "ilike", mark or job.token])
    if (mark or job.token) == job.token:
        domain.append(["body", "not ilike", _follow_up_mark(job)])
    found = job.client.call("mail.message", "search", domain=domain, limit=1)
    return int(found[0]) if found else None


def _follow_up_mark(job: Job) -> str:
    return f"{job.token}-2"


def _today(office: Office) -> date:
    moment = datetime.fromtimestamp(office.outbox.clock(), UTC)
    return moment.astimezone(ZoneInfo(office.settings.timezone)).date()


def _check_customer(partner_id: int, customer: str) -> None:
    if partner_id <= 0 or not customer.strip():
        raise ActionRefusedError("Choose a customer: what nobody said cannot be logged.")


def _check_amount(promise: Promise) -> None:
    amount = promise.amount
    if not _CODE.fullmatch(promise.currency):
        raise ActionRefusedError(f"{promise.currency!r} is no currency: give its code of three letters, such as USD.")
    # Checked first, since a comparison with NaN raises.
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount <= 0:
        raise ActionRefusedError("Give an amount above zero.")
    if amount > LARGEST_AMOUNT:
        raise ActionRefusedError(
            f"{amount:,.0f} {promise.currency} cannot be right: the largest is {LARGEST_AMOUNT:,}."
        )
    if amount != round(amount, promise.decimals):
        places = "no decimals" if promise.decimals == 0 else f"at most {promise.decimals} decimals"
        raise ActionRefusedError(f"{promise.currency} has {places}: {amount} is finer than that.")


def _check_day(day: date, today: date, what: str) -> None:
    if day < today:
        raise ActionRefusedError(f"{what} is {day_words(day)}, which is past: choose today or later.")
    if (day - today).days > FURTHEST_DAYS:
        raise ActionRefusedError(f"{what} is {day_words(day)}, more than a year ahead: check the year.")


__all__ = ["Call", "Promise", "check_call", "check_promise", "do_activity", "log_call", "log_promise"]
