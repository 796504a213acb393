"""Services and recurring revenue."""

from __future__ import annotations

from odoo_client.metrics.definitions.base import Metric

_SERVICES = "Odoo: subscriptions, else OCA contract lines, else inferred from confirmed orders (then marked so)"

METRICS = (
    Metric(
        "active_services",
        "Active services",
        "Services that are active now. Paused ones are counted apart. One inferred from an order ends 45 days "
        "(setting) after the last month began that the order or an invoice of its technology pays for, or with a later "
        "order.",
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
        "Sum of the monthly fees, ex tax, of services active now. Paused services are shown apart. Not what was "
        "invoiced. A fee is a subscription's or contract's price divided by the months of its rule, whatever its "
        "quantity. Inferred from an order, it is the line's amount divided by the months it pays for: those of its own "
        "dates, else of its unit (Month, Quarter, Year), else its quantity: in plain units 12 × 60 is 60 paid for "
        "twelve months. The same number invoiced three months running is that many services. What cannot be told "
        "(another unit, over 36 units, as many kits, routers or fees on the order, the number invoiced again once) "
        "reads “period not known” and counts here with nothing.",
        "money in one currency a month",
        _SERVICES,
    ),
    Metric(
        "recurring_revenue",
        "Recurring revenue invoiced",
        "Product lines of posted invoices for service plans, ex tax, in the month of the invoice date; "
        "credit notes negative. No kits, routers or installation. A year invoiced in advance stands whole in its "
        "month. Not MRR.",
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
)
