"""The error tree, and which error each of Odoo's reports becomes (shapes as seen on real Odoo 14 and 19)."""

from __future__ import annotations

import inspect
import ssl

import pytest
import requests

from odoo_client import errors
from odoo_client.errors import (
    AfinetError,
    MissingModelError,
    MissingRecordError,
    NotOdooError,
    OdooAccessError,
    OdooAuthError,
    OdooConflictError,
    OdooError,
    OdooKeyExpiredError,
    OdooServerError,
    OdooTimeoutError,
    OdooUnreachableError,
    OdooUserError,
    UnknownDatabaseError,
    UnknownLanguageError,
)
from odoo_client.rpc.faults import CallSite, Fault, error_of_fault, error_of_network, error_of_page

READ = CallSite("https://erp.example.com", "isp", "bot", "account.move", "search_read")
WRITE = CallSite("https://erp.example.com", "isp", "bot", "account.move", "write", repeatable=False)

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, AfinetError)]


@pytest.mark.parametrize("kind", ALL)
def test_every_error_reads_as_its_sentence(kind: type[AfinetError]) -> None:
    error = kind("Set ODOO_URL.")
    assert str(error) == error.sentence == "Set ODOO_URL."
    assert (error.model, error.method) == ("", "")


def test_the_docstring_draws_the_whole_tree() -> None:
    depth_of: dict[str, int] = {}
    parents: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        words = line.strip("│├└─ ").split()
        if not words or not hasattr(errors, words[0]) or not words[0].endswith("Error"):
            continue
        depth = (len(line) - len(line.lstrip("│├└─ "))) // 4
        depth_of[words[0]] = depth
        parents[depth - 1 :] = [words[0]]
        if depth > 1:
            assert getattr(errors, words[0]).__bases__ == (getattr(errors, parents[depth - 2]),)
    assert set(depth_of) == {kind.__name__ for kind in ALL}


