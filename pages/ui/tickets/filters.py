"""The filters of the Tickets page, their values in the address, and the tickets they keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import streamlit as st

from odoo_client.frames.arrays import BoolArray, ints, is_code
from odoo_client.frames.dates import day_number
from odoo_client.metrics import labels
from odoo_client.metrics.ticket_queue import AGE_BANDS
from pages.ui import formats, listing, searching, widgets
from pages.ui.filters import days_not_taken, not_taken
from pages.ui.tickets.data import SORTS, UNASSIGNED, TicketBook, TicketQueue
from pages.ui.view import TECHNOLOGIES, View

SHOWN: Mapping[str, str] = {"open": "Open", "closed": "Closed", "solved": "Solved", "all": "All"}
REPLIES: Mapping[str, str] = {"any": "Any", "none": "No reply yet", "owed": "Owed an answer", "answered": "Answered"}
#: List or charts, in the address.
VIEW = "ticket_view"
WHEN: Mapping[str, str] = {"opened": "Opened", "closed": "Closed"}
OPEN_WAITING = ("us", "customer")
#: Those that stand under "More filters", but for the reply.
FOLDED = (
    "ticket_waiting",
    "ticket_age",
    "ticket_priority",
    "ticket_stage",
    "ticket_technology",
    "ticket_from",
    "ticket_to",
)
#: Widget values of the filters of a ticket's state: a tile or bar sets all of them.
STATE_DEFAULTS: Mapping[str, object] = {
    "ticket_show": "open",
    "ticket_waiting": [],
    "ticket_stage": [],
    "ticket_age": [],
    "ticket_reply": "any",
    "ticket_when": "opened",
    "ticket_from": None,
    "ticket_to": None,
}
#: Widget values that clear a filter, by the filter's name.
CLEARED: Mapping[str, Mapping[str, object]] = {
    "Search": {"ticket_q": ""},
    "Team": {"ticket_team": []},
    "Assignee": {"ticket_assignee": []},
    "Priority": {"ticket_priority": []},
    "Technology": {"ticket_technology": []},
    "Tickets": {"ticket_show": "all"},
    "Waiting for": {"ticket_waiting": []},
    "Stage": {"ticket_stage": []},
    "Age": {"ticket_age": []},
    "Reply": {"ticket_reply": "any"},
    "Days": {"ticket_when": "opened", "ticket_from": None, "ticket_to": None},
    "Company": {"company": "All companies"},
}
#: Filters by a property of the ticket: tiles and charts follow them.
PROPERTIES = ("Company", "Search", "Team", "Assignee", "Priority", "Technology")


@dataclass(frozen=True)
class TicketFilters:
    """What the queue shows; empty tuples, texts and days keep everything."""

    text: str = ""
    teams: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    priorities: tuple[int, ...] = ()
    technologies: tuple[str, ...] = ()
    shown: str = "open"
    waiting: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    ages: tuple[str, ...] = ()
    reply: str = "any"
    when: str = "opened"
    first: date | None = None
    last: date | None = None


def draw(view: View, book: TicketBook) -> tuple[TicketFilters, list[str]]:
    """Draw the filters; return their values and a sentence for each value in the address that cannot be taken."""
    people = sorted(book.assignee.names, key=lambda name: (name != UNASSIGNED, name))
    notes = not_taken(
        ("ticket_team", "team", book.team.names),
        ("ticket_assignee", "assignee", people),
        ("ticket_priority", "priority", book.priorities.values()),
        ("ticket_technology", "technology", TECHNOLOGIES.values()),
        ("ticket_show", "choice of tickets", SHOWN.values()),
        ("ticket_waiting", "waiting for", [labels.WAITING[key] for key in OPEN_WAITING]),
        ("ticket_stage", "stage", book.stage.names),
        ("ticket_age", "age", AGE_BANDS.values()),
        ("ticket_reply", "reply", REPLIES.values()),
        ("ticket_when", "choice of days", WHEN.values()),
    )
    notes += days_not_taken(view.today, "ticket_from", "ticket_to")
    on = sum(bool(_value(key)) for key in FOLDED) + (_value("ticket_reply") not in (None, "any"))
    with listing.filters_row():
        text = widgets.search(
            "Search",
            "ticket_q",
            "Number, subject, customer",
            width=listing.SEARCH_PX,
            label_visibility="collapsed",
        )
        shown = widgets.one_of("Tickets", SHOWN, "ticket_show", "open", label_visibility="collapsed")
        folded: dict[str, Any] = {"width": listing.FILTER_PX, "label_visibility": "collapsed"}
        assignees = widgets.several("Assignee", people, "ticket_assignee", "Everybody", **folded)
        teams = widgets.several("Team", book.team.names, "ticket_team", "All teams", **folded)
        with listing.more_filters(on):
            offered = {key: labels.WAITING[key] for key in OPEN_WAITING}
            waiting = widgets.pills("Waiting for", offered, "ticket_waiting")
            reply = widgets.one_of("Reply", REPLIES, "ticket_reply", "any", wraps=True)
            ages = widgets.pills("Age", AGE_BANDS, "ticket_age")
            priorities = widgets.several("Priority", book.priorities, "ticket_priority", "Any priority")
            stages = widgets.several("Stage", book.stage.names, "ticket_stage", "All stages")
            technologies = widgets.several("Technology", TECHNOLOGIES, "ticket_technology", "All")
            with st.container(horizontal=True, gap="xsmall"):
                when = widgets.selected("Days of", WHEN, "ticket_when", width=120)
                first = widgets.day("From", "ticket_from", view.today, width=130)
                last = widgets.day("To", "ticket_to", view.today, width=130)
    chosen = TicketFilters(
        text=text,
        teams=teams,
        assignees=assignees,
        priorities=priorities,
        technologies=technologies,
        shown=shown,
        waiting=waiting,
        stages=stages,
        ages=ages,
        reply=reply,
        when=when or "opened",
        first=first,
        last=last,
    )
    if chosen.first and chosen.last and chosen.first > chosen.last:
        notes.append(f"{_span(chosen)} ends before it begins: no ticket can match. Choose the days again.")
    return chosen, notes


def _value(key: str) -> object:
    return st.session_state.get(key) or st.query_params.get(key)


def sort_choice() -> str:
    """Draw the choice of order and return it."""
    chosen = widgets.selected("Sort by", SORTS, "ticket_sort", width=230, label_visibility="collapsed")
    return chosen if chosen in SORTS else "queue"


@dataclass(frozen=True, eq=False)
class TicketMasks:
    """Which tickets each filter keeps, by the filter's name; a filter that keeps all is left out."""

    masks: Mapping[str, BoolArray]
    size: int

    def by(self, names: Iterable[str], *, but: str = "") -> BoolArray:
        """Return the tickets that the filters named keep, except `but`."""
        wanted = [self.masks[name] for name in names if name in self.masks and name != but]
        return reduce(np.logical_and, wanted, np.ones(self.size, dtype=np.bool_))

    def every(self, *, but: str = "") -> BoolArray:
        """Return the tickets that all filters keep, except `but`."""
        return self.by(self.masks, but=but)


