"""The opening of a world: beliefs drawn, customers won taken in, open items put in, all clocks started."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
from numba import njit

from twin.behaviour.contact import fading, usual_effect
from twin.behaviour.liquidity import FAILED, REGIMES, Regimes, macro_path, stress
from twin.behaviour.payment import FIRST_DAY, LAST_DAY, fresh_patience
from twin.firm.firm import Firm
from twin.firm.ledger import Ledger
from twin.firm.plan import Plan
from twin.luck import FIRM, Purpose, exponential, normal, uniform
from twin.sim.arrays import (
    CHURN,
    CUSTOMER,
    EVENT,
    FREE,
    HELD,
    IN_REGIME,
    INVOICE,
    LIQUIDITY,
    MOVES,
    NONE,
    NORMAL,
    ORDERED_CENTS,
    PARAMS,
    POOL,
    REGIME,
    Records,
    new_calendar,
    string_free,
)
from twin.sim.borrowed import borrowed
from twin.sim.clocks import firing_day
from twin.sim.habits import alone, start_alone, start_run, wake
from twin.sim.liquidity import intensity, schedule, start
from twin.sim.measures import NAMES
from twin.sim.nature import Nature, People, draw_people, joined
from twin.sim.subledger import MOST_CENTS, owe
from twin.sim.suppliers import fixed_outflows, opening_payables
from twin.sim.timeline import accumulated, by_day, month_ends, order_mass, scheduled
from twin.sim.won import Won, draw_won
from twin.sim.world import World, belief_value, ladder_of

Floats = npt.NDArray[np.float64]
_FIRST_WAIT, _OPEN_PATIENCE = int(Purpose.FIRST_WAIT), int(Purpose.OPEN_PATIENCE)
_OPEN_DISPUTE = int(Purpose.OPEN_DISPUTE)
YEAR = 365
LONGEST_TERMS = 365
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
    slots = max(2 * len(due), n, 16)
    payables = opening_payables(firm, drawn, days)
    owed = opening_receivables(firm)
    factor = nature.run_factor
    if drawn["payment.macro_loading"] != 0.0:
        factor = factor * by_day(np.exp(-drawn["payment.macro_loading"] * _macro(drawn, nature)), days)
    liquidity = np.zeros(n, LIQUIDITY)
    liquidity["industry"] = industry[rows]
    liquidity["restless"] = people.restless
    liquidity["funds"] = drawn["discount.cost_of_funds"] * np.exp(drawn["discount.funds_spread"] * people.funds)
    world = World(
        firm=firm,
        plan=plan,
        seed=nature.seed,
        replication=nature.replication,
        days=nature.days.copy(),
        policy=firm.policy,
        drawn=drawn,
        rows=rows,
        params=params_of(firm, drawn, nature, first_due),
        regimes=regimes,
        ladder=ladder_of(firm.policy, drawn),
        customers=records_of(firm, rows, agents, people),
        liquidity=liquidity,
        invoices=np.zeros(slots, INVOICE),
        held=np.zeros(max(16, n // 16), HELD),
        habit=habit_of(firm, drawn, people.frailty, factor),
        order_mass=order_mass(firm, first_day, days, drawn["demand.trend"]),
        run_mass=accumulated(factor),
        clock_mass=clock_mass,
        links=links_by_debtor(firm, n),
        outflows=scheduled(fixed_outflows(firm, drawn), firm.calendar, first_day, days),
        payables=payables,
        ledger=Ledger(
            {
                "payables": -int(payables.sum()),
                "cash": sum(firm.accounts["balance_cents"].tolist()),
                "receivables": owed,
            }
        ),
        first_due=first_due,
        due_cents=np.zeros(days + LONGEST_TERMS + 1 - first_due + int(max(due.max(initial=0), 0)), np.int64),
        month_ends=month_ends(first_day, days),
        pool=np.zeros(len(POOL), np.int64),
        log=np.zeros(4 * slots if log else 0, EVENT),
        measures=np.zeros((days, len(NAMES)), np.int64),
        order_on=np.full(n, NONE, np.int32),
        run_on=np.full(n, NONE, np.int32),
        moves=new_calendar(MOVES * n, days),
        pending=new_calendar(slots, days),
        agenda=new_calendar(slots, days),
        fulfilment=np.full(days + 1, NONE, np.int32),
        failures=np.zeros(n, np.int32),
        claims=np.zeros(n, np.int64),
    )
    world.pool[ORDERED_CENTS] = owed
    world.pool[FREE] = NONE
    string_free(world.invoices, 0, world.pool)
    for regime in range(1, len(REGIMES)):
        world.pool[IN_REGIME + regime] = np.count_nonzero(people.regime == regime)
    _start(world, arrival, people.shift)
    world.put_policy(0)
    return world


def draw_beliefs(firm: Firm, plan: Plan, seed: int, replication: int) -> dict[str, float]:
    """Value of every card parameter in this replication; the plan's own beliefs replace the firm's."""
    held = {**firm.beliefs, **plan.beliefs}
    return {name: belief_value(name, belief, seed, replication) for name, belief in sorted(held.items())}


def params_of(firm: Firm, drawn: dict[str, float], nature: Nature, first_due: int) -> Records:
    """What the kernels read of the drawn beliefs; the policy is put in by `World.put_policy`. (1,)"""
    out = np.zeros(1, PARAMS)
    out["seed"], out["replication"], out["first_due"] = nature.seed, nature.replication, first_due
    horizon = nature.days.size
    after = firm.calendar.banking(firm.as_of + timedelta(days=1 + horizon), YEAR)
    out["reopens"] = horizon + (int(np.argmax(after)) if after.any() else YEAR)
    out["delay_days"] = firm.habits.dispute_days
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
        u = uniform(nature.seed, nature.replication, FIRM, Purpose.INDUSTRY, crc32(str(name).encode()))
        load = drawn["liquidity.macro_loading"] * float(np.exp(drawn["liquidity.industry_spread"] * normal(u)))
        rows.append(stress(load, macro))
    return np.asarray(codes) + 1, accumulated(np.array(rows))


def habit_of(firm: Firm, drawn: dict[str, float], frailty: Floats, factor: Floats) -> tuple[Any, ...]:
    """World.habit. The books were kept under today's ladder: its usual effect is in the habits and is divided out."""
    rate = np.ascontiguousarray(firm.habits.rate)
    some = rate > 0
    first = np.where(some.any(axis=1), some.argmax(axis=1), LAST_DAY - FIRST_DAY) + FIRST_DAY
    ladder = firm.policy.ladder
    reference = usual_effect(
        [step.day for step in ladder],
        [drawn[f"collections.{step.contact}_effect"] for step in ladder],
        drawn["collections.half_life_days"],
        LAST_DAY + 1,
    )
    catch_up = np.ascontiguousarray(firm.habits.catch_up)
    return frailty, rate, first.astype(np.int64), firm.habits.phase, catch_up, np.ascontiguousarray(factor), reference


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


