"""The drawing of the Products page: tiles, the catalogue, one product with its services, and what to map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import BoolArray, flags, floats, ints, is_code
from odoo_client.frames.groups import exact_sums
from odoo_client.metrics import labels
from odoo_client.metrics.catalogue import KINDS, PRICES, off_list, pattern_for, period_unknown, rule_for
from odoo_client.metrics.currencies import Currencies
from odoo_client.metrics.services import fee_known
from pages.ui import formats, freshness, links, tables
from pages.ui.amounts import Column
from pages.ui.explain import explain
from pages.ui.products.data import Catalogue
from pages.ui.products.filters import ProductFilters, described, of_choice, open_rows
from pages.ui.tiles import TILE_WIDTH_PX, tile
from pages.ui.view import View

PRODUCT_MODEL = "product.product"
#: The datasets that name the products sold.
SOLD_BY = ("order_lines", "invoice_lines")
#: This many products get their rule spelled out; more are in the table.
RULES_SHOWN = 3


@dataclass(frozen=True, eq=False)
class ProductsPage:
    """What the page's parts draw from: the view, the catalogue, the filters, and what they keep.

    `keep` leaves the choice of products and the kind open; `mask` is the table.
    """

    view: View
    found: Catalogue
    chosen: ProductFilters
    keep: BoolArray
    mask: BoolArray

    @property
    def words(self) -> dict[str, str]:
        """The filters that narrow the tiles, name to value."""
        return described(replace(self.chosen, shown="all", kinds=()), self.view.company_words)

    @property
    def services_absent(self) -> str:
        """Why services cannot be shown, "" when they can: the right to read products is not one to read services."""
        return freshness.absent(self.view, "services")

    def services(self, mask: BoolArray) -> BoolArray:
        """Return which active services are of the products of `mask`."""
        wanted = ints(self.found.products, "product_id")[mask]
        return np.isin(ints(self.found.prices, "product_id"), wanted)

    def revenue(self, services: BoolArray) -> list[str]:
        """Return the monthly fees of `services` in words, by currency."""
        prices = self.found.prices
        services = services & fee_known(prices)
        keys, codes = np.unique(ints(prices, "currency_id")[services], return_inverse=True)
        sums = exact_sums(codes, floats(prices, "monthly_fee")[services], len(keys))
        return [self.view.money(amount, key) for key, amount in zip(keys, sums, strict=True)]


def tiles(shown: ProductsPage) -> None:
    """Draw plans, services and revenue, Starlink packages, who is off the list price, and what no rule maps."""
    found, rows = shown.found, shown.found.products
    current = shown.keep & of_choice(found, "current")
    plans = current & is_code(rows, "kind", "plan")
    services = shown.services(current)
    loose = "" if shown.words else _without_product(shown)
    off = services & off_list(found.prices)
    other = int((services & is_code(found.prices, "price", "not_comparable")).sum())
    unmapped = shown.keep & flags(rows, "unmapped")
    starlink = plans & flags(rows, "starlink")
    why = shown.services_absent
    unknown = int((services & period_unknown(found.prices)).sum())
    with st.grid(3, min_column_width=TILE_WIDTH_PX, gap="small"):
        _tile(
            shown,
            "Plans",
            [formats.count(plans.sum())],
            ":material/sell:",
            "plans",
            int(plans.sum()),
            f"{formats.count((current & is_code(rows, 'kind', 'hardware')).sum())} more are hardware"
            + (f"; archived ones still in use: {why}" if why else ""),
            partial(open_rows, "current", "plan"),
        )
        _tile(
            shown,
            "Active services",
            [why or formats.count(services.sum())],
            ":material/router:",
            "active_services",
            None if why else int(services.sum()),
            "" if why else "of these products" + loose + _inferred(found),
            None if why else partial(open_rows, "current"),
        )
        _tile(
            shown,
            "Monthly revenue",
            [why] if why else shown.revenue(services) or [formats.NONE_SHOWN],
            ":material/autorenew:",
            "mrr",
            None if why else int(services.sum()),
            "" if why else "from active services (MRR), before tax" + loose + _unknown_words(unknown),
            None if why else partial(open_rows, "current"),
        )
        _tile(
            shown,
            "Starlink packages",
            [formats.count(starlink.sum())],
            ":material/satellite_alt:",
            "plans",
            int(starlink.sum()),
            f"active services: {why}" if why else formats.plural(int(shown.services(starlink).sum()), "active service"),
            _open_starlink,
        )
        customers = np.unique(ints(found.prices, "commercial_partner_id")[off])
        _tile(
            shown,
            "Off list price",
            [why or formats.count(len(customers))],
            ":material/price_change:",
            "off_list_customers",
            None if why else int(off.sum()),
            "" if why else _off_words(len(customers), int(off.sum()), other),
            None if why else partial(open_rows, "off_list"),
        )
        sold = int((unmapped & flags(rows, "sold")).sum())
        _tile(
            shown,
            "Unmapped products",
            [formats.count(unmapped.sum())],
            ":material/help_center:",
            "unmapped_products",
            int(unmapped.sum()),
            _sold_words(shown, sold) + _unknown_words(0 if why else unknown),
            partial(open_rows, "unmapped"),
        )


def _unknown_words(count: int) -> str:
    return f"; {formats.period_not_known(count)}" if count else ""


def _off_words(customers: int, services: int, other: int) -> str:
    words = f"{'customer' if customers == 1 else 'customers'} with {formats.plural(services, 'service')}"
    more = f"; {formats.plural(other, 'more is', 'more are')} in another currency than the list"
    return words + more if other else words


def _sold_words(shown: ProductsPage, sold: int) -> str:
    """Return how many unmapped products were sold lately, by orders and by invoices, each of which misses some."""
    orders, invoices = (freshness.absent(shown.view, name) for name in SOLD_BY)
    if orders and invoices:
        return f"sold in the last 12 months: {orders}"
    least = "at least " if orders or invoices else ""
    return f"{least}{formats.count(sold)} of them sold in the last 12 months"


def _tile(
    shown: ProductsPage,
    label: str,
    values: list[str],
    icon: str,
    key: str,
    rows: int | None,
    note: str,
    opens: Callable[[], None] | None,
) -> None:
    tile(
        label,
        values,
        icon=icon,
        note=note,
        open_label="Show them",
        on_open=opens,
        explanation=partial(explain, key, as_of=shown.view.today, filters=shown.words, rows=rows),
    )


def _open_starlink() -> None:
    open_rows("current", "plan")
    st.session_state["product_starlink"] = True


def _without_product(shown: ProductsPage) -> str:
    """Return a note on services that name no known product and so are in no row."""
    every = shown.services(np.ones(len(shown.found.products), dtype=np.bool_))
    count = int((~every).sum())
    return (
        f"; {formats.plural(count, 'service names', 'services name')} no product and count nowhere here"
        if count
        else ""
    )


def _inferred(found: Catalogue) -> str:
    return " (inferred from orders and invoices)" if found.inferred else ""


def rows_of(shown: ProductsPage, mask: BoolArray) -> pd.DataFrame:
    """Return the products of `mask` as the catalogue shows them: one column of monthly revenue a currency."""
    view, found = shown.view, shown.found
    rows = found.products[mask].reset_index(drop=True)
    starlink, plan = flags(rows, "starlink"), is_code(rows, "kind", "plan")
    table = pd.DataFrame(
        {
            "product_id": rows["product_id"],
            "name": rows["name"],
            "code": rows["code"],
            "kind": rows["kind"].astype("str").map(KINDS),
            "technology": rows["technology"].astype("str").map(labels.technology),
            "starlink": np.where(starlink & plan, "Package", np.where(starlink, "Kit", "")),
            "list_price": rows["list_price"],
            "currency": rows["currency_id"].map(view.code).astype("str"),
            "active_services": rows["active_services"],
        }
    )
    for currency_id in found.currency_ids:
        table[f"mrr_{currency_id}"] = rows["product_id"].map(found.revenue_in(currency_id)).astype("float64")
    return table.assign(
        off_list=rows["off_list_customers"],
        other_currency=rows["other_currency_services"],
        category=rows["category"],
        mapped=np.where(flags(rows, "unmapped"), "No rule", ""),
        sold=np.where(flags(rows, "sold"), "Yes", "not known" if freshness.absent(view, *SOLD_BY) else "No"),
        state=np.where(flags(rows, "active"), "Active", "Archived"),
        odoo=links.record_urls(view.snapshot.meta, PRODUCT_MODEL, rows["product_id"]),
    )


def columns_of(shown: ProductsPage, rows: pd.DataFrame) -> dict[str, Column]:
    """Return the catalogue's columns in order; what no product has is left out."""
    columns: dict[str, Column] = {
        "name": st.column_config.TextColumn("Product", pinned=True, width=200),
        "code": "Code",
        "kind": "Kind",
        "technology": "Technology",
        "starlink": st.column_config.TextColumn("Starlink", help="A Starlink package, or a kit for one"),
        "list_price": tables.money_column("List price", "Before tax"),
        "currency": st.column_config.TextColumn("Currency", width=80),
        "active_services": tables.count_column("Active services"),
    }
    for currency_id in shown.found.currency_ids:
        code = shown.view.code(currency_id)
        columns[f"mrr_{currency_id}"] = tables.money_column(
            f"Monthly, {code}", "Monthly fees of its active services", code=code
        )
    columns |= {
        "off_list": tables.count_column("Customers off list", "Customers paying another price than the list"),
        "other_currency": tables.count_column(
            "In another currency", "Services priced in another currency: not compared"
        ),
        "category": "Category",
        "mapped": st.column_config.TextColumn("Rule", help="No rule of the settings knows this product"),
        "sold": st.column_config.TextColumn("Sold, 12 months"),
        "state": "In Odoo",
    }
    if not (rows["other_currency"] > 0).any():
        columns.pop("other_currency")
    if shown.services_absent:
        for name in ("active_services", "off_list"):
            columns.pop(name)
    if rows["odoo"].ne("").any():
        columns["odoo"] = tables.link_column("Odoo")
    return columns


