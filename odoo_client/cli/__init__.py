"""The commands of `python -m odoo_client`: options, words, exit codes.

No rule: each calls what a page or a job calls too.
"""
