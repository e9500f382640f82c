"""Demand from orders: closed forms, recovery of what was simulated, and books with next to nothing in them.

Each statistical test fixes its seed and allows 4 standard errors of each figure it looks at: a right fit fails it for
about 6 seeds in 100,000 a figure.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.special import polygamma

from twin.calendar import Calendar
from twin.fit.demand import DemandFit, fit_demand, full_from
from twin.fit.demand_amounts import _amount_posterior, _inverse_trigamma, amounts
from twin.fit.demand_season import exposures, record_of

START, END = date(2024, 1, 1), date(2025, 12, 31)
DAYS = (END - START).days + 1
CALENDAR = Calendar("DE")
KIND = np.array([1.3, 1.3, 1.3, 1.2, 1.2, 0.5, 0.2, 0.3])
MONTH = 1 + 0.4 * np.cos(2 * np.pi * (np.arange(12) - 10) / 12)
FLAT = np.ones(12)


def season_weights(month: npt.NDArray[np.float64], kind: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    of_month = (np.datetime64(START) + np.arange(DAYS)).astype("datetime64[M]").astype(int) % 12
    return month[of_month] * kind[CALENDAR.kind(START, DAYS)]


def placed(
    seed: int, rates: npt.ArrayLike, weights: npt.ArrayLike = 1.0, begins: npt.ArrayLike = 0, cents: int = 10_000
) -> pd.DataFrame:
    """Poisson orders of customers c0, c1, ... with a rate a day from the day on which each begins."""
    rates, begins = np.broadcast_arrays(np.asarray(rates, float), np.asarray(begins))
    intensity = rates[:, None] * np.broadcast_to(weights, DAYS) * (np.arange(DAYS) >= begins[:, None])
    count = np.random.default_rng(seed).poisson(intensity)
    row, day = np.nonzero(count)
    row, day = np.repeat(row, count[row, day]), np.repeat(day, count[row, day])
    on = pd.Timestamp(START) + pd.to_timedelta(day, unit="D")
    return pd.DataFrame({"customer_id": [f"c{i}" for i in row], "on": on, "cents": cents})


def customers(n: int, segment: str | list[str] = "all", since: npt.ArrayLike | None = None) -> pd.DataFrame:
    since_on = pd.Series(pd.NaT, range(n), dtype="datetime64[s]")
    if since is not None:
        since_on = pd.Series(pd.Timestamp(START) + pd.to_timedelta(np.broadcast_to(since, n), unit="D"))
    return pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], "segment": segment, "since_on": since_on})


def orders(*rows: tuple[str, str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "on", "cents"])
    return table.assign(on=pd.to_datetime(table["on"]), cents=table["cents"].astype("int64"))


def fitted(orders: pd.DataFrame, customers: pd.DataFrame) -> DemandFit:
    return fit_demand(orders, customers, START, END, CALENDAR)


def mean_rate(fit: DemandFit) -> npt.NDArray[np.float64]:
    return (fit.traits["rate_shape"] / fit.traits["rate_days"]).to_numpy()


def test_a_customers_mean_log_amount_is_weighed_with_its_segments_by_precision() -> None:
    """Four amounts: the log of their mean varies by log(1 + (exp(s**2) - 1) / 4), and lies half of that too low."""
    count, mean, variance = np.array([4.0]), np.array([np.exp(5.0)]), np.array([0.25])
    mu, mu_sd, sigma = _amount_posterior(count, mean, variance, level=6.0, between=0.5, spread=0.5, freedom=1e12)[0]
    noise = np.log(1 + (np.exp(0.5**2) - 1) / 4)
    own, prior = 1 / noise, 1 / 0.5**2
    assert sigma == pytest.approx(0.5)
    assert mu == pytest.approx((own * (5.0 + noise / 2 - 0.5**2 / 2) + prior * 6.0) / (own + prior))
    assert mu_sd == pytest.approx((own + prior) ** -0.5)


def test_a_single_amount_is_a_draw_of_its_customers_log_normal() -> None:
    """One order of exp(5): its log, 5, is known to within the spread of 0.5, and nothing is to be corrected."""
    count, mean, variance = np.array([1.0]), np.array([np.exp(5.0)]), np.array([0.0])
    mu, mu_sd, _ = _amount_posterior(count, mean, variance, level=5.0, between=1e3, spread=0.5, freedom=1e12)[0]
    assert mu == pytest.approx(5.0)
    assert mu_sd == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize("y", [1e-2, 0.5, np.pi**2 / 6, 50.0])
def test_the_inverse_trigamma_undoes_the_trigamma(y: float) -> None:
    assert float(polygamma(1, _inverse_trigamma(y))) == pytest.approx(y)


def test_seasons_and_weekdays_come_back_from_simulated_orders() -> None:
    fit = fitted(placed(2, np.full(400, 0.12), season_weights(MONTH, KIND)), customers(400))
    month, kind = MONTH / MONTH.mean(), KIND / KIND[:7].mean()
    orders_of_a_month, orders_of_holidays = 400 * 0.12 * 28 * 2 * month * KIND[:7].mean(), 400 * 0.12 * 20 * 0.3
    assert (np.abs(np.log(fit.month[0] / month)) < 4 / np.sqrt(orders_of_a_month) + 0.01).all()
    assert np.abs(np.log(fit.kind[0, :7] / kind[:7])) == pytest.approx(0, abs=4 / np.sqrt(400 * 0.12 * 104 * 0.2))
    assert abs(np.log(fit.kind[0, 7] / kind[7])) < 4 / np.sqrt(orders_of_holidays)
    assert fit.month.mean() == pytest.approx(1)
    assert fit.kind[:, :7].mean() == pytest.approx(1)


def test_segments_have_seasons_of_their_own() -> None:
    waves, still = placed(3, np.full(150, 0.2), season_weights(MONTH, KIND)), placed(4, np.full(150, 0.2))
    still["customer_id"] = "x" + still["customer_id"]
    second = customers(150, "still").assign(customer_id=lambda c: "x" + c["customer_id"])
    fit = fitted(pd.concat([waves, still]), pd.concat([customers(150, "waves"), second], ignore_index=True))
    flat, swing = (np.ptp(fit.month[fit.segments.index(name)]) for name in ("still", "waves"))
    assert flat < 0.15
    assert swing == pytest.approx(0.8, abs=0.2)


def test_orders_without_a_season_get_factors_of_about_1() -> None:
    fit = fitted(placed(5, np.full(40, 0.02)), customers(40))
    assert np.abs(np.log(fit.month)).max() < 4 / np.sqrt(40 * 0.02 * 56)


def test_growth_is_not_taken_for_a_season() -> None:
    begins = np.arange(600)
    fit = fitted(placed(6, np.full(600, 0.1), begins=begins), customers(600, since=begins))
    assert np.abs(np.log(fit.month)).max() < 0.1


def test_rates_come_back_and_are_shrunk_by_what_is_known() -> None:
    rates = np.random.default_rng(7).gamma(1.5, 0.04 / 1.5, 800)
    fit = fitted(placed(8, rates), customers(800, since=0))
    z = (mean_rate(fit) - rates) / (np.sqrt(fit.traits["rate_shape"]) / fit.traits["rate_days"])
    assert abs(z.mean()) < 4 / np.sqrt(800)
    assert z.std() == pytest.approx(1, abs=4 / np.sqrt(2 * 800))


@pytest.mark.parametrize("known", [True, False])
def test_customers_who_begin_late_are_not_taken_for_small_ones(known: bool) -> None:
    begins = np.r_[np.zeros(200, int), np.full(200, 500)]
    fit = fitted(placed(9, np.full(400, 0.05), begins=begins), customers(400, since=begins if known else None))
    early, late = mean_rate(fit)[:200].mean(), mean_rate(fit)[200:].mean()
    assert early == pytest.approx(0.05, rel=4 / np.sqrt(200 * 0.05 * DAYS))
    assert late == pytest.approx(0.05, rel=4 / np.sqrt(200 * 0.05 * (DAYS - 500)))


def test_customers_of_whom_nothing_is_known_do_not_make_the_others_smaller() -> None:
    rate = 0.5 / DAYS
    placed_orders = placed(10, np.full(3_000, rate))
    fit = fitted(placed_orders, customers(3_000))
    ordered = np.isin(customers(3_000)["customer_id"], placed_orders["customer_id"])
    repeats = len(placed_orders) - ordered.sum()
    assert mean_rate(fit)[ordered].mean() == pytest.approx(rate, rel=4 / np.sqrt(repeats))


def test_who_ordered_before_the_full_records_was_a_customer_by_then() -> None:
    crowd = placed(11, np.random.default_rng(11).gamma(1.0, 0.05, 50))
    once = orders(("c50", "2025-12-01", 10_000))
    before = orders(("c50", "2023-06-01", 10_000))
    new, old = (mean_rate(fitted(pd.concat([crowd, *more]), customers(51)))[50] for more in ((once,), (before, once)))
    assert 1 / DAYS < old < 3 / DAYS
    assert new > 5 * old


def test_a_segments_expected_amounts_add_up_to_what_was_ordered() -> None:
    table = placed(12, np.full(60, 0.05))
    table["cents"] = np.random.default_rng(13).lognormal(9, 1.5, len(table)).astype(np.int64) + 1
    traits = fitted(table, customers(60)).traits
    row = table["customer_id"].str[1:].astype(int).to_numpy()
    expected = np.exp(traits["amount_mu"] + (traits["amount_mu_sd"] ** 2 + traits["amount_sigma"] ** 2) / 2)
    assert expected.to_numpy()[row].sum() == pytest.approx(table["cents"].sum())


def test_amounts_come_back_from_log_normal_orders() -> None:
    rng = np.random.default_rng(14)
    mu, row = rng.normal(10, 0.5, 300), np.repeat(np.arange(300), 25)
    cents = np.exp(mu[row] + 0.6 * rng.standard_normal(row.size))
    fit = amounts(row, cents, np.zeros(300, int))
    z = (fit[:, 0] - mu) / fit[:, 1]
    assert abs(z.mean()) < 4 / np.sqrt(300)
    assert z.std() == pytest.approx(1, abs=0.25)
    assert 0.54 < fit[:, 2].mean() < 0.62, "few amounts rarely hold the tail, so their spread is judged a little low"


def test_one_giant_order_does_not_change_what_others_are_expected_to_order() -> None:
    plain = placed(15, np.full(60, 0.05))
    two = customers(60, ["a"] * 30 + ["b"] * 30)
    usual = fitted(plain, two)
    giant = fitted(pd.concat([plain, orders(("c0", "2025-03-03", 10**13))]), two)
    others, amount = two["segment"].eq("b").to_numpy(), ["amount_mu", "amount_mu_sd", "amount_sigma"]
    assert np.array_equal(usual.traits.loc[others, amount].to_numpy(), giant.traits.loc[others, amount].to_numpy())
    assert mean_rate(giant)[others] == pytest.approx(mean_rate(usual)[others], rel=1e-3)
    assert np.isfinite(giant.traits.to_numpy()).all()


ONE_DAY = [(f"c{i % 3}", "2025-05-05", 500) for i in range(30)]
LITTLE = {
    "one order of one customer": (orders(("c0", "2025-05-05", 12_345)), customers(1)),
    "no order at all": (orders(), customers(3)),
    "no order in the time": (orders(("c0", "2023-05-05", 100)), customers(2)),
    "all orders on one day": (orders(*ONE_DAY), customers(3)),
    "an order on the first and the last day": (orders(("c0", "2024-01-01", 1), ("c0", "2025-12-31", 1)), customers(1)),
    "a customer since the last day": (orders(("c0", "2025-12-31", 700)), customers(1, since=DAYS - 1)),
    "a customer since later than its first order": (orders(("c0", "2024-03-01", 700)), customers(1, since=500)),
    "a customer since long before": (orders(("c0", "2024-03-01", 700)), customers(1, since=-9_000)),
    "a segment without orders": (orders(*ONE_DAY), customers(4, ["a", "a", "a", "b"])),
    "amounts of a cent": (orders(*[(f"c{i}", "2025-05-05", 1) for i in range(40)]), customers(40)),
    "amounts that conversion left at nothing": (orders(("c0", "2025-05-05", 0), ("c0", "2025-05-06", 0)), customers(1)),
    "equal amounts of many": (placed(16, np.full(60, 0.05)), customers(60)),
}


@pytest.mark.parametrize("orders, customers", LITTLE.values(), ids=LITTLE.keys())
def test_books_with_little_in_them_still_give_finite_demand(orders: pd.DataFrame, customers: pd.DataFrame) -> None:
    fit = fitted(orders, customers)
    assert len(fit.traits) == len(customers)
    for part in (fit.traits.to_numpy(), fit.month, fit.kind):
        assert np.isfinite(part).all()
    assert (fit.traits[["rate_shape", "rate_days", "amount_sigma"]] > 0).all(axis=None)
    assert (fit.month > 0).all()


def test_ten_years_without_an_order_make_a_low_rate_not_a_fault() -> None:
    table = orders(("c0", "2014-01-10", 5_000), ("c0", "2024-01-10", 5_000))
    fit = fit_demand(table, customers(1), date(2014, 1, 10), date(2024, 1, 10), CALENDAR)
    assert np.isfinite(fit.traits.to_numpy()).all()
    assert mean_rate(fit)[0] < 3 / 3_652


def test_demand_does_not_depend_on_the_order_of_the_rows() -> None:
    table = placed(17, np.full(30, 0.05))
    shuffled = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(fitted(table, customers(30)).traits, fitted(shuffled, customers(30)).traits)


def test_exposure_is_the_season_weight_of_the_days_before() -> None:
    month, kind = MONTH[None, :], KIND[None, :]
    exposure = exposures(month, kind, 0.0, record_of(START, DAYS, CALENDAR))
    assert exposure[0, 0] == 0
    assert np.diff(exposure[0]) == pytest.approx(season_weights(MONTH, KIND))


def test_full_records_begin_with_the_first_month_of_half_the_usual_orders() -> None:
    usual = [START + timedelta(days=k) for k in range(0, 300, 3)]
    strays = [date(2019, 5, 3), date(2023, 11, 30)]
    assert full_from(pd.Series(pd.to_datetime([*strays, *usual]))) == START


def test_full_records_begin_with_the_first_order_where_its_month_is_full() -> None:
    assert full_from(pd.Series(pd.to_datetime(["2024-01-05", "2024-02-01", "2024-02-29"]))) == date(2024, 1, 5)