# One row a report: name, message, HTTP status (200: JSON-RPC), the error, and words its sentence must have.
REPORTS = [
    ("odoo.exceptions.UserError", "Invalid language code: xx_YY", 200, UnknownLanguageError, ["'xx_YY'", "ODOO_LANG"]),
    ("odoo.exceptions.UserError", "Invalid language code: en", 422, UnknownLanguageError, ["'en'", "ODOO_LANG"]),
    ("builtins.ValueError", "Invalid language code: de_DE ", 500, UnknownLanguageError, ["'de_DE'", "ODOO_LANG"]),
    ("odoo.exceptions.AccessDenied", "Access Denied", 200, OdooAuthError, ["ODOO_USERNAME 'bot'", "ODOO_PASSWORD"]),
    ("odoo.exceptions.AccessDenied", "Too many login failures, please wait", 200, OdooAuthError, ["wait"]),
    ("werkzeug.exceptions.Unauthorized", "Invalid apikey", 401, OdooAuthError, ["ODOO_PASSWORD", "API key"]),
    ("psycopg2.OperationalError", 'FATAL:  database "isp" does not exist\n', 200, UnknownDatabaseError,
     ["ODOO_DATABASE"]),
    ("odoo.exceptions.AccessError", "You are not allowed to access 'Journal Entry'", 200, OdooAccessError,
     ["bot", "account.move", "account.group_account_readonly"]),
    ("odoo.exceptions.AccessError", "You are not allowed to access ...", 403, OdooAccessError,
     ["group_account_readonly"]),
    ("odoo.exceptions.AccessError", "Access to unauthorized or invalid companies.", 403, OdooAccessError,
     ["Allowed Companies"]),
    ("odoo.exceptions.AccessError", "Private methods (such as _write) cannot be called remotely.", 200,
     OdooAccessError, ["another method"]),
    ("odoo.exceptions.MissingError", "Record does not exist or ...", 200, MissingRecordError, ["deleted"]),
    ("odoo.exceptions.MissingError", "Record does not exist or ...", 404, MissingRecordError, ["deleted"]),
    ("odoo.exceptions.UserError", "Object account.move doesn't exist", 200, MissingModelError, ["Invoicing (account)"]),
    ("werkzeug.exceptions.NotFound", "the model 'account.move' does not exist", 404, MissingModelError, ["install"]),
    ("werkzeug.exceptions.NotFound", "The method 'account.move.frob' does not exist", 404, OdooServerError, ["doctor"]),
    ("builtins.AttributeError", "type object 'account.move' has no attribute 'frob'", 200, OdooServerError, ["doctor"]),
    ("builtins.TypeError", "search_count() got an unexpected keyword argument 'x'", 200, OdooServerError, ["doctor"]),
    ("werkzeug.exceptions.UnprocessableEntity", "missing a required argument", 422, OdooServerError, ["doctor"]),
    ("odoo.exceptions.UserError", "There's nothing left to pay.", 200, OdooUserError, ["There's nothing left to pay."]),
    ("odoo.exceptions.ValidationError", "No recursion", 422, OdooUserError, ["No recursion"]),
    ("odoo.exceptions.LockError", "locked", 409, OdooConflictError, ["try again"]),
    ("psycopg2.errors.SerializationFailure", "could not serialize access", 200, OdooConflictError, ["try again"]),
    ("psycopg2.OperationalError", "could not obtain lock on row", 200, OdooConflictError, ["try again"]),
    ("psycopg2.OperationalError", "too many clients", 200, OdooServerError, ["log of the Odoo server"]),
    ("builtins.MemoryError", "", 500, OdooServerError, ["ODOO_RANGE_ROWS", "limit_memory_hard"]),
    ("builtins.ZeroDivisionError", "division by zero", 500, OdooServerError, ["log of the Odoo server"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "message", "status", "kind", "words"), REPORTS)
def test_each_report_becomes_its_error_and_a_sentence_that_says_what_to_do(
    name: str, message: str, status: int, kind: type[OdooError], words: list[str]
) -> None:
    error = error_of_fault(Fault(name, message, status), READ)
    assert type(error) is kind
    assert (error.model, error.method) == ("account.move", "search_read")
    assert (error.remote_name, error.remote_message, error.http_status) == (name, message, status)
    for word in words:
        assert word in error.sentence
    assert "\n" not in error.sentence
    assert error.sentence.endswith((".", "!", "?"))


def test_a_key_that_worked_before_is_called_expired() -> None:
    for fault in (
        Fault("odoo.exceptions.AccessDenied", "Access Denied"),
        Fault("werkzeug.exceptions.Unauthorized", "Invalid apikey", 401),
    ):
        error = error_of_fault(fault, READ, accepted_before=True)
        assert type(error) is OdooKeyExpiredError
        assert "ODOO_PASSWORD" in error.sentence
        assert "new key" in error.sentence


def test_without_write_access_the_groups_odoo_lists_are_named() -> None:
    message = "You are not allowed to modify it.\n\nThis operation is allowed for the following groups:\n\t- Billing\n"
    error = error_of_fault(Fault("odoo.exceptions.AccessError", message, 403), WRITE)
    assert "may not change account.move" in error.sentence
    assert "the group Billing" in error.sentence
    assert "readonly" not in error.sentence


@pytest.mark.parametrize(
    ("model", "right"),
    [
        ("account.payment", "group_account_readonly"),
        ("sale.order", "group_sale_salesman_all_leads"),
        ("helpdesk.ticket", "group_helpdesk_user"),
        ("project.task", "group_project_user"),
        ("contract.line", "group_account_invoice"),
        ("stock.picking", "group_stock_user"),
        ("product.product", "base.group_user"),
        ("res.partner", "base.group_user"),
        ("x_own.model", "the right to read x_own.model"),
    ],
)
def test_the_right_to_ask_for_is_named_for_each_dataset(model: str, right: str) -> None:
    site = CallSite("https://erp.example.com", "isp", "bot", model, "search_read")
    assert right in error_of_fault(Fault("odoo.exceptions.AccessError", "no"), site).sentence


PAGES = [
    (200, b"<title>Sign in\n to Example</title>", "", NotOdooError, ["Sign in to Example", "ODOO_URL"]),
    (200, b"hello", "", NotOdooError, ["no Odoo data", "ODOO_URL"]),
    (301, b"", "https://user:pass@new.example.com/x?token=1", NotOdooError, ["https://new.example.com", "ODOO_URL"]),
    (303, b"", "/web/login?redirect=x", NotOdooError, ["/web/login", "ODOO_URL"]),
    (404, b"<title>404 Not Found</title>", "", NotOdooError, ["404 Not Found", "ODOO_URL"]),
    (404, b"<p>No database is selected and ...</p>", "", UnknownDatabaseError, ["ODOO_DATABASE"]),
    (413, b"", "", NotOdooError, ["client_max_body_size"]),
    (429, b"", "", OdooUnreachableError, ["ODOO_PARALLEL_READS"]),
    (500, b"<title>Internal Server Error</title>", "", OdooServerError, ["log of the Odoo server"]),
    (502, b"<title>Bad Gateway</title>", "", OdooUnreachableError, ["502", "start Odoo", "ODOO_URL"]),
    (503, b"", "", OdooUnreachableError, ["503"]),
    (504, b"", "", OdooTimeoutError, ["proxy_read_timeout"]),
    (522, b"", "", OdooUnreachableError, ["522"]),
]


@pytest.mark.parametrize(("status", "body", "location", "kind", "words"), PAGES)
def test_each_page_becomes_its_error(
    status: int, body: bytes, location: str, kind: type[OdooError], words: list[str]
) -> None:
    error = error_of_page(status, body, location, READ)
    assert type(error) is kind
    assert error.http_status == status
    for word in words:
        assert word in error.sentence
    assert "token" not in error.sentence
    assert "pass" not in error.sentence.replace("passed", "")


@pytest.mark.parametrize(
    ("reason", "maybe_done"),
    [
        ("WRONG_VERSION_NUMBER", False),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", False),
        ("DECRYPTION_FAILED_OR_BAD_RECORD_MAC", True),
        ("UNEXPECTED_EOF_WHILE_READING", True),
    ],
)
def test_only_a_handshake_that_failed_surely_sent_nothing(reason: str, maybe_done: bool):
    broken = ssl.SSLError(1, f"[SSL: {reason}] broken")
    broken.reason = reason
    error, found = error_of_network(
        requests.exceptions.SSLError(broken), CallSite("https://erp.example.com", "erp", "bot", "m", "write"), 5.0
    )
    assert isinstance(error, errors.OdooTlsError)
    assert found is maybe_done
