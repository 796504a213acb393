"""Promises to pay and notes of calls, as Arrears and Customers show and enter them.

Their rules are in `metrics.promises` and `actions.promises`.
"""
