"""Models and fields of the demo server, by version and add-on (in the language of `fields.py`).

Types, relations and "stored" were compared with `fields_get` of real Odoo 14 and 19; 16, 17 and 18 follow published
community source, Enterprise what integrators published: there the dashboard's own probing has the last word.
"""

from __future__ import annotations

from odoo_client.demo.orm.fields import Declarations
from odoo_client.demo.orm.schema_desk import DESK

_MOVE_STATES = "draft|posted|cancel:Cancelled"
_MOVE_TYPES = "entry|out_invoice|out_refund|in_invoice|in_refund|out_receipt|in_receipt"
_ORDER_STATES_16 = "draft|sent|sale|done|cancel"
_ORDER_STATES = "draft|sent|sale|cancel"
_PICKING_STATES = "draft|waiting|confirmed|assigned|done|cancel"
_PAYMENT_STATES = "not_paid|in_payment|paid|partial|reversed|invoicing_legacy"
_PAYMENT_STATES_18 = "not_paid|in_payment|paid|partial|reversed|blocked|invoicing_legacy"
_INVOICE_STATUS = "upselling|invoiced|to+invoice|no"
_ACCOUNT_TYPES = (
    "asset_receivable|asset_cash|asset_current|asset_fixed|liability_payable|liability_current|equity|income|"
    "income_other|expense"
)
_LINE_TYPES = (
    "product|cogs|tax|discount|rounding|payment_term|line_section|line_subsection|line_note|epd|non_deductible_product"
)
_RULE_TYPES = "daily|weekly|monthly|monthlylastday|quarterly|semesterly|yearly"

BASE: Declarations = {
    "res.company": {
        "char": "name! phone email vat~partner_id.vat street~partner_id.street street2~partner_id.street2"
        " zip~partner_id.zip city~partner_id.city",
        "binary": "logo~partner_id.image_1920",
        "many2one": "currency_id!>res.currency partner_id!>res.partner parent_id>res.company root_id~>res.company@17-"
        " income_currency_exchange_account_id>account.account expense_currency_exchange_account_id>account.account"
        " account_journal_early_pay_discount_gain_account_id>account.account@16-"
        " account_journal_early_pay_discount_loss_account_id>account.account@16-",
    },
    "res.currency": {
        "char": "name! symbol!",
        "integer": "decimal_places",
        "float": "rounding rate~",
        "boolean": "active",
    },
    "res.currency.rate": {
        "date": "name!",
        "float": "rate",
        "many2one": "currency_id!>res.currency company_id>res.company",
    },
    "res.country": {"char": "name! code"},
    "res.partner": {
        "char": "name display_name@-16 complete_name@17- email phone mobile@-18 ref street street2 city zip vat",
        "binary": "image_1920",
        "boolean": "is_company active",
        "many2one": "parent_id>res.partner commercial_partner_id>res.partner company_id>res.company user_id>res.users"
        " country_id>res.country",
        "one2many": "child_ids>res.partner.parent_id",
        "integer": "customer_rank supplier_rank color",
        "selection": "lang=en_US type=contact|invoice|delivery|other|private@-15"
        " type=contact|invoice|delivery|other@16-",
        "text": "comment@-15",
        "html": "comment@16-",
        "monetary": "credit~ debit~",
    },
    "res.users": {
        "char": "login! name~partner_id.name email~partner_id.email",
        "boolean": "active share",
        "many2one": "partner_id!>res.partner company_id!>res.company",
        "many2many": "company_ids>res.company groups_id>res.groups@-18 group_ids>res.groups@19-"
        " all_group_ids~>res.groups@19-",
    },
    "res.groups": {"char": "name! full_name~"},
    "uom.category@-18": {"char": "name!"},
    "uom.uom": {
        "char": "name!",
        "float": "factor!@-18 factor@19- relative_factor!@19-",
        "boolean": "active",
        "many2one": "category_id!>uom.category@-18 relative_uom_id>uom.uom@19-",
    },
    "product.category": {"char": "name! complete_name", "many2one": "parent_id>product.category"},
    "product.template": {
        "char": "name! default_code",
        "selection": "type!=consu|service|product@-16 type!=consu|service|combo@17-"
        " detailed_type!=consu|service|product@15-17",
        "float": "list_price",
        "boolean": "active sale_ok recurring_invoice/enterprise",
        "many2one": "categ_id>product.category uom_id!>uom.uom company_id>res.company currency_id~>res.currency",
    },
    "product.product": {
        "char": "default_code name!~product_tmpl_id.name",
        "selection": "type!~product_tmpl_id.type=consu|service|product@-16"
        " type!~product_tmpl_id.type=consu|service|combo@17-"
        " detailed_type!~product_tmpl_id.detailed_type=consu|service|product@15-17",
        "float": "list_price~product_tmpl_id.list_price lst_price~",
        "boolean": "active sale_ok~product_tmpl_id.sale_ok"
        " recurring_invoice~product_tmpl_id.recurring_invoice/enterprise",
        "many2one": "product_tmpl_id!>product.template categ_id~product_tmpl_id.categ_id>product.category"
        " uom_id!~product_tmpl_id.uom_id>uom.uom"
        " company_id~product_tmpl_id.company_id>res.company currency_id~>res.currency",
    },
}

