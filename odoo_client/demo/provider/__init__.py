"""The invented internet provider that fills a demo: people, orders, invoices, payments, tickets.

No behaviour, only data and its traps.
"""
