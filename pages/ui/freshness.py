"""What every page says about its figures: how old they are, what is wrong with them, and a button to refresh them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

import streamlit as st

from odoo_client.errors import AccessError, AfinetError, SnapshotCorruptError
from odoo_client.store import clock
from odoo_client.store.snapshot import OF_THE_FUTURE, Snapshot
from odoo_client.store.trust import Trust, trust
from odoo_client.sync.run import SyncProgress
from pages.ui import formats, trusted
from pages.ui import view as data
from pages.ui.session import access, backend, tabs

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


def line(drawn: str, names: tuple[str, ...], company_ids: frozenset[int] | None) -> None:
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
    notice = runner.store.notice
    seconds, stale_s = age_s(snapshot, names), server.settings.stale_s
    found = trust(snapshot, names, stale_s=stale_s, company_ids=company_ids)
    # The outcome of the last attempt stands until the next one ends: a retry under way is not a success yet.
    failed = runner.last_error is not None or bool(notice)
    # The pill says it in a word, and what opens in a line.
    badge = _badge(snapshot, found, failed)
    pill = ":blue-badge[:material/sync: Reading Odoo]" if running else badge
    if found.age == "stale":
        pill = pill.replace("Stale]", f"Stale, {formats.age(seconds)} old]")
    # A fragment has a place of its own, whose parts stand in a line like those around it.
    with st.container(horizontal=True, vertical_alignment="center", gap="xxsmall", width="content"):
        with st.popover(pill, type="tertiary", key="freshness"):
            meta = snapshot.meta
            source = "Odoo " + formats.plain(" ".join(filter(None, [meta.odoo_version, meta.edition])))
            read_at = formats.moment(snapshot.read_at(names), server.settings.timezone)
            read = "" if snapshot.is_of_the_future() else f"Read {read_at}, {formats.age(seconds)} ago · "
            st.markdown(f"{badge} {read}{source}")
            if notice:
                st.warning(notice, icon=":material/broken_image:")
            if running:
                _progress(runner.progress)
            else:
                _outcome(snapshot, runner.last_error, found, seconds, stale_s)
        if access.may("refresh") and st.button("Refresh", icon=":material/refresh:", key="refresh", disabled=running):
            runner.refresh()
            st.rerun()


def _outcome(snapshot: Snapshot, error: AfinetError | None, found: Trust, seconds: float, stale_s: float) -> None:
    """Say what is wrong with the age of the figures, if anything is."""
    if error is not None:
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


def _badge(snapshot: Snapshot, found: Trust, failed: bool) -> str:
    """Return the freshness in a word or two."""
    if found.level == "contradicted":
        return ":red-badge[:material/error: Not complete]"
    if snapshot.is_of_the_future():
        return ":orange-badge[:material/schedule: Age not known]"
    if found.age == "stale":
        return ":orange-badge[:material/schedule: Stale]"
    if failed:
        return ":red-badge[:material/sync_problem: Not updated]"
    if found.age == "ageing":
        return ":gray-badge[:material/schedule: Ageing]"
    return ":green-badge[:material/check_circle: Up to date]"


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


def notices(view: data.View) -> None:
    """Draw what there is to say of the figures behind one mark that tells how much it is."""
    snapshot, names = view.snapshot, view.datasets
    odd = _odd(snapshot, names)
    limited = [sentence for name in names for sentence in snapshot.info[name].warnings]
    said = [one for one in dict.fromkeys([*limited, *snapshot.meta.warnings]) if one not in odd]
    missing = _together(view, "missing")
    contradicted = trusted.trust_of(view).contradicted
    count = len(said) + len(missing) + bool(odd) + bool(contradicted)
    if not count:
        return
    colour = "red" if contradicted else "orange"
    label = f":{colour}-badge[:material/info: {formats.plural(count, 'notice')}]"
    with st.popover(label, type="tertiary", key="notices"):
        if contradicted:
            codes = formats.listed(dict.fromkeys(one.currency for one in contradicted))
            whose = [one.company_id for one in contradicted]
            told = [
                *(one.sentence for one in contradicted),
                "They were read three times.",
                *trusted.differences(snapshot, whose),
            ]
            st.error(
                " ".join(formats.plain(sentence) for sentence in told),
                title=f"What is owed in {formats.plain(codes)} does not tie to the ledger",
                icon=trusted.ICON,
            )
        for message, words in missing.items():
            title = f"This Odoo has no {formats.listed(words)}"
            st.info(formats.plain(message), title=title, icon=":material/extension_off:")
        for sentence in said:
            st.warning(formats.plain(sentence), icon=":material/visibility_off:")
        if odd:
            shown = [f"- {formats.plain(sentence)}" for sentence in odd[:ODD_SHOWN]]
            rest = len(odd) - len(shown)
            if rest:
                shown.append(
                    f"- {formats.plural(rest, 'other field')} likewise: `python -m odoo_client sync` names all."
                )
            st.warning("\n".join(shown), title="Odd values in Odoo", icon=":material/rule:")


def _odd(snapshot: Snapshot, names: tuple[str, ...]) -> list[str]:
    """Return what is odd in the datasets named and in those joined into them, each sentence once."""
    joined = [part for name in ("", *names) for part in JOINED.get(name, ()) if names]
    infos = [snapshot.info[name] for name in dict.fromkeys([*names, *joined]) if name in snapshot.info]
    return list(dict.fromkeys(one.sentence for info in infos for one in info.odd))


def _together(view: data.View, state: str) -> dict[str, list[str]]:
    """Return what the page's datasets in that state are called, by the sentence that says why."""
    together: dict[str, list[str]] = {}
    for name in view.datasets:
        info = view.snapshot.info[name]
        if info.state == state:
            together.setdefault(info.message, []).append(DATASET_NAMES.get(name, name.replace("_", " ")))
    return together


def denied(view: data.View) -> None:
    """Say what of the page's figures is not the person's to read."""
    for message, words in _together(view, "denied").items():
        st.warning(
            formats.plain(message), title=f"No right to read the {formats.listed(words)}", icon=":material/lock:"
        )


def first_sync() -> None:
    """Say what is happening while no snapshot exists, and look again every few seconds."""
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
