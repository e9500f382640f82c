"""The comparison as a table for the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from twin.report.proof import warning
from twin.report.words import MAIN, Difference, differences, human, number, share, unit_name
from twin.study.comparison import Comparison
from twin.study.tables import FIGURES

ANY_WIDTH = 10_000
RANGE = "90 % range"
STYLES = {"better": "blue", "worse": "red", "open": ""}
WORDS = {"same": "no change", "unknown": "not defined"}


def print_summary(result: Comparison, console: Console | None = None) -> None:
    """Print the main figures: a column for each scenario where the terminal is wide enough, else a block for each."""
    console = console or Console()
    wide = wide_table(result)
    fits = console.measure(wide, options=console.options.update(width=ANY_WIDTH)).maximum <= console.width
    console.print(_title(result))
    console.print(wide if fits or not result.scenarios else long_table(result))
    console.print(_note(result, wide=fits))
    caution = warning(result.manifest["firm"]["certificate"])
    if caution:
        console.print(Text(caution["head"], style="bold").append(f" {caution['text']}", style="not bold"))


def wide_table(result: Comparison) -> Table:
    """One row per figure: the baseline's mean, and each scenario's difference with its range and odds."""
    table = _table()
    table.add_column("")
    for name in (result.baseline, *result.scenarios):
        table.add_column(human(name), justify="right", no_wrap=True)
    by_scenario = _by_scenario(result)
    for kpi in MAIN:
        base = by_scenario[result.baseline][kpi]
        cells = [_wide_cell(by_scenario[name][kpi]) for name in result.scenarios]
        label = Text(FIGURES[kpi].title).append(f"\n{unit_name(base.unit)}", style="dim")
        table.add_row(label, _baseline_cell(result, base), *cells)
    return table


def long_table(result: Comparison) -> Table:
    """One row per scenario and figure, for narrow terminals."""
    table = _table()
    table.add_column("")
    for name in ("mean", "difference", RANGE, "better"):
        table.add_column(name, justify="right", no_wrap=name != RANGE)
    for name, figures in _by_scenario(result).items():
        table.add_row(Text(human(name), style="bold"))
        for kpi in MAIN:
            d = figures[kpi]
            own = (_with_unit(d, result.manifest["firm"]["currency"]), number(d.mean, d.unit))
            compared = ("", "", "") if name == result.baseline else _long_cells(d)
            table.add_row(*own, *compared, end_section=kpi == MAIN[-1])
    return table


def _with_unit(d: Difference, currency: str) -> str:
    """A figure's title with its unit, unless it is the currency, which the note names."""
    unit = unit_name(d.unit)
    return f"{d.figure}, {unit}" if unit and unit != currency else d.figure


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)


def _title(result: Comparison) -> Text:
    firm, days = result.manifest["firm"], result.manifest["days"]
    return Text(f"{firm['name']}: {days} days from the close of {firm['as_of']}", style="bold")


def _note(result: Comparison, *, wide: bool) -> Text:
    currency = result.manifest["firm"]["currency"]
    meaning = f"amounts in {currency}; better: in how many replications the scenario is better"
    if not result.scenarios:
        meaning = "below each mean: its 90 % range"
    elif wide:
        meaning = "below each difference: its 90 % range, and the share of replications in which the scenario is better"
    return Text(
        f"{result.manifest['replications']} replications, seed {result.manifest['seed']}; {meaning}", style="dim"
    )


def _by_scenario(result: Comparison) -> dict[str, dict[str, Difference]]:
    return {name: differences(result.summary, name) for name in (result.baseline, *result.scenarios)}


def _baseline_cell(result: Comparison, d: Difference) -> Text:
    text = Text(number(d.mean, d.unit))
    if result.scenarios:
        return text
    rows = result.summary[(result.summary["scenario"] == result.baseline) & (result.summary["kpi"] == d.kpi)]
    low, high = (number(float(rows[column].iloc[0]), d.unit) for column in ("p05", "p95"))
    return text.append(f"\n{low} to {high}", style="dim")


def _wide_cell(d: Difference) -> Text:
    if d.verdict in WORDS:
        return Text(WORDS[d.verdict], style="dim")
    difference, span, odds = _long_cells(d)
    return Text(difference, style=STYLES[d.verdict]).append(f"\n{span}, {odds}", style="dim")


def _long_cells(d: Difference) -> tuple[str, str, str]:
    if d.verdict in WORDS:
        return WORDS[d.verdict], "", ""
    low, high = (number(v, d.unit, signed=True) for v in (d.low, d.high))
    return number(d.diff, d.unit, signed=True), f"{low} to {high}", share(d.p_better)
