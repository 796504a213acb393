"""What only the page Arrears draws.

What other pages draw too stands in `pages.ui`.
"""
