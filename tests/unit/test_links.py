"""Portal accounts and their customers: matched exactly, kept for good, undone by name, and never lost to a crash."""

from __future__ import annotations

import csv
import io
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from odoo_client.actions import portal_links as module
from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.portal_links import (
    LinkStore,
    candidate,
    candidates,
    link_customer,
    link_history,
    links,
    links_csv,
    unlink_customer,
)
from odoo_client.config import Settings
from odoo_client.errors import ActionRefusedError, OutboxError
from odoo_client.store.snapshot import Snapshot
from tests.builders import Ledger

FIN, SUP = Author("fin@staff.example", "Fin"), Author("sup@staff.example", "Sup", on_behalf=True)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    now = iter(range(1_800_000_000, 1_900_000_000, 60))
    outbox = Outbox(tmp_path / "data" / "outbox.sqlite3", clock=lambda: float(next(now)))
    return Office(Settings(cache_dir=tmp_path), outbox)


@pytest.fixture
def source() -> Snapshot:
    book = Ledger()
    book.customer(1, "Tendai Moyo", email="T.Moyo@Example.com", ref="AF1", city="Harare", phone="0772 123 456")
    book.customer(2, "Archived Moyo", email=" t.moyo@example.com ", active=False)
    book.customer(3, "Holdings", email="info@holdings.example")
    book.customer(4, "Clerk", email="clerk@holdings.example; desk@holdings.example", commercial_partner_id=3)
    book.customer(5, "Second clerk", email="desk@holdings.example", commercial_partner_id=3)
    book.customer(6, "Orphan", email="orphan@example.com", commercial_partner_id=99)
    book.customer(7, "Malformed", email="n/a")
    return book.snapshot()


@pytest.mark.parametrize(
    ("email", "found"),
    [
        (" T.MOYO@example.com ", [1, 2]),
        ("info@holdings.example", [3]),
        ("clerk@holdings.example", [3]),
        ("orphan@example.com", [6]),
        ("moyo@example.com", []),
        ("%@example.com", []),
        ("n/a", []),
        ("", []),
    ],
)
def test_only_an_exact_e_mail_matches_whatever_its_case(source: Snapshot, email: str, found: list[int]) -> None:
    assert [one.partner_id for one in candidates(source, email)] == found


def test_contacts_lead_to_their_company_and_are_named(source: Snapshot) -> None:
    (found,) = candidates(source, "desk@holdings.example")
    assert (found.partner_id, found.name, found.contacts) == (3, "Holdings", ("Clerk", "Second clerk"))
    first, second = candidates(source, "t.moyo@example.com")
    assert (first.ref, first.city, first.phone, first.active, second.active) == (
        "AF1", "Harare", "0772 123 456", True, False,
    )  # fmt: skip


def test_a_link_is_kept_with_who_and_when(office: Office, source: Snapshot) -> None:
    made = link_customer(office, FIN, " P-1 ", " T.Moyo@Example.com ", 1, source=source)
    assert (made.portal_id, made.email, made.partner_id, made.linked, made.notes) == (
        "P-1", "T.Moyo@Example.com", 1, True, (),
    )  # fmt: skip
    rows = links(Office(office.settings, Outbox(office.outbox.path)))
    assert rows.to_dict("records") == [
        {
            "portal_id": "P-1",
            "email": "T.Moyo@Example.com",
            "odoo_partner_id": 1,
            "login": FIN.login,
            "name": "Fin",
            "moment": rows["moment"].iloc[0],
        }
    ]
    assert rows["moment"].iloc[0].timestamp() == made.moment_s
    assert {name: str(dtype) for name, dtype in rows.dtypes.items()} == {
        "portal_id": "str", "email": "str", "odoo_partner_id": "int64", "login": "str", "name": "str",
        "moment": "datetime64[s]",
    }  # fmt: skip


def test_no_links_have_the_same_columns(office: Office) -> None:
    assert links(office).dtypes["moment"] == "datetime64[s]"
    assert link_history(office).empty


def test_the_same_link_twice_is_one(office: Office, source: Snapshot) -> None:
    first = link_customer(office, FIN, "P-1", "t.moyo@example.com", 1, source=source)
    again = link_customer(office, SUP, "P-1", "T.MOYO@example.com", 1, source=source)
    assert again == first
    assert len(link_history(office)) == 1


