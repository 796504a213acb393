"""What the provider has before the first customer: companies, currencies, accounts, journals, staff and products."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from odoo_client.demo.business.logo import logo
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row

USD, EUR, ZWG, ZAR = 2, 1, 3, 4
HARARE_COMPANY, BULAWAYO_COMPANY = 1, 2
VAT_PCT = 15.0
#: Months of rates: invoices go back 24 months and a little.
RATE_MONTHS = 27

#: Ids are the company's number times 100 plus these.
RECEIVABLE, RECEIVABLE_RESELLERS, BANK_USD, BANK_ZWG, CASH, OUTSTANDING, VAT_DUE = 1, 2, 10, 11, 12, 13, 20
VAT_REFUND, OWNER_ADVANCE = 3, 4
#: Receivable accounts that are no customer's debt.
NON_TRADE = (VAT_REFUND, OWNER_ADVANCE)
NON_TRADE_SINCE = 16
WALLET, SUSPENSE, WRITTEN_OFF, DISCOUNT_GAIN, DISCOUNT_LOSS = 14, 15, 42, 43, 44
INCOME, EQUIPMENT_INCOME, EXCHANGE_GAIN, EXCHANGE_LOSS, OPENING_EQUITY = 30, 31, 40, 41, 50
J_SALE, J_BANK_USD, J_BANK_ZWG, J_MOBILE, J_CASH, J_MISC, J_EXCHANGE = 1, 2, 3, 4, 5, 6, 7

#: The account that a journal's money lies on.
MONEY_ACCOUNTS = {J_BANK_USD: BANK_USD, J_BANK_ZWG: BANK_ZWG, J_MOBILE: WALLET, J_CASH: CASH}

#: Units of measure: Odoo's own first one, and two of the provider's.
UNIT, MONTH, YEAR = 1, 2, 3
#: Kinds of messages, and of activities.
PUBLIC, NOTE, ACTIVITIES = 1, 2, 3
EMAIL, CALL, MEETING, TODO, DOCUMENT = 1, 2, 3, 4, 5

STAFF = (
    # uid, name, login, active
    (1, "OdooBot", "__system__", False),
    (2, "Dashboard Service", "demo", True),
    (3, "Tariro Chikomo", "tariro@afinet.example", True),
    (4, "Brian Mhere", "brian@afinet.example", True),
    (5, "Sandra Nkomo", "sandra@afinet.example", True),
    (6, "Edmore Chuma", "edmore@afinet.example", True),
    (7, "Lucky Zulu", "demo-sales", True),
    (8, "Gone Employee", "gone@afinet.example", False),
)
#: Of the two companies.
STREETS = ("12 Samora Machel Avenue", "45 Fife Street")
SALES_STAFF = (3, 4, 7)
SUPPORT_STAFF = (5, 6, 4)


@dataclass(frozen=True, slots=True)
class Plan:
    """A product: `technology` is ours, to tell the story; Odoo has only the name and the category."""

    product_id: int
    name: str
    category: str
    price: float
    technology: str = ""
    kind: str = "service"
    code: str = ""

    @property
    def template_id(self) -> int:
        """The id of the product's template."""
        return self.product_id + 100


