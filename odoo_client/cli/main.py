"""The command line, `python -m odoo_client …`. Results go to standard output, progress to standard error."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from odoo_client.cli import audit as cli_audit
from odoo_client.cli import backup as cli_backup
from odoo_client.cli import customer as cli_customer
from odoo_client.cli import hooks as cli_hooks
from odoo_client.cli import link as cli_link
from odoo_client.cli import outbox as cli_outbox
from odoo_client.cli import serve as cli_serve
from odoo_client.cli import statement as cli_statement
from odoo_client.cli import sync as cli_sync
from odoo_client.config import Settings, load_settings
from odoo_client.doctor.odoo import examine
from odoo_client.doctor.production import production
from odoo_client.doctor.streamlit_options import app_folder
from odoo_client.errors import AfinetError
from odoo_client.people.audit import EVENTS, audit_log
from odoo_client.rpc.client import OdooClient
from odoo_client.sync.background import SyncRunner, store_for
from odoo_client.sync.one_customer import find_by_email
from odoo_client.sync.run import run_sync

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console()
err = Console(stderr=True)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(cli_serve.version())
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Say which version this is.")
    ] = False,
) -> None:
    """Staff dashboard over Odoo: serve it, pull the ledger into a snapshot, and check the connection."""


# Streamlit's own options are passed on as they stand.
@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def serve(
    context: typer.Context,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", min=1, max=65535, help="Port to listen on (default: 8501).")
    ] = None,
) -> None:
    """Start the dashboard; any option of Streamlit's own goes with it, such as --server.allowedHosts=NAME."""
    with _failing():
        found = app_folder()
        for line in cli_serve.overruled(found, Path.cwd()):
            err.print(Text(line, style="yellow"), soft_wrap=True)
        cli_serve.serve(found, port=port, options=context.args)


_SIGNS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "failed": ("FAILED", "red")}


@app.command()
def sync(
    customer: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only this customer's records.")] = None,
    all_customers: Annotated[
        bool, typer.Option("--all", help="Every customer (what happens without an option).")
    ] = False,
    services: Annotated[
        bool, typer.Option("--services", help="Only services: subscriptions, contracts, orders.")
    ] = False,
    tickets: Annotated[bool, typer.Option("--tickets", help="Only tickets, their stages and teams.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Read everything again instead of what changed.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, as the app does, every SYNC_INTERVAL_S, until stopped.")
    ] = False,
) -> None:
    """Pull what changed in Odoo (or, with --full, everything) into a new snapshot."""
    if watch and (customer is not None or full or services or tickets):
        _fail("--watch reads everything that changes: leave out the other options.")
    if customer is not None and (all_customers or full):
        _fail("--customer reads one customer only: leave out --all and --full.")
    if full and (services or tickets):
        _fail("--full reads everything again: leave out --services and --tickets.")
    groups = [*(("services", "orders") if services else ()), *(("tickets",) if tickets else ())] or None
    if watch:
        with _settings() as (settings, demo), _failing(), cli_sync.until_stopped() as stop:
            runner = SyncRunner(settings, demo=demo)
            try:
                cli_sync.watch(out, err, runner, stop)
            finally:
                runner.stop()
        return
    with _settings() as (settings, demo), _failing():
        client = OdooClient.connect(settings)
        customer_ids = find_by_email(client, customer) if customer is not None else None
        store = store_for(settings, demo=demo)
        try:
            with cli_sync.bars(err) as bars:
                report = run_sync(
                    settings,
                    store,
                    full=full or demo,
                    groups=groups,
                    customer_ids=customer_ids,
                    progress=bars,
                    client=client,
                    demo=demo,
                )
        finally:
            store.close()
    cli_sync.show(out, report)
    if not report.snapshot.meta.ties_to_ledger:
        _fail(
            "The snapshot does not tie to Odoo's own totals: see the control totals above. What differs is not shown, "
            "and the next sync reads all receivable lines again, once."
        )


@app.command()
def doctor() -> None:
    """Check URL, database, credentials, protocol, version, modules, rights, clock, snapshot and what serving needs."""
    failed = False
    with _settings() as (settings, demo), _failing():
        if demo:
            out.print(
                "No ODOO_ settings: this is the embedded demo. Set ODOO_URL, ODOO_DATABASE, ODOO_USERNAME and "
                "ODOO_PASSWORD to connect an Odoo."
            )
        for finding in itertools.chain(examine(settings, demo=demo), () if demo else production(settings)):
            word, colour = _SIGNS[finding.verdict]
            out.print(Text.assemble((f"{word:8}", colour), f" {finding.name}: {finding.sentence}"), soft_wrap=True)
            failed |= finding.verdict == "failed"
    if failed:
        raise typer.Exit(1)


