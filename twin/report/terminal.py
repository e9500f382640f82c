"""The comparison as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from twin.fit.verdict import beaten
from twin.report.answer import criterion
from twin.report.basis import assumed_cash, begins_late, few_replications
from twin.report.proof import warning
from twin.report.words import (
    MAIN,
    Difference,
    differences,
    end,
    human,
    least,
    number,
    often_unchanged,
    scaled,
    share,
    unit_name,
)
from twin.study.comparison import Comparison

RANGE = "90 % range"
STYLES = {"better": "blue", "worse": "red", "open": "", "rare": ""}
WORDS = {"same": "no change", "unknown": "not defined"}
UNITS = ((1e9, "million "), (1e5, "thousand "))
"""From which largest amount on amounts are shown in which unit: seven digits and their signs would not fit."""

FACTOR = {"million ": 1e6, "thousand ": 1e3, "": 1.0}


def print_summary(result: Comparison, console: Console | None = None) -> None:
    """Print the main figures, a block of rows for each scenario, and what is to be known beside them."""
    console = console or Console()
    console.print(_title(result))
    console.print(table(result))
    console.print(_note(result))
    for line in _lines(result):
        console.print(line)
    caution = warning(result.manifest["firm"]["certificate"])
    if caution:
        console.print(Text(caution["head"], style="bold").append(f" {caution['text']}", style="not bold"))


def table(result: Comparison) -> Table:
    """One row per scenario and figure: its mean; its difference from the baseline with range and odds."""
    by_scenario = {name: differences(result, name) for name in (result.baseline, *result.scenarios)}
    word = _unit_of(result)
    out = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    out.add_column(f"{word}{result.manifest['firm']['currency']}")
    for name in ("mean", "difference", RANGE, "better") if result.scenarios else ("mean", RANGE):
        out.add_column(name, justify="right", no_wrap=True)
    for name, figures in by_scenario.items():
        out.add_row(Text(human(name), style="bold"))
        for kpi in MAIN:
            cells = _cells(result, name, figures[kpi], FACTOR[word])
            out.add_row(_label(figures[kpi], result), *cells, end_section=kpi == MAIN[-1])
    return out


def _unit_of(result: Comparison) -> str:
    """'million ', 'thousand ' or nothing: what amounts are shown in."""
    rows = result.summary[result.summary["kpi"].isin(MAIN)]
    money = rows.loc[rows["unit"] == result.manifest["firm"]["currency"], ["mean", "diff"]].abs().max(axis=None)
    return next((word for least, word in UNITS if money >= least), "")


def _label(d: Difference, result: Comparison) -> str:
    """A figure's title with its unit, unless it is the currency, which the head names."""
    unit = unit_name(d.unit)
    return f"{d.figure}, {unit}" if unit and unit != result.manifest["firm"]["currency"] else d.figure


def _cells(result: Comparison, name: str, d: Difference, factor: float) -> tuple[str | Text, ...]:
    shown = factor if d.unit == result.manifest["firm"]["currency"] else 0.0
    (mean,) = _numbers([d.mean], d, shown)
    if name != result.baseline:
        return mean, *_compared(d, shown)
    return (mean, "", "", "") if result.scenarios else (mean, _own_range(result, d, shown))


def _numbers(values: list[float], d: Difference, factor: float, *, signed: bool = False) -> list[str]:
    """Amounts in the unit of the table; what is no amount, with a factor of 0, in its own."""
    return (
        scaled(values, factor, signed=signed)
        if factor
        else [end(v, d.unit) if signed else number(v, d.unit) for v in values]
    )


def _own_range(result: Comparison, d: Difference, factor: float) -> str:
    """The baseline's own range, where nothing is compared with it."""
    row = result.summary[(result.summary["scenario"] == result.baseline) & (result.summary["kpi"] == d.kpi)].iloc[0]
    return " to ".join(_numbers([float(row["p05"]), float(row["p95"])], d, factor))


def _compared(d: Difference, factor: float) -> tuple[str | Text, ...]:
    """Difference, range and odds; for a figure that seldom moves, 'same 99 %' in place of the odds."""
    if d.verdict in WORDS:
        return Text(WORDS[d.verdict], style="dim"), "", ""
    odds = f"same {share(d.equal)}" if often_unchanged(d) else share(d.p_better)
    if d.slight:
        return Text(f"under {least(d)}" if factor <= 1 else "hardly any"), "", odds
    diff, low, high = _numbers([d.diff, d.low, d.high], d, factor, signed=True)
    span = "no change" if d.low == d.high == 0 else f"{low} to {high}"
    return Text(diff, style=STYLES[d.verdict]), span, odds


def _title(result: Comparison) -> Text:
    firm, days = result.manifest["firm"], result.manifest["days"]
    return Text(f"{firm['name']}: {days} days from the close of {firm['as_of']}", style="bold")


def _note(result: Comparison) -> Text:
    better = "; better: in how many replications the scenario is better, unchanged ones counting half"
    made = f"{result.manifest['replications']} replications, seed {result.manifest['seed']}"
    return Text(made + (better if result.scenarios else ""), style="dim")


def _lines(result: Comparison) -> Iterator[Text]:
    """What plain methods foretell better, what rests on few replications or assumed cash, late changes, criteria."""
    for sentence in beaten(result.manifest["firm"]["certificate"]):
        yield Text(sentence, style="dim")
    if few := few_replications(result.manifest):
        yield Text(few, style="bold")
    if cash := assumed_cash(result.manifest):
        yield Text(f"Cash {cash}.", style="dim")
    for record in result.manifest["scenarios"]:
        for sentence in begins_late(result.manifest, record):
            yield Text(f"{human(record['name'])}: {sentence}")
        for told in map(criterion, record["accept"]):
            word, style = ("met", "blue") if told["met"] else ("not met", "red")
            yield Text(f"{human(record['name'])}: ").append(word, style=f"bold {style}").append(f": {told['text']}")