def kept(view: View, queue: TicketQueue, chosen: TicketFilters) -> TicketMasks:
    """Return which tickets the filters keep."""
    book, facts = queue.book, queue.facts
    masks: dict[str, BoolArray] = {}
    if not view.whole:
        masks["Company"] = np.isin(ints(book.tickets, "company_id"), list(view.company_ids))
    if chosen.text:
        owners = ints(book.tickets, "commercial_partner_id")
        masks["Search"] = searching.sought(view, chosen.text).rows(owners, book.texts)
    if chosen.teams:
        masks["Team"] = book.team.is_in(chosen.teams)
    if chosen.assignees:
        masks["Assignee"] = book.assignee.is_in(chosen.assignees)
    if chosen.priorities:
        masks["Priority"] = np.isin(book.levels, chosen.priorities)
    if chosen.technologies:
        masks["Technology"] = np.logical_or.reduce([book.technologies[key] for key in chosen.technologies])
    if chosen.shown == "open":
        masks["Tickets"] = book.open
    elif chosen.shown == "closed":
        masks["Tickets"] = ~book.open
    elif chosen.shown == "solved":
        masks["Tickets"] = facts["resolution_h"].notna().to_numpy()
    if chosen.waiting:
        masks["Waiting for"] = is_code(facts, "waiting", *chosen.waiting)
    if chosen.stages:
        masks["Stage"] = book.stage.is_in(chosen.stages)
    if chosen.ages:
        masks["Age"] = is_code(facts, "age_band", *chosen.ages)
    if chosen.reply != "any":
        replies = {
            "none": facts["no_reply"].to_numpy(dtype=np.bool_),
            "owed": facts["waited_h"].notna().to_numpy(),
            "answered": facts["first_response_h"].notna().to_numpy(),
        }
        masks["Reply"] = replies[chosen.reply]
    if chosen.first or chosen.last:
        masks["Days"] = _in_days(queue, chosen)
    return TicketMasks(masks, len(facts))


