"""What only the page Orders draws.

What other pages draw too stands in `pages.ui`.
"""
