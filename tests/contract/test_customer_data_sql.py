"""The data check equals SQL on Odoo's own database: what is missing, who shares what, who is archived and owes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from odoo_client.customer.search import SearchIndex
from odoo_client.frames.arrays import ints
from odoo_client.metrics.ageing import ageing_by_customer
from odoo_client.metrics.data_check import data_check
from odoo_client.metrics.ledger import LedgerIndex, open_lines
from odoo_client.store.snapshot import SnapshotStore
from odoo_client.sync.run import run_sync
from tests.contract.ledger_sql import cents, receivable_accounts
from tests.contract.writers import desk_of
from tests.real_odoo.server import RealOdoo

pytestmark = pytest.mark.odoo
#: What is left of a telephone number without signs, country code and zeros in front.
NATIONAL = "regexp_replace(regexp_replace({phone}, '[^0-9]', '', 'g'), '^(00)?(263)?0?', '')"
#: What is done to the data of as many customers.
SPOILT: tuple[dict[str, Any], ...] = (
    {"email": False, "phone": False},
    {"email": "not an address", "phone": "12"},
    {"email": "SHARED@x.example ", "phone": "0772 123 456"},
    {"email": "shared@X.example", "phone": "+263 77 212 3456"},
    {"name": "The  Same NAME"},
    {"name": "the same name"},
)


@dataclass(frozen=True)
class Checked:
    """A server with spoilt data, its data check, and the customers that were looked at."""

    server: RealOdoo
    findings: pd.DataFrame
    looked_at: list[int]

    def found(self, kind: str) -> set[int]:
        return set(self.findings.loc[self.findings["kind"] == kind, "partner_id"])

    def sql(self, where: str) -> set[int]:
        """The customers looked at of whom a condition on ``res_partner p`` is true."""
        rows = self.server.sql(f"select p.id from res_partner p where p.id = any(%s) and ({where})", [self.looked_at])
        return {key for (key,) in rows}

    def sharing(self, key: str, where: str) -> set[int]:
        """The customers looked at whose ``key`` another one of them has."""
        return self.sql(
            f"{where} and {key} in (select {key} from res_partner p where p.id = any(array{self.looked_at}) "
            f"and {where} group by 1 having count(*) > 1)"
        )


@pytest.fixture(scope="module", params=["odoo19", "odoo14", "odoo19_lean"])
def checked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checked]:
    server: RealOdoo = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp("check")
    with server.copy() as copy:
        owners = copy.sql(
            "select distinct p.commercial_partner_id from account_move m join res_partner p on p.id = m.partner_id "
            "join res_partner c on c.id = p.commercial_partner_id "
            "where m.move_type = 'out_invoice' and c.active order by 1 limit %s",
            [len(SPOILT)],
        )
        for (partner_id,), values in zip(owners, SPOILT, strict=True):
            more = {"mobile": False} if copy.major < 19 else {}
            copy.call("res.partner", "write", [partner_id], values | more)
        store = SnapshotStore(folder / "cache")
        snapshot = run_sync(desk_of(copy, folder).settings, store).snapshot
        index = SearchIndex.build(snapshot)
        owed = ageing_by_customer(open_lines(LedgerIndex.build(snapshot), datetime.now(UTC).date()))
        known = index.known()
        debtors = set(owed.loc[owed["balance"] > 0, "commercial_partner_id"])
        pairs = zip(ints(index.customers, "partner_id")[known].tolist(), index.active[known], strict=True)
        looked_at = [key for key, active in pairs if active or key in debtors]
        yield Checked(copy, data_check(index.customers, known, owed), looked_at)
        store.close()


def phone(server: RealOdoo) -> str:
    """A partner's phone, else its mobile where there is one."""
    return "coalesce(nullif(trim(p.phone), ''), p.mobile, '')" if server.major < 19 else "coalesce(p.phone, '')"


def test_missing_e_mails_and_phones_are_those_of_the_database(checked: Checked) -> None:
    assert checked.found("no e-mail") == checked.sql("coalesce(trim(p.email), '') = ''")
    assert checked.found("no phone") == checked.sql(f"trim({phone(checked.server)}) = ''")
    assert len(checked.found("no e-mail") & checked.found("no phone")) >= 1


def test_malformed_e_mails_and_phones_are_those_of_the_database(checked: Checked) -> None:
    number = phone(checked.server)
    digits = f"length(regexp_replace({number}, '[^0-9]', '', 'g'))"
    assert checked.found("malformed phone") == checked.sql(
        f"trim({number}) != '' and ({digits} < 9 or {digits} > 15 or {number} ~ '[[:alpha:]]')"
    )
    assert checked.found("malformed e-mail") == checked.sql(
        "trim(coalesce(p.email, '')) != '' and not exists (select 1 where trim(p.email) ~ "
        "'^[^[:space:]@]+@[^[:space:]@.]+([.][^[:space:]@.]+)+$') and p.email !~ '[;,]'"
    )
    assert checked.found("malformed e-mail") & checked.found("malformed phone")


def test_duplicates_are_those_of_the_database(checked: Checked) -> None:
    well_formed = "trim(coalesce(p.email, '')) ~ '^[^[:space:]@]+@[^[:space:]@.]+([.][^[:space:]@.]+)+$'"
    assert checked.found("same e-mail") == checked.sharing("lower(trim(p.email))", well_formed)
    number = phone(checked.server)
    usable = f"length(regexp_replace({number}, '[^0-9]', '', 'g')) between 9 and 15 and {number} !~ '[[:alpha:]]'"
    assert checked.found("same phone") == checked.sharing(NATIONAL.format(phone=number), usable)
    assert checked.found("same name") == checked.sharing(
        "lower(trim(regexp_replace(p.name, '[[:space:]]+', ' ', 'g')))", "trim(coalesce(p.name, '')) != ''"
    )
    assert min(len(checked.found(kind)) for kind in ("same e-mail", "same phone", "same name")) >= 2


def test_archived_customers_who_owe_are_those_of_the_ledger(checked: Checked) -> None:
    server = checked.server
    rows = server.sql(
        f"""
        select owner, currency_id, sum(owed) from (
            select p.commercial_partner_id as owner, l.company_id, l.currency_id,
                   sum(l.amount_residual_currency) as owed
              from account_move_line l join account_account a on a.id = l.account_id
              join account_move m on m.id = l.move_id join res_partner p on p.id = l.partner_id
             where {receivable_accounts(server)} and m.state = 'posted' and l.date <= current_date
             group by 1, 2, 3 having sum(l.amount_residual_currency) >= 0.005) debts
          join res_partner c on c.id = owner where not c.active group by 1, 2
        """
    )
    found = checked.findings[checked.findings["kind"] == "archived with debt"]
    ours = {(row["partner_id"], row["currency_id"]): cents(row["debt"]) for row in found.to_dict("records")}
    assert ours == {(owner, currency): cents(owed) for owner, currency, owed in rows}
    assert ours
