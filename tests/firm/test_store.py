"""A firm in a directory: the same firm comes back, the same bytes are written, and what was changed is refused."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from twin.faults import FirmError, OutputError
from twin.firm.firm import Firm
from twin.firm.links import no_links
from twin.firm.store import FORMAT, read_firm, write_firm
from twin.firm.store import _digest as digest
from twin.firm.store import _sha256 as sha256


@pytest.fixture(scope="module")
def stored(demo_firm: Firm, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of each file of a firm."""
    place = tmp_path_factory.mktemp("firms") / "firm"
    write_firm(demo_firm, place)
    return {p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*") if p.is_file()}


@pytest.fixture
def firm_directory(stored: dict[str, bytes], tmp_path: Path) -> Path:
    """A firm's directory to do harm to."""
    for name, content in stored.items():
        path = tmp_path / "firm" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "firm"


def assert_same(a: Any, b: Any, where: str = "firm") -> None:
    """Equal in type, shape, dtype and every value, all the way down."""
    assert type(a) is type(b), where
    if isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b, check_exact=True, obj=where)
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype, where
        np.testing.assert_array_equal(a, b, err_msg=where)
    elif dataclasses.is_dataclass(a) and not isinstance(a, type):
        for field in dataclasses.fields(a):
            assert_same(getattr(a, field.name), getattr(b, field.name), f"{where}.{field.name}")
    else:
        assert a == b, where


def test_a_firm_that_was_written_is_read_back_the_same(demo_firm: Firm, firm_directory: Path) -> None:
    assert_same(read_firm(firm_directory), demo_firm)


def test_the_same_firm_is_written_in_the_same_bytes(demo_firm: Firm, stored: dict[str, bytes], tmp_path: Path) -> None:
    write_firm(read_firm_again(demo_firm, tmp_path), tmp_path / "again")
    assert {
        p.relative_to(tmp_path / "again").as_posix(): p.read_bytes()
        for p in (tmp_path / "again").rglob("*")
        if p.is_file()
    } == stored


def read_firm_again(firm: Firm, place: Path) -> Firm:
    write_firm(firm, place / "once")
    return read_firm(place / "once")


def test_a_firm_without_open_items_ladder_outflows_or_links_comes_back_the_same(
    demo_firm: Firm, tmp_path: Path
) -> None:
    policy = dataclasses.replace(demo_firm.policy, ladder=())
    bare = dataclasses.replace(
        demo_firm,
        policy=policy,
        open_items=demo_firm.open_items.iloc[:0],
        outflows=demo_firm.outflows.iloc[:0],
        links=no_links(),
        assumptions=(),
    )
    assert_same(read_firm_again(bare, tmp_path), bare)


def test_what_customers_take_as_due_comes_back_the_same(demo_firm: Firm, tmp_path: Path) -> None:
    n = len(demo_firm.customers)
    habits = dataclasses.replace(
        demo_firm.habits,
        shift=np.arange(3 * n, dtype=np.int32).reshape(n, 3),
        shift_sd=np.linspace(0, 4, n),
        channel=np.arange(n, dtype=np.int32) % 3,
        dispute_share=np.linspace(0, 0.9, n),
        dispute_days=14,
    )
    firm = dataclasses.replace(demo_firm, habits=habits)
    assert_same(read_firm_again(firm, tmp_path), firm)


def test_a_firm_written_before_there_were_shifts_keeps_due_dates(demo_firm: Firm, tmp_path: Path) -> None:
    n = len(demo_firm.customers)
    write_firm(demo_firm, tmp_path / "firm")
    path, manifest = tmp_path / "firm" / "customers.parquet", tmp_path / "firm" / "manifest.json"
    pd.read_parquet(path).filter(regex="^(?!shift_|habit_(shift_sd|channel|dispute_share))").to_parquet(path)
    change(manifest, lambda m: (m["habits"].pop("dispute_days"), m["files"].update({path.name: sha256(path)})))
    change(manifest, lambda m: (m.pop("sha256"), m.update(sha256=digest(m))))
    habits = read_firm(tmp_path / "firm").habits
    assert habits.shift.shape == (n, 3)
    assert not habits.shift.any()
    assert habits.dispute_days == 0


