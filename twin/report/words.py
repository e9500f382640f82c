"""Numbers and differences as a planner would say them: rounded to what they can bear, with unit, range and odds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from twin.study.kpi import Kpi
from twin.study.tables import FIGURES

MINUS, NARROW, DASH = "\N{MINUS SIGN}", "\N{NARROW NO-BREAK SPACE}", "\N{EN DASH}"

DECIDED, LIKELY = 0.95, 0.80
"""Share of replications from which a direction is taken as certain, and as probable."""

MAIN = ("net_value", "min_cash", "end_cash", "average_receivables", "dso", "revenue", "write_offs", "p_shortfall")
"""The figures that the answer is given in."""

HARDLY = {"days": 0.1, "share": 0.001, "percent": 0.1, "count": 1.0, "money": 1.0}
"""Below this, in the table's unit, a difference is too small to be said as a number."""

RELATIVE = ("net_value", "average_receivables", "revenue", "receipts", "write_offs")
"""Figures whose difference is also said in percent of the baseline's."""

RANGE = f"90{NARROW}% range"


@dataclass(frozen=True, slots=True)
class Difference:
    """A scenario's figure beside the baseline's, as a row of the summary has it."""

    kpi: str
    unit: str
    mean: float
    diff: float
    low: float
    high: float
    p_better: float

    @property
    def figure(self) -> str:
        """How a report names it."""
        return FIGURES[self.kpi].title

    @property
    def none(self) -> bool:
        """Whether it is the same in every replication."""
        return self.diff == self.low == self.high == 0 and self.p_better == 0.5

    @property
    def verdict(self) -> str:
        """'better', 'worse', 'open' where it may be either, 'same' or 'unknown': for colours and signs."""
        if math.isnan(self.p_better):
            return "unknown"
        if self.none:
            return "same"
        return "better" if self.p_better >= LIKELY else "worse" if 1 - self.p_better >= LIKELY else "open"


def differences(summary: pd.DataFrame, scenario: str) -> dict[str, Difference]:
    """The differences of a scenario from the baseline by figure, in the order of the summary."""
    columns = ["kpi", "unit", "mean", "diff", "diff_low", "diff_high", "p_better"]
    rows = summary.loc[summary["scenario"] == scenario, columns].itertuples(index=False)
    return {d.kpi: d for d in (Difference(*row) for row in rows)}


def step_of(values: Sequence[float], digits: int = 3) -> float:
    """The power of ten to round to, so that the largest value keeps three significant digits."""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return float(10.0 ** (math.floor(math.log10(largest)) - digits + 1)) if largest else 1.0


def rounded(value: float, step: float) -> str:
    """A value rounded to a power of ten, with thousands separators and a true minus sign."""
    places = max(0, -round(math.log10(step)))
    text = f"{round(value / step) * step:,.{places}f}"
    text = text.lstrip("-") if not text.strip("-0.,") else text
    return text.replace("-", MINUS)


def significant(value: float) -> str:
    """A value to three significant digits, without trailing zeros."""
    text = rounded(value, min(step_of([value]), 1.0))
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(value: float, unit: str, *, signed: bool = False) -> str:
    """A value in its unit's usual precision, without the unit. Shares are in percent, their differences in points."""
    if math.isnan(value):
        return DASH
    step = {"days": 0.1, "share": 0.01, "percent": 0.1, "count": 1.0 if abs(value) >= 100 else 0.1}.get(unit, 1.0)
    text = rounded(100 * value if unit == "share" else value, step)
    return f"+{text}" if signed and value > 0 and text.strip("0.") else text


def unit_name(unit: str, *, difference: bool = False) -> str:
    """The unit as it stands behind a number: '%' for shares, 'points' for their differences, nothing for counts."""
    if unit in ("share", "percent"):
        return "points" if difference else "%"
    return "" if unit == "count" else unit


def with_unit(text: str, unit: str, *, difference: bool = False) -> str:
    """A number with its unit, which a line break cannot part from it."""
    name = unit_name(unit, difference=difference)
    return f"{text}\N{NO-BREAK SPACE}{name}" if name else text


def share(value: float) -> str:
    """A share in whole percent, which is 0 or 100 only where it is exactly that."""
    if math.isnan(value):
        return DASH
    percent = 100 * value
    kept = percent if percent in (0, 100) else min(max(round(percent), 1), 99)
    return f"{kept:.0f}\N{NO-BREAK SPACE}%"


