"""Every setting: its name, what it may be, its default and what it means. docs/settings.md is generated from it."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
import re
import sys
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from odoo_client.errors import ConfigError
from odoo_client.patterns import (
    DEFAULT_CANCELLED_PATTERN,
    DEFAULT_NOT_SERVICE_PATTERN,
    DEFAULT_TECHNOLOGY_RULES,
    DEFAULT_WAITING_CUSTOMER_PATTERN,
    Pattern,
    TechnologyRule,
)
from odoo_client.payment_details import PaymentDetails
from odoo_client.roles import DEFAULT_ROLES, Grant, Role

#: Failed sign-ins of everybody at one address together: twice what an office of thirty makes.
FAILURES_BY_ADDRESS: Final = 50
#: Upper limits of the ageing buckets, in days overdue, unless `AGEING_BOUNDS_DAYS` says otherwise.
BUCKET_BOUNDS_DAYS: Final = (30, 60, 90, 120)
#: Seconds between two incremental syncs: of any Odoo, and of one on Odoo's own hosting.
INTERVAL_S: Final = 30
GENTLE_INTERVAL_S: Final = 300
#: Figures are not called stale sooner than this: a sync that finds much to read takes longer than a short interval.
STALE_LEAST_S: Final = 300
#: The four settings that connect an Odoo: all of them or none.
ODOO_SETTINGS = ("odoo_url", "odoo_database", "odoo_username", "odoo_password")
MIB = 1024 * 1024
#: Bytes of a key that notices are signed with.
SIGNING_KEY_BYTES: Final = 24

#: People paste the address of the page they are on; these are pages of Odoo's web client, not part of its address.
_WEB_CLIENT_PATH = re.compile(r"^/(web|odoo|my|jsonrpc|json)(/.*)?$")
#: It stands in an address or a header as it is, and nobody tries all of them.
_PLAIN_SECRET = re.compile(r"[A-Za-z0-9_-]{32,256}")


def is_gentle(host: str) -> bool:
    """Return whether `host` is Odoo's own hosting, where an integration may make one call a second."""
    host = host.lower().rstrip(".")
    return host == "odoo.com" or host.endswith(".odoo.com")


def user_cache_dir() -> Path:
    """Return the folder where this user's programs keep what can be fetched again."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def user_data_dir() -> Path:
    """Return the folder where this user's programs keep what must not be lost."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


