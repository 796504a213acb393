"""What in an entry that brought money was not money: write-offs, discounts, exchange differences, sums set off.

A payment of 95.00 for an invoice of 100.00 with 5.00 written off credits the receivable account with 100.00 in one line
(Odoo 14 to 19: the bank's line 95.00, the write-off 5.00, the receivable line −100.00). Read as cash, that line shows
5.00 that never came. A bank statement line matched straight with invoices books the same three lines.

Money is what reached the bank: `account.payment.amount`, or for an entry without a payment what its receivable lines
credit less what its other lines outside bank accounts take off. It is worked out once per sync, over the whole ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, FrameSource, IntArray, coded, floats, ints, is_code
from odoo_client.frames.groups import positions, tidy
from odoo_client.metrics.currencies import Currencies

#: Why a part of what was credited is not money, and what people read. "difference": paid and credited to nobody, or
#: credited for no stated reason.
REASONS: Final = {
    "written_off": "Written off",
    "discount": "Early payment discount",
    "exchange": "Exchange difference",
    "set_off": "Set off against what we owe",
    "difference": "Payment difference",
}
#: Journals whose entries are money itself.
MONEY_JOURNALS: Final = ("bank", "cash", "credit")
#: Kinds of receivable lines whose entries move money.
MONEY_KINDS: Final = ("payment", "bank_line")
KEY: Final = ("move_id", "company_id", "commercial_partner_id", "currency_id")
#: Types of accounts that hold money, and of those on which suppliers are owed: Odoo 16 and newer, and before.
_LIQUID: Final = ("asset_cash", "liability_credit_card", "liquidity")
_PAYABLE: Final = ("liability_payable", "payable")
_RESULT: Final = ("income", "expense")
#: The float noise of a few sums.
_NOISE: Final = 1e-6


def bank_entries(source: FrameSource) -> IntArray:
    """Return the entries (move ids, rising) among `money_lines` in which a bank or cash account moves.

    `source` has the frames money_lines, accounts, journals. What only shifts a debt, such as a write-off entered in a
    bank's journal, is not among them.
    """
    rows = source.frame("money_lines")
    moved = np.isin(ints(rows, "account_id"), _liquid_accounts(source)) & (floats(rows, "balance_company") != 0)
    return np.unique(ints(rows, "move_id")[moved])


def deductions(source: FrameSource) -> pd.DataFrame:
    """Return what in entries that moved money was not money, sorted by move, customer and reason.

    `source` has receivable_lines with their kind, customers, payments, money_lines, accounts, journals, companies,
    currencies. Columns: move_id, company_id, commercial_partner_id, currency_id int64; reason category (`REASONS`);
    amount float64, signed as the customer's balance takes it (−5.00: written off a debt); label str (the
    bookkeeper's, "" = none). A customer's cash of an entry is the sum of its receivable lines less these.
    """
    shares = [share for entry in _entries(source) for part in entry.parts() for share in entry.shared(part)]
    if not shares:
        return _NONE
    frame = pd.DataFrame(shares, columns=list(_NONE.columns)).astype(_NONE.dtypes.drop("reason").to_dict())
    found = frame.groupby([*KEY, "reason"], as_index=False).agg({"amount": "sum", "label": _one_label})
    names = list(REASONS)
    amounts = Currencies.of(source).round(floats(found, "amount"), ints(found, "currency_id"))
    reason = coded(found["reason"].map(names.index).to_numpy(dtype=np.int64), names)
    made = found.assign(reason=reason, amount=amounts, label=found["label"].astype("str"))
    some: pd.DataFrame = made.loc[amounts != 0, list(_NONE.columns)].reset_index(drop=True)
    return some


#: The frame without rows.
_NONE: Final = pd.DataFrame(
    {
        **{name: pd.Series(dtype="int64") for name in KEY},
        "reason": coded(np.zeros(0, dtype=np.int64), REASONS),
        "amount": pd.Series(dtype="float64"),
        "label": pd.Series(dtype="str"),
    }
)


def known_deductions(source: FrameSource) -> pd.DataFrame:
    """Return the frame deductions of a snapshot; one stored by an older release has none."""
    try:
        return source.frame("deductions")
    except KeyError:
        return _NONE


def cash(source: FrameSource, groups: pd.DataFrame) -> FloatArray:
    """Return what of the column `amount` of `groups` (one row a `KEY`) was money, signed as it is."""
    found, amount = known_deductions(source), floats(groups, "amount").copy()
    # Few entries deduct anything.
    at = np.flatnonzero(np.isin(ints(groups, "move_id"), ints(found, "move_id")) & (ints(groups, "move_id") > 0))
    if len(at):
        taken = found.groupby(list(KEY))["amount"].sum()
        wanted = pd.MultiIndex.from_frame(groups[list(KEY)].take(at))
        amount[at] -= taken.reindex(wanted).fillna(0.0).to_numpy(dtype=np.float64)
    return tidy(amount)


@dataclass(frozen=True)
class _Account:
    """What an account says of a line on it."""

    liquid: bool
    payable: bool
    result: bool
    reason: str


@dataclass(frozen=True)
class _Part:
    """A part of what was credited that was not money: `amount`, else that of the `line` that says what for."""

    reason: str
    amount: float
    line: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Entry:
    """One entry: `groups` its receivable lines by customer and currency, `others` its other lines.

    `paid`: what its payment adds to the customer's balance, None for an entry without payment.
    """

    groups: list[dict[str, Any]]
    others: list[dict[str, Any]]
    paid: float | None
    paid_in: int
    accounts: Mapping[int, _Account]
    decimals: Mapping[int, int]

    def parts(self) -> list[_Part]:
        """Return what in the entry was not money."""
        return self._of_payment(self.paid) if self.paid is not None else self._of_bank_line()

    def _of_payment(self, paid: float) -> list[_Part]:
        if any(group["currency_id"] != self.paid_in for group in self.groups):
            # In a currency other than the payment's, nothing says how much of it was paid.
            return []
        credited = sum(group["amount"] for group in self.groups)
        left = credited - paid
        if abs(left) < 0.5 * 10.0 ** -self.decimals.get(self.paid_in, 2):
            return []
        own = [line for line in self.others if line["currency_id"] == self.paid_in]
        banked = [line for line in own if abs(line["amount"] + paid) < _NOISE]
        banked.sort(key=lambda line: (not self._account(line).liquid, self._account(line).result, line["line_id"]))
        rest = [line for line in own if line is not banked[0]] if banked else []
        if len(own) != len(self.others) or abs(sum(line["amount"] for line in rest) + left) > _NOISE:
            # Its other lines do not say what for, but the amount is known.
            return [_Part(self._reason(left, credited), left)]
        return [_Part(self._reason(-line["amount"], credited, line), 0.0, line) for line in rest]

    def _of_bank_line(self) -> list[_Part]:
        balance = sum(group["balance"] for group in self.groups)
        if abs(balance + sum(line["balance"] for line in self.others)) > _NOISE:
            # Some of its lines were replaced after they were read: they will be read again.
            return []
        # A line on the other side is other money of the same bank line, such as a part not explained yet.
        taken = [
            line for line in self.others if _same_side(-line["balance"], balance) and not self._account(line).liquid
        ]
        if sum(abs(line["balance"]) for line in taken) > abs(balance) + _NOISE:
            return []
        return [_Part(self._reason(-line["balance"], balance, line), 0.0, line) for line in taken]

    def _account(self, line: Mapping[str, Any]) -> _Account:
        return self.accounts.get(line["account_id"], _Account(liquid=False, payable=False, result=True, reason=""))

    def _reason(self, taken: float, credited: float, line: Mapping[str, Any] | None = None) -> str:
        if line is not None:
            account = self._account(line)
            if account.reason or account.payable:
                return account.reason or "set_off"
            if not account.result:
                # The tax that goes with a discount or a write-off, else what nobody has explained yet.
                beside = [
                    self._account(other) for other in self.others if _same_side(other["balance"], line["balance"])
                ]
                if any(other.reason == "discount" for other in beside):
                    return "discount"
                if not any(other.result for other in beside):
                    return "difference"
        return "written_off" if _same_side(taken, credited) else "difference"

    def shared(self, part: _Part) -> list[dict[str, Any]]:
        """Return a part by customer: that of its line's partner, else in proportion, the odd cent to the largest."""
        line = part.line or {}
        whole_side = sum(group["balance"] for group in self.groups)
        side = [group for group in self.groups if _same_side(group["balance"], whole_side)] or self.groups
        own = [group for group in side if group["commercial_partner_id"] == line.get("owner")] or side
        groups = sorted(own, key=lambda group: abs(group["balance"]))
        weight = sum(abs(group["balance"]) for group in groups) or 1.0
        whole = [part.amount or _in_currency(line, group) for group in groups]
        amounts = [
            round(
                float(amount) * float(abs(group["balance"])) / float(weight), self.decimals.get(group["currency_id"], 2)
            )
            for amount, group in zip(whole, groups, strict=True)
        ]
        if len({group["currency_id"] for group in groups}) == 1:
            amounts[-1] = whole[-1] - sum(amounts[:-1])
        return [
            {name: group[name] for name in KEY}
            | {"reason": part.reason, "amount": amount, "label": line.get("label", "")}
            for group, amount in zip(groups, amounts, strict=True)
        ]


