"""Tickets on real Odoo: stages, backlog and first answers equal SQL and the seed's hours; conversations read live."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from odoo_client.config import Settings
from odoo_client.errors import MissingRecordError, OdooAccessError
from odoo_client.live import conversations
from odoo_client.metrics.ticket_queue import backlog_by_day, ticket_facts
from odoo_client.rpc import hurried
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync import pull_owned
from odoo_client.sync.run import run_sync
from tests.contract.conftest import Pull
from tests.real_odoo.seed.desk import ATTACHMENT, CONVERSATIONS, FIRST_RESPONSE_H, HOSTILE_TURN
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Pulled = tuple[RealOdoo, Snapshot]
HARARE = "Africa/Harare"
#: The last message of a conversation comes two days after its ticket: younger ones may not have it yet.
WHOLE_AFTER_DAYS = 3
READERS = {
    "19-json2": ("odoo19", "json2"),
    "19-jsonrpc": ("odoo19", "jsonrpc"),
    "19-tasks": ("odoo19_lean", "json2"),
    "14": ("odoo14", "jsonrpc"),
}


def now_of(snapshot: Snapshot) -> datetime:
    return snapshot.meta.taken_at


def facts_of(snapshot: Snapshot) -> pd.DataFrame:
    return ticket_facts(snapshot, now_of(snapshot), HARARE)


def table_of(server: RealOdoo) -> str:
    return "helpdesk_ticket" if server.tenant.full else "project_task"


def model_of(server: RealOdoo) -> str:
    return table_of(server).replace("_", ".", 1)


def closed_sql(server: RealOdoo) -> str:
    """The condition on ``t`` (and its stage ``s``) that closes a ticket."""
    closed = "s.closed" if server.tenant.full else "t.state in ('1_done', '1_canceled') or s.fold"
    return f"({closed} or not t.active)"


def closing_sql(server: RealOdoo) -> str:
    """When the closed ticket ``t`` was closed."""
    if server.tenant.full:
        return "t.closed_date"
    by_state = "case when t.state in ('1_done', '1_canceled') then t.date_last_stage_update end"
    return f"date_trunc('second', coalesce(t.date_end, {by_state}))"


def ours_sql(server: RealOdoo) -> str:
    """``from … where`` of the tickets that count, ``t`` with stage ``s``."""
    if server.tenant.full:
        return "helpdesk_ticket t left join helpdesk_ticket_stage s on s.id = t.stage_id where true"
    return "project_task t left join project_task_type s on s.id = t.stage_id where t.project_id is not null"


def seeded(server: RealOdoo) -> list[int]:
    """The seed's tickets in the order of its turns."""
    return [row[0] for row in server.sql(f"select t.id from {ours_sql(server)} order by t.id")]


def test_tickets_by_stage_and_whom_they_wait_for(pulled: Pulled):
    server, snapshot = pulled
    name = "s.name ->> 'en_US'" if server.major >= 16 else "s.name"
    rows = server.sql(
        f"""select t.stage_id, case when {closed_sql(server)} then 'closed'
                       when {name} in ('Awaiting', 'Waiting for customer') then 'customer' else 'us' end, count(*)
              from {ours_sql(server)} group by 1, 2"""
    )
    tickets = snapshot.frame("tickets")
    ours = Counter(zip(tickets["stage_id"], tickets["waiting"].astype(str), strict=True))
    assert ours == {(stage, waiting): count for stage, waiting, count in rows}
    assert {waiting for _stage, waiting in ours} == {"us", "customer", "closed"}
    assert (facts_of(snapshot)["waiting"].astype(str).to_numpy() == tickets["waiting"].astype(str).to_numpy()).all()


def test_cancelled_tickets_are_told_from_solved_ones(pulled: Pulled):
    server, snapshot = pulled
    if server.tenant.full:
        name = "s.name ->> 'en_US'" if server.major >= 16 else "s.name"
        given_up = f"{name} in ('Cancelled', 'Rejected')"
    else:
        given_up = "t.state = '1_canceled'"
    [(count,)] = server.sql(f"select count(*) from {ours_sql(server)} and {given_up}")
    assert int(snapshot.frame("tickets")["cancelled"].sum()) == count
    assert count or server.major < 19, "the seed gives some up where there is more than one closing stage"


