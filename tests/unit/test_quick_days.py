"""The days people say on the telephone, and numbers and addresses that become links."""

from __future__ import annotations

from datetime import date

import pytest

from pages.ui.links import mail_url, phone_url, whatsapp_url
from pages.ui.promises.days import quick_days


@pytest.mark.parametrize(
    ("today", "tomorrow", "friday", "monday", "month_end"),
    [
        # Monday, Thursday and Friday: "Friday" said on a Friday is the next one.
        ((2026, 11, 30), (2026, 12, 1), (2026, 12, 4), (2026, 12, 7), (2026, 12, 31)),
        ((2026, 12, 3), (2026, 12, 4), (2026, 12, 4), (2026, 12, 7), (2026, 12, 31)),
        ((2026, 12, 4), (2026, 12, 5), (2026, 12, 11), (2026, 12, 7), (2026, 12, 31)),
        ((2026, 12, 31), (2027, 1, 1), (2027, 1, 1), (2027, 1, 4), (2027, 1, 31)),
        ((2028, 2, 28), (2028, 2, 29), (2028, 3, 3), (2028, 3, 6), (2028, 2, 29)),
        ((2028, 1, 31), (2028, 2, 1), (2028, 2, 4), (2028, 2, 7), (2028, 2, 29)),
    ],
)
def test_each_quick_day_is_after_today(
    today: tuple[int, int, int],
    tomorrow: tuple[int, int, int],
    friday: tuple[int, int, int],
    monday: tuple[int, int, int],
    month_end: tuple[int, int, int],
) -> None:
    assert quick_days(date(*today)) == {
        "Tomorrow": date(*tomorrow),
        "Friday": date(*friday),
        "Monday": date(*monday),
        "Month end": date(*month_end),
    }


@pytest.mark.parametrize(
    "text", ["+263 77 212 3456", "0772 123 456", "772123456", "00263772123456", "+263 (0)772123456"]
)
def test_a_mobile_number_is_dialled_and_written_to(text: str) -> None:
    assert phone_url(text) == "tel:+263772123456"
    assert whatsapp_url(text) == "https://wa.me/263772123456"


@pytest.mark.parametrize(
    ("text", "dialled"),
    [
        ("+263 242 700 001", "tel:+263242700001"),
        ("+27 82 123 4567", "tel:+27821234567"),
        ("0772 123 4567", "tel:+2637721234567"),
    ],
)
def test_any_other_number_is_dialled_alone(text: str, dialled: str) -> None:
    assert phone_url(text) == dialled
    assert whatsapp_url(text) == ""


@pytest.mark.parametrize(
    "text", ["", "n/a", "0772", "077 212 3456 (Tendai)", "0772123456/0773123456 ", "](javascript:x)"]
)
def test_what_is_no_number_is_no_link(text: str) -> None:
    assert phone_url(text) == whatsapp_url(text) == ""


def test_an_address_is_written_to_and_carries_nothing_else() -> None:
    assert mail_url("a.b@c.example") == "mailto:a.b@c.example"
    assert mail_url("a?bcc=x@c.example") == "mailto:a%3Fbcc%3Dx@c.example"
    assert mail_url("a)[x](y@c.example") == "mailto:a%29%5Bx%5D%28y@c.example"
    assert mail_url("a@c.example, b@c.example") == ""
    assert mail_url("nobody") == mail_url("") == ""
