"""One payment of the desk as Odoo has it now, and in words where the older list differs. Nothing is drawn here.

The decision is about what Odoo has: the list only led there.
"""

from __future__ import annotations

import pandas as pd

from odoo_client.actions.payments.facts import PaymentFacts
from odoo_client.frames.arrays import ints
from odoo_client.metrics import proof_queue
from odoo_client.metrics.ledger import NO_CUSTOMER
from pages.ui import formats
from pages.ui.payments import data as payments_data
from pages.ui.payments.live import PaymentOpened
from pages.ui.view import View


def money(view: View, amount: float, currency_id: int, odoo_code: str, decimals: int) -> str:
    """Return an amount with the code people know its currency by, or Odoo's where the list does not have it."""
    return view.money(amount, currency_id) if view.code(currency_id) else formats.money(amount, odoo_code, decimals)


def differ(one: float, other: float, decimals: int) -> bool:
    """Return whether two amounts differ, in a currency with that many decimals."""
    return round(one - other, decimals) != 0


def payment_of(view: View, row: pd.Series, facts: PaymentFacts) -> proof_queue.Payment:
    """Return the payment in the form that is compared with open invoices."""
    return proof_queue.Payment(
        commercial_partner_id=facts.commercial_partner_id,
        company_id=facts.company_id,
        currency_id=facts.currency_id,
        amount=float(facts.amount),
        day=facts.day,
        text=f"{row['memo']} {row['payment_reference']}",
        chosen=payments_data.meant_for(view, facts.payment_id),
        decimals=facts.decimals,
    )


def listed_invoices(view: View, facts: PaymentFacts) -> pd.DataFrame:
    """Return the open invoices, as the list has them, of the customer whom Odoo now names as the payer."""
    return proof_queue.open_invoices(view.snapshot, facts.commercial_partner_id, facts.company_id)


def candidates(listed: pd.DataFrame, opened: PaymentOpened, payment: proof_queue.Payment) -> pd.DataFrame:
    """Return the listed invoices that are still open, with what is open now: see `proof_queue.ranked`."""
    now = opened.invoices
    known = [key for key in ints(listed, "move_id").tolist() if key in now]
    still = [key for key in known if now[key].residual > 0 and now[key].state == "posted"]
    rows = listed[listed["move_id"].isin(still)].reset_index(drop=True)
    rows = rows.assign(
        residual=pd.Series([float(now[key].residual) for key in rows["move_id"]], dtype="float64"),
        currency_id=pd.Series([now[key].currency_id for key in rows["move_id"]], dtype="int64"),
    )
    return proof_queue.ranked(rows, payment)


def changes(view: View, row: pd.Series, facts: PaymentFacts, listed: pd.DataFrame, opened: PaymentOpened) -> list[str]:
    """Return in words where Odoo differs from the list; the texts in them are Odoo's."""
    found = []
    if (
        differ(float(row["amount"]), float(facts.amount), facts.decimals)
        or int(row["currency_id"]) != facts.currency_id
    ):
        now = money(view, float(facts.amount), facts.currency_id, facts.currency, facts.decimals)
        found.append(f"the amount is {now}, in the list {view.money(row['amount'], row['currency_id'])}")
    if int(row["commercial_partner_id"]) != facts.commercial_partner_id:
        found.append(f"the customer is {facts.customer or NO_CUSTOMER}, in the list {row['customer'] or NO_CUSTOMER}")
    day = pd.Timestamp(row["date"]).date() if pd.notna(row["date"]) else None
    if day != facts.day:
        found.append(f"it was paid on {formats.day(facts.day)}, in the list {formats.day(day)}")
    if int(row["journal_id"]) != facts.journal_id:
        found.append(f"it came into {facts.journal or 'another journal'}, in the list {row['journal']}")
    if int(row["company_id"]) != facts.company_id:
        now, was = (view.company_names.get(one, "") for one in (facts.company_id, int(row["company_id"])))
        found.append(f"the company is {now}, in the list {was}")
    for invoice in listed.to_dict("records"):
        live = opened.invoices.get(int(invoice["move_id"]))
        if live is None or live.residual <= 0 or live.state != "posted":
            found.append(f"{invoice['name']} is no longer open")
        elif differ(float(live.residual), float(invoice["residual"]), live.decimals):
            left = money(view, float(live.residual), live.currency_id, live.currency, live.decimals)
            was = view.money(invoice["residual"], invoice["currency_id"])
            found.append(f"{left} of {invoice['name']} are open, in the list {was}")
    return found
