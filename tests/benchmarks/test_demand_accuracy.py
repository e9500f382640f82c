"""The demand benchmark: its figures by hand, its yardsticks on what they were made for, and that none of them peeks."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from benchmarks.demand import METHODS, Case, Seen, a_year_ago, figures, repeats_of
from benchmarks.yardsticks.bg_nbd import BgNbd, Repeats, fit_bg_nbd

CUT, UNTIL = date(2025, 6, 30), date(2025, 8, 31)


def seen(*rows: tuple[str, str]) -> Seen:
    orders = pd.DataFrame(rows, columns=["customer_id", "on"]).assign(cents=100)
    orders["on"] = pd.to_datetime(orders["on"])
    case = Case("none", lambda _: orders, CUT, UNTIL, "DE")
    return Seen(orders, pd.Index(sorted(orders["customer_id"].unique())), case)


def test_figures_by_hand() -> None:
    """Draws 1 and 3, then 0 and 0, of which 2 and 1 came true: CRPS 1 - 2/4 and 1, as E|X - y| - E|X - X'| / 2."""
    found = figures(np.array([[1.0, 3.0], [0.0, 0.0]]), np.array([2.0, 1.0]))
    assert found == pytest.approx({"total": 2 / 3 - 1, "mae": 0.5, "crps": (0.5 + 1) / 2})


def test_repeats_are_counted_from_the_first_day_with_an_order() -> None:
    found = repeats_of(seen(("a", "2025-06-01"), ("a", "2025-06-11"), ("b", "2025-06-29")))
    assert (found.count.tolist(), found.last.tolist(), found.end.tolist()) == ([1, 0], [10, 0], [29, 1])


def test_the_year_before_is_the_same_days_or_the_latest_where_there_are_none() -> None:
    long = seen(("a", "2024-06-01"), ("a", "2024-07-01"), ("a", "2024-08-31"), ("a", "2024-09-01"), ("a", "2025-06-29"))
    assert a_year_ago(long, None).tolist() == [[2]]
    assert a_year_ago(seen(("a", "2025-01-01"), ("a", "2025-06-29"), ("b", "2025-02-01")), None).tolist() == [[1], [0]]


def bg_nbd_customers(truth: BgNbd, n: int, seed: int, end: int = 270) -> Repeats:
    """Customers who first order on day 0, as the model has them."""
    rng = np.random.default_rng(seed)
    rate, leaves = rng.gamma(truth.r, 1 / truth.alpha, n), rng.beta(truth.a, truth.b, n)
    count, last = np.zeros(n), np.zeros(n)
    for i in range(n):
        most, day = rng.geometric(leaves[i]), rng.exponential(1 / rate[i])
        while count[i] < most and day <= end:
            count[i], last[i] = count[i] + 1, day
            day += rng.exponential(1 / rate[i])
    return Repeats(count, last, np.full(n, float(end)))


def test_bg_nbd_comes_back_from_its_own_customers() -> None:
    """The share that never orders again, and the mean number of orders, as fitted, within 4 standard errors: one false
    alarm in 8,000 seeds. A customer stays after its first order, as in the paper."""
    truth = BgNbd(0.8, 30.0, 1.5, 4.0)
    customers = bg_nbd_customers(truth, 6_000, seed=1)
    found = fit_bg_nbd(customers)
    again = bg_nbd_customers(found, 6_000, seed=2)
    for name in ("count", "last"):
        one, two = getattr(customers, name), getattr(again, name)
        assert one.mean() == pytest.approx(two.mean(), abs=4 * np.sqrt((one.var() + two.var()) / 6_000))
    assert found.r / found.alpha == pytest.approx(truth.r / truth.alpha, rel=0.1)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_forecasts_each_customer_by_what_is_seen(name: str) -> None:
    days = pd.date_range("2024-07-01", CUT, freq="7D").strftime("%Y-%m-%d")
    rows = [(f"c{i}", day) for i in range(25) for k, day in enumerate(days) if k % (i + 1) == 0]
    draws = METHODS[name](seen(*rows), np.random.default_rng(1))
    assert draws.shape[0] == 25
    assert (draws >= 0).all()
    assert np.isfinite(draws).all()
    assert draws[0].mean() > draws[24].mean(), "who orders every week orders more than who does so twice a year"
