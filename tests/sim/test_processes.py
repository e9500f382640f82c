"""A planner's own processes run beside the desks: when they act, what they move, and how they fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import simpy

from tests.oracle.worlds import SmallFirm
from tests.sim.firms import QUIET, change, events, figure, firm_paying, poisson_orders, rates_from, run, told
from tests.sim.lively import lively_firm
from twin.calendar import Calendar
from twin.firm.plan import Plan, Process
from twin.scenario import compile_plan, read_scenario
from twin.sim import desks
from twin.sim.desks import PHASES, Phase, before, desk_stories
from twin.sim.nature import draw_nature
from twin.sim.opening import build
from twin.sim.processes import ProcessError
from twin.sim.world import World

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "processes.md"
STRIKE = range(20, 25)
NOTHING = """
def wait(env, world):
    for day in range(1, 60):
        yield env.timeout(3)
"""

Write = Callable[..., Plan]


@pytest.fixture
def plan(tmp_path: Path) -> Write:
    """A function from the text of a file and the names of its functions to a plan that runs them."""

    def write(text: str, *functions: str, name: str = "own") -> Plan:
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        digest = sha256(path.read_bytes()).hexdigest()
        return Plan(name, processes=tuple(Process(path, function, digest) for function in functions))

    return write


def busy_firm() -> SmallFirm:
    """Somebody pays on every day. Rent falls due on the 22nd; 31 December 2024 is the as-of date, so that is day 21."""
    return firm_paying(
        rates_from(0, 0.2),
        [poisson_orders(1.0, terms_days=7)] * 40,
        calendar=Calendar(None),
        accounts=pd.DataFrame({"account_id": ["main"], "currency": ["EUR"], "balance_cents": [10_000_000]}),
        outflows=pd.DataFrame({"name": ["rent"], "day_of_month": [22], "cents": [70_000]}),
        open_items=[(i, -30, 0, 50_000) for i in range(40)],
        policy=QUIET,
    )


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def strike(tmp_path: Path) -> Plan:
    """The first example of the guide, as it is printed there."""
    (tmp_path / "bank_strike.py").write_text(blocks("python")[0], encoding="utf-8")
    (tmp_path / "bank_strike.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    return compile_plan(read_scenario(tmp_path / "bank_strike.yaml"), busy_firm())


def test_the_example_of_the_guide_keeps_receipts_in_transit_while_banks_strike(strike: Plan) -> None:
    """Days 20 to 24 are Tuesday to Saturday, so cash stands still from Monday, day 19, to Sunday, day 25."""
    as_is, struck = run(busy_firm(), 60), run(busy_firm(), 60, strike)
    cash, transit, receipts = (figure(struck, name) for name in ("cash", "in_transit", "receipts"))
    assert (receipts[20:26] > 0).all()
    assert np.array_equal(transit[20:26], np.cumsum(receipts[20:26]))
    assert set(cash[20:26].tolist()) == {cash[19]}
    assert cash[26] == cash[19] + receipts[20:27].sum() - 70_000
    assert transit[26] == 0
    assert figure(struck, "outflows")[20:27].tolist() == [0] * 6 + [70_000]
    for name in ("cash", "in_transit", "receivables"):
        assert np.array_equal(figure(struck, name)[26:], figure(as_is, name)[26:])
    assert np.array_equal(receipts, figure(as_is, "receipts"))


def test_the_trial_balance_is_zero_on_every_day_of_the_strike(strike: Plan) -> None:
    found = []

    def look(world: World, day: int) -> None:
        found.append((day, world.ledger.trial_balance(), bool(world.days["open"][day])))

    watch(look, busy_firm(), strike, days=40)
    assert {balance for _, balance, _ in found} == {0}
    assert all(not open_ for day, _, open_ in found if day in STRIKE)


def watch(look: Callable[[World, int], None], firm: SmallFirm, own: Plan, days: int) -> None:
    """Run a plan and look at the world at every close."""
    close = desks.DAILY[Phase.CLOSE]

    def close_and_look(world: World, day: int) -> None:
        close(world, day)
        look(world, day)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(desks.DAILY, Phase.CLOSE, close_and_look)
        run(firm, days, own)


def test_the_second_example_of_the_guide_posts_its_repair_once(tmp_path: Path, plan: Write) -> None:
    """20,000.00 between day 30 and 60, or later if there is no cash for it."""
    text = blocks("python")[1]
    (function,) = re.findall(r"^def (\w+)", text, re.MULTILINE)
    as_is, broken = run(busy_firm(), 90), run(busy_firm(), 90, plan(text, function))
    apart = np.flatnonzero(figure(as_is, "cash") != figure(broken, "cash"))
    assert 30 <= apart[0] <= 60
    assert (figure(as_is, "cash") - figure(broken, "cash"))[apart].tolist() == [20_000_00] * apart.size


def test_a_process_that_changes_nothing_changes_nothing(plan: Write) -> None:
    before_, after = (run(lively_firm(), 150, p, log=True) for p in (Plan("as is"), plan(NOTHING, "wait")))
    assert before_.measures.tobytes() == after.measures.tobytes()
    assert events(before_).tobytes() == events(after).tobytes()


SET_BACK = """
from twin.sim.desks import Phase, before

