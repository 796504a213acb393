"""What only the page Payments draws.

What several pages draw is in `pages.ui`.
"""
