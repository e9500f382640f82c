"""The write-offs phase: insolvencies and what is too long past due are written off; recoveries come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

from twin.behaviour.liquidity import FAILED, recovered_share
from twin.luck import Purpose, exponential, uniform
from twin.sim.arrays import DISPUTED, FAILURES, HIT, IN_DISPUTE, NONE
from twin.sim.borrowed import borrowed
from twin.sim.clocks import take, waiting_days
from twin.sim.events import RECOVERY, WRITE_OFF
from twin.sim.measures import COLUMN
from twin.sim.subledger import close, note, reduce

if TYPE_CHECKING:
    from twin.sim.world import World

_WRITE_OFFS, _RECOVERIES = COLUMN["write_offs"], COLUMN["recoveries"]
FOR_AGE, INSOLVENT = range(2)


@njit(cache=True)
def write_offs(
    day: int, params: Any, people: Any, claims: Any, pending: Any, agenda: Any, due_cents: Any, record: Any
) -> None:
    """Write off what is on the day's agenda once its ladder steps have been queued: only write-offs are left there.

    claims: (n,) receives what is written off of each customer that has failed.
    """
    p = params[0]
    people, claims, pending, agenda = borrowed((people, claims, pending, agenda))
    due_cents, record = borrowed((due_cents, record))
    customers, _, invoices = people
    pool, today, log = record
    while agenda[0][day] != NONE:
        slot = agenda[0][day]
        take(agenda[0], agenda[1], slot)
        take(pending[0], pending[1], slot)
        v = invoices[slot]
        c = customers[v.customer]
        why = FOR_AGE
        if c.regime == FAILED:
            why = INSOLVENT
            claims[v.customer] += v.cents
        if v.state == DISPUTED:
            pool[IN_DISPUTE] -= v.cents
        c.write_offs += v.cents
        today[_WRITE_OFFS] += v.cents
        note(log, pool, day, WRITE_OFF, v.customer, v.number, v.cents, why)
        reduce(v, v.cents, customers, due_cents, p.first_due)
        close(slot, customers, invoices, pool)


def write_off(world: World, day: int) -> None:
    """Write off what the agenda says, file the claims against those who failed, receive what is recovered."""
    world.make_log_room(1)
    record = world.record(day)
    write_offs(day, world.params, world.people, world.claims, world.pending, world.agenda, world.due_cents, record)
    world.ledger.post("bad_debt", "receivables", int(world.measures[day, _WRITE_OFFS]))
    for debtor in world.failures[world.pool[HIT] : world.pool[FAILURES]].tolist():
        file_claim(world, day, debtor)
    for debtor, cents in sorted(world.recoveries.pop(day, [])):
        world.make_log_room(1)
        note(world.log, world.pool, day, RECOVERY, debtor, 0, cents, 0)
        world.measures[day, _RECOVERIES] += cents
    world.ledger.post("in_transit", "recoveries", int(world.measures[day, _RECOVERIES]))


def file_claim(world: World, day: int, debtor: int) -> None:
    """Draw what will be recovered of a claim, and when."""
    agent = int(world.customers["agent"][debtor])
    luck = (world.seed, world.replication, agent)
    share = recovered_share(uniform(*luck, Purpose.LOSS, 0), world.drawn["liquidity.loss_given_default"])
    cents = round(int(world.claims[debtor]) * share)
    if cents > 0:
        wait = exponential(uniform(*luck, Purpose.RECOVERY_WAIT, 0))
        on = day + waiting_days(wait, world.drawn["liquidity.recovery_days"])
        world.recoveries.setdefault(on, []).append((debtor, cents))
