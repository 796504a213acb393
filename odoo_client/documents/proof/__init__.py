"""Whether a file that somebody uploads may be kept as a proof of payment; all parsing is in a process of its own.

What becomes of it is in `actions`.
"""
