"""The opening of a world: beliefs drawn, customers won taken in, open items put in, all clocks started."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
from numba import njit

from twin.behaviour.contact import fading, fill_faded, usual_effect
from twin.behaviour.demand import common_level, unforeseen_sd
from twin.behaviour.liquidity import FAILED, REGIMES, Regimes, macro_path, stress
from twin.behaviour.payment import FIRST_DAY, LAST_DAY, fresh_patience
from twin.firm.firm import Firm
from twin.firm.ledger import Ledger
from twin.firm.plan import Plan
from twin.luck import FIRM, Purpose, exponential, normal, uniform
from twin.sim.arrays import (
    CHURN,
    CONDITION,
    CUSTOMER,
    EVENT,
    FULFILMENT,
    HELD,
    INVOICE,
    MOVES,
    NONE,
    NORMAL,
    REGIME,
    WORLD,
    Records,
    lined_up,
)
from twin.sim.clocks import firing_day
from twin.sim.habits import alone, start_alone, start_run, wake
from twin.sim.liquidity import intensity, schedule, start
from twin.sim.measures import NAMES
from twin.sim.nature import Nature, People, draw_people, joined
from twin.sim.subledger import HOME, MOST_CENTS, new_slot, owe
from twin.sim.suppliers import fixed_outflows, opening_payables
from twin.sim.timeline import accumulated, by_day, month_ends, order_mass, scheduled
from twin.sim.view import of
from twin.sim.won import Won, draw_won
from twin.sim.world import World, belief_value, ladder_of

Floats = npt.NDArray[np.float64]
_FIRST_WAIT, _OPEN_PATIENCE = int(Purpose.FIRST_WAIT), int(Purpose.OPEN_PATIENCE)
_OPEN_DISPUTE = int(Purpose.OPEN_DISPUTE)
YEAR = 365
LONGEST_TERMS = 365
SPARE = 16
"""Slots for invoices beside one for each open item and twice those of the customers; unused room costs nothing."""

DRAWN = {
    "pass_through": "payment.terms_pass_through",
    "never": "payment.never_share",
    "part": "payment.part_share",
    "short": "payment.short_share",
    "short_size": "payment.short_size",
    "dispute_share": "dispute.share",
    "dispute_days": "dispute.days",
    "credit_share": "dispute.credit_share",
    "softness": "discount.softness",
    "half_life": "collections.half_life_days",
    "refusal": "demand.refusal_goodwill",
    "contagion": "liquidity.contagion",
    "work_spread": "collections.work_spread",
}


def build(firm: Firm, plan: Plan, nature: Nature, *, log: bool) -> World:
    """The world of a plan at the start of day 0."""
    first_day = firm.as_of + timedelta(days=1)
    days = nature.days.size
    drawn = draw_beliefs(firm, plan, nature.seed, nature.replication)
    won = list(_won(firm, plan, drawn, nature))
    own = np.arange(len(firm.customers))
    rows = np.concatenate([own, *(w.donor for w in won)])
    agents = np.concatenate([own, *(w.agent for w in won)])
    arrival = np.concatenate([np.zeros_like(own), *(w.arrival for w in won)])
    new = [draw_people(firm, w.donor, w.agent, nature.seed, nature.replication) for w in won]
    people = joined([nature.people, *new]) if new else nature.people
    n = rows.size
    regimes = regimes_of(drawn)
    industry, clock_mass = clock_masses(firm, drawn, nature, days)
    due = firm.open_items["due_day"].to_numpy(np.int64)
    first_due = int(min(due.min(initial=0), 0))
    slots = 2 * HOME * n + len(due) + SPARE
    payables = opening_payables(firm, drawn, days)
    owed = opening_receivables(firm)
    rate, fade = np.ascontiguousarray(firm.habits.rate), np.empty(days + LONGEST_TERMS)
    fill_faded(drawn["collections.half_life_days"], fade)
    first_link, creditor, share = links_by_debtor(firm, n)
    month_sd = unforeseen_sd(drawn["demand.month_sd"], firm.seasons.years)
    level = common_level(month_sd, days, nature.seed, nature.replication)
    factor = nature.run_factor
    if drawn["payment.macro_loading"] != 0.0:
        factor = factor * by_day(np.exp(-drawn["payment.macro_loading"] * _macro(drawn, nature)), days)
    world = World(
        firm=firm,
        plan=plan,
        seed=nature.seed,
        replication=nature.replication,
        policy=firm.policy,
        drawn=drawn,
        record=record_of(firm, drawn, nature, first_due),
        rows=rows,
        days=nature.days.copy(),
        regimes=regimes,
        ladder=ladder_of(firm.policy, drawn),
        customers=customers_of(firm, rows, agents, people),
        conditions=conditions_of(drawn, people, industry[rows], firm.customers["again"].to_numpy()[rows]),
        invoices=lined_up(slots, INVOICE),
        held=np.zeros(max(16, n // 16), HELD),
        frailty=np.ascontiguousarray(people.frailty),
        rate=rate,
        first_rate=first_rates(rate),
        phase=firm.habits.phase,
        catch_up=np.ascontiguousarray(firm.habits.catch_up),
        run_factor=np.ascontiguousarray(factor),
        reference=usual_effects(firm, drawn),
        fade=fade,
        order_mass=order_mass(firm, first_day, drawn["demand.trend"], level),
        run_mass=accumulated(factor),
        clock_mass=clock_mass,
        first_link=first_link,
        creditor=creditor,
        share=share,
        outflows=scheduled(fixed_outflows(firm, drawn), firm.calendar, first_day, days),
        payables=payables,
        ledger=Ledger(
            {
                "payables": -int(payables.sum()),
                "cash": sum(firm.accounts["balance_cents"].tolist()),
                "receivables": owed,
            }
        ),
        due_cents=np.zeros(days + LONGEST_TERMS + 1 - first_due + int(max(due.max(initial=0), 0)), np.int64),
        month_ends=month_ends(first_day, days),
        log=np.zeros(8 * slots if log else 0, EVENT),
        measures=np.zeros((days, len(NAMES)), np.int64),
        order_on=np.full(n, NONE, np.int32),
        run_on=np.full(n, NONE, np.int32),
        move_on=np.full(n, NONE, np.int32),
        fired=np.zeros(n, np.int32),
        heads=np.full((FULFILMENT + 1, days + 1), NONE, np.int32),
        failures=np.zeros(n, np.int32),
        claims=np.zeros(n, np.int64),
        worklist=np.zeros(slots, np.int32),
    )
    world.record["ordered"], world.record["free"], world.record["fresh"] = owed, NONE, HOME * n
    world.record["in_regime"][0] = np.bincount(people.regime, minlength=len(REGIMES))
    _start(world, arrival, people.shift)
    world.put_policy(0)
    return world


def draw_beliefs(firm: Firm, plan: Plan, seed: int, replication: int) -> dict[str, float]:
    """Value of every card parameter in this replication; the plan's own beliefs replace the firm's."""
    held = {**firm.beliefs, **plan.beliefs}
    return {name: belief_value(name, belief, seed, replication) for name, belief in sorted(held.items())}


def record_of(firm: Firm, drawn: dict[str, float], nature: Nature, first_due: int) -> Records:
    """World.record with what is drawn of the cards; the policy is put in by `World.put_policy`."""
    out = np.zeros(1, WORLD)
    out["seed"], out["replication"], out["first_due"] = nature.seed, nature.replication, first_due
    horizon = nature.days.size
    after = firm.calendar.banking(firm.as_of + timedelta(days=1 + horizon), YEAR)
    out["reopens"] = horizon + (int(np.argmax(after)) if after.any() else YEAR)
    out["delay_days"] = firm.habits.dispute_days
    out["batches"] = (firm.customers["again"] > 0).any()
    for name, belief in DRAWN.items():
        out[name] = drawn[belief]
    out["churn"] = drawn["demand.churn_rate"] / YEAR
    return out


def regimes_of(drawn: dict[str, float]) -> Records:
    """The three living regimes as the kernels read them. (3,)"""

    def three(name: str) -> tuple[float, float, float]:
        return 1.0, drawn[f"liquidity.{name}_strained"], drawn[f"liquidity.{name}_distressed"]

    worsen = [drawn[f"liquidity.worsen_{name}"] / YEAR for name in REGIMES[:FAILED]]
    improve = [drawn[f"liquidity.improve_{name}"] / YEAR for name in REGIMES[1:FAILED]]
    held = Regimes(
        (worsen[0], worsen[1], worsen[2]),
        (0.0, improve[0], improve[1]),
        three("pace"),
        three("orders"),
        three("disputes"),
        three("funds"),
    )
    out = np.zeros(FAILED, REGIME)
    out["worsen"], out["improve"], out["funds"] = held.worsen, held.improve, held.funds
    for name in ("pace", "orders", "disputes"):
        out[name] = held.relative(getattr(held, name))
    return out


def clock_masses(
    firm: Firm, drawn: dict[str, float], nature: Nature, days: int
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Row of each customer's industry, and the weights of days: plain in row 0, then stressed, one row an industry."""
    codes, names = firm.customers["industry"].factorize(sort=True)
    macro = by_day(_macro(drawn, nature), days)
    rows = [np.ones(days)]
    for name in names:
        u = uniform(nature.seed, nature.replication, FIRM, int(Purpose.INDUSTRY), crc32(str(name).encode()))
        load = drawn["liquidity.macro_loading"] * float(np.exp(drawn["liquidity.industry_spread"] * normal(u)))
        rows.append(stress(load, macro))
    return np.asarray(codes) + 1, accumulated(np.array(rows))


