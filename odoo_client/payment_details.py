"""How to pay, at the foot of a statement: lines of the setting `PAYMENT_DETAILS`, by company and currency."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field, field_validator

#: What a line may hold in braces, and what replaces it on a customer's statement.
PLACEHOLDERS = {"reference": "the customer's reference in Odoo, else the name", "name": "the customer's name"}
_BRACED = re.compile(r"\{([^{}]*)\}")


class PaymentDetails(BaseModel):
    """Lines for statements of one company and currency; "" is any of them (case does not count)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    company: str = ""
    currency: str = ""
    lines: tuple[str, ...] = Field(min_length=1)

    @field_validator("lines")
    @classmethod
    def _known_placeholders(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        for name in (name for line in lines for name in _BRACED.findall(line)):
            if name not in PLACEHOLDERS:
                known = " and ".join(f"{{{one}}}" for one in PLACEHOLDERS)
                raise ValueError(f"has {{{name}}} in a line, where only {known} may stand")
        return lines

    def is_for(self, company: str, currency: str) -> bool:
        """Return whether these lines are for a company's account in a currency."""
        wanted = ((self.company, company), (self.currency, currency))
        return all(not own or own.casefold() == asked.casefold() for own, asked in wanted)


def lines_for(
    details: Iterable[PaymentDetails], company: str, currency: str, *, name: str, reference: str
) -> tuple[str, ...]:
    """Return every line for a company and currency, in the setting's order, with the customer's name and reference.

    A customer without a reference gives their name instead. There are no lines where the setting has none for them.
    """
    values = {"name": name, "reference": reference or name}
    return tuple(
        _BRACED.sub(lambda found: values[found[1]], line)
        for one in details
        if one.is_for(company, currency)
        for line in one.lines
    )
