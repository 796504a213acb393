"""What the tenants hold. These modules run inside ``odoo shell`` (Python 3.9 in Odoo 14) and in the tests."""
