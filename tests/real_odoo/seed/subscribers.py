"""The regular customers' bills and payments: most of the ledger's volume."""

from __future__ import annotations

from typing import Any

from tests.real_odoo.seed.books import Bill, Books
from tests.real_odoo.seed.office import Office
from tests.real_odoo.seed.plan import PLANS, Subscriber, rate_back

PRICES = {each.key: each.price for each in PLANS}
SECOND_COMPANY_CUSTOMERS = 8


def make_partners(office: Office, people: list[Subscriber]) -> dict[int, Any]:
    """The partner of each subscriber; every sixth business has a billing contact of its own."""
    made = {}
    for each in people:
        made[each.number] = office.partner(
            each.name, email=each.email or False, phone=each.phone or False, city=each.city, ref=f"AF{each.number:04d}",
            is_company=each.company, street=f"{each.number + 1} Main Road",
        )  # fmt: skip
    return made


def price(plan: str, currency: str, days: int) -> float:
    """What a plan costs in a currency on a day: the dollar price, or its ZWG worth to the whole unit."""
    return PRICES[plan] if currency == "USD" else float(round(PRICES[plan] * rate_back(days)))


def bills_of(each: Subscriber, partner: Any, origin: str = "", sale_lines: list[int] | None = None) -> list[Bill]:
    """The bills of one subscriber: every 30 days, due 14 days later, the first with an installation fee or a router."""
    made = []
    for turn, days in enumerate(each.bill_days):
        currency = each.currency if each.currency != "both" else ("USD", "ZWG")[turn % 2]
        lines = [(each.plan, price(each.plan, currency, days))]
        if turn == 0:
            extra = "install" if each.number % 3 else "router"
            lines.append((extra, price(extra, currency, days)))
        if each.number % 17 == 3:
            lines.append(("hosting", price("hosting", currency, days)))
        made.append(
            Bill(
                f"S{each.number}/{turn}", partner, days, days - 14, lines, currency=currency,
                taxed=each.number % 4 == 1, origin=origin, ref=f"Period {turn + 1}", sale_lines=sale_lines or [],
            )
        )  # fmt: skip
    return made


def settle(books: Books, people: list[Subscriber], partners: dict[int, Any], bills: list[Bill]) -> None:
    """Pay as each subscriber's habit says; full payments of one day and journal go through one wizard."""
    together: dict[tuple[int, str, str], list[str]] = {}
    number_of = {partner.id: each for each in people for partner in (partners[each.number],)}
    for bill in bills:
        each = number_of[bill.partner.id]
        journal = "zwg" if bill.currency == "ZWG" else ("bank", "cash")[each.number % 2]
        lag = {"prompt": 9, "late": 47, "direct": 20}.get(each.habit, 12)
        if each.habit == "stopped" and bill.date < 150:
            continue
        paid_on = bill.date - lag
        if paid_on < 1:
            continue
        if each.habit == "partial" and bill.date < 200:
            if int(bill.key.rpartition("/")[2]) % 2:
                books.pay(
                    [bill.key], paid_on, round(books.moves[bill.key].amount_total * 0.4, 2), journal, bill.currency
                )
            continue
        if each.habit == "direct" and bill.date < 240:
            amount = books.moves[bill.key].amount_total
            payment = books.money(bill.partner, paid_on, amount, bill.currency, journal, memo=bill.key)
            books.match(payment, books.moves[bill.key])
            continue
        # Most customers pay two bills at once; a run of payments is booked on one day, as a bank statement is.
        together.setdefault((max(paid_on - paid_on % 60, 4), journal, bill.currency), []).append(bill.key)
    for (days, journal, currency), keys in sorted(together.items(), reverse=True):
        books.pay(keys, days, journal=journal, currency=currency, together=True)
    for each in people:
        if each.habit == "ahead":
            books.money(partners[each.number], 2 + each.number % 9, 100.00, memo="Paid ahead")


def second_company_bills(books: Books, partners: dict[int, Any]) -> None:
    """Six bills each for a few customers in the second company, whose currency is ZWG; half of them paid."""
    bills = [
        Bill(
            f"W{number}/{turn}", partners[number], 200 - 30 * turn, 170 - 30 * turn, [("fibre_pro", 80.00 + number)]
            if number % 2 else [("fibre_pro", 2000.00 + number)], currency="USD" if number % 2 else "ZWG",
        )
        for number in range(SECOND_COMPANY_CUSTOMERS)
        for turn in range(6)
    ]  # fmt: skip
    books.bill(bills)
    for currency in ("USD", "ZWG"):
        keys = [bill.key for bill in bills if bill.currency == currency and bill.key[-1] in "012"]
        books.pay(keys, 95, currency=currency)
