"""The Tickets page: tiles that equal the queue they open, filters in the address, one ticket read live, a wallboard."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from streamlit.elements.lib import policies
from streamlit.testing.v1 import AppTest

from odoo_client.config import Settings
from odoo_client.demo import DemoServer, demo_settings
from odoo_client.metrics.registry import metric
from odoo_client.people.access import Person, frames_of
from odoo_client.store.snapshot import FrameInfo, Snapshot
from odoo_client.sync.background import SyncRunner
from odoo_client.sync.run import run_sync
from pages.ui.session import backend
from pages.ui.session.backend import Backend
from tests.app.conftest import HARARE, TODAY, Stage, alerts, books, read_now, real, table, tiles
from tests.app.whole_books import whole
from tests.builders import ZWG, Ledger, empty_frames
from tests.demo_worlds import own

PAGE = "tickets.py"
CHARTS = {"ticket_view": "Charts"}
#: The figures that stand with the charts.
REST = ("First response", "Resolution")
NOW = datetime.now(UTC)
TODAY_AT = datetime.combine(TODAY, datetime.min.time(), HARARE) + timedelta(seconds=1)
SANDRA, BRIAN = 5, 6
NEW, WORKING, ASKED, SOLVED, CANCELLED = 1, 2, 3, 4, 5


def ago(hours: float) -> datetime:
    # Of the moment of the call: a long run of tests must not make a ticket older.
    return datetime.now(UTC) - timedelta(hours=hours)


def desk(*, messages: bool = True) -> Ledger:
    """Seven open tickets and four closed ones of the provider's customers.

    Open: 1 urgent, unassigned, no reply · 2 answered, customer spoke last · 3 waits for the customer · 4 no customer,
    unassigned · 5 of the second company · 6 old, of a customer in arrears in both currencies · 7 opened today.
    """
    book = books()
    book.frames["tickets"] = []
    book.frames["users"] += [
        {"user_id": SANDRA, "partner_id": 105, "name": "Sandra", "login": "sandra", "internal": True},
        {"user_id": BRIAN, "partner_id": 106, "name": "Brian", "login": "brian", "internal": True},
    ]
    names = ((NEW, "New", "us"), (WORKING, "In Progress", "us"), (ASKED, "Awaiting", "customer"))
    for stage_id, name, waiting in names:
        book.frames["ticket_stages"].append({"stage_id": stage_id, "name": name, "waiting": waiting})
    for stage_id, name in ((SOLVED, "Done"), (CANCELLED, "Cancelled")):
        book.frames["ticket_stages"].append({"stage_id": stage_id, "name": name, "waiting": "closed", "closed": True})
    book.frames["ticket_teams"] += [{"team_id": 1, "name": "Field"}, {"team_id": 2, "name": "Billing"}]
    book.invoice(6, 1200.0, TODAY - timedelta(days=40), on=TODAY - timedelta(days=54))
    book.invoice(6, 300.0, TODAY - timedelta(days=40), on=TODAY - timedelta(days=54), currency_id=ZWG)
    # number: subject, partner, stage, assignee, hours since creation, what else
    rows: dict[int, tuple[str, int, int, int, float, dict[str, Any]]] = {
        1: ("No internet <b>now</b>", 1, NEW, 0, 26, {"priority": 3, "team_id": 1}),
        2: ("Slow at night", 2, WORKING, SANDRA, 50, {"team_id": 1}),
        3: ("Invoice question", 1, ASKED, SANDRA, 80, {"team_id": 2}),
        4: ("=cmd|' /C calc'!A0", 0, NEW, 0, 200, {"contact_name": "Passer-by", "contact_email": "p@x.example"}),
        5: ("Dish fell", 4, WORKING, BRIAN, 30, {"company_id": 2}),
        6: ("Relocation", 6, WORKING, BRIAN, 900, {"priority": 1}),
        7: ("LOS red", 5, NEW, BRIAN, 0, {"create_date": TODAY_AT}),
        8: ("Solved today", 1, SOLVED, SANDRA, 60, {"closed_date": TODAY_AT}),
        9: ("Solved lately", 2, SOLVED, BRIAN, 240, {"closed_date": ago(200)}),
        10: ("Given up", 2, CANCELLED, 0, 240, {"closed_date": ago(220), "cancelled": True}),
        11: ("Closed, no date", 2, SOLVED, 0, 300, {}),
    }
    waiting = {NEW: "us", WORKING: "us", ASKED: "customer", SOLVED: "closed", CANCELLED: "closed"}
    for number, (subject, partner, stage_id, assignee, hours, more) in rows.items():
        record = {"ticket_id": number, "number": f"HT{number:03d}", "company_id": 1, "priority": 0, "subject": subject}
        record |= {"create_date": ago(hours), "waiting": waiting[stage_id], "stage_id": stage_id}
        record |= {"partner_id": partner, "commercial_partner_id": partner, "assignee_id": assignee}
        book.frames["tickets"].append(record | {"closed": waiting[stage_id] == "closed"} | more)
    if messages:
        said = ((1, 26, "c"), (2, 50, "c"), (2, 46, "s"), (2, 3, "c"), (3, 80, "c"), (3, 70, "s"), (6, 900, "c"),
                (6, 898, "s"), (8, 60, "c"), (8, 58, "s"), (4, 199, "n"))  # fmt: skip
        for number, (ticket_id, hours, who) in enumerate(said, start=1):
            author = {"c": 1, "s": 105, "n": 105}[who]
            book.frames["ticket_messages"].append(
                {"message_id": number, "ticket_id": ticket_id, "date": ago(hours), "author_partner_id": author,
                 "public": who != "n", "by_staff": who != "c"}
            )  # fmt: skip
    return book


def snapshot_of(book: Ledger, **info: FrameInfo) -> Snapshot:
    made = book.snapshot()
    known = {"tickets": FrameInfo(0, NOW, source="OCA helpdesk"), **info}
    frames = {name: made.frame(name) for name in made}
    return real(Snapshot.from_frames(frames, info={**dict(made.info), **known}))


def desk_snapshot() -> Snapshot:
    """Return the snapshot of `desk()`."""
    return snapshot_of(desk())


@pytest.fixture
def support(stage: Stage) -> Stage:
    """A stage with the desk's tickets."""
    stage.show(read_now(desk_snapshot))
    return stage


