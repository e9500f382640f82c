"""Room for the outcomes of all replications: in memory, or in a temporary file where they are too many for it."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from twin.faults import Fault, OutputError
from twin.sim.measures import NAMES
from twin.sim.outcome import CUSTOMER_TOTALS, Outcome
from twin.study.track import CAPITAL_RATE, MARGIN

IN_MEMORY_BYTES = 2**30
"""What the outcomes may take of memory; 200 replications of 4 scenarios, 365 days, 2,000 customers take an eighth."""

DRAWN = (MARGIN, CAPITAL_RATE)


@dataclass(frozen=True)
class Store:
    """Outcomes by scenario and replication. Where each is written depends on nothing but the two numbers.

    measures:  (scenarios, replications, days, measures) cents and counts.
    customers: (scenarios, replications, customers + 1, totals) cents, columns as in CUSTOMER_TOTALS; the last row is of
               all customers that campaigns won.
    drawn:     (scenarios, replications, 2) contribution margin and capital rate.
    """

    measures: npt.NDArray[np.int64]
    customers: npt.NDArray[np.int64]
    drawn: npt.NDArray[np.float64]

    def put(self, replication: int, outcomes: Sequence[Outcome]) -> None:
        """Keep the outcome of every scenario of one replication."""
        for scenario, outcome in enumerate(outcomes):
            self.measures[scenario, replication] = outcome.measures
            self.customers[scenario, replication] = outcome.customers
            self.drawn[scenario, replication] = [outcome.drawn[name] for name in DRAWN]


@contextmanager
def new_store(scenarios: int, replications: int, days: int, customers: int) -> Iterator[Store]:
    """A store for a study of this size; beyond 1 GiB it lies in a temporary file, which is gone afterwards.

    customers: of the firm.

    Raises: OutputError if the temporary directory has no room for it.
    """
    shapes = (
        (scenarios, replications, days, len(NAMES)),
        (scenarios, replications, customers + 1, len(CUSTOMER_TOTALS)),
    )
    drawn = np.zeros((scenarios, replications, len(DRAWN)))
    needed = sum(8 * math.prod(shape) for shape in shapes)
    if needed <= IN_MEMORY_BYTES:
        yield Store(np.zeros(shapes[0], np.int64), np.zeros(shapes[1], np.int64), drawn)
        return
    with tempfile.TemporaryDirectory(prefix="twin-study-") as place:
        _check_room(Path(place), needed)
        measures, totals = (
            np.memmap(Path(place) / f"{i}.int64", np.int64, "w+", shape=shape) for i, shape in enumerate(shapes)
        )
        yield Store(measures, totals, drawn)


def _check_room(place: Path, needed: int) -> None:
    free = shutil.disk_usage(place).free
    if needed > 0.9 * free:
        what = f"the study needs {needed / 2**30:,.1f} GiB for its outcomes, and there are {free / 2**30:,.1f} GiB."
        allowed = "take fewer replications or scenarios, or set TMPDIR to a disk with more room"
        raise OutputError(Fault(f"temporary directory {place.parent}", what, allowed))
