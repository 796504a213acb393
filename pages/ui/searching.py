"""What the text filter of a list finds: one rule for all, `odoo_client.metrics.text_search`, over what a person sees.

The texts of customers and of large frames are prepared once per snapshot and shared by all sessions that see the same;
those of small frames are prepared as they are searched.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import streamlit as st

from odoo_client.frames.arrays import BoolArray, ints
from odoo_client.metrics.money_in import money_texts
from odoo_client.metrics.text_search import CustomerTexts, Sought, row_texts
from odoo_client.store.snapshot import Snapshot
from pages.ui import view as data
from pages.ui.view import View

#: Frames whose texts are kept ready: four kinds of documents and receivable lines, for a few sets of rights.
TEXTS_KEPT = 5 * data.DERIVED_KEPT


def customers(view: View) -> CustomerTexts:
    """Return the texts that customers of the snapshot are found by."""
    return _customers(view.key, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=data.DERIVED_KEPT)
def _customers(snapshot_id: str, _snapshot: Snapshot) -> CustomerTexts:
    return CustomerTexts.build(_snapshot.frame("customers"))


def texts(view: View, frame: str, *columns: str) -> pa.Array:
    """Return the texts of `columns` in each row of a frame of the snapshot, ready to be searched."""
    return _texts(view.key, frame, columns, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=TEXTS_KEPT)
def _texts(snapshot_id: str, frame: str, columns: tuple[str, ...], _snapshot: Snapshot) -> pa.Array:
    return row_texts(_snapshot.frame(frame), columns)


def sought(view: View, text: str) -> Sought:
    """Return a text prepared for a search in several frames."""
    return Sought(customers(view), text)


def of_frame(view: View, text: Sought, frame: str, *columns: str) -> BoolArray:
    """Return which rows of a frame of the snapshot `text` finds, by `columns` or by their customer."""
    return text.rows(ints(view.snapshot.frame(frame), "commercial_partner_id"), texts(view, frame, *columns))


def of_money(view: View, text: Sought, money: pd.DataFrame) -> BoolArray:
    """Return which rows of all of `metrics.money_in` `text` finds, by what they are called or by their customer."""
    return text.rows(ints(money, "commercial_partner_id"), _money(view.key, money, view.snapshot))


@st.cache_resource(show_spinner=False, max_entries=data.DERIVED_KEPT)
def _money(snapshot_id: str, _money: pd.DataFrame, _snapshot: Snapshot) -> pa.Array:
    return row_texts(money_texts(_snapshot, _money), ("number", "reference", "payment_reference"))


def of_rows(view: View, text: str, rows: pd.DataFrame, columns: Sequence[str], owner: str) -> BoolArray:
    """Return which of `rows` `text` finds, by `columns` or by the customer whose id is in the column `owner`."""
    return sought(view, text).rows(ints(rows, owner), row_texts(rows, columns))
