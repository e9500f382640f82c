"""Bands of weekly and of cumulative receipts hold what they say, in firms whose customers are as the model says.

Each firm has hyper-parameters of its own: seasons, rates, a common weekly shock. The fit sees its books up to a cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import numpy as np
import pytest

from tests.recovery.firms import CALENDAR, past_of, prior_firm
from twin.behaviour.payment import Floats
from twin.fit.forecast import Receipts, View, habit_receipts, known_invoices
from twin.fit.new_orders import total_receipts
from twin.fit.payment import fit_payment
from twin.fit.scores import actual_cash, all_cash

WEEKS, DAYS = 8, 330
WAYS: dict[str, tuple[Callable[..., Receipts], Callable[..., Floats]]] = {
    "invoices open at the cut": (habit_receipts, actual_cash),
    "new orders included": (total_receipts, all_cash),
}


def places(seeds: Sequence[int], customers: int, replications: int) -> dict[str, Floats]:
    """Place of what was received among the draws, in 0 to 1, of each week and each sum so far. (2, firms, WEEKS)"""
    out: dict[str, list[list[Floats]]] = {way: [] for way in WAYS}
    for seed in seeds:
        past = past_of(prior_firm(seed, customers), seed, DAYS)
        cut = past.last_day - timedelta(days=7 * WEEKS)
        seen = View(known_invoices(past.invoices, cut), past.customers, cut, CALENDAR)
        habits = fit_payment(seen.invoices, seen.customers, cut, CALENDAR).habits
        for way, (forecast, truth) in WAYS.items():
            received = truth(past.invoices, cut, WEEKS)
            draws = forecast(seen, habits, WEEKS, replications=replications).draws
            out[way].append([_place(draws, received), _place(draws.cumsum(1), received.cumsum())])
    return {way: np.array(found).swapaxes(0, 1) for way, found in out.items()}


def _place(draws: Floats, actual: Floats) -> Floats:
    return np.asarray(((draws < actual).mean(0) + (draws <= actual).mean(0)) / 2)


def held(place: Floats, share: float = 0.8) -> float:
    """Share of the places within the middle part of the draws."""
    return float((np.abs(place - 0.5) <= share / 2).mean())


def test_the_80_percent_band_holds_four_weeks_in_five() -> None:
    """96 weeks hang together little: their share has an error of .042, 4 of which are allowed. The sums so far of a
    firm hang together closely, eight like two and a half: .073, of which 3 are.
    """
    for way, (week, so_far) in places(range(100, 112), customers=40, replications=80).items():
        assert held(week) == pytest.approx(0.80, abs=0.17), way
        assert held(so_far) == pytest.approx(0.80, abs=0.22), way


KNOWN_SHORTFALL = {"invoices open at the cut": 0.0, "new orders included": 0.03}
"""By how much less bands hold than they say: the months that nine months of record have not seen move orders further
in these firms than what is believed of such months."""


@pytest.mark.study
def test_bands_of_every_width_hold_what_they_say_in_sixty_firms() -> None:
    """60 firms, 6 minutes. Errors of .02 for weeks and .035 for sums so far, of which 4 are allowed at 80 % and 50 %
    and, since few lie outside, 3 of half as much at 95 %: a right fit fails one of the twelve checks for 1 set of firms
    in 300. The figures seen: .80 of weeks and .78 of sums from open invoices, .79 and .73 with new orders.
    """
    for way, (week, so_far) in places(range(200, 260), customers=100, replications=200).items():
        for place, error in ((week, 0.02), (so_far, 0.035)):
            for share, allowed in ((0.5, 4 * error), (0.8, 4 * error), (0.95, 1.5 * error)):
                assert abs(held(place, share) - share) < allowed + KNOWN_SHORTFALL[way], (way, share)
