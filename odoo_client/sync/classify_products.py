"""The one rule for "which technology is this product, and is it a service": the settings' table (design decision 9)."""

from __future__ import annotations

import re

import pandas as pd

from odoo_client.config import Settings
from odoo_client.metrics import labels

#: The technologies a product may be of, "" = none.
TECHNOLOGIES = tuple(labels.TECHNOLOGIES)
#: Every service is unlimited; no data balance exists anywhere.
UNLIMITED = "Unlimited"


def classify(products: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """Return `products` with `technology` (category dtype, "" = unmapped) and `is_service` (bool).

    Each rule looks at the category first, then at the name; the first rule that matches wins. What the settings call
    not a service (kits, routers, fees) keeps its technology but does not count as a service.
    """
    technology = pd.Series("", index=products.index, dtype="str")
    for column in ("category", "name"):
        for rule in settings.technology_rules:
            pattern = rule.category if column == "category" else rule.name
            if pattern:
                technology = technology.mask(_matches(products[column], pattern) & (technology == ""), rule.technology)
    return products.assign(
        technology=pd.Categorical(technology, categories=TECHNOLOGIES),
        is_service=(technology != "") & ~not_services(products, settings),
    )


def not_services(products: pd.DataFrame, settings: Settings) -> pd.Series:
    """Return which products are not services by the settings, by name or category: kits, routers, fees."""
    pattern = settings.not_service_pattern
    return _matches(products["name"], pattern) | _matches(products["category"], pattern)


def _matches(texts: pd.Series, pattern: str) -> pd.Series:
    """Return whether `pattern` is found anywhere in each text, in any case."""
    search = re.compile(pattern, re.IGNORECASE).search
    return pd.Series([search(text) is not None for text in texts], index=texts.index, dtype=bool)
