"""A customer's statement as PDF, XLSX, text and archive, in the same words.

Its figures come from `metrics.statement`.
"""
