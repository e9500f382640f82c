"""The oracle itself: tiny worlds whose journal follows from docs/model.md by hand, and sums that hold in all worlds."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from tests.oracle.beliefs import BELIEFS
from tests.oracle.luck import KeyedLuck
from tests.oracle.office import Entry, History, Office, live
from tests.oracle.worlds import SmallFirm, SmallWorld, firm_of, habits_of, links_of, small_worlds
from twin.behaviour.belief import fixed
from twin.behaviour.payment import DAYS, FIRST_DAY
from twin.calendar import Calendar
from twin.firm.plan import Campaign, Plan, Policy, Step
from twin.luck import Purpose

P = Purpose
AS_IS = Plan("as is")
QUIET = Policy(collectors=0, ladder=(), write_off_days=3650)
EVERY_DAY_OPEN = Calendar(None, weekend=())
NEVER = 30.0
"""As the amount of a clock that spends at most 1 a day: longer than a hand-computed world."""


def e(amount: float) -> float:
    """The uniform whose unit-exponential quantile is `amount`."""
    return 1 - math.exp(-amount)


class Told(KeyedLuck):
    """Luck that is written down: by purpose, by (purpose, ordinal) or by (purpose, ordinal, agent).

    Clocks of which nothing is said never fire; rates and regimes are at e(1) and 0.5.
    """

    def __init__(self, marks: dict[Any, float]) -> None:
        waits = (
            P.FIRST_WAIT,
            P.ORDER_WAIT,
            P.RUN_WAIT,
            P.WORSEN_WAIT,
            P.IMPROVE_WAIT,
            P.CHURN_WAIT,
            P.PATIENCE,
            P.OPEN_PATIENCE,
        )
        self.marks = dict.fromkeys(waits, e(NEVER)) | {P.TRAIT_RATE: e(1)} | marks

    def uniform(self, agent: int, purpose: P, ordinal: int = 0) -> float:
        for key in ((purpose, ordinal, agent), (purpose, ordinal), purpose):
            if key in self.marks:
                return self.marks[key]
        return 0.5


def small_firm(n: int = 1, *, held: dict[str, float] | None = None, rate: Any = None, **other: Any) -> SmallFirm:
    """Customers who order 5.00 once a day of clock time at terms of 10 days, and pay one by one, spending 1 a day."""
    traits = {"rate_shape": 1.0, "rate_days": 1.0, "amount_mu": math.log(500), "terms_days": 10}
    customers = other.pop("customers", [{}] * n)
    return firm_of(
        [traits | customer for customer in customers],
        habits=habits_of(np.ones((1, DAYS)) if rate is None else rate, [0] * len(customers), [np.inf] * len(customers)),
        held=BELIEFS | {name: fixed(value) for name, value in (held or {}).items()},
        **{"policy": QUIET, "calendar": EVERY_DAY_OPEN, **other},
    )


def journal(firm: SmallFirm, marks: dict[Any, float], days: int = 20, plan: Plan = AS_IS) -> list[Entry]:
    return Office(firm, plan, days, Told(marks)).run().journal


ONE_ORDER_ON_DAY_2 = {P.FIRST_WAIT: e(2.5)}


def test_an_order_over_the_limit_waits_for_a_payment_and_then_for_its_lead_time() -> None:
    """6.00 + 5.00 > 10.00 until the item's patience of 5.5 is spent, on day 5; accepted on 6, invoiced on 8."""
    firm = small_firm(
        customers=[{"credit_limit": 1000}],
        open_items=[(0, -9, 3, 600)],
        policy=Policy(ladder=(), lead_days=2, hold_patience_days=10),
    )
    marks = {**ONE_ORDER_ON_DAY_2, P.OPEN_PATIENCE: e(5.5), P.PATIENCE: e(0.5)}
    assert journal(firm, marks) == [
        (2, "held", 0, 0, 500, 0),
        (5, "receipt", 0, -1, 600, 1),
        (6, "order", 0, 0, 500, 0),
        (8, "invoice", 0, 0, 500, 10),
        (8, "receipt", 0, 0, 500, 1),
    ]


