"""Every page in every state: figures, no rows, Odoo down, nothing read yet, settings missing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.config import load_settings
from odoo_client.errors import ConfigError, SnapshotCorruptError
from odoo_client.store.snapshot import ControlTotal, FrameInfo, Snapshot
from pages.ui.session import backend as runtime
from tests.app.conftest import PAGES, Stage, alerts, books, read_now, real, tiles
from tests.app.whole_books import of_one_technology, whole
from tests.builders import empty_frames

EVERY_PAGE = pytest.mark.parametrize("page", list(PAGES))
#: What an Odoo that has nothing yet is told on each page.
EMPTY = {
    "overview.py": "Nothing is open",
    "customers.py": "There are no customers",
    "arrears.py": "There are no open receivables",
    "billing.py": "There are no invoices",
    "services.py": "There are no services",
    "tickets.py": "There are no tickets",
    "orders.py": "There are no orders",
    "products.py": "There are no products",
    "contacts.py": "There are no customers to put right",
}
#: The frames that an Odoo without these modules has not, and the pages that are about nothing else.
MODULES = {
    "helpdesk": (("tickets", "ticket_stages", "ticket_teams", "ticket_messages"), {"tickets.py": "tickets"}),
    "sale": (("orders", "order_lines", "deliveries"), {"orders.py": "orders"}),
    "stock": (("deliveries",), {}),
    "accounting": (
        ("receivable_lines", "partials", "invoices", "invoice_lines", "invoice_technology", "payments"),
        {"arrears.py": "receivable lines", "billing.py": "invoices"},
    ),
}
STATES = {"missing": "Install the module", "denied": "Give the account the right"}
NOTHING = {"False", "NaN", "nan", "None", "NaT", "<NA>", "inf"}


@pytest.fixture
def full(stage: Stage) -> Stage:
    """A stage with books that have rows for every page."""
    stage.show(whole())
    return stage


def nothing() -> Snapshot:
    """Return the snapshot of an Odoo that has nothing."""
    return real(Snapshot.from_frames(empty_frames()))


def without(state: str, *names: str) -> Snapshot:
    """Return the whole books of an Odoo in which the frames named are missing or may not be read."""
    snapshot = whole()
    frames = {name: snapshot.frame(name) for name in snapshot} | {name: empty_frames()[name] for name in names}
    now = datetime.now(UTC)
    info = {name: each for name, each in snapshot.info.items() if name not in names}
    info |= {name: FrameInfo(0, now, state=state, message=STATES[state]) for name in names}  # type: ignore[arg-type]
    return real(Snapshot.from_frames(frames, info=info))


def assert_clean(visit: AppTest) -> None:
    """Fail where a page shows Odoo's empty values, pandas' or raw ids."""
    shown = [element.value for kind in (visit.markdown, visit.caption, visit.metric) for element in kind]
    shown += [str(getattr(metric, "delta", "")) for metric in visit.metric]
    shown += [str(cell) for frame in visit.dataframe for cell in frame.value.select_dtypes("str").to_numpy().ravel()]
    for text in shown:
        assert not NOTHING & set(str(text).replace("*", " ").split()), text


@EVERY_PAGE
def test_a_page_shows_its_figures_without_an_error(full: Stage, page: str) -> None:
    visit = full.open(page)
    assert not visit.exception
    assert visit.title[0].value == PAGES[page]
    assert visit.metric
    assert visit.dataframe
    assert not visit.error


@EVERY_PAGE
def test_no_page_shows_odoo_s_empty_values_or_raw_ids(full: Stage, page: str) -> None:
    visit = full.open(page)
    assert_clean(visit)
    for frame in visit.dataframe:
        config = json.loads(frame.proto.columns)
        assert not [
            name
            for name in frame.value.columns
            if str(name).endswith("_id") and not config.get(str(name), {}).get("hidden")
        ]


@EVERY_PAGE
def test_a_page_on_an_empty_odoo_says_so(stage: Stage, page: str) -> None:
    stage.show(read_now(nothing))
    visit = stage.open(page)
    assert not visit.exception
    assert not visit.error
    assert EMPTY[page] in alerts(visit)
    assert_clean(visit)


@EVERY_PAGE
@pytest.mark.parametrize("technology", ["fibre", "wireless", "starlink"])
def test_a_provider_of_one_technology_has_every_page(stage: Stage, page: str, technology: str) -> None:
    stage.show(read_now(of_one_technology, technology))
    visit = stage.open(page)
    assert not visit.exception
    assert not visit.error
    assert visit.metric
    assert_clean(visit)


@EVERY_PAGE
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("module", MODULES)
def test_what_this_odoo_lacks_or_hides_is_said_and_is_no_zero(stage: Stage, page: str, module: str, state: str) -> None:
    names, about = MODULES[module]
    stage.show(read_now(without, state, *names))
    visit = stage.open(page)
    assert not visit.exception
    assert_clean(visit)
    if page in about:
        word = {"missing": "This Odoo has no", "denied": "No right to read the"}[state]
        assert f"{word} {about[page]}" in alerts(visit)
        assert STATES[state] in alerts(visit)
        assert not {"0", "USD 0.00"} & {value for values in tiles(visit).values() for value in values}


@EVERY_PAGE
def test_when_odoo_is_down_the_last_snapshot_stays_with_its_age(full: Stage, page: str) -> None:
    provider = full
    snapshot = provider.store.current()
    assert snapshot is not None
    past = datetime.now(UTC) - timedelta(hours=3)
    aged = {name: replace(info, read_at=past) for name, info in snapshot.info.items()}
    provider.show(
        real(Snapshot.from_frames({name: snapshot.frame(name) for name in snapshot}, info=aged), taken_at=past)
    )
    provider.runner.run_once()
    visit = provider.open(page)
    assert not visit.exception
    assert visit.metric
    assert "The last sync failed" in alerts(visit)
    assert "3 hours old" in alerts(visit)
    assert any("Stale" in text.value and "3 hours ago" in text.value for text in visit.markdown)


@EVERY_PAGE
def test_before_the_first_sync_a_page_says_what_it_waits_for(stage: Stage, page: str) -> None:
    visit = stage.open(page)
    assert not visit.exception
    assert "Reading Odoo" in alerts(visit)
    assert not visit.metric


@EVERY_PAGE
def test_a_failed_first_sync_says_why_and_can_be_tried_again(stage: Stage, page: str) -> None:
    stage.runner.run_once()
    visit = stage.open(page)
    assert "the first sync failed" in alerts(visit)
    assert "ODOO_URL" in alerts(visit)
    visit.button(key="first_sync_retry").click().run()
    assert stage.asked == ["refresh"]


@EVERY_PAGE
def test_with_some_settings_missing_a_page_names_them_and_shows_no_demo(
    page: str, monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    def backend() -> None:
        load_settings(
            env={"ODOO_URL": "https://erp.example.com", "ODOO_DATABASE": "provider", "ODOO_USERNAME": "reader"}
        )

    monkeypatch.setattr(runtime, "backend", backend)
    with pytest.raises(ConfigError):
        backend()
    visit = stage.open(page)
    assert not visit.exception
    assert "ODOO_PASSWORD is not set" in alerts(visit)
    assert not visit.metric


def test_stale_figures_are_said_in_words(provider: Stage) -> None:
    snapshot = provider.store.current()
    assert snapshot is not None
    past = datetime.now(UTC) - timedelta(hours=5)
    aged = {name: replace(info, read_at=past) for name, info in snapshot.info.items()}
    provider.show(
        real(Snapshot.from_frames({name: snapshot.frame(name) for name in snapshot}, info=aged), taken_at=past)
    )
    visit = provider.open("arrears.py")
    assert "Stale figures" in alerts(visit)
    assert "5 hours old" in alerts(visit)


def test_limited_rights_are_said_on_the_pages_that_use_the_dataset(stage: Stage) -> None:
    sentence = "The account sees only its own tickets: give it Helpdesk / Manager, or the count is too small."
    snapshot = books().snapshot()
    info = dict(snapshot.info) | {"tickets": replace(snapshot.info["tickets"], warnings=(sentence,))}
    stage.show(real(Snapshot.from_frames({name: snapshot.frame(name) for name in snapshot}, info=info)))
    assert "only its own tickets" in alerts(stage.open("overview.py"))
    assert "only its own tickets" not in alerts(stage.open("arrears.py"))


def test_a_module_that_odoo_lacks_is_not_shown_as_zero(stage: Stage) -> None:
    snapshot = books().snapshot()
    absent = FrameInfo(
        0, datetime.now(UTC), state="missing", message="Helpdesk is not installed: install helpdesk_mgmt."
    )
    info = dict(snapshot.info) | {"tickets": absent}
    stage.show(real(Snapshot.from_frames({name: snapshot.frame(name) for name in snapshot}, info=info)))
    visit = stage.open("overview.py")
    assert tiles(visit)["Open tickets"] == ["not installed"]
    assert "install helpdesk" in alerts(visit)


def test_figures_that_do_not_tie_to_the_ledger_are_called_so(stage: Stage) -> None:
    wrong = ControlTotal(1, 1, 1, odoo_count=10, odoo_residual=500.0, our_count=9, our_residual=450.0)
    stage.show(real(books().snapshot(), control_totals=(wrong,)))
    visit = stage.open("arrears.py")
    assert "does not tie to the ledger" in alerts(visit)
    assert any("Not complete" in text.value for text in visit.markdown)
    assert "does not tie" not in alerts(stage.open("services.py"))


def test_refresh_asks_for_a_sync_and_the_page_stays(provider: Stage) -> None:
    visit = provider.open("arrears.py")
    visit.button(key="refresh").click().run()
    assert provider.asked == ["refresh"]
    assert visit.metric


def test_a_company_filter_is_there_only_with_two_companies(provider: Stage) -> None:
    visit = provider.open("overview.py")
    assert visit.selectbox(key="company").options == ["All companies", "Afi Fibre", "Afi Wireless"]
    assert tiles(visit)["Overdue"] == ["USD 250.00", "ZWG 2,600.00"]
    visit.selectbox(key="company").select("Afi Wireless").run()
    assert tiles(visit)["Overdue"] == ["USD 70.00"]


def test_demo_figures_are_called_invented(stage: Stage) -> None:
    stage.runner.demo = True
    stage.show(real(books().snapshot(), demo=True))
    visit = stage.open("overview.py")
    assert "Demo data" in alerts(visit)
    assert "ODOO_URL" in alerts(visit)


def test_a_damaged_store_is_said_and_read_anew(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> None:
        raise SnapshotCorruptError("The snapshot on disk is damaged; a full sync makes a new one.")

    monkeypatch.setattr(stage.store, "current", damaged)
    visit = stage.open("arrears.py")
    assert not visit.exception
    assert "is damaged" in alerts(visit)
    assert "Reading Odoo" in alerts(visit)


def test_a_passed_over_snapshot_is_said(provider: Stage) -> None:
    provider.store.notice = "The newest snapshot on disk is damaged; the one before is shown."
    visit = provider.open("services.py")
    assert "the one before is shown" in alerts(visit)
    assert visit.metric


def test_a_missing_right_is_named_on_the_page(stage: Stage) -> None:
    snapshot = books().snapshot()
    denied = FrameInfo(0, datetime.now(UTC), state="denied", message="Give the account Sales / User: All Documents.")
    info = dict(snapshot.info) | {"orders": denied}
    stage.show(real(Snapshot.from_frames({name: snapshot.frame(name) for name in snapshot}, info=info)))
    visit = stage.open("overview.py")
    assert tiles(visit)["Orders in progress"] == ["no right to read"]
    assert "No right to read the orders" in alerts(visit)
    assert "All Documents" in alerts(visit)


@pytest.mark.parametrize(
    ("page", "dataset", "shown"),
    [
        ("orders.py", "orders", "Orders: **no right to read**."),
        ("products.py", "products", "Products: **no right to read**."),
        ("tickets.py", "tickets", ""),
    ],
)
def test_rows_kept_from_before_the_right_was_taken_away_are_in_no_figure(
    full: Stage, page: str, dataset: str, shown: str
) -> None:
    snapshot = whole()
    assert len(snapshot.frame(dataset))
    denied = replace(snapshot.info[dataset], state="denied", message="Give the account the right to read it.")
    full.show(replace(snapshot, info=dict(snapshot.info) | {dataset: denied}))
    visit = full.open(page)
    assert not visit.exception
    assert f"No right to read the {dataset}" in alerts(visit)
    assert not visit.dataframe
    if shown:
        assert [text.value for text in visit.markdown if text.value.startswith(shown[:6])] == [shown]
        assert not visit.metric
    else:
        assert set(map(tuple, tiles(visit).values())) == {("no right to read",)}
