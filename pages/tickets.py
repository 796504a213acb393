"""Tickets: who is waiting for us and for how long, the backlog over time, and one ticket with its conversation."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from pages.ui import formats, frame, freshness, listing, selection, tables
from pages.ui.exports import downloads
from pages.ui.filters import cleared
from pages.ui.session import access
from pages.ui.tickets import data as tickets_data
from pages.ui.tickets import detail as tickets_detail
from pages.ui.tickets import filters as tickets_filters
from pages.ui.tickets import many as tickets_many
from pages.ui.tickets import new as tickets_new
from pages.ui.tickets import table as tickets_table
from pages.ui.tickets import tiles, wallboard
from pages.ui.view import View

if wallboard.asked():
    wallboard.draw()
    st.stop()


def offers(view: View) -> None:
    """Draw what people begin here: a ticket, and the wallboard."""
    if not freshness.absent(view, "tickets"):
        wallboard.link()
        tickets_new.button(view)


view = frame.page_top("Tickets", tickets_data.frames_read(), offers=offers)
if why := freshness.absent(view, "tickets"):
    tiles.absent_figures(why)
    st.stop()

queue = tickets_data.queue(view)
if queue.facts.empty:
    tables.empty("tickets", {})
    st.stop()

strip = st.container()
chosen, notes = tickets_filters.draw(view, queue.book)
ticket_id, note = tickets_detail.chosen_ticket()
for sentence in [*notes, *filter(None, [note])]:
    st.warning(formats.plain(sentence), icon=":material/link_off:")
found = tickets_filters.kept(view, queue, chosen)
words = tickets_filters.described(view, chosen)
listing.chips({name: value for name, value in words.items() if name != "Tickets"}, tickets_filters.CLEARED)
page = tiles.TicketsPage(view, queue, chosen, found, words)
with strip:
    tiles.figures(page)

keep = found.every()
with listing.bar():
    shown = listing.view_choice(tickets_filters.VIEW)
    st.markdown(f"**{formats.plural(int(keep.sum()), 'ticket')}**", width="content")
    sort = tickets_filters.sort_choice()
    st.space("stretch")
    export_place = listing.export_menu()
    # In place of all that, so that the next row to choose does not move.
    many_place = st.container(key="many_place")
order = queue.orders[sort]
order = order[keep[order]]
columns = tickets_table.columns(view, messages_known=queue.book.messages_known)


def export() -> pd.DataFrame:
    """Return every row of the queue, from all of its pages."""
    return tickets_table.export(view, queue, order, columns)


if len(order):
    with export_place:
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
if shown == listing.CHARTS:
    tiles.figures(page, rest=True)
    tiles.history(page)
    tiles.by_kind(page)
    st.stop()

left, right = listing.places()
ids, table = [], ""
with left:
    if not len(order):
        alone = tickets_filters.hiding(found, words)
        tables.empty("tickets", alone, clear=cleared(tickets_filters.CLEARED, alone), key="tickets_clear")
    else:
        rows = tickets_table.rows(view, queue, order[tables.page_of(len(order), key="ticket_page")])
        ids = rows["ticket_id"].tolist()
        table = tables.rows_key(selection.table_name(tickets_detail.KEY), rows[["ticket_id"]])
        tables.show(
            rows,
            tickets_table.varied(rows, columns),
            "The queue of tickets",
            key=table,
            on_pick=partial(selection.pick, tickets_detail.KEY, rows, "ticket_id"),
            picked=selection.position_of(tickets_detail.KEY, rows, "ticket_id"),
            fills=True,
            several=access.may("ticket"),
        )
        if boxes := [ids[at] for at in tables.chosen(table) if at < len(ids)]:
            with many_place:
                tickets_many.draw(view, boxes)
if ticket_id is not None:
    with right:
        close = partial(selection.close, tickets_detail.KEY)
        listing.record_buttons(tickets_detail.KEY, ids, table, "close_ticket", close)
        tickets_detail.draw(view, queue, ticket_id)
