"""On Odoo 14, partner totals in company currency equal OCA's aged partner balance, today and on past days."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd
import pytest

from odoo_client.store.snapshot import Snapshot
from tests.contract.conftest import Pull
from tests.contract.ledger_sql import cents
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

Totals = dict[tuple[int, int], Decimal]
"""Company and commercial partner (0 = none) → residual in company currency."""

REPORT = """
import datetime, json
report = env["report.account_financial_report.aged_partner_balance"]
found = []
for company in env["res.company"].search([]):
    scoped = report.with_context(allowed_company_ids=company.ids).with_company(company)
    accounts = env["account.account"].search([("internal_type", "=", "receivable"), ("company_id", "=", company.id)])
    for day in {days!r}:
        balance = scoped._get_move_lines_data(
            company.id, accounts.ids, [], datetime.date.fromisoformat(day), False, True, False
        )[0]
        for account in balance.values():
            for partner, amounts in account.items():
                if isinstance(partner, int):
                    owner = env["res.partner"].browse(partner).commercial_partner_id.id or 0
                    found.append([day, company.id, owner, amounts["residual"]])
print("RESULT " + json.dumps(found))
"""


def ours(snapshot: Snapshot, day: date) -> Totals:
    """Residuals in company currency: today's, with what was matched after the day added back."""
    lines = snapshot.frame("receivable_lines")
    lines = lines[lines["date"] <= pd.Timestamp(day)]
    later = snapshot.frame("partials")
    later = later[later["max_date"] > pd.Timestamp(day)]
    back = later.groupby("debit_line_id")["amount_company"].sum()
    forth = later.groupby("credit_line_id")["amount_company"].sum()
    residual = (
        lines["residual_company"] + lines["line_id"].map(back).fillna(0.0) - lines["line_id"].map(forth).fillna(0.0)
    )
    summed = residual.groupby([lines["company_id"], lines["commercial_partner_id"]]).sum().round(2)
    return {key: cents(value) for key, value in summed.items() if cents(value)}


def test_partner_totals_equal_ocas_aged_partner_balance(odoo14: RealOdoo, pull: Pull):
    today = date.today()  # noqa: DTZ011  Odoo's day, on this machine
    days = [today, *(odoo14.seeded_on - timedelta(days=back) for back in (30, 75, 200))]
    printed = odoo14.shell(REPORT.format(days=[str(day) for day in days]))
    [answer] = [line for line in printed.splitlines() if line.startswith("RESULT ")]
    theirs: dict[str, Totals] = {str(day): defaultdict(Decimal) for day in days}
    for day, company, owner, residual in json.loads(answer.removeprefix("RESULT ")):
        theirs[day][company, owner] += cents(round(residual, 2))
    snapshot = pull(odoo14, "jsonrpc")
    for day in days:
        expected = {key: amount for key, amount in theirs[str(day)].items() if amount}
        assert ours(snapshot, day) == expected, day
        assert len({company for company, _owner in expected}) == 2, "both companies"
