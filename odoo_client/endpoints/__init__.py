"""The HTTP routes beside the pages, and what stands before all of them."""
