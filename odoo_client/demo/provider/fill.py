"""Fills a database with the invented provider: the same every time for the same day and profile."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from odoo_client.demo.business import catalogue
from odoo_client.demo.business.ledger import Ledger
from odoo_client.demo.business.reconcile import close_books
from odoo_client.demo.business.registry import install_hooks
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.provider import conversations, desk, pipeline, promises, proofs, traps
from odoo_client.demo.provider.customers import make_customers
from odoo_client.demo.provider.history import MONTHS, History, announce, live

_SEED = 2024


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Switch off garbage collection: looking for garbage among a hundred thousand rows that stay doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def fill(db: Database, today: date, *, empty: bool = False, months: int = MONTHS) -> None:
    """Fill all tables as of `today`; `empty` leaves it at companies, currencies, accounts, staff and products.

    Documents and payments go back `months`; customers and their services are the same however many those are.
    """
    with _without_collecting():
        _fill(db, today, empty=empty, months=months)


def _fill(db: Database, today: date, *, empty: bool, months: int) -> None:
    rng = random.Random(_SEED)  # noqa: S311 - invented data, nothing secret
    rates = catalogue.build_catalogue(db, today, rng)
    ledger = Ledger(db, rates)
    db.ledger = ledger
    if not empty:
        customers = make_customers(db, today, rng)
        live(customers, today, rng)
        announce(customers, today)
        pipeline.confirmed_orders(db, customers, today, rng)
        history = History(ledger, customers, today, rng)
        history.run(months)
        traps.set_traps(ledger, customers, today, rng)
        close_books(db)
        traps.after_closing(ledger, today)
        pipeline.services(db, customers, today)
        pipeline.open_orders(db, customers, today, rng)
        desk.make_tickets(db, customers, today, rng)
        conversations.make_conversations(db, today)
        proofs.make_proofs(ledger, today)
        promises.make_promises(db, today)
    ledger.live = True
    install_hooks(db)
