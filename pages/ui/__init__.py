"""What pages share: tables, tiles, charts, filters, words; a folder holds what one page alone draws.

Figures come from the snapshot through `odoo_client`; nothing here calls Odoo.
"""
