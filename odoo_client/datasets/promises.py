"""Promises to pay: activities on customers whose summary says so, whoever entered them, here or in Odoo.

Model `mail.activity` on `res.partner`, summary "Promise to pay USD 120.00". Frame promises: promise_id, partner_id,
user_id (who is to look after it), author_id (the user who entered it), day (its last day), summary, created (UTC),
done_on (the day it was marked as done; NaT = it was not); derived: commercial_partner_id, currency_id and amount as the
summary says (0 and 0.0 where it cannot be read: such a row counts nowhere), made_on (the day it was entered, where the
provider is), kept_on (the day on which as much was paid; NaT = not by the end of its day).

From 19 on an activity that is marked as done stays in Odoo. Before, Odoo deletes it, and with it the promise (17 and
18: unless its type says "Keep Done"): then `done_on` is what the frame lacks. One that is cancelled is deleted
everywhere.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from odoo_client.datasets.base import Dataset, Missing, Plan, Probe, build_plan, column
from odoo_client.rpc.columns import Domain

#: How the summary of a promise begins.
PREFIX = "Promise to pay "
#: A whole summary: currency and amount, as `actions.promises` writes it.
SUMMARY = rf"^{PREFIX}(?P<code>[A-Za-z]{{3}}) (?P<amount>\d{{1,13}}(?:\.\d{{1,6}})?)\s*$"
NO_ACTIVITIES = "This Odoo has no activities, so there are no promises to pay: install Discuss (mail) in Odoo."

COLUMNS = (
    column("promise_id", "id", "id"),
    column("partner_id", "id", "res_id"),
    column("user_id", "id"),
    column("author_id", "id", "create_uid"),
    column("day", "date", "date_deadline"),
    column("summary", "text"),
    column("created", "datetime", "create_date"),
    column("done_on", "date", "date_done", lacks="done_on"),
)


def _customer_domain(partner_ids: list[int]) -> Domain:
    return [["res_id", "in", list(partner_ids)]]


def plan(probe: Probe) -> Plan | Missing:
    """Return the plan for promises; it tells how many summaries cannot be read."""
    currencies = probe.frames.get("currencies", pd.DataFrame({"currency_id": [], "code": [], "name": []}))

    def told(frame: pd.DataFrame) -> tuple[str, ...]:
        unread = frame.loc[parsed(frame["summary"], currencies)["currency_id"] == 0, "summary"]
        if unread.empty:
            return ()
        what = "promise to pay is" if len(unread) == 1 else "promises to pay are"
        return (
            f"{len(unread)} {what} not counted, because the summary in Odoo is not written as "
            f"“{PREFIX}USD 120.00”: {str(unread.iloc[0])[:80]!r}.",
        )

    found = build_plan(
        probe,
        "mail.activity",
        COLUMNS,
        [["res_model", "=", "res.partner"], ["summary", "=like", f"{PREFIX}%"]],
        missing=NO_ACTIVITIES,
        # A promise whose summary was changed into something else is seen leaving.
        changes_domain=[["res_model", "=", "res.partner"]],
        keep=lambda frame: frame["summary"].str.startswith(PREFIX),
        customer_domain=_customer_domain,
        paged=False,
        told=told,
    )
    if isinstance(found, Plan) and not found.lacks and _deletes_done(probe):
        return replace(found, lacks=("done_on",))
    return found


def _deletes_done(probe: Probe) -> bool:
    """Return whether Odoo deletes finished activities of some type: a choice in 17 and 18, "yes" by default."""
    types = "mail.activity.type"
    if not probe.has_field(types, "keep_done"):
        return False
    return probe.client.search_count(types, [["keep_done", "=", False]]) > 0


def parsed(summaries: pd.Series, currencies: pd.DataFrame) -> pd.DataFrame:
    """Return what each summary promises: currency_id int64 and amount float64, 0 and 0.0 where it cannot be read.

    A currency is known by the code it is shown under, else by Odoo's own name for it.
    """
    found = summaries.astype("str").str.extract(SUMMARY)
    code = found["code"].str.upper()
    known: dict[str, int] = {}
    for name in ("name", "code"):
        known |= dict(zip(currencies[name].astype("str").str.upper(), currencies["currency_id"], strict=True))
    currency_id = code.map(known).fillna(0).astype("int64")
    amount = pd.to_numeric(found["amount"], errors="coerce").fillna(0.0).astype("float64")
    readable = (currency_id != 0) & (amount > 0)
    return pd.DataFrame({"currency_id": currency_id.where(readable, 0), "amount": amount.where(readable, 0.0)})


DATASETS = (Dataset("promises", "activities", plan, id_check="cycle"),)