#: Spelled as messily as people do; categories are missing where people forget them.
PLANS = (
    Plan(1, "Fiber 20 Mbps", "Internet / Fibre", 39.0, "fibre", code="FIB20"),
    Plan(2, "Fiber 50 Mbps", "Internet / Fibre", 59.0, "fibre", code="FIB50"),
    Plan(3, "FTTH Home 50", "All", 55.0, "fibre"),
    Plan(4, "FTTH Business 100", "Internet / Fibre", 120.0, "fibre", code="FTTB100"),
    Plan(5, "Dedicated 1:1 200M", "Internet / Fibre", 310.0, "fibre", code="DIA200"),
    Plan(6, "Wireless 10 Mbps", "Internet / Wireless", 35.0, "wireless", code="WL10"),
    Plan(7, "LTE Fixed Wireless 20", "All", 45.0, "wireless"),
    Plan(8, "Home Unlimited 5M", "Internet / Wireless", 25.0, "wireless", code="WL05"),
    Plan(9, "Star Link Residential", "All", 50.0, "starlink"),
    Plan(10, "STARLINK Business", "Internet / Starlink", 95.0, "starlink", code="SLB"),
    Plan(11, "starlink roam mini", "Internet / Starlink", 30.0, "starlink"),
    Plan(20, "STARLINK Kit", "Equipment", 350.0, kind="goods", code="SLKIT"),
    Plan(21, "Starlink Mini Kit", "Internet / Starlink", 200.0, kind="goods"),
    Plan(22, "Wi-Fi Router AX1800", "Equipment", 65.0, kind="goods", code="RT18"),
    Plan(23, "Fibre ONT", "Equipment", 45.0, kind="goods", code="ONT"),
    Plan(24, "Wireless CPE antenna", "Equipment", 80.0, kind="goods", code="CPE"),
    Plan(30, "Installation fee (Fibre)", "Services", 50.0, code="INSF"),
    Plan(31, "Starlink installation", "Services", 75.0, code="INSS"),
    Plan(40, "Static IP address", "Services", 10.0, code="IP1"),
    Plan(41, "Hosted PBX extension", "All", 12.0),
)
BY_ID = {plan.product_id: plan for plan in PLANS}


def account(company_id: int, number: int) -> int:
    """Return the id of a company's account."""
    return company_id * 100 + number


def journal(company_id: int, number: int) -> int:
    """Return the id of a company's journal."""
    return company_id * 10 + number


def outbound_line(journal_id: int) -> int:
    """Return the id of a journal's method line for money that goes out; that for money in has the journal's id."""
    return journal_id + 100


def card_line(journal_id: int) -> int:
    """Return the id of the method line without outstanding account that Enterprise has from 18 on."""
    return journal_id + 200


@dataclass(frozen=True)
class Rates:
    """ZWG per USD by month; company 2 has rates of its own for the last months."""

    shared: tuple[tuple[str, float], ...]
    own: tuple[tuple[str, float], ...]

    def zwg(self, day: date, company_id: int) -> float:
        """Return the rate by Odoo's rule: the latest not after the day, the company's own before the shared one."""
        iso = day.isoformat()
        if company_id == BULAWAYO_COMPANY:
            mine = [rate for start, rate in self.own if start <= iso]
            if mine:
                return mine[-1]
        return [rate for start, rate in self.shared if start <= iso][-1]


def month_starts(today: date, months: int) -> Iterator[date]:
    """Return the first days of the last `months` months, oldest first, this month last."""
    for back in range(months - 1, -1, -1):
        year, month = divmod(today.year * 12 + today.month - 1 - back, 12)
        yield date(year, month + 1, 1)


def build_catalogue(db: Database, today: date, rng: random.Random) -> Rates:
    """Fill the base tables; returns the exchange rates."""
    rates = _currencies(db, today, rng)
    _companies_and_staff(db, today)
    for company_id in (HARARE_COMPANY, BULAWAYO_COMPANY):
        _accounts(db, company_id)
    _chatter(db)
    _units(db)
    _products(db, today)
    return rates


def stamped(row: Mapping[str, Any], day: date, clock: str = "08:00:00.412873") -> Row:
    """Return the row with its log columns, made and last changed on that day."""
    moment = f"{day.isoformat()} {clock}"
    return {"create_date": moment, "write_date": moment, "create_uid": 1, "write_uid": 1, **row}


