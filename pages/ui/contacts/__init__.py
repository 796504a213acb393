"""What only the page Contacts draws.

What other pages draw too stands in `pages.ui`.
"""
