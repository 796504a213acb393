"""One customer's whole dashboard as typed data: what the page, the command line and the portal all show.

`dashboard()` narrows the snapshot's frames to the customer first and then asks the same metrics as every other page,
so that its sums equal Arrears' to the cent.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from odoo_client.config import Settings
from odoo_client.customer import work as customer_work
from odoo_client.customer.billing import Arrears
from odoo_client.customer.records import Records, owner_of, records_of, rows_of
from odoo_client.customer.timeline import timeline
from odoo_client.customer.types import Absence, Contact, Dashboard, Profile
from odoo_client.errors import CustomerLookupError
from odoo_client.metrics.ledger import UNNAMED_CUSTOMER
from odoo_client.metrics.policy import AgeingPolicy
from odoo_client.store.snapshot import Snapshot

#: The frames a dashboard is made of, whose absence it reports.
DATASETS = (
    *("services", "invoices", "payments", "receivable_lines", "partials", "promises"),
    *("tickets", "ticket_messages", "orders", "deliveries"),
)
#: Contacts named in a note; more are counted.
NAMED_CONTACTS = 3


def dashboard(
    snapshot: Snapshot,
    partner_id: int,
    *,
    settings: Settings | None = None,
    company_ids: Collection[int] | None = None,
    now: datetime | None = None,
) -> Dashboard:
    """Return everything of the customer that `partner_id` belongs to.

    A contact's id leads to its customer (Odoo's commercial partner), whose contacts' records are all included.
    `settings` give the ageing limits and the time zone (default: the defaults), `company_ids` the companies shown
    (default: all), `now` the moment it is for (default: now). Raises CustomerLookupError (a sentence) when the snapshot
    knows no such partner.
    """
    settings = settings or Settings()
    now = now or datetime.now(UTC)
    owner_id = owner_of(snapshot, partner_id)
    if not owner_id:
        raise CustomerLookupError(
            f"There is no customer with the number {partner_id} in this copy of Odoo: the record was deleted, or made "
            "after the last sync. Search by name instead."
        )
    records = records_of(snapshot, owner_id, company_ids)
    today = now.astimezone(ZoneInfo(settings.timezone)).date()
    return _assembled(records, partner_id, settings, today, now)


def _assembled(records: Records, partner_id: int, settings: Settings, today: date, now: datetime) -> Dashboard:
    arrears = Arrears.of(
        records, today, AgeingPolicy(bounds_days=tuple(settings.ageing_bounds_days)), settings.timezone
    )
    services = customer_work.services(records)
    tickets = customer_work.tickets(records, now, settings.timezone)
    orders = customer_work.orders(records, today, settings.timezone)
    promises = customer_work.promises(records, today)
    invoices, payments, entries = arrears.invoices(), arrears.payments(), arrears.entries()
    ageing = arrears.ageing()
    running = dict.fromkeys(one.technology for one in services if one.status != "ended" and one.technology)
    profile = _profile(records, partner_id, tuple(running))
    return Dashboard(
        profile=profile,
        as_of=today,
        taken_at=records.snapshot.meta.taken_at,
        demo=records.snapshot.meta.demo,
        balances=arrears.balances(ageing),
        oldest_days=max((row.oldest_days for row in ageing), default=0),
        active_services=sum(one.status == "active" for one in services),
        open_tickets=None if records.absent("tickets") else sum(not one.closed for one in tickets),
        open_orders=None if records.absent("orders") else sum(one.open for one in orders),
        services=services,
        invoices=invoices,
        payments=payments,
        entries=entries,
        ageing=ageing,
        open_lines=arrears.open_lines(),
        promises=promises,
        tickets=tickets,
        orders=orders,
        timeline=timeline(invoices, payments, entries, tickets, orders, promises, settings.timezone),
        absent=tuple(
            Absence(name, info.state, info.message)
            for name in DATASETS
            if (info := records.snapshot.info.get(name)) is not None and records.absent(name)
            # Where there are no tickets, it goes without saying that nothing is written on them.
            if name != "ticket_messages" or not records.absent("tickets")
        ),
        notes=_notes(records, profile),
        trust=arrears.trust(settings, now),
    )


def _profile(records: Records, partner_id: int, technologies: tuple[str, ...]) -> Profile:
    owner, contacts = None, []
    for row in rows_of(records.family):
        if row["partner_id"] == records.owner_id:
            owner = row
            continue
        contacts.append(Contact(int(row["partner_id"]), row["name"], row["email"], row["phone"], bool(row["active"])))
    contacts.sort(key=lambda one: (not one.active, one.name, one.partner_id))
    asked = next((one for one in contacts if one.partner_id == partner_id), None)
    if owner is None:
        # The account that reads Odoo may not see the partner, only what it owes.
        owner = dict.fromkeys(("ref", "email", "phone", "street", "city"), "")
        owner |= {"name": UNNAMED_CUSTOMER, "is_company": False, "active": True, "company_id": 0, "salesperson_id": 0}
    return Profile(
        partner_id=records.owner_id,
        name=owner["name"],
        reference=owner["ref"],
        email=owner["email"],
        phone=owner["phone"],
        street=owner["street"],
        city=owner["city"],
        is_company=bool(owner["is_company"]),
        active=bool(owner["active"]),
        company=records.company(int(owner["company_id"])),
        salesperson=records.named("users", "user_id", int(owner["salesperson_id"])),
        technologies=technologies,
        contacts=tuple(contacts),
        asked=asked,
    )


def _notes(records: Records, profile: Profile) -> tuple[str, ...]:
    notes = []
    if profile.asked is not None:
        notes.append(f"{profile.asked.name} is a contact of {profile.name}: this is the page of {profile.name}.")
    if profile.contacts:
        names = [one.name for one in profile.contacts[:NAMED_CONTACTS]]
        more = len(profile.contacts) - len(names)
        listed = ", ".join(names) + (f" and {more} more" if more else "")
        noun = "contact" if len(profile.contacts) == 1 else "contacts"
        notes.append(f"Records of its {noun} are included, with the contact's name beside them: {listed}.")
    if records.hidden_company_ids:
        names = [records.company(key) for key in records.hidden_company_ids]
        notes.append(f"Records of {', '.join(filter(None, names))} are left out by the choice of company.")
    return tuple(notes)
