"""Who failed paid no more: the last invoice of the lost tells them apart from those who left."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from twin.fit.failures import USUAL_DAYS, Lost, lost_customers

TODAY = date(2026, 1, 1)


def invoices(rows: list[tuple[str, int, int | None]]) -> pd.DataFrame:
    """customer, days ago of issue and of settlement, None where it is open; terms are 30 days."""
    ago = [[issued, issued - 30, settled] for _, issued, settled in rows]
    on = pd.Timestamp(TODAY) - pd.to_timedelta(np.array(ago, dtype=float).ravel(), unit="D").to_numpy().reshape(-1, 3)
    table = pd.DataFrame(on, columns=["issued_on", "due_on", "settled_on"])
    return table.assign(customer_id=[customer for customer, _, _ in rows])


def lost(rows: list[tuple[str, int, int | None]], alive: list[float], unclear: int | None = None) -> Lost:
    """What they tell; unclear: place of an invoice whose settlement may have been none."""
    table = invoices(rows)
    mask = np.arange(len(table)) == (-1 if unclear is None else unclear)
    return lost_customers(table, mask, pd.Series(["a", "b", "c"]), np.array(alive), TODAY)


STAYS = [("a", k, k - 15) for k in range(20, 600, 20)]
"""An invoice every 20 days, paid after 15: it owes for three quarters of the time, and leaves nothing open."""


def test_an_open_last_invoice_speaks_for_failure_and_a_paid_one_against_it() -> None:
    """Both others were as regular as the customer that stays, until 300 days ago; 29 invoices were paid by then."""
    ended = [(k, k - 15) for k in range(300, 600, 20)]
    left, failed = ([(name, *each) for each in ended] for name in "bc")
    failed[0] = ("c", 300, None)
    found = lost([*STAYS, *left, *failed], [1.0, 0.0, 0.0])
    usual, still_open = 0.75, 0.5 / (sum(1 for _, k, _ in STAYS if k - 30 >= 270) + 1)
    owing = (0.75 * 280 + usual * USUAL_DAYS) / (280 + USUAL_DAYS)
    assert found.gone.tolist() == [0.0, 1.0, 1.0]
    assert found.ratio[1] == pytest.approx((1 - owing) / (1 - still_open), rel=0.03)
    assert found.ratio[2] == pytest.approx(owing / still_open, rel=0.03)


def test_an_older_open_invoice_says_nothing_where_later_ones_were_paid() -> None:
    """A dispute leaves invoices open, too."""
    disputed = [("b", 500, None), ("b", 400, 380), ("b", 300, 290)]
    found = lost([*STAYS, *disputed], [1.0, 0.0, 1.0])
    assert found.ratio[1] < 1


def test_older_debts_do_not_hide_that_the_newest_is_mostly_paid() -> None:
    """Paid five days after issue, but for one invoice long ago: on a quarter of the days it owed the newest."""
    quick = [("b", k, k - 5) for k in range(300, 600, 20)]
    never = [*quick[:-2], ("b", 560, None), ("b", 580, 575)]
    one, other = (lost([*STAYS, *rows], [1.0, 0.0, 1.0]).ratio[1] for rows in (quick, never))
    assert one == pytest.approx(1 - (0.25 * 280 + 0.58 * USUAL_DAYS) / (280 + USUAL_DAYS), rel=0.05)
    assert other == pytest.approx(one, rel=0.1)


def test_a_credit_note_or_a_settlement_that_may_be_a_write_off_tells_nothing() -> None:
    rows = [*STAYS, ("b", 500, 480), ("b", 400, 100)]
    assert lost(rows, [1.0, 0.0, 1.0], unclear=len(rows) - 1).ratio[1] == 1.0
    assert lost(rows, [1.0, 0.0, 1.0]).ratio[1] < 1.0


def test_where_nobody_had_a_second_invoice_nothing_is_known_of_owing() -> None:
    found = lost([("a", 300, 270), ("b", 300, None), ("c", 200, 180)], [1.0, 0.0, 0.0])
    assert found.ratio.tolist() == [1.0, 1.0, 1.0]


def test_what_is_not_due_and_who_has_no_invoice_tells_nothing() -> None:
    found = lost([*STAYS, ("b", 100, 70), ("b", 29, None)], [1.0, 0.5, 0.5])
    assert found.ratio[1:].tolist() == [1.0, 1.0]
    assert found.log_likelihood(np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 0.0, 0.0]


def test_where_no_payment_is_recorded_no_failure_is_seen() -> None:
    """All invoices are open, of those who stay as of those who are lost."""
    rows = [(name, k, None) for name in "abc" for k in range(320, 900, 20)]
    told = lost(rows, [1.0, 0.0, 0.0]).log_likelihood(np.array([0.0, 1.0]))
    assert abs(told[1] - told[0]) < 0.1


def test_the_order_of_the_invoices_does_not_matter() -> None:
    rows = [*STAYS, ("b", 500, 480), ("b", 300, None), ("c", 400, 380)]
    one, other = (lost(each, [0.9, 0.2, 0.1]).ratio for each in (rows, rows[::-1]))
    assert np.array_equal(one, other)


def test_the_share_of_the_lost_that_failed_comes_back() -> None:
    """Of 1,500 lost customers 3 in 10 failed. They order every 30 days and pay after 25, both exponential, and 2 % of
    all invoices are never paid, so that debts of long ago are common among who left.

    So many tell the share to 0.012, and that a third of the failures owed nothing then adds half as much: 3 x 0.018.
    """
    rng = np.random.default_rng(3)
    customers = 3_000
    ids = pd.Series([f"C{k:04d}" for k in range(customers)])
    is_lost, failed = np.arange(customers) < customers // 2, rng.random(customers) < 0.3
    rows: list[tuple[str, int, int | None]] = []
    for k, name in enumerate(ids):
        end = float(rng.integers(200, 500)) if is_lost[k] else 0.0
        issued = 1_000 - rng.exponential(30)
        while issued > end:
            paid = -1.0 if rng.random() < 0.02 else issued - rng.exponential(25)
            paid = -1.0 if is_lost[k] and failed[k] and paid < end else paid
            rows.append((name, int(issued), int(paid) if paid > 0 else None))
            issued -= rng.exponential(30)
    table = invoices(rows)
    found = lost_customers(table, np.zeros(len(table), bool), ids, np.where(is_lost, 0.0, 1.0), TODAY)
    share = np.linspace(0, 1, 201)
    assert share[found.log_likelihood(share).argmax()] == pytest.approx(failed[is_lost].mean(), abs=0.054)
