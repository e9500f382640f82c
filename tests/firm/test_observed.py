"""What the firm sees of its customers: judged by hand on invoices few enough to count."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.firm.observed import CLASS_EDGES, credit_limits, observe
from twin.firm.traits import CLASSES, TRAITS

TODAY = date(2026, 6, 30)
IDS = pd.Series(["a", "b", "c"])
COLUMNS = ["customer_id", "issued_on", "due_on", "settled_on", "base_cents", "open_cents", "currency"]


def invoices(*rows: tuple[str, str, str, str | None, int] | tuple[str, str, str, str | None, int, int]) -> pd.DataFrame:
    """Invoices in EUR; what an unsettled one still owes is its amount unless a sixth value says otherwise."""
    full = [(*row[:5], row[5] if len(row) > 5 else row[4] * (row[3] is None), "EUR") for row in rows]
    table = pd.DataFrame(full, columns=COLUMNS)
    return table.assign(**{day: pd.to_datetime(table[day]) for day in ("issued_on", "due_on", "settled_on")})


def seen(*rows: tuple[str, str, str, str | None, int] | tuple[str, str, str, str | None, int, int]) -> pd.DataFrame:
    return observe(invoices(*rows), IDS, TODAY).set_index(IDS)


def test_lateness_is_weighted_by_amount() -> None:
    table = seen(
        ("a", "2026-01-01", "2026-02-01", "2026-02-11", 300_00), ("a", "2026-01-01", "2026-02-01", "2026-01-30", 100_00)
    )
    assert table.loc["a", "days_late"] == pytest.approx((300 * 10 - 100 * 2) / 400)
    assert table.loc["a", "late_share"] == pytest.approx(0.75)


def test_an_overdue_invoice_counts_as_late_as_it_is_by_now() -> None:
    table = seen(("a", "2026-05-01", "2026-06-10", None, 50_00))
    assert (table.loc["a", ["days_late", "late_share"]] == [20, 1]).all()
    assert (table.loc["a", ["open", "overdue"]] == [50_00, 50_00]).all()


def test_an_invoice_due_today_is_not_yet_overdue() -> None:
    table = seen(("a", "2026-05-01", "2026-06-30", None, 50_00), ("b", "2026-05-01", "2026-06-29", None, 50_00))
    assert table["overdue"].tolist() == [0, 50_00, 0]
    assert table["late_share"].tolist() == [0, 1, 0]


def test_what_was_paid_in_part_is_no_longer_open() -> None:
    table = seen(("a", "2026-05-01", "2026-06-10", None, 50_00, 20_00))
    assert (table.loc["a", ["open", "overdue", "revenue"]] == [20_00, 20_00, 50_00]).all()


@pytest.mark.parametrize(
    "days_late, letter", [(-3, "A"), (0, "A"), (1, "B"), (7, "B"), (8, "C"), (20, "C"), (21, "D"), (400, "D")]
)
def test_class_is_by_mean_lateness(days_late: int, letter: str) -> None:
    due = pd.Timestamp("2025-05-01")
    paid = (due + pd.Timedelta(days=days_late)).date().isoformat()
    assert seen(("a", "2025-03-01", "2025-05-01", paid, 1_00)).loc["a", "class"] == letter


def test_there_is_a_class_on_either_side_of_each_edge() -> None:
    assert len(CLASS_EDGES) + 1 == len(CLASSES)


def test_a_customer_without_invoices_is_seen_as_empty_with_the_usual_terms() -> None:
    table = seen(("a", "2026-01-01", "2026-01-31", "2026-01-31", 9_00))
    assert table.loc["c", ["class", "currency"]].tolist() == ["A", "EUR"]
    assert table.loc["c", "terms_days"] == 30
    assert (table.loc["c", ["days_late", "late_share", "revenue", "open", "overdue", "invoices"]] == 0).all()


def test_revenue_is_that_of_the_last_365_days() -> None:
    table = seen(
        ("a", "2025-06-30", "2025-07-30", "2025-07-30", 1_00), ("b", "2025-07-01", "2025-07-30", "2025-07-30", 1_00)
    )
    assert table["revenue"].tolist() == [0, 1_00, 0]


def test_sizes_are_thirds_of_the_customers_by_revenue() -> None:
    rows = [("abc"[k], "2026-01-01", "2026-02-01", None, cents) for k, cents in enumerate((5, 900, 30))]
    assert seen(*rows)["size"].tolist() == ["small", "large", "medium"]


def test_terms_and_currency_are_the_customers_usual_ones() -> None:
    table = invoices(
        ("a", "2026-01-01", "2026-01-31", None, 1), ("a", "2026-02-01", "2026-03-03", None, 1),
        ("a", "2026-03-01", "2026-05-30", None, 1), ("b", "2026-01-01", "2026-01-15", None, 1),
    ).assign(currency=["USD", "USD", "EUR", "CHF"])  # fmt: skip
    found = observe(table, IDS, TODAY)
    assert found["terms_days"].tolist()[:2] == [30, 14]
    assert found["currency"].tolist() == ["USD", "CHF", "USD"]


def test_the_limit_assumed_is_a_multiple_of_the_highest_exposure_so_far() -> None:
    table = invoices(
        ("a", "2026-01-01", "2026-02-01", "2026-02-10", 100_00),
        ("a", "2026-02-05", "2026-03-01", "2026-02-20", 50_00),
        ("a", "2026-03-01", "2026-04-01", None, 120_00),
        ("b", "2026-03-01", "2026-04-01", "2026-03-01", 10_00),
    )
    assert credit_limits(table, IDS, 2.0).tolist() == [300_00, 20_00, 160_00], "c gets the median of the others"


@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 90), st.none() | st.integers(0, 400)), min_size=1))
def test_whatever_the_invoices_nothing_seen_is_missing_or_out_of_range(
    rows: list[tuple[int, int, int | None]],
) -> None:
    start = pd.Timestamp(TODAY) - pd.Timedelta(days=700)
    days = [(start + pd.Timedelta(days=i), i + terms, paid) for i, terms, paid in rows]
    table = pd.DataFrame(
        {
            "customer_id": [IDS[k % 2] for k in range(len(rows))],
            "issued_on": [issued for issued, _, _ in days],
            "due_on": [start + pd.Timedelta(days=due) for _, due, _ in days],
            "settled_on": pd.to_datetime([None if p is None else i + pd.Timedelta(days=p) for i, _, p in days]),
            "base_cents": np.arange(len(rows)) * 100 + 1,
            "currency": "EUR",
        }
    )
    table["settled_on"] = table["settled_on"].where(table["settled_on"] <= pd.Timestamp(TODAY))
    table["open_cents"] = table["base_cents"].where(table["settled_on"].isna(), 0)
    found = observe(table, IDS, TODAY)
    assert not found.isna().any(axis=None)
    assert found["late_share"].between(0, 1).all()
    assert (found["overdue"] <= found["open"]).all()
    assert found["class"].isin(CLASSES).all()
    assert set(found) <= set(TRAITS)
    assert np.isfinite(credit_limits(table, IDS, 2.0)).all()
