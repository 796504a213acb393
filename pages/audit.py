"""Audit: who signed in, was refused, exported, made statements or wrote into Odoo."""

from __future__ import annotations

import streamlit as st

from odoo_client.errors import AuditError
from pages.ui import tables
from pages.ui.audit import table as audit_table
from pages.ui.audit import words as audit_words
from pages.ui.exports import downloads
from pages.ui.frame import page_top
from pages.ui.session import access

view = page_top("Audit", ())
# Everybody else was refused before this runs; fetching the rows checks the same rule once more.
access.current().require_page("audit")
try:
    asked = audit_table.filters(view)
    found = audit_table.entries(view, asked)
    audit_table.draw_tiles(view)
    audit_table.chain()
    hiding = audit_table.hiding(asked) if found.empty else {}
except AuditError as exc:
    st.error(exc.sentence, icon=":material/error:")
    st.stop()
if found.empty:
    tables.empty("entries", hiding, where="in the trail yet")
    st.stop()
tables.show(
    found.iloc[tables.page_of(len(found), key="audit_page")],
    {name: name for name in found.columns},
    "Audit trail, the newest first",
    key="audit_rows",
)
st.caption(audit_words.TWO_ROWS)
downloads(
    view,
    lambda: found,
    title="Audit trail",
    name="audit",
    rows=len(found),
    key="audit",
    filters=asked.words,
    currency_column=None,
)
