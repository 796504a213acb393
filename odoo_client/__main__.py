"""`python -m odoo_client`: see `odoo_client.cli`."""

from odoo_client.cli.main import main

main()
