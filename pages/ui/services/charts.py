"""The drawing of the Services page: one card for each technology, charts over months, and the list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import IntArray, is_code
from odoo_client.frames.groups import by_id
from odoo_client.metrics import labels
from odoo_client.metrics.services import fee_known
from pages.ui import charts, formats, freshness, links, searching, tables
from pages.ui.amounts import Column
from pages.ui.explain import explain
from pages.ui.filters import ServiceFilters
from pages.ui.view import TECHNOLOGIES, Subscribers, View, of_companies, service_list

ICONS: Mapping[str, str] = {
    "starlink": ":material/satellite_alt:",
    "fibre": ":material/cable:",
    "wireless": ":material/cell_tower:",
}
CLEARED: Mapping[str, Mapping[str, object]] = {
    "Customer or service": {"service_q": ""},
    "Technology": {"service_technology": []},
    "Status": {"service_status": list(labels.SERVICE_STATUSES)},
    "City": {"service_city": []},
    "Company": {"company": "All companies"},
}


def side_by_side(view: View, subscribers: Subscribers) -> None:
    """Draw a card for each technology: active, MRR, and new, lost and net of the present month."""
    now, counts = subscribers.mrr, subscribers.counts
    for column, key in zip(st.columns(len(TECHNOLOGIES)), TECHNOLOGIES, strict=True):
        with column.container(border=True, height="stretch"):
            _card(view, key, now[now["technology"] == key], counts[counts["technology"] == key])
    if now["inferred"].any():
        st.caption(
            ":material/info: This Odoo has no subscriptions or contracts: services are **inferred** from confirmed "
            "orders and what was invoiced for them, so dates and states are estimates."
        )
    if subscribers.undated:
        st.caption(
            f":material/info: {formats.plural(subscribers.undated, 'ended service')} without an end date "
            "cannot be placed in a month and count in none."
        )


def _card(view: View, key: str, now: pd.DataFrame, counts: pd.DataFrame) -> None:
    name = TECHNOLOGIES[key]
    last = counts.sort_values("month").tail(1)
    net = int(last["net_adds"].sum())
    st.metric(
        f"{name}: active",
        formats.count(now["active"].sum()),
        delta=net if len(last) else None,
        delta_description="net this month",
        icon=ICONS[key],
        chart_data=counts.sort_values("month")["closing"].to_list() if len(counts) > 1 else None,
        chart_type="area",
        delta_color="off",
    )
    fees = [
        formats.plain(view.money(amount, currency_id))
        for currency_id, amount in by_id(now.groupby("currency_id")["mrr"].sum()).items()
        if amount
    ]
    st.markdown(f"**{formats.listed(fees) or formats.NONE_SHOWN}** a month")
    st.caption(
        f"This month: {formats.count(last['new'].sum())} new · {formats.count(last['lost'].sum())} lost · "
        f"{formats.count(last['migrated_in'].sum())} moved in · "
        f"{formats.count(last['migrated_out'].sum())} moved out · "
        f"churn {_share(last['churn_rate'])}"
    )
    if now["paused"].sum() if "paused" in now else 0:
        st.caption(f"{formats.count(now['paused'].sum())} paused")
    if unknown := int(now["unknown"].sum()):
        st.caption(formats.period_not_known(unknown))
    with st.container(horizontal=True):
        explain("active_services", as_of=view.today, filters={"Technology": name}, rows=int(now["active"].sum()))


def _share(rates: pd.Series) -> str:
    value = rates.iloc[0] if len(rates) else float("nan")
    return "not meaningful" if pd.isna(value) else f"{value:.1%}"


def charts_over_months(view: View, subscribers: Subscribers) -> None:
    """Draw new against lost for each technology, services by month, and revenue per service in each currency."""
    counts = subscribers.counts
    if counts.empty:
        return
    shown = {key: name for key, name in TECHNOLOGIES.items() if (counts["technology"] == key).any()}
    with st.grid(len(TECHNOLOGIES), min_column_width=260, gap="small"):
        for key, name in shown.items():
            _changes(counts[counts["technology"] == key].rename(columns={"net_adds": "net"}), key, name)
        with st.container(border=True):
            _title("Services at month end", partial(explain, "active_services", as_of=view.today))
            charts.draw(
                charts.month_lines(counts.assign(value=counts["closing"]), shown, "services"),
                f"Services at the end of each month for {formats.listed(shown.values())}",
                key="services_closing",
            )
        _revenue_charts(view, subscribers, shown)
    if why := freshness.absent(view, "invoices", "invoice_lines"):
        st.caption(f"Revenue per service, from what was invoiced: **{why}**.")


def _changes(rows: pd.DataFrame, key: str, name: str) -> None:
    with st.container(border=True):
        _title(f"{name}: new and lost", partial(explain, "net_adds", filters={"Technology": name}))
        charts.draw(
            charts.month_changes(rows),
            f"{name}: {formats.count(rows['new'].sum())} new and {formats.count(rows['lost'].sum())} lost services",
            key=f"services_changes_{key}",
        )


def _revenue_charts(view: View, subscribers: Subscribers, shown: Mapping[str, str]) -> None:
    each = subscribers.per_service.assign(value=subscribers.per_service["revenue_per_service"])
    for currency_id in sorted(each["currency_id"].unique()):
        code = view.code(currency_id)
        rows = each[(each["currency_id"] == currency_id) & each["value"].notna()]
        if rows.empty:
            continue
        with st.container(border=True):
            _title(f"{code} per service", partial(explain, "revenue_per_service", as_of=view.today, currency=code))
            charts.draw(
                charts.month_lines(rows, shown, code, decimals=view.decimals(currency_id)),
                f"Recurring revenue invoiced per service and month in {code}",
                key=f"services_revenue_{currency_id}",
            )


def _title(text: str, explanation: Callable[[], None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{text}**")
        explanation()


def services_of(view: View) -> pd.DataFrame:
    """Return the services of the companies chosen, by customer and name (see `service_list`)."""
    return of_companies(view, service_list(view))


def chosen_services(view: View, rows: pd.DataFrame, chosen: ServiceFilters) -> IntArray:
    """Return the positions of those of `rows` (see `services_of`) that the filters keep."""
    keep = np.ones(len(rows), dtype=np.bool_)
    for column, codes in (("technology", chosen.technologies), ("status", chosen.statuses), ("city", chosen.cities)):
        if codes:
            keep &= is_code(rows, column, *codes)
    if chosen.text.strip():
        keep &= searching.of_rows(view, chosen.text, rows, ("name",), "commercial_partner_id")
    return np.flatnonzero(keep)


def service_rows(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """Return `rows` of `services_of` with the columns of the list, in their order, and partner_id."""
    meta = view.snapshot.meta
    records = zip(rows["model"], rows["record_id"], strict=True)
    return pd.DataFrame(
        {
            "partner_id": rows["commercial_partner_id"],
            "customer": rows["customer"],
            "name": rows["name"],
            "technology": rows["technology"].astype("str").map(labels.technology),
            "status": rows["status"].astype("str").map(labels.service_status),
            "monthly_fee": rows["monthly_fee"],
            "currency": rows["currency_id"].map(view.code),
            "period": np.where(fee_known(rows), "", labels.PERIOD_NOT_KNOWN),
            "bandwidth": rows["bandwidth"],
            "usage": rows["usage"],
            "start_date": rows["start_date"],
            "next_billing_date": rows["next_billing_date"],
            "end_date": rows["end_date"],
            "city": rows["city"],
            "source": rows["source"].astype("str").map(labels.SERVICE_SOURCES),
            "odoo": [links.record_url(meta, str(model), int(key)) for model, key in records],
        }
    )


def service_columns(table: pd.DataFrame, *, periods: bool) -> dict[str, Column]:
    """Return the list's columns in order; `periods`: the period of some fee is not known."""
    columns: dict[str, Column] = {
        "customer": st.column_config.TextColumn("Customer", pinned=True, width=190),
        "name": st.column_config.TextColumn("Service", width=210),
        "technology": "Technology",
        "status": "Status",
        "monthly_fee": tables.money_column("Monthly fee", "Ex tax"),
        "currency": "Currency",
        "period": tables.period_column(),
        "bandwidth": "Bandwidth",
        "usage": "Usage",
        "start_date": tables.date_column("Start"),
        "next_billing_date": tables.date_column("Next billing"),
        "end_date": tables.date_column("End"),
        "city": "City",
        "source": st.column_config.TextColumn("From", help="Inferred: worked out from orders and invoices"),
    }
    if not periods:
        columns.pop("period")
    if table["odoo"].ne("").any():
        columns["odoo"] = tables.link_column("Odoo")
    return columns


def described(view: View, chosen: ServiceFilters) -> dict[str, str]:
    """Return the filters that narrow the list, name to value."""
    words = {
        "Company": view.company_words,
        "Technology": formats.listed(labels.technology(key) for key in chosen.technologies),
        "Status": formats.listed(labels.service_status(key) for key in chosen.statuses),
        "City": formats.listed(chosen.cities),
        "Customer or service": chosen.text,
    }
    return {name: value for name, value in words.items() if value}


def hiding(view: View, chosen: ServiceFilters) -> dict[str, str]:
    """Return those filters without which there would be services, else all in force, with their values."""
    words = described(view, chosen)
    words.pop("Company", None)
    if view.snapshot.frame("services").empty:
        return {}
    without = {
        "Technology": replace(chosen, technologies=()),
        "Status": replace(chosen, statuses=()),
        "City": replace(chosen, cities=()),
        "Customer or service": replace(chosen, text=""),
    }
    alone = {
        name: value for name, value in words.items() if len(chosen_services(view, services_of(view), without[name]))
    }
    if not alone and services_of(view).empty:
        return {"Company": formats.listed(view.company_names[key] for key in view.company_ids)}
    return alone or words
