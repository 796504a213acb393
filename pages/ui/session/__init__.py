"""Who is looking, what they may do, and what runs behind all sessions.

Nothing here draws a figure.
"""
