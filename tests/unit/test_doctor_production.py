"""What `doctor` says of serving others: each production setting that is missing, what is kept, rules not mirrored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from odoo_client.actions.outbox.entry import Author
from odoo_client.actions.outbox.outbox import outbox_of
from odoo_client.config import Settings
from odoo_client.doctor.production import Finding, production, record_rules
from odoo_client.errors import OdooAccessError
from odoo_client.people.audit import audit_log
from odoo_client.sync.background import folder_for
from odoo_client.sync.notices import Told

GOOD = """
[server]
allowedHosts = ["dashboard.example.com"]
enableXsrfProtection = true
maxUploadSize = 10
[client]
showErrorDetails = "none"
disableDataExport = true
"""
ROOT = Path(__file__).parents[2]


def settings(folder: Path, **more: Any) -> Settings:
    given = {"odoo_url": "https://erp.example.com", "odoo_database": "erp", "odoo_username": "bot"}
    return Settings(**(given | {"odoo_password": "key", "data_dir": folder / "data"} | more))


def found(folder: Path, config: str = GOOD, env: dict[str, str] | None = None, **more: Any) -> dict[str, Finding]:
    (folder / ".streamlit").mkdir(exist_ok=True)
    (folder / ".streamlit" / "config.toml").write_text(config)
    return {one.name: one for one in production(settings(folder, **more), read=[folder], env=env or {})}


def troubled(findings: dict[str, Finding]) -> set[str]:
    return {name for name, one in findings.items() if one.verdict != "ok"}


def test_a_whole_installation_has_no_warning(tmp_path: Path) -> None:
    assert troubled(found(tmp_path)) == set()


def test_the_configuration_that_comes_with_the_app_warns_of_nothing(tmp_path: Path) -> None:
    findings = found(tmp_path, (ROOT / ".streamlit" / "config.toml").read_text())
    assert troubled(findings) == set()
    assert "add the public name" in findings["Host names"].sentence


@pytest.mark.parametrize(
    ("line", "instead", "name"),
    [
        ('allowedHosts = ["dashboard.example.com"]', "", "Host names"),
        ('"dashboard.example.com"', '"*"', "Host names"),
        ("enableXsrfProtection = true", "enableXsrfProtection = false", "Forged requests"),
        ("maxUploadSize = 10", "maxUploadSize = 200", "Uploads"),
        ("maxUploadSize = 10", "", "Uploads"),
        ('showErrorDetails = "none"', 'showErrorDetails = "full"', "Error details"),
        ('showErrorDetails = "none"', "", "Error details"),
        ("disableDataExport = true", "", "Tables"),
    ],
)
def test_each_setting_of_streamlit_that_is_missing_is_named(tmp_path: Path, line: str, instead: str, name: str) -> None:
    assert line in GOOD
    assert troubled(found(tmp_path, GOOD.replace(line, instead))) == {name}


def test_the_environment_is_in_force_before_the_file(tmp_path: Path) -> None:
    assert troubled(found(tmp_path, env={"STREAMLIT_SERVER_ALLOWED_HOSTS": "*"})) == {"Host names"}
    assert troubled(found(tmp_path, env={"STREAMLIT_CLIENT_SHOW_ERROR_DETAILS": "full"})) == {"Error details"}


def test_no_sign_in_and_no_encryption_are_warned_of(tmp_path: Path) -> None:
    assert troubled(found(tmp_path, auth="none")) == {"Sign-in"}
    assert troubled(found(tmp_path, odoo_url="http://erp.example.com")) == {"Encryption"}
    assert troubled(found(tmp_path, odoo_url="http://127.0.0.1:8069")) == set()


def test_single_sign_on_without_its_secrets_is_a_failure_and_without_https_a_warning(tmp_path: Path) -> None:
    assert "redirect_uri and cookie_secret" in found(tmp_path, auth="oidc")["Sign-in"].sentence
    secrets = tmp_path / ".streamlit" / "secrets.toml"
    for scheme, verdict in (("http", "warning"), ("https", "ok")):
        secrets.write_text(
            f'[auth]\nredirect_uri = "{scheme}://dashboard.example.com/oauth2callback"\ncookie_secret = "x"\n'
        )
        assert found(tmp_path, auth="oidc")["Sign-in"].verdict == verdict


def test_a_trail_that_was_changed_and_entries_that_failed_are_told(tmp_path: Path) -> None:
    given = settings(tmp_path)
    trail, outbox = audit_log(given), outbox_of(given)
    trail.add("sign-in", login="tendai")
    entry = outbox.add("activity", Author("tendai", "Tendai"), title="A call", payload={})
    assert troubled(found(tmp_path)) == set()
    outbox.change(entry.token, "failed", reason="Odoo said no.")
    assert "1 failed" in found(tmp_path)["Outbox"].sentence
    with trail.opened() as base:
        base.execute("DROP TRIGGER audit_no_update")
        base.execute("UPDATE audit SET login = 'somebody else'")
    assert troubled(found(tmp_path)) == {"Outbox", "Audit trail"}


class Rules:
    """An Odoo with these record rules: name to external id."""

    def __init__(self, rules: dict[str, str], *, denied: bool = False) -> None:
        self.rules, self.denied = list(rules.items()), denied

    def search_read(self, model: str, domain: Any, fields: Any, **more: Any) -> list[dict[str, Any]]:
        if self.denied:
            raise OdooAccessError("The account may not read ir.rule.")
        return [{"id": number, "name": name} for number, (name, _id) in enumerate(self.rules)]

    def call(self, model: str, method: str, *, ids: list[int]) -> dict[str, str]:
        return {str(number): self.rules[number][1] for number in ids}


def test_record_rules_of_ones_own_are_named_and_odoos_are_not() -> None:
    odoo = Rules({"Own orders": "sale.own", "Harare only": "", "Region rule": "acme_regions.rule"})
    said = record_rules(odoo)  # type: ignore[arg-type]
    assert said.verdict == "warning"
    assert "Harare only, Region rule" in said.sentence
    assert "Own orders" not in said.sentence
    assert record_rules(Rules({"Own orders": "sale.own"})).verdict == "ok"  # type: ignore[arg-type]


def test_an_account_that_may_not_read_rules_is_told_what_that_means() -> None:
    assert "may not look at record rules" in record_rules(Rules({}, denied=True)).sentence  # type: ignore[arg-type]


# Notices


def noted(folder: Path, told: Told, **more: Any) -> Finding:
    given = {"cache_dir": folder, "odoo_hook_secret": "s" * 40} | more
    told.keep(folder_for(settings(folder, **given)))
    return found(folder, **given)["Notices"]


def test_without_a_secret_it_says_where_to_read_of_notices(tmp_path: Path) -> None:
    one = noted(tmp_path, Told(datetime(2026, 11, 29, tzinfo=UTC)), odoo_hook_secret=None)
    assert one.verdict == "ok"
    assert "asked every 30 s; docs/hooks.md" in one.sentence


def test_the_last_notice_and_the_last_change_without_one_are_told(tmp_path: Path) -> None:
    moment = datetime(2026, 11, 29, 7, 5, tzinfo=UTC)
    one = noted(tmp_path, Told(moment, "account.move", moment + timedelta(hours=1), ("customers", "products")))
    assert one == Finding(
        "Notices",
        "ok",
        "Last notice: 29 Nov 2026 07:05 UTC, of account.move. Last change found by polling without a notice: 29 Nov "
        "2026 08:05 UTC, in customers, products.",
    )


def test_a_secret_without_any_notice_is_a_warning_with_the_command(tmp_path: Path) -> None:
    one = noted(tmp_path, Told())
    assert one.verdict == "warning"
    assert "hooks --install" in one.sentence
