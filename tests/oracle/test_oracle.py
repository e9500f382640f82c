"""The engine and the same world told in plain simpy give the same history, entry for entry, to the cent."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from tests.oracle.engine import journal
from tests.oracle.office import History, live
from tests.oracle.worlds import SmallWorld, small_worlds
from twin.sim.measures import NAMES
from twin.sim.outcome import CUSTOMER_TOTALS
from twin.sim.run import simulate

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
WORLDS = int(os.environ.get("TWIN_ORACLE_WORLDS", "5000"))
"""How many worlds the marked study compares."""

Key = tuple[int, int]
"""Customer and number."""


def told(w: SmallWorld) -> History:
    return live(w.firm, w.plan, days=w.days, seed=w.seed, replication=w.replication)


def compare(w: SmallWorld) -> None:
    """Journal, every daily measure and every customer's debt."""
    theirs = told(w)
    ours = simulate(w.firm, w.plan, days=w.days, seed=w.seed, replication=w.replication, log=True)
    mine = journal(ours)
    for my_entry, entry in zip(mine, theirs.journal, strict=False):
        assert my_entry == entry
    assert len(mine) == len(theirs.journal)
    for day, figures in enumerate(theirs.daily):
        measured = dict(zip(NAMES, ours.measures[day].tolist(), strict=True))
        assert measured == dict.fromkeys(NAMES, 0) | figures, f"day {day}"
    own = len(w.firm.customers)
    last = [*theirs.owes[:own], sum(theirs.owes[own:])]
    assert ours.customers[:, CUSTOMER_TOTALS.index("receivables")].tolist() == last


@given(small_worlds())
@settings(max_examples=200, suppress_health_check=SLOW)
def test_engine_and_oracle_keep_the_same_journal_in_every_world(world: SmallWorld) -> None:
    compare(world)


@pytest.mark.study
@given(small_worlds())
@settings(max_examples=WORLDS, suppress_health_check=SLOW)
def test_engine_and_oracle_keep_the_same_journal_in_thousands_of_worlds(world: SmallWorld) -> None:
    compare(world)


def days_of(h: History, kind: str, detail: int | None = None) -> dict[Key, int]:
    """Day of the last event of a kind for each customer and number."""
    return {(e[2], e[3]): e[0] for e in h.journal if e[1] == kind and detail in (None, e[5])}


def then(first: dict[Key, int], second: dict[Key, int], days: int = 1) -> bool:
    """Whether the second came so many days or more after the first for any."""
    return any(second[key] - first[key] >= days for key in first.keys() & second.keys())


def total(h: History, figure: str) -> int:
    return sum(day.get(figure, 0) for day in h.daily)


def shows(kind: str, detail: int | None = None) -> Callable[[SmallWorld, History], bool]:
    return lambda w, h: bool(days_of(h, kind, detail))


def comes_after(first: str, second: str, detail: int | None = None) -> Callable[[SmallWorld, History], bool]:
    return lambda w, h: then(days_of(h, first), days_of(h, second, detail))


def has_parts(w: SmallWorld, h: History) -> bool:
    paid = [(e[2], e[3]) for e in h.journal if e[1] == "receipt"]
    return len(paid) > len(set(paid))


def has_nine_receipts(w: SmallWorld, h: History) -> bool:
    paid = [(e[2], e[3]) for e in h.journal if e[1] == "receipt"]
    return any(paid.count(key) == 9 for key in set(paid))


def creditor_is_infected(w: SmallWorld, h: History) -> bool:
    """A creditor in contagion gets worse after the failure of a debtor."""
    links = zip(w.firm.links["creditor"], w.firm.links["debtor"], strict=True)
    failed = days_of(h, "regime", 3)
    worse = [(e[0], e[2]) for e in h.journal if e[1] == "regime" and e[5] > 1]
    return any(
        h.contagion[creditor] > 0 and failed.get((debtor, 0), w.days) < day
        for creditor, debtor in links
        for day, customer in worse
        if customer == creditor
    )


def moves_twice_a_day(w: SmallWorld, h: History) -> bool:
    moves = [e[:3] for e in h.journal if e[1] == "regime"]
    return any(a == b for a, b in pairwise(moves))


def changes_its_pace(w: SmallWorld, h: History) -> bool:
    """A customer that pays in runs does so before and after a move."""
    moved = {e[2]: e[0] for e in h.journal if e[1] == "regime" and e[5] < 3}
    runs = [(e[2], e[0]) for e in h.journal if e[1] == "receipt" and e[5] == 0]
    return any(
        any(c == customer and t < day for c, t in runs) and any(c == customer and t > day for c, t in runs)
        for customer, day in moved.items()
    )


