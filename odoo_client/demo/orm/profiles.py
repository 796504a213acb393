"""Which Odoo the demo server plays: version, edition, add-ons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from odoo_client.errors import ConfigError

Flavour = Literal["community", "oca", "enterprise"]

DEFAULT_PROFILE = "19-oca"

#: Played profiles. Only 14 and 19 of Community and OCA were ever compared with a real server; see the README.
PROFILE_NAMES: tuple[str, ...] = (
    "14-community",
    "14-oca",
    "16-oca",
    "16-enterprise",
    "18-community",
    "18-enterprise",
    "19-community",
    "19-oca",
    "19-enterprise",
)


@dataclass(frozen=True, slots=True)
class Profile:
    """One Odoo installation to imitate.

    `community` has accounting, sales and projects only (no help desk, contracts or stock); `oca` adds `helpdesk_mgmt`,
    `contract` and `sale_stock`; `enterprise` adds Helpdesk, Subscriptions, Accounting and `sale_stock`.
    """

    major: int
    flavour: Flavour

    @property
    def name(self) -> str:
        """The profile's name: `18-oca`."""
        return f"{self.major}-{self.flavour}"

    @property
    def features(self) -> frozenset[str]:
        """What is installed, as the field definitions name it: some of oca, enterprise, stock."""
        if self.flavour == "community":
            return frozenset()
        return frozenset({self.flavour, "stock"})

    @property
    def json2(self) -> bool:
        """Whether this version answers JSON-2."""
        return self.major >= 19

    @property
    def zwg_name(self) -> str:
        """How this Odoo spells Zimbabwe Gold: old tenants were set up with the bank's nickname."""
        return "ZIG" if self.major <= 16 else "ZWG"


def profile(name: str) -> Profile:
    """Return the profile of that name; raises ConfigError with the known names."""
    if name not in PROFILE_NAMES:
        raise ConfigError(f"DEMO_PROFILE is {name!r}; set it to one of {', '.join(PROFILE_NAMES)}.")
    major, _, flavour = name.partition("-")
    match flavour:
        case "community" | "oca" | "enterprise":
            return Profile(int(major), flavour)
        case _:
            raise ConfigError(f"DEMO_PROFILE is {name!r}; set it to one of {', '.join(PROFILE_NAMES)}.")
