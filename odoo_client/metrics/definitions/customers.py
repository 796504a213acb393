"""Customers: who is one, and which of them need somebody."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

_SOURCE = "Odoo: res.partner, and invoices, payments, receivable lines, services, tickets and orders on it"
_CHECKED = "Odoo: res.partner (name, e-mail, phone, mobile), and receivable lines for debts"

METRICS = (
    Metric(
        "customers",
        "Customers",
        "Partners that are no contact of another one, with an invoice, payment, journal entry, service, ticket or "
        "order, or counted as a customer by Odoo. A company and its contacts count once, archived ones count too.",
        "customers",
        _SOURCE,
    ),
    Metric(
        "customers_with_services",
        "Customers with services",
        "Customers with at least one active service; one with services of several technologies counts once.",
        "customers",
        _SOURCE,
    ),
    Metric(
        "customers_overdue",
        "Customers overdue",
        "Customers with an overdue amount in any currency, archived ones too. In dispute or in payment still counts.",
        "customers",
        _SOURCE,
    ),
    Metric(
        "customer_data",
        "Customer data to put right",
        "Customers with at least one finding: e-mail or phone missing or malformed, an e-mail, phone or name that "
        "another customer has too, archived with debt. Archived customers who owe nothing are left out; a contact's "
        "data is not its company's.",
        "customers",
        _CHECKED,
    ),
    Metric(
        "customer_email",
        "E-mail to put right",
        "Customers without an e-mail, or with a malformed one: not exactly one @, a space, quote or bracket, or no dot "
        "in the domain. Several addresses, parted by comma or semicolon, are each looked at.",
        "customers",
        _CHECKED,
    ),
    Metric(
        "customer_phone",
        "Phone to put right",
        "Customers with neither phone nor mobile, or with a malformed one: fewer than 9 or more than 15 digits, or a "
        "letter.",
        "customers",
        _CHECKED,
    ),
    Metric(
        "customer_duplicates",
        "Duplicate customers",
        "Customers whose well-formed e-mail (case does not count), phone (by its digits; 0, 263 and +263 in front are "
        "the same) or name (case and runs of spaces do not count) another customer has too.",
        "customers",
        _CHECKED,
    ),
    Metric(
        "archived_with_debt",
        "Archived with debt",
        "Customers archived in Odoo with a balance above 0 in any company and currency.",
        "customers",
        _CHECKED,
    ),
    Metric(
        "portal_links",
        "Portal accounts linked",
        "Portal accounts that are linked to a customer here now: linked and not undone since.",
        "portal accounts",
        "This dashboard's own mapping (DATA_DIR), not Odoo",
    ),
)
