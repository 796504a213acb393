"""Find customers by whatever people know about them: name, e-mail, phone, account reference, or a document's number.

An index is made once per snapshot; a search is a few passes over Arrow columns, by the rule of `text_search`. What is
found on a contact, an invoice, a ticket, an order or a payment leads to the customer behind it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from odoo_client.errors import CustomerLookupError
from odoo_client.frames.arrays import BoolArray, FrameSource, IntArray, flags, ints
from odoo_client.frames.groups import positions
from odoo_client.metrics.text_search import (
    BY_NOTHING,
    CONTAINS,
    EXACT,
    NOT_FOUND,
    CustomerTexts,
    folded,
    folded_text,
    has,
    texts_of,
    where,
)

#: A part of a document's number shorter than this is in most of them.
SHORTEST_PART = 3
#: The frames of documents, services and tickets that make somebody a customer of a company.
KNOWN_BY = ("receivable_lines", "invoices", "payments", "services", "tickets", "orders")
#: What a reason calls a document, the frame it is in, its id and its number.
DOCUMENTS = (
    ("invoice", "invoices", "name"),
    ("ticket", "tickets", "number"),
    ("order", "orders", "name"),
    ("payment", "payments", "name"),
)
#: Why a customer was found: the reasons of `text_search` in their order, then the documents.
REASONS = ("", "name", "e-mail", "phone", "account reference", *(word for word, *_ in DOCUMENTS))
_DOCUMENT = len(REASONS) - len(DOCUMENTS)


@dataclass(frozen=True, eq=False)
class Numbers:
    """The numbers of one kind of document: as written, in lower case, and whose they are."""

    word: str
    written: pd.Series
    lower: pa.Array
    owner_at: IntArray
    company_id: IntArray


@dataclass(frozen=True, eq=False)
class SearchIndex:
    """The customers of one snapshot prepared for searching; keep one per snapshot, safe to share between threads.

    By row of the frame `customers`: `known_in` says which of them have ever had a document, a service or a ticket in a
    company, `ranked` which Odoo counts as customers; `by_name` is each row's place by name.
    """

    people: CustomerTexts
    known_in: Mapping[int, BoolArray]
    ranked: BoolArray
    active: BoolArray
    company_id: IntArray
    by_name: IntArray
    documents: tuple[Numbers, ...]

    @property
    def customers(self) -> pd.DataFrame:
        """The frame `customers`."""
        return self.people.customers

    @classmethod
    def build(cls, source: FrameSource, people: CustomerTexts | None = None) -> SearchIndex:
        """Return the index of `source`'s customers (`people`, made here where not given) and their documents."""
        customers = source.frame("customers")
        people = people or CustomerTexts.build(customers)
        partner_ids, size = ints(customers, "partner_id"), len(customers)
        known_in: dict[int, BoolArray] = {}
        for name_of_frame in KNOWN_BY:
            frame = source.frame(name_of_frame)
            at, company = positions(partner_ids, ints(frame, "commercial_partner_id")), ints(frame, "company_id")
            for company_id in np.unique(company).tolist():
                mask = known_in.setdefault(company_id, np.zeros(size, dtype=np.bool_))
                mask[at[(at >= 0) & (company == company_id)]] = True
        by_name = np.empty(size, dtype=np.int64)
        by_name[pc.array_sort_indices(people.name).to_numpy()] = np.arange(size)
        return cls(
            people=people,
            known_in=known_in,
            ranked=ints(customers, "customer_rank") > 0,
            active=flags(customers, "active"),
            company_id=ints(customers, "company_id"),
            by_name=by_name,
            documents=tuple(_numbers(source, partner_ids, *one) for one in DOCUMENTS),
        )

    def known(self, company_ids: Collection[int] | None = None) -> BoolArray:
        """Return which partners are customers known in `company_ids` (None: any); without records, in every company."""
        nobody = np.zeros(len(self.customers), dtype=np.bool_)
        anywhere = np.logical_or.reduce([nobody, *self.known_in.values()])
        there = [mask for key, mask in self.known_in.items() if company_ids is None or key in company_ids]
        found: BoolArray = self.people.is_owner & (np.logical_or.reduce([nobody, *there]) | (self.ranked & ~anywhere))
        return found


