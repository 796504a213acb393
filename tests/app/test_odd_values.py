"""Odd values on screen: every page stands them and says where they are, and nothing is "Up to date" that is not."""

from __future__ import annotations

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from odoo_client.errors import OdooUnreachableError
from odoo_client.frames.odd_values import Odd
from odoo_client.store.snapshot import Snapshot
from odoo_client.sync.own_faults import naming
from pages.ui import exports, freshness
from tests.app.conftest import PAGES, Stage, alerts, books, real
from tests.app.test_pages import assert_clean
from tests.app.whole_books import whole

#: Days that Odoo lets through: a year typed with two digits, the first there is, and "never".
DAYS = (pd.Timestamp(26, 11, 15), pd.Timestamp(1, 1, 2), pd.Timestamp(9999, 12, 31))
LAST_MOMENT = pd.Timestamp(9999, 12, 30, 23, tz="UTC")


def spoilt(snapshot: Snapshot) -> Snapshot:
    """Return the books with one of these days in three of four rows, in every column of days or moments."""
    frames = {name: snapshot.frame(name).copy() for name in snapshot}
    for frame in frames.values():
        for place, column in enumerate(frame.select_dtypes(["datetime", "datetimetz"]).columns):
            moment = isinstance(frame[column].dtype, pd.DatetimeTZDtype)
            for turn, day in enumerate(DAYS):
                value = min(day.tz_localize("UTC"), LAST_MOMENT) if moment else day
                frame.loc[(frame.index + place) % 4 == turn, column] = value
    return real(Snapshot.from_frames(frames, info=dict(snapshot.info)))


@pytest.mark.parametrize("page", [*PAGES, "payments.py"])
def test_every_page_stands_days_far_from_today(stage: Stage, page: str) -> None:
    stage.show(spoilt(whole()))
    visit = stage.open(page)
    assert not visit.exception
    assert not visit.error
    assert_clean(visit)


def test_a_customer_with_days_far_from_today_opens(stage: Stage) -> None:
    snapshot = stage.show(spoilt(whole()))
    owes = int(snapshot.frame("receivable_lines")["commercial_partner_id"].iloc[0])
    visit = stage.open("customers.py", customer=str(owes))
    for section in visit.get_by_key("section").options:
        visit.get_by_key("section").set_value(section).run()
        assert not visit.exception, section
        assert_clean(visit)


def told(stage: Stage, name: str, *odd: Odd) -> None:
    snapshot = books().snapshot()
    info = dict(snapshot.info) | {name: snapshot.info[name].with_odd(odd)}
    stage.show(real(Snapshot.from_frames({each: snapshot.frame(each) for each in snapshot}, info=info)))


def test_the_pages_of_a_dataset_name_model_field_number_and_first_record(stage: Stage) -> None:
    told(stage, "receivable_lines", Odd("unread", "account.move.line", "date_maturity", 3, (4711, 4712, 5000)))
    sentence = (
        "account.move.line: 3 values of date_maturity cannot be read and are left empty, the first in record 4711"
    )
    for page in ("arrears.py", "overview.py", "customers.py"):
        assert sentence in alerts(stage.open(page)).replace("\\", ""), page
    assert "date_maturity" not in alerts(stage.open("services.py")).replace("\\", "")


@pytest.mark.parametrize("name", ["currencies", "accounts"])
def test_what_is_joined_into_a_page_is_told_there_too(stage: Stage, name: str) -> None:
    told(stage, name, Odd("unread", "res.x", "x_name", 1, (7,)))
    assert "res.x: 1 value of x_name" in alerts(stage.open("arrears.py")).replace("\\", "")


def test_many_odd_fields_take_one_box_and_are_counted(stage: Stage) -> None:
    told(stage, "receivable_lines", *(Odd("unread", "account.move.line", f"x_{at}", 1, (7,)) for at in range(9)))
    visit = stage.open("arrears.py")
    boxes = [box for box in visit.warning if box.proto.title == "Odd values in Odoo"]
    assert len(boxes) == 1
    assert boxes[0].value.count("\n") == freshness.ODD_SHOWN
    assert f"{9 - freshness.ODD_SHOWN} other fields" in boxes[0].value


def badge(visit: AppTest) -> str:
    return next(one.value for one in visit.markdown if "-badge[" in one.value and "Read " in one.value)


@pytest.mark.parametrize("page", ["overview.py", "arrears.py", "tickets.py"])
def test_nothing_is_up_to_date_beside_a_failed_sync(provider: Stage, page: str) -> None:
    assert "Up to date" in badge(provider.open(page))
    provider.runner.last_error = OdooUnreachableError("Odoo does not answer.")
    visit = provider.open(page)
    assert "The last sync failed" in alerts(visit)
    assert "Up to date" not in badge(visit)
    assert "Not updated" in badge(visit)


def test_nor_while_it_is_tried_again_nor_beside_a_damaged_copy(provider: Stage) -> None:
    provider.runner.last_error = OdooUnreachableError("Odoo does not answer.")
    provider.runner._idle.clear()
    assert "Up to date" not in badge(provider.open("arrears.py"))
    provider.runner._idle.set()
    provider.runner.last_error = None
    provider.store.notice = "The newest snapshot on disk is damaged; the one before is shown until the next full sync."
    assert "Up to date" not in badge(provider.open("arrears.py"))


def test_a_fault_of_our_own_names_dataset_and_model_on_the_page(
    provider: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_more: object) -> None:
        with naming("receivable_lines", {"receivable_lines": "account.move.line"}):
            raise KeyError("date_maturity")

    monkeypatch.setattr("odoo_client.sync.background.run_sync", fail)
    assert provider.runner.run_once() is None
    error = provider.runner.last_error
    assert error is not None
    assert isinstance(error.__cause__, KeyError)
    visit = provider.open("arrears.py")
    assert "receivable_lines (account.move.line)" in alerts(visit).replace("\\", "")
    assert "Up to date" not in badge(visit)


def test_a_table_with_such_days_is_exported(stage: Stage) -> None:
    frame = pd.DataFrame({"Due": pd.Series([*DAYS, pd.NaT]).astype("datetime64[s]"), "Number": list("abcd")})
    assert exports.safe_frame(frame)["Due"].tolist() == ["0026-11-15", "0001-01-02", "9999-12-31", ""]
