"""What is read from Odoo at the moment somebody looks, for one record.

What all pages show is synced into the snapshot instead.
"""
