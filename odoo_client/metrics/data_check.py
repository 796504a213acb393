"""The customer data that somebody has to put right: what is missing, what cannot be right, and who is there twice.

This is a pure function over frames. `contact_rules` says what counts as well formed, and as the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
import pandas as pd

from odoo_client.frames.arrays import BoolArray, FloatArray, IntArray, coded, flags, floats, ints
from odoo_client.frames.groups import Groups, positions
from odoo_client.metrics import contact_rules
from odoo_client.metrics.contact_rules import Texts

NO_EMAIL: Final = "no e-mail"
MALFORMED_EMAIL: Final = "malformed e-mail"
NO_PHONE: Final = "no phone"
MALFORMED_PHONE: Final = "malformed phone"
SAME_EMAIL: Final = "same e-mail"
SAME_PHONE: Final = "same phone"
SAME_NAME: Final = "same name"
ARCHIVED_WITH_DEBT: Final = "archived with debt"
KINDS: Final = (
    NO_EMAIL,
    MALFORMED_EMAIL,
    NO_PHONE,
    MALFORMED_PHONE,
    SAME_EMAIL,
    SAME_PHONE,
    SAME_NAME,
    ARCHIVED_WITH_DEBT,
)
#: The kinds that belong together: what a tile counts and opens.
SUBJECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "email": (NO_EMAIL, MALFORMED_EMAIL),
    "phone": (NO_PHONE, MALFORMED_PHONE),
    "duplicates": (SAME_EMAIL, SAME_PHONE, SAME_NAME),
    "archived": (ARCHIVED_WITH_DEBT,),
}
#: What partners without a name in Odoo (an invoice address may have none) are called in the frame of customers: they
#: are never duplicates of each other.
NAMELESS: Final = "(no name)"


def unseen_kinds(*, email: bool, phone: bool, ledger: bool) -> frozenset[str]:
    """Return the kinds that must be kept from somebody who may not see e-mails, phones or debts."""
    hidden: set[str] = set()
    if not email:
        hidden.update((*SUBJECTS["email"], SAME_EMAIL))
    if not phone:
        hidden.update((*SUBJECTS["phone"], SAME_PHONE))
    if not ledger:
        hidden.update(SUBJECTS["archived"])
    return frozenset(hidden)


def data_check(
    customers: pd.DataFrame, known: BoolArray, by_customer: pd.DataFrame, *, leave_out: Collection[str] = ()
) -> pd.DataFrame:
    """Return what has to be put right, one row a finding, in the order of `KINDS`, groups together, by name.

    `customers` is the frame of that name and `known` says which of its rows are customers (`SearchIndex.known`);
    `by_customer` are the balances (`ageing_by_customer`). Archived customers are looked at only when they owe: nobody
    writes to the others. Kinds in `leave_out` are not looked for.

    Columns: kind category (`KINDS`); partner_id int64; name str; value str, what is there, as written ("" = nothing);
    group str, the same for customers that share it ("" = shares nothing); currency_id int64 (0 = none), debt float64
    in it (NaN = none), one row a currency, of customers archived with debt.
    """
    debtor, currency, debt = _debts(customers, by_customer)
    active = flags(customers, "active")
    owing = np.zeros(len(customers), dtype=np.bool_)
    owing[debtor] = True
    looked_at = known & (active | owing)
    rows = np.flatnonzero(looked_at)
    found = _Findings(customers, frozenset(leave_out))
    for column, texts_of, kinds in (
        ("email", contact_rules.emails, (NO_EMAIL, MALFORMED_EMAIL, SAME_EMAIL)),
        ("phone", contact_rules.phones, (NO_PHONE, MALFORMED_PHONE, SAME_PHONE)),
    ):
        texts = texts_of(customers[column].take(rows).reset_index(drop=True))
        none, malformed, same = kinds
        found.add(none, np.delete(rows, np.unique(texts.at)))
        found.malformed(malformed, texts, rows)
        found.shared(same, rows[texts.at], texts.written, texts.key)
    names = customers["name"].take(rows).reset_index(drop=True)
    found.shared(SAME_NAME, rows, names, contact_rules.name_keys(names.where(names != NAMELESS, "")))
    archived = looked_at[debtor] & ~active[debtor]
    found.add(ARCHIVED_WITH_DEBT, debtor[archived], currency=currency[archived], debt=debt[archived])
    return found.frame()


def customers_found(findings: pd.DataFrame, kinds: Collection[str] = KINDS) -> int:
    """Return how many customers have a finding of one of the kinds; one with several counts once."""
    return int(findings.loc[findings["kind"].isin(list(kinds)), "partner_id"].nunique())


def _debts(customers: pd.DataFrame, by_customer: pd.DataFrame) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the rows of customers who owe, with currency and amount; a credit in another company does not count."""
    owed = by_customer[floats(by_customer, "balance") > 0]
    groups = Groups(owed, ["commercial_partner_id", "currency_id"])
    at = positions(ints(customers, "partner_id"), ints(groups.keys, "commercial_partner_id"))
    known = at >= 0
    return at[known], ints(groups.keys, "currency_id")[known], groups.sum(floats(owed, "balance"))[known]


