"""A customer's liquidity: moves between regimes, one at a time, until it fails; and what comes of its failure."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any
from zlib import crc32

from tests.oracle.clock import Clock
from tests.oracle.days import INSOLVENCIES, RECOVERIES, Story
from tests.oracle.luck import FIRM
from twin.behaviour.liquidity import DISTRESSED, FAILED, SOUND, STRAINED, Regimes, recovered_share, stress
from twin.luck import Purpose

if TYPE_CHECKING:
    from tests.oracle.customers import Customer

LIVING = ("sound", "strained", "distressed")


def regimes_of(drawn: dict[str, float]) -> Regimes:
    """The three living regimes; moves per day."""

    def three(name: str, first: float | None = None) -> Any:
        rest = [drawn[f"liquidity.{name}_{regime}"] for regime in LIVING[0 if first is None else 1 :]]
        return tuple(rest if first is None else [first, *rest])

    return Regimes(
        worsen=tuple(per_year / 365 for per_year in three("worsen")),
        improve=tuple(per_year / 365 for per_year in three("improve", 0.0)),
        pace=three("pace", 1.0),
        orders=three("orders", 1.0),
        disputes=three("disputes", 1.0),
        funds=three("funds", 1.0),
    )


class Liquidity:
    """The regime of one customer."""

    def __init__(self, customer: Customer, traits: dict[str, Any]) -> None:
        office, luck, agent = customer.office, customer.office.luck, customer.agent
        self.customer, self.office = customer, office
        u = luck.uniform(agent, Purpose.TRAIT_REGIME)
        self.regime = SOUND
        if u > 1 - traits["distressed"]:
            self.regime = DISTRESSED
        elif u > 1 - traits["distressed"] - traits["strained"]:
            self.regime = STRAINED
        spread = luck.normal(FIRM, Purpose.INDUSTRY, crc32(traits["industry"].encode()))
        self.load = office.drawn["liquidity.macro_loading"] * math.exp(
            office.drawn["liquidity.industry_spread"] * spread
        )
        self.worsening = Clock(partial(luck.wait, agent, Purpose.WORSEN_WAIT))
        self.improving = Clock(partial(luck.wait, agent, Purpose.IMPROVE_WAIT))
        self.failed_on: int | None = None
        self.linked_to: list[tuple[Customer, float]] = []

    @property
    def contagion(self) -> float:
        """What the failures before today of those who owe to it add to its own danger."""
        strength = self.office.drawn["liquidity.contagion"]
        return sum(strength * share for debtor, share in self.linked_to if debtor.liquidity.failed_before_today)

    @property
    def failed(self) -> bool:
        return self.failed_on is not None

    @property
    def failed_before_today(self) -> bool:
        return self.failed_on is not None and self.failed_on < self.office.today

    def factor(self, of: str) -> float:
        """Of pace, orders or disputes: that of the regime over its mean in the long run."""
        return self.office.relative[of][self.regime]

    @property
    def funds(self) -> float:
        return self.office.regimes.funds[self.regime]

    def change(self) -> None:
        """Let both clocks run for a day in the regime of its morning: worse comes before better."""
        regimes, macro = self.office.regimes, self.office.days.macro[self.office.today]
        worse = regimes.worsen[self.regime] * (1 + self.contagion) * float(stress(self.load, macro))
        better = regimes.improve[self.regime]
        gets_worse, gets_better = self.worsening.fires(worse), self.improving.fires(better)
        if gets_worse:
            self.move_to(self.regime + 1)
        if gets_better and not self.failed:
            self.move_to(self.regime - 1)

    def move_to(self, regime: int) -> None:
        self.regime = regime
        self.office.note("regime", self.customer, detail=regime)
        if regime == FAILED:
            self.failed_on = self.office.today
            self.office.env.process(insolvency(self.customer))


def insolvency(customer: Customer) -> Story:
    """What a failed customer owes is written off on that day, and a share of it recovered later."""
    office, luck, failed_on = customer.office, customer.office.luck, customer.office.today
    yield office.until(failed_on, INSOLVENCIES)
    claim = customer.owes
    for invoice in list(customer.open_invoices):
        invoice.write_off(because_failed=True)
    share = recovered_share(luck.uniform(customer.agent, Purpose.LOSS), office.drawn["liquidity.loss_given_default"])
    wait = luck.wait(customer.agent, Purpose.RECOVERY_WAIT) * office.drawn["liquidity.recovery_days"]
    yield office.until(failed_on + max(1, math.ceil(wait)), RECOVERIES)
    if cents := round(claim * share):
        office.note("recovery", customer, cents=cents)