def test_the_backlog_at_ten_past_midnights(pulled: Pulled):
    server, snapshot = pulled
    date = closing_sql(server)
    tickets, facts = snapshot.frame("tickets"), facts_of(snapshot)
    found = set()
    for back in (0, 1, 2, 7, 15, 30, 49, 77, 100, 140):
        day = server.seeded_on - timedelta(days=back)
        [(backlog,)] = server.sql(
            f"""select count(*) from {ours_sql(server)}
                  and t.create_date < ((%(day)s::timestamp at time zone '{HARARE}') at time zone 'utc')
                  and (not {closed_sql(server)}
                       or {date} >= ((%(day)s::timestamp at time zone '{HARARE}') at time zone 'utc'))""",
            {"day": day},
        )
        table = backlog_by_day(tickets, facts, day, day)
        assert int(table["backlog"].iloc[0]) == backlog, day
        found.add(backlog)
    assert len(found) >= 5


def test_opened_and_closed_by_day(pulled: Pulled):
    server, snapshot = pulled
    date = closing_sql(server)
    last = now_of(snapshot).date() + timedelta(days=1)
    table = backlog_by_day(snapshot.frame("tickets"), facts_of(snapshot), last - timedelta(days=200), last)
    for column, moment, more in (
        ("opened", "t.create_date", f"and not ({closed_sql(server)} and {date} is null)"),
        ("closed", date, f"and {closed_sql(server)} and {date} is not null"),
    ):
        rows = server.sql(
            f"""select (({moment} at time zone 'utc') at time zone '{HARARE}')::date, count(*)
                  from {ours_sql(server)} {more} group by 1"""
        )
        ours = {day.date(): int(n) for day, n in zip(table["day"], table[column], strict=True) if n}
        assert ours == dict(rows)


def test_first_answers_are_those_of_the_seed(pulled: Pulled):
    """Automatic mails, internal notes and the message that opened a ticket are no answer; see the seed's hours."""
    server, snapshot = pulled
    tickets = snapshot.frame("tickets").set_index("ticket_id")
    facts = facts_of(snapshot).set_index("ticket_id")
    changed = tickets[["create_date", "assigned_date", "last_stage_update", "closed_date"]].max(axis=1)
    since = pd.Timestamp(now_of(snapshot)) - timedelta(days=90)
    old = pd.Timestamp(server.seeded_on, tz=UTC) - timedelta(days=WHOLE_AFTER_DAYS)
    checked: Counter[int] = Counter()
    for turn, ticket_id in enumerate(seeded(server)):
        row = facts.loc[ticket_id]
        if tickets.loc[ticket_id, "create_date"] > old:
            continue
        kind = turn % len(CONVERSATIONS)
        read = not tickets.loc[ticket_id, "closed"] or changed[ticket_id] >= since
        expected = FIRST_RESPONSE_H[kind] if read else None
        if expected is None:
            assert np.isnan(row["first_response_h"]), (turn, ticket_id)
        else:
            assert row["first_response_h"] == pytest.approx(expected, abs=1e-6), (turn, ticket_id)
            checked[kind] += 1
        waits = not tickets.loc[ticket_id, "closed"] and FIRST_RESPONSE_H[kind] is None
        assert bool(row["no_reply"]) == waits
    assert set(checked) == {kind for kind, hours in enumerate(FIRST_RESPONSE_H) if hours is not None}