@dataclass(frozen=True, eq=False)
class Found:
    """The customers found, best first: rows `at` of the index's customers, each with its `rank`.

    `reason` is a place in `REASONS`; `detail` the partner that matched, or the document's row among its kind.
    """

    index: SearchIndex
    at: IntArray
    rank: IntArray
    reason: IntArray
    detail: IntArray

    def __len__(self) -> int:
        return len(self.at)

    def partner_ids(self) -> IntArray:
        """Return the customers found, best first."""
        return ints(self.index.customers, "partner_id")[self.at]

    def take(self, kept: IntArray | BoolArray | slice) -> Found:
        """Return some of what was found, by position or by a mask."""
        return Found(self.index, self.at[kept], self.rank[kept], self.reason[kept], self.detail[kept])

    def rows(self) -> pd.DataFrame:
        """Return one row for each customer, in order.

        Columns: partner_id int64; name, reference, email, phone, city str; active bool; reason str ("phone", "invoice
        INV/2026/0012"; "" = nothing was searched for); contact str, the contact that matched ("" = the customer).
        """
        index, customers = self.index, self.index.customers.take(self.at)
        reasons, contacts = [], []
        for at, reason, detail in zip(self.at, self.reason, self.detail, strict=True):
            on_document = reason >= _DOCUMENT
            contacts.append("" if on_document or detail == at else str(index.customers["name"].iat[detail]))
            number = f" {index.documents[reason - _DOCUMENT].written.iat[detail]}" if on_document else ""
            reasons.append(REASONS[reason] + number)
        return pd.DataFrame(
            {
                "partner_id": customers["partner_id"].to_numpy(),
                "name": customers["name"].array,
                "reference": customers["ref"].array,
                "email": customers["email"].array,
                "phone": customers["phone"].array,
                "city": customers["city"].array,
                "active": customers["active"].to_numpy(),
                "reason": pd.Series(reasons, dtype="str").array,
                "contact": pd.Series(contacts, dtype="str").array,
            }
        )


class _Hits:
    """For each customer the best match so far; matches are offered in the order of their ranks."""

    def __init__(self, index: SearchIndex, seen: BoolArray, known: BoolArray) -> None:
        size = len(index.customers)
        self.index, self.seen, self.known = index, seen, known
        self.rank = np.full(size, NOT_FOUND, dtype=np.int64)
        self.reason = np.zeros(size, dtype=np.int64)
        self.detail = np.zeros(size, dtype=np.int64)

    def offer(self, rank: int, reason: int, owner_at: IntArray, detail: IntArray) -> None:
        """Take these matches for the customers that have no better one; the first of several for one customer."""
        new = np.flatnonzero((self.rank[owner_at] == NOT_FOUND) & self.seen[owner_at])[::-1]
        owners = owner_at[new]
        self.rank[owners], self.reason[owners], self.detail[owners] = rank, reason, detail[new]

    def partners(self, rank: int, reason: int, matched: BoolArray) -> None:
        """Offer partners that matched: the customer itself before its contacts."""
        at = np.flatnonzero(matched)
        at = at[np.argsort(~self.index.people.is_owner[at], kind="stable")]
        self.offer(rank, reason, self.index.people.owner_at[at], at)

    def documents(self, rank: int, which: int, matched: BoolArray, company_ids: IntArray | None) -> None:
        """Offer documents that matched: the newest of a customer first."""
        numbers = self.index.documents[which]
        matched &= numbers.owner_at >= 0
        if company_ids is not None:
            matched &= np.isin(numbers.company_id, company_ids)
        at = np.flatnonzero(matched)[::-1]
        self.offer(rank, _DOCUMENT + which, numbers.owner_at[at], at)

    def found(self) -> Found:
        """Return what was found: best rank first, then active before archived, then by name."""
        index, at = self.index, np.flatnonzero(self.rank < NOT_FOUND)
        keys = (index.by_name[at], ~self.known[at], ~index.active[at], self.rank[at])
        at = at[np.lexsort(keys)]
        return Found(index, at, self.rank[at], self.reason[at], self.detail[at])


