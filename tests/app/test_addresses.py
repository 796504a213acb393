"""Every page is found under its name, the first one at the root as well, whichever that is for the person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.types import Message
from streamlit.commands import navigation
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from odoo_client.endpoints import names
from odoo_client.people.access import Access
from pages.ui.menu import PAGES
from tests.app.conftest import MAIN, Stage

Visit = Callable[..., AppTest]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Open the app at an address as a browser does that comes from nowhere: it knows the page by its name alone."""
    missed: list[str] = []
    monkeypatch.setattr(navigation, "send_page_not_found", lambda ctx: missed.append("Page not found"))
    intend = PagesManager.set_script_intent

    def open_at(address: str, /, **query: str | list[str]) -> AppTest:
        def by_name(self: PagesManager, page_script_hash: str, page_name: str) -> None:
            intend(self, page_script_hash, page_name or ("" if page_script_hash else address))

        monkeypatch.setattr(PagesManager, "set_script_intent", by_name)
        visit = AppTest.from_file(str(MAIN), default_timeout=60)
        for name, value in query.items():
            visit.query_params[name] = value
        visit.run()
        assert not visit.exception
        assert not missed
        return visit

    return open_at


@pytest.mark.parametrize("name", PAGES)
def test_each_page_has_its_name_as_its_address(provider: Stage, at: Visit, name: str) -> None:
    assert at(name).title[0].value == PAGES[name][0]


@pytest.mark.parametrize("address", ["", "overview"])
def test_the_first_page_is_at_the_root_too_and_either_address_keeps_its_view(
    provider: Stage, at: Visit, address: str
) -> None:
    visit = at(address, company="Afi Wireless", rows="payments")
    assert visit.title[0].value == "Overview"
    assert visit.selectbox(key="company").value == "Afi Wireless"
    assert (visit.query_params["company"], visit.query_params["rows"]) == ("Afi Wireless", "payments")


def test_who_begins_with_another_page_finds_that_one_and_the_overview_under_their_names(
    provider: Stage, at: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Access, "first_page", property(lambda self: "customers"))
    assert at("").title[0].value == "Customers"
    visit = at("customers", find="Moyo")
    assert (visit.title[0].value, visit.text_input(key="find").value) == ("Customers", "Moyo")
    assert at("overview").title[0].value == "Overview"


@pytest.mark.parametrize(
    ("path", "query", "leads"), [("/Overview", b"", "overview"), ("/Arrears", b"q=a%20b&q=c", "arrears?q=a%20b&q=c")]
)
def test_a_page_s_name_as_people_write_it_leads_to_its_address(path: str, query: bytes, leads: str) -> None:
    app = Starlette(routes=names.routes({name: title for name, (title, _icon, _about) in PAGES.items()}))
    sent: list[Message] = []

    async def ask() -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": [], "root_path": ""}
        await app({**scope, "scheme": "https", "server": ("desk.example.com", 443)}, receive, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 307
    assert (b"location", leads.encode()) in sent[0]["headers"]
