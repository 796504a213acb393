"""The figures of the Products page: the catalogue of the companies chosen, worked out once per snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from odoo_client.frames.arrays import Part, floats, ints
from odoo_client.frames.groups import Groups, positions, text_at
from odoo_client.metrics import catalogue
from odoo_client.metrics.ledger import NO_CUSTOMER
from odoo_client.store.narrowed import narrowed
from odoo_client.store.snapshot import Snapshot
from pages.ui.view import View


@dataclass(frozen=True, eq=False)
class Catalogue:
    """The products by name, their active services beside the list price, and what they bring in per month.

    `products`: the columns of `catalogue.catalogue`; `prices`: those of `catalogue.service_prices`, and customer str;
    `revenue`: product_id, currency_id, services, mrr. Services are those of the companies chosen.
    """

    products: pd.DataFrame
    prices: pd.DataFrame
    revenue: pd.DataFrame
    currency_ids: tuple[int, ...]
    inferred: bool

    def revenue_in(self, currency_id: int) -> dict[int, float]:
        """Return the monthly revenue in a currency, by product."""
        rows = self.revenue[ints(self.revenue, "currency_id") == currency_id]
        return dict(zip(rows["product_id"].tolist(), rows["mrr"].tolist(), strict=True))


def products_of(view: View) -> Catalogue:
    """Return the catalogue with the services of the companies chosen, worked out once for all sessions."""
    company_ids = None if view.whole else view.companies
    return _catalogue(view.key, view.today, company_ids, view.settings.not_service_pattern, view.snapshot)


@st.cache_resource(show_spinner=False, max_entries=4)
def _catalogue(
    snapshot_id: str, today: date, company_ids: tuple[int, ...] | None, not_service: str, _snapshot: Snapshot
) -> Catalogue:
    source: Snapshot | Part = _snapshot
    if company_ids is not None:
        chosen = np.array(company_ids, dtype=np.int64)
        source = narrowed(_snapshot, "company_id", chosen, "services", "orders", "invoices")
    prices = catalogue.service_prices(source)
    products = catalogue.catalogue(source, prices, today, not_service)
    customers = _snapshot.frame("customers")
    at = positions(ints(customers, "partner_id"), ints(prices, "commercial_partner_id"))
    prices = prices.assign(customer=text_at(customers, "name", at, NO_CUSTOMER).array)
    revenue = catalogue.product_revenue(prices)
    by_currency = Groups(revenue, ("currency_id",))
    shown = by_currency.keys.assign(mrr=by_currency.sum(floats(revenue, "mrr")))
    return Catalogue(
        products.sort_values(["name", "product_id"], key=_folded, ignore_index=True),
        prices.sort_values(["customer", "service_id"], ignore_index=True),
        revenue,
        tuple(int(key) for key in shown["currency_id"]),
        bool(source.frame("services")["inferred"].any()),
    )


def _folded(column: pd.Series) -> pd.Series:
    return column.str.casefold() if column.name == "name" else column
