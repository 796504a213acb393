"""Customer data to put right, worked by hand: what is missing, malformed, there twice, and archived with debt."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from odoo_client.metrics.contact_rules import email_key, emails, is_email, is_phone, name_keys, phones
from odoo_client.metrics.data_check import KINDS, NAMELESS, SUBJECTS, customers_found, data_check, unseen_kinds
from tests.builders import USD, ZWG, rows


def people(*records: dict[str, Any]) -> pd.DataFrame:
    """Customers with an e-mail and phone of their own unless a record says otherwise."""
    made = []
    for number, record in enumerate(records, start=1):
        own = {"partner_id": number, "commercial_partner_id": number, "name": f"Customer {number}", "active": True}
        own |= {"email": f"c{number}@example.com", "phone": f"077 200 000{number}"}
        made.append(own | record)
    return rows("customers", made)


def debts(*amounts: tuple[int, int, int, float]) -> pd.DataFrame:
    """Balances: company, currency, customer, amount."""
    columns = ["company_id", "currency_id", "commercial_partner_id", "balance"]
    frame = pd.DataFrame(amounts, columns=columns)
    return frame.astype(dict.fromkeys(columns[:3], "int64") | {"balance": "float64"})


def check(customers: pd.DataFrame, owed: pd.DataFrame | None = None, **more: Any) -> list[tuple[Any, ...]]:
    known = more.pop("known", np.ones(len(customers), dtype=np.bool_))
    found = data_check(customers, known, debts() if owed is None else owed, **more)
    return list(found[["kind", "partner_id", "value"]].itertuples(index=False, name=None))


def test_a_customer_with_good_data_has_no_finding() -> None:
    assert check(people({}, {}, {})) == []


@pytest.mark.parametrize(
    ("email", "found"),
    [
        ("", [("no e-mail", 1, "")]),
        ("   ", [("no e-mail", 1, "")]),
        ("a@b.co", []),
        (" A.B+c@Mail.Example.CO.ZW ", []),
        ("a@b.co, c@d.org ;e@f.net", []),
        ("a@b.co;", []),
        (",", [("malformed e-mail", 1, ",")]),
        ("a@b", [("malformed e-mail", 1, "a@b")]),
        ("a.b.co", [("malformed e-mail", 1, "a.b.co")]),
        ("a@@b.co", [("malformed e-mail", 1, "a@@b.co")]),
        ("a@b@c.co", [("malformed e-mail", 1, "a@b@c.co")]),
        ("a b@c.co", [("malformed e-mail", 1, "a b@c.co")]),
        ("a@b .co", [("malformed e-mail", 1, "a@b .co")]),
        ("a@.co", [("malformed e-mail", 1, "a@.co")]),
        ("a@b..co", [("malformed e-mail", 1, "a@b..co")]),
        ("a@b.co.", [("malformed e-mail", 1, "a@b.co.")]),
        ("Tendai <a@b.co>", [("malformed e-mail", 1, "Tendai <a@b.co>")]),
        ("n/a", [("malformed e-mail", 1, "n/a")]),
        ("a@b.co, nothing", [("malformed e-mail", 1, "nothing")]),
    ],
)
def test_an_e_mail_is_missing_or_malformed(email: str, found: list[tuple[Any, ...]]) -> None:
    assert check(people({"email": email})) == found
    assert is_email(email) == (not found)


@pytest.mark.parametrize(
    ("phone", "found"),
    [
        ("", [("no phone", 1, "")]),
        (" ", [("no phone", 1, "")]),
        ("+263 77 212 3456", []),
        ("(024) 270-0000", []),
        ("123456789", []),
        ("123456789012345", []),
        ("12345678", [("malformed phone", 1, "12345678")]),
        ("1234567890123456", [("malformed phone", 1, "1234567890123456")]),
        ("0772 123 456 ext 5", [("malformed phone", 1, "0772 123 456 ext 5")]),
        ("0772 123 45O", [("malformed phone", 1, "0772 123 45O")]),
        ("none", [("malformed phone", 1, "none")]),
        ("0772 123 456 / 0712 345 678", [("malformed phone", 1, "0772 123 456 / 0712 345 678")]),
    ],
)
def test_a_phone_is_missing_or_malformed(phone: str, found: list[tuple[Any, ...]]) -> None:
    assert check(people({"phone": phone})) == found
    assert is_phone(phone) == (not found)


@pytest.mark.parametrize(
    "other",
    ["+263 77 212 3456", "00263772123456", "+263 (0) 772 123 456", "772123456", "(0)77-212-3456", "263772123456"],
)
def test_a_phone_is_the_same_however_it_is_written(other: str) -> None:
    found = check(people({"phone": "0772 123 456"}, {"phone": other}, {}))
    assert found == [("same phone", 1, "0772 123 456"), ("same phone", 2, other)]


def test_a_number_of_another_country_is_another_number() -> None:
    assert check(people({"phone": "0772 123 456"}, {"phone": "+27 772 123 456"}, {"phone": "+44 772 123 4567"})) == []


def test_e_mails_are_compared_without_case_and_one_by_one() -> None:
    customers = people({"email": "T.Moyo@Example.com"}, {"email": "x@y.zw; t.moyo@example.COM "}, {"email": "X@y.zw"})
    found = data_check(customers, np.ones(3, dtype=np.bool_), debts())
    assert list(found[["kind", "partner_id", "value", "group"]].itertuples(index=False, name=None)) == [
        ("same e-mail", 1, "T.Moyo@Example.com", "same e-mail: t.moyo@example.com"),
        ("same e-mail", 2, "t.moyo@example.COM", "same e-mail: t.moyo@example.com"),
        ("same e-mail", 2, "x@y.zw", "same e-mail: x@y.zw"),
        ("same e-mail", 3, "X@y.zw", "same e-mail: x@y.zw"),
    ]


def test_a_customer_that_names_an_address_twice_is_no_duplicate_of_itself() -> None:
    assert check(people({"email": "a@b.co, A@B.CO"}, {})) == []


def test_what_is_malformed_or_missing_in_two_is_no_duplicate() -> None:
    found = check(people({"email": "n/a", "phone": "-"}, {"email": "n/a", "phone": "-"}, {"email": "", "phone": ""}))
    assert {kind for kind, *_rest in found} == {"malformed e-mail", "malformed phone", "no e-mail", "no phone"}


def test_names_are_compared_without_case_and_runs_of_spaces() -> None:
    found = check(
        people({"name": "Tendai  Moyo"}, {"name": " TENDAI MOYO"}, {"name": "Tendaimoyo"}, {"name": "Straße"})
    )
    assert found == [("same name", 2, " TENDAI MOYO"), ("same name", 1, "Tendai  Moyo")]


def test_partners_without_a_name_are_no_duplicates() -> None:
    assert check(people({"name": NAMELESS}, {"name": NAMELESS})) == []


def test_archived_customers_count_only_while_they_owe() -> None:
    customers = people({"active": False, "email": ""}, {"active": False, "email": ""}, {})
    found = data_check(
        customers, np.ones(3, dtype=np.bool_), debts((1, USD, 1, 15.0), (1, USD, 2, -3.0), (1, USD, 3, 9.0))
    )
    assert list(found[["kind", "partner_id", "currency_id", "debt"]].itertuples(index=False, name=None))[1:] == [
        ("archived with debt", 1, USD, 15.0)
    ]
    assert found["kind"].tolist() == ["no e-mail", "archived with debt"]


def test_debts_stay_apart_by_currency_and_a_credit_elsewhere_pays_nothing() -> None:
    owed = debts((1, USD, 1, 10.1), (2, USD, 1, 0.2), (1, ZWG, 1, 900.0), (2, ZWG, 1, -900.0), (1, ZWG, 0, 5.0))
    found = data_check(people({"active": False}), np.ones(1, dtype=np.bool_), owed)
    assert found[["currency_id", "debt"]].to_numpy().tolist() == [[USD, 10.3], [ZWG, 900.0]]
    assert customers_found(found) == 1


def test_who_is_no_customer_is_not_looked_at() -> None:
    customers = people({"email": "same@x.zw"}, {"email": "same@x.zw"}, {"email": ""})
    assert check(customers, known=np.array([True, False, False])) == []


def test_one_customer_with_several_findings_counts_once() -> None:
    found = data_check(people({"email": "", "phone": "1"}, {"email": "?"}), np.ones(2, dtype=np.bool_), debts())
    assert customers_found(found) == 2
    assert customers_found(found, SUBJECTS["email"]) == 2
    assert customers_found(found, SUBJECTS["phone"]) == 1
    assert customers_found(found, SUBJECTS["duplicates"]) == 0


def test_what_a_person_does_not_see_is_not_told_as_missing() -> None:
    customers = people(
        {"email": "", "phone": "", "name": "A"}, {"email": "", "phone": "", "name": "a", "active": False}
    )
    owed = debts((1, USD, 2, 1.0))
    hidden = unseen_kinds(email=False, phone=False, ledger=True)
    assert {kind for kind, *_ in check(customers, owed, leave_out=hidden)} == {"same name", "archived with debt"}
    assert unseen_kinds(email=True, phone=True, ledger=True) == frozenset()
    assert unseen_kinds(email=False, phone=False, ledger=False) == set(KINDS) - {"same name"}


def test_the_frame_has_its_columns_with_and_without_findings() -> None:
    dtypes = {
        "kind": "category", "partner_id": "int64", "name": "str", "value": "str", "group": "str",
        "currency_id": "int64", "debt": "float64",
    }  # fmt: skip
    for customers in (people({"email": ""}), people()):
        found = data_check(customers, np.ones(len(customers), dtype=np.bool_), debts())
        assert {name: str(dtype) for name, dtype in found.dtypes.items()} == dtypes
        assert found["kind"].cat.categories.tolist() == list(KINDS)


def test_the_same_rules_hold_for_a_whole_column_and_for_one_text() -> None:
    texts = ["a@b.co", "", "A@B.CO;c@d.ef", "?", ",", None]
    column = pd.Series(texts, dtype="str")
    found = emails(column)
    assert found.at.tolist() == [0, 2, 2, 3, 4]
    assert found.key.tolist() == ["a@b.co", "a@b.co", "c@d.ef", "", ""]
    assert [email_key(text) for text in ("a@B.co", " a@b.co ", "a@b.co,c@d.ef", "?", "")] == [
        "a@b.co", "a@b.co", "", "", "",
    ]  # fmt: skip
    assert phones(pd.Series([], dtype="str")).at.tolist() == []
    assert name_keys(pd.Series(["A\u00a0 b", "", "ß"], dtype="str")).tolist() == ["a b", "", "ss"]