def _in_days(queue: TicketQueue, chosen: TicketFilters) -> BoolArray:
    day = ints(queue.facts, "closed_day" if chosen.when == "closed" else "created_day")
    mask = day > day_number(widgets.FIRST_DAY)
    if chosen.first:
        mask &= day >= day_number(chosen.first)
    if chosen.last:
        mask &= day <= day_number(chosen.last)
    return mask


def described(view: View, chosen: TicketFilters) -> dict[str, str]:
    """Return the filters that narrow the queue, name to value, for "Explain", exports and empty states."""
    names = labels.priorities(view.snapshot.meta.ticket_priorities)
    words = {
        "Company": view.company_words,
        "Search": chosen.text,
        "Team": formats.listed(chosen.teams),
        "Assignee": formats.listed(chosen.assignees),
        "Priority": formats.listed(names[key] for key in chosen.priorities),
        "Technology": formats.listed(labels.technology(key) for key in chosen.technologies),
        "Tickets": "" if chosen.shown == "all" else SHOWN[chosen.shown],
        "Waiting for": formats.listed(labels.WAITING[key] for key in chosen.waiting),
        "Stage": formats.listed(chosen.stages),
        "Age": formats.listed(AGE_BANDS[key] for key in chosen.ages),
        "Reply": "" if chosen.reply == "any" else REPLIES[chosen.reply],
        "Days": _span(chosen) if chosen.first or chosen.last else "",
    }
    return {name: value for name, value in words.items() if value}


def _span(chosen: TicketFilters) -> str:
    first, last = formats.day(chosen.first), formats.day(chosen.last)
    if chosen.first == chosen.last:
        return f"{WHEN[chosen.when]} {first}"
    return f"{WHEN[chosen.when]} {first if chosen.first else 'any day'} to {last if chosen.last else 'today'}"


def hiding(found: TicketMasks, words: Mapping[str, str]) -> dict[str, str]:
    """Return those of the filters without which there would be rows; all of them when none is so alone."""
    alone = {name: value for name, value in words.items() if found.every(but=name).any()}
    return alone or dict(words)


def show_only(**values: object) -> None:
    """List these tickets, in place of any state asked for before; a callback."""
    st.session_state[VIEW] = listing.LIST
    for key, value in {**STATE_DEFAULTS, **values}.items():
        st.session_state[key] = value


def shows_only(**values: object) -> bool:
    """Return whether the filters are set as `show_only` sets them."""
    state = st.session_state
    return all((state.get(key) or None) == (value or None) for key, value in {**STATE_DEFAULTS, **values}.items())
