"""What only the page Orders draws.

What several pages draw is in `pages.ui`.
"""
