"""What is measured of the cards: firms whose truth is drawn from them, and the posteriors that their books give."""

from __future__ import annotations

import math
import operator
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from scipy.special import ndtri

from tests.recovery.ranks import DRAWS
from twin.behaviour.belief import Belief, fixed
from twin.books import read_books
from twin.demo.books import LAST_DAY, RECIPE, write_past
from twin.demo.truth import true_firm
from twin.firm.calibrate import calibrate
from twin.firm.firm import Firm
from twin.firm.plan import Campaign, Change, Plan
from twin.firm.traits import long_run_regimes
from twin.sim.opening import draw_beliefs
from twin.sim.run import simulate

CUSTOMERS, DAYS = 600, 760
CAMPAIGNS = ((200, 260), (420, 480), (600, 660))
"""First day, and the day after the last, of the campaigns of a firm's past, each aimed at half of its customers."""

LONGER_ON = 330
"""Day from which four customers in ten, chosen by lot, have 20 days more to pay."""

CARDS = (
    *("collections.call_effect", "demand.campaign_uplift", "demand.churn_rate", "demand.month_sd"),
    *("demand.terms_elasticity", "demand.trend", "payment.terms_pass_through"),
    *("discount.cost_of_funds", "discount.funds_spread", "discount.softness"),
)
"""Parameters that the books of these firms measure."""

UPLIFT = "demand.campaign_uplift"


def one_firm_of_the_cards(seed: int, discount: float = 0.0) -> pd.DataFrame:
    """Where the truth lies in what is held of every parameter that the books of a firm measure; columns as `placed`.

    The firm has been living by its truth for long: as many of its customers are strained or in distress as that makes.
    """
    firm = true_firm(CUSTOMERS, seed, LAST_DAY - timedelta(days=DAYS))
    firm = replace(firm, policy=replace(firm.policy, discount=discount, discount_days=10))
    drawn = draw_beliefs(firm, Plan("the past"), seed, 0)
    in_the_long_run = long_run_regimes({name: fixed(value) for name, value in drawn.items()})
    firm = replace(firm, customers=firm.customers.assign(**in_the_long_run))
    rng = np.random.default_rng(seed)
    uplift = firm.beliefs[UPLIFT].at(rng.uniform())
    longer = Change("terms_days", LONGER_ON, None, rng.random(CUSTOMERS) < 0.4, "add", fixed(20))
    plan = Plan("the past", (longer,), tuple(_campaign(firm, days, uplift, rng) for days in CAMPAIGNS))
    past = simulate(firm, plan, days=DAYS, seed=seed, replication=0, log=True)
    with tempfile.TemporaryDirectory() as folder:
        write_past(Path(folder), firm, past)
        _write_campaigns(Path(folder), firm, plan)
        learnt = calibrate(read_books(Path(folder)), cuts=0)
    return pd.DataFrame(_placed(learnt, past.drawn | {UPLIFT: uplift}, rng))


one_firm_with_a_discount = partial(one_firm_of_the_cards, discount=0.02)
"""The same of a firm that lets off 2 % for payment within 10 days."""


def _campaign(firm: Firm, days: tuple[int, int], uplift: float, rng: np.random.Generator) -> Campaign:
    """A campaign that is aimed at half of the customers, chosen by lot."""
    return Campaign(f"campaign {days[0]}", *days, rng.random(len(firm.customers)) < 0.5, fixed(uplift))


def _write_campaigns(folder: Path, firm: Firm, plan: Plan) -> None:
    """Add the campaigns of the plan to the books in the folder."""
    day = [pd.Timestamp(firm.as_of) + pd.Timedelta(days=1 + k) for k in range(DAYS)]
    told = [
        pd.DataFrame({"customer_id": firm.customers["customer_id"][c.who]}).assign(
            campaign_id=c.name, from_on=day[c.from_day], to_on=day[c.to_day - 1]
        )
        for c in plan.campaigns
    ]
    pd.concat(told).to_csv(folder / "campaigns.csv", index=False)
    recipe = yaml.safe_load((folder / RECIPE).read_text())
    recipe["tables"]["campaigns"] = {"file": "campaigns.csv"}
    (folder / RECIPE).write_text(yaml.safe_dump(recipe, sort_keys=False))


def _placed(learnt: Firm, truth: dict[str, float], rng: np.random.Generator) -> Iterator[dict[str, object]]:
    """A row for every parameter of the cards that is measured."""
    for name, belief in _measured(learnt):
        below = _share_below(belief, truth[name], rng)
        error = belief.centre - truth[name]
        rank = math.floor(below * (DRAWS + 1))
        yield {"rank": rank, "distance": ndtri(below), "error": error, "chosen": True, "parameter": name}


def _measured(learnt: Firm) -> Iterator[tuple[str, Belief]]:
    for card, held in learnt.cards.items():
        for key, parameter in held.parameters.items():
            if parameter.status == "measured":
                yield f"{card}.{key}", learnt.beliefs[f"{card}.{key}"]


def _share_below(belief: Belief, value: float, rng: np.random.Generator) -> float:
    """Share of the belief that is below the value, any part of what is at it counted as below."""
    below, upto = (_quantile(partial(_compare, side, belief, value)) for side in (operator.lt, operator.le))
    return float(rng.uniform(below, upto))


def _compare(how: Callable[[float, float], bool], belief: Belief, value: float, u: float) -> bool:
    return how(belief.at(u), value)


def _quantile(holds: Callable[[float], bool]) -> float:
    """The highest u at which a condition holds that holds below it, by bisection."""
    low, high = 1e-9, 1 - 1e-9
    for _ in range(40):
        mid = (low + high) / 2
        low, high = (mid, high) if holds(mid) else (low, mid)
    return low
