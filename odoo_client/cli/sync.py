"""What `python -m odoo_client sync` prints: a progress bar for each dataset, then what was read and how it ties.

With `--watch` it goes on, as the app does.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from threading import Event
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from odoo_client.metrics.currencies import Currencies
from odoo_client.store.snapshot import ControlTotal, Snapshot
from odoo_client.store.snapshot_meta import NonTradeTotal
from odoo_client.sync.background import SyncRunner
from odoo_client.sync.run import SyncProgress, SyncReport


class _Rate(ProgressColumn):
    """Rows read and rows a second."""

    def render(self, task: Task) -> Text:
        """Return the text for one dataset."""
        speed = task.finished_speed or task.speed
        rate = f"{speed:,.0f} rows/s" if speed else ""
        return Text(f"{int(task.completed):>11,} rows  {rate}", style="cyan")


class Bars:
    """A progress bar for each dataset, made when its first row is asked for."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, now: SyncProgress) -> None:
        """Move the bar of the dataset that is being read."""
        if now.dataset not in self._tasks:
            self._tasks[now.dataset] = self._progress.add_task(now.dataset.replace("_", " "), total=None)
        self._progress.update(self._tasks[now.dataset], completed=now.rows, total=max(now.total, now.rows) or 1)


@contextlib.contextmanager
def bars(err: Console) -> Iterator[Bars]:
    """Yield what draws the bars on `err` while a sync runs."""
    columns = (TextColumn("{task.description:20}"), BarColumn(), _Rate(), TimeElapsedColumn())
    with Progress(*columns, console=err) as progress:
        yield Bars(progress)


def watch(out: Console, err: Console, runner: SyncRunner, stop: Event) -> None:
    """Sync again and again until `stop` is set: a line for each time that something changed or that it failed.

    A failure ends nothing: the next attempt comes after the interval.
    """
    content, interval_s = "", runner.settings.interval_s
    while not stop.is_set():
        started_s = time.monotonic()
        report = runner.run_once()
        at = datetime.now(ZoneInfo(runner.settings.timezone)).strftime("%H:%M:%S")
        if report is None and runner.last_error is not None:
            err.print(Text(f"{at} {runner.last_error.sentence}", style="red"), soft_wrap=True)
        elif report is not None and report.snapshot.content_id != content:
            content = report.snapshot.content_id
            read = sum(one.rows_read for one in report.datasets)
            removed = sum(one.rows_removed for one in report.datasets)
            took = f"{report.bytes_received / 1e6:,.2f} MB in {report.seconds_s:.1f} s"
            out.print(f"{at} {read:,} rows read, {removed:,} removed, {took}.", soft_wrap=True, highlight=False)
        stop.wait(max(0.0, interval_s - (time.monotonic() - started_s)))


@contextlib.contextmanager
def until_stopped() -> Iterator[Event]:
    """Yield an event that Ctrl+C, and whoever ends the service, sets."""
    stop = Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda _number, _frame: stop.set()) for number in signals]
    try:
        yield stop
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def show(out: Console, report: SyncReport) -> None:
    """Print each dataset, warnings, the control totals and how much was received."""
    if report.joined:
        out.print("Another sync was under way; its snapshot was taken over.")
    if report.replaced:
        out.print(Text(f"Of the snapshot before: {report.replaced}", style="yellow"), soft_wrap=True)
    table = Table("Dataset", "How", "Read", "Removed", "Rows", "Seconds", title=None)
    for one in report.datasets:
        numbers = (f"{one.rows_read:,}", f"{one.rows_removed:,}", f"{one.rows_total:,}", f"{one.seconds_s:.1f}")
        table.add_row(one.name.replace("_", " "), one.mode, *numbers)
    if report.datasets:
        out.print(table)
    for name, info in report.snapshot.info.items():
        if info.state == "denied":
            out.print(Text(f"{name}: {info.message}", style="yellow"), soft_wrap=True)
    for warning in _warnings(report.snapshot):
        out.print(Text(warning, style="yellow"), soft_wrap=True)
    _show_totals(out, report.snapshot)
    out.print(f"{report.bytes_received / 1e6:,.1f} MB received in {report.seconds_s:.1f} s.")


def _warnings(snapshot: Snapshot) -> list[str]:
    said = [*snapshot.meta.warnings, *(text for info in snapshot.info.values() for text in info.warnings)]
    return list(dict.fromkeys(said))


def _show_totals(out: Console, snapshot: Snapshot) -> None:
    codes = dict(zip(snapshot.frame("currencies")["currency_id"], snapshot.frame("currencies")["code"], strict=True))
    names = dict(zip(snapshot.frame("companies")["company_id"], snapshot.frame("companies")["name"], strict=True))
    # From 18 on an account has one code per company, and only the main company's is read: its name stands in.
    known = snapshot.frame("accounts")
    shown = known["code"].where(known["code"] != "", known["name"])
    accounts = dict(zip(known["account_id"], shown, strict=True))
    places = Currencies.of(snapshot).places
    table = Table("Company", "Account", "Currency", "Lines", "Residual here", "Residual in Odoo", "Ties")

    def of(one: ControlTotal | NonTradeTotal) -> tuple[Text, Text, str]:
        company, account = names.get(one.company_id, ""), accounts.get(one.account_id, "")
        return Text(company), Text(account), codes.get(one.currency_id, "")

    for total in snapshot.meta.control_totals:
        table.add_row(
            *of(total),
            f"{total.our_count:,}",
            f"{total.our_residual:,.{places(total.currency_id)}f}",
            f"{total.odoo_residual:,.{places(total.currency_id)}f}",
            Text(*(("yes", "green") if total.equal else ("moving", "yellow") if total.moving else ("NO", "red"))),
        )
    for beside in snapshot.meta.non_trade_totals:
        table.add_row(
            *of(beside),
            f"{beside.count:,}",
            "",
            f"{beside.residual:,.{places(beside.currency_id)}f}",
            Text("non-trade"),
        )
    if table.row_count:
        out.print(table)