def odds(p_better: float, *, resamples: bool = False) -> str:
    """'better in 97 % of replications', or 'worse in ...' where that is more often so."""
    of = "resamples" if resamples else "replications"
    word, p = ("better", p_better) if p_better >= 0.5 else ("worse", 1 - p_better)
    return f"{word} in every {of[:-1]}" if p == 1 else f"{word} in {share(p)} of {of}"


def sentence(d: Difference) -> str:
    """What happens to a figure: the mean difference, its 90 % range, and how often the scenario is better."""
    claim, evidence = claim_and_evidence(d)
    return f"{claim} ({evidence[0]}); {evidence[1]}." if evidence else f"{claim}."


def claim_and_evidence(d: Difference) -> tuple[str, tuple[str, str] | None]:
    """The sentence in its parts: what happens; the range and the odds, if it happens by chance."""
    if math.isnan(d.p_better):
        figure = FIGURES[d.kpi]
        why = figure.undefined if isinstance(figure, Kpi) else ""
        return f"{d.figure} cannot be stated: {why or 'it has no value'}", None
    if d.none:
        return f"{d.figure} {_do(d)} not change", None
    if max(abs(d.diff), abs(d.low), abs(d.high)) < HARDLY[d.unit if d.unit in HARDLY else "money"]:
        least = {"days": "0.1", "share": "0.1", "percent": "0.1"}.get(d.unit, "1")
        return f"{d.figure} hardly {'change' if _plural(d) else 'changes'}: by less than {_unit(d, least)}", None
    certain = max(d.p_better, 1 - d.p_better)
    if certain < LIKELY:
        low, high = (_said(d, v, signed=True) for v in (d.low, d.high))
        claim = f"{d.figure} may rise or fall: {_unit(d, _said(d, d.diff, signed=True))} on average"
        return claim, (f"{RANGE} {low} to {high}", _odds(d))
    moves = ("rise" if d.diff > 0 else "fall") + ("" if _plural(d) else "s")
    moves = moves if certain >= DECIDED else f"probably {moves}"
    claim = f"{d.figure} {moves} by {_unit(d, _said(d, abs(d.diff)))}{_relative(d)}"
    return claim, (f"{RANGE} {_range(d)}", _odds(d))


def _range(d: Difference) -> str:
    """The range as sizes where all of it lies on one side of 0, else with signs."""
    if d.low < 0 < d.high or (d.diff > 0) != (d.low + d.high > 0):
        return f"{_said(d, d.low, signed=True)} to {_said(d, d.high, signed=True)}"
    least, most = sorted((abs(d.low), abs(d.high)))
    return f"{_said(d, least)} to {_said(d, most)}"


def _relative(d: Difference) -> str:
    """The difference in percent of the baseline's figure, where that is a total of money."""
    base = d.mean - d.diff
    if d.kpi not in RELATIVE or base <= 0:
        return ""
    percent = 100 * abs(d.diff) / base
    return f" or {'less than 0.1' if percent < 0.1 else f'{percent:.1f}'}{NARROW}%"


def _plural(d: Difference) -> bool:
    return d.figure.split()[-1].endswith("s") or " days " in f" {d.figure.lower()} "


def _do(d: Difference) -> str:
    return "do" if _plural(d) else "does"


def _odds(d: Difference) -> str:
    return odds(d.p_better, resamples=not isinstance(FIGURES[d.kpi], Kpi))


def _said(d: Difference, value: float, *, signed: bool = False) -> str:
    factor = 100 if d.unit == "share" else 1
    step = step_of([factor * v for v in (d.diff, d.low, d.high)])
    text = rounded(factor * value, max(step, 1.0) if d.unit not in ("days", "share", "percent", "count") else step)
    return f"+{text}" if signed and value > 0 and text.strip("0.") else text


def _unit(d: Difference, text: str) -> str:
    return with_unit(text, d.unit, difference=True)


def unchanged(same: Sequence[Difference]) -> str:
    """One sentence for all the figures that are the same in every replication; empty if there are none."""
    names = [d.figure if d.figure[:2].isupper() else d.figure[0].lower() + d.figure[1:] for d in same]
    names = [names[0][0].upper() + names[0][1:], *names[1:]] if names else []
    if len(names) < 2:
        return f"{names[0]} {_do(same[0])} not change in any replication." if names else ""
    return f"{', '.join(names[:-1])} and {names[-1]} do not change in any replication."


def human(name: str) -> str:
    """A scenario's name as a title: 'tighter_terms' is 'Tighter terms'."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
