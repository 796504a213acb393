"""Which function does the entries of which kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from odoo_client.actions import customers, decisions, payments, promises, ticket_jobs
from odoo_client.actions.base import Kind
from odoo_client.actions.job import Handler

HANDLERS: Final[Mapping[Kind, Handler]] = {
    "payment_proof": payments.do_proof,
    "payment_approve": decisions.do_approve,
    "payment_reject": decisions.do_reject,
    "payment_ask": decisions.do_ask,
    "ticket_create": ticket_jobs.do_create,
    "ticket_update": ticket_jobs.do_update,
    "activity": promises.do_activity,
    "customer_update": customers.do_update,
}
