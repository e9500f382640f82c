"""A replay tells every event of a replication, and is what the run recorded or says in what it is not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.study.small_study import AS_IS, SCENARIOS, small_firm
from twin.report import Result, compare, read_run
from twin.sim.events import EVENT_KINDS
from twin.sim.measures import COLUMN, MEASURES
from twin.sim.outcome import Outcome
from twin.study.event_table import COUNTED, EVENTS, SUMMED, check_sums
from twin.study.recorded import ReplayError
from twin.study.replay import NotTheSameError, Replay, replay
from twin.study.store import Store

FIRM = small_firm()
DAYS, REPLICATIONS = 150, 3
NAMES = ("tighter_terms", "early_discount", "hold_overdue", "win_customers")
STRIKE = """\
from twin.sim.desks import Phase, before


def strike(env, world):
    for day in range(20, 25):
        yield before(env, day, Phase.TREASURY)
        world.days["open"][day] = 0
"""

Recorded = dict[int, list[Outcome]]


def run_of(*scenarios: Path, **other: Any) -> Result:
    options: dict[str, Any] = {"days": 40, "replications": 2, "seed": 7, "workers": 1, "progress": False}
    return compare(FIRM, AS_IS, scenarios, **{**options, **other})


def written(place: Path, **texts: str) -> Path:
    """Files of a folder that is made, as name_yaml='...' and name_py='...'; the path of the first."""
    place.mkdir(parents=True, exist_ok=True)
    paths = [place / ".".join(name.rsplit("_", 1)) for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        path.write_bytes(text.encode())
    return paths[0]


def again(run: Result, scenario: str, replication: int = 0) -> Replay:
    return replay(run, FIRM, scenario, replication, progress=False)


@pytest.fixture(scope="module")
def studied() -> tuple[Result, Recorded]:
    """A run of shipped scenarios, and every outcome that the study was given."""
    given: Recorded = {}
    put = Store.put

    def keep(self: Store, replication: int, outcomes: Sequence[Outcome]) -> None:
        given[replication] = list(outcomes)
        put(self, replication, outcomes)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Store, "put", keep)
        run = run_of(*(SCENARIOS / f"{name}.yaml" for name in NAMES), days=DAYS, replications=REPLICATIONS)
    return run, given


@pytest.fixture(scope="module")
def run(studied: tuple[Result, Recorded]) -> Result:
    return studied[0]


@pytest.fixture(scope="module")
def replayed(run: Result) -> Replay:
    return again(run, "win_customers", 1)


@pytest.mark.parametrize("replication", range(REPLICATIONS))
def test_every_day_is_the_one_that_the_study_recorded(
    studied: tuple[Result, Recorded], run: Result, replication: int
) -> None:
    for scenario, name in enumerate(("as_is", *NAMES)):
        then, now = studied[1][replication][scenario], again(run, name, replication).outcome
        assert np.array_equal(now.measures, then.measures)
        assert np.array_equal(now.customers, then.customers)
        assert now.drawn == then.drawn


@pytest.mark.parametrize("measure", SUMMED)
def test_the_events_of_a_day_add_up_to_its_measures(run: Result, measure: str) -> None:
    for name in ("as_is", "early_discount"):
        found = again(run, name)
        of = found.events[found.events["kind"] == SUMMED[measure]]
        summed = of.groupby("day")["cents"].sum().reindex(range(DAYS), fill_value=0)
        assert np.array_equal(summed, found.outcome.measures[:, COLUMN[measure]])


def test_the_days_are_told_with_date_and_decimal_money(replayed: Replay) -> None:
    assert list(replayed.daily) == ["day", "date", *MEASURES]
    assert str(replayed.daily["date"].iloc[0]) == "2026-07-01"
    assert replayed.daily["cash"].to_numpy() == pytest.approx(replayed.outcome.measures[:, COLUMN["cash"]] / 100)
    assert replayed.daily["orders"].sum() == replayed.outcome.measures[:, COLUMN["orders"]].sum()


def test_events_that_do_not_add_up_are_found(replayed: Replay) -> None:
    events = replayed.outcome.events
    assert events is not None
    for kind in {*SUMMED.values(), *COUNTED.values()} & set(replayed.events["kind"]):
        (first, *_) = np.flatnonzero(replayed.events["kind"] == kind)
        with pytest.raises(AssertionError, match=f"day {replayed.events['day'].iloc[first]}: the events make"):
            check_sums(np.delete(events, first), replayed.outcome.measures)


def test_an_event_has_the_columns_that_others_rely_on(replayed: Replay) -> None:
    events = replayed.events
    assert tuple(events) == EVENTS
    assert set(events["kind"]) <= set(EVENT_KINDS)
    assert (events["phase"] == [EVENT_KINDS[kind].phase for kind in events["kind"]]).all()
    assert events["day"].is_monotonic_increasing
    assert str(events["date"].iloc[0]) == str(pd.Timestamp("2026-07-01").date() + pd.Timedelta(days=events["day"][0]))


def test_an_invoice_open_on_the_as_of_date_has_the_id_of_the_books(run: Result) -> None:
    """Each customer owes one invoice on the as-of date, I0 of the first and so on."""
    events = again(run, "as_is").events
    old = events[events["invoice"].str.fullmatch(r"I\d+", na=False)]
    assert len(old)
    assert (old["customer"] == old["invoice"].map(lambda i: f"C{int(i[1:]):03d}")).all()
    assert old["order"].isna().all()


def test_an_invoice_of_the_run_has_the_id_of_its_customer_and_order(run: Result) -> None:
    events = again(run, "as_is").events
    invoiced = events[events["kind"] == "invoice"]
    assert (invoiced["invoice"] == invoiced["customer"] + "/" + invoiced["order"].astype(str)).all()
    paid = events[(events["kind"] == "receipt") & events["order"].notna()]
    assert set(paid["invoice"]) <= set(invoiced["invoice"])


def test_an_order_is_no_invoice_and_a_regime_is_neither(run: Result) -> None:
    events = again(run, "hold_overdue").events
    orders = events[events["kind"].isin(["order", "held", "lost"])]
    assert orders["order"].notna().all()
    assert orders["invoice"].isna().all()
    moves = events[events["kind"] == "regime"]
    assert len(moves)
    assert moves[["order", "invoice"]].isna().all(axis=None)


def test_causes_are_in_words(run: Result) -> None:
    events = again(run, "hold_overdue").events
    assert set(events.loc[events["kind"] == "regime", "cause"]) <= {"sound", "strained", "distressed", "failed"}
    assert set(events.loc[events["kind"] == "invoice", "cause"]) == {"due in 30 days"}
    assert "an invoice is too long past due" in set(events.loc[events["kind"] == "held", "cause"])
    assert "step 1 of the ladder" in set(events.loc[events["kind"] == "contact", "cause"])


def test_customers_who_were_won_are_named_by_their_campaign(replayed: Replay) -> None:
    own, won = replayed.customers[:12], replayed.customers[12:]
    assert own == tuple(FIRM.customers["customer_id"])
    assert won == tuple(f"new_customers {k + 1}" for k in range(len(won)))
    assert set(won) & set(replayed.events["customer"])
    assert replayed.of_customer("new_customers 1").events["date"].min() >= pd.Timestamp("2026-07-30").date()


def test_the_events_of_one_customer_are_its_own(replayed: Replay) -> None:
    own = replayed.of_customer("C003").events
    assert set(own["customer"]) == {"C003"}
    assert len(own) == (replayed.events["customer"] == "C003").sum()


def test_what_the_run_has_not_is_refused_with_what_was_probably_meant(run: Result, replayed: Replay) -> None:
    with pytest.raises(ReplayError, match="Did you mean 'C003'"):
        replayed.of_customer("c003")
    with pytest.raises(ReplayError, match="Did you mean 'tighter_terms'"):
        again(run, "tigther_terms")
    with pytest.raises(ReplayError, match=r"no replication 3\.\n  the run has 0 to 2"):
        again(run, "as_is", 3)


def test_another_firm_than_that_of_the_run_is_refused(run: Result) -> None:
    with pytest.raises(ReplayError, match="is not the one that the run was made from"):
        replay(run, replace(FIRM, policy=replace(FIRM.policy, collectors=2)), "as_is", 0)


def test_a_figure_that_is_not_the_recorded_one_is_named(run: Result) -> None:
    kpi = run.kpi.copy()
    kpi.loc[(kpi["scenario"] == "as_is") & (kpi["replication"] == 1) & (kpi["kpi"] == "dso"), "value"] += 1e-9
    with pytest.raises(NotTheSameError, match=r"scenario 'as_is', replication 1: DSO is .* now and .* in the run"):
        again(replace(run, kpi=kpi), "as_is", 1)
    other = replace(run, kpi=kpi, manifest={**run.manifest, "made_with": {"numpy": "1.0"}})
    with pytest.raises(NotTheSameError, match=r"The run was made with .*numpy 1\.0, now"):
        again(other, "as_is", 1)


def test_a_scenario_compared_twice_is_replayed_by_its_number(run: Result) -> None:
    assert again(run_of(AS_IS), "as_is (2)").figures > 20


def test_a_run_is_replayed_from_its_texts_when_the_files_are_gone(tmp_path: Path) -> None:
    """A scenario of two layers in two folders, both called the same, with a process beside the lower one."""
    written(
        tmp_path / "base",
        mine_yaml="name: base\nprocesses: [bank:strike]\nchange:\n  - set: {collectors: 2}\n",
        bank_py="\N{ZERO WIDTH NO-BREAK SPACE}" + STRIKE.replace("\n", "\r\n"),
    )
    path = written(
        tmp_path / "top", mine_yaml="name: mine\nextends: ../base/mine.yaml\nchange:\n  - set: {terms_days: 20}\n"
    )
    saved = run_of(path).save(tmp_path / "run")
    for file in [*tmp_path.glob("base/*"), *tmp_path.glob("top/*")]:
        file.unlink()
    found = again(read_run(saved), "mine", 1)
    assert found.figures > 20
    assert (found.daily.loc[20:24, "in_transit"].diff().dropna() >= 0).all()


def test_a_process_that_two_layers_name_runs_once_again(tmp_path: Path) -> None:
    for name, extends in (("one", ""), ("two", "extends: one.yaml\n")):
        written(tmp_path, **{f"{name}_yaml": f"name: {name}\n{extends}processes: [bank:strike]\n", "bank_py": STRIKE})
    assert again(run_of(tmp_path / "two.yaml"), "two").figures > 20


@pytest.mark.parametrize(
    "changed, said",
    [
        ({"text": "name: mine\n"}, "the text of mine.yaml is not the one that was read"),
        ({"name": "../mine.yaml"}, "the text of ../mine.yaml is not"),
    ],
)
def test_a_record_that_was_touched_is_not_run(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    run = run_of(written(tmp_path, mine_yaml="name: mine\nchange:\n  - set: {collectors: 2}\n"))
    manifest = json.loads(json.dumps(run.manifest))
    manifest["scenarios"][1]["files"][0].update(changed)
    with pytest.raises(ReplayError, match=said):
        again(replace(run, manifest=manifest), "mine")


def test_a_record_whose_files_give_another_plan_is_not_run(tmp_path: Path) -> None:
    run = run_of(written(tmp_path, mine_yaml="name: mine\nchange:\n  - set: {collectors: 2}\n"))
    manifest = json.loads(json.dumps(run.manifest))
    manifest["scenarios"][1]["files"] = manifest["scenarios"][0]["files"]
    with pytest.raises(ReplayError, match="its files give another plan now"):
        again(replace(run, manifest=manifest), "mine")
