"""Makes books of tables that have been read and checked one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd

from twin.books import sentences
from twin.books.books import Books, SourceFile
from twin.books.dates import as_date
from twin.books.derive import CASH, balances_at, base_cents, base_of_receipts, customers_of, receipts_of, settled_on
from twin.books.recipe import Recipe
from twin.books.rejected import Loaded, rejected_rows
from twin.books.schema import TABLES
from twin.faults import BooksError, Fault

LARGEST_TOTAL = 4e18
"""Cents that a column may add up to: half of what 64 bits hold."""

Frames = dict[str, Any]
"""A DataFrame for each table."""


def assemble(recipe: Recipe, loaded: Mapping[str, Loaded], filled: sentences.Filled) -> Books:
    """The books made of all tables.

    Raises: BooksError where no invoice is left, a currency has no rate, or amounts cannot be added up.
    """
    faults = [*_none_left(loaded), *_no_rate(recipe, loaded)]
    if faults:
        raise BooksError(faults)
    frames = {name: table.good.drop(columns="row") for name, table in loaded.items()}
    agreed = _agree_on_days(frames)
    _into_base(recipe, frames, loaded)
    if "receipts" not in frames:
        frames["receipts"] = receipts_of(frames["invoices"])
    until = recipe.known_until or _last_day(frames)
    if "accounts" in frames:
        close = pd.Timestamp(until).as_unit("s")
        frames["accounts"] = balances_at(frames["accounts"], frames.get("bank"), close, close)
    frames["customers"] = customers_of(
        frames["invoices"], frames.get("customers"), recipe.fit.segment_by, recipe.currency
    )
    stated = sentences.stated_assumptions(recipe, loaded, filled)
    return Books(
        name=recipe.name,
        currency=recipe.currency,
        country=recipe.country,
        known_until=until,
        recipe=recipe,
        rejected=pd.concat([rejected_rows(table) for table in loaded.values()], ignore_index=True),
        assumptions=(*sentences.rejections(loaded), *stated, *agreed, *sentences.absences(recipe, loaded, until)),
        sources=tuple(_source_file(name, table) for name, table in loaded.items()),
        **frames,
    )


def _none_left(loaded: Mapping[str, Loaded]) -> Iterator[Fault]:
    if loaded["invoices"].good.empty:
        yield Fault(str(loaded["invoices"].source.path), "no invoice is left that can be used.")


def _no_rate(recipe: Recipe, loaded: Mapping[str, Loaded]) -> Iterator[Fault]:
    for name, table in loaded.items():
        if "currency" not in table.good or not table.table.has_base:
            continue
        for code, rows in table.good["currency"].value_counts().items():
            if code != recipe.currency and code not in recipe.rates:
                what = f"{rows:,} rows of {name} are in {code}, and there is no rate for it."
                allowed = f"state under rates what one {code} is worth in {recipe.currency}"
                yield Fault(f"{table.source.path}, column currency", what, allowed)


def _agree_on_days(frames: Frames) -> list[str]:
    """Bring settlement days, receipts and days of issue into agreement; sentences on what was moved."""
    invoices, notes = frames["invoices"], []
    if "receipts" in frames:
        notes += _receipts_from_issue_on(frames)
        if "kind" in frames["receipts"]:
            frames["receipts"] = frames["receipts"].fillna({"kind": CASH})
        full = settled_on(invoices, frames["receipts"])
        given = invoices.get("settled_on", full)
        short = int((given.notna() & full.isna()).sum())
        notes += [sentences.received_short(short)] if short else []
        invoices = invoices.assign(settled_on=given.fillna(full))
    early = (invoices["settled_on"] < invoices["issued_on"]).to_numpy()
    notes += [sentences.moved_to_issue(int(early.sum()), len(invoices))] if early.any() else []
    frames["invoices"] = invoices.assign(settled_on=invoices["settled_on"].mask(early, invoices["issued_on"]))
    return notes


def _receipts_from_issue_on(frames: Frames) -> list[str]:
    receipts = frames["receipts"]
    issued = receipts["invoice_id"].map(frames["invoices"].set_index("invoice_id")["issued_on"])
    early = (receipts["received_on"] < issued).to_numpy()
    frames["receipts"] = receipts.assign(received_on=receipts["received_on"].mask(early, issued))
    return [sentences.received_early(int(early.sum()))] if early.any() else []


def _into_base(recipe: Recipe, frames: Frames, loaded: Mapping[str, Loaded]) -> None:
    """Add `base_cents` to every table that has amounts of its own."""
    faults = []
    for name in (name for name in frames if TABLES[name].has_base):
        place = str(loaded[name].source.path)
        try:
            frames[name] = frames[name].assign(base_cents=_base(recipe, frames, name))
        except OverflowError as e:
            faults.append(Fault(place, f"{e}.", "is the rate right?"))
            continue
        sums = frames[name][["amount_cents", "base_cents"]].astype(float).abs().sum()
        if sums.max() > LARGEST_TOTAL:
            faults.append(Fault(place, "the amounts are too large to add up."))
    if faults:
        raise BooksError(faults)


def _base(recipe: Recipe, frames: Frames, name: str) -> pd.Series[Any]:
    frame: pd.DataFrame = frames[name]
    if name == "receipts":
        return base_of_receipts(frame, frames["invoices"], recipe.currency, recipe.rates)
    if "currency" not in frame:
        return frame["amount_cents"].copy()
    return base_cents(frame["amount_cents"], frame["currency"], recipe.currency, recipe.rates)


def _last_day(frames: Frames) -> date:
    """The last day on which anything happened: an issue, a settlement, a receipt, a contact and so on."""
    days = [frame[TABLES[name].day] for name, frame in frames.items() if TABLES[name].day in frame]
    return as_date(max(d.max() for d in [*days, frames["invoices"]["settled_on"]] if d.notna().any()))


def _source_file(name: str, table: Loaded) -> SourceFile:
    return SourceFile(name, table.source.path.name, table.source.sha256(), table.read)
