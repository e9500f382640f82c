"""What of a firm's books is learnt from: its customers, and since when they are customers."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from tests.firm.small_books import BooksOf
from twin.firm.calibrate import calibrate
from twin.firm.record import record_of

CUSTOMERS = pd.DataFrame({"customer_id": ["a", "b", "c", "d", "e"], "since_on": [None, None, None, None, "2026-03-01"]})


def test_who_never_ordered_counts_as_silent_since_the_records_begin_and_that_is_said(books_of: BooksOf) -> None:
    """d is in the list of customers only; of e it is known that it is a new one."""
    record = record_of(books_of(customers=CUSTOMERS))
    since = record.customers.set_index("customer_id")["since_on"].dt.date
    assert since["d"] == record.history_from
    assert since["e"] == date(2026, 3, 1)
    assert since[["a", "b", "c"]].isna().all()
    (said,) = record.sentences
    assert said.startswith("1 customers never ordered, and the books do not say since when they are customers")
    assert said in calibrate(books_of(customers=CUSTOMERS), cuts=0).assumptions


def test_a_silence_that_is_known_makes_a_lower_rate_than_none(books_of: BooksOf) -> None:
    """Who was silent for 274 days orders less than a customer since 31 days, and than those who ordered weekly."""
    traits = calibrate(books_of(customers=CUSTOMERS), cuts=0).customers.set_index("customer_id")
    rate = traits["rate_shape"] / traits["rate_days"] * traits["alive"]
    assert rate["d"] < rate["e"] < rate["a"]


@pytest.mark.parametrize("table", [None, CUSTOMERS.head(3)])
def test_where_all_ordered_nothing_is_assumed(books_of: BooksOf, table: pd.DataFrame | None) -> None:
    assert record_of(books_of(customers=table) if table is not None else books_of()).sentences == ()
