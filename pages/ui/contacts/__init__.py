"""What only the page Contacts draws.

What several pages draw is in `pages.ui`.
"""
