"""The ledger beside Odoo's own totals of it: asked for while the last datasets are read, compared at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from odoo_client.datasets import DATASETS
from odoo_client.datasets.base import Missing, Plan
from odoo_client.datasets.receivables import non_trade_domain
from odoo_client.metrics.currencies import Currencies
from odoo_client.rpc.client import OdooClient
from odoo_client.store.snapshot import ControlTotal, NonTradeTotal
from odoo_client.sync.control_totals import (
    Totals,
    control_totals,
    non_trade_totals,
    odoo_totals,
    reread_mismatch,
    totals_of,
)
from odoo_client.sync.own_faults import naming
from odoo_client.sync.pull import Puller
from odoo_client.sync.rows import DatasetReport

LINES: Final = next(one for one in DATASETS if one.name == "receivable_lines")


class LedgerTie:
    """Ties the receivable lines that `puller` has read; `non_trade` is what was open beside them before.

    Raises what the client raises.
    """

    def __init__(self, client: OdooClient, puller: Puller, non_trade: tuple[NonTradeTotal, ...]) -> None:
        self._client = client
        self._puller = puller
        self._theirs: Totals | None = None
        self._non_trade = non_trade
        #: To be called once the lines are read, in any order or at once.
        self.questions: tuple[Callable[[], None], ...] = (self._ask_totals, self._ask_non_trade)

    def _ask_totals(self) -> None:
        """Ask for Odoo's own totals, unless they came with the look that the lines tied with."""
        with naming(LINES.name, self._puller.models):
            plan, report = self._plan(), self._report()
            if report.look is not None:
                self._theirs = totals_of(report.look.groups)
            elif plan is not None:
                with self._puller.rows(plan, report).counting("totals"):
                    self._theirs = odoo_totals(self._client, plan)

    def _ask_non_trade(self) -> None:
        with naming(LINES.name, self._puller.models):
            plan, probe = self._plan(), self._puller.probe
            if plan is None:
                return
            currencies = Currencies.of_frame(probe.frames["currencies"])
            with self._puller.rows(plan, self._report()).counting("totals"):
                self._non_trade = non_trade_totals(self._client, plan.model, non_trade_domain(probe), currencies)

    def totals(self) -> tuple[tuple[ControlTotal, ...], tuple[NonTradeTotal, ...]]:
        """Return the totals of both; a mismatch is read again, since calls are separate transactions."""
        with naming(LINES.name, self._puller.models):
            plan = self._plan()
            return (() if plan is None else self._tied(plan)), self._non_trade

    def _tied(self, plan: Plan) -> tuple[ControlTotal, ...]:
        report, frames = self._report(), self._puller.probe.frames
        rows, currencies = self._puller.rows(plan, report), Currencies.of_frame(frames["currencies"])

        def read_again() -> None:
            self._theirs = None
            self._puller.read_open_again(LINES, plan, report)

        def totals() -> tuple[ControlTotal, ...]:
            with rows.counting("totals"):
                theirs = odoo_totals(self._client, plan) if self._theirs is None else self._theirs
            return control_totals(theirs, frames[LINES.name], currencies)

        return reread_mismatch(totals, read_again)

    def _plan(self) -> Plan | None:
        """Return how the lines were read, None where they were not."""
        plan = LINES.plan(self._puller.probe)
        return None if isinstance(plan, Missing) or self._puller.info[LINES.name].state != "ok" else plan

    def _report(self) -> DatasetReport:
        return next(one for one in self._puller.reports if one.name == LINES.name)
