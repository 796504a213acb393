"""What was entered here and is on its way into Odoo: entries, their file, who sends them and how it went.

The rules of payments and tickets are not here but beside it.
"""
