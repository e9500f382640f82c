"""Liquidity from the books: in what regime each customer is, how regimes come and go, and what they do.

    maximise  sum over customers of log likelihood(signs; exp(m + s z))  -  z . z / 2        z standardised logs

m and s are the centre and spread of the card's log-normal priors. Information is that of the customers' scores (outer
products), the prior's is 1, so that a parameter's posterior spread is s times the root of the inverse's diagonal. What
tells at least as much of it as the prior does is measured; every other parameter keeps its prior, and is held at its
centre while those are fitted. What the recipe states is not fitted.

The exposure to contagion is the share of a creditor's receivables that customers who have probably failed owed it, from
the week after their last sign of life.

Source: Berndt, Hall, Hall & Hausman (1974), Annals of Economic and Social Measurement 3(4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.liquidity import DISTRESSED, STRAINED, Regimes
from twin.behaviour.payment import Floats
from twin.fit.liquidity_filter import FAILED, LEFT, Chain, filtered, with_old_regimes
from twin.fit.liquidity_signs import Signs, Weeks

YEAR = 365
CANDIDATES = (
    *("worsen_sound", "worsen_strained", "worsen_distressed", "improve_strained", "improve_distressed"),
    *("pace_strained", "pace_distressed", "orders_strained", "orders_distressed", "contagion"),
)
"""Parameters of the card that the signs may tell of."""

MOST_CUSTOMERS = 1_000
"""Customers, evenly chosen, from whom the parameters are learnt; all are filtered."""

ROUNDS, STEP = 6, 1e-3
CLOSE = 0.1
"""Standardised step below which the search ends."""

INFORMED = 0.5
"""Most that the posterior variance of the log may be of the prior's for a parameter to count as measured."""

PROBABLE = 0.5
"""Probability from which on a customer is counted as failed."""


@dataclass(frozen=True)
class LiquidityFit:
    """What was found.

    strained, distressed, failed: (n,) probability that a customer is so on the as-of date.
    measured:   posterior of each parameter of the liquidity card that the books identify, by its name.
    source:     what that rests on, in words.
    unmeasured: sentences on what they do not identify, and on what stands in for it.
    """

    strained: Floats
    distressed: Floats
    failed: Floats
    measured: dict[str, Belief]
    source: str
    unmeasured: tuple[str, ...]


def fit_liquidity(signs: Signs, links: pd.DataFrame, given: Mapping[str, Belief]) -> LiquidityFit:
    """Regimes of all customers, and the parameters of their chain.

    links: creditor, debtor (rows), share; given: the beliefs of the cards, by 'card.parameter'.
    """
    held = {name: given[f"liquidity.{name}"] for name in CANDIDATES}
    leave = given["demand.churn_rate"].centre
    hit = _hits(signs, links, filtered(signs, np.zeros_like(signs.paid), _centre(held, leave))[1][:, FAILED])
    some = _some(signs)
    measured = _Search(signs.of(some), hit[some], held, leave).measured()
    chain = _centre(held | measured, leave)
    state = with_old_regimes(filtered(signs, hit, chain)[1], signs, chain)
    strained, distressed = (state[:, k] + state[:, LEFT + k] for k in (STRAINED, DISTRESSED))
    source = f"measured from {_extent(signs, some)}; {state[:, FAILED].sum():.1f} customers failed in expectation"
    sentences = tuple(_unmeasured([n for n in CANDIDATES if n not in measured], state[:, FAILED], source, hit[:, -1:]))
    return LiquidityFit(strained, distressed, state[:, FAILED], measured, source, sentences)


def _centre(held: Mapping[str, Belief], leave: float) -> Chain:
    """The chain at the centres of the beliefs."""
    return chain_of({name: belief.centre for name, belief in held.items()}, leave)


def chain_of(values: Mapping[str, float], leave: float) -> Chain:
    """The chain at values of CANDIDATES; moves and leaving are events a year."""
    worsen = [values[f"worsen_{name}"] / YEAR for name in ("sound", "strained", "distressed")]
    improve = [values[f"improve_{name}"] / YEAR for name in ("strained", "distressed")]
    pace = (1.0, values["pace_strained"], values["pace_distressed"])
    orders = (1.0, values["orders_strained"], values["orders_distressed"])
    ones = (1.0, 1.0, 1.0)
    regimes = Regimes((worsen[0], worsen[1], worsen[2]), (0.0, improve[0], improve[1]), pace, orders, ones, ones)
    return Chain.of(regimes, leave / YEAR, values["contagion"])