def search(index: SearchIndex, text: str, company_ids: Collection[int] | None = None) -> Found:
    """Return the customers that `text` finds, ranked.

    First an account reference, e-mail or document number that is exactly `text`; then telephone numbers with these
    digits (six or more, however written, with or without country code); then names that begin with it, names with
    words that begin with each of its words, and what contains it. At equal rank active customers come before archived
    ones. No text gives every customer that has ever had a document, service or ticket, by name. `company_ids` leaves
    out customers and documents of other companies.
    """
    companies = None if company_ids is None else np.fromiter(company_ids, dtype=np.int64)
    seen, known = index.people.is_owner.copy(), index.known(company_ids)
    if companies is not None:
        seen &= np.isin(index.company_id, np.append(companies, 0))
    hits = _Hits(index, seen, known)
    wanted = folded_text(text)
    if not wanted:
        at = np.flatnonzero(seen & known)
        hits.offer(EXACT, BY_NOTHING, at, at)
        return hits.found()
    matches = list(index.people.matches(text))
    for rank, reason, matched in matches:
        if rank == EXACT:
            hits.partners(rank, reason, matched)
    for which, matched in _exactly(index, wanted):
        hits.documents(EXACT, which, matched, companies)
    for rank, reason, matched in matches:
        if rank != EXACT:
            hits.partners(rank, reason, matched)
    if len(wanted) >= SHORTEST_PART and any(letter.isdigit() for letter in wanted):
        for which, numbers in enumerate(index.documents):
            hits.documents(CONTAINS, which, has(numbers.lower, wanted), companies)
    return hits.found()


def lookup(source: FrameSource, text: str) -> int:
    """Return the one customer with this e-mail or account reference, upper and lower case alike.

    A contact's e-mail is its customer's. Raises CustomerLookupError when none or several match; the sentence and
    `candidates` list those that do.
    """
    customers = source.frame("customers")
    wanted = folded_text(text)
    matched = np.zeros(len(customers), dtype=np.bool_)
    if wanted:
        for column in ("email", "ref"):
            matched |= where(pc.equal(folded(texts_of(customers[column])), wanted))
    rows = customers[matched]
    owners = sorted(set(ints(rows, "commercial_partner_id").tolist()))
    shown = " ".join(text.split())
    if not owners:
        raise CustomerLookupError(
            f"No customer in the stored copy has the e-mail or account reference {shown}: check it, or run "
            "`python -m odoo_client sync`."
        )
    if len(owners) > 1:
        names = tuple(
            f"{row['name']} ({row['ref'] or 'no account reference'}, Odoo id {row['partner_id']})"
            for row in rows.to_dict("records")
        )
        raise CustomerLookupError(
            f"{len(owners)} customers have the e-mail or account reference {shown}: {'; '.join(names)}. Ask by a "
            "reference that only one has, or correct it in Odoo.",
            candidates=names,
        )
    return int(owners[0])


def _numbers(source: FrameSource, partner_ids: IntArray, word: str, frame: str, column: str) -> Numbers:
    rows = source.frame(frame)
    at = positions(partner_ids, ints(rows, "commercial_partner_id"))
    return Numbers(word, rows[column], pc.utf8_lower(texts_of(rows[column])), at, ints(rows, "company_id"))


def _exactly(index: SearchIndex, wanted: str) -> Iterator[tuple[int, BoolArray]]:
    """Yield each kind of document with those whose number is `wanted`; a task's `#12` may be asked for as `12`."""
    for which, numbers in enumerate(index.documents):
        matched = where(pc.equal(numbers.lower, wanted))
        if numbers.word == "ticket" and wanted.isdigit():
            matched |= where(pc.equal(numbers.lower, f"#{wanted}"))
        yield which, matched