class _Findings:
    """Findings as columns, put together at the end."""

    def __init__(self, customers: pd.DataFrame, left_out: frozenset[str]) -> None:
        self._customers = customers
        self._left_out = left_out
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        kind: str,
        at: IntArray,
        value: pd.Series | str = "",
        group: pd.Series | str = "",
        currency: IntArray | int = 0,
        debt: FloatArray | float = np.nan,
    ) -> None:
        """Add a finding for each row of customers `at`."""
        if kind in self._left_out or not len(at):
            return
        columns = {"code": KINDS.index(kind), "value": value, "group": group, "currency_id": currency, "debt": debt}
        index = pd.RangeIndex(len(at))
        parts = {
            name: each.set_axis(index) if isinstance(each, pd.Series) else pd.Series(each, index=index)
            for name, each in columns.items()
        }
        self._parts.append(pd.DataFrame({"at": at, **parts}))

    def malformed(self, kind: str, texts: Texts, rows: IntArray) -> None:
        """Add a finding for each text that is not well formed."""
        wrong = texts.malformed
        self.add(kind, rows[texts.at[wrong]], texts.written[wrong])

    def shared(self, kind: str, at: IntArray, written: pd.Series, key: pd.Series) -> None:
        """Add a finding for each customer whose key another customer has too."""
        pairs = pd.DataFrame({"at": at, "key": key.to_numpy(), "written": written.to_numpy()})
        pairs = pairs[pairs["key"] != ""].drop_duplicates(["at", "key"])
        pairs = pairs[pairs.duplicated("key", keep=False)]
        self.add(kind, pairs["at"].to_numpy(dtype=np.int64), pairs["written"], f"{kind}: " + pairs["key"])

    def frame(self) -> pd.DataFrame:
        """Return them all."""
        columns = ["at", "code", "value", "group", "currency_id", "debt"]
        made = pd.concat(self._parts, ignore_index=True) if self._parts else pd.DataFrame(columns=columns)
        at = made["at"].to_numpy(dtype=np.int64)
        names = self._customers["name"].take(at).reset_index(drop=True)
        # Those who share something stand together.
        made = made.assign(folded=names.str.casefold()).sort_values(["code", "group", "folded", "at", "currency_id"])
        at = made["at"].to_numpy(dtype=np.int64)
        return pd.DataFrame(
            {
                "kind": coded(made["code"].to_numpy(dtype=np.int64), KINDS),
                "partner_id": ints(self._customers, "partner_id")[at],
                "name": self._customers["name"].take(at).array,
                "value": made["value"].astype("str").array,
                "group": made["group"].astype("str").array,
                "currency_id": made["currency_id"].to_numpy(dtype=np.int64),
                "debt": made["debt"].to_numpy(dtype=np.float64),
            }
        )
