"""What `python -m odoo_client audit` does: read the audit trail, or say whether it is intact."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from odoo_client.config import Settings
from odoo_client.errors import ConfigError
from odoo_client.people.audit import EVENTS, AuditLog, audit_log
from odoo_client.people.audit_anchor import Head


def entries(
    settings: Settings, *, since: datetime | None, until: datetime | None, login: str, event: str, limit: int
) -> pd.DataFrame:
    """Return the rows of the days from `since` to `until`, both whole and included, newest first, as `AuditLog.read`.

    Raises ConfigError for an event that does not exist, AuditError when the trail cannot be read.
    """
    if event and event not in EVENTS:
        raise ConfigError(f"--event {event} does not exist: it is one of {', '.join(EVENTS)}.")
    zone = ZoneInfo(settings.timezone)
    first = None if since is None else datetime.combine(since.date(), time(), zone)
    last = None if until is None else datetime.combine(until.date(), time(), zone) + timedelta(days=1)
    return audit_log(settings).read(since=first, until=last, login=login, event=event, limit=limit)


def lines(found: pd.DataFrame, settings: Settings) -> list[str]:
    """Return the rows as people read them, one a line."""
    zone = ZoneInfo(settings.timezone)
    return [
        "  ".join(
            filter(
                None,
                (
                    f"{row['moment'].astimezone(zone):%d %b %Y %H:%M:%S}",
                    *(str(row[name]) for name in ("login", "event", "outcome", "subject")),
                    "" if row["rows"] is None else f"{row['rows']} rows",
                    f"from {row['address']}" if row["address"] else "",
                ),
            )
        )
        for row in _records(found)
    ]


def as_json(found: pd.DataFrame) -> str:
    """Return the rows as JSON: a list of objects, times in UTC."""
    return json.dumps([row | {"moment": row["moment"].isoformat()} for row in _records(found)], indent=2)


def verified(log: AuditLog, noted: str = "") -> tuple[bool, list[str]]:
    """Return whether the trail is as it was written, and what to say: the verdict, and what it proves.

    `noted` is the head of the trail as an earlier verdict gave it ("" = none is asked about). Raises ConfigError for a
    text that is no head, AuditError when the trail cannot be read.
    """
    wanted = Head.of(noted) if noted else None
    if noted and wanted is None:
        raise ConfigError(f"--head {noted} is no head of a trail: give it as --verify printed it, like 12:9f86….")
    found = log.checked(wanted)
    if found.why:
        return False, [found.sentence]
    if wanted is not None:
        proven = f"The trail still holds entry {wanted.number} as it was noted, and so everything before it."
    else:
        proven = (
            "Whoever can write only one of audit.sqlite3 and audit.anchor is found by this. Whoever can write both "
            "could recompute every hash: only a head noted elsewhere proves the trail against that (--head)."
        )
    return True, [found.sentence, proven, f"Head to note: {found.head}"]


def _records(found: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows with times in UTC and counts as numbers, None for no count."""
    return [
        {
            **{str(name): value for name, value in row.items()},
            "moment": row["moment"].to_pydatetime().replace(tzinfo=UTC),
            "rows": None if pd.isna(row["rows"]) else int(row["rows"]),
        }
        for row in found.to_dict("records")
    ]
