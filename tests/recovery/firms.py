"""Synthetic firms for the recovery studies: each has hyper-parameters of its own and lives through the engine.

A prior firm knows its customers by their priors only. The luck of one replication makes each of them somebody, and the
books of that run are what the fit is given: truth and fit meet nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from tests.oracle.worlds import SEGMENTS, SmallFirm, firm_of, habits_of
from tests.sim.firms import QUIET
from twin.behaviour.payment import DAYS, FIRST_DAY
from twin.calendar import KINDS, Calendar
from twin.firm.firm import Firm, Seasons
from twin.firm.plan import Plan
from twin.fit.payment_rows import PHASE_CUTS, PHASES
from twin.sim.events import INVOICED, ORDER, RECEIPT
from twin.sim.nature import Nature, draw_nature
from twin.sim.run import live

CALENDAR = Calendar("US")
EVE = date(2023, 12, 31)
CUSTOMERS, MONTHS = 100, 16


@dataclass(frozen=True)
class Past:
    """What a prior firm lived through, and the luck that says who its customers were.

    orders: customer_id, on, cents; invoices: as the payment fit takes them; customers: id, segment, since_on.
    """

    firm: Firm
    nature: Nature
    orders: pd.DataFrame
    invoices: pd.DataFrame
    customers: pd.DataFrame

    @property
    def days(self) -> int:
        return self.nature.days.size

    @property
    def first_day(self) -> date:
        return self.firm.as_of + timedelta(days=1)

    @property
    def last_day(self) -> date:
        return self.firm.as_of + timedelta(days=self.days)


def past_of(firm: Firm, seed: int, days: int = 30 * MONTHS) -> Past:
    """Live through `days` days from the firm's eve, and write down what a firm would."""
    nature = draw_nature(firm, days=days, seed=seed, replication=0)
    events = live(firm, Plan("the past"), nature, log=True).events
    assert events is not None
    told = pd.DataFrame(events)
    told["on"] = pd.Timestamp(firm.as_of) + pd.to_timedelta(told["day"] + 1, unit="D")
    told["customer_id"] = firm.customers["customer_id"].to_numpy()[told["customer"]]
    customers = firm.customers[["customer_id", "segment"]].assign(since_on=pd.Timestamp(firm.as_of + timedelta(days=1)))
    orders = told.loc[told["kind"] == ORDER, ["customer_id", "on", "cents"]].reset_index(drop=True)
    return Past(firm, nature, orders, _invoices(told), customers)


def _invoices(told: pd.DataFrame) -> pd.DataFrame:
    """Invoices with the day of their only receipt; NaT while open."""
    keys = ["customer_id", "number"]
    issued = told[told["kind"] == INVOICED]
    paid = told.loc[told["kind"] == RECEIPT, [*keys, "on"]].rename(columns={"on": "settled_on"})
    table = issued.merge(paid, on=keys, how="left", validate="one_to_one")
    return pd.DataFrame(
        {
            "customer_id": table["customer_id"],
            "issued_on": table["on"],
            "due_on": table["on"] + pd.to_timedelta(table["detail"], unit="D"),
            "settled_on": table["settled_on"],
            "base_cents": table["cents"],
        }
    )


def prior_firm(seed: int, customers: int = CUSTOMERS) -> SmallFirm:
    """A firm whose hyper-parameters are drawn, and whose customers are known by their priors only."""
    rng = np.random.default_rng(seed)
    shape, monthly = rng.lognormal(np.log(2.0), 0.3), rng.lognormal(np.log(2.5), 0.3)
    sigma = rng.uniform(0.4, 0.9) * np.sqrt((nu := rng.uniform(6, 30)) / rng.chisquare(nu, customers))
    demand = {
        "rate_shape": shape,
        "rate_days": shape * 30 / monthly,
        "amount_mu": rng.normal(10.5, 0.5),
        "amount_mu_sd": rng.uniform(0.4, 1.0),
    }
    return firm_of(
        [{**demand, "customer_id": f"C{i:04d}", "amount_sigma": s} for i, s in enumerate(sigma)],
        habits=_habits(rng, customers),
        seasons=_seasons(rng),
        calendar=CALENDAR,
        as_of=EVE,
        policy=QUIET,
    )


def _seasons(rng: np.random.Generator) -> Seasons:
    month = np.exp(rng.normal(0, rng.uniform(0.05, 0.3), (len(SEGMENTS), 12)))
    kind = np.exp(rng.normal(0, rng.uniform(0.1, 0.5), (len(SEGMENTS), len(KINDS))))
    return Seasons(SEGMENTS, month / month.mean(1, keepdims=True), kind / kind[:, :7].mean(1, keepdims=True))


def _habits(rng: np.random.Generator, customers: int):
    """Rates with a rise to the due date and a tail after it; banks are closed at weekends and on holidays."""
    day = np.arange(DAYS) + FIRST_DAY
    before, at, after, late = rng.lognormal(np.log([0.01, 0.15, 0.10, 0.05]), 0.3)
    rate = np.select([day < -10, day < 0, day < 3, day < 22], [0.3 * before, before, at, after], late)
    shape = rng.lognormal(np.log(4.0), 0.4, PHASES)
    kind = np.append(rng.lognormal(0, 0.2, 5), [0.02, 0.02, 0.02])
    kind[:5] /= kind[:5].mean()
    return habits_of(
        rate[None, :],
        [0] * customers,
        rng.lognormal(np.log(1.2), 0.4, customers).tolist(),
        phase_cuts=PHASE_CUTS,
        phase_shape=np.tile(shape, (customers, 1)),
        population_shape=shape,
        day_kind=kind[None, :],
        catch_up=np.ones(4),
        week_sd=abs(rng.normal(0, 0.2)),
    )
