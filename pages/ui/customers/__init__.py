"""What only the page Customers draws.

What other pages draw too stands in `pages.ui`.
"""
