"""The demo's tables: fields, domains, grouping, values that are computed, changes taken back.

No deed of a model: those are in `business`.
"""
