"""The fields of a scenario file, stated once: they check the file, and the README's tables are made of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """An entry that a part of the file may have. form: how it is written, in words."""

    form: str
    meaning: str
    required: bool = False


SCENARIO = {
    "name": Field("text", "the name in tables and figures; letters, digits, blanks and _ . -", True),
    "description": Field("text", "what is asked, for the report"),
    "extends": Field(
        "file, or list of files",
        "scenarios that this one builds on, beside this file; each is applied once, in order, and later ones win",
    ),
    "change": Field("list of changes", "settings to move; applied in the order of the file"),
    "campaigns": Field("campaigns by name", "times in which customers order more or new ones are won, at a cost"),
    "processes": Field(
        "list of `module:function`", "Python processes of your own that run beside the desks: `../docs/processes.md`"
    ),
    "assume": Field("beliefs by `card.parameter`", "replaces what the model cards hold, with its uncertainty"),
    "accept": Field("criteria by KPI", "what must come out for the scenario to be accepted"),
}

CHANGE = {
    "from": Field("date", "first day; without it, the first simulated day"),
    "to": Field("date", "last day, itself included; without it, for good"),
    "where": Field("conditions by column", "customers that it holds for: all conditions at once; without it, all"),
    "set": Field("amounts by setting", "the settings to move", True),
}

CAMPAIGN = {
    "where": Field("conditions by column", "customers that it addresses: all conditions at once; without it, all"),
    "from": Field("date", "first day; without it, the first simulated day"),
    "to": Field("date", "last day, itself included", True),
    "order_rate": Field(
        "`{scale: belief}`",
        "factor on how often these customers order, at least 0; `{scale: campaign_uplift}` is that of the card demand",
    ),
    "amount": Field("`{scale: belief}`", "factor on the amounts of their orders, at least 0"),
    "acquire": Field(
        "whole number or belief",
        "customers that are won from the first to the last day, each like one of these; 0 to 1,000,000",
    ),
    "cost": Field("money", "paid on the first day; without it, nothing"),
}

CAMPAIGN_EFFECTS = ("order_rate", "amount", "acquire")
"""What a campaign may do; it does at least one of these."""

AMOUNT = {
    "scale": Field("belief", "multiplies what the changes before it left; at least 0"),
    "add": Field("belief", "is added to what the changes before it left"),
}

FACTOR = {
    "scale": Field("belief", "a factor, at least 0", True),
}

STEP = {
    "contact": Field("word", "kind of contact", True),
    "day": Field("whole number", "days past due on which it is made; rising from step to step", True),
}

BOUNDS = {
    "above": Field("number", "more than this"),
    "below": Field("number", "less than this"),
    "at_least": Field("number", "this or more"),
    "at_most": Field("number", "this or less"),
}

BELIEF = {
    "normal": Field("`[mean, standard deviation]`", "bell-shaped"),
    "lognormal": Field("`[median, standard deviation of the log]`", "above 0 and skewed"),
    "uniform": Field("`[lowest, highest]`", "all values between equally likely"),
}

CRITERION = {
    "rises_by_at_least": Field("number or percent", "the KPI is higher than the baseline's by this or more"),
    "rises_by_at_most": Field("number or percent", "it is not higher by more than this"),
    "falls_by_at_least": Field("number or percent", "it is lower by this or more"),
    "falls_by_at_most": Field("number or percent", "it is not lower by more than this"),
    "confidence": Field("share or percent", "probability with which this must hold; without it, 0.95"),
}
