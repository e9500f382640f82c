"""Where the truth lies among the draws of a posterior: coverage of intervals, flatness of ranks, bias.

If truth and data come from a model, and the draws from its posterior, the rank of the truth among them is uniform.
Every firm has hyper-parameters of its own, so what is tested is the whole way from books to draws.

Source: Cook, Gelman & Rubin (2006), J. Comput. Graph. Stat. 15(3); Talts et al. (2018), arXiv:1804.06788.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import chisquare

from twin.firm.firm import Firm
from twin.sim.nature import Nature, draw_nature

Floats = npt.NDArray[np.float64]
Parameter = Callable[[Firm, Nature], Floats]
"""What a parameter is under the luck of a replication: one value, or exchangeable ones of many customers. (k,)"""

DRAWS, TAIL = 199, 5
"""Draws of a posterior; ranks TAIL to DRAWS - TAIL of 0 to DRAWS are 95 % of them."""

BINS = 20


@dataclass(frozen=True)
class Ranks:
    """Of a parameter, over firms: rank of each true value among its draws, and its distance from their mean in their
    standard deviations; chosen: the rank of one value of each firm, for these alone are independent."""

    rank: Floats
    distance: Floats
    chosen: Floats

    @property
    def coverage(self) -> float:
        """Share of the true values inside their 95 % interval."""
        return float(((self.rank >= TAIL) & (self.rank <= DRAWS - TAIL)).mean())

    @property
    def flatness(self) -> float:
        """p of the chi-square test that ranks are uniform, one value of each firm."""
        counts = np.bincount((self.chosen * BINS / (DRAWS + 1)).astype(int), minlength=BINS)
        return float(chisquare(counts).pvalue)

    @property
    def row(self) -> dict[str, float]:
        """A row of the table: bias and spread in standard deviations of the posterior, 0 and about 1 if all is well."""
        return {
            "coverage": self.coverage,
            "p of flat ranks": self.flatness,
            "bias": float(-self.distance.mean()),
            "spread": float(self.distance.std()),
        }


def placed(parameters: Mapping[str, Parameter], truth: tuple[Firm, Nature], fitted: Firm, seed: int) -> pd.DataFrame:
    """Rank and distance of every true value of one firm. Index: parameter."""
    rng = np.random.default_rng(seed)
    true = {name: np.atleast_1d(value(*truth)) for name, value in parameters.items()}
    drawn: dict[str, list[Floats]] = {name: [] for name in parameters}
    for replication in range(DRAWS):
        nature = draw_nature(fitted, days=1, seed=seed, replication=replication)
        for name, value in parameters.items():
            drawn[name].append(np.atleast_1d(value(fitted, nature)))
    tables = []
    for name, held in true.items():
        draws = np.array(drawn[name])
        below, level = (draws < held).sum(0), (draws == held).sum(0)
        rank = below + rng.integers(0, level + 1)
        distance = (held - draws.mean(0)) / np.maximum(draws.std(0), 1e-12)
        chosen = np.arange(held.size) == rng.integers(held.size)
        tables.append(pd.DataFrame({"parameter": name, "rank": rank, "distance": distance, "chosen": chosen}))
    return pd.concat(tables)


def gathered(tables: list[pd.DataFrame]) -> dict[str, Ranks]:
    """The ranks of every parameter over all firms."""
    return {
        str(name): Ranks(held["rank"].to_numpy(), held["distance"].to_numpy(), held.loc[held["chosen"], "rank"].to_numpy())
        for name, held in pd.concat(tables).groupby("parameter", sort=False)
    }


def table(ranks: Mapping[str, Ranks]) -> str:
    """The study as text, a row for each parameter."""
    frame = pd.DataFrame.from_dict({name: held.row for name, held in ranks.items()}, orient="index")
    return frame.to_string(float_format=lambda x: f"{x:.3f}")
