"""Demand: orders arrive with an intensity, in amounts around the customer's own.

    intensity(t) = rate x season(month of t) x season(kind of day of t) x terms response x campaigns
    amount       = exp(mu + sigma z),   z standard normal
    rate         ~ gamma across customers; a customer's posterior is gamma again

Source: Greenwood & Yule (1920), J. Royal Stat. Soc. 83(2), the gamma-Poisson model.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def terms_response(elasticity: float, extra_days: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Factor on the order intensity of terms that are `extra_days` longer than before: exp(elasticity x days / 30)."""
    return np.exp(elasticity * np.asarray(extra_days, dtype=float) / 30)
