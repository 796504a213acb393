"""A transport of either protocol in front of the scripted server, for the tests of the wire."""

from __future__ import annotations

from typing import Any

import msgspec

from odoo_client.config import Settings
from odoo_client.rpc.http import HttpCore
from odoo_client.rpc.retry import RetryPolicy
from odoo_client.rpc.transport import Call, Json2, JsonRpc, Transport
from tests.fake_http import (
    FakeHttp,
    Reply,
    json2_fault,
    json2_result,
    rpc_fault,
    rpc_result,
)

SECRET = "0123456789abcdef0123456789abcdef01234567"
PROTOCOLS = ["jsonrpc", "json2"]


def settings_for(url: str, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "odoo_database": "isp",
        "odoo_username": "bot",
        "odoo_password": SECRET,
        "odoo_timeout_s": 5,
    } | more
    return Settings(odoo_url=url, **given)


class Bench:
    """A transport of either protocol towards a fake server, with the waits it would have made."""

    def __init__(self, protocol: str, server: FakeHttp | str, **more: Any) -> None:
        self.protocol = protocol
        self.waits: list[float] = []
        policy = RetryPolicy(jitter=lambda: 1.0, connect_backoff_s=0.0, budget_silences=20)
        url = server if isinstance(server, str) else server.url
        gate = more.pop("gate", None)
        self.core = HttpCore(settings_for(url, **more), policy=policy, gate=gate, sleep=self.waits.append)
        self.transport: Transport = JsonRpc(self.core, uid=7) if protocol == "jsonrpc" else Json2(self.core)

    def result(self, value: Any) -> Reply:
        return rpc_result(value) if self.protocol == "jsonrpc" else json2_result(value)

    def read(self, model: str = "res.partner", **more: Any) -> Any:
        raw = self.transport.call(Call(model, "search_count", kwargs={"domain": []}, retry=True, **more))
        return msgspec.json.decode(raw)

    def write(self, model: str = "res.partner") -> Any:
        raw = self.transport.call(Call(model, "write", ids=[5], kwargs={"vals": {"name": "x"}}, retry=False))
        return msgspec.json.decode(raw)


def fault(protocol: str, status: int, name: str, message: str) -> Reply:
    return rpc_fault(name, message) if protocol == "jsonrpc" else json2_fault(status, name, message)
