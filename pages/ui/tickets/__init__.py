"""What only the page Tickets draws, including its wallboard.

What several pages draw is in `pages.ui`.
"""
