"""One cash account: receipts that clear on banking days, what is paid, interest on what is overdrawn."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from tests.oracle.days import TREASURY, Story, fixed_outflows

if TYPE_CHECKING:
    from tests.oracle.office import Office


class Treasury:
    """The desk, and what it holds and owes."""

    def __init__(self, office: Office) -> None:
        self.office, self.firm, self.drawn = office, office.firm, office.drawn
        self.cash = sum(self.firm.accounts["balance_cents"].tolist())
        self.in_transit = 0
        self.purchases = self.purchases_of_the_past()
        self.outflows = fixed_outflows(self.firm, office.days.date, self.share_of_outflows_that_is_fixed())
        self.unpaid_interest = 0

    @property
    def goods_share(self) -> float:
        return 1 - self.drawn["value.contribution_margin"]

    def purchases_of_the_past(self) -> Counter[int]:
        """Cents due to suppliers on each day for what was sold in the last days before the first."""
        days, sold = round(self.drawn["treasury.supplier_days"]), self.firm.past_revenue.tolist()
        return Counter({days - age: round(sold[-age] * self.goods_share) for age in range(1, days + 1)})

    def share_of_outflows_that_is_fixed(self) -> float:
        """What is left of the firm's monthly outflows after the purchases of an average month."""
        outflows = sum(self.firm.outflows["cents"].tolist())
        sales = 0.0
        for row in self.office.table:
            amount = math.exp(row["amount_mu"] + (row["amount_mu_sd"] ** 2 + row["amount_sigma"] ** 2) / 2)
            sales += row["alive"] * row["rate_shape"] / row["rate_days"] / (1 - row["again"]) * amount
        purchases = self.goods_share * sales * 365 / 12
        return max(0.0, 1.0 - purchases / outflows) if outflows else 1.0

    def desk(self) -> Story:
        """Bank what came in, pay what is due, owe interest on what is overdrawn."""
        day = 0
        while True:
            yield self.office.until(day, TREASURY)
            figures = self.office.daily[day]
            self.in_transit += figures["receipts"] + figures["recoveries"]
            self.purchases[day + round(self.drawn["treasury.supplier_days"])] += round(
                figures["goods"] * self.goods_share
            )
            if self.office.days.open[day]:
                self.bank(day)
            self.charge_interest(day)
            day += 1

    def bank(self, day: int) -> None:
        self.cash += self.in_transit
        self.in_transit = 0
        self.pay(sum(self.purchases.pop(d) for d in sorted(self.purchases) if d <= day), "purchases")
        self.pay(round(self.outflows[day] * self.office.policy.outflows), "outflows")

    def charge_interest(self, day: int) -> None:
        """Owed in cents x millionths of a year's rate x days; charged in whole cents at the end of the month."""
        self.unpaid_interest += max(-self.cash, 0) * round(self.drawn["treasury.overdraft_rate"] * 1_000_000)
        if self.office.days.month_end[day]:
            cents = (2 * self.unpaid_interest + 365_000_000) // 730_000_000
            self.unpaid_interest -= cents * 365_000_000
            self.pay(cents, "interest")

    def pay(self, cents: int, figure: str) -> None:
        self.cash -= cents
        self.office.daily[self.office.today][figure] += cents
