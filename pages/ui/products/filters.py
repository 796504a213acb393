"""The filters of the Products page, their values in the address, and the products they keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from odoo_client.frames.arrays import BoolArray, flags, ints, is_code
from odoo_client.metrics import labels
from odoo_client.metrics.catalogue import KINDS
from odoo_client.metrics.text_search import row_texts, texts_found
from pages.ui import formats, widgets
from pages.ui.filters import FILTER_WIDTH_PX, not_taken
from pages.ui.products.data import Catalogue
from pages.ui.view import TECHNOLOGIES

#: Which products are shown, in the words of the filter.
SHOWN: Mapping[str, str] = {
    "current": "Current",
    "off_list": "Off list",
    "unmapped": "Unmapped",
    "archived": "Archived",
    "all": "All",
}
#: Choices that need services.
OF_SERVICES = ("off_list", "archived")
#: Widget values that clear a filter, by the filter's name.
CLEARED: Mapping[str, Mapping[str, object]] = {
    "Search": {"product_q": ""},
    "Technology": {"product_technology": []},
    "Kind": {"product_kind": []},
    "Starlink only": {"product_starlink": False},
    "Products": {"product_show": "all"},
}


@dataclass(frozen=True)
class ProductFilters:
    """What the page shows; empty tuples and texts keep everything."""

    text: str = ""
    technologies: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    starlink: bool = False
    shown: str = "current"


def draw(*, services_known: bool) -> tuple[ProductFilters, list[str]]:
    """Draw the filters; return their values and a sentence for each value in the address that cannot be taken.

    Choices that need services are not offered where services are not known.
    """
    choices = [key for key in SHOWN if services_known or key not in OF_SERVICES]
    notes = not_taken(
        ("product_technology", "technology", [labels.technology(key) for key in (*TECHNOLOGIES, "")]),
        ("product_kind", "kind", KINDS.values()),
        ("product_show", "choice of products", [SHOWN[key] for key in choices]),
    )
    with st.grid(3, min_column_width=FILTER_WIDTH_PX, gap="xsmall"):
        text = widgets.search("Search", "product_q", "Name, code, category")
        technologies = widgets.technologies("product_technology")
        kinds = widgets.several("Kind", KINDS, "product_kind", "All kinds")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        shown = widgets.one_of(
            "Products",
            {key: SHOWN[key] for key in choices},
            "product_show",
            "current",
            wraps=True,
            help="Current: not archived in Odoo, or still in use. Archived: archived in Odoo and still in use.",
        )
        starlink = st.toggle("Starlink only", key="product_starlink", bind="query-params")
    chosen = ProductFilters(text, technologies, kinds, bool(starlink), shown)
    return chosen, notes


def open_rows(shown: str, *kinds: str) -> None:
    """Show the products behind a figure: those of a choice, of the kinds named (none = any)."""
    st.session_state["product_show"] = shown
    st.session_state["product_kind"] = list(kinds)


def kept(found: Catalogue, chosen: ProductFilters) -> BoolArray:
    """Return the products that every filter but the choice of products and the kind keeps."""
    rows = found.products
    keep = np.ones(len(rows), dtype=np.bool_)
    if chosen.technologies:
        keep &= is_code(rows, "technology", *chosen.technologies)
    if chosen.starlink:
        keep &= flags(rows, "starlink")
    if chosen.text:
        keep &= texts_found(row_texts(rows, ("name", "code", "category")), chosen.text)
    return keep


def of_choice(found: Catalogue, shown: str) -> BoolArray:
    """Return the products of a choice (see `SHOWN`)."""
    rows = found.products
    masks: dict[str, BoolArray] = {
        "current": flags(rows, "active") | flags(rows, "archived_in_use"),
        "off_list": ints(rows, "off_list_services") > 0,
        "unmapped": flags(rows, "unmapped"),
        "archived": flags(rows, "archived_in_use"),
    }
    return masks.get(shown, np.ones(len(rows), dtype=np.bool_))


def table_mask(found: Catalogue, keep: BoolArray, chosen: ProductFilters) -> BoolArray:
    """Return the products of the table: those kept that are in the choice and of the kinds chosen."""
    mask = keep & of_choice(found, chosen.shown)
    return mask & is_code(found.products, "kind", *chosen.kinds) if chosen.kinds else mask


def described(chosen: ProductFilters, company: str) -> dict[str, str]:
    """Return the filters in force, name to value; `company` names the companies chosen, "" for all."""
    words = {
        "Company": company,
        "Products": "" if chosen.shown == "all" else SHOWN[chosen.shown],
        "Technology": formats.listed(labels.technology(key) for key in chosen.technologies),
        "Kind": formats.listed(KINDS[key] for key in chosen.kinds),
        "Starlink only": "Yes" if chosen.starlink else "",
        "Search": chosen.text,
    }
    return {name: value for name, value in words.items() if value}


def hiding(found: Catalogue, chosen: ProductFilters, names: Iterable[str]) -> list[str]:
    """Return those of the filters named without which there would be products; all when none is so alone."""
    without = {
        "Products": replace(chosen, shown="all"),
        "Technology": replace(chosen, technologies=()),
        "Kind": replace(chosen, kinds=()),
        "Starlink only": replace(chosen, starlink=False),
        "Search": replace(chosen, text=""),
    }
    names = [name for name in names if name in without]
    return [name for name in names if table_mask(found, kept(found, without[name]), without[name]).any()] or names