def test_a_firm_says_nothing_of_the_machine_it_was_made_on(stored: dict[str, bytes], demo_folder: Path) -> None:
    places = [str(demo_folder).encode(), str(Path.home()).encode(), str(Path(__file__).resolve().parents[2]).encode()]
    found = [(name, place) for name, content in stored.items() for place in places if place in content]
    assert not found


def test_a_directory_that_holds_something_is_not_written_over(demo_firm: Firm, firm_directory: Path) -> None:
    before = sorted(firm_directory.rglob("*"))
    with pytest.raises(OutputError):
        write_firm(demo_firm, firm_directory)
    assert sorted(firm_directory.rglob("*")) == before


def test_every_file_that_is_missing_or_changed_is_named_at_once(firm_directory: Path) -> None:
    (firm_directory / "rates.parquet").unlink()
    (firm_directory / "models" / "treasury.yaml").write_text("title: other\n", encoding="utf-8")
    certificate = firm_directory / "certificate.json"
    certificate.write_bytes(certificate.read_bytes() + b" ")
    with pytest.raises(FirmError) as raised:
        read_firm(firm_directory)
    said = {Path(f.place).relative_to(firm_directory).as_posix(): f.what for f in raised.value.faults}
    assert said == {
        "certificate.json": "this file is not as calibration wrote it.",
        "models/treasury.yaml": "this file is not as calibration wrote it.",
        "rates.parquet": "this file of the firm is missing.",
    }


def change(path: Path, do: Callable[[dict[str, Any]], object]) -> None:
    tree = json.loads(path.read_text(encoding="utf-8"))
    do(tree)
    path.write_text(json.dumps(tree), encoding="utf-8")


@pytest.mark.parametrize(
    "harm",
    [
        lambda m: m["policy"].update(collectors=99),
        lambda m: m["habits"].update(week_sd=0.0),
        lambda m: m.pop("files"),
        lambda m: m["files"].pop("rates.parquet"),
        lambda m: m.pop("sha256"),
        lambda m: m.pop("habits"),
        lambda m: m["policy"].pop("over_limit"),
        lambda m: m.update(calendar=None),
        lambda m: m["files"].update({"../../outside": "0"}),
    ],
)
def test_a_manifest_that_somebody_changed_is_refused(
    firm_directory: Path, harm: Callable[[dict[str, Any]], object]
) -> None:
    change(firm_directory / "manifest.json", harm)
    with pytest.raises(FirmError, match=r"manifest\.json"):
        read_firm(firm_directory)


@pytest.mark.parametrize("version", [FORMAT - 1, FORMAT + 1, None])
def test_a_firm_of_another_format_asks_to_be_calibrated_again(firm_directory: Path, version: int | None) -> None:
    change(firm_directory / "manifest.json", lambda tree: tree.update(format=version))
    with pytest.raises(
        FirmError, match=rf"format {version}, and this version reads format {FORMAT}.\n  calibrate the firm again"
    ):
        read_firm(firm_directory)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'"firm"', b"\xff\xfe\x00", b"[" * 100_000])
def test_a_manifest_that_is_none_is_refused(firm_directory: Path, content: bytes) -> None:
    (firm_directory / "manifest.json").write_bytes(content)
    with pytest.raises(FirmError, match=r"manifest\.json"):
        read_firm(firm_directory)


def test_what_is_no_firm_is_refused_with_what_would_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "odd" / "manifest.json").mkdir(parents=True)
    for place in ("nowhere", "file", "odd", ""):
        with pytest.raises(FirmError, match="a firm is a directory that `twin calibrate` has written"):
            read_firm(tmp_path / place)


def test_a_layout_of_the_manifest_is_not_a_change(demo_firm: Firm, firm_directory: Path) -> None:
    change(firm_directory / "manifest.json", lambda tree: None)
    assert_same(read_firm(firm_directory), demo_firm)


def test_a_firm_whose_cards_lack_a_parameter_of_today_is_to_be_calibrated_again(
    demo_firm: Firm, tmp_path: Path
) -> None:
    card = demo_firm.cards["treasury"]
    fewer = {name: parameter for name, parameter in card.parameters.items() if name != "supplier_days"}
    older = {**demo_firm.cards, "treasury": card.model_copy(update={"parameters": fewer})}
    write_firm(dataclasses.replace(demo_firm, cards=older), tmp_path / "older")
    with pytest.raises(FirmError, match=r"lack treasury\.supplier_days, which this version needs"):
        read_firm(tmp_path / "older")
