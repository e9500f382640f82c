"""DSO run-off: what is open on the cut dies away at a constant rate, once in its days sales outstanding.

open after t days = open exp(-t / DSO),    DSO = 90 open / invoiced in the last 90 days
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from twin.fit.forecast import View, cash_table, still_open

PERIOD_DAYS = 90


def cash(seen: View, weeks: int, amount: str) -> pd.DataFrame:
    """Weekly receipts, without a band."""
    held = still_open(seen)[amount].sum()
    recent = seen.invoices["issued_on"] > pd.Timestamp(seen.cut) - pd.Timedelta(days=PERIOD_DAYS)
    outstanding_days = PERIOD_DAYS * held / max(seen.invoices.loc[recent, amount].sum(), 1)
    settled_share = 1 - np.exp(-7 * np.arange(weeks + 1) / max(outstanding_days, 1))
    return cash_table(seen.cut, held * np.diff(settled_share) / 100)