def queue(visit: AppTest) -> Any:
    return table(visit, "subject")


# -- figures --


def test_the_page_names_its_source_and_counts_the_desk(support: Stage) -> None:
    visit = support.open(PAGE)
    assert not visit.exception
    assert not visit.error
    assert any("From OCA helpdesk" in text.value for text in visit.markdown), "behind every figure"
    shown = tiles(visit) | tiles(support.open(PAGE, **CHARTS))
    assert shown["Open"] == ["7"]
    assert shown["Unassigned"] == ["2"]
    assert shown["No reply yet"] == ["4"]
    assert shown["Opened today"] == ["1"]
    assert shown["Closed today"] == ["1"]
    assert shown["First response"] == ["3.0 h"]  # 4, 10, 2 and 2 hours
    assert any("6 wait for us · 1 for the customer" in text.value for text in visit.caption)


@pytest.mark.parametrize(
    ("label", "count"),
    [
        ("Open", 7),
        ("Unassigned", 2),
        ("No reply yet", 4),
        ("Waiting longest", 5),
        ("Opened today", 1),
        ("Closed today", 1),
        ("First response", 4),
        ("Resolution", 2),
    ],
)
def test_a_tile_opens_just_the_tickets_it_counts(support: Stage, label: str, count: int) -> None:
    visit = support.open(PAGE, ticket_show="All", ticket_age="Over 4 weeks", **(CHARTS if label in REST else {}))
    shown = tiles(visit)[label][0]
    visit.button(key=f"open_{label}").click().run()
    assert not visit.exception
    assert len(queue(visit)) == count
    if shown.isdecimal():
        assert int(shown) == count


