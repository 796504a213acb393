"""What is known of each ticket at a moment, and the backlog over time.

Of each ticket: whom it waits for, how long, and how fast it was answered and solved. The backlog is rebuilt from when
tickets were opened and closed.

Clocks run through nights and weekends. The customer's last word is the last public message that no internal user and no
machine wrote; a ticket without one was opened by phone or form, so its creation counts. An answer is what an internal
user wrote in public: neither an internal note nor a change of stage is one, and neither is the e-mail that opened the
ticket. An answer stops the ticket's clock; the first thing the customer writes after it starts the clock again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, FrameSource, IntArray, coded, flags, ints
from odoo_client.frames.dates import NO_DAY, dates, day_number, local_days, seconds
from odoo_client.frames.groups import positions

#: Whom a ticket waits for.
WAITING = ("us", "customer", "closed")
#: Upper limits of the age bands in hours, and their keys; what is older is in the last.
AGE_LIMITS_H = (4, 24, 72, 168, 672)
AGE_BANDS = {
    "4h": "Under 4 hours",
    "1d": "4–24 hours",
    "3d": "1–3 days",
    "1w": "3–7 days",
    "4w": "1–4 weeks",
    "older": "Over 4 weeks",
}
#: A staff e-mail dated this soon after staff made the ticket is the one that made it: the sender's clock may be ahead
#: of Odoo's.
OPENING_S = 300
#: How the mail gateway marks what it brings in.
BY_EMAIL = "email"
SECONDS_AN_HOUR = 3600.0


@dataclass(frozen=True)
class Exchange:
    """What the messages say, one value a ticket: moments in seconds since 1970 (`NO_DAY` = none).

    `last_customer` and `last_staff` are the last public words of either side, `last` the last message of anybody who
    wrote, `first_reply` the first public answer, `unanswered` the customer's first public word after the last answer.
    """

    last_customer: IntArray
    last_staff: IntArray
    last: IntArray
    first_reply: IntArray
    unanswered: IntArray


def messages_known(source: FrameSource) -> bool:
    """Return whether this account may read messages: otherwise nobody knows who has had an answer."""
    info = source.info.get("ticket_messages")
    return info is not None and getattr(info, "state", "ok") == "ok"


def ticket_facts(source: FrameSource, now: datetime, timezone: str) -> pd.DataFrame:
    """Return one row a ticket, sorted by ticket_id, as things stand at `now`.

    Columns: ticket_id int64; waiting category ("us", "customer", "closed"); age_h float64 (creation to now, of a closed
    ticket to its closing, NaN unknown); age_band category of `AGE_BANDS` by age_h; created_day, closed_day int64 (local
    days since 1970, `NO_DAY` none; an open ticket has no closed_day); last_change, last_customer_message,
    last_staff_message datetime64[s, UTC]; hours_since_customer float64 (since the customer's last word, else since
    creation); customer_spoke_last bool; waited_h float64 (hours without an answer of a ticket that waits for us: since
    the customer's first word after our last answer, since creation where we never answered or messages may not be
    read; NaN: it does not wait for us, or the last word is our answer); first_response_h float64 (NaN: no answer, or
    not known); resolution_h float64 (NaN: open, cancelled, or closed without a date); no_reply bool (open, and never
    answered in public).
    """
    tickets = source.frame("tickets")
    ids, closed = ints(tickets, "ticket_id"), flags(tickets, "closed")
    created, ended = seconds(tickets, "create_date"), seconds(tickets, "closed_date")
    # Odoo may keep the date of an earlier closing on a ticket that was reopened.
    ended = np.where(closed, ended, NO_DAY)
    now_s = int(now.timestamp())
    said = exchange(source, now_s)
    age_h = np.where(closed, _hours(created, ended), _hours(created, np.full(len(ids), now_s)))
    last_word = np.where(said.last_customer != NO_DAY, said.last_customer, created)
    moved = [seconds(tickets, name) for name in ("create_date", "assigned_date", "last_stage_update")]
    last_change = np.maximum.reduce([*moved, ended, said.last]) if len(ids) else created
    cancelled = flags(tickets, "cancelled") if "cancelled" in tickets else np.zeros(len(ids), dtype=np.bool_)
    bands = np.searchsorted(AGE_LIMITS_H, np.nan_to_num(age_h), side="right")
    waiting, known = _waiting(tickets, closed), messages_known(source)
    # What was read before the right was taken away says nothing about the answers since.
    answered = (said.first_reply != NO_DAY) & known
    owed_since = np.where(answered, said.unanswered, created)
    owed_since = np.where(waiting == WAITING.index("us"), owed_since, NO_DAY)
    return pd.DataFrame(
        {
            "ticket_id": ids,
            "waiting": coded(waiting, WAITING),
            "age_h": age_h,
            "age_band": coded(bands, AGE_BANDS, ordered=True),
            "created_day": local_days(created, timezone),
            "closed_day": local_days(ended, timezone),
            "last_change": _moments(last_change),
            "last_customer_message": _moments(said.last_customer),
            "last_staff_message": _moments(said.last_staff),
            "hours_since_customer": _hours(last_word, np.full(len(ids), now_s)),
            "customer_spoke_last": said.last_customer > said.last_staff,
            "waited_h": _hours(owed_since, np.full(len(ids), now_s)),
            "first_response_h": _hours(created, said.first_reply),
            "resolution_h": np.where(cancelled, np.nan, _hours(created, ended)),
            "no_reply": ~closed & (said.first_reply == NO_DAY) & known,
        }
    )


def exchange(source: FrameSource, now_s: int) -> Exchange:
    """Return what the messages up to now say of each ticket."""
    tickets, messages = source.frame("tickets"), source.frame("ticket_messages")
    at = positions(ints(tickets, "ticket_id"), ints(messages, "ticket_id"))
    moment = seconds(messages, "date")
    spoken = (at >= 0) & (moment != NO_DAY) & (moment <= now_s) & ~flags(messages, "automatic")
    order = np.lexsort((ints(messages, "message_id"), moment, at))
    order = order[spoken[order]]
    at, moment = at[order], moment[order]
    public, staff = flags(messages, "public")[order], flags(messages, "by_staff")[order]
    size = len(tickets)
    mailed = staff & (messages["message_type"] == BY_EMAIL).to_numpy(dtype=np.bool_)[order]
    reply, customer = public & staff & ~_opening(source, at, moment, public, mailed), public & ~staff
    place = np.arange(len(at))
    # By position, not by moment: an answer and the next question may fall into the same second.
    after_reply = place > _last(at, place, reply, size)[at]
    return Exchange(
        last_customer=_last(at, moment, customer, size),
        last_staff=_last(at, moment, public & staff, size),
        last=_last(at, moment, np.ones(len(at), dtype=np.bool_), size),
        first_reply=_first(at, moment, reply, size),
        unanswered=_first(at, moment, customer & after_reply, size),
    )


def _opening(source: FrameSource, at: IntArray, moment: IntArray, public: BoolArray, mailed: BoolArray) -> BoolArray:
    """Return which messages opened their ticket.

    That is the first public message on a ticket that staff just made, if it is among those `mailed` by staff. Odoo
    keeps the e-mail that makes a ticket as its first message. A ticket made in a form holds what opened it as its
    description: what staff then write to the customer is an answer, however soon.
    """
    tickets, users = source.frame("tickets"), source.frame("users")
    opening = np.zeros(len(at), dtype=np.bool_)
    rows = np.flatnonzero(public)
    if not len(rows) or "creator_id" not in tickets:
        return opening
    first = rows[np.flatnonzero(np.diff(at[rows], prepend=-1))]
    person = flags(users, "internal") & (users["login"] != "__system__").to_numpy(dtype=np.bool_)
    by_staff = np.isin(ints(tickets, "creator_id"), ints(users, "user_id")[person])
    soon = moment[first] - seconds(tickets, "create_date")[at[first]] <= OPENING_S
    opening[first] = mailed[first] & by_staff[at[first]] & soon
    return opening


def _last(at: IntArray, moment: IntArray, where: BoolArray, size: int) -> IntArray:
    """Return each ticket's latest moment among the rows `where`; rows are sorted by ticket and moment."""
    found = np.full(size, NO_DAY, dtype=np.int64)
    found[at[where]] = moment[where]
    return found


