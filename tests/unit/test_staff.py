"""What single sign-on finds of people whose tickets are project tasks: Odoo's own rule, not the service's sight."""

from __future__ import annotations

from typing import Any

import pytest

from odoo_client.config import Settings
from odoo_client.demo import DemoServer
from odoo_client.demo.business.accounts import LIMITED_LOGIN
from odoo_client.people import staff
from odoo_client.people.access import Person
from odoo_client.rpc.client import OdooClient
from tests.demo_worlds import own

USER = {"base.group_user", "project.group_project_user"}


def found(server: DemoServer, patch: pytest.MonkeyPatch, groups: set[str]) -> Person:
    # The demo's Odoo keeps groups by account and has no records of them; real ones are read in tests/contract.
    patch.setattr(staff, "_groups", lambda _client, _uid: groups)
    settings = Settings(
        odoo_url=server.url, odoo_database=server.database, odoo_username=server.login, odoo_password=server.key
    )
    with OdooClient.connect(settings) as service:
        return staff.person_by_login(service, LIMITED_LOGIN)


@pytest.mark.parametrize("profile", ["14-community", "19-community"])
def test_private_projects_of_others_and_those_of_other_companies_are_not_theirs(
    profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own(profile) as server:
        db = server.orm
        user = next(row for row in db.tables["res.users"].values() if row["login"] == LIMITED_LOGIN)
        first, *_rest = db.tables["project.project"].values()
        made: dict[str, int] = {}
        more: dict[str, dict[str, Any]] = {
            "open": {"privacy_visibility": "employees"},
            "shared": {"privacy_visibility": "employees", "company_id": None},
            "private": {"privacy_visibility": "followers"},
            "invited": {
                "privacy_visibility": "followers",
                "message_partner_ids": [user["partner_id"]],
                "allowed_internal_user_ids": [user["id"]],
            },
            "elsewhere": {"privacy_visibility": "employees", "company_id": 2},
        }
        for name, values in more.items():
            row = {key: value for key, value in first.items() if key != "id"} | {"name": name} | values
            made[name] = db.add("project.project", row)
        person = found(server, monkeypatch, USER)
        assert person.tickets == "team"
        assert person.company_ids == {1}
        assert {name for name, key in made.items() if key in person.team_ids} == {"open", "shared", "invited"}
        assert found(server, monkeypatch, USER | {"project.group_project_manager"}).tickets == "all"
