"""What a scenario does, in words for the report."""

from __future__ import annotations

from twin.behaviour.belief import Belief
from twin.firm.plan import Mask, Process, Step
from twin.firm.settings import SETTINGS
from twin.scenario.amounts import Amount
from twin.scenario.scenario import Dated, Offer
from twin.scenario.selection import words


def change_words(dated: Dated, name: str, amount: Amount, chosen: Mask) -> str:
    """'terms_days -10 for customers with late_share above 0.5 (312 of 2,000)'."""
    whom = f" for {words(dated.where, chosen)}" if SETTINGS[name].level == "customer" else ""
    return f"{name} {amount_words(amount)}{whom}"


def campaign_words(name: str, offer: Offer, order_rate: Belief | None, chosen: Mask) -> str:
    """'campaign spring: orders x 1.15 (sd 0.05), cost 80,000, for customers with size large (667 of 2,000)'.

    Whom it wins: 'campaign fair: 40 (sd 10) new customers like them, for customers with size small (667 of 2,000)'.
    """
    parts = [
        f"orders x {belief_words(order_rate)}{_of_card(offer)}" if order_rate else "",
        f"amounts x {belief_words(offer.amount)}" if offer.amount else "",
        f"{belief_words(offer.acquire)} new customers like them" if offer.acquire else "",
        f"cost {number(offer.cost)}" if offer.cost else "",
        f"for {words(offer.where, chosen)}",
    ]
    return f"campaign {name}: {', '.join(part for part in parts if part)}"


def _of_card(offer: Offer) -> str:
    return f" by demand.{offer.order_rate}" if isinstance(offer.order_rate, str) else ""


def process_words(process: Process) -> str:
    """'runs the process strike of bank_strike.py'."""
    return f"runs the process {process.function} of {process.path.name}"


def assumption_words(key: str, belief: Belief, before: Belief) -> str:
    """'demand.terms_elasticity assumed to be 0.25 (sd 0.1) instead of 0.15 (sd 0.1)'."""
    return f"{key} assumed to be {belief_words(belief)} instead of {belief_words(before)}"


def amount_words(amount: Amount) -> str:
    """'30', 'x 0.8', '+10', '-10', 'email on day 3, call on day 10', 'oldest'."""
    if isinstance(amount.amount, str):
        return amount.amount
    if isinstance(amount.amount, tuple):
        return ladder_words(amount.amount)
    sign = {"set": "", "scale": "x ", "add": "" if amount.amount.a < 0 else "+"}[amount.how]
    return sign + belief_words(amount.amount)


def ladder_words(ladder: tuple[Step, ...]) -> str:
    """'email on day 3, call on day 10'."""
    return ", ".join(f"{step.contact} on day {step.day}" for step in ladder) or "no contacts"


def belief_words(belief: Belief) -> str:
    """'0.25', '0.25 (sd 0.1)', '1.2 (lognormal, sd of the log 0.1)', '1 to 3'."""
    match belief.shape:
        case "normal":
            return f"{number(belief.a)} (sd {number(belief.b)})"
        case "lognormal":
            return f"{number(belief.a)} (lognormal, sd of the log {number(belief.b)})"
        case "uniform":
            return f"{number(belief.a)} to {number(belief.b)}"
    return number(belief.a)


def number(value: float) -> str:
    """'80,000', '0.8', '1,234.5'."""
    return f"{value:,.15g}"
