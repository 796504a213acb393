"""The demo's server and the two protocols it speaks.

What a call does is in `business`.
"""
