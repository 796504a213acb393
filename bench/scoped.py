"""Streamlit as `bench/sessions.py --scopes` runs it: without sign-in, each websocket names the rights of its person.

The header `SCOPE` says which. 0 sees everything; every other one is a person of their own: own orders and tickets, one
company or both, with personal data or without.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Final
from unittest import mock

sys.path.insert(0, str(Path(__file__).parents[1]))

import streamlit as st  # noqa: E402
from streamlit.web import cli  # noqa: E402

from odoo_client.people.access import Access, Person, everything
from odoo_client.roles import ACTIONS, PAGES, PERSONAL, ROLES, Personal
from pages.ui.session import access  # noqa: E402

SCOPE: Final = "X-Scope"
#: Companies a person sees, in turn; the synthetic books have two.
COMPANIES: Final = ((1, 2), (1,), (2,))


def person_of(scope: int, company_ids: Collection[int]) -> Access:
    """Return the access of the `scope`-th set of rights."""
    if not scope:
        return everything(company_ids)
    person = Person(
        login=f"bench{scope}",
        name=f"Bench {scope}",
        user_id=1000 + scope,
        roles=frozenset(ROLES),
        company_ids=frozenset(COMPANIES[scope % len(COMPANIES)]).intersection(company_ids),
        sales="own",
        tickets="own",
    )
    personal: frozenset[Personal] = frozenset(PERSONAL if scope % 2 else ())
    return Access(person, frozenset(PAGES), frozenset(ACTIONS), personal)


def _asked(company_ids: Collection[int], **_names: str) -> Access:
    return person_of(int(st.context.headers.get(SCOPE) or 0), company_ids)


if __name__ == "__main__":
    with mock.patch.object(access, "everything", _asked):
        cli.main()