def nudge(env, world):
    yield before(env, 30, Phase.ORDERS)
    world.set_policy(30, collectors=0)
    yield before(env, 30, Phase.COLLECTIONS)
    world.set_policy(30, collectors=1000)
    world.customers["limit"] += 0
"""


def test_a_setting_that_is_changed_and_set_back_before_it_counts_changes_nothing(plan: Write) -> None:
    before_, after = (run(lively_firm(), 150, p, log=True) for p in (Plan("as is"), plan(SET_BACK, "nudge")))
    assert events(before_).tobytes() == events(after).tobytes()


SICK = """
from twin.sim.desks import Phase, before

def sick(env, world):
    yield before(env, 30, Phase.COLLECTIONS)
    world.set_policy(30, collectors=0)
    yield before(env, 40, Phase.COLLECTIONS)
    world.set_policy(40, collectors=1000)
"""


def test_a_process_can_send_the_collectors_home(plan: Write) -> None:
    as_is, sick = (run(lively_firm(), 150, p) for p in (Plan("as is"), plan(SICK, "sick")))
    assert figure(as_is, "contacts")[30:40].sum() > 5
    assert figure(sick, "contacts")[30:40].sum() == 0
    assert figure(sick, "contacts")[40] > figure(as_is, "contacts")[40]
    assert np.array_equal(figure(as_is, "contacts")[:30], figure(sick, "contacts")[:30])


def test_a_setting_of_a_process_holds_until_the_next_change_of_the_plan(plan: Write) -> None:
    """Terms of 5 days from day 30 on; on day 50 the plan's own change lays all settings out anew."""
    shorter = plan(
        "def shorten(env, world):\n    yield env.timeout(30 * 8)\n    world.customers['terms'][:] = 5\n", "shorten"
    )
    shorter = replace(shorter, changes=(change("credit_limit", "add", 1, np.ones(40, bool), 50),))
    terms = {day: detail for day, kind, _, _, _, detail in told(busy_firm(), 80, shorter) if kind == "invoice"}
    assert {days for day, days in terms.items() if 31 <= day < 50} == {5}
    assert {days for day, days in terms.items() if day < 30 or day >= 50} == {7}


def story(look: Callable[[simpy.Environment, World], Generator[simpy.Event, None, None]], days: int) -> list[str]:
    """What the desks do and what a process does, in order."""
    log: list[str] = []
    firm = busy_firm()
    world = build(firm, Plan("own"), draw_nature(firm, days=days, seed=1, replication=0), log=False)
    env = simpy.Environment()
    with pytest.MonkeyPatch.context() as patch:
        for phase, work in desks.DAILY.items():
            patch.setitem(desks.DAILY, phase, noted(log, phase, work))
        for desk in desk_stories(env, world):
            env.process(desk)
        env.process(look(env, world))
        world.told = log
        env.run(until=days * PHASES)
    return log


def noted(log: list[str], phase: Phase, work: Callable[[World, int], None]) -> Callable[[World, int], None]:
    def do(world: World, day: int) -> None:
        log.append(f"{day} {phase.name}")
        work(world, day)

    return do


