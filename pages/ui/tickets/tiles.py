"""The drawing of the Tickets page: tiles, charts and what opens behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import numpy as np
import streamlit as st

from odoo_client.frames.arrays import BoolArray, IntArray, ints
from odoo_client.frames.dates import day_number
from odoo_client.metrics.spread import Spread
from odoo_client.metrics.ticket_queue import AGE_BANDS, backlog_by_day, undated
from pages.ui import charts, formats, widgets
from pages.ui.explain import explain
from pages.ui.tickets import charts as tickets_charts
from pages.ui.tickets.data import SINCE_OPENED, UNASSIGNED, TicketQueue
from pages.ui.tickets.filters import PROPERTIES, TicketFilters, TicketMasks, show_only, shows_only
from pages.ui.tickets.table import span
from pages.ui.tiles import STRIP, figure, strip
from pages.ui.view import View

FIGURES = (
    "Open",
    "Unassigned",
    "No reply yet",
    "Waiting longest",
    "Opened today",
    "Closed today",
    "First response",
    "Resolution",
)
#: What a second click on a figure sets back beside the filters of a ticket's state.
OFF: Mapping[str, object] = {"ticket_assignee": [], "ticket_sort": "queue"}
SPANS = (30, 90, 365)
NAMES_SHOWN = 12


@dataclass(frozen=True, eq=False)
class TicketsPage:
    """What one run of the page draws: the tickets, the filters and what they keep."""

    view: View
    queue: TicketQueue
    chosen: TicketFilters
    found: TicketMasks
    words: Mapping[str, str]

    @property
    def property_words(self) -> dict[str, str]:
        """The filters that tiles and charts follow."""
        return {name: value for name, value in self.words.items() if name in PROPERTIES}


@dataclass(frozen=True)
class Counts:
    """The figures of the tiles, over the tickets that the property filters keep.

    `owed` of those that wait for us have no answer to the customer's last message; `longest_h` is the longest wait.
    """

    open: int
    waiting_us: int
    owed: int
    unassigned: int
    no_reply: int
    longest_h: float
    opened_today: int
    opened_week: int
    closed_today: int
    closed_week: int
    response: Spread
    resolution: Spread


def counts(view: View, queue: TicketQueue, found: TicketMasks) -> Counts:
    """Return the tiles' figures."""
    facts, book = queue.facts, queue.book
    mine = found.by(PROPERTIES)
    is_open = book.open & mine
    us = (facts["waiting"].cat.codes == 0).to_numpy() & mine
    waited = facts["waited_h"].to_numpy(dtype=np.float64)[us]
    owed = waited[~np.isnan(waited)]
    nobody = book.open & found.by(PROPERTIES, but="Assignee") & book.assignee.is_in((UNASSIGNED,))
    created, closed = ints(facts, "created_day"), ints(facts, "closed_day")
    today, monday = day_number(view.today), day_number(week_start(view.today))
    since = today - view.settings.ticket_messages_days + 1
    return Counts(
        open=int(is_open.sum()),
        waiting_us=int(us.sum()),
        owed=len(owed),
        unassigned=int(nobody.sum()),
        no_reply=int((facts["no_reply"].to_numpy(dtype=np.bool_) & mine).sum()),
        longest_h=float(owed.max()) if len(owed) else float("nan"),
        opened_today=int(((created == today) & mine).sum()),
        opened_week=int(((created >= monday) & mine).sum()),
        closed_today=int(((closed == today) & mine).sum()),
        closed_week=int(((closed >= monday) & mine).sum()),
        response=Spread.of(facts["first_response_h"].to_numpy(dtype=np.float64)[mine]),
        resolution=Spread.of(facts["resolution_h"].to_numpy(dtype=np.float64)[mine & (closed >= since)]),
    )


def week_start(today: date) -> date:
    """Return the Monday of the week of `today`."""
    return today - timedelta(days=today.weekday())


def absent_figures(why: str) -> None:
    """Draw the strip without figures: what is not installed or may not be read is not zero."""
    with strip():
        for label in FIGURES[:STRIP]:
            figure(label, [why])


