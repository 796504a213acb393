"""Streamlit's own options, read without Streamlit: which files it takes them from, and which of those wins."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from odoo_client.errors import ConfigError

#: The folder beside `odoo_client` in which a wheel carries `app.py`, `pages` and `.streamlit` (see setup.py).
INSTALLED: Final = "afinet_dashboard"


def app_folder() -> Path:
    """Return the folder of `app.py`: the checkout, or where the wheel put it. Raises ConfigError without one."""
    beside = Path(__file__).parents[2]
    for folder in (beside / INSTALLED, beside):
        if (folder / "app.py").is_file() and (folder / "pages" / "main.py").is_file():
            return folder
    raise ConfigError("The dashboard's pages are not installed here: run `pip install .` in its checkout again.")


def folders() -> list[Path]:
    """Return the folders whose `.streamlit` Streamlit reads, the one that wins last."""
    try:
        return [Path.home(), Path.cwd(), app_folder()]
    except ConfigError:
        return [Path.home(), Path.cwd()]


def of_folder(folder: Path) -> dict[str, Any]:
    """Return the options that a folder's config.toml sets, by their full names (`server.port`)."""
    return _flat(_toml(folder / ".streamlit" / "config.toml"))


class StreamlitOptions:
    """What is in force: the environment before the files, and of the files the last one."""

    def __init__(self, read: Sequence[Path], env: Mapping[str, str]) -> None:
        self._env = env
        self._options: dict[str, Any] = {}
        self._secrets: dict[str, Any] = {}
        for folder in read:
            self._options |= of_folder(folder)
            self._secrets |= _toml(folder / ".streamlit" / "secrets.toml")

    def secret(self, table: str) -> Mapping[str, Any]:
        """Return a table of secrets.toml, empty where there is none."""
        found = self._secrets.get(table)
        return found if isinstance(found, dict) else {}

    def option(self, name: str) -> Any:
        """Return an option's value, None where nothing sets it."""
        return self._env.get(variable(name)) or self._options.get(name)

    def names(self, name: str) -> list[str]:
        """Return the values of an option that takes several; the environment parts them by blanks."""
        found = self.option(name)
        return found.split() if isinstance(found, str) else [str(one) for one in found or ()]


def variable(name: str) -> str:
    """Return the environment variable of an option: `server.maxUploadSize` → STREAMLIT_SERVER_MAX_UPLOAD_SIZE."""
    words = "".join(f"_{letter}" if letter.isupper() else letter for letter in name.replace(".", "_"))
    return f"STREAMLIT_{words.upper()}"


def _flat(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in table.items():
        found |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return found


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
