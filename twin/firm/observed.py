"""What the firm can see of its customers in the books: lateness, size, class, exposure."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.firm.traits import CLASSES, SIZES
from twin.fit.response_changes import terms_record

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CLASS_EDGES = (0.0, 7.0, 20.0)
"""Days late up to which a customer is of the first, second and third class; beyond the last it is of the fourth."""

YEAR = 365


def observe(invoices: pd.DataFrame, customer_ids: pd.Series, today: date) -> pd.DataFrame:
    """The observed columns of traits.TRAITS, one row for each of `customer_ids`, from the invoices known on `today`.

    invoices: with `open_cents`, what each still owes in the firm's currency. Their customers are among `customer_ids`.
    """
    now = pd.Timestamp(today)
    n = len(customer_ids)
    row = rows_of(invoices, customer_ids)
    cents = invoices["base_cents"].to_numpy(float)
    open_cents = invoices["open_cents"].to_numpy(float)
    late = days_between(invoices["due_on"], invoices["settled_on"].fillna(now))
    past_due = (invoices["due_on"] < now).to_numpy(float)
    last_year = (invoices["issued_on"] > now - pd.Timedelta(days=YEAR)).to_numpy(float)

    def total(cents_counted: Floats) -> Floats:
        return np.bincount(row, weights=cents_counted, minlength=n).astype(float)

    due = total(cents * past_due)
    days_late = share(total(cents * past_due * late), due)
    revenue = total(cents * last_year)
    third = (pd.Series(revenue).rank(method="first").astype(int).to_numpy() - 1) * 3 // n
    return pd.DataFrame(
        {
            "currency": _currencies(row, invoices["currency"], n),
            "class": np.array(CLASSES)[np.searchsorted(CLASS_EDGES, days_late)],
            "size": np.array(SIZES)[third],
            "days_late": days_late,
            "late_share": share(total(cents * past_due * (late > 0)), due),
            "revenue": revenue.astype(np.int64),
            "open": total(open_cents).astype(np.int64),
            "overdue": total(open_cents * past_due).astype(np.int64),
            "invoices": np.bincount(row, minlength=n),
            "terms_days": _terms(row, invoices, customer_ids),
        }
    )


def credit_limits(invoices: pd.DataFrame, customer_ids: pd.Series, headroom: float) -> Floats:
    """Limit assumed where the books give none: `headroom` x the highest exposure so far, in cents. (n,)

    A customer without invoices gets the median of the others.
    """
    row = rows_of(invoices, customer_ids)
    cents = invoices["base_cents"].to_numpy()
    settled = invoices["settled_on"].notna().to_numpy()
    moves = pd.DataFrame(
        {
            "row": np.concatenate([row, row[settled]]),
            "on": pd.concat([invoices["issued_on"], invoices["settled_on"][settled]]),
            "cents": np.concatenate([cents, -cents[settled]]),
        }
    ).sort_values(["row", "on", "cents"], ascending=[True, True, False])
    exposure = moves.groupby("row")["cents"].cumsum()
    peak = exposure.groupby(moves["row"]).max().reindex(range(len(customer_ids)))
    return np.rint(headroom * peak.fillna(peak.median()).to_numpy(float))


def rows_of(invoices: pd.DataFrame, customer_ids: pd.Series) -> Ints:
    """Row of each invoice's customer. (invoices,)"""
    return np.asarray(pd.Index(customer_ids).get_indexer(invoices["customer_id"]), np.int64)


def days_between(first: pd.Series, last: pd.Series | pd.Timestamp) -> Ints:
    """Days from `first` to `last`, row by row."""
    return np.asarray((last - first).dt.days, np.int64)


def share(part: Floats, whole: Floats) -> Floats:
    """part / whole, and 0 where there is nothing to have a part of."""
    return np.divide(part, whole, out=np.zeros(whole.size), where=whole > 0)


def _currencies(row: Ints, currency: pd.Series, n: int) -> pd.Series:
    """Currency in which each customer has most invoices; of all invoices where it has none. (n,)"""
    counts = pd.DataFrame({"row": row, "code": currency.to_numpy(str)}).value_counts().reset_index()
    first = counts.sort_values(["row", "count", "code"], ascending=[True, False, True]).drop_duplicates("row")
    return first.set_index("row")["code"].reindex(range(n)).fillna(currency.mode()[0]).reset_index(drop=True)


def _terms(row: Ints, invoices: pd.DataFrame, customer_ids: pd.Series) -> Ints:
    """Each customer's median days from issue to due, since its usual terms changed; of all where it has none. (n,)"""
    terms = pd.Series(days_between(invoices["issued_on"], invoices["due_on"]))
    median = terms.groupby(row).median().reindex(range(len(customer_ids))).fillna(terms.median())
    record = terms_record(invoices, customer_ids)
    return np.asarray(np.rint(np.where(record.changed, record.after, median.to_numpy(float))), np.int64)
