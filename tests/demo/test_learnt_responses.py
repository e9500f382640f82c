"""The synthetic firm's books teach what its contacts, terms and discounts do, beside disputes, regimes and limits."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twin.behaviour.belief import fixed
from twin.books import read_books
from twin.demo.books import LAST_DAY, write_past
from twin.demo.truth import true_firm
from twin.firm.calibrate import calibrate
from twin.firm.cards import Spread
from twin.firm.plan import Change, Plan
from twin.fit.response_discount import TOLD
from twin.sim.run import simulate


@pytest.mark.study
def test_the_contact_effects_that_are_measured_are_those_of_the_truth(tmp_path: Path) -> None:
    """Over 6 firms of 1,000 customers and 2 years. The truth of each is drawn from the cards.

    Every posterior that is called measured is within 3.3 of its standard deviations: a false alarm in 1 of 100 studies.
    """
    measured = {}
    for seed in range(1, 7):
        start = (pd.Timestamp(LAST_DAY) - timedelta(days=730)).date()
        firm, folder = true_firm(1_000, seed, start), tmp_path / str(seed)
        folder.mkdir()
        past = simulate(firm, Plan("the past"), days=730, seed=seed, replication=0, log=True)
        write_past(folder, firm, past)
        learnt = calibrate(read_books(folder), cuts=0).cards["collections"].parameters
        for name, parameter in learnt.items():
            if parameter.status == "measured":
                median, sd = parameter.value.lognormal
                measured[seed, name] = math.log(median / past.drawn[f"collections.{name}"]) / sd
    assert sum(name == "call_effect" for _, name in measured) >= 4, "most firms' calls are measured"
    assert max(map(abs, measured.values())) < 3.3, measured


@pytest.mark.study
def test_the_responses_to_terms_and_discounts_that_are_measured_are_those_of_the_truth(tmp_path: Path) -> None:
    """Over 8 firms of 400 customers and 2 years, who are offered 2 % for 10 days; a quarter gets 30 days more on one of
    three days. The truth of each is drawn from the cards.

    90 % intervals hold it in at least 28 of 40; each posterior is within 4.5 standard deviations. That is wider than a
    right posterior needs: which regime a customer was in, and what the economy did, is not seen.
    """
    off = {}
    for seed in range(1, 9):
        start, folder = (pd.Timestamp(LAST_DAY) - timedelta(days=730)).date(), tmp_path / str(seed)
        folder.mkdir()
        firm = true_firm(400, seed, start)
        firm = replace(firm, policy=replace(firm.policy, discount=0.02, discount_days=10))
        place = np.random.default_rng(seed).random(400)
        changes = [
            Change("terms_days", day, None, (place >= k / 12) & (place < (k + 1) / 12), "add", fixed(30.0))
            for k, day in enumerate((200, 300, 400))
        ]
        past = simulate(firm, Plan("the past", tuple(changes)), days=730, seed=seed, replication=0, log=True)
        write_past(folder, firm, past)
        cards = calibrate(read_books(folder), cuts=0).cards
        for name in ("payment.terms_pass_through", "demand.terms_elasticity", *TOLD):
            card, _, key = name.partition(".")
            if (found := cards[card].parameters[key]).status == "measured":
                off[seed, name] = _off(found.value, _truth(name, past.drawn[name]))
    print("\n".join(f"{seed} {name:28} {z:+.2f}" for (seed, name), z in off.items()))
    assert sum(name == "payment.terms_pass_through" for _, name in off) == 8
    assert len(off) >= 30, "most are measured"
    assert max(map(abs, off.values())) < 4.5
    assert np.mean([abs(z) < 1.645 for z in off.values()]) >= 0.7


def _truth(name: str, drawn: float) -> float:
    """What happened: 30 days more of terms move payment by whole days."""
    return round(30 * drawn) / 30 if name == "payment.terms_pass_through" else drawn


def _off(value: Spread, truth: float) -> float:
    """Standard deviations from the truth."""
    if value.normal is not None:
        mean, sd = value.normal
        return (mean - truth) / sd
    median, sd = value.lognormal
    return math.log(median / truth) / sd