def _in_currency(line: Mapping[str, Any], group: Mapping[str, Any]) -> float:
    """Return what a line takes off, in the currency of a customer's lines."""
    if line["currency_id"] == group["currency_id"]:
        return float(-line["amount"])
    return float(-line["balance"]) * (float(group["amount"]) / float(group["balance"]) if group["balance"] else 0.0)


def _same_side(one: float, other: float) -> bool:
    """Return whether both are debits or both credits; their product may be larger than a number can be."""
    return (one > 0 and other > 0) or (one < 0 and other < 0)


def _entries(source: FrameSource) -> list[_Entry]:
    lines, payments, others = (source.frame(name) for name in ("receivable_lines", "payments", "money_lines"))
    accounts = _accounts(source)
    liquid = np.fromiter((key for key, one in accounts.items() if one.liquid), dtype=np.int64)
    # Most entries of bank lines have only the bank's line beside the customers': there is nothing to look at.
    some = np.unique(ints(others, "move_id")[~np.isin(ints(others, "account_id"), liquid)])
    wanted = np.isin(ints(lines, "move_id"), np.union1d(some, _differing(lines, payments)))
    wanted &= is_code(lines, "kind", *MONEY_KINDS)
    groups = lines.loc[wanted].groupby(list(KEY), as_index=False)[["amount", "balance_company"]].sum()
    groups = groups.rename(columns={"balance_company": "balance"})
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for group in groups.to_dict("records"):
        rows[int(group["move_id"])].append({str(name): value for name, value in group.items()})
    beside = others[np.isin(ints(others, "move_id"), list(rows))]
    owner = _owners(source, beside)
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    kept = beside.assign(owner=owner, balance=beside["balance_company"]).to_dict("records")
    for line in kept:
        found[int(line["move_id"])].append({str(name): value for name, value in line.items()})
    booked = payments[np.isin(ints(payments, "move_id"), [key for key in rows if key])]
    sign = np.where(is_code(booked, "direction", "outbound"), 1.0, -1.0)
    amounts = zip(floats(booked, "amount") * sign, booked["currency_id"], strict=True)
    paid = dict(zip(booked["move_id"], amounts, strict=True))
    currencies = source.frame("currencies")
    decimals = dict(zip(currencies["currency_id"], currencies["decimals"], strict=True))
    entries = []
    for key, own in rows.items():
        amount, currency_id = paid.get(key, (None, 0))
        entries.append(_Entry(own, found[key], amount, currency_id, accounts, decimals))
    return entries