def test_the_longest_wait_is_the_first_row_that_its_tile_opens(support: Stage) -> None:
    visit = support.open(PAGE)
    visit.button(key="open_Waiting longest").click().run()
    rows = queue(visit)
    assert rows["number"].tolist()[:3] == ["HT004", "HT005", "HT001"]
    assert rows["waited"].iloc[0] == tiles(visit)["Waiting longest"][0] == "8.3 days"
    assert any("5 of 6 that wait for us are owed an answer" in text.value for text in visit.caption)
    assert len(rows) == 5, "what we answered is not among them, wherever its stage stands"


def test_a_ticket_we_answered_stands_last_among_those_that_wait_though_it_is_the_oldest(support: Stage) -> None:
    rows = queue(support.open(PAGE, ticket_sort="Longest without an answer")).set_index("number")
    assert list(rows.index[-2:]) == ["HT003", "HT006"]
    assert rows["waited"].to_dict() == {
        "HT004": "8.3 days", "HT005": "30.0 h", "HT001": "26.0 h", "HT002": "3.0 h", "HT007": rows.loc["HT007", "age"],
        "HT003": "", "HT006": "",
    }  # fmt: skip


def test_the_hours_waited_are_exported_as_numbers(support: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    exported: list[pd.DataFrame] = []
    monkeypatch.setattr("pages.ui.exports.downloads", lambda view, build, **more: exported.append(build()))
    assert not support.open(PAGE, ticket_sort="Longest without an answer").exception
    hours = exported[0].set_index("Number")["Hours waited"]
    assert hours.dtype == "float64"
    assert hours[["HT004", "HT001", "HT002"]].round(1).tolist() == [200.0, 26.0, 3.0]
    assert hours[["HT003", "HT006"]].isna().all()


def test_the_queue_begins_with_what_waits_for_us_by_priority_and_the_hours_without_an_answer(support: Stage) -> None:
    numbers = list(queue(support.open(PAGE))["number"])
    assert numbers[:4] == ["HT001", "HT006", "HT004", "HT005"]
    assert numbers[-1] == "HT003"


def test_a_row_says_who_waits_how_long_and_what_the_customer_owes(support: Stage) -> None:
    rows = queue(support.open(PAGE)).set_index("number")
    assert rows.loc["HT006", "arrears"] == "USD 1,200.00 · ZWG 300.00"
    assert rows.loc["HT007", "arrears"] == "ZWG 2,600.00"
    assert rows.loc["HT004", "customer"] == "Passer-by"
    assert rows.loc["HT004", "arrears"] == ""
    assert rows.loc["HT004", "team"] == "No team"
    assert rows.loc["HT001", "assignee"] == "Unassigned"
    assert rows.loc["HT003", "waiting"] == "Customer"
    assert rows.loc["HT002", "last_word"] == "3.0 h ago"
    assert rows.loc["HT003", "last_word"] == "3.3 days ago, answered"
    assert rows.loc["HT001", "priority"] == "Urgent"


def test_the_city_is_the_customers_on_screen_and_exported_and_a_contact_s_is_its_companys(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = desk()
    book.customer(7, "Rudo's manager", city="Kariba", commercial_partner_id=2)
    book.frames["tickets"][1] |= {"partner_id": 7}
    stage.show(snapshot_of(book))
    exported: list[pd.DataFrame] = []
    monkeypatch.setattr("pages.ui.exports.downloads", lambda view, build, **more: exported.append(build()))
    shown = queue(stage.open(PAGE)).set_index("number")["city"].to_dict()
    assert (shown["HT005"], shown["HT002"], shown["HT004"]) == ("Mutare", "Bulawayo", "")
    assert exported[0].set_index("Number")["City"].to_dict() == shown


def test_a_closed_ticket_without_a_date_is_counted_and_said(support: Stage) -> None:
    visit = support.open(PAGE, ticket_show="Closed")
    assert "Closed, no date" in set(queue(visit)["subject"])
    assert any("1 closed ticket without a closing date" in text.value for text in visit.markdown)


@pytest.mark.parametrize("click", ["open_Waiting longest", "open_Closed today", "open_Opened today"])
def test_a_click_on_a_tile_logs_nothing(
    support: Stage, click: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Streamlit says it once a process only.
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    visit = support.open(PAGE)
    caplog.clear()
    visit.button(key=click).click().run()
    assert not visit.exception
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []


def test_filters_that_are_cleared_log_nothing(
    support: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    visit = support.open(PAGE, ticket_team="Billing", ticket_reply="No reply yet")
    caplog.clear()
    visit.button(key="tickets_clear").click().run()
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []


# -- filters --


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("ticket_team", ["Billing"], {"HT003"}),
        ("ticket_assignee", ["Sandra"], {"HT002", "HT003"}),
        ("ticket_assignee", ["Unassigned"], {"HT001", "HT004"}),
        ("ticket_stage", ["Awaiting"], {"HT003"}),
        ("ticket_priority", [3], {"HT001"}),
        ("ticket_technology", ["wireless"], {"HT002"}),
    ],
)
def test_each_choice_keeps_its_tickets(support: Stage, key: str, value: list[Any], kept: set[str]) -> None:
    visit = support.open(PAGE)
    visit.multiselect(key=key).set_value(value).run()
    assert set(queue(visit)["number"]) == kept


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ({"ticket_waiting": "Customer"}, {"HT003"}),
        ({"ticket_age": "1–3 days"}, {"HT001", "HT002", "HT005"}),
        ({"ticket_reply": "Answered"}, {"HT002", "HT003", "HT006"}),
        ({"ticket_reply": "Owed an answer"}, {"HT001", "HT002", "HT004", "HT005", "HT007"}),
        ({"ticket_show": "Solved"}, {"HT008", "HT009"}),
        ({"ticket_show": "Closed"}, {"HT008", "HT009", "HT010", "HT011"}),
        ({"ticket_show": "All", "ticket_when": "Closed", "ticket_from": f"{TODAY}"}, {"HT008"}),
        ({"ticket_q": "relocation"}, {"HT006"}),
        ({"ticket_q": "ht002"}, {"HT002"}),
        ({"ticket_q": "dube dish"}, {"HT005"}),
        ({"ticket_q": "p@x.example"}, {"HT004"}),
        ({"ticket_q": "555 5555"}, {"HT007"}),
        ({"company": "Afi Wireless"}, {"HT005"}),
    ],
)
def test_the_address_holds_each_filter(support: Stage, query: dict[str, str], kept: set[str]) -> None:
    visit = support.open(PAGE, **query)
    assert not visit.exception
    assert set(queue(visit)["number"]) == kept