def figures(shown: TicketsPage, *, rest: bool = False) -> None:
    """Draw the strip of figures; each opens the queue of exactly its tickets. `rest` draws what it has no room for."""
    view, known = shown.view, shown.queue.book.messages_known
    counted = counts(view, shown.queue, shown.found)
    today, monday = view.today, week_start(view.today)
    since = today - timedelta(days=view.settings.ticket_messages_days - 1)
    week = f"this week, since {formats.day(monday)}"
    cards: tuple[tuple[str, str, str, int, dict[str, object] | None], ...] = (
        (
            formats.count(counted.open),
            f"{formats.count(counted.waiting_us)} wait for us · "
            f"{formats.count(counted.open - counted.waiting_us)} for the customer",
            "open_tickets",
            counted.open,
            {},
        ),
        (
            formats.count(counted.unassigned),
            "nobody has them" + (", whoever is chosen" if "Assignee" in shown.words else ""),
            "unassigned_tickets",
            counted.unassigned,
            {"ticket_assignee": [UNASSIGNED]},
        ),
        _if(known, (formats.count(counted.no_reply), "no public answer so far", "tickets_without_reply",
                    counted.no_reply, {"ticket_reply": "none"})),
        (
            span(counted.longest_h),
            _owed(counted) if known else SINCE_OPENED,
            "longest_wait",
            counted.owed if known else counted.waiting_us,
            {"ticket_waiting": ["us"], "ticket_reply": "owed" if known else "any", "ticket_sort": "silent"},
        ),
        (
            formats.count(counted.opened_today),
            f"{formats.count(counted.opened_week)} {week}",
            "tickets_opened",
            counted.opened_today,
            {"ticket_show": "all", "ticket_from": today, "ticket_to": today},
        ),
        (
            formats.count(counted.closed_today),
            f"{formats.count(counted.closed_week)} {week}",
            "tickets_closed",
            counted.closed_today,
            {"ticket_show": "closed", "ticket_when": "closed", "ticket_from": today, "ticket_to": today},
        ),
        _if(known, (_median(counted.response), _spread(counted.response), "first_response", counted.response.count,
                    {"ticket_show": "all", "ticket_reply": "answered"})),
        (
            _median(counted.resolution),
            _spread(counted.resolution),
            "resolution_time",
            counted.resolution.count,
            {"ticket_show": "solved", "ticket_when": "closed", "ticket_from": since, "ticket_to": today},
        ),
    )  # fmt: skip
    notes, words = _notes(shown), shown.property_words
    every = list(zip(FIGURES, cards, strict=True))
    with strip(rest=rest):
        for label, (value, note, metric, rows, opens) in every[STRIP:] if rest else every[:STRIP]:
            # An unassigned ticket has no assignee, so that filter does not narrow this figure.
            narrowed = {key: word for key, word in words.items() if (metric, key) != ("unassigned_tickets", "Assignee")}
            is_on = opens is not None and shows_only(**opens)
            values = {key: OFF[key] for key in opens or {} if key in OFF} if is_on else opens or {}
            figure(
                label,
                [value],
                note=note,
                on_open=None if opens is None else partial(show_only, **values),
                is_on=is_on,
                explanation=partial(explain, metric, as_of=today, filters=narrowed, rows=rows, notes=notes),
            )


def _if(
    known: bool, card: tuple[str, str, str, int, dict[str, object] | None]
) -> tuple[str, str, str, int, dict[str, object] | None]:
    """Return the card, or one that says "not known" where nobody may read messages."""
    return card if known else ("not known", "no right to read messages", card[2], 0, None)


def _owed(figures: Counts) -> str:
    """Return how many tickets the longest wait is taken from: those that wait for us and have no answer."""
    return f"{formats.count(figures.owed)} of {formats.count(figures.waiting_us)} that wait for us are owed an answer"


def _median(spread: Spread) -> str:
    return "none yet" if spread.median is None else span(spread.median)


def _spread(spread: Spread) -> str:
    if spread.p90 is None:
        return "no ticket to reckon from"
    return f"median · 90% within {span(spread.p90)} · {formats.plural(spread.count, 'ticket')}"


