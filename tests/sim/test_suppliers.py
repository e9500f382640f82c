from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.oracle.worlds import BELIEFS, SmallFirm, firm_of, habits_of
from tests.sim.firms import pays_from
from twin.behaviour.belief import fixed
from twin.firm.plan import Plan
from twin.sim.measures import COLUMN
from twin.sim.run import simulate
from twin.sim.suppliers import fixed_part, opening_payables

MARGIN_40 = {**BELIEFS, "value.contribution_margin": fixed(0.4), "treasury.supplier_days": fixed(30.0)}


def firm(outflows: int = 0, **other: object) -> SmallFirm:
    """One customer who orders about 1 EUR a day; margin 40 %, suppliers paid after 30 days."""
    customer = {"rate_shape": 1e9, "rate_days": 1e9, "amount_mu": np.log(100.0)}
    flows = pd.DataFrame({"name": ["all"], "day_of_month": [10], "cents": [outflows]}) if outflows else None
    return firm_of(
        [customer],
        habits=habits_of(np.array([pays_from(0)]), [0], [60.0]),
        held=MARGIN_40,
        **({"outflows": flows} if outflows else {}),
        **other,
    )


def drawn(of: SmallFirm) -> dict[str, float]:
    return {name: belief.centre for name, belief in of.beliefs.items()}


def test_what_is_sold_is_paid_to_suppliers_30_days_later() -> None:
    """The 120th day is a banking day, so all that was sold on the first 90 days is paid by then."""
    measures = simulate(firm(), Plan("as is"), days=120, seed=1, replication=0).measures
    sold, paid = measures[:, COLUMN["revenue"]], measures[:, COLUMN["purchases"]]
    cost = np.rint(sold * 0.6).astype(np.int64)
    assert sold.sum() > 0
    assert paid.sum() == cost[:90].sum()


def test_what_was_sold_before_the_first_day_is_still_to_be_paid() -> None:
    past = np.zeros(90, np.int64)
    past[-1], past[-30], past[-31] = 1_000, 500, 70_000
    due = opening_payables(firm(past_revenue=past), drawn(firm()), days=60)
    assert due[29] == 600
    assert due[0] == 300
    assert due.sum() == 900


def test_outflows_of_the_books_pay_for_purchases_and_the_rest_is_fixed() -> None:
    """100 cents a day are 3,041.67 a month; 60 % of it is bought; outflows of 3,650 leave half of them fixed."""
    of = firm(outflows=3_650)
    assert of.daily_revenue == pytest.approx(100.0)
    assert fixed_part(of, drawn(of)) == pytest.approx(0.5)


def test_outflows_too_small_for_the_purchases_leave_nothing_fixed() -> None:
    of = firm(outflows=100)
    assert fixed_part(of, drawn(of)) == 0.0


def test_a_lost_order_saves_what_it_would_have_cost() -> None:
    """With a margin of 40 %, cash moves by 40 % of the revenue that a closed credit line loses, once all is paid."""
    of = firm()
    shut = replace(of, customers=of.customers.assign(credit_limit=0))
    runs = [simulate(f, Plan("as is"), days=200, seed=3, replication=0).measures for f in (of, shut)]
    revenue, receipts, bought = (
        runs[0][:, COLUMN[name]].sum() - runs[1][:, COLUMN[name]].sum() for name in ("revenue", "receipts", "purchases")
    )
    assert runs[1][:, COLUMN["revenue"]].sum() == 0
    assert bought / revenue == pytest.approx(0.6 * 170 / 200, rel=0.15)
    assert receipts > bought > 0
