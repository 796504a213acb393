"""What only the page Audit draws.

What several pages draw is in `pages.ui`.
"""
