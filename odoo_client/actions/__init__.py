"""Writes into Odoo: the functions that pages and the command line call, and the outbox that survives an outage.

Each takes an `Office`, the `Author` and typed values, puts an entry into the outbox and returns it at once; a
`odoo_client.actions.outbox.sender.Sender` sends it with the author's own credentials. All raise ActionRefusedError for
what is wrong in itself and OutboxError when it cannot be kept; what Odoo answers is added to the entry.

========================  ==========================================  ==============================================
Function                  What Odoo gets                              Odoo rights of the author
========================  ==========================================  ==============================================
submit_payment_proof      a draft payment with its file and a note    Invoicing (account.group_account_invoice)
approve_payment           posted, and matched with the invoices       Invoicing
reject_payment            cancelled, the reason noted                 Invoicing
ask_about_payment         a note for whoever entered it               Invoicing
create_ticket             a ticket or task                            Helpdesk or Project user
update_ticket             stage, assignee, priority; note, message    Helpdesk or Project user
log_promise, log_call     an activity on the customer                 Contact Creation (base.group_partner_manager)
update_customer           name, e-mail, phone, address                Contact Creation (base.group_partner_manager)
link_customer             nothing: the mapping is kept here           none
========================  ==========================================  ==============================================
"""
