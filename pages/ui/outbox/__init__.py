"""What the page Outbox draws, and its badge on every page.

What several pages draw is in `pages.ui`.
"""
