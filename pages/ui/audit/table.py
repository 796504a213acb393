"""What the Audit page draws: filters, tiles, the rows as people read them, and whether the trail is whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from odoo_client.people.audit import EVENTS
from pages.ui import formats, tiles, widgets
from pages.ui.audit import words as audit_words
from pages.ui.session import backend
from pages.ui.view import View

WORDS = {
    "sign-in": "Sign-in",
    "sign-out": "Sign-out",
    "refused": "Refusal",
    "export": "Export",
    "statement": "Statement",
    "attachment": "Attachment",
    "write": "Write",
    "decision": "Decision",
}
DAYS = 30
#: What the filters of days are called.
DAY_FILTERS = ("From day", "To day")
MOST_ROWS = 20_000
#: Counts are shorter than money: four tiles stand in a row.
TILE_WIDTH_PX = 190


@dataclass(frozen=True)
class Asked:
    """What the page shows; "" keeps everything. `words` are the filters in force, in words."""

    since: datetime
    until: datetime
    login: str
    event: str
    words: dict[str, str]


def filters(view: View) -> Asked:
    """Draw the filters, whose values live in the address, and return them."""
    zone = ZoneInfo(view.settings.timezone)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        login = st.text_input("Login", key="audit_login", bind="query-params", width=220).strip()
        events = {"": "All"} | {one: WORDS.get(one, "All") for one in EVENTS}
        event = widgets.selected("Event", events, "audit_event", width=160)
        first = _day("From day", "audit_from", view.today - timedelta(days=DAYS), view.today)
        last = _day("To day", "audit_to", view.today, view.today)
    words = dict(zip(DAY_FILTERS, (formats.day(first), formats.day(last)), strict=True))
    if login:
        words["Login"] = login
    if event:
        words["Event"] = WORDS[event]
    since = datetime.combine(first, time(), zone)
    return Asked(since, datetime.combine(last, time(), zone) + timedelta(days=1), login, event or "", words)


def _day(label: str, key: str, usual: date, latest: date) -> date:
    chosen = st.date_input(label, usual, max_value=latest, key=key, format="DD/MM/YYYY", width=150, bind="query-params")
    return chosen or usual


def entries(view: View, asked: Asked) -> pd.DataFrame:
    """Return the rows, newest first, headings as columns: When, Who, What, About, Rows, Outcome, Address."""
    found = backend.backend().audit.read(
        since=asked.since, until=asked.until, login=asked.login, event=asked.event, limit=MOST_ROWS
    )
    moments = found["moment"].dt.tz_localize("UTC").dt.tz_convert(view.settings.timezone)
    told = audit_words.said(view.snapshot)
    return pd.DataFrame(
        {
            "When": moments.dt.strftime("%-d %b %Y, %H:%M:%S"),
            "Who": found["login"],
            "What": found["event"].map(WORDS).fillna(found["event"]),
            "About": [told(event, subject) for event, subject in zip(found["event"], found["subject"], strict=True)],
            "Rows": found["rows"].map(lambda rows: "" if pd.isna(rows) else formats.count(int(rows))),
            "Outcome": found["outcome"].str.capitalize(),
            "Address": found["address"],
        }
    )


def hiding(asked: Asked) -> dict[str, str]:
    """Return those of the filters that hide every entry, none when there is no entry at all."""
    read = backend.backend().audit.read
    if read(limit=1).empty:
        return {}
    days = {name: words for name, words in asked.words.items() if name in DAY_FILTERS}
    if not read(since=asked.since, until=asked.until, limit=1).empty:
        return {name: words for name, words in asked.words.items() if name not in days}
    return asked.words if read(login=asked.login, event=asked.event, limit=1).empty else days


def draw_tiles(view: View) -> None:
    """Draw today's sign-ins, refusals of the last day, exports of the last week and the people of today."""
    zone = ZoneInfo(view.settings.timezone)
    now = datetime.now(zone)
    week = backend.backend().audit.read(since=now - timedelta(days=7), limit=MOST_ROWS)
    moments = week["moment"].dt.tz_localize("UTC")
    today = moments >= datetime.combine(now.date(), time(), zone)
    done = week["outcome"] == "done"
    refused = (week["outcome"] == "refused") & (moments >= now - timedelta(days=1))
    taken = week["event"].isin(["export", "statement"])
    figures = (
        ("Sign-ins today", int((today & done & (week["event"] == "sign-in")).sum()), "login"),
        ("Refused in 24 hours", int(refused.sum()), "block"),
        ("Taken out in 7 days", int((done & taken).sum()), "download"),
        ("People today", int(week.loc[today & done, "login"].nunique()), "group"),
    )
    with st.grid(4, min_column_width=TILE_WIDTH_PX, gap="small"):
        for label, value, icon in figures:
            tiles.tile(label, [formats.count(value)], icon=f":material/{icon}:")


def chain() -> None:
    """Say whether the trail is as it was written."""
    found = backend.backend().audit.checked()
    if not found.why:
        st.caption(f":material/verified: {found.sentence}")
    else:
        st.error(found.sentence, title="The trail is not as it was written", icon=":material/link_off:")
