"""Who may sign in to the demo, and what each account may see."""

from __future__ import annotations

from dataclasses import dataclass, field

from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Predicate
from odoo_client.demo.orm.schema import COMPANY_RULES

DEMO_LOGIN = "demo"
#: Opens nothing but the invented provider on the loopback address.
DEMO_KEY = "demo-key-of-the-invented-provider"
#: A sales person: own documents, one company, no accounting. For tests of what a limited account sees.
LIMITED_LOGIN = "demo-sales"
LIMITED_KEY = "demo-key-of-a-sales-person"

_STAFF_GROUPS = (
    "base.group_user",
    "sales_team.group_sale_salesman",
)
_MANAGER_GROUPS = (
    *_STAFF_GROUPS,
    "base.group_system",
    "base.group_erp_manager",
    "base.group_partner_manager",
    "base.group_multi_company",
    "base.group_multi_currency",
    "account.group_account_invoice",
    "account.group_account_readonly",
    "account.group_account_user",
    "account.group_account_manager",
    "sales_team.group_sale_salesman_all_leads",
    "sales_team.group_sale_manager",
    "project.group_project_user",
    "project.group_project_manager",
    "stock.group_stock_user",
    "helpdesk_mgmt.group_helpdesk_user_own",
    "helpdesk_mgmt.group_helpdesk_user_team",
    "helpdesk_mgmt.group_helpdesk_user",
    "helpdesk_mgmt.group_helpdesk_manager",
    "helpdesk.group_helpdesk_user",
    "helpdesk.group_helpdesk_manager",
)


#: What hangs on other records is seen by those who may read these: the field that names their model.
_HANGING = {"ir.attachment": "res_model", "mail.activity": "res_model", "mail.message": "model"}


@dataclass
class Account:
    """A login with its key, groups and companies; `denied` models answer with an access error."""

    uid: int
    login: str
    key: str
    company_ids: tuple[int, ...]
    groups: set[str]
    denied: set[str] = field(default_factory=set)
    own_documents: bool = False


def default_accounts() -> dict[str, Account]:
    """Return login → account."""
    limited = Account(
        7,
        LIMITED_LOGIN,
        LIMITED_KEY,
        (1,),
        set(_STAFF_GROUPS),
        {"account.payment", "account.partial.reconcile", "contract.contract", "contract.line"},
        True,
    )
    return {DEMO_LOGIN: Account(2, DEMO_LOGIN, DEMO_KEY, (1, 2), set(_MANAGER_GROUPS)), LIMITED_LOGIN: limited}


def record_rule(db: Database, account: Account, model: str, company_ids: tuple[int, ...]) -> Predicate | None:
    """Return what the account sees of a model: its companies' records, and as a sales person only its own documents."""
    rules: list[Predicate] = []
    if model in COMPANY_RULES and not set(db.tables["res.company"]) <= set(company_ids):
        allowed = {*company_ids, None}
        if model == "res.company":
            rules.append(lambda row: row["id"] in allowed)
        elif "company_ids" in db.models[model]:
            rules.append(lambda row: not allowed.isdisjoint(row.get("company_ids") or [None]))
        elif "company_id" in db.models[model]:
            company = db.getter(model, "company_id")
            rules.append(lambda row: company(row) in allowed)
    if (link := _HANGING.get(model)) is not None and account.denied:
        rules.append(lambda row: row.get(link) not in account.denied)
    if account.own_documents and model in ("sale.order", "helpdesk.ticket"):
        rules.append(lambda row: row.get("user_id") in (account.uid, None))
    if account.own_documents and model == "account.move":
        rules.append(lambda row: row.get("invoice_user_id") in (account.uid, None))
    if account.own_documents and model == "account.move.line":
        moves = db.tables["account.move"]
        rules.append(lambda row: moves[row["move_id"]].get("invoice_user_id") in (account.uid, None))
    if not rules:
        return None
    return lambda row: all(rule(row) for rule in rules)
