"""What several kinds of tests need: no test itself."""
