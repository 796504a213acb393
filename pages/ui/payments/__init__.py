"""What only the page Payments draws.

What other pages draw too stands in `pages.ui`.
"""
