"""What only the page Billing draws.

What other pages draw too stands in `pages.ui`.
"""
