"""A firm: the calibrated twin, a value that is written to and read from a directory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.belief import Belief
from twin.behaviour.payment import PaymentHabits
from twin.behaviour.receipts import still_disputed
from twin.calendar import Calendar
from twin.firm.cards import Card, beliefs
from twin.firm.links import no_links
from twin.firm.plan import Policy


@dataclass(frozen=True)
class Seasons:
    """How the order intensity moves with the calendar, by segment; each row averages 1.

    month: (segments, 12); kind: (segments, 8) by calendar.KINDS; segments: their names in row order.
    years: of record that the months are measured on; 0 where they are certain, or all 1.
    """

    segments: tuple[str, ...]
    month: npt.NDArray[np.float64]
    kind: npt.NDArray[np.float64]
    years: float = 0.0


class OpenDues(NamedTuple):
    """Of each open item the day that its customer takes as due, from day 0, and the probability that it is delayed.

    The days are without what is not known of the customer's shift and without the delay. (items,) each
    """

    day: npt.NDArray[np.int32]
    delayed: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Firm:
    """A firm on its as-of date, the last known day. Day 0 of a simulation is the day after.

    customers:  one row per customer, in the order of every (n,) array; columns in twin/firm/traits.py.
    habits:     payment behaviour, rows in the order of `customers`.
    open_items: invoice_id, customer (row), issued_day, due_day (from day 0, so below 0 if past), open_cents;
                it may have channel, how the invoice was sent, as an index into CHANNELS: else as the customer's last.
    accounts:   account_id, currency, balance_cents on the as-of date.
    outflows:   name, day_of_month, cents: fixed payments of every month.
    cards:      the model cards by name, with what calibration measured filled in.
    past_revenue: (90,) cents invoiced on each of the last 90 days, for measures that look back.
    assumptions: sentences, each a thing that the books do not say and what stands in for it.
    sources:    name and sha256 of every file that the books were read from.
    certificate: what the backtest found; empty before one was made.
    links:      creditor (row), debtor (row), share of what the creditor is owed that the debtor owes; by rows.
    archetypes: archetype, share of the customers, p10, p50, p90 in days from due, turn_share: part of what is settled
                that is settled at the turn of the month; empty where the payment habits were not learnt from books.
    members:    probability that each customer (row) is of each archetype, a column each.
    """

    name: str
    as_of: date
    currency: str
    calendar: Calendar
    customers: pd.DataFrame
    habits: PaymentHabits
    seasons: Seasons
    open_items: pd.DataFrame
    accounts: pd.DataFrame
    outflows: pd.DataFrame
    policy: Policy
    cards: dict[str, Card]
    past_revenue: npt.NDArray[np.int64]
    assumptions: tuple[str, ...]
    sources: tuple[dict[str, Any], ...]
    certificate: dict[str, Any]
    links: pd.DataFrame = field(default_factory=no_links)
    archetypes: pd.DataFrame = field(default_factory=pd.DataFrame)
    members: pd.DataFrame = field(default_factory=pd.DataFrame)

    @cached_property
    def daily_revenue(self) -> float:
        """Expected revenue of a day, in cents: over all customers, those still there x order rate x mean amount."""
        t = self.customers
        mean = np.exp(t["amount_mu"] + (t["amount_mu_sd"] ** 2 + t["amount_sigma"] ** 2) / 2)
        orders = t["alive"] * t["rate_shape"] / t["rate_days"] / (1 - t["again"])
        return float((orders * mean).sum())

    @cached_property
    def open_dues(self) -> OpenDues:
        """What the customers of the open items are likely to take as due."""
        items, habits = self.open_items, self.habits
        customer, due = (items[name].to_numpy(np.int32) for name in ("customer", "due_day"))
        channel = items["channel"].to_numpy(np.int8) if "channel" in items else habits.channel[customer].astype(np.int8)
        day, delayed = habits.habit_due(customer, due, channel), habits.disputes(customer)
        if delayed.any():
            issued, tomorrow = items["issued_day"].to_numpy(np.int32), self.as_of + timedelta(days=1)
            delayed = still_disputed(habits, customer, issued, day, -1, self.calendar, tomorrow)
        return OpenDues(day, delayed)

    @cached_property
    def beliefs(self) -> dict[str, Belief]:
        """Parameters of the model cards by 'card.parameter', as measured or assumed; money in cents."""
        return beliefs(self.cards, self.currency)
