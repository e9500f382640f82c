"""Whatever a file holds, reading it gives a plan or faults, never another exception."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from twin.faults import Fault, ScenarioError
from twin.firm.firm import Firm
from twin.firm.settings import SETTINGS
from twin.scenario import fields as f
from twin.scenario import read_plans
from twin.scenario.selection import SELECTABLE

WORDS = sorted(
    {
        key
        for group in (f.SCENARIO, f.CHANGE, f.CAMPAIGN, f.AMOUNT, f.STEP, f.BOUNDS, f.BELIEF, f.CRITERION)
        for key in group
    }
    | {*SETTINGS, *SELECTABLE, "rate_shape", "demand.terms_elasticity", "treasury.cost_share", "min_cash"}
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.integers(-3, 400),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.text(max_size=8),
    st.sampled_from(["+5d", "+999999999d", "2%", "1e-3", "retail", "A", "call", "oldest", "test.yaml", "."]),
    st.sampled_from(["own:strike", "own:pause", "own: strike", "own.py:strike", "os:fork", ":", "a" * 300 + ":b"]),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


def keyed(fields: dict[str, f.Field], **better: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.fixed_dictionaries({}, optional={key: better.get(key, TREES) for key in fields})


AMOUNTS = st.dictionaries(st.sampled_from(sorted(SETTINGS)), TREES | keyed(f.AMOUNT), max_size=3)
WHERE = st.dictionaries(st.sampled_from(sorted(SELECTABLE)), SCALARS | keyed(f.BOUNDS) | st.lists(SCALARS), max_size=2)
NEARLY = keyed(
    f.SCENARIO,
    name=st.just("x"),
    change=st.lists(TREES | keyed(f.CHANGE, where=WHERE, set=AMOUNTS), max_size=3),
    campaigns=st.dictionaries(st.text(max_size=3), TREES | keyed(f.CAMPAIGN, where=WHERE), max_size=2),
    processes=st.lists(SCALARS, max_size=3),
    accept=st.dictionaries(st.text(max_size=3), keyed(f.CRITERION), max_size=2),
)


def survives(text: bytes, firm: Firm, own: bytes = b"def strike(env, world):\n    yield\n") -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "test.yaml"
        path.write_bytes(text)
        (Path(directory) / "own.py").write_bytes(own)
        faults: tuple[Fault, ...] = ()
        try:
            (compiled,) = read_plans([path], firm)
            assert compiled.plan.name == compiled.scenario.name
        except ScenarioError as e:
            faults = e.faults
        assert all(fault.place.startswith((str(path), f"{directory}/own.py")) and fault.what for fault in faults)


@given(NEARLY | TREES)
@example({"name": "x", "extends": "\0"})
@example({"name": "x", "extends": "a" * 5000})
@example({"name": "x", "extends": "../" * 50})
@example({"name": "x", "change": [{"set": {"credit_limit": 10**400}}]})
@example({"name": "x", "change": [{"from": "+36500d", "set": {"collectors": 1}}]})
@example({"name": "x", "change": [{"from": "9999-12-31", "set": {"collectors": 1}}]})
@example({"name": "x", "accept": {"k": {"rises_by_at_least": 10**400}}})
@example({"name": "x", "processes": ["a" * 5000 + ":strike"]})
@example({"name": "x", "campaigns": {"y": {"to": "+9d", "acquire": 10**400}}})
@example({"name": "x", "assume": {1: 2, "demand.terms_elasticity": 1e-300}})
def test_random_trees_give_a_plan_or_faults(firm: Firm, tree: object) -> None:
    survives(yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "surrogatepass"), firm)


@given(st.text(alphabet="name: x\n\t-[]{}&*!#%'\"|>,?0123456789.~ö", max_size=60))
@example("name: x\nchange: !!binary aGk=\n")
@example("name: x\nassume: {a: !!set {b}}\n")
@example("? {a: b}\n: c\n")
def test_random_text_gives_a_plan_or_faults(firm: Firm, text: str) -> None:
    survives(text.encode(), firm)


@given(
    st.text(alphabet="def strike(env, world):\n    yield\t\\'\"@*/=\x00ö", max_size=80).map(str.encode)
    | st.binary(max_size=40)
)
@example(b"def strike(env, world):\n" + b"    yield " + b"-" * 20_000 + b"1")
@example(b"x = " + b"1+" * 20_000 + b"1\ndef strike(env, world):\n    yield\n")
@example(b"# coding: latin-1\n\xe9 = 1\n")
@example(b"# coding: nonsense\ndef strike(env, world):\n    yield\n")
@example(b"\xef\xbb\xbfdef strike(env, world):\n    yield x.\\d\n")
def test_whatever_is_in_the_file_of_a_process_gives_a_plan_or_faults(firm: Firm, own: bytes) -> None:
    survives(b"name: x\nprocesses: [own:strike]\n", firm, own)