def of_won(kind: str) -> Callable[[SmallWorld, History], bool]:
    return lambda w, h: any(customer >= len(w.firm.customers) for customer, _ in days_of(h, kind))


def loses_what_it_accepted(w: SmallWorld, h: History) -> bool:
    return bool(days_of(h, "order").keys() & days_of(h, "lost", 2).keys())


def works_a_settled_dispute(w: SmallWorld, h: History) -> bool:
    settled, called = days_of(h, "settled"), days_of(h, "contact")
    return any(called.get(key) == day for key, day in settled.items())


def ends_in_a_credit_note(w: SmallWorld, h: History) -> bool:
    whole = {(e[0], e[2], e[3], e[4]) for e in h.journal if e[1] == "settled"}
    return any((e[0], e[2], e[3], e[4]) in whole for e in h.journal if e[1] == "credit_note")


SEEN: dict[str, Callable[[SmallWorld, History], bool]] = {
    "an order declined beside one that is invoiced": lambda w, h: bool(total(h, "declined") and total(h, "revenue")),
    "an order held over the limit, then accepted": lambda w, h: then(days_of(h, "held", 0), days_of(h, "order")),
    "an order held for an old invoice, then accepted": lambda w, h: then(days_of(h, "held", 1), days_of(h, "order")),
    "an order held for too long": shows("lost", 0),
    "a held order whose customer left": shows("lost", 1),
    "a held order whose customer failed": lambda w, h: then(days_of(h, "held"), days_of(h, "lost", 2)),
    "an accepted order whose customer failed": loses_what_it_accepted,
    "an order invoiced on a later day": comes_after("order", "invoice"),
    "a dispute with a credit note": comes_after("dispute", "credit_note"),
    "a dispute that a credit note ends": ends_in_a_credit_note,
    "a contact on the day on which a dispute is settled": works_a_settled_dispute,
    "a rest paid after a dispute": comes_after("credit_note", "receipt"),
    "a part payment": has_parts,
    "a ninth receipt": has_nine_receipts,
    "a payment at a run": shows("receipt", 0),
    "a payment on a day of its own": shows("receipt", 1),
    "a discount taken": comes_after("invoice", "discount"),
    "a discount taken on the day of the invoice": lambda w, h: any(
        days_of(h, "discount").get(key) == day for key, day in days_of(h, "invoice").items()
    ),
    "a customer that is sound again": shows("regime", 0),
    "a failure with a write-off": shows("write_off", 1),
    "a recovery from a failed customer": shows("recovery"),
    "contagion": creditor_is_infected,
    "a move worse and better on one day": moves_twice_a_day,
    "runs before and after a move": changes_its_pace,
    "churn": shows("left"),
    "a payment by who has left": lambda w, h: any(
        e[1] == "receipt" and days_of(h, "left").get((e[2], 0), w.days) < e[0] for e in h.journal
    ),
    "an order of a won customer": of_won("order"),
    "a payment of a won customer": of_won("receipt"),
    "a failure of a won customer": of_won("write_off"),
    "minutes carried over": lambda w, h: h.collectors_carried,
    "paid after a contact": comes_after("contact", "receipt"),
    "a backlog beside contacts": lambda w, h: any(d.get("backlog", 0) and d.get("contacts", 0) for d in h.daily),
    "a write-off after a contact": comes_after("contact", "write_off", 0),
    "interest": lambda w, h: bool(total(h, "interest")),
    "receipts in transit": lambda w, h: bool(total(h, "in_transit")),
    "more invoices than there was room for": lambda w, h: total(h, "orders") > 300,
}


@cache
def shown() -> frozenset[str]:
    """Which of SEEN shows in any of the first worlds, the same in every run."""
    seen: set[str] = set()

    def all_have_shown(w: SmallWorld) -> bool:
        history = told(w)
        seen.update(what for what, is_in in SEEN.items() if what not in seen and is_in(w, history))
        return len(seen) == len(SEEN)

    with suppress(NoSuchExample):
        find(
            small_worlds(),
            all_have_shown,
            settings=settings(
                max_examples=1_500, phases=[Phase.generate], derandomize=True, database=None, suppress_health_check=SLOW
            ),
        )
    return frozenset(seen)


@pytest.mark.parametrize("what", SEEN)
def test_among_the_worlds_there_is(what: str) -> None:
    assert what in shown()
