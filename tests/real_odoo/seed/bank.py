"""Money that is no plain payment: bank lines matched straight, and payments that credit another amount than they are.

Numbers are days before today, as in ``cases.py``; ``tests/contract/test_money_in.py`` holds the expected figures.
What Odoo's own `reconcile` of 14 books and what its reconciliation widgets book from 15 on is the same: the bank's line
alone. (14 makes a payment of each invoice so matched where a module sets `create_payment_for_invoice`; it counts as any
payment does.)
"""

# ruff: noqa: B905  Odoo 14 runs this with Python 3.9, whose zip() knows no `strict`.

from __future__ import annotations

from typing import Any

from tests.real_odoo.seed.books import Bill, Books
from tests.real_odoo.seed.office import Office

#: A part of a bank line: whose, on which account, how much of it (money in positive), what it is matched with.
Part = tuple[Any, str, float, Any]


class Bank:
    """The bank's statement of one company."""

    def __init__(self, office: Office, books: Books) -> None:
        self.office, self.books, self.env = office, books, books.env

    def line(
        self,
        days: int,
        amount: float,
        label: str,
        parts: list[Part],
        partner: Any = None,
        gold: float = 0.0,
    ) -> Any:
        """A line of the bank's statement; ``parts`` take the place of its suspense line. ``gold``: its sum in ZWG."""
        made = self._statement_line(days, amount, label, partner, gold)
        if not parts:
            return made
        move, journal = made.move_id, self.office.journal("bank")
        # As Odoo's own `reconcile` (14) and its reconciliation widgets do it.
        unchecked = {"check_move_validity": False, "skip_account_move_synchronization": True, "force_delete": True}
        move = move.with_context(skip_readonly_check=True, **unchecked)
        suspense = move.line_ids.filtered(lambda line: line.account_id != journal.default_account_id)
        company = {"currency_id": self.office.usd.id}
        commands: list[tuple[Any, ...]] = [(2, line.id) for line in suspense]
        before = set(move.line_ids.ids)
        for owner, account, value, _match in parts:
            values = {
                "name": label, "partner_id": owner.id if owner else False,
                "account_id": self.account(account).id, "debit": max(-value, 0.0), "credit": max(value, 0.0),
                "amount_currency": -value, **company,
            }  # fmt: skip
            if gold:
                values.update(currency_id=self.office.zwg.id, amount_currency=-gold * value / amount)
            commands.append((0, 0, values))
        move.write({"line_ids": commands})
        added = move.line_ids.filtered(lambda line: line.id not in before).sorted("id")
        for (_owner, _account, _value, match), line in zip(parts, added):
            if match is not None:
                other = self.books.open_lines(match) if match._name != "account.move.line" else match
                (line + other.filtered(lambda each, line=line: each.account_id == line.account_id)).reconcile()
        return made

    def account(self, kind: str) -> Any:
        """An account of the main company: ``receivable``, ``suspense``, or the first of a kind (``expense``)."""
        if kind == "receivable":
            return self.office.account("receivable")
        if kind == "suspense":
            return self.office.journal("bank").suspense_account_id
        if self.office.modern:
            return self.office.account(kind)
        types = {"income": "account.data_account_type_revenue", "expense": "account.data_account_type_expenses"}
        wanted = [("user_type_id", "=", self.env.ref(types[kind]).id), ("company_id", "=", self.office.main.id)]
        return self.env["account.account"].search(wanted, limit=1)

    def pay(self, key: str, days: int, amount: float, account: str, label: str = "Write-Off") -> None:
        """Pay an invoice whole with another amount, the difference on an account: Odoo's wizard, "mark as paid"."""
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=self.books.moves[key].ids
        )
        wizard.create(
            {
                "payment_date": self.office.back(days), "journal_id": self.office.journal("bank").id, "amount": amount,
                "payment_difference_handling": "reconcile", "writeoff_account_id": self.account(account).id,
                "writeoff_label": label,
            }
        ).action_create_payments()  # fmt: skip

    def discounted(self, partner: Any, days: int, price: float) -> None:
        """An invoice with 2 % off for early payment, paid so (16 and newer)."""
        term = self.env["account.payment.term"].create(
            {
                "name": "2% 10 days", "company_id": False, "early_discount": True, "discount_percentage": 2,
                "discount_days": 10, "line_ids": [(5, 0, 0), (0, 0, {"value": "percent", "value_amount": 100,
                                                                      "nb_days": 30})],
            }
        )  # fmt: skip
        bill = Bill("Early Edna/a", partner, days, days - 30, [("fibre_home", price)])
        values = self.books._values(bill)
        values.pop("invoice_date_due")
        move = (
            self.env["account.move"]
            .with_company(self.office.main)
            .create({**values, "invoice_payment_term_id": term.id})
        )
        move.action_post()
        wizard = self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids)
        made = wizard.create({"payment_date": self.office.back(days - 2), "journal_id": self.office.journal("bank").id})
        made.action_create_payments()

    def undo(self, line: Any) -> None:
        """Take a bank line's matching back: its sum is in suspense again."""
        if self.office.modern:
            line.action_undo_reconciliation()
        else:
            line.button_undo_reconciliation()

    def _statement_line(self, days: int, amount: float, label: str, partner: Any, gold: float) -> Any:
        journal = self.office.journal("bank")
        values = {"date": self.office.back(days), "payment_ref": label, "amount": amount}
        values["partner_id"] = partner.id if partner else False
        if gold:
            values.update(foreign_currency_id=self.office.zwg.id, amount_currency=gold)
        model = self.env["account.bank.statement.line"].with_company(self.office.main)
        if self.office.modern:
            return model.create({**values, "journal_id": journal.id})
        statement = self.env["account.bank.statement"].create(
            {"name": label, "journal_id": journal.id, "date": values["date"], "line_ids": [(0, 0, values)]}
        )
        statement.balance_end_real = statement.balance_end
        statement.button_post()
        return statement.line_ids


