"""Writes into Odoo: typed functions that pages and the command line call, and the outbox that survives an outage."""