@pytest.mark.parametrize(
    ("sort", "first"),
    [("silent", {"HT004"}), ("oldest", {"HT006"}), ("newest", {"HT007"}), ("changed", {"HT002", "HT007"})],
)
def test_each_order_can_be_chosen(support: Stage, sort: str, first: set[str]) -> None:
    visit = support.open(PAGE)
    visit.selectbox(key="ticket_sort").set_value(sort).run()
    assert not visit.exception
    assert queue(visit)["number"].iloc[0] in first


def test_a_tile_follows_the_filters_of_the_tickets_properties_but_not_of_their_state(support: Stage) -> None:
    visit = support.open(PAGE, ticket_team="Field", ticket_stage="New")
    assert tiles(visit)["Open"] == ["2"]
    assert len(queue(visit)) == 1


def test_what_nobody_has_is_told_whoever_is_chosen(support: Stage) -> None:
    visit = support.open(PAGE)
    visit.get_by_key("ticket_assignee").set_value(["Sandra"]).run()
    assert tiles(visit)["Unassigned"] == tiles(support.open(PAGE))["Unassigned"] != ["0"]
    said = [text.value.replace("\\", "") for text in [*visit.caption, *visit.markdown]]
    assert any("nobody has them, whoever is chosen" in text for text in said)
    explained = [text for text in said if "**Formula**" in text]
    unassigned = [text for text in explained if metric("unassigned_tickets").formula in text]
    assert [("**Assignee**" in text) for text in unassigned] == [False]
    assert sum("**Assignee**" in text for text in explained) > 3


