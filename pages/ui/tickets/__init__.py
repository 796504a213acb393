"""What only the page Tickets draws, including its wallboard.

What other pages draw too stands in `pages.ui`.
"""
