"""The close: the trial balance is struck, the subledger held against the control account, the stocks recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

from twin.behaviour.liquidity import REGIMES
from twin.firm.settings import SETTINGS
from twin.sim.measures import COLUMN
from twin.sim.subledger import age
from twin.sim.view import of

if TYPE_CHECKING:
    from twin.sim.world import World

_AGES = tuple(COLUMN[name] for name in ("current", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_90_plus"))
_RECEIVABLES, _DISPUTED, _LEFT = COLUMN["receivables"], COLUMN["disputed"], COLUMN["left"]
_CASH, _IN_TRANSIT, _SHORTFALL = COLUMN["cash"], COLUMN["in_transit"], COLUMN["shortfall"]
_REGIMES = tuple(COLUMN[name] for name in REGIMES[1:])


@njit(cache=True)
def record_stocks(day: int, world: Any) -> int:
    """Record the receivables by age and in dispute, and the customers by regime; returns all receivables."""
    w = world[0]
    today = of(w, "measures")[day]
    owed = age(day, of(w, "due_cents"), w.first_due, today, _AGES)
    today[_RECEIVABLES], today[_DISPUTED], today[_LEFT] = owed, w.disputed, w.gone
    for k in range(len(_REGIMES)):
        today[_REGIMES[k]] = w.in_regime[k + 1]
    return owed


def close_day(world: World, day: int) -> None:
    """Strike the trial balance, record the stocks; the customers are added up at month ends and at the last close."""
    today, balance = world.measures[day], world.ledger.balance
    owed = record_stocks(day, world.record)
    assert world.ledger.trial_balance() == 0, f"trial balance of day {day} is {world.ledger.trial_balance()} cents"
    assert owed == balance["receivables"], (
        f"day {day}: {owed} cents by due day, {balance['receivables']} in the account"
    )
    if world.month_ends[day] or day == world.days.size - 1:
        by_customer = int(world.customers["owes"].sum())
        assert by_customer == owed, f"day {day}: {by_customer} cents by customer, {owed} by due day"
        assert -int(world.payables.sum()) == balance["payables"], f"day {day}: payables {balance['payables']}"
    if world.plan.processes:
        check_customers(world, day)
    today[_CASH], today[_IN_TRANSIT] = balance["cash"], balance["in_transit"]
    today[_SHORTFALL] = max(-balance["cash"] - world.policy.overdraft_limit, 0)


def check_customers(world: World, day: int) -> None:
    """Terms and limits, which processes of the user's own may have changed, are such as a scenario may set."""
    for name, setting in (("terms", SETTINGS["terms_days"]), ("limit", SETTINGS["credit_limit"])):
        held = world.customers[name]
        for value in (held.min(), held.max()):
            assert setting.low <= value <= setting.high, (
                f"day {day}: {name} of a customer is {value}, and not from {setting.low:,.0f} to {setting.high:,.0f}"
            )
