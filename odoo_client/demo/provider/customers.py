"""The provider's customers as Odoo partners, and the habits that their history follows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business.ledger import Party
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.provider.people import Person, make_people, mobile_number, slug

Habit = Literal["prompt", "slow", "stopper", "partial", "advance", "corporate"]
CUSTOMERS = 400
#: First customer partner: below are companies and staff.
FIRST_PARTNER = 41

#: Names that break careless pages: markup, formulas, emoji, right-to-left, quotes, very long, blanks.
ODD_NAMES = (
    "<b>Bold</b> Traders (Pvt) Ltd",
    "=1+1 Consulting",
    "🚀 Rocket Backpackers 🦁",
    "شركة النور للتجارة",
    'O\'Hara "Kopje" & Daughters',
    "@SUM(A1:A9) Wholesalers",
    "Chikomborero Tinotendaishe Mukudzeiishe Ropafadzo Machingaidze-Nyamandlovu and Family Trust",
    "Muller & Søn [Pvt] *Ltd* _Harare_ $100$",
)


@dataclass
class Subscription:
    """A plan a customer has from `start` to `end` (exclusive, None: still), at a fee in US dollars."""

    plan: cat.Plan
    start: date
    fee: float
    end: date | None = None
    why: Literal["", "churn", "upgrade", "migration", "unpaid"] = ""  # it ended
    came: Literal["new", "upgrade", "migration"] = "new"
    order_id: int = 0
    line_id: int = 0

    def bills(self, day: date) -> bool:
        """Return whether the subscription runs on that day."""
        return self.start <= day and (self.end is None or day < self.end)


@dataclass
class Customer:
    """One customer: partner ids, habits, subscriptions."""

    partner_id: int
    contact_id: int  # the partner invoices are addressed to: a billing contact, or the customer itself
    person: Person
    company_id: int
    habit: Habit
    currency_id: int
    mixed_currency: bool
    billing_day: int
    terms_days: int
    user_id: int | None
    period_months: int = 1  # how many months an invoice covers
    stops_on: date | None = None
    subscriptions: list[Subscription] = field(default_factory=list)

    @property
    def party(self) -> Party:
        """Whom the documents are addressed to."""
        return Party(self.contact_id, self.partner_id, self.user_id)

    @property
    def payer(self) -> Party:
        """The customer itself, who pays."""
        return Party(self.partner_id, self.partner_id, self.user_id)


def make_customers(db: Database, today: date, rng: random.Random) -> list[Customer]:
    """Make partners with their billing contacts; `rng` decides who they are, how they pay and since when."""
    first = min(cat.month_starts(today, 25))
    people = _with_odd_ones(make_people(rng, CUSTOMERS))
    customers = []
    contact_id = FIRST_PARTNER + CUSTOMERS
    for number, person in enumerate(people):
        partner_id = FIRST_PARTNER + number
        age = rng.random()
        joined = first - timedelta(days=rng.randint(10, 300)) if age < 0.42 else _random_day(rng, first, today)
        has_contact = person.is_company and rng.random() < 0.55
        customer = Customer(
            partner_id=partner_id,
            contact_id=contact_id if has_contact else partner_id,
            person=person,
            company_id=cat.BULAWAYO_COMPANY
            if person.city == "Bulawayo" and rng.random() < 0.75
            else cat.HARARE_COMPANY,
            habit=_habit(rng, is_company=person.is_company),
            currency_id=cat.ZWG if rng.random() < 0.15 else cat.USD,
            mixed_currency=number % 13 == 5,
            billing_day=1 if rng.random() < 0.6 else rng.choice((5, 10, 15, 20, 25)),
            terms_days=30 if person.is_company else rng.choice((7, 14, 14)),
            user_id=rng.choice(cat.SALES_STAFF) if person.is_company or rng.random() < 0.5 else None,
        )
        if has_contact and number % 8 == 3 and db.profile.flavour != "community":
            customer.period_months = 3
        if customer.habit == "stopper":
            # Recent arrears are more than old ones: most stop within the last months.
            customer.stops_on = today - timedelta(days=int(8 + 330 * rng.random() ** 2.2))
        _add_partner(db, customer, joined, rng)
        if has_contact:
            _add_contact(db, contact_id, customer, joined, rng)
            contact_id += 1
        if number % 97 != 96:  # a few partners never took a service
            plan = _first_plan(rng, person)
            customer.subscriptions.append(Subscription(plan, joined, agreed_fee(rng, plan)))
        customers.append(customer)
    return customers


def _with_odd_ones(people: list[Person]) -> list[Person]:
    """Give every 47th customer an odd name; a few have no e-mail, two share one, one has spaces around its city."""
    changed = list(people)
    for index, name in enumerate(ODD_NAMES):
        old = changed[20 + index * 47]
        changed[20 + index * 47] = Person(
            name, index != 2, old.city, old.street, old.suburb, old.phone, f"odd{index}@odd.example"
        )
    shared = "family.gumbo@mail.example"
    for position, (email, city) in {
        7: (shared, None), 8: (shared, None), 60: ("", None), 61: ("", None), 133: ("", None), 250: ("", None),
        90: ("Caps.Lock@Mail.Example", " Harare "), 91: (None, "HARARE"), 92: (None, "mutare"), 93: (None, ""),
    }.items():  # fmt: skip
        old = changed[position]
        changed[position] = Person(
            old.name, old.is_company, old.city if city is None else city, old.street, old.suburb, old.phone,
            old.email if email is None else email,
        )  # fmt: skip
    return changed


def _habit(rng: random.Random, *, is_company: bool) -> Habit:
    habits: Sequence[tuple[Habit, float]] = (
        ("prompt", 0.63), ("slow", 0.15), ("stopper", 0.11), ("partial", 0.04), ("advance", 0.04),
        ("corporate", 0.09 if is_company else 0.0),
    )  # fmt: skip
    return rng.choices([habit for habit, _ in habits], [weight for _, weight in habits])[0]


def _first_plan(rng: random.Random, person: Person) -> cat.Plan:
    """Return which plan somebody takes first."""
    weights = (
        {4: 30, 2: 14, 5: 7, 10: 24, 6: 12, 7: 13}
        if person.is_company
        else {1: 20, 2: 8, 3: 14, 6: 14, 7: 10, 8: 6, 9: 22, 11: 6}
    )
    return cat.BY_ID[rng.choices(list(weights), list(weights.values()))[0]]


def agreed_fee(rng: random.Random, plan: cat.Plan) -> float:
    """Return the list price, or a little less for those who bargain."""
    return plan.price if rng.random() < 0.9 else round(plan.price * rng.choice((0.9, 0.95, 0.85)), 2)


def _random_day(rng: random.Random, first: date, last: date) -> date:
    # One draw, however many days there are: people stay the same from day to day.
    return first + timedelta(days=int(rng.random() * (last - first).days))


def _add_partner(db: Database, customer: Customer, joined: date, rng: random.Random) -> None:
    person, key = customer.person, customer.partner_id
    has_mobile = rng.random() < 0.5 and db.profile.major <= 18
    row = {
        "id": key, "name": person.name, "display_name": person.name, "complete_name": person.name,
        "email": person.email or None, "phone": None if has_mobile else person.phone,
        "mobile": person.phone if has_mobile else None, "ref": f"AF{10_000 + key}" if rng.random() < 0.7 else None,
        "street": person.street, "street2": person.suburb, "city": person.city or None, "zip": None, "country_id": 1,
        "is_company": person.is_company, "parent_id": None, "commercial_partner_id": key,
        "company_id": customer.company_id if rng.random() < 0.1 else None, "active": True, "user_id": customer.user_id,
        "customer_rank": 1, "supplier_rank": 0, "color": 0, "lang": "en_US", "type": "contact",
        "vat": f"1000{key:04d}00" if person.is_company else None,
    }  # fmt: skip
    db.add("res.partner", cat.stamped(row, joined, f"09:{key % 60:02d}:{key * 7 % 60:02d}.{key * 331:06d}"))


def _add_contact(db: Database, key: int, customer: Customer, joined: date, rng: random.Random) -> None:
    """Add a billing contact below a company: invoices are addressed to it, the debt is the company's."""
    company = customer.person
    name = (
        "Accounts Department" if rng.random() < 0.4 else f"{rng.choice(('Mr', 'Mrs', 'Ms'))} {company.name.split()[0]}"
    )
    row = {
        "id": key, "name": name, "display_name": f"{company.name}, {name}", "complete_name": f"{company.name}, {name}",
        "email": f"creditors@{slug(company.name).replace('.', '')[:18]}.example", "phone": mobile_number(rng),
        "mobile": None, "ref": None, "street": company.street, "street2": company.suburb, "city": company.city or None,
        "is_company": False, "parent_id": customer.partner_id, "commercial_partner_id": customer.partner_id,
        "company_id": None, "active": True, "user_id": None, "customer_rank": 0, "supplier_rank": 0, "color": 0,
        "lang": "en_US", "type": "invoice", "vat": None, "zip": None, "country_id": 1,
    }  # fmt: skip
    db.add("res.partner", cat.stamped(row, joined, f"10:{key % 60:02d}:{key * 7 % 60:02d}.{key * 331:06d}"))
