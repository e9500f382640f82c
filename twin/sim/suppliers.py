"""What the firm pays for what it sells: purchases on supplier terms, and the part of its outflows that stays fixed.

    purchases(t + supplier_days) = (1 - contribution_margin) x revenue(t)
    fixed part                   = 1 - (1 - contribution_margin) x expected revenue of a month / outflows of a month

The outflows of the books pay for both. What does not rise with sales is the rest of them, at least nothing; so the firm
pays in the mean what it paid, and an order that is lost saves what it would have cost.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.firm.firm import Firm

MONTHS, YEAR = 12, 365


def goods_share(drawn: dict[str, float]) -> float:
    """Share of revenue that is paid to suppliers."""
    return 1.0 - drawn["value.contribution_margin"]


def supplier_days(drawn: dict[str, float]) -> int:
    """Days from a sale to the payment of what it cost."""
    return round(drawn["treasury.supplier_days"])


def fixed_part(firm: Firm, drawn: dict[str, float]) -> float:
    """Share of the monthly outflows that does not move with revenue, in [0, 1]."""
    monthly = int(firm.outflows["cents"].sum())
    if monthly == 0:
        return 1.0
    return max(0.0, 1.0 - goods_share(drawn) * firm.daily_revenue * YEAR / MONTHS / monthly)


def fixed_outflows(firm: Firm, drawn: dict[str, float]) -> pd.DataFrame:
    """The firm's monthly outflows with the fixed part of each, in cents: name, day_of_month, cents."""
    cents = np.rint(firm.outflows["cents"].to_numpy(float) * fixed_part(firm, drawn))
    return firm.outflows.assign(cents=cents.astype(np.int64))


def opening_payables(firm: Firm, drawn: dict[str, float], days: int) -> npt.NDArray[np.int64]:
    """Cents due to suppliers on each day for what was sold before the first. (days + longest supplier terms + 1,)"""
    past = firm.past_revenue
    out = np.zeros(days + past.size + 1, np.int64)
    terms = supplier_days(drawn)
    for age in range(1, min(terms, past.size) + 1):
        out[terms - age] = round(int(past[-age]) * goods_share(drawn))
    return out
