"""The frame of every page: one line with title, freshness, what a page offers, and who looks at which company."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from odoo_client.errors import AfinetError, ConfigError, SnapshotCorruptError
from pages.ui import formats, freshness
from pages.ui import view as data
from pages.ui.everywhere import field as everywhere
from pages.ui.menu import PAGES
from pages.ui.navigation import company_query, page_link
from pages.ui.outbox import badge as outbox_badge
from pages.ui.session import backend, guard, submit

STYLE: Final = Path(__file__).parent / "assets" / "desk.css"


@dataclass(frozen=True)
class Head:
    """Places in a page's first line: freshness and what is wrong with the figures, what the page offers, the menu."""

    pills: DeltaGenerator
    offers: DeltaGenerator
    menu: DeltaGenerator


def style() -> None:
    """Give the page the desk's style."""
    st.html(STYLE)


def head(title: str) -> Head:
    """Draw the first line of a page and return its places."""
    style()
    with st.container(key="head", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        pills = st.container(key="pills", horizontal=True, vertical_alignment="center", width="content")
        if backend.backend().demo:
            with pills:
                demo_pill()
        st.space("stretch")
        offers = st.container(key="offers", horizontal=True, vertical_alignment="center", width="content")
        try:
            view = data.current_view()
        except AfinetError:
            view = None  # The page itself says what is wrong.
        search = st.container(key="search_place", width="content")
        menu = _menu(view)
        with search:
            everywhere.draw(view)
        return Head(pills, offers, menu)


def page_top(title: str, datasets: Iterable[str], *, offers: Callable[[data.View], None] | None = None) -> data.View:
    """Draw a page's first line and warnings, and return its view; `offers` draws what the page offers to do there.

    Where there is nothing to show yet, say why and stop the page. `datasets` are the frames the page draws on:
    their age and their warnings are this page's.
    """
    st.session_state[freshness.DIALOG] = False
    places = head(title)
    try:
        view = data.current_view()
    except ConfigError as exc:
        st.error(exc.sentence, title="A setting is missing or wrong", icon=":material/settings_alert:")
        st.stop()
    except SnapshotCorruptError as exc:
        st.warning(exc.sentence, title="The stored copy cannot be read", icon=":material/broken_image:")
        view = None
    except AfinetError as exc:
        st.error(exc.sentence, title="There are no figures to show", icon=":material/error:")
        st.stop()
    if view is None:
        freshness.first_sync()
        st.stop()
    names = tuple(name for name in datasets if name in view.snapshot.info)
    view = replace(view, datasets=names)
    with places.pills:
        st.fragment(freshness.line, run_every=freshness.PACE)(view.key, names, None if view.whole else view.company_ids)
        freshness.notices(view)
        outbox_badge.draw(title)
    with places.menu:
        freshness.denied(view)
    if offers is not None:
        with places.offers:
            offers(view)
    submit.banner()
    return view


def demo_pill() -> None:
    """Draw the mark of the demo, which tells how a real Odoo is connected."""
    with st.popover(":blue-badge[:material/science: Demo]", type="tertiary"):
        st.info(
            "All names and figures are invented. Set `ODOO_URL`, `ODOO_DATABASE`, `ODOO_USERNAME` and `ODOO_PASSWORD` "
            "(environment, or `.streamlit/secrets.toml`) to connect your own Odoo.",
            title="Demo data",
            icon=":material/science:",
        )


def _menu(view: data.View | None) -> DeltaGenerator:
    """Draw the menu of company, person and way out; return its place for what else it has to tell."""
    names = {} if view is None else view.company_names
    company = st.session_state.get("company") or st.query_params.get("company", data.ALL_COMPANIES)
    chosen = company if company in names.values() else data.ALL_COMPANIES
    label = formats.plain(chosen if len(names) > 1 else guard.name())
    with st.popover(label, icon=":material/account_circle:", key="menu") as place:
        if len(names) > 1:
            if chosen != data.ALL_COMPANIES and "company" not in st.query_params:
                # A page that code opens has an address without it; set again, it comes into it.
                st.session_state["company"] = chosen
            st.selectbox(
                "Company",
                [data.ALL_COMPANIES, *names.values()],
                key="company",
                bind="query-params",
                help="Every figure on every page is of this company alone.",
            )
        guard.person()
    return place


def phone_menu(page: str, listed: Collection[str]) -> None:
    """Draw the pages listed behind one button, for a phone; another page's is another, hence closed."""
    with st.container(key="phone_menu"), st.popover("Menu", icon=":material/menu:", key=f"phone_{page}"):
        for name, (label, icon, _about) in PAGES.items():
            if name in listed:
                page_link(f"{name}.py", label, f":material/{icon}:", company_query())
