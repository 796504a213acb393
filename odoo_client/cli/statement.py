"""What `python -m odoo_client statement` does: write one customer's statement to a file."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from odoo_client.cli.customer import stored_snapshot
from odoo_client.config import Settings
from odoo_client.customer.search import lookup
from odoo_client.documents.statement.pdf import statement_pdf
from odoo_client.documents.statement.text import statement_text
from odoo_client.documents.statement.words import Made, verdict, withheld, without_details
from odoo_client.documents.statement.xlsx import statement_xlsx
from odoo_client.errors import ConfigError, OdooError
from odoo_client.live import conversations
from odoo_client.metrics.ledger import LedgerIndex
from odoo_client.metrics.policy import AgeingPolicy
from odoo_client.metrics.statement import Statement, StatementIndex, statement
from odoo_client.rpc import hurried

SUFFIXES = (".pdf", ".xlsx", ".txt")


def write_statement(
    settings: Settings, *, demo: bool, customer: str, start: date | None, end: date | None, out: Path
) -> list[str]:
    """Write the statement to `out` (its suffix decides the format) and return what to print: path, balances, notes.

    `start` None is from the first entry, `end` None is today. Raises AfinetError (a sentence) when nothing is stored,
    when none or several customers match, and when the period or the path cannot be used.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"--out must end in .pdf, .xlsx or .txt, and {out.name} does not.")
    if not out.parent.is_dir() or out.is_dir():
        raise ConfigError(f"{out} cannot be written: its folder does not exist, or it is a folder itself.")
    snapshot = stored_snapshot(settings, demo=demo)
    partner_id = lookup(snapshot, customer)
    now = datetime.now(UTC)
    last = end or now.astimezone(ZoneInfo(settings.timezone)).date()
    if start is not None and start > last:
        raise ConfigError(f"--from {start} is after --to {last}: a period ends on the day it starts, or later.")
    found = statement(
        StatementIndex.build(LedgerIndex.build(snapshot)),
        partner_id,
        start,
        last,
        policy=AgeingPolicy(bounds_days=tuple(settings.ageing_bounds_days)),
        timezone=settings.timezone,
    )
    read_at = snapshot.read_at(("receivable_lines", "partials"))
    made = Made(now, read_at, settings.timezone, demo=snapshot.meta.demo, details=settings.payment_details)
    notes = [text for text in [without_details(found, made)] if text]
    if out.suffix.lower() == ".pdf":
        data = statement_pdf(found, made, _logos(settings, found, notes))
    elif out.suffix.lower() == ".xlsx":
        data = statement_xlsx(found, made)
    else:
        data = f"{statement_text(found, made)}\n".encode()
    try:
        out.write_bytes(data)
    except OSError as exc:
        raise ConfigError(f"{out} cannot be written: {exc.strerror or 'the disk refused it'}.") from exc
    balances = [f"{one.company.name}, {one.code}: {verdict(one)}" for one in found.accounts] + withheld(found)
    return [f"{found.customer.name}: {out}", *(balances or ["No entries in this period, and nothing is open."]), *notes]


def _logos(settings: Settings, found: Statement, notes: list[str]) -> dict[int, bytes]:
    """Return the companies' logos; without them the statement is still made, with a note about it."""
    try:
        client = hurried.connect(settings)
        try:
            return conversations.company_logos(client, [company.party_id for company in found.companies])
        finally:
            client.close()
    except OdooError as exc:
        notes.append(f"Without the company's logo: {exc.sentence}")
        return {}
