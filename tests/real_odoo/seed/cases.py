"""Customers whose balances a reader can work by hand: one trap each. ``tests/contract`` holds the expected figures.

Numbers after a document are days before today: ``(100, 95)`` is dated 100 days ago and was due 95 days ago. Prices are
without tax unless a bill says ``taxed``. ``N`` in a key is the customer's name.
"""

from __future__ import annotations

from typing import Any

from tests.real_odoo.seed.bank import fill_bank
from tests.real_odoo.seed.books import Bill, Books
from tests.real_odoo.seed.office import Office
from tests.real_odoo.seed.plan import SHARED_EMAIL

BOLD = "<b>Bold</b> Traders"
FORMULA = "=1+1"
EMOJI = "Sunrise Café 🚀"
RIGHT_TO_LEFT = "شركة النور للاتصالات"
TWIN_A, TWIN_B = "Twin Stores East", "Twin Stores West"
NO_CUSTOMER = ""
REVENUE_AUTHORITY = "Revenue Authority"


def fill_cases(office: Office, books: Books, second: Books) -> None:
    """Make the customers, their documents and payments."""
    people = _people(office)
    books.bill(_bills(office, people))
    _payments(books, people)
    _entries(books, people)
    _second_company(second, people)
    if office.modern:
        _no_customers_debt(office, books, second, people)
    fill_bank(office, books)
    people["Closed Café"].write({"active": False})


def _people(office: Office) -> dict[str, Any]:
    city = {"city": "Harare", "street": "1 Samora Machel Ave"}
    plain = (
        "Ruvimbo Moyo", "Ndlovu Supplies", "Parts Payer", "Loose Payer", "Credited Client", "Credit Holder",
        "Stepwise Schools", "Closed Café", "Mutasa Ledger", "Draft Dodger", "Cross Currency", "Gold Payer",
        "Boundary Bakery", "Over Payer", "Taxed Traders", "Undone Match", "Late Settler", "Counter Sale",
        "Two Companies", "Contested Bill", "Refunded Rita", "Fully Credited", "Fully Crossed", "Whose Debt",
    )  # fmt: skip
    people = {name: office.partner(name, email=f"c{number}@cases.example", phone=f"+263 242 70{number:04d}", **city)
              for number, name in enumerate(plain)}  # fmt: skip
    for number, name in enumerate((BOLD, FORMULA, EMOJI, RIGHT_TO_LEFT)):
        people[name] = office.partner(name, email=f"odd{number}@cases.example", ref=f"ODD{number}", **city)
    for name in (TWIN_A, TWIN_B):
        people[name] = office.partner(name, email=SHARED_EMAIL)
    lodges = office.partner("Zambezi Lodges (Pvt) Ltd", is_company=True, email=False, city="Victoria Falls")
    people["lodges"] = lodges
    people["lodges billing"] = office.partner(
        "Accounts Payable", parent_id=lodges.id, type="invoice", email="billing@lodges.example"
    )
    # Odoo lets an address have no name of its own.
    office.env["res.partner"].create({"parent_id": lodges.id, "type": "delivery", "city": "Kariba"})
    return people


def _bills(office: Office, people: dict[str, Any]) -> list[Bill]:
    def bill(name: str, tag: str, date: int, due: int | None, price: float, **more: Any) -> Bill:
        return Bill(f"{name}/{tag}", people[name], date, due, more.pop("lines", [("fibre_home", price)]), **more)

    made = [
        bill("Ruvimbo Moyo", "old", 130, 125, 120.00),
        bill("Ruvimbo Moyo", "mid", 70, 65, 80.00),
        bill("Ruvimbo Moyo", "new", 10, -5, 40.00),
        bill("Ndlovu Supplies", "usd", 50, 20, 150.00),
        bill("Ndlovu Supplies", "zwg", 80, 50, 3975.00, currency="ZWG"),
        bill("Parts Payer", "a", 125, 95, 200.00),
        bill("Loose Payer", "a", 45, 15, 60.00, lines=[("wireless_basic", 60.00)]),
        bill("Fully Credited", "a", 70, 40, 90.00),
        bill("Credited Client", "a", 65, 35, 110.00),
        bill("Credited Client", "credit", 20, 20, 30.00, kind="out_refund"),
        bill("Credit Holder", "a", 63, 33, 70.00),
        bill("Credit Holder", "credit", 12, 12, 20.00, kind="out_refund"),
        bill(
            "Stepwise Schools", "a", 75, None, 1000.00, lines=[("starlink_kit", 2, 350.00), ("fibre_ftth", 2, 150.00)]
        ),
        bill("lodges billing", "a", 55, 25, 330.00),
        bill("Closed Café", "a", 230, 200, 55.00),
        bill("Draft Dodger", "draft", 35, 5, 500.00, state="draft"),
        bill("Draft Dodger", "cancelled", 35, 5, 400.00, state="cancel"),
        bill("Draft Dodger", "posted", 35, 5, 65.00),
        bill("Cross Currency", "half", 88, 58, 100.00),
        bill("Fully Crossed", "usd", 90, 60, 100.00),
        bill("Fully Crossed", "zwg", 90, 61, 2550.00, currency="ZWG"),
        bill("Gold Payer", "half", 60, 50, 2650.00, currency="ZWG"),
        bill("Gold Payer", "full", 120, 100, 2600.00, currency="ZWG"),
        bill("Over Payer", "a", 50, 20, 40.00),
        bill("Taxed Traders", "a", 77, 47, 100.00, taxed=True),
        bill("Undone Match", "a", 82, 52, 85.00),
        bill("Late Settler", "a", 140, 110, 300.00),
        bill("Counter Sale", "receipt", 6, 6, 18.00, kind="out_receipt"),
        bill("Two Companies", "main", 48, 18, 23.00),
        bill("Contested Bill", "a", 96, 66, 140.00),
        bill("Refunded Rita", "a", 100, 90, 25.00),
        bill("Whose Debt", "a", 40, 10, 50.00),
        bill(TWIN_A, "a", 61, 31, 21.00),
        bill(TWIN_B, "a", 60, 30, 22.00),
    ]
    made += [bill(name, "a", 33, 3, 10.00 + n) for n, name in enumerate((BOLD, FORMULA, EMOJI, RIGHT_TO_LEFT))]
    days_overdue = (0, 1, 60, 61, 90, 91, 120, 121)
    made += [bill("Boundary Bakery", str(days), days + 30, days, 5.00 + n) for n, days in enumerate(days_overdue)]
    return made


