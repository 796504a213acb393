"""What was entered here and is on its way into Odoo: entries, their file, who sends them and how it went.

No rule of a payment or a ticket: those are beside it.
"""