def test_a_held_order_is_lost_when_its_patience_has_gone_by() -> None:
    """An item 1 day past due bars the order of day 2; 3 days later it is lost."""
    firm = small_firm(
        open_items=[(0, -9, 1, 600)], policy=Policy(collectors=0, ladder=(), hold_days=1, hold_patience_days=3)
    )
    assert journal(firm, ONE_ORDER_ON_DAY_2) == [(2, "held", 0, 0, 500, 1), (5, "lost", 0, 0, 500, 0)]


def test_a_disputed_invoice_stands_still_for_as_long_as_it_is_disputed() -> None:
    """Disputed for ceil(0.35 x 10) = 4 days; who pays from the due day on, day 12, does so from day 16."""
    firm = small_firm(
        held={"dispute.share": 1.0, "dispute.credit_share": 1.0},
        rate=np.where(np.arange(DAYS) + FIRST_DAY >= 0, 1.0, 0.0)[None, :],
    )
    marks = {**ONE_ORDER_ON_DAY_2, P.DISPUTE_WAIT: e(0.35), P.CREDIT_SHARE: 0.25, P.PATIENCE: e(0.5)}
    assert journal(firm, marks) == [
        (2, "order", 0, 0, 500, 0),
        (2, "invoice", 0, 0, 500, 10),
        (2, "dispute", 0, 0, 500, 4),
        (6, "settled", 0, 0, 500, 0),
        (6, "credit_note", 0, 0, 125, 0),
        (16, "receipt", 0, 0, 375, 1),
    ]


def test_a_discount_is_taken_on_the_last_banking_day_within_its_days() -> None:
    """Invoiced on Friday 3 January 2025, day 2; 8 days later is Saturday, so it is paid on Friday, day 9."""
    policy = Policy(collectors=0, ladder=(), discount=0.02, discount_days=8)
    firm = small_firm(
        held={"discount.cost_of_funds": 0.0, "discount.softness": 1e-3}, policy=policy, calendar=Calendar(None)
    )
    assert journal(firm, {**ONE_ORDER_ON_DAY_2, P.PATIENCE: e(0.5)}) == [
        (2, "order", 0, 0, 500, 0),
        (2, "invoice", 0, 0, 500, 10),
        (9, "discount", 0, 0, 10, 0),
        (9, "receipt", 0, 0, 490, 2),
    ]


def test_a_payer_in_parts_pays_the_last_cent_whole() -> None:
    """8 cents by halves, each with a patience of half a day: 4, 2, 1 and the last."""
    firm = small_firm(held={"payment.part_share": 1.0}, open_items=[(0, -9, 3, 8)])
    marks = {P.OPEN_PATIENCE: e(0.5), P.PART_PATIENCE: e(0.5), P.PART_SHARE: 0.5}
    assert [(entry[0], entry[4]) for entry in journal(firm, marks)] == [(0, 4), (1, 2), (2, 1), (3, 1)]


def test_a_failure_is_written_off_and_in_part_recovered_and_puts_a_creditor_in_danger() -> None:
    """Moves of 1 a day use up 1.5, 0.5 and 0.5: failed on day 3. Recovered are 0.25 ** (0.5 / 0.5) of the 10.00, after
    ceil(0.25 x 10) days. The creditor spends 1 on each day up to 3 and 2 from day 4 on: 6.5 are used up on day 5."""
    held = {"liquidity.worsen_sound": 365.0, "liquidity.worsen_strained": 365.0, "liquidity.worsen_distressed": 365.0}
    firm = small_firm(
        2,
        held={**held, "liquidity.contagion": 2.0, "liquidity.recovery_days": 10.0},
        open_items=[(0, -9, 3, 1000)],
        links=links_of([(1, 0, 0.5)]),
    )
    first_waits = {(P.WORSEN_WAIT, 0, 0): e(1.5), (P.WORSEN_WAIT, 1, 0): e(0.5), (P.WORSEN_WAIT, 2, 0): e(0.5)}
    marks = {**first_waits, (P.WORSEN_WAIT, 0, 1): e(6.5), P.LOSS: 0.25, P.RECOVERY_WAIT: e(0.25)}
    assert journal(firm, marks, days=15) == [
        (1, "regime", 0, 0, 0, 1),
        (2, "regime", 0, 0, 0, 2),
        (3, "regime", 0, 0, 0, 3),
        (3, "write_off", 0, -1, 1000, 1),
        (5, "regime", 1, 0, 0, 1),
        (6, "recovery", 0, 0, 250, 0),
    ]


