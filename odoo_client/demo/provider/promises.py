"""Promises to pay as activities on customers who owe: some kept, some broken, some still open; and one plain to-do."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row

#: Days until the promised day (negative: it is past), and the share of the overdue sum that was promised.
_BROKEN = ((-6, 1.0), (-2, 0.5))
_OPEN = ((0, 1.0), (3, 1.0), (8, 0.5))
#: How many were kept: a payment came in time.
_KEPT = 2
#: Nobody is called about less.
_WORTH_A_CALL = 5.0
_NOTE = "<p>Spoke to them on the phone, will pay by the day named.</p>"


def make_promises(db: Database, today: date) -> None:
    """Put promises on customers; which ones follows from what is overdue and what was paid these days."""
    overdue, owing = _owed(db, today.isoformat()), _owed(db, date.max.isoformat())
    recent = _recent_payments(db, today)
    kept = sorted((key for key in recent if key in owing), key=lambda key: (key not in overdue, key))
    for number, partner_id in enumerate(kept[:_KEPT]):
        payment = recent[partner_id]
        paid_on = date.fromisoformat(payment["date"])
        made_on, deadline = paid_on - timedelta(days=3), paid_on + timedelta(days=1)
        _promise(db, partner_id, payment["amount"], cat.USD, made_on, deadline, number)
    silent = [key for key in sorted(overdue) if key not in recent]
    dollars = [key for key in silent if (cat.HARARE_COMPANY, cat.USD) in overdue[key]]
    for number, ((days, share), partner_id) in enumerate(zip((*_BROKEN, *_OPEN), dollars, strict=False)):
        amount = round(overdue[partner_id][cat.HARARE_COMPANY, cat.USD] * share, 2)
        deadline = today + timedelta(days=days)
        _promise(db, partner_id, amount, cat.USD, min(deadline, today) - timedelta(days=4), deadline, number)
    gold = [key for key in silent if any(currency == cat.ZWG for _, currency in overdue[key]) and key not in dollars]
    for partner_id in gold[:1]:
        amount = next(sum_ for (_, currency), sum_ in overdue[partner_id].items() if currency == cat.ZWG)
        _promise(db, partner_id, amount, cat.ZWG, today - timedelta(days=2), today + timedelta(days=5), 0)
    if dollars:
        todo = {"activity_type_id": cat.TODO, "summary": "Send statement of account", "note": None}
        _activity(db, dollars[-1], todo, today - timedelta(days=3), today + timedelta(days=1), 1)


def _promise(
    db: Database, partner_id: int, amount: float, currency_id: int, made_on: date, deadline: date, number: int
) -> None:
    code = "USD" if currency_id == cat.USD else "ZWG"
    words = {"activity_type_id": cat.CALL, "summary": f"Promise to pay {code} {amount:.2f}", "note": _NOTE}
    _activity(db, partner_id, words, made_on, deadline, number)


def _activity(db: Database, partner_id: int, words: Row, made_on: date, deadline: date, number: int) -> None:
    uid = (3, 4)[number % 2]
    row = {
        **words, "res_model": "res.partner", "res_id": partner_id, "date_deadline": deadline.isoformat(),
        "res_name": db.tables["res.partner"][partner_id]["name"], "user_id": uid, "automated": True, "active": True,
        "date_done": None, "feedback": None,
    }  # fmt: skip
    stamped = cat.stamped(row, made_on, f"09:{10 + number:02d}:30.250000")
    db.add("mail.activity", {**stamped, "create_uid": uid, "write_uid": uid})


def _owed(db: Database, before: str) -> dict[int, dict[tuple[int, int], float]]:
    """Return customer → (company, currency) → what was due before that day; none who is archived or oddly named."""
    partners = db.tables["res.partner"]
    sums: defaultdict[int, defaultdict[tuple[int, int], float]] = defaultdict(lambda: defaultdict(float))
    for line in db.tables["account.move.line"].values():
        partner = partners.get(line["partner_id"] or 0)
        due = line["date_maturity"]
        if partner is None or not due or line["parent_state"] != "posted" or line["amount_residual_currency"] <= 0:
            continue
        account = line["account_id"] % 100 if line["account_id"] else 0
        if account == cat.RECEIVABLE and due < before and partner["active"] and partner["name"].isascii():
            sums[partner["id"]][line["company_id"], line["currency_id"]] += line["amount_residual_currency"]
    found = {
        key: {pair: round(value, 2) for pair, value in one.items() if value > _WORTH_A_CALL}
        for key, one in sums.items()
    }  # fmt: skip
    return {key: one for key, one in found.items() if one}


def _recent_payments(db: Database, today: date) -> dict[int, Row]:
    """Return customer → the last payment in dollars that came in these days, but not today or yesterday."""
    first, last = (today - timedelta(days=9)).isoformat(), (today - timedelta(days=2)).isoformat()
    found = {}
    for payment in db.tables["account.payment"].values():
        posted = payment["state"] in ("posted", "in_process", "paid") and payment["payment_type"] == "inbound"
        if posted and first <= payment["date"] <= last and payment["currency_id"] == cat.USD and payment["partner_id"]:
            found[payment["partner_id"]] = payment
    return found
