"""Documents people take away: statements (PDF, XLSX, text) and workbooks of what a page shows."""
