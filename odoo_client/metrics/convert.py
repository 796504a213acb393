"""Show amounts in one currency, at Odoo's own rate of a given day, and say which rate that was.

Figures are computed per currency first and converted last. The rate is that of the as-of date, so a past day looks the
same whenever it is opened. Amounts for which Odoo has no rate stay in their own currency, and a sentence says
so; a missing rate is never 1.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from odoo_client.errors import MissingCurrencyError, MissingRateError
from odoo_client.frames.arrays import FloatArray, FrameSource, IntArray, floats, ints, is_code
from odoo_client.frames.dates import days
from odoo_client.frames.groups import Groups
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.words import day_words


@dataclass(frozen=True)
class RateUsed:
    """One conversion: an amount in `from_code` times `factor` is the amount in `to_code`.

    `rate_date` is the day of Odoo's rate (of the older one, where neither is the company's own currency).
    """

    company_id: int
    company: str
    from_code: str
    to_code: str
    factor: float
    rate_date: date

    @property
    def sentence(self) -> str:
        """The rate as people read it: `1 USD = 26.7000 ZWG (Odoo's rate of 1 Nov 2026)`."""
        return self._said("")

    @property
    def sentence_of_company(self) -> str:
        """The same with the company whose rate it is, where companies have different ones."""
        return self._said(f" for {self.company}")

    def _said(self, whose: str) -> str:
        one, other, rate = self.to_code, self.from_code, 1 / self.factor
        if rate < 1:
            one, other, rate = self.from_code, self.to_code, self.factor
        return f"1 {one} = {rate:,.4f} {other} (Odoo's rate of {day_words(self.rate_date)}{whose})"


@dataclass(frozen=True, eq=False)
class Converted:
    """A frame in one currency, and the rates that brought it there (none when it already was).

    `refused` has a sentence for each amount that could not be converted and stayed as it was. `currency_ids` is the
    currency of each given row after the conversion.
    """

    frame: pd.DataFrame
    currency_id: int
    rates: tuple[RateUsed, ...]
    refused: tuple[str, ...]
    currency_ids: IntArray

    @property
    def sentence(self) -> str:
        """All rates used, "" when nothing had to be converted."""
        shared = dict.fromkeys(rate.sentence for rate in self.rates)
        if len(shared) > len({rate.from_code for rate in self.rates}):
            shared = dict.fromkeys(rate.sentence_of_company for rate in self.rates)
        return "; ".join(shared) + ("." if self.rates else "")


def currency_id_of(source: FrameSource, code: str) -> int:
    """Return the id of the currency `code`, an active one before an archived one. Raises MissingCurrencyError."""
    frame = source.frame("currencies")
    found = frame[is_code(frame, "code", code)].sort_values("active", ascending=False, kind="stable")
    if found.empty:
        raise MissingCurrencyError(
            f"Odoo has no currency {code}: activate it in Odoo, or set REPORTING_CURRENCY to another."
        )
    return int(found["currency_id"].iloc[0])


def convert(
    frame: pd.DataFrame,
    money_columns: Sequence[str],
    source: FrameSource,
    to_currency_id: int,
    on: date,
    group_by: Sequence[str] | None = None,
) -> Converted:
    """Return `frame` with `money_columns` in `to_currency_id` at Odoo's rates of the day `on`, and the rates.

    The frame needs the columns company_id and currency_id; every row keeps its other columns and its place. Rows whose
    currency has no rate that day in their company keep currency and amounts: see `refused`. With `group_by` the
    rows are summed: the result has the columns of `group_by`, currency_id and the money columns, one row a group and
    currency left (all rows in one when empty). Amounts are rounded to the decimals of their currency once, at the very
    end. NaN (not known) stays NaN, in a sum too.

    Source of the formula: Odoo's `res.currency._convert`: amount × rate(target) ÷ rate(its own), both of the latest
    day not after `on`; a company's own rate before a shared one, a branch's rates being those of the company it is a
    branch of (17 and newer); the company's currency without any rate is 1.
    """
    pairs = Groups(frame, ["company_id", "currency_id"])
    rates = _Rates(source)
    factors, targets = np.ones(len(pairs)), np.full(len(pairs), to_currency_id, dtype=np.int64)
    used: list[RateUsed] = []
    refused: dict[str, list[str]] = {}
    for place, (company_id, currency_id) in enumerate(pairs.keys.itertuples(index=False)):
        if currency_id == to_currency_id:
            continue
        try:
            rate = rates.between(int(company_id), int(currency_id), to_currency_id, on)
        except MissingRateError as exc:
            targets[place] = currency_id
            refused.setdefault(exc.sentence, []).append(rates.code(int(currency_id)))
            continue
        factors[place] = rate.factor
        used.append(rate)
    factor: FloatArray = factors[pairs.codes]
    currency_ids: IntArray = targets[pairs.codes]
    converted = frame.assign(currency_id=currency_ids, **{name: floats(frame, name) * factor for name in money_columns})
    if group_by is not None:
        converted = _summed(converted, money_columns, [name for name in group_by if name != "currency_id"])
    currencies, left = Currencies.of(source), ints(converted, "currency_id")
    rounded = {name: currencies.round(floats(converted, name), left) for name in money_columns}
    told = tuple(
        f"{sentence} Until then amounts in {' and '.join(dict.fromkeys(codes))} stay as they are."
        for sentence, codes in refused.items()
    )
    return Converted(converted.assign(**rounded), to_currency_id, tuple(used), told, currency_ids)


def roots_of(source: FrameSource, company_ids: Collection[int]) -> frozenset[int]:
    """Return the companies that hold the rates of `company_ids`: a branch has those of its root."""
    root = _roots(source)
    return frozenset(root.get(company_id, company_id) for company_id in company_ids)


def _roots(source: FrameSource) -> dict[int, int]:
    companies = source.frame("companies")
    ids = ints(companies, "company_id").tolist()
    # A snapshot of an older release does not say.
    roots = ints(companies, "root_id").tolist() if "root_id" in companies.columns else ids
    return {company_id: root_id or company_id for company_id, root_id in zip(ids, roots, strict=True)}


def _summed(frame: pd.DataFrame, columns: Sequence[str], by: Sequence[str]) -> pd.DataFrame:
    groups = Groups(frame, [*by, "currency_id"])
    sums = {name: np.bincount(groups.codes, weights=floats(frame, name), minlength=len(groups)) for name in columns}
    return groups.keys.assign(**sums)


class _Rates:
    """Odoo's rates, looked up by company, currency and day."""

    def __init__(self, source: FrameSource) -> None:
        rates, companies = source.frame("rates"), source.frame("companies")
        self._currency, self._company = ints(rates, "currency_id"), ints(rates, "company_id")
        self._day, self._rate = days(rates, "date"), floats(rates, "rate")
        self._own = dict(zip(ints(companies, "company_id"), ints(companies, "currency_id"), strict=True))
        self._names = dict(zip(ints(companies, "company_id"), companies["name"], strict=True))
        self._roots = _roots(source)
        self._currencies = Currencies.of(source)

    def code(self, currency_id: int) -> str:
        """Return the code by which people know a currency."""
        return self._currencies.code(currency_id) or "that currency"

    def between(self, company_id: int, currency_id: int, to_currency_id: int, on: date) -> RateUsed:
        source_rate, source_day = self._of(company_id, currency_id, on)
        target_rate, target_day = self._of(company_id, to_currency_id, on)
        own = self._own.get(company_id)
        known = [
            day
            for day, currency in ((source_day, currency_id), (target_day, to_currency_id))
            if day is not None and currency != own
        ]
        return RateUsed(
            company_id,
            str(self._names.get(company_id, "")),
            self._currencies.code(currency_id),
            self._currencies.code(to_currency_id),
            target_rate / source_rate,
            min(known, default=on),
        )

    def _of(self, company_id: int, currency_id: int, on: date) -> tuple[float, date | None]:
        holder = self._roots.get(company_id, company_id)
        of_currency = (self._currency == currency_id) & np.isin(self._company, (0, holder))
        if not of_currency.any() and self._own.get(company_id) == currency_id:
            return 1.0, None
        limit = np.datetime64(on, "D").astype(np.int64)
        usable = np.flatnonzero(of_currency & (self._day <= limit) & (self._rate > 0))
        if not len(usable):
            raise MissingRateError(self._missing(company_id, holder, currency_id, on))
        own = usable[self._company[usable] == holder]
        usable = own if len(own) else usable
        latest = usable[np.argmax(self._day[usable])]
        day = np.datetime64(int(self._day[latest]), "D").astype(object)
        return float(self._rate[latest]), day

    def _missing(self, company_id: int, holder: int, currency_id: int, on: date) -> str:
        branch = self._names.get(company_id, "this one")
        company = self._names.get(holder) or f"the company that {branch} is a branch of"
        return (
            f"Odoo has no {self.code(currency_id)} rate on or before {day_words(on)} for {company}: enter one there "
            "under Accounting, Configuration, Currencies."
        )
