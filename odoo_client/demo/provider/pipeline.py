"""Sales orders in every state, their deliveries, and the services as this edition keeps them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from odoo_client.demo.business import catalogue as cat
from odoo_client.demo.orm.orm import Database
from odoo_client.demo.orm.rows import Row
from odoo_client.demo.provider.customers import Customer, Subscription

_HARDWARE = {"starlink": (20, 31), "fibre": (23, 30), "wireless": (24,)}
#: Days from quotation to confirmation, and from the first to the last of two deliveries, by the order's number.
_QUOTED_DAYS = (0, 1, 3, 0, 12, 2, 26, 5, 8, 17)
_SECOND_TRIP_DAYS = (1, 3, 2, 8, 5)


def confirmed_orders(db: Database, customers: list[Customer], today: date, rng: random.Random) -> None:
    """Add one confirmed order for each service, in order of date; upgrades have no hardware and no delivery."""
    if "stock.picking.type" in db.models:
        for key, code, name in (
            (1, "outgoing", "Delivery Orders"),
            (2, "incoming", "Receipts"),
            (3, "internal", "Internal"),
        ):
            db.add(
                "stock.picking.type",
                cat.stamped({"id": key, "code": code, "name": name, "company_id": 1}, date(2020, 1, 1)),
            )
    # What starts later was ordered some days ago.
    ordered = today - timedelta(days=4)
    everything = [(min(s.start, ordered), c.partner_id, c, s) for c in customers for s in c.subscriptions]
    for start, _, customer, subscription in sorted(everything, key=lambda item: item[:2]):
        hardware = _HARDWARE.get(subscription.plan.technology, ()) if subscription.came != "upgrade" else ()
        state = "sale"
        lock = rng.random() < 0.6 and (today - start).days > 90
        if lock and db.profile.major <= 16:
            state = "done"
        order = _order(db, customer, start, state, [(subscription.plan.product_id, subscription.fee)], hardware)
        subscription.order_id = order["id"]
        order["locked"] = lock
        order["invoice_status"] = "invoiced" if start < today - timedelta(days=31) else "to invoice"
        if hardware:
            done = start + timedelta(days=rng.randint(0, 4))
            _picking(db, customer, order, start, min(done, today - timedelta(days=1)) if done < today else None)
            second = done + timedelta(days=_SECOND_TRIP_DAYS[order["id"] % len(_SECOND_TRIP_DAYS)])
            if order["id"] % 9 == 4 and second < today:
                _picking(db, customer, order, start, second)


def services(db: Database, customers: list[Customer], today: date) -> None:
    """Keep the services where this edition does: in OCA contracts, in Enterprise subscriptions, or only in orders."""
    if "contract.line" in db.models:
        for customer in customers:
            _contract(db, customer, today)
    elif "is_subscription" in db.models["sale.order"]:
        _plans(db)
        for customer in customers:
            for subscription in customer.subscriptions:
                _subscribe(db, customer, subscription, today)


def open_orders(db: Database, customers: list[Customer], today: date, rng: random.Random) -> None:
    """Add recent orders in every state of the pipeline, with deliveries waiting, late, half done and done."""
    stages = ("draft", "sent", "sale-ready", "sale-late", "sale-part", "sale-done", "cancel", "sale-nostock")
    for number in range(44):
        customer = customers[(number * 37 + 11) % len(customers)]
        stage = stages[number % len(stages)]
        # Most are recent, a few are old.
        day = today - timedelta(days=1 + ((number * 5) % 48) ** 3 // 48**2)
        plan = cat.PLANS[number % 11]
        hardware = _HARDWARE[plan.technology] if stage != "sale-nostock" else ()
        state = stage.partition("-")[0]
        order = _order(db, customer, day, state, [(plan.product_id, plan.price)], hardware)
        order["client_order_ref"] = f"PO-{4400 + number}" if customer.person.is_company else None
        order["commitment_date"] = f"{day + timedelta(days=7)} 10:00:00" if number % 3 else None
        if state == "cancel":
            order["invoice_status"] = "no"
        if state != "sale":
            continue
        order["invoice_status"] = "invoiced" if stage == "sale-done" else "to invoice"
        if stage == "sale-done":
            _picking(db, customer, order, day, min(day + timedelta(days=2), today - timedelta(days=1)))
        elif hardware:
            waiting = {"sale-ready": "assigned", "sale-late": "confirmed", "sale-part": "assigned"}[stage]
            if stage == "sale-part":
                _picking(db, customer, order, day, min(day + timedelta(days=1), today - timedelta(days=1)))
            _picking(db, customer, order, day, None, waiting=waiting)


# ---------------------------------------------------------------------- orders


def _order(
    db: Database, customer: Customer, day: date, state: str, plans: list[tuple[int, float]], hardware: tuple[int, ...]
) -> Row:
    moment = f"{day} {7 + customer.partner_id % 9:02d}:{customer.partner_id % 60:02d}:17"
    items = [*plans, *((key, cat.BY_ID[key].price) for key in hardware)]
    untaxed = round(sum(price for _, price in items), 2)
    tax = round(untaxed * cat.VAT_PCT / 100, 2)
    key = len(db.tables["sale.order"]) + 1
    order: Row = {
        "id": key, "name": f"S{key:05d}", "state": state, "locked": state == "done", "invoice_status": "no",
        "partner_id": customer.partner_id, "partner_invoice_id": customer.contact_id, "is_subscription": False,
        "partner_shipping_id": customer.partner_id, "company_id": customer.company_id, "currency_id": cat.USD,
        "user_id": customer.user_id, "client_order_ref": None, "origin": None, "date_order": moment,
        "validity_date": (day + timedelta(days=30)).isoformat(), "commitment_date": None, "effective_date": None,
        "delivery_status": None, "amount_untaxed": untaxed, "amount_tax": tax, "amount_total": round(untaxed + tax, 2),
        "stage_category": None, "subscription_state": None, "start_date": None, "end_date": None,
        "next_invoice_date": None, "recurring_monthly": 0.0, "recurring_total": 0.0,
    }  # fmt: skip
    db.add("sale.order", cat.stamped(order, day, f"{moment[11:]}.337000"))
    order = db.tables["sale.order"][key]
    if state in ("sale", "done"):
        quoted = day - timedelta(days=_QUOTED_DAYS[key % len(_QUOTED_DAYS)])
        order["create_date"] = f"{quoted} {order['create_date'][11:]}"
    for number, (product_id, price) in enumerate(items):
        kept = state in ("sale", "done")
        line = {
            "order_id": key, "product_id": product_id, "product_uom": cat.UNIT, "product_uom_id": cat.UNIT,
            "name": cat.BY_ID[product_id].name, "product_uom_qty": 1.0,
            "qty_delivered": 1.0 if kept and cat.BY_ID[product_id].kind == "service" else 0.0, "qty_invoiced": 0.0,
            "price_unit": price, "discount": 0.0, "price_subtotal": price,
            "price_total": round(price * (1 + cat.VAT_PCT / 100), 2), "currency_id": cat.USD, "state": state,
            "company_id": customer.company_id, "order_partner_id": customer.partner_id, "display_type": None,
            "invoice_status": "to invoice" if kept else "no", "sequence": 10 + number,
        }  # fmt: skip
        db.add("sale.order.line", cat.stamped(line, day, f"{moment[11:]}.337000"))
    return order


def _picking(
    db: Database, customer: Customer, order: Row, day: date, done: date | None, *, waiting: str = "assigned"
) -> None:
    if "stock.picking" not in db.models:
        return
    key = len(db.tables["stock.picking"]) + 1
    row = {
        "id": key, "name": f"WH/OUT/{key:05d}", "origin": order["name"], "sale_id": order["id"], "picking_type_id": 1,
        "state": "done" if done else waiting, "scheduled_date": f"{day + timedelta(days=3)} 08:00:00",
        "date_deadline": None, "date_done": f"{done} 13:05:09" if done else None, "partner_id": customer.partner_id,
        "company_id": customer.company_id,
    }  # fmt: skip
    db.add("stock.picking", cat.stamped(row, done or day, "13:05:09.998000"))
    states = {pick["state"] for pick in db.tables["stock.picking"].values() if pick["sale_id"] == order["id"]}
    order["delivery_status"] = "full" if states == {"done"} else "partial" if "done" in states else "pending"
    if done:
        shipped = f"{done} 13:05:09"
        order["effective_date"] = order["effective_date"] or (shipped if db.profile.major >= 16 else shipped[:10])
        for line in db.tables["sale.order.line"].values():
            if line["order_id"] == order["id"]:
                line["qty_delivered"] = 1.0


# ---------------------------------------------------------------------- services


def _next_billing(customer: Customer, subscription: Subscription, today: date) -> date | None:
    if subscription.end is not None and subscription.end <= today:
        return None
    upcoming = today.replace(day=customer.billing_day)
    while upcoming < today or upcoming.month % customer.period_months:
        upcoming = (upcoming.replace(day=1) + timedelta(days=32)).replace(day=customer.billing_day)
    upcoming = max(upcoming, subscription.start)
    return None if subscription.end is not None and upcoming >= subscription.end else upcoming


def _contract(db: Database, customer: Customer, today: date) -> None:
    if not customer.subscriptions:
        return
    first = min(s.start for s in customer.subscriptions)
    ended = all(s.end is not None and s.end <= today for s in customer.subscriptions)
    upcoming = [day for s in customer.subscriptions if (day := _next_billing(customer, s, today))]
    stopped = max((s.end for s in customer.subscriptions if s.end), default=None)
    head: Row = {
        "name": f"{customer.person.name} - Internet", "code": f"CT{customer.partner_id:05d}", "active": True,
        "partner_id": customer.partner_id, "invoice_partner_id": customer.contact_id,
        "commercial_partner_id": customer.partner_id, "company_id": customer.company_id, "contract_type": "sale",
        "date_start": first.isoformat(), "date_end": stopped.isoformat() if ended and stopped else None,
        "recurring_next_date": min(upcoming).isoformat() if upcoming else None, "recurring_rule_type": "monthly",
        "recurring_interval": 1, "line_recurrence": True, "user_id": customer.user_id,
        "journal_id": cat.journal(customer.company_id, cat.J_SALE),
        "is_terminated": ended and customer.partner_id % 2 == 0,
        "terminate_date": stopped.isoformat() if ended and stopped and customer.partner_id % 2 == 0 else None,
    }  # fmt: skip
    contract_id = db.add("contract.contract", cat.stamped(head, max(first, date(2020, 1, 1))))
    previous: Row | None = None
    for subscription in customer.subscriptions:
        upcoming_day = _next_billing(customer, subscription, today)
        last = min(today.replace(day=1) - timedelta(days=1), subscription.end or today)
        # OCA's end is the last day of service; ours is the first day without.
        end = subscription.end - timedelta(days=1) if subscription.end else None
        automatic = customer.period_months == 1 and subscription.fee == subscription.plan.price and contract_id % 4 == 0
        line: dict[str, Any] = {
            "contract_id": contract_id, "product_id": subscription.plan.product_id, "quantity": 1.0, "discount": 0.0,
            "automatic_price": automatic, "name": f"{subscription.plan.name} #START# - #END#",
            "specific_price": 0.0 if automatic else subscription.fee * customer.period_months,
            "monthly_recurring": subscription.fee, "date_start": subscription.start.isoformat(),
            "date_end": end.isoformat() if end else None,
            "last_date_invoiced": last.isoformat() if last >= subscription.start else None,
            "recurring_next_date": upcoming_day.isoformat() if upcoming_day else None, "recurring_interval": 1,
            "recurring_rule_type": "monthly" if customer.period_months == 1 else "quarterly", "is_canceled": False,
            "active": True, "display_type": None, "sequence": 10, "currency_id": cat.USD,
            "company_id": customer.company_id, "partner_id": customer.partner_id, "termination_notice_date": None,
            "successor_contract_line_id": None, "predecessor_contract_line_id": None,
        }  # fmt: skip
        line_id = db.add("contract.line", cat.stamped(line, min(subscription.start, today - timedelta(days=4))))
        row = db.tables["contract.line"][line_id]
        if previous is not None and previous["date_end"] and subscription.why != "churn":
            previous["successor_contract_line_id"], row["predecessor_contract_line_id"] = line_id, previous["id"]
        previous = row
    if customer.partner_id % 17 == 0:  # a section heading and a line cancelled before it began
        heading = {
            **line,
            "display_type": "line_section",
            "product_id": None,
            "name": "Services",
            "specific_price": 0.0,
        }
        cancelled = {**line, "is_canceled": True, "recurring_next_date": None, "monthly_recurring": 0.0}
        for extra in (heading | {"monthly_recurring": 0.0, "automatic_price": False}, cancelled):
            extra.pop("id", None)
            db.add("contract.line", cat.stamped(extra, first))


def _plans(db: Database) -> None:
    day = date(2020, 1, 1)
    for name, months in (("Monthly", 1), ("Quarterly", 3)):
        plan = {"name": name, "billing_period_value": months, "billing_period_unit": "month"}
        db.add("sale.subscription.plan", cat.stamped(plan, day))
        db.add("sale.temporal.recurrence", cat.stamped({"name": name, "duration": months, "unit": "month"}, day))


def _subscribe(db: Database, customer: Customer, subscription: Subscription, today: date) -> None:
    """Turn the order of a service into an Enterprise subscription."""
    order = db.tables["sale.order"][subscription.order_id]
    ended = subscription.end is not None and subscription.end <= today
    paused = not ended and customer.partner_id % 61 == 0
    upcoming = _next_billing(customer, subscription, today)
    upgraded = ended and subscription.why == "upgrade"
    period = 1 if customer.period_months == 1 else 2
    order.update(
        is_subscription=True, plan_id=period, recurrence_id=period, start_date=subscription.start.isoformat(),
        end_date=subscription.end.isoformat() if subscription.end else None, recurring_monthly=subscription.fee,
        recurring_total=subscription.fee * customer.period_months,
        next_invoice_date=upcoming.isoformat() if upcoming else None,
        stage_category="closed" if ended else "paused" if paused else "progress",
        subscription_state="5_renewed" if upgraded else "6_churn" if ended else "4_paused" if paused else "3_progress",
    )  # fmt: skip
