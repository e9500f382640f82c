"""What scenarios mean for a firm: days, customers, cents, and sentences about them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twin.behaviour.belief import Belief, fixed
from twin.content import content
from twin.faults import ScenarioError
from twin.firm.firm import Firm
from twin.firm.plan import Change, Plan, Step
from twin.firm.settings import CUSTOMER_SETTINGS, FIRM_SETTINGS, SETTINGS
from twin.scenario import Compiled, compile_plan, read_plans, read_scenario

Write = Callable[..., Path]


def compiled(path: Path, firm: Firm) -> Compiled:
    (one,) = read_plans([path], firm)
    return one


def only_change(path: Path, firm: Firm) -> Change:
    (change,) = compiled(path, firm).plan.changes
    return change


def test_a_scenario_without_changes_is_an_empty_plan(write: Write, firm: Firm) -> None:
    assert compile_plan(read_scenario(write("name: as_is")), firm) == Plan("as_is")


@pytest.mark.parametrize(
    "dates, days",
    [
        ("", (0, None)),
        ("from: 2026-07-01, ", (0, None)),
        ("from: +1d, ", (0, None)),
        ("from: '2026-07-02', ", (1, None)),
        ("from: +60d, to: +60d, ", (59, 60)),
        ("from: 2026-12-31, to: 2027-01-01, ", (183, 185)),
        ("to: 2026-07-31, ", (0, 31)),
    ],
)
def test_the_last_day_is_included_and_the_day_after_the_as_of_date_is_day_0(
    write: Write, firm: Firm, dates: str, days: tuple[int, int | None]
) -> None:
    change = only_change(write(f"change: [{{{dates}set: {{collectors: 2}}}}]"), firm)
    assert (change.from_day, change.to_day) == days


@pytest.mark.parametrize(
    "where, rows",
    [
        ("segment: retail", [0, 1, 2]),
        ("segment: [retail, public]", [0, 1, 2, 5]),
        ("class: [C, D]", [2, 4]),
        ("region: 'NO'", [0, 1]),
        ("customer_id: '00123'", [0]),
        ("customer_id: [200, 300]", [1, 2]),
        ("late_share: {above: 0.4}", [2, 4]),
        ("late_share: {at_least: 0.4}", [1, 2, 4]),
        ("late_share: {at_most: 0.1}", [0, 3]),
        ("days_late: {above: -2, below: 3}", [0, 3]),
        ("terms_days: [30, 60]", [0, 1, 4, 5]),
        ("revenue: 2_000", [1]),
        ("open: 250.50", [2]),
        ("revenue: {at_least: 30_000, below: 500_000}", [2, 3]),
        ("segment: retail, late_share: {above: 0.1}", [1, 2]),
    ],
)
def test_a_selection_finds_those_that_meet_all_its_conditions_and_are_known_to(
    write: Write, firm: Firm, where: str, rows: list[int]
) -> None:
    change = only_change(write(f"change: [{{where: {{{where}}}, set: {{terms_days: 1}}}}]"), firm)
    assert change.who is not None
    assert np.flatnonzero(change.who).tolist() == rows


@pytest.mark.parametrize(
    "amount, how, belief",
    [
        ("terms_days: 20", "set", fixed(20)),
        ("terms_days: {add: -10}", "add", fixed(-10)),
        ("credit_limit: 80_000", "set", fixed(80_000_00)),
        ("credit_limit: 0.29", "set", fixed(29)),
        ("credit_limit: {scale: 80%}", "scale", Belief("fixed", 0.8, low=0)),
        ("credit_limit: {add: {normal: [100, 5.5]}}", "add", Belief("normal", 100_00, 5_50)),
        ("credit_limit: {add: {lognormal: [100, 0.5]}}", "add", Belief("lognormal", 100_00, 0.5)),
        ("outflows: 98%", "set", fixed(0.98)),
        ("discount: 2%", "set", fixed(0.02)),
        ("price: 105%", "set", fixed(1.05)),
        ("price: {scale: {normal: [1.02, 0.01]}}", "scale", Belief("normal", 1.02, 0.01, low=0)),
        ("hold_days: 15", "set", fixed(15)),
        ("discount_days: 14", "set", fixed(14)),
        ("lead_days: {add: 7}", "add", fixed(7)),
        ("hold_patience_days: 30", "set", fixed(30)),
        ("collectors: {scale: {uniform: [1, 2]}}", "scale", Belief("uniform", 1, 2, 0, math.inf)),
    ],
)
def test_amounts_are_beliefs_with_money_in_cents(
    write: Write, firm: Firm, amount: str, how: str, belief: Belief
) -> None:
    change = only_change(write(f"change: [{{set: {{{amount}}}}}]"), firm)
    assert (change.how, change.amount) == (how, belief)
    assert isinstance(change.amount, Belief)
    assert isinstance(change.amount.at(0.5), float)


def test_money_follows_the_decimals_of_the_firms_currency(write: Write, firm: Firm) -> None:
    limits = [
        only_change(write("change: [{set: {credit_limit: 500}}]"), replace(firm, currency=currency)).amount
        for currency in ("JPY", "EUR", "KWD")
    ]
    assert limits == [fixed(500), fixed(500_00), fixed(500_000)]
    with pytest.raises(ScenarioError, match=r"0\.5 JPY is not a whole number"):
        read_plans([write("change: [{set: {credit_limit: 0.5}}]")], replace(firm, currency="JPY"))


def test_settings_of_the_firm_have_no_selection_and_settings_of_customers_always_have_one(
    write: Write, firm: Firm
) -> None:
    values = {"ladder": "[]", "worklist": "oldest", "over_limit": "decline"}
    text = ", ".join(f"{name}: {values.get(name, '0.5' if s.kind == 'share' else 1)}" for name, s in SETTINGS.items())
    changes = compiled(write(f"change: [{{set: {{{text}}}}}]"), firm).plan.changes
    assert {c.setting for c in changes if c.who is None} == set(FIRM_SETTINGS)
    assert {c.setting for c in changes if c.who is not None and c.who.all()} == set(CUSTOMER_SETTINGS)


def test_a_ladder_may_be_empty_and_a_rule_is_a_word(write: Write, firm: Firm) -> None:
    ladder = "ladder: [{contact: email, day: 3}, {contact: call, day: 10}]"
    rules = "worklist: oldest, over_limit: decline"
    plan = compiled(write(f"change:\n  - set: {{{ladder}, {rules}}}\n  - set: {{ladder: []}}"), firm).plan
    assert [c.amount for c in plan.changes] == [(Step("email", 3), Step("call", 10)), "oldest", "decline", ()]


def test_a_campaign_has_days_customers_a_factor_and_a_cost_in_cents(write: Write, firm: Firm) -> None:
    path = write("""
        campaigns:
          spring:
            {where: {size: large}, from: +60d, to: +120d, order_rate: {scale: {normal: [1.15, 0.05]}}, cost: 80_000}
    """)
    (campaign,) = compiled(path, firm).plan.campaigns
    assert (campaign.name, campaign.from_day, campaign.to_day, campaign.cost) == ("spring", 59, 120, 80_000_00)
    assert campaign.who.tolist() == [False] * 4 + [True] * 2
    assert campaign.order_rate == Belief("normal", 1.15, 0.05, 0, math.inf)
    assert (campaign.amount, campaign.acquire) == (fixed(1), fixed(0))


def test_a_campaign_may_bring_what_the_card_says_past_ones_did(write: Write, firm: Firm) -> None:
    campaign = "campaigns: {x: {to: +30d, order_rate: {scale: campaign_uplift}}}"
    own = "assume: {demand.campaign_uplift: {lognormal: [1.3, 0.05]}}"
    by_card, by_own = (compiled(write(text), firm) for text in (campaign, f"{campaign}\n{own}"))
    assert by_card.plan.campaigns[0].order_rate == firm.beliefs["demand.campaign_uplift"]
    assert by_own.plan.campaigns[0].order_rate == Belief("lognormal", 1.3, 0.05, 0.1, 10)
    assert "orders x 1.1 (lognormal, sd of the log 0.1) by demand.campaign_uplift" in by_card.differences[0]


def test_a_campaign_can_move_amounts_and_win_customers(write: Write, firm: Firm) -> None:
    path = write(
        "campaigns: {x: {to: +30d, amount: {scale: 110%}, acquire: {normal: [40, 10]}}, y: {to: +9d, acquire: 7}}"
    )
    x, y = compiled(path, firm).plan.campaigns
    assert x.amount == Belief("fixed", 1.1, low=0)
    assert x.acquire == Belief("normal", 40, 10, 0, 1_000_000)
    assert y.acquire == Belief("fixed", 7, 0, 0, 1_000_000)
    assert x.order_rate == y.order_rate == y.amount == fixed(1)


def test_an_assumption_keeps_the_bounds_of_its_card_and_money_becomes_cents(write: Write, firm: Firm) -> None:
    path = write("assume: {demand.terms_elasticity: {normal: [0.25, 0.1]}, collections.letter_cost: 4.5}")
    assert compiled(path, firm).plan.beliefs == {
        "demand.terms_elasticity": Belief("normal", 0.25, 0.1, 0, 2),
        "collections.letter_cost": Belief("fixed", 450, 0, 0, math.inf),
    }


def test_layers_are_applied_in_order_and_once_and_later_ones_win(write: Write, firm: Firm) -> None:
    write("name: base\nchange: [{set: {terms_days: {scale: 0.5}}}]", "base.yaml")
    write(
        "name: a\nextends: base.yaml\nchange: [{set: {collectors: 1}}]\nassume: {demand.terms_elasticity: 1}", "a.yaml"
    )
    write(
        "name: b\nextends: base.yaml\nchange: [{set: {collectors: 2}}]\nassume: {demand.terms_elasticity: 2}", "b.yaml"
    )
    top = compiled(write("name: top\nextends: [a.yaml, b.yaml]", "top.yaml"), firm)
    assert [file.name for file in top.scenario.files] == ["base.yaml", "a.yaml", "b.yaml", "top.yaml"]
    assert [(c.setting, c.how) for c in top.plan.changes] == [
        ("terms_days", "scale"),
        ("collectors", "set"),
        ("collectors", "set"),
    ]
    assert top.plan.name == "top"
    assert top.plan.beliefs["demand.terms_elasticity"].a == 2
    assert [override.what for override in top.overridden] == ["assumption demand.terms_elasticity", "collectors"]
    assert str(top.overridden[1]).replace(f"{top.scenario.path.parent}/", "") == (
        "collectors of a.yaml, line 3 is overridden by b.yaml, line 3"
    )


def test_the_later_layer_replaces_a_campaign_and_a_criterion_whole(write: Write, firm: Firm) -> None:
    campaign = "campaigns: {{x: {{to: +{}d, order_rate: {{scale: 2}}, cost: 5}}}}"
    accept = "accept: {{min_cash: {{rises_by_at_least: {}}}}}"
    write(f"name: base\n{campaign.format(9)}\n{accept.format(1)}", "base.yaml")
    top = compiled(write(f"extends: base.yaml\n{campaign.format(20)}\n{accept.format('2%')}"), firm)
    assert [c.to_day for c in top.plan.campaigns] == [20]
    assert [(c.kpi, c.amount, c.relative, c.confidence) for c in top.scenario.accept] == [
        ("min_cash", 0.02, True, 0.95)
    ]
    assert [override.what for override in top.overridden] == ["campaign x", "criterion min_cash"]


@pytest.mark.parametrize(
    "first, second, overrides",
    [
        ("where: {segment: retail}, set: {terms_days: 1}", "where: {segment: public}, set: {terms_days: 2}", 0),
        ("where: {segment: retail}, set: {terms_days: 1}", "where: {class: A}, set: {terms_days: 2}", 1),
        ("to: +9d, set: {collectors: 1}", "from: +10d, set: {collectors: 2}", 0),
        ("to: +10d, set: {collectors: 1}", "from: +10d, set: {collectors: 2}", 1),
        ("set: {collectors: 1}", "set: {collectors: {add: 2}}", 0),
        ("set: {collectors: 1}", "set: {write_off_days: 90}", 0),
    ],
)
def test_only_a_value_for_the_same_customers_and_days_overrides(
    write: Write, firm: Firm, first: str, second: str, overrides: int
) -> None:
    assert len(compiled(write(f"change:\n  - {{{first}}}\n  - {{{second}}}"), firm).overridden) == overrides


def test_differences_read_as_sentences(write: Write, firm: Firm) -> None:
    path = write("""
        change:
          - where: {late_share: {above: 0.5}}
            set: {terms_days: {add: -10}}
          - from: +60d
            to: +90d
            set: {credit_limit: {scale: {normal: [0.8, 0.1]}}, outflows: 90%, overdraft_limit: 1_234.50}
          - set: {ladder: [{contact: email, day: 3}, {contact: call, day: 10}], worklist: oldest}
        campaigns:
          x: {where: {class: D}, to: +30d, order_rate: {scale: {uniform: [1, 2]}}, cost: 80_000}
        assume: {demand.terms_elasticity: {lognormal: [0.25, 0.5]}}
    """)
    assert compiled(path, firm).differences == (
        "from 2026-07-01: terms_days -10 for customers with late_share above 0.5 (2 of 6)",
        "from 2026-08-29 to 2026-09-28: credit_limit x 0.8 (sd 0.1) for all 6 customers",
        "from 2026-08-29 to 2026-09-28: outflows 0.9",
        "from 2026-08-29 to 2026-09-28: overdraft_limit 1,234.5",
        "from 2026-07-01: ladder email on day 3, call on day 10",
        "from 2026-07-01: worklist oldest",
        "from 2026-07-01 to 2026-07-30: campaign x: orders x 1 to 2, cost 80,000, for customers with class D (2 of 6)",
        "demand.terms_elasticity assumed to be 0.25 (lognormal, sd of the log 0.5) instead of 0.15 (sd 0.1)",
    )


def test_campaigns_and_new_settings_read_as_sentences_too(write: Write, firm: Firm) -> None:
    path = write("""
        change:
          - set: {discount: 2%, discount_days: 14, price: {scale: 105%}, hold_days: 15}
          - set: {over_limit: decline, lead_days: 3}
        campaigns:
          big: {where: {size: large}, to: +30d, order_rate: {scale: 1.2}, amount: {scale: 1.1}, acquire: 3, cost: 5}
          new: {to: +9d, acquire: {normal: [40, 10]}}
    """)
    everyone, start = "for all 6 customers", "from 2026-07-01"
    big = "orders x 1.2, amounts x 1.1, 3 new customers like them, cost 5, for customers with size large (2 of 6)"
    assert compiled(path, firm).differences == (
        f"{start}: discount 0.02 {everyone}",
        f"{start}: discount_days 14 {everyone}",
        f"{start}: price x 1.05 {everyone}",
        f"{start}: hold_days 15 {everyone}",
        f"{start}: over_limit decline",
        f"{start}: lead_days 3",
        f"{start} to 2026-07-30: campaign big: {big}",
        f"{start} to 2026-07-09: campaign new: 40 (sd 10) new customers like them, for all 6 customers",
    )


def shipped(name: str, firm: Firm) -> Plan:
    return compile_plan(read_scenario(content("scenarios") / f"{name}.yaml"), firm)


def test_as_is_changes_nothing(firm: Firm) -> None:
    assert shipped("as_is", firm) == Plan("as_is")


def test_tighter_terms_takes_ten_days_from_late_payers(firm: Firm) -> None:
    (change,) = shipped("tighter_terms", firm).changes
    assert (change.setting, change.how, change.amount, change.from_day, change.to_day) == (
        "terms_days",
        "add",
        fixed(-10),
        0,
        None,
    )
    assert change.who is not None
    assert np.flatnonzero(change.who).tolist() == [2, 4]


def test_tighter_terms_is_a_fault_where_everybody_pays_on_time(punctual_firm: Firm) -> None:
    with pytest.raises(ScenarioError, match=r"tighter_terms\.yaml, line \d+: no customer has late_share above 0\.5"):
        shipped("tighter_terms", punctual_firm)


def test_stronger_collections_doubles_the_collectors(firm: Firm) -> None:
    (change,) = shipped("stronger_collections", firm).changes
    assert (change.setting, change.how, change.amount, change.who) == (
        "collectors",
        "scale",
        Belief("fixed", 2, low=0),
        None,
    )


def test_spring_campaign_lasts_two_months(firm: Firm) -> None:
    (campaign,) = shipped("spring_campaign", firm).campaigns
    assert (campaign.from_day, campaign.to_day) == (59, 120)
    assert campaign.who.tolist() == [True] * 4 + [False] * 2


def test_early_discount_offers_2_percent_to_whoever_has_longer_to_pay(firm: Firm) -> None:
    discount, days = shipped("early_discount", firm).changes
    assert (discount.setting, discount.amount, days.setting, days.amount) == (
        "discount",
        fixed(0.02),
        "discount_days",
        fixed(10),
    )
    assert discount.who is not None
    assert discount.who.all()


def test_hold_overdue_holds_the_orders_of_everybody_who_is_15_days_past_due(firm: Firm) -> None:
    (change,) = shipped("hold_overdue", firm).changes
    assert (change.setting, change.how, change.amount) == ("hold_days", "set", fixed(15))
    assert change.who is not None
    assert change.who.all()


def test_win_customers_wins_twenty_in_two_months_like_the_small_and_medium(firm: Firm) -> None:
    (campaign,) = shipped("win_customers", firm).campaigns
    assert (campaign.from_day, campaign.to_day, campaign.cost) == (29, 90, 5_000_00)
    assert campaign.acquire == Belief("normal", 20, 5, 0, 1_000_000)
    assert campaign.order_rate == campaign.amount == fixed(1)
    assert campaign.who.tolist() == [True] * 4 + [False] * 2


@pytest.mark.parametrize("name", [path.stem for path in sorted(content("scenarios").glob("*.yaml"))])
def test_what_a_shipped_scenario_offers_behind_a_comment_sign_is_right_too(name: str, write: Write, firm: Firm) -> None:
    text = (content("scenarios") / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert text[2 : text.index("\n")].endswith(("?", "compared with."))
    offered = re.sub(r"^# (?=assume:|  )", "", text.partition("\nname:")[2], flags=re.MULTILINE)
    assert compiled(write(f"name:{offered}"), firm).plan.name == name
