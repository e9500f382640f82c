"""Numbers and differences as a planner would say them: rounded to what they can bear, with unit, range and odds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from twin.study.comparison import Comparison
from twin.study.kpi import Kpi
from twin.study.tables import FIGURES

MINUS, NARROW, DASH = "\N{MINUS SIGN}", "\N{NARROW NO-BREAK SPACE}", "\N{EN DASH}"

RARE = 0.80
"""Share of unchanged replications from which a figure counts as hardly ever moved."""

DECIDED, LIKELY = 0.95, 0.80
"""Share of replications from which a direction is taken as certain, and as probable."""

MAIN = ("net_value", "min_cash", "end_cash", "average_receivables", "dso", "revenue", "write_offs", "p_shortfall")
"""The figures that the answer is given in."""

HARDLY = {"days": 0.1, "share": 0.001, "percent": 0.1, "count": 1.0, "money": 1.0}
"""Below this, in the table's unit, a difference is too small to be said as a number."""

NOTHING = 1e-6
"""Below this a number is the dust of floating-point sums."""

RELATIVE = ("net_value", "average_receivables", "revenue", "receipts", "write_offs")
"""Figures whose difference is also said in percent of the baseline's."""

RANGE = f"90{NARROW}% range"


@dataclass(frozen=True, slots=True)
class Difference:
    """A scenario's figure beside the baseline's, as a row of the summary has it.

    p_better:     share of replications in which it is better, unchanged ones counting half.
    equal:        share of replications in which it is exactly the baseline's; 0 where that is not known.
    replications: how many there are.
    """

    kpi: str
    unit: str
    mean: float
    diff: float
    low: float
    high: float
    p_better: float
    equal: float = 0.0
    replications: int = 0

    @property
    def figure(self) -> str:
        """How a report names it."""
        return FIGURES[self.kpi].title

    @property
    def none(self) -> bool:
        """Whether it is the same in every replication."""
        return self.diff == self.low == self.high == 0 and self.p_better == 0.5

    @property
    def rises(self) -> float:
        """Share of replications in which it is above the baseline's."""
        higher = self.p_better if FIGURES[self.kpi].better == "up" else 1 - self.p_better
        return max(higher - self.equal / 2, 0.0)

    @property
    def falls(self) -> float:
        """Share of replications in which it is below the baseline's."""
        return max(1 - self.equal - self.rises, 0.0)

    @property
    def slight(self) -> bool:
        """Whether mean and range are too close to 0 to be said as numbers."""
        return max(abs(self.diff), abs(self.low), abs(self.high)) < HARDLY.get(self.unit, HARDLY["money"])

    @property
    def divided(self) -> bool:
        """Whether the mean goes one way and most replications, enough for a direction, the other."""
        likely = max(self.p_better, 1 - self.p_better) >= LIKELY
        return likely and (self.diff == 0 or (self.diff > 0) != (self.rises > self.falls))

    @property
    def verdict(self) -> str:
        """'better', 'worse', 'open' where it may be either, 'rare' where it hardly changes, 'same' or 'unknown'."""
        if math.isnan(self.p_better):
            return "unknown"
        if self.none:
            return "same"
        if self.equal >= RARE or self.slight:
            return "rare"
        if self.divided:
            return "open"
        return "better" if self.p_better >= LIKELY else "worse" if 1 - self.p_better >= LIKELY else "open"


def differences(result: Comparison, scenario: str) -> dict[str, Difference]:
    """The differences of a scenario from the baseline by figure, in the order of the summary."""
    columns = ["kpi", "unit", "mean", "diff", "diff_low", "diff_high", "p_better"]
    rows = result.summary[result.summary["scenario"] == scenario]
    equal = rows["kpi"].map(_equal_shares(result, scenario)).fillna(0.0)
    cells = rows[columns].assign(equal=equal, replications=rows["replications"]).itertuples(index=False)
    return {d.kpi: d for d in (Difference(*row) for row in cells)}


def _equal_shares(result: Comparison, scenario: str) -> dict[str, float]:
    """The share of replications, of those in which it has a value, that leave a KPI exactly as it is."""
    own, base = (
        result.kpi[result.kpi["scenario"] == name].set_index(["kpi", "replication"])["value"]
        for name in (scenario, result.baseline)
    )
    change = (own - base).dropna()
    shares = change.eq(0).groupby(level="kpi").mean()
    return {str(kpi): float(share) for kpi, share in shares.items()}


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
    return _with_sign(rounded(100 * value if unit == "share" else value, step), value, signed=signed)


def end(value: float, unit: str) -> str:
    """The end of a range, with its sign, as number has it, but to one digit where that would be a 0 and it is none."""
    size = 100 * value if unit == "share" else value
    return _with_sign(_never_zero(number(value, unit), size), value, signed=True)


def scaled(values: Sequence[float], factor: float, *, signed: bool = False) -> list[str]:
    """Amounts divided by a factor such as 1,000, all to the same step: the largest to three digits, none below 0.01."""
    parts = [value / factor for value in values]
    step = min(max(step_of(parts), 0.01), 1.0)
    return [_scaled(part, 1.0 if factor == 1 else step, signed=signed) for part in parts]


def _scaled(part: float, step: float, *, signed: bool) -> str:
    if math.isnan(part):
        return DASH
    text = rounded(part, step)
    return _with_sign(_never_zero(text, part) if signed else text, part, signed=signed)


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


