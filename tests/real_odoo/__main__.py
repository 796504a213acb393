"""``python -m tests.real_odoo install | databases | serve TENANT PORT | shell TENANT | list | drop``.

install                 PostgreSQL, Odoo 19, Odoo 14 and OCA's addons (root; about four minutes the first time)
databases [TENANT ...]  make the filled templates (about four minutes the first time)
serve TENANT PORT       serve a copy of a tenant on 127.0.0.1:PORT until Ctrl-C; prints how to reach it
shell TENANT            Python on standard input runs with ``env`` on a copy of a tenant
list | drop             the databases of these tests; drop every one of them
"""

from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.real_odoo import databases
from tests.real_odoo.install import install, start_postgres
from tests.real_odoo.series import ODOO_14, ODOO_19
from tests.real_odoo.tenants import TENANTS, tenant


def main(arguments: list[str]) -> int:
    """Run one command; 2 when there is no such command."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if command == "install":
        install()
    elif command == "databases":
        start_postgres()
        with ThreadPoolExecutor(max_workers=2) as pool:
            for name in pool.map(databases.ensure_template, [tenant(each) for each in rest] or TENANTS):
                sys.stdout.write(f"{name}\n")
    elif command == "serve" and len(rest) == 2:
        _serve(rest[0], int(rest[1]))
    elif command == "shell" and len(rest) == 1:
        chosen = tenant(rest[0])
        with databases.throwaway(chosen.series, databases.ensure_template(chosen)) as name:
            sys.stdout.write(chosen.series.run("shell", "-d", name, "--no-http", stdin=sys.stdin.read()))
    elif command == "list":
        sys.stdout.write("\n".join(databases.names()) + "\n")
    elif command == "drop":
        for name in databases.names():
            databases.drop(ODOO_14 if "14_" in name else ODOO_19, name)
    else:
        sys.stderr.write(__doc__ or "")
        return 2
    return 0


def _serve(name: str, port: int) -> None:
    from tests.real_odoo.server import serve

    chosen = tenant(name)
    template = databases.ensure_template(chosen)
    with databases.throwaway(chosen.series, template) as database, serve(chosen, database, port=port) as odoo:
        sys.stdout.write(
            f"ODOO_URL={odoo.url} ODOO_DATABASE={database} ODOO_USERNAME={odoo.username} "
            f"ODOO_PASSWORD={odoo.api_key or odoo.password}\n"
        )
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            signal.pause()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
