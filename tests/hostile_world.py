"""A demo Odoo whose answers to reads carry odd values: of every model and field, a few of each kind."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from odoo_client.datasets.base import FEW_RECORDS
from odoo_client.demo import DemoServer
from odoo_client.demo.http.protocol import Reply

#: What each type of field is given in a few records: (what travels, whether it can be read).
ODD: Mapping[str, tuple[Any, ...]] = {
    "date": ("26-11-15", "9999-12-31", "10000-01-01", "0-1-1", "soon", 20261115, True, [], {"y": 26}),
    "datetime": ("26-11-15 10:00:00", "9999-12-31 23:59:59", "9998-01-01 00:00:00", "x", 5, True, ["a"]),
    "number": ("NaN", "1,5", float("nan"), float("inf"), 1e300, -1e300, 10**400, True, {}, [1.5], "0.1"),
    "integer": (2**63, 2**62, -5, 1.5, "x", True, "12", None, {"a": 1}),
    "many2one": (2**40, "x", True, [7, "Name"], {"id": 7}, -3, None),
    "text": (5, True, "a\0b\x1b", "x\ud800", ["a"], {"en_US": "a"}, "=1+1" * 500, "  ", None),
    "selection": ("of_some_module", 5, True, {}, "", None),
    "boolean": ("yes", 2, 1, None, {}),
}
_TYPES = {"float": "number", "monetary": "number", "char": "text", "html": "text", "many2one_reference": "integer"}
#: One record in so many is odd in one field.
EVERY = 5
READS = ("search_read", "read", "read_group", "formatted_read_group")
#: Read while signing in, which is no dataset; and what says which records there are.
SPARED = ("id",)


class HostileServer(DemoServer):
    """Serves a tenant; from `hostile` = True on its answers to reads are spoilt, the same ones the same way.

    `told` collects by model the fields in which something was put that nothing can be made of.
    """

    hostile = False
    #: Fields left as they are: (model, field), or ("", field) of every model.
    spared: frozenset[tuple[str, str]] = frozenset({("", "id"), ("res.users", "login"), ("res.users", "company_id")})

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.spoilt: dict[str, set[str]] = defaultdict(set)
        answer = self.protocol.answer

        def spoilt(verb: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
            reply = answer(verb, path, headers, body)
            target = self.protocol.target(path, body)
            if not self.hostile or target.method not in READS or reply.status != 200 or target.model == "":
                return reply
            return self._spoil(reply, target.model)

        self.protocol.answer = spoilt  # type: ignore[method-assign]  # this server's own alone

    def _spoil(self, reply: Reply, model: str) -> Reply:
        whole = json.loads(reply.body)
        rows = whole.get("result", []) if isinstance(whole, dict) and "jsonrpc" in whole else whole
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict):
                self._spoil_row(model, row)
        return Reply(reply.status, json.dumps(whole).encode(), reply.content_type, reply.headers)

    def _spoil_row(self, model: str, row: dict[str, Any]) -> None:
        ids = next((row[key] for key in ("id:array_agg", "id_agg") if key in row), None)
        for key in row:
            name = key.removesuffix(":array_agg").removesuffix("_agg")
            place = crc32(name.encode())
            field = self.orm.models[model].get(name)
            if field is None or {("", name), (model, name)} & self.spared:
                continue
            if self.profile.major >= 19 and (field.type in ("selection", "boolean") or field.relation in FEW_RECORDS):
                # The key of a group where it comes in columns, a value where it comes in records: one would be spoilt
                # and the other not, so that a row read anew in the other way would differ by this server's doing.
                continue
            odd = ODD.get(_TYPES.get(field.type, field.type), ODD["text"])
            if ids is not None and isinstance(row[key], list) and key != name:
                for at, record in enumerate(ids):
                    if (record + place) % EVERY == 0:
                        row[key][at] = odd[(record // EVERY + place) % len(odd)]
                        self.spoilt[model].add(name)
            elif isinstance(row.get("id"), int) and (row["id"] + place) % EVERY == 0:
                row[key] = odd[(row["id"] // EVERY + place) % len(odd)]
                self.spoilt[model].add(name)