def _payments(books: Books, people: dict[str, Any]) -> None:
    books.pay(["Ndlovu Supplies/usd"], 5, 50.00)
    books.pay(["Parts Payer/a"], 60, 75.50, journal="cash")
    books.match(books.money(people["Parts Payer"], 30, 24.50, memo="top up"), books.moves["Parts Payer/a"])
    books.money(people["Loose Payer"], 3, 25.00, journal="cash", memo="no reference given")
    books.credit_note_for("Fully Credited/a", 38)
    books.match(books.moves["Credited Client/credit"], books.moves["Credited Client/a"])
    books.pay(["Stepwise Schools/a"], 40, 450.00)
    books.match(books.money(people["lodges billing"], 10, 130.00, memo="lodges"), books.moves["lodges billing/a"])
    books.pay(["Cross Currency/half"], 30, 1312.50, journal="zwg", currency="ZWG")
    books.pay(["Fully Crossed/usd"], 30, journal="zwg", currency="ZWG")
    books.pay(["Fully Crossed/zwg"], 30, journal="bank", currency="USD")
    books.pay(["Gold Payer/half"], 30, 1325.00, journal="zwg", currency="ZWG")
    books.pay(["Gold Payer/full"], 30, journal="zwg", currency="ZWG")
    books.match(books.money(people["Over Payer"], 15, 50.00, memo="rounded up"), books.moves["Over Payer/a"])
    books.pay(["Undone Match/a"], 40)
    books.unmatch("Undone Match/a")
    books.pay(["Late Settler/a"], 8)
    books.money(people["Refunded Rita"], 80, 75.00, memo="paid too much")
    books.money(people["Refunded Rita"], 70, 50.00, memo="paid back", direction="outbound")
    for number, name in enumerate(("Ruvimbo Moyo", "Taxed Traders", EMOJI)):
        meant_for = "Ruvimbo Moyo/old" if name == "Ruvimbo Moyo" else ""
        books.money(people[name], number + 1, 30.00 + number, memo="proof received", post=False, meant_for=meant_for)
    books.money(people["Loose Payer"], 4, 26.00, memo="typed twice", post=False).action_cancel()
    books.money(people["lodges billing"], 2, 150.00, memo="proof from the accounts department", post=False)
    books.money(people["Parts Payer"], 2, 500.00, "ZWG", "zwg", memo="proof in the other currency", post=False)
    books.money(None, 2, 77.00, memo="proof of nobody known", post=False)
    books.money(people["Refunded Rita"], 2, 5.00, memo="to be paid back", direction="outbound", post=False)


def _entries(books: Books, people: dict[str, Any]) -> None:
    books.entry(people["Mutasa Ledger"], 80, 33.00, "Opening balance, no due date")
    books.entry(people["Mutasa Ledger"], 45, 17.00, "Correction", due=44)
    books.entry(None, 55, 45.00, "Unknown depositor", due=55)
    books.entry(None, 100, 12.00, "Imported, no partner and no due date")
    lines = books.open_lines(books.moves["Contested Bill/a"])
    lines.write({"blocked" if "blocked" in lines._fields else "no_followup": True})


def _second_company(second: Books, people: dict[str, Any]) -> None:
    partner = people["Two Companies"]
    second.bill(
        [
            Bill("Two Companies/second", partner, 48, 18, [("fibre_ftth", 77.00)]),
            Bill("Two Companies/second zwg", partner, 150, 120, [("fibre_ftth", 1900.00)], currency="ZWG"),
            Bill("Two Companies/second old", partner, 300, 270, [("fibre_ftth", 64.00)]),
        ]
    )
    second.pay(["Two Companies/second zwg"], 90, 900.00, currency="ZWG")
    second.pay(["Two Companies/second old"], 100)
    second.money(partner, 2, 300.00, "ZWG", memo="proof for the second company", post=False)


def _no_customers_debt(office: Office, books: Books, second: Books, people: dict[str, Any]) -> None:
    """What stands on receivable accounts marked non-trade, which Odoo 14 does not know."""
    refund, advance = office.non_trade("121900", "VAT refund due"), office.non_trade("121910", "Owner's advance")
    authority, owner = office.partner(REVENUE_AUTHORITY, is_company=True), office.partner("Company Owner")
    claimed = books.entry(authority, 90, 5100.00, "VAT refund claimed", account=refund)
    books.match(books.money(authority, 30, 900.00, memo="VAT refund, first part", account=refund), claimed)
    books.entry(owner, 45, 1493.00, "Owner's advance", account=advance)
    books.entry(people["Whose Debt"], 20, 7.00, "Lent to a customer", account=advance)
    other = office.non_trade("121900", "VAT refund due", office.second)
    second.entry(authority, 60, -830.50, "VAT refund paid too high", account=other)
