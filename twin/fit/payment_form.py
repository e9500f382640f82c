"""By what customers reckon: the due date as it stands, their own shift of it, or that with disputes.

Each form is fitted at earlier origins, and the invoices open then or issued soon after are followed to now. A richer
form is taken only where it lowers the CRPS by more than two standard errors, customers being drawn anew: books whose
customers keep due dates stay as they are.
"""

from __future__ import annotations

import numpy as np

from twin.behaviour.payment import Floats
from twin.fit.payment_close import Close, reckoned
from twin.fit.payment_follow import LEAST_DAYS, LEAST_INVOICES, ORIGINS, by_customer, follow, lower
from twin.fit.payment_rhythm import Origin
from twin.fit.payment_rows import Ledger
from twin.fit.payment_runs import Judged
from twin.fit.payment_shift import FORMS

SURE = 2.0
"""Standard errors of gain that a richer form needs."""


def choose_form(ledger: Ledger, origins: tuple[Origin, ...]) -> tuple[str, list[float]]:
    """The form, and the mean CRPS of each of FORMS, in days; the simplest one where there is little to judge by."""
    long_ago = [origin for origin in origins if ledger.until - origin.last >= LEAST_DAYS][-ORIGINS:]
    best, lowest, means = FORMS[0], np.zeros(0), []
    for form in FORMS:
        count, score = _score(long_ago, form)
        if count < LEAST_INVOICES:
            break
        means.append(float(score.sum() / count))
        if form == FORMS[0] or lower(score, lowest, SURE):
            best, lowest = form, score
    return best, means


def _score(origins: list[Origin], form: str) -> tuple[int, Floats]:
    """Invoices that were followed, and the CRPS of each customer's together, (c,)."""
    fits = [_judged(reckoned(origin.close, form, origin.close), origin.last) for origin in origins]
    samples = [follow(fit) for fit in fits]
    count = sum(sample.start.size for sample in samples)
    return count, by_customer(fits, samples) if fits else np.zeros(0)


def _judged(close: Close, last: int) -> Judged:
    """The fit at a close, all customers keeping the same calendar, to be judged to `last`."""
    return Judged.of(close, last, close.rates, close.common.factors(close.ledger.customers))
