"""Disputes, credit notes, early-payment discounts, part and short payments."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from scipy.special import expit

from tests.oracle.worlds import SmallFirm, SmallWorld, small_worlds
from tests.sim.firms import (
    ALONE,
    NOBODY_ORDERS,
    QUIET,
    believing,
    by_invoice,
    change,
    count_errors,
    events,
    figure,
    firm_paying,
    pays_from,
    poisson_orders,
    rates_from,
    run,
    standard_errors,
    told,
)
from twin.behaviour.belief import Belief
from twin.behaviour.discount import implied_rate
from twin.calendar import Calendar
from twin.firm.plan import Plan, Policy, Step

N = 400
BUYERS = [poisson_orders(0.2, terms_days=30)] * N


def payers(beliefs: dict[str, Belief], run_intensity: float = ALONE, **other: Any) -> SmallFirm:
    """Customers who order every fifth day and pay each day from due on with the hazard 0.1."""
    return firm_paying(rates_from(-5, 0.1), BUYERS, run_intensity, held=beliefs, **other)


ALL_DISPUTED = {"dispute__share": 1.0, "dispute__days": 12.0}


def test_a_disputed_invoice_is_paid_later_by_exactly_the_days_in_dispute() -> None:
    """Every invoice of a world without weekdays is paid by a clock of its own, which stands still in between."""
    calm = run(payers(believing()), 300, log=True)
    disputed = run(payers(believing(**ALL_DISPUTED)), 300, log=True)
    paid, later = (by_invoice(events(outcome, "receipt")) for outcome in (calm, disputed))
    days = by_invoice(events(disputed, "dispute"), lambda e: int(e["detail"]))
    assert later == {key: day + days[key] for key, day in paid.items() if day + days[key] < 300}
    assert len(later) > 5_000


def test_a_dispute_lasts_whole_days_that_are_exponential() -> None:
    """The mean of max(1, ceil(12 E)) is 1 / (1 - exp(-1 / 12)); false alarm 1 in 370 seeds."""
    rows = events(run(payers(believing(**ALL_DISPUTED)), 200, log=True), "dispute")
    assert abs(standard_errors(rows["detail"].astype(float), 1 / -math.expm1(-1 / 12))) < 3
    assert rows["detail"].min() == 1


def test_disputes_are_opened_with_their_share_and_end_in_credit_notes_with_theirs() -> None:
    """30 % are disputed, 40 % of those end in a credit note of half in the mean; three at 3 standard errors, false
    alarm 1 in 120 seeds."""
    beliefs = believing(dispute__share=0.3, dispute__days=5.0, dispute__credit_share=0.4)
    outcome = run(payers(beliefs), 200, log=True)
    amount = by_invoice(events(outcome, "invoice"), lambda e: int(e["cents"]))
    disputed, settled, credited = (events(outcome, kind) for kind in ("dispute", "settled", "credit_note"))
    shares = np.array([e["cents"] / amount[e["customer"], e["number"]] for e in credited])
    assert abs(count_errors(disputed.size, len(amount), 0.3)) < 3
    assert abs(count_errors(credited.size, settled.size, 0.4)) < 3
    assert abs(standard_errors(shares, 0.5)) < 3


def test_what_is_credited_is_not_paid_as_well() -> None:
    """Every invoice whose end has come: receipts and credit note are the invoice, to the cent."""
    beliefs = believing(dispute__share=0.5, dispute__days=5.0, dispute__credit_share=0.8)
    outcome = run(payers(beliefs), 300, log=True)
    amount = by_invoice(events(outcome, "invoice"), lambda e: int(e["cents"]))
    paid = by_invoice(events(outcome, "receipt"), lambda e: int(e["cents"]))
    credited = by_invoice(events(outcome, "credit_note"), lambda e: int(e["cents"]))
    assert all(cents + credited.get(key, 0) == amount[key] for key, cents in paid.items())
    assert len(paid.keys() & credited.keys()) > 1_000


def test_nobody_is_sent_after_what_is_disputed_and_it_is_not_written_off_for_its_age() -> None:
    """Disputed for years: the ladder of day 1 and the write-off of day 9 past due both wait."""
    policy = Policy(collectors=1000, ladder=(Step("call", 1),), write_off_days=9)
    beliefs = believing(dispute__share=1.0, dispute__days=1e12)
    outcome = run(firm_paying(np.zeros(241), BUYERS, held=beliefs, policy=policy), 200, log=True)
    assert {e for e in ("contact", "write_off", "receipt") if events(outcome, e).size} == set()
    assert figure(outcome, "disputed")[-1] == figure(outcome, "receivables")[-1] > 0
    assert figure(outcome, "overdue_90_plus")[-1] > 0


def test_what_is_settled_is_worked_and_written_off_as_any_other() -> None:
    """Past due for long when it is settled: called on that day, and written off on it, too, where that is overdue."""
    policy = Policy(collectors=1000, ladder=(Step("call", 1),), write_off_days=60)
    beliefs = believing(dispute__share=1.0, dispute__days=90.0)
    outcome = run(firm_paying(np.zeros(241), BUYERS, held=beliefs, policy=policy), 300, log=True)
    due = by_invoice(events(outcome, "invoice"), lambda e: int(e["day"] + e["detail"]))
    settled = by_invoice(events(outcome, "settled"))
    called, lost = by_invoice(events(outcome, "contact")), by_invoice(events(outcome, "write_off"))
    first_call = {k: max(due[k] + 1, day) for k, day in settled.items() if day < due[k] + 60 and due[k] + 1 < 300}
    assert called == {k: day for k, day in first_call.items() if day < 300}
    assert lost == {k: max(due[k] + 60, day) for k, day in settled.items() if due[k] + 60 < 300}


COST, SOFTNESS = 0.25, 0.2


def takers(**beliefs: float) -> SmallFirm:
    held = believing(discount__cost_of_funds=COST, discount__softness=SOFTNESS, **beliefs)
    return payers(held, policy=Policy(collectors=0, ladder=(), write_off_days=3650, discount_days=10))


def logistic(x: float) -> float:
    return float(expit(x))


@pytest.mark.parametrize("discount", [0.005, 0.02, 0.05])
def test_the_share_that_takes_a_discount_is_the_logistic_of_what_it_earns(discount: float) -> None:
    """20 days earlier; 0.5, 2 and 5 % are 9, 37 and 96 % a year. Three at 3 standard errors, false alarm 1 in 120
    seeds."""
    offer = Plan("offer", (change("discount", "set", discount, np.ones(N, bool), 0),))
    outcome = run(takers(), 100, offer, log=True)
    offered = events(outcome, "invoice").size - (events(outcome, "invoice")["day"] > 89).sum()
    share = logistic((implied_rate(discount, 20) - COST) / SOFTNESS)
    assert abs(count_errors(events(outcome, "discount").size, offered, share)) < 3


def test_who_differ_in_their_cost_of_funds_take_it_with_the_mean_of_the_logistic() -> None:
    """Log-normal with a spread of 0.8, by Gauss and Hermite; by customer, false alarm 1 in 370 seeds."""
    offer = Plan("offer", (change("discount", "set", 0.02, np.ones(N, bool), 0),))
    outcome = run(takers(discount__funds_spread=0.8), 300, offer, log=True)
    z, weight = np.polynomial.hermite_e.hermegauss(60)
    chance = [logistic((implied_rate(0.02, 20) - COST * math.exp(0.8 * x)) / SOFTNESS) for x in z]
    share = float(weight @ chance / weight.sum())
    early = events(outcome, "invoice")
    early = np.bincount(early["customer"][early["day"] < 289], minlength=N)
    taken = np.bincount(events(outcome, "discount")["customer"], minlength=N)
    assert abs(standard_errors(taken - share * early, 0.0)) < 3


def test_a_discount_is_paid_on_the_last_open_day_within_its_days_and_the_rest_is_as_ever() -> None:
    """Monday to Friday: 10 days after a Wednesday or Thursday is a weekend. Who does not take it pays as without it."""
    offer = Plan("offer", (change("discount", "set", 0.02, np.ones(N, bool), 0),))
    firm = firm_paying(
        rates_from(-5, 0.1),
        BUYERS,
        ALONE,
        held=believing(discount__cost_of_funds=COST, discount__softness=SOFTNESS),
        calendar=Calendar(None),
    )
    plain, offered = run(firm, 200, log=True), run(firm, 200, offer, log=True)
    taken, issued = by_invoice(events(offered, "discount")), by_invoice(events(offered, "invoice"))
    open_ = Calendar(None).banking(firm.as_of.replace(year=2025, month=1, day=1), 220)
    for key, day in taken.items():
        assert day == max(d for d in range(issued[key], issued[key] + 11) if open_[d])
    before, after = by_invoice(events(plain, "receipt")), by_invoice(events(offered, "receipt"))
    assert {k: d for k, d in before.items() if k not in taken} == {k: d for k, d in after.items() if k not in taken}
    assert 1_000 < len(taken) < len(after) - 1_000


def test_a_discount_lessens_what_is_paid_by_its_share_to_the_cent() -> None:
    offer = Plan("offer", (change("discount", "set", 0.03, np.ones(N, bool), 0),))
    outcome = run(takers(), 100, offer, log=True)
    amount = by_invoice(events(outcome, "invoice"), lambda e: int(e["cents"]))
    paid = by_invoice(events(outcome, "receipt"), lambda e: int(e["cents"]))
    off = by_invoice(events(outcome, "discount"), lambda e: int(e["cents"]))
    assert all(off[key] == round(amount[key] * 0.03) == amount[key] - paid[key] for key in off)
    assert figure(outcome, "discounts").sum() == sum(off.values())


@given(small_worlds())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_whatever_is_paid_in_parts_adds_up_to_what_was_invoiced(w: SmallWorld) -> None:
    """To the cent in every world: at most what was invoiced at any time, all of it where nothing is open any more."""
    outcome = run(w.firm, w.days, w.plan, seed=w.seed, replication=w.replication, log=True)
    owed = {(int(e["customer"]), int(e["number"])): int(e["cents"]) for e in events(outcome, "invoice")}
    items = w.firm.open_items
    ordinal = items.groupby("customer").cumcount() + 1
    owed |= {(c, -k): cents for c, k, cents in zip(items["customer"], ordinal, items["open_cents"], strict=True)}
    taken, receipts = Counter[Any](), Counter[Any]()
    for kind in ("receipt", "discount", "credit_note", "write_off"):
        for e in events(outcome, kind):
            key = (int(e["customer"]), int(e["number"]))
            taken[key] += int(e["cents"])
            receipts[key] += kind == "receipt"
            assert e["cents"] > 0
    left = {key: cents - taken[key] for key, cents in owed.items()}
    assert min(left.values(), default=0) >= 0
    assert sum(left.values()) == outcome.customers[:, 3].sum()
    assert max(receipts.values(), default=0) <= 9


@pytest.mark.parametrize("run_intensity", [60.0, ALONE])
def test_a_share_of_the_payments_is_in_parts(run_intensity: float) -> None:
    """First receipts: 30 % pay a uniform share, 20 % all but 10 %. Three at 3 standard errors, false alarm 1 in 120
    seeds."""
    beliefs = believing(payment__part_share=0.3, payment__short_share=0.2, payment__short_size=0.1)
    items = [(i % N, -30, i % 7, 10_000) for i in range(4 * N)]
    firm = firm_paying(pays_from(0), [NOBODY_ORDERS] * N, run_intensity, held=beliefs, open_items=items)
    first: dict[tuple[int, int], int] = {}
    for _, kind, customer, number, cents, _ in told(firm, 200):
        if kind == "receipt":
            first.setdefault((customer, number), cents)
    cents = np.array(list(first.values()))
    parts = cents[(cents != 10_000) & (cents != 9_000)]
    assert cents.size == 4 * N
    assert abs(count_errors((cents == 9_000).sum(), cents.size, 0.2)) < 3
    assert abs(count_errors((cents == 10_000).sum(), cents.size, 0.5)) < 3
    assert abs(standard_errors(parts / 10_000, 0.5)) < 3


def test_the_rest_of_a_part_payment_has_a_patience_of_its_own() -> None:
    """In daily runs with a hazard of 0.1 from the next day on: days to the second receipt are geometric, mean
    1 / (1 - exp(-0.1)). False alarm 1 in 370 seeds."""
    beliefs = believing(payment__part_share=1.0)
    items = [(i % N, -30, 0, 100_000) for i in range(4 * N)]
    firm = firm_paying(rates_from(0, 0.1), [NOBODY_ORDERS] * N, held=beliefs, open_items=items)
    days = defaultdict(list)
    for day, kind, customer, number, _, _ in told(firm, 400):
        if kind == "receipt":
            days[customer, number].append(day)
    gaps = np.array([float(d[1] - d[0]) for d in days.values()])
    assert gaps.size == 4 * N
    assert abs(standard_errors(gaps, 1 / -math.expm1(-0.1))) < 3


def test_a_share_of_invoices_is_never_paid() -> None:
    """Everybody else pays at once on the due day; false alarm 1 in 370 seeds."""
    items = [(i % N, -30, 0, 100) for i in range(10 * N)]
    firm = firm_paying(
        pays_from(0), [NOBODY_ORDERS] * N, held=believing(payment__never_share=0.1), open_items=items, policy=QUIET
    )
    outcome = run(firm, 100)
    assert abs(count_errors(outcome.customers[:, 3].sum() / 100, 10 * N, 0.1)) < 3


@pytest.mark.parametrize("passed, later", [(1.0, 20), (0.5, 10), (0.0, 0)])
def test_longer_terms_move_the_payment_by_their_pass_through(passed: float, later: int) -> None:
    """20 days more: every invoice is paid as many days later as the habit follows."""
    firm = payers(believing(payment__terms_pass_through=passed))
    longer = Plan("longer", (change("terms_days", "add", 20, np.ones(N, bool), 0),))
    before, after = (by_invoice(events(run(firm, 200, plan, log=True), "receipt")) for plan in (Plan("as is"), longer))
    assert after == {key: day + later for key, day in before.items() if day + later < 200}
    assert len(after) > 1_000
