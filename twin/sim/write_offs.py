"""The write-offs phase: insolvencies and what is too long past due are written off; recoveries come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

from twin.behaviour.liquidity import FAILED, recovered_share
from twin.luck import Purpose, exponential, uniform
from twin.sim.arrays import AGENDA, DISPUTED, NONE, PENDING
from twin.sim.clocks import take, waiting_days
from twin.sim.events import RECOVERY, WRITE_OFF
from twin.sim.measures import COLUMN
from twin.sim.subledger import close, note, reduce
from twin.sim.view import of

if TYPE_CHECKING:
    from twin.sim.world import World

_WRITE_OFFS, _RECOVERIES = COLUMN["write_offs"], COLUMN["recoveries"]
FOR_AGE, INSOLVENT = range(2)


@njit(cache=True)
def write_offs(day: int, world: Any) -> None:
    """Write off what is on the day's agenda once its ladder steps have been queued: only write-offs are left there.

    What is written off of a customer that has failed is added to the claims against it.
    """
    w = world[0]
    heads, invoices, customers = of(w, "heads"), of(w, "invoices"), of(w, "customers")
    while heads[AGENDA, day] != NONE:
        slot = heads[AGENDA, day]
        take(w, AGENDA, slot)
        take(w, PENDING, slot)
        v = invoices[slot]
        why = FOR_AGE
        if customers[v.customer].regime == FAILED:
            why = INSOLVENT
            of(w, "claims")[v.customer] += v.cents
        if v.state == DISPUTED:
            w.disputed -= v.cents
        of(w, "conditions")[v.customer].write_offs += v.cents
        of(w, "measures")[day, _WRITE_OFFS] += v.cents
        note(w, day, WRITE_OFF, v.customer, v.number, v.cents, why)
        reduce(w, v, v.cents)
        close(w, slot)


def write_off(world: World, day: int) -> None:
    """Write off what the agenda says, file the claims against those who failed, receive what is recovered."""
    world.make_log_room(1)
    write_offs(day, world.record)
    world.ledger.post("bad_debt", "receivables", int(world.measures[day, _WRITE_OFFS]))
    hit, failed = world.count("hit"), world.count("failed")
    for debtor in world.failures[hit:failed].tolist() if hit < failed else ():
        file_claim(world, day, debtor)
    for debtor, cents in sorted(world.recoveries.pop(day, [])):
        world.make_log_room(1)
        log_recovery(day, debtor, cents, world.record)
        world.measures[day, _RECOVERIES] += cents
    world.ledger.post("in_transit", "recoveries", int(world.measures[day, _RECOVERIES]))


@njit(cache=True)
def log_recovery(day: int, debtor: int, cents: int, world: Any) -> None:
    """Add a recovery to the log of events, if one is kept."""
    note(world[0], day, RECOVERY, debtor, 0, cents, 0)


def file_claim(world: World, day: int, debtor: int) -> None:
    """Draw what will be recovered of a claim, and when."""
    agent = int(world.customers["agent"][debtor])
    luck = (world.seed, world.replication, agent)
    share = recovered_share(uniform(*luck, int(Purpose.LOSS), 0), world.drawn["liquidity.loss_given_default"])
    cents = round(int(world.claims[debtor]) * share)
    if cents > 0:
        wait = exponential(uniform(*luck, int(Purpose.RECOVERY_WAIT), 0))
        on = day + waiting_days(wait, world.drawn["liquidity.recovery_days"])
        world.recoveries.setdefault(on, []).append((debtor, cents))
