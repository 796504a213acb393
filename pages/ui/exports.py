"""CSV of exactly what is on screen, built on click and safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

#: A spreadsheet takes a text that starts so for a formula; a quote in front makes it a text again.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutralised(text: str) -> str:
    """Return `text` with a leading quote when a spreadsheet would run it as a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def safe_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose texts and headings cannot be formulas and whose dates are ISO days; numbers stay numbers."""
    columns: dict[str, pd.Series] = {}
    for name, column in frame.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            columns[str(name)] = column.dt.strftime("%Y-%m-%d").fillna("")
        elif pd.api.types.is_numeric_dtype(column):
            columns[str(name)] = column
        else:
            columns[str(name)] = column.astype("object").map(
                lambda value: "" if pd.isna(value) else neutralised(str(value))
            )
    safe = pd.DataFrame(columns)
    return safe.rename(columns={name: neutralised(name) for name in safe.columns})


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return `frame` as CSV in UTF-8 with a byte order mark, which is what spreadsheets need to read names rightly."""
    return safe_frame(frame).to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def csv_button(
    label: str, build: Callable[[], pd.DataFrame], file_name: str, *, key: str, disabled: bool = False
) -> None:
    """Draw a download button; `build` returns the table on screen, all its rows, and runs only when clicked."""
    st.download_button(
        label,
        data=lambda: csv_bytes(build()),
        file_name=file_name,
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
        disabled=disabled,
    )
