"""A customer's statement of account: for each company and currency what was open, what happened, what is open.

Opening balance + entries = closing balance, and the closing balance is the ledger's: the sum of the residuals at the
end of the period, the balance of Arrears. Odoo's receivable lines give it by their amounts, except for money settled
across currencies or customers, which has entries of its own (see `statement_index.py`). Each payment or bank line is
one entry of the money that came; what it wrote off, discounted or set off stands beside it (see `deductions.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import FloatArray, FrameSource, IntArray, Part, floats, ints, is_code
from odoo_client.frames.dates import day_number, days
from odoo_client.frames.groups import exact_sums, tidy
from odoo_client.metrics.deductions import MONEY_KINDS
from odoo_client.metrics.labels import KINDS
from odoo_client.metrics.ledger import NO_CUSTOMER, UNNAMED_CUSTOMER, LedgerIndex, is_trusted, open_lines
from odoo_client.metrics.policy import UNALLOCATED, AgeingPolicy
from odoo_client.metrics.statement_index import REASONS, StatementIndex
from odoo_client.metrics.statement_money import money_as_paid

#: Kinds of entries that keep their own name; the others are money.
KIND_WORDS = {kind: KINDS[kind] for kind in ("invoice", "credit_note", "receipt", "entry")}
ENTRY_COLUMNS = ("date", "number", "kind", "reference", "due_date", "debit", "credit", "balance", "line_id", "move_id")
COMPANY_TEXTS = ("name", "street", "street2", "zip", "city", "vat", "phone", "email")
CUSTOMER_TEXTS = ("name", "ref", "street", "city", "phone", "email")


@dataclass(frozen=True)
class Party:
    """Who a statement is from or for; texts are "" where Odoo has none."""

    party_id: int
    name: str
    street: str = ""
    street2: str = ""
    zip: str = ""
    city: str = ""
    vat: str = ""
    phone: str = ""
    email: str = ""
    ref: str = ""


@dataclass(frozen=True, eq=False)
class Account:
    """What a customer owes one company in one currency.

    `entries`: one row an entry of the period, by date: date, due_date datetime64[s] (NaT = none); number, kind,
    reference str; debit, credit float64 (0 = none); balance float64 (after this entry); line_id (of money the first of
    its lines), move_id int64 (0 = a settlement, or what a payment wrote off: no line of its own).
    `open_items`: what is open at the end of the period (see `metrics.open_lines`), by due date, with open float64 and
    what str (the words of the entry). `under_review`: the customer's payments that wait for our decision (see
    `StatementIndex.under_review_of`), in no balance.
    `ageing`: the open debits by bucket of the policy, each key there; `unallocated`: payments and credit notes matched
    to nothing, as a positive amount. `in_payment`: what is open of invoices whose payment is on its way.
    """

    company: Party
    currency_id: int
    code: str
    decimals: int
    opening: float
    entries: pd.DataFrame
    closing: float
    ageing: Mapping[str, float]
    overdue: float
    unallocated: float
    in_payment: float
    open_items: pd.DataFrame
    under_review: pd.DataFrame

    @property
    def debits(self) -> float:
        """What the period added."""
        return _total(floats(self.entries, "debit"))

    @property
    def credits(self) -> float:
        """What the period took away, as a positive amount."""
        return _total(floats(self.entries, "credit"))


@dataclass(frozen=True)
class Withheld:
    """A company and currency in which the customer has entries, and no balance: Odoo's own total contradicts them."""

    company: Party
    currency_id: int
    code: str


@dataclass(frozen=True, eq=False)
class Statement:
    """A customer's statement for the days from `start` (None: from the first entry) to `end`, both included.

    `contacts` are the names of contacts whose entries are among the customer's. `companies`, whose statement it is, are
    those with an account or something withheld, or the first one asked for when there is none. `withheld` says which
    balances cannot be given (see `LedgerIndex`).
    """

    customer: Party
    archived: bool
    contacts: tuple[str, ...]
    start: date | None
    end: date
    policy: AgeingPolicy
    accounts: tuple[Account, ...]
    companies: tuple[Party, ...]
    withheld: tuple[Withheld, ...] = ()


