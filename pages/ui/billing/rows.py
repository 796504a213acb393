"""The tables of the Billing page: one page of rows, in words, with what each payment paid. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import IntArray, floats, ints
from odoo_client.frames.dates import NO_DAY, day_number, days
from odoo_client.frames.groups import positions, text_at
from odoo_client.metrics import labels
from odoo_client.metrics.ledger import NO_CUSTOMER, UNNAMED_CUSTOMER
from odoo_client.metrics.money_in import SOURCES, money_texts
from pages.ui import links
from pages.ui.billing.data import TECHNOLOGY_BITS, BillingBook, Bits
from pages.ui.view import View

MOVE_MODEL = "account.move"
#: This many of the entries a payment paid are named; the others are counted.
ENTRIES_NAMED = 4
#: States of an invoice that say more than how it was paid.
NOT_POSTED = ("draft", "cancel")


def invoice_rows(view: View, book: BillingBook, at: IntArray) -> pd.DataFrame:
    """Return the invoices at the positions `at` as the table shows them, in that order.

    Columns: number, kind, customer, company, currency, status, technology, reference, odoo str; date, due, paid_on
    datetime64[s]; amount, open float64 (credit notes negative; empty where nothing is open); overdue, days Int64
    (days overdue of what is open, days to pay); partner_id int64.
    """
    frame, facts = view.snapshot.frame("invoices").take(at), book.bills.facts.take(at)
    paid_at = book.paid_at[at]
    paid_on = np.append(book.paid["paid_on"].to_numpy().astype("datetime64[s]"), np.datetime64("NaT", "s"))[paid_at]
    due = days(facts, "overdue_from")
    late = np.where(due == NO_DAY, 0, day_number(view.today) - np.where(due == NO_DAY, 0, due))
    state, payment_state = frame["state"].astype("str"), frame["payment_state"].astype("str")
    status = [
        labels.status(code if code in NOT_POSTED else paid or "posted")
        for code, paid in zip(state, payment_state, strict=True)
    ]
    taken = pd.Series(np.append(ints(book.paid, "days"), 0)[paid_at]).astype("Int64")
    table = pd.DataFrame(
        {
            "number": _number(frame["name"]),
            "kind": [labels.kind(code) for code in frame["kind"].astype("str")],
            "date": facts["date"],
            "due": frame["due_date"],
            "currency": facts["currency_id"].map(view.code).astype("str"),
            "company": facts["company_id"].map(view.company_names).fillna("").astype("str"),
            "amount": facts["amount"],
            "open": facts["open"].where(facts["open"] != 0.0),
            "status": status,
            "overdue": pd.Series(late, index=frame.index).where(late > 0).astype("Int64"),
            "technology": _technologies(book.bills.technologies[at]),
            "paid_on": paid_on,
            "days": taken.where(paid_at >= 0).array,
            "reference": frame["ref"].where(frame["ref"] != "", frame["payment_reference"]),
            "odoo": links.record_urls(view.snapshot.meta, MOVE_MODEL, ints(frame, "move_id")),
        }
    )
    return _with_customer(view, table, ints(facts, "commercial_partner_id"))


def payment_rows(view: View, book: BillingBook, at: IntArray, journals: Mapping[int, str]) -> pd.DataFrame:
    """Return the payments and bank lines at the positions `at` as the table shows them, in that order.

    Columns: number, customer, company, currency, status, made_by (payment or bank line), method, journal, paid (the
    entries it paid, with amounts), technology, memo, odoo str; date datetime64[s]; amount float64 (refunds negative),
    left float64 (what is matched with nothing; empty where all is matched); partner_id int64.
    """
    facts = book.payments.facts.take(at).reset_index(drop=True)
    called = money_texts(view.snapshot, facts)
    # Newer versions of Odoo have their own word for a payment that the bank has not confirmed yet.
    state = called["state"].astype("str").mask(called["raw_state"] == "in_process", "in_process")
    inbound = facts["inbound"].to_numpy()
    left = book.payment_left[at]
    table = pd.DataFrame(
        {
            "number": _number(called["number"]),
            "date": facts["date"],
            "currency": facts["currency_id"].map(view.code).astype("str"),
            "company": facts["company_id"].map(view.company_names).fillna("").astype("str"),
            "amount": facts["amount"],
            "left": np.where(left != 0, left, np.nan),
            "status": [
                labels.payment_status(code, inbound=bool(came)) for code, came in zip(state, inbound, strict=True)
            ],
            "made_by": facts["made_by"].astype("str").map(SOURCES),
            "method": facts["method"].astype("str").replace("", labels.NO_METHOD),
            "journal": [journals.get(int(key), "No journal") for key in facts["journal_id"]],
            "paid": what_it_paid(view, book, ints(facts, "money_id")),
            "technology": _technologies(book.payments.technologies[at]),
            "memo": called["reference"].where(called["reference"] != "", called["payment_reference"]),
            "odoo": links.money_urls(view.snapshot.meta, ints(facts, "payment_id"), ints(facts, "move_id")),
        }
    )
    return _with_customer(view, table, ints(facts, "commercial_partner_id"))


def what_it_paid(view: View, book: BillingBook, money_ids: IntArray) -> list[str]:
    """Return for each payment, in its own currency, the entries it was matched with and what they got.

    What was written off beside the money stands with it. A payment that no entry knows of yet names the invoices it is
    meant for; one that is matched with nothing gives "".
    """
    applied, meant = book.applied, book.meant
    owners = ints(applied, "money_id")
    start, end = (np.searchsorted(owners, money_ids, side=side) for side in ("left", "right"))
    names, currency = applied["move_name"].array, ints(applied, "currency_id")
    amounts, written_off = floats(applied, "amount"), floats(applied, "written_off")
    meant_owners = ints(meant, "money_id")
    meant_start, meant_end = (np.searchsorted(meant_owners, money_ids, side=side) for side in ("left", "right"))
    words = []

    def said(at: int) -> str:
        paid = view.money(amounts[at], int(currency[at]))
        if written_off[at]:
            paid += f" and {view.money(written_off[at], int(currency[at]))} written off"
        return f"{names[at] or 'an entry not readable here'} ({paid})"

    for row, (first, last) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        parts = [said(at) for at in range(first, min(last, first + ENTRIES_NAMED))]
        if last - first > ENTRIES_NAMED:
            parts.append(f"and {last - first - ENTRIES_NAMED:,} more")
        for at in range(int(meant_start[row]), int(meant_end[row])):
            parts.append(f"meant for {meant['move_name'].iloc[at] or 'a draft'}")
        words.append(", ".join(parts))
    return words


def _number(names: pd.Series) -> pd.Series:
    return names.where(names.ne("") & names.ne("/"), "No number yet")


def _technologies(bits: Bits) -> list[str]:
    """Return the technologies in words; there are few combinations, so each is put into words once."""
    words = {
        int(found): ", ".join(labels.technology(key) for key, bit in TECHNOLOGY_BITS.items() if key and found & bit)
        for found in np.unique(bits)
    }
    return [words[int(found)] for found in bits]


def _with_customer(view: View, table: pd.DataFrame, partner_ids: IntArray) -> pd.DataFrame:
    customers = view.snapshot.frame("customers")
    at = positions(ints(customers, "partner_id"), partner_ids)
    names = text_at(customers, "name", at, UNNAMED_CUSTOMER).mask(partner_ids == 0, NO_CUSTOMER)
    return table.assign(customer=names.array, partner_id=partner_ids).reset_index(drop=True)
