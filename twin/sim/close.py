"""The close: the trial balance is struck, the subledger held against the control account, the stocks recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.behaviour.liquidity import REGIMES
from twin.sim.arrays import GONE, IN_DISPUTE, IN_REGIME
from twin.sim.measures import COLUMN
from twin.sim.subledger import age

if TYPE_CHECKING:
    from twin.sim.world import World

_AGES = np.array(
    [COLUMN[name] for name in ("current", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_90_plus")]
)
_REGIMES = [(COLUMN[name], IN_REGIME + regime) for regime, name in enumerate(REGIMES) if regime > 0]


def close_day(world: World, day: int) -> None:
    """Strike the trial balance, record the stocks; the customers are added up at month ends and at the last close."""
    today, balance = world.measures[day], world.ledger.balance
    owed = age(day, world.due_cents, world.first_due, today, _AGES)
    assert world.ledger.trial_balance() == 0, f"trial balance of day {day} is {world.ledger.trial_balance()} cents"
    assert owed == balance["receivables"], (
        f"day {day}: {owed} cents by due day, {balance['receivables']} in the account"
    )
    if world.month_ends[day] or day == world.days.size - 1:
        by_customer = int(world.customers["owes"].sum())
        assert by_customer == owed, f"day {day}: {by_customer} cents by customer, {owed} by due day"
        assert -int(world.payables.sum()) == balance["payables"], f"day {day}: payables {balance['payables']}"
    today[COLUMN["receivables"]] = owed
    today[COLUMN["disputed"]] = world.pool[IN_DISPUTE]
    today[COLUMN["left"]] = world.pool[GONE]
    for column, counter in _REGIMES:
        today[column] = world.pool[counter]
    today[COLUMN["cash"]] = balance["cash"]
    today[COLUMN["in_transit"]] = balance["in_transit"]
    today[COLUMN["shortfall"]] = max(-balance["cash"] - world.policy.overdraft_limit, 0)