def owner_id_of(source: FrameSource, partner_id: int) -> int:
    """Return the commercial partner of `partner_id`: the one who owes, whichever contact this is."""
    at = _find(source.frame("customers"), "partner_id", partner_id)
    return partner_id if at is None else int(source.frame("customers")["commercial_partner_id"].iloc[at]) or partner_id


def statement(
    index: StatementIndex,
    partner_id: int,
    start: date | None,
    end: date,
    *,
    company_ids: Collection[int] | None = None,
    policy: AgeingPolicy | None = None,
    timezone: str = "Africa/Harare",
) -> Statement:
    """Return the statement of the customer that `partner_id` belongs to, for `company_ids` (None: all).

    Accounts are those with an entry in the period, something open at either end of it, or a payment under review that
    was entered by its end, a day of `timezone`. Raises ValueError when the period ends before it starts.
    """
    if start is not None and start > end:
        raise ValueError("A statement's period must not end before it starts.")
    policy = policy or AgeingPolicy()
    source = index.source
    owner_id = owner_id_of(source, partner_id)
    lines, settled = index.lines_of(owner_id), index.settled_of(owner_id)
    drafts = index.under_review_of(owner_id, end, timezone)
    hidden = index.withheld_of(owner_id)
    if company_ids is not None:
        wanted = np.fromiter(company_ids, dtype=np.int64, count=len(company_ids))
        lines, settled, drafts, hidden = (
            frame[np.isin(ints(frame, "company_id"), wanted)] for frame in (lines, settled, drafts, hidden)
        )
    withheld = _withheld(index, hidden, drafts)
    drafts = index.ledger.trusted(drafts)
    narrow = {
        "receivable_lines": lines.reset_index(drop=True),
        "partials": index.partials_of(owner_id),
        "invoices": source.frame("invoices").iloc[:0],
    }
    # Invoices are not needed for a statement's ageing.
    opened = open_lines(LedgerIndex.build(Part(source, narrow)), end, policy)
    entries = _entries(index, lines, settled, end)
    key = ["company_id", "currency_id"]
    keys = pd.concat([entries[key], drafts[key]]).drop_duplicates().sort_values(key)
    accounts = []
    for company_id, currency_id in keys.itertuples(index=False):
        account = _account(index, int(company_id), int(currency_id), entries, opened, drafts, start, policy)
        if account is not None:
            accounts.append(account)
    customer, archived = _customer(source, owner_id)
    used = [int(key) for key in np.unique(ints(lines, "partner_id")) if key not in (0, owner_id)]
    contacts = tuple(_customer(source, key)[0].name for key in used)
    owners = [*(one.company for one in accounts), *(one.company for one in withheld)]
    issuers = tuple({company.party_id: company for company in owners}.values())
    if not issuers:
        every = ints(source.frame("companies"), "company_id").tolist()
        issuers = tuple(_company(source, key) for key in sorted(every if company_ids is None else company_ids)[:1])
    return Statement(customer, archived, contacts, start, end, policy, tuple(accounts), issuers, withheld)


def _withheld(index: StatementIndex, hidden: pd.DataFrame, drafts: pd.DataFrame) -> tuple[Withheld, ...]:
    """Return what is withheld of the customer's lines `hidden` and of `drafts`, by company and currency."""
    key, currencies = ["company_id", "currency_id"], index.ledger.currencies
    of_drafts = drafts[~is_trusted(index.source, drafts)]
    pairs = pd.concat([hidden[key], of_drafts[key]]).drop_duplicates().sort_values(key)
    return tuple(
        Withheld(_company(index.source, int(company_id)), int(currency_id), currencies.code(int(currency_id)))
        for company_id, currency_id in pairs.itertuples(index=False)
    )


