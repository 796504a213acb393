"""What one customer's dashboard is made of: frozen rows with typed values, ready for pages, the command line and JSON.

Money is a `Decimal` with the code of its currency, so that two currencies cannot be added by accident. Days are
`date`, moments aware `datetime` in UTC, both None when Odoo has none; texts are never None. `company` is the name of
the company of ours, `contact` the contact's name where a record is on a contact of the customer, else "".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from odoo_client.metrics.words import money_words
from odoo_client.store.trust import Trust

#: A field named `date` hides the type's own name from the fields below it.
Day = date

TimelineKind = Literal["invoice", "credit_note", "receipt", "payment", "refund", "entry", "ticket", "order", "promise"]
PromiseState = Literal["open", "kept", "broken", "withdrawn"]
InvoiceStatus = Literal[
    "draft", "cancelled", "not_paid", "partly_paid", "in_payment", "paid", "reversed", "blocked", "later"
]


@dataclass(frozen=True)
class Money:
    """An amount, rounded to its currency's decimals, with the currency's code ("" when Odoo named none)."""

    amount: Decimal
    currency: str

    def __float__(self) -> float:
        return float(self.amount)

    @property
    def decimals(self) -> int:
        """How many decimals it is written with, which is up to its currency."""
        return max(0, -int(self.amount.as_tuple().exponent))

    @property
    def words(self) -> str:
        """The amount as people read it: `USD 1,234.50`."""
        return money_words(self.amount, self.currency, self.decimals)


@dataclass(frozen=True)
class Contact:
    """A partner below the customer in Odoo: a person at a company, an invoice or delivery address."""

    partner_id: int
    name: str
    email: str
    phone: str
    active: bool


@dataclass(frozen=True)
class Profile:
    """Who the customer is. `technologies` are those of its services that have not ended.

    `asked` is the contact that was asked for, when the id was one of a contact; its customer is shown.
    """

    partner_id: int
    name: str
    reference: str
    email: str
    phone: str
    street: str
    city: str
    is_company: bool
    active: bool
    company: str
    salesperson: str
    technologies: tuple[str, ...]
    contacts: tuple[Contact, ...]
    asked: Contact | None


@dataclass(frozen=True)
class Balance:
    """What the customer owes in one currency, over all companies shown.

    `balance` is overdue and not due less unallocated. `under_review` is every payment that waits for our decision, even
    where nothing is open.
    """

    currency_id: int
    currency: str
    balance: Money
    overdue: Money
    unallocated: Money
    under_review: Money
    net_to_chase: Money
    oldest_days: int


@dataclass(frozen=True)
class Bucket:
    """One age band of an ageing."""

    key: str
    label: str
    amount: Money


@dataclass(frozen=True)
class AgeingRow:
    """The ageing in one company and currency, as Arrears has it; `disputed` is None where Odoo has no such mark."""

    company_id: int
    company: str
    currency_id: int
    currency: str
    buckets: tuple[Bucket, ...]
    overdue: Money
    unallocated: Money
    balance: Money
    disputed: Money | None
    in_payment: Money
    under_review: Money
    net_to_chase: Money
    oldest_days: int
    open_lines: int


@dataclass(frozen=True)
class OpenLine:
    """A receivable line that is open: one instalment of an invoice, or money matched to nothing (negative)."""

    line_id: int
    move_id: int
    number: str
    kind: str
    company: str
    contact: str
    date: Day | None
    due_date: Day | None
    days_overdue: int
    bucket: str
    amount: Money
    residual: Money
    disputed: bool
    label: str


@dataclass(frozen=True)
class PromiseRow:
    """A promise to pay `amount` by the end of `day`, entered on the day `made_on` by `author` (a user's name).

    `state` is that of the dashboard's day, as `metrics.promise_states` has it; `kept_on` the day as much was paid.
    """

    promise_id: int
    day: Day
    made_on: Day | None
    amount: Money
    state: PromiseState
    kept_on: Day | None
    author: str
    contact: str


@dataclass(frozen=True)
class ServiceRow:
    """One service.

    `monthly_fee` is ex tax, None where its period is not known. `inferred` says that it was worked out from orders and
    invoices; `source` says where it comes from (keys of `labels.SERVICE_SOURCES`).
    """

    service_id: str
    name: str
    technology: str
    status: str
    monthly_fee: Money | None
    start_date: Day | None
    end_date: Day | None
    next_billing_date: Day | None
    bandwidth: str
    usage: str
    inferred: bool
    company: str
    contact: str
    model: str
    record_id: int
    source: str


@dataclass(frozen=True)
class InvoiceRow:
    """An invoice, credit note (amounts negative) or receipt in any state.

    `number` is "" for a draft. `residual` is what the ledger has open of it today, None for a draft or a cancelled one,
    which are in no balance, and where Odoo contradicts what is open. `days_overdue` is that of its oldest overdue
    instalment, 0 = not overdue.
    """

    move_id: int
    number: str
    kind: str
    status: InvoiceStatus
    date: Day | None
    due_date: Day | None
    amount: Money
    residual: Money | None
    days_overdue: int
    disputed: bool
    technologies: tuple[str, ...]
    reference: str
    company: str
    contact: str


@dataclass(frozen=True)
class AppliedRow:
    """What a payment paid: an entry and how much of the payment went there.

    `amount` is in the payment's currency, `entry_amount` in the entry's own, with what was `written_off` beside the
    money (None: nothing); all None while the payment only names the invoice (`matched` False).
    """

    move_id: int
    number: str
    kind: str
    amount: Money | None
    entry_amount: Money | None
    date: Day | None
    matched: bool
    written_off: Money | None = None


@dataclass(frozen=True)
class PaymentRow:
    """Money received (`direction` "inbound") or a refund paid out ("outbound", amount negative).

    `made_by` is "payment", or "bank_line" for a bank line that stands in the ledger without a payment (`payment_id`
    0). `unallocated` is what the ledger has matched to nothing, None for a payment that is not in the ledger.
    """

    payment_id: int
    move_id: int
    number: str
    reference: str
    date: Day | None
    direction: str
    amount: Money
    method: str
    journal: str
    status: str
    applied: tuple[AppliedRow, ...]
    unallocated: Money | None
    company: str
    contact: str
    made_by: str = "payment"


@dataclass(frozen=True)
class EntryRow:
    """A journal entry on the customer's receivable account that is neither invoice nor money in.

    It is an opening balance, a write-off, or a bank line whose money counts with its payment. `residual` is open today,
    None where Odoo contradicts it.
    """

    move_id: int
    number: str
    date: Day | None
    label: str
    amount: Money
    residual: Money | None
    company: str


@dataclass(frozen=True)
class TicketRow:
    """A ticket. `waiting` is "us", "customer" or "closed", `priority` 0 to 3, `age_h` the hours it is (or was) open.

    `last_customer_message_at` is known of tickets that are open or changed lately. `waited_h` are the hours it has
    waited for our answer, None where it waits for none; without the right to read messages, since it was opened.
    """

    ticket_id: int
    number: str
    subject: str
    stage: str
    team: str
    assignee: str
    priority: int
    closed: bool
    waiting: str
    created_at: datetime | None
    closed_at: datetime | None
    last_customer_message_at: datetime | None
    age_h: float | None
    waited_h: float | None
    company: str
    contact: str


@dataclass(frozen=True)
class OrderRow:
    """An order. `stage` is a key of the pipeline and `stage_name` what people read, `since` the day the stage began.

    `since` is None where Odoo stores no such day, `days_in_stage` None for a finished order as well. It is at `step` of
    `steps` on its way to the invoice (a cancelled one at 0). `open`: a quotation, or
    confirmed and not finished; a running subscription is a service and never open.
    """

    order_id: int
    number: str
    stage: str
    stage_name: str
    since: Day | None
    days_in_stage: int | None
    step: int
    steps: int
    open: bool
    subscription: bool
    created_at: datetime | None
    ordered_at: datetime | None
    amount: Money
    reference: str
    salesperson: str
    company: str
    contact: str


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, newest first. `model` and `record_id` are Odoo's, to link to."""

    day: Day
    kind: TimelineKind
    number: str
    text: str
    amount: Money | None
    status: str
    company: str
    contact: str
    model: str
    record_id: int


@dataclass(frozen=True)
class Absence:
    """A dataset this Odoo has no figures for, and the sentence why: `state` "missing" or "denied"."""

    dataset: str
    state: str
    message: str


@dataclass(frozen=True)
class Dashboard:
    """Everything of one customer as of `as_of`, from the snapshot taken at `taken_at`.

    `open_tickets` and `open_orders` are None where Odoo has no such module or gives no right. `notes` are sentences:
    whose records are included, and what is left out. `trust` says how far the money can be trusted: what it calls
    contradicted is in no balance, ageing or open line, and left empty on invoices, payments and entries.
    """

    profile: Profile
    as_of: Day
    taken_at: datetime
    demo: bool
    balances: tuple[Balance, ...]
    oldest_days: int
    active_services: int
    open_tickets: int | None
    open_orders: int | None
    services: tuple[ServiceRow, ...]
    invoices: tuple[InvoiceRow, ...]
    payments: tuple[PaymentRow, ...]
    entries: tuple[EntryRow, ...]
    ageing: tuple[AgeingRow, ...]
    open_lines: tuple[OpenLine, ...]
    promises: tuple[PromiseRow, ...]
    tickets: tuple[TicketRow, ...]
    orders: tuple[OrderRow, ...]
    timeline: tuple[TimelineEntry, ...]
    absent: tuple[Absence, ...]
    notes: tuple[str, ...]
    trust: Trust

    def absence(self, dataset: str) -> Absence | None:
        """Return why a dataset has no figures, None when it has."""
        return next((one for one in self.absent if one.dataset == dataset), None)
