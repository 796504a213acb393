"""Files over HTTP as Streamlit itself stores and serves them, with the guard before and the watch on its stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_routes import create_media_routes, create_upload_routes
from streamlit.web.server.starlette.starlette_server_config import XSRF_COOKIE_NAME

from odoo_client.config import MIB, Settings
from odoo_client.endpoints.authentication import COOKIE, Doors
from odoo_client.endpoints.files import Asker, Files, asker
from odoo_client.endpoints.middleware import Guard
from odoo_client.endpoints.owners import Owners, file_id_of
from odoo_client.endpoints.uploads import FILE_BYTES_AT_LEAST, MAX_IN_ALL_BYTES, MAX_OF_PERSON_BYTES, Uploads
from odoo_client.people.access import Person
from odoo_client.people.audit import AuditLog
from pages.ui import files
from pages.ui.session import access, backend

BROWSER = "A browser/1.0"
XSRF = generate_xsrf_token_string()
FINANCE = frozenset({"finance"})
ANN = Person("ann@staff.example", "Ann", 2, FINANCE, frozenset({1}))
BEN = Person("ben@staff.example", "Ben", 3, FINANCE, frozenset({1}))
SUE = Person("sue@staff.example", "Sue", 4, frozenset({"support"}), frozenset({1}))
#: Finance here, and in Odoo may only read: what Odoo denies is not theirs here.
READER = Person("reader@staff.example", "Reader", 5, FINANCE, frozenset({1}), writes=frozenset())


@dataclass
class House:
    """One process: its sign-in, Streamlit's stores, and the routes that serve them."""

    doors: Doors | None
    media: MediaFileManager = field(default_factory=lambda: MediaFileManager(MemoryMediaFileStorage("/media")))
    store: MemoryUploadedFileManager = field(default_factory=lambda: MemoryUploadedFileManager("/_stcore/upload_file"))
    owners: Owners = field(default_factory=Owners)
    #: Whose page is drawn at this moment, by their session.
    drawing: str = ""
    closed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.uploads = Uploads(lambda: files.held(self.store))
        files.watch_media(self.media, self.owners)
        files.watch_uploads(self.store, self.uploads)
        told = SimpleNamespace(is_active_session=lambda tab: tab not in self.closed)
        routes = [
            *create_media_routes(self.media._storage, None),  # type: ignore[arg-type]
            *create_upload_routes(told, self.store, None),  # type: ignore[arg-type]
        ]
        guard = Middleware(
            Guard, doors=self.the_doors, allowed_hosts=(), local_only=False, policy="", wanted=lambda frame: True
        )
        behind = Middleware(Files, doors=self.the_doors, owners=self.owners, uploads=self.uploads)
        self.app = Starlette(routes=routes, middleware=[guard, behind])

    def the_doors(self) -> Doors | None:
        return self.doors

    def sign_in(self, person: Person) -> str:
        assert self.doors is not None
        return self.doors.sessions.start(person, SecretStr("key"), browser=BROWSER, address="192.0.2.7")

    def ask(
        self, token: str, url: str, method: str = "GET", *, agent: str = BROWSER, root: str = "", **more: Any
    ) -> Response:
        """Return what a browser with this session gets."""
        cookies = {COOKIE: token, XSRF_COOKIE_NAME: XSRF}
        headers = {"User-Agent": agent, "X-Xsrftoken": XSRF}

        async def asked() -> Response:
            transport = ASGITransport(self.app, root_path=root)
            async with AsyncClient(
                transport=transport, base_url="http://localhost", cookies=cookies, headers=headers
            ) as client:
                return await client.request(method, url, **more)

        return asyncio.run(asked())

    def fetched(self, token: str, url: str) -> int:
        return self.ask(token, url).status_code

    def drawn(self, token: str, data: bytes = b"figures", place: str = "1") -> str:
        """Return the address of a file on the page of a session."""
        self.drawing = token
        return self.media.add(data, "text/csv", place, file_name="f.csv", is_for_static_download=True)

    def on_click(self, token: str, build: Callable[[], bytes] = lambda: b"figures", place: str = "2") -> str:
        """Return the id by which a file on the page of a session is asked for."""
        self.drawing = token
        return self.media.add_deferred(build, "text/csv", place, file_name="f.csv", element_id="a")

    def clicked(self, token: str, file_id: str) -> str:
        """Return the address that a click over the websocket of a session brings."""
        return str(self.over_websocket(token, lambda: self.media.execute_deferred(file_id)))

    def over_websocket(self, token: str, done: Callable[[], Any]) -> Any:
        def run() -> Any:
            asker.set(Asker(token, BROWSER))
            return done()

        return copy_context().run(run)

    def opens(self, token: str, tab: str) -> str:
        """Return the address to upload to that a tab of this session is told."""
        found = self.over_websocket(token, lambda: self.store.get_upload_urls(tab, ["slip.pdf"]))
        return str(found[0].upload_url)

    def put(self, token: str, url: str, size_bytes: int = 1000) -> Response:
        return self.ask(token, url, "PUT", files={"file": ("slip.pdf", b"%" * size_bytes)})

    @property
    def held_bytes(self) -> int:
        return sum(len(file.data) for tab in self.store.file_storage.values() for file in tab.values())


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    settings = Settings(odoo_url="http://127.0.0.1:9", odoo_database="isp", odoo_username="bot", odoo_password="key")
    return watched(Doors(settings, AuditLog(tmp_path / "audit.sqlite3")), monkeypatch)