def _account(
    index: StatementIndex,
    company_id: int,
    currency_id: int,
    entries: pd.DataFrame,
    opened: pd.DataFrame,
    drafts: pd.DataFrame,
    start: date | None,
    policy: AgeingPolicy,
) -> Account | None:
    def own(frame: pd.DataFrame) -> pd.DataFrame:
        at = (ints(frame, "company_id") == company_id) & (ints(frame, "currency_id") == currency_id)
        return frame.take(np.flatnonzero(at))

    mine, items, waiting = own(entries), own(opened), own(drafts)
    before = 0 if start is None else int((days(mine, "date") < day_number(start)).sum())
    # Whole ten-thousandths, so that a thousand entries end at the same cent as on paper.
    running = np.rint(floats(mine, "amount") * 10_000).astype(np.int64).cumsum()
    balance = tidy(running / 10_000)
    opening = float(balance[before - 1]) if before else 0.0
    closing = float(balance[-1]) if len(balance) else 0.0
    if before == len(mine) and not opening and items.empty and waiting.empty:
        return None
    amount = floats(mine, "amount")
    shown = mine.assign(debit=np.maximum(amount, 0.0), credit=np.maximum(-amount, 0.0) + 0.0, balance=balance)
    residual = floats(items, "residual")
    debt = residual > 0
    codes = items["bucket"].cat.codes.to_numpy().astype(np.int64)[debt]
    buckets = exact_sums(codes, residual[debt], len(policy.bucket_keys))
    words = mine.drop_duplicates("line_id").set_index("line_id")["kind"]
    due = items.assign(open=residual, what=items["line_id"].map(words).fillna(""))
    currencies = index.ledger.currencies
    return Account(
        company=_company(index.source, company_id),
        currency_id=currency_id,
        code=currencies.code(currency_id),
        decimals=currencies.places(currency_id),
        opening=opening,
        entries=shown[list(ENTRY_COLUMNS)].iloc[before:].reset_index(drop=True),
        closing=closing,
        ageing={key: float(amount) for key, amount in zip(policy.bucket_keys, buckets, strict=True)},
        overdue=_total(residual[debt & (ints(items, "days_overdue") > 0)]),
        unallocated=_total(-residual[~debt]),
        in_payment=_total(floats(items, "in_payment")),
        open_items=due.sort_values(["due_date", "line_id"], ignore_index=True),
        under_review=waiting.reset_index(drop=True),
    )


def _entries(index: StatementIndex, lines: pd.DataFrame, settled: pd.DataFrame, end: date) -> pd.DataFrame:
    """Return every entry up to `end`, by date, settlements after the lines of their day."""
    limit = day_number(end)
    lines, settled = (frame[days(frame, "date") <= limit].reset_index(drop=True) for frame in (lines, settled))
    # An exchange difference is booked as zero in the line's own currency, so it does not matter here.
    said = (floats(lines, "amount") != 0) | (lines["kind"].astype("str") != "entry").to_numpy()
    lines, beside = money_as_paid(index.source, lines[said].reset_index(drop=True))
    number = lines["move_name"].astype("object")
    booked = pd.DataFrame(
        {
            "company_id": lines["company_id"],
            "currency_id": lines["currency_id"],
            "date": lines["date"],
            "number": number,
            "kind": _kinds(index.source, lines),
            "reference": _references(lines),
            "due_date": lines["due_date"].where(~is_code(lines, "kind", *MONEY_KINDS)),
            "amount": floats(lines, "amount"),
            "line_id": lines["line_id"],
            "move_id": lines["move_id"],
            "order": 0,
        }
    )
    more = [part for part in (beside, _settlements(index, settled) if len(settled) else settled) if len(part)]
    entries = pd.concat([booked, *more], ignore_index=True) if more else booked
    return entries.sort_values(["date", "order", "line_id"], kind="stable", ignore_index=True)


def _kinds(source: FrameSource, lines: pd.DataFrame) -> list[str]:
    journals = source.frame("journals")
    names = dict(zip(ints(journals, "journal_id").tolist(), journals["name"], strict=True))
    part, of_move = _instalments(lines)
    words = []
    rows = zip(lines["kind"].astype("str"), floats(lines, "amount"), ints(lines, "journal_id"), strict=True)
    for place, (kind, amount, journal_id) in enumerate(rows):
        word = KIND_WORDS.get(kind, "") or ("Refund paid" if amount > 0 else "Payment")
        if kind not in KIND_WORDS and names.get(int(journal_id)):
            word = f"{word}, {names[int(journal_id)]}"
        if kind == "invoice" and of_move[place] > 1:
            word = f"{word}, instalment {part[place]} of {of_move[place]}"
        words.append(word)
    return words