def _currencies(db: Database, today: date, rng: random.Random) -> Rates:
    start = next(month_starts(today, RATE_MONTHS))
    for key, name, symbol, active in (
        (EUR, "EUR", "€", False),
        (USD, "USD", "$", True),
        (ZWG, db.profile.zwg_name, "ZiG", True),
        (ZAR, "ZAR", "R", False),
    ):
        row = {"id": key, "name": name, "symbol": symbol, "decimal_places": 2, "rounding": 0.01, "active": active}
        db.add("res.currency", stamped(row, start))
    value, shared = 24.2, []
    for month in month_starts(today, RATE_MONTHS):
        value = round(value * (1 + rng.uniform(-0.004, 0.021)), 4)
        shared.append((month.isoformat(), value))
    own = tuple((month, round(rate * 1.012, 4)) for month, rate in shared[-3:])
    db.add(
        "res.currency.rate", stamped({"name": shared[0][0], "rate": 1.0, "currency_id": USD, "company_id": None}, start)
    )
    for company_id, rows in ((None, shared), (BULAWAYO_COMPANY, own)):
        for start_day, rate in rows:
            day = date.fromisoformat(start_day)
            db.add(
                "res.currency.rate",
                stamped(
                    {"name": start_day, "rate": rate, "currency_id": ZWG, "company_id": company_id},
                    day,
                    "00:05:00.100000",
                ),
            )
    return Rates(tuple(shared), own)


def _companies_and_staff(db: Database, today: date) -> None:
    start = next(month_starts(today, RATE_MONTHS))
    names = ("AFINET (Pvt) Ltd", "AFINET Bulawayo (Pvt) Ltd")
    for number, (company, city) in enumerate(zip(names, ("Harare", "Bulawayo"), strict=True), start=1):
        partner_id = 1 if number == 1 else 10
        _partner(db, partner_id, company, f"info{number}@afinet.example", city, start, is_company=True)
        partner = db.tables["res.partner"][partner_id]
        partner |= {"street": STREETS[number - 1], "vat": f"10{number:06d}", "image_1920": logo()}
        row = {
            "id": number, "name": company, "currency_id": USD, "partner_id": partner_id, "parent_id": None,
            "phone": partner["phone"], "email": partner["email"],
            "income_currency_exchange_account_id": account(number, EXCHANGE_GAIN),
            "expense_currency_exchange_account_id": account(number, EXCHANGE_LOSS),
            "account_journal_early_pay_discount_gain_account_id": account(number, DISCOUNT_GAIN),
            "account_journal_early_pay_discount_loss_account_id": account(number, DISCOUNT_LOSS),
        }  # fmt: skip
        db.add("res.company", stamped(row, start))
    for uid, name, login, active in STAFF:
        partner_id = 1 + uid
        _partner(db, partner_id, name, f"user{uid}@afinet.example", "Harare", start, active=active)
        companies = [1] if login == "demo-sales" else [1, 2]
        row = {
            "id": uid, "login": login, "active": active, "share": False, "partner_id": partner_id, "company_id": 1,
            "company_ids": companies, "groups_id": [1], "group_ids": [1],
        }  # fmt: skip
        db.add("res.users", stamped(row, start))
    db.add("res.groups", stamped({"name": "User types / Internal User"}, start))
    db.add("res.country", stamped({"name": "Zimbabwe", "code": "ZW"}, start))


def _partner(
    db: Database,
    key: int,
    name: str,
    email: str,
    city: str,
    day: date,
    *,
    is_company: bool = False,
    active: bool = True,
) -> None:
    row = {
        "id": key, "name": name, "email": email, "phone": f"+263 242 000 {key:03d}", "city": city,
        "is_company": is_company, "active": active, "commercial_partner_id": key, "company_id": None, "type": "contact",
        "lang": "en_US", "customer_rank": 0, "supplier_rank": 0, "color": 0, "display_name": name,
        "complete_name": name,
    }  # fmt: skip
    db.add("res.partner", stamped(row, day))


