"""Whose usual terms changed: a lasting change counts, an exception or a to and fro does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from twin.fit.response_changes import APART, TermsRecord, terms_record


def record_of(*terms: list[int]) -> TermsRecord:
    """Customers with an invoice a week, at these terms one after the other."""
    tables = [
        pd.DataFrame({"customer_id": f"c{c}", "week": range(len(days)), "terms": days}) for c, days in enumerate(terms)
    ]
    table = pd.concat(tables, ignore_index=True)
    issued = pd.Timestamp("2024-01-01") + pd.to_timedelta(7 * table["week"], unit="D")
    due = issued + pd.to_timedelta(table["terms"], unit="D")
    invoices = pd.DataFrame({"customer_id": table["customer_id"], "issued_on": issued, "due_on": due})
    return terms_record(invoices, pd.Series([f"c{c}" for c in range(len(terms))]))


def test_a_lasting_change_is_found_with_what_was_before_and_after() -> None:
    record = record_of([30] * 4 + [45] * 5)
    assert record.changed.tolist() == [True]
    assert (record.before[0], record.after[0], record.extra[0]) == (30, 45, 15)
    assert record.stretch.tolist() == [0] * 4 + [1] * 5


@pytest.mark.parametrize(
    "terms, what",
    [
        ([30] * 9, "nothing changed"),
        ([30, 30, 31, 32, 30, 30, 28, 30], "due dates are moved to open days"),
        ([30, 30, 60, 30, 30, 30, 14, 30, 30], "two invoices were at terms of their own"),
        ([30] * 8 + [60], "the last invoice may be an exception"),
    ],
)
def test_who_is_steady(terms: list[int], what: str) -> None:
    record = record_of(terms)
    assert record.known.all(), what
    assert not record.changed.any(), what
    assert record.extra[0] == 0


@pytest.mark.parametrize(
    "terms, what",
    [
        ([30, 60] * 5, "terms go to and fro"),
        ([30] * 4 + [60] * 4 + [30] * 4, "they changed twice"),
        ([30] * 6 + [60] * 2, "two invoices do not make terms usual"),
        ([30] * 5 + [34] * 5, "four days are no change of terms"),
        ([30], "one invoice shows nothing"),
    ],
)
def test_who_is_neither_steady_nor_changed(terms: list[int], what: str) -> None:
    record = record_of(terms)
    assert not record.known.any(), what
    assert (record.stretch == APART).all(), what


def test_an_exception_counts_to_neither_side() -> None:
    record = record_of([30, 30, 90, 30, 30, 45, 45, 45])
    assert record.changed.tolist() == [True]
    assert record.stretch.tolist() == [0, 0, APART, 0, 0, 1, 1, 1]


def test_customers_are_told_apart_in_whatever_order_their_invoices_stand() -> None:
    record = record_of([30] * 5, [30] * 3 + [14] * 3, [60, 10] * 3)
    assert record.changed.tolist() == [False, True, False]
    assert np.isnan(record.before).tolist() == [False, False, True]


def test_a_customer_without_an_invoice_is_not_known() -> None:
    table = pd.DataFrame({"customer_id": ["a"] * 3, "issued_on": pd.to_datetime(["2024-01-01"] * 3)})
    record = terms_record(table.assign(due_on=pd.Timestamp("2024-01-31")), pd.Series(["a", "b"]))
    assert record.known.tolist() == [True, False]
    assert record.extra.tolist() == [0, 0]


def test_no_invoices_are_no_fault() -> None:
    none = pd.DataFrame({"customer_id": pd.Series(dtype=str)})
    for name in ("issued_on", "due_on"):
        none[name] = pd.Series(dtype="datetime64[s]")
    assert not terms_record(none, pd.Series(["a"])).known.any()
