"""The report: one HTML file that needs nothing else, no network and no other file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from twin.output import new_file
from twin.report.answer import answers, how_to_read
from twin.report.basis import few_replications
from twin.report.figure_table import definitions, figure_table
from twin.report.figures import axis_of, colour_of, daily_rows, svg_address
from twin.report.origin import origins
from twin.report.proof import proof, scores, warning
from twin.report.words import DASH, NARROW, human, significant
from twin.study.comparison import Comparison
from twin.study.tables import COMPARED

Context = dict[str, Any]


def write_report(result: Comparison, path: Path | str) -> Path:
    """Write the report of a result and give back its path.

    Raises: OutputError if there is a file already
    """
    path = Path(path)
    html = report_html(result)
    with new_file(path) as partial:
        partial.write_text(html, encoding="utf-8", newline="\n")
    return path


def report_html(result: Comparison) -> str:
    """The report as one page of HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_text("page.html.j2")).render(_context(result)) + "\n"


def _context(result: Comparison) -> Context:
    manifest = result.manifest
    shown = result.scenarios or (result.baseline,)
    return {
        "title": "Policy comparison" if result.scenarios else "Forecast",
        "firm": manifest["firm"],
        "lead": _lead(result),
        "warning": warning(manifest["firm"]["certificate"]),
        "few": few_replications(manifest),
        "answers": answers(result),
        "how_to_read": how_to_read(result),
        "comparing": bool(result.scenarios),
        "baseline": human(result.baseline),
        "choices": [_choice(result, name) for name in shown],
        "table": figure_table(result),
        "origins": origins(result),
        "scenarios": [_scenario(result, record) for record in manifest["scenarios"]],
        "proof": proof(manifest["firm"]["certificate"], manifest["firm"]["currency"]),
        "beliefs": list(_beliefs(manifest["beliefs"], manifest["firm"]["currency"])),
        "definitions": [*definitions(), *scores(manifest["firm"]["certificate"])],
        "provenance": list(_provenance(manifest)),
        "thin": NARROW,
        "chart_data": _embedded(_chart_data(result)),
        "style": Markup(_text("page.css")),
        "script": Markup(_text("page.js")),
        "plotly": Markup(files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")),
    }


def _text(name: str) -> str:
    return files("twin.report").joinpath(name).read_text(encoding="utf-8")


def _embedded(content: Any) -> Markup:
    """JSON that no HTML parser can mistake for the end of its script element."""
    text = json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _lead(result: Comparison) -> str:
    manifest = result.manifest
    first = date.fromisoformat(manifest["firm"]["as_of"]) + timedelta(days=1)
    last = first + timedelta(days=manifest["days"] - 1)
    names = ", ".join(human(name) for name in result.scenarios)
    what = f"{names} against {human(result.baseline)}" if names else human(result.baseline)
    period = f"{manifest['days']:,} days, {_day(first)} to {_day(last)}"
    return f"{what}. {period}; {manifest['firm']['customers']:,} customers, {manifest['replications']:,} replications."


def _day(day: date) -> str:
    return f"{day.day} {day.strftime('%B %Y')}"


def _choice(result: Comparison, name: str) -> Context:
    return {"title": human(name), "colour": colour_of(result, name), "picture": svg_address(result, COMPARED, name)}


def _scenario(result: Comparison, record: Context) -> Context:
    return record | {"title": human(record["name"]), "colour": colour_of(result, record["name"])}


def _beliefs(records: list[Context], currency: str) -> Iterator[Context]:
    for status, title in (("measured", "Measured from the books"), ("assumed", "Assumed")):
        rows = [_belief(record, currency) for record in records if record["status"] == status]
        if rows:
            yield {"title": title, "rows": rows}


def _belief(record: Context, currency: str) -> Context:
    low, high = record["low"], record["high"]
    span = "" if low == high else f"{significant(low)} to {significant(high)}"
    unit = re.sub(r"^money\b", currency, record["unit"])
    return record | {"centre": significant(record["centre"]), "range": span or "taken as known", "unit": unit}


def _provenance(manifest: Context) -> Iterator[Context]:
    firm = manifest["firm"]
    yield {"name": "As-of date", "value": f"{firm['as_of']}, the last day known"}
    yield {"name": "Firm", "value": f"sha256 {firm['fingerprint']}"}
    for source in firm["sources"]:
        yield {"name": f"Source {source.get('name', '')}", "value": f"sha256 {source.get('sha256', DASH)}"}
    for scenario in manifest["scenarios"]:
        hashes = "; ".join(f"{file['name']} sha256 {file['sha256']}" for file in scenario["files"])
        yield {"name": f"Scenario {scenario['name']}", "value": hashes or f"plan sha256 {scenario['plan']}"}
    yield {"name": "Seed and replications", "value": f"{manifest['seed']}; {manifest['replications']:,}"}
    versions = ", ".join(f"{name} {version}" for name, version in manifest["made_with"].items() if name != "code")
    yield {"name": "Made with", "value": f"{versions}; code sha256 {manifest['made_with']['code']}"}


def _chart_data(result: Comparison) -> Context:
    measures = []
    for measure in COMPARED:
        scale, unit = axis_of(result, measure)
        measures.append({"name": measure, "title": human(measure), "unit": unit, "scale": scale})
    first = daily_rows(result, result.baseline, COMPARED[0])
    return {
        "dates": [str(day) for day in first["date"]],
        "measures": measures,
        "baseline": _chart_scenario(result, result.baseline, measures),
        "scenarios": [_chart_scenario(result, name, measures) for name in result.scenarios],
    }


def _chart_scenario(result: Comparison, name: str, measures: list[Context]) -> Context:
    out: Context = {"title": human(name), "colour": colour_of(result, name), "series": {}, "difference": {}, "unit": {}}
    for m in measures:
        measure, difference = m["name"], f"{m['name']}_difference"
        out["series"][measure] = _series(result, name, measure, m["scale"])
        if name in result.scenarios:
            scale, out["unit"][measure] = axis_of(result, difference, name)
            out["difference"][measure] = _series(result, name, difference, scale)
    return out


def _series(result: Comparison, scenario: str, measure: str, scale: float) -> Context:
    rows = daily_rows(result, scenario, measure)
    return {column: [float(f"{v / scale:.6g}") for v in rows[column]] for column in ("mean", "p05", "p95")}
