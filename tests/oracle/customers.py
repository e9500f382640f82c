"""A customer's story: how it fares, what it orders, when it pays, whether it leaves."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any
from zlib import crc32

from scipy.special import gammaincinv

from tests.oracle.clock import Clock
from tests.oracle.credit import CreditDesk
from tests.oracle.days import LIQUIDITY, ORDERS, RUNS, Story
from tests.oracle.liquidity import Liquidity
from tests.oracle.luck import WON, exponential
from twin.firm.plan import Campaign
from twin.luck import Purpose

if TYPE_CHECKING:
    from tests.oracle.invoices import Invoice
    from tests.oracle.office import Office


class Customer:
    """One of the firm's own customers, or one whom a campaign wins, who is like a donor of theirs.

    row: its number in the journal; agent: whose luck it has; donor: row of the customer table that tells of it.
    """

    def __init__(self, office: Office, row: int, agent: int, donor: int, arrival: int = 0) -> None:
        firm, luck, traits = office.firm, office.luck, office.table[donor]
        self.office, self.row, self.agent, self.donor, self.arrival = office, row, agent, donor, arrival
        self.rate = float(gammaincinv(traits["rate_shape"], luck.uniform(agent, Purpose.TRAIT_RATE)))
        self.rate /= traits["rate_days"]
        self.again = traits["again"]
        self.had_left = agent < WON and luck.uniform(agent, Purpose.TRAIT_ALIVE) >= traits["alive"]
        self.restless = float(gammaincinv(traits["churn_shape"], luck.uniform(agent, Purpose.TRAIT_CHURN)))
        self.restless *= traits["churn"] / traits["churn_shape"]
        self.mu = traits["amount_mu"] + traits["amount_mu_sd"] * luck.normal(agent, Purpose.TRAIT_AMOUNT)
        self.sigma = traits["amount_sigma"]
        self.funds_z = luck.normal(agent, Purpose.TRAIT_FUNDS)
        self.season = office.days.season[firm.seasons.segments.index(traits["segment"])]
        self.frailty = [
            float(gammaincinv(shape, luck.uniform(agent, Purpose.TRAIT_PHASE, phase))) / shape
            for phase, shape in enumerate(firm.habits.phase_shape[donor].tolist())
        ]
        self.settlement = office.rate_tables[firm.habits.table[donor]]
        self.run_rate = float(firm.habits.run[donor])
        self.channel = int(firm.habits.channel[donor])
        self.not_known_of_shift = round(float(firm.habits.shift_sd[donor]) * luck.normal(agent, Purpose.TRAIT_SHIFT))
        self.delayed_share = float(firm.habits.dispute_share[donor])
        self.day_factor = office.days.run_factor[firm.habits.calendar[donor]]
        self.base_terms = traits["terms_days"]
        self.settings: dict[str, Any] = {}
        self.liquidity = Liquidity(self, traits)
        self.credit = CreditDesk(self)
        self.open_invoices: dict[Invoice, None] = {}
        self.owes, self.annoyance, self.has_left = 0, 0.0, False
        self.run = office.env.event()
        self.ordering = Clock(self.wait_for_order)
        self.running = Clock(partial(luck.wait, agent, Purpose.RUN_WAIT))
        self.leaving = Clock(partial(luck.wait, agent, Purpose.CHURN_WAIT))

    def wait_for_order(self, number: int) -> float:
        """Clock of an order: the first has one of its own, each other follows the one before it, at once or later."""
        luck = self.office.luck
        if number == 0:
            return luck.wait(self.agent, Purpose.FIRST_WAIT, 0)
        u = luck.uniform(self.agent, Purpose.ORDER_WAIT, number - 1)
        return 0.0 if u < self.again else exponential((u - self.again) / (1 - self.again))

    def live(self) -> Story:
        """Day after day, from its arrival on."""
        office, day = self.office, self.arrival
        while True:
            yield office.until(day, LIQUIDITY)
            if not self.liquidity.failed:
                self.liquidity.change()
                self.think_of_leaving()
            yield office.until(day, ORDERS)
            self.credit.look_again()
            self.order()
            yield office.until(day, RUNS)
            if self.makes_a_run():
                self.call_invoices_up()
            day += 1

    def shift(self, channel: int) -> int:
        """Days from due to the day that it takes as due, of an invoice sent so."""
        return int(self.office.firm.habits.shift[self.donor, channel]) + self.not_known_of_shift

    def think_of_leaving(self) -> None:
        if self.is_gone or self.liquidity.failed:
            return
        calm = self.office.drawn["demand.churn_rate"] / 365 * self.restless
        if self.leaving.fires(calm * (1 + self.annoyance)):
            self.has_left = True
            self.office.note("left", self)

    @property
    def is_gone(self) -> bool:
        """Whether it has left, by the as-of date or since."""
        return self.had_left or self.has_left

    def order(self) -> None:
        """Ask the credit desk for as many orders as fall on today."""
        for number in self.ordering.times(self.rate * self.season[self.office.today] * self.factor * self.mood):
            self.office.daily[self.office.today]["orders"] += 1
            self.credit.decide(number, self.amount(number))

    @property
    def factor(self) -> float:
        """What terms, prices, lead time and campaigns make of its order rate."""
        drawn, office = self.office.drawn, self.office
        longer = self.settings["terms_days"] - self.base_terms
        slower = office.policy.lead_days - office.firm.policy.lead_days
        factor = math.exp(drawn["demand.terms_elasticity"] * longer / 30)
        factor *= self.settings["price"] ** -drawn["demand.price_elasticity"]
        factor *= math.exp(-drawn["demand.lead_elasticity"] * slower / 7)
        for campaign in self.campaigns():
            factor *= office.draw(f"campaign.{campaign.name}.order_rate", campaign.order_rate)
        return factor

    @property
    def mood(self) -> float:
        return 0.0 if self.is_gone or self.liquidity.failed else self.liquidity.factor("orders")

    def amount(self, number: int) -> int:
        z = self.office.luck.normal(self.agent, Purpose.ORDER_AMOUNT, number)
        cents = math.exp(self.mu + self.sigma * z) * self.settings["price"]
        for campaign in self.campaigns():
            cents *= self.office.draw(f"campaign.{campaign.name}.amount", campaign.amount)
        return max(1, round(cents))

    def campaigns(self) -> list[Campaign]:
        """Those that speak to it today; none speaks to whom it has won."""
        today = self.office.today
        mine = [c for c in self.office.plan.campaigns if self.row == self.donor and c.who[self.donor]]
        return [c for c in mine if c.from_day <= today < c.to_day]

    @property
    def pays_one_by_one(self) -> bool:
        return math.isinf(self.run_rate)

    @property
    def run_factor(self) -> float:
        """f(t) of today."""
        return self.day_factor[self.office.today] * self.liquidity.factor("pace")

    def makes_a_run(self) -> bool:
        """Whether today is one; to whom pays invoice by invoice every day is."""
        if self.liquidity.failed:
            return False
        return self.pays_one_by_one or self.running.fires(self.run_rate * self.run_factor)

    def call_invoices_up(self) -> None:
        called, self.run = self.run, self.office.env.event()
        called.succeed()


def won_customers(office: Office, campaign: Campaign, first_row: int) -> list[Customer]:
    """Those whom a campaign wins, each like one of the customers that it selects."""
    late = [row["days_late"] for row in office.table]
    donors = sorted((i for i, chosen in enumerate(campaign.who) if chosen), key=lambda i: (late[i], i))
    if not donors:
        return []
    wanted = max(0, round(office.draw(f"campaign.{campaign.name}.acquire", campaign.acquire)))
    out = []
    for k in range(wanted):
        agent = WON + crc32(campaign.name.encode()) * 2**24 + k
        u = office.luck.uniform(agent, Purpose.DONOR) ** (1 / (1 + office.drawn["demand.adverse_selection"]))
        days = campaign.to_day - campaign.from_day
        arrival = campaign.from_day + math.floor(office.luck.uniform(agent, Purpose.ARRIVAL) * days)
        donor = donors[min(math.floor(len(donors) * u), len(donors) - 1)]
        out.append(Customer(office, first_row + k, agent, donor, arrival))
    return out