def records_of(firm: Firm, rows: npt.NDArray[np.int64], agents: npt.NDArray[np.int64], people: People) -> Records:
    """The customers before the first day, what the policy sets aside. rows, agents: (n,)."""
    out = np.zeros(rows.size, CUSTOMER)
    out["rate"], out["mu"], out["regime"], out["agent"] = people.rate, people.mu, people.regime, agents
    out["sigma"] = firm.customers["amount_sigma"].to_numpy()[rows]
    out["again"] = firm.customers["again"].to_numpy()[rows]
    out["gone"] = people.gone
    out["base_terms"] = firm.customers["terms_days"].to_numpy()[rows]
    season = {segment: row for row, segment in enumerate(firm.seasons.segments)}
    out["season"] = firm.customers["segment"].map(season).to_numpy()[rows]
    for name in ("run", "table", "calendar"):
        out[name] = getattr(firm.habits, name)[rows]
    out["shift"] = firm.habits.shift[rows, firm.habits.channel[rows]] + people.shift
    out["delayed"] = firm.habits.dispute_share[rows]
    out["first"] = NONE
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
    start_clocks(
        arrival,
        world.params,
        world.people,
        world.order_mass,
        world.clock_mass,
        world.regimes,
        world.order_on,
        world.moves,
    )
    put_open_items(
        number,
        customer,
        due,
        world.firm.open_dues.day + shift[customer],
        world.firm.open_dues.delayed,
        cents,
        world.params,
        world.days,
        world.people,
        world.habit,
        world.run_mass,
        world.ladder,
        world.run_on,
        world.pending,
        world.due_cents,
        world.pool,
    )


