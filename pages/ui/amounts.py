"""Amounts in tables, with the decimals of their currency, row by row where a table has several currencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from pandas.io.formats.style import Styler
from streamlit.elements.lib.column_types import ColumnConfig

USUAL = 2
#: Streamlit's format for a number with this many decimals.
_FORMAT = "%,.{}f"


class MoneyColumn(dict[str, Any]):
    """A column's configuration and the currency of its amounts: `code`, else the row's own in the column `currency`."""

    def __init__(self, config: ColumnConfig, currency: str, code: str) -> None:
        super().__init__(config)
        self.currency, self.code = currency, code

    def with_format(self, number_format: str) -> ColumnConfig:
        """Return the configuration in the form Streamlit takes."""
        return cast(ColumnConfig, {**self, "type_config": {**self["type_config"], "format": number_format}})


#: A column of a table: its heading alone, or what it is drawn by.
Column = str | ColumnConfig | MoneyColumn
Columns = Mapping[str, Column]


def headings(columns: Columns) -> tuple[str, ...]:
    """Return the headings of the amounts among a table's columns."""
    return tuple(str(column["label"]) for column in columns.values() if isinstance(column, MoneyColumn))


def written(
    frame: pd.DataFrame, columns: Columns, places: Mapping[str, int]
) -> tuple[pd.DataFrame | Styler, dict[str, ColumnConfig | str]]:
    """Return the `columns` of `frame` for `st.dataframe` and their configuration; `places` are decimals by currency.

    Where the amounts of one column differ in decimals, the frame is styled: Streamlit formats columns, not cells.
    """
    shown = frame[list(columns)]
    config: dict[str, Any] = dict(columns)
    mixed = {}
    for name, column in columns.items():
        if not isinstance(column, MoneyColumn):
            continue
        decimals = _decimals(frame, column, places)
        of_amounts = decimals[shown[name].notna().to_numpy()]
        if len(of_amounts) and (of_amounts != of_amounts[0]).any():
            mixed[name] = decimals
            config[name] = dict(column)
        else:
            config[name] = column.with_format(_FORMAT.format(of_amounts[0] if len(of_amounts) else USUAL))
    if not mixed:
        return shown, config
    shown = shown.reset_index(drop=True)
    styled = shown.style
    for name, decimals in mixed.items():
        for count in np.unique(decimals).tolist():
            rows = np.flatnonzero(decimals == count)
            styled = styled.format(f"{{:,.{count}f}}", subset=(rows, [name]), na_rep="")
    return styled, config


def _decimals(frame: pd.DataFrame, column: MoneyColumn, places: Mapping[str, int]) -> np.ndarray:
    if column.code or column.currency not in frame.columns:
        return np.full(len(frame), places.get(column.code, USUAL), dtype=np.int64)
    codes, names = pd.factorize(frame[column.currency].astype("object"))
    return np.append([places.get(str(name), USUAL) for name in names], USUAL).astype(np.int64)[codes]
