"""Databases of the tenants: a bare one (modules only), a filled template, throwaway copies. Standard library only.

Names: ``rot_<tenant>_bare_<hash>`` and ``rot_<tenant>_<hash>`` are kept and reused; the hashes cover the modules and
the seed's source, so a changed seed makes a new template and drops the old one. ``rot_copy_<major>_<pid>_<n>`` belongs
to the process ``pid`` and is dropped by a later one when that one is gone.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real_odoo.series import DATABASE_HOST, DATABASE_PORT, DATABASE_ROLE, Series, home
from tests.real_odoo.tenants import Tenant

SEED_DIR = Path(__file__).parent / "seed"
MAX_AGE_DAYS = 10
"""A template this old is filled anew: its dates are relative to the day it was made."""

_copies = itertools.count(1)


def seed_program(tenant_name: str) -> str:
    """One Python program for ``odoo shell``: the seed's modules, made importable, then ``fill`` for the tenant."""
    sources = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SEED_DIR.glob("*.py"))}
    return (
        "import sys as _sys, types as _types, importlib.abc as _abc, importlib.util as _util\n"
        f"_sources = {sources!r}\n"
        "class _Seed(_abc.MetaPathFinder, _abc.Loader):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('tests', 'tests.real_odoo', 'tests.real_odoo.seed'):\n"
        "            return _util.spec_from_loader(name, self, is_package=True)\n"
        "        head, _, tail = name.rpartition('.')\n"
        "        if head == 'tests.real_odoo.seed' and tail in _sources:\n"
        "            return _util.spec_from_loader(name, self)\n"
        "    def create_module(self, spec):\n"
        "        return None\n"
        "    def exec_module(self, module):\n"
        "        source = _sources.get(module.__name__.rpartition('.')[2], '')\n"
        "        exec(compile(source, module.__name__, 'exec'), module.__dict__)\n"
        "_sys.meta_path.insert(0, _Seed())\n"
        "try:\n"
        "    from tests.real_odoo.seed.fill import fill as _fill\n"
        f"    _fill(env, {tenant_name!r})\n"
        "    env.cr.commit()\n"
        "except BaseException:\n"
        "    import traceback as _traceback, os as _os\n"
        "    _traceback.print_exc(); _sys.stderr.flush(); _sys.stdout.flush(); _os._exit(1)\n"
    )


def psql(statement: str, database: str = "postgres") -> str:
    """Run one statement as the test role and return its rows as plain text; raises RuntimeError when it fails."""
    arguments = ["psql", "-h", DATABASE_HOST, "-p", DATABASE_PORT, "-U", DATABASE_ROLE, "-d", database, "-qtAXc"]
    done = subprocess.run(
        [*arguments, statement], env={**os.environ, "PGPASSWORD": DATABASE_ROLE}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"PostgreSQL refused {statement[:80]!r}: {done.stderr.strip()}")
    return done.stdout.strip()


def names() -> list[str]:
    """Every database of these tests."""
    return psql("select datname from pg_database where datname like 'rot\\_%' order by 1").split()


def bare_name(tenant: Tenant) -> str:
    """The database with the tenant's modules and nothing filled in."""
    return f"rot_{tenant.name}_bare_{_digest(','.join(tenant.modules))}"


def template_name(tenant: Tenant) -> str:
    """The filled template of a tenant; the name changes with the seed."""
    return f"rot_{tenant.name}_{_digest(','.join(tenant.modules), seed_program(tenant.name))}"


def ensure_template(tenant: Tenant) -> str:
    """Make the tenant's template unless it is there and fresh; returns its name. One maker a tenant at a time."""
    with _lock(f"template-{tenant.name}"):
        drop_stale_copies()
        wanted, bare = template_name(tenant), bare_name(tenant)
        if wanted in names() and _age_days(wanted) <= MAX_AGE_DAYS:
            return wanted
        for old in names():
            if old.startswith(f"rot_{tenant.name}_") and old != bare:
                drop(tenant.series, old)
        if bare not in names():
            started = time.monotonic()
            making = f"{bare}_making"
            drop(tenant.series, making)
            quiet = ("--stop-after-init", "--log-level=critical")
            demo = () if tenant.series.major >= 19 else ("--without-demo=all",)
            tenant.series.run("-d", making, "-i", ",".join(tenant.modules), *demo, *quiet)
            _rename(tenant.series, making, bare)
            _say(f"{tenant.name}: modules installed", started)
        started = time.monotonic()
        making = f"{wanted}_making"
        drop(tenant.series, making)
        copy(tenant.series, bare, making)
        printed = tenant.series.run(
            "shell", "-d", making, "--no-http", "--log-level=error", stdin=seed_program(tenant.name)
        )
        _rename(tenant.series, making, wanted)
        for line in printed.splitlines():
            if line.startswith("seed: "):
                _say(f"{tenant.name}: {line[6:]}")
        _say(f"{tenant.name}: filled", started)
        return wanted


def copy(series: Series, source: str, target: str) -> None:
    """Make ``target`` a copy of the database ``source`` and of its file store (hard links)."""
    psql(f'create database "{target}" template "{source}"')
    origin = series.data_dir / "filestore" / source
    if origin.exists():
        shutil.copytree(origin, series.data_dir / "filestore" / target, copy_function=os.link, dirs_exist_ok=True)


def drop(series: Series, name: str) -> None:
    """Drop a database, its connections and its file store; nothing happens when it is not there."""
    psql(f'drop database if exists "{name}" with (force)')
    shutil.rmtree(series.data_dir / "filestore" / name, ignore_errors=True)


@contextmanager
def throwaway(series: Series, source: str) -> Iterator[str]:
    """A copy of ``source`` for one test; dropped afterwards."""
    name = f"rot_copy_{series.major}_{os.getpid()}_{next(_copies)}"
    with _lock(f"copying-{source}"):
        copy(series, source, name)
    try:
        yield name
    finally:
        drop(series, name)


def drop_stale_copies() -> None:
    """Drop the copies of processes that are gone."""
    for name in names():
        if name.startswith("rot_copy_"):
            major, pid = name.split("_")[2:4]
            if not Path(f"/proc/{pid}").exists():
                drop(Series(int(major)), name)


def _rename(series: Series, old: str, new: str) -> None:
    psql(f'alter database "{old}" rename to "{new}"')
    origin = series.data_dir / "filestore" / old
    if origin.exists():
        origin.rename(series.data_dir / "filestore" / new)


def _age_days(name: str) -> int:
    made = psql("select (now()::date - value::date) from ir_config_parameter where key = 'tests.seeded_on'", name)
    return int(made)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]


def _say(what: str, started: float | None = None) -> None:
    took = f" ({time.monotonic() - started:.0f} s)" if started is not None else ""
    sys.stderr.write(f"[real odoo] {what}{took}\n")
    sys.stderr.flush()


@contextmanager
def _lock(name: str) -> Iterator[None]:
    folder = home() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
