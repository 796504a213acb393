"""Links from one page of this app to another: with the company chosen, and only to pages the person may open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.ui.session import access
from pages.ui.view import ALL_COMPANIES

Query = dict[str, str | Sequence[str]]


def company_query() -> Query:
    """Return the company filter for a link's address, so that the page it opens shows the same company."""
    company = st.session_state.get("company", ALL_COMPANIES)
    return {} if company == ALL_COMPANIES else {"company": company}


def asked_for() -> Query:
    """Return everything the address asks for, for a link that leads to the same view."""
    return {name: st.query_params.get_all(name) for name in st.query_params}


def opens(page: str) -> bool:
    """Return whether the person may open the page of this file (`arrears.py`): no link leads to a refused page."""
    return access.current().opens(page.removesuffix(".py"))


def page_link(page: str, label: str, icon: str, query: Mapping[str, str | Sequence[str]] | None = None) -> None:
    """Draw a link to a page of this app; nothing where the person may not open it."""
    if opens(page):
        st.page_link(page, label=label, icon=icon, query_params=query)


def go(page: str, query: Mapping[str, str]) -> None:
    """Open a page of this app with the company chosen; where the person may not, stay and say so.

    The company stays chosen by itself, and Streamlit refuses an address that names what a control is bound to.
    """
    if opens(page):
        st.switch_page(page, query_params=query)
    st.toast(f"The page {page.removesuffix('.py').capitalize()} is not yours to open.", icon=":material/lock:")


def open_customer(rows: pd.DataFrame, position: int | None) -> None:
    """Open the customer (`partner_id`) of a clicked row; a row without one leaves the page as it is."""
    partner_id = 0 if position is None else int(rows["partner_id"].iloc[position])
    if partner_id:
        go("customers.py", {"customer": str(partner_id)})