def test_an_empty_queue_names_the_filters_that_hide_it(support: Stage) -> None:
    visit = support.open(PAGE, ticket_team="Billing", ticket_priority="Urgent")
    assert "Team: Billing" in alerts(visit)
    visit.button(key="tickets_clear").click().run()
    assert len(queue(visit))


@pytest.mark.parametrize(
    "query",
    [
        {"ticket_team": "Gone team"},
        {"ticket_assignee": "Nobody here"},
        {"ticket_stage": "<script>"},
        {"ticket_show": "none"},
        {"ticket_from": "31/31/2026"},
        {"ticket_to": "1900-01-01"},
    ],
)
def test_a_value_that_no_longer_exists_is_a_sentence(support: Stage, query: dict[str, str]) -> None:
    visit = support.open(PAGE, **query)
    assert not visit.exception
    assert "The address asks for" in alerts(visit)
    assert len(queue(visit)) == 7


def test_days_that_end_before_they_begin_match_nothing_and_say_so(support: Stage) -> None:
    visit = support.open(PAGE, ticket_from=f"{TODAY}", ticket_to=f"{TODAY - timedelta(days=3)}")
    assert "ends before it begins" in alerts(visit)
    assert not visit.exception


# -- one ticket --


def test_a_column_whose_every_row_says_the_same_is_left_out(support: Stage) -> None:
    def shown(**query: str) -> list[str]:
        return list(queue(support.open(PAGE, **query)).columns)

    assert shown()[:6] == ["number", "waited", "customer", "subject", "priority", "assignee"]
    assert "waiting" in shown()
    assert not {"waiting", "team"} & set(shown(ticket_team="Field", ticket_waiting="Us"))
    assert "team" in shown(ticket_q="relocation"), "one row alone is told whole"


@pytest.mark.parametrize("asked", ["999", "abc", "-1", "9" * 40, "1; drop table"])
def test_an_unknown_ticket_in_the_address_is_a_sentence(support: Stage, asked: str) -> None:
    visit = support.open(PAGE, ticket=asked)
    assert not visit.exception
    assert "ticket" in alerts(visit)
    assert len(queue(visit)) == 7


def test_a_ticket_of_a_company_left_out_is_said_so(support: Stage) -> None:
    visit = support.open(PAGE, ticket="5", company="Afi Fibre")
    assert "which the company filter leaves out" in alerts(visit)


def test_when_odoo_is_down_the_ticket_stays_and_its_conversation_says_why(support: Stage) -> None:
    visit = support.open(PAGE, ticket="2")
    assert not visit.exception
    assert "The conversation cannot be read now" in alerts(visit)
    assert any("Slow at night" in text.value for text in visit.subheader)
    assert any("without an answer for **3.0 h** · first answer after 4.0 h" in text.value for text in visit.markdown)
    assert list(table(visit, "technology")["technology"]) == ["Wireless"]
    visit.button(key="ticket_again").click().run()
    assert not visit.exception


