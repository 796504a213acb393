"""The filters of the data check, their values in the address, and the findings they keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from odoo_client.frames.arrays import BoolArray, flags, is_code
from odoo_client.metrics.data_check import KINDS
from pages.ui import formats, searching, widgets
from pages.ui.contacts.data import Check
from pages.ui.filters import FILTER_WIDTH_PX
from pages.ui.view import View

#: Widget values that clear a filter, by the filter's name.
CLEARED: Mapping[str, Mapping[str, object]] = {
    "Search": {"contact_q": ""},
    "Finding": {"contact_kind": []},
    "Owing only": {"contact_owing": False},
}


def kind_name(kind: str) -> str:
    """Return a kind of finding in words: `No e-mail`."""
    return kind[:1].upper() + kind[1:]


@dataclass(frozen=True)
class CheckFilters:
    """What the page shows; empty tuples and texts keep everything."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    owing: bool = False


def draw(found: Check) -> tuple[CheckFilters, list[str]]:
    """Draw the filters; return their values and a sentence for each value in the address that cannot be taken."""
    offered = [kind for kind in KINDS if kind not in found.unseen]
    names = [kind_name(kind) for kind in offered]
    notes = []
    if gone := [value for value in st.query_params.get_all("contact_kind") if value and value not in names]:
        notes.append(
            f"The address asks for the finding {formats.listed(gone)}, which is not told here. It is left out, so more "
            "may be shown than was asked for."
        )
    with st.grid(2, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        text = widgets.search("Search", "contact_q", "Name, reference, city, what is there")
        kinds = widgets.several("Finding", dict(zip(offered, names, strict=True)), "contact_kind", "All findings")
    owing = False
    if found.ledger:
        owing = st.toggle(
            "Owing only", key="contact_owing", bind="query-params", help="Customers with a balance above 0."
        )
    return CheckFilters(text, kinds, bool(owing)), notes


def kept(view: View, found: Check, chosen: CheckFilters) -> BoolArray:
    """Return the findings that every filter but the kind keeps."""
    rows = found.findings
    keep = np.ones(len(rows), dtype=np.bool_)
    if chosen.owing:
        keep &= flags(rows, "owes")
    if chosen.text:
        keep &= searching.of_rows(view, chosen.text, rows, ("name", "reference", "city", "value"), "partner_id")
    return keep


def of_kinds(found: Check, kinds: Sequence[str]) -> BoolArray:
    """Return the findings of these kinds, all of them when none is named."""
    return is_code(found.findings, "kind", *(kinds or KINDS))


def described(chosen: CheckFilters, company: str) -> dict[str, str]:
    """Return the filters in force, name to value in words."""
    words = {
        "Search": chosen.text,
        "Finding": formats.listed(kind_name(kind) for kind in chosen.kinds),
        "Owing only": "Yes" if chosen.owing else "",
        "Company": company,
    }
    return {name: value for name, value in words.items() if value}


def hiding(view: View, found: Check, chosen: CheckFilters, names: Iterable[str]) -> list[str]:
    """Return which filters hide every row: those without which there would be some, else all in force."""
    without = {
        "Finding": replace(chosen, kinds=()),
        "Owing only": replace(chosen, owing=False),
        "Search": replace(chosen, text=""),
    }
    mine = [name for name in names if name in without]
    alone = [name for name in mine if (kept(view, found, without[name]) & of_kinds(found, without[name].kinds)).any()]
    return alone or mine


def open_kinds(kinds: Sequence[str]) -> None:
    """Show the findings of these kinds (none = all): what a tile opens."""
    st.session_state["contact_kind"] = list(kinds)
