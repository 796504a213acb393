"""A bank reference and a document's number are found however they are typed, and nothing else is."""

from __future__ import annotations

import pytest

from odoo_client.metrics.references import letters_and_digits, names, normal_reference


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