def test_another_customer_or_e_mail_needs_the_link_to_be_undone_first(office: Office, source: Snapshot) -> None:
    link_customer(office, FIN, "P-1", "t.moyo@example.com", 1, source=source)
    with pytest.raises(ActionRefusedError, match=r"to another customer \(by Fin\): undo that link first"):
        link_customer(office, SUP, "P-1", "t.moyo@example.com", 3, source=source)
    with pytest.raises(ActionRefusedError, match="with another e-mail"):
        link_customer(office, SUP, "P-1", "new@example.com", 1, source=source)
    assert links(office)["odoo_partner_id"].tolist() == [1]
    undone = unlink_customer(office, SUP, "P-1", " moved \n house ")
    assert (undone.linked, undone.reason, undone.partner_id, undone.author) == (False, "moved house", 1, SUP)
    assert links(office).empty
    link_customer(office, SUP, "P-1", "new@example.com", 3, source=source)
    assert links(office)["odoo_partner_id"].tolist() == [3]
    told = link_history(office, "P-1")
    assert told[["odoo_partner_id", "linked", "login", "reason"]].to_numpy().tolist() == [
        [3, True, SUP.login, ""],
        [1, False, SUP.login, "moved house"],
        [1, True, FIN.login, ""],
    ]
    assert link_history(office, "P-2").empty


def test_several_accounts_of_one_customer_are_linked_and_said(office: Office, source: Snapshot) -> None:
    link_customer(office, FIN, "P-1", "t.moyo@example.com", 1, source=source)
    second = link_customer(office, FIN, "P-2", "other@example.com", 1, source=source)
    assert second.notes == ("Tendai Moyo has other portal accounts too: P-1.",)
    third = link_customer(office, FIN, "P-3", "T.MOYO@example.com", 2, source=source)
    assert third.notes == (
        "Portal accounts of other customers have this e-mail too: P-1.",
        "Archived Moyo is archived in Odoo.",
    )
    assert links(office)["portal_id"].tolist() == ["P-1", "P-2", "P-3"]


@pytest.mark.parametrize("portal_id", ["", " ", "a b", "a\tb", "x" * 65, "=1+1", "-7", "@me", "a\u200bb", "a\nb"])
def test_what_cannot_be_a_portal_id_is_refused(office: Office, source: Snapshot, portal_id: str) -> None:
    with pytest.raises(ActionRefusedError, match="A portal id has 1 to 64 characters"):
        link_customer(office, FIN, portal_id, "t.moyo@example.com", 1, source=source)
    with pytest.raises(ActionRefusedError, match="A portal id has 1 to 64 characters"):
        unlink_customer(office, FIN, portal_id, "why")
    assert not office.outbox.path.with_name("links.sqlite3").exists()


@pytest.mark.parametrize("email", ["", "x", "a@b.co, c@d.ef", "a b@c.de"])
def test_what_is_no_single_e_mail_is_refused(office: Office, source: Snapshot, email: str) -> None:
    with pytest.raises(ActionRefusedError, match="is no e-mail address"):
        link_customer(office, FIN, "P-1", email, 1, source=source)


def test_only_customers_that_are_seen_are_linked_and_no_contacts(office: Office, source: Snapshot) -> None:
    with pytest.raises(ActionRefusedError, match="There is no customer 77"):
        link_customer(office, FIN, "P-1", "a@b.co", 77, source=source)
    with pytest.raises(ActionRefusedError, match=r"Clerk is a contact of Holdings \(Odoo id 3\)"):
        candidate(source, 4)
    assert links(office).empty


def test_undoing_needs_a_reason_and_a_link(office: Office, source: Snapshot) -> None:
    with pytest.raises(ActionRefusedError, match="is not linked to any customer"):
        unlink_customer(office, FIN, "P-1", "why")
    link_customer(office, FIN, "P-1", "t.moyo@example.com", 1, source=source)
    with pytest.raises(ActionRefusedError, match="Say why"):
        unlink_customer(office, FIN, "P-1", " ")
    unlink_customer(office, FIN, "P-1", "why")
    with pytest.raises(ActionRefusedError, match="is not linked to any customer"):
        unlink_customer(office, FIN, "P-1", "why")


def test_the_csv_names_odoo_s_id_and_holds_no_formula(office: Office, source: Snapshot) -> None:
    link_customer(office, Author("=cmd@x.zw", "Fin"), "P-1", "+tag@example.com", 1, source=source)
    lines = links_csv(links(office)).decode().split("\r\n")
    assert lines[0] == "portal_id,email,odoo_partner_id,linked_by,linked_at"
    assert lines[1].startswith("P-1,'+tag@example.com,1,'=cmd@x.zw,20")
    assert lines[1].endswith("Z")


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\uff1d", "\uff0b", "\uff0d", "\uff20"], ids=ascii
)
def test_the_csv_is_guarded_as_every_other_export(office: Office, source: Snapshot, start: str) -> None:
    link_customer(office, FIN, "P-1", "t.moyo@example.com", 1, source=source)
    found = links(office).assign(email=f"{start}1+1", login=f"{start}2")
    (row,) = csv.DictReader(io.StringIO(links_csv(found).decode(), newline=""))
    assert (row["email"], row["linked_by"]) == (f"'{start}1+1", f"'{start}2")


