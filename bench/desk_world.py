"""Streamlit as `bench/desk.py` runs it: a demo that somebody has worked in already, or a hard one (`DESK_WORLD=hard`).

In the hard one every name is as long as names get, and one customer's rank cannot be read, which every page warns of.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from streamlit.web import cli

from odoo_client import demo
from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.promises import Call, log_call
from odoo_client.config import Settings
from odoo_client.demo import DemoServer
from odoo_client.demo.provider.customers import FIRST_PARTNER
from pages.ui.session import backend

WORLD = "DESK_WORLD"
#: So many calls are logged before anybody looks: rows of the outbox and of the audit trail.
CALLS = 40
LONG = "Chikomborero Tinotendaishe Mukudzeiishe Machingaidze-Nyamandlovu and Family Trust (Private) Limited"
#: What has a name that people give: the model, and what its records are called in the hard world.
NAMED = {
    "res.partner": "{name}, {long}",
    "product.template": "{name}, {long}",
    "helpdesk.ticket": "{name}: {long}",
    "res.company": "{name} {long}",
}
ODD_RANK = "often"

_start_demo, _make_ready = demo.start_demo, backend.make_ready


def hard_demo(settings: Settings) -> DemoServer:
    """Start the demo with the longest names and one value that cannot be read."""
    server = _start_demo(settings)
    for model, pattern in NAMED.items():
        for row in server.orm.tables[model].values():
            row["name"] = pattern.format(name=row["name"], long=LONG)
    server.orm.tables["res.partner"][FIRST_PARTNER]["customer_rank"] = ODD_RANK
    return server


def log_calls() -> None:
    """Log a call with each of some customers once the first snapshot is there."""
    running = backend.backend()
    while (snapshot := running.snapshot()) is None:
        time.sleep(0.5)
    customers = snapshot.frame("customers")
    own = customers[customers["partner_id"] == customers["commercial_partner_id"]]
    for number, name in own[["partner_id", "name"]].head(CALLS).itertuples(index=False):
        log_call(running.office, Author("demo", "Demo", on_behalf=True), Call(int(number), str(name), "They will pay"))


def make_ready() -> None:
    """Do what the app does before the first session, and begin to log calls."""
    _make_ready()
    threading.Thread(target=log_calls, daemon=True).start()


if __name__ == "__main__":
    backend.make_ready = make_ready
    if os.environ.get(WORLD) == "hard":
        demo.start_demo = hard_demo
    cli.main()
