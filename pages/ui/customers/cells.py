"""What the tables of one customer are made of: columns by kind, and the columns that every table has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import pandas as pd

from odoo_client.customer.types import Money
from pages.ui import formats, tables
from pages.ui.amounts import Column

#: Columns that are left out where no row has anything in them.
SPARSE = frozenset(
    {"reference", "journal", "label", "team", "closed", "waiting", "salesperson", "technology", "text", "period"}
)

Table = tuple[pd.DataFrame, dict[str, Column]]


def finished(frame: pd.DataFrame, columns: dict[str, Column]) -> Table:
    """Return the table with its columns of company, contact and link; empty columns are left out."""
    columns = {name: column for name, column in columns.items() if name not in SPARSE or frame[name].ne("").any()}
    for name, heading in (("contact", "Contact"), ("company", "Company")):
        if name in frame and frame[name].nunique() > (1 if name == "company" else 0) and frame[name].ne("").any():
            columns[name] = heading
    if len(frame) and frame["odoo"].ne("").any():
        columns["odoo"] = tables.link_column("Odoo")
    return frame, columns


class Located(Protocol):
    """A record of a customer."""

    @property
    def contact(self) -> str:
        """The contact it is of, "" for the customer itself."""
        ...

    @property
    def company(self) -> str:
        """Our company that it is of."""
        ...


def where(rows: Sequence[Located]) -> dict[str, pd.Series]:
    """Return the columns that say whose each record is."""
    return {"contact": texts(one.contact for one in rows), "company": texts(one.company for one in rows)}


def texts(values: Iterable[str]) -> pd.Series:
    """Return a column of texts."""
    return pd.Series(list(values), dtype="str")


def amounts(values: Iterable[Money | None]) -> pd.Series:
    """Return a column of amounts, empty where there is none."""
    return pd.Series([None if value is None else float(value) for value in values], dtype="float64")


def days(values: Iterable[Any]) -> pd.Series:
    """Return a column of days."""
    return pd.Series(pd.to_datetime(list(values))).astype("datetime64[s]")


def counts(values: Iterable[int | None]) -> pd.Series:
    """Return a column of whole numbers, empty where there is none."""
    return pd.Series(list(values), dtype="Int64")


def balance(amount: Money) -> str:
    """Return a balance in a sentence: `**USD 5.00** balance`, a credit as `**USD 135.00** in their favour`."""
    credit = formats.in_favour(float(amount), amount.decimals)
    words = formats.money(abs(float(amount)) if credit else float(amount), amount.currency, amount.decimals)
    return f"**{formats.plain(words)}** {'in their favour' if credit else 'balance'}"
