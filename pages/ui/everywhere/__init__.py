"""The search from everywhere (Ctrl-K): its field, what it finds, and where a result leads."""
