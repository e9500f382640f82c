"""Paired comparisons: nothing differs where nothing is changed, and nothing depends on who computes it."""

from __future__ import annotations

import re
import subprocess
import sys
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from tests.study.small_study import AS_IS, SCENARIOS, contents, small_firm, small_result
from twin import cli
from twin.faults import FirmError, JobError, OutputError, ScenarioError
from twin.firm.firm import Firm
from twin.firm.plan import Plan
from twin.report import Result, compare
from twin.sim.measures import NAMES
from twin.sim.nature import Nature
from twin.sim.outcome import Outcome
from twin.sim.processes import ProcessError
from twin.sim.run import live
from twin.study import pool, store
from twin.study.attribution import WON
from twin.study.comparison import FigureError
from twin.study.kpi import KPIS
from twin.study.pool import ReplicationError, TooLargeError
from twin.study.size import BOUNDS, Size
from twin.study.tables import FIGURES, share_better


@pytest.fixture(scope="module")
def result() -> Result:
    return small_result()


def rows(table: pd.DataFrame, **where: str) -> pd.DataFrame:
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def scenario_file(place: Path, text: str) -> Path:
    path = place / f"s{len(list(place.iterdir()))}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def scenario_with_process(place: Path, body: str) -> Path:
    head = "from twin.sim.desks import Phase, before\n\n\ndef strike(env, world):\n    "
    (place / "own.py").write_text(f"{head}{body}\n", encoding="utf-8")
    return scenario_file(place, "name: own\nprocesses: [own:strike]\n")


def test_a_scenario_that_changes_nothing_differs_by_exactly_0_everywhere(result: Result) -> None:
    summary = rows(result.summary, scenario="as_is (2)")
    assert (summary[["diff", "diff_low", "diff_high"]].dropna() == 0).all(axis=None)
    assert set(summary["p_better"].dropna()) == {0.5}
    kpi = [rows(result.kpi, scenario=name)["value"].to_numpy() for name in ("as_is", "as_is (2)")]
    assert np.array_equal(*kpi, equal_nan=True)
    attribution = rows(result.attribution, scenario="as_is (2)")
    assert (attribution[["diff", "diff_low", "diff_high", "share"]] == 0).all(axis=None)
    daily = result.daily[result.daily["scenario"].eq("as_is (2)") & result.daily["measure"].str.endswith("_difference")]
    assert (daily[["mean", "p05", "p95"]] == 0).all(axis=None)


def test_the_summary_has_the_columns_that_others_rely_on(result: Result) -> None:
    assert list(result.summary) == [
        *("scenario", "kpi", "unit", "mean", "p05", "p50", "p95"),
        *("diff", "diff_low", "diff_high", "p_better", "replications"),
    ]
    assert len(result.summary) == 3 * len(FIGURES)
    assert set(result.summary["unit"]) == {"EUR", "days", "share", "percent", "count"}


def test_the_other_tables_have_the_columns_that_others_rely_on(result: Result) -> None:
    assert list(result.kpi) == ["scenario", "replication", "kpi", "value"]
    assert list(result.daily) == ["scenario", "day", "date", "measure", "mean", "p05", "p25", "p50", "p75", "p95"]
    assert len(result.kpi) == 3 * 8 * len(KPIS)
    assert set(NAMES) < set(result.daily["measure"])
    first = rows(result.daily, scenario="as_is", measure="cash").iloc[0]
    assert (first["day"], str(first["date"])) == (0, "2026-07-01")


def test_a_summary_row_tells_the_paired_differences_of_the_replications(result: Result) -> None:
    value = result.kpi.pivot(index=["kpi", "replication"], columns="scenario", values="value").loc["receipts"]
    paired = value["tighter_terms"] - value["as_is"]
    (row,) = rows(result.summary, scenario="tighter_terms", kpi="receipts").itertuples()
    assert row.diff == pytest.approx(paired.mean())
    assert (row.diff_low, row.diff_high) == pytest.approx(tuple(paired.quantile([0.05, 0.95])))
    assert row.p_better == pytest.approx(((paired > 0) + 0.5 * (paired == 0)).mean())
    assert result.paired("receipts")["tighter_terms"].to_numpy() == pytest.approx(paired.to_numpy())


