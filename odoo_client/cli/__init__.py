"""The commands of `python -m odoo_client`: options, words, exit codes.

They hold no rules: each calls what a page or a job calls too.
"""
