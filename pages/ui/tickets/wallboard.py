"""The wallboard: the desk's figures on a screen that nobody touches, at `tickets?wall=1`.

It redraws itself every few seconds, so that a new snapshot shows without a click, and says how old its figures are.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from odoo_client.errors import AfinetError
from odoo_client.store.snapshot import OF_THE_FUTURE, SnapshotMeta
from odoo_client.store.trust import trust
from pages.ui import charts, formats, frame, freshness
from pages.ui import view as data
from pages.ui.charts import Figure
from pages.ui.session import backend, tabs
from pages.ui.tickets import data as tickets_data
from pages.ui.tickets import filters as tickets_filters
from pages.ui.tickets import table as tickets_table
from pages.ui.tickets.tiles import counts

PACE = "15s"
FIGURE_PX, FIGURE_FONT_PX = 96, 76
TILE_PX = 250
#: How wide a tile's text may be at 1280 px, in heights of its letters, so that none is cut off.
TILE_TEXT_PX = 480
ROWS_SHOWN = 9
#: How many letters of a text are shown at most.
CUT = {"subject": 30, "customer": 24}
#: The figures' colour on a light and on a dark ground.
INK = ("#0F2124", "#F1F7F6")
FRAMES = ("tickets", "ticket_messages")


def asked() -> bool:
    """Return whether the address asks for the wallboard."""
    return st.query_params.get("wall") == "1"


def link() -> None:
    """Draw the link to the wallboard, which opens in its own tab."""
    company = st.query_params.get("company", "")
    with suppress(AttributeError):
        base = (st.context.url or "").partition("?")[0] or "tickets"
        query = f"?wall=1{f'&company={company}' if company else ''}"
        st.link_button("Wallboard", f"{base}{query}", icon=":material/tv:", type="tertiary")


def draw() -> None:
    """Draw the wallboard, and redraw it every few seconds."""
    frame.style()
    st.fragment(_draw, run_every=PACE)()


def _draw() -> None:
    try:
        tabs.count_wallboard_as_use()
        view = data.current_view()
    except AfinetError as exc:
        st.error(exc.sentence, icon=":material/error:")
        return
    if view is None:
        st.info("Reading Odoo for the first time; the figures come by themselves.", icon="spinner")
        return
    _head(view)
    if why := freshness.absent(view, "tickets"):
        st.info(formats.plain(view.snapshot.info["tickets"].message or why), icon=":material/extension_off:")
        return
    queue = tickets_data.queue(view)
    found = tickets_filters.kept(view, queue, tickets_filters.TicketFilters())
    now = counts(view, queue, found)
    known = queue.book.messages_known
    figures = (
        ("Open", formats.count(now.open)),
        ("Wait for us", formats.count(now.waiting_us)),
        ("Unassigned", formats.count(now.unassigned)),
        ("No reply yet", formats.count(now.no_reply) if known else "not known"),
        ("Waiting longest" if known else "Waiting longest, since opened", tickets_table.span(now.longest_h)),
        ("Opened today", formats.count(now.opened_today)),
        ("Closed today", formats.count(now.closed_today)),
        ("First response, median", tickets_table.span(now.response.median or float("nan")) if known else "not known"),
    )
    with st.container(key="wall_tiles"), st.grid(4, min_column_width=TILE_PX, gap="small"):
        for label, value in figures:
            with st.container(border=True, gap="xxsmall"):
                st.markdown(f"### {label}")
                charts.draw(_large(value), f"{label}: {value}", key=f"wall_{label}")
    order = queue.orders["queue"]
    us = found.every() & (queue.facts["waiting"].cat.codes == 0).to_numpy()
    order = order[us[order]][:ROWS_SHOWN]
    if len(order):
        rows = tickets_table.rows(view, queue, order)
        with st.container(key="wall_queue"):
            # Not the list of the page: its letters are too small for a wall.
            st.table(_readable(rows, known), border="horizontal")
    else:
        st.success("No ticket waits for us.", icon=":material/check_circle:")


def _readable(rows: pd.DataFrame, messages_known: bool) -> pd.DataFrame:
    """Return the rows as a wall shows them: few columns, and what is longer than its place is cut."""
    names = {"number": "Number", "subject": "Subject", "customer": "Customer", "waited": "Waited"}
    names |= {"priority": "Priority", "assignee": "Assignee"}
    if not messages_known:
        names["waited"] = "Since opened"
    texts = {
        head: [formats.plain(_cut(str(value), CUT.get(name, 20))) for value in rows[name]]
        for name, head in names.items()
    }
    return pd.DataFrame(texts).set_index("Number")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _head(view: data.View) -> None:
    """Draw the title, the clock and the age of the figures, so that a wallboard never looks fresh by accident."""
    running = backend.backend()
    now = datetime.now(ZoneInfo(view.settings.timezone))
    seconds = freshness.age_s(view.snapshot, FRAMES)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"# Tickets · {formats.plain(_source(view.snapshot.meta, view))}")
        st.markdown(f"# {now:%H:%M}")
    with st.container(key="wall_head"):
        st.caption(f"{formats.day(now)} · read {formats.age(seconds)} ago · redrawn every {PACE[:-1]} seconds")
    if view.snapshot.is_of_the_future():
        st.warning(OF_THE_FUTURE, title="The clock was wrong", icon=":material/schedule:")
    elif trust(view.snapshot, FRAMES, stale_s=running.settings.stale_s).age == "stale":
        st.warning(f"These figures are {formats.age(seconds)} old.", title="Stale figures", icon=":material/schedule:")
    if (error := running.runner.last_error) is not None and not running.runner.running:
        st.error(formats.plain(error.sentence), title="The last sync failed", icon=":material/sync_problem:")


def _source(meta: SnapshotMeta, view: data.View) -> str:
    if not view.whole:
        return view.company_words
    return "demo data" if meta.demo else view.snapshot.info["tickets"].source


def _large(value: str) -> Figure:
    """Return a figure that is nothing but large text."""
    hidden = {"visible": False}
    text = {"text": value, "x": 0, "y": 0.5, "xref": "paper", "yref": "paper", "xanchor": "left", "showarrow": False}
    size = min(FIGURE_FONT_PX, TILE_TEXT_PX // len(value))
    layout = {"height": FIGURE_PX, "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "xaxis": hidden, "yaxis": hidden}
    # The chart's own text is grey, which cannot be read from across the room.
    font = {"size": size, "color": INK[st.context.theme.type == "dark"]}
    return {"data": [], "layout": {**layout, "annotations": [{**text, "font": font}]}}