def _notes(shown: TicketsPage) -> tuple[str, ...]:
    notes = [f"From {shown.queue.book.source}."]
    if missing := undated(shown.queue.book.tickets):
        notes.append(
            f"{formats.plural(missing, 'closed ticket')} without a closing date: counted as closed, but in no time "
            "and on no day."
        )
    return tuple(notes)


def history(shown: TicketsPage) -> None:
    """Draw the backlog over time; a click on a day's bar opens the tickets opened or closed that day."""
    view, queue = shown.view, shown.queue
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown("**Backlog at midnight**, and what came and went")
            explain("ticket_backlog", as_of=view.today, filters=shown.property_words, notes=_notes(shown))
        spans = {days: f"{days} days" for days in SPANS}
        span_days = widgets.one_of("Days", spans, "ticket_span", 90, label_visibility="collapsed")
        first = view.today - timedelta(days=span_days - 1)
        mine = shown.found.by(PROPERTIES)
        if not mine.any():
            # The queue, which is empty too, says below its heading which filters hide them.
            st.caption("No ticket matches the filters, so there is no backlog to draw.")
            return
        table = backlog_by_day(queue.book.tickets, queue.facts, first, view.today, mine)
        charts.draw(
            tickets_charts.backlog(table),
            f"Backlog of tickets at midnight since {formats.day(first)}: {formats.count(table['backlog'].iloc[0])} "
            f"then, {formats.count(table['backlog'].iloc[-1])} at the last midnight",
            key="ticket_backlog",
            on_pick=_open_day,
        )
        st.caption("Click a bar for the tickets opened or closed on that day.")


def _open_day(category: str) -> None:
    text, _, way = category.partition("|")
    if way not in ("opened", "closed"):
        return
    day = date.fromisoformat(text)
    show_only(ticket_show="all", ticket_when=way, ticket_from=day, ticket_to=day)


def by_kind(shown: TicketsPage) -> None:
    """Draw the open tickets by team, stage, priority and age; a click on a bar opens its tickets."""
    book, chosen = shown.queue.book, shown.chosen
    ages = np.asarray(shown.queue.facts["age_band"].cat.codes, dtype=np.int64)
    kinds: tuple[tuple[str, str, Sequence[str], IntArray, tuple[str, ...]], ...] = (
        ("Team", "ticket_team", book.team.names, book.team.codes, chosen.teams),
        ("Stage", "ticket_stage", book.stage.names, book.stage.codes, chosen.stages),
        ("Priority", "ticket_priority", list(book.priorities.values()), max(book.priorities) - book.levels,
         tuple(book.priority_of(key) for key in chosen.priorities)),
        ("Age", "ticket_age", list(AGE_BANDS.values()), ages, tuple(AGE_BANDS[key] for key in chosen.ages)),
    )  # fmt: skip
    values: dict[str, int | str] = {name: level for level, name in book.priorities.items()}
    values |= {name: band for band, name in AGE_BANDS.items()}
    with st.grid(2, min_column_width=330, gap="small"):
        for label, key, names, codes, picked in kinds:
            _kind(label, key, names, codes, picked, values, book.open & shown.found.by(PROPERTIES, but=label))


def _kind(
    label: str,
    key: str,
    names: Sequence[str],
    codes: IntArray,
    picked: tuple[str, ...],
    values: Mapping[str, int | str],
    mine: BoolArray,
) -> None:
    found = np.bincount(codes[mine], minlength=len(names))
    counted = {str(name): int(count) for name, count in zip(names, found, strict=True)}
    # Ages and priorities keep their order; teams and stages are sorted by size, and small ones left to the filter.
    if label in ("Team", "Stage"):
        counted = dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))
    shown = {name: count for name, count in list(counted.items())[:NAMES_SHOWN] if count}

    def pick(name: str) -> None:
        if name in shown:
            show_only(**{key: [values.get(name, name) if label in ("Priority", "Age") else name]})

    with st.container(border=True):
        st.markdown(f"**Open by {label.lower()}**")
        if not shown:
            st.caption("No open tickets.")
            return
        most = max(shown, key=shown.__getitem__)
        charts.draw(
            tickets_charts.bars(shown, picked),
            f"Open tickets by {label.lower()}, most in {most}",
            key=f"tickets_by_{label.lower()}",
            on_pick=pick,
        )
