"""The pages: one script each, run by Streamlit at every touch; what they draw with is in `pages.ui`."""
