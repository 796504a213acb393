"""Sign-in, roles and scope on real Odoo, in a browser: what each person may open, and what their browser is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, expect

from odoo_client.roles import DEFAULT_ROLES
from odoo_client.roles import PAGES as NAMES
from pages.ui.menu import PAGES
from tests.app.conftest import environment, of_odoo
from tests.app.test_startup import served, wait_until_read
from tests.browser.screenshots import follow, menu_names, open_menu, settled
from tests.real_odoo import staff as people
from tests.real_odoo.server import RealOdoo
from tests.real_odoo.staff import Member

pytestmark = [pytest.mark.browser, pytest.mark.odoo]
REFUSED = "Not yours to open"
#: Kind of personal data → those of customers with invoices; references are told from words of the app by their length.
PERSONAL_SQL = {
    kind: f"select distinct p.{kind} from res_partner p join account_move m on m.partner_id = p.id "
    f"where length(p.{kind}) > 6 and m.move_type = 'out_invoice'"
    for kind in ("phone", "email")
} | {"bank_reference": "select distinct memo from account_payment where length(memo) > 20"}
#: What does not depend on Odoo's version is tried on one.
ON_19 = pytest.mark.parametrize("site", ["odoo19"], indirect=True)


@dataclass(frozen=True)
class Site:
    """The dashboard over a real Odoo that has staff."""

    url: str
    server: RealOdoo


@dataclass
class Sent:
    """Everything a browser got over its websockets."""

    parts: list[bytes] = field(default_factory=list)

    def has(self, text: str) -> bool:
        return any(text.encode() in part for part in self.parts)


@pytest.fixture(scope="module", params=["odoo19", "odoo14"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    server: RealOdoo = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp("doors")
    with server.copy() as copy:
        people.hire(copy)
        settings = of_odoo(copy.url, copy.database, copy.username, copy.password, folder)
        with served(environment(**settings)) as url:
            wait_until_read(url)
            yield Site(url, copy)


@contextmanager
def visitor(browser: Browser, *, agent: str | None = None) -> Iterator[tuple[Page, Sent]]:
    """A browser of its own, with what it is sent."""
    context = browser.new_context(locale="en-GB", user_agent=agent)
    sent = Sent()
    page = context.new_page()
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived", lambda data: sent.parts.append(data if isinstance(data, bytes) else data.encode())
        ),
    )
    try:
        yield page, sent
    finally:
        context.close()


def sign_in(page: Page, site: Site, member: Member, path: str = "/") -> None:
    page.goto(f"{site.url}{path}")
    page.get_by_label("Login").fill(member.login)
    page.get_by_label("Password or API key").fill(member.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".st-key-menu")).to_be_visible()


def opened_by(member: Member) -> set[str]:
    return {page for role in member.roles for page in DEFAULT_ROLES[role].pages}  # type: ignore[index]


@pytest.mark.parametrize("member", people.STAFF, ids=lambda member: member.login)
def test_each_person_opens_their_pages_by_link_and_is_refused_the_others_by_address(
    site: Site, browser: Browser, member: Member
) -> None:
    mine = opened_by(member)
    with visitor(browser) as (page, _sent):
        sign_in(page, site, member)
        assert sorted(menu_names(page)) == sorted(PAGES[name][0] for name in mine)
        for name in NAMES:
            if name in mine:
                follow(page, PAGES[name][0])
            else:
                page.goto(f"{site.url}/{name}")
                expect(page.get_by_role("heading", name=PAGES[name][0], exact=True)).to_be_visible()
            # Where figures are shown it is said how old they are; a refused page says only that.
            opened, refused = page.locator(".st-key-freshness"), page.get_by_text(REFUSED)
            expect(opened if name in mine else refused).to_be_visible()
            expect(refused if name in mine else opened).to_have_count(0)
            may_export = any("export" in DEFAULT_ROLES[role].actions for role in member.roles)  # type: ignore[index]
            if not may_export:
                settled(page)
                assert page.locator(".st-key-export_menu").count() == 0
                assert page.get_by_role("button", name="CSV of").count() == 0


@ON_19
@pytest.mark.parametrize("member", [people.MANAGER, people.SUPPORT, people.FINANCE], ids=lambda member: member.login)
def test_personal_data_reaches_only_a_browser_whose_person_may_have_it(
    site: Site, browser: Browser, member: Member
) -> None:
    known = {
        kind: [str(value) for (value,) in site.server.sql(query) if value not in shown_to_all(site)]
        for kind, query in PERSONAL_SQL.items()
    }
    assert min(map(len, known.values())) > 2, known
    allowed = {kind for role in member.roles for kind in DEFAULT_ROLES[role].personal}  # type: ignore[index]
    with visitor(browser) as (page, sent):
        sign_in(page, site, member)
        for name in sorted(opened_by(member)):
            follow(page, PAGES[name][0])
            settled(page)
        for path in ["customers?find=a", *some_customers(site)]:
            page.goto(f"{site.url}/{path}")
            settled(page)
        for kind, values in known.items():
            found = [value for value in values if sent.has(value)]
            if kind in allowed:
                assert found, kind
            else:
                assert not found, kind


def shown_to_all(site: Site) -> set[str]:
    """Addresses of staff and companies, which are nobody's personal data here."""
    rows = site.server.sql(
        "select p.email, p.phone from res_partner p where p.id in (select partner_id from res_users "
        "union select partner_id from res_company)"
    )
    return {value for row in rows for value in row if value}


