"""`python -m odoo_client`: see `cli.py`."""

from odoo_client.cli.main import main

main()
