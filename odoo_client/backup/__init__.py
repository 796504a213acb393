"""A copy of DATA_DIR taken while the app runs, and put back whole or not at all.

What stands in those files belongs to `actions` and `people`.
"""
