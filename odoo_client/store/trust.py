"""How far figures can be trusted: the one rule behind tiles, charts, exports, statements and `customer --json`.

A figure is as good as the worst that is known of what it is made of, by these levels, the best first:

- "fresh", "ageing", "stale": by the age of the oldest dataset. A whole sync is overdue once figures are ageing.
- "partial": a dataset is not installed, may not be read, or was not read in full.
- "contradicted": read three times, receivable lines still differ from Odoo's own total, which stood still meanwhile.

Whatever contradicts is told by company and currency: one KWD account that does not tie says nothing about USD, nor
about the KWD of another company. What is contradicted is not shown as money (see `metrics.ledger.LedgerIndex`); the
sentence of its `Contradiction` stands in its place. Only receivable lines are compared with totals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from odoo_client.store import clock
from odoo_client.store.snapshot import OF_THE_FUTURE, FrameInfo, Snapshot

Level = Literal["fresh", "ageing", "stale", "partial", "contradicted"]
#: The best first.
LEVELS: Final[tuple[Level, ...]] = ("fresh", "ageing", "stale", "partial", "contradicted")
#: The dataset that is compared with Odoo's own totals.
COMPARED: Final = "receivable_lines"
#: From this part of the age at which figures are stale they are ageing. Figures are stale after two intervals of the
#: sync at the least: one interval, and a sync that takes a third of it, is not late.
AGEING_PART: Final = 2 / 3
READING: Final = "All receivable lines are being read again from the beginning."
READ: Final = "Reading all receivable lines again did not settle it: compare the receivable accounts in Odoo."


@dataclass(frozen=True)
class Contradiction:
    """Money of one company and currency that Odoo's own total contradicts, and the sentence that stands in its place.

    The sentence names no amount: documents that leave the house may quote it.
    """

    company_id: int
    company: str
    currency_id: int
    currency: str
    sentence: str


@dataclass(frozen=True)
class Trust:
    """How far a figure can be trusted, and the sentences that say why: none for one that is fresh.

    `age` is the level by age alone.
    """

    level: Level
    age: Level
    sentences: tuple[str, ...]
    contradicted: tuple[Contradiction, ...]


def trust(
    snapshot: Snapshot,
    datasets: Iterable[str],
    *,
    stale_s: float,
    company_ids: Collection[int] | None = None,
    currency_id: int | None = None,
    pairs: Collection[tuple[int, int]] | None = None,
    now: datetime | None = None,
) -> Trust:
    """Return how far a figure over these datasets can be trusted, of `company_ids` and `currency_id` (None: all).

    `pairs` are the companies with a currency that the figure is made of, where that is known (None: all of those).
    `stale_s` is the age from which figures are stale. Datasets that the snapshot does not have are passed over.
    """
    names = [name for name in dict.fromkeys(datasets) if name in snapshot.info]
    said: dict[str, None] = {}
    age = _age(snapshot, names, stale_s, now)
    if age == "stale":
        said[OF_THE_FUTURE if snapshot.is_of_the_future(now) else "The figures are older than they should be."] = None
    limited = [sentence for name in names for sentence in _limits(snapshot.info[name])]
    said |= dict.fromkeys(limited)
    against = contradictions(snapshot, company_ids, currency_id) if COMPARED in names else ()
    against = tuple(one for one in against if pairs is None or (one.company_id, one.currency_id) in pairs)
    said |= dict.fromkeys(one.sentence for one in against)
    level: Level = "contradicted" if against else "partial" if limited else age
    return Trust(level, age, tuple(said), against)


def contradictions(
    snapshot: Snapshot, company_ids: Collection[int] | None = None, currency_id: int | None = None
) -> tuple[Contradiction, ...]:
    """Return what Odoo's own totals contradict of these companies and this currency, in the order of their ids."""
    found = []
    for company, currency in sorted(snapshot.contradicted):
        if (company_ids is None or company in company_ids) and currency_id in (None, currency):
            name, code = _name(snapshot, company), _code(snapshot, currency)
            known = (company, currency) in snapshot.meta.read_whole_for
            whose = f"{code} of {name}" if name else code
            sentence = (
                f"{whose} is not shown: Odoo's own total differs from what was read. {READ if known else READING}"
            )
            found.append(Contradiction(company, name, currency, code, sentence))
    return tuple(found)


def _age(snapshot: Snapshot, names: Collection[str], stale_s: float, now: datetime | None) -> Level:
    """Return the level by age; what a wrong clock dated has no age, and so is not known to be any better than stale."""
    seconds = clock.age_s(snapshot.read_at(names), now)
    if seconds > stale_s or snapshot.is_of_the_future(now):
        return "stale"
    return "ageing" if seconds > AGEING_PART * stale_s else "fresh"


def _limits(info: FrameInfo) -> list[str]:
    """Return why a dataset is not whole; odd values in it are told elsewhere and leave it whole."""
    odd = {one.sentence for one in info.odd}
    limits = [text for text in info.warnings if text not in odd]
    return limits if info.state == "ok" else [info.message, *limits]


def _name(snapshot: Snapshot, company_id: int) -> str:
    frame = snapshot.frame("companies")
    return next(iter(frame.loc[frame["company_id"] == company_id, "name"]), "")


def _code(snapshot: Snapshot, currency_id: int) -> str:
    frame = snapshot.frame("currencies")
    return next(iter(frame.loc[frame["currency_id"] == currency_id, "code"]), "")


__all__ = ["LEVELS", "Contradiction", "Level", "Trust", "contradictions", "trust"]
