"""The synthetic firm's truth: four segments of customers with known parameters.

A true firm is an ordinary Firm whose customers are known only as far as their segment. The draw of replication 0 under
its seed makes each of them somebody, so the truth about every customer can be told again from the seed alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import DAYS, FIRST_DAY, LAST_DAY, PaymentHabits
from twin.calendar import KINDS, MONTH_GROUPS, Calendar
from twin.content import content
from twin.firm.cards import beliefs, read_cards
from twin.firm.firm import Firm, Seasons
from twin.firm.links import generated_links
from twin.firm.plan import Policy
from twin.firm.traits import TRAITS, long_run_regimes
from twin.luck import Purpose, fill_uniform

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Habit:
    """An archetype of payers.

    Its settlement intensity has a peak of `height` at `peak` days from due, `width` wide, over a floor that holds from
    `start` days from due and thins out by half every 45 days after the peak.
    """

    peak: float
    width: float
    height: float
    floor: float
    start: int
    run: float
    turn_of_month: float = 1.0


HABITS = {
    "early": Habit(peak=-6, width=2.5, height=0.55, floor=0.04, start=-20, run=1.2),
    "on the due date": Habit(peak=1, width=1.2, height=1.10, floor=0.05, start=-12, run=1.5),
    "a fortnight late": Habit(peak=14, width=5.0, height=0.16, floor=0.03, start=-5, run=0.5),
    "slow": Habit(peak=38, width=14.0, height=0.09, floor=0.02, start=0, run=0.35),
    "turn of the month": Habit(peak=5, width=12.0, height=0.12, floor=0.05, start=-10, run=0.4, turn_of_month=5.0),
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A kind of customer.

    share:    of all customers.          orders_a_month: gamma across customers with `evenness` as its shape.
    amount:   of a typical order, in money, with the `spread` of its log.
    swing:    how much more than usual is ordered in `peak_month`.    mix: shares of HABITS.
    """

    share: float
    orders_a_month: float
    evenness: float
    amount: float
    spread: float
    terms_days: int
    peak_month: int
    swing: float
    mix: tuple[float, ...]


SEGMENTS = {
    "retail": Segment(0.50, 1.6, 1.5, 900.0, 0.7, 30, 11, 0.35, (0.10, 0.35, 0.30, 0.15, 0.10)),
    "wholesale": Segment(0.25, 2.5, 1.8, 4_200.0, 0.6, 45, 10, 0.20, (0.15, 0.45, 0.20, 0.08, 0.12)),
    "industry": Segment(0.15, 1.2, 2.0, 9_500.0, 0.9, 60, 4, 0.10, (0.05, 0.40, 0.30, 0.10, 0.15)),
    "public": Segment(0.10, 0.7, 2.5, 3_000.0, 0.8, 30, 12, 0.25, (0.02, 0.28, 0.35, 0.25, 0.10)),
}

INDUSTRIES = {
    "retail": ("food", "fashion", "electronics"),
    "wholesale": ("food", "electronics", "building"),
    "industry": ("machinery", "building", "chemicals"),
    "public": ("administration", "health"),
}
"""In which the customers of each segment are, all equally likely."""

REGIONS = {"west": 0.35, "south": 0.30, "north": 0.20, "east": 0.15}
"""Where the customers are, with the share of each region."""

DAY_KIND = np.array([1.15, 1.25, 0.95, 0.90, 1.25, 0.02, 0.01, 0.03])
ORDER_KIND = np.array([1.2, 1.15, 1.1, 1.1, 1.0, 0.25, 0.1, 0.2])
CATCH_UP = np.full(4, 0.9)
WEEK_SD = 0.08
FRAILTY_SHAPE = 8.0
PHASE_CUTS = np.array([-3, 1, 22], np.int32)


def true_firm(customers: int, seed: int, start: date, currency: str = "EUR") -> Firm:
    """The synthetic firm on the eve of its first day, owing and owed nothing."""
    segment, habit = draw_kinds(customers, seed)
    cards = read_cards(content("models"))
    given = beliefs(cards, currency)
    table = customer_table(segment, currency).assign(**long_run_regimes(given))
    table = table.assign(**draw_places(segment, seed))
    links = generated_links(table, given["liquidity.links_per_customer"].centre, seed)
    monthly = int((table["expected_revenue"].sum()) / 12)
    return Firm(
        name="synthetic firm",
        as_of=start,
        currency=currency,
        calendar=Calendar("DE"),
        customers=table[[name for name in TRAITS if name in table]],
        habits=true_habits(habit),
        seasons=true_seasons(),
        open_items=pd.DataFrame(
            {"invoice_id": pd.Series(dtype=str)}
            | {c: pd.Series(dtype="int64") for c in ("customer", "issued_day", "due_day", "open_cents")}
        ),
        accounts=pd.DataFrame({"account_id": ["main"], "currency": [currency], "balance_cents": [monthly]}),
        outflows=pd.DataFrame(
            {
                "name": ["payroll", "suppliers", "suppliers", "tax", "rent"],
                "day_of_month": [28, 10, 25, 15, 1],
                "cents": [int(monthly * share) for share in (0.24, 0.33, 0.33, 0.06, 0.04)],
            }
        ),
        policy=Policy(
            over_limit="hold",
            hold_patience_days=14,
            collectors=max(1, round(customers / 2_000)),
            collector_minutes=240,
            overdraft_limit=monthly // 2,
        ),
        cards=cards,
        past_revenue=np.zeros(90, np.int64),
        assumptions=(),
        sources=(),
        certificate={},
        links=links,
    )


