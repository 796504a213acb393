"""What every page says about its figures: how old they are, what is wrong with them, and a button to refresh them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

import streamlit as st

from odoo_client.errors import AccessError, AfinetError, ConfigError, SnapshotCorruptError
from odoo_client.store import clock
from odoo_client.store.snapshot import OF_THE_FUTURE, FrameInfo, Snapshot
from odoo_client.store.trust import Trust, trust
from odoo_client.sync.run import SyncProgress
from pages.ui import formats, trusted
from pages.ui import view as data
from pages.ui.outbox import badge as outbox_badge
from pages.ui.session import access, backend, submit, tabs

#: What a reader calls a dataset; anything not listed goes by its own name.
DATASET_NAMES = {
    "receivable_lines": "receivable lines",
    "promises": "promises to pay",
    "partials": "payment matchings",
    "invoice_lines": "invoice lines",
    "order_lines": "order lines",
    "ticket_stages": "ticket stages",
    "ticket_teams": "ticket teams",
    "ticket_messages": "messages on tickets",
    "message_subtypes": "kinds of messages",
    "payment_invoices": "payments of invoices",
    "payment_methods": "payment methods",
    "invoice_technology": "technology of invoices",
}
#: Datasets that are joined into others, or ("") into everything a page shows: an odd value in them concerns it too.
JOINED: Mapping[str, tuple[str, ...]] = {
    "": ("companies", "currencies", "rates", "users", "customers"),
    "receivable_lines": ("accounts", "journals"),
    "payments": ("payment_methods", "journals"),
    "products": ("product_categories",),
    "deliveries": ("picking_types",),
    "tickets": ("ticket_stages", "ticket_teams", "ticket_messages", "message_subtypes"),
}
#: Words for a dataset that gives no figures.
ABSENT: Mapping[str, str] = {"missing": "not installed", "denied": "no right to read"}
#: This many fields with odd values are named one by one: a page is for its figures.
ODD_SHOWN = 5
#: How often an open page looks for newer figures: what that costs is measured in `bench/browser.py`.
PACE = "2s"
#: Set while a dialog is drawn: redrawing the page would lose what is being typed in it.
DIALOG = "dialog_drawn"


def page_top(title: str, datasets: Iterable[str]) -> data.View:
    """Draw a page's title, freshness and warnings, and return its view.

    Where there is nothing to show yet, say why and stop the page. `datasets` are the frames the page draws on:
    their age and their warnings are this page's.
    """
    st.title(title, anchor=False)
    st.session_state[DIALOG] = False
    try:
        view = data.current_view()
    except ConfigError as exc:
        st.error(exc.sentence, title="A setting is missing or wrong", icon=":material/settings_alert:")
        st.stop()
    except SnapshotCorruptError as exc:
        st.warning(exc.sentence, title="The stored copy cannot be read", icon=":material/broken_image:")
        view = None
    except AfinetError as exc:
        st.error(exc.sentence, title="There are no figures to show", icon=":material/error:")
        st.stop()
    if view is None:
        _first_sync()
        st.stop()
    names = tuple(name for name in datasets if name in view.snapshot.info)
    view = replace(view, datasets=names)
    st.fragment(_freshness, run_every=PACE)(view.key, names, None if view.whole else view.company_ids)
    demo_banner()
    _warnings(view)
    submit.banner()
    outbox_badge.draw(title)
    return view


def demo_banner() -> None:
    """Say that the figures are invented and which settings connect a real Odoo."""
    if backend.backend().demo:
        st.info(
            "All names and figures are invented. Set `ODOO_URL`, `ODOO_DATABASE`, `ODOO_USERNAME` and `ODOO_PASSWORD` "
            "(environment, or `.streamlit/secrets.toml`) to connect your own Odoo.",
            title="Demo data",
            icon=":material/science:",
        )


def _freshness(drawn: str, names: tuple[str, ...], company_ids: frozenset[int] | None) -> None:
    """Draw the freshness line repeatedly; a snapshot newer than `drawn`, the one on screen, redraws the page."""
    server = backend.backend()
    try:
        snapshot = data.current_snapshot()
    except AccessError:
        tabs.redraw()  # The person was signed out meanwhile: the whole page says so.
    runner = server.runner
    # A look every half minute that takes a second or two moves nothing on the page.
    running = runner.is_waited_for
    if snapshot is not None and snapshot.content_id != drawn and not st.session_state.get(DIALOG):
        tabs.redraw()
    if snapshot is None:
        return
    if notice := runner.store.notice:
        st.warning(notice, icon=":material/broken_image:")
    seconds, stale_s = age_s(snapshot, names), server.settings.stale_s
    found = trust(snapshot, names, stale_s=stale_s, company_ids=company_ids)
    # The outcome of the last attempt stands until the next one ends: a retry under way is not a success yet.
    failed = runner.last_error is not None or bool(notice)
    with st.container(horizontal=True, vertical_alignment="center", key="freshness"):
        st.markdown(_age_line(snapshot, names, seconds, server.settings.timezone, found, failed))
        if access.may("refresh") and st.button("Refresh", icon=":material/refresh:", key="refresh", disabled=running):
            runner.refresh()
            st.rerun()
    if running:
        _progress(runner.progress)
    elif (error := runner.last_error) is not None:
        st.error(
            f"{error.sentence} What you see is the last whole copy, {formats.age(seconds)} old.",
            title="The last sync failed",
            icon=":material/sync_problem:",
        )
    elif snapshot.is_of_the_future():
        st.warning(OF_THE_FUTURE, title="The clock was wrong", icon=":material/schedule:")
    elif found.age == "stale":
        st.warning(
            f"These figures are {formats.age(seconds)} old, more than {formats.age(stale_s)}. "
            "Press Refresh; if that does not help, the background sync is not running.",
            title="Stale figures",
            icon=":material/schedule:",
        )


def age_s(snapshot: Snapshot, names: Iterable[str]) -> float:
    """Return the age in seconds of the oldest of the frames named: a partial sync does not renew the others."""
    return clock.age_s(snapshot.read_at(names))


def _age_line(
    snapshot: Snapshot, names: tuple[str, ...], seconds: float, timezone: str, found: Trust, failed: bool
) -> str:
    meta = snapshot.meta
    source = "Odoo " + formats.plain(" ".join(filter(None, [meta.odoo_version, meta.edition])))
    if found.level == "contradicted":
        badge = ":red-badge[:material/error: Not complete]"
    elif snapshot.is_of_the_future():
        return f":orange-badge[:material/schedule: Age not known] {source}"
    elif found.age == "stale":
        badge = ":orange-badge[:material/schedule: Stale]"
    elif failed:
        badge = ":red-badge[:material/sync_problem: Not updated]"
    elif found.age == "ageing":
        badge = ":gray-badge[:material/schedule: Ageing]"
    else:
        badge = ":green-badge[:material/check_circle: Up to date]"
    read_at = formats.moment(snapshot.read_at(names), timezone)
    return f"{badge} Read {read_at}, {formats.age(seconds)} ago · {source}"


def absent(view: data.View, *datasets: str) -> str:
    """Return why a figure over these datasets cannot be given, "" when it can: a missing module is not a zero.

    A dataset whose right was taken away may still hold rows read earlier: no figure uses them.
    """
    for name in datasets:
        info = view.snapshot.info.get(name)
        if info is not None and info.state in ABSENT:
            return ABSENT[info.state]
    return ""


def tie(view: data.View) -> list[str]:
    """Return how the open receivables tie to Odoo's own totals, and what Odoo has open beside them.

    The answer is empty where that was not compared.
    """
    totals = view.snapshot.meta.control_totals
    beside = non_trade(view)
    if hidden := trusted.instead(view):
        return [*hidden, *beside]
    if not totals or not view.snapshot.meta.ties_to_ledger:
        return beside
    lines = formats.plural(sum(total.our_count for total in totals), "receivable line")
    said = (
        f"Tied to the ledger: {lines}, settled ones among them, were compared whatever the filters. What is open of "
        f"them equals Odoo's own {formats.plural(len(totals), 'total')} by company, account and currency, to the cent."
    )
    return [said, *beside]


def non_trade(view: data.View) -> list[str]:
    """Return what is open on receivable accounts that are no customer's debt, by company and currency.

    The answer is empty where nothing is open.
    """
    sums: dict[str, dict[int, float]] = {}
    for total in view.snapshot.meta.non_trade_totals:
        if abs(total.residual) >= total.smallest:
            of_company = sums.setdefault(view.company_names.get(total.company_id, ""), {})
            of_company[total.currency_id] = of_company.get(total.currency_id, 0.0) + total.residual
    if not sums:
        return []
    words = [
        " ".join(filter(None, [name, formats.listed(view.money(amount, key) for key, amount in amounts.items())]))
        for name, amounts in sums.items()
    ]
    return [f"Non-trade receivable accounts: {'; '.join(words)}. No customer's debt, so in no figure here."]


def _warnings(view: data.View) -> None:
    snapshot, names = view.snapshot, view.datasets
    _dataset_states({name: snapshot.info[name] for name in names})
    odd = _odd(snapshot, names)
    limited = [sentence for name in names for sentence in snapshot.info[name].warnings]
    for sentence in dict.fromkeys([*limited, *snapshot.meta.warnings]):
        if sentence not in odd:
            st.warning(formats.plain(sentence), icon=":material/visibility_off:")
    if odd:
        shown = [f"- {formats.plain(sentence)}" for sentence in odd[:ODD_SHOWN]]
        rest = len(odd) - len(shown)
        if rest:
            shown.append(f"- {formats.plural(rest, 'other field')} likewise: `python -m odoo_client sync` names all.")
        st.warning("\n".join(shown), title="Odd values in Odoo", icon=":material/rule:")
    if found := trusted.trust_of(view).contradicted:
        codes = formats.listed(dict.fromkeys(one.currency for one in found))
        whose = [one.company_id for one in found]
        said = [*(one.sentence for one in found), "They were read three times.", *trusted.differences(snapshot, whose)]
        st.error(
            " ".join(formats.plain(sentence) for sentence in said),
            title=f"What is owed in {formats.plain(codes)} does not tie to the ledger",
            icon=trusted.ICON,
        )


def _odd(snapshot: Snapshot, names: tuple[str, ...]) -> list[str]:
    """Return what is odd in the datasets named and in those joined into them, each sentence once."""
    joined = [part for name in ("", *names) for part in JOINED.get(name, ()) if names]
    infos = [snapshot.info[name] for name in dict.fromkeys([*names, *joined]) if name in snapshot.info]
    return list(dict.fromkeys(one.sentence for info in infos for one in info.odd))


def _dataset_states(infos: Mapping[str, FrameInfo]) -> None:
    """Say which datasets give no figures, in one box for each reason: the figures come first."""
    together: dict[tuple[str, str], list[str]] = {}
    for name, info in infos.items():
        if info.state in ABSENT:
            words = DATASET_NAMES.get(name, name.replace("_", " "))
            together.setdefault((info.state, info.message), []).append(words)
    for (state, message), names in together.items():
        if state == "denied":
            title = f"No right to read the {formats.listed(names)}"
            st.warning(formats.plain(message), title=title, icon=":material/lock:")
        else:
            title = f"This Odoo has no {formats.listed(names)}"
            st.info(formats.plain(message), title=title, icon=":material/extension_off:")


def _first_sync() -> None:
    """Say what is happening while no snapshot exists, and look again every few seconds."""
    demo_banner()
    st.fragment(_waiting, run_every=PACE)()


def _waiting() -> None:
    server = backend.backend()
    # The page already says above that a stored copy cannot be read; the sync under way replaces it.
    with suppress(SnapshotCorruptError):
        if server.snapshot() is not None:
            tabs.redraw()
    runner = server.runner
    if not runner.running and (error := runner.last_error) is not None:
        st.error(error.sentence, title="No figures yet: the first sync failed", icon=":material/sync_problem:")
        if st.button("Try again", icon=":material/refresh:", key="first_sync_retry"):
            runner.refresh()
            st.rerun()
        return
    st.info(
        "The first sync reads all of Odoo once; the page opens by itself when it is done.",
        title="Reading Odoo",
        icon="spinner",
    )
    _progress(runner.progress)


def _progress(progress: SyncProgress | None) -> None:
    """Draw which dataset a sync is reading and how far it is; None while it connects."""
    if progress is None:
        st.progress(0.0, text="Connecting to Odoo")
        return
    part = min(1.0, progress.rows / progress.total) if progress.total else 0.0
    name = DATASET_NAMES.get(progress.dataset, progress.dataset.replace("_", " "))
    st.progress(
        min(1.0, (progress.position + part) / max(1, progress.datasets)),
        text=f"Reading {name}: {formats.plural(progress.rows, 'row')}",
    )
