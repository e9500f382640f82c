"""What the firm can see of its customers in the books: lateness, size, class, exposure."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

CLASS_EDGES = (0.0, 7.0, 20.0)
CLASSES = np.array(["A", "B", "C", "D"])
SIZES = np.array(["small", "medium", "large"])
YEAR = 365


def observe(invoices: pd.DataFrame, customer_ids: pd.Series, today: date) -> pd.DataFrame:
    """The observed columns of traits.TRAITS, one row for each of `customer_ids`, from the invoices known on `today`."""
    v = _facts(invoices, customer_ids, today)
    n = len(customer_ids)

    def total(weight: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return np.bincount(v["row"], weights=np.asarray(weight, float), minlength=n)

    due = total(v["cents"] * v["due_past"])
    late_share = _ratio(total(v["cents"] * v["due_past"] * (v["late"] > 0)), due, 0.0)
    days_late = _ratio(total(v["cents"] * v["due_past"] * v["late"]), due, 0.0)
    revenue = total(v["cents"] * v["last_year"])
    return pd.DataFrame(
        {
            "currency": _modes(v["row"], v["currency"], n, str(invoices["currency"].mode()[0])),
            "class": CLASSES[np.searchsorted(CLASS_EDGES, days_late)],
            "size": SIZES[np.minimum(pd.Series(revenue).rank(pct=True, method="first") * 3, 2.999).astype(int)],
            "days_late": days_late,
            "late_share": late_share,
            "revenue": revenue.astype(np.int64),
            "open": total(v["cents"] * v["open"]).astype(np.int64),
            "overdue": total(v["cents"] * v["open"] * v["due_past"]).astype(np.int64),
            "invoices": np.bincount(v["row"], minlength=n),
            "terms_days": _median_terms(v["row"], v["terms"], n),
        }
    )


def credit_limits(invoices: pd.DataFrame, customer_ids: pd.Series, headroom: float) -> npt.NDArray[np.float64]:
    """Limit assumed where the books give none: `headroom` x the highest exposure so far, in cents. (n,)

    A customer without invoices gets the median of the others.
    """
    row = pd.Index(customer_ids).get_indexer(invoices["customer_id"])
    cents = invoices["base_cents"].to_numpy()
    settled = invoices["settled_on"].notna().to_numpy()
    moves = pd.DataFrame(
        {
            "row": np.concatenate([row, row[settled]]),
            "on": pd.concat([invoices["issued_on"], invoices["settled_on"][settled]]),
            "cents": np.concatenate([cents, -cents[settled]]),
        }
    ).sort_values(["row", "on", "cents"], ascending=[True, True, False])
    moves["exposure"] = moves.groupby("row")["cents"].cumsum()
    peak = moves.groupby("row")["exposure"].max().reindex(range(len(customer_ids)))
    peak = peak.fillna(peak.median() if peak.notna().any() else 0)
    return np.rint(headroom * peak.to_numpy(float))


def _facts(invoices: pd.DataFrame, customer_ids: pd.Series, today: date) -> dict[str, npt.NDArray[np.generic]]:
    now = pd.Timestamp(today)
    until = invoices["settled_on"].fillna(now)
    return {
        "row": pd.Index(customer_ids).get_indexer(invoices["customer_id"]),
        "cents": invoices["base_cents"].to_numpy(),
        "currency": invoices["currency"].to_numpy(str),
        "open": invoices["settled_on"].isna().to_numpy(),
        "late": (until - invoices["due_on"]).dt.days.to_numpy(),
        "due_past": (invoices["due_on"] < now).to_numpy(),
        "last_year": (invoices["issued_on"] > now - pd.Timedelta(days=YEAR)).to_numpy(),
        "terms": (invoices["due_on"] - invoices["issued_on"]).dt.days.to_numpy(),
    }


def _ratio(
    part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64], otherwise: float
) -> npt.NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(whole.size, otherwise), where=whole > 0)


def _modes(row: npt.NDArray[np.generic], word: npt.NDArray[np.generic], n: int, otherwise: str) -> pd.Series:
    counts = pd.DataFrame({"row": row, "word": word}).value_counts(["row", "word"]).reset_index()
    first = counts.sort_values(["row", "count", "word"], ascending=[True, False, True]).drop_duplicates("row")
    return first.set_index("row")["word"].reindex(range(n)).fillna(otherwise).reset_index(drop=True)


def _median_terms(
    row: npt.NDArray[np.generic], terms: npt.NDArray[np.generic], n: int
) -> npt.NDArray[np.int64]:
    """Each customer's median days from issue to due; of all invoices where it has none. (n,)"""
    median = pd.Series(terms).groupby(row).median().reindex(range(n))
    return np.rint(median.fillna(float(np.median(terms))).clip(lower=0)).astype(np.int64).to_numpy()
