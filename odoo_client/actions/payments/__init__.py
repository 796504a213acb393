"""Entering, approving, rejecting and asking about payments, and what has to be so before.

What a page reads of a payment to show it is in `live`.
"""