def test_the_hours_without_an_answer_equal_sql(pulled: Pulled):
    """Since the first word of the customer's after our last answer, since creation where there was none."""
    server, snapshot = pulled
    rows = server.sql(
        f"""with said as (
              select m.res_id, m.id, m.date, m.message_type, coalesce(s.internal, false) as noted,
                     exists (select 1 from res_users u where u.partner_id = m.author_id
                                and not coalesce(u.share, false) and u.id <> 1) as ours
                from mail_message m join mail_message_subtype s on s.id = m.subtype_id
               where m.model = %(model)s and m.message_type in ('email', 'comment')
                 and not coalesce(s.internal, false) and not coalesce(m.is_internal, false)
            ), answers as (
              select a.res_id, max(a.date) as last
                from said a join {table_of(server)} t on t.id = a.res_id
               where a.ours
                 -- The e-mail by which staff opened the ticket is no answer.
                 and not (a.message_type = 'email' and a.date <= t.create_date + interval '5 minutes'
                          and t.create_uid in (select id from res_users where not coalesce(share, false) and id <> 1)
                          and not exists (select 1 from said e where e.res_id = a.res_id and e.date < a.date))
               group by 1
            )
            select t.id, case when a.last is null then t.create_date
                              else (select min(c.date) from said c
                                     where c.res_id = t.id and not c.ours and c.date > a.last) end
              from {ours_sql(server).replace(" where", " left join answers a on a.res_id = t.id where")}
               and not {closed_sql(server)}""",
        {"model": model_of(server)},
    )
    facts = facts_of(snapshot).set_index("ticket_id")
    now = now_of(snapshot).replace(tzinfo=None)
    waits, answered, again = 0, 0, 0
    for ticket_id, since in rows:
        row = facts.loc[ticket_id]
        if row["waiting"] != "us" or since is None:
            assert np.isnan(row["waited_h"]), ticket_id
            answered += row["waiting"] == "us"
            continue
        # What was written "today" may lie ahead of the hour at which this runs.
        expected = max(0.0, (now - since).total_seconds() / 3600)
        assert row["waited_h"] == pytest.approx(expected, abs=0.001), ticket_id
        waits += 1
        again += bool(row["first_response_h"] > 0)
    assert facts["waited_h"].notna().sum() == waits
    assert min(waits, answered, again) >= 1, (waits, answered, again)


def test_messages_equal_sql(pulled: Pulled):
    server, snapshot = pulled
    rows = server.sql(
        """select m.id, m.res_id, m.date, coalesce(m.author_id, 0),
                  m.subtype_id is not null and not coalesce(s.internal, false) and not coalesce(m.is_internal, false),
                  exists (select 1 from res_users u
                           where u.partner_id = m.author_id and not coalesce(u.share, false) and u.id <> 1)
             from mail_message m left join mail_message_subtype s on s.id = m.subtype_id
            where m.model = %(model)s and m.message_type <> 'user_notification' and m.res_id = any(%(ids)s)""",
        {
            "model": model_of(server),
            "ids": [int(key) for key in snapshot.frame("ticket_messages")["ticket_id"].unique()],
        },
    )
    messages = snapshot.frame("ticket_messages")
    ours = {
        (
            int(row.message_id),
            int(row.ticket_id),
            row.date.to_pydatetime().replace(tzinfo=None),
            int(row.author_partner_id),
            bool(row.public),
            bool(row.by_staff),
        )
        for row in messages.itertuples()
    }
    assert ours == {(*row[:2], row[2].replace(microsecond=0), *row[3:]) for row in rows}
    assert len(messages) > 50


@pytest.mark.parametrize("refused", [False, True], ids=["columns", "records"])
def test_an_agent_reads_the_same_messages_as_columns_and_as_records(
    odoo_full: RealOdoo, pull: Pull, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: bool
):
    """Odoo 14 and 19 let an agent group messages; versions between keep that for administrators."""

    def refuse(*_arguments: Any, **_named: Any) -> None:
        raise OdooAccessError("Only administrators are allowed to use grouped read on message model")

    if refused:
        monkeypatch.setattr(pull_owned, "read_table", refuse)
    whole = pull(odoo_full, "json2" if odoo_full.major >= 19 else "jsonrpc")
    settings = Settings(
        odoo_url=odoo_full.url,
        odoo_database=odoo_full.database,
        odoo_username="tarisai",
        odoo_password="tarisai",
        odoo_protocol="jsonrpc",
    )
    store = SnapshotStore(tmp_path / "cache")
    found = run_sync(settings, store).snapshot
    again = run_sync(settings, store).snapshot
    store.close()
    assert found.info["ticket_messages"].state == "ok"
    seen = set(found.frame("tickets")["ticket_id"])
    theirs = whole.frame("ticket_messages")
    expected = theirs[theirs["ticket_id"].isin(seen)].reset_index(drop=True)
    columns = ["message_id", "ticket_id", "date", "author_partner_id", "public", "by_staff"]
    for snapshot in (found, again):
        pd.testing.assert_frame_equal(snapshot.frame("ticket_messages")[columns], expected[columns])
    assert len(expected) > 50


