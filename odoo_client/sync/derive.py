"""Columns and frames that no single model holds: joined or worked out from what was read, after every sync.

Each function takes frames and gives a new frame; what it adds is listed in the dataset modules' docstrings. Nothing
here asks Odoo. The order matters: products know their technology before lines and services are attributed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial

import numpy as np
import pandas as pd

from odoo_client.config import Settings
from odoo_client.datasets.messages import is_automatic, is_public, is_staff
from odoo_client.datasets.promises import parsed
from odoo_client.datasets.tickets import closing_dates, stages_waiting, tickets_cancelled, tickets_waiting
from odoo_client.frames.arrays import Lacking
from odoo_client.frames.groups import lookup
from odoo_client.metrics.deductions import bank_entries, deductions
from odoo_client.metrics.promises import kept_days, made_days
from odoo_client.sync.classify_products import TECHNOLOGIES, classify
from odoo_client.sync.derive_services import build_services
from odoo_client.sync.own_faults import naming

Frames = Mapping[str, pd.DataFrame]

#: "bank_line": money that a bank statement line, or a manual entry of a bank, brought without a payment.
LINE_KINDS = ("invoice", "credit_note", "receipt", "payment", "bank_line", "entry")
#: Columns with few values: stored once and counted by code.
CATEGORIES = {
    "receivable_lines": ("payment_state",),
    "invoices": ("kind", "state", "payment_state"),
    "payments": ("state", "direction", "raw_state"),
    "orders": ("state", "invoice_status", "delivery_status", "subscription_state"),
    "deliveries": ("state", "kind"),
    "journals": ("kind",),
    "products": ("kind",),
    "ticket_messages": ("message_type",),
}
#: Frames that also depend on the day they are made on.
DAILY = frozenset({"services"})
#: Frames made here → the frames whose failure makes them doubtful.
DERIVED_FROM = {
    "services": ("orders", "order_lines", "units", "contracts", "contract_lines", "products"),
    "invoice_technology": ("invoices", "invoice_lines", "products"),
    "deductions": ("receivable_lines", "payments", "money_lines"),
}
#: Frame made here → of a frame it is made of, the only columns that it takes: it is made again when those change.
TAKEN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "receivable_lines": {"invoices": ("move_id", "kind", "payment_state", "partner_id", "invoice_date")},
}
#: Columns that derivation adds to frames that were read: left out when rows are merged, since they are made again.
ADDED: Mapping[str, tuple[str, ...]] = {
    "products": ("category", "technology", "is_service"),
    "receivable_lines": ("commercial_partner_id", "kind", "payment_state", "invoice_date", "contact_id"),
    "payments": ("commercial_partner_id", "method"),
    "orders": ("commercial_partner_id",),
    "tickets": ("commercial_partner_id", "closed", "waiting", "cancelled"),
    "ticket_stages": ("waiting",),
    "ticket_messages": ("public", "by_staff", "automatic"),
    "deliveries": ("kind",),
    "promises": ("commercial_partner_id", "currency_id", "amount", "made_on", "kept_on"),
}


@dataclass(frozen=True)
class Derived:
    """The complete set of frames, and where services came from."""

    frames: dict[str, pd.DataFrame]
    services_source: str


class Derivation:
    """Makes the frames of one snapshot after another; a frame whose sources did not change is not made again.

    What a frame is made of is noted while it is made, so the first time everything is. Not safe for two threads.
    """

    def __init__(self) -> None:
        self._used: dict[str, frozenset[str]] = {}
        self._source = ""
        self._day: date | None = None

    def run(
        self,
        read: Mapping[str, pd.DataFrame],
        settings: Settings,
        today: date,
        models: Mapping[str, str] | None = None,
        *,
        before: Mapping[str, pd.DataFrame] | None = None,
        changed: Collection[str] = (),
    ) -> Derived:
        """Return every frame of a snapshot from the frames that were read.

        `before` are the frames that this object made last, of which only those of the datasets in `changed` were read
        otherwise (None: nothing is known). Raises DatasetError, which names the frame and (by `models`) its Odoo model,
        when one cannot be made.
        """
        frames = dict(read)
        different = set(read) if before is None else set(changed)
        before = before or {}
        new_day, self._day = self._day != today, today
        for name, make in self._steps(settings, today):
            used, taken = self._used.get(name), TAKEN.get(name, {})
            if name in before and used is not None and not (new_day and name in DAILY):
                other = [one for one in used & different if not _same_columns(before, frames, one, taken.get(one))]
                if not other:
                    frames[name] = before[name]
                    continue
            noted = _Noted(frames, taken)
            with naming(name, models or {}):
                made = _in_categories(make(noted), name)
            self._used[name] = frozenset(noted.used)
            if name in before and name not in different and made.equals(before[name]):
                frames[name] = before[name]
            else:
                frames[name] = made
                different.add(name)
        return Derived(frames, self._source)

    def _steps(self, settings: Settings, today: date) -> tuple[tuple[str, Callable[[Frames], pd.DataFrame]], ...]:
        def services(frames: Frames) -> pd.DataFrame:
            made, self._source = build_services(frames, settings, today)
            return made

        return (
            ("products", partial(_products, settings=settings)),
            ("invoices", lambda frames: frames["invoices"]),
            ("journals", lambda frames: frames["journals"]),
            ("receivable_lines", _receivable_lines),
            ("payments", _payments),
            ("deductions", lambda frames: deductions(_Frames(frames))),
            ("orders", lambda frames: _with_owner(frames["orders"], frames)),
            ("tickets", partial(_tickets, settings=settings)),
            ("ticket_stages", partial(_ticket_stages, settings=settings)),
            ("ticket_messages", _ticket_messages),
            ("deliveries", _deliveries),
            ("invoice_technology", _invoice_technology),
            ("services", services),
            ("promises", partial(_promises, settings=settings)),
        )


def _same_columns(before: Frames, now: Frames, name: str, columns: tuple[str, ...] | None) -> bool:
    """Return whether the frame `name`, which changed, has the same in these columns (None: it cannot be told)."""
    if columns is None or name not in before or len(before[name]) != len(now[name]):
        return False
    return all(before[name][column].equals(now[name][column]) for column in columns)


class _Noted(Mapping[str, pd.DataFrame]):
    """Frames as they were read, categories as text, noting which of them somebody takes.

    Of the frames in `taken` there are only those columns, as they are.
    """

    def __init__(self, frames: Frames, taken: Mapping[str, tuple[str, ...]]) -> None:
        self._frames = frames
        self._taken = taken
        self.used: set[str] = set()

    def __getitem__(self, name: str) -> pd.DataFrame:
        self.used.add(name)
        if name in self._taken:
            return self._frames[name][list(self._taken[name])]
        return _in_text(self._frames[name]) if name in CATEGORIES else self._frames[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._frames)

    def __len__(self) -> int:
        return len(self._frames)


def without_added(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as it was read: derived columns dropped, categories as text, so that rows can be merged."""
    return _in_text(frame.drop(columns=[column for column in ADDED.get(name, ()) if column in frame.columns]))


