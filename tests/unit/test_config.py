"""Settings: from the environment and secrets.toml, all four of Odoo's or none, wrong ones named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from odoo_client.config import (
    DEFAULT_NOT_SERVICE_PATTERN,
    DEFAULT_TECHNOLOGY_RULES,
    ODOO_SETTINGS,
    Settings,
    is_loopback,
    load_settings,
)
from odoo_client.errors import ConfigError
from tests.support.reference import setting_rows

SECRET = "s3cr3t-pa55word"
FOUR = {
    "ODOO_URL": "https://erp.example.com",
    "ODOO_DATABASE": "isp",
    "ODOO_USERNAME": "bot@example.com",
    "ODOO_PASSWORD": SECRET,
}


def test_with_none_of_the_four_set_the_demo_is_used() -> None:
    settings = load_settings({})
    assert settings.demo
    assert settings.odoo_url is None


def test_with_all_four_set_a_real_odoo_is_used() -> None:
    settings = load_settings(FOUR)
    assert not settings.demo
    assert settings.odoo_password is not None
    assert settings.odoo_password.get_secret_value() == SECRET


@pytest.mark.parametrize("missing", [name.upper() for name in ODOO_SETTINGS])
@pytest.mark.parametrize("way", ["absent", "empty"])
def test_one_missing_setting_is_named_and_never_means_the_demo(missing: str, way: str) -> None:
    env = {name: value for name, value in FOUR.items() if name != missing} | ({missing: ""} if way == "empty" else {})
    with pytest.raises(ConfigError, match=f"^{missing} is not set") as caught:
        load_settings(env)
    assert caught.value.setting == missing
    assert SECRET not in str(caught.value)


def test_several_missing_settings_are_all_named() -> None:
    with pytest.raises(ConfigError, match="^ODOO_DATABASE, ODOO_USERNAME and ODOO_PASSWORD are not set"):
        load_settings({"ODOO_URL": "https://erp.example.com"})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://erp.example.com/", "https://erp.example.com"),
        ("  https://erp.example.com:8443  ", "https://erp.example.com:8443"),
        ("https://erp.example.com/web#action=1", "https://erp.example.com"),
        ("https://erp.example.com/web/login?db=x", "https://erp.example.com"),
        ("https://erp.example.com/odoo/accounting", "https://erp.example.com"),
        ("https://example.com/erp/", "https://example.com/erp"),
        ("http://[::1]:8069", "http://[::1]:8069"),
    ],
)
def test_an_address_copied_from_the_browser_is_cut_to_odoos_own(given: str, kept: str) -> None:
    assert load_settings(FOUR | {"ODOO_URL": given}).odoo_url == kept


WRONG = [
    ("ODOO_URL", "erp.example.com", "https://erp.example.com"),
    ("ODOO_URL", "ftp://erp.example.com", "https://"),
    ("ODOO_URL", "https://erp.example.com:99999", "port"),
    ("ODOO_URL", f"https://bot:{SECRET}@erp.example.com", "ODOO_USERNAME and ODOO_PASSWORD"),
    ("ODOO_PROTOCOL", "xmlrpc", "jsonrpc"),
    ("ODOO_TIMEOUT_S", "soon", "number"),
    ("ODOO_TIMEOUT_S", "0", "greater than 0"),
    ("TIMEZONE", "Mars/Olympus", "Africa/Harare"),
    ("AGEING_BOUNDS_DAYS", "[30, 20]", "increasing"),
    ("AGEING_BOUNDS_DAYS", "30", "is wrong"),
    ("AGEING_BOUNDS_DAYS", "[30,", "JSON"),
    ("TECHNOLOGY_RULES", '[{"technology": "dsl"}]', "fibre"),
    ("TECHNOLOGY_RULES", '[{"technology": "fibre", "name": "("}]', "regular expression"),
    ("NOT_SERVICE_PATTERN", "(kit", "regular expression"),
    ("REPORTING_CURRENCY", "dollars", "pattern"),
    ("DEMO_PROFILE", "20-oca", "19-oca"),
]


@pytest.mark.parametrize(("name", "value", "word"), WRONG)
def test_a_wrong_setting_is_named_with_what_would_be_right(name: str, value: str, word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(FOUR | {name: value})
    assert str(caught.value).startswith(name)
    assert word in str(caught.value)
    assert caught.value.setting == name
    assert SECRET not in str(caught.value)


def test_secrets_toml_sets_what_the_environment_does_not(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(
        'ODOO_URL = "https://file.example.com"\nodoo_database = "isp"\nODOO_USERNAME = "bot"\n'
        f'ODOO_PASSWORD = "{SECRET}"\nageing_bounds_days = [10, 20]\n'
        '[[technology_rules]]\ntechnology = "fibre"\nname = "glass"\n'
        '[auth]\nredirect_uri = "http://localhost:8501/oauth2callback"\n'
    )
    settings = load_settings({"ODOO_URL": "https://env.example.com"}, path)
    assert settings.odoo_url == "https://env.example.com"
    assert settings.odoo_database == "isp"
    assert settings.ageing_bounds_days == (10, 20)
    assert [rule.name for rule in settings.technology_rules] == ["glass"]


def test_a_misspelt_name_in_secrets_toml_is_told_with_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(f'ODOO_PASSWROD = "{SECRET}"\n')
    with pytest.raises(ConfigError, match="Did you mean ODOO_PASSWORD") as caught:
        load_settings({}, path)
    assert SECRET not in str(caught.value)


def test_a_broken_secrets_toml_is_told_without_its_text(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(f'ODOO_URL = "https://x"\nODOO_PASSWORD = "{SECRET}\n')
    with pytest.raises(ConfigError, match=r"secrets\.toml is not valid TOML .*line 2") as caught:
        load_settings({}, path)
    assert SECRET not in str(caught.value)


def test_an_absent_secrets_toml_is_no_error(tmp_path: Path) -> None:
    assert load_settings({}, tmp_path / "none.toml").demo


def test_without_arguments_the_current_folder_and_the_process_environment_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".streamlit"
    folder.mkdir()
    (folder / "secrets.toml").write_text('sync_interval_s = 77\nodoo_lang = "de_DE"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ODOO_SETTINGS:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("ODOO_LANG", "fr_FR")
    settings = load_settings()
    assert settings.sync_interval_s == 77
    assert settings.odoo_lang == "fr_FR"


def test_the_password_shows_in_no_text_of_the_settings() -> None:
    settings = load_settings(FOUR)
    for text in (repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump())):
        assert SECRET not in text


def test_the_line_end_of_a_key_file_is_no_part_of_the_key() -> None:
    settings = load_settings(FOUR | {"ODOO_PASSWORD": SECRET + "\n"})
    assert settings.odoo_password is not None
    assert settings.odoo_password.get_secret_value() == SECRET


def test_settings_cannot_be_changed_or_invented() -> None:
    settings = Settings(odoo_timeout_s=10)
    with pytest.raises(ValidationError):
        settings.odoo_timeout_s = 20
    with pytest.raises(ValidationError):
        Settings(odoo_pasword="x")  # type: ignore[call-arg]


def test_settings_made_in_code_ignore_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODOO_URL", "https://erp.example.com")
    assert Settings().odoo_url is None


def test_each_setting_is_described_once() -> None:
    rows = setting_rows()
    assert [row.name.lower() for row in rows] == list(Settings.model_fields)
    assert all(row.description.endswith((".", ")")) for row in rows)


@pytest.mark.parametrize(
    ("product", "technology"),
    [
        ("Home Fiber 50", "fibre"),
        ("FTTH Business 100", "fibre"),
        ("Fibre Lite", "fibre"),
        ("Star Link Residential", "starlink"),
        ("STARLINK Mobile", "starlink"),
        ("Wireless 10 Mbps", "wireless"),
        ("Domain name", ""),
    ],
)
def test_the_default_rules_know_the_spellings_in_use(product: str, technology: str) -> None:
    found = [rule.technology for rule in DEFAULT_TECHNOLOGY_RULES if re.search(rule.name, product, re.IGNORECASE)]
    assert found[:1] == ([technology] if technology else [])


@pytest.mark.parametrize("product", ["Starlink Standard Kit", "Wireless router", "Fibre installation", "ONT Huawei"])
def test_by_default_kits_routers_and_fees_are_no_services(product: str) -> None:
    assert re.search(DEFAULT_NOT_SERVICE_PATTERN, product, re.IGNORECASE)


@pytest.mark.parametrize("product", ["Home Fiber 50", "Starlink Residential", "Wireless 10 Mbps", "Content filter"])
def test_by_default_plans_are_services(product: str) -> None:
    assert not re.search(DEFAULT_NOT_SERVICE_PATTERN, product, re.IGNORECASE)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.3.2.1", True), ("::1", True), ("[::1]", True), ("localhost", True),
     ("0.0.0.0", False),  # noqa: S104 - looked at, not bound
     ("::", False), ("192.168.1.4", False), ("erp.example.com", False), ("", False)],
)  # fmt: skip
def test_only_this_machine_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
