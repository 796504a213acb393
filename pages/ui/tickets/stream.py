"""A ticket's conversation, read from Odoo when it is opened: one stream, the newest message at its end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import streamlit as st

from odoo_client.errors import AfinetError
from pages.ui import formats, live
from pages.ui.session import access
from pages.ui.view import View

#: The line that an entry leaves under what it wrote, by which it is found again.
_REFERENCE: Final = re.compile(
    r"^(?:Ref\.|Dashboard reference|Entered through the dashboard|.*\bdashboard reference) .*$", re.IGNORECASE
)


def draw(view: View, ticket_id: int) -> None:
    """Draw what is read from Odoo now; a failure is drawn as a sentence, and the rest of the page stays."""
    st.fragment(_draw)(view, ticket_id)


def _draw(view: View, ticket_id: int) -> None:
    try:
        with st.spinner("Reading from Odoo"):
            read = live.conversation(view, ticket_id)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), title="The conversation cannot be read now", icon=":material/cloud_off:")
        st.button("Try again", icon=":material/refresh:", key="ticket_again")
        return
    machine = sum(one.automatic for one in read.messages)
    if machine or read.attachments:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            folded = not (machine and st.toggle(f"Automatic messages ({machine})", key=f"ticket_automatic_{ticket_id}"))
            if read.attachments:
                label = f"Attachments ({len(read.attachments)})"
                with st.popover(label, icon=":material/attach_file:", type="tertiary"):
                    _attachments(read.attachments)
    else:
        folded = True
    messages = [one for one in read.messages if not (folded and one.automatic)]
    with st.container(key="ticket_stream", gap="xsmall"):
        with st.container(key="said_first", gap=None):
            st.caption(":material/description: **Description**")
            paragraphs(read.description or "No description.")
        if read.cut:
            st.caption("Only the newest messages are shown; Odoo has older ones.")
        _messages(view, messages)
        if not any(not one.automatic for one in read.messages):
            st.caption("Nobody has written on this ticket yet.")


def paragraphs(text: str) -> None:
    """Draw text as it was written: letter for letter, line by line; the reference of an entry small, at its end."""
    said, reference = without_reference(text)
    blocks = ["  \n".join(formats.plain(line) for line in block.splitlines()) for block in said.split("\n\n")]
    if reference:
        blocks.append(f":small[:gray[{formats.plain(reference)}]]")
    st.markdown("\n\n".join(block for block in blocks if block))


def without_reference(text: str) -> tuple[str, str]:
    """Return what somebody wrote, and the line under it by which its entry is found again, "" for none."""
    lines = text.rstrip().splitlines()
    if len(lines) > 1 and _REFERENCE.match(lines[-1]):
        return "\n".join(lines[:-1]).rstrip(), lines[-1]
    return text, ""


def _messages(view: View, messages: Sequence[live.Message]) -> None:
    for one in messages:
        kind, mark = _kind(one)
        with st.container(key=f"said_{kind}_{one.message_id}", gap=None):
            moment = formats.moment(one.moment, view.settings.timezone)
            st.caption(f"{mark} · **{formats.plain(one.author)}** · {moment}")
            paragraphs(one.text)
            for file in one.attachments:
                st.caption(f":material/attach_file: {formats.plain(file.name)} ({file_size(file.size_bytes)})")


def _kind(one: live.Message) -> tuple[str, str]:
    """Return what marks a message: who wrote it, and whether the customer reads it. Its colour only adds to it."""
    if one.automatic:
        return "automatic", ":material/smart_toy: Odoo"
    if not one.public:
        return "note", ":material/lock: Internal note"
    return ("staff", ":material/support_agent: Staff") if one.by_staff else ("customer", ":material/person: Customer")


def file_size(size_bytes: int) -> str:
    """Return `812 bytes`, `14 kB` or `2.3 MB`."""
    if size_bytes < 1000:
        return f"{size_bytes} bytes"
    return f"{size_bytes / 1e3:,.0f} kB" if size_bytes < 1e6 else f"{size_bytes / 1e6:,.1f} MB"


def _attachments(files: Sequence[live.Attachment]) -> None:
    may = access.may("attachment")
    for file in files:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f":material/attach_file: {formats.plain(file.name)} · {file_size(file.size_bytes)}")
            if may and st.button("Fetch", icon=":material/download:", key=f"fetch_{file.attachment_id}"):
                _fetched(file)


def _fetched(file: live.Attachment) -> None:
    try:
        content = live.attachment_content(file)
    except AfinetError as exc:
        st.error(formats.plain(exc.sentence), icon=":material/cloud_off:")
        return
    # Never shown inside the page: the reader saves the file and opens it where they choose.
    st.download_button(
        f"Save {file_size(len(content))}",
        data=content,
        file_name=file.name,
        mime="application/octet-stream",
        icon=":material/save:",
        on_click="ignore",
        key=f"save_{file.attachment_id}",
    )
