"""From Odoo into a snapshot: pull, merge, derive, compare with the ledger, in the background.

Which columns are read is in `datasets`.
"""