def service_rows(shown: ProductsPage, mask: BoolArray) -> pd.DataFrame:
    """Return the active services of `mask` with their fee beside the list price."""
    view, rows = shown.view, shown.found.prices[mask].reset_index(drop=True)
    comparable = is_code(rows, "price", "list", "off_list")
    dearer = floats(rows, "unit_fee") - floats(rows, "list_price")
    less = Currencies.of(view.snapshot).round(dearer, ints(rows, "currency_id"))
    return pd.DataFrame(
        {
            "partner_id": rows["commercial_partner_id"],
            "customer": rows["customer"],
            "service": rows["name"],
            "fee": rows["monthly_fee"],
            "quantity": rows["quantity"],
            "unit_fee": rows["unit_fee"],
            "currency": rows["currency_id"].map(view.code).astype("str"),
            "list_price": rows["list_price"],
            "list_currency": rows["list_currency_id"].map(view.code).astype("str"),
            "difference": pd.Series(less, index=rows.index).where(comparable),
            "price": rows["price"].astype("str").map(PRICES),
            "start": rows["start_date"],
            "odoo": [
                links.record_url(view.snapshot.meta, str(model), int(key))
                for model, key in zip(rows["model"], rows["record_id"], strict=True)
            ],
        }
    )


def service_columns(rows: pd.DataFrame) -> dict[str, Column]:
    """Return the columns of the services beside their list price."""
    columns: dict[str, Column] = {
        "customer": st.column_config.TextColumn("Customer", pinned=True, width=190),
        "service": st.column_config.TextColumn("Service", width=190),
        "fee": tables.money_column("Monthly fee", "Before tax"),
        "quantity": st.column_config.NumberColumn("Quantity"),
        "unit_fee": tables.money_column("Fee for one"),
        "currency": st.column_config.TextColumn("Currency", width=80),
        "list_price": tables.money_column("List price", currency="list_currency"),
        "list_currency": st.column_config.TextColumn("List currency"),
        "difference": tables.money_column("Fee less list"),
        "price": "Price",
        "start": tables.date_column("Start"),
    }
    if (rows["quantity"] == 1).all():
        columns.pop("quantity")
        columns.pop("unit_fee")
    if (rows["currency"] == rows["list_currency"]).all():
        columns.pop("list_currency")
    if rows["odoo"].ne("").any():
        columns["odoo"] = tables.link_column("Odoo")
    return columns


def mapping_help(shown: ProductsPage) -> None:
    """Say which setting maps the unmapped products of the table, with entries to copy."""
    rows = shown.found.products[shown.mask & flags(shown.found.products, "unmapped")]
    if rows.empty:
        return
    with st.container(border=True):
        st.markdown(
            ":material/settings: **How to map a product.** A service: put an entry like one of these in front of the "
            "rules of the setting `TECHNOLOGY_RULES`, with its technology (`fibre`, `wireless` or `starlink`). The "
            "setting replaces the built-in rules, so keep those you need. No service, such as a fee: add its pattern "
            "to `NOT_SERVICE_PATTERN`, after a `|`. Then restart; the next full sync uses it."
        )
        sold_first = rows.sort_values(["sold", "active_services"], ascending=False, kind="stable")
        names = sold_first["name"].head(RULES_SHOWN)
        st.code("\n".join(rule_for(name) for name in names), language="json", wrap_lines=True)
        st.code("|".join(pattern_for(name) for name in names), language="text", wrap_lines=True)
        if len(rows) > RULES_SHOWN:
            st.caption("Choose a product for its own rule.")
