"""Two years of a provider's life: who changes or leaves, what is billed, and when it is paid."""

from __future__ import annotations

import heapq
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Literal

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.business.ledger import Document, Item, Ledger
from odoo_client.demo.business.reconcile import settle
from odoo_client.demo.provider.customers import Customer, Subscription, agreed_fee

#: Billing history goes back this many full months before the current one.
MONTHS = 24
_UPGRADES = {1: 2, 3: 2, 2: 4, 6: 7, 8: 6, 9: 10}
_EXTRAS = (40, 40, 41, 9, 11)
_KITS = {"starlink": (20, 31), "fibre": (23, 30), "wireless": (24,)}


def live(customers: list[Customer], today: date, rng: random.Random) -> None:
    """Give each customer the changes of its life: second services, upgrades, migrations to Starlink, leaving."""
    for customer in customers:
        if not customer.subscriptions:
            continue
        if rng.random() < 0.14:
            _add_extra(customer, today, rng)
        for subscription in list(customer.subscriptions):
            _age(customer, subscription, today, rng)
        if customer.stops_on is not None:
            _cut_off(customer, customer.stops_on + timedelta(days=rng.randint(70, 110)), today)


def announce(customers: list[Customer], today: date) -> None:
    """Add what is agreed for later: some who left come back in the next weeks, some have given notice."""
    gone = [c for c in customers if c.subscriptions and all(s.why == "churn" for s in c.subscriptions)]
    for number, customer in enumerate(gone[2::9]):
        plan = cat.PLANS[number % 11]
        customer.subscriptions.append(Subscription(plan, today + timedelta(days=3 + 4 * number), plan.price))
    staying = [c for c in customers if c.habit == "prompt" and c.subscriptions and c.subscriptions[-1].end is None]
    for number, customer in enumerate(staying[5::40]):
        customer.subscriptions[-1].end, customer.subscriptions[-1].why = today + timedelta(days=6 + 3 * number), "churn"


def _add_extra(customer: Customer, today: date, rng: random.Random) -> None:
    first = customer.subscriptions[0]
    start = first.start + timedelta(days=rng.randint(20, 200))
    plan = cat.BY_ID[rng.choice(_EXTRAS)]
    if start < today and plan.technology != first.plan.technology:
        customer.subscriptions.append(Subscription(plan, start, agreed_fee(rng, plan)))


def _age(customer: Customer, subscription: Subscription, today: date, rng: random.Random) -> None:
    """Give each month a small chance to leave, to take a bigger plan, or to move to Starlink."""
    current = subscription
    for month in cat.month_starts(today, MONTHS + 1):
        if month <= current.start + timedelta(days=60) or not current.plan.technology:
            continue
        day = month + timedelta(days=rng.randrange(26))
        if day >= today:
            return
        chance = rng.random()
        if chance < 0.012:
            current.end, current.why = day, "churn"
            return
        bigger = None
        if chance < 0.019 and current.plan.product_id in _UPGRADES:
            current.why, bigger = "upgrade", cat.BY_ID[_UPGRADES[current.plan.product_id]]
        elif chance < 0.0235 and current.plan.technology != "starlink":
            current.why, bigger = "migration", cat.BY_ID[9 if not customer.person.is_company else 10]
        if bigger is not None:
            came: Literal["upgrade", "migration"] = "migration" if current.why == "migration" else "upgrade"
            gap = rng.randint(0, 12) if came == "migration" else 0
            current.end = day
            start = min(day + timedelta(days=gap), today)
            current = Subscription(bigger, start, agreed_fee(rng, bigger), came=came)
            customer.subscriptions.append(current)


def _cut_off(customer: Customer, day: date, today: date) -> None:
    """Suspend a customer for not paying: services end, and what was to start later never does."""
    if day >= today:
        return
    kept = [s for s in customer.subscriptions if s.start < day]
    for subscription in kept:
        if subscription.end is None or subscription.end > day:
            subscription.end, subscription.why = day, "unpaid"
    customer.subscriptions = kept


