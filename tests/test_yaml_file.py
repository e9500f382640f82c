from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from twin.faults import ScenarioError
from twin.yaml_file import LARGEST_BYTES, YamlFile, parse_yaml, read_model


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Normal(Strict):
    normal: tuple[float, float]


class Offer(Strict):
    from_: date = Field(alias="from")
    cost: float | Normal = 0.0
    size: Literal["small", "large"] = "small"


class Plan(Strict):
    name: str
    days: int = Field(default=1, ge=1, le=90)
    offers: dict[str, Offer] = {}
    moves: tuple[Offer, ...] = ()


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "plan.yaml"


def plan(path: Path) -> Plan:
    return read_model(path, Plan, ScenarioError)


def read(path: Path) -> YamlFile:
    """A file without faults."""
    file, faults = parse_yaml(path, ScenarioError)
    assert file
    assert not faults
    return file


def faults_of(path: Path, content: str | bytes) -> list[str]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ScenarioError) as raised:
        plan(path)
    return [str(f).replace(str(path), "plan.yaml") for f in raised.value.faults]


def test_values_come_with_the_line_of_each(written: Path) -> None:
    written.write_text("# why\nname: a\n\noffers:\n  spring:\n    from: 2026-03-01\nmoves:\n  - from: 2026-04-01\n")
    file = read(written)
    assert file.value["offers"] == {"spring": {"from": date(2026, 3, 1)}}
    assert file.lines[("offers", "spring", "from")] == 6
    assert file.lines[("moves", 0, "from")] == 8


def test_a_good_file_becomes_the_model(written: Path) -> None:
    written.write_text("name: a\ndays: 2\nmoves: [{from: 2026-04-01, cost: {normal: [1, 0.5]}}]\n")
    offer = Offer.model_validate({"from": date(2026, 4, 1), "cost": Normal(normal=(1.0, 0.5))})
    assert plan(written) == Plan(name="a", days=2, moves=(offer,))


def test_all_faults_come_at_once_in_the_order_of_the_lines(written: Path) -> None:
    content = "name: no\ndays: 1e-3\noffers:\n  spring:\n    form: 2026-03-01\n    size: smal\nnam: b\n"
    assert faults_of(written, content) == [
        "plan.yaml, line 1: name: false is not text.\n  YAML reads yes, no, on and off as true or false: quote text",
        "plan.yaml, line 2: days: '1e-3' is not a whole number.\n  YAML reads it as text: write 0.001 without quotes",
        "plan.yaml, line 4: offers.spring: the setting 'from' is missing.",
        "plan.yaml, line 5: there is no setting 'form'. Did you mean 'from'?\n  settings are: cost, from, size",
        "plan.yaml, line 6: offers.spring.size: 'smal' is not known. Did you mean 'small'?\n  allowed: small, large",
        "plan.yaml, line 7: there is no setting 'nam'. Did you mean 'name'?\n  settings are: days, moves, name, offers",
    ]


def test_a_number_out_of_range_is_told_the_range(written: Path) -> None:
    said = "plan.yaml, line 2: days: 91 is out of range.\n  allowed: at most 90"
    assert faults_of(written, "name: a\ndays: 91\n") == [said]


def test_a_value_of_several_kinds_is_one_fault(written: Path) -> None:
    head = "name: a\nmoves:\n- from: 2026-01-01\n  cost: "
    assert faults_of(written, head + "much\n") == [
        "plan.yaml, line 4: moves.0.cost: 'much' is not a number or a group of settings."
    ]
    assert faults_of(written, head + "{normal: [1, x]}\n") == [
        "plan.yaml, line 4: moves.0.cost.normal.1: 'x' is not a number."
    ]
    assert faults_of(written, head + "{}\n") == ["plan.yaml, line 4: moves.0.cost: the setting 'normal' is missing."]


def test_every_repeated_key_is_named_with_its_first_line(written: Path) -> None:
    assert faults_of(written, "name: a\ndays: 2\nname: b\ndays: 3\n") == [
        "plan.yaml, line 3: 'name' is given again.\n  it is already given in line 1",
        "plan.yaml, line 4: 'days' is given again.\n  it is already given in line 2",
    ]