def test_a_difference_has_the_standard_error_of_its_mean(result: Result) -> None:
    (row,) = rows(result.difference("revenue"), scenario="tighter_terms").itertuples()
    paired = result.paired("revenue")["tighter_terms"]
    assert row.se == pytest.approx(paired.std(ddof=1) / np.sqrt(8))
    assert list(result.difference("cfar95")) == list(result.difference("revenue"))


def test_money_is_in_units_and_not_in_cents(result: Result) -> None:
    """The accounts held 5,000.00 on the as-of date."""
    assert 0 < rows(result.daily, scenario="as_is", measure="cash")["mean"].iloc[0] < 20_000


def test_a_yen_has_no_cents() -> None:
    customers = small_firm().customers.assign(currency="JPY")
    yen = small_result((), firm=small_firm(currency="JPY", customers=customers), replications=2)
    euro = small_result((), replications=2)
    revenue = [rows(r.kpi, kpi="revenue")["value"].iloc[0] for r in (yen, euro)]
    assert revenue[0] == pytest.approx(100 * revenue[1])
    assert "JPY" in set(yen.summary["unit"])


@pytest.mark.parametrize("better, expected", [("up", 0.625), ("down", 0.375)])
def test_equal_replications_count_half(better: Any, expected: float) -> None:
    assert share_better(np.array([1.0, 2.0, 0.0, -1.0]), better) == expected


def test_figures_without_a_value_are_left_out_and_counted() -> None:
    """No revenue before day 0 and a horizon of one day: DSO exists only where something was invoiced on it."""
    quiet = small_firm(2, past_revenue=np.zeros(90, np.int64))
    found = small_result((), firm=quiet, days=1, replications=40)
    values = rows(found.kpi, kpi="dso")["value"]
    (row,) = rows(found.summary, kpi="dso").itertuples()
    assert 0 < row.replications == values.notna().sum() < 40
    assert row.mean == pytest.approx(values.mean())


def test_the_groups_of_a_kind_add_up_to_the_whole_difference(result: Result) -> None:
    parts = rows(result.attribution, scenario="tighter_terms", measure="receipts").groupby("group_by")
    whole = result.difference("receipts")["mean"].iloc[0]
    assert whole != 0
    assert parts["diff"].sum().to_numpy() == pytest.approx([whole] * 4)
    assert parts["share"].sum().to_numpy() == pytest.approx([1.0] * 4)
    assert set(parts["customers"].sum()) == {12}


def test_what_campaigns_win_is_a_group_of_its_own_and_shares_still_add_up() -> None:
    found = small_result(["win_customers", "tighter_terms"], days=120).attribution
    parts = rows(found, scenario="win_customers", measure="revenue")
    won = parts[parts["group"] == WON]
    assert list(won["group_by"]) == ["class", "segment", "size", "customer"]
    assert (won["share"] == 1).all()
    assert (won["customers"] == 0).all()
    assert parts.groupby("group_by")["share"].sum().to_numpy() == pytest.approx([1.0] * 4)
    assert set(parts.groupby("group_by")["customers"].sum()) == {12}
    assert WON not in set(rows(found, scenario="tighter_terms")["group"])


def test_the_change_comes_from_those_whose_terms_change(result: Result) -> None:
    parts = rows(result.attribution, scenario="tighter_terms", group_by="class", measure="receivables")
    share = parts.set_index("group")["share"]
    assert share["D"] > 0.9


def test_a_study_too_large_for_memory_is_the_same_on_disk(monkeypatch: pytest.MonkeyPatch, result: Result) -> None:
    monkeypatch.setattr(store, "IN_MEMORY_BYTES", 0)
    spilled = small_result()
    for name in ("summary", "daily", "kpi", "attribution"):
        pd.testing.assert_frame_equal(getattr(spilled, name), getattr(result, name))


def test_a_study_too_large_for_the_disk_is_refused_before_it_runs() -> None:
    with pytest.raises(OutputError, match="take fewer replications"):
        small_result(days=3_650, replications=10**6)


