"""The data check as a whole: filters, tiles, findings, and the customer chosen among them."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from pages.ui import formats, selection, tables
from pages.ui.contacts import detail, filters, tiles
from pages.ui.contacts.data import check_of
from pages.ui.exports import downloads
from pages.ui.filters import cleared
from pages.ui.view import View


def draw(view: View) -> None:
    """Draw the check of the companies chosen."""
    found = check_of(view)
    top = st.container()
    chosen, notes = filters.draw(found)
    for note in notes:
        st.warning(formats.plain(note), icon=":material/link_off:")
    if note := tiles.unseen_note(found):
        st.info(note, icon=":material/lock:")
    shown = tiles.ContactsPage(view, found, chosen, filters.kept(view, found, chosen))
    words = filters.described(chosen, view.company_words)
    asked = selection.asked(detail.KEY)
    if asked and not selection.in_list(detail.KEY):
        with top:
            detail.detail(shown, asked)
    tiles.tiles(shown, {name: value for name, value in words.items() if name != "Finding"})
    _table(shown, words, asked)


def _table(shown: tiles.ContactsPage, words: dict[str, str], asked: str) -> None:
    st.subheader("Findings", anchor=False)
    count = int(shown.mask.sum())
    if not count:
        alone = filters.hiding(shown.view, shown.found, shown.chosen, words) if len(shown.found.findings) else []
        tables.empty(
            "customers to put right",
            {name: words[name] for name in alone},
            clear=cleared(filters.CLEARED, alone),
            key="contact_clear",
        )
        if selection.in_list(detail.KEY):  # the last one was put right
            detail.detail(shown, asked)
        return
    at = np.flatnonzero(shown.mask)[tables.page_of(count, key="contact_page")]
    page = np.zeros(len(shown.mask), dtype=np.bool_)
    page[at] = True
    rows = tiles.rows_of(shown, page)
    columns = tiles.columns_of(shown)
    tables.show(
        rows,
        columns,
        f"{formats.plural(count, 'finding')} on customers' data",
        key=tables.rows_key(selection.table_name(detail.KEY), rows[["partner_id", "kind_code"]]),
        on_pick=partial(detail.choose, rows),
        picked=selection.position_of(detail.KEY, rows, "partner_id"),
    )
    if selection.in_list(detail.KEY):
        detail.detail(shown, asked)
    elif not asked:
        st.caption("Choose a row to compare that customer with those who share the same, and to correct it.")
    downloads(
        shown.view,
        lambda: tables.exported(tiles.rows_of(shown, shown.mask), columns),
        title="Customer data to put right",
        name="customer-data",
        rows=count,
        key="contacts",
        filters=words,
        as_of=shown.view.today,
        currency_column=None,
    )
