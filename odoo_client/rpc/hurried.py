"""A client for what somebody is waiting for: short time limits, hardly any repeats."""

from __future__ import annotations

from odoo_client.config import Settings
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.http import HttpCore
from odoo_client.rpc.retry import RetryPolicy

#: One attempt, and one more only when it failed at once: a person is waiting.
_POLICY = RetryPolicy(repeats=1, budget_silences=0.5, connect_repeats=0)


def connect(settings: Settings) -> OdooClient:
    """Return a client with the short time limits of a page. Raises ConfigError or OdooError."""
    core = core_of(settings)
    return OdooClient.connect(core.settings, core=core)


def core_of(settings: Settings) -> HttpCore:
    """Return the HTTP side of such a client, not signed in. Raises ConfigError."""
    limits = {
        "odoo_timeout_s": settings.live_timeout_s,
        "odoo_connect_timeout_s": min(settings.odoo_connect_timeout_s, settings.live_timeout_s),
    }
    return HttpCore(settings.model_copy(update=limits).checked(), policy=_POLICY)
