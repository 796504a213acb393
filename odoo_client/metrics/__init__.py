"""Pure functions from a snapshot's frames to the figures on the pages: frames in, frames out, no I/O and no Streamlit.

Every amount stays within its `currency_id`; only `convert` changes a currency, and says at which rate.
"""
