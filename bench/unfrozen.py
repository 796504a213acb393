"""Streamlit as `bench/browser.py` runs it for comparison: nothing is set aside from garbage collection."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from streamlit.web import cli

from odoo_client.sync import garbage

if __name__ == "__main__":
    garbage.set_aside = lambda: None
    cli.main()