@dataclass(frozen=True)
class _Search:
    """The search for the most likely parameters."""

    signs: Signs
    hit: Weeks
    held: Mapping[str, Belief]
    leave: float

    def measured(self) -> dict[str, Belief]:
        """Posterior of each parameter of which the signs tell at least as much as its prior."""
        free = [name for name, belief in self.held.items() if belief.shape == "lognormal"]
        spread = dict(zip(free, self.best(free)[1], strict=True))
        known = [name for name in free if spread[name] ** 2 <= INFORMED]
        at = zip(known, self.best(known)[0], strict=True)
        return {
            name: replace(self.held[name], a=self.value(name, float(z)), b=float(self.held[name].b * spread[name]))
            for name, z in at
        }

    def value(self, name: str, z: float) -> float:
        """The parameter at a standardised log."""
        belief = self.held[name]
        return float(np.clip(belief.a * np.exp(belief.b * z), belief.low, belief.high))

    def likelihoods(self, names: Sequence[str], z: Floats) -> Floats:
        """Log likelihood of each customer's signs with these parameters at z and the others at their centres."""
        values = {name: belief.centre for name, belief in self.held.items()}
        values |= {name: self.value(name, float(at)) for name, at in zip(names, z, strict=True)}
        return filtered(self.signs, self.hit, chain_of(values, self.leave))[0]

    def best(self, names: Sequence[str]) -> tuple[Floats, Floats]:
        """Where the posterior is highest, and the standardised spread of each parameter there. (names,) each"""
        if not names or not self.signs.start.size:
            return np.zeros(len(names)), np.ones(len(names))
        z, unit = np.zeros(len(names)), np.eye(len(names))
        likelihood = self.likelihoods(names, z)
        for _ in range(ROUNDS):
            score = np.array([(self.likelihoods(names, z + STEP * e) - likelihood) / STEP for e in unit])
            information = score @ score.T + unit
            step = np.linalg.solve(information, score.sum(1) - z)
            z, likelihood, moved = self._climb(names, z, likelihood, step)
            if moved < CLOSE:
                break
        return z, np.sqrt(np.diag(np.linalg.inv(information)))

    def _climb(self, names: Sequence[str], z: Floats, likelihood: Floats, step: Floats) -> tuple[Floats, Floats, float]:
        """The first of ever shorter steps that rises; no step where none does."""
        now = likelihood.sum() - z @ z / 2
        for share in (1.0, 0.5, 0.25, 0.1, 0.03):
            at = z + share * step
            new = self.likelihoods(names, at)
            if new.sum() - at @ at / 2 > now:
                return at, new, float(np.abs(share * step).max(initial=0.0))
        return z, likelihood, 0.0


def _hits(signs: Signs, links: pd.DataFrame, failed: Floats) -> Weeks:
    """Share of what each customer is owed that is owed by those who have failed, by weeks. (c, weeks)"""
    hit = np.zeros(signs.paid.shape, np.float32)
    creditor, debtor = (links[name].to_numpy(np.int64) for name in ("creditor", "debtor"))
    after = signs.last_sign[debtor] + 1
    inside = after < signs.weeks
    np.add.at(hit, (creditor[inside], after[inside]), (links["share"].to_numpy(float) * failed[debtor])[inside])
    return np.cumsum(hit, axis=1, dtype=np.float32)


def _some(signs: Signs) -> npt.NDArray[np.int64]:
    """Customers to learn from: evenly chosen among those who ordered or paid in more than one week."""
    told = np.flatnonzero(signs.last_sign > signs.start)
    return told[:: -(-told.size // MOST_CUSTOMERS) or 1]


def _extent(signs: Signs, some: npt.NDArray[np.int64]) -> str:
    """How much the parameters were learnt from."""
    years = (signs.weeks - signs.start[some]).sum() * 7 / YEAR
    return f"the weeks of {some.size:,} customers, {years:,.0f} customer years"


def _unmeasured(kept: Sequence[str], failed: Floats, extent: str, hit: Weeks) -> Iterator[str]:
    """What of liquidity stays assumed, and why."""
    probable = int((failed >= PROBABLE).sum())
    may = f"{failed.sum():.1f} customers are expected to have failed, {probable:,} of them probably"
    yield f"failures are not in the books: by what was paid and ordered, {may}; they start in distress"
    if kept:
        yield f"liquidity is {extent}; they tell less than the prior of {', '.join(kept)}, which is kept"
    if "contagion" in kept:
        yield f"contagion: failures so far hit what {hit.sum():.1f} customers are owed; its prior is kept"
    yield "macro factor, loss and recovery after a failure: not in the books; their priors are kept"
