"""What only the page Billing draws.

What several pages draw is in `pages.ui`.
"""
