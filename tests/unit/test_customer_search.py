"""Finding a customer by what people know of it, best match first, and why it was found."""

from __future__ import annotations

import pytest

from odoo_client.customer.search import SearchIndex, lookup, search
from odoo_client.errors import CustomerLookupError
from odoo_client.metrics.text_search import phone_digits
from tests.builders import USD, Ledger


def provider() -> Ledger:
    book = Ledger()
    for partner_id, name, more in (
        (1, "Tendai Moyo", {"ref": "AF10055", "email": "tendai@post.example", "phone": "+263 77 212 3456"}),
        (2, "Moyo Holdings (Pvt) Ltd", {"ref": "AF2", "email": "info@moyo.example", "is_company": True}),
        (3, "Archived Moyo", {"ref": "AF3", "active": False, "phone": "0774000111"}),
        (4, "Chloë Müller-Søn", {"ref": "AF4", "email": "chloe@mail.example"}),
        (5, "شركة النور", {"ref": "AF5"}),
        (6, "=1+1 <b>Trading</b>", {"ref": "AF6", "email": "odd@mail.example"}),
        (7, "Komoyo Stores", {"ref": "AF7"}),
    ):
        book.customer(partner_id, name, customer_rank=1, **more)
    book.customer(
        20, "Accounts Clerk", commercial_partner_id=2, parent_id=2, email="clerk@moyo.example", phone="0712 999 888"
    )
    book.customer(30, "Odoo's own supplier", email="supplier@example.com")
    for number, (owner, name) in enumerate(((1, "INV/2026/00012"), (2, "INV/2026/00123"), (1, "INV/2026/01234"))):
        book.invoice(owner, 10.0, None, move_id=None)
        book.frames["invoices"][number]["name"] = name
    shared = {"company_id": 1, "currency_id": USD}
    book.frames["tickets"] += [
        {"ticket_id": 1, "number": "HT00077", "partner_id": 20, "commercial_partner_id": 2, "company_id": 1},
        {"ticket_id": 12, "number": "#12", "partner_id": 4, "commercial_partner_id": 4, "company_id": 2},
        {"ticket_id": 13, "number": "#13", "company_id": 1},
    ]
    book.frames["orders"].append({"order_id": 5, "name": "S00005", "commercial_partner_id": 7} | shared)
    book.frames["payments"].append({"payment_id": 6, "name": "PBNK1/2026/9", "commercial_partner_id": 7} | shared)
    return book


@pytest.fixture(scope="module")
def index() -> SearchIndex:
    return SearchIndex.build(provider().snapshot())


def ids(index: SearchIndex, text: str, **more: object) -> list[int]:
    return search(index, text, **more).partner_ids().tolist()  # type: ignore[arg-type]


def why(index: SearchIndex, text: str) -> list[tuple[int, str, str]]:
    table = search(index, text).rows()
    return list(zip(table["partner_id"].tolist(), table["reason"], table["contact"], strict=True))


@pytest.mark.parametrize(
    ("text", "partner_id", "reason"),
    [
        ("AF10055", 1, "account reference"),
        ("af10055 ", 1, "account reference"),
        ("TENDAI@post.example", 1, "e-mail"),
        ("inv/2026/00012", 1, "invoice INV/2026/00012"),
        ("HT00077", 2, "ticket HT00077"),
        ("#12", 4, "ticket #12"),
        ("12", 4, "ticket #12"),
        ("s00005", 7, "order S00005"),
        ("PBNK1/2026/9", 7, "payment PBNK1/2026/9"),
    ],
)
def test_what_is_typed_exactly_comes_first_with_its_reason(
    index: SearchIndex, text: str, partner_id: int, reason: str
) -> None:
    assert why(index, text)[0] == (partner_id, reason, "")


@pytest.mark.parametrize(
    "text", ["0772123456", "0772 123 456", "+263 77 212 3456", "00263772123456", "772-123-456", "2123456"]
)
def test_a_telephone_number_is_found_however_it_is_written(index: SearchIndex, text: str) -> None:
    assert why(index, text) == [(1, "phone", "")]


def test_a_number_stored_without_country_code_is_found_by_one_with_it(index: SearchIndex) -> None:
    assert ids(index, "+263 774 000 111") == [3]


def test_few_digits_are_no_telephone_number() -> None:
    assert phone_digits("77212") == ""
    assert phone_digits("INV/2026/0772123456") == ""
    assert phone_digits("") == ""


def test_names_rank_by_start_then_words_then_parts_and_archived_after_active(index: SearchIndex) -> None:
    assert ids(index, "moyo") == [2, 1, 3, 7]
    found = search(index, "moyo").rows()
    assert found["active"].tolist() == [True, True, False, True]


