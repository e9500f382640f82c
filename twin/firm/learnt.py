"""What is learnt from a firm's record, each part resting on those before it, and the cards with what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from twin.behaviour.belief import Belief
from twin.firm.cards import Card, beliefs
from twin.firm.leaving import failures_told, left_behind, mean_annoyance, often_lost
from twin.firm.measured import filled, measured_demand, not_measured
from twin.firm.moves import moves_of
from twin.firm.record import Record
from twin.firm.responses import Responses, campaign_responses, contact_responses, joined
from twin.firm.responses_offers import discount_responses, terms_responses, took_discount
from twin.fit.demand import Beforehand, DemandFit, fit_demand
from twin.fit.demand_moves import NONE, Moves
from twin.fit.liquidity import LiquidityFit, fit_liquidity
from twin.fit.liquidity_signs import Orders, read_signs
from twin.fit.payment import PaymentFit, fit_payment


@dataclass(frozen=True)
class Learnt:
    """cards: with what was measured; sentences: what the books do not tell, and what stands in for it."""

    cards: dict[str, Card]
    demand: DemandFit
    payment: PaymentFit
    liquidity: LiquidityFit
    sentences: tuple[str, ...]


def learn(record: Record, cards: dict[str, Card]) -> Learnt:
    """All that the record tells; what the recipe states stands before it."""
    known, first, today = record.known, record.history_from, record.today
    currency, stated = known.currency, known.recipe.assume
    given = beliefs(cards, currency)
    annoyance = mean_annoyance(known, len(record.customers), first, given)
    churn = often_lost(annoyance, given)
    demand = _demand(record, churn)
    by_habit = known.invoices[~took_discount(known)] if record.policy.discount else known.invoices
    payment = fit_payment(by_habit, record.customers, today, record.calendar)
    responses = _responses(record, demand, payment, given)
    cards = filled(cards, responses.measured, stated)
    moves = moves_of(record, beliefs(cards, currency))
    demand = _demand(record, churn, moves) if moves.row.size else demand
    lost = left_behind(known, record.ids, record.policy.write_off_days, demand.traits["alive"].to_numpy(float))
    cards = filled(cards, measured_demand(demand, lost, first, today, annoyance, given), stated)
    liquidity = _liquidity(record, demand, payment, beliefs(cards, currency))
    told = (*payment.unmeasured, *not_measured(demand, first, today), *responses.sentences, *liquidity.unmeasured)
    told = (*told, *failures_told(demand, lost, given), *_without_discounts(len(known.invoices) - len(by_habit)))
    return Learnt(cards, demand, payment, liquidity, told)


def _without_discounts(invoices: int) -> tuple[str, ...]:
    """A sentence where invoices are not in the habits, since a run offers the discount that they were paid with."""
    if not invoices:
        return ()
    why = "they are not in the habits, since a run offers it; the certificate tests habits that have them"
    return (f"{invoices:,} invoices were paid with a discount: {why}",)


def _demand(record: Record, churn: Belief, moves: Moves = NONE) -> DemandFit:
    """Demand as the orders show it beside what the firm did to move them."""
    known = Beforehand(moves, churn)
    return fit_demand(record.orders, record.customers, record.history_from, record.today, record.calendar, known)


def _responses(record: Record, demand: DemandFit, payment: PaymentFit, given: Mapping[str, Belief]) -> Responses:
    """What customers do when they are contacted, addressed by a campaign, or offered other terms or a discount."""
    known, customers, orders, first = record.known, record.customers, record.orders, record.history_from
    return joined(
        contact_responses(known, record.ids, payment.habits, record.policy, given, record.calendar),
        campaign_responses(known, orders, customers, demand, first, given["demand.campaign_uplift"]),
        terms_responses(known, orders, customers, demand, first, given),
        discount_responses(known, record.ids, given),
    )


def _liquidity(record: Record, demand: DemandFit, payment: PaymentFit, given: Mapping[str, Belief]) -> LiquidityFit:
    """The regimes of the customers."""
    orders = Orders.of(record.orders, record.customers, demand, record.history_from)
    return fit_liquidity(read_signs(payment, orders, record.calendar, record.today), record.links, given)
