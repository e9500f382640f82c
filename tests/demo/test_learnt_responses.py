"""The synthetic firm's contact log teaches what its contacts do, beside disputes, scarce collectors and regimes."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from twin.books import read_books
from twin.demo.books import LAST_DAY, write_past
from twin.demo.truth import true_firm
from twin.firm.calibrate import calibrate
from twin.firm.plan import Plan
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
