"""What only the page Customers draws.

What several pages draw is in `pages.ui`.
"""