def draw_kinds(customers: int, seed: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Segment and habit of each customer, as rows of SEGMENTS and HABITS. (n,), (n,)"""
    first, second = _luck(customers, seed, 0)
    segments = list(SEGMENTS.values())
    edges = np.cumsum([s.share for s in segments])[:-1]
    segment = np.searchsorted(edges, first)
    mixes = np.cumsum([s.mix for s in segments], axis=1)[:, :-1]
    return segment, (second[:, None] > mixes[segment]).sum(axis=1)


def draw_places(segment: npt.NDArray[np.int64], seed: int) -> dict[str, pd.Series]:
    """Region and industry of each customer, by name. segment: (n,) rows of SEGMENTS."""
    first, second = _luck(segment.size, seed, 1)
    region = np.searchsorted(np.cumsum(list(REGIONS.values()))[:-1], first)
    many = np.array([len(INDUSTRIES[name]) for name in SEGMENTS])
    before = np.cumsum(many) - many
    industry = before[segment] + np.floor(second * many[segment]).astype(np.int64)
    names = [industry for name in SEGMENTS for industry in INDUSTRIES[name]]
    return {"region": _words(list(REGIONS), region), "industry": _words(names, industry)}


def _luck(customers: int, seed: int, ordinal: int) -> tuple[Floats, Floats]:
    """Two uniforms of each customer, the first two of the block of its traits. (n,), (n,)"""
    first, second = np.empty(customers), np.empty(customers)
    for word, out in enumerate((first, second)):
        fill_uniform(seed, 0, np.arange(customers), int(Purpose.DEMO_TRAIT) + word, ordinal, out)
    return first, second


def _words(names: Sequence[str], row: npt.NDArray[np.int64]) -> pd.Series:
    """A column of text: for each customer the name in its row."""
    return pd.Series(pd.array(names, dtype="str").take(row))


def customer_table(segment: npt.NDArray[np.int64], currency: str) -> pd.DataFrame:
    """The customer table of the true firm; each row says what its segment says."""
    each = list(SEGMENTS.values())
    rate = np.array([s.orders_a_month for s in each]) * 12 / 365
    shape = np.array([s.evenness for s in each])
    money = np.array([s.amount * 100 for s in each])
    spread = np.array([s.spread for s in each])
    limit = money * np.maximum(12, rate * 365)
    traits = {
        "terms_days": np.array([s.terms_days for s in each], np.int64),
        "credit_limit": limit.astype(np.int64),
        "rate_shape": shape,
        "rate_days": shape / rate,
        "alive": np.ones(len(each)),
        "churn": np.ones(len(each)),
        "churn_shape": np.full(len(each), 1e6),
        "again": np.zeros(len(each)),
        "amount_mu": np.log(money) - spread**2 / 2,
        "amount_mu_sd": np.full(len(each), 0.35),
        "amount_sigma": spread,
        "expected_revenue": rate * 365 * money,
    }
    names = {"customer_id": _ids(segment.size), "segment": _words(list(SEGMENTS), segment)}
    text = pd.DataFrame(names).assign(currency=currency)
    return text.assign(**{name: values[segment] for name, values in traits.items()})


def _ids(customers: int) -> pd.Series:
    """Ids of so many customers, in the order of their rows by alphabet too."""
    return "C" + pd.Series(np.arange(1, customers + 1)).astype("str").str.zfill(max(6, len(str(customers))))


def rate_table(habit: Habit) -> Floats:
    """Settlement intensity of an archetype at each day from due. (DAYS,)"""
    day = np.arange(FIRST_DAY, LAST_DAY + 1, dtype=float)
    bump = habit.height * np.exp(-(((day - habit.peak) / habit.width) ** 2) / 2)
    floor = habit.floor * np.where(day >= habit.start, 1.0, 0.0) * 0.5 ** (np.maximum(day - habit.peak, 0) / 45)
    return bump + floor


def true_habits(habit: npt.NDArray[np.int64]) -> PaymentHabits:
    """Payment behaviour of customers who follow the archetypes in rows `habit`, each with a frailty of its own."""
    archetypes = list(HABITS.values())
    rate = np.array([rate_table(a) for a in archetypes]).reshape(len(archetypes), DAYS)
    month_group = np.ones((2, len(MONTH_GROUPS)))
    turn = [MONTH_GROUPS.index(g) for g in ("last", "last but one", "first", "second")]
    month_group[1] = 0.35
    month_group[1, turn] = HABITS["turn of the month"].turn_of_month
    phases = PHASE_CUTS.size + 1
    return PaymentHabits(
        rate=rate,
        phase_cuts=PHASE_CUTS,
        table=habit.astype(np.int32),
        phase_shape=np.full((habit.size, phases), FRAILTY_SHAPE),
        run=np.array([a.run for a in archetypes])[habit],
        day_kind=np.tile(DAY_KIND, (2, 1)),
        month_group=month_group,
        calendar=(habit == list(HABITS).index("turn of the month")).astype(np.int32),
        catch_up=CATCH_UP,
        week_sd=WEEK_SD,
        population=0,
        population_shape=np.full(phases, FRAILTY_SHAPE),
        population_run=1.0,
    )


def true_seasons() -> Seasons:
    """Order seasons of the segments: a yearly wave that peaks in the segment's month; weekdays alike for all."""
    month = np.arange(12)
    wave = [1 + s.swing * np.cos(2 * np.pi * (month - (s.peak_month - 1)) / 12) for s in SEGMENTS.values()]
    kind = np.tile(ORDER_KIND / ORDER_KIND[:7].mean(), (len(SEGMENTS), 1))
    assert kind.shape[1] == len(KINDS)
    return Seasons(tuple(SEGMENTS), np.array(wave), kind)