def odds(p_better: float, equal: float = 0.0, *, resamples: bool = False) -> str:
    """'better in 97 % of replications', or 'worse in ...' where that is more often so; the unchanged ones apart."""
    of = "resamples" if resamples else "replications"
    word, p = ("better", p_better) if p_better >= 0.5 else ("worse", 1 - p_better)
    if p == 1:
        return f"{word} in every {of[:-1]}"
    unchanged_in = f" and unchanged in {share(equal)}" if equal else ""
    return f"{word} in {share(p - equal / 2)}{unchanged_in} of {of}"


def sentence(d: Difference) -> str:
    """What happens to a figure: the mean difference, its 90 % range, and how often the scenario is better."""
    claim, evidence = claim_and_evidence(d)
    return f"{claim} {evidence}" if evidence else f"{claim}."


def claim_and_evidence(d: Difference) -> tuple[str, str]:
    """The sentence in its parts: what happens; the range and the odds, empty if it does not happen by chance."""
    if math.isnan(d.p_better):
        figure = FIGURES[d.kpi]
        why = figure.undefined if isinstance(figure, Kpi) else ""
        return f"{d.figure} cannot be stated: {why or 'it has no value'}", ""
    if d.none:
        return f"{d.figure} {_do(d)} not change", ""
    if d.slight:
        return f"{d.figure} hardly {'change' if _plural(d) else 'changes'}: by less than {_unit(d, least(d))}", ""
    on_average = f"{_unit(d, _said(d, d.diff, signed=True))} on average"
    if often_unchanged(d):
        return f"{d.figure} {_counts(d)}: {on_average}", _evidence(d, counted=True)
    if d.divided and isinstance(FIGURES[d.kpi], Kpi):
        return f"{d.figure} {_division(d)}: {on_average}", _evidence(d, counted=True)
    certain = max(d.p_better, 1 - d.p_better)
    if certain < LIKELY or d.divided:
        return f"{d.figure} may rise or fall: {on_average}", _evidence(d)
    moves = ("rise" if d.diff > 0 else "fall") + ("" if _plural(d) else "s")
    moves = moves if certain >= DECIDED else f"probably {moves}"
    claim = f"{d.figure} {moves} by {_unit(d, _said(d, abs(d.diff)))}{_relative(d)}"
    return claim, _evidence(d, signed=False)


def often_unchanged(d: Difference) -> bool:
    """Whether it stays in so many replications, or never goes one way, that 'may rise or fall' would mislead."""
    one_way = max(d.p_better, 1 - d.p_better) < LIKELY and min(d.rises, d.falls) < 1e-9
    return d.equal >= 0.5 or (d.equal > 0 and one_way)


def count_unchanged(d: Difference) -> str:
    """'unchanged in 199 of 200'."""
    return f"unchanged in {round(d.equal * d.replications):,} of {d.replications:,}"


def least(d: Difference) -> str:
    """The size, without unit, that a slight difference stays below."""
    return {"days": "0.1", "share": "0.1", "percent": "0.1"}.get(d.unit, "1")


def _counts(d: Difference) -> str:
    """'is unchanged in 160 of 200 replications, rises in 38 and falls in 2'."""
    moves = [(share_, verb) for share_, verb in ((d.rises, "rise"), (d.falls, "fall")) if share_ > 1e-9]
    ends = "" if _plural(d) else "s"
    told = [f"{verb}{ends} in {round(share_ * d.replications):,}" for share_, verb in moves]
    return f"{'are' if ends == '' else 'is'} {count_unchanged(d)} replications, {' and '.join(told)}"


def _division(d: Difference) -> str:
    """'falls in 80 % of replications but rises by more in 18 %'."""
    ends = "" if _plural(d) else "s"
    sides = sorted(((d.rises, f"rise{ends}"), (d.falls, f"fall{ends}")), reverse=True)
    (most, often), (least, seldom) = sides
    return f"{often} in {share(most)} of replications but {seldom} by more in {share(least)}"


def _evidence(d: Difference, *, signed: bool = True, counted: bool = False) -> str:
    """'(90 % range 5 to 9); better in 97 % of replications.', without the odds where the claim counts already."""
    within = f"({RANGE} {_range(d, signed=signed)})"
    span = f"(the {RANGE} is no change)" if d.low == d.high == 0 else within
    return f"{span}." if counted else f"{span}; {_odds(d)}."


def _range(d: Difference, *, signed: bool) -> str:
    """The range as sizes where all of it lies on one side of 0 and that is asked for, else with signs."""
    if signed or d.low < 0 < d.high or (d.diff > 0) != (d.low + d.high > 0):
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
    return odds(d.p_better, d.equal, resamples=not isinstance(FIGURES[d.kpi], Kpi))


def _said(d: Difference, value: float, *, signed: bool = False) -> str:
    factor = 100 if d.unit == "share" else 1
    step = step_of([factor * v for v in (d.diff, d.low, d.high)])
    text = rounded(factor * value, max(step, 1.0) if d.unit not in ("days", "share", "percent", "count") else step)
    return _with_sign(_never_zero(text, factor * value), value, signed=signed)


def _never_zero(text: str, value: float) -> str:
    """The text, or the value to one digit where rounding has made a 0 of what is none."""
    return rounded(value, step_of([value], 1)) if abs(value) > NOTHING and not text.strip("0.") else text


def _with_sign(text: str, value: float, *, signed: bool) -> str:
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
