"""Forecasts of the past as files, so that others can score them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from twin.books import Books
from twin.faults import BooksError, Fault, quoted
from twin.fit.forecast import forecast_cash, forecast_invoices
from twin.money import MINOR_DIGITS
from twin.output import new_directory


@dataclass(frozen=True)
class Export:
    """What to export into `directory`.

    invoices: cut, last day of issue and last day of the forecast, for forecasts.csv; None for no such file.
    cash:     cuts for cash.csv, with so many weeks from each; none for no such file.
    """

    directory: Path
    invoices: tuple[date, date, date] | None
    cash: tuple[date, ...]
    weeks: int


def read_export(
    cut: str | None,
    test_until: str | None,
    known_until: str | None,
    cash_cuts: str | None,
    weeks: int,
    directory: Path | None,
) -> Export | None:
    """The export that options ask for; None if they ask for none.

    Raises: BooksError if a date cannot be read, or the options do not go together.
    """
    given = {"--cut": cut, "--test-until": test_until, "--known-until": known_until}
    dates = [_date(option, text) for option, text in given.items() if text is not None]
    cash = tuple(_date("--cash-cuts", text) for text in cash_cuts.split(",")) if cash_cuts else ()
    if directory is None and not dates and not cash:
        return None
    if directory is None or len(dates) not in (0, 3) or not (dates or cash):
        allowed = "--export DIR with --cut, --test-until and --known-until together, with --cash-cuts, or with all four"
        raise BooksError(Fault("backtest", "these options do not make an export.", allowed))
    if dates and not dates[0] < dates[1] <= dates[2]:
        raise BooksError(Fault("backtest", "the dates do not rise.", "--cut before --test-until, up to --known-until"))
    return Export(directory, (dates[0], dates[1], dates[2]) if dates else None, cash, weeks)


def write_export(books: Books, export: Export) -> None:
    """Write forecasts.csv (invoice_id, day, prob) and cash.csv (cut, week, mean, p10, p90), whichever is asked for.

    Amounts are as the files have them, not converted.

    Raises: BooksError if a cut lies outside the books, OutputError if the directory holds something.
    """
    for cut in (*(export.invoices or ())[:1], *export.cash):
        books.as_of(cut)
    with new_directory(export.directory) as out:
        if export.invoices:
            table = forecast_invoices(books, *export.invoices)
            table.to_csv(out / "forecasts.csv", index=False, float_format="%.9g", lineterminator="\n")
        if export.cash:
            table = forecast_cash(books, export.cash, export.weeks, "amount_cents")
            form = f"%.{MINOR_DIGITS[books.currency]}f"
            table.to_csv(out / "cash.csv", index=False, date_format="%Y-%m-%d", float_format=form, lineterminator="\n")


def _date(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        what = f"{quoted(text)} is not a date."
        raise BooksError(Fault(option, what, "a date such as 2026-06-30")) from None