def fill_bank(office: Office, books: Books) -> None:
    """Make the customers, what they were billed, and what the bank's statement says of them."""
    names = (
        "Bank Payer", "Transfer Twice", "Head Office", "Side Office", "Deposit Dora", "Short Sender", "Unmatched Una",
        "Undone Udo", "Behind Ben", "Refund Rob", "Gold Line", "Discounted Dee", "Overpaid Oona", "Early Edna",
        "Several Sam", "Widget Wendy",
    )  # fmt: skip
    people = {name: office.partner(name, email=f"bank{number}@cases.example") for number, name in enumerate(names)}
    bank = Bank(office, books)

    def bill(name: str, tag: str, date: int, price: float, **more: Any) -> Bill:
        return Bill(f"{name}/{tag}", people[name], date, date - 30, [("fibre_home", price)], **more)

    books.bill(
        [
            bill("Bank Payer", "a", 40, 100.00),
            bill("Transfer Twice", "a", 45, 30.00),
            bill("Transfer Twice", "b", 44, 40.00),
            bill("Head Office", "a", 41, 25.00),
            bill("Side Office", "a", 41, 25.00),
            bill("Deposit Dora", "a", 42, 60.00),
            bill("Short Sender", "a", 50, 100.00),
            bill("Undone Udo", "a", 38, 44.00),
            bill("Behind Ben", "a", 39, 80.00),
            bill("Refund Rob", "credit", 20, 15.00, kind="out_refund"),
            bill("Gold Line", "a", 43, 2650.00, currency="ZWG"),
            bill("Discounted Dee", "a", 46, 100.00),
            bill("Overpaid Oona", "a", 47, 100.00),
            bill("Several Sam", "a", 48, 100.00),
            bill("Widget Wendy", "a", 49, 33.00),
        ]
    )

    def owed(name: str, amount: float, tag: str = "a") -> Part:
        return (people[name], "receivable", amount, books.moves[f"{name}/{tag}"])

    def beside(name: str, account: str, amount: float) -> Part:
        return (people[name], account, amount, None)

    bank.line(2, 50.00, "RTGS 4471", [owed("Bank Payer", 50.00)], people["Bank Payer"])
    twice = [owed("Transfer Twice", 30.00), owed("Transfer Twice", 40.00, "b")]
    bank.line(6, 70.00, "Both months", twice, people["Transfer Twice"])
    bank.line(7, 45.00, "Head office pays for two", [owed("Head Office", 25.00), owed("Side Office", 20.00)])
    bank.line(8, 100.00, "Deposit 9", [owed("Deposit Dora", 60.00), beside("Deposit Dora", "suspense", 40.00)])
    bank.line(5, 95.00, "Less charges", [owed("Short Sender", 100.00), beside("Short Sender", "expense", -5.00)])
    several = [
        owed("Several Sam", 100.00),
        beside("Several Sam", "expense", -6.00),
        beside("Several Sam", "expense", -4.00),
    ]
    bank.line(5, 90.00, "Fee and difference", several)
    bank.line(3, 35.00, "No reference", [beside("Unmatched Una", "receivable", 35.00)], people["Unmatched Una"])
    bank.undo(bank.line(9, 44.00, "Wrong customer", [owed("Undone Udo", 44.00)], people["Undone Udo"]))
    books.pay(["Behind Ben/a"], 12)
    link = "origin_payment_id" if "origin_payment_id" in office.env["account.move"]._fields else "payment_id"
    paid = office.env["account.move"].search([(link, "!=", False), ("partner_id", "=", people["Behind Ben"].id)])
    pending = paid.line_ids.filtered(lambda line: line.debit > 0)
    line = bank.line(10, 80.00, "Payment seen", [], people["Behind Ben"])
    _match_pending(bank, line, pending)
    if office.modern:
        bank.line(18, 33.00, "By the widget", [owed("Widget Wendy", 33.00)], people["Widget Wendy"])
    else:
        seen = bank.line(18, 33.00, "By the widget", [], people["Widget Wendy"])
        seen.reconcile([{"id": books.open_lines(books.moves["Widget Wendy/a"]).id}])
    bank.line(4, -15.00, "Paid back", [owed("Refund Rob", -15.00, "credit")], people["Refund Rob"])
    bank.line(11, 100.00, "From the gold account", [owed("Gold Line", 100.00)], people["Gold Line"], gold=2650.00)
    bank.line(13, 19.00, "Interest", [(None, "income", 19.00, None)])
    bank.line(14, 21.00, "Nobody knows yet", [])
    bank.pay("Discounted Dee/a", 15, 95.00, "expense", "Rounded down")
    bank.pay("Overpaid Oona/a", 16, 105.00, "income")
    if office.modern:
        bank.discounted(people["Early Edna"], 17, 100.00)


def _match_pending(bank: Bank, line: Any, pending: Any) -> None:
    """Match a bank line with the outstanding line of a payment: no receivable account has to do with it."""
    if not bank.office.modern:
        line.reconcile([{"id": pending.id}])
        return
    unchecked = {"check_move_validity": False, "skip_account_move_synchronization": True, "force_delete": True}
    move = line.move_id.with_context(skip_readonly_check=True, **unchecked)
    suspense = move.line_ids.filtered(lambda each: each.account_id != bank.office.journal("bank").default_account_id)
    suspense.account_id = pending.account_id
    (suspense + pending).reconcile()
