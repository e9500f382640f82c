"""The liquidity phase: failures of yesterday hit their creditors, customers move between regimes, fail and leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

from twin.behaviour.liquidity import FAILED
from twin.luck import Purpose, exponential, uniform
from twin.sim.arrays import AGENDA, CHURN, IMPROVE, MOVES, NONE, NORMAL, PENDING, WORSEN
from twin.sim.clocks import fired, firing_day, put, remainder, take
from twin.sim.events import LEFT, REGIME
from twin.sim.habits import advance_all, alone, look_ahead, retime_run
from twin.sim.subledger import DONE, NO_ROOM, log_is_full, note
from twin.sim.view import of

if TYPE_CHECKING:
    from twin.sim.world import World

_WAIT = (int(Purpose.WORSEN_WAIT), int(Purpose.IMPROVE_WAIT), int(Purpose.CHURN_WAIT))
PLAIN = 0
"""Row of the clock masses in which every day weighs 1; the other rows weigh them with the stress of an industry."""


@njit(cache=True, inline="always")
def intensity(w: Any, i: int, which: int, regime: int) -> float:
    """Intensity of a customer's clock WORSEN, IMPROVE or CHURN on a day of weight 1, were it in that regime."""
    q, regimes = of(w, "conditions")[i], of(w, "regimes")
    if which == WORSEN:
        return float(regimes[regime].worsen * (1.0 + q.contagion))
    if which == IMPROVE:
        return float(regimes[regime].improve)
    return float(w.churn * (1.0 + q.annoyance))


@njit(cache=True, inline="always")
def weights(w: Any, q: Any, which: int) -> Any:
    """The days' cumulative weights that a clock is read by. (days + 1,)"""
    return of(w, "clock_mass")[q.industry if which == WORSEN else PLAIN]


@njit(cache=True)
def start(w: Any, i: int, which: int, day: int) -> None:
    """Start one of a customer's clocks afresh at the start of `day`."""
    q, agent = of(w, "conditions")[i], of(w, "customers")[i].agent
    q.left[which] = exponential(uniform(w.seed, w.replication, agent, _WAIT[which], q.moves[which]))
    q.since[which] = day


@njit(cache=True)
def read_off(w: Any, i: int, which: int, day: int, rate: float) -> None:
    """Take what was spent before `day` at the intensity `rate` off one of a customer's clocks."""
    q = of(w, "conditions")[i]
    if q.since[which] < day:
        q.left[which] = remainder(weights(w, q, which), q.since[which], day, q.left[which], rate)
        q.since[which] = day


@njit(cache=True)
def schedule(w: Any, i: int, which: int, rate: float) -> None:
    """Put one of a customer's clocks on the day on which it fires."""
    q = of(w, "conditions")[i]
    q.on[which] = firing_day(weights(w, q, which), q.since[which], q.left[which], rate)
    watch(w, i)


@njit(cache=True)
def watch(w: Any, i: int) -> None:
    """Look at a customer again on the first day on which one of its clocks fires."""
    q, first = of(w, "conditions")[i], of(w, "days").size
    for which in range(MOVES):
        if q.on[which] != NONE:
            first = min(first, q.on[which])
    of(w, "move_on")[i] = first


@njit(cache=True)
def annoy(w: Any, i: int, day: int, by: float) -> None:
    """Make a customer likelier to leave, from the day after `day` on."""
    q = of(w, "conditions")[i]
    if by <= 0.0 or w.churn <= 0.0 or q.on[CHURN] == NONE:
        return
    read_off(w, i, CHURN, day + 1, w.churn * (1.0 + q.annoyance))
    q.annoyance += by
    schedule(w, i, CHURN, w.churn * (1.0 + q.annoyance))


@njit(cache=True)
def hit_creditors(day: int, world: Any) -> None:
    """Raise the contagion of those whom customers that failed yesterday owe."""
    w = world[0]
    failures, first, creditor, share = of(w, "failures"), of(w, "first_link"), of(w, "creditor"), of(w, "share")
    failures[w.hit : w.failed].sort()
    for k in range(w.hit, w.failed):
        for link in range(first[failures[k]], first[failures[k] + 1]):
            i = creditor[link]
            q, regime = of(w, "conditions")[i], of(w, "customers")[i].regime
            if regime == FAILED:
                continue
            read_off(w, i, WORSEN, day, intensity(w, i, WORSEN, regime))
            q.contagion += w.contagion * share[link]
            schedule(w, i, WORSEN, intensity(w, i, WORSEN, regime))
    w.hit = w.failed


