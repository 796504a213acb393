"""Which parts of a text are e-mail addresses and telephone numbers, and which only look alike."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pandas as pd
import pytest

from odoo_client.live.conversations import UNNAMED_AUTHOR, Attachment, Conversation, Message, conversation_for
from odoo_client.live.customers import PartnerFields, fields_for
from odoo_client.live.tickets import HIDDEN, Readers, readers_for
from odoo_client.people.redaction import EMAIL_HIDDEN, PHONE_HIDDEN, column_without, without

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


#: How people write telephone numbers, in nothing else the same: signs and groups, a country or none, other scripts.
PHONES = (
    *("+263772123456", "+263 77 212 3456", "+263-77-212-3456", "+263.772.123.456", "+263/77/2123456"),
    *("+ 263 772 123 456", "(+263) 772123456", "+(263) 772123456", "(263)772123456", "+263 (0) 77 212 3456"),
    *("+263(0)772123456", "263 (0) 772 123 456", "263772123456", "263-772-123-456", "00263 772 123 456"),
    *("00 263 772 123 456", "00-263-772-123456", "011 263 772 123 456", "+263 242 123456", "+263 4 123456"),
    *("0772123456", "0772 123 456", "0772-123-456", "0772.123.456", "0772_123_456", "0772/123/456", "0772/123456"),
    *("0772,123,456", "0772*123*456", "0772\u2022123\u2022456", "077-2123-456", "07 72 12 34 56"),
    *("0 7 7 2 1 2 3 4 5 6", "(077) 2123456", "(0)772123456", "O772123456", "0772\t123\t456"),
    *("077 212 34 56", "077\u00a0212\u00a034\u00a056", "0772\u2009123\u202f456", "0772\u200b123\u200b456"),
    *("077\u00ad2123456", "0772\u2013123\u2013456", "0772\u2011123\u2011456", "0772\u2212123\u2212456"),
    *("\uff10\uff17\uff17\uff12\uff11\uff12\uff13\uff14\uff15\uff16", "\u0660\u0667\u0667\u0662\u0661\u0662\u0663"
      "\u0664\u0665\u0666", "\uff0b263772123456", "\ufe0f\u20e3".join("0772123456")),
    *("772123456", "772 123 456", "77 212 3456", "77-212-3456", "772.123.456"),
    *("(0242) 123456", "0242 123 4567", "0242-123456", "(04) 123456", "04-123456", "08644123456", "08677 123 456"),
    *("+27 (0)82 123 4567", "+27821234567", "0821234567", "+1-202-555-0143", "+1 (202) 555-0143", "+1.202.555.0143"),
    *("+44 20 7946 0958", "0044 20 7946 0958"),
    *("0772123456/0773123457", "0772123456,0773123457", "0772123456-0773123457", "0772123456 0773123457"),
    *("0772123456;0773123457", "0772123456&0773123457", "0772 123 456 or 0773 123 457", "0242123456/0242123457"),
    *("772123456/773123457", "wa.me/263772123456", "https://wa.me/+263772123456", "tel:+263772123456"),
    *("whatsapp://send?phone=%2B263772123456", "tel:%2B263%20772%20123%20456", "#0772123456", "_0772123456_"),
    *("Tel.0772123456", "cell0772123456", "Moyo-0772123456", "Moyo,0772123456", "proof_0772123456.pdf"),
    *("0772123456home", "0772123456@s.whatsapp.net"),
)  # fmt: skip


@pytest.mark.parametrize("text", PHONES, ids=ascii)
def test_a_telephone_number_is_replaced_however_it_is_written(text: str) -> None:
    for around in ("{}", "call {} today.", "Tel: {}", "({})", "{}, or write", "Moyo <{}>", "a\n{}\nb", "x;{};y"):
        shown = without(around.format(text), {"email"})
        assert PHONE_HIDDEN in shown
        # "%2B" is how an address of the web writes a plus.
        assert not any(char.isdigit() for char in shown.replace("%2", "")), shown
        column = column_without(pd.Series(["", around.format(text)], dtype="str"), {"email"})
        assert column.tolist() == ["", shown]


@pytest.mark.parametrize(
    "text",
    [
        "tendai @ example.com", "tendai@ example.com", "tendai @example.com", "tendai (at) example.com",
        "tendai(at)example(dot)com", "tendai[at]example[dot]com", "tendai{at}example.com",
        "tendai at example dot com", "tendai AT example DOT co DOT zw", "tendai\uff20example.com",
        "tendai@example\uff0ecom", "tendai%40example.com", "tendai&#64;example.com", '"tendai moyo"@example.com',
        "tendai@[192.168.0.1]", "tendai@example,com", "tendai@gmail", "ten\u200bdai@exam\u00adple.com",
        "mailto:tendai%40example.com", "https://x.example/?to=tendai@example.com",
    ],
    ids=ascii,
)  # fmt: skip
def test_an_address_is_replaced_however_it_is_written(text: str) -> None:
    for around in ("{}", "write to {}.", "<{}>", "Moyo <{}>, thanks", "a\n{}\nb"):
        shown = without(around.format(text), {"phone"})
        assert EMAIL_HIDDEN in shown
        assert not any(part in shown.lower() for part in ("tendai", "dai@", "example.co", "example dot", "example,co"))
        column = column_without(pd.Series(["", around.format(text)], dtype="str"), {"phone"})
        assert column.tolist() == ["", shown]


def test_what_stands_behind_a_number_stays() -> None:
    assert without("+263772123456 28.11.2026", frozenset()) == f"{PHONE_HIDDEN} 28.11.2026"
    assert without("0772123456, 45.00 paid", frozenset()) == f"{PHONE_HIDDEN}, 45.00 paid"
    assert without("0772 123 456 (home)", frozenset()) == f"{PHONE_HIDDEN} (home)"


@pytest.mark.parametrize(
    "text",
    [
        "INV/2026/00012", "PBNK1/2026/00077", "2026-11-28 04:14", "01-02-2026 10:30", "28.11.2026", "USD 1,234,567.00",
        "FT26331XYZ0772123456", "192.168.100.254", "ticket #00012345", "MAC 00:1A:2B:3C:4D:5E",
        "serial 4857544312345678", "100 Mbps at 17:00", "@home", "user@host", "0.0772123456", "1/0772123456",
        "MAC 00-11-22-33-44-55", "100 Mbps @ 17.30", "rate 0.712345678", "07/11/2026 0800", "12 07 2026 1030",
        "07-11-26 1030", "08.11.2026 07:30", "5/07/2026 0800", "2026-07-11 0800", "INV/2026/07/0772123", "S00077",
        "MP240117.1203.A81243", "263 450 000", "USD 772,123,456.00", "0001 0002 0003", "#0001234567", "20261128073012",
        "look at example.com", "IMEI 356938035643809", "lat -17.8252, 31.0335", "0700-1700 2026", "ZTEGC0772A8F1",
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
    "text",
    [
        "a@" * 10_000,
        "a." * 10_000 + "@" + "b." * 10_000,
        "+1" + " (" * 10_000,
        "0" * 20_000,
        "0 " * 10_000,
        "0772123456/" * 3_000,
        "263" * 7_000,
        "(0" * 10_000,
        "a at " * 5_000,
        '"a' * 10_000 + "@b.c",
        "\uff10" * 20_000,
    ],
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
    file = Attachment(5, "proof 0772123456.pdf", 10, "application/pdf")
    moment = datetime(2026, 11, 28, tzinfo=UTC)
    message = Message(7, moment, "a@b.example", True, False, False, "0772 123 456", (file,))
    other = Message(8, moment, "Moyo 0772 123 456", True, False, False, "", ())
    read = Conversation(1, "Reach me at a@b.example", (message, other), (file,), cut=False)
    shown = conversation_for(read, frozenset())
    assert shown.description == f"Reach me at {EMAIL_HIDDEN}"
    assert (shown.messages[0].author, shown.messages[0].text) == (UNNAMED_AUTHOR, PHONE_HIDDEN)
    assert shown.messages[0].message_id == 7
    assert shown.messages[1].author == f"Moyo {PHONE_HIDDEN}"
    files = (*shown.attachments, *shown.messages[0].attachments)
    assert [(one.attachment_id, one.name) for one in files] == [(5, f"proof {PHONE_HIDDEN}.pdf")] * 2
    assert conversation_for(read, ALL) == read


def test_whom_a_message_reaches_is_told_without_their_address() -> None:
    readers = Readers("Moyo 0772 123 456", "moyo@example.com", ("rudo@example.com", "Tariro"))
    assert readers_for(readers, frozenset()) == Readers(f"Moyo {PHONE_HIDDEN}", HIDDEN, (EMAIL_HIDDEN, "Tariro"))
    assert readers_for(readers, ALL) == readers
    assert readers_for(Readers("Moyo"), frozenset()) == Readers("Moyo")


def test_a_form_has_no_field_with_what_may_not_be_seen_so_that_no_word_for_it_is_saved() -> None:
    values = {"name": "Moyo 0772 123 456", "email": "m@x.example", "phone": "1", "mobile": "2", "city": "Harare"}
    read = PartnerFields(3, values, "")  # type: ignore[arg-type]
    assert fields_for(read, frozenset()).values == {"city": "Harare"}
    assert set(fields_for(read, frozenset({"phone"})).values) == {"name", "phone", "mobile", "city"}
    assert fields_for(read, ALL) == read