@pytest.mark.parametrize("phase", [p for p in Phase if p != Phase.WORLD])
def test_a_process_acts_directly_before_the_phase_that_it_waits_for(phase: Phase) -> None:
    def own(env: simpy.Environment, world: World) -> Any:
        yield before(env, 2, phase)
        world.told.append("own")

    log = story(own, 4)
    at = log.index("own")
    earlier = Phase(phase - 1) if phase > Phase.LIQUIDITY else Phase.CLOSE
    assert log[at - 1] == f"{2 if phase > Phase.LIQUIDITY else 1} {earlier.name}"
    assert log[at + 1] == f"2 {phase.name}"


def test_before_the_world_phase_no_change_of_the_day_is_in_force(plan: Write) -> None:
    """Terms of 7 days become 30 on day 10; what a process sees before that phase and after it."""
    text = """
from twin.sim.desks import Phase, before

def look(env, world):
    for phase in (Phase.WORLD, Phase.LIQUIDITY):
        yield before(env, 10, phase)
        world.ledger.post("operating_outflows", "cash", int(world.customers["terms"][0]))
"""
    longer = replace(plan(text, "look"), changes=(change("terms_days", "set", 30, np.ones(40, bool), 10),))
    seen = figure(run(busy_firm(), 30, replace(longer, processes=())), "cash") - figure(
        run(busy_firm(), 30, longer), "cash"
    )
    assert seen[[9, 10, 29]].tolist() == [0, 37, 37]


def test_what_stands_before_the_first_yield_happens_before_the_first_day() -> None:
    def own(env: simpy.Environment, world: World) -> Any:
        world.told.append("own")
        yield env.timeout(1)

    assert story(own, 1)[:2] == ["own", "0 LIQUIDITY"]


def test_several_processes_of_one_file_run_side_by_side(plan: Write) -> None:
    text = """
def first(env, world):
    yield env.timeout(10 * 8)
    world.ledger.post("operating_outflows", "cash", 5)

def second(env, world):
    yield env.timeout(12 * 8)
    world.ledger.post("operating_outflows", "cash", 700)
"""
    lost = figure(run(busy_firm(), 30), "cash") - figure(run(busy_firm(), 30, plan(text, "first", "second")), "cash")
    assert lost[[9, 10, 11, 12]].tolist() == [0, 5, 5, 705]


def test_what_an_event_brings_and_what_it_raises_reach_a_process_as_in_simpy(plan: Write) -> None:
    text = """
def pay(env, world):
    cents = yield env.timeout(10 * 8, value=40)
    broken = env.event()
    broken.fail(ValueError("the bank is closed"))
    try:
        yield broken
    except ValueError:
        world.ledger.post("operating_outflows", "cash", cents)
"""
    lost = figure(run(busy_firm(), 30), "cash") - figure(run(busy_firm(), 30, plan(text, "pay")), "cash")
    assert lost[[9, 10]].tolist() == [0, 40]


def failing(what: str) -> str:
    return f"def fail(env, world):\n    yield env.timeout(17 * 8 + 3.5)\n    {what}\n"


@pytest.mark.parametrize(
    "what, cause",
    [
        ("raise RuntimeError('no bank answers')", "RuntimeError: no bank answers"),
        ("world.customers['limits'] = 5", "no field of name limits"),
        ("yield env.timeout(-1)", "Negative delay"),
        ("world.set_policy(17, colectors=1)", "colectors"),
        ("world.ledger.post('cash', 'vault', 5)", "there is no account 'vault'; accounts are cash, in_transit"),
        ("world.ledger.post('cash', 'revenue', 20.5)", "an entry is of whole cents, not of 20.5"),
        ("world.ledger.post('cash', 'revenue', -20)", "0 cents or more, not of -20: debit 'revenue', credit 'cash'"),
        ("yield 5", "TypeError: it yielded 5; what is waited for is an event"),
        ("from twin.sim.desks import Phase, before; yield before(env, 0, Phase.WORLD)", "has gone by: it is day 17"),
    ],
)
def test_what_a_process_raises_is_told_with_its_place(plan: Write, what: str, cause: str) -> None:
    with pytest.raises(ProcessError) as caught:
        run(busy_firm(), 30, plan(failing(what), "fail", name="strike"), replication=3)
    first, *traceback = str(caught.value).splitlines()
    assert first == "scenario 'strike', day 17, replication 3: the process fail of strike.py failed."
    assert traceback[0].startswith("Traceback")
    assert any("strike.py" in line and "line 3" in line for line in traceback) or "yield" in what
    assert cause in traceback[-1]


