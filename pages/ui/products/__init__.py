"""What only the page Products draws.

What several pages draw is in `pages.ui`.
"""
