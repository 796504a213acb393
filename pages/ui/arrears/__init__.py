"""What only the page Arrears draws.

What several pages draw is in `pages.ui`.
"""
