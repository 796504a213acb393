"""Calls to Odoo: HTTP, both protocols, repeats, deadlines, faults, columns read at once.

No model by name but those that every connection asks.
"""
