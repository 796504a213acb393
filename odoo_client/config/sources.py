"""Where settings come from: the environment over `.streamlit/secrets.toml`, checked as a whole."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, SettingsError

from odoo_client.config.settings import Settings
from odoo_client.errors import ConfigError


class _Environment(EnvSettingsSource):
    """pydantic's reading of environment variables (JSON for tables and lists), from any mapping."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        super().__init__(Settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._env.items() if value != ""}


def _read_secrets(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise ConfigError(f"{path} cannot be read ({exc.strerror}): check its permissions.") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        where = f" ({exc})" if isinstance(exc, tomllib.TOMLDecodeError) else ""
        # Raised without its cause, whose frames hold the file's text, password and all.
        raise ConfigError(f"{path} is not valid TOML{where}: correct it, or remove it.") from None
    values = {}
    for key, value in table.items():
        name = key.lower()
        if name in Settings.model_fields:
            # A table of that name belongs to Streamlit: it says how `st.login` reaches the sign-on service.
            if value != "" and not (name == "auth" and isinstance(value, dict)):
                values[name] = value
        elif name.startswith("odoo_"):
            near = difflib.get_close_matches(name, list(Settings.model_fields), n=1)
            hint = f" Did you mean {near[0].upper()}?" if near else ""
            raise ConfigError(f"{path} sets {key}, which is no setting.{hint}", setting=key.upper())
    return values


def load_settings(env: Mapping[str, str] | None = None, secrets_path: Path | None = None) -> Settings:
    """Return settings from `env` (default: the process's environment) over `secrets_path`.

    Without `secrets_path` Streamlit's own two files are read, the user's and then the current folder's; but with an
    `env` given and no path, no file is read. Raises ConfigError, whose sentence names the setting to change.
    """
    paths = [secrets_path] if secrets_path else []
    if env is None and secrets_path is None:
        paths = [base / ".streamlit" / "secrets.toml" for base in (Path.home(), Path.cwd())]
    values: dict[str, Any] = {}
    for path in paths:
        values |= _read_secrets(path)
    try:
        values |= _Environment(os.environ if env is None else env)()
        return Settings(**values).checked()
    except SettingsError as exc:
        found = re.search(r'field "(\w+)"', str(exc))
        name = found[1].upper() if found else "A setting"
        raise ConfigError(f"{name} is not valid JSON: see the examples in docs/settings.md.", setting=name) from exc
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False, include_context=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "A setting"
        reason = first["msg"].removeprefix("Value error, ")
        if first["type"] != "value_error":
            reason = f"is wrong: {reason[:1].lower()}{reason[1:]}"
        raise ConfigError(f"{name} {reason}.", setting=name) from exc
