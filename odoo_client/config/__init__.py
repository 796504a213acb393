"""One frozen `Settings` object, from the environment and `.streamlit/secrets.toml`.

A setting's name in the environment is its field name in upper case; the same name, in either case, works in
secrets.toml, and the environment wins.
"""

from odoo_client.config.settings import (
    BUCKET_BOUNDS_DAYS,
    FAILURES_BY_ADDRESS,
    MIB,
    ODOO_SETTINGS,
    Settings,
    is_gentle,
    is_loopback,
)
from odoo_client.config.sources import load_settings
from odoo_client.patterns import DEFAULT_NOT_SERVICE_PATTERN, DEFAULT_TECHNOLOGY_RULES, TechnologyRule

__all__ = [
    "BUCKET_BOUNDS_DAYS",
    "DEFAULT_NOT_SERVICE_PATTERN",
    "DEFAULT_TECHNOLOGY_RULES",
    "FAILURES_BY_ADDRESS",
    "MIB",
    "ODOO_SETTINGS",
    "Settings",
    "TechnologyRule",
    "is_gentle",
    "is_loopback",
    "load_settings",
]
