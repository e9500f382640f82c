"""Books that are hard to test a fit on: they are judged with sound figures, or refused with the reason."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from tests.fit.payment_world import CALENDAR, World, humped_rate, last_day, simulate
from tests.fit.test_backtest import books_of
from twin.books import Books
from twin.faults import BooksError
from twin.fit.backtest import Backtest, backtest, most_cuts, rolling_windows
from twin.fit.certificate import certificate
from twin.fit.forecast import issued_between
from twin.fit.payment import fit_payment

WORLD = World(humped_rate(), np.linspace(0.6, 1.6, 8), invoices=30, days=250)
END = last_day(WORLD)
CUT = END - timedelta(days=56)


def made(invoices: pd.DataFrame, customers: pd.DataFrame, end: date = END) -> Books:
    return books_of(invoices, customers, end)


def judged(books: Books) -> Backtest:
    """The backtest of one cut and eight weeks; every figure of ours is a number, or nothing could be judged."""
    found = backtest(books, cuts=1, weeks=8)
    for table in (found.cash, found.total):
        assert np.isfinite(table.drop(columns=["wape", "four_week_error"]).loc["payment habits", "coverage"])
    return found


@pytest.fixture(scope="module")
def usual() -> tuple[pd.DataFrame, pd.DataFrame]:
    return simulate(WORLD)


def test_a_segment_that_appears_after_the_cut_is_forecast_as_all_customers_are(
    usual: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    invoices, customers = usual
    late = customers["customer_id"] >= "C0006"
    new = customers.assign(segment=np.where(late, "new", "old"))
    later = invoices["issued_on"] > pd.Timestamp(CUT)
    kept = invoices[later | ~invoices["customer_id"].isin(new.loc[late, "customer_id"])]
    books = made(kept, new)
    fit = fit_payment(kept[kept["issued_on"] <= pd.Timestamp(CUT)], new, CUT, CALENDAR)
    assert any("habits of segment 'new': 0 settlements are known" in sentence for sentence in fit.unmeasured)
    assert len(issued_between(kept, CUT, END)) > 0
    assert np.isfinite(judged(books).invoices.loc["payment habits", "crps"])


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_customers_of_whom_only_open_invoices_are_known_are_judged(
    usual: tuple[pd.DataFrame, pd.DataFrame], share: float
) -> None:
    """All customers, or half of them, never settle: what is never received cannot be missed by a share of it."""
    invoices, customers = usual
    payer = (pd.factorize(invoices["customer_id"])[0] % 2 == 0) & (share > 0)
    held = certificate(
        made(never := invoices.assign(settled_on=invoices["settled_on"].where(payer)), customers),
        judged(made(never, customers)),
    )
    if share == 0:
        wape = held["checks"]["cash_wape"]
        assert (wape["value"], wape["passed"]) == (None, False)
        assert not held["passed"]


def test_invoices_that_were_all_paid_on_one_day_are_judged(usual: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    invoices, customers = usual
    day = pd.Timestamp(CUT - timedelta(days=10))
    judged(
        made(
            invoices.assign(settled_on=invoices["issued_on"].clip(lower=day).where(invoices["issued_on"] <= day)),
            customers,
        )
    )


def test_customers_with_one_invoice_or_none_are_judged_with_the_others(
    usual: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    invoices, customers = usual
    few = invoices.groupby("customer_id").head(1)
    more = pd.concat([customers, pd.DataFrame({"customer_id": ["nobody"], "segment": "all"})], ignore_index=True)
    judged(made(pd.concat([few, invoices[invoices["customer_id"] == "C0000"]]).drop_duplicates("invoice_id"), more))


def test_a_record_with_a_gap_of_ten_years_is_judged(usual: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    """The first half of the customers' invoices is ten years older."""
    invoices, customers = usual
    old = invoices["issued_on"] <= pd.Timestamp(CUT - timedelta(days=120))
    dates = ("issued_on", "due_on", "settled_on")
    moved = {name: invoices[name].where(~old, invoices[name] - pd.Timedelta(days=3_640)) for name in dates}
    judged(made(invoices.assign(**moved), customers))


def test_a_record_too_short_for_one_cut_is_refused_with_what_would_do(
    usual: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    invoices, customers = usual
    short = invoices[invoices["issued_on"] > pd.Timestamp(END - timedelta(days=80))]
    books = made(short, customers)
    assert most_cuts(books, 8) == 0
    with pytest.raises(BooksError, match=r"1 cuts and 8 weeks after the last leave .* days of record"):
        rolling_windows(books, 1, 8)