def test_what_odoo_denies_the_person_is_said_and_no_customer_is_without_services_or_debt_for_it(support: Stage) -> None:
    frames = frames_of(["helpdesk_mgmt.group_helpdesk_user"])
    support.sign_in(
        Person("sup@staff.example", "Sup", 12, frozenset({"support"}), frozenset({1, 2}), sales="none", frames=frames)
    )
    visit = support.open(PAGE, ticket="2")
    assert not visit.exception
    assert "Services: no right to read." in [text.value for text in visit.caption]
    assert "overdue: no right to read" in [text.value for text in visit.markdown]
    assert "No services" not in " ".join(text.value for text in visit.caption)


def test_a_ticket_without_a_customer_names_who_wrote_it(support: Stage) -> None:
    visit = support.open(PAGE, ticket="4")
    assert not visit.exception
    assert any("No customer" in text.value and "Passer\\-by" in text.value for text in visit.markdown)


def test_a_ticket_closes_again(support: Stage) -> None:
    visit = support.open(PAGE, ticket="2")
    assert any("Slow at night" in text.value for text in visit.subheader)
    visit.button(key="close_ticket").click().run()
    assert "ticket" not in visit.query_params
    assert not any("Slow at night" in text.value for text in visit.subheader)


@pytest.fixture
def connected(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], DemoServer]]:
    """``connected(profile)``: the stage on a running demo server, whose snapshot it shows."""
    running: list[DemoServer] = []

    def start(profile: str) -> DemoServer:
        server = own(profile, TODAY)
        server.start()
        running.append(server)
        settings = demo_settings(Settings(cache_dir=stage.settings.cache_dir), server)
        run_sync(settings, stage.store)
        stage.runner = SyncRunner(settings, stage.store)
        monkeypatch.setattr(stage.runner, "refresh", lambda: None)
        stage.backend = Backend(settings, stage.runner, stage.audit, doors=stage.doors)
        monkeypatch.setattr(stage.doors, "settings", settings)
        # The demo knows one account, and it is what these people read with.
        monkeypatch.setattr(stage.doors, "client", lambda session: stage.doors.service())
        monkeypatch.setattr(backend, "backend", lambda: stage.backend)
        return server

    yield start
    for server in running:
        server.stop()


HOSTILE = (
    "<p>Line <b>down</b></p><script>alert(1)</script><img src=x onerror=alert(2)><p>[x](javascript:alert(3)) **b**</p>"
)


@pytest.mark.parametrize("profile", ["19-oca", "19-community", "14-oca", "18-enterprise"])
def test_a_ticket_opens_with_its_conversation_as_text(
    stage: Stage, connected: Callable[[str], DemoServer], profile: str
) -> None:
    server = connected(profile)
    model = "helpdesk.ticket" if "helpdesk.ticket" in server.orm.models else "project.task"
    server.orm.write(model, [880], {"description": HOSTILE})
    file = server.orm.create("ir.attachment", {"name": "<b>proof</b>.pdf", "type": "binary", "file_size": 5})
    server.orm.tables["ir.attachment"][file].update(datas="aGVsbG8=", res_model=model, res_id=880)
    for subtype, text in ((1, "Public word"), (2, "Internal word")):
        server.orm.create(
            "mail.message",
            {"model": model, "res_id": 880, "date": "2026-11-19 08:00:00", "author_id": 6, "message_type": "comment",
             "subtype_id": subtype, "body": f"<p>{text} <script>alert(4)</script><i>of 880</i></p>"},
        )  # fmt: skip
    visit = stage.open(PAGE, ticket="880")
    assert not visit.exception
    assert not visit.error
    said = [text.value for text in visit.markdown]
    at = [next(i for i, text in enumerate(said) if f"{word} word of 880" in text) for word in ("Public", "Internal")]
    assert at == sorted(at), "one stream, the newest at its end"
    public, internal = [text.value for text in visit.caption if "19 Nov 2026" in text.value][-2:]
    assert internal.startswith(":material/lock: Internal note")
    assert "Internal note" not in public
    assert any("proof" in text and "5 bytes" in text for text in said)
    shown = "\n".join(said)
    assert "alert(" not in shown.replace("alert\\(3\\)", "")
    assert "Line down" in shown
    assert "\\[x\\]\\(javascript\\:alert\\(3\\)\\) \\*\\*b\\*\\*" in shown
    source = {"19-community": "Project tasks", "18-enterprise": "Odoo Helpdesk"}.get(profile, "OCA helpdesk")
    assert any(source in text.value for text in [*visit.caption, *visit.markdown])
    visit.button(key=f"fetch_{file}").click().run()
    assert not visit.exception
    assert any("Save 5 bytes" in button.label for button in visit.get("download_button"))


