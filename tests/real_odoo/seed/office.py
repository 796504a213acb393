"""The provider's companies in Odoo: currencies and rates, charts of accounts, journals, users, products, partners."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.real_odoo.seed import plan

QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_notrack": True,
    "mail_create_nosubscribe": True,
    "mail_auto_subscribe_no_notify": True,
    "no_reset_password": True,
    "lang": "en_US",
}


class Office:
    """The two companies with what they bill and pay by. ``major`` is Odoo's version; ``back(n)`` the day n days ago."""

    def __init__(self, env: Any, major: int) -> None:
        self.major = major
        self.modern = major >= 16
        self.env = env(context=dict(env.context, **QUIET))
        self.today: date = date.today()  # noqa: DTZ011  Odoo's own "today" on the server
        self.usd, self.zwg = self._currencies()
        self.main = self.env.company
        self.main.write({"name": plan.MAIN_COMPANY, "currency_id": self.usd.id})
        self.second = self.env["res.company"].create({"name": plan.SECOND_COMPANY, "currency_id": self.zwg.id})
        self.env.user.write({"company_ids": [(4, self.second.id)]})
        self.env = self.env(context=dict(self.env.context, allowed_company_ids=[self.main.id, self.second.id]))
        self.main, self.second = (self.env["res.company"].browse(each.id) for each in (self.main, self.second))
        self._rates()
        self._chart()
        self.journals = self._journals()
        self.tax = self.env["account.tax"].search(
            [("type_tax_use", "=", "sale"), ("amount", "=", 15), ("company_id", "=", self.main.id)], limit=1
        )
        self.instalments = self._term("40% after 30 days, rest after 60", ((30, 0), (40, 30), (0, 60)))
        self.products = self._products()
        self.users = self._users()
        self.partners: dict[str, Any] = {}

    def back(self, days: int) -> date:
        """The day that many days before today."""
        return self.today - timedelta(days=days)

    def currency(self, code: str) -> Any:
        """Odoo's currency for ``USD`` or ``ZWG``."""
        return self.usd if code == "USD" else self.zwg

    def journal(self, kind: str, company: Any = None) -> Any:
        """A journal of a company: ``sale``, ``bank``, ``cash`` (mobile money), ``zwg`` or ``general``."""
        return self.journals[(kind, (company or self.main).id)]

    def account(self, kind: str, company: Any = None) -> Any:
        """The first account of a kind (``receivable``, ``income`` or ``expense``) in a company, not of discounts."""
        company = company or self.main
        if kind == "receivable":
            return company.partner_id.with_company(company).property_account_receivable_id
        model = self.env["account.account"].with_company(company)
        if self.modern:
            # The chart's first expense account is that of early payment discounts, which says what it is for.
            named = company.account_journal_early_pay_discount_loss_account_id
            named |= company.account_journal_early_pay_discount_gain_account_id
            wanted = [("account_type", "=", kind), ("company_ids", "in", company.ids), ("id", "not in", named.ids)]
            return model.search(wanted, limit=1)
        income = self.env.ref("account.data_account_type_revenue")
        return model.search([("user_type_id", "=", income.id), ("company_id", "=", company.id)], limit=1)

    def non_trade(self, code: str, name: str, company: Any = None) -> Any:
        """Make a receivable account that is no customer's debt (16 and newer)."""
        company = company or self.main
        values = {"code": code, "name": name, "account_type": "asset_receivable", "non_trade": True, "reconcile": True}
        model = self.env["account.account"].with_company(company)
        return model.create({**values, "company_ids": [(6, 0, company.ids)]})

    def partner(self, name: str, **values: Any) -> Any:
        """Make a partner; its e-mail and the rest come from ``values``."""
        made = self.env["res.partner"].create({"name": name, "company_id": False, **values})
        self.partners[name] = made
        return made

    def _currencies(self) -> tuple[Any, Any]:
        currency = self.env["res.currency"].with_context(active_test=False)
        usd = currency.search([("name", "=", "USD")])
        zwg = currency.search([("name", "in", ["ZWG", "ZIG"])], limit=1)
        if not zwg:
            zwg = currency.create({"name": "ZWG", "symbol": "ZiG", "rounding": 0.01})
        (usd + zwg).write({"active": True})
        return usd, zwg

    def _rates(self) -> None:
        rows = [
            {
                "name": self.back(period * plan.RATE_EVERY_DAYS),
                "rate": plan.RATE_TODAY - plan.RATE_STEP * period,
                "currency_id": self.zwg.id,
                "company_id": False,
            }
            for period in range(plan.RATE_PERIODS)
        ]
        days, own = plan.SECOND_OWN_RATE
        rows.append({"name": self.back(days), "rate": own, "currency_id": self.zwg.id, "company_id": self.second.id})
        self.env["res.currency.rate"].search([]).unlink()
        self.env["res.currency.rate"].create(rows)

    def _chart(self) -> None:
        for company in (self.main, self.second):
            if self.modern:
                if not company.chart_template:
                    self.env["account.chart.template"].try_loading("generic_coa", company=company, install_demo=False)
            elif not company.chart_template_id:
                chart = self.env.ref("l10n_generic_coa.configurable_chart_template")
                chart.with_company(company).try_loading(company=company)
        # Loading a chart makes the dollar every company's currency.
        self.second.write({"currency_id": self.zwg.id})
        self.main.write({"currency_id": self.usd.id})

    def _journals(self) -> dict[tuple[str, int], Any]:
        journals = {}
        for company in (self.main, self.second):
            model = self.env["account.journal"].with_company(company)
            for kind in ("sale", "bank", "general"):
                found = model.search([("type", "=", kind), ("company_id", "=", company.id)], limit=1, order="id")
                journals[(kind, company.id)] = found
            journals[("cash", company.id)] = model.create(
                {"name": "EcoCash", "code": "ECO", "type": "cash", "company_id": company.id}
            )
        journals[("zwg", self.main.id)] = (
            self.env["account.journal"]
            .with_company(self.main)
            .create(
                {
                    "name": "Bank ZWG", "code": "BZWG", "type": "bank", "company_id": self.main.id,
                    "currency_id": self.zwg.id,
                }
            )
        )  # fmt: skip
        return journals

    def _term(self, name: str, steps: tuple[tuple[int, int], ...]) -> Any:
        lines = []
        for position, (percent, days) in enumerate(steps):
            if self.modern:
                share = percent or 100 - sum(each[0] for each in steps)
                lines.append({"value": "percent", "value_amount": share, "nb_days": days})
            elif percent:
                lines.append({"value": "percent", "value_amount": percent, "days": days, "sequence": position})
            else:
                lines.append({"value": "balance", "days": days, "sequence": position})
        return self.env["account.payment.term"].create(
            {"name": name, "company_id": False, "line_ids": [(5, 0, 0), *((0, 0, line) for line in lines)]}
        )

    def _products(self) -> dict[str, Any]:
        root = self.env.ref("product.product_category_all", raise_if_not_found=False)
        categories = {}
        for name in sorted({each.category for each in plan.PLANS}):
            if name == "All" and root:
                categories[name] = root
            else:
                categories[name] = self.env["product.category"].create({"name": name})
        stocked = "is_storable" in self.env["product.template"]._fields
        products = {}
        for each in plan.PLANS:
            values = {
                "name": each.name, "default_code": each.code or False, "categ_id": categories[each.category].id,
                "list_price": each.price, "taxes_id": [(5, 0, 0)], "invoice_policy": "order", "company_id": False,
            }  # fmt: skip
            if each.kind == "service":
                values["type"] = "service"
            elif self.modern:
                values["type"] = "consu"
                if stocked:
                    values["is_storable"] = True
            else:
                values["type"] = "product"
            products[each.key] = self.env["product.product"].create(values)
        return products

    def _users(self) -> dict[str, Any]:
        groups_field = "group_ids" if self.major >= 19 else "groups_id"
        admin = self.env.ref("base.user_admin")
        admin.write({"company_ids": [(4, self.second.id)], "company_id": self.main.id})
        wanted = ["account.group_account_manager", "account.group_account_user", "sales_team.group_sale_manager"]
        wanted += ["project.group_project_manager", "helpdesk_mgmt.group_helpdesk_manager", "stock.group_stock_manager"]
        wanted += ["sale.group_sale_salesman_all_leads", "account.group_account_readonly"]
        rights = [self.env.ref(each, raise_if_not_found=False) for each in wanted]
        admin.write({groups_field: [(4, each.id) for each in rights if each]})
        people: dict[str, Any] = {"admin": admin}
        own = [("tarisai", "Tarisai Agent"), ("blessing", "Blessing Agent"), ("limited", "Lindiwe Limited")]
        for login, name in own:
            ids = [self.env.ref("base.group_user").id, self.env.ref("sales_team.group_sale_salesman").id]
            agent = self.env.ref("helpdesk_mgmt.group_helpdesk_user", raise_if_not_found=False)
            if agent and login != "limited":
                ids.append(agent.id)
            people[login] = self.env["res.users"].create(
                {
                    "name": name, "login": login, "password": login, "email": f"{login}@afinet.example",
                    "company_id": self.main.id, "company_ids": [(6, 0, [self.main.id])],
                    groups_field: [(6, 0, ids)],
                }
            )  # fmt: skip
        return people