@pytest.fixture
def open_house(monkeypatch: pytest.MonkeyPatch) -> House:
    """As the demo and `AUTH=none`: nobody signs in."""
    return watched(None, monkeypatch)


def watched(doors: Doors | None, monkeypatch: pytest.MonkeyPatch) -> House:
    made = House(doors)
    monkeypatch.setattr(backend, "backend", lambda: SimpleNamespace(doors=made.doors))
    monkeypatch.setattr(files, "get_script_run_ctx", lambda: SimpleNamespace())
    monkeypatch.setattr(access, "caller", lambda: (made.drawing, BROWSER, ""))
    return made


# Media and deferred files


def test_a_file_on_a_page_is_fetched_by_the_session_it_was_made_for_and_by_no_other(house: House) -> None:
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    url = house.drawn(ann)
    assert house.ask(ann, url).content == b"figures"
    assert house.fetched(ben, url) == 404
    assert house.fetched("", url) == 401
    assert house.fetched("forged", url) == 401


def test_what_is_not_theirs_reads_as_what_is_not_there(house: House) -> None:
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    there = house.ask(ben, house.drawn(ann))
    nowhere = house.ask(ben, f"/media/{'0' * 56}.csv")
    assert (there.status_code, there.text) == (nowhere.status_code, nowhere.text) == (404, "File not found")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_nor_is_it_told_in_another_way_that_it_is_there(house: House, method: str) -> None:
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    url = house.drawn(ann)
    assert house.ask(ben, url, method).status_code == 404
    assert house.ask(ann, url, method).status_code in (200, 204)


@pytest.mark.parametrize("ending", ["", ".csv", ".txt", ".", ".csv?x=/media/y"])
def test_whatever_the_end_of_its_address(house: House, ending: str) -> None:
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    mine = file_id_of(house.drawn(ben, b"mine"))
    theirs = file_id_of(house.drawn(ann))
    for address in (
        f"/media/{theirs}{ending}",
        f"/media/{mine}/../{theirs}{ending}",
        f"/media/{mine}/{theirs}{ending}",
    ):
        assert house.fetched(ben, address) == 404


@pytest.mark.parametrize("root", ["/dash", "/media", "/"])
def test_and_whatever_path_the_server_in_front_puts_before_it(house: House, root: str) -> None:
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    url = f"{root.rstrip('/')}{house.drawn(ann)}"
    assert [house.ask(token, url, root=root).status_code for token in (ann, ben, "")] == [200, 404, 401]


def test_two_people_whose_files_are_the_same_both_have_it(house: House) -> None:
    ann, ben, sue = house.sign_in(ANN), house.sign_in(BEN), house.sign_in(SUE)
    url = house.drawn(ann)
    assert house.drawn(ben) == url
    assert [house.fetched(token, url) for token in (ann, ben, sue)] == [200, 200, 404]


