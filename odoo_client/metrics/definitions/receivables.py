"""What is owed: ageing, credits, net to chase, conversion."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

_LINES = (
    "Odoo: posted journal items (account.move.line) on receivable accounts not marked non-trade, and partial "
    "reconciliations"
)
_PAST_DAY = "On a past day: residuals as they were, rebuilt from partial reconciliations since; marks as they are now."

METRICS = (
    Metric(
        "residual",
        "Open amount",
        "What is left of each receivable line in its own currency: residual now, plus what was reconciled "
        "after the as-of date. Lines dated after it are left out, lines closed since are in; below half the "
        "currency's rounding is nothing. Accounts that Odoo marks non-trade (VAT refund due, an owner's advance) are "
        "no customer's debt: their sum is told beside the tie to the ledger.",
        "money in one currency",
        _LINES,
    ),
    Metric(
        "ageing",
        "Ageing",
        "Open debit lines by days from due date (else entry date) to the as-of date; a line due that day is "
        "not overdue. Each instalment by itself. Payments and credit notes are in no bucket. Chosen buckets choose "
        "customers: what they owe in them is a figure of its own, their other figures stay whole.",
        "money in one currency",
        f"{_LINES}. Buckets end at AGEING_BOUNDS_DAYS (30, 60, 90 and 120 days, as in OCA's aged partner balance); "
        "credits are apart",
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
        "All buckets less unallocated; equals the receivable balance in Odoo's ledger, but for accounts marked "
        "non-trade.",
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
        "under_review",
        "Paid, waiting for us",
        "Sum of the draft inbound payments, each in its own currency, whoever entered them, with a file or without. In "
        "no ledger figure. One figure on Payments, Arrears and Overview; the first two name what of it is beside no "
        "debt: without customer, or of one with nothing open in that company and currency. That part is in no row of "
        "Arrears and taken off nothing; filters that pick customers, and a sum in one currency, leave it out. On a "
        "past day: those entered by then that still wait now, because Odoo keeps no history of drafts.",
        "money in one currency",
        "Odoo: account.payment, state draft, and the invoices they are meant for (18 and newer)",
    ),
    Metric(
        "net_to_chase",
        "Net to chase",
        "For each customer, company and currency: overdue − its disputed part − its part in payment (a line "
        "that is both counts once, as disputed) − unallocated − paid, waiting for us, never below 0. A credit made for "
        "an invoice already taken out pays that one first, and so does a draft payment meant for one. Totals are the "
        "sum over customers: one customer's money pays nobody else's debt.",
        "money in one currency",
        f"{_LINES}; account.payment, state draft",
    ),
    Metric(
        "next_to_call",
        "Next to call",
        "Customers with a net to chase above 0 who have no open promise, and whom nobody has called or had a promise "
        "from today, as far as it was logged here or promised in Odoo. Those who owe most come first, in each currency "
        "by itself; everybody else comes after them.",
        "order",
        f"{_LINES}; promises to pay; the outbox",
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
        "Latest money received from the customer (a posted payment, or a bank line without one) up to the as-of date, "
        "in the currency it was made in.",
        "date and money",
        "Odoo: account.payment, bank entries on receivable accounts",
    ),
    Metric(
        "arrears_by_technology",
        "Arrears by technology",
        "An open line is shared out over the technologies of its invoice's product lines by untaxed amount, "
        "the odd cent to the largest; with none of them it is not attributed. Chosen technologies choose customers, as "
        "chosen buckets do.",
        "money in one currency",
        f"{_LINES}, invoice product lines, the technology rules of the settings",
    ),
    Metric(
        "converted",
        "Shown in one currency",
        "Each currency's figure × Odoo's rate of the target ÷ Odoo's rate of its own, both the latest not "
        "after the as-of date; a company's own rate before a shared one, and for a branch those of the company it is a "
        "branch of. Amounts in a currency without a rate stay in it. Rounded once, at the end.",
        "money in one currency",
        "Odoo: res.currency.rate",
    ),
)