def _first(at: IntArray, moment: IntArray, where: BoolArray, size: int) -> IntArray:
    found = np.full(size, NO_DAY, dtype=np.int64)
    found[at[where][::-1]] = moment[where][::-1]
    return found


def _waiting(tickets: pd.DataFrame, closed: BoolArray) -> IntArray:
    """Return the code in `WAITING`; where the stage says nothing, an open ticket waits for us."""
    known = np.zeros(len(closed), dtype=np.int64)
    if "waiting" in tickets:
        known = pd.Categorical(tickets["waiting"], categories=WAITING).codes.astype(np.int64)
    is_open = np.where(known == WAITING.index("customer"), known, WAITING.index("us"))
    return np.where(closed, WAITING.index("closed"), is_open)


def _hours(start: IntArray, end: IntArray) -> FloatArray:
    """Return the hours between two moments, never below 0; NaN where either is not known."""
    known = (start != NO_DAY) & (end != NO_DAY)
    span = np.where(known, np.where(known, end, 0) - np.where(known, start, 0), 0)
    return np.where(known, np.maximum(span, 0) / SECONDS_AN_HOUR, np.nan)


def _moments(moments_s: IntArray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(moments_s.astype("datetime64[s]")).tz_localize("UTC")


def queue_order(tickets: pd.DataFrame, facts: pd.DataFrame) -> IntArray:
    """Return the positions of all tickets as a desk works them off.

    Those waiting for us come first, then those waiting for the customer, closed ones last. Each group is sorted by
    priority, then by hours without an answer, then by hours since the customer's last word, the longest first.
    """
    silent = np.nan_to_num(facts["hours_since_customer"].to_numpy(dtype=np.float64))
    waited, ids = longest_first(facts["waited_h"]), ints(facts, "ticket_id")
    return np.lexsort((ids, -silent, waited, -ints(tickets, "priority"), facts["waiting"].cat.codes))


def longest_first(hours: pd.Series) -> FloatArray:
    """Return a sort key of a column of hours: the longest first, those without any last."""
    found: FloatArray = -np.nan_to_num(hours.to_numpy(dtype=np.float64), nan=-1.0)
    return found


def undated(tickets: pd.DataFrame) -> int:
    """Return how many closed tickets have no closing date, and so are in no resolution time and no day's count."""
    return int((flags(tickets, "closed") & tickets["closed_date"].isna().to_numpy()).sum())


def backlog_by_day(
    tickets: pd.DataFrame, facts: pd.DataFrame, first: date, last: date, where: BoolArray | None = None
) -> pd.DataFrame:
    """Return a row a local day from `first` to `last`: day datetime64[s], backlog, opened, closed int64.

    `backlog` is of the midnight at which the day begins: opened before it and not closed before it. A closed ticket
    without a closing date is left out (nobody knows when it left), one that was opened again counts as never closed.
    `facts` are those of `ticket_facts`; `where` narrows to some tickets.
    """
    closed, closed_day = flags(tickets, "closed"), ints(facts, "closed_day")
    created_day = ints(facts, "created_day")
    counted = (created_day != NO_DAY) & ~(closed & (closed_day == NO_DAY))
    if where is not None:
        counted &= where
    start, days = day_number(first), (last - first).days + 1
    came_before, came = _by_day(created_day, counted, start, days)
    went_before, went = _by_day(np.maximum(closed_day, created_day), counted & (closed_day != NO_DAY), start, days)
    opened = np.concatenate([[came_before], came[:-1]]).cumsum()
    gone = np.concatenate([[went_before], went[:-1]]).cumsum()
    return pd.DataFrame(
        {"day": dates(start + np.arange(days)), "backlog": opened - gone, "opened": came, "closed": went}
    )


def _by_day(day: IntArray, where: BoolArray, start: int, days: int) -> tuple[int, IntArray]:
    """Return how many rows lie before `start`, and how many on each of the days from there."""
    offset = day[where] - start
    within = offset[(offset >= 0) & (offset < days)]
    return int((offset < 0).sum()), np.bincount(within, minlength=days).astype(np.int64)