def test_who_gets_worse_and_better_on_one_day_is_where_it_was() -> None:
    firm = small_firm(
        held={"liquidity.worsen_strained": 365.0, "liquidity.improve_strained": 365.0},
        customers=[{"strained": 1.0}],
    )
    marks = {(P.WORSEN_WAIT, 0): e(0.5), (P.IMPROVE_WAIT, 0): e(0.5)}
    assert journal(firm, marks) == [(0, "regime", 0, 0, 0, 1), (0, "regime", 0, 0, 0, 2)]


def test_a_declined_order_makes_a_customer_leave_sooner_from_the_next_day_on() -> None:
    """1 a day on days 0 to 2, then 1 + 3 on day 3: 5.5 are used up."""
    firm = small_firm(
        held={"demand.churn_rate": 365.0, "demand.refusal_goodwill": 3.0},
        customers=[{"credit_limit": 0}],
        policy=Policy(ladder=(), over_limit="decline"),
    )
    assert journal(firm, {**ONE_ORDER_ON_DAY_2, P.CHURN_WAIT: e(5.5)}) == [
        (2, "declined", 0, 0, 500, 0),
        (3, "left", 0, 0, 0, 0),
    ]


def test_a_call_that_goes_beyond_the_day_is_taken_off_the_next_ones() -> None:
    """Calls of 25 minutes in days of 10: 15 over on day 1, 5 on day 2, 20 on day 3, 10 on day 4, none on day 5."""
    firm = small_firm(
        held={"collections.call_minutes": 25.0},
        open_items=[(0, -9, 0, cents) for cents in (300, 200, 100)],
        policy=Policy(collectors=1, collector_minutes=10, ladder=(Step("call", 1),)),
    )
    assert journal(firm, {}, days=12) == [
        (1, "contact", 0, -1, 300, 0),
        (3, "contact", 0, -2, 200, 0),
        (6, "contact", 0, -3, 100, 0),
    ]


def test_an_item_whose_contacts_were_made_on_time_is_pressed_as_usual() -> None:
    """Effects multiply: 1.5 on day 1, halved towards 1 in two days, times 3 on day 3; a day's fading is 2 ** -0.5."""
    firm = small_firm(
        held={"collections.email_effect": 1.5, "collections.call_effect": 3.0, "collections.half_life_days": 2.0},
        open_items=[(0, -9, -4, 600)],
        policy=Policy(ladder=(Step("email", 1), Step("call", 3))),
    )
    office = Office(firm, AS_IS, 1, Told({}))
    (item,) = office.open_invoices()
    assert (item.step, item.contacted_on, item.effect) == (2, -1, 1.25 * 3)
    assert office.collections.usual_effect[:4] == [1, 1, 1 + 0.5 * 2**-0.5, 1.25]
    assert office.collections.usual_effect[4] == pytest.approx(1 + 2.75 * 2**-0.5)
    assert item.stage() == 1


def test_a_won_customer_is_like_its_donor_from_the_day_of_its_arrival() -> None:
    """Second of two by days late is the first customer, with terms of 20 days; it arrives on day 4 + floor(3.5)."""
    won = 2**57 + crc32(b"fair") * 2**24
    firm = small_firm(customers=[{"days_late": 5.0, "terms_days": 20}, {"days_late": 1.0, "terms_days": 40}])
    campaign = Campaign("fair", 4, 14, np.ones(2, bool), acquire=fixed(1.0))
    marks = {P.DONOR: 0.6, P.ARRIVAL: 0.35, (P.FIRST_WAIT, 0, won): e(0.5)}
    assert journal(firm, marks, plan=Plan("fair", campaigns=(campaign,))) == [
        (7, "order", 2, 0, 500, 0),
        (7, "invoice", 2, 0, 500, 20),
    ]


