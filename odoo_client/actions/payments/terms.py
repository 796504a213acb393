"""What a payment is about, as it was entered, seen, approved or is in Odoo: this is how two of them are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from odoo_client.metrics.words import day_words, money_words


@dataclass(frozen=True)
class Terms:
    """A payment's amount, payer, day and where it was paid in. What is only for display makes no difference."""

    amount: Decimal
    currency_id: int
    partner_id: int
    company_id: int
    journal_id: int
    day: date | None
    currency: str = field(default="", compare=False)
    decimals: int = field(default=2, compare=False)
    customer: str = field(default="", compare=False)
    journal: str = field(default="", compare=False)

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Terms | None:
        """Return the terms that an entry was made with, None for an entry that does not say them all."""
        try:
            return cls(
                amount=Decimal(payload["amount"]),
                currency_id=int(payload["currency_id"]),
                partner_id=int(payload["partner_id"]),
                company_id=int(payload["company_id"]),
                journal_id=int(payload["journal_id"]),
                day=date.fromisoformat(payload["day"]) if payload["day"] else None,
                currency=str(payload["currency"]),
                decimals=int(payload["decimals"]),
                customer=str(payload["customer"]),
            )
        except KeyError:
            return None  # The entry was made by a version that did not keep them.

    @property
    def money(self) -> str:
        """The amount for people."""
        return money_words(self.amount, self.currency, self.decimals)


def differences(then: Terms, now: Terms) -> list[str]:
    """Return in words what has changed about who paid how much and when."""
    found = []
    if (then.amount, then.currency_id) != (now.amount, now.currency_id):
        found.append(f"the amount was {then.money} and is {now.money}")
    if then.partner_id != now.partner_id:
        was, now_is = then.customer or "nobody", now.customer or "nobody"
        found.append(f"the customer was {was} and is {now_is}" if was != now_is else "the customer's contact changed")
    if then.day != now.day:
        found.append(f"the payment date was {_day(then.day)} and is {_day(now.day)}")
    return found


def all_differences(then: Terms, now: Terms) -> list[str]:
    """Return in words everything that has changed."""
    found = differences(then, now)
    if then.journal_id != now.journal_id:
        found.append(f"the journal is {now.journal or 'another one'}")
    if then.company_id != now.company_id:
        found.append("the company is another one")
    return found


def _day(day: date | None) -> str:
    return day_words(day) if day else "missing"
