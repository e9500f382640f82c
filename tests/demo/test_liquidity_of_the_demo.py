"""The liquidity that calibration finds in the demo's books beside what each customer truly lived through."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twin.behaviour.liquidity import DISTRESSED
from twin.books import read_books
from twin.demo.books import LAST_DAY, write_past
from twin.demo.truth import true_firm
from twin.firm.calibrate import calibrate
from twin.firm.cards import Card
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.sim.events import REGIME
from twin.sim.nature import draw_nature
from twin.sim.run import simulate

CUSTOMERS, SEEDS = 1_000, (1, 2, 3)
START = (pd.Timestamp(LAST_DAY) - pd.DateOffset(months=24)).date()


def as_the_card_has_it(firm: Firm) -> Firm:
    """The firm in a world in which liquidity is as its card's centres say, without macro factor and contagion."""
    names = firm.cards["liquidity"].parameters
    centres = {name: firm.beliefs[f"liquidity.{name}"].centre for name in names}
    centres |= {"macro_loading": 0.0, "contagion": 0.0}
    known = {n: p.model_copy(update={"value": centres[n], "prior": None}) for n, p in names.items()}
    card: Card = firm.cards["liquidity"].model_copy(update={"parameters": known})
    return replace(firm, cards={**firm.cards, "liquidity": card})


def past(folder: Path, firm: Firm, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """P(in distress or failed) of each customer by the books of the firm's past, and whether it truly is."""
    days = (LAST_DAY - START).days
    outcome = simulate(firm, Plan("the past"), days=days, seed=seed, replication=0, log=True)
    regime = draw_nature(firm, days=days, seed=seed, replication=0).people.regime.astype(int)
    assert outcome.events is not None
    moves = outcome.events[outcome.events["kind"] == REGIME]
    for customer, to in zip(moves["customer"], moves["detail"], strict=True):
        regime[customer] = to
    write_past(folder, firm, outcome)
    return calibrate(read_books(folder), cuts=0).customers["distressed"].to_numpy(), regime >= DISTRESSED


@pytest.mark.study
def test_distress_is_foretold_with_calibrated_probabilities_and_better_than_by_its_share(tmp_path: Path) -> None:
    """Three worlds of 1,000 customers over 24 months; in 7 bins within 3 deviations: false alarm 1 in 50."""
    chance, truth = np.empty(0), np.empty(0, bool)
    for seed in SEEDS:
        (folder := tmp_path / str(seed)).mkdir()
        found, true = past(folder, as_the_card_has_it(true_firm(CUSTOMERS, seed, START)), seed)
        chance, truth = np.append(chance, found), np.append(truth, true)
    bins = []
    for low, high in pairwise((0.0, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.001)):
        inside = (chance >= low) & (chance < high)
        if inside.sum() >= 30:
            spread = math.sqrt((chance[inside] * (1 - chance[inside])).sum())
            z = (truth[inside].sum() - chance[inside].sum()) / spread
            bins.append((low, int(inside.sum()), chance[inside].mean(), truth[inside].mean(), z))
    assert max(abs(z) for *_, z in bins) < 3, bins
    share = truth.mean()
    assert ((chance - truth) ** 2).mean() < 0.9 * share * (1 - share)