def test_an_address_that_stands_for_a_sender_is_not_told_to_those_without_the_right_to_it(
    stage: Stage, connected: Callable[[str], DemoServer]
) -> None:
    server = connected("19-oca")
    server.orm.create(
        "mail.message",
        {"model": "helpdesk.ticket", "res_id": 880, "date": "2026-11-19 08:00:00", "message_type": "email",
         "subtype_id": 1, "email_from": "Chipo <chipo@home.example>", "body": "<p>Hello</p>"},
    )  # fmt: skip
    for roles, told in ((frozenset({"support"}), "chipo"), (frozenset({"manager"}), "A sender known by e-mail")):
        stage.sign_in(Person("a@staff.example", "A", 12, roles, frozenset({1, 2})))  # type: ignore[arg-type]
        visit = stage.open(PAGE, ticket="880")
        assert not visit.exception
        shown = "\n".join(text.value for text in [*visit.markdown, *visit.caption]).replace("\\", "")
        assert told in shown
        assert ("chipo" in shown) == (told == "chipo")


def test_a_ticket_deleted_since_the_last_sync_is_a_sentence(
    stage: Stage, connected: Callable[[str], DemoServer]
) -> None:
    server = connected("19-oca")
    server.orm.unlink("helpdesk.ticket", [880])
    visit = stage.open(PAGE, ticket="880")
    assert not visit.exception
    assert "no longer has this ticket" in alerts(visit)


def test_odoo_stopping_while_a_ticket_is_open_is_a_sentence(
    stage: Stage, connected: Callable[[str], DemoServer]
) -> None:
    server = connected("19-oca")
    visit = stage.open(PAGE, ticket="880")
    assert not visit.error
    server.stop()
    visit.run()
    assert not visit.exception
    assert "The conversation cannot be read now" in alerts(visit)
    assert tiles(visit)["Open"]


# -- states --


def test_an_empty_odoo_has_no_tickets(stage: Stage) -> None:
    stage.show(real(Snapshot.from_frames(empty_frames())))
    visit = stage.open(PAGE)
    assert not visit.exception
    assert "There are no tickets" in alerts(visit)


@pytest.mark.parametrize(("state", "word"), [("missing", "not installed"), ("denied", "no right to read")])
def test_what_is_not_there_is_not_a_zero(stage: Stage, state: Any, word: str) -> None:
    info = FrameInfo(0, NOW, state=state, message="Install Helpdesk, OCA helpdesk_mgmt or Project.")
    stage.show(snapshot_of(books(), tickets=info, ticket_messages=info))
    visit = stage.open(PAGE)
    assert not visit.exception
    assert {value for values in tiles(visit).values() for value in values} == {word}
    assert "Install Helpdesk" in alerts(visit)


def test_without_the_right_to_read_messages_answers_are_not_known(stage: Stage) -> None:
    info = FrameInfo(0, NOW, state="denied", message="Your account may not read messages.")
    stage.show(snapshot_of(desk(messages=False), ticket_messages=info))
    visit = stage.open(PAGE)
    assert not visit.exception
    shown = tiles(visit) | tiles(stage.open(PAGE, **CHARTS))
    assert shown["No reply yet"] == shown["First response"] == ["not known"]
    assert shown["Open"] == ["7"]
    assert "may not read messages" in alerts(visit)
    assert "last_word" not in queue(visit).columns


