"""The HTTP routes beside the pages, and what guards all of them."""
