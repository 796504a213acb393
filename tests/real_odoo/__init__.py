"""Real Odoo servers for the tests: installing them, filling a provider's tenant, serving it on loopback.

``python -m tests.real_odoo`` lists the commands. Nothing here imports ``odoo_client``: what these modules say about a
ledger comes from Odoo alone.
"""