def some_customers(site: Site) -> list[str]:
    rows = site.server.sql(
        "select m.commercial_partner_id from account_payment a join account_move m on m.partner_id = a.partner_id "
        "where a.memo is not null and m.move_type = 'out_invoice' group by 1 order by count(*) desc, 1 limit 3"
    )
    return [f"customers?customer={partner_id}" for (partner_id,) in rows]


@ON_19
def test_two_sessions_at_once_never_share_a_row(site: Site, browser: Browser) -> None:
    owing = site.server.sql(
        "select m.company_id, array_agg(distinct p.name) from account_move m "
        "join res_partner p on p.id = m.commercial_partner_id "
        "where m.state = 'posted' and m.move_type = 'out_invoice' and m.amount_residual > 0 "
        "group by m.company_id order by m.company_id"
    )
    (_first, ours), (_second, theirs) = owing
    only_first = [name for name in ours if name not in theirs]
    only_second = [name for name in theirs if name not in ours]
    assert only_first
    with visitor(browser) as (one, sent_one), visitor(browser) as (two, sent_two):
        sign_in(one, site, people.FINANCE)
        sign_in(two, site, people.OTHER)
        for path in ("arrears", "billing"):
            for page in (one, two):
                page.goto(f"{site.url}/{path}")
            for page in (one, two):
                settled(page)
        assert any(sent_one.has(name) for name in only_first)
        assert not any(sent_two.has(name) for name in only_first)
        assert any(sent_two.has(name) for name in only_second or theirs)


def test_a_session_lives_through_a_reload_and_in_a_second_tab_and_ends_in_both(site: Site, browser: Browser) -> None:
    with visitor(browser) as (page, _sent):
        sign_in(page, site, people.FINANCE, "/arrears?q=a")
        assert page.url.startswith(f"{site.url}/arrears?q=a")
        cookie = next(one for one in page.context.cookies() if one["name"] == "afinet_session")
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        page.reload()
        expect(page.locator(".st-key-menu")).to_be_visible()
        tab = page.context.new_page()
        tab.goto(f"{site.url}/billing")
        expect(tab.locator(".st-key-menu")).to_be_visible()
        open_menu(tab)
        tab.get_by_role("button", name="Sign out").click()
        expect(tab.get_by_text("You are signed out. Sign in again.")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Login")).to_be_visible()
        expect(page.get_by_text("You are signed out. Sign in again.")).to_be_visible()
        # The old cookie, put back by somebody who kept it, opens nothing.
        page.context.add_cookies([cookie])
        page.goto(f"{site.url}/arrears")
        expect(page.get_by_label("Login")).to_be_visible()


@ON_19
def test_a_stolen_cookie_opens_nothing_in_another_browser(site: Site, browser: Browser) -> None:
    with visitor(browser) as (page, _sent):
        sign_in(page, site, people.FINANCE)
        cookies = page.context.cookies()
        with visitor(browser, agent="Another Browser/1.0") as (thief, _got):
            thief.context.add_cookies(cookies)  # type: ignore[arg-type]
            thief.goto(f"{site.url}/arrears")
            expect(thief.get_by_label("Login")).to_be_visible()
        page.reload()
        expect(page.locator(".st-key-menu")).to_be_visible()


@ON_19
def test_somebody_else_signing_in_in_a_second_tab_is_who_both_tabs_show(site: Site, browser: Browser) -> None:
    with visitor(browser) as (page, _sent):
        sign_in(page, site, people.FINANCE)
        before = {one["value"] for one in page.context.cookies() if one["name"] == "afinet_session"}
        tab = page.context.new_page()
        sign_in(tab, site, people.SUPPORT, "/sign-in")
        after = {one["value"] for one in page.context.cookies() if one["name"] == "afinet_session"}
        assert before != after
        # The first tab's session ended with it: it says so instead of showing two people's figures side by side.
        page.get_by_test_id("stTopNavLink").filter(has_text="Arrears").click()
        expect(page.get_by_text("You are signed out. Sign in again.")).to_be_visible()


def test_a_wrong_password_and_a_portal_user_read_the_same_sentence(site: Site, browser: Browser) -> None:
    with visitor(browser) as (page, _sent):
        sentences = []
        for login, password in ((people.FINANCE.login, "wrong"), (people.PORTAL.login, people.PORTAL.password)):
            page.goto(f"{site.url}/sign-in")
            page.get_by_label("Login").fill(login)
            page.get_by_label("Password or API key").fill(password)
            page.get_by_role("button", name="Sign in").click()
            alert = page.get_by_role("alert")
            expect(alert).to_be_visible()
            sentences.append(alert.inner_text())
        assert len(set(sentences)) == 1
        assert "two-factor" in sentences[0]


@ON_19
def test_no_page_breaks_its_content_policy(site: Site, browser: Browser) -> None:
    with visitor(browser) as (page, _sent):
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        sign_in(page, site, people.ADMINISTRATOR)
        for name in NAMES:
            follow(page, PAGES[name][0])
            settled(page)
        assert not [line for line in said if "Content Security Policy" in line]
