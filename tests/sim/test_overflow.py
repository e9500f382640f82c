"""Sums of money that 64-bit cents do not hold stop a run, with the day; up to there all is exact."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from tests.oracle.worlds import SmallFirm
from tests.sim.firms import NOBODY_ORDERS, QUIET, change, figure, firm_paying, pays_from, poisson_orders, run
from twin.behaviour.belief import fixed
from twin.firm.plan import Campaign, Plan

MOST = 2**63 - 1


def buyers(mu: float, rate: float = 1.0, n: int = 1, **traits: float) -> SmallFirm:
    limit = float(2**62)
    return firm_paying(np.zeros(241), [poisson_orders(rate, amount_mu=mu, credit_limit=limit) | traits] * n)


def first_order(firm: SmallFirm) -> int:
    """Day of the first order of the same customers when they order a cent each time."""
    small = firm_paying(np.zeros(241), [poisson_orders(1.0, amount_mu=0.0)] * len(firm.customers))
    return int(np.flatnonzero(figure(run(small, 60), "orders"))[0])


@pytest.mark.parametrize("mu", [math.log(2.0**62) + 1e-9, 50.0, 300.0, 709.0, 800.0])
def test_an_order_beyond_64_bit_cents_stops_the_run_on_its_day(mu: float) -> None:
    firm = buyers(mu)
    with pytest.raises(
        OverflowError, match=rf"^day {first_order(firm)}: an order lifts what is owed beyond 64-bit cents"
    ):
        run(firm, 60)


def test_prices_lift_an_order_beyond_64_bit_cents_as_amounts_do() -> None:
    firm, who = buyers(math.log(1e16)), np.ones(1, bool)
    dear = Plan("dear", (change("price", "set", 100.0, who, 0),), (Campaign("x", 0, 60, who, amount=fixed(100.0)),))
    with pytest.raises(OverflowError, match=f"day {first_order(firm)}"):
        run(firm, 60, dear)


@pytest.mark.parametrize("power", [59, 60, 61])
def test_many_large_orders_stop_the_run_where_their_sum_would_pass_64_bit_cents(power: int) -> None:
    """Orders of about 2^power each, of 50 customers: so many as 2^63 - 1 holds are told to the cent, one more is
    not."""
    size = round(math.exp(math.log(2.0**power)))
    firm, fit = buyers(math.log(2.0**power), rate=0.02, n=50), (MOST - 1) // size
    small = firm_paying(np.zeros(241), [poisson_orders(0.02, amount_mu=0.0)] * 50)
    so_far = np.cumsum(figure(run(small, 60), "orders"))
    day = int(np.flatnonzero(so_far > fit)[0])
    assert day > 0
    with pytest.raises(OverflowError, match=f"^day {day}: "):
        run(firm, day + 1)
    assert run(firm, day).customers[:, 0].sum() == so_far[day - 1] * size


def test_orders_count_that_are_not_accepted() -> None:
    """Held at a limit of 0, so nothing is owed; what was ordered cannot be added up any more."""
    firm = buyers(math.log(2.0**61), rate=1.0, credit_limit=0.0)
    with pytest.raises(OverflowError, match="day"):
        run(firm, 60)


@pytest.mark.parametrize("items", [2, 3, 4])
def test_opening_items_beyond_64_bit_cents_are_refused(items: int) -> None:
    """Sums that wrap round to -2^63, -2^62 and 0."""
    firm = firm_paying(pays_from(0), [NOBODY_ORDERS], open_items=[(0, -30, 5, 2**62)] * items)
    with pytest.raises(OverflowError, match=f"the opening receivables, {items * 2**62} cents"):
        run(firm, 10)


def test_the_largest_opening_that_64_bit_cents_hold_is_collected_to_the_cent() -> None:
    items = [(0, -30, 2, 2**62), (0, -30, 2, 2**62 - 1)]
    outcome = run(firm_paying(pays_from(0), [NOBODY_ORDERS], open_items=items), 10)
    assert figure(outcome, "receivables")[0] == MOST
    assert figure(outcome, "receipts").sum() == figure(outcome, "cash")[-1] == MOST


def test_cash_that_leaves_the_range_stops_the_run() -> None:
    accounts = pd.DataFrame({"account_id": ["main"], "currency": ["EUR"], "balance_cents": [MOST]})
    firm = firm_paying(pays_from(0), [NOBODY_ORDERS], open_items=[(0, -30, 2, 5)], accounts=accounts, policy=QUIET)
    with pytest.raises(OverflowError, match="64-bit cents"):
        run(firm, 10)


def test_a_limit_beyond_all_sums_is_no_limit() -> None:
    """10^13 cents times 10^6 do not fit into 64 bits; nobody owes so much."""
    firm, who = buyers(math.log(1e4), credit_limit=1e13), np.ones(1, bool)
    wide = Plan("wide", (change("credit_limit", "scale", 1e6, who, 0),))
    assert np.array_equal(run(firm, 60, wide).measures, run(firm, 60).measures)


def test_opening_cash_beyond_64_bit_cents_is_refused() -> None:
    """Three accounts whose sum would wrap round."""
    accounts = pd.DataFrame({"account_id": [*"abc"], "currency": ["EUR"] * 3, "balance_cents": [2**62] * 3})
    with pytest.raises(OverflowError, match="64-bit cents"):
        run(firm_paying(pays_from(0), [NOBODY_ORDERS], accounts=accounts), 10)