@pytest.mark.parametrize("name", BOUNDS)
def test_python_and_the_command_line_allow_the_same_sizes(name: str) -> None:
    low, high = BOUNDS[name]
    option = get_args(getattr(cli, name.capitalize()))[1]
    assert (option.min, option.max) == (low, high)
    for wrong in (low - 1, high + 1):
        with pytest.raises(ValueError, match=f"{name} is from {low:,} to {high:,}, not {wrong:,}"):
            Size(**{"days": 10, "replications": 2, "seed": 1} | {name: wrong})


def test_one_scenario_may_be_given_without_a_list() -> None:
    path = str(SCENARIOS / "tighter_terms.yaml")
    assert compare(small_firm(), AS_IS, path, days=2, replications=2, workers=1).scenarios == ("tighter_terms",)


def test_fewer_replications_are_the_first_of_more(result: Result) -> None:
    few = small_result(replications=3)
    first = result.kpi[result.kpi["replication"] < 3].reset_index(drop=True)
    pd.testing.assert_frame_equal(few.kpi, first)


def test_a_scenario_is_the_same_whatever_runs_beside_it(result: Result) -> None:
    alone = small_result(["tighter_terms"])
    for scenario in ("as_is", "tighter_terms"):
        own, beside = (rows(r.summary, scenario=scenario).reset_index(drop=True) for r in (alone, result))
        pd.testing.assert_frame_equal(own, beside)


def test_without_scenarios_the_baseline_is_forecast() -> None:
    found = small_result(())
    assert (found.baseline, found.scenarios) == ("as_is", ())
    assert len(found.attribution) == 0


@pytest.mark.slow
def test_any_number_of_workers_writes_the_same_bytes(tmp_path: Path) -> None:
    one, two = (small_result(workers=n).save(tmp_path / f"workers-{n}") for n in (1, 2))
    assert contents(one) == contents(two)


@pytest.mark.slow
def test_a_script_without_a_main_guard_may_use_several_workers(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from tests.study.small_study import small_result\n"
        "print('once')\n"
        "print(len(small_result(workers=2, replications=3).summary))\n"
    )
    root = Path(__file__).resolve().parents[2]
    code = f"import sys, runpy; sys.path.insert(0, {str(root)!r}); runpy.run_path({str(script)!r}, run_name='__main__')"
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=300)
    assert (run.returncode, run.stdout.split()) == (0, ["once", str(3 * len(FIGURES))]), run.stderr


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_replication_names_scenario_and_replication(workers: int) -> None:
    broken = small_firm(customers=small_firm().customers.drop(columns="rate_shape"))
    with pytest.raises(ReplicationError, match=r"^replication \d, seed 7: KeyError: 'rate_shape'"):
        small_result(firm=broken, workers=workers)


def test_a_replication_that_fails_late_stops_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(firm: Firm, plan: Plan, nature: Nature) -> Outcome:
        if nature.replication == 2 and plan.name == "tighter_terms":
            raise ZeroDivisionError("no collectors")
        return live(firm, plan, nature)

    monkeypatch.setattr(pool, "live", fails)
    with pytest.raises(ReplicationError, match="'tighter_terms', replication 2, seed 7: ZeroDivisionError: no coll"):
        small_result()


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_that_fails_is_told_with_place_and_traceback(tmp_path: Path, workers: int) -> None:
    path = scenario_with_process(tmp_path, "yield before(env, 3, Phase.ORDERS)\n    world.custommers")
    with pytest.raises(ProcessError) as e:
        compare(small_firm(), AS_IS, [path], days=5, replications=3, seed=7, workers=workers)
    said = str(e.value)
    assert re.match(r"scenario 'own', day 3, replication \d: the process strike of own.py failed\.\n", said)
    assert "line 6, in strike\n" in said
    assert "AttributeError: 'World' object has no attribute 'custommers'" in said


def test_a_process_cannot_end_the_program(tmp_path: Path) -> None:
    path = scenario_with_process(tmp_path, "yield before(env, 0, Phase.ORDERS)\n    raise SystemExit(0)")
    with pytest.raises(JobError, match=r"scenario 'own', day 0, replication 0: the process strike of own.py failed"):
        compare(small_firm(), AS_IS, [path], days=5, replications=3, workers=1)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_an_amount_too_large_to_be_counted_is_told_with_its_place(workers: int) -> None:
    """exp(43) cents are within 64 bits, and a few orders of them are not."""
    customers = small_firm().customers.assign(amount_mu=43.0, credit_limit=2**62)
    with pytest.raises(TooLargeError, match=r"^scenario 'as_is', replication \d, seed 7: an amount is too large to be"):
        small_result((), firm=small_firm(customers=customers), workers=workers)