ADDS, TAKES = ("invoice",), ("receipt", "discount", "credit_note", "write_off")
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def told(w: SmallWorld) -> History:
    return live(w.firm, w.plan, days=w.days, seed=w.seed, replication=w.replication)


@given(small_worlds())
@settings(max_examples=60, suppress_health_check=SLOW)
def test_what_is_owed_rolls_forward(w: SmallWorld) -> None:
    """By customer over the run, and by day over the customers."""
    history, owed = told(w), Counter[int]()
    for item in w.firm.open_items.to_dict("records"):
        owed[item["customer"]] += item["open_cents"]
    by_day = Counter({-1: owed.total()})
    for day, kind, customer, _, cents, _ in history.journal:
        change = cents if kind in ADDS else -cents if kind in TAKES else 0
        owed[customer] += change
        by_day[day] += change
    assert [owed[i] for i in range(len(history.owes))] == history.owes
    receivables = by_day[-1]
    for day, figures in enumerate(history.daily):
        receivables += by_day[day]
        ages = ("current", "overdue_1_30", "overdue_31_60", "overdue_61_90", "overdue_90_plus")
        assert figures.get("receivables", 0) == receivables == sum(figures.get(age, 0) for age in ages)


@given(small_worlds())
@settings(max_examples=60, suppress_health_check=SLOW)
def test_cash_rolls_forward(w: SmallWorld) -> None:
    cash = int(w.firm.accounts["balance_cents"].sum())
    paid = ("purchases", "outflows", "collection_cost", "campaign_cost", "interest")
    for figures in told(w).daily:
        cash += figures.get("receipts", 0) + figures.get("recoveries", 0)
        cash -= sum(figures.get(name, 0) for name in paid)
        assert cash == figures["cash"] + figures["in_transit"]


@given(small_worlds())
@settings(max_examples=60, suppress_health_check=SLOW)
def test_every_order_and_every_invoice_has_one_end_at_most(w: SmallWorld) -> None:
    """Nothing comes twice, and what is lost or declined is not invoiced."""
    journal = told(w).journal
    for kind in ("order", "declined", "held", "lost", "invoice", "dispute", "settled", "write_off", "left"):
        keys = [entry[2:4] for entry in journal if entry[1] == kind]
        assert len(keys) == len(set(keys)), kind
    by_kind = {kind: {entry[2:4] for entry in journal if entry[1] == kind} for kind in {e[1] for e in journal}}
    gone = by_kind.get("lost", set()) | by_kind.get("declined", set())
    assert not gone & by_kind.get("invoice", set())
    assert by_kind.get("settled", set()) <= by_kind.get("dispute", set()) <= by_kind.get("invoice", set())


@given(small_worlds())
@settings(max_examples=50, suppress_health_check=SLOW)
def test_who_has_failed_does_nothing_more(w: SmallWorld) -> None:
    journal = told(w).journal
    failed = {entry[2]: entry[0] for entry in journal if entry[1] == "regime" and entry[5] == 3}
    after = {entry[1] for entry in journal if entry[0] > failed.get(entry[2], w.days)}
    assert after <= {"lost", "recovery"}
    on_the_day = {entry[1] for entry in journal if entry[0] == failed.get(entry[2])}
    assert on_the_day <= {"regime", "lost", "write_off", "recovery"}


@pytest.mark.parametrize("lost, share", [(0.5, 0.5), (0.6, 0.4), (0.9, 0.1)])
def test_recoveries_are_what_is_not_lost_in_the_mean(lost: float, share: float) -> None:
    """The mean over 40 equally spaced uniforms, to half a percent."""
    shares = []
    for u in (np.arange(40) + 0.5) / 40:
        firm = small_firm(
            customers=[{"distressed": 1.0}],
            held={
                "liquidity.worsen_distressed": 365.0,
                "liquidity.loss_given_default": lost,
                "liquidity.recovery_days": 0.0,
            },
            open_items=[(0, -9, 3, 100_000)],
        )
        marks = {(P.WORSEN_WAIT, 0): e(0.5), P.LOSS: float(u)}
        shares.append(sum(entry[4] for entry in journal(firm, marks, days=2) if entry[1] == "recovery") / 100_000)
    assert np.mean(shares) == pytest.approx(share, abs=0.005)
