"""Each figure against a case small enough to compute by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.study.small_study import small_firm, small_result
from twin.sim.measures import COLUMN, NAMES
from twin.study.kpi import KPIS
from twin.study.track import Past, Track

NO_PAST = Past(np.zeros(90, np.int64), receivables=0, cash=0)


def track(days: int, past: Past = NO_PAST, margin: float = 0.0, rate: float = 0.0, **measures: object) -> Track:
    """One replication; a measure is a number for every day, or a list of the days."""
    daily = np.zeros((1, days, len(NAMES)), np.int64)
    for name, value in measures.items():
        daily[0, :, COLUMN[name]] = value
    return Track(daily, past, np.array([margin]), np.array([rate]))


def kpi(name: str, of: Track) -> float:
    (value,) = KPIS[name].value(of)
    return float(value)


def test_flows_are_summed_and_stocks_are_taken_on_the_last_day() -> None:
    t = track(3, revenue=[1, 2, 4], receipts=[1, 0, 1], cash=[5, -2, 3], receivables=[0, 2, 5], current=[0, 2, 1])
    assert [kpi(name, t) for name in ("revenue", "receipts", "end_cash", "overdue_end")] == [7, 2, 3, 4]


def test_minimum_cash_is_the_lowest_close_whatever_came_before_day_0() -> None:
    assert kpi("min_cash", track(3, Past(NO_PAST.revenue, 0, cash=-99), cash=[5, -2, 3])) == -2


def test_a_day_is_overdrawn_below_0_and_short_beyond_the_limit() -> None:
    t = track(4, cash=[0, -1, -10, -11], shortfall=[0, 0, 0, 1])
    assert (kpi("days_overdrawn", t), kpi("days_short", t)) == (3, 1)


def test_dso_is_30_days_where_a_third_of_90_days_revenue_is_open() -> None:
    assert kpi("dso", track(120, revenue=[999] * 30 + [10] * 90, receivables=300)) == pytest.approx(30)


def test_a_horizon_shorter_than_90_days_looks_back_on_revenue_before_day_0() -> None:
    past = Past(np.array([999] * 30 + [20] * 60), receivables=0, cash=0)
    assert kpi("dso", track(30, past, revenue=10, receivables=150)) == pytest.approx(150 / (1200 + 300) * 90)


def test_days_delinquent_are_what_dso_has_beyond_the_best_possible() -> None:
    t = track(90, revenue=10, receivables=300, current=200)
    assert (kpi("best_possible_dso", t), kpi("add", t)) == pytest.approx((20, 10))


@pytest.mark.parametrize("name", ["dso", "best_possible_dso", "add"])
def test_a_ratio_to_revenue_is_undefined_without_revenue_and_says_why(name: str) -> None:
    assert np.isnan(kpi(name, track(5, receivables=7, current=3)))
    assert "nothing was invoiced" in KPIS[name].undefined


def test_count_back_dso_exhausts_receivables_against_the_latest_days_of_revenue() -> None:
    """Open 130: the last day's 100 in full, and 30 of the 60 of the day before."""
    assert kpi("count_back_dso", track(3, revenue=[50, 60, 100], receivables=130)) == 1.5


def test_count_back_dso_reaches_back_before_day_0_but_not_beyond_what_is_known() -> None:
    past = Past(np.full(90, 10), receivables=0, cash=0)
    assert kpi("count_back_dso", track(2, past, revenue=0, receivables=25)) == 2 + 2.5
    assert kpi("count_back_dso", track(2, past, revenue=0, receivables=900)) == 2 + 90
    assert np.isnan(kpi("count_back_dso", track(2, past, revenue=0, receivables=901)))


def test_nothing_open_is_0_days_of_count_back_dso() -> None:
    assert kpi("count_back_dso", track(3, revenue=[5, 0, 0], receivables=0)) == 0


def test_collection_effectiveness_is_what_was_collected_of_what_was_due() -> None:
    """Opening 100 and sales of 200; 60 are open at the end, 30 of them not yet due: 240 of 270."""
    t = track(4, Past(NO_PAST.revenue, receivables=100, cash=0), revenue=50, receivables=60, current=30)
    assert kpi("cei", t) == pytest.approx(100 * 240 / 270)


