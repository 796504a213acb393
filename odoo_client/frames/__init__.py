"""Columns and arrays: kinds of values, joining, what was odd in them.

Knows no Odoo model and no rule of business.
"""