ACCOUNTING: Declarations = {
    "account.journal": {
        "char": "name! code!",
        "selection": "type!=sale|purchase|cash|bank|general@-17 type!=sale|purchase|cash|bank|credit|general@18-",
        "boolean": "active",
        "many2one": "company_id!>res.company currency_id>res.currency default_account_id>account.account",
        "many2many": "inbound_payment_method_ids>account.payment.method@-14"
        " outbound_payment_method_ids>account.payment.method@-14",
        "one2many": "inbound_payment_method_line_ids>account.payment.method.line.journal_id@15-"
        " outbound_payment_method_line_ids>account.payment.method.line.journal_id@15-",
    },
    "account.account": {
        "char": "name! code!@-17 code~@18-",
        "selection": f"account_type!={_ACCOUNT_TYPES}@16- internal_type=other|receivable|payable|liquidity@-15",
        "boolean": "reconcile deprecated@-18 active@19- non_trade@16-",
        "many2one": "company_id!>res.company@-17",
        "many2many": "company_ids!>res.company@18-",
    },
    "account.payment.term": {"char": "name!"},
    "account.tax": {
        "char": "name!",
        "float": "amount!",
        "selection": "type_tax_use!=sale|purchase|none",
        "many2one": "company_id!>res.company",
    },
    "account.move": {
        "char": "name ref payment_reference invoice_origin",
        "selection": f"state!={_MOVE_STATES} move_type!={_MOVE_TYPES} payment_state={_PAYMENT_STATES}@-17"
        f" payment_state={_PAYMENT_STATES_18}@18- status_in_payment~={_PAYMENT_STATES_18}|draft|posted|sent|cancel@18-",
        "date": "date! invoice_date invoice_date_due",
        "monetary": "amount_untaxed amount_tax amount_total amount_residual amount_untaxed_signed amount_total_signed"
        " amount_residual_signed amount_total_in_currency_signed@15-",
        "boolean": "is_move_sent",
        "many2one": "partner_id>res.partner commercial_partner_id>res.partner company_id>res.company"
        " currency_id!>res.currency company_currency_id~company_id.currency_id>res.currency"
        " invoice_user_id>res.users reversed_entry_id>account.move journal_id!>account.journal"
        " payment_id>account.payment@-17 origin_payment_id>account.payment@18-"
        " invoice_payment_term_id>account.payment.term",
        "one2many": "line_ids>account.move.line.move_id invoice_line_ids>account.move.line.move_id",
        "many2many": "matched_payment_ids>account.payment@18- reconciled_payment_ids~>account.payment@19-",
    },
    "account.move.line": {
        "char": "name ref move_name matching_number",
        "date": "date date_maturity invoice_date@17-",
        "monetary": "debit credit balance amount_currency amount_residual amount_residual_currency price_subtotal"
        " price_total",
        "float": "quantity price_unit discount",
        "integer": "sequence",
        "boolean": "reconciled blocked@-17 no_followup@18/enterprise no_followup@19- exclude_from_invoice_tab@-15",
        "selection": f"parent_state={_MOVE_STATES} display_type=line_section|line_note@-15"
        f" display_type!={_LINE_TYPES}@16- account_type~account_id.account_type={_ACCOUNT_TYPES}@16-"
        f" move_type~move_id.move_type={_MOVE_TYPES}@16-"
        " account_internal_type~account_id.internal_type=other|receivable|payable|liquidity@-15",
        "many2one": "move_id!>account.move company_id>res.company company_currency_id>res.currency"
        " currency_id!>res.currency partner_id>res.partner account_id>account.account journal_id>account.journal"
        " product_id>product.product product_uom_id>uom.uom payment_id>account.payment"
        " full_reconcile_id>account.full.reconcile tax_line_id>account.tax",
        "one2many": "matched_debit_ids>account.partial.reconcile.credit_move_id"
        " matched_credit_ids>account.partial.reconcile.debit_move_id",
        "many2many": "sale_line_ids>sale.order.line tax_ids>account.tax",
    },
    "account.full.reconcile": {
        "char": "name!@-16",
        "one2many": "reconciled_line_ids>account.move.line.full_reconcile_id"
        " partial_reconcile_ids>account.partial.reconcile.full_reconcile_id",
        "many2one": "exchange_move_id>account.move@-16",
    },
    "account.partial.reconcile": {
        "many2one": "debit_move_id!>account.move.line credit_move_id!>account.move.line company_id>res.company"
        " full_reconcile_id>account.full.reconcile debit_currency_id>res.currency credit_currency_id>res.currency"
        " exchange_move_id>account.move@16-",
        "monetary": "amount debit_amount_currency credit_amount_currency",
        "date": "max_date",
    },
    "account.payment.method": {"char": "name! code!", "selection": "payment_type!=inbound|outbound"},
    "account.payment.method.line@15-": {
        "char": "name",
        "selection": "payment_type~payment_method_id.payment_type=inbound|outbound",
        "many2one": "journal_id>account.journal payment_method_id!>account.payment.method"
        " payment_account_id>account.account company_id~journal_id.company_id>res.company",
    },
    "account.payment": {
        "char": "payment_reference name~move_id.name@-17 ref~move_id.ref@-17 name@18- memo@18-",
        "date": "date!~move_id.date@-17 date!@18-",
        "monetary": "amount",
        "boolean": "is_matched is_reconciled",
        "selection": "payment_type!=outbound:Send+Money|inbound:Receive+Money@-16"
        " payment_type!=outbound:Send|inbound:Receive@17-"
        " partner_type!=customer|supplier:Vendor"
        f" state!~move_id.state={_MOVE_STATES}@-17 state!=draft|in_process|paid|canceled|rejected@18-",
        "many2one": "partner_id>res.partner currency_id>res.currency destination_account_id>account.account"
        " move_id!>account.move@-17 move_id>account.move@18-"
        " journal_id!~move_id.journal_id>account.journal@-17 journal_id!>account.journal@18-"
        " company_id~move_id.company_id>res.company@-17 company_id!>res.company@18-"
        " outstanding_account_id>account.account@16- payment_method_id>account.payment.method"
        " payment_method_line_id>account.payment.method.line@15-",
        "many2many": "invoice_ids>account.move@18- reconciled_invoice_ids~>account.move",
        "one2many": "attachment_ids>ir.attachment.res_id@18-",
    },
    "ir.attachment": {
        "char": "name! res_model mimetype checksum",
        "many2one_reference": "res_id",
        "integer": "file_size",
        "selection": "type!=url|binary",
        "binary": "datas~",
        "boolean": "public",
        "many2one": "company_id>res.company",
    },
}

