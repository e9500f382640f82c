"""A firm as a directory: tables as Parquet, cards as YAML, the rest as JSON. Nothing in it is ever executed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from twin.behaviour.payment import PaymentHabits
from twin.calendar import Calendar
from twin.content import content
from twin.faults import CardError, Fault, FirmError, listed
from twin.firm.cards import parameters_of, read_cards, write_cards
from twin.firm.firm import Firm, Seasons
from twin.firm.plan import Policy, Step
from twin.output import new_directory

FORMAT = 5
REDO = "calibrate the firm again; what you would assume differently goes into a scenario's `assume`"
TABLES = ("customers", "open_items", "accounts", "outflows", "links", "archetypes", "members")
_PER_CUSTOMER = ("table", "run", "calendar", "shift_sd", "channel", "dispute_share")
_SHARED = ("phase_cuts", "catch_up", "population_shape")
_SCALARS = ("week_sd", "population", "population_run", "dispute_days")


def write_firm(firm: Firm, directory: Path | str) -> None:
    """Write a firm into a directory that does not exist yet or is empty.

    Raises: OutputError if there is something in it.
    """
    with new_directory(directory) as out:
        habits = firm.habits
        own = {f"habit_{name}": getattr(habits, name) for name in _PER_CUSTOMER}
        tables = {name: getattr(firm, name) for name in TABLES}
        numbered = [_numbered("phase", habits.phase_shape), _numbered("shift", habits.shift)]
        tables["customers"] = pd.concat([firm.customers.assign(**own), *numbered], axis=1)
        tables["rates"] = _numbered("day", habits.rate)
        tables["calendars"] = pd.concat(
            [_numbered("kind", habits.day_kind), _numbered("group", habits.month_group)], axis=1
        )
        for name, table in tables.items():
            table.to_parquet(out / f"{name}.parquet", index=False)
        (out / "models").mkdir()
        write_cards(firm.cards, out / "models")
        _write_json(out / "certificate.json", firm.certificate)
        hashes = {p.relative_to(out).as_posix(): _sha256(p) for p in sorted(out.rglob("*")) if p.is_file()}
        manifest = {**_manifest(firm), "files": hashes}
        _write_json(out / "manifest.json", {**manifest, "sha256": _digest(manifest)})


def read_firm(directory: Path | str) -> Firm:
    """The firm in a directory that `write_firm` made.

    Raises: FirmError if a file is missing, changed since, or of another format.
    """
    place = Path(directory)
    manifest = _checked_manifest(place)
    tables = {name: pd.read_parquet(place / f"{name}.parquet") for name in (*TABLES, "rates", "calendars")}
    try:
        cards = read_cards(place / "models")
    except CardError as e:
        raise FirmError(e.faults) from None
    lacking = sorted(parameters_of(read_cards(content("models"))).keys() - parameters_of(cards))
    if lacking:
        what = f"its model cards lack {listed(lacking)}, which this version needs."
        raise FirmError(Fault(str(place / "models"), what, "calibrate the firm again"))
    seasons, policy, calendar = manifest["seasons"], manifest["policy"], manifest["calendar"]
    policy["ladder"] = tuple(Step(**step) for step in policy["ladder"])
    customers = tables["customers"]
    return Firm(
        name=manifest["name"],
        as_of=date.fromisoformat(manifest["as_of"]),
        currency=manifest["currency"],
        calendar=Calendar(calendar["country"], tuple(calendar["weekend"])),
        customers=customers.loc[:, ~customers.columns.str.startswith(("habit_", "phase_", "shift_"))],
        habits=_habits(manifest["habits"], customers, tables["rates"], tables["calendars"]),
        seasons=Seasons(tuple(seasons["segments"]), np.array(seasons["month"]), np.array(seasons["kind"])),
        open_items=tables["open_items"],
        accounts=tables["accounts"],
        outflows=tables["outflows"],
        links=tables["links"],
        archetypes=tables["archetypes"],
        members=tables["members"],
        policy=Policy(**policy),
        cards=cards,
        past_revenue=np.array(manifest["past_revenue"], np.int64),
        assumptions=tuple(manifest["assumptions"]),
        sources=tuple(manifest["sources"]),
        certificate=json.loads((place / "certificate.json").read_text(encoding="utf-8")),
    )


def _manifest(firm: Firm) -> dict[str, Any]:
    habits = firm.habits
    return {
        "format": FORMAT,
        "code": version("financial-twin"),
        "name": firm.name,
        "as_of": firm.as_of.isoformat(),
        "currency": firm.currency,
        "calendar": asdict(firm.calendar),
        "policy": asdict(firm.policy),
        "seasons": {
            "segments": firm.seasons.segments,
            "month": firm.seasons.month.tolist(),
            "kind": firm.seasons.kind.tolist(),
        },
        "habits": {
            **{name: getattr(habits, name).tolist() for name in _SHARED},
            **{name: getattr(habits, name) for name in _SCALARS},
            "population_run": habits.population_run if np.isfinite(habits.population_run) else None,
        },
        "past_revenue": firm.past_revenue.tolist(),
        "assumptions": firm.assumptions,
        "sources": firm.sources,
    }


def _habits(
    shared: dict[str, Any], customers: pd.DataFrame, rates: pd.DataFrame, calendars: pd.DataFrame
) -> PaymentHabits:
    """The habits; what an earlier version did not write is as it was then."""
    arrays: dict[str, Any] = {
        "rate": rates.to_numpy(),
        "day_kind": calendars.filter(regex="^kind_").to_numpy(),
        "month_group": calendars.filter(regex="^group_").to_numpy(),
        "phase_shape": customers.filter(regex="^phase_").to_numpy(),
        **{name: customers[f"habit_{name}"].to_numpy() for name in _PER_CUSTOMER if f"habit_{name}" in customers},
        **{name: np.array(shared[name], np.int32 if name == "phase_cuts" else float) for name in _SHARED},
        **{name: np.inf if shared[name] is None else shared[name] for name in _SCALARS if name in shared},
    }
    if len(shift := customers.filter(regex="^shift_").columns):
        arrays["shift"] = customers[shift].to_numpy()
    return PaymentHabits(**arrays)


def _numbered(name: str, columns: npt.NDArray[Any]) -> pd.DataFrame:
    """A table of numbered columns: name_0, name_1, ... columns: (rows, columns)."""
    return pd.DataFrame(columns, columns=[f"{name}_{i}" for i in range(columns.shape[1])])


def _checked_manifest(place: Path) -> dict[str, Any]:
    """The manifest of a firm whose files are all there and unchanged."""
    path = place / "manifest.json"
    hint = "a firm is a directory that `twin calibrate` has written"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise FirmError(Fault(str(place), "there is no firm here: it has no manifest.json.", hint)) from None
    except (ValueError, RecursionError):
        raise FirmError(Fault(str(path), "this is not the manifest of a firm.", hint)) from None
    if not isinstance(manifest, dict) or "habits" not in manifest:
        raise FirmError(Fault(str(path), "this is not the manifest of a firm.", hint))
    if manifest.get("format") != FORMAT:
        what = f"this is a firm of format {manifest.get('format')}, and this version reads format {FORMAT}."
        raise FirmError(Fault(str(path), what, "calibrate the firm again"))
    if manifest.pop("sha256", None) != _digest(manifest):
        raise FirmError(Fault(str(path), "this file is not as calibration wrote it.", REDO))
    faults = [fault for name, held in manifest["files"].items() if (fault := _file_fault(place / name, held))]
    if faults:
        raise FirmError(faults)
    return manifest


def _file_fault(path: Path, held: str) -> Fault | None:
    if not path.is_file():
        return Fault(str(path), "this file of the firm is missing.", REDO)
    if _sha256(path) != held:
        return Fault(str(path), "this file is not as calibration wrote it.", REDO)
    return None


def _digest(manifest: dict[str, Any]) -> str:
    """Hash of what a manifest says, whatever its layout."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
