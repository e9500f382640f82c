"""Accuracy of the demand fit on real orders: it sees a first part, and forecasts the orders of each customer after it.

    make bench-accuracy
    python benchmarks/demand.py --set cdnow

An order is a customer's day with orders, as is usual with the records of shops; of b2b it is an invoice. Customers who
first order after the cut count for no method. Ours is drawn from the traits that a run draws from; all methods give
draws, a rule gives one.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import nbinom

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.yardsticks.bg_nbd import Repeats, fit_bg_nbd
from twin.behaviour.demand import YEAR
from twin.calendar import Calendar
from twin.fit.demand import DemandFit, fit_demand, full_from
from twin.fit.demand_season import Record, exposures, record_of

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
DRAWS = 400
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """Orders of a shop, the last day that is seen, the last that is forecast, and where it is."""

    name: str
    read: Callable[[Path], pd.DataFrame]
    cut: date
    until: date
    country: str


@dataclass(frozen=True)
class Seen:
    """Orders up to the cut (customer_id, on, cents), their customers in order of id, and the days to forecast."""

    orders: pd.DataFrame
    customers: pd.Index
    case: Case

    @property
    def days(self) -> int:
        return (self.case.until - self.case.cut).days

    @property
    def ahead(self) -> Record:
        """The days to forecast."""
        return record_of(self.case.cut + timedelta(days=1), self.days, Calendar(self.case.country))

    def of_each(self, orders: pd.DataFrame) -> Floats:
        """Orders of each customer. (n,)"""
        return orders.groupby("customer_id").size().reindex(self.customers, fill_value=0).to_numpy(float)


def cdnow(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path, sep=r"\s+", dtype={"customer_id": str, "date": str})
    return _by_day(raw["customer_id"], pd.to_datetime(raw["date"], format="%Y%m%d"), raw["dollar_value"])


def online_retail(path: Path) -> pd.DataFrame:
    """Without cancellations, and lines whose customer is not known."""
    raw = pd.read_parquet(path)
    held = raw["CustomerID"].notna() & ~raw["InvoiceNo"].astype(str).str.startswith("C") & (raw["Quantity"] > 0)
    raw = raw[held]
    worth = raw["Quantity"] * raw["UnitPrice"]
    return _by_day(raw["CustomerID"].astype(str), pd.to_datetime(raw["InvoiceDate"]).dt.normalize(), worth)


def b2b(path: Path) -> pd.DataFrame:
    """Invoices by the day of issue, from the first full week of the record on."""
    raw = pd.read_csv(path, dtype=str)
    cents = (raw["total_open_amount"].astype(float) * 100).round()
    table = pd.DataFrame({"customer_id": raw["cust_number"], "on": pd.to_datetime(raw["posting_date"]), "cents": cents})
    return table[table["on"] >= "2018-12-30"]


def _by_day(customer: pd.Series, on: pd.Series, worth: pd.Series) -> pd.DataFrame:
    table = pd.DataFrame({"customer_id": customer, "on": on, "cents": (worth * 100).round()})
    return table.groupby(["customer_id", "on"], as_index=False)["cents"].sum()


CASES = {
    "cdnow": (Case("cdnow.txt", cdnow, date(1997, 9, 30), date(1998, 6, 30), "US"),),
    "online_retail": tuple(
        Case("online_retail.parquet", online_retail, date(2011, month, day), until, "GB")
        for month, day, until in ((5, 31, date(2011, 8, 31)), (8, 31, date(2011, 12, 8)))
    ),
    "b2b": (Case("b2b_receivables.csv", b2b, date(2019, 6, 30), date(2019, 9, 30), "US"),),
}


def ours(seen: Seen, rng: Any) -> Floats:
    return drawn(fitted(seen), seen, rng)


def fitted(seen: Seen) -> DemandFit:
    """The demand fit as calibration makes it of invoices alone."""
    customers = pd.DataFrame({"customer_id": seen.customers, "segment": "all", "since_on": pd.NaT})
    customers["since_on"] = pd.to_datetime(customers["since_on"])
    first = full_from(seen.orders["on"])
    return fit_demand(seen.orders, customers, first, seen.case.cut, Calendar(seen.case.country))


def drawn(fit: DemandFit, seen: Seen, rng: Any) -> Floats:
    """Orders of each customer in the days to forecast, by its traits. (n, DRAWS)"""
    assert fit.common.trend is None, "none of these records has two years"
    trait = {name: np.broadcast_to(fit.traits[[name]].to_numpy(), (len(fit.traits), DRAWS)) for name in fit.traits}
    rate = rng.gamma(trait["rate_shape"]) / trait["rate_days"]
    stays = np.where(rng.random(rate.shape) < trait["alive"], np.inf, 0.0)
    if fit.churn:
        yearly = fit.churn[0] * np.exp(fit.churn[1] * rng.standard_normal(DRAWS))
        restless = trait["churn"] * rng.gamma(trait["churn_shape"]) / trait["churn_shape"]
        stays = np.minimum(stays, rng.exponential(1.0, rate.shape) / (restless * yearly / YEAR))
    mass = exposures(fit.month, fit.kind, 0.0, seen.ahead)[0]
    occasions = rng.poisson(rate * np.interp(np.minimum(stays, seen.days), np.arange(seen.days + 1), mass))
    followers = rng.negative_binomial(np.maximum(occasions, 1), 1 - trait["again"])
    return occasions + np.where(occasions > 0, followers, 0).astype(float)


def bg_nbd(seen: Seen, rng: Any) -> Floats:
    repeats = repeats_of(seen)
    return fit_bg_nbd(repeats).draws(repeats, seen.days, DRAWS, rng)


def nobody_leaves(seen: Seen, rng: Any) -> Floats:
    """Gamma-Poisson: as BG/NBD with nobody who leaves."""
    repeats = repeats_of(seen)

    def surprise(x: Floats) -> float:
        shape, days = np.exp(x)
        return -float(nbinom.logpmf(repeats.count, shape, days / (days + repeats.end)).sum())

    shape, days = np.exp(minimize(surprise, [0.0, 4.0], method="Nelder-Mead").x)
    rate = rng.gamma(shape + repeats.count[:, None], 1.0, (repeats.count.size, DRAWS)) / (days + repeats.end)[:, None]
    return rng.poisson(rate * seen.days).astype(float)


def a_year_ago(seen: Seen, rng: Any) -> Floats:
    """As many as in the same days of the year before; where the record is shorter, as in the days before the cut."""
    cut, length = pd.Timestamp(seen.case.cut), pd.Timedelta(days=seen.days)
    end = cut - pd.Timedelta(days=YEAR) + length
    if end - length < seen.orders["on"].min() - pd.Timedelta(days=1):
        end = cut
    before = seen.orders[(seen.orders["on"] > end - length) & (seen.orders["on"] <= end)]
    return seen.of_each(before)[:, None]


def repeats_of(seen: Seen) -> Repeats:
    day = seen.orders["on"].groupby(seen.orders["customer_id"])
    first, last = day.min().to_numpy(), day.max().to_numpy()
    one = np.timedelta64(1, "D")
    count = day.size().to_numpy(float) - 1
    return Repeats(count, (last - first) / one, (np.datetime64(seen.case.cut) - first) / one)


METHODS = {
    "ours": ours,
    "BG/NBD": bg_nbd,
    "gamma-Poisson": nobody_leaves,
    "the year before": a_year_ago,
}


def figures(draws: Floats, actual: Floats) -> dict[str, float]:
    """Error of the total, and of each customer: of the mean, and the CRPS of the draws. draws: (n, draws)"""
    mean, ordered = draws.mean(axis=1), np.sort(draws, axis=1)
    m = ordered.shape[1]
    apart = (ordered * (2 * np.arange(m) - m + 1)).sum(axis=1) / m**2
    crps = np.abs(draws - actual[:, None]).mean(axis=1) - apart
    total = float(mean.sum() / actual.sum() - 1)
    return {"total": total, "mae": float(np.abs(mean - actual).mean()), "crps": float(crps.mean())}


def judge(case: Case, orders: pd.DataFrame) -> pd.DataFrame:
    """Figures of every method. Index: method."""
    known = orders[orders["on"] <= pd.Timestamp(case.cut)].reset_index(drop=True)
    seen = Seen(known, pd.Index(sorted(known["customer_id"].unique())), case)
    later = orders[(orders["on"] > pd.Timestamp(case.cut)) & (orders["on"] <= pd.Timestamp(case.until))]
    actual = seen.of_each(later)
    print(f"{seen.customers.size:,} customers, {len(known):,} orders seen, {actual.sum():,.0f} to forecast\n")
    rows = {}
    for name, method in METHODS.items():
        began = time.perf_counter()
        rows[name] = figures(method(seen, np.random.default_rng(1)), actual)
        rows[name]["seconds"] = time.perf_counter() - began
    return pd.DataFrame.from_dict(rows, orient="index")


def show(table: pd.DataFrame) -> None:
    print("| method | error of the total | MAE of a customer | CRPS of a customer | seconds |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, row in table.iterrows():
        print(f"| {name} | {row['total']:+.1%} | {row['mae']:.3f} | {row['crps']:.3f} | {row['seconds']:.1f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=CASES, help="one of the sets; all without it")
    asked = parser.parse_args()
    for which in [asked.set] if asked.set else CASES:
        for case in CASES[which]:
            path = DATA / case.name
            if not path.is_file():
                print(f"{case.name}: skipped, it is absent from ../shared/data")
                continue
            print(f"\n### {which}, {case.cut} to {case.until}\n")
            show(judge(case, case.read(path)))


if __name__ == "__main__":
    main()