def _accounts(db: Database, company: int) -> None:
    day = date(2020, 1, 1)
    for number, code, name, kind, old in (
        (RECEIVABLE, "110200", "Trade Receivables", "asset_receivable", "receivable"),
        (RECEIVABLE_RESELLERS, "110210", "Receivables - Resellers", "asset_receivable", "receivable"),
        *_non_trade_accounts(db),
        (BANK_USD, "101401", "CBZ Bank USD", "asset_cash", "liquidity"),
        (BANK_ZWG, "101402", "CBZ Bank ZiG", "asset_cash", "liquidity"),
        (CASH, "101501", "Cash office", "asset_cash", "liquidity"),
        (OUTSTANDING, "101403", "Outstanding Receipts", "asset_current", "other"),
        (VAT_DUE, "251000", "VAT payable", "liability_current", "other"),
        (INCOME, "400000", "Internet services", "income", "other"),
        (EQUIPMENT_INCOME, "400100", "Equipment and installations", "income", "other"),
        (EXCHANGE_GAIN, "441000", "Foreign exchange gain", "income_other", "other"),
        (EXCHANGE_LOSS, "641000", "Foreign exchange loss", "expense", "other"),
        (OPENING_EQUITY, "301000", "Opening balances", "equity", "other"),
        (WALLET, "101502", "EcoCash wallet", "asset_cash", "liquidity"),
        (SUSPENSE, "101499", "Bank suspense", "asset_current", "other"),
        (WRITTEN_OFF, "642000", "Small differences written off", "expense", "other"),
        (DISCOUNT_GAIN, "443000", "Cash discount gain", "income_other", "other"),
        (DISCOUNT_LOSS, "643000", "Cash discount loss", "expense", "other"),
    ):
        row = {
            "id": account(company, number), "code": code, "name": name, "account_type": kind, "internal_type": old,
            "reconcile": kind == "asset_receivable" or number == OUTSTANDING, "company_id": company,
            "company_ids": [company], "deprecated": False, "active": True, "non_trade": number in NON_TRADE,
        }  # fmt: skip
        db.add("account.account", stamped(row, day))
    for number, code, name, kind in (
        (J_SALE, "INV", "Customer Invoices", "sale"),
        (J_BANK_USD, "BNK1", "CBZ USD", "bank"),
        (J_BANK_ZWG, "BNK2", "CBZ ZiG", "bank"),
        (J_MOBILE, "ECO", "EcoCash", "bank"),
        (J_CASH, "CSH1", "Cash", "cash"),
        (J_MISC, "MISC", "Miscellaneous Operations", "general"),
        (J_EXCHANGE, "EXCH", "Exchange Difference", "general"),
    ):
        key = journal(company, number)
        currency = ZWG if number == J_BANK_ZWG else None
        pays = kind in ("bank", "cash")
        own = MONEY_ACCOUNTS.get(number)
        row = {
            "id": key, "code": code, "name": name, "type": kind, "company_id": company, "active": True,
            "currency_id": currency, "default_account_id": account(company, own) if own else None,
            "inbound_payment_method_ids": [1] * pays,
            "outbound_payment_method_ids": [2] * pays,
        }  # fmt: skip
        db.add("account.journal", stamped(row, day))
        if pays:
            _method_lines(db, company, number, day)
    if company == HARARE_COMPANY:
        for key, direction in ((1, "inbound"), (2, "outbound")):
            row = {"id": key, "name": "Manual", "code": "manual", "payment_type": direction}
            db.add("account.payment.method", stamped(row, day))
        for term in ("Immediate Payment", "14 Days", "30 Days", "50% now, 50% in 30 days"):
            db.add("account.payment.term", stamped({"name": term}, day))
    tax = {"name": "15% VAT", "amount": VAT_PCT, "type_tax_use": "sale", "company_id": company}
    db.add("account.tax", stamped(tax, day))


def _non_trade_accounts(db: Database) -> list[tuple[int, str, str, str, str]]:
    """Return the non-trade accounts, which Odoo knows from 16 on; before, nobody keeps them as receivable accounts."""
    if db.profile.major < NON_TRADE_SINCE:
        return []
    named = ((VAT_REFUND, "112000", "VAT refund due"), (OWNER_ADVANCE, "113000", "Owner's advance"))
    return [(number, code, name, "asset_receivable", "receivable") for number, code, name in named]


