"""What was billed and what came in, how fast and how well."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

_MONEY = "money in one currency"
_PAYMENTS = "Odoo: account.payment of customers"
_MONEY_IN = f"{_PAYMENTS}; posted entries of bank, cash and card journals on receivable accounts (account.move.line)"
#: What a bank line is, in words.
_BANK_LINE = (
    "bank lines without one (entries of a bank, cash or card journal on a receivable account: a bank statement line "
    "matched straight with invoices), at what reached the bank for that customer, without what the entry wrote off"
)
_OPEN = "Open amounts are the buckets of Arrears at the end of that day; unallocated money is not taken off them"
_LEDGER = (
    "Odoo: posted journal items on receivable accounts not marked non-trade, partial reconciliations; posted invoices "
    "and credit notes"
)

METRICS = (
    Metric(
        "received",
        "Received",
        f"Posted inbound customer payments by payment date, in the currency they were made in, and {_BANK_LINE}, by "
        "entry date in the currency credited. A bank line that confirms a payment counts once, as the payment. Refunds "
        "paid out are shown apart and not taken off.",
        _MONEY,
        _MONEY_IN,
    ),
    Metric(
        "billed",
        "Billed",
        "Posted invoices and receipts less posted credit notes, with tax, by invoice date (else entry date).",
        _MONEY,
        "Odoo: account.move of customers",
    ),
    Metric(
        "collected",
        "Collected",
        "What was received (posted payments, and bank lines without one) less refunds paid out, by its date, whatever "
        "it paid.",
        _MONEY,
        _MONEY_IN,
    ),
    Metric(
        "days_to_pay",
        "Days to pay",
        "Of invoices paid whole in the period: days from the invoice date to the last match that closed them; median "
        "and 90th percentile. An invoice that only credit notes or write-offs closed, without a payment or bank line "
        "that brought money, was not paid. Not DSO.",
        "days",
        "Odoo: receivable lines and partial reconciliations",
    ),
    Metric(
        "average_days_to_pay",
        "Average days to pay",
        "Sum of amount × days to pay ÷ sum of amount, of invoices paid whole in the period, in one currency. Not DSO: "
        "what is still open is not in it.",
        "days",
        "Odoo: receivable lines and partial reconciliations. Chaser calls this DSO",
    ),
    Metric(
        "collection_effectiveness",
        "Collection effectiveness",
        "(Opening open amount + billed in the month − closing open amount) ÷ (opening open amount + billed in the "
        f"month − closing open amount not yet due) × 100, of one month. {_OPEN}. Not meaningful where nothing could "
        "be collected, where more became open than was billed, and in the month the books begin.",
        "percent a month",
        f"{_LEDGER}. Formula as AccountingTools and creditguru give it, for one month",
    ),
    Metric(
        "countback_dso",
        "Days sales outstanding (countback)",
        "Each latest month's billing is taken off the open amount until it is used up; the days of those months, the "
        f"last by its share. {_OPEN}. Not meaningful where more is open than was ever billed.",
        "days",
        f"{_LEDGER}. As Upflow describes it",
    ),
    Metric(
        "best_possible_dso",
        "Best possible DSO",
        "As the countback, of the open amount that is not yet due: what it would be if everybody paid on the due "
        "date. The gap to the countback is what lateness costs.",
        "days",
        f"{_LEDGER}. As Upflow describes it",
    ),
    Metric(
        "simple_dso",
        "Days sales outstanding (simple)",
        f"Closing open amount ÷ billed in the month × days of the month (so far, for this month). {_OPEN}. Not "
        "meaningful where nothing was billed or more was credited than billed.",
        "days",
        f"{_LEDGER}. Oracle's conventional DSO",
    ),
    Metric(
        "payments_without_customer",
        "Payments without customer",
        "Posted customer payments and bank lines on a receivable account that name no partner, refunds paid out taken "
        "off: money received that nobody has been credited with.",
        _MONEY,
        f"{_MONEY_IN}. Bank lines in suspense accounts are not among them",
    ),
    Metric(
        "unallocated_payments",
        "Unallocated payments",
        "Payments and bank lines of which something is matched with no invoice, as the ledger stands now, and what is "
        "left of them.",
        "payments",
        "Odoo: receivable lines of payments and bank lines",
    ),
)
