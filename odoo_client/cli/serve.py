"""What `afinet-dashboard serve` does: hand this process over to Streamlit, with the app and its own options."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import NoReturn

from odoo_client.doctor.streamlit_options import of_folder, variable
from odoo_client.errors import ConfigError


def version() -> str:
    """Return the name and version of what is installed."""
    try:
        return f"afinet-dashboard {metadata.version('afinet-dashboard')}"
    except metadata.PackageNotFoundError:
        return "afinet-dashboard, not installed: `pip install .` gives it a version."


def overruled(app: Path, here: Path) -> list[str]:
    """Return a warning when the config.toml of the folder `here` differs from the app's own, which wins.

    Streamlit reads both files and takes the one beside the script. So a stray file cannot switch a protection off, but
    whoever means it has to be told where to say it. Values are not shown: one may be a secret.
    """
    if here.resolve() == app.resolve():
        return []
    own = of_folder(app)
    names = [name for name, value in of_folder(here).items() if name in own and own[name] != value]
    if not names:
        return []
    file = here / ".streamlit" / "config.toml"
    return [
        f"Not taken from {file}: {', '.join(names)}. The dashboard's own options win over that file; pass "
        f"--{names[0]}=… to serve, or set {variable(names[0])}."
    ]


def serve(app: Path, *, port: int | None, options: Sequence[str]) -> NoReturn:
    """Run the app in the folder `app` and never return; raises ConfigError without Streamlit.

    Streamlit itself reads `.streamlit/config.toml` beside the script: the options travel with the app.
    """
    if importlib.util.find_spec("streamlit") is None:
        raise ConfigError("Streamlit is not installed: run `pip install .` in the checkout of the dashboard.")
    # -P: files in the current folder are not modules of the app.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(app / "app.py")]
    command += [] if port is None else [f"--server.port={port}"]
    command += options
    if sys.platform == "win32":
        sys.exit(subprocess.call(command))  # noqa: S603 (the person at the terminal gave the options)
    # The same process: a signal of systemd or of a terminal reaches the server itself.
    os.execv(sys.executable, command)  # noqa: S606 (no shell is wanted)