def test_a_repeated_key_hides_no_other_fault(written: Path) -> None:
    assert [fault.splitlines()[0] for fault in faults_of(written, "name: a\nname: b\ndays: 91\ndais: 2\n")] == [
        "plan.yaml, line 2: 'name' is given again.",
        "plan.yaml, line 3: days: 91 is out of range.",
        "plan.yaml, line 4: there is no setting 'dais'. Did you mean 'days'?",
    ]


def test_a_value_that_is_refused_is_one_fault(written: Path) -> None:
    (said,) = faults_of(written, "name: &x a\ndays: *x\n")
    assert said.startswith("plan.yaml, line 2: aliases are not allowed.")


@pytest.mark.parametrize(
    "content, said",
    [
        ("", "line 1: the file is empty."),
        ("# only this\n", "line 1: the file is empty."),
        ("- a\n", "line 1: the file holds a list."),
        ("a\n", "line 1: the file holds a single value."),
        ("name: [a\n", "line 2: this is not YAML: "),
        ("name: a\n\tdays: 1\n", "line 2: this is not YAML: "),
        ("name: a\n---\nname: b\n", "line 2: this is not YAML: "),
        ("name: a\0\n", "line 1: the control character '\\x00' is not allowed."),
        (b"name: a\nratio: \xe9\n", "line 2: byte 15 is not UTF-8."),
        ("name: &x a\ndays: *x\n", "line 2: aliases are not allowed."),
        ("name: &x [*x]\n", "line 1: aliases are not allowed."),
        ("name: !!python/object/apply:os.system [ls]\n", "line 1: the tag "),
        ("name: !!binary x\n", "line 1: the tag "),
        ("name: !x {a: 1}\n", "line 1: the tag "),
        ("days: 010\n", "line 1: is 010 a number or text?"),
        ("days: 12:30\n", "line 1: is 12:30 a number or text?"),
        ("name: 2026-02-30\n", "line 1: '2026-02-30' is not a date or number that exists."),
        ("days: " + "9" * 5000 + "\n", "line 1: '999"),
        ("no: 1\n", "line 1: 'no' cannot be a name."),
        ("? [a]\n: 1\n", "line 1: a list cannot be a name."),
        ("<<: {name: a}\n", "line 1: the tag "),
        ("name: " + "[" * 2000, "line 1: this is not YAML: more than 50 levels deep."),
    ],
)
def test_what_is_not_plain_yaml_is_refused_with_its_line(written: Path, content: str | bytes, said: str) -> None:
    assert faults_of(written, content)[0].startswith(f"plan.yaml, {said}")


def test_a_mark_before_the_first_byte_is_no_fault(written: Path) -> None:
    written.write_bytes(b"\xef\xbb\xbfname: a\r\ndays: 2\r\n")
    assert plan(written).days == 2


def test_a_misspelt_file_name_is_guessed(written: Path) -> None:
    written.write_text("name: a\n")
    with pytest.raises(ScenarioError, match=r"there is no such file. Did you mean 'plan.yaml'"):
        plan(written.with_name("plam.yaml"))


def test_a_huge_file_is_refused_before_it_is_read(written: Path) -> None:
    with written.open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(ScenarioError, match="too large"):
        plan(written)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(alphabet="ab:-[]{}&*!'\"\n\t #0123456789.%|>?", max_size=60)))
def test_no_bytes_do_anything_but_a_file_or_its_faults(
    tmp_path_factory: pytest.TempPathFactory, content: bytes | str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    file, faults = parse_yaml(path, ScenarioError)
    assert faults or file
    assert all(f.place.startswith(str(path)) for f in faults)


@given(st.dictionaries(st.from_regex(r"[a-m]{1,5}", fullmatch=True), st.integers() | st.booleans(), min_size=1))
def test_plain_values_come_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, int | bool]
) -> None:
    path = tmp_path_factory.getbasetemp() / "plain.yaml"
    path.write_text("".join(f"{k}: {str(v).lower()}\n" for k, v in values.items()))
    assert read(path).value == values