def test_the_links_of_one_odoo_are_no_other_s_until_somebody_says_they_are_the_same(
    tmp_path: Path, source: Snapshot
) -> None:
    path = tmp_path / "outbox.sqlite3"
    first = Office(Settings(), Outbox(path, odoo="erp at https://erp.example.com"))
    other = Office(Settings(), Outbox(path, odoo="test at https://erp.example.com"))
    link_customer(first, FIN, "P-1", "t.moyo@example.com", 1, source=source)
    for attempt in (
        lambda: links(other),
        lambda: link_history(other),
        lambda: link_customer(other, FIN, "P-2", "t.moyo@example.com", 1, source=source),
        lambda: unlink_customer(other, FIN, "P-1", "why"),
    ):
        with pytest.raises(OutboxError, match="are those of erp at .*not of test at .*nothing was linked.*--adopt"):
            attempt()
    assert links(first)["portal_id"].tolist() == ["P-1"]
    LinkStore.of(other).adopt()
    assert links(other)["portal_id"].tolist() == ["P-1"]
    with pytest.raises(OutboxError, match="are those of test at"):
        links(first)


def test_links_kept_before_they_had_an_odoo_become_that_of_the_first_that_reads_them(
    office: Office, tmp_path: Path, source: Snapshot
) -> None:
    link_customer(office, FIN, "P-1", "t.moyo@example.com", 1, source=source)
    with closing(sqlite3.connect(store_of(office))) as base:
        base.execute("DROP TABLE meta")
    for odoo, theirs in (("erp at https://erp.example.com", True), ("test at https://erp.example.com", False)):
        now = Office(Settings(), Outbox(office.outbox.path, odoo=odoo))
        if theirs:
            assert links(now)["portal_id"].tolist() == ["P-1"]
        else:
            with pytest.raises(OutboxError, match="--adopt"):
                links(now)


def store_of(office: Office) -> Path:
    return LinkStore.of(office).path


def test_the_file_is_the_owner_s_alone_and_refuses_to_change_or_forget(office: Office, source: Snapshot) -> None:
    link_customer(office, FIN, "P-1", "t.moyo@example.com", 1, source=source)
    path = store_of(office)
    assert path.parent == office.outbox.path.parent
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for change in ("update links set partner_id = 9", "delete from links"):
        base = sqlite3.connect(path)
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            base.execute(change)
        base.close()


def test_when_it_cannot_be_kept_nothing_is_linked_and_the_sentence_says_so(office: Office, source: Snapshot) -> None:
    store_of(office).mkdir(parents=True)
    for attempt in (
        lambda: links(office),
        lambda: link_customer(office, FIN, "P-1", "t.moyo@example.com", 1, source=source),
        lambda: unlink_customer(office, FIN, "P-1", "why"),
    ):
        with pytest.raises(OutboxError, match="nothing was linked or undone: make room there"):
            attempt()


def test_of_many_at_once_one_links_and_the_others_are_refused(office: Office, source: Snapshot) -> None:
    outcomes: list[str] = []

    def attempt(partner_id: int) -> None:
        try:
            link_customer(office, FIN, "P-1", "t.moyo@example.com", partner_id, source=source)
            outcomes.append("linked")
        except ActionRefusedError:
            outcomes.append("refused")

    threads = [threading.Thread(target=attempt, args=(1 + number % 3,)) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 9
    assert len(link_history(office)) == 1
    # Those who asked for the very customer that was linked first got the same link.
    assert outcomes.count("linked") == 3


def test_what_was_linked_survives_a_kill(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.portal_links import link_customer
from odoo_client.config import Settings
from tests.builders import Ledger
book = Ledger(); book.customer(1, "A", email="a@b.co")
office = Office(Settings(), Outbox(Path({str(tmp_path)!r}) / "outbox.sqlite3"))
link_customer(office, Author("fin", "Fin"), "P-1", "a@b.co", 1, source=book.snapshot())
print("linked", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert run.returncode == -signal.SIGKILL
    assert "linked" in run.stdout
    office = Office(Settings(), Outbox(tmp_path / "outbox.sqlite3"))
    assert links(office)["portal_id"].tolist() == ["P-1"]


def test_a_link_half_written_is_not_there(office: Office, source: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    link_customer(office, FIN, "P-1", "t.moyo@example.com", 1, source=source)
    monkeypatch.setattr(module, "_add", _adds_and_breaks)
    with pytest.raises(RuntimeError):
        link_customer(office, FIN, "P-2", "t.moyo@example.com", 1, source=source)
    monkeypatch.undo()
    assert links(office)["portal_id"].tolist() == ["P-1"]
    link_customer(office, FIN, "P-3", "t.moyo@example.com", 1, source=source)


def _adds_and_breaks(base: sqlite3.Connection, link: module.Link) -> None:
    base.execute(
        "INSERT INTO links (linked, portal_id, email, partner_id, login, name, on_behalf, reason, moment_s) "
        "VALUES (1, ?, '', 1, '', '', 0, '', 0)",
        (link.portal_id,),
    )
    raise RuntimeError(os.strerror(5))
