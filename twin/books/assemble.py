"""Makes books of tables that have been read and checked, and says in sentences what was assumed on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import pandas as pd

from twin.books.books import Books, SourceFile
from twin.books.dates import as_date
from twin.books.derive import balances_at, base_cents, base_of_receipts, customers_of, receipts_of, settled_on
from twin.books.recipe import Recipe
from twin.books.rejected import Loaded, rejected_rows
from twin.books.schema import TABLES
from twin.faults import BooksError, Fault, listed

LARGEST_TOTAL = 4e18
"""Cents that a column may add up to: half of what 64 bits hold."""

Frames = dict[str, pd.DataFrame]


def assemble(recipe: Recipe, loaded: Mapping[str, Loaded], filled: Mapping[str, Counter[tuple[str, str]]]) -> Books:
    """The books.

    filled: for each table, how many empty values were taken as another, by column and value.

    Raises: BooksError where a currency has no rate, no invoice is left, or amounts cannot be added up.
    """
    frames = {name: table.good.drop(columns="row") for name, table in loaded.items()}
    faults = [*_no_rate(recipe, loaded), *_none_left(loaded)]
    if faults:
        raise BooksError(faults)
    notes = [*_notes_of_recipe(recipe, frames), *_notes_of_rows(loaded, filled)]
    _settle(recipe, frames, notes)
    _into_base(recipe, frames, loaded)
    if "receipts" not in frames:
        frames["receipts"] = receipts_of(frames["invoices"])
    until = recipe.known_until or _last_day(frames)
    if "accounts" in frames:
        close = pd.Timestamp(until).as_unit("s")
        frames["accounts"] = balances_at(frames["accounts"], frames.get("bank"), close, close)
    customers = customers_of(frames["invoices"], frames.get("customers"), recipe.fit.segment_by, recipe.currency)
    return Books(
        name=recipe.name,
        currency=recipe.currency,
        country=recipe.country,
        known_until=until,
        recipe=recipe,
        rejected=pd.concat([rejected_rows(table) for table in loaded.values()], ignore_index=True),
        assumptions=(*notes, *_notes_of_absence(recipe, loaded, until)),
        sources=tuple(_source_file(name, table) for name, table in loaded.items()),
        **{**frames, "customers": customers},
    )


def _settle(recipe: Recipe, frames: Frames, notes: list[str]) -> None:
    """Put settlement days and receipts in agreement with each other and with the days of issue."""
    invoices = frames["invoices"]
    if "receipts" in frames:
        _clip_receipts(frames, notes)
        full = settled_on(invoices, frames["receipts"])
        if "settled_on" in invoices:
            invoices = invoices.assign(settled_on=invoices["settled_on"].fillna(full))
            notes += _note_of_short_receipts(invoices, full)
        else:
            invoices = invoices.assign(settled_on=full)
    early = (invoices["settled_on"] < invoices["issued_on"]).to_numpy()
    if early.any():
        invoices = invoices.assign(settled_on=invoices["settled_on"].mask(early, invoices["issued_on"]))
        notes.append(
            f"{early.sum():,} invoices ({early.mean():.1%}) were settled before their day of issue: "
            "they count as settled on the day of issue, as the recipe states."
        )
    frames["invoices"] = invoices


def _clip_receipts(frames: Frames, notes: list[str]) -> None:
    receipts, invoices = frames["receipts"], frames["invoices"]
    issued = receipts["invoice_id"].map(invoices.set_index("invoice_id")["issued_on"])
    early = (receipts["received_on"] < issued).to_numpy()
    if early.any():
        frames["receipts"] = receipts.assign(received_on=receipts["received_on"].mask(early, issued))
        notes.append(f"{early.sum():,} receipts came before their invoice: they count as of its day of issue.")


def _note_of_short_receipts(invoices: pd.DataFrame, full: "pd.Series[pd.Timestamp]") -> Iterator[str]:
    short = int((invoices["settled_on"].notna() & full.isna()).sum())
    if short:
        yield f"{short:,} settled invoices received less than their amount: the rest counts as credited, not as open."


def _into_base(recipe: Recipe, frames: Frames, loaded: Mapping[str, Loaded]) -> None:
    faults = []
    for name in (n for n in frames if TABLES[n].has_base):
        frame = frames[name]
        try:
            if name == "receipts":
                base = base_of_receipts(frame, frames["invoices"], recipe.currency, recipe.rates)
            else:
                base = base_cents(frame["amount_cents"], _currency(frame, recipe), recipe.currency, recipe.rates)
        except OverflowError as e:
            faults.append(Fault(str(loaded[name].source.path), f"{e}.", "are the rates right?"))
            continue
        frames[name] = frame.assign(base_cents=base)
        for column in ("amount_cents", "base_cents"):
            if frames[name][column].abs().astype(float).sum() > LARGEST_TOTAL:
                faults.append(Fault(str(loaded[name].source.path), "the amounts are too large to add up."))
    if faults:
        raise BooksError(faults)


def _currency(frame: pd.DataFrame, recipe: Recipe) -> "pd.Series[str]":
    return frame["currency"] if "currency" in frame else pd.Series(recipe.currency, frame.index, dtype="str")


def _no_rate(recipe: Recipe, loaded: Mapping[str, Loaded]) -> Iterator[Fault]:
    for name, table in loaded.items():
        if "currency" not in table.good or not TABLES[name].has_base:
            continue
        for code, rows in table.good["currency"].value_counts().items():
            if code != recipe.currency and code not in recipe.rates:
                what = f"{rows:,} rows of {name} are in {code}, and there is no rate for it."
                allowed = f"state under rates what one {code} is worth in {recipe.currency}"
                yield Fault(f"{table.source.path}, column currency", what, allowed)


def _none_left(loaded: Mapping[str, Loaded]) -> Iterator[Fault]:
    if loaded["invoices"].good.empty:
        yield Fault(str(loaded["invoices"].source.path), "no invoice is left that can be used.")


def _last_day(frames: Frames) -> date:
    """The last day on which anything happened: issues, settlements, receipts, contacts and the like."""
    days = [frame[TABLES[name].day].max() for name, frame in frames.items() if TABLES[name].day in frame]
    last = np.nanmax if False else max
    return as_date(last(d for d in [*days, frames["invoices"]["settled_on"].max()] if not pd.isna(d)))


def _source_file(name: str, table: Loaded) -> SourceFile:
    return SourceFile(name, table.source.path.name, table.source.sha256(), table.read)