SALES: Declarations = {
    "sale.order": {
        "char": "name! client_order_ref origin",
        "selection": f"state={_ORDER_STATES_16}@-16 state={_ORDER_STATES}@17- invoice_status={_INVOICE_STATUS}"
        " delivery_status=pending|partial|full@16/stock delivery_status=pending|started|partial|full@17-/stock"
        " stage_category=draft|progress|paused|closed@16/enterprise"
        " subscription_state=1_draft|2_renewal|3_progress|4_paused|5_renewed|6_churn|7_upsell@17-/enterprise",
        "datetime": "date_order! commitment_date expected_date~ effective_date@16-/stock",
        "date": "validity_date effective_date@-15/stock start_date@16-/enterprise end_date@16-/enterprise"
        " next_invoice_date@16-/enterprise",
        "monetary": "amount_untaxed amount_tax amount_total recurring_monthly@16-/enterprise"
        " recurring_total@16-/enterprise",
        "boolean": "locked@17- is_subscription@16-/enterprise",
        "many2one": "partner_id!>res.partner company_id!>res.company currency_id>res.currency user_id>res.users"
        " partner_invoice_id!>res.partner partner_shipping_id!>res.partner"
        " plan_id>sale.subscription.plan@17-/enterprise recurrence_id>sale.temporal.recurrence@16/enterprise",
        "one2many": "order_line>sale.order.line.order_id picking_ids>stock.picking.sale_id",
        "many2many": "invoice_ids~>account.move",
    },
    "sale.order.line": {
        "text": "name!",
        "float": "product_uom_qty! qty_delivered qty_invoiced price_unit! discount",
        "monetary": "price_subtotal price_total",
        "integer": "sequence",
        "selection": f"state={_ORDER_STATES_16}@-16 state={_ORDER_STATES}@17- invoice_status={_INVOICE_STATUS}"
        " display_type=line_section|line_note@-18 display_type=line_section|line_subsection|line_note@19-",
        "many2one": "order_id!>sale.order product_id>product.product currency_id>res.currency company_id>res.company"
        " product_uom>uom.uom@-18 product_uom_id>uom.uom@19- order_partner_id>res.partner",
    },
    "sale.subscription.plan@17-/enterprise": {
        "char": "name!",
        "integer": "billing_period_value",
        "selection": "billing_period_unit!=week|month|year",
    },
    "sale.temporal.recurrence@16/enterprise": {
        "char": "name!",
        "integer": "duration",
        "selection": "unit!=day|week|month|year",
    },
    "stock.picking.type/stock": {
        "char": "name!",
        "selection": "code!=incoming|outgoing|internal",
        "many2one": "company_id!>res.company",
    },
    "stock.picking/stock": {
        "char": "name origin",
        "selection": f"state={_PICKING_STATES} picking_type_code~picking_type_id.code=incoming|outgoing|internal",
        "datetime": "scheduled_date date_deadline date_done",
        "many2one": "sale_id>sale.order picking_type_id!>stock.picking.type partner_id>res.partner"
        " company_id>res.company",
    },
    "contract.contract/oca": {
        "char": "name! code",
        "date": "date_start date_end recurring_next_date terminate_date@-17",
        "selection": f"recurring_rule_type={_RULE_TYPES} contract_type=sale|purchase",
        "integer": "recurring_interval",
        "boolean": "line_recurrence active is_terminated@-17",
        "many2one": "partner_id!>res.partner invoice_partner_id>res.partner commercial_partner_id>res.partner"
        " company_id!>res.company currency_id~>res.currency user_id>res.users journal_id>account.journal",
        "one2many": "contract_line_ids>contract.line.contract_id",
    },
    "contract.line/oca": {
        "text": "name!",
        "float": "quantity! specific_price discount price_unit~ price_subtotal~@-17",
        "monetary": "price_subtotal~@18- monthly_recurring@19-",
        "date": "date_start!@-17 date_start@18- date_end recurring_next_date last_date_invoiced"
        " termination_notice_date@-17",
        "integer": "recurring_interval! sequence",
        "boolean": "is_canceled active automatic_price",
        "selection": f"recurring_rule_type!={_RULE_TYPES} display_type=line_section|line_note"
        " state~=upcoming|in-progress|to-renew|upcoming-close|closed|canceled@-17",
        "many2one": "contract_id!>contract.contract product_id>product.product currency_id>res.currency@19-"
        " company_id>res.company partner_id~contract_id.partner_id>res.partner@-17 partner_id>res.partner@18-"
        " successor_contract_line_id>contract.line@-17"
        " predecessor_contract_line_id>contract.line@-17",
    },
}

