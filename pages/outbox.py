"""Outbox."""

from __future__ import annotations

from pages.ui.freshness import page_top

view = page_top("Outbox", ())