def first_rates(rate: Floats) -> npt.NDArray[np.int64]:
    """First day from due on which each table has a rate above 0; the last one where none has. (tables,)"""
    some = rate > 0
    return (np.where(some.any(axis=1), some.argmax(axis=1), LAST_DAY - FIRST_DAY) + FIRST_DAY).astype(np.int64)


def usual_effects(firm: Firm, drawn: dict[str, float]) -> Floats:
    """Effect of today's ladder by days past due: the books were kept under it, so it is divided out. (ages,)"""
    ladder = firm.policy.ladder
    effects = [drawn[f"collections.{step.contact}_effect"] for step in ladder]
    return usual_effect([step.day for step in ladder], effects, drawn["collections.half_life_days"], LAST_DAY + 1)


def links_by_debtor(firm: Firm, n: int) -> tuple[Any, ...]:
    """World.links: links sorted by debtor, and where each debtor's begin."""
    links = firm.links.sort_values(["debtor", "creditor"])
    first = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(links["debtor"], minlength=n), out=first[1:])
    return first, links["creditor"].to_numpy(np.int64, copy=True), links["share"].to_numpy(float, copy=True)


def _macro(drawn: dict[str, float], nature: Nature) -> Floats:
    return np.array(macro_path(drawn["liquidity.macro_memory"], nature.macro))


