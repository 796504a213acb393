"""The rule of every search: what a text finds of customers and of rows, however it is written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo_client.frames.groups import distinct
from odoo_client.metrics.text_search import (
    CustomerTexts,
    Sought,
    folded_text,
    phone_digits,
    row_texts,
    texts_found,
    words_of,
)
from tests.builders import rows

PEOPLE = (
    (1, "Müller's Farm", "+263 (0) 772 123 456", "farm@muller.example", "AF-10"),
    (2, "O'Neil & Sons (Pvt) Ltd", "0712-000-111 / 0242 700 800", "", "AF20"),
    (3, "Rudo <b>Ncube</b>", "", "rudo@post.example", ""),
    (4, "Søren Łukasz", "", "", ""),
    (5, "شركة النور", "", "", ""),
)


@pytest.fixture(scope="module")
def people() -> CustomerTexts:
    records = [
        {"partner_id": key, "commercial_partner_id": key, "name": name, "phone": phone, "email": email, "ref": ref}
        for key, name, phone, email, ref in PEOPLE
    ]
    records.append({"partner_id": 6, "commercial_partner_id": 2, "name": "Clerk Dube", "email": "clerk@neil.example"})
    return CustomerTexts.build(rows("customers", records))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("muller", [1]),
        ("MÜLLER", [1]),
        ("Farm Muller", [1]),
        ("mullers farm", [1]),
        ("mu\u0308ller", [1]),  # typed as u and two dots
        ("+263 772 123 456", [1]),
        ("0772123456", [1]),
        ("772\u2013123\u2013456", [1]),  # dashes as a word processor writes them
        ("+263\u00a0772\u00a0123\u00a0456", [1]),  # spaces as a spreadsheet writes them
        ("farm@MULLER", [1]),
        ("af-10", [1]),
        ("muller af-10", [1]),
        ("neil sons", [2]),
        ("O’Neil", [2]),
        ("oneil sons", [2]),
        ("sons o'neil pvt", [2]),
        ("0242 700800", [2]),
        ("clerk@neil", [2]),
        ("dube", [2]),
        ("<b>ncube", [3]),
        ("soren", [4]),
        ("lukasz søren", [4]),
        ("النور", [5]),
        ("neil muller", []),
        ("(.*", []),
        ("777", []),
        ("", []),
        ("   ", []),
        ("&", [2]),
    ],
)
def test_customers_are_found_however_they_are_written(people: CustomerTexts, text: str, found: list[int]) -> None:
    assert people.found(text).tolist() == found


PIECES = st.sampled_from(
    ["Müller", "farm", "o'neil", "sons", "AF-10", "af 20", "@", "dube", "0772", "123 456", "n", "&", " "]
)


@given(text=st.lists(PIECES, min_size=1, max_size=3).map(" ".join))
def test_whom_a_text_finds_are_those_that_any_reason_finds(people: CustomerTexts, text: str) -> None:
    commercial = people.customers["commercial_partner_id"].to_numpy()
    reasons = [commercial[mask] for _rank, _reason, mask in people.matches(text)]
    assert people.found(text).tolist() == sorted({int(key) for found in reasons for key in found})


@pytest.mark.parametrize(
    "ids", [[], [7], [5, 2, 5, 0], [10**15, 3, 10**15], [-4, 2, -4]], ids=["none", "one", "dense", "far", "negative"]
)
def test_ids_are_told_once_and_rising(ids: list[int]) -> None:
    assert distinct(np.array(ids, dtype=np.int64)).tolist() == sorted(set(ids))


def test_what_a_role_does_not_see_finds_nobody() -> None:
    blank = rows(
        "customers", [{"partner_id": 1, "commercial_partner_id": 1, "name": "Müller", "phone": "", "email": ""}]
    )
    people = CustomerTexts.build(blank)
    assert people.found("+263 772 123 456").tolist() == people.found("farm@muller").tolist() == []


TICKETS = pd.DataFrame(
    {
        "number": ["HT1", "#12", "HT3", "INV/2026/00012", "INV/2026/00120"],
        "subject": ["Antenne défectueuse", "Router of O'Neil", "No\nlink", "", "straße 9"],
    }
)
OWNERS = np.array([1, 0, 2, 1, 99])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("defectueuse", [0]),
        ("DÉFECT antenne", [0]),
        ("no link", [2]),
        ("#12", [1]),
        ("inv/2026/00012", [3]),
        ("inv 2026 00012", [3]),
        ("INV/2026", [3, 4]),
        ("o’neil router", [1]),
        ("strasse", [4]),
        ("", []),
        ("&", []),
        ("zzz", []),
    ],
)
def test_what_stands_in_a_row_goes_by_the_same_rule(text: str, found: list[int]) -> None:
    assert np.flatnonzero(texts_found(row_texts(TICKETS, ("number", "subject")), text)).tolist() == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("muller", [0, 3]),
        ("+263 772 123 456", [0, 3]),
        ("neil sons", [2]),
        ("neil", [1, 2]),
        ("muller antenne", [0]),  # one word of the customer, one of the ticket
        ("2026 farm", [3]),
        ("muller router", []),
        ("neil link", [2]),
        ("", []),
    ],
)
def test_a_row_is_found_by_its_customer_by_itself_or_by_both(
    people: CustomerTexts, text: str, found: list[int]
) -> None:
    texts = row_texts(TICKETS, ("number", "subject"))
    assert np.flatnonzero(Sought(people, text).rows(OWNERS, texts)).tolist() == found


def test_the_quick_way_of_ascii_and_the_long_way_say_the_same() -> None:
    texts = ["Plain text/2", "", "Élan & co", "a_b-C.d", "tab\tnew\nline", "9 ٣"]
    together = words_of(pa.array(texts)).to_pylist()
    apart = [words_of(pa.array([text]))[0].as_py() for text in texts]
    assert together == apart
    assert [" ".join(text.split()) for text in together] == [
        "plain text 2", "", "elan co", "a b c d", "tab new line", "9 ٣",
    ]  # fmt: skip
    sliced = pa.array(["left out", "Kept/1"], pa.large_string()).slice(1)
    assert words_of(sliced).to_pylist() == [" kept 1"]
    assert len(words_of(pa.array([], pa.large_string()))) == 0


def test_no_rows_and_no_customers_find_nothing() -> None:
    nobody = CustomerTexts.build(rows("customers"))
    assert nobody.found("muller").tolist() == []
    none = row_texts(TICKETS.iloc[:0], ("number", "subject"))
    assert Sought(nobody, "muller").rows(np.array([], dtype=np.int64), none).tolist() == []


def test_few_digits_are_no_telephone_number() -> None:
    assert phone_digits("77212") == phone_digits("INV/2026/0772123456") == phone_digits("") == ""
    assert folded_text("  ÉLAN\tCafé ") == "elan cafe"
