"""A branch of a company (Odoo 17 and newer): its rates stand on the company it is a branch of, and are used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from odoo_client.config import Settings
from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.convert import convert, currency_id_of
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.store.snapshot import Snapshot, SnapshotStore
from odoo_client.sync.run import run_sync
from tests.contract.ledger_sql import cents
from tests.real_odoo.seed.plan import MAIN_COMPANY
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo

BRANCH, ALONE = "AFINET Mutare", "mutare"
#: 0.92 EUR for a dollar, entered on the company above: Odoo refuses rates of a branch.
PROGRAM = f"""
main = env["res.company"].search([("name", "=", {MAIN_COMPANY!r})])
eur = env["res.currency"].with_context(active_test=False).search([("name", "in", ["EUR", "GBP"])])
eur.active = True
eur, gbp = (eur.filtered(lambda each: each.name == name) for name in ("EUR", "GBP"))
env["res.currency.rate"].search([("currency_id", "in", (eur + gbp).ids)]).unlink()
env["res.currency.rate"].create(
    {{"name": "2026-01-01", "currency_id": eur.id, "rate": 0.92, "company_id": main.id}}
)
branch = env["res.company"].create({{"name": {BRANCH!r}, "parent_id": main.id}})
env.ref("base.user_admin").company_ids += branch
groups = [env.ref("base.group_user").id, env.ref("account.group_account_manager").id]
env["res.users"].create(
    {{"name": "Mutare Clerk", "login": {ALONE!r}, "password": {ALONE!r}, "company_id": branch.id,
     "company_ids": [(6, 0, branch.ids)], "group_ids": [(6, 0, groups)]}}
)
partner = env["res.partner"].create({{"name": "Border Lodge"}})
# A branch made by a program has none of the defaults that Odoo's own form sets for it.
owed = partner.with_company(main).property_account_receivable_id
partner.with_company(branch).property_account_receivable_id = owed
moves = env["account.move"]
for currency, price in ((eur, 92.0), (gbp, 7.0)):
    moves |= env["account.move"].with_context(allowed_company_ids=[branch.id, main.id]).with_company(branch).create(
        {{"move_type": "out_invoice", "partner_id": partner.id, "currency_id": currency.id, "company_id": branch.id,
         "invoice_date": "2026-02-02", "invoice_date_due": "2026-02-02", "invoice_payment_term_id": False,
         "invoice_line_ids": [(0, 0, {{"name": "Internet", "price_unit": price, "tax_ids": [(5, 0, 0)]}})]}}
    )
moves.action_post()
env.cr.commit()
try:
    env["res.currency.rate"].create({{"name": "2026-01-01", "currency_id": gbp.id, "company_id": branch.id}})
    env.flush_all()
except Exception as refused:
    print("REFUSED", type(refused).__name__)
env.cr.rollback()
print("RESULT", eur._convert(92.0, env.ref("base.USD"), branch, "2026-06-01"), set(moves.mapped("company_id.name")))
"""


@pytest.fixture(scope="module")
def branched(odoo19_lean: RealOdoo) -> Iterator[RealOdoo]:
    """A copy of the small tenant with a branch that billed in euros, which have a rate, and pounds, which have none."""
    with odoo19_lean.copy() as server:
        printed = server.shell(PROGRAM)
        assert "REFUSED" in printed, "Odoo takes no rate of a branch"
        [told] = [line for line in printed.splitlines() if line.startswith("RESULT")]
        assert told == f"RESULT 100.0 {{{BRANCH!r}}}", "what Odoo itself makes of 92.00 EUR"
        yield server


def pulled(server: RealOdoo, login: str, folder: Path) -> Snapshot:
    store = SnapshotStore(folder)
    settings = Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=login,
        odoo_password=login,
        odoo_protocol="jsonrpc",
    )
    snapshot = run_sync(settings, store).snapshot
    store.close()
    return snapshot


@pytest.mark.parametrize("login", ["admin", ALONE])
def test_a_branch_s_euros_are_shown_in_dollars_at_its_root_s_rate(branched: RealOdoo, login: str, tmp_path: Path):
    """92.00 EUR are 100.00 USD, for who sees the whole company and for who sees the branch alone."""
    snapshot = pulled(branched, login, tmp_path)
    assert snapshot.meta.ties_to_ledger
    day = date(2026, 6, 1)
    table = ageing_by_customer(open_lines(LedgerIndex.build(snapshot), day))
    rows = table[table["customer"] == "Border Lodge"]
    assert sorted(cents(amount) for amount in rows["overdue"]) == [cents(7), cents(92)]
    shown = convert(rows, ["overdue"], snapshot, currency_id_of(snapshot, "USD"), day)
    codes = snapshot.frame("currencies").set_index("currency_id")["code"]
    amounts = {codes[row["currency_id"]]: cents(row["overdue"]) for row in shown.frame.to_dict("records")}
    assert amounts == {"USD": cents(100), "GBP": cents(7)}
    assert shown.sentence == "1 EUR = 1.0870 USD (Odoo's rate of 1 Jan 2026)."
    [refused] = shown.refused
    where = MAIN_COMPANY if login == "admin" else f"the company that {BRANCH} is a branch of"
    assert refused.startswith(f"Odoo has no GBP rate on or before 1 Jun 2026 for {where}: enter one there")


def test_companies_by_themselves_are_their_own_root(odoo_any: RealOdoo, tmp_path: Path):
    frame = pulled(odoo_any, odoo_any.username, tmp_path).frame("companies")
    assert frame["root_id"].tolist() == frame["company_id"].tolist()
