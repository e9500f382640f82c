"""The policy in force: today's settings with the plan's changes laid over them; campaigns that begin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.oracle.days import WORLD, Story
from twin.behaviour.belief import Belief
from twin.firm.plan import Change
from twin.firm.settings import CUSTOMER_SETTINGS, FIRM_SETTINGS, SETTINGS

if TYPE_CHECKING:
    from tests.oracle.customers import Customer
    from tests.oracle.office import Office

OF_EACH_CUSTOMER = ("terms_days", "credit_limit")
WHOLE = ("days", "money", "count")


class PolicyDesk:
    """Changes what the plan changes, in the first hour of the day."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def desk(self) -> Story:
        plan, office = self.office.plan, self.office
        for day in range(office.days.count):
            yield office.until(day, WORLD)
            if day == 0 or any(day in (part.from_day, part.to_day) for part in (*plan.changes, *plan.campaigns)):
                self.put_in_force()
            for campaign in plan.campaigns:
                if campaign.from_day == day:
                    office.treasury.pay(campaign.cost, "campaign_cost")

    def put_in_force(self) -> None:
        office, usual = self.office, self.office.firm.policy
        for customer in office.customers:
            for name in CUSTOMER_SETTINGS:
                start = office.table[customer.donor][name] if name in OF_EACH_CUSTOMER else getattr(usual, name)
                customer.settings[name] = self.in_force(name, start, customer)
        office.policy = replace(usual, **{name: self.in_force(name, getattr(usual, name)) for name in FIRM_SETTINGS})
        office.collections.staff()

    def in_force(self, name: str, value: Any, customer: Customer | None = None) -> Any:
        """A setting after the changes that hold today, in their order."""
        changes = [change for change in self.office.plan.changes if change.setting == name]
        for ordinal, change in enumerate(changes):
            holds = change.from_day <= self.office.today and not (
                change.to_day is not None and change.to_day <= self.office.today
            )
            if holds and (customer is None or change.who[customer.donor]):
                value = self.moved(value, change, ordinal)
        return round(value) if SETTINGS[name].kind in WHOLE else value

    def moved(self, value: Any, change: Change, ordinal: int) -> Any:
        """Laid over by one change, and cut to the setting's range."""
        if not isinstance(change.amount, Belief):
            return change.amount
        by = self.office.draw(f"change.{change.setting}.{ordinal}", change.amount)
        new = {"set": by, "scale": value * by, "add": value + by}[change.how]
        return min(max(new, SETTINGS[change.setting].low), SETTINGS[change.setting].high)
