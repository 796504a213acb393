"""What only the page Services draws.

What other pages draw too stands in `pages.ui`.
"""
