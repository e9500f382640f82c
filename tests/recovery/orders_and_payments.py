"""What is measured of orders and payments, each an entry: its name, and what it is under the luck of a replication."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from tests.recovery.firms import CALENDAR, Past, past_of, prior_firm
from tests.recovery.ranks import Floats, Parameter, placed
from twin.behaviour.payment import FIRST_DAY
from twin.behaviour.receipts import days_from
from twin.firm.firm import Firm, Seasons
from twin.fit.demand import fit_demand
from twin.fit.payment import fit_payment
from twin.sim.nature import Nature

PHASE_DAYS = {
    "11 to 17 days early": (-17, -10),
    "10 to 4 days early": (-10, -3),
    "3 to 1 days early": (-3, 0),
    "on the due day": (0, 1),
    "1 to 7 days late": (1, 8),
    "8 to 21 days late": (8, 22),
    "22 to 28 days late": (22, 29),
}
YEAR = days_from(CALENDAR, date(2024, 1, 1), 365)
WORKDAYS = YEAR.kind < 5


def usual_factor(firm: Firm) -> Floats:
    """Mean calendar factor of each customer's workdays. (n,)"""
    habits = firm.habits
    factor = habits.day_kind[:, YEAR.kind[WORKDAYS]] * habits.month_group[:, YEAR.group[WORKDAYS]]
    return np.asarray(factor.mean(1)[habits.calendar])


def settlement_rate(first: int, stop: int) -> Parameter:
    """Log of the customers' settlements per mean workday at these days from due."""

    def value(firm: Firm, nature: Nature) -> Floats:
        habits, days = firm.habits, np.arange(first, stop) - FIRST_DAY
        rate = habits.rate[habits.table][:, days].mean(1) * nature.people.frailty[:, habits.phase[days[0]]]
        return np.log(rate * usual_factor(firm))

    return value


def _amount_sigma(firm: Firm) -> Floats:
    return firm.customers["amount_sigma"].to_numpy()


POSTERIORS: dict[str, Parameter] = {
    "log of the order rate": lambda firm, nature: np.log(nature.people.rate),
    "log of the mean amount": lambda firm, nature: nature.people.mu + _amount_sigma(firm) ** 2 / 2,
    **{f"log of the settlement rate {name}": settlement_rate(*days) for name, days in PHASE_DAYS.items()},
}
"""Parameters that every replication draws anew."""

POINTS: dict[str, Parameter] = {
    "log of the spread of amounts": lambda firm, nature: np.log(_amount_sigma(firm)),
    "log of the season, months": lambda firm, nature: np.log(firm.seasons.month[0]),
    "log of the season, weekdays": lambda firm, nature: np.log(firm.seasons.kind[0, :5]),
    "log of the pay-runs a day": lambda firm, nature: np.log(firm.habits.run),
    "weekday of payment": lambda firm, nature: firm.habits.day_kind[0, :4] / firm.habits.day_kind[0, :5].mean(),
    "common weekly shock": lambda firm, nature: np.array(firm.habits.week_sd),
}
"""Parameters that are the same in every replication: their error is shown, and no interval."""

PARAMETERS = POSTERIORS | POINTS


def fitted(past: Past) -> Firm:
    """The firm as it is known from its books."""
    demand = fit_demand(past.orders, past.customers, past.first_day, past.last_day, CALENDAR)
    payment = fit_payment(past.invoices, past.customers, past.last_day, CALENDAR)
    customers = past.firm.customers.assign(**demand.traits)
    seasons = Seasons(demand.segments, demand.month, demand.kind, demand.years)
    return replace(past.firm, customers=customers, habits=payment.habits, seasons=seasons)


def one_firm(seed: int) -> pd.DataFrame:
    """Where the truth lies among the draws, of every parameter of the firm with this seed."""
    past = past_of(prior_firm(seed), seed)
    return placed(PARAMETERS, (past.firm, past.nature), fitted(past), seed)
