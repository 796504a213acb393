"""What the page Outbox draws, and its badge on every page.

What other pages draw too stands in `pages.ui`.
"""
