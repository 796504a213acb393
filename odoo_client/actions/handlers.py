"""The function that carries out the entries of each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from odoo_client.actions import customers, promises
from odoo_client.actions.outbox.entry import Kind
from odoo_client.actions.outbox.job import Handler
from odoo_client.actions.payments import decisions, proof
from odoo_client.actions.tickets import jobs as ticket_jobs

HANDLERS: Final[Mapping[Kind, Handler]] = {
    "payment_proof": proof.do_proof,
    "payment_approve": decisions.do_approve,
    "payment_reject": decisions.do_reject,
    "payment_ask": decisions.do_ask,
    "ticket_create": ticket_jobs.do_create,
    "ticket_update": ticket_jobs.do_update,
    "activity": promises.do_activity,
    "customer_update": customers.do_update,
}