@njit(cache=True)
def set_mood(w: Any, i: int, day: int, mood: float) -> None:
    """Give a customer a new order factor of its own from the start of `day`, and re-time its order clock."""
    c, q = of(w, "customers")[i], of(w, "conditions")[i]
    retime_order(w, i, day, q.rate * q.factor * mood)
    q.mood = mood
    of(w, "order_on")[i] = firing_day(of(w, "order_mass")[c.season], c.since, c.left, c.intensity)


@njit(cache=True)
def retime_order(w: Any, i: int, day: int, intensity: float) -> None:
    """Give a customer's order clock a new intensity from the start of `day`: what was spent before is read off."""
    c = of(w, "customers")[i]
    if c.since < day:
        c.left = remainder(of(w, "order_mass")[c.season], c.since, day, c.left, c.intensity)
        c.since = day
    c.intensity = intensity


@njit(cache=True)
def set_pace(w: Any, i: int, day: int, pace: float) -> None:
    """Give a customer a new pace of payment from the start of `day`, and re-time its runs or its invoices."""
    c, invoices = of(w, "customers")[i], of(w, "invoices")
    if c.pace == pace:
        return
    if not alone(c):
        retime_run(w, i, day, pace)
        return
    advance_all(w, i, day)
    c.pace = pace
    slot = c.first
    while slot != NONE:
        if invoices[slot].state == NORMAL:
            look_ahead(w, slot)
        slot = invoices[slot].next


@njit(cache=True)
def fail(w: Any, i: int, day: int) -> None:
    """Stop all clocks of a customer; what it owes is put on today's agenda, to be written off."""
    set_mood(w, i, day, 0.0)
    of(w, "run_on")[i] = NONE
    for which in range(MOVES):
        of(w, "conditions")[i].on[which] = NONE
    watch(w, i)
    invoices, slot = of(w, "invoices"), of(w, "customers")[i].first
    while slot != NONE:
        v = invoices[slot]
        v.waiting = 0
        take(w, PENDING, slot)
        take(w, AGENDA, slot)
        put(w, AGENDA, slot, day)
        slot = v.next
    of(w, "failures")[w.failed] = i
    w.failed += 1


@njit(cache=True)
def enter(w: Any, i: int, day: int, regime: int) -> None:
    """Move a customer to a regime."""
    c = of(w, "customers")[i]
    w.in_regime[c.regime] -= 1
    w.in_regime[regime] += 1
    c.regime = regime
    note(w, day, REGIME, i, 0, 0, regime)


@njit(cache=True)
def change_regime(w: Any, i: int, day: int, worse: bool, better: bool) -> None:
    """Move a customer to the next worse regime, the next better one, or both; a failed one stays failed."""
    c = of(w, "customers")[i]
    before: int = c.regime
    for which in range(CHURN):
        if worse if which == WORSEN else better:
            of(w, "conditions")[i].moves[which] += 1
            start(w, i, which, day + 1)
        else:
            read_off(w, i, which, day + 1, intensity(w, i, which, before))
    if worse:
        enter(w, i, day, before + 1)
    if better and c.regime != FAILED:
        enter(w, i, day, c.regime - 1)
    now: int = c.regime
    if now == FAILED:
        fail(w, i, day)
        return
    for which in range(CHURN):
        schedule(w, i, which, intensity(w, i, which, now))
    if now != before:
        if c.gone == 0:
            set_mood(w, i, day, of(w, "regimes")[now].orders)
        set_pace(w, i, day, of(w, "regimes")[now].pace)


@njit(cache=True)
def leave(w: Any, i: int, day: int) -> None:
    """Let a customer order no more."""
    of(w, "customers")[i].gone = 1
    w.gone += 1
    set_mood(w, i, day, 0.0)
    note(w, day, LEFT, i, 0, 0, 0)


@njit(cache=True)
def live(day: int, world: Any) -> int:
    """Do the day's moves; NO_ROOM if it stopped for want of room in the log and is to be called again."""
    w = world[0]
    today, conditions, customers = of(w, "fired"), of(w, "conditions"), of(w, "customers")
    for k in range(fired(of(w, "move_on"), day, today)):
        if log_is_full(w):
            return NO_ROOM
        i = today[k]
        q = conditions[i]
        worse, better, leaves = q.on[WORSEN] == day, q.on[IMPROVE] == day, q.on[CHURN] == day
        if leaves:
            q.on[CHURN] = NONE
        if worse or better:
            change_regime(w, i, day, worse, better)
        else:
            watch(w, i)
        if leaves and customers[i].regime != FAILED:
            leave(w, i, day)
    return DONE


def live_on(world: World, day: int) -> None:
    """Let the failures of yesterday hit, and liquidity take its course."""
    if world.count("hit") < world.count("failed"):
        hit_creditors(day, world.record)
    while live(day, world.record) == NO_ROOM:
        world.make_room()
