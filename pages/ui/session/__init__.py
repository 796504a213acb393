"""Who looks, what they may, and what runs behind all sessions.

Nothing here draws a figure.
"""