def test_without_the_right_to_read_messages_tickets_wait_since_their_opening_and_that_is_said(stage: Stage) -> None:
    info = FrameInfo(0, NOW, state="denied", message="Your account may not read messages.")
    stage.show(snapshot_of(desk(messages=False), ticket_messages=info))
    visit = stage.open(PAGE, ticket_sort="Longest without an answer")
    assert queue(visit)["waited"].iloc[0] == tiles(visit)["Waiting longest"][0] == "37.5 days"
    words = "since they were opened: no right to read messages"
    assert any(text.value == words for text in visit.caption)
    assert stage.open(PAGE, wall="1").get("markdown")
    assert any(text.value == "### Waiting longest, since opened" for text in stage.open(PAGE, wall="1").markdown)
    assert any(words in text.value for text in stage.open("overview.py").caption)


def test_only_one_technology(stage: Stage) -> None:
    book = desk()
    book.frames["services"] = [row for row in book.frames["services"] if row["technology"] == "fibre"]
    stage.show(snapshot_of(book))
    visit = stage.open(PAGE, ticket_technology="Wireless")
    assert not visit.exception
    assert "Technology: Wireless" in alerts(visit)


def test_before_the_first_sync_the_page_and_the_wallboard_wait(stage: Stage) -> None:
    assert "Reading Odoo" in alerts(stage.open(PAGE))
    assert "Reading Odoo" in alerts(stage.open(PAGE, wall="1"))


# -- wallboard --


def test_the_wallboard_shows_the_desk_without_filters_or_sidebar(support: Stage) -> None:
    visit = support.open(PAGE, wall="1")
    assert not visit.exception
    assert not visit.multiselect
    assert not visit.sidebar.selectbox
    labels = [text.value for text in visit.markdown if text.value.startswith("### ")]
    assert labels[:4] == ["### Open", "### Wait for us", "### Unassigned", "### No reply yet"]
    rows = visit.table[0].value
    assert len(rows) == 6
    assert rows["Subject"].iloc[0] == "No internet \\<b\\>now\\</b\\>", "as it was typed, never interpreted"
    clock = {f"# {datetime.now(HARARE) - timedelta(minutes=back):%H:%M}" for back in (0, 1)}
    assert clock & {text.value for text in visit.markdown}


def test_the_wallboard_keeps_the_company_and_says_it(support: Stage) -> None:
    visit = support.open(PAGE, wall="1", company="Afi Wireless")
    assert len(visit.table[0].value) == 1
    assert any("Afi Wireless" in text.value for text in visit.markdown)


def test_a_stale_wallboard_says_so(support: Stage) -> None:
    snapshot = support.store.current()
    assert snapshot is not None
    past = datetime.now(UTC) - timedelta(hours=3)
    info = {name: FrameInfo(one.rows, past, source=one.source) for name, one in snapshot.info.items()}
    support.show(
        real(Snapshot.from_frames({name: snapshot.frame(name) for name in snapshot}, info=info), taken_at=past)
    )
    visit = support.open(PAGE, wall="1")
    assert "Stale figures" in alerts(visit)
    assert "3 hours old" in alerts(visit)


def test_a_wallboard_without_helpdesk_says_what_to_install(stage: Stage) -> None:
    info = FrameInfo(0, NOW, state="missing", message="Install Helpdesk.")
    stage.show(snapshot_of(books(), tickets=info, ticket_messages=info))
    visit = stage.open(PAGE, wall="1")
    assert not visit.exception
    assert "Install Helpdesk" in alerts(visit)


def test_filters_that_match_nothing_draw_a_sentence_and_no_backlog(stage: Stage) -> None:
    stage.show(whole())
    visit = stage.open("tickets.py", ticket_q="no such ticket", **CHARTS)
    captions = [caption.value for caption in visit.caption]
    assert "No ticket matches the filters, so there is no backlog to draw." in captions
    assert not [caption for caption in captions if "Click a bar" in caption]
