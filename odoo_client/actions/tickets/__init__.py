"""Making and changing tickets: what is asked for, and the job that does it.

Reading what may be chosen is in `live`.
"""
