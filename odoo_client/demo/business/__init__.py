"""What the demo's Odoo does: its models' methods, its ledger, its rights.

How rows are kept and searched is in `orm`.
"""
