"""Small frames that others join: companies, currencies, rates, users, journals, payment methods, accounts.

companies: company_id, name, currency_id, root_id (from 17 the company whose branch it is, on which its rates stand;
else itself), for letterheads street, street2, zip, city, vat, phone, email, and the accounts of exchange differences
and early payment discounts (exchange_gain_account_id …, 0 = none) ·
currencies: currency_id, code (aliases such as ZIG put right), name,
symbol, decimals, rounding, active · rates: rate_id, currency_id, company_id (0 = all), date, rate (units per 1 of the
base; a sum in currency a becomes b by `amount * rate(b) / rate(a)`) · users: user_id, partner_id, name, login, active,
internal (no portal user) · journals: journal_id, name, code, kind, company_id, default_account_id (of a bank's journal
the bank account) · payment_methods: method_id, name · accounts: account_id, code, name, account_type, receivable (of
type receivable: what customers owe) and non_trade (of that type too, but marked non-trade from 16: VAT refund due, an
owner's advance; no customer's debt, so not `receivable`). All are read whole in each cycle.
"""

from __future__ import annotations

import pandas as pd

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.rpc.columns import Domain

COMPANY_COLUMNS = (
    column("company_id", "id", "id"),
    column("name", "text"),
    column("currency_id", "id"),
    column("root_id", "id"),
    *(column(name, "text") for name in ("street", "street2", "zip", "city", "vat", "phone", "email")),
    column("exchange_gain_account_id", "id", "income_currency_exchange_account_id"),
    column("exchange_loss_account_id", "id", "expense_currency_exchange_account_id"),
    column("discount_gain_account_id", "id", "account_journal_early_pay_discount_gain_account_id"),
    column("discount_loss_account_id", "id", "account_journal_early_pay_discount_loss_account_id"),
)
CURRENCY_COLUMNS = (
    column("currency_id", "id", "id"),
    column("name", "text"),
    column("code", "code", "name"),
    column("symbol", "text"),
    column("decimals", "int", "decimal_places"),
    column("rounding", "number"),
    column("active", "bool"),
)
RATE_COLUMNS = (
    column("rate_id", "id", "id"),
    column("currency_id", "id"),
    column("company_id", "id"),
    column("date", "date", "name"),
    column("rate", "number"),
)
USER_COLUMNS = (
    column("user_id", "id", "id"),
    column("partner_id", "id"),
    column("name", "text"),
    column("login", "text"),
    column("active", "bool"),
    column("share", "bool"),
)
JOURNAL_COLUMNS = (
    column("journal_id", "id", "id"),
    column("name", "text"),
    column("code", "text"),
    column("kind", "code", "type"),
    column("company_id", "id"),
    column("default_account_id", "id"),
)
METHOD_COLUMNS = (column("method_id", "id", "id"), column("name", "text"))
ACCOUNT_COLUMNS = (
    column("account_id", "id", "id"),
    column("code", "text"),
    column("name", "text"),
    column("account_type", "code", "account_type", "internal_type"),
    column("non_trade", "bool"),
)


def _companies(probe: Probe) -> Plan | Missing:
    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(root_id=frame["root_id"].where(frame["root_id"] != 0, frame["company_id"]))

    own: Domain = [["id", "in", list(probe.client.company_ids)]]
    return build_plan(probe, "res.company", COMPANY_COLUMNS, own, finish=finish)


def _currencies(probe: Probe) -> Plan | Missing:
    aliases = {alias.upper(): code.upper() for alias, code in probe.settings.currency_aliases.items()}

    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        codes = frame["code"].str.strip().str.upper()
        return frame.assign(code=codes.map(aliases).fillna(codes).astype("str"))

    return build_plan(probe, "res.currency", CURRENCY_COLUMNS, finish=finish)


def _rates(probe: Probe) -> Plan | Missing:
    return build_plan(probe, "res.currency.rate", RATE_COLUMNS)


def _users(probe: Probe) -> Plan | Missing:
    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(internal=~frame["share"]).drop(columns="share")

    return build_plan(probe, "res.users", USER_COLUMNS, finish=finish)


def _journals(probe: Probe) -> Plan | Missing:
    return build_plan(probe, "account.journal", JOURNAL_COLUMNS, missing=NO_ACCOUNTING)


def _methods(probe: Probe) -> Plan | Missing:
    # 15 and newer put a line between journal and method; payments point to the line.
    model = "account.payment.method.line"
    return build_plan(probe, model if probe.has_model(model) else "account.payment.method", METHOD_COLUMNS)


def _accounts(probe: Probe) -> Plan | Missing:
    def finish(frame: pd.DataFrame) -> pd.DataFrame:
        receivable = frame["account_type"].isin(["asset_receivable", "receivable"])
        return frame.assign(receivable=receivable & ~frame["non_trade"], non_trade=receivable & frame["non_trade"])

    return build_plan(probe, "account.account", ACCOUNT_COLUMNS, missing=NO_ACCOUNTING, finish=finish)


def receivable_accounts(probe: Probe, *, non_trade: bool = False) -> list[int]:
    """Return the accounts on which customers owe; with `non_trade` those of the same type that are no customer's."""
    accounts = probe.frames["accounts"]
    return [
        int(account) for account in accounts.loc[accounts["non_trade" if non_trade else "receivable"], "account_id"]
    ]


#: Why the ledger's frames are empty, and what to do.
NO_ACCOUNTING = "This Odoo has no Invoicing app, so there is no ledger to show: install Invoicing (account) in Odoo."

DATASETS = (
    Dataset("companies", "base", _companies, small=True),
    Dataset("currencies", "base", _currencies, small=True),
    Dataset("rates", "base", _rates, small=True),
    Dataset("users", "base", _users, small=True),
    Dataset("journals", "ledger", _journals, small=True),
    Dataset("payment_methods", "ledger", _methods, small=True),
    Dataset("accounts", "ledger", _accounts, small=True),
)