def test_collection_effectiveness_of_a_long_horizon_is_that_of_its_last_90_days() -> None:
    revenue, receivables = [7] * 10 + [1] * 90, [0] * 9 + [40] + [0] * 89 + [20]
    t = track(100, Past(NO_PAST.revenue, receivables=999, cash=0), revenue=revenue, receivables=receivables, current=0)
    assert kpi("cei", t) == pytest.approx(100 * (40 + 90 - 20) / (40 + 90))


def test_collection_effectiveness_is_undefined_where_nothing_was_due() -> None:
    assert np.isnan(kpi("cei", track(4, revenue=50, receivables=200, current=200)))


def test_bad_debt_ratio_is_write_offs_net_of_recoveries_over_revenue() -> None:
    t = track(2, revenue=[60, 40], write_offs=[0, 5], recoveries=[0, 2])
    assert kpi("bad_debt_ratio", t) == pytest.approx(0.03)
    assert np.isnan(kpi("bad_debt_ratio", track(2, write_offs=1)))


def test_net_value_is_contribution_less_what_is_given_away_lost_and_spent_and_less_capital() -> None:
    """365 days of 900, which are 1,000 at today's prices and cost 70 % of that; less 7 - 6 + 2 + 3 + 4 + 8 + 9 a day,
    and less a year of 10 % on 50,000."""
    costs = {
        "write_offs": 7,
        "interest": 2,
        "collection_cost": 3,
        "campaign_cost": 4,
        "discounts": 8,
        "credit_notes": 9,
    }
    t = track(365, margin=0.3, rate=0.1, revenue=900, goods=1000, receivables=50_000, recoveries=6, **costs)
    assert kpi("net_value", t) == pytest.approx(365 * (900 - 0.7 * 1000) - 365 * 27 - 5000)


def test_what_becomes_of_orders_is_counted_and_of_customers_taken_on_the_last_day() -> None:
    t = track(3, held=[1, 2, 0], lost=[0, 1, 1], failed=[0, 1, 2], left=[0, 0, 1], discounts=5, credit_notes=2)
    names = ("held", "lost", "failed", "left", "discounts", "credit_notes")
    assert [kpi(name, t) for name in names] == [3, 2, 2, 1, 15, 6]


def test_receivables_roll_forward_by_what_the_figures_name() -> None:
    """Opening and what is invoiced, less what is paid, discounted, credited and written off, is what is open."""
    firm = small_firm()
    result = small_result(["early_discount"], firm=firm, days=200)
    value = result.kpi.pivot(index=["scenario", "replication"], columns="kpi", values="value")
    out = value[["receipts", "discounts", "credit_notes", "write_offs"]].sum(axis=1)
    daily = result.daily[result.daily["measure"] == "receivables"].groupby("scenario")["mean"].last()
    closing = firm.open_items["open_cents"].sum() / 100 + value["revenue"] - out
    assert closing.groupby("scenario").mean().to_numpy() == pytest.approx(daily.to_numpy())
    assert (value.loc["early_discount", "discounts"] > 0).any()


def test_capital_is_charged_for_the_days_of_the_horizon_only() -> None:
    assert kpi("net_value", track(73, rate=0.1, receivables=50_000)) == pytest.approx(-1000)


def test_stocks_are_averaged_over_the_days() -> None:
    t = track(2, receivables=[10, 30], current=[10, 20], backlog=[1, 4])
    assert [kpi(name, t) for name in ("average_receivables", "average_overdue", "backlog")] == [20, 5, 2.5]


@pytest.mark.parametrize("days", [1, 89, 90, 91])
def test_every_figure_has_a_value_for_every_replication_of_any_horizon(days: int) -> None:
    daily = np.ones((5, days, len(NAMES)), np.int64)
    several = Track(daily, NO_PAST, np.full(5, 0.3), np.full(5, 0.1))
    assert all(kpi.value(several).shape == (5,) for kpi in KPIS.values())