@njit(cache=True)
def start_clocks(
    arrival: Any, params: Any, people: Any, order_mass: Any, clock_mass: Any, regimes: Any, order_on: Any, moves: Any
) -> None:
    """Start the clocks of orders, runs, moves and churn of every customer, from its arrival on. arrival: (n,).

    Who had left by the as-of date orders nothing and cannot leave again.
    """
    p = params[0]
    people, order_mass, clock_mass, regimes = borrowed((people, order_mass, clock_mass, regimes))
    order_on, moves = borrowed((order_on, moves))
    customers, liquidity, _ = people
    for i in range(customers.size):
        c = customers[i]
        day = arrival[i]
        c.factor, c.price, c.scale = 1.0, 1.0, 1.0
        c.mood, c.pace = regimes[c.regime].orders if c.gone == 0 else 0.0, regimes[c.regime].pace
        c.left = exponential(uniform(p.seed, p.replication, c.agent, _FIRST_WAIT, 0))
        c.since = day
        order_on[i] = firing_day(order_mass[c.season], day, c.left, c.rate * c.mood)
        if not alone(c):
            start_run(p, c, day)
        for which in range(MOVES if c.gone == 0 else CHURN):
            start(which, i, day, p, customers, liquidity)
            rate = intensity(which, c.regime, liquidity[i], p, regimes)
            schedule(which, i, rate, liquidity, clock_mass, moves)


@njit(cache=True)
def put_open_items(
    number: Any,
    customer: Any,
    due: Any,
    habit_due: Any,
    delayed: Any,
    cents: Any,
    params: Any,
    days: Any,
    people: Any,
    habit: Any,
    run_mass: Any,
    ladder: Any,
    run_on: Any,
    pending: Any,
    due_cents: Any,
    pool: Any,
) -> None:
    """Give the items open on the as-of date to their customers; ladder steps whose day has passed count as made.

    number, customer, due, habit_due, delayed (its probability), cents: (items,). No past is invented: what is left of
    a unit-exponential clock is again unit-exponential, so each has a fresh patience.
    """
    p = params[0]
    days, people, habit, run_mass, ladder = borrowed((days, people, habit, run_mass, ladder))
    run_on, pending, due_cents, pool = borrowed((run_on, pending, due_cents, pool))
    customers, _, invoices = people
    for k in range(number.size):
        slot = pool[FREE]
        v = invoices[slot]
        pool[FREE] = v.next
        i = customer[k]
        v.customer, v.number, v.cents = i, number[k], cents[k]
        v.due, v.habit_due = due[k], habit_due[k]
        if delayed[k] > 0.0:
            mark = uniform(p.seed, p.replication, customers[i].agent, _OPEN_DISPUTE, -1 - number[k])
            v.habit_due += p.delay_days if mark < delayed[k] else 0
        v.state, v.effect = NORMAL, 1.0
        for step in range(ladder.size):
            on = due[k] + ladder[step].day
            if on < 0:
                left = fading(v.effect, on - v.contacted, p.half_life) if step > 0 else 1.0
                v.effect = left * ladder[step].effect
                v.step, v.contacted = step + 1, on
        u = uniform(p.seed, p.replication, customers[i].agent, _OPEN_PATIENCE, -1 - number[k])
        v.patience = fresh_patience(u, p.never)
        owe(slot, customers, invoices, due_cents, p.first_due, pool)
        if alone(customers[i]):
            v.patience = np.log(v.patience)
            start_alone(slot, 0, p.half_life, days, customers, invoices, habit, pending)
        else:
            wake(p, i, 0, customers, run_mass, run_on)
