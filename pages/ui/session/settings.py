"""The app's settings, read where Streamlit itself reads: the current folder, else the folder of `app.py`."""

from __future__ import annotations

from pathlib import Path

from odoo_client.config import Settings, load_settings

PROJECT = Path(__file__).parents[3]


def app_settings() -> Settings:
    """Return the settings; raises ConfigError whose sentence names the setting to change."""
    here, project = (base / ".streamlit" / "secrets.toml" for base in (Path.cwd(), PROJECT))
    # A service started from another folder must not show the demo just because its secrets are beside app.py.
    return load_settings(secrets_path=project if project.exists() and not here.exists() else None)
