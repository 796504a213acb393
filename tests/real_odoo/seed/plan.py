"""The invented provider: people, plans, rates. Plain data, the same in every tenant; dates are days before ``today``.

Currencies: companies bill in US dollars and in Zimbabwe Gold, which Odoo 19 calls ``ZIG`` and Odoo 14 does not know
(there it is made as ``ZWG``). One dollar is ``RATE_TODAY`` ZWG, a quarter less for every 30 days back.
"""

from __future__ import annotations

from dataclasses import dataclass

RATE_TODAY = 26.50
RATE_STEP = 0.25
RATE_EVERY_DAYS = 30
RATE_PERIODS = 16

MAIN_COMPANY = "AFINET Internet"
SECOND_COMPANY = "AFINET Wholesale"
SECOND_OWN_RATE = (200, 25.00)
"""The second company has one ZWG rate of its own, days back and rate: Odoo prefers it to any newer shared one."""

SHARED_EMAIL = "accounts@twins.example"


def rate_back(days: int) -> float:
    """ZWG for one US dollar, ``days`` before today, as the shared rates say."""
    periods = min(-(-days // RATE_EVERY_DAYS), RATE_PERIODS - 1)
    return RATE_TODAY - RATE_STEP * periods


@dataclass(frozen=True)
class Plan:
    """A product: ``technology`` says what it maps to ("" = nothing), ``service`` whether it is a subscription."""

    key: str
    name: str
    category: str
    price: float
    kind: str = "service"
    technology: str = ""
    code: str = ""


PLANS = (
    Plan("fibre_home", "Fiber Home 20", "Fibre", 45.00, technology="fibre", code="FBR-20"),
    Plan("fibre_ftth", "FTTH Business 100", "All", 150.00, technology="fibre"),
    Plan("fibre_pro", "Fibre Pro 50", "Fibre", 80.00, technology="fibre", code="FBR-50"),
    Plan("wireless_basic", "wireless basic", "All", 25.00, technology="wireless"),
    Plan("wireless_fixed", "Fixed Wireless 10 (Unlimited)", "Wireless", 40.00, technology="wireless"),
    Plan("starlink_home", "Star Link Residential", "All", 50.00, technology="starlink"),
    Plan("starlink_roam", "STARLINK Roam", "Starlink", 110.00, technology="starlink", code="STL-R"),
    Plan("starlink_kit", "STARLINK Standard Kit", "Starlink", 350.00, kind="goods", technology=""),
    Plan("router", "WiFi Router AX1500", "Hardware", 60.00, kind="goods"),
    Plan("install", "Fibre installation fee", "Fibre", 75.00),
    Plan("hosting", "Domain hosting, per month", "All", 12.00),
)

FIRST = ("Tendai", "Rudo", "Farai", "Chipo", "Tatenda", "Nyasha", "Simba", "Thandiwe", "Kudzai", "Sibusiso")
LAST = ("Moyo", "Ncube", "Sibanda", "Dube", "Chikwanha", "Mutasa", "Gumbo", "Marufu")
CITIES = ("Harare", "Bulawayo", "Mutare", "Gweru", "Kwekwe", "Masvingo", "Chinhoyi", "Victoria Falls")


@dataclass(frozen=True)
class Subscriber:
    """A regular customer: one plan, billed every 30 days since ``since`` days ago."""

    number: int
    name: str
    email: str
    phone: str
    city: str
    company: bool
    plan: str
    currency: str
    since: int
    until: int
    habit: str

    @property
    def bill_days(self) -> tuple[int, ...]:
        """Days before today on which this subscriber is billed, oldest first."""
        return tuple(day for day in range(self.since, self.until - 1, -30) if day >= 0)


SINCE = (405, 105, 285, 75, 195, 345, 135, 60, 165, 225, 45)
"""Days for which a subscriber has been one."""

HABITS = ("prompt", "late", "stopped", "partial", "prompt", "ahead", "late", "direct")


def subscribers(count: int) -> list[Subscriber]:
    """The regular customers: names, plans, currencies and paying habits by counting, no chance involved."""
    recurring = [plan for plan in PLANS if plan.technology]
    made = []
    for number in range(count):
        plan = recurring[number % len(recurring)]
        first, last = FIRST[number % len(FIRST)], LAST[(number // len(FIRST)) % len(LAST)]
        company = number % 9 == 4
        since = SINCE[number % len(SINCE)] + number % 7
        left = (0, 0, 0, 95, 0, 0, 0, 0, 0, 160)[number % 10]
        name = f"{last} {first} Trading (Pvt) Ltd" if company else f"{first} {last}"
        email = "" if number % 11 == 7 else f"{first}.{last}{number}@customers.example".lower()
        made.append(
            Subscriber(
                number=number,
                name=name,
                email=email,
                phone="" if number % 13 == 5 else f"+263 77 {2000000 + number * 137:07d}",
                city=CITIES[number % len(CITIES)],
                company=company,
                plan=plan.key,
                currency=("USD", "USD", "ZWG", "USD", "both")[number % 5],
                since=since,
                until=left if left < since else 0,
                habit=HABITS[number % len(HABITS)],
            )
        )
    return made
