"""Early-payment discount: taken when it earns more than the money costs the customer.

    implied = discount / (1 - discount) x 365 / days earlier
    P(take) = 1 / (1 + exp(-(implied - cost of funds) / softness))

Source: Petersen & Rajan (1994), The benefits of lending relationships, Journal of Finance 49(1), for the implied rate
of trade credit; the logistic stands for what the firm does not see of the customer's choice.
"""

from __future__ import annotations

import math

from numba import njit


@njit(cache=True)
def implied_rate(discount: float, days_earlier: int) -> float:
    """Yearly rate that a discount pays for paying `days_earlier` days earlier than due."""
    return discount / (1.0 - discount) * 365.0 / days_earlier


@njit(cache=True)
def taking(implied: float, cost: float, softness: float) -> float:
    """Probability of taking a discount of the yearly rate `implied` at the yearly `cost` of funds."""
    x = (implied - cost) / softness
    if x < -700.0:
        return 0.0
    return 1.0 / (1.0 + math.exp(-x))
