"""What only the page Services draws.

What several pages draw is in `pages.ui`.
"""
