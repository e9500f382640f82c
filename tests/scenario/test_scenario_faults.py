"""Bad scenarios: each fault has its place, what is allowed, and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from twin.faults import Fault, ScenarioError
from twin.firm.firm import Firm
from twin.scenario import read_plans, read_scenario

Faults = Callable[[str], list[Fault]]

BAD = [
    (
        "campaigns: {x: {to: +9d, order_rate: {scale: campain_uplift}}}",
        *(2, "'scale' is 'campain_uplift', not a number", "a belief, or campaign_uplift", "campaign_uplift"),
    ),
    ("chnage: []", 2, "there is no field 'chnage'", "accept, assume, campaigns, change", "change"),
    ("proceses: [a:b]", 2, "there is no field 'proceses'", "fields are", "processes"),
    ("description: a\nname: twice", 3, "'name' is given again", "already given in line 1", ""),
    ("description: 5", 2, "'description' is 5, not text", "put it in quotes: '5'", ""),
    ("change:", 2, "'change' is empty, not a list", "changes", ""),
    ("change: []", 2, "'change' is empty", "leave it out", ""),
    ("change: [5]", 2, "'change 1' is 5, not a group", "from, to, where, set", ""),
    ("change: [{from: +1d}]", 2, "change 1: the field 'set' is missing", "the settings to move", ""),
    ("change: [{form: +1d, set: {collectors: 1}}]", 2, "there is no field 'form'", "from, set, to, where", "from"),
    ("change:\n  - set: {term_days: 5}", 3, "there is no setting 'term_days'", "credit_limit", "terms_days"),
    ("change:\n  - set: {terms_days: 400}", 3, "'terms_days' is 400, out of range", "0 to 365", ""),
    ("change:\n  - set: {terms_days: 7.5}", 3, "'terms_days' is 7.5, not a whole number", "", ""),
    ("change:\n  - set: {terms_days: '30'}", 3, "'terms_days' is '30', not a whole number", "write 30", ""),
    ("change:\n  - set: {outflows: 1e-3}", 3, "'outflows' is '1e-3', not a number", "write 0.001", ""),
    ("change:\n  - set: {outflows: .nan}", 3, "'outflows' is nan, out of range", "0 to 10", ""),
    ("change:\n  - set: {collectors: on}", 3, "'collectors' is true, not a whole number", "", ""),
    ("change:\n  - set: {collectors: }", 3, "'collectors' is empty, not a whole number", "", ""),
    ("change:\n  - set: {credit_limit: .inf}", 3, "out of range", "0 to 10,000,000,000,000", ""),
    ("change:\n  - set: {credit_limit: 10.005}", 3, "10.005 EUR is not a whole number", "at most 2 decimals", ""),
    ("change:\n  - set: {credit_limit: {scale: -1}}", 3, "'scale' is -1, out of range", "at least 0", ""),
    ("change:\n  - set: {credit_limit: {scal: 1}}", 3, "no way to move a setting 'scal'", "add, scale", "scale"),
    ("change:\n  - set: {credit_limit: {scale: 1, add: 1}}", 3, "both scale and add", "one of them", ""),
    ("change:\n  - set: {worklist: largst}", 3, "there is no rule 'largst'", "largest, oldest", "largest"),
    ("change:\n  - set: {over_limit: hodl}", 3, "there is no rule 'hodl'", "decline, hold", "hold"),
    ("change:\n  - set: {over_limit: largest}", 3, "there is no rule 'largest'", "decline, hold", ""),
    ("change:\n  - {where: {class: D}, set: {over_limit: hold}}", 3, "'over_limit' holds for the whole firm", "", ""),
    ("change:\n  - set: {hold_days: 0}", 3, "'hold_days' is 0, out of range", "1 to 3,650", ""),
    ("change:\n  - set: {hold_day: 15}", 3, "there is no setting 'hold_day'", "hold_patience_days", "hold_days"),
    ("change:\n  - set: {price: 0}", 3, "'price' is 0, out of range", "0.01 to 100", ""),
    ("change:\n  - set: {price: -5%}", 3, "'price' is -0.05, out of range", "0.01 to 100", ""),
    ("change:\n  - set: {discount: 2}", 3, "'discount' is 2, out of range", "0 to 0.5", ""),
    ("change:\n  - set: {discount: two}", 3, "'discount' is 'two', not a number", "", ""),
    ("change:\n  - set: {discount_days: 2.5}", 3, "'discount_days' is 2.5, not a whole number", "", ""),
    ("change:\n  - set: {lead_days: 366}", 3, "'lead_days' is 366, out of range", "0 to 365", ""),
    ("change:\n  - {where: {class: D}, set: {lead_days: 3}}", 3, "'lead_days' holds for the whole firm", "", ""),
    ("change:\n  - set: {hold_patience_days: -1}", 3, "'hold_patience_days' is -1, out of range", "0 to 3,650", ""),
    ("change:\n  - set: {ladder: call}", 3, "'ladder' is 'call', not a list", "{contact: call, day: 20}", ""),
    ("change:\n  - set: {ladder: [{contact: cal, day: 3}]}", 3, "there is no contact 'cal'", "call, email", "call"),
    ("change:\n  - set: {ladder: [{contact: call, day: -3}]}", 3, "'day' is -3, out of range", "0 to 3,650", ""),
    ("change:\n  - set: {ladder: [{contact: call}]}", 3, "ladder 1: the field 'day' is missing", "rising", ""),
    (
        "change:\n  - set:\n      ladder:\n        - {contact: call, day: 20}\n        - {contact: email, day: 5}",
        6,
        "step 2 is on day 5, not after step 1 on day 20",
        "rise from step to step",
        "",
    ),
    ("change:\n  - {from: 2026-06-30, set: {collectors: 1}}", 3, "is not after the as-of date", "2026-07-01", ""),
    ("change:\n  - {from: +0d, set: {collectors: 1}}", 3, "'from' is +0d, out of range", "+1d", ""),
    ("change:\n  - {from: 1.9.2026, set: {collectors: 1}}", 3, "'1.9.2026', not a date", "2026-09-01", ""),
    ("change:\n  - {from: 2026-02-30, set: {collectors: 1}}", 3, "'2026-02-30' is not a date or number", "", ""),
    ("change:\n  - {from: 60, set: {collectors: 1}}", 3, "'from' is 60, not a date", "+60d", ""),
    (
        "change:\n  - from: 2026-09-01\n    to: 2026-08-31\n    set: {collectors: 1}",
        4,
        "'to' is 2026-08-31, before 'from', which is 2026-09-01",
        "last day",
        "",
    ),
    (
        "change:\n  - {from: +90d, to: 2026-07-31, set: {collectors: 1}}",
        3,
        "before 'from', which is 2026-09-28",
        "",
        "",
    ),
    ("change:\n  - {where: {class: D}, set: {collectors: 1}}", 3, "'collectors' holds for the whole firm", "", ""),
    ("change:\n  - {where: {segmnt: x}, set: {terms_days: 1}}", 3, "no column 'segmnt'", "class, credit", "segment"),
    ("change:\n  - {where: {rate_shape: 2}, set: {terms_days: 1}}", 3, "the firm cannot see it", "columns are", ""),
    ("change:\n  - {where: , set: {terms_days: 1}}", 3, "'where' is empty", "conditions by column", ""),
    ("change:\n  - {where: {region: NO}, set: {terms_days: 1}}", 3, "'region' is false, not text", "quotes", ""),
    ("change:\n  - {where: {customer_id: 00123}, set: {terms_days: 1}}", 3, "is 00123 a number or text", "83", ""),
    ("change:\n  - {where: {class: [D, E]}, set: {terms_days: 1}}", 3, "there is no class 'E'", "A, B, C, D", ""),
    ("change:\n  - {where: {class: {above: B}}, set: {terms_days: 1}}", 3, "'class' is a word", "[A, B]", ""),
    ("change:\n  - {where: {class: []}, set: {terms_days: 1}}", 3, "it matches nobody", "at least one", ""),
    ("change:\n  - {where: {late_share: {abov: 1}}, set: {terms_days: 1}}", 3, "no bound 'abov'", "", "above"),
    ("change:\n  - {where: {late_share: {above: 50%}}, set: {terms_days: 1}}", 3, "'50%', not a number", "0.5", ""),
    (
        "change:\n  - {where: {segment: [public, retial]}, set: {terms_days: 1}}",
        3,
        "no customer has segment 'retial'",
        "segments are: retail (3), wholesale (2), public (1)",
        "retail",
    ),
    ("change:\n  - {where: {class: C}, set: {terms_days: 1}}", 3, "no customer has class C", "A (3), D (2), B", ""),
    ("change:\n  - {where: {industry: steel}, set: {terms_days: 1}}", 3, "industry 'steel'", "have no industry", ""),
    (
        "change:\n  - {where: {late_share: {above: 50}}, set: {terms_days: 1}}",
        3,
        "no customer has late_share above 50",
        "late_share is 0 to 0.9 in this firm",
        "",
    ),
    (
        "change:\n  - {where: {revenue: {above: 7_000_000.5}}, set: {terms_days: 1}}",
        3,
        "no customer has revenue above 7,000,000.5",
        "revenue is 1,000 to 600,000 in this firm",
        "",
    ),
    (
        "change:\n  - where: {segment: public, class: D}\n    set: {terms_days: 1}",
        3,
        "no customer has segment public and class D at once",
        "segment public: 1 customers; class D: 2 customers",
        "",
    ),
    ("campaigns: [spring]", 2, "'campaigns' is a list, not a group", "campaigns by name", ""),
    ("campaigns:\n  x: {order_rate: {scale: 2}}", 3, "x: the field 'to' is missing", "last day", ""),
    ("campaigns:\n  x: {to: +9d, order_rate: 2}", 3, "'order_rate' is a factor", "{scale: 1.15}", ""),
    ("campaigns:\n  x: {to: +9d, order_rate: {add: 2}}", 3, "no field 'add'", "fields are: scale", ""),
    ("campaigns:\n  x: {to: +9d, order_rate: {scale: -0.5}}", 3, "'scale' is -0.5, out of range", "at least 0", ""),
    ("campaigns:\n  x: {to: +9d, order_rate: {scale: {normal: [-1, 1]}}}", 3, "-1 is outside its range", "", ""),
    ("campaigns:\n  x: {to: +9d, cost: 5}", 3, "the campaign 'x' does nothing", "order_rate, amount, acquire", ""),
    ("campaigns:\n  x: {to: +9d, amount: 2}", 3, "'amount' is a factor", "{scale: 1.15}", ""),
    ("campaigns:\n  x: {to: +9d, amount: {scale: {uniform: [-1, 1]}}}", 3, "-1 is outside its range", "", ""),
    ("campaigns:\n  x: {to: +9d, amuont: {scale: 2}}", 3, "there is no field 'amuont'", "acquire, amount", "amount"),
    ("campaigns:\n  x: {to: +9d, acquire: -1}", 3, "'acquire' is -1, out of range", "0 to 1,000,000", ""),
    ("campaigns:\n  x: {to: +9d, acquire: 1_000_001}", 3, "'acquire' is 1000001, out of range", "0 to 1,000,000", ""),
    ("campaigns:\n  x: {to: +9d, acquire: 2.5}", 3, "'acquire' is 2.5, not a whole number", "", ""),
    ("campaigns:\n  x: {to: +9d, acquire: 5%}", 3, "'acquire' is '5%', not a whole number", "", ""),
    ("campaigns:\n  x: {to: +9d, acquire: {normal: [-3, 1]}}", 3, "-3 is outside its range, 0 to 1,000,000", "", ""),
    ("campaigns:\n  x: {to: +9d, acquire: {scale: 2}}", 3, "there is no shape 'scale'", "lognormal, normal", ""),
    ("campaigns:\n  x: {to: +9d, order_rate: {scale: 1}, cost: -5}", 3, "'cost' is -5, out of range", "0 to 10,", ""),
    ("campaigns:\n  x: {to: +9d, order_rate: {scale: 1}, cost: 1.234}", 3, "1.234 EUR is not a whole", "", ""),
    ("assume: {demand.terms_elastcity: 1}", 2, "no parameter 'demand.terms_elastcity'", "", "demand.terms_elasticity"),
    ("assume: {demand.terms_elasticity: -1}", 2, "-1 is outside its range, 0 to 2", "orders", ""),
    ("assume: {liquidity.worsen_sound: -0.1}", 2, "-0.1 is outside its range, 0 to 100", "becomes strained", ""),
    ("assume: {liquidity.improve_strained: {normal: [-1, 1]}}", 2, "-1 is outside its range", "sound again", ""),
    ("assume: {demand.churn_rate: -3%}", 2, "-0.03 is outside its range, 0 to 20", "leaves for good", ""),
    ("assume: {dispute.share: 1.1}", 2, "1.1 is outside its range, 0 to 1", "probability", ""),
    ("assume: {payment.never_share: 101%}", 2, "1.01 is outside its range, 0 to 1", "never paid", ""),
    ("assume: {payment.part_share: {uniform: [0.5, 1.5]}}", 2, "1.5 is outside its range, 0 to 1", "part", ""),
    ("assume: {liquidity.pace_strained: 0}", 2, "0 is outside its range, 0.01 to 100", "pay-runs", ""),
    ("assume: {discount.softness: 0}", 2, "0 is outside its range, 0.001 to 5", "blurred", ""),
    ("assume: {liquidity.macro_memory: 1}", 2, "1 is outside its range, 0 to 0.999", "a week", ""),
    ("assume: {liquidity.links_per_customer: 2}", 2, "used when a firm is calibrated", "models/liquidity.yaml", ""),
    ("assume: {treasury.cost_share: 1}", 2, "used when a firm is calibrated", "models/treasury.yaml", ""),
    ("assume: {a.b: {normal: [1]}}", 2, "'normal' takes two numbers, not 1", "[mean, standard deviation]", ""),
    ("assume: {a.b: {normal: [1, -1]}}", 2, "a standard deviation is at least 0, not -1", "", ""),
    ("assume: {a.b: {lognormal: [0, 1]}}", 2, "the median of a lognormal is above 0, not 0", "", ""),
    ("assume: {a.b: {uniform: [2, 1]}}", 2, "uniform is [lowest, highest], rising", "", ""),
    ("assume: {a.b: {unifrm: [1, 2]}}", 2, "there is no shape 'unifrm'", "lognormal, normal, uniform", "uniform"),
    ("assume: {a.b: {normal: [1, 1], uniform: [1, 2]}}", 2, "has 2 shapes", "one of", ""),
    ("accept: {min_cash: {rises: 5}}", 2, "there is no field 'rises'", "rises_by_at_least", ""),
    ("accept: {min_cash: {confidence: 0.9}}", 2, "'min_cash' has 0 directions", "falls_by_at_most", ""),
    ("accept: {min_cash: {rises_by_at_least: -5}}", 2, "is -5, out of range", "at least 0", ""),
    ("accept: {min_cash: {rises_by_at_least: 5, confidence: 95}}", 2, "'confidence' is 95, out of range", "0 to 1", ""),
    ("accept: {min_cash: {rises_by_at_least: 5, confidence: 1}}", 2, "can fail to be met", "below 1", ""),
    ("extends: nope.yaml", 2, "there is no file 'nope.yaml'", "relative to test.yaml; files there are: test.yaml", ""),
    ("extends: tset.yaml", 2, "there is no file 'tset.yaml'", "", "test.yaml"),
    ("extends: test.yaml", 2, "cannot extend itself: test.yaml extends test.yaml", "", ""),
    ("extends: [5]", 2, "'extends 1' is 5, not text", "'5'", ""),
]


@pytest.mark.parametrize("text, line, what, allowed, meant", BAD)
def test_a_fault_names_its_line_what_is_allowed_and_what_was_meant(
    faults: Faults, text: str, line: int, what: str, allowed: str, meant: str
) -> None:
    (fault,) = [f for f in faults(text) if what in f.what]
    assert (fault.place, fault.meant) == (f"test.yaml, line {line}", meant)
    assert allowed in fault.allowed


def test_all_faults_of_a_file_are_found_at_once_in_the_order_of_its_lines(faults: Faults) -> None:
    found = faults("""
        extends: nope.yaml
        change:
          - where: {segmnt: retail}
            set: {term_days: 5, terms_days: 500}
            set: {collectors: 3}
          - from: 2020-01-01
            where: {class: C}
            set: {credit_limit: 1e3}
    """)
    assert [(f.place.partition(", ")[2], f.what) for f in found] == [
        ("line 2", "there is no file 'nope.yaml'."),
        ("line 4", "there is no column 'segmnt'."),
        ("line 5", "there is no setting 'term_days'."),
        ("line 5", "'terms_days' is 500, out of range."),
        ("line 6", "'set' is given again."),
        ("line 7", "2020-01-01 is not after the as-of date, 2026-06-30."),
        ("line 8", "no customer has class C."),
        ("line 9", "'credit_limit' is '1e3', not a number."),
    ]


def test_faults_of_all_files_of_a_comparison_come_together(write: Callable[..., Path], firm: Firm) -> None:
    base = write("name: base\nchange: [{set: {colectors: 1}}]", "base.yaml")
    top = write("name: top\nextends: base.yaml\nchange: [{where: {class: C}, set: {terms_days: 1}}]", "top.yaml")
    with pytest.raises(ScenarioError) as error:
        read_plans([base, top], firm)
    assert [f.what for f in error.value.faults] == ["there is no setting 'colectors'.", "no customer has class C."]


def test_a_shipped_scenario_that_is_not_beside_the_file_is_named_as_such(faults: Faults) -> None:
    (fault,) = faults("extends: as_is.yaml")
    assert "as_is is a shipped scenario: copy its file there" in fault.allowed


def test_a_bare_name_near_a_shipped_scenario_lists_those_and_suggests_it(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"no such shipped scenario\. Did you mean 'tighter_terms'") as error:
        read_scenario("tigther_terms")
    names = "as_is, early_discount, hold_overdue, spring_campaign, stronger_collections, tighter_terms, win_customers"
    assert names in error.value.faults[0].allowed


def test_every_step_of_a_ladder_that_does_not_rise_is_found_beside_a_kind_that_there_is_not(faults: Faults) -> None:
    steps = "[{contact: fax, day: 9}, {contact: call, day: 3}, {contact: email, day: 5}, {contact: call, day: 5}]"
    assert [f.what for f in faults(f"change: [{{set: {{ladder: {steps}}}}}]")] == [
        "there is no contact 'fax'.",
        "step 2 is on day 3, not after step 1 on day 9.",
        "step 4 is on day 5, not after step 3 on day 5.",
    ]


def test_a_criterion_on_a_figure_that_there_is_not_is_a_fault(write: Callable[..., Path], firm: Firm) -> None:
    path = write("accept: {min_csh: {rises_by_at_least: 5}}")
    with pytest.raises(ScenarioError, match="there is no KPI 'min_csh'"):
        read_plans([path], firm, {"min_cash": None, "revenue": None})


def test_two_files_that_extend_each_other_are_refused_where_the_circle_closes(write: Callable[..., Path]) -> None:
    first = write("name: a\nextends: b.yaml", "a.yaml")
    write("name: b\nextends: a.yaml", "b.yaml")
    with pytest.raises(ScenarioError, match=r"b\.yaml, line 2: .* a\.yaml extends b\.yaml extends a\.yaml"):
        read_scenario(first)


def test_a_file_that_is_absent_or_no_yaml_is_a_fault(write: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there is no such file"):
        read_scenario(tmp_path / "absent.yaml")
    with pytest.raises(ScenarioError, match="line 3: this is not YAML"):
        read_scenario(write("change: [\n:"))


def test_what_is_refused_by_yaml_is_not_reported_twice(faults: Faults) -> None:
    (fault,) = faults("description: &words a\nextends: *words")
    assert (fault.place, fault.what) == ("test.yaml, line 3", "aliases are not allowed.")