@pytest.mark.parametrize("error", [ProcessError, TooLargeError, ReplicationError, JobError])
def test_what_a_worker_raises_arrives_as_it_was(error: type[Exception]) -> None:
    arrived = ForkingPickler.loads(ForkingPickler.dumps(error("day 3: of a process")))
    assert type(arrived) is error
    assert str(arrived) == "day 3: of a process"


def test_faults_of_all_scenarios_are_told_at_once(tmp_path: Path) -> None:
    one = scenario_file(tmp_path, "name: one\nchange:\n  - set: {term_days: 3}\n")
    two = scenario_file(tmp_path, "name: two\nchange:\n  - where: {class: Z}\n    set: {terms_days: 3}\n")
    with pytest.raises(ScenarioError) as e:
        compare(small_firm(), AS_IS, [one, two], days=5, replications=2, workers=1)
    assert len(e.value.faults) == 2


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    other = scenario_file(tmp_path, "name: as_is\nchange:\n  - set: {collectors: 3}\n")
    with pytest.raises(ScenarioError, match="the name 'as_is' is already that of"):
        compare(small_firm(), AS_IS, [other], days=5, replications=2, workers=1)


def test_a_criterion_on_a_figure_that_there_is_not_is_refused(tmp_path: Path) -> None:
    path = scenario_file(tmp_path, "name: x\naccept:\n  mincash: {rises_by_at_least: 1}\n")
    with pytest.raises(ScenarioError, match="Did you mean 'min_cash'"):
        compare(small_firm(), AS_IS, [path], days=5, replications=2, workers=1)


@pytest.mark.parametrize(
    "criterion, met",
    [
        ("collection_cost: {rises_by_at_least: 1}", True),
        ("collection_cost: {rises_by_at_least: 60%}", True),
        ("collection_cost: {rises_by_at_least: 150%}", False),
        ("collection_cost: {falls_by_at_least: 0.01}", False),
        ("net_value: {falls_by_at_most: 1_000_000_000}", True),
        ("p_shortfall: {rises_by_at_most: 1}", True),
    ],
)
def test_a_criterion_is_met_where_enough_replications_meet_it(tmp_path: Path, criterion: str, met: bool) -> None:
    """Twice the collectors cost twice as much, save for the contacts themselves."""
    text = f"name: x\nchange:\n  - set: {{collectors: {{scale: 2}}}}\naccept:\n  {criterion}\n"
    found = compare(small_firm(), AS_IS, [scenario_file(tmp_path, text)], days=30, replications=4, workers=1)
    (verdict,) = found.manifest["scenarios"][1]["accept"]
    assert (verdict["met"], verdict["share"]) == (met, float(met))


def test_a_firm_without_the_value_card_is_refused_before_the_run() -> None:
    cards = {name: card for name, card in small_firm().cards.items() if name != "value"}
    with pytest.raises(FirmError, match=r"value\.contribution_margin"):
        small_result(firm=small_firm(cards=cards))


@pytest.mark.parametrize("wrong", [{"days": 0}, {"replications": 0}, {"seed": -1}, {"workers": 0}])
def test_a_study_of_no_size_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}|worker"):
        small_result(**wrong)


def test_an_unknown_figure_is_refused_with_the_likely_one(result: Result) -> None:
    with pytest.raises(FigureError, match="Did you mean 'min_cash'"):
        result.difference("mincash")
    with pytest.raises(FigureError, match="there is no KPI 'cfar95'"):
        result.paired("cfar95")


def test_scenarios_given_twice_are_numbered() -> None:
    names = compare(small_firm(), AS_IS, [AS_IS, SCENARIOS / "as_is.yaml"], days=2, replications=2, workers=1).scenarios
    assert names == ("as_is (2)", "as_is (3)")
