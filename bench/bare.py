"""The least that a page of Streamlit with a list is: a title and one table of 1,000 rows (`bench/beside_bare.py`)."""

from __future__ import annotations

import pandas as pd
import streamlit as st

TITLE, ROWS = "Bare", 1_000

if __name__ == "__main__":
    st.title(TITLE, anchor=False)
    st.dataframe(pd.DataFrame({"number": range(ROWS), "name": [f"Customer {row}" for row in range(ROWS)]}))
