"""A run on disk: written whole or not at all, the same bytes for the same run, checked when it is read."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.faults import Fault, UserError, listed
from twin.output import new_directory
from twin.report.result import Result
from twin.study import runs_log
from twin.study.attribution import ATTRIBUTION
from twin.study.manifest import FORMAT
from twin.study.provenance import bytes_hash, file_hash
from twin.study.tables import DAILY, KPI, SUMMARY

MANIFEST, REPORT = "manifest.json", "report.html"
TABLES = {
    "summary": ("summary.csv", SUMMARY),
    "daily": ("daily.parquet", DAILY),
    "kpi": ("kpi.parquet", KPI),
    "attribution": ("attribution.csv", ATTRIBUTION),
}

WORDS = ("scenario", "kpi", "unit", "group_by", "group", "measure")
COUNTS = ("replications", "customers")


class RunError(UserError):
    """A run directory is missing, damaged or of another version."""


def save_run(result: Result, directory: Path | str, command: str) -> Path:
    """Write a run directory and add it to runs.log beside it; give back the directory.

    Neither time nor place is in the directory, so the same run gives the same bytes; both are in the log.

    Raises: OutputError if the directory is not empty, LogError if runs.log is not intact
    """
    directory = Path(directory)
    log = directory.resolve().parent / runs_log.NAME
    if log.exists():
        runs_log.verify(log, manifests=False)
    with new_directory(directory) as partial:
        for name, (file, _) in TABLES.items():
            (partial / file).write_bytes(_table_bytes(getattr(result, name), file))
        result.report(partial / REPORT)
        written = {path.name: file_hash(path) for path in sorted(partial.iterdir())}
        manifest = {**result.manifest, "files": written}
        text = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        (partial / MANIFEST).write_bytes(text.encode())
    seed, name = result.manifest["seed"], directory.resolve().name
    runs_log.append(log, runs_log.Run(command, seed, name, bytes_hash(text.encode())))
    return directory


def read_run(directory: Path | str) -> Result:
    """The result in a run directory.

    Raises: RunError if a file is missing, or is not as it was written
    """
    directory = Path(directory)
    manifest = _manifest(directory)
    files = [file for file, _ in TABLES.values()]
    faults = [fault for file in files for fault in _file_faults(directory / file, manifest["files"].get(file))]
    if faults:
        raise RunError(faults)
    tables = {name: _read_table(directory / file) for name, (file, _) in TABLES.items()}
    manifest.pop("files")
    return Result(manifest, **tables)


def _table_bytes(table: pd.DataFrame, file: str) -> bytes:
    if file.endswith(".csv"):
        return table.to_csv(index=False, lineterminator="\n").encode()
    out = BytesIO()
    table.to_parquet(out, index=False, compression="zstd")
    return out.getvalue()


def _read_table(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in table.columns.difference(list(WORDS)):
        table[column] = table[column].map(lambda text: float(text) if text else float("nan")).astype(float)
    return table.astype({column: np.int64 for column in COUNTS if column in table})


def _manifest(directory: Path) -> dict[str, Any]:
    path = directory / MANIFEST
    allowed = "a run directory is what `twin compare ... --out RUN` writes"
    if not path.is_file():
        raise RunError(Fault(str(directory), f"there is no {MANIFEST} here.", allowed))
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        format_, kind = manifest["version"], manifest["format"]
    except (ValueError, KeyError, TypeError) as e:
        raise RunError(Fault(str(path), "this is not the manifest of a run.", allowed)) from e
    if (kind, format_) != ("twin run", FORMAT):
        what = f"this is version {format_} of '{kind}'."
        raise RunError(Fault(str(path), what, f"this twin reads version {FORMAT} of 'twin run'"))
    return manifest


def _file_faults(path: Path, written: str | None) -> list[Fault]:
    names = listed(file for file, _ in TABLES.values())
    if not path.is_file() or written is None:
        return [Fault(str(path), "the file is missing.", f"a run has {MANIFEST}, {names}")]
    if file_hash(path) != written:
        return [Fault(str(path), "the file is not as it was written.", "compare again, or restore the run")]
    return []