def _in_text(frame: pd.DataFrame) -> pd.DataFrame:
    named = [name for name, dtype in frame.dtypes.items() if isinstance(dtype, pd.CategoricalDtype)]
    return frame.assign(**{str(name): _text_of(frame[name]) for name in named}) if named else frame


def _text_of(column: pd.Series) -> pd.Series:
    """Return a category as text, by its codes: twenty times faster than value by value."""
    texts = column.cat.categories.astype("str").array
    return pd.Series(texts.take(column.cat.codes.to_numpy(), allow_fill=True), index=column.index, name=column.name)


@dataclass(frozen=True)
class _Frames:
    """The frames made so far, as metrics take them."""

    frames: Mapping[str, pd.DataFrame]
    info: Mapping[str, Lacking] = field(default_factory=dict)

    def frame(self, name: str) -> pd.DataFrame:
        return self.frames[name]


def _with_owner(frame: pd.DataFrame, frames: Frames) -> pd.DataFrame:
    """Add commercial_partner_id: the partner who owes and is served, whichever contact is on the document."""
    owner = lookup(frames["customers"], "partner_id", frame["partner_id"], "commercial_partner_id", 0)
    # A partner that the account may not see keeps its own id, so that its money stays in the sums.
    owner = np.where(owner == 0, frame["partner_id"].to_numpy(), owner)
    return frame.assign(commercial_partner_id=owner.astype("int64"))


