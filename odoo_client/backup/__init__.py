"""A copy of DATA_DIR taken while the app runs, and put back whole or not at all.

The content of those files belongs to `actions` and `people`.
"""