def _differing(lines: pd.DataFrame, payments: pd.DataFrame) -> IntArray:
    """Return the entries of payments whose receivable lines do not add up to what was paid, by size or direction."""
    booked = payments[ints(payments, "move_id") > 0]
    sign = np.where(is_code(booked, "direction", "outbound"), 1.0, -1.0)
    paid = pd.Series(floats(booked, "amount") * sign, index=ints(booked, "move_id"), dtype="float64")
    paid = paid[~paid.index.duplicated()].sort_index()
    at = positions(paid.index.to_numpy(dtype=np.int64), ints(lines, "move_id"))
    known = at >= 0
    credited = np.bincount(at[known], weights=floats(lines, "amount")[known], minlength=len(paid))
    there = np.bincount(at[known], minlength=len(paid)) > 0
    differs: BoolArray = there & (np.abs(credited - paid.to_numpy()) > 1e-4)
    return paid.index.to_numpy(dtype=np.int64)[differs]


def _accounts(source: FrameSource) -> dict[int, _Account]:
    accounts, companies = source.frame("accounts"), source.frame("companies")
    reasons = {
        int(key): reason
        for reason in ("exchange", "discount")
        for side in ("gain", "loss")
        for key in companies[f"{reason}_{side}_account_id"]
        if key
    }
    liquid = set(_liquid_accounts(source).tolist())
    return {
        int(key): _Account(int(key) in liquid, kind in _PAYABLE, _is_result(str(kind)), reasons.get(int(key), ""))
        for key, kind in zip(accounts["account_id"], accounts["account_type"].astype("str"), strict=True)
    }


def _is_result(kind: str) -> bool:
    """Return whether an account's type is one of income or expense; up to 15 "other" may be either."""
    return kind.startswith(_RESULT) or kind == "other"


def _liquid_accounts(source: FrameSource) -> IntArray:
    """Return the accounts that hold money: those of that type, and those a bank's journal names as its own."""
    accounts, journals = source.frame("accounts"), source.frame("journals")
    own = ints(journals, "default_account_id")[is_code(journals, "kind", *MONEY_JOURNALS)]
    return np.union1d(ints(accounts, "account_id")[is_code(accounts, "account_type", *_LIQUID)], own[own > 0])


def _owners(source: FrameSource, rows: pd.DataFrame) -> IntArray:
    """Return the customer that the partner of each line belongs to."""
    customers = source.frame("customers")
    at = positions(ints(customers, "partner_id"), ints(rows, "partner_id"))
    return np.where(at >= 0, np.append(ints(customers, "commercial_partner_id"), 0)[at], ints(rows, "partner_id"))


def _one_label(labels: pd.Series) -> str:
    found = list(dict.fromkeys(text for text in labels if text))
    return ", ".join(found)
