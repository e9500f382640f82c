"""Liquidity from the books: in what regime each customer is on the as-of date.

The chain of the regimes is that of the card's centres. What regimes do to paying and ordering is not learnt from the
books: signs of hundreds of customers would fix it to a few per cent, but what else makes weeks scatter (seasons,
campaigns, baskets, a slow month) passes for it, and the chain that fits best is then not that of liquidity. On
synthetic firms whose chain is known such posteriors held the truth in one case of nine.

The exposure to contagion is the share of a creditor's receivables that customers who have probably failed owed it, from
the week after their last sign of life.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.liquidity import DISTRESSED, STRAINED, Regimes
from twin.behaviour.payment import Floats
from twin.fit.liquidity_filter import FAILED, LEFT, Chain, filtered, with_old_regimes
from twin.fit.liquidity_signs import Signs, Weeks

YEAR = 365
CHAIN = (
    *("worsen_sound", "worsen_strained", "worsen_distressed", "improve_strained", "improve_distressed"),
    *("pace_strained", "pace_distressed", "orders_strained", "orders_distressed", "contagion"),
)
"""Parameters of the card that make the chain."""


@dataclass(frozen=True)
class LiquidityFit:
    """What was found.

    strained, distressed, failed: (n,) probability that a customer is so on the as-of date.
    unmeasured: sentences on what the books do not tell, and on what stands in for it.
    """

    strained: Floats
    distressed: Floats
    failed: Floats
    unmeasured: tuple[str, ...]


def fit_liquidity(signs: Signs, links: pd.DataFrame, given: Mapping[str, Belief]) -> LiquidityFit:
    """Regimes of all customers.

    links: creditor, debtor (rows), share; given: the beliefs of the cards, by 'card.parameter'.
    """
    values = {name: given[f"liquidity.{name}"].centre for name in CHAIN}
    chain = chain_of(values, given["demand.churn_rate"].centre)
    hit = _hits(signs, links, filtered(signs, np.zeros_like(signs.paid), chain)[1][:, FAILED])
    state = with_old_regimes(filtered(signs, hit, chain)[1], signs, chain)
    strained, distressed = (state[:, k] + state[:, LEFT + k] for k in (STRAINED, DISTRESSED))
    return LiquidityFit(strained, distressed, state[:, FAILED], tuple(_unmeasured(state[:, FAILED], hit[:, -1:])))


def chain_of(values: Mapping[str, float], leave: float) -> Chain:
    """The chain at values of CHAIN; moves and leaving are events a year."""
    worsen = [values[f"worsen_{name}"] / YEAR for name in ("sound", "strained", "distressed")]
    improve = [values[f"improve_{name}"] / YEAR for name in ("strained", "distressed")]
    pace = (1.0, values["pace_strained"], values["pace_distressed"])
    orders = (1.0, values["orders_strained"], values["orders_distressed"])
    ones = (1.0, 1.0, 1.0)
    regimes = Regimes((worsen[0], worsen[1], worsen[2]), (0.0, improve[0], improve[1]), pace, orders, ones, ones)
    return Chain.of(regimes, leave / YEAR, values["contagion"])


def _hits(signs: Signs, links: pd.DataFrame, failed: Floats) -> Weeks:
    """Share of what each customer is owed that is owed by those who have failed, by weeks. (c, weeks)"""
    hit = np.zeros(signs.paid.shape, np.float32)
    creditor, debtor = (links[name].to_numpy(np.int64) for name in ("creditor", "debtor"))
    after = signs.last_sign[debtor] + 1
    inside = after < signs.weeks
    np.add.at(hit, (creditor[inside], after[inside]), (links["share"].to_numpy(float) * failed[debtor])[inside])
    return np.cumsum(hit, axis=1, dtype=np.float32)


def _unmeasured(failed: Floats, hit: Weeks) -> Iterator[str]:
    """What of liquidity stays assumed, and why."""
    yield (
        f"who has failed is not in the books: by what was paid and ordered, {failed.sum():.1f} customers are expected "
        "to have failed; they start in distress"
    )
    yield (
        "how often customers get into difficulties, and what that does to paying and ordering: assumed by the "
        "liquidity card; the books tell in which regime each customer is"
    )
    yield f"contagion: failures so far hit what {hit.sum():.1f} customers are owed; its prior is kept"
    yield "macro factor, loss and recovery after a failure: not in the books; their priors are kept"