@pytest.mark.parametrize("what", ["world.days['open'][16] ^= 1", "world.measures[3] = 7"])
def test_a_process_may_not_change_days_that_are_over(plan: Write, what: str) -> None:
    with pytest.raises(ProcessError, match=r"day 17(.|\n)*it changed what is over: only day 17 and those to come"):
        run(busy_firm(), 30, plan(failing(what), "fail"))


def test_a_process_that_spoils_the_books_is_stopped_at_the_close_of_that_day(plan: Write) -> None:
    """The guide says that receivables are not to be posted."""
    spoil = plan(failing("world.ledger.post('receivables', 'revenue', 7)"), "fail")
    with pytest.raises(ProcessError, match="replication 0: the world is no longer sound after fail: day 17"):
        run(busy_firm(), 30, spoil)


@pytest.mark.parametrize("what", ["world.customers['terms'] = -500", "world.customers['limit'][0] = -5"])
def test_terms_and_limits_that_no_scenario_may_set_stop_the_run(plan: Write, what: str) -> None:
    with pytest.raises(ProcessError, match=r"no longer sound after fail: day 17: \w+ of a customer is -5"):
        run(busy_firm(), 30, plan(failing(what), "fail"))


def test_a_process_that_never_lets_time_pass_is_stopped(plan: Write) -> None:
    endless = plan("def spin(env, world):\n    while True:\n        yield env.timeout(0)\n", "spin")
    with pytest.raises(ProcessError, match=r"woken 10,000 times in one moment"):
        run(busy_firm(), 30, endless)


def test_a_file_that_has_changed_since_the_scenario_was_read_is_refused(plan: Write, tmp_path: Path) -> None:
    own = plan(NOTHING, "wait")
    (tmp_path / "own.py").write_text(NOTHING + "\n# later\n", encoding="utf-8")
    with pytest.raises(ProcessError, match=r"own\.py has changed since the scenario was read"):
        run(busy_firm(), 5, own)


def test_a_file_that_is_gone_is_an_error_with_its_place(plan: Write, tmp_path: Path) -> None:
    own = plan(NOTHING + "# gone\n", "wait")
    (tmp_path / "own.py").unlink()
    with pytest.raises(ProcessError, match=r"scenario 'own', day 0, .*the process wait of own\.py failed"):
        run(busy_firm(), 5, own)


def test_a_process_is_started_anew_in_every_replication(plan: Write) -> None:
    text = """
def pay(env, world):
    yield env.timeout(8 * (1 + world.replication))
    world.ledger.post("operating_outflows", "cash", 9)
"""
    for replication in (0, 1, 0):
        own, none = (run(busy_firm(), 9, p, replication=replication) for p in (plan(text, "pay"), Plan("as is")))
        assert np.flatnonzero(figure(own, "cash") != figure(none, "cash"))[0] == 1 + replication


def test_a_belief_of_a_process_is_one_number_in_all_scenarios_of_a_replication(plan: Write) -> None:
    text = """
from twin.behaviour.belief import Belief

def pay(env, world):
    yield env.timeout(8)
    world.ledger.post("operating_outflows", "cash", round(world.belief("own.cost", Belief("uniform", 0, 10**6))))
"""
    costs = [cost_of(plan(text, "pay", name=name), replication) for replication, name in ((0, "a"), (0, "b"), (1, "a"))]
    assert costs[0] == costs[1] != costs[2]


def cost_of(own: Plan, replication: int) -> int:
    """Cents of cash on the third day that a plan costs."""
    as_is, other = (figure(run(busy_firm(), 3, p, replication=replication), "cash")[-1] for p in (Plan("as is"), own))
    return int(as_is - other)