def _products(frames: Frames, settings: Settings) -> pd.DataFrame:
    products = frames["products"]
    category = lookup(frames["product_categories"], "category_id", products["category_id"], "name", "")
    return classify(products.assign(category=pd.Series(category, index=products.index).astype("str")), settings)


def _receivable_lines(frames: Frames) -> pd.DataFrame:
    lines, invoices = _with_owner(frames["receivable_lines"], frames), frames["invoices"]
    moves = lines["move_id"]
    kind = lookup(invoices, "move_id", moves, "kind", "")
    paid = lines["payment_id"].to_numpy() != 0
    in_payments = np.isin(moves.to_numpy(), frames["payments"]["move_id"].to_numpy())
    banked = np.isin(moves.to_numpy(), bank_entries(_Frames(frames)))
    plain = np.where(paid | in_payments, "payment", np.where(banked, "bank_line", "entry"))
    kind = np.where(kind != "", kind, plain)
    contact = lookup(invoices, "move_id", moves, "partner_id", 0).astype("int64")
    return lines.assign(
        kind=pd.Categorical(kind, categories=LINE_KINDS),
        payment_state=pd.Series(lookup(invoices, "move_id", moves, "payment_state", ""), index=lines.index).astype(
            "str"
        ),
        invoice_date=lookup(invoices, "move_id", moves, "invoice_date", np.datetime64("NaT")),
        contact_id=contact,
    )


def _payments(frames: Frames) -> pd.DataFrame:
    payments = _with_owner(frames["payments"], frames)
    method = lookup(frames["payment_methods"], "method_id", payments["method_id"], "name", "")
    return payments.assign(method=pd.Series(method, index=payments.index).astype("str"))


def _tickets(frames: Frames, settings: Settings) -> pd.DataFrame:
    tickets = _with_owner(frames["tickets"], frames)
    tickets = tickets.assign(closed_date=closing_dates(tickets))
    waiting = tickets_waiting(frames, settings)
    return tickets.assign(closed=waiting == "closed", waiting=waiting, cancelled=tickets_cancelled(frames, settings))


def _ticket_stages(frames: Frames, settings: Settings) -> pd.DataFrame:
    stages = frames["ticket_stages"]
    return stages.assign(waiting=stages_waiting(stages, settings))


def _deliveries(frames: Frames) -> pd.DataFrame:
    deliveries = frames["deliveries"]
    kind = lookup(frames["picking_types"], "picking_type_id", deliveries["picking_type_id"], "kind", "")
    return deliveries.assign(kind=kind)


def _in_categories(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].astype("category") for column in CATEGORIES.get(name, ())})


def _ticket_messages(frames: Frames) -> pd.DataFrame:
    messages = frames["ticket_messages"]
    return messages.assign(
        public=is_public(messages, frames["message_subtypes"]),
        by_staff=is_staff(messages, frames["users"]),
        automatic=is_automatic(messages, frames["users"]),
    )


def _promises(frames: Frames, settings: Settings) -> pd.DataFrame:
    promises = _with_owner(frames["promises"], frames)
    said = parsed(promises["summary"], frames["currencies"])
    promises = promises.assign(
        currency_id=said["currency_id"], amount=said["amount"], made_on=made_days(promises, settings.timezone)
    )
    return promises.assign(kept_on=kept_days(promises, _Frames(frames)))


def _invoice_technology(frames: Frames) -> pd.DataFrame:
    """Return move_id, technology (category), amount: an invoice's untaxed amount by its product lines' technology."""
    lines = frames["invoice_lines"]
    technology = lookup(frames["products"], "product_id", lines["product_id"], "technology", "")
    codes = pd.Categorical(technology, categories=TECHNOLOGIES)
    grouped = (
        pd.DataFrame(
            {"move_id": lines["move_id"].to_numpy(), "technology": codes, "amount": lines["subtotal"].to_numpy()}
        )
        .groupby(["move_id", "technology"], observed=True)["amount"]
        .sum()
    )
    # Grouping sorts by invoice, then by technology in the order of its categories.
    return grouped.reset_index()