def _won(firm: Firm, plan: Plan, drawn: dict[str, float], nature: Nature) -> Iterator[Won]:
    for campaign in plan.campaigns:
        asked = belief_value(f"campaign.{campaign.name}.acquire", campaign.acquire, nature.seed, nature.replication)
        count, selection = max(round(asked), 0), drawn["demand.adverse_selection"]
        if count and campaign.who.any():
            yield draw_won(firm, campaign, count, selection, nature.seed, nature.replication)


def customers_of(firm: Firm, rows: npt.NDArray[np.int64], agents: npt.NDArray[np.int64], people: People) -> Records:
    """The customers before the first day, what the policy sets aside. rows, agents: (n,)."""
    out: Records = lined_up(rows.size, CUSTOMER)
    out["mu"], out["regime"], out["agent"], out["gone"] = people.mu, people.regime, agents, people.gone
    out["sigma"] = firm.customers["amount_sigma"].to_numpy()[rows]
    out["base_terms"] = firm.customers["terms_days"].to_numpy()[rows]
    season = {segment: row for row, segment in enumerate(firm.seasons.segments)}
    out["season"] = firm.customers["segment"].map(season).to_numpy()[rows]
    for name in ("run", "table", "calendar"):
        out[name] = getattr(firm.habits, name)[rows]
    out["shift"] = firm.habits.shift[rows, firm.habits.channel[rows]] + people.shift
    out["delayed"] = firm.habits.dispute_share[rows]
    out["first"] = NONE
    return out


