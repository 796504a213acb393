"""What Odoo's own database says, in SQL written without looking at the frames.

Past days go forward (what a line was booked with, less what was matched until the day), where the client goes
backward from today's residual: two ways that must meet.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from tests.real_odoo.seed.plan import PLANS
from tests.real_odoo.server import RealOdoo

BUCKETS = ("not_due", "1_30", "31_60", "61_90", "91_120", "over_120", "unallocated")
Key = tuple[int, int, int, str]
"""Company, currency, commercial partner (0 = no customer), bucket."""

_BUCKET = """
    case when open_amount < 0 then 'unallocated' when late <= 0 then 'not_due' when late <= 30 then '1_30'
         when late <= 60 then '31_60' when late <= 90 then '61_90' when late <= 120 then '91_120'
         else 'over_120' end"""
_MATCHED = """
    coalesce((select sum(r.debit_amount_currency) from account_partial_reconcile r
              where r.debit_move_id = l.id and r.max_date <= %(day)s), 0)
  - coalesce((select sum(r.credit_amount_currency) from account_partial_reconcile r
              where r.credit_move_id = l.id and r.max_date <= %(day)s), 0)"""


def receivable_accounts(server: RealOdoo) -> str:
    """The condition on ``account_account a`` that makes it an account of what customers owe."""
    if server.major < 16:
        return "a.internal_type = 'receivable'"
    return "a.account_type = 'asset_receivable' and a.non_trade is not true"


def paid_by_customers(server: RealOdoo, payment: str) -> str:
    """The condition on an ``account_payment`` of that alias that makes it a customer's money."""
    of_customers = f"{payment}.partner_type = 'customer'"
    if server.major < 16:
        return of_customers
    return f"""{of_customers} and not exists (
        select 1 from account_account d where d.id = {payment}.destination_account_id and d.non_trade)"""


def arrears(server: RealOdoo, day: date, *, stored: bool) -> dict[Key, Decimal]:
    """Open receivables by company, currency, commercial partner and bucket at the end of ``day``.

    ``stored`` takes Odoo's residual of now; otherwise it is the booked amount less what was matched until the day.
    """
    open_amount = "l.amount_residual_currency" if stored else f"l.amount_currency - ({_MATCHED})"
    rows = server.sql(
        f"""
        with open_line as (
            select l.company_id, l.currency_id, coalesce(p.commercial_partner_id, 0) as owner,
                   {open_amount} as open_amount, %(day)s::date - coalesce(l.date_maturity, l.date) as late
              from account_move_line l
              join account_account a on a.id = l.account_id
              join account_move m on m.id = l.move_id
              left join res_partner p on p.id = l.partner_id
             where {receivable_accounts(server)} and m.state = 'posted' and l.date <= %(day)s
        )
        select company_id, currency_id, owner, {_BUCKET} as bucket, sum(open_amount)
          from open_line where abs(open_amount) >= 0.005 group by 1, 2, 3, 4
        """,
        {"day": day},
    )
    return {(company, currency, owner, bucket): cents(amount) for company, currency, owner, bucket, amount in rows}


def under_review(server: RealOdoo, day: date, timezone: str) -> dict[tuple[int, int, int], tuple[Decimal, int]]:
    """Draft inbound customer payments entered by the end of ``day`` in ``timezone``: their sum and number.

    By company, currency and commercial partner (0 = nobody's). Up to 17 a payment's state and company are its entry's.
    """
    entry = "" if server.major >= 18 else "join account_move m on m.id = y.move_id"
    owner = "y" if server.major >= 18 else "m"
    rows = server.sql(
        f"""
        select {owner}.company_id, y.currency_id, coalesce(p.commercial_partner_id, 0), sum(y.amount), count(*)
          from account_payment y {entry} left join res_partner p on p.id = y.partner_id
         where {owner}.state = 'draft' and y.payment_type = 'inbound' and y.partner_type = 'customer'
           and (y.create_date at time zone 'UTC' at time zone %(timezone)s)::date <= %(day)s
         group by 1, 2, 3
        """,
        {"day": day, "timezone": timezone},
    )
    return {tuple(key): (cents(amount), number) for *key, amount, number in rows}


def draft_entries(server: RealOdoo) -> set[int]:
    """The entries of draft payments, which they have up to 17."""
    rows = server.sql(
        """select m.id from account_move m join account_move_line l on l.move_id = m.id
            where m.state = 'draft' and l.payment_id is not null"""
    )
    return {move for (move,) in rows}


def cents(amount: Any) -> Decimal:
    """An amount from SQL or from a frame, to the cent."""
    return Decimal(str(amount)).quantize(Decimal("0.01"))


def technology_of_product(server: RealOdoo) -> dict[int, str]:
    """Product id → technology, as the seed meant it (not as patterns read it)."""
    name = "t.name ->> 'en_US'" if server.major >= 16 else "t.name"
    rows = server.sql(f"select p.id, {name} from product_product p join product_template t on t.id = p.product_tmpl_id")
    meant = {plan.name: plan.technology for plan in PLANS}
    return {product: meant.get(named, "") for product, named in rows}


def currency_codes(server: RealOdoo) -> dict[int, str]:
    """Currency id → ``USD`` or ``ZWG`` (Odoo 19 says ZIG)."""
    return {key: {"ZIG": "ZWG"}.get(name, name) for key, name in server.sql("select id, name from res_currency")}