def _instalments(lines: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """Return for each line which of its move's lines it is, by due date, and how many they are."""
    ordered = lines[["move_id", "kind", "due_date", "line_id"]].sort_values(["move_id", "due_date", "line_id"])
    moves = ordered.groupby(["move_id", "kind"], observed=True)
    counted = pd.DataFrame({"part": moves.cumcount() + 1, "of_move": moves["line_id"].transform("size")})
    counted = counted.reindex(lines.index)
    return ints(counted, "part"), ints(counted, "of_move")


def _references(lines: pd.DataFrame) -> list[str]:
    words = []
    for number, ref, label in zip(lines["move_name"], lines["ref"], lines["label"], strict=True):
        known = (text for text in (str(ref).strip(), str(label).strip()) if text and text != number)
        words.append(next(known, ""))
    return words


def _settlements(index: StatementIndex, settled: pd.DataFrame) -> pd.DataFrame:
    lines, currencies = index.ledger.lines, index.ledger.currencies
    own = np.searchsorted(ints(lines, "line_id"), ints(settled, "line_id"))
    references = []
    columns = (ints(settled, "other_line"), floats(settled, "other_amount"), settled["reason"].astype("str"))
    for at, amount, reason in zip(*columns, strict=True):
        if at < 0:
            references.append("")
            continue
        other = lines.iloc[int(at)]
        theirs = int(other["currency_id"])
        said = f": {currencies.code(theirs)} {amount:,.{currencies.places(theirs)}f}" if reason == "currency" else ""
        references.append(f"with {other['move_name']}{said}")
    return pd.DataFrame(
        {
            "company_id": settled["company_id"],
            "currency_id": settled["currency_id"],
            "date": settled["date"],
            "number": lines["move_name"].take(own).astype("object").array,
            "kind": settled["reason"].astype("str").map(REASONS),
            "reference": references,
            "due_date": pd.Series(np.datetime64("NaT", "s"), index=settled.index),
            "amount": floats(settled, "amount"),
            "line_id": 0,
            "move_id": lines["move_id"].take(own).array,
            "order": 1,
        }
    )


def _company(source: FrameSource, company_id: int) -> Party:
    frame = source.frame("companies")
    return _party(frame, _find(frame, "company_id", company_id), company_id, COMPANY_TEXTS, "")


def _customer(source: FrameSource, partner_id: int) -> tuple[Party, bool]:
    frame = source.frame("customers")
    at = _find(frame, "partner_id", partner_id)
    party = _party(frame, at, partner_id, CUSTOMER_TEXTS, UNNAMED_CUSTOMER if partner_id else NO_CUSTOMER)
    return party, at is not None and not bool(frame["active"].iloc[at])


def _party(frame: pd.DataFrame, at: int | None, party_id: int, texts: Collection[str], unnamed: str) -> Party:
    if at is None:
        return Party(party_id, unnamed)
    # A snapshot stored by an older version may lack a column.
    known = {column: str(frame[column].iloc[at] or "") for column in texts if column in frame.columns}
    return Party(party_id, **(known | {"name": known.get("name") or unnamed}))


def _find(frame: pd.DataFrame, key: str, wanted: int) -> int | None:
    ids = ints(frame, key)
    at = int(np.searchsorted(ids, wanted))
    return at if at < len(ids) and ids[at] == wanted else None


def _total(amounts: FloatArray) -> float:
    return float(exact_sums(np.zeros(len(amounts), dtype=np.int64), amounts, 1)[0])


__all__ = [
    "REASONS",
    "UNALLOCATED",
    "Account",
    "Party",
    "Statement",
    "StatementIndex",
    "Withheld",
    "owner_id_of",
    "statement",
]
