"""The tenants the tests use: which Odoo series, which modules, what is filled in."""

from __future__ import annotations

from dataclasses import dataclass

from tests.real_odoo.series import ODOO_14, ODOO_19, Series

OCA_14_REPORT = "account_financial_report"


@dataclass(frozen=True)
class Tenant:
    """One database to be made: ``name`` picks what the seed fills in."""

    name: str
    series: Series
    modules: tuple[str, ...]

    @property
    def full(self) -> bool:
        """True for tenants with stock, helpdesk and contracts; the lean one has tasks and orders only."""
        return "contract" in self.modules


FULL_19 = Tenant(
    "full19", ODOO_19, ("account", "sale_management", "sale_stock", "project", "helpdesk_mgmt", "contract")
)
LEAN_19 = Tenant("lean19", ODOO_19, ("account", "sale_management", "project"))
FULL_14 = Tenant(
    "full14",
    ODOO_14,
    (
        *("l10n_generic_coa", "account", "sale_management", "sale_stock", "project", "helpdesk_mgmt", "contract"),
        OCA_14_REPORT,
    ),
)
TENANTS: tuple[Tenant, ...] = (FULL_19, FULL_14, LEAN_19)


def tenant(name: str) -> Tenant:
    """The tenant called ``name``; raises LookupError naming the ones there are."""
    for candidate in TENANTS:
        if candidate.name == name:
            return candidate
    raise LookupError(f"No tenant {name!r}; there are {', '.join(each.name for each in TENANTS)}.")
