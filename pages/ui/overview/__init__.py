"""What only the Overview draws.

What other pages draw too stands in `pages.ui`.
"""
