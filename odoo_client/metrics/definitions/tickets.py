"""Tickets."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

_SOURCE = "Odoo: helpdesk tickets, else project tasks"
_MESSAGES = "Odoo: messages on tickets that are open or changed within the set number of days (90)"

METRICS = (
    Metric(
        "open_tickets",
        "Open tickets",
        "Tickets in a stage that does not close them. A project task is closed by a folded stage and by its own state "
        "(Done or Cancelled, from Odoo 17 on), each alone or both.",
        "tickets",
        _SOURCE,
    ),
    Metric("unassigned_tickets", "Unassigned tickets", "Open tickets that nobody is assigned to.", "tickets", _SOURCE),
    Metric(
        "tickets_without_reply",
        "Tickets without a reply",
        "Open tickets on which no internal user has written in public yet. Internal notes and automatic answers are "
        "no reply, and neither is the e-mail with which staff opened a ticket.",
        "tickets",
        _MESSAGES,
    ),
    Metric(
        "longest_wait",
        "Waiting longest",
        "Of the open tickets that wait for us: hours since the customer's first public message after our last answer, "
        "since creation where there was no answer; the longest. An answer is a public message of an internal user, "
        "never an internal note or a change of stage; it stops the clock, and a ticket whose last public word is our "
        "answer has none. Without the right to read messages it runs from creation. A ticket waits for the customer "
        "where its stage's name says so (setting).",
        "hours",
        _MESSAGES,
    ),
    Metric(
        "tickets_opened",
        "Tickets opened",
        "Tickets by the day of their creation, where the provider is. A week begins on Monday.",
        "tickets",
        _SOURCE,
    ),
    Metric(
        "tickets_closed",
        "Tickets closed",
        "Closed tickets by the day of their closing date, where the provider is. One that was opened again, or that "
        "carries no closing date, counts on no day. Odoo dates the end of a project task by its stage: of one that "
        "only its state closes, the day of its last change of stage or state counts.",
        "tickets",
        _SOURCE,
    ),
    Metric(
        "ticket_backlog",
        "Ticket backlog",
        "Tickets created before that midnight and not closed before it, where the provider is. A closed ticket "
        "without a closing date is left out; one opened again counts as never closed.",
        "tickets",
        _SOURCE,
    ),
    Metric(
        "first_response",
        "First response",
        "Hours from a ticket's creation to the first public message of an internal user, nights and weekends "
        "included; median and 90th percentile. Automatic mails and internal notes do not count; on a ticket that "
        "staff opened by e-mail the second message does. Tickets without a reply are counted apart.",
        "hours",
        f"{_MESSAGES}. As Zendesk defines it",
    ),
    Metric(
        "resolution_time",
        "Resolution time",
        "Hours from creation to the closing date of tickets closed within the set number of days (90), nights and "
        "weekends included; median and 90th percentile. Cancelled and merged tickets and those without a closing "
        "date are left out. A project task that only its state closes is dated by its last change of stage or state.",
        "hours",
        _SOURCE,
    ),
)
