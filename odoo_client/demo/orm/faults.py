"""Odoo's server errors, as they travel over both protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Fault(Exception):
    """An error Odoo would send: the exception's dotted `name`, `message`, and JSON-2's HTTP `status`."""

    def __init__(self, name: str, message: str, status: int = 500, arguments: Sequence[Any] | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.status = status
        self.arguments = [message] if arguments is None else list(arguments)

    def data(self) -> Mapping[str, Any]:
        """Return the body both protocols send; `debug` names server paths, as in Odoo: nobody may ever be shown it."""
        short = self.name.removeprefix("builtins.")
        if self.name == "odoo.exceptions.AccessDenied":
            debug = f"{short}: {self.message}\n"
        else:
            debug = (
                "Traceback (most recent call last):\n"
                '  File "/usr/lib/python3/dist-packages/odoo/http.py", line 2202, in _transactioning\n'
                f"    return service_model.retrying(func, env=self.env)\n{short}: {self.message}\n"
            )
        return {
            "name": self.name,
            "message": self.message,
            "arguments": self.arguments,
            "context": {},
            "debug": debug,
        }


def access_error(message: str) -> Fault:
    """Return the fault of a missing right."""
    return Fault("odoo.exceptions.AccessError", message, 403)


def access_denied() -> Fault:
    """Return the fault of a sign-in that failed."""
    return Fault("odoo.exceptions.AccessDenied", "Access Denied", 403)


def missing_error(model: str, record_id: int, uid: int) -> Fault:
    """Return the fault of a record that is gone."""
    message = f"Record does not exist or has been deleted.\n(Record: {model}({record_id},), User: {uid})"
    return Fault("odoo.exceptions.MissingError", message, 404)


def user_error(message: str) -> Fault:
    """Return the fault of something Odoo refuses, with a sentence for the user."""
    return Fault("odoo.exceptions.UserError", message, 422)


def validation_error(message: str) -> Fault:
    """Return the fault of values that break a constraint."""
    return Fault("odoo.exceptions.ValidationError", message, 422)


def python_error(kind: str, message: str) -> Fault:
    """Return an uncaught Python exception: `kind` is TypeError, ValueError, ..."""
    return Fault(f"builtins.{kind}", message, 500)


def http_error(kind: str, message: str, status: int) -> Fault:
    """Return a werkzeug HTTP exception, as only JSON-2 sends it: its arguments are the description and the status."""
    return Fault(f"werkzeug.exceptions.{kind}", message, status, [message, status])
