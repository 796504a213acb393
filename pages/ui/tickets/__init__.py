"""What only the page Tickets draws, its wallboard too.

What other pages draw too stands in `pages.ui`.
"""
