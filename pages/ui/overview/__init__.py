"""What only the Overview draws.

What several pages draw is in `pages.ui`.
"""