@app.command()
def customer(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The customer's e-mail, or its account reference.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Everything as JSON; the keys are told in odoo_client/customer/as_json.py.")
    ] = False,
) -> None:
    """Show one customer of the stored snapshot: services, billing, arrears, tickets and orders."""
    with _settings() as (settings, demo), _failing():
        snapshot = cli_customer.stored_snapshot(settings, demo=demo)
        found = cli_customer.customer_of(settings, snapshot, email)
    if as_json:
        typer.echo(cli_customer.json_text(found))
    else:
        cli_customer.show(out, found, settings.timezone)


@app.command()
def statement(
    customer: Annotated[str, typer.Option(metavar="EMAIL", help="The customer's e-mail, or its account reference.")],
    out_path: Annotated[Path, typer.Option("--out", metavar="PATH", help="Ends in .pdf, .xlsx or .txt.")],
    start: Annotated[
        datetime | None,
        typer.Option("--from", metavar="DAY", formats=["%Y-%m-%d"], help="First day (default: the first entry's)."),
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", metavar="DAY", formats=["%Y-%m-%d"], help="Last day (default: today).")
    ] = None,
) -> None:
    """Write a customer's statement of account, from the stored snapshot."""
    with _settings() as (settings, demo), _failing():
        first, last = (None if moment is None else moment.date() for moment in (start, end))
        said = cli_statement.write_statement(
            settings, demo=demo, customer=customer, start=first, end=last, out=out_path
        )
    for line in said:
        out.print(Text(line), soft_wrap=True)


@app.command()
def audit(
    since: Annotated[datetime | None, typer.Option(metavar="DAY", formats=["%Y-%m-%d"], help="First day.")] = None,
    until: Annotated[datetime | None, typer.Option(metavar="DAY", formats=["%Y-%m-%d"], help="Last day.")] = None,
    login: Annotated[str, typer.Option(metavar="LOGIN", help="Only this person's entries.")] = "",
    event: Annotated[str, typer.Option(metavar="EVENT", help=f"Only this event: {', '.join(EVENTS)}.")] = "",
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="Most entries shown.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, times in UTC.")] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Say whether the trail is as it was written.")] = False,
    head: Annotated[
        str, typer.Option(metavar="HEAD", help="With --verify: one it printed earlier, which must still hold.")
    ] = "",
) -> None:
    """Show who signed in, was refused, exported, made statements or wrote into Odoo, the newest first."""
    if head and not verify:
        _fail("--head goes with --verify.")
    with _failing():
        settings = load_settings()
        if verify:
            whole, said = cli_audit.verified(audit_log(settings), head)
            if not whole:
                _fail(said[0])
            for line in said:
                out.print(Text(line), soft_wrap=True)
            return
        found = cli_audit.entries(settings, since=since, until=until, login=login, event=event, limit=limit)
    if as_json:
        typer.echo(cli_audit.as_json(found))
        return
    for line in cli_audit.lines(found, settings) or ["No entries."]:
        out.print(Text(line), soft_wrap=True)


@app.command()
def link(
    portal_id: Annotated[str, typer.Option(metavar="ID", help="The portal account's id.")] = "",
    email: Annotated[str, typer.Option(metavar="EMAIL", help="The portal account's e-mail.")] = "",
    partner: Annotated[
        int | None, typer.Option(metavar="ID", help="Odoo's id of the customer, where the e-mail does not say which.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Undo the portal account's link.")] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why it is undone.")] = "",
    show: Annotated[bool, typer.Option("--list", help="Show what is linked now.")] = False,
    csv: Annotated[Path | None, typer.Option(metavar="PATH", help="Write what is linked now to a CSV file.")] = None,
) -> None:
    """Link a portal account to the customer with its e-mail, undo a link, or show what is linked."""
    with _settings() as (settings, demo), _failing():
        counter = cli_link.Counter.of(settings, demo=demo)
        said = cli_link.run(
            counter,
            portal_id=portal_id,
            email=email,
            partner_id=partner,
            undo=undo,
            reason=reason,
            show=show,
            csv=csv,
        )
    for line in said:
        out.print(Text(line), soft_wrap=True)


