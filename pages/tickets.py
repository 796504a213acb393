"""Tickets: who is waiting for us and for how long, the backlog over time, and one ticket with its conversation."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from pages.ui import formats, freshness, selection, tables
from pages.ui.exports import downloads
from pages.ui.filters import cleared
from pages.ui.tickets import data as tickets_data
from pages.ui.tickets import detail as tickets_detail
from pages.ui.tickets import filters as tickets_filters
from pages.ui.tickets import new as tickets_new
from pages.ui.tickets import table as tickets_table
from pages.ui.tickets import tiles, wallboard

if wallboard.asked():
    wallboard.draw()
    st.stop()

view = freshness.page_top("Tickets", tickets_data.frames_read())
if why := freshness.absent(view, "tickets"):
    tiles.absent_tiles(why)
    st.stop()

queue = tickets_data.queue(view)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
    st.caption(f":material/database: From **{formats.plain(queue.book.source)}**")
    with st.container(horizontal=True, width="content", vertical_alignment="center"):
        wallboard.link()
        tickets_new.button(view)
if queue.facts.empty:
    tables.empty("tickets", {})
    st.stop()

top, properties, answers, states = st.container(), st.container(), st.container(), st.container()
chosen, notes = tickets_filters.draw(view, queue.book, properties, states)
ticket_id, note = tickets_detail.chosen_ticket()
for sentence in [*notes, *filter(None, [note])]:
    answers.warning(formats.plain(sentence), icon=":material/link_off:")
found = tickets_filters.kept(view, queue, chosen)
words = tickets_filters.described(view, chosen)
shown = tiles.TicketsPage(view, queue, chosen, found, words)

if ticket_id is not None and not selection.in_list(tickets_detail.KEY):
    with top:
        tickets_detail.draw(view, queue, ticket_id)
with answers:
    tiles.tiles(shown)
    tiles.history(shown)
    tiles.by_kind(shown)

keep = found.every()
# Side by side on the left: on the right, a table's own buttons would cover what stands above it.
with st.container(horizontal=True, vertical_alignment="bottom"):
    st.subheader(formats.plural(int(keep.sum()), "ticket"), anchor=False, width="content")
    sort = tickets_filters.sort_choice()
order = queue.orders[sort]
order = order[keep[order]]

if not len(order):
    alone = tickets_filters.hiding(found, words)
    tables.empty("tickets", alone, clear=cleared(tickets_filters.CLEARED, alone), key="tickets_clear")
else:
    page = tickets_table.rows(view, queue, order[tables.page_of(len(order), key="ticket_page")])
    columns = tickets_table.columns(view, messages_known=queue.book.messages_known)

    def export() -> pd.DataFrame:
        """Return every row of the queue, from all of its pages."""
        return tickets_table.export(view, queue, order, columns)

    tables.show(
        page,
        columns,
        "The queue of tickets",
        key=tables.rows_key(selection.table_name(tickets_detail.KEY), page[["ticket_id"]]),
        on_pick=partial(selection.pick, tickets_detail.KEY, page, "ticket_id"),
        picked=selection.position_of(tickets_detail.KEY, page, "ticket_id"),
    )
    if ticket_id is None:
        st.caption("Choose a row to read that ticket.")
if ticket_id is not None and selection.in_list(tickets_detail.KEY):
    tickets_detail.draw(view, queue, ticket_id)
if len(order):
    downloads(
        view,
        export,
        title="Tickets",
        name="tickets",
        rows=len(order),
        key="tickets",
        filters=words,
        currency_column=None,
    )
