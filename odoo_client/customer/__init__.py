"""One customer out of the snapshot: found, put together, as JSON.

What concerns all customers at once is in `metrics`.
"""