@app.command()
def outbox(
    retry: Annotated[
        str, typer.Option("--retry", metavar="TOKEN", help="Send this entry again, or look it up, as its author.")
    ] = "",
    discard: Annotated[
        str, typer.Option("--discard", metavar="TOKEN", help="Give this entry up for good; needs --reason.")
    ] = "",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why an entry is discarded.")] = "",
    login: Annotated[
        str, typer.Option("--login", metavar="LOGIN", help="With --retry: your Odoo login, the author's own.")
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="List what is done or discarded too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="List as JSON, times in UTC.")] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="This is the Odoo the outbox belongs to, under a new address.")
    ] = False,
) -> None:
    """List what was entered for Odoo and waits or failed; try one again, or discard it with a reason."""
    if adopt and (retry or discard or as_json or everything):
        _fail("--adopt is asked for alone.")
    if (retry and (discard or as_json or everything)) or (discard and (as_json or everything)):
        _fail("--retry, --discard and listing (--all, --json) are asked for one at a time.")
    if (reason and not discard) or (login and not retry):
        _fail("--reason goes with --discard, --login with --retry.")
    with _failing():
        settings = load_settings()
        if adopt:
            out.print(Text(cli_outbox.adopted(settings)), soft_wrap=True)
            return
        if discard:
            out.print(Text(cli_outbox.discarded(settings, discard, reason)), soft_wrap=True)
            return
        if retry:
            done, said = cli_outbox.retried(
                settings, retry, lambda author: cli_outbox.credentials(author, login), say=lambda text: err.print(text)
            )
            for line in said:
                out.print(Text(line), soft_wrap=True)
            if not done:
                raise typer.Exit(1)
            return
        found = cli_outbox.entries(settings, everything=everything)
    if as_json:
        typer.echo(cli_outbox.as_json(found))
        return
    for line in cli_outbox.lines(found, settings) or [cli_outbox.nothing(settings, everything=everything)]:
        out.print(Text(line), soft_wrap=True)


@app.command()
def hooks(
    install: Annotated[bool, typer.Option("--install", help="Set the rules up, or make them right.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Take the rules away.")] = False,
    url: Annotated[
        str, typer.Option(metavar="ADDRESS", help="With --install: the dashboard's address, as Odoo reaches it.")
    ] = "",
    login: Annotated[
        str, typer.Option(metavar="LOGIN", help="An Odoo administrator, whose key is asked for (default: our account).")
    ] = "",
) -> None:
    """List the automation rules by which Odoo tells of changes; set them up, or take them away."""
    with _settings() as (settings, demo), _failing():
        for line in cli_hooks.run(settings, demo=demo, install=install, remove=remove, url=url, login=login):
            out.print(Text(line), soft_wrap=True)


@app.command()
def backup(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder that does not exist yet.")],
) -> None:
    """Copy the outbox with its files, the audit trail and the links as they stand now, while the app runs or not."""
    with _failing():
        for line in cli_backup.backed_up(load_settings(), path):
            out.print(Text(line), soft_wrap=True)


@app.command()
def restore(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder of a backup.")],
) -> None:
    """Put a backup back into DATA_DIR, unless that holds what is newer."""
    with _failing():
        for line in cli_backup.put_back(load_settings(), path):
            out.print(Text(line), soft_wrap=True)


@contextlib.contextmanager
def _settings() -> Iterator[tuple[Settings, bool]]:
    """Yield the settings and whether they are the demo's, whose server runs as long as the command does."""
    with _failing():
        settings = load_settings()
    if not settings.demo:
        yield settings, False
        return
    from odoo_client.demo import demo_settings, start_demo

    server = start_demo(settings)
    try:
        yield demo_settings(settings, server), True
    finally:
        server.stop()


@contextlib.contextmanager
def _failing() -> Iterator[None]:
    """Turn an error of ours into its sentence and exit code 1."""
    try:
        yield
    except AfinetError as exc:
        _fail(exc.sentence)


def _fail(sentence: str) -> NoReturn:
    err.print(Text(sentence, style="red"), soft_wrap=True)
    raise typer.Exit(1)


def main() -> None:
    """Run the command line; errors of ours end as one sentence and exit code 1."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
