"""Install PostgreSQL, Odoo 19 and Odoo 14 on a Debian machine, for tests. Standard library only; run as root.

Odoo 19 comes from Debian's own ``odoo-19`` package (unstable): fetched through apt with lists of its own, unpacked
below :func:`series.home`, run by a virtual environment. Odoo 14 comes from Debian bullseye's ``odoo-14`` in a chroot.
OCA's addons come from PyPI without their dependencies (those are Odoo itself). What is there already is not done again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.real_odoo.series import DATABASE_ROLE, ODOO_14, ODOO_19, Series

REQUIREMENTS_19 = Path(__file__).with_name("odoo19-requirements.txt")
ADDONS = {
    19: ("odoo-addon-helpdesk-mgmt==19.0.1.3.2", "odoo-addon-contract==19.0.1.2.1.2"),
    14: (
        "odoo14-addon-helpdesk-mgmt==14.0.2.14.1",
        "odoo14-addon-contract==14.0.2.14.1",
        "odoo14-addon-account-financial-report==14.0.3.14.3",
        "odoo14-addon-report-xlsx==14.0.1.0.11",
        "odoo14-addon-date-range==14.0.2.2.0",
    ),
}
HOST_PACKAGES = ("postgresql", "debootstrap", "python3-pip", "python3-venv", "util-linux")


def install(majors: tuple[int, ...] = (19, 14)) -> None:
    """Install what is missing, both series at once. Raises RuntimeError with what a failing step printed."""
    if os.geteuid() != 0:
        raise RuntimeError("Installing Odoo needs root: apt, PostgreSQL and a chroot. Run it again as root.")
    started = time.monotonic()
    _host_packages()
    start_postgres()
    _role()
    _report("PostgreSQL", started)
    steps = {19: _install_19, 14: _install_14}
    with ThreadPoolExecutor(max_workers=2) as pool:
        for done in [pool.submit(steps[major]) for major in majors]:
            done.result()


def start_postgres() -> None:
    """Start PostgreSQL's clusters that are down (containers have no init system that would)."""
    if shutil.which("pg_lsclusters") is None:
        return
    for line in _run("pg_lsclusters", "-h").splitlines():
        version, cluster, _port, status = line.split()[:4]
        if status.startswith("down") and os.geteuid() == 0:
            _run("pg_ctlcluster", version, cluster, "start")


def _host_packages() -> None:
    missing = [name for name in HOST_PACKAGES if "ok installed" not in _package_status(name)]
    if missing:
        _run("apt-get", "update", "-qq")
        _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)


def _package_status(name: str) -> str:
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Status}", name], capture_output=True, text=True, check=False)
    return asked.stdout


def _role() -> None:
    """The role the tests use: throwaway data, so it waits for no disk; plans of tiny queries need no compiler."""
    known = _as_postgres(f"select 1 from pg_roles where rolname = '{DATABASE_ROLE}'")
    if "1" not in known:
        _as_postgres(f"create role {DATABASE_ROLE} superuser login password '{DATABASE_ROLE}'")
    _as_postgres(f"alter role {DATABASE_ROLE} set synchronous_commit = off")
    _as_postgres(f"alter role {DATABASE_ROLE} set jit = off")


def _as_postgres(statement: str) -> str:
    return _run(
        "setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "psql", "-qtAXc", statement, cwd="/"
    )


def _install_19() -> None:
    started = time.monotonic()
    root = ODOO_19.root
    root.mkdir(parents=True, exist_ok=True)
    if not (ODOO_19.library / "odoo").exists():
        _unpack_from_unstable("odoo-19", root)
    python = root / "venv/bin/python"
    if not python.exists():
        _run(sys.executable, "-m", "venv", str(root / "venv"))
    _run(str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", str(REQUIREMENTS_19))
    (root / "odoo-bin").write_text("import odoo.cli\n\nodoo.cli.main()\n", encoding="utf-8")
    _addons(ODOO_19, str(python))
    _report("Odoo 19", started)


def _unpack_from_unstable(package: str, root: Path) -> None:
    apt = root / "apt"
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    (apt / "sources.list").write_text(f"deb {_mirror()} sid main\n", encoding="utf-8")
    options = {
        "Dir::Etc::sourcelist": f"{apt}/sources.list", "Dir::Etc::sourceparts": "-", "Dir::State": f"{apt}/state",
        "Dir::Cache": f"{apt}/cache", "Dir::State::status": "/var/lib/dpkg/status", "APT::Sandbox::User": "root",
    }  # fmt: skip
    own_lists = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    _run("apt-get", *own_lists, "update", "-qq")
    with tempfile.TemporaryDirectory() as folder:
        _run("apt-get", *own_lists, "download", "-qq", package, cwd=folder)
        [archive] = Path(folder).glob("*.deb")
        _run("dpkg", "-x", str(archive), str(root / "root"))


def _install_14() -> None:
    started = time.monotonic()
    root = ODOO_14.root
    if not (root / "usr/bin/odoo").exists():
        root.mkdir(parents=True, exist_ok=True)
        if not (root / "etc/apt/sources.list").exists():
            _run("debootstrap", "--variant=minbase", "bullseye", str(root), _mirror())
        (root / "etc/apt/apt.conf.d/99lean").write_text('APT::Install-Recommends "false";\n', encoding="utf-8")
        # A chroot for tests needs no disk flush a file; that is most of the time an installation takes.
        (root / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n", encoding="utf-8")
        _run("chroot", str(root), "apt-get", "update", "-qq")
        _run("chroot", str(root), "apt-get", "install", "-y", "-qq", "odoo-14")
    ODOO_14.data_dir.mkdir(parents=True, exist_ok=True)
    _addons(ODOO_14, sys.executable)
    _report("Odoo 14", started)


def _addons(series: Series, python: str) -> None:
    for requirement in ADDONS[series.major]:
        name, _, version = requirement.partition("==")
        module = re.sub(r"^odoo\d*-addon-", "", name).replace("-", "_")
        mark = series.addons / f".{module}-{version}"
        if mark.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            quiet = ("-q", "--disable-pip-version-check", "--no-deps")
            _run(python, "-m", "pip", "download", *quiet, "-d", folder, requirement)
            [wheel] = Path(folder).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(series.addons)
        mark.touch()


def _mirror() -> str:
    """The Debian mirror this machine's own apt uses."""
    folder = Path("/etc/apt")
    for source in (*sorted(folder.glob("sources.list.d/*.sources")), folder / "sources.list"):
        text = source.read_text(encoding="utf-8") if source.exists() else ""
        found = re.search(r"^(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(\S+)", text, re.MULTILINE)
        if found and found[1].startswith("mirror+file:"):
            listed = Path(found[1].removeprefix("mirror+file:")).read_text(encoding="utf-8")
            return listed.split()[0]
        if found:
            return found[1]
    raise RuntimeError("No Debian mirror found in this machine's apt sources: add one to /etc/apt/sources.list.")


def _run(*command: str, cwd: str | None = None) -> str:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)[:200]} failed:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def _report(what: str, started: float) -> None:
    sys.stderr.write(f"[real odoo] {what} is installed ({time.monotonic() - started:.0f} s)\n")
    sys.stderr.flush()
