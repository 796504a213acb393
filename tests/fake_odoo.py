"""Just enough Odoo behind the scripted HTTP server for the tests of the client."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from pydantic import SecretStr

from odoo_client.config import Settings
from odoo_client.rpc.client import OdooClient
from odoo_client.rpc.http import HttpCore
from odoo_client.rpc.retry import RetryPolicy
from tests.fake_http import Asked, FakeHttp, Reply, json2_fault, json2_result, page, rpc_fault, rpc_result

KEY = "fedcba9876543210fedcba9876543210fedcba98"
PASSWORD = "correct horse"  # noqa: S105 - of the fake


class FakeOdoo:
    """Just enough Odoo: users, signing in, and one table ``things`` that ``search`` and ``read`` know by id."""

    def __init__(self, version: str = "19.0", edition: str = "") -> None:
        self.version = version
        self.major = int(version.partition(".")[0].removeprefix("saas~"))
        self.info = [self.major, 0, 0, "final", 0, edition]
        self.login = "bot"
        self.things: list[int] = []
        self.methods: dict[str, Callable[..., Any]] = {
            "fields_get": lambda **_: {
                "name": {"type": "char", "store": True, "required": True},
                "partner_id": {"type": "many2one", "store": True, "required": False, "relation": "res.partner"},
                "state": {"type": "selection", "selection": [["draft", "Draft"], ["done", "Done"]]},
            },
            "search": self._search,
            "search_read": lambda **kw: self._read(self._search(**kw)),
            "read": lambda ids, **kw: self._read(ids),
        }
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.json2_refuses: Reply | None = None

    def _search(self, domain: list[Any], limit: int | None = None, **_: Any) -> list[int]:
        after = max((leaf[2] for leaf in domain if leaf[0] == "id" and leaf[1] == ">"), default=0)
        return [thing for thing in self.things if thing > after][:limit]

    def _read(self, ids: list[int]) -> list[dict[str, Any]]:
        return [{"id": thing, "name": f"thing {thing}"} for thing in ids if thing in self.things]

    def __call__(self, asked: Asked) -> Reply:
        if asked.path == "/web/version":
            if self.major < 19:
                return page("404 Not Found", 404)
            return json2_result({"version_info": self.info, "version": self.version})
        if asked.path == "/jsonrpc":
            return self._rpc(asked)
        if asked.path.startswith("/json/2/") and self.major >= 19:
            if self.json2_refuses:
                return self.json2_refuses
            if asked.headers.get("Authorization") != f"bearer {KEY}":
                return json2_fault(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
            model, method = asked.path.split("/")[3:]
            return self._run(model, method, asked.json, json2_result)
        return page("404 Not Found", 404)

    def _rpc(self, asked: Asked) -> Reply:
        params = asked.json["params"]
        if params["method"] == "version":
            return rpc_result({"server_version": self.version, "server_version_info": self.info})
        database, user, secret, *rest = params["args"]
        if database != "isp":
            return rpc_fault("psycopg2.OperationalError", f'FATAL:  database "{database}" does not exist\n')
        good = secret in (KEY, PASSWORD)
        if params["method"] == "authenticate":
            return rpc_result(7 if good and user == self.login else False)
        if not good:
            return rpc_fault("odoo.exceptions.AccessDenied", "Access Denied")
        model, method, args, kwargs = rest
        names = {"search": ["domain"], "search_count": ["domain"], "search_read": ["domain", "fields"],
                 "read": ["ids", "fields"], "has_group": ["group_ext_id"], "create": ["vals_list"],
                 "write": ["ids", "vals"], "read_group": ["domain", "fields", "groupby"],
                 "check_access_rights": ["operation"], "fields_get": ["allfields"]}.get(method, ["ids"])  # fmt: skip
        if method in ("has_group", "has_access") and self.major >= 18:
            names = ["ids", "group_ext_id" if method == "has_group" else "operation"]
        return self._run(model, method, dict(zip(names, args, strict=False)) | kwargs, rpc_result)

    def _run(self, model: str, method: str, named: dict[str, Any], result: Callable[[Any], Reply]) -> Reply:
        self.calls.append((model, method, named))
        if (model, method) == ("res.users", "context_get"):
            return result({"lang": "en_US", "tz": False, "uid": 7})
        if (model, method) == ("res.users", "read"):
            return result([{"id": 7, "login": self.login, "company_id": 2, "company_ids": [3, 1, 2]}])
        if method not in self.methods:
            return rpc_fault("builtins.AttributeError", f"type object has no attribute '{method}'")
        arguments = {key: value for key, value in named.items() if key != "context"}
        value = self.methods[method](**arguments)
        return value if isinstance(value, Reply) else result(value)

    @property
    def last(self) -> dict[str, Any]:
        """The named arguments of the last call, context included."""
        return self.calls[-1][2]


class World:
    """Starts fake Odoos and clients, and stops them again."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.server: FakeHttp | None = None

    def serve(self, odoo: Callable[[Asked], Reply]) -> str:
        self.server = self._stack.enter_context(FakeHttp(script=odoo))
        return self.server.url

    def connect(self, odoo: Callable[[Asked], Reply] | str, password: str = KEY, **more: Any) -> OdooClient:
        url = odoo if isinstance(odoo, str) else self.serve(odoo)
        given: dict[str, Any] = {"odoo_database": "isp", "odoo_username": "bot", "odoo_timeout_s": 5} | more
        settings = Settings(odoo_url=url, odoo_password=SecretStr(password), **given)
        core = HttpCore(settings, policy=RetryPolicy(connect_backoff_s=0.0), sleep=lambda _: None)
        return self._stack.enter_context(OdooClient.connect(settings, core=core))
