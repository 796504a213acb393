"""What pages share: tables, tiles, charts, filters, words; each folder holds what only one page draws.

Figures come from the snapshot through `odoo_client`; nothing here calls Odoo.
"""
