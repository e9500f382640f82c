"""A recipe says where the books come from, which column is what, what to fit and what counts as good."""

from __future__ import annotations

import codecs
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from twin.books.amounts import NumberStyle
from twin.books.dates import flaw_of_formats
from twin.books.mapping import mapping_faults
from twin.calendar import Calendar
from twin.faults import RecipeError, quoted
from twin.money import MINOR_DIGITS
from twin.yaml_file import read_model


def _currency(code: str) -> str:
    if code not in MINOR_DIGITS:
        raise ValueError(f"{quoted(code)} is not an ISO 4217 currency code such as USD.")
    return code


def _country(code: str) -> str:
    Calendar(code)
    return code


def _encoding(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise ValueError(f"{quoted(name)} is not a text encoding; usual are utf-8, cp1252, latin-1, utf-16.") from None
    return codecs.lookup(name).name.removesuffix("-sig")


def _formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    if flaw := flaw_of_formats(formats):
        raise ValueError(flaw)
    return formats


Currency = Annotated[str, AfterValidator(_currency)]
Formats = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_formats)]
Character = Annotated[str, Field(min_length=1, max_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseModel):
    """A group of settings: nothing else may stand in it, and nothing changes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnRecipe(Settings):
    """How one column of the books is made. A plain name stands for `column` alone."""

    column: str | None = Field(default=None, description="name of the column in the file")
    constant: str | None = Field(default=None, description="the same value in every row, instead of a column")
    when_empty: str | None = Field(default=None, description="value of rows where the column is empty")
    values: dict[str, str] = Field(default={}, description="what each word of the file means; other words are faults")
    dates: Formats | None = Field(default=None, description="date formats of this column, instead of the table's")
    signs: str = Field(default="", description="characters around a number that mean nothing, such as $")

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnRecipe:
        if (self.column is None) == (self.constant is None):
            raise ValueError("give either a column or a constant.")
        return self


Origin = str | ColumnRecipe


class TableRecipe(Settings):
    """A file and how it is written."""

    file: str = Field(description="name of the file, CSV or Parquet, beside the recipe or in the working directory")
    encoding: Annotated[str, AfterValidator(_encoding)] = Field(default="utf-8", description="encoding of its text")
    separator: Character = Field(default=",", description='what parts its columns; a tab is "\\t"')
    quote: Character = Field(default='"', description="what stands around a value that holds a separator")
    skip_rows: int = Field(default=0, ge=0, description="rows above the header")
    decimal_mark: Literal[".", ","] = Field(default=".", description="what stands before the decimals")
    thousands_mark: str | None = Field(
        default=None, max_length=1, description="what parts thousands, '' for nothing; if absent, '1.500' is refused"
    )
    dates: Formats = Field(default=("%Y-%m-%d",), description="date formats in strptime letters, tried in turn")
    empty_words: tuple[str, ...] = Field(default=(), description="words that mean empty, such as NULL")
    columns: dict[str, Origin] | None = Field(
        default=None, description="columns of the books and where each comes from; if absent, the file has their names"
    )
    attributes: dict[str, Origin] = Field(
        default={},
        description="further columns, kept as text; only what is known on the row's day",
    )

    @model_validator(mode="after")
    def _marks_differ(self) -> TableRecipe:
        if self.thousands_mark == self.decimal_mark:
            raise ValueError("decimal_mark and thousands_mark are the same.")
        if self.separator == self.quote:
            raise ValueError("separator and quote are the same.")
        return self

    def origins(self) -> dict[str, ColumnRecipe]:
        """Where each column and attribute comes from, by its name in the books."""
        every = {**(self.columns or {}), **self.attributes}
        return {name: ColumnRecipe(column=o) if isinstance(o, str) else o for name, o in every.items()}

    def number_style(self, origin: ColumnRecipe) -> NumberStyle:
        """How numbers are written in that column."""
        return NumberStyle(self.decimal_mark, self.thousands_mark, origin.signs)


class FitSettings(Settings):
    """What calibration is told about these books."""

    segment_by: str | None = Field(default=None, description="attribute of invoices or customers to group by")
    covariates: tuple[str, ...] = Field(default=(), description="attributes of invoices that may matter")
    history_from: date | None = Field(
        default=None, description="first day of full records; none earlier is learnt from"
    )


class Bounds(Settings):
    """Between what a figure of the backtest must lie."""

    at_least: float | None = Field(default=None, description="lower end")
    at_most: float | None = Field(default=None, description="upper end")

    @model_validator(mode="after")
    def _ordered(self) -> Bounds:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most.")
        return self


class AcceptSettings(Settings):
    """What counts as a good forecast: the certificate is passed when every figure lies within its bounds.

    What chance alone makes of a figure over so many invoices and weeks is allowed for on top: see fit/certificate.py.
    """

    invoice_coverage: Bounds = Field(
        default=Bounds(at_least=0.75, at_most=0.95),
        description="share of settlements inside their 80 % band, less what whole days add",
    )
    invoice_pit: Bounds = Field(default=Bounds(at_most=0.10), description="PIT deviation of settlement days")
    cash_coverage: Bounds = Field(
        default=Bounds(at_least=0.65, at_most=0.95),
        description="share of weeks with receipts inside their 80 % band",
    )
    cash_wape: Bounds = Field(default=Bounds(at_most=0.25), description="absolute error of weekly receipts / receipts")
    four_week_error: Bounds = Field(
        default=Bounds(at_most=0.10), description="error of four weeks' receipts / receipts"
    )
    total_coverage: Bounds = Field(
        default=Bounds(at_least=0.50),
        description="share of weeks with receipts, new orders included, inside their 80 % band",
    )
    total_wape: Bounds = Field(
        default=Bounds(at_most=0.30),
        description="absolute error of weekly receipts, new orders included / receipts",
    )
    total_error: Bounds = Field(
        default=Bounds(at_most=0.10),
        description="error of the receipts of all weeks together, new orders included / receipts",
    )


class StepSettings(Settings):
    """A step of the collections ladder."""

    contact: Literal["email", "call", "letter"] = Field(description="kind of contact")
    day: int = Field(ge=-60, le=3_650, description="days past due")


class PolicySettings(Settings):
    """Today's policy, as far as the firm says it; the rest is assumed."""

    collectors: int | None = Field(default=None, ge=0, le=10_000, description="people who work the worklist")
    collector_minutes: int | None = Field(default=None, ge=0, le=1_440, description="minutes of each on a banking day")
    ladder: tuple[StepSettings, ...] | None = Field(default=None, description="collections steps, days rising")
    worklist: Literal["largest", "oldest"] | None = Field(default=None, description="which contact comes first")
    write_off_days: int | None = Field(default=None, ge=1, le=3_650, description="days past due at write-off")
    over_limit: Literal["hold", "decline"] | None = Field(
        default=None, description="what becomes of an order beyond the credit limit"
    )
    hold_days: int | None = Field(
        default=None, ge=1, le=3_650, description="days past due from which new orders are held; 3650 is never"
    )
    hold_patience_days: int | None = Field(
        default=None, ge=0, le=3_650, description="days after which a held order is lost"
    )
    lead_days: int | None = Field(
        default=None,
        ge=0,
        le=365,
        description="days from an accepted order to its invoice; measured where invoices name their orders",
    )
    discount: float | None = Field(
        default=None, ge=0, le=0.5, description="early-payment discount, as a share of the invoice"
    )
    discount_days: int | None = Field(
        default=None, ge=0, le=365, description="days from invoice within which the discount is given"
    )


class Recipe(Settings):
    """A whole recipe."""

    name: str = Field(min_length=1, description="name of these books")
    currency: Currency = Field(description="the firm's own currency; amounts in others are converted to it")
    country: Annotated[str, AfterValidator(_country)] | None = Field(
        default=None, description="country of the bank holidays, such as 'US'; none if absent"
    )
    rates: dict[Currency, float] = Field(
        default={},
        description="one unit of another currency in the firm's own; held for the whole time",
    )
    known_until: date | None = Field(
        default=None, description="the books are as of its close; if absent, as of the last day in them"
    )
    most_rejected: Share = Field(default=0.01, description="share of a table's rows that may be rejected")
    settled_before_issued: Literal["reject", "clip"] = Field(
        default="reject",
        description="an invoice settled before its issue: `clip` moves it to the day of issue",
    )
    tables: dict[str, TableRecipe] = Field(description="the tables that there are; invoices are needed")
    fit: FitSettings = Field(default=FitSettings(), description="what calibration is told")
    policy: PolicySettings = Field(default=PolicySettings(), description="today's policy")
    assume: dict[str, float] = Field(
        default={}, description="parameters of the model cards known better here, by 'card.parameter'"
    )
    accept: AcceptSettings = Field(default=AcceptSettings(), description="what counts as good")


def read_recipe(path: Path | str) -> Recipe:
    """The recipe in a file.

    Raises: RecipeError with every fault: unknown settings and columns, missing columns, rates, formats.
    """
    return read_model(path, Recipe, RecipeError, mapping_faults)