class Settings(BaseSettings):
    """All settings. `Settings(...)` takes exactly what is given; `load_settings` reads environment and files."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, env_ignore_empty=True)

    odoo_url: str | None = Field(
        default=None, description="Odoo's address, `https://erp.example.com`. Unset: the demo."
    )
    odoo_database: str | None = Field(default=None, description="Name of the Odoo database.")
    odoo_username: str | None = Field(default=None, description="Login of the account the dashboard reads with.")
    odoo_password: SecretStr | None = Field(default=None, description="That account's API key (better) or password.")
    odoo_protocol: Literal["auto", "json2", "jsonrpc"] = Field(
        default="auto", description="`json2`, `jsonrpc`, or `auto`: JSON-2 from Odoo 19, else or when refused JSON-RPC."
    )
    odoo_connect_timeout_s: float = Field(default=5.0, gt=0, le=60, description="Seconds to wait for a connection.")
    odoo_timeout_s: float = Field(
        default=60.0,
        gt=0,
        le=900,
        description="Seconds of silence after which a call counts as lost; so does a call of five times as long.",
    )
    odoo_max_response_bytes: int = Field(
        default=512 * MIB, ge=4096, description="Largest answer taken from Odoo, in bytes."
    )
    odoo_parallel_reads: int = Field(
        default=2,
        ge=1,
        le=16,
        description="Reads in flight at once (always 1 on `*.odoo.com`); at most Odoo's workers.",
    )
    odoo_range_rows: int = Field(default=26_000, ge=100, description="Rows asked for in one column read.")
    odoo_lang: str = Field(default="en_US", description="Language of the names Odoo sends.")
    odoo_hook_secret: SecretStr | None = Field(
        default=None,
        description="What stands at the end of the address that [Odoo tells of changes](hooks.md): at least 32 letters "
        "and digits that nobody guesses. Unset: there is no such address.",
    )
    odoo_hook_secret_old: SecretStr | None = Field(
        default=None, description="The secret before, taken too until Odoo's rules have the new one."
    )
    odoo_hook_signing_key: SecretStr | None = Field(
        default=None,
        description="Key of callers that sign their notices by Standard Webhooks (`whsec_…`) and so need no secret in "
        "the address.",
    )
    auth: Literal["odoo", "oidc", "none"] = Field(
        default="odoo",
        description="Sign-in: `odoo` (everybody's own Odoo account), `oidc` (single sign-on) or `none` (a loopback "
        "address only).",
    )
    roles: dict[Role, Grant] = Field(
        default=DEFAULT_ROLES, description="The whole table of what each role opens (JSON or TOML)."
    )
    sign_in_failures_by_address: int = Field(
        default=FAILURES_BY_ADDRESS,
        ge=5,
        description="Failed sign-ins from one address within fifteen minutes, of any logins, until the next "
        "waits: more than an office behind one address makes.",
    )
    session_idle_s: int = Field(default=7200, ge=60, description="Seconds without use until a person is signed out.")
    session_absolute_s: int = Field(default=43200, ge=60, description="Seconds until everybody has to sign in again.")
    wallboard_logins: tuple[str, ...] = Field(
        default=(),
        description="Logins (JSON or TOML) whose open wallboard counts as use, as nobody touches it: it stays until "
        "`SESSION_ABSOLUTE_S`. Give the screen an account of its own.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="Bearer token with which [metrics](deploying.md#metrics) are read from elsewhere: at least 32 "
        "letters and digits that nobody guesses. Unset: programs on this machine alone read them.",
    )
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_dir() / "afinet-dashboard",
        description="Folder of the snapshots (made with mode 0700). Default: `afinet-dashboard` in the user's cache.",
    )
    data_dir: Path = Field(
        default_factory=lambda: user_data_dir() / "afinet-dashboard",
        description="Folder of what must not be lost: the audit trail, the outbox with its files, the links of portal "
        "accounts (made with mode 0700). Default: `afinet-dashboard` in the user's data folder.",
    )
    sync_interval_s: int | None = Field(
        default=None,
        ge=10,
        description="Seconds between two incremental syncs of everything; reads in between do not put them off. "
        "Default: 30, and 300 for an Odoo on `*.odoo.com`.",
    )
    sync_overlap_s: int = Field(
        default=900, ge=0, description="Seconds by which the clocks of Odoo's servers may differ: compared again."
    )
    sync_transaction_s: int = Field(
        default=3600,
        ge=0,
        description="Seconds that a transaction in Odoo may last, such as a night's invoice run: what was written in "
        "them before the last sync is compared again, row by row.",
    )
    sync_ids_every_h: float = Field(
        default=6.0, gt=0, description="Hours between two comparisons of ids, to find deletions."
    )
    sync_full_every_h: float = Field(default=24.0, gt=0, description="Hours between two full reads.")
    stale_after_s: int | None = Field(
        default=None,
        ge=60,
        description="Seconds until figures are called stale. Default: twice `SYNC_INTERVAL_S`, at least 300.",
    )
    technology_rules: tuple[TechnologyRule, ...] = Field(
        default=DEFAULT_TECHNOLOGY_RULES,
        description="Which product is which technology, first match wins (JSON or TOML).",
    )
    not_service_pattern: Pattern = Field(
        default=DEFAULT_NOT_SERVICE_PATTERN,
        description="Products with such a name are no services: kits, routers, fees.",
    )
    inferred_ended_after_days: int = Field(
        default=45,
        ge=1,
        description="Days from the beginning of the last month paid for until an inferred service has ended.",
    )
    migration_window_days: int = Field(
        default=31,
        ge=0,
        description="Days within which a new service of another technology turns a churn into a migration.",
    )
    ticket_waiting_customer_pattern: Pattern = Field(
        default=DEFAULT_WAITING_CUSTOMER_PATTERN,
        description="Open ticket stages with such a name wait for the customer, all others for us.",
    )
    ticket_closed_pattern: Pattern = Field(
        default="", description="Ticket stages with such a name are closed. Empty: Odoo's own mark on the stage."
    )
    ticket_cancelled_pattern: Pattern = Field(
        default=DEFAULT_CANCELLED_PATTERN,
        description="Closed tickets in such a stage were not solved: they are left out of resolution times.",
    )
    ticket_messages_days: int = Field(
        default=90,
        ge=1,
        description="Messages are read of tickets that are open or were changed within this many days.",
    )
    live_timeout_s: float = Field(
        default=10.0, gt=0, le=60, description="Seconds to wait for what is read on demand: a ticket's conversation."
    )
    live_attachment_max_bytes: int = Field(
        default=20 * MIB, ge=1024, description="Largest attachment that can be opened from a page, in bytes."
    )
    proof_max_bytes: int = Field(
        default=10 * MIB, ge=1024, le=10 * MIB, description="Largest proof of payment taken, in bytes; 10 MB at most."
    )
    proof_max_pages: int = Field(default=20, ge=1, le=500, description="Most pages of a proof of payment.")
    proof_max_pixels: int = Field(
        default=50_000_000, ge=10_000, le=200_000_000, description="Most pixels of a picture taken as proof."
    )
    approval_limits: dict[str, Annotated[float, Field(ge=0)]] = Field(
        default={"USD": 1000.0, "ZWG": 25000.0},
        description="Payments above this amount need two people to approve; a currency not named always does (JSON or "
        "TOML).",
    )
    odoo_longest_call_s: float = Field(
        default=120.0,
        ge=1,
        le=3600,
        description="Seconds after which Odoo itself ends a call (its `limit_time_real`, and what a call may wait for "
        "a worker): until then a write whose answer was lost is looked up and not sent again.",
    )
    ageing_bounds_days: tuple[int, ...] = Field(
        default=BUCKET_BOUNDS_DAYS, description="Upper limits of the ageing buckets, in days overdue."
    )
    payment_details: tuple[PaymentDetails, ...] = Field(
        default=(),
        description="How to pay, at the foot of statements: lines for a company and currency (JSON or TOML).",
    )
    timezone: str = Field(default="Africa/Harare", description="Time zone of the times shown and of today's date.")
    reporting_currency: str = Field(
        default="USD", pattern=r"^[A-Z]{3}$", description='Currency of "show in one currency".'
    )
    currency_aliases: dict[str, str] = Field(
        default={"ZIG": "ZWG"}, description="Currency names in Odoo and the code they are shown as (JSON or TOML)."
    )
    demo_profile: Literal[
        "14-community",
        "14-oca",
        "16-oca",
        "16-enterprise",
        "18-community",
        "18-enterprise",
        "19-community",
        "19-oca",
        "19-enterprise",
    ] = Field(
        default="19-oca",
        description="Which Odoo the demo plays: `14-community`, `14-oca`, `16-oca`, `16-enterprise`, `18-community`, "
        "`18-enterprise`, `19-community`, `19-oca` or `19-enterprise`.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what is passed in: `load_settings` reads the environment, so that tests see no stray variable."""
        return (init_settings,)

    @field_validator("odoo_url")
    @classmethod
    def _plain_address(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address such as https://erp.example.com")
        if parts.username or parts.password:
            raise ValueError("must not contain a user name or password: use ODOO_USERNAME and ODOO_PASSWORD")
        try:
            port = parts.port
        except ValueError as exc:
            raise ValueError("has a port that is not a number from 1 to 65535") from exc
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        path = "" if _WEB_CLIENT_PATH.match(parts.path) else parts.path.rstrip("/")
        return f"{parts.scheme}://{host}{f':{port}' if port else ''}{path}"

    @field_validator("odoo_password")
    @classmethod
    def _one_line(cls, password: SecretStr | None) -> SecretStr | None:
        # A key read from a file often ends with the file's last line break, which no password has.
        return None if password is None else SecretStr(password.get_secret_value().strip("\r\n"))

    @field_validator("odoo_hook_secret", "odoo_hook_secret_old", "metrics_token")
    @classmethod
    def _plain_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        text = "" if secret is None else secret.get_secret_value().strip()
        if text and not _PLAIN_SECRET.fullmatch(text):
            raise ValueError("must be 32 to 256 letters, digits, - and _, such as `openssl rand -hex 32` prints")
        return SecretStr(text) if text else None

    @field_validator("odoo_hook_signing_key")
    @classmethod
    def _signing_key(cls, key: SecretStr | None) -> SecretStr | None:
        text = "" if key is None else key.get_secret_value().strip()
        try:
            if text and len(base64.b64decode(text.removeprefix("whsec_"), validate=True)) < SIGNING_KEY_BYTES:
                raise ValueError
        except (binascii.Error, ValueError):
            raise ValueError(f"must be whsec_ and the base64 of at least {SIGNING_KEY_BYTES} random bytes") from None
        return SecretStr(text) if text else None

    @field_validator("ageing_bounds_days")
    @classmethod
    def _increasing(cls, bounds: tuple[int, ...]) -> tuple[int, ...]:
        if not bounds or bounds[0] < 1 or any(low >= high for low, high in zip(bounds, bounds[1:], strict=False)):
            raise ValueError("must be increasing numbers of days, such as [30, 60, 90, 120]")
        return bounds

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
            raise ValueError("is not a time zone such as Africa/Harare") from exc
        return name

    @property
    def demo(self) -> bool:
        """True when none of the four ODOO_* settings is set: the embedded demo provider is used."""
        return not any(getattr(self, name) for name in ODOO_SETTINGS)

    @property
    def hooked(self) -> bool:
        """Whether Odoo may tell of changes: a secret or a signing key is set."""
        return any(one is not None for one in (self.odoo_hook_secret, self.odoo_hook_signing_key))

    @property
    def stale_s(self) -> int:
        """Seconds until figures are called stale: by default when a whole sync is overdue by one more interval."""
        return max(STALE_LEAST_S, 2 * self.interval_s) if self.stale_after_s is None else self.stale_after_s

    @property
    def interval_s(self) -> int:
        """Seconds between two incremental syncs of everything."""
        if self.sync_interval_s is not None:
            return self.sync_interval_s
        host = urlsplit(self.odoo_url or "").hostname or ""
        return GENTLE_INTERVAL_S if is_gentle(host) else INTERVAL_S

    def checked(self) -> Self:
        """Return itself; raises ConfigError when some but not all four of the ODOO_* settings are set."""
        missing = [name.upper() for name in ODOO_SETTINGS if not self._is_set(name)]
        if missing and len(missing) < len(ODOO_SETTINGS):
            names = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
            raise ConfigError(
                f"{names} {'is' if len(missing) == 1 else 'are'} not set, while other ODOO_ settings are: "
                "set all four of ODOO_URL, ODOO_DATABASE, ODOO_USERNAME and ODOO_PASSWORD, or none for the demo.",
                setting=missing[0] if len(missing) == 1 else "",
            )
        return self

    def _is_set(self, name: str) -> bool:
        value = getattr(self, name)
        return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def is_loopback(host: str) -> bool:
    """Return whether `host` (a name or an address) can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
