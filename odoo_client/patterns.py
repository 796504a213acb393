"""Patterns in the settings: which product is which technology, what is not a service, whom a ticket waits for."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict


def _valid_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as exc:
        raise ValueError(f"is not a regular expression: {exc}") from exc
    return pattern


Pattern = Annotated[str, AfterValidator(_valid_pattern)]


class TechnologyRule(BaseModel):
    """A product is of `technology` when its category, else its name, matches (case does not count; "" never does)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    technology: Literal["fibre", "wireless", "starlink"]
    category: Pattern = ""
    name: Pattern = ""


DEFAULT_TECHNOLOGY_RULES = (
    TechnologyRule(technology="starlink", category=r"star[\s_-]*link", name=r"star[\s_-]*link"),
    TechnologyRule(technology="fibre", category=r"fib(re|er)|ftt[hxb]|gpon", name=r"fib(re|er)|\bftt[hxb]\b|\bgpon\b"),
    TechnologyRule(
        technology="wireless",
        category=r"wire[\s-]*less|\bwi-?max\b|\blte\b|microwave",
        name=r"wire[\s-]*less|\bwi-?max\b|\blte\b|microwave|\bfixed radio\b",
    ),
)
DEFAULT_NOT_SERVICE_PATTERN = (
    r"\b(kits?|routers?|cpe|ont|antennas?|dish|mounts?|cables?|adapters?|hardware|equipment|devices?"
    r"|install(ation)?s?|connection fee|set-?up fee|activation|relocation|call-?out|delivery|shipping|deposit)\b"
)

DEFAULT_WAITING_CUSTOMER_PATTERN = (
    r"\bawait|\bpending\b|\bon[\s-]?hold\b"
    r"|\bwait\w*\b.*\b(customers?|clients?|subscribers?|reply|replies|response|answer|feedback|info\w*)\b"
    r"|\b(customer|client)('s)?\s+(to\s+)?(reply|respond\w*|response|answer|feedback|action)\b"
)
DEFAULT_CANCELLED_PATTERN = r"cancel|reject|merge|duplicat|spam"
