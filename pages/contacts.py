"""Customer data to put right (e-mail, phone, duplicates, archived with debt), and portal accounts of customers."""

from __future__ import annotations

from pages.ui import frame, widgets
from pages.ui.contacts import check as contacts_check
from pages.ui.contacts import portal_links

SEGMENTS = {"Check": contacts_check.draw, "Portal links": portal_links.draw}

view = frame.page_top("Contacts", ("customers", "receivable_lines"))
segment = widgets.one_of("Part", SEGMENTS.keys(), "contacts_part", "Check", label_visibility="collapsed")
SEGMENTS.get(segment, contacts_check.draw)(view)
