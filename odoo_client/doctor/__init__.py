"""What may be wrong with an installation, and what to do about it.

It finds and reports; it changes nothing.
"""