class History:
    """Runs the calendar: each day's invoices and payments are posted in order, so that numbers and ids follow dates."""

    def __init__(self, ledger: Ledger, customers: list[Customer], today: date, rng: random.Random) -> None:
        self.ledger, self.customers, self.today, self.rng = ledger, customers, today, rng
        self.open: dict[int, list[Document]] = defaultdict(list)
        self.credits: dict[int, list[Document]] = defaultdict(list)
        self._queue: list[tuple[date, int, Callable[[date], None]]] = []
        self._count = 0

    def run(self, months: int) -> None:
        """Post everything from the month that many before this one to yesterday."""
        starts = list(cat.month_starts(self.today, months + 1))
        for customer in self.customers:
            for month in starts:
                self._at(month.replace(day=customer.billing_day), partial(self._bill, customer))
            for subscription in customer.subscriptions:
                if subscription.start >= starts[0]:
                    self._at(subscription.start, partial(self._install, customer, subscription))
        while self._queue:
            day, _, action = heapq.heappop(self._queue)
            action(day)

    def _at(self, day: date, action: Callable[[date], None]) -> None:
        if day < self.today:
            self._count += 1
            heapq.heappush(self._queue, (day, self._count, action))

    # ------------------------------------------------------------------ billing

    def _bill(self, customer: Customer, day: date) -> None:
        due = [s for s in customer.subscriptions if s.bills(day)]
        months = customer.period_months
        if not due or day.month % months:
            return
        currency = customer.currency_id
        if customer.mixed_currency and day.month % 2:
            currency = cat.USD if currency == cat.ZWG else cat.ZWG
        rate = self.ledger.rate(currency, day, customer.company_id)
        until = (day + timedelta(days=31 * months)).replace(day=day.day) - timedelta(days=1)
        period = f"{day:%d/%m/%Y} - {until:%d/%m/%Y}"
        items = [
            Item(s.plan.product_id, 1.0, round(s.fee * months * rate, 2), 0.0, f"{s.plan.name} {period}") for s in due
        ]
        origin = f"S{due[0].order_id:05d}" if due[0].order_id else None
        note = "Thank you for paying by the due date." if self._count % 9 == 0 else ""
        invoice = self.ledger.invoice(
            customer.party, day, items, company_id=customer.company_id, currency_id=currency,
            terms=((1.0, customer.terms_days),), origin=origin, note=note,
        )  # fmt: skip
        self._owe(customer, invoice, day)

    def _install(self, customer: Customer, subscription: Subscription, day: date) -> None:
        """Invoice kit, installation and the first part month when a service starts; large sums in two instalments."""
        numbers = _KITS.get(subscription.plan.technology, ())
        if subscription.came == "upgrade" or not numbers:
            return
        items = [Item(number, 1.0, cat.BY_ID[number].price) for number in numbers]
        days = (customer.billing_day - day.day) % 30
        if days:
            items.append(Item(subscription.plan.product_id, 1.0, subscription.fee, round(100 - days / 30 * 100, 2)))
        terms = ((0.5, 0), (0.5, 30)) if numbers[0] == 20 and self.rng.random() < 0.4 else ((1.0, 7),)
        invoice = self.ledger.invoice(
            customer.party, day, items, company_id=customer.company_id, terms=terms,
            origin=f"S{subscription.order_id:05d}" if subscription.order_id else None,
        )  # fmt: skip
        self._owe(customer, invoice, day)

    # ------------------------------------------------------------------ paying

    def _owe(self, customer: Customer, invoice: Document, day: date) -> None:
        for credit in self.credits[customer.partner_id]:
            if credit.move["currency_id"] == invoice.move["currency_id"]:
                settle(self.ledger, credit, [invoice])
        if not invoice.open_lines:
            return
        self.open[customer.partner_id].append(invoice)
        when = day + timedelta(days=self._wait_days(customer))
        if customer.stops_on is None or when < customer.stops_on:
            self._at(when, partial(self._pay, customer))

    def _wait_days(self, customer: Customer) -> int:
        """Return how long after an invoice this customer comes to pay."""
        rng, terms = self.rng, customer.terms_days
        match customer.habit:
            case "prompt":
                return rng.randint(1, max(4, min(terms, 12)))
            case "stopper":
                return rng.randint(1, 10)
            case "slow":
                return terms + rng.randint(15, 60)
            case "partial":
                return terms + rng.randint(2, 25)
            case "corporate":
                return terms + rng.randint(-8, 14)
            case _:
                return 2

    def _pay(self, customer: Customer, day: date) -> None:
        """Pay what is open, currency by currency, the way this customer does."""
        documents = [doc for doc in self.open[customer.partner_id] if doc.open_lines]
        self.open[customer.partner_id] = documents
        if customer.habit == "slow":
            documents = documents[:2]
        for currency in sorted({doc.move["currency_id"] for doc in documents}):
            owing = [doc for doc in documents if doc.move["currency_id"] == currency]
            total = round(sum(line["amount_residual_currency"] for doc in owing for line in doc.open_lines), 2)
            self._pay_in(customer, day, currency, total, owing)

    def _pay_in(self, customer: Customer, day: date, currency: int, total: float, owing: list[Document]) -> None:
        rng, amount = self.rng, total
        if customer.habit == "partial" and rng.random() < 0.75:
            amount = max(1.0, round(total * rng.uniform(0.5, 0.9)))
        elif customer.habit == "advance" and not self.credits[customer.partner_id][-1:]:
            amount = round(total * 3, 2)
        elif rng.random() < 0.03:
            amount = float(-(-total // 5) * 5)  # cash in hand: rounded up
        paid_in = currency
        if customer.mixed_currency and rng.random() < 0.15:
            paid_in = cat.ZWG if currency == cat.USD else cat.USD
            mine, theirs = (self.ledger.rate(key, day, customer.company_id) for key in (paid_in, currency))
            amount = round(amount * mine / theirs, 2)
        journals = (cat.J_BANK_ZWG, cat.J_MOBILE) if paid_in == cat.ZWG else (cat.J_BANK_USD, cat.J_MOBILE, cat.J_CASH)
        names = [doc.move["name"] for doc in owing]
        memo = rng.choice((" ".join(names[:3]), names[0], "internet", f"{customer.person.name} {day:%b}"))
        payment = self.ledger.payment(
            customer.payer, day, amount, company_id=customer.company_id, currency_id=paid_in,
            journal=rng.choice(journals), memo=memo, matched=(self.today - day).days > 9,
        )  # fmt: skip
        settle(self.ledger, payment, owing)
        if payment.open_lines:
            self.credits[customer.partner_id] = [payment]
