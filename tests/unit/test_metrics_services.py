"""Subscribers by technology and month: new, lost, moved, replaced, and churn."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from odoo_client.metrics.services import (
    FLOWS_IN,
    FLOWS_OUT,
    service_movements,
    services_by_month,
    summarise_services,
    undated,
)
from odoo_client.store.snapshot import Snapshot
from tests.builders import USD, ZWG, snapshot

TODAY = date(2026, 11, 22)


def service(number: int, partner: int, technology: str, start: str, end: str = "", **more: Any) -> dict[str, Any]:
    ends = pd.Timestamp(end) if end else pd.NaT
    status = "ended" if end and ends < pd.Timestamp(TODAY) else "active"
    record = {"service_id": f"s:{number}", "record_id": number, "commercial_partner_id": partner, "status": status}
    record |= {"technology": technology, "start_date": pd.Timestamp(start) if start else pd.NaT, "end_date": ends}
    return record | {"company_id": 1, "currency_id": USD} | more


def months(services: list[dict[str, Any]], first: date = date(2026, 9, 1), **more: Any) -> pd.DataFrame:
    """Return the summary by month and technology, indexed by ("2026-09", "fibre")."""
    summary = summarise_services(services_by_month(snapshot(services=services), first, TODAY, **more))
    return summary.set_index([summary["month"].dt.strftime("%Y-%m"), summary["technology"].astype("str")])


def test_a_month_opens_gains_loses_and_closes() -> None:
    table = months(
        [
            service(1, 10, "fibre", "2025-01-01"),
            service(2, 11, "fibre", "2025-01-01", "2026-10-15"),
            service(3, 12, "fibre", "2026-10-03"),
            service(4, 13, "fibre", "2026-10-04"),
        ]
    )
    october = table.loc[("2026-10", "fibre")]
    assert october[["opening", "new", "lost", "closing", "net_adds"]].tolist() == [2, 2, 1, 3, 1]
    assert october["churn_rate"] == 1 / 2.5
    assert table.loc[("2026-09", "fibre")][["opening", "new", "lost", "closing"]].tolist() == [2, 0, 0, 2]


def test_a_service_that_ends_on_the_last_day_of_a_month_is_lost_in_that_month() -> None:
    table = months([service(1, 10, "fibre", "2025-01-01", "2026-09-30")])
    assert table.loc[("2026-09", "fibre"), "lost"] == 1
    assert table.loc[("2026-10", "fibre"), "opening"] == 0


@pytest.mark.parametrize(("end", "lost"), [("2026-11-21", 1), ("2026-11-22", 0), ("2026-12-31", 0)])
def test_an_end_today_or_later_has_not_happened_yet(end: str, lost: int) -> None:
    table = months([service(1, 10, "fibre", "2025-01-01", end)])
    assert table.loc[("2026-11", "fibre"), "lost"] == lost
    assert table.loc[("2026-11", "fibre"), "closing"] == 1 - lost


def test_a_service_that_starts_after_today_does_not_count_yet() -> None:
    later = service(1, 10, "fibre", "2026-11-23", status="upcoming")
    assert services_by_month(snapshot(services=[later]), date(2026, 9, 1), TODAY).empty


def test_another_technology_within_31_days_is_a_migration_and_no_churn() -> None:
    table = months([service(1, 10, "fibre", "2025-01-01", "2026-09-20"), service(2, 10, "starlink", "2026-10-21")])
    assert table.loc[("2026-09", "fibre"), ["lost", "migrated_out", "churn_rate"]].tolist() == [0, 1, 0.0]
    assert table.loc[("2026-10", "starlink"), ["new", "migrated_in", "net_adds"]].tolist() == [0, 1, 0]
    assert table["migrated_in"].sum() == table["migrated_out"].sum()


def test_after_32_days_it_is_one_lost_and_one_new() -> None:
    table = months([service(1, 10, "fibre", "2025-01-01", "2026-09-20"), service(2, 10, "starlink", "2026-10-22")])
    assert table.loc[("2026-09", "fibre"), "lost"] == 1
    assert table.loc[("2026-10", "starlink"), "new"] == 1


def test_the_window_is_a_setting() -> None:
    services = [service(1, 10, "fibre", "2025-01-01", "2026-09-20"), service(2, 10, "starlink", "2026-10-22")]
    assert months(services, window_days=32).loc[("2026-09", "fibre"), "lost"] == 0


def test_a_new_technology_that_started_before_the_old_one_ended_is_a_migration_too() -> None:
    table = months([service(1, 10, "fibre", "2025-01-01", "2026-10-20"), service(2, 10, "starlink", "2026-10-01")])
    assert table.loc[("2026-10", "fibre"), ["lost", "migrated_out"]].tolist() == [0, 1]


def test_pitfall_12_only_the_same_commercial_partner_migrates() -> None:
    services = [service(1, 10, "fibre", "2025-01-01", "2026-09-20"), service(2, 11, "starlink", "2026-09-21")]
    assert months(services).loc[("2026-09", "fibre"), "lost"] == 1
    nobody = [one | {"commercial_partner_id": 0} for one in services]
    assert months(nobody).loc[("2026-09", "fibre"), "lost"] == 1


def test_one_new_service_takes_the_place_of_one_lost_not_of_two() -> None:
    table = months(
        [
            service(1, 10, "fibre", "2025-01-01", "2026-10-01"),
            service(2, 10, "wireless", "2025-01-01", "2026-10-05"),
            service(3, 10, "starlink", "2026-10-06"),
        ]
    )
    assert table.loc[("2026-10", "wireless"), ["lost", "migrated_out"]].tolist() == [0, 1], "the nearer one"
    assert table.loc[("2026-10", "fibre"), ["lost", "migrated_out"]].tolist() == [1, 0]


def test_the_same_technology_again_is_a_replacement_neither_lost_nor_new() -> None:
    """A renewed contract line, or a larger plan of the same technology."""
    table = months(
        [
            service(1, 10, "fibre", "2025-01-01", "2026-09-30"),
            service(2, 10, "starlink", "2026-10-01"),
            service(3, 10, "fibre", "2026-10-20"),
        ]
    )
    assert table.loc[("2026-09", "fibre"), ["lost", "replaced_out"]].tolist() == [0, 1]
    assert table.loc[("2026-10", "fibre"), ["new", "replaced_in"]].tolist() == [0, 1]
    assert table.loc[("2026-10", "starlink"), ["new", "migrated_in"]].tolist() == [1, 0], "an additional service"


def test_a_second_service_that_ends_before_the_first_took_nobodys_place() -> None:
    trial = [
        service(1, 10, "fibre", "2026-09-01", "2026-10-20"),
        service(2, 10, "starlink", "2026-10-01", "2026-10-10"),
    ]
    table = months(trial)
    assert table.loc[("2026-10", "fibre"), "lost"] == 1
    assert table.loc[("2026-10", "starlink"), ["new", "lost"]].tolist() == [1, 1]


def test_a_service_that_was_there_first_is_no_successor() -> None:
    older = [service(1, 10, "fibre", "2026-09-25", "2026-10-20"), service(2, 10, "starlink", "2026-09-24")]
    assert months(older).loc[("2026-10", "fibre"), "lost"] == 1


def test_the_movement_of_each_service_can_be_listed() -> None:
    moved = service_movements(
        snapshot(
            services=[
                service(1, 10, "fibre", "2025-01-01", "2026-09-20"),
                service(2, 10, "starlink", "2026-09-21"),
                service(3, 11, "fibre", ""),
            ]
        )
    )
    assert moved["left_as"].tolist() == ["migrated", "", ""]
    assert moved["came_as"].tolist() == ["new", "migrated", ""]
    assert moved["successor_id"].tolist() == ["s:2", "", ""]


def test_services_without_a_start_were_there_before_and_those_ended_without_a_date_are_counted_apart() -> None:
    services = [service(1, 10, "fibre", ""), service(2, 11, "fibre", "2026-01-01", status="ended")]
    september = months(services).loc[("2026-09", "fibre")]
    assert september[["opening", "new", "closing"]].tolist() == [1, 0, 1]
    assert undated(snapshot(services=services)) == 1


def test_a_service_that_ended_before_it_began_never_was() -> None:
    cancelled = service(1, 10, "fibre", "2026-10-10", "2026-10-01")
    assert services_by_month(snapshot(services=[cancelled]), date(2026, 9, 1), TODAY).empty


def test_pitfall_20_churn_without_a_base_is_not_meaningful() -> None:
    table = months([service(1, 10, "fibre", "2026-11-03")])
    assert np.isnan(table.loc[("2026-09", "fibre"), "churn_rate"])


def test_the_last_closing_equals_what_is_active_and_paused_now() -> None:
    services = [
        service(1, 10, "fibre", "2025-01-01"),
        service(2, 11, "fibre", "2026-10-01", status="paused"),
        service(3, 12, "fibre", "2026-10-01", "2026-11-01"),
        service(4, 13, "starlink", "2026-12-01", status="upcoming"),
    ]
    assert months(services).loc[("2026-11", "fibre"), "closing"] == 2


def test_every_month_balances_and_opens_as_the_one_before_closed(random_services: Snapshot) -> None:
    table = services_by_month(random_services, date(2025, 3, 10), TODAY)
    incoming, outgoing = table[list(FLOWS_IN)].sum(axis=1), table[list(FLOWS_OUT)].sum(axis=1)
    assert (table["opening"] + incoming - outgoing == table["closing"]).all()
    by = ["company_id", "currency_id", "technology"]
    before = table.groupby(by, observed=True)["closing"].shift(1)
    assert (before.dropna() == table.loc[before.notna(), "opening"]).all()
    assert table["month"].nunique() == 21


def test_closings_equal_a_plain_count(random_services: Snapshot) -> None:
    services = random_services.frame("services")
    table = services_by_month(random_services, date(2025, 3, 1), TODAY)
    for month, rows in table.groupby("month"):
        after = month + pd.offsets.MonthBegin(1)
        ended = services["end_date"].notna() & (services["end_date"] < min(after, pd.Timestamp(TODAY)))
        started = services["start_date"] < min(after, pd.Timestamp(TODAY) + pd.Timedelta(days=1))
        assert rows["closing"].sum() == (started & ~ended).sum()


def test_migrations_sum_to_zero_and_pair_only_what_may_be_paired(random_services: Snapshot) -> None:
    moved = service_movements(random_services)
    assert (moved["left_as"] == "migrated").sum() == (moved["came_as"] == "migrated").sum() > 0
    assert (moved["left_as"] == "replaced").sum() == (moved["came_as"] == "replaced").sum() > 0
    pairs = moved[moved["successor_id"] != ""].merge(moved, left_on="successor_id", right_on="service_id")
    assert (pairs["commercial_partner_id_x"] == pairs["commercial_partner_id_y"]).all()
    assert ((pairs["start_date_y"] - pairs["end_date_x"]).abs() <= pd.Timedelta(days=31)).all()
    assert pairs["service_id_y"].is_unique
    same = pairs["technology_x"].astype("str") == pairs["technology_y"].astype("str")
    assert (same == (pairs["left_as_x"] == "replaced")).all()


@pytest.fixture(scope="module")
def random_services() -> Snapshot:
    """Six hundred services of two hundred customers."""
    rng = np.random.default_rng(3)
    services = []
    for number in range(600):
        start = pd.Timestamp("2024-06-01") + pd.Timedelta(days=int(rng.integers(0, 900)))
        end = start + pd.Timedelta(days=int(rng.integers(0, 400)))
        over = rng.random() < 0.6
        services.append(
            service(
                number,
                int(rng.integers(1, 200)),
                ("fibre", "wireless", "starlink")[number % 3],
                str(start.date()),
                str(end.date()) if over else "",
                currency_id=(USD, ZWG)[number % 2],
                company_id=1 + number % 2,
            )
        )
    return snapshot(services=services)
