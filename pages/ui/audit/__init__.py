"""What only the page Audit draws.

What other pages draw too stands in `pages.ui`.
"""
