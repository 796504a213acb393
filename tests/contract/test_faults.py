"""Writes through a proxy that loses, delays and damages calls, and an app that is killed: in Odoo once, by SQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.faultproxy import FAULTS
from bench.faults import lock_run, run, secrets_of
from bench.faults_child import proof_of, seen_of
from bench.faults_count import tasks_of
from odoo_client.actions.outbox.entry import Entry
from odoo_client.actions.payments.decisions import approve_payment
from odoo_client.actions.payments.proof import submit_payment_proof
from odoo_client.errors import UnknownOutcomeError
from odoo_client.rpc.client import OdooClient
from tests.contract.writers import Desk, author, desk_of
from tests.real_odoo.server import RealOdoo
from tests.real_odoo.staff import CLERK, SECOND

pytestmark = pytest.mark.odoo
LONGEST_S = 20.0
Place = tuple[RealOdoo, dict[str, str], str]


@pytest.fixture(scope="module")
def full19(odoo19: RealOdoo) -> Iterator[Place]:
    """Odoo 19 with two workers, as it is in production."""
    with odoo19.copy(workers=2) as copy:
        yield copy, secrets_of(copy), "json2"


@pytest.fixture(scope="module")
def full14(odoo14: RealOdoo) -> Iterator[Place]:
    with odoo14.copy() as copy:
        yield copy, secrets_of(copy), "jsonrpc"


def test_twenty_submissions_through_faults_and_kills_are_each_in_odoo_once(full19: Place, tmp_path: Path) -> None:
    server, secrets, protocol = full19
    outcome = run(
        server, secrets, tmp_path, protocol=protocol, submissions=20, seed=20, kill_chance=0.03, patience_s=300
    )
    assert outcome.unsettled == ()
    assert [one for one in outcome.counts if one.lost or one.doubled] == []
    assert outcome.held
    # The run has met what it is about.
    assert set(FAULTS) <= set(outcome.figures.kinds)
    assert outcome.figures.resends > 0
    assert sum(outcome.deaths.values()) >= 5


@pytest.mark.parametrize("place", ["full19", "full14"])
def test_what_odoo_commits_long_after_the_client_gave_up_is_found_and_not_sent_again(
    request: pytest.FixtureRequest, place: str, tmp_path: Path
) -> None:
    server, secrets, protocol = request.getfixturevalue(place)
    seen = lock_run(
        server, author(CLERK), secrets[CLERK.login], tmp_path,
        protocol=protocol, after_s=6.0, timeout_s=2.0, longest_s=LONGEST_S,
    )  # fmt: skip
    assert seen.states[-2:] == ["unknown", "done"]
    assert seen.looked_up >= 2, "looked up in vain before Odoo committed"
    assert seen.committed_after_s >= 6
    assert seen.found_after_s < LONGEST_S
    assert seen.payments == 1


class Unsent:
    """A connection on which the first calls of a method never reach Odoo, which the client cannot know."""

    def __init__(self, client: OdooClient, method: str, lost: list[str]) -> None:
        self._client, self._method, self._lost = client, method, lost

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def call(self, model: str, method: str, **named: Any) -> Any:
        if method == self._method and self._lost:
            self._lost.pop()
            raise UnknownOutcomeError("The answer was lost.", model=model, method=method)
        return self._client.call(model, method, **named)


class Decision:
    """A submission in Odoo and an approval of it, one call of which is lost on its way."""

    def __init__(self, place: Place, folder: Path, method: str) -> None:
        self.server, _secrets, _protocol = place
        self.now_s = 1_000_000.0
        self.desk: Desk = desk_of(self.server, folder)
        self.desk.outbox.clock = lambda: self.now_s
        self.proof = proof_of(tasks_of(self.server, 3, seed=len(method))[2])
        entry = self.desk.sent(submit_payment_proof(self.desk.office, author(CLERK), self.proof))
        assert entry.record is not None
        self.payment_id = entry.record.record_id
        self.desk.wrap = lambda client: Unsent(client, method, self._lost)  # type: ignore[assignment,return-value]
        self._lost = [method]
        seen = seen_of(self.proof, entry)
        self.entry = self.sent(approve_payment(self.desk.office, author(SECOND), seen, self.proof.invoices))
        assert self.entry.state == "unknown"

    def sent(self, entry: Entry) -> Entry:
        return self.desk.sent(entry)

    def resent(self) -> Entry:
        """Look it up and send it again, once Odoo can no longer be at it."""
        self.now_s += 1_000
        return self.sent(self.entry)

    @property
    def state(self) -> str:
        return str(self.server.call("account.payment", "read", [self.payment_id], ["state"])[0]["state"])


def test_a_payment_changed_while_its_approval_was_looked_up_is_not_posted(full19: Place, tmp_path: Path) -> None:
    decision = Decision(full19, tmp_path, "action_post")
    decision.server.call("account.payment", "write", [decision.payment_id], {"amount": 99.0})
    refused = decision.resent()
    assert refused.state == "failed"
    assert "changed in Odoo since you saw it" in refused.reason
    assert decision.state == "draft"


def test_a_payment_used_up_elsewhere_while_its_match_was_looked_up_is_told_as_on_account(
    full19: Place, tmp_path: Path
) -> None:
    decision = Decision(full19, tmp_path, "js_assign_outstanding_line")
    server, invoice = decision.server, decision.proof.invoices[0]
    context = {"allowed_company_ids": [decision.proof.company_id]}
    other = server.call("account.move", "copy", [invoice.move_id], context=context)[0]
    server.call("account.move", "action_post", [other], context=context)
    line = server.sql(
        "select l.id from account_move_line l join account_account a on a.id = l.account_id "
        "where l.payment_id = %s and a.account_type = 'asset_receivable'",
        [decision.payment_id],
    )
    server.call("account.move", "js_assign_outstanding_line", [other], line[0][0], context=context)
    done = decision.resent()
    assert (done.state, done.reason) == ("done", "")
    owed = f"{decision.proof.currency} {decision.proof.amount:,.2f}"
    assert done.result["residuals"] == {invoice.name: owed}
    note = server.sql("select body from mail_message where body like %s", [f"%{decision.entry.token}%"])
    assert len(note) == 1
    assert "posted, on account" in note[0][0]