def conditions_of(drawn: dict[str, float], people: People, industry: npt.NDArray[np.int64], again: Floats) -> Records:
    """What of the customers seldom changes, before the first day.

    industry: row of the clock masses; again: probability that an order is followed at once by another. (n,) each
    """
    out = np.zeros(industry.size, CONDITION)
    out["rate"], out["industry"], out["restless"] = people.rate, industry, people.restless
    out["again"] = again
    out["funds"] = drawn["discount.cost_of_funds"] * np.exp(drawn["discount.funds_spread"] * people.funds)
    return out


def opening_receivables(firm: Firm) -> int:
    """Cents owed on the as-of date.

    Raises: OverflowError if 64-bit cents do not hold them.
    """
    owed = sum(firm.open_items["open_cents"].tolist())
    if owed > MOST_CENTS:
        raise OverflowError(f"the opening receivables, {owed} cents, are beyond 64-bit cents")
    return int(owed)


def _start(world: World, arrival: npt.NDArray[np.int64], shift: npt.NDArray[np.int64]) -> None:
    """Put the items open on the as-of date into the population, and start every clock. shift: as in People."""
    items = world.firm.open_items
    number = -1 - items.groupby("customer").cumcount().to_numpy(np.int64)
    customer, due, cents = (items[name].to_numpy(np.int64) for name in ("customer", "due_day", "open_cents"))
    start_clocks(arrival, world.record)
    dues = world.firm.open_dues
    put_open_items(number, customer, due, dues.day + shift[customer], dues.delayed, cents, world.record)


@njit(cache=True)
def start_clocks(arrival: Any, world: Any) -> None:
    """Start the clocks of orders, runs, moves and churn of every customer, from its arrival on. arrival: (n,).

    Who had left by the as-of date orders nothing and cannot leave again.
    """
    w = world[0]
    customers, conditions, regimes = of(w, "customers"), of(w, "conditions"), of(w, "regimes")
    for i in range(customers.size):
        c, q, day = customers[i], conditions[i], arrival[i]
        q.factor, c.price, c.scale = 1.0, 1.0, 1.0
        q.mood, c.pace = regimes[c.regime].orders if c.gone == 0 else 0.0, regimes[c.regime].pace
        c.left = exponential(uniform(w.seed, w.replication, c.agent, _FIRST_WAIT, 0))
        c.since, c.intensity = day, q.rate * q.factor * q.mood
        of(w, "order_on")[i] = firing_day(of(w, "order_mass")[c.season], day, c.left, c.intensity)
        if not alone(c):
            start_run(w, c, day)
        q.on[CHURN] = NONE
        for which in range(MOVES if c.gone == 0 else CHURN):
            start(w, i, which, day)
            schedule(w, i, which, intensity(w, i, which, c.regime))


@njit(cache=True)
def put_open_items(number: Any, customer: Any, due: Any, habit_due: Any, delayed: Any, cents: Any, world: Any) -> None:
    """Give the items open on the as-of date to their customers; ladder steps whose day has passed count as made.

    number, customer, due, habit_due, delayed (its probability), cents: (items,). No past is invented: what is left of
    a unit-exponential clock is again unit-exponential, so each has a fresh patience.
    """
    w = world[0]
    invoices, ladder = of(w, "invoices"), of(w, "ladder")
    for k in range(number.size):
        i = customer[k]
        slot = new_slot(w, i)
        v = invoices[slot]
        agent = of(w, "customers")[i].agent
        v.customer, v.number, v.cents = i, number[k], cents[k]
        v.due, v.habit_due = due[k], habit_due[k]
        if delayed[k] > 0.0:
            mark = uniform(w.seed, w.replication, agent, _OPEN_DISPUTE, -1 - number[k])
            v.habit_due += w.delay_days if mark < delayed[k] else 0
        v.state, v.effect = NORMAL, 1.0
        for step in range(ladder.size):
            on = due[k] + ladder[step].day
            if on < 0:
                left = fading(v.effect, on - v.contacted, w.half_life) if step > 0 else 1.0
                v.effect = left * ladder[step].effect
                v.step, v.contacted = step + 1, on
        u = uniform(w.seed, w.replication, agent, _OPEN_PATIENCE, -1 - number[k])
        v.patience = fresh_patience(u, w.never)
        owe(w, slot)
        if alone(of(w, "customers")[i]):
            v.patience = math.log(v.patience)
            start_alone(w, slot, 0)
        else:
            wake(w, i, 0)
