"""Who signs in, what they may see and do, and the trail of it.

The table of roles is `odoo_client.roles`.
"""
