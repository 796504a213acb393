"""Columns and arrays: kinds of values, joining, what was odd in them.

Nothing here knows an Odoo model or a business rule.
"""
