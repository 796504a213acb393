"""Contracts (OCA) and sales orders with deliveries."""

# ruff: noqa: B905  Odoo 14 runs this with Python 3.9, whose zip() knows no `strict`.

from __future__ import annotations

from typing import Any

from tests.real_odoo.seed.office import Office
from tests.real_odoo.seed.plan import Subscriber
from tests.real_odoo.seed.subscribers import price


def fill_contracts(office: Office, people: list[Subscriber], partners: dict[int, Any]) -> None:
    """One contract a subscriber, most with one line: running, ended, not begun, cancelled; a purchase one as well."""
    contracts = []
    for each in people:
        contracts.append(_contract(office, each, partners[each.number]))
    made = office.env["contract.contract"].create(contracts)
    for each, contract in zip(people, made):
        if each.number % 23 == 6:
            contract.write({"active": False})
    supplier = office.partners["Uplink Carrier"]
    office.env["contract.contract"].create(
        {
            "name": "Uplink", "partner_id": supplier.id, "contract_type": "purchase", "line_recurrence": True,
            "contract_line_ids": [(0, 0, _line(office, "fibre_ftth", 900.00, 300, None, -10))],
        }
    )  # fmt: skip


def _contract(office: Office, each: Subscriber, partner: Any) -> dict[str, Any]:
    currency = "USD" if each.currency == "both" else each.currency
    monthly = price(each.plan, currency, 0)
    if each.until:
        lines = [_line(office, each.plan, monthly, each.since, each.until, None)]
    elif each.number % 19 == 9:
        lines = [_line(office, each.plan, monthly, -20, None, -20)]
    else:
        lines = [_line(office, each.plan, monthly, each.since, None, -(1 + each.number % 28))]
    if each.number % 14 == 2:
        # Moved from wireless to the present plan: the older line ended the day the new one began.
        lines.insert(0, _line(office, "wireless_basic", 25.00, each.since + 200, each.since + 1, None))
    if each.number % 15 == 8:
        lines.append({**_line(office, "hosting", 12.00, each.since, None, -3)})
    if each.number % 25 == 11:
        lines[-1].update(recurring_rule_type="quarterly", specific_price=monthly * 3, price_unit=monthly * 3)
    if each.number % 25 == 16:
        lines[-1].update(
            recurring_rule_type="yearly", specific_price=monthly * 12, price_unit=monthly * 12, discount=10
        )
    if each.number % 21 == 12:
        lines.append({**_line(office, "starlink_roam", 110.00, 40, None, -9), "is_canceled": True})
    return {
        "name": f"CON/{each.number:04d}", "code": f"AF{each.number:04d}", "partner_id": partner.id,
        "contract_type": "sale", "line_recurrence": True, "company_id": office.main.id,
        "manual_currency_id": office.currency(currency).id,
        "contract_line_ids": [(0, 0, line) for line in lines],
    }  # fmt: skip


def _line(office: Office, plan: str, fee: float, start: int, end: int | None, following: int | None) -> dict[str, Any]:
    product = office.products[plan]
    return {
        "product_id": product.id, "name": product.name, "quantity": 1, "specific_price": fee, "price_unit": fee,
        "uom_id": product.uom_id.id, "recurring_rule_type": "monthly", "recurring_interval": 1,
        "recurring_invoicing_type": "pre-paid", "date_start": office.back(start),
        "date_end": False if end is None else office.back(end),
        "last_date_invoiced": False if end is None else office.back(end),
        "recurring_next_date": False if following is None else office.back(following),
    }  # fmt: skip


def service_order(office: Office, each: Subscriber, partner: Any, pricelists: dict[str, Any]) -> Any:
    """A confirmed order for a subscriber's plan, dated when the service began."""
    currency = "USD" if each.currency == "both" else each.currency
    fee = price(each.plan, currency, each.since)
    return _order(office, partner, [(each.plan, 1, fee)], each.since, pricelists[currency], confirm=True)


