"""What only the page Products draws.

What other pages draw too stands in `pages.ui`.
"""
