"""Random policies and plans: changes of every setting, campaigns that speak to customers and win some."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.oracle.beliefs import one_of
from twin.behaviour.belief import Belief, fixed
from twin.firm.plan import Campaign, Change, Plan, Policy, Step
from twin.firm.settings import CONTACTS, CUSTOMER_SETTINGS, NEVER_DAYS, SETTINGS

Draw = Any

ladders = (
    st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True)
    | st.lists(st.integers(0, 12), min_size=2, max_size=3, unique=True)
    | st.lists(st.integers(0, 60), max_size=3, unique=True)
).flatmap(lambda days: st.tuples(*(st.builds(Step, st.sampled_from(CONTACTS), st.just(d)) for d in sorted(days))))

WORDS = {"ladder": ladders, "worklist": st.sampled_from(["largest", "oldest"])}
WORDS["over_limit"] = st.sampled_from(["hold", "decline"])

policies = st.builds(
    Policy,
    hold_days=st.sampled_from([1, 10, 30, NEVER_DAYS]),
    price=st.sampled_from([1.0, 1.0, 1.25]),
    discount=st.sampled_from([0.0, 0.02, 0.1]),
    discount_days=st.sampled_from([0, 5, 10]),
    over_limit=WORDS["over_limit"],
    hold_patience_days=st.sampled_from([0, 1, 10, 30]),
    lead_days=st.sampled_from([0, 0, 1, 7]),
    collectors=st.sampled_from([1, 2, 3, 0]),
    collector_minutes=st.sampled_from([13, 7, 25, 360, 0]),
    ladder=ladders,
    worklist=WORDS["worklist"],
    write_off_days=st.sampled_from([180, 1, 20, 61]),
    overdraft_limit=st.sampled_from([0, 500_000]),
    outflows=st.sampled_from([0.0, 0.5, 1.0, 1.337]),
)

AMOUNTS = {
    "terms_days": [0.0, 0.5, 7.0, 15.0],
    "credit_limit": [0.0, 0.5, 300_000.0],
    "hold_days": [0.0, 1.0, 14.5, 40.0],
    "price": [0.5, 0.8, 1.25],
    "discount": [0.0, 0.01, 0.03, 0.9],
    "discount_days": [0.0, 3.0, 8.5],
    "hold_patience_days": [0.0, 2.5, 20.0],
    "lead_days": [0.0, 1.0, 5.5],
    "collectors": [1.0, 2.0, 0.0],
    "collector_minutes": [0.0, 1.0, 30.0],
    "write_off_days": [0.5, 1.0, 15.0, 90.0],
    "overdraft_limit": [0.0, 1.0, 200_000.0],
    "outflows": [0.0, 0.3, 1.1],
}
"""What a change sets a setting to, or adds; some are cut to the setting's range."""

SCALES = [0.0, 0.5, 1.0, 1.7]
PRICE_SCALES = [0.7, 1.0, 1.3]


@st.composite
def plans(draw: Draw, n: int, days: int) -> Plan:
    """Up to 6 changes and 2 campaigns; sometimes other beliefs than the firm's."""
    return Plan(
        "plan",
        tuple(draw(st.lists(changes(n, days), max_size=6))),
        tuple(draw(campaigns(f"c{i}", n, days)) for i in range(draw(st.integers(0, 2)))),
        draw(st.sampled_from([{}, {}, {"demand.terms_elasticity": fixed(0.5), "dispute.share": fixed(0.4)}])),
    )


@st.composite
def changes(draw: Draw, n: int, days: int) -> Change:
    setting = draw(st.sampled_from([*SETTINGS, "collectors", "discount", "lead_days"]))
    start = draw(st.integers(0, days + 5))
    end = draw(st.none() | st.integers(start + 1, start + 60))
    who = draw(masks(n)) if setting in CUSTOMER_SETTINGS else None
    if setting in WORDS:
        return Change(setting, start, end, who, "set", draw(WORDS[setting]))
    how = draw(st.sampled_from(["set", "scale", "add"]))
    number = draw(st.sampled_from(AMOUNTS[setting]))
    if how == "scale":
        number = draw(st.sampled_from(PRICE_SCALES if setting == "price" else SCALES))
    if how == "add" and setting != "price" and draw(st.booleans()):
        number = -number
    belief = draw(st.sampled_from([fixed(number), Belief("normal", number, abs(number) / 10)]))
    return Change(setting, start, end, who, how, belief)


@st.composite
def campaigns(draw: Draw, name: str, n: int, days: int) -> Campaign:
    start = draw(st.integers(0, days // 2) | st.integers(0, days + 5))
    return Campaign(
        name,
        start,
        start + draw(st.integers(1, 60)),
        draw(masks(n)),
        order_rate=draw(one_of(0.0, 1.5, Belief("normal", 1.15, 0.05), 3.0)),
        amount=draw(one_of(1.0, 0.5, Belief("normal", 1.3, 0.1))),
        acquire=draw(one_of(0.0, -1.0, 2.5, 4.0, Belief("normal", 2.0, 1.5))),
        cost=draw(st.integers(0, 50_000)),
    )


def masks(n: int) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.booleans(), min_size=n, max_size=n).map(np.array)