SCHEMA: Declarations = {**BASE, **ACCOUNTING, **SALES, **DESK}

#: Odoo's own default order, where it is not the id.
DEFAULT_ORDER = {
    "mail.message": "id desc",
    "mail.activity": "date_deadline, id",
    "mail.activity.type": "sequence, id",
    "ir.attachment": "id desc",
    "helpdesk.ticket.stage": "sequence, id",
    "helpdesk.stage": "sequence, id",
    "project.task.type": "sequence, id",
    "account.move": "date desc, name desc, id desc",
    "account.move.line": "date desc, move_name desc, id",
    "account.payment": "date desc, name desc, id desc",
    "res.partner": "display_name, id",
    "res.currency": "active desc, name, id",
    "res.currency.rate": "name desc, id",
    "sale.order": "date_order desc, id desc",
    "product.product": "default_code, name, id",
}

#: Models whose records a company rule hides from users working in other companies (False: records of no company show).
COMPANY_RULES = frozenset(
    {
        "account.account",
        "account.journal",
        "account.move",
        "account.move.line",
        "account.payment",
        "account.tax",
        "contract.contract",
        "contract.line",
        "helpdesk.ticket",
        "product.product",
        "product.template",
        "project.project",
        "project.task",
        "res.company",
        "res.currency.rate",
        "sale.order",
        "sale.order.line",
        "stock.picking",
        "stock.picking.type",
    }
)
