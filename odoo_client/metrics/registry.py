"""Every figure the app shows: its name, formula, unit and source. One registry feeds tiles, "Explain", exports and
README.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType


@dataclass(frozen=True)
class Metric:
    """One figure. `source` names the Odoo records it comes from, and whose definition it follows where it has one."""

    key: str
    name: str
    formula: str
    unit: str
    source: str


_LINES = "Odoo: posted journal items on receivable accounts (account.move.line), partial reconciliations"
_SERVICES = "Odoo: subscriptions, else OCA contract lines, else inferred from confirmed orders (then marked so)"
_PAST_DAY = "On a past day: residuals as they were, rebuilt from partial reconciliations since; marks as they are now."

_ALL = (
    Metric(
        "residual",
        "Open amount",
        "What is left of each receivable line in its own currency: residual now, plus what was reconciled "
        "after the as-of date. Lines dated after it are left out, lines closed since are in; below half the "
        "currency's rounding is nothing.",
        "money in one currency",
        _LINES,
    ),
    Metric(
        "ageing",
        "Ageing",
        "Open debit lines by days from due date (else entry date) to the as-of date; a line due that day is "
        "not overdue. Each instalment by itself. Payments and credit notes are in no bucket.",
        "money in one currency",
        f"{_LINES}. Buckets as in OCA's aged partner balance, credits apart",
    ),
    Metric(
        "ageing_by_invoice_date",
        "Ageing by invoice date",
        "Open debit lines by days from invoice date (else entry date) to the as-of date. What is overdue "
        "still goes by due date.",
        "money in one currency",
        _LINES,
    ),
    Metric(
        "overdue",
        "Overdue",
        "Sum of open debit lines whose due date (else entry date) is before the as-of date.",
        "money in one currency",
        _LINES,
    ),
    Metric(
        "unallocated",
        "Unallocated",
        "Sum of payments and credit notes matched to no invoice, or not fully. Never netted into a bucket.",
        "money in one currency",
        _LINES,
    ),
    Metric(
        "balance",
        "Balance",
        "All buckets less unallocated; equals the receivable balance in Odoo's ledger.",
        "money in one currency",
        _LINES,
    ),
    Metric(
        "in_payment",
        "In payment",
        "What is still open of invoices that Odoo calls in payment: the money is on its way and not in the "
        "ledger. On a past day only where the linked payment is not later than that day.",
        "money in one currency",
        "Odoo: account.move payment_state, account.payment invoices (18 and newer)",
    ),
    Metric(
        "disputed",
        "Disputed",
        f"What is open of lines marked as disputed. {_PAST_DAY}",
        "money in one currency",
        "Odoo: account.move.line blocked (to 17), no_followup (later, where installed)",
    ),
    Metric(
        "net_to_chase",
        "Net to chase",
        "For each customer, company and currency: overdue − its disputed part − its part in payment (a line "
        "that is both counts once, as disputed) − unallocated, never below 0. A credit made for an invoice "
        "already taken out pays that one first. Totals are the sum over customers: one customer's credit "
        "pays nobody else's debt.",
        "money in one currency",
        _LINES,
    ),
    Metric(
        "oldest_days",
        "Oldest days overdue",
        "Days from the earliest due date of an overdue line to the as-of date.",
        "days",
        _LINES,
    ),
    Metric(
        "last_payment",
        "Last payment",
        "Latest posted inbound payment of the customer up to the as-of date, in the currency it was made in.",
        "date and money",
        "Odoo: account.payment",
    ),
    Metric(
        "arrears_by_technology",
        "Arrears by technology",
        "An open line is shared out over the technologies of its invoice's product lines by untaxed amount, "
        "the odd cent to the largest; with none of them it is not attributed.",
        "money in one currency",
        f"{_LINES}, invoice product lines, the technology rules of the settings",
    ),
    Metric(
        "converted",
        "Shown in one currency",
        "Each currency's figure × Odoo's rate of the target ÷ Odoo's rate of its own, both the latest not "
        "after the as-of date; a company's own rate before a shared one. Rounded once, at the end.",
        "money in one currency",
        "Odoo: res.currency.rate",
    ),
    Metric(
        "active_services",
        "Active services",
        "Services that are active now. Paused ones are counted apart.",
        "services",
        _SERVICES,
    ),
    Metric(
        "new_services",
        "New services",
        "Services whose start date is in the month, without migrations and replacements.",
        "services a month",
        _SERVICES,
    ),
    Metric(
        "lost_services",
        "Lost services",
        "Services whose end date is in the month, without migrations and replacements. The last month's may "
        "still turn out to be migrations.",
        "services a month",
        _SERVICES,
    ),
    Metric(
        "migrations",
        "Migrations",
        "A service that ended and another technology of the same customer that started within 31 days "
        "(setting) before or after; neither lost nor new. The same technology again within that time is a "
        "replacement, neither as well.",
        "services a month",
        _SERVICES,
    ),
    Metric("net_adds", "Net adds", "New services − lost services; migrations apart.", "services a month", _SERVICES),
    Metric(
        "churn_rate",
        "Churn",
        "Lost services ÷ average of opening and closing services of the month. Not meaningful without any.",
        "percent a month",
        f"{_SERVICES}. Definition on the average base, as telecom operators report it",
    ),
    Metric(
        "mrr",
        "MRR now",
        "Sum of the monthly fees, ex tax, of services active now. Paused services are shown apart. Not what "
        "was invoiced.",
        "money in one currency a month",
        _SERVICES,
    ),
    Metric(
        "recurring_revenue",
        "Recurring revenue invoiced",
        "Product lines of posted invoices for service plans, ex tax, in the month of the invoice date; "
        "credit notes negative. No kits, routers or installation. Not MRR.",
        "money in one currency a month",
        "Odoo: account.move and its product lines, the technology rules of the settings",
    ),
    Metric(
        "revenue_per_service",
        "Revenue per service",
        "Recurring revenue invoiced in the month in that currency ÷ average of opening and closing services, "
        "whatever currency they are priced in. Not meaningful without any services.",
        "money in one currency a month",
        f"Odoo: invoices; {_SERVICES}",
    ),
    Metric(
        "open_tickets",
        "Open tickets",
        "Tickets in a stage that does not close them.",
        "tickets",
        "Odoo: helpdesk tickets, else project tasks",
    ),
    Metric(
        "orders_in_progress",
        "Orders in progress",
        "Confirmed orders with an outgoing delivery not done, something to invoice, or nothing delivered "
        "and nothing invoiced yet. Running subscriptions are services.",
        "orders",
        "Odoo: sale.order and its lines, stock.picking",
    ),
)

#: Every metric by its key.
METRICS: Mapping[str, Metric] = MappingProxyType({metric.key: metric for metric in _ALL})


def metric(key: str) -> Metric:
    """Return the metric of that key. Raises KeyError."""
    return METRICS[key]


@dataclass(frozen=True)
class Explanation:
    """A figure as it stands on a page: what it is, and what was chosen for it."""

    metric: Metric
    as_of: date | None
    currency: str
    filters: Mapping[str, str]
    rows: int | None
    notes: tuple[str, ...]

    def items(self) -> list[tuple[str, str]]:
        """Return label and text of each line of the explanation, empty ones left out."""
        found = [
            ("Formula", self.metric.formula),
            ("Unit", self.metric.unit),
            ("Source", self.metric.source),
            ("As of", f"{self.as_of.day} {self.as_of:%b %Y}" if self.as_of else ""),
            ("Currency", self.currency),
            *self.filters.items(),
            ("Rows", "" if self.rows is None else f"{self.rows:,}"),
            *(("Note", note) for note in self.notes),
        ]
        return [(label, text) for label, text in found if text]


def explain(
    key: str,
    *,
    as_of: date | None = None,
    currency: str = "",
    filters: Mapping[str, str] | None = None,
    rows: int | None = None,
    notes: Sequence[str] = (),
) -> Explanation:
    """Return how the figure `key` came about, with what the page chose for it. Raises KeyError for an unknown key."""
    return Explanation(metric(key), as_of, currency, MappingProxyType(dict(filters or {})), rows, tuple(notes))
