"""What a text finds among all that the person looking may open. Nothing is drawn here.

The rule is that of every list (`searching`). A document is found by its own texts before those that only its customer's
name finds, and these are listed only while the text finds few customers: everybody's documents would say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from odoo_client.customer.search import DOCUMENTS, REASONS
from odoo_client.frames.arrays import BoolArray, IntArray, ints
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics.ledger import NO_CUSTOMER, UNNAMED_CUSTOMER
from odoo_client.metrics.text_search import (
    CONTAINS,
    EXACT,
    NOT_FOUND,
    STARTS,
    WORDS,
    Sought,
    has,
    row_texts,
    texts_found,
    where,
    words_of,
)
from pages.ui import customer_list, searching
from pages.ui import view as data
from pages.ui.everywhere.kinds import KINDS, Kind, Opens, Place, line
from pages.ui.view import View

CUSTOMER = "Customer"
#: Results of one kind, and of all kinds together.
MOST_OF_A_KIND, MOST = 5, 12
#: One letter is in everything; longer than this is no search.
SHORTEST, LONGEST = 2, 100
#: After all that is found by its own texts.
OF_CUSTOMER = NOT_FOUND


@dataclass(frozen=True)
class Result:
    """One thing found; `rank` is one of `text_search`, or `OF_CUSTOMER`."""

    kind: str
    record_id: int
    rank: int
    title: str
    detail: str


@dataclass(frozen=True, eq=False)
class _Texts:
    """The documents of one kind prepared for searching, in the order of their frame: `numbers` as words alone."""

    ids: IntArray
    owners: IntArray
    numbers: pa.Array
    every: pa.Array


def find(view: View, text: str, opens: Opens) -> list[Result]:
    """Return what `text` finds in the companies chosen on pages that `opens`: by kind, that of the best result first.

    A number that is exactly `text` comes first, then what begins with it, then what contains it.
    """
    # Half a character, which a browser may send, is in no text.
    text = " ".join(text.encode(errors="replace").decode().split())[:LONGEST]
    if len(text) < SHORTEST:
        return []
    sought = searching.sought(view, text)
    by_kind = [_customers(view, text, opens)] if opens("customers") else []
    by_kind += [_documents(view, name, kind, sought, text, opens) for name, kind in KINDS.items()]
    # Equally good ones in turn, so that one kind leaves room for the others.
    places = [(one.rank, turn, place) for place, each in enumerate(by_kind) for turn, one in enumerate(each)]
    kept = sorted(places)[:MOST]
    groups = dict.fromkeys(place for _rank, _turn, place in kept)
    return [by_kind[group][turn] for group in groups for _rank, turn, place in kept if place == group]


def place(view: View, kind: str, record_id: int, opens: Opens) -> Place | None:
    """Return where a result opens, None for what the person may not open or does not see."""
    if kind == CUSTOMER:
        known = opens("customers") and record_id in ints(view.snapshot.frame("customers"), "partner_id")
        return Place("customers", {"customer": str(record_id)}) if known else None
    found = KINDS.get(kind)
    if found is None or not any(opens(page) for page in found.pages):
        return None
    frame = view.snapshot.frame(found.frame)
    at = np.flatnonzero((ints(frame, found.key) == record_id) & found.listed(frame, opens))
    if not len(at):
        return None
    rows = frame.take(at[:1])
    return found.place(rows.to_dict("records")[0], _customers_of(view, rows).iloc[0], opens)


def _customers(view: View, text: str, opens: Opens) -> list[Result]:
    found = customer_list.found(view, text, "all")
    keep = np.ones(len(found), dtype=np.bool_)
    for word, frame, _column in DOCUMENTS:
        # Found by a document's number, where that document is a result itself.
        if any(kind.frame == frame and any(opens(page) for page in kind.pages) for kind in KINDS.values()):
            keep &= found.reason != REASONS.index(word)
    found = found.take(np.flatnonzero(keep)[:MOST_OF_A_KIND])
    rows = found.rows().to_dict("records")
    return [
        Result(CUSTOMER, int(row["partner_id"]), int(rank), line(str(row["name"])), _of_customer(row))
        for row, rank in zip(rows, found.rank, strict=True)
    ]


def _of_customer(row: dict[Any, Any]) -> str:
    """Return phone and city, and what else explains why a customer was found."""
    reason, contact = str(row["reason"]), str(row["contact"])
    own = {"account reference": row["reference"], "e-mail": row["email"], "name": "", "phone": ""}
    why = f"{reason} of its contact {contact}" if contact else str(own.get(reason, reason))
    return line(why, str(row["phone"]), str(row["city"]), "" if row["active"] else "archived")


def _documents(view: View, name: str, kind: Kind, sought: Sought, text: str, opens: Opens) -> list[Result]:
    if not any(opens(page) for page in kind.pages):
        return []
    frame, known = view.snapshot.frame(kind.frame), _texts(view.key, name, view)
    found = sought.rows(known.owners, known.every) & data.of_chosen(view, frame)
    at = np.flatnonzero(found)
    rank = _ranks(known, at, sought, text)
    if len(sought.owners) > MOST_OF_A_KIND:
        at, rank = at[rank < OF_CUSTOMER], rank[rank < OF_CUSTOMER]
    # The newest of equally good ones first.
    order = np.lexsort((-known.ids[at], rank))
    if len(order):
        listed = kind.listed(frame, opens)[at]
        order = order[listed[order]][:MOST_OF_A_KIND]
    rows = frame.take(at[order])
    results = []
    for row, customer, best in zip(rows.to_dict("records"), _customers_of(view, rows), rank[order], strict=True):
        title, detail = kind.words(view, row, customer)
        results.append(Result(name, int(row[kind.key]), int(best), title, detail))
    return results


def _ranks(known: _Texts, at: IntArray, sought: Sought, text: str) -> IntArray:
    """Return how well `text`, which finds the documents `at`, fits what these say themselves."""
    [words] = [str(one).split() for one in words_of(pa.array([text], pa.large_string())).to_pylist()]
    wanted, texts, numbers = f" {' '.join(words)}", known.every.take(at), known.numbers.take(at)
    own = texts_found(texts, text)
    beginning = own.copy()
    for word in words:
        beginning &= has(texts, f" {word}")
    # Some words its own and some its customer's: neither finds it alone.
    mixed: BoolArray = ~np.isin(known.owners[at], sought.owners)
    rank = np.where(beginning, WORDS, np.where(own | mixed, CONTAINS, OF_CUSTOMER)).astype(np.int64)
    if words:
        rank[where(pc.starts_with(numbers, wanted))] = STARTS
        rank[where(pc.equal(numbers, wanted))] = EXACT
    return rank


@st.cache_resource(show_spinner=False, max_entries=data.DERIVED_KEPT * len(KINDS))
def _texts(snapshot_id: str, name: str, _view: View) -> _Texts:
    kind = KINDS[name]
    frame = _view.snapshot.frame(kind.frame)
    return _Texts(
        ids=ints(frame, kind.key),
        owners=ints(frame, "commercial_partner_id"),
        numbers=row_texts(frame, kind.columns[:1]),
        every=searching.texts(_view, kind.frame, *kind.columns),
    )


def _customers_of(view: View, rows: pd.DataFrame) -> pd.Series[str]:
    customers, owners = view.snapshot.frame("customers"), ints(rows, "commercial_partner_id")
    at = positions(ints(customers, "partner_id"), owners)
    return text_at(customers, "name", at, UNNAMED_CUSTOMER).mask(owners == 0, NO_CUSTOMER)
