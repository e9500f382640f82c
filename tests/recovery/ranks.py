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
    def bias(self) -> float:
        """Mean of what is estimated less what is true, in standard deviations of the posterior."""
        return float(-self.distance.mean())


def placed(parameters: Mapping[str, Parameter], truth: tuple[Firm, Nature], fitted: Firm, seed: int) -> pd.DataFrame:
    """Of every true value of one firm: columns parameter, rank, distance, error, chosen.

    error: the mean of the draws less the truth, in the parameter's own unit. Where all draws are the same there is no
    posterior, and rank and distance are missing.
    """
    rng = np.random.default_rng(seed)
    natures = [draw_nature(fitted, days=1, seed=seed, replication=r) for r in range(DRAWS)]
    return pd.concat(
        [
            _placed(np.atleast_1d(value(*truth)), np.array([np.atleast_1d(value(fitted, n)) for n in natures]), rng)
            .assign(parameter=name)
            for name, value in parameters.items()
        ]
    )  # fmt: skip


def _placed(true: Floats, draws: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Of true values (k,) among draws (DRAWS, k); ties are broken by chance."""
    sd, error = draws.std(0), draws.mean(0) - true
    known = sd > 1e-12 * np.maximum(abs(true), 1e-300)
    rank = (draws < true).sum(0) + rng.integers(0, (draws == true).sum(0) + 1)
    distance = np.divide(-error, sd, out=np.full(true.size, np.nan), where=known)
    chosen = np.arange(true.size) == rng.integers(true.size)
    return pd.DataFrame({"rank": np.where(known, rank, np.nan), "distance": distance, "error": error, "chosen": chosen})


def ranks(tables: pd.DataFrame, parameter: str) -> Ranks:
    """The ranks of a parameter over all firms."""
    held = tables[tables["parameter"] == parameter]
    return Ranks(held["rank"].to_numpy(), held["distance"].to_numpy(), held.loc[held["chosen"], "rank"].to_numpy())


def table(tables: pd.DataFrame) -> str:
    """The study as text, a row for each parameter; those without a posterior have their error alone."""
    rows = {}
    for name, held in tables.groupby("parameter", sort=False):
        error = {"mean error": held["error"].mean(), "root mean square": (held["error"] ** 2).mean() ** 0.5}
        found = ranks(tables, str(name))
        if not np.isnan(found.rank).any():
            error |= {"coverage": found.coverage, "p of flat ranks": found.flatness, "bias, sd": found.bias}
        rows[name] = error
    return pd.DataFrame.from_dict(rows, orient="index").to_string(float_format=lambda x: f"{x:.3f}", na_rep="-")
