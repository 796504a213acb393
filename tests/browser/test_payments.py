"""A proof of payment from upload to a matched invoice, by two people in a browser, over a real Odoo."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from tests.browser.screenshots import click_row, pick_today, said_done, settled
from tests.browser.test_doors import Site, sign_in, site, visitor
from tests.contract.writers import invoice, mails, residual
from tests.real_odoo.staff import CLERK, SECOND

__all__ = ["site"]

pytestmark = [pytest.mark.browser, pytest.mark.odoo, pytest.mark.parametrize("site", ["odoo19"], indirect=True)]
PAYER = "Browser Payer"
#: So many letters after its label a tile's figure stands.
TILE_LETTERS = 120


def enter(page: Page, site: Site, file: Path, reference: str, number: str) -> None:
    """Fill the form with a proof for one invoice."""
    page.goto(f"{site.url}/payments?payments_show=Enter+a+proof")
    expect(page.get_by_role("heading", name="Payments", exact=True)).to_be_visible()
    settled(page)
    page.locator("input[type=file]").set_input_files(str(file))
    settled(page)
    page.get_by_role("searchbox", name="Customer").fill(PAYER)
    page.keyboard.press("Enter")
    settled(page)
    page.get_by_role("combobox", name="For invoice").click()
    page.get_by_role("option").filter(has_text=number).click()
    page.keyboard.press("Escape")
    settled(page)
    pick_today(page, page.get_by_test_id("stDateInputField"))
    page.get_by_role("textbox", name="Bank reference").fill(reference)
    page.keyboard.press("Enter")
    settled(page)


def overdue(page: Page, site: Site) -> str:
    """Return what the payer owes as their page says it."""
    page.goto(f"{site.url}/customers?find={PAYER.replace(' ', '+')}")
    settled(page)
    click_row(page)
    page.wait_for_url("**customer=**")
    settled(page)
    return page.get_by_test_id("stMain").inner_text()


def test_a_proof_goes_from_upload_over_a_second_person_to_a_paid_invoice_and_arrears_fall(
    site: Site, browser: Browser, tmp_path: Path
) -> None:
    drawn = Image.new("RGB", (400, 300), "white")
    ImageDraw.Draw(drawn).text((20, 20), "Transfer USD 145.00", fill="black")
    file, fake = tmp_path / "proof.pdf", tmp_path / "fake.pdf"
    drawn.save(file, "PDF")
    fake.write_bytes(b"<html><script>alert(1)</script></html>")
    partner = site.server.call(
        "res.partner", "create", {"name": PAYER, "email": "payer@example.com", "is_company": True}
    )
    bill = invoice(site.server, 145.0, partner)
    with visitor(browser) as (page, _sent):
        sign_in(page, site, CLERK)
        page.get_by_role("button", name="Refresh").click()
        settled(page)
        assert "USD 145.00" in overdue(page, site)
        # What is no proof is refused with a sentence, whatever it is called.
        page.goto(f"{site.url}/payments?payments_show=Enter+a+proof")
        settled(page)
        page.locator("input[type=file]").set_input_files(str(fake))
        expect(page.get_by_text("This file cannot be taken")).to_be_visible()
        enter(page, site, file, "FT26331XYZ", bill["name"])
        page.get_by_role("button", name="Send for approval").click()
        said_done(page)
        # The same file and reference again: said before it is sent, and sent only when somebody says so.
        enter(page, site, file, "FT 26331-xyz", bill["name"])
        expect(page.get_by_text("This very file has been used before")).to_be_visible()
        expect(page.get_by_text("This bank reference has been used before")).to_be_visible()
        expect(page.get_by_role("button", name="Send for approval")).to_be_disabled()
        # Who entered it cannot approve it.
        page.goto(f"{site.url}/payments?payment={draft(site, partner)}")
        settled(page)
        expect(page.get_by_text("You entered this payment")).to_be_visible()
        expect(page.get_by_role("button", name="Approve")).to_be_disabled()
        # Under review, it is no longer among what is to be chased.
        page.goto(f"{site.url}/arrears?q={PAYER.replace(' ', '+')}")
        settled(page)
        shown = page.get_by_test_id("stMain")
        for label, amount in (("Paid, waiting for us", "USD 145.00"), ("Net to chase", "USD 0.00")):
            tile = re.compile(f"{label}.{{0,{TILE_LETTERS}}}{re.escape(amount)}", re.DOTALL)
            expect(shown).to_have_text(tile, use_inner_text=True)
        assert residual(site.server, bill["id"]) == 145
    with visitor(browser) as (page, _sent):
        sign_in(page, site, SECOND, "/payments")
        page.goto(f"{site.url}/payments?payment={draft(site, partner)}")
        settled(page)
        expect(page.get_by_text("paid in full")).to_be_visible()
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("The ledger after it")).to_be_visible()
        settled(page)
        assert residual(site.server, bill["id"]) == 0
        page.goto(f"{site.url}/arrears?q={PAYER.replace(' ', '+')}")
        settled(page)
        expect(page.get_by_test_id("stMain")).not_to_contain_text("USD 145.00")
    assert mails(site.server, partner) == 0
    assert site.server.sql(
        "select count(*) from account_payment where partner_id = %s and state in ('paid', 'in_process')", [partner]
    ) == [(1,)]


def draft(site: Site, partner: int) -> int:
    """Return the payer's draft payment."""
    query = "select id from account_payment where partner_id = %s and state = 'draft' order by id desc limit 1"
    return int(site.server.sql(query, [partner])[0][0])
