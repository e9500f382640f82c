"""Customers whom campaigns win: whom each is like, whose luck it has, and when it arrives."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

from twin.firm.firm import Firm
from twin.firm.plan import Campaign
from twin.luck import WON, Purpose, fill_uniform

Ints = npt.NDArray[np.int64]
MOST_WON = 2**24
"""Agents that a campaign has for the customers that it wins."""


@dataclass(frozen=True)
class Won:
    """The customers that one campaign wins: the row of whom each is like, its agent, and its first day. (won,)"""

    donor: Ints
    agent: Ints
    arrival: Ints


def draw_won(firm: Firm, campaign: Campaign, count: int, adverse_selection: float, seed: int, replication: int) -> Won:
    """`count` customers like those that the campaign selects, late payers likelier as adverse_selection rises.

    donor = the selected customers by days late, at place floor(m u ** (1 / (1 + adverse_selection))).
    """
    if not 0 <= count < MOST_WON:
        raise ValueError(f"a campaign wins from 0 to {MOST_WON - 1:,} customers, not {count:,}")
    agents = WON + crc32(campaign.name.encode()) * MOST_WON + np.arange(count)
    u, v = np.empty(count), np.empty(count)
    fill_uniform(seed, replication, agents, int(Purpose.DONOR), 0, u)
    fill_uniform(seed, replication, agents, int(Purpose.ARRIVAL), 0, v)
    chosen = np.flatnonzero(campaign.who)
    ranked = chosen[np.argsort(firm.customers["days_late"].to_numpy(float)[chosen], kind="stable")]
    place = (ranked.size * u ** (1.0 / (1.0 + adverse_selection))).astype(np.int64)
    days = campaign.to_day - campaign.from_day
    return Won(
        donor=ranked[np.minimum(place, ranked.size - 1)],
        agent=agents,
        arrival=campaign.from_day + (v * days).astype(np.int64),
    )
