"""Show amounts in one currency, at Odoo's own rate of a given day, and say which rate that was.

Figures are computed per currency first and converted last. The rate is that of the as-of date, so a past day reads
the same whenever it is looked at. A rate that Odoo does not have is an error with a sentence, never 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from odoo_client.errors import MissingCurrencyError, MissingRateError, MixedCurrencyError
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.source import FloatArray, FrameSource, Groups, days, floats, ints, is_code
from odoo_client.metrics.words import day_words


@dataclass(frozen=True)
class Amount:
    """Money with its currency."""

    value: float
    currency_id: int


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
    """A frame in one currency, and the rates that brought it there (none when it already was)."""

    frame: pd.DataFrame
    currency_id: int
    rates: tuple[RateUsed, ...]

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


def single_total(frame: pd.DataFrame, column: str) -> Amount | None:
    """Return the sum of `column`, None for no rows. Raises MixedCurrencyError when the rows are of several
    currencies.
    """
    if frame.empty:
        return None
    groups = Groups(frame, ["currency_id"])
    if len(groups) > 1:
        raise MixedCurrencyError(f"{len(groups)} currencies cannot be added up: choose one currency, or convert first.")
    return Amount(float(groups.sum(floats(frame, column))[0]), int(groups.keys["currency_id"].iloc[0]))


def convert(
    frame: pd.DataFrame,
    money_columns: Sequence[str],
    source: FrameSource,
    to_currency_id: int,
    on: date,
    group_by: Sequence[str] | None = None,
) -> Converted:
    """Return `frame` with `money_columns` in `to_currency_id` at Odoo's rates of the day `on`, and the rates.

    The frame needs the columns company_id and currency_id; every row keeps its other columns and its place. With
    `group_by` the converted rows are summed: the result has the columns of `group_by`, currency_id and the money
    columns, one row a group (all rows in one when empty). Amounts are rounded to the decimals of the target once, at
    the very end. NaN (not known) stays NaN, in a sum too. Raises MissingRateError.

    Source of the formula: Odoo's `res.currency._convert`: amount × rate(target) ÷ rate(its own), both of the latest
    day not after `on`; a company's own rate before a shared one; the company's currency without any rate is 1.
    """
    pairs = Groups(frame, ["company_id", "currency_id"])
    rates = _Rates(source)
    factors = np.ones(len(pairs))
    used: list[RateUsed] = []
    for place, (company_id, currency_id) in enumerate(pairs.keys.itertuples(index=False)):
        if currency_id == to_currency_id:
            continue
        rate = rates.between(int(company_id), int(currency_id), to_currency_id, on)
        factors[place] = rate.factor
        used.append(rate)
    factor: FloatArray = factors[pairs.codes]
    target = np.full(len(frame), to_currency_id, dtype=np.int64)
    converted = frame.assign(currency_id=target, **{name: floats(frame, name) * factor for name in money_columns})
    if group_by is not None:
        converted = _summed(converted, money_columns, [name for name in group_by if name != "currency_id"])
    target = np.full(len(converted), to_currency_id, dtype=np.int64)
    currencies = Currencies.of(source)
    rounded = {name: currencies.round(floats(converted, name), target) for name in money_columns}
    return Converted(converted.assign(**rounded), to_currency_id, tuple(used))


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
        self._currencies = Currencies.of(source)

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
        of_currency = (self._currency == currency_id) & np.isin(self._company, (0, company_id))
        if not of_currency.any() and self._own.get(company_id) == currency_id:
            return 1.0, None
        limit = np.datetime64(on, "D").astype(np.int64)
        usable = np.flatnonzero(of_currency & (self._day <= limit) & (self._rate > 0))
        if not len(usable):
            code = self._currencies.code(currency_id) or "that currency"
            company = self._names.get(company_id, "this company")
            raise MissingRateError(
                f"Odoo has no {code} rate on or before {day_words(on)} for {company}: enter one in Odoo under "
                "Accounting, Configuration, Currencies, or show each currency by itself."
            )
        own = usable[self._company[usable] == company_id]
        usable = own if len(own) else usable
        latest = usable[np.argmax(self._day[usable])]
        day = np.datetime64(int(self._day[latest]), "D").astype(object)
        return float(self._rate[latest]), day
