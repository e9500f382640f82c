"""What is settled together tells less of a customer than as many settlements by themselves.

On a day with the run probability rho the settlements of two invoices, with probabilities p and q, have the covariance
p q (1 / rho - 1): both wait where no run comes. So the settlements of a phase scatter by more than if each were alone,

    excess = 1 + sum over days of (1 / rho - 1) ((sum of p) ** 2 - sum of p ** 2) / sum of p

and tell that much less: the shape of a frailty is the prior's and what is left of what the settlements add to it.

Source: the design effect of clusters, Kish (1965), Survey Sampling, 8.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from twin.behaviour.payment import RELEASE_LIMIT, Floats, run_chance
from twin.fit.payment_base import Factors, hazard_parts
from twin.fit.payment_rates import Rates
from twin.fit.payment_rows import PHASE, PHASES, Ledger, bin_at, branch


def shapes(ledger: Ledger, until: int, rates: Rates, factors: Factors, run: Floats) -> Floats:
    """Shapes of the customers' frailties, what they settle together being taken for that. (c, PHASES)

    run: (c,) run intensities; infinite where each invoice is settled by itself.
    """
    alone, together = np.zeros((2, *rates.frailty.shape.shape))
    arrays = rates.rate, rates.population.catch_up
    _together_pass(ledger.rows, until, factors, arrays, run, alone, together)
    excess = 1 + together / np.maximum(alone, 1e-12)
    prior = np.minimum(rates.frailty.prior_shape, rates.frailty.shape)
    return np.asarray(prior + (rates.frailty.shape - prior) / excess)


@njit(cache=True)
def _together_pass(rows: Any, until: int, factors: Any, arrays: Any, run: Any, alone: Any, together: Any) -> None:
    """Add the sum of p and the excess of its variance to alone and together, (c, PHASES)."""
    rate, catch_up = arrays
    part, own = np.zeros(catch_up.size + 1), np.zeros(PHASES)
    whole, square = np.zeros((2, until + 1, PHASES))
    for c in range(rate.shape[0]):
        row, first, last = factors.calendar[c], until + 1, -1
        for either in range(2 * rows.first[c], 2 * rows.first[c + 1]):
            j = either // 2
            chance, due = branch(rows, j, either % 2)
            if chance == 0.0:
                continue
            first, last = min(first, rows.start[j]), max(last, min(rows.settled[j], until))
            for t in range(rows.start[j], min(rows.settled[j], until) + 1):
                factor = factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]]
                most = RELEASE_LIMIT * run_chance(run[c], factor)
                total = factor * hazard_parts(t - due, rows.closed[t], rate[c], catch_up, part)
                share = chance * factor * min(most / max(-np.expm1(-total), 1e-12), 1.0)
                own[:] = 0.0
                for s in range(min(rows.closed[t], catch_up.size) + 1):
                    own[PHASE[bin_at(t - due - s)]] += share * part[s]
                whole[t] += own
                square[t] += own**2
        for t in range(first, last + 1):
            factor = factors.day_kind[row, rows.kind[t]] * factors.month_group[row, rows.group[t]]
            waits = np.exp(-run[c] * factor) / max(run_chance(run[c], factor), 1e-12)
            for p in range(PHASES):
                alone[c, p] += whole[t, p]
                together[c, p] += waits * max(whole[t, p] ** 2 - square[t, p], 0.0)
            whole[t], square[t] = 0.0, 0.0
