"""What came in by journal and method, today, this week and this month: a tile's words and the table's rows.

There are few rows here, one for each journal and method, so they are added up one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from odoo_client.frames.arrays import floats, ints
from odoo_client.metrics import collections
from odoo_client.metrics.labels import NO_METHOD
from pages.ui import formats
from pages.ui.billing.data import BillingBook
from pages.ui.billing.filters import period_days
from pages.ui.billing.kept import BillingMasks, dated
from pages.ui.view import View

#: The periods for which money received is shown.
PERIODS = ("today", "week", "month")
#: Journals and methods a tile names; the table has them all.
METHODS_NAMED = 3


def came_in(view: View, book: BillingBook, kept: BillingMasks) -> dict[str, pd.DataFrame]:
    """Return what came in of the rows kept in each of `PERIODS`, as `metrics.collections.received_by_method` does."""
    rows, today = book.payments, view.today
    spans = {name: period_days(name, today) or (today, today) for name in PERIODS}
    return {
        name: collections.received_by_method(rows.facts, kept.payments & dated(rows.day, *span), book.by_method)
        for name, span in spans.items()
    }


def in_words(came: pd.DataFrame, view: View, journals: Mapping[int, str]) -> str:
    """Return the journals and methods by which most was received, by currency; "" where nothing was."""
    received = came[came["received"] != 0]
    sums: dict[int, dict[str, float]] = {}
    for currency_id, label, amount in zip(
        ints(received, "currency_id").tolist(),
        method_labels(ints(received, "journal_id").tolist(), received["method"].astype("str").tolist(), journals),
        floats(received, "received").tolist(),
        strict=True,
    ):
        of_currency = sums.setdefault(currency_id, {})
        of_currency[label] = of_currency.get(label, 0.0) + amount
    words = []
    for currency_id, amounts in sums.items():
        largest = sorted(amounts.items(), key=lambda pair: -pair[1])
        named = [f"{label} {view.money(amount, currency_id)}" for label, amount in largest[:METHODS_NAMED]]
        if len(largest) > METHODS_NAMED:
            named.append(f"{len(largest) - METHODS_NAMED} more")
        words.append(", ".join(named))
    return formats.plain(" · ".join(words))


def method_labels(journal_ids: Sequence[int], methods: Sequence[str], journals: Mapping[int, str]) -> list[str]:
    """Return what each pair of journal and method is called: the journal, with the method where it has several."""
    used: dict[int, set[str]] = {}
    for journal_id, method in zip(journal_ids, methods, strict=True):
        used.setdefault(journal_id, set()).add(method)
    names = [journals.get(key, "No journal") for key in journal_ids]
    return [
        f"{name}, {method or NO_METHOD}" if len(used[key]) > 1 else name
        for name, key, method in zip(names, journal_ids, methods, strict=True)
    ]


def table(came: Mapping[str, pd.DataFrame], view: View, journals: Mapping[int, str]) -> pd.DataFrame:
    """Return what was received by currency, journal and method: code, label str; today, week, month, refunds float64.

    Refunds are those of this month; journals with nothing this month and this week are left out.
    """
    nothing = dict.fromkeys((*PERIODS, "refunds"), 0.0)
    found: dict[tuple[str, int, str], dict[str, float]] = {}
    for period, rows in came.items():
        for currency_id, journal_id, method, received, refunded in zip(
            ints(rows, "currency_id").tolist(),
            ints(rows, "journal_id").tolist(),
            rows["method"].astype("str").tolist(),
            floats(rows, "received").tolist(),
            floats(rows, "refunded").tolist(),
            strict=True,
        ):
            row = found.setdefault((view.code(currency_id), journal_id, method), dict(nothing))
            row[period] += received
            row["refunds"] += refunded if period == "month" else 0.0
    named = method_labels([key[1] for key in found], [key[2] for key in found], journals)
    sums: dict[tuple[str, str], dict[str, float]] = {}
    for (code, _journal, _method), label, row in zip(found, named, found.values(), strict=True):
        of_label = sums.setdefault((code, label), dict(nothing))
        for name, amount in row.items():
            of_label[name] += amount
    ordered = sorted(sums.items(), key=lambda item: (item[0][0], -item[1]["month"], item[0][1]))
    lines = [{"code": code, "label": label} | row for (code, label), row in ordered]
    return pd.DataFrame(lines, columns=["code", "label", *nothing])