def test_another_session_of_the_same_person_has_files_of_its_own(house: House) -> None:
    first, second = house.sign_in(ANN), house.sign_in(ANN)
    url = house.drawn(first)
    assert house.fetched(second, url) == 404
    assert house.drawn(second) == url
    assert house.fetched(second, url) == 200


def test_a_session_that_ended_or_is_of_another_browser_fetches_nothing(house: House) -> None:
    assert house.doors is not None
    ann = house.sign_in(ANN)
    url = house.drawn(ann)
    assert house.ask(ann, url, agent="Another/2.0").status_code == 401
    house.doors.sessions.end(ann)
    assert house.fetched(ann, url) == 401


def test_what_is_made_on_click_is_made_for_who_clicks_on_their_own_page(house: House) -> None:
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    file_id = house.on_click(ann)
    url = house.clicked(ann, file_id)
    assert [house.fetched(token, url) for token in (ann, ben)] == [200, 404]


def test_nobody_makes_a_file_of_another_s_page_by_its_id(house: House) -> None:
    assert house.doors is not None
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    made: list[str] = []

    def build() -> bytes:
        made.append("built")
        return b"figures"

    file_id = house.on_click(ann, build)
    for token in (ben, "", "forged"):
        with pytest.raises(MediaFileStorageError):
            house.clicked(token, file_id)
    house.doors.sessions.end(ann)
    with pytest.raises(MediaFileStorageError):
        house.clicked(ann, file_id)
    assert not made


def test_a_file_made_outside_of_anybody_s_websocket_is_nobody_s(house: House) -> None:
    ann = house.sign_in(ANN)
    house.drawing = ""
    assert house.fetched(ann, house.drawn("")) == 404
    with pytest.raises(MediaFileStorageError):
        house.media.execute_deferred(house.on_click(ann))


def test_owners_go_with_their_file(house: House) -> None:
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    url = house.drawn(ann)
    house.media.remove_orphaned_files()
    assert house.fetched(ann, url) == 200
    house.media.clear_session_refs()
    for _ in range(2):  # What is there to be saved stays for one round more.
        house.media.remove_orphaned_files()
    assert len(house.owners) == 0
    assert house.drawn(ben) == url
    assert [house.fetched(token, url) for token in (ann, ben)] == [404, 200]


def test_where_nobody_signs_in_files_are_everybody_s(open_house: House) -> None:
    url = open_house.drawn("")
    assert open_house.fetched("", url) == 200
    assert open_house.fetched("", open_house.clicked("", open_house.on_click(""))) == 200


# Uploads


def test_who_may_enter_proofs_uploads_into_their_own_tab(house: House) -> None:
    ann = house.sign_in(ANN)
    url = house.opens(ann, "tab")
    assert house.put(ann, url).status_code == 204
    assert house.held_bytes == 1000
    assert house.ask(ann, url, "DELETE").status_code == 204
    assert house.held_bytes == 0


@pytest.mark.parametrize("person", [SUE, READER], ids=lambda person: str(person.name))
def test_who_may_not_uploads_nothing(house: House, person: Person) -> None:
    token = house.sign_in(person)
    answer = house.put(token, house.opens(token, "tab"))
    assert answer.status_code == 403
    assert house.held_bytes == 0


def test_nobody_puts_files_into_another_s_tab_nor_takes_them_out(house: House) -> None:
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    url = house.opens(ann, "ann's")
    house.opens(ben, "ben's")
    assert house.put(ann, url).status_code == 204
    assert house.put(ben, url).status_code == 403
    assert house.ask(ben, url, "DELETE").status_code == 403
    assert house.held_bytes == 1000
    # Nor into one that nobody was told of, or none that is open.
    assert house.put(ann, "/_stcore/upload_file/made-up/1").status_code == 403
    house.store.remove_session_files("ann's")
    assert house.put(ann, url).status_code == 403
    assert house.held_bytes == 0


