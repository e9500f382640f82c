"""The collections desk: a worklist, collectors with so many minutes a day, contacts whose effect fades."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.oracle.days import COLLECTIONS, Story
from tests.oracle.invoices import Invoice
from tests.oracle.luck import AGAIN
from twin.behaviour.payment import LAST_DAY
from twin.firm.plan import Step
from twin.luck import Purpose

if TYPE_CHECKING:
    from tests.oracle.office import Office


class Collections:
    """The desk, and what its contacts do to an invoice."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.carried: list[float] = []
        self.ever_carried = False
        self.usual_effect = [self.usual(days_late) for days_late in range(LAST_DAY + 1)]

    def desk(self) -> Story:
        """Put up the worklist of every day, and work it on banking days."""
        day = 0
        while True:
            yield self.office.until(day, COLLECTIONS)
            worklist = sorted((v for v in self.office.open_invoices() if self.wants_contact(v)), key=self.rank)
            made = self.work(worklist) if self.office.days.open[day] else 0
            self.office.daily[day]["backlog"] = len(worklist) - made
            day += 1

    def wants_contact(self, v: Invoice) -> bool:
        """Whether its next step has come, and the one before was made on an earlier day."""
        ladder, today = self.office.policy.ladder, self.office.today
        if v.disputed or v.customer.liquidity.failed or self.too_old(v) or v.step >= len(ladder):
            return False
        return today >= max(v.due + ladder[v.step].day, v.in_play) and v.contacted_on < today

    def too_old(self, v: Invoice) -> bool:
        return self.office.today >= max(v.due + self.office.policy.write_off_days, v.in_play)

    def rank(self, v: Invoice) -> tuple[int, int, int]:
        first = -v.cents if self.office.policy.worklist == "largest" else v.due
        return first, v.customer.row, v.number

    def staff(self) -> None:
        """As many collectors as the policy wants: the first ones keep what they are behind, new ones start at 0."""
        wanted = self.office.policy.collectors
        self.carried = [*self.carried, *[0.0] * wanted][:wanted]

    def work(self, worklist: list[Invoice]) -> int:
        """Let the collector who has worked least make the next contact, as long as he has time; how many were made."""
        office, minutes = self.office, self.office.policy.collector_minutes
        used, made = list(self.carried), 0
        cost = len(used) * round(office.drawn["collections.collector_cost_per_day"])
        for invoice in worklist:
            if min(used, default=minutes) >= minutes:
                break
            contact = office.policy.ladder[invoice.step].contact
            used[used.index(min(used))] += self.time_taken(invoice, contact)
            cost += round(office.drawn[f"collections.{contact}_cost"])
            self.contact(invoice, contact)
            made += 1
        self.carried = [max(0.0, u - minutes) for u in used]
        self.ever_carried |= any(self.carried)
        office.treasury.pay(cost, "collection_cost")
        return made

    def time_taken(self, v: Invoice, contact: str) -> float:
        spread = self.office.drawn["collections.work_spread"]
        e = self.office.luck.wait(v.customer.agent, Purpose.CONTACT_TIME, v.key + v.step * AGAIN)
        return self.office.drawn[f"collections.{contact}_minutes"] * (1 - spread + spread * e)

    def contact(self, v: Invoice, contact: str) -> None:
        """Its effect and the annoyance at it count from tomorrow."""
        office = self.office
        v.note("contact", v.cents, v.step)
        v.effect = self.fading(v.effect, office.today - v.contacted_on) * self.effect_of(contact)
        v.contacted_on = office.today
        v.step += 1
        v.customer.annoyance += office.drawn[f"collections.{contact}_goodwill"]

    def fading(self, effect: float, days_since: int) -> float:
        return 1 + (effect - 1) * 2 ** (-days_since / self.office.drawn["collections.half_life_days"])

    def effect_of(self, contact: str) -> float:
        return self.office.drawn[f"collections.{contact}_effect"]

    def usual(self, days_late: int) -> float:
        """Of the ladder of the as-of date, worked on time."""
        effect, last = after_steps(self, self.office.firm.policy.ladder, days_late)
        return self.fading(effect, days_late - last)

    def catch_up(self, v: Invoice) -> None:
        """Steps whose day has passed on the as-of date count as made."""
        ladder = self.office.firm.policy.ladder
        v.step = sum(v.due + step.day < 0 for step in ladder)
        v.effect, last = after_steps(self, ladder, -v.due)
        v.contacted_on = v.due + last if v.step else -1


def after_steps(desk: Collections, ladder: tuple[Step, ...], days_late: int) -> tuple[float, int]:
    """Effect right after the last of the steps made before so many days past due, and its day past due."""
    effect, last = 1.0, 0
    for step in ladder:
        if step.day < days_late:
            effect, last = desk.fading(effect, step.day - last) * desk.effect_of(step.contact), step.day
    return effect, last
