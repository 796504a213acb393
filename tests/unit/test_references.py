"""A bank reference and a document's number are found however they are typed, and nothing else is."""

from __future__ import annotations

import pytest

from odoo_client.metrics.references import (
    holds_reference,
    letters_and_digits,
    names,
    normal_reference,
    same_reference,
    telling_parts,
)


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("ft 26331-abc", "FT26331ABC"),
        ("réf-12 é34", "RÉF12É34"),
        ("ref ß123", "REFSS123"),
        ("\u0645\u0631\u062c\u0639 12", "\u0645\u0631\u062c\u063912"),
        ("__--//", ""),
    ],
)
def test_a_reference_is_its_letters_and_digits_of_any_script(text: str, compared: str) -> None:
    assert letters_and_digits(text) == compared


def test_a_short_reference_means_nothing() -> None:
    assert (normal_reference("A-12"), normal_reference("A-123")) == ("", "A123")


@pytest.mark.parametrize(
    "text",
    ["INV/2026/00012", "pay inv 2026 00012", "for INV-2026_00012, thanks", "INV/2026/00012 21 Nov", "xinv202600012"],
)
def test_a_number_is_named_however_it_is_spaced(text: str) -> None:
    assert names("INV/2026/00012", text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("INV/2026/10000", "INV/2026/100001"),
        ("INV/2026/1", "payment INV/2026/12"),
        ("2026/0007", "12026/0007"),
        ("INV/2026/1", ""),
        ("", "INV/2026/1"),
        ("///", "INV/2026/1"),
    ],
)
def test_a_longer_number_names_another_document(number: str, text: str) -> None:
    assert not names(number, text)


@pytest.mark.parametrize(
    "text", ["FT26331ABC", "INV/2026/00012 ft-26331 abc", "CBZ FT26331ABC.", "On account FT26331ABC -"]
)
def test_a_text_is_found_by_the_reference_and_by_more_than_it(text: str) -> None:
    for typed in ("FT26331ABC", "CBZ FT26331ABC", "cbz-ft 26331 abc, Moyo"):
        assert holds_reference(text, normal_reference(typed))


@pytest.mark.parametrize("text", ["", "On account", "payment", "ABC", "CBZ", "12345", "A-123", "Moyo", "-"])
def test_a_mere_word_or_a_short_text_is_no_part_of_a_reference(text: str) -> None:
    assert not holds_reference(text, normal_reference("CBZ payment on account A-123 12345 Moyo"))


def test_nothing_is_found_by_no_reference() -> None:
    assert not holds_reference("FT26331ABC", normal_reference("A-1"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("FT26331ABC", "CBZFT26331ABC", True),
        ("CBZFT26331ABC", "FT26331ABC", True),
        ("A123", "A123", True),
        ("A1234", "CBZA1234", False),
        ("TRANSFER", "TRANSFER26331", False),
        ("", "FT26331ABC", False),
        ("", "", False),
    ],
)
def test_references_are_one_when_one_stands_in_the_other(one: str, other: str, same: bool) -> None:
    assert same_reference(one, other) is same


def test_the_parts_that_tell_a_reference_are_looked_for_as_typed() -> None:
    assert telling_parts("CBZ-FT26331ABC for INV/2026/00012") == ["CBZ-FT26331ABC", "INV/2026/00012", "FT26331ABC"]
    assert telling_parts("transfer 12345 CBZ") == []
