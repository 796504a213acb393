"""The pages: one script each, run by Streamlit on every interaction; what they draw with is in `pages.ui`."""
