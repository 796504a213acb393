"""Odoo 19 and Odoo 14 on this machine: where they lie, how they are started. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

DATABASE_HOST = "127.0.0.1"
DATABASE_PORT = os.environ.get("PGPORT", "5432")
DATABASE_ROLE = "odoo"
"""Role and password of the throwaway PostgreSQL role: it answers on loopback and owns invented data only."""

HOW_TO_GET = "Real Odoo servers are not installed here: run `python -m tests.real_odoo install` as root (Debian)."


def home() -> Path:
    """The folder that holds both servers, their data and logs: ``REAL_ODOO_HOME``, else the user's cache folder."""
    return Path(os.environ.get("REAL_ODOO_HOME") or Path.home() / ".cache" / "real-odoo")


@dataclass(frozen=True)
class Series:
    """One installed Odoo series."""

    major: int

    @property
    def root(self) -> Path:
        """The folder of this series."""
        return home() / str(self.major)

    @property
    def chrooted(self) -> bool:
        """Odoo 14 needs Debian bullseye's Python, so it lives in a chroot; Odoo 19 runs in a virtual environment."""
        return self.major < 15

    @property
    def library(self) -> Path:
        """The dist-packages folder of Debian's own Odoo package (19: unpacked below root; 14: inside the chroot)."""
        return self.root / ("usr" if self.chrooted else "root/usr") / "lib/python3/dist-packages"

    @property
    def addons(self) -> Path:
        """The folder that OCA's addons are unpacked into; Odoo's namespace package lies below it."""
        return self.root / "opt/addons" if self.chrooted else self.root / "addons"

    @property
    def data_dir(self) -> Path:
        """Odoo's data directory (file stores), as seen from outside a chroot."""
        return self.root / "var/lib/odoo14" if self.chrooted else self.root / "data"

    @property
    def installed(self) -> bool:
        """True when this series can be started."""
        program = self.root / "usr/bin/odoo" if self.chrooted else self.root / "venv/bin/python"
        return program.exists() and (self.addons / "odoo/addons/contract").exists() and shutil.which("psql") is not None

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs Odoo with ``arguments``; it dies together with the process that starts it."""
        die_with_us = ["setpriv", "--pdeathsig", "TERM"]
        if self.chrooted:
            # Mounts of an own namespace: none of them outlives the server.
            mounts = 'mount --bind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec "$@"'
            program = ["unshare", "--mount", "sh", "-c", mounts, str(self.root), *die_with_us]
            program += ["chroot", str(self.root), "/usr/bin/odoo"]
            data_dir = "/var/lib/odoo14"
            addons = "/usr/lib/python3/dist-packages/odoo/addons,/opt/addons/odoo/addons"
        else:
            program = [*die_with_us, str(self.root / "venv/bin/python"), str(self.root / "odoo-bin")]
            data_dir = str(self.data_dir)
            addons = f"{self.library}/addons,{self.addons}/odoo/addons"
        common = ["--db_host", DATABASE_HOST, "--db_port", DATABASE_PORT, "--db_user", DATABASE_ROLE]
        common += ["--db_password", DATABASE_ROLE, "--data-dir", data_dir, "--addons-path", addons]
        return [*program, *arguments, *common]

    def environment(self) -> dict[str, str]:
        """The environment for :meth:`command`: no Python settings of ours leak into Odoo's own Python."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        if not self.chrooted:
            kept["PYTHONPATH"] = str(self.library)
        kept["LC_ALL"] = "C.UTF-8"
        # Databases that are thrown away wait for no disk.
        kept["PGOPTIONS"] = "-c synchronous_commit=off"
        return kept

    def run(self, *arguments: str, stdin: str | None = None, timeout_s: float = 900) -> str:
        """Run Odoo to its end and return what it printed; raises RuntimeError with the tail of its log if it failed."""
        done = subprocess.run(
            self.command(*arguments), env=self.environment(), input=stdin, capture_output=True, text=True,
            timeout=timeout_s, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"Odoo {self.major} {arguments[:3]} failed:\n{(done.stdout + done.stderr)[-6000:]}")
        return done.stdout


ODOO_19 = Series(19)
ODOO_14 = Series(14)
