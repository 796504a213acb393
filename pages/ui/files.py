"""Watch Streamlit's stores of files: whom each file is made for, and into whose page each upload is put.

Streamlit serves what it stores to anyone who knows the address, and what a page makes on click has no owner. So both
stores are set up here, once, before the first page, to record who owns each file; `endpoints.files` asks them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from streamlit import runtime as streamlit_runtime
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from odoo_client.endpoints.authentication import Doors
from odoo_client.endpoints.files import Asker, asker
from odoo_client.endpoints.owners import Owners, file_id_of
from odoo_client.endpoints.uploads import Uploads, weight
from odoo_client.errors import AfinetError
from pages.ui.session import access, backend

if TYPE_CHECKING:
    from streamlit.runtime import Runtime
    from streamlit.runtime.media_file_manager import MediaFileManager
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
    from streamlit.runtime.uploaded_file_manager import UploadedFileManager, UploadedFileRec, UploadFileUrlInfo


def watch(running: Runtime) -> None:
    """Watch the stores of this process's Streamlit. Files made before have no owner and are served to nobody."""
    watch_media(running.media_file_mgr, owners)
    watch_uploads(in_memory(running.uploaded_file_mgr), uploads)


def in_memory(store: UploadedFileManager) -> MemoryUploadedFileManager:
    """Return Streamlit's store of uploads as the one kind that it has, which can do more than it promises."""
    return cast("MemoryUploadedFileManager", store)


def watch_media(media: MediaFileManager, known: Owners) -> None:
    """Note for every file whom it is made for; what is made on click is made for the person who clicks."""
    add, add_deferred, execute, remove = (
        media.add,
        media.add_deferred,
        media.execute_deferred,
        media.remove_orphaned_files,
    )

    def added(*what: Any, **more: Any) -> str:
        url = add(*what, **more)
        known.add(file_id_of(url), _looks().key)
        return url

    def deferred(data_callable: Callable[[], Any], *what: Any, **more: Any) -> str:
        drawn_for = _looks()

        def theirs() -> Any:
            if _doors() is not None and not _may_fetch(drawn_for):
                raise MediaFileStorageError("This file is made on another session's page.")
            return data_callable()

        return add_deferred(theirs, *what, **more)

    def executed(file_id: str) -> str:
        url = execute(file_id)
        clicked = asker.get()
        if clicked is not None:
            known.add(file_id_of(url), clicked.key)
        return url

    def removed() -> None:
        remove()
        known.keep(lambda file_id: media.read_file(file_id) is not None)

    # Streamlit has no place to be told at: its own methods are taken the place of.
    media.add, media.add_deferred = added, deferred  # type: ignore[method-assign]
    media.execute_deferred, media.remove_orphaned_files = executed, removed  # type: ignore[method-assign]


def watch_uploads(store: MemoryUploadedFileManager, known: Uploads) -> None:
    """Note for every tab who was given an address to upload into it, until the tab is gone."""
    urls, add, remove = store.get_upload_urls, store.add_file, store.remove_session_files

    def told(session_id: str, file_names: Sequence[str]) -> list[UploadFileUrlInfo]:
        known.opened(session_id, _asks_as(session_id))
        return urls(session_id, file_names)

    def added(session_id: str, file: UploadedFileRec) -> None:
        add(session_id, file)
        if known.person_of(session_id) is None:
            # Its tab was closed during the upload: nobody would ever remove the file.
            remove(session_id)

    def removed(session_id: str) -> None:
        known.closed(session_id)
        remove(session_id)

    # As with the media.
    store.get_upload_urls, store.add_file = told, added  # type: ignore[method-assign]
    store.remove_session_files = removed  # type: ignore[method-assign]


def drop_upload(file_id: str) -> None:
    """Forget a file that was uploaded into the current tab: its page needs it no longer; the browser still lists it."""
    context = get_script_run_ctx()
    if context is not None:
        in_memory(context.uploaded_file_mgr).remove_file(context.session_id, file_id)


def held(store: MemoryUploadedFileManager) -> Mapping[str, int]:
    """Return how many bytes each tab has put into the store, as `weight` counts them."""
    # Copied first: other threads add and remove files meanwhile.
    tabs = {tab: list(files.values()) for tab, files in list(store.file_storage.items())}
    return {tab: sum(weight(len(file.data)) for file in files) for tab, files in tabs.items()}


def _doors() -> Doors | None:
    try:
        return backend.backend().doors
    except AfinetError:
        return None  # In that case no page shows anything, and no file is made.


def _looks() -> Asker:
    """Return who is looking at the page that is being drawn, as its websocket says."""
    if _doors() is None or get_script_run_ctx() is None:
        return Asker("", "")
    token, browser, _address = access.caller()
    return Asker(token, browser)


def _may_fetch(drawn_for: Asker) -> bool:
    """Return whether the asker is the session that a page was drawn for, and is still signed in."""
    doors, asks = _doors(), asker.get()
    if doors is None or asks is None or not asks.token:
        return False
    return asks.key == drawn_for.key and doors.sessions.alive(asks.token, browser=asks.browser)


def _asks_as(tab: str) -> str:
    """Return the login of whoever asks for an upload address; without a sign-in only the tab is known."""
    doors, asks = _doors(), asker.get()
    if doors is None:
        return tab
    person = None if asks is None else doors.sessions.person(asks.token, browser=asks.browser)
    return "" if person is None else person.login


#: Who owns which file, in this process.
owners = Owners()
uploads = Uploads(lambda: held(in_memory(streamlit_runtime.get_instance().uploaded_file_mgr)))
