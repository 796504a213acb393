"""The data check as a whole: filters, tiles, findings, and the customer chosen among them."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from pages.ui import contacts_detail as detail
from pages.ui import contacts_filters as filters
from pages.ui import contacts_parts as parts
from pages.ui import formats, tables
from pages.ui.contacts_data import check_of
from pages.ui.data import View
from pages.ui.exports import downloads
from pages.ui.filters import cleared


def draw(view: View) -> None:
    """Draw the check of the companies chosen."""
    found = check_of(view)
    top = st.container()
    chosen, notes = filters.draw(found)
    for note in notes:
        st.warning(formats.plain(note), icon=":material/link_off:")
    if note := parts.unseen_note(found):
        st.info(note, icon=":material/lock:")
    shown = parts.Shown(view, found, chosen, filters.kept(found, chosen))
    words = filters.described(chosen, parts.company_words(view))
    asked = detail.asked()
    # A customer opened by its address stands first, one chosen in the table below stays with it.
    if asked and not detail.chosen_here(asked):
        with top:
            detail.detail(shown, asked)
    parts.tiles(shown, {name: value for name, value in words.items() if name != "Finding"})
    _table(shown, words, asked)
    if asked and detail.chosen_here(asked):
        detail.detail(shown, asked)


def _table(shown: parts.Shown, words: dict[str, str], asked: str) -> None:
    st.subheader("Findings", anchor=False)
    count = int(shown.mask.sum())
    if not count:
        alone = filters.hiding(shown.found, shown.chosen, words) if len(shown.found.findings) else []
        tables.empty(
            "customers to put right",
            {name: words[name] for name in alone},
            clear=cleared(filters.CLEARED, alone),
            key="contact_clear",
        )
        return
    at = np.flatnonzero(shown.mask)[tables.page_of(count, key="contact_page")]
    page = np.zeros(len(shown.mask), dtype=np.bool_)
    page[at] = True
    rows = parts.rows_of(shown, page)
    columns = parts.columns_of(shown)
    tables.show(
        rows,
        columns,
        f"{formats.plural(count, 'finding')} on customers' data",
        key=tables.rows_key(f"contacts_{st.session_state.get('contact_closed', 0)}", rows[["partner_id", "kind_code"]]),
        on_pick=partial(detail.choose, rows),
        picked=detail.position_of(rows, asked),
    )
    downloads(
        shown.view,
        lambda: parts.export(parts.rows_of(shown, shown.mask), columns),
        title="Customer data to put right",
        name="customer-data",
        rows=count,
        key="contacts",
        filters=words,
        as_of=shown.view.today,
        currency_column=None,
    )
    if not asked:
        st.caption("Choose a row to compare that customer with those who share the same, and to correct it.")
