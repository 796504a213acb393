"""What people read for the codes in frames: one table of each kind, for every page, export and command.

Odoo's own words are used where it has some, so that one thing has one name in both; the priorities of tickets are read
from Odoo itself, since each helpdesk names them differently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

#: Technologies, "" = a product or document of none.
TECHNOLOGIES: Final[Mapping[str, str]] = {
    "fibre": "Fibre",
    "wireless": "Wireless",
    "starlink": "Starlink",
    "": "Not attributed",
}
SERVICE_STATUSES: Final[Mapping[str, str]] = {
    "active": "Active",
    "upcoming": "Upcoming",
    "paused": "Paused",
    "ended": "Ended",
}
#: Where a service comes from, in a table.
SERVICE_SOURCES: Final[Mapping[str, str]] = {
    "enterprise": "Subscription",
    "oca_contract": "Contract",
    "inferred": "Inferred",
}
#: What is shown in place of a monthly fee, and in a sentence.
PERIOD_NOT_KNOWN: Final = "Period not known"
#: Kinds of documents and of what happened, in the order they are offered.
KINDS: Final[Mapping[str, str]] = {
    "invoice": "Invoice",
    "credit_note": "Credit note",
    "receipt": "Receipt",
    "payment": "Payment",
    "refund": "Refund",
    "bank_line": "Bank line",
    "entry": "Journal entry",
    "ticket": "Ticket",
    "order": "Order",
    "promise": "Promise to pay",
}
#: How invoices and payments stand: Odoo's codes, and those this app has besides.
STATUSES: Final[Mapping[str, str]] = {
    "posted": "Posted",
    "draft": "Draft",
    "not_paid": "Not paid",
    "partial": "Partially paid",
    "partly_paid": "Partially paid",
    "in_payment": "In payment",
    "paid": "Paid",
    "reversed": "Reversed",
    "blocked": "Blocked",
    "invoicing_legacy": "Posted",
    "overdue": "Overdue",
    "later": "Dated ahead",
    "in_process": "In process",
    "received": "Received",
    "refunded": "Refunded",
    "unallocated": "Not fully matched",
    "rejected": "Rejected",
    "cancel": "Cancelled",
    "cancelled": "Cancelled",
}
#: How a promise to pay stands.
PROMISES: Final[Mapping[str, str]] = {"open": "Open", "kept": "Kept", "broken": "Broken", "withdrawn": "Withdrawn"}
#: What is shown where Odoo names no method for a payment.
NO_METHOD: Final = "No method"
#: Whom a ticket waits for.
WAITING: Final[Mapping[str, str]] = {"us": "Us", "customer": "Customer", "closed": "Closed"}
#: Priorities of tickets by rising level, where Odoo's own words were not read yet.
PRIORITIES: Final = ("Low", "Medium", "High", "Urgent")


def technology(code: str) -> str:
    """Return what people read for a technology."""
    return TECHNOLOGIES.get(code, TECHNOLOGIES[""])


def status(code: str) -> str:
    """Return what people read for a state of an invoice or payment, even one that Odoo may add one day."""
    return STATUSES.get(code, _plain(code))


def payment_status(code: str, *, inbound: bool) -> str:
    """Return how a payment stands: one that is posted was received, or refunded."""
    return STATUSES["received" if inbound else "refunded"] if code == "posted" else status(code)


def service_status(code: str) -> str:
    """Return what people read for a service's status."""
    return SERVICE_STATUSES.get(code, _plain(code))


def kind(code: str) -> str:
    """Return what people read for a kind of document."""
    return KINDS.get(code, _plain(code))


def priorities(names: Sequence[str]) -> dict[int, str]:
    """Return Odoo's priorities by level, the highest first; `names` are its own by rising level, () = not read."""
    known = [name or PRIORITIES[min(level, len(PRIORITIES) - 1)] for level, name in enumerate(names)]
    return dict(reversed(list(enumerate(known or PRIORITIES))))


def _plain(code: str) -> str:
    return code.replace("_", " ").capitalize()
