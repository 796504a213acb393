"""What a busy office does in Odoo, deed by deed, for `bench/soak.py`: on Odoo 14 and 19 alike, over Odoo's own API.

One in seven invoices is left to slow transactions, so that these and the others seldom wait for each other's locks.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Final

from tests.real_odoo.server import OdooRefusedError, RealOdoo

#: Every so many-th invoice belongs to slow transactions.
SLOW_SHARE: Final = 7
#: A slow transaction is held between these seconds: longer than the soak's overlap.
HELD_S: Final = (2.0, 8.0)
_POSTED: Final = f"m.move_type = 'out_invoice' and m.state = 'posted' and m.id % {SLOW_SHARE} > 0"
_MERGEABLE: Final = (
    "c.parent_id is null and c.active and exists (select 1 from account_move m where m.commercial_partner_id = c.id) "
    "and not exists (select 1 from res_users u where u.partner_id = c.id) "
    "and not exists (select 1 from res_company o where o.partner_id = c.id)"
)


class Office:
    """Deeds done in Odoo in a random order; `done` and `refused` count them by name.

    What ends in Odoo during a deed ends before `moment`, the lock of a pause, is taken, or after it was given back.
    """

    def __init__(self, server: RealOdoo, moment: AbstractContextManager[Any], seed: int) -> None:
        self.server = server
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._moment = moment
        self._random = random.Random(seed)  # noqa: S311 - which deed comes next, no secret
        self._slow: list[threading.Thread] = []
        self._deeds: dict[str, tuple[int, Callable[[], None]]] = {
            "create": (6, self._create),
            "change": (6, self._change),
            "pay": (5, self._pay),
            "un-pay": (3, self._unpay),
            "redraft": (2, self._redraft),
            "delete": (3, self._delete),
            "payment": (3, self._payment),
            "merge": (1, self._merge),
            "archive": (2, self._archive),
            "ticket": (6, self._ticket),
            "order": (4, self._order),
            "slow transaction": (2, self._slowly),
        }

    def work(self) -> None:
        """Do one deed; a slow transaction goes on beside what follows."""
        names = list(self._deeds)
        name = self._random.choices(names, [self._deeds[each][0] for each in names])[0]
        deed = self._deeds[name][1]
        try:
            if name == "merge":
                # It writes rows that a slow transaction may hold, and that one ends only once `moment` is free.
                self.end()
            if name == "slow transaction":
                deed()
            else:
                with self._moment:
                    deed()
        except (OdooRefusedError, LookupError):
            self.refused[name] += 1
        else:
            self.done[name] += 1

    def end(self) -> None:
        """Wait for the slow transactions."""
        for each in self._slow:
            each.join()

    def _pick(self, query: str, count: int = 1) -> list[int]:
        """Return ids at random of what a query gives; raises LookupError where there are too few."""
        found = sorted(int(row[0]) for row in self.server.sql(query))
        if len(found) < count:
            raise LookupError(query)
        return self._random.sample(found, count)

    def _one(self, query: str) -> int:
        return self._pick(query)[0]

    def _copied(self, model: str, record_id: int) -> int:
        made = self.server.call(model, "copy", [record_id])
        return int(made[0] if isinstance(made, list) else made)

    def _create(self) -> None:
        invoice = self._copied("account.move", self._one(f"select m.id from account_move m where {_POSTED}"))
        self.server.call("account.move", "write", [invoice], {"invoice_date": self.server.seeded_on.isoformat()})
        if self._random.random() < 0.8:
            self.server.call("account.move", "action_post", [invoice])

    def _change(self) -> None:
        some = self._pick(f"select m.id from account_move m where {_POSTED}", self._random.randint(1, 3))
        self.server.call("account.move", "write", some, {"ref": f"changed {self._random.random():.6f}"})

    def _pay(self) -> None:
        query = f"select m.id from account_move m where {_POSTED} and m.payment_state = 'not_paid'"
        invoice = self._one(query)
        context = {"active_model": "account.move", "active_ids": [invoice]}
        wizard = self.server.call("account.payment.register", "create", {}, context=context)
        self.server.call("account.payment.register", "action_create_payments", [wizard], context=context)

    def _unpay(self) -> None:
        line = self._one(
            "select p.debit_move_id from account_partial_reconcile p join account_move_line l "
            f"on l.id = p.debit_move_id join account_move m on m.id = l.move_id where {_POSTED}"
        )
        self.server.call("account.move.line", "remove_move_reconcile", [line])

    def _redraft(self) -> None:
        query = f"select m.id from account_move m where {_POSTED} and m.payment_state = 'not_paid'"
        self.server.call("account.move", "button_draft", [self._one(query)])

    def _delete(self) -> None:
        drafts = "select id from account_move where state = 'draft' and move_type = 'out_invoice' and not posted_before"
        tickets = "select id from helpdesk_ticket"
        model, query = self._random.choice([("account.move", drafts), ("helpdesk.ticket", tickets)])
        self.server.call(model, "unlink", [self._one(query)])

    def _payment(self) -> None:
        partner = self._one(f"select c.id from res_partner c where {_MERGEABLE}")
        values = {"partner_id": partner, "payment_type": "inbound", "partner_type": "customer", "amount": 12.5}
        payment = self.server.call("account.payment", "create", values)
        payment = payment[0] if isinstance(payment, list) else payment
        for step in self._random.choice([(), ("action_post",), ("action_post", "action_draft"), ("action_cancel",)]):
            self.server.call("account.payment", step, [payment])

    def _merge(self) -> None:
        kept, merged = self._pick(f"select c.id from res_partner c where {_MERGEABLE}", 2)
        values = {"partner_ids": [(6, 0, [kept, merged])], "dst_partner_id": kept, "state": "selection"}
        wizard = self.server.call("base.partner.merge.automatic.wizard", "create", values)
        self.server.call("base.partner.merge.automatic.wizard", "action_merge", [wizard])

    def _archive(self) -> None:
        if self._random.random() < 0.5:
            product = self._one("select id from product_template where active and sale_ok")
            copy = self._copied("product.template", product)
            self.server.call("product.template", "write", [copy], {"active": False})
            return
        partner = self._one(f"select c.id from res_partner c where {_MERGEABLE}")
        self.server.call("res.partner", "write", [partner], {"active": False})
        if self._random.random() < 0.5:
            self.server.call("res.partner", "write", [partner], {"active": True})

    def _ticket(self) -> None:
        what = self._random.choice(["create", "stage", "answer", "customer"])
        if what == "create":
            values = {"name": "No signal since noon", "description": "<p>Router is red</p>"}
            self.server.call("helpdesk.ticket", "create", values)
            return
        ticket = self._one("select id from helpdesk_ticket where active")
        if what == "stage":
            stage = self._one("select id from helpdesk_ticket_stage")
            self.server.call("helpdesk.ticket", "write", [ticket], {"stage_id": stage})
        elif what == "answer":
            self.server.call("helpdesk.ticket", "message_post", [ticket], body="We look into it.")
        else:
            partner = self._one(f"select c.id from res_partner c where {_MERGEABLE}")
            self.server.call("helpdesk.ticket", "write", [ticket], {"partner_id": partner})

    def _order(self) -> None:
        order = self._copied("sale.order", self._one("select id from sale_order"))
        for step in self._random.choice([(), ("action_confirm",), ("action_confirm", "action_cancel")]):
            self.server.call("sale.order", step, [order])

    def _slowly(self) -> None:
        query = f"select id from account_move where move_type = 'out_invoice' and id % {SLOW_SHARE} = 0"
        invoice, held_s = self._one(query), self._random.uniform(*HELD_S)
        text = f"slow {self._random.random():.6f}"
        worker = threading.Thread(target=self._hold, args=(invoice, text, held_s), daemon=True)
        worker.start()
        self._slow = [each for each in self._slow if each.is_alive()] + [worker]

    def _hold(self, invoice: int, text: str, held_s: float) -> None:
        """Change an invoice and its lines as Odoo does, dated by when the transaction began, and end it late."""
        stamp = "now() at time zone 'utc'"
        # What is entered last ends first: the pause's lock is given back once the transaction has ended.
        with ExitStack() as moment, self.server.transaction() as run:
            run(f"update account_move set ref = '{text}', write_date = {stamp} where id = {invoice}")  # noqa: S608
            run(f"update account_move_line set ref = '{text}', write_date = {stamp} where move_id = {invoice}")  # noqa: S608
            time.sleep(held_s)
            moment.enter_context(self._moment)
