"""Which parts of a text are e-mail addresses and telephone numbers, and which only look alike."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pandas as pd
import pytest

from odoo_client.live import UNNAMED_AUTHOR, Conversation, Message, conversation_for
from odoo_client.personal import EMAIL_HIDDEN, PHONE_HIDDEN, column_without, without

ALL = frozenset({"phone", "email", "bank_reference"})


@pytest.mark.parametrize(
    "text",
    [
        "tendai@example.com", "Tendai.Moyo+bills@mail.example.co.zw", "TENDAI@EXAMPLE.COM", "тендай@пример.рф",
        "o'neill_2@example.org",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "write to {}.", "<{}>", "Moyo <{}>, thanks", "mailto:{}", "a\n{}\nb"])
def test_an_address_is_replaced_and_the_words_around_it_stay(text: str, around: str) -> None:
    shown = without(around.format(text), frozenset())
    assert "@" not in shown
    assert text.rpartition("@")[2] not in shown
    assert EMAIL_HIDDEN in shown
    assert shown.startswith(around.partition("{")[0][:5])


@pytest.mark.parametrize(
    "text",
    [
        "+263772123456", "+263 77 212 3456", "00263 772 123 456", "263772123456", "0772123456", "0772 123 456",
        "0772-123-456", "(0242) 123456", "0242 123 4567", "+27 (0)82 123 4567", "+1-202-555-0143",
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "call {} today.", "Tel: {}", "({})", "{}, or write"])
def test_a_telephone_number_is_replaced(text: str, around: str) -> None:
    shown = without(around.format(text), frozenset())
    assert PHONE_HIDDEN in shown
    assert not any(char.isdigit() for char in shown)


@pytest.mark.parametrize(
    "text",
    [
        "INV/2026/00012", "PBNK1/2026/00077", "2026-11-28 04:14", "01-02-2026 10:30", "28.11.2026", "USD 1,234,567.00",
        "FT26331XYZ0772123456", "192.168.100.254", "ticket #00012345", "MAC 00:1A:2B:3C:4D:5E",
        "serial 4857544312345678", "100 Mbps at 17:00", "@home", "user@host", "0.0772123456", "1/0772123456",
    ],
)  # fmt: skip
def test_references_dates_and_amounts_stay(text: str) -> None:
    assert without(text, frozenset()) == text


def test_each_kind_is_taken_out_by_itself() -> None:
    text = "0772 123 456 or a@b.example"
    assert without(text, frozenset({"email"})) == f"{PHONE_HIDDEN} or a@b.example"
    assert without(text, frozenset({"phone"})) == f"0772 123 456 or {EMAIL_HIDDEN}"
    assert without(text, ALL) == text


@pytest.mark.parametrize(
    "text", ["a@" * 10_000, "a." * 10_000 + "@" + "b." * 10_000, "+1" + " (" * 10_000, "0" * 20_000]
)
def test_no_text_takes_long(text: str) -> None:
    started = time.monotonic()
    without(text, frozenset())
    assert time.monotonic() - started < 2


def test_a_column_keeps_its_rows_and_type() -> None:
    texts = pd.Series(["slow line", "call 0772 123 456", "", "from a@b.example"], index=[3, 5, 8, 9], dtype="str")
    shown = column_without(texts, frozenset())
    assert shown.tolist() == ["slow line", f"call {PHONE_HIDDEN}", "", f"from {EMAIL_HIDDEN}"]
    assert (shown.dtype, list(shown.index)) == (texts.dtype, [3, 5, 8, 9])


def test_a_conversation_keeps_everything_else() -> None:
    message = Message(7, datetime(2026, 11, 28, tzinfo=UTC), "a@b.example", True, False, False, "0772 123 456", ())
    read = Conversation(1, "Reach me at a@b.example", (message,), (), cut=False)
    shown = conversation_for(read, frozenset())
    assert shown.description == f"Reach me at {EMAIL_HIDDEN}"
    assert (shown.messages[0].author, shown.messages[0].text) == (UNNAMED_AUTHOR, PHONE_HIDDEN)
    assert shown.messages[0].message_id == 7
    assert conversation_for(read, ALL) == read