def test_the_words_of_a_name_are_found_in_any_order(index: SearchIndex) -> None:
    assert ids(index, "moyo tendai") == [1]
    assert ids(index, "mo te") == [1]
    assert ids(index, "hold moyo")[0] == 2


def test_case_and_accents_do_not_count(index: SearchIndex) -> None:
    for text in ("chloe muller", "CHLOË MÜLLER", "müller-søn", "MULLER"):
        assert ids(index, text) == [4], text
    assert ids(index, "النور") == [5]


def test_a_contact_leads_to_its_customer_and_is_named(index: SearchIndex) -> None:
    assert why(index, "clerk@moyo.example") == [(2, "e-mail", "Accounts Clerk")]
    assert why(index, "accounts cl") == [(2, "name", "Accounts Clerk")]
    assert why(index, "0712999888") == [(2, "phone", "Accounts Clerk")]


def test_the_customer_s_own_name_is_the_reason_before_its_contact_s(index: SearchIndex) -> None:
    assert why(index, "moyo.example")[0] == (2, "e-mail", "")


def test_part_of_a_number_finds_what_contains_it_the_newest_first(index: SearchIndex) -> None:
    assert set(why(index, "0123")) == {(1, "invoice INV/2026/01234", ""), (2, "invoice INV/2026/00123", "")}
    assert why(index, "2026/0")[0][1].startswith("invoice INV/2026/0")


def test_two_signs_do_not_look_into_document_numbers(index: SearchIndex) -> None:
    assert not any(reason.startswith("invoice") for _, reason, _ in why(index, "01"))


def test_text_that_looks_like_a_pattern_is_only_text(index: SearchIndex) -> None:
    assert ids(index, "=1+1 <b>") == [6]
    for text in (".*", "[", "%", "\\", "'; drop table", "(", "💥", "a" * 5000):
        assert ids(index, text) in ([], [2], [6]), text
    assert ids(index, "(") == [2], "as in Moyo Holdings (Pvt) Ltd"


def test_no_text_gives_every_customer_and_nobody_else(index: SearchIndex) -> None:
    found = search(index, "  ").rows()
    assert sorted(found["partner_id"]) == [1, 2, 3, 4, 5, 6, 7]
    assert found["partner_id"].iloc[-1] == 3, "archived ones come last"
    assert set(found["reason"]) == {""}


def test_someone_who_never_was_a_customer_is_found_by_name_but_comes_after_customers(index: SearchIndex) -> None:
    assert ids(index, "supplier") == [30]


def test_a_company_s_choice_hides_the_other_s_documents(index: SearchIndex) -> None:
    assert ids(index, "#12", company_ids={1}) == []
    assert ids(index, "#12", company_ids={2}) == [4]
    assert ids(index, "", company_ids={2}) == [6, 4, 5, 3], "and those without any record, who belong to none"


def test_a_customer_of_another_company_is_not_shown() -> None:
    book = Ledger()
    book.customer(1, "Shared", customer_rank=1)
    book.customer(2, "Wireless only", company_id=2, customer_rank=1)
    index = SearchIndex.build(book.snapshot())
    assert ids(index, "", company_ids={1}) == [1]
    assert ids(index, "wireless", company_ids={1}) == []
    assert ids(index, "wireless") == [2]


def test_an_empty_snapshot_finds_nobody() -> None:
    index = SearchIndex.build(Ledger().snapshot())
    for text in ("", "moyo", "0772123456", "INV/2026"):
        assert len(search(index, text)) == 0
        assert search(index, text).rows().empty


def test_a_ticket_without_customer_finds_nobody(index: SearchIndex) -> None:
    assert ids(index, "#13") == []


def test_lookup_takes_an_email_or_a_reference_whatever_the_case() -> None:
    source = provider().snapshot()
    assert lookup(source, "Tendai@POST.example") == 1
    assert lookup(source, " af10055") == 1
    assert lookup(source, "clerk@moyo.example") == 2, "a contact's e-mail is its customer's"


@pytest.mark.parametrize("text", ["nobody@example.com", "", "tendai", "%"])
def test_lookup_of_nobody_is_a_sentence(text: str) -> None:
    with pytest.raises(CustomerLookupError, match="No customer in the stored copy has the e-mail or account reference"):
        lookup(provider().snapshot(), text)


def test_lookup_of_several_lists_them() -> None:
    book = provider()
    book.customer(8, "Rudo Moyo", email="info@moyo.example")
    with pytest.raises(CustomerLookupError) as caught:
        lookup(book.snapshot(), "info@moyo.example")
    assert caught.value.candidates == (
        "Moyo Holdings (Pvt) Ltd (AF2, Odoo id 2)",
        "Rudo Moyo (no account reference, Odoo id 8)",
    )
    assert all(one in str(caught.value) for one in caught.value.candidates)
