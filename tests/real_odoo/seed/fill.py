"""Fill one tenant: what ``odoo shell`` runs."""

from __future__ import annotations

import time
from typing import Any

from tests.real_odoo.seed.books import Books
from tests.real_odoo.seed.cases import fill_cases
from tests.real_odoo.seed.desk import fill_tasks, fill_tickets
from tests.real_odoo.seed.office import Office
from tests.real_odoo.seed.plan import subscribers
from tests.real_odoo.seed.services import earlier_order, fill_contracts, fill_orders, pricelists, service_order
from tests.real_odoo.seed.subscribers import bills_of, make_partners, second_company_bills, settle

FULL_SUBSCRIBERS = 70
LEAN_SUBSCRIBERS = 45


def fill(env: Any, tenant: str) -> None:
    """Make everything the tenant holds and leave its day and API keys in the system parameters."""
    from odoo import release

    started = time.monotonic()
    office = Office(env, release.version_info[0])
    _say("companies, products, users", started)
    lean = "contract.contract" not in env
    people = subscribers(LEAN_SUBSCRIBERS if lean else FULL_SUBSCRIBERS)
    partners = make_partners(office, people)
    lists = pricelists(office)
    books, second = Books(office), Books(office, office.second)
    fill_cases(office, books, second)
    _say("hand-worked customers", started)
    bills = []
    for each in people:
        partner = partners[each.number]
        if lean and each.number % 6 != 5:
            earlier_order(office, each, partner, lists)
            order = service_order(office, each, partner, lists)
            bills += bills_of(each, partner, origin=order.name, sale_lines=order.order_line.ids)
        else:
            bills += bills_of(each, partner)
    books.bill(bills)
    _say(f"{len(bills)} bills of subscribers", started)
    settle(books, people, partners, bills)
    second_company_bills(second, partners)
    _say("payments", started)
    env.cr.commit()
    books.supplier(office.partner("Uplink Carrier", supplier_rank=1), 30, 900.00)
    own = books.env["account.move"].browse([books.moves[f"S{number}/0"].id for number in range(0, len(people), 9)])
    own.write({"invoice_user_id": office.users["limited"].id})
    everyone = [partners[each.number] for each in people]
    fill_orders(office, people, partners, lists)
    if lean:
        fill_tasks(office, everyone)
    else:
        fill_contracts(office, people, partners)
        fill_tickets(office, everyone)
        fill_tasks(office, everyone, count=12)
    _say("orders, contracts, tickets", started)
    _keys(office)
    env.cr.commit()


def _keys(office: Office) -> None:
    """Fixed passwords, API keys (19), and the day everything is dated by, for the tests to read from the database."""
    parameters = office.env["ir.config_parameter"].sudo()
    parameters.set_param("tests.seeded_on", str(office.today))
    office.users["admin"].write({"password": "admin"})
    if office.major >= 19:
        keys = office.env["res.users.apikeys"]
        for login in ("admin", "limited"):
            user = office.users[login]
            key = keys.with_user(user).sudo()._generate("rpc", "tests", office.back(-80))
            parameters.set_param(f"tests.api_key.{login}", key)


def _say(what: str, started: float) -> None:
    print(f"seed: {what}, {time.monotonic() - started:.0f} s", flush=True)  # noqa: T201  read by the maker of templates