@pytest.fixture(params=READERS, ids=str)
def reader(request: pytest.FixtureRequest) -> tuple[RealOdoo, Settings]:
    """Each server with the settings of a page that reads on demand, by each protocol."""
    fixture, protocol = READERS[request.param]
    server: RealOdoo = request.getfixturevalue(fixture)
    return server, Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=server.username,
        odoo_password=server.api_key if protocol == "json2" else server.password,
        odoo_protocol=protocol,
    )


TEXTS: dict[int, list[str]] = {
    0: ["My line is down", "Checked the OLT: port is dead", "We are looking into it.\n\nA technician comes tomorrow.",
        "Thank you"],
    1: ["Your request was received", "When is the installation?", "On Friday."],
    HOSTILE_TURN: ["Page of the test (https://speed.example/test?a=1)\n\n<b> 5 & 6", "Please restart the router"],
    7: ["Is this the right address?", "It is", "Anything else?"],
}  # fmt: skip


@pytest.mark.parametrize("kind", list(TEXTS))
def test_a_conversation_read_live_is_what_was_written(reader: tuple[RealOdoo, Settings], kind: int):
    server, settings = reader
    ids = seeded(server)
    ages = dict(
        server.sql(f"select t.id, %(day)s - t.create_date::date from {ours_sql(server)}", {"day": server.seeded_on})
    )
    turn = next(
        turn for turn, ticket_id in enumerate(ids)
        if turn % len(CONVERSATIONS) == kind and ages[ticket_id] >= WHOLE_AFTER_DAYS and turn != 7
    )  # fmt: skip
    with hurried.connect(settings) as client:
        found = conversations.conversation(client, model_of(server), ids[turn])
    written = [one for one in found.messages if one.text in TEXTS[kind]]
    assert [one.text for one in written] == TEXTS[kind]
    lines = CONVERSATIONS[kind]
    opened = server.sql(f"select create_date from {table_of(server)} where id = %s", [ids[turn]])[0][0]
    for line, one in zip(lines, written, strict=True):
        hours, who, _how, _body = line
        assert one.moment == (opened + timedelta(hours=hours)).replace(tzinfo=UTC, microsecond=0)
        assert one.public == (who != "note")
        assert one.by_staff == (who in ("staff", "note"))
        assert one.automatic == (who == "automatic")
        if who == "staff":
            assert one.author.endswith("Agent")
        if who == "stranger":
            assert one.author == "stranger@writers.example"


def test_hostile_html_in_a_description_is_text(reader: tuple[RealOdoo, Settings]):
    server, settings = reader
    with hurried.connect(settings) as client:
        found = conversations.conversation(client, model_of(server), seeded(server)[HOSTILE_TURN])
        assert found.description == (
            "Line down\n\nSince Monday\nat night\n\n• router\n• dish\n\nMap (https://map.example/x)"
        )
        [file] = found.attachments
        assert (file.name, file.size_bytes) == (f"speed test {HOSTILE_TURN}.pdf", len(ATTACHMENT))
        assert conversations.attachment_content(client, file, 1000) == ATTACHMENT


def test_an_unknown_ticket_is_a_sentence(reader: tuple[RealOdoo, Settings]):
    server, settings = reader
    with hurried.connect(settings) as client, pytest.raises(MissingRecordError, match="no longer has this ticket"):
        conversations.conversation(client, model_of(server), 987_654_321)


def test_on_odoo_without_helpdesk_the_queue_is_project_tasks(odoo19_lean: RealOdoo, pull: Any):
    snapshot = pull(odoo19_lean, "json2")
    assert snapshot.info["tickets"].source == "Project tasks"
    [(count,)] = odoo19_lean.sql("select count(*) from project_task where project_id is not null")
    assert len(snapshot.frame("tickets")) == count > 0
