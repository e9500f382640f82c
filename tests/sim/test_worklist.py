"""The worklist and the collectors as heaps, against lists that are sorted."""

from __future__ import annotations

from functools import cmp_to_key

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.worlds import BELIEFS
from tests.sim.firms import EVERY_DAY, NOBODY_ORDERS, events, figure, firm_paying, run
from twin.behaviour.belief import fixed
from twin.firm.plan import Policy, Step
from twin.sim.arrays import INVOICE
from twin.sim.collections import comes_before, sink, sink_collector

INVOICES = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, 3), st.integers(-3, 3)), max_size=40)
"""Cents, due day, customer and number, so few of each that ties are many."""


def invoices_of(rows: list[tuple[int, int, int, int]]) -> np.ndarray:
    out = np.zeros(max(len(rows), 1), INVOICE)
    for field, column in zip(("cents", "due", "customer", "number"), zip(*rows, strict=True), strict=False):
        out[field] = column
    return out


def in_order(rows: list[tuple[int, int, int, int]], by_size: int) -> list[tuple[int, int, int, int]]:
    """The rule in words: largest (or oldest) first, then by customer and number."""
    return sorted(rows, key=lambda r: ((-r[0] if by_size else r[1]), r[2], r[3]))


@given(INVOICES.map(lambda rows: list({r[2:]: r for r in rows}.values())), st.sampled_from([0, 1]))
def test_invoices_leave_the_heap_in_the_order_of_the_rule(rows: list[tuple[int, int, int, int]], by_size: int) -> None:
    invoices, heap, left = invoices_of(rows), np.arange(len(rows)), []
    for at in range(heap.size // 2 - 1, -1, -1):
        sink(heap, heap.size, at, by_size, invoices)
    for size in range(heap.size - 1, -1, -1):
        left.append(rows[heap[0]])
        heap[0] = heap[size]
        if size:
            sink(heap, size, 0, by_size, invoices)
    assert left == in_order(rows, by_size)


@given(INVOICES.filter(bool), st.sampled_from([0, 1]))
def test_of_two_invoices_one_comes_first(rows: list[tuple[int, int, int, int]], by_size: int) -> None:
    """A strict order: what comes before something does not come after it, and sorting by it is the rule's."""
    invoices = invoices_of(rows)

    def before(a: int, b: int) -> bool:
        return comes_before(a, b, by_size, invoices)

    ranked = sorted(range(len(rows)), key=cmp_to_key(lambda a, b: before(b, a) - before(a, b)))
    assert [(r[1 - by_size], r[2], r[3]) for r in (rows[k] for k in ranked)] == [
        (r[1 - by_size], r[2], r[3]) for r in in_order(rows, by_size)
    ]
    assert not any(before(a, a) for a in ranked)


@given(st.integers(1, 9), st.lists(st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.0]), max_size=60))
def test_the_next_contact_goes_to_the_first_of_those_with_the_fewest_minutes(people: int, work: list[float]) -> None:
    used, heap, plain = np.zeros(people), np.arange(people), [0.0] * people
    for minutes in work:
        next_one = plain.index(min(plain))
        assert heap[0] == next_one
        plain[next_one] += minutes
        used[heap[0]] += minutes
        sink_collector(heap, 0, used)
    assert used.tolist() == plain


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=30),
    st.integers(1, 3),
    st.sampled_from(["largest", "oldest"]),
    st.sampled_from([5.0, 7.0, 12.0, 25.0]),
)
def test_an_office_works_its_list_as_a_plain_loop_would(
    cents: list[int], collectors: int, rule: str, minutes: float
) -> None:
    """Everything falls due on one of 4 days; one step of a fixed time in days of 10 minutes, all of them open."""
    due = [(7 * c + i) % 4 for i, c in enumerate(cents)]
    firm = firm_paying(
        np.zeros(241),
        [NOBODY_ORDERS] * len(cents),
        open_items=[(i, -90, due[i], c) for i, c in enumerate(cents)],
        policy=Policy(
            collectors=collectors, collector_minutes=10, ladder=(Step("call", 1),), worklist=rule, write_off_days=3650
        ),
        calendar=EVERY_DAY,
        held=BELIEFS | {"collections.call_minutes": fixed(minutes)},
    )
    outcome = run(firm, 20, log=True)
    made = [(int(e["day"]), int(e["customer"])) for e in events(outcome, "contact")]
    assert made == sorted(by_hand(cents, due, collectors, rule, minutes))
    assert figure(outcome, "backlog")[-1] == len(cents) - len(made)


def by_hand(cents: list[int], due: list[int], collectors: int, rule: str, minutes: float) -> list[tuple[int, int]]:
    used, waiting, made = [0.0] * collectors, [], []
    for day in range(20):
        waiting += [i for i in range(len(cents)) if due[i] + 1 == day]
        waiting.sort(key=lambda i: (-cents[i] if rule == "largest" else due[i], i))
        while waiting and min(used) < 10:
            made.append((day, waiting.pop(0)))
            used[used.index(min(used))] += minutes
        used = [max(u - 10, 0.0) for u in used]
    return made