def test_nobody_parks_more_than_their_part(house: House) -> None:
    ann, ben = house.sign_in(ANN), house.sign_in(BEN)
    answers = []
    for number in range(8):  # each in a tab of its own
        answers.append(house.put(ann, house.opens(ann, f"tab{number}"), 9 * MIB))
    assert [answer.status_code for answer in answers] == [204] * 4 + [413] * 4
    assert "40 MB" in answers[-1].text
    assert house.held_bytes <= MAX_OF_PERSON_BYTES
    # Signed in a second time they are who they were; a colleague has a part of their own.
    again = house.sign_in(ANN)
    assert house.put(again, house.opens(again, "tab9"), 9 * MIB).status_code == 413
    assert house.put(ben, house.opens(ben, "ben's"), 9 * MIB).status_code == 204
    # What goes makes room.
    house.store.remove_session_files("tab0")
    assert house.put(ann, house.opens(ann, "tab10"), 9 * MIB).status_code == 204


def test_nor_do_all_together_park_more_than_there_is_room(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odoo_client.endpoints.uploads.MAX_IN_ALL_BYTES", 3 * FILE_BYTES_AT_LEAST)
    people = [Person(f"p{n}@staff.example", f"P{n}", 10 + n, FINANCE, frozenset({1})) for n in range(4)]
    answers = []
    for person in people:
        token = house.sign_in(person)
        answers.append(house.put(token, house.opens(token, person.login)))
    assert [answer.status_code for answer in answers] == [204, 204, 204, 503]
    assert answers[-1].headers["retry-after"]


def test_the_documentation_says_how_much_that_is() -> None:
    said = (Path(__file__).parents[2] / "docs" / "deploying.md").read_text(encoding="utf-8")
    assert f"{MAX_OF_PERSON_BYTES // MIB} MB of a person and {MAX_IN_ALL_BYTES // MIB} MB of all" in said


def test_what_is_on_its_way_counts_as_what_has_come(house: House) -> None:
    ann = house.sign_in(ANN)
    url = house.opens(ann, "tab")
    with house.uploads.room(ANN.login, MAX_OF_PERSON_BYTES - 1000):
        assert house.put(ann, url, 2000).status_code == 413
    assert house.put(ann, url, 2000).status_code == 204


def test_empty_files_are_not_for_nothing(house: House) -> None:
    ann = house.sign_in(ANN)
    url = house.opens(ann, "tab")
    most = MAX_OF_PERSON_BYTES // FILE_BYTES_AT_LEAST
    assert MAX_IN_ALL_BYTES // FILE_BYTES_AT_LEAST < 5000
    with house.uploads.room(ANN.login, (most - 1) * FILE_BYTES_AT_LEAST):
        assert house.put(ann, f"{url}1", 0).status_code == 204
        assert house.put(ann, f"{url}2", 0).status_code == 413


def test_an_upload_says_how_long_it_is(house: House) -> None:
    ann = house.sign_in(ANN)
    url = house.opens(ann, "tab")

    async def parts() -> AsyncIterator[bytes]:
        yield b"%" * 1000

    assert house.ask(ann, url, "PUT", content=parts()).status_code == 411
    assert house.held_bytes == 0


def test_a_file_that_comes_after_its_tab_was_closed_is_not_kept(house: House) -> None:
    ann = house.sign_in(ANN)
    url = house.opens(ann, "tab")
    add = house.store.add_file

    def late(*what: Any, **more: Any) -> None:
        house.store.remove_session_files("tab")
        add(*what, **more)

    house.store.add_file = late  # type: ignore[method-assign]
    assert house.put(ann, url).status_code == 204
    assert house.held_bytes == 0
    assert "tab" not in house.store.file_storage


def test_where_nobody_signs_in_each_tab_has_a_part(open_house: House) -> None:
    first, second = open_house.opens("", "one"), open_house.opens("", "two")
    answers = [open_house.put("", first, 9 * MIB).status_code for _ in range(1)]
    answers += [open_house.put("", f"{first}{number}", 9 * MIB).status_code for number in range(4)]
    assert answers == [204] * 4 + [413]
    assert open_house.put("", second, 9 * MIB).status_code == 204
    assert open_house.put("", "/_stcore/upload_file/made-up/1").status_code == 403
