"""People who write into a real Odoo through the outbox, with an outbox and a sender of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from odoo_client.actions.handlers import HANDLERS
from odoo_client.actions.outbox.entry import Author, Entry, Kind
from odoo_client.actions.outbox.office import Office
from odoo_client.actions.outbox.outbox import Outbox
from odoo_client.actions.outbox.sender import Sender
from odoo_client.config import Settings
from odoo_client.people import staff
from odoo_client.people.audit import AuditLog
from odoo_client.rpc.client import OdooClient
from tests.real_odoo.server import RealOdoo
from tests.real_odoo.staff import Member

TODAY = datetime.now(UTC).date()
#: Who is told of a message, by version.
NOTICES = {14: "mail_message_res_partner_needaction_rel", 19: "mail_notification"}

Wrap = Callable[[OdooClient], OdooClient]


def author(member: Member) -> Author:
    """Return a member of staff as who enters something."""
    return Author(member.login, member.login.partition("@")[0].title())


@dataclass
class Desk:
    """An outbox before a real Odoo. `wrap` may put something between a handler and its connection."""

    server: RealOdoo
    settings: Settings
    folder: Path
    protocol: str = "auto"
    wrap: Wrap = lambda client: client
    touched: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.folder / "outbox.sqlite3")
        self.audit = AuditLog(self.folder / "audit.sqlite3")
        self.sender = Sender(self.settings, self.outbox, self.client, HANDLERS, self.audit, on_done=self.touched.append)
        self.office = Office(self.settings, self.outbox)

    def client(self, who: Author, kind: Kind | str = "") -> OdooClient:
        """Return the person's own connection."""
        secret = SecretStr(f"staff-{who.login}")
        return self.wrap(staff.connect_to_write(self.settings, who.login, secret))

    def sent(self, entry: Entry) -> Entry:
        """Send what waits of the entry's author and return the entry as it then stands."""
        self.sender.send_waiting(entry.author.login)
        return self.outbox.get(entry.token)


def desk_of(server: RealOdoo, folder: Path, **more: Any) -> Desk:
    """Return a desk before `server`, whose service account is its administrator."""
    settings = Settings(
        odoo_url=server.url,
        odoo_database=server.database,
        odoo_username=server.username,
        odoo_password=SecretStr(server.password),
        data_dir=folder,
        **more,
    )
    return Desk(server, settings, folder)


def invoice(server: RealOdoo, amount: float, partner: int = 0) -> dict[str, Any]:
    """Make and post an invoice of its own; return id, name, residual, partner."""
    partner = partner or server.call("res.partner", "create", {"name": f"Payer {amount}", "email": "payer@example.com"})
    company = server.sql("select company_id from account_move where move_type = 'out_invoice' limit 1")[0][0]
    context = {"allowed_company_ids": [company]}
    line = {"name": "Fibre", "quantity": 1, "price_unit": amount, "tax_ids": [(6, 0, [])]}
    move = server.call(
        "account.move", "create",
        {"move_type": "out_invoice", "partner_id": partner, "invoice_date": str(TODAY - timedelta(days=40)),
         "invoice_line_ids": [(0, 0, line)]}, context=context,
    )  # fmt: skip
    server.call("account.move", "action_post", [move], context=context)
    names = ["name", "amount_residual", "currency_id", "company_id"]
    row = server.call("account.move", "read", [move], names)[0]
    return {"id": move, "name": row["name"], "partner": partner, "currency": row["currency_id"], "company": company}


def residual(server: RealOdoo, move_id: int) -> Decimal:
    return Decimal(server.sql("select amount_residual from account_move where id = %s", [move_id])[0][0])


def mails(server: RealOdoo, partner_id: int) -> int:
    """Return how many mails or notices a partner got."""
    query = f"select count(*) from {NOTICES[server.major]} where res_partner_id = %s"
    mailed = "select count(*) from mail_mail_res_partner_rel where res_partner_id = %s"
    return sum(int(server.sql(each, [partner_id])[0][0]) for each in (query, mailed))