def _method_lines(db: Database, company: int, number: int, day: date) -> None:
    """Return how a journal is paid in and out of; Community finds the outstanding account itself, Enterprise here."""
    key = journal(company, number)
    name = {J_MOBILE: "EcoCash", J_CASH: "Cash"}.get(number, "Bank transfer")
    enterprise = db.profile.flavour == "enterprise"
    outstanding = account(company, OUTSTANDING) if enterprise else None
    lines: list[tuple[int, str, int, int | None]] = [(key, name, 1, outstanding)]
    lines.append((outbound_line(key), name, 2, outstanding))
    if enterprise and db.profile.major >= 18 and number == J_BANK_USD:
        lines.append((card_line(key), "Card terminal", 1, None))
    for line_id, label, method, pending in lines:
        row = {"id": line_id, "name": label, "journal_id": key, "payment_method_id": method}
        db.add("account.payment.method.line", stamped({**row, "payment_account_id": pending}, day))


def _chatter(db: Database) -> None:
    """Add the kinds of messages and activities."""
    day = date(2020, 1, 1)
    for key, name, internal in ((PUBLIC, "Discussions", False), (NOTE, "Note", True), (ACTIVITIES, "Activities", True)):
        row = {"id": key, "name": name, "internal": internal, "default": True, "sequence": key}
        db.add("mail.message.subtype", stamped(row, day))
    modern = db.profile.major >= 16
    for key, name, sequence, category, icon in (
        (EMAIL, "Email", 3, "default", "fa-envelope"),
        (CALL, "Call", 6, "phonecall" if modern else "default", "fa-phone"),
        (MEETING, "Meeting", 9, "default", "fa-users"),
        (TODO, "To-Do" if modern else "To Do", 12, "default", "fa-check" if modern else "fa-tasks"),
        (DOCUMENT, "Document" if modern else "Upload Document", 25, "upload_file", "fa-upload"),
    ):
        kind = {"id": key, "name": name, "sequence": sequence, "category": category, "icon": icon, "active": True}
        db.add("mail.activity.type", stamped({**kind, "delay_count": 0, "delay_unit": "days"}, day))


def _units(db: Database) -> None:
    """Add units, and months and years as providers make them: in a family of their own."""
    day = date(2020, 1, 1)
    for key, name in ((1, "Unit"), (2, "Period")):
        db.add("uom.category", stamped({"id": key, "name": name}, day))
    for key, name, months in ((UNIT, "Units", 0), (MONTH, "Month(s)", 1), (YEAR, "Year(s)", 12)):
        row = {"id": key, "name": name, "active": True, "category_id": 2 if months else 1}
        row |= {"relative_uom_id": MONTH if months > 1 else None, "relative_factor": float(months or 1)}
        # Up to 18 the factor is how many make one of the reference unit, from 19 on how many of it make this one.
        factor = float(months or 1)
        db.add("uom.uom", stamped({**row, "factor": factor if db.profile.major >= 19 else 1 / factor}, day))


def _products(db: Database, today: date) -> None:
    day = next(month_starts(today, RATE_MONTHS))
    categories: dict[str, int] = {}
    for path in (
        "All",
        "Internet",
        "Internet / Fibre",
        "Internet / Wireless",
        "Internet / Starlink",
        "Equipment",
        "Services",
    ):
        parent, _, leaf = path.rpartition(" / ")
        row = {"name": leaf, "complete_name": path, "parent_id": categories.get(parent)}
        categories[path] = db.add("product.category", stamped(row, day))
    goods = "product" if db.profile.major <= 16 else "consu"
    for plan in PLANS:
        kind = "service" if plan.kind == "service" else goods
        archived = plan.product_id == 8  # an old plan that customers still have
        template: Row = {
            "id": plan.template_id, "name": plan.name, "categ_id": categories[plan.category], "type": kind,
            "detailed_type": "product" if kind != "service" else kind, "list_price": plan.price, "active": not archived,
            "default_code": plan.code or None, "uom_id": UNIT, "company_id": None, "sale_ok": True,
            "recurring_invoice": bool(plan.technology),
        }  # fmt: skip
        db.add("product.template", stamped(template, day))
        variant = {"id": plan.product_id, "product_tmpl_id": plan.template_id, "default_code": plan.code or None}
        db.add("product.product", stamped({**variant, "active": not archived}, day))