def earlier_order(office: Office, each: Subscriber, partner: Any, pricelists: dict[str, Any]) -> None:
    """What some had before: a smaller plan of the same technology (replaced by today's), or another technology."""
    sibling = {"fibre_pro": "fibre_home", "starlink_roam": "starlink_home", "wireless_fixed": "wireless_basic"}
    if each.number % 2 and each.plan in sibling:
        lines = [(sibling[each.plan], 1, price(sibling[each.plan], "USD", 0))]
        _order(office, partner, lines, each.since + 100, pricelists["USD"], confirm=True)
    elif each.number % 14 == 2:
        _order(office, partner, [("hosting", 1, 12.00)], each.since + 20, pricelists["USD"], confirm=True)
        _order(office, partner, [("wireless_basic", 1, 25.00)], each.since + 10, pricelists["USD"], confirm=True)


def fill_orders(office: Office, people: list[Subscriber], partners: dict[int, Any], pricelists: dict[str, Any]) -> None:
    """Orders for kits and installations in every state, with deliveries in every state where there is stock."""
    stocked = "stock.picking" in office.env
    if stocked:
        _stock(office)
    for turn, each in enumerate(people[:36]):
        days = 5 + turn * 9
        lines = [("starlink_kit", 2, 350.00)] if turn % 2 else [("router", 1, 60.00), ("install", 1, 75.00)]
        confirm = turn % 6 not in (4, 5)
        order = _order(office, partners[each.number], lines, days, pricelists["USD" if turn % 5 else "ZWG"], confirm)
        order.write(
            {"commitment_date": office.back(days - 10), "client_order_ref": f"PO-{turn}" if turn % 3 else False}
        )
        if turn % 4 == 0:
            order.write({"order_line": [(0, 0, {"display_type": "line_section", "name": "Hardware", "sequence": 1})]})
        if turn % 9 == 0:
            order.write({"user_id": office.users["limited"].id})
        if turn % 6 == 4:
            order.write({"state": "sent"})
        if turn % 18 == 11:
            (order.with_context(disable_cancel_warning=True)).action_cancel()
        if turn % 12 == 6:
            order.action_lock() if office.major >= 17 else order.action_done()
        if stocked and confirm:
            _deliver(office, order, turn % 6, days)
        if turn % 5 == 2 and confirm and hasattr(order, "_create_invoices"):
            invoice = order._create_invoices()
            invoice.write({"invoice_date": office.back(days), "date": office.back(days)})
            if turn % 10 == 2:
                invoice.action_post()
    _special_orders(office, [partners[each.number] for each in people[36:45]], pricelists["USD"])
    _backdate(office)


def _special_orders(office: Office, partners: list[Any], pricelist: Any) -> None:
    """What the pipeline must not get wrong: one invoice for two orders, a cancelled invoice, a credited one, more
    done than was sold, a cancellation after the confirmation, two deliveries on two days, and goods sent back.
    """
    stocked = "stock.picking" in office.env
    kit, install = [("starlink_kit", 2, 350.00)], [("install", 1, 75.00)]
    made = [
        _order(office, partners[0], install, 21, pricelist, confirm=True),
        _order(office, partners[0], install, 19, pricelist, confirm=True),
        *(_order(office, partners[turn], install, 30 + turn, pricelist, confirm=True) for turn in (1, 2, 3)),
        *(_order(office, partners[turn], kit, 20 + turn, pricelist, confirm=True) for turn in (4, 5, 6)),
    ]
    _invoice(office, made[0] + made[1], 12)
    _invoice(office, made[2], 25).button_cancel()
    _invoice(office, made[2], 15)
    _invoice(office, made[3], 28, post=False).button_cancel()
    invoice = _invoice(office, made[4], 28)
    made[4].order_line.write({"qty_delivered": 2})
    invoice._reverse_moves([{"invoice_origin": made[4].name, "invoice_date": office.back(20)}]).action_post()
    _invoice(office, made[4], 10)
    made[5].with_context(disable_cancel_warning=True).action_cancel()
    if stocked:
        _deliver(office, made[6], 1, 16)
        _deliver(office, made[6], 0, 11, at="22:40:00")
        _deliver(office, made[7], 0, 15)
        _send_back(office, made[7].picking_ids, 5)


