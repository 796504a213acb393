"""Members of staff for tests of sign-in, roles and scope, made in a copy of a tenant that is thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.real_odoo.server import RealOdoo

USER = "base.group_user"


@dataclass(frozen=True)
class Member:
    """A login with its password and groups; `companies` are positions in the tenant's companies by id."""

    login: str
    groups: tuple[str, ...]
    roles: frozenset[str]
    companies: tuple[int, ...] = (0, 1)

    @property
    def password(self) -> str:
        """A password nobody else has."""
        return f"staff-{self.login}"


FINANCE = Member("fin@staff.example", (USER, "account.group_account_readonly"), frozenset({"finance"}))
SUPPORT = Member("sup@staff.example", (USER, "helpdesk_mgmt.group_helpdesk_manager"), frozenset({"support"}))
MANAGER = Member("man@staff.example", (USER, "sales_team.group_sale_manager"), frozenset({"manager"}))
ADMINISTRATOR = Member(
    "adm@staff.example",
    (
        USER,
        "base.group_system",
        "account.group_account_readonly",
        "sales_team.group_sale_manager",
        "helpdesk_mgmt.group_helpdesk_manager",
    ),
    frozenset({"finance", "support", "manager", "administrator"}),
)
BOTH = Member(
    "finsup@staff.example",
    (USER, "account.group_account_readonly", "helpdesk_mgmt.group_helpdesk_manager"),
    frozenset({"finance", "support"}),
)
OTHER = Member("other@staff.example", (USER, "account.group_account_readonly"), frozenset({"finance"}), companies=(1,))
OWN = Member(
    "own@staff.example",
    (USER, "sales_team.group_sale_salesman", "helpdesk_mgmt.group_helpdesk_user_own"),
    frozenset({"sales", "support"}),
)
#: People who enter payments and decide on them.
CLERK = Member("clerk@staff.example", (USER, "account.group_account_invoice"), frozenset({"finance"}))
SECOND = Member("second@staff.example", (USER, "account.group_account_invoice"), frozenset({"finance"}))
THIRD = Member("third@staff.example", (USER, "account.group_account_invoice"), frozenset({"finance"}))
WRITERS = (CLERK, SECOND, THIRD)
PORTAL = Member("portal@staff.example", ("base.group_portal",), frozenset())
STAFF = (FINANCE, SUPPORT, MANAGER, ADMINISTRATOR, BOTH, OTHER, OWN)
#: So many orders and tickets are given to the one who sees only their own.
OWN_ORDERS, OWN_TICKETS = 3, 4


def hire(server: RealOdoo) -> dict[str, int]:
    """Make everybody in this (thrown away) copy; return user ids by login."""
    made = {member.login: hire_one(server, member) for member in (*STAFF, *WRITERS, PORTAL)}
    mine = made[OWN.login]
    orders = server.call("sale.order", "search", [("state", "=", "sale")], limit=OWN_ORDERS, order="id")
    server.call("sale.order", "write", orders, {"user_id": mine})
    if server.sql("select 1 from information_schema.tables where table_name = 'helpdesk_ticket'"):
        tickets = server.call("helpdesk.ticket", "search", [("team_id", "!=", False)], limit=OWN_TICKETS, order="id")
        # Only members of its team can have a ticket.
        teams = {row["team_id"][0] for row in server.call("helpdesk.ticket", "read", tickets, ["team_id"])}
        server.call("helpdesk.ticket.team", "write", list(teams), {"user_ids": [(4, mine)]})
        server.call("helpdesk.ticket", "write", tickets, {"user_id": mine})
    return made


def hire_one(server: RealOdoo, member: Member) -> int:
    """Make one member of staff in this (thrown away) copy; return the user's id."""
    companies = sorted(server.call("res.company", "search", []))
    groups = [_group(server, name) for name in member.groups]
    allowed = [companies[position] for position in member.companies]
    values: dict[str, Any] = {
        "name": member.login.partition("@")[0].title(),
        "login": member.login,
        "email": member.login,
        "password": member.password,
        "company_id": allowed[0],
        "company_ids": [(6, 0, allowed)],
        "group_ids" if server.major >= 19 else "groups_id": [(6, 0, [group for group in groups if group])],
    }
    return int(server.call("res.users", "create", values, context={"no_reset_password": True}))


def api_keys(server: RealOdoo, members: Sequence[Member]) -> dict[str, str]:
    """Give members of staff an API key each, good for a month; returns the keys by login."""
    program = ["import datetime", "day = datetime.datetime.now() + datetime.timedelta(days=30)"]
    for one in members:
        program.append(f"user = env['res.users'].search([('login', '=', {one.login!r})])")
        program.append(
            "print('key', user.login, env['res.users.apikeys'].with_user(user)._generate(None, 'test', day))"
        )
    printed = server.shell("\n".join([*program, "env.cr.commit()"]))
    rows = [line.split() for line in printed.splitlines() if line.startswith("key ")]
    return {login: key for _word, login, key in rows}


def _group(server: RealOdoo, name: str) -> int:
    module, _, rest = name.partition(".")
    found = server.call(
        "ir.model.data", "search_read", [("module", "=", module), ("name", "=", rest)], ["res_id"], limit=1
    )
    return int(found[0]["res_id"]) if found else 0
