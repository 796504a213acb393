"""Snapshots and other files on disk: written whole, read by many, locked, told when damaged.

What is in them is decided elsewhere.
"""