def _invoice(office: Office, orders: Any, days: int, post: bool = True) -> Any:
    invoice = orders._create_invoices()
    invoice.write({"invoice_date": office.back(days), "date": office.back(days)})
    if post:
        invoice.action_post()
    return invoice


def _send_back(office: Office, picking: Any, days: int) -> None:
    """Odoo's own return of everything delivered, done."""
    wizard = office.env["stock.return.picking"].create({"picking_id": picking.id})
    if not wizard.product_return_moves:
        wizard._onchange_picking_id()
    for line in wizard.product_return_moves:
        line.quantity = 2
    if office.major >= 17:
        wizard.action_create_returns()
    else:
        wizard.create_returns()
    office.env["stock.picking"].flush() if office.major < 16 else office.env.flush_all()
    _deliver(office, picking.sale_id, 0, days)


def _backdate(office: Office) -> None:
    """Every order was created up to three days before its date, one in four late in the evening of UTC."""
    env = office.env
    env.flush_all() if office.modern else env["base"].flush()
    env.cr.execute(
        "update sale_order set create_date = date_order::date - (id % 4) + case when id % 4 = 1"
        " then time '22:50:00' else time '08:00:00' end"
    )
    env.invalidate_all() if office.modern else env.cache.invalidate()


def pricelists(office: Office) -> dict[str, Any]:
    """One pricelist a currency."""
    model = office.env["product.pricelist"]
    return {
        code: model.create({"name": f"Public {code}", "currency_id": office.currency(code).id, "company_id": False})
        for code in ("USD", "ZWG")
    }


def _order(
    office: Office, partner: Any, lines: list[tuple[str, float, float]], days: int, pricelist: Any, confirm: bool
) -> Any:
    order = office.env["sale.order"].create(
        {
            "partner_id": partner.id, "company_id": office.main.id, "pricelist_id": pricelist.id,
            "date_order": f"{office.back(days)} 08:15:00",
            "order_line": [
                (0, 0, {
                    "product_id": office.products[key].id, "product_uom_qty": quantity, "price_unit": fee,
                    "name": office.products[key].name,
                    ("tax_ids" if "tax_ids" in office.env["sale.order.line"]._fields else "tax_id"): [(5, 0, 0)],
                })
                for key, quantity, fee in lines
            ],
        }
    )  # fmt: skip
    if confirm:
        order.action_confirm()
        order.write({"date_order": f"{office.back(days)} 08:15:00"})
    return order


def _stock(office: Office) -> None:
    warehouse = office.env["stock.warehouse"].search([("company_id", "=", office.main.id)], limit=1)
    for key, quantity in (("starlink_kit", 22), ("router", 9)):
        office.env["stock.quant"]._update_available_quantity(office.products[key], warehouse.lot_stock_id, quantity)


def _deliver(office: Office, order: Any, way: int, days: int, at: str = "10:30:00") -> None:
    """``way``: 0 all delivered, 1 half delivered (the rest waits), 2 reserved only, 3 cancelled."""
    for picking in order.picking_ids.filtered(lambda each: each.state not in ("done", "cancel")):
        moves = picking.move_ids if "move_ids" in picking._fields else picking.move_lines
        picking.write({"scheduled_date": f"{office.back(days - 3)} 09:00:00"})
        if way == 3:
            picking.action_cancel()
            continue
        picking.action_assign()
        if way == 2:
            continue
        for move in moves:
            wanted = move.product_uom_qty if way == 0 else move.product_uom_qty / 2
            if office.major >= 17:
                move.write({"quantity": wanted, "picked": True})
            else:
                move.quantity_done = wanted
        picking._action_done()
        picking.write({"date_done": f"{office.back(max(days - 4, 0))} {at}"})
