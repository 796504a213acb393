"""Entering, approving, rejecting and asking about payments, and the conditions for each.

What a page reads to show a payment is in `live`.
"""
