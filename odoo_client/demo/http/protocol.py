"""Odoo's two wire protocols over the demo's tables: `/jsonrpc`, `/json/2/<model>/<method>`, `/web/version`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from odoo_client.demo.business.accounts import Account
from odoo_client.demo.business.call import Env
from odoo_client.demo.business.methods import BaseModel
from odoo_client.demo.business.registry import model_class
from odoo_client.demo.orm.faults import Fault, access_denied, access_error, http_error, python_error, user_error
from odoo_client.demo.orm.orm import Database

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
_NOT_FOUND_PAGE = b"<!DOCTYPE html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
_NO_DATABASE_PAGE = (
    b"<!DOCTYPE html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>No database is selected and the requested "
    b"URL "
    b"was not found in the server-wide controllers.</p>\n<!-- Alternatively, use the X-Odoo-Database header. -->\n"
)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about, for test hooks: model and method ("" when it is about neither)."""

    model: str = ""
    method: str = ""


class Protocol:
    """Answers requests for one tenant."""

    def __init__(self, db: Database, database: str, accounts: Mapping[str, Account]) -> None:
        self.db, self.database, self.accounts = db, database, accounts
        self._classes: dict[str, type[BaseModel]] = {}

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Return the reply to one HTTP request. Paths of other versions are answered as an Odoo without them does."""
        path = path.partition("?")[0]
        if path == "/jsonrpc":
            return self._jsonrpc(verb, body)
        if self.db.profile.json2 and (path == "/json/2" or path.startswith("/json/2/")):
            return self._json2(verb, path, headers, body)
        if self.db.profile.json2 and path in ("/web/version", "/json/version"):
            return Reply(200, _encode({"version_info": self._version_info(), "version": f"{self.db.profile.major}.0"}))
        if path in ("/", "/web", "/web/login"):
            return Reply(
                200, b"<!DOCTYPE html>\n<html><head><title>Odoo</title></head><body>AFINET demo</body></html>", HTML
            )
        return Reply(404, _NOT_FOUND_PAGE, HTML)

    def target(self, path: str, body: bytes) -> Target:
        """Return model and method of a request, for failures that a test wants for some calls only."""
        parts = path.split("/")
        if path.startswith("/json/2/") and len(parts) == 5:
            return Target(parts[3], parts[4])
        try:
            arguments = msgspec.json.decode(body)["params"]["args"]
            return Target(arguments[3], arguments[4])
        except (msgspec.DecodeError, KeyError, IndexError, TypeError):
            return Target()

    # ------------------------------------------------------------------ /jsonrpc

    def _jsonrpc(self, verb: str, body: bytes) -> Reply:
        if verb != "POST":
            status = 415 if self.db.profile.major >= 16 else 400
            return Reply(status, b"<!doctype html>\n<title>Unsupported Media Type</title>\n", HTML)
        try:
            request = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return Reply(400, b"Invalid JSON data", HTML)
        if not isinstance(request, dict):
            return Reply(400, b"Invalid JSON-RPC data", HTML)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": request.get("id")}
        try:
            result = self._service(request.get("params") or {})
            if result is not None:
                answer["result"] = result
        except Fault as fault:
            code = 0 if self.db.profile.major >= 19 else 200
            answer["error"] = {"code": code, "message": "Odoo Server Error", "data": fault.data()}
        return Reply(200, _encode(answer))

    def _service(self, params: Mapping[str, Any]) -> Any:
        service, method, args = params.get("service"), params.get("method"), params.get("args", [])
        if service == "common":
            if method == "version":
                text = f"{self.db.profile.major}.0"
                return {
                    "server_version": text + ("+e" if self.db.profile.flavour == "enterprise" else ""),
                    "server_version_info": self._version_info(),
                    "server_serie": text,
                    "protocol_version": 1,
                }
            if method in ("authenticate", "login"):
                self._check_database(args[0])
                account = self.accounts.get(args[1])
                return account.uid if account is not None and account.key == args[2] else False
        if service == "object" and method in ("execute", "execute_kw"):
            return self._execute(args, named=method == "execute_kw")
        if service not in ("common", "object", "db"):
            raise python_error("KeyError", str(service))
        raise python_error("NameError", f"Method not available {method}")

    def _execute(self, args: list[Any], *, named: bool) -> Any:
        name, uid, key, model, method, *rest = args
        self._check_database(name)
        account = next((a for a in self.accounts.values() if a.uid == uid and a.key == key), None)
        if account is None:
            raise access_denied()
        positional, keywords = (
            (list(rest[0]) if rest else [], dict((rest[1:] or [{}])[0] or {})) if named else (rest, {})
        )
        if model not in self.db.models:
            raise user_error(f"Object {model} doesn't exist")
        context = keywords.pop("context", None) or {}
        records, function = self._bind(model, method, Env(self.db, account, context))
        if not getattr(function, "_api_model", False):
            if not positional:
                raise python_error("IndexError", "list index out of range")
            ids = positional.pop(0)
            records.ids = [ids] if isinstance(ids, int) and not isinstance(ids, bool) else list(ids) if ids else []
        result = self._call(function, records, positional, keywords)
        if method == "create":
            if not positional:
                raise python_error(
                    "IndexError",
                    "tuple index out of range" if self.db.profile.major < 16 else "list index out of range",
                )
            return result[0] if isinstance(positional[0], dict) else result
        return result

    def _check_database(self, name: str) -> None:
        if name != self.database:
            message = (
                f'connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "{name}" does not exist\n'
            )
            if self.db.profile.major <= 16:
                message = f'FATAL:  database "{name}" does not exist\n'
            raise Fault("psycopg2.OperationalError", message)

    def _version_info(self) -> list[Any]:
        return [self.db.profile.major, 0, 0, "final", 0, "e" if self.db.profile.flavour == "enterprise" else ""]

    # ------------------------------------------------------------------ /json/2

    def _json2(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        database = headers.get("x-odoo-database")
        if database and database != self.database:
            return Reply(404, _NO_DATABASE_PAGE, HTML)
        try:
            return Reply(200, _encode(self._json2_call(verb, path, headers, body)))
        except Fault as fault:
            extra = {"WWW-Authenticate": "Bearer "} if fault.status == 401 else {}
            return Reply(fault.status, _encode(fault.data()), JSON, extra)

    def _json2_call(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        parts = path.split("/")
        if verb != "POST" or len(parts) != 5 or not parts[4]:
            raise http_error("NotFound", "Did you mean POST /json/2/<model>/<method>?", 404)
        scheme, _, key = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            message = "User not authenticated, use an API Key with a Bearer Authorization header."
            raise http_error("Unauthorized", message, 401)
        account = next((a for a in self.accounts.values() if a.key == key), None)
        if account is None:
            raise http_error("Unauthorized", "Invalid apikey", 401)
        try:
            decoded = msgspec.json.decode(body) if body else {}
        except msgspec.DecodeError as exc:
            raise http_error("BadRequest", f"could not parse the body as json: {exc}", 400) from exc
        keywords: dict[str, Any] = dict(decoded) if isinstance(decoded, dict) else {}
        model, method = parts[3], parts[4]
        ids, context = keywords.pop("ids", []), keywords.pop("context", {})
        if model not in self.db.models:
            raise http_error("NotFound", f"the model {model!r} does not exist", 404)
        env = Env(self.db, account, context)
        try:
            records, function = self._bind(model, method, env)
        except Fault as fault:
            if fault.name == "builtins.AttributeError":
                raise http_error("NotFound", fault.message, 404) from fault
            raise
        if ids and getattr(function, "_api_model", False):
            raise http_error("UnprocessableEntity", f"cannot call {model}.{method} with ids", 422)
        records.ids = list(ids)
        try:
            inspect.signature(function).bind(records, **keywords)
        except TypeError as exc:
            raise http_error("UnprocessableEntity", str(exc), 422) from exc
        return self._call(function, records, [], keywords)

    # ------------------------------------------------------------------ both

    def _bind(self, model: str, method: str, env: Env) -> tuple[BaseModel, Any]:
        """Return the records (without ids yet) and the function, or raise Odoo's error for a private or unknown one."""
        major = self.db.profile.major
        cls = self._classes.get(model)
        if cls is None:
            cls = self._classes[model] = model_class(major, model)
        if method.startswith("_"):
            shown = f"'{model}.{method}'" if major >= 19 else method
            raise access_error(f"Private methods (such as {shown}) cannot be called remotely.")
        function = getattr(cls, method, None)
        if not callable(function):
            if major >= 18:
                raise python_error("AttributeError", f"The method '{model}.{method}' does not exist")
            raise python_error("AttributeError", f"type object '{model}' has no attribute '{method}'")
        return cls(env, model), function

    def _call(self, function: Any, records: BaseModel, positional: list[Any], keywords: Mapping[str, Any]) -> Any:
        """Run one call as one transaction; Python's own errors become the faults Odoo would send."""
        with self.db.lock:
            try:
                _ = records.env.company_ids
                with self.db.transaction():
                    return function(records, *positional, **keywords)
            except (TypeError, ValueError, KeyError, AttributeError, IndexError) as exc:
                text = str(exc.args[0]) if isinstance(exc, KeyError) and exc.args else str(exc)
                owner = "ResUsers." if "has_group" in text else "BaseModel."
                shown = owner if self.db.profile.major >= 17 else ""
                text = re.sub(r"^(?:\w+\.)+(?=\w+\(\))", shown, text)
                raise python_error(type(exc).__name__, text) from exc
