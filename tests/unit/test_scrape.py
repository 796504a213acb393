"""Who reads `/api/metrics`: a program on this machine, or whoever has the token; all others are told so and no more."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import Message, Scope

from odoo_client.config import Settings
from odoo_client.endpoints.measures import Measures
from odoo_client.endpoints.middleware import Guard
from odoo_client.endpoints.scrape import NOT_YOURS, PATH, Scrape

TOKEN = "t0ken-" * 7
NETWORK = "192.0.2.7"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str


def ask(
    token: str | None = TOKEN,
    *,
    client: str | None = "127.0.0.1",
    host: str = "localhost:8501",
    method: str = "GET",
    sent: str = "",
    root_path: str = "",
    **headers: str,
) -> Answer:
    """Return the answer of the route, behind the guard; that one lets it through without a session."""
    scrape = Scrape(Settings(metrics_token=token), Measures(lambda: None).text)
    return answer_of(scrape, client, host, method, root_path, ({"authorization": sent} if sent else {}) | headers)


def answer_of(
    scrape: Scrape, client: str | None, host: str, method: str, root_path: str, headers: dict[str, str]
) -> Answer:
    answer = Answer(0, {}, "")

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            answer.text += message["body"].decode()

    guard = Middleware(
        Guard, doors=lambda: None, allowed_hosts=(), local_only=False, policy="", wanted=lambda frame: True
    )
    app = Starlette(routes=[scrape.route], middleware=[guard])
    all_headers = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": root_path + PATH,
        "root_path": root_path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in all_headers.items()],
        "client": None if client is None else (client, 5000),
        "server": ("127.0.0.1", 8501),
        "scheme": "http",
    }
    asyncio.run(app(scope, receive, send))
    return answer


# Programs on this machine


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("client", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])
def test_a_program_on_this_machine_needs_no_token(client: str, token: str | None) -> None:
    assert ask(token, client=client).status == 200


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST"])
def test_it_asks_by_any_name_of_this_machine(host: str) -> None:
    assert ask(host=host).status == 200


@pytest.mark.parametrize(
    "header", ["x_forwarded_for", "x_forwarded_host", "x_forwarded_proto", "x_real_ip", "forwarded", "via"]
)
def test_what_a_proxy_on_this_machine_passes_on_is_not_of_this_machine(header: str) -> None:
    assert ask(**{header: "127.0.0.1"}).status == 401


@pytest.mark.parametrize("host", ["dashboard.example.com", "localhost.example.com", "192.0.2.7:8501", "", "[", "[::1"])
def test_nor_is_what_came_by_another_name_through_one_that_says_nothing_else(host: str) -> None:
    assert ask(host=host).status == 401


@pytest.mark.parametrize("client", [NETWORK, "10.0.0.1", "::ffff:192.0.2.7", "localhost.example.com", "", None])
def test_a_program_elsewhere_is_refused(client: str | None) -> None:
    assert ask(client=client).status == 401


# The token


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_opens_it_from_anywhere(scheme: str) -> None:
    answer = ask(client=NETWORK, host="dashboard.example.com", sent=f"{scheme} {TOKEN}", x_forwarded_for=NETWORK)
    assert answer.status == 200


@pytest.mark.parametrize(
    "sent",
    [
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN.upper()}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer é",
        f"Bearer {TOKEN}, Bearer {TOKEN}",
    ],
)
def test_a_wrong_token_opens_nothing(sent: str) -> None:
    assert ask(client=NETWORK, sent=sent).status == 401


def test_without_a_token_set_none_is_right() -> None:
    for sent in ("Bearer ", "Bearer None", f"Bearer {TOKEN}"):
        assert ask(None, client=NETWORK, sent=sent).status == 401


def test_a_wrong_token_takes_nothing_from_a_program_on_this_machine() -> None:
    assert ask(sent="Bearer wrong").status == 200


def test_a_refusal_says_what_to_do_and_how() -> None:
    answer = ask(client=NETWORK)
    assert answer.text == NOT_YOURS
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("token", ["short", "t" * 31, "t" * 257, "t" * 40 + " x", "ä" * 40])
def test_a_token_that_is_none_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ValidationError, match="must be 32 to 256 letters") as caught:
        Settings(metrics_token=token)
    assert token not in str(caught.value)


def test_a_token_from_a_file_may_end_with_its_line() -> None:
    assert ask(f"{TOKEN}\n", client=NETWORK, sent=f"Bearer {TOKEN}").status == 200


def test_the_token_is_in_no_log_a_repr_or_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = Settings(metrics_token=TOKEN)
    said = [repr(settings), settings.model_dump_json(), repr(vars(Scrape(settings, lambda: b"")))]
    for sent in (f"Bearer {TOKEN}", f"Bearer {TOKEN}x", f"Basic {TOKEN}"):
        said.append(repr(ask(client=NETWORK, sent=sent)))
    assert not [text for text in (*said, caplog.text) if TOKEN in text]


# What is answered


def test_it_answers_openmetrics_that_prometheus_s_own_parser_takes() -> None:
    answer = ask()
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert [one.name for one in text_string_to_metric_families(answer.text)]


def test_nobody_keeps_what_is_true_for_a_moment() -> None:
    assert ask().headers["cache-control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_metrics_are_only_read(method: str) -> None:
    answer = ask(method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
def test_a_stranger_learns_nothing_by_another_method(method: str) -> None:
    assert ask(client=NETWORK, method=method).status == 401


def test_whether_it_is_there_can_be_asked() -> None:
    assert ask(method="HEAD").status == 200


def test_behind_a_path_of_the_server_s_own_it_is_found_too() -> None:
    assert ask(root_path="/behind").status == 200


def test_a_refusal_works_nothing_out() -> None:
    def looked() -> bytes:
        raise AssertionError("metrics were looked up for a stranger")

    assert answer_of(Scrape(Settings(), looked), NETWORK, "localhost", "GET", "", {}).status == 401
