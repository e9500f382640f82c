"""The subledger in small: ageing against a count invoice by invoice, the lists of open invoices, the keys of marks."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from tests.sim.kernels import seeing
from twin.luck import REPEATED
from twin.sim.arrays import AGENDA, CUSTOMER, INVOICE, NONE, STEP
from twin.sim.subledger import HOME, OPEN_KEYS, age, close, key, new_slot, owe, plan_next, reduce, repeated
from twin.sim.view import of

LATEST = {0: 0, 1: 30, 2: 60, 3: 90}
"""Last day past due of each bucket but the last."""


@given(
    st.lists(st.tuples(st.integers(-150, 60), st.integers(1, 10**9)), max_size=30),
    st.integers(-150, 0),
    st.integers(0, 300),
)
def test_ageing_puts_every_invoice_in_the_bucket_of_its_days_past_due(
    items: list[tuple[int, int]], first_due: int, day: int
) -> None:
    items = [(max(due, first_due), cents) for due, cents in items]
    due_cents, expected = np.zeros(400 - first_due, np.int64), [0] * 5
    for due, cents in items:
        due_cents[due - first_due] += cents
        expected[next((k for k, last in LATEST.items() if day - due <= last), 4)] += cents
    today = np.full(7, -1, np.int64)
    assert age(day, due_cents, first_due, today, (5, 3, 4, 1, 2)) == sum(expected)
    assert today[[5, 3, 4, 1, 2]].tolist() == expected
    assert today[[0, 6]].tolist() == [-1, -1]


@pytest.mark.parametrize(
    "late, bucket", [(-1, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4)]
)
def test_the_edges_of_the_buckets(late: int, bucket: int) -> None:
    due_cents, today = np.zeros(200, np.int64), np.zeros(5, np.int64)
    due_cents[100 - late] = 7
    age(100, due_cents, 0, today, (0, 1, 2, 3, 4))
    assert today.tolist() == [7 * (k == bucket) for k in range(5)]


def test_ageing_adds_what_no_float_could_hold() -> None:
    due_cents, today = np.zeros(50, np.int64), np.zeros(5, np.int64)
    due_cents[[3, 40]] = 2**62, 2**62 - 1
    assert age(10, due_cents, 0, today, (0, 1, 2, 3, 4)) == 2**63 - 1


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 99), st.booleans()), max_size=40))
def test_a_customers_list_holds_what_it_owes_and_no_slot_is_lost(moves: list[tuple[int, int, bool]]) -> None:
    """Invoices come and are paid, the oldest of the customer first; at the end every slot is open or free."""
    customers, invoices, due_cents = np.zeros(4, CUSTOMER), np.zeros(4 * HOME + 40, INVOICE), np.zeros(10, np.int64)
    record = seeing(customers=customers, invoices=invoices, due_cents=due_cents)
    customers["first"], record["free"], record["fresh"] = NONE, NONE, 4 * HOME
    expected: dict[int, list[int]] = {i: [] for i in range(4)}
    for i, cents, pays in moves:
        if pays and expected[i]:
            pay_all(record, expected[i].pop(0))
        else:
            slot = taken(record, i)
            invoices[slot]["customer"], invoices[slot]["cents"], invoices[slot]["due"] = i, cents, cents % 10
            owed(record, slot)
            expected[i].append(slot)
    shared = listed(int(record["free"][0]), invoices) + list(range(int(record["fresh"][0]), invoices.size))
    for i, slots in expected.items():
        assert listed(int(customers[i]["first"]), invoices) == slots[::-1]
        assert customers[i]["owes"] == invoices["cents"][slots].sum()
    still_open = [slot for slots in expected.values() for slot in slots]
    own = [slot for slot in range(4 * HOME) if invoices["cents"][slot] == 0]
    assert all(slot // HOME == i for i, slots in expected.items() for slot in slots if slot < 4 * HOME)
    assert sorted(own + shared + still_open) == list(range(invoices.size))
    assert record["open"][0] == len(still_open)
    assert due_cents.sum() == invoices["cents"][still_open].sum()


@njit
def pay_all(world: np.ndarray, slot: int) -> None:
    v = of(world[0], "invoices")[slot]
    reduce(world[0], v, v.cents)
    close(world[0], slot)


@njit
def taken(world: np.ndarray, i: int) -> int:
    return new_slot(world[0], i)


@njit
def owed(world: np.ndarray, slot: int) -> None:
    owe(world[0], slot)


@njit
def planned(world: np.ndarray, slot: int, tomorrow: int) -> None:
    plan_next(world[0], slot, tomorrow)


def listed(slot: int, invoices: np.ndarray) -> list[int]:
    out = []
    while slot != NONE:
        out.append(slot)
        slot = int(invoices[slot]["next"])
    return out


def test_no_two_marks_have_one_ordinal() -> None:
    """Numbers of orders and of open items, and what an invoice does again up to 15 times."""
    numbers = [*range(300), *range(-300, 0), 2**31 - 1, -(2**31) + 1]
    keys = {key(n) for n in numbers}
    assert len(keys) == len(numbers)
    assert key(2**31 - 1) < OPEN_KEYS <= key(-1)
    assert max(keys) < REPEATED
    assert len({repeated(n, times) for n, times in product(numbers, range(16))}) == 16 * len(numbers)
    assert repeated(2**31 - 1, 15) < 2**63


@pytest.mark.parametrize(
    "waiting, step, tomorrow, expected",
    [
        (0, 0, 0, 25),  # its first step, 5 days past due
        (0, 1, 0, 40),  # its second
        (0, 2, 0, 80),  # no step is left: the write-off
        (1, 0, 0, 80),  # on the worklist, nothing but the write-off can come
        (0, 0, 33, 33),  # a step whose day has gone by comes at once
    ],
)
def test_an_invoice_is_planned_for_its_next_step_or_its_write_off(
    waiting: int, step: int, tomorrow: int, expected: int
) -> None:
    invoices, ladder = np.zeros(1, INVOICE), np.zeros(2, STEP)
    invoices["due"], invoices["waiting"], invoices["step"] = 20, waiting, step
    ladder["day"] = [5, 20]
    invoices["on"] = NONE
    record = seeing(invoices=invoices, ladder=ladder, heads=np.full((2, 101), NONE, np.int32))
    record["write_off_days"] = 60
    planned(record, 0, tomorrow)
    assert invoices["on"][0, AGENDA] == expected
