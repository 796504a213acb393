"""The embedded default: a small Odoo-compatible server with an invented provider's data, inside this process.

`start_demo(settings)` starts it, `demo_settings(settings, server)` gives the settings with which the ordinary client
reaches it over HTTP, exactly as it reaches a real Odoo.
"""

from __future__ import annotations

from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.demo.http.server import DemoServer
from odoo_client.demo.orm.profiles import PROFILE_NAMES

__all__ = ["PROFILE_NAMES", "DemoServer", "demo_settings", "start_demo"]


def start_demo(settings: Settings) -> DemoServer:
    """Start a server with the settings' profile; the caller stops it. Raises ConfigError for an unknown profile."""
    server = DemoServer(settings.demo_profile)
    server.start()
    return server


def demo_settings(base: Settings, server: DemoServer) -> Settings:
    """Return `base` with the four ODOO_* settings that lead to `server`."""
    return base.model_copy(
        update={
            "odoo_url": server.url,
            "odoo_database": server.database,
            "odoo_username": server.login,
            "odoo_password": SecretStr(server.key),
        }
    )
