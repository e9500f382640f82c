"""Checks of a recipe that need the schema of the books, each with its line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from twin.books.schema import TABLES
from twin.faults import Fault, listed, quoted, unknown
from twin.money import MINOR_DIGITS, rate_fraction
from twin.yaml_file import YamlFile

ANY = "USD"
"""Stands for a currency that is not known, where only the rate itself is looked at."""


def mapping_faults(file: YamlFile) -> Iterator[Fault]:
    """What the shape alone does not show: columns that the books do not have or miss, rates, names in `fit`.

    It works on the plain tree, so that these faults are told together with those of the shape.
    """
    tables = _group(file.value, "tables")
    for name in tables:
        if name in TABLES:
            yield from _column_faults(file, name, _group(tables, name))
        else:
            yield unknown(file.place(("tables", name)), "table", str(name), TABLES)
    if tables and "invoices" not in tables:
        yield Fault(file.place(("tables",)), "there are no invoices.", "the table 'invoices' is required")
    columns = _group(_group(tables, "invoices"), "columns")
    if columns and "receipts" not in tables and "settled_on" not in columns:
        yield Fault(
            file.place(("tables", "invoices", "columns")),
            "nothing says when invoices were settled.",
            "map the column 'settled_on', or give a table 'receipts'",
        )
    yield from _rate_faults(file)
    ladder = _group(file.value, "policy").get("ladder")
    for i, what in rising_faults(ladder):
        yield Fault(file.place(("policy", "ladder", i)), f"policy.ladder: {what}", "the days of a ladder must rise")
    yield from _fit_faults(file, tables)


def _column_faults(file: YamlFile, name: str, table: dict[str, Any]) -> Iterator[Fault]:
    columns, schema = _group(table, "columns"), TABLES[name]
    path = ("tables", name, "columns")
    for column in columns:
        if column not in schema.names:
            yield unknown(file.place((*path, column)), f"column of {name}", str(column), schema.names)
    missing = [c.name for c in schema.columns if c.required and c.name not in columns]
    if missing and "columns" in table:
        yield Fault(file.place(path), f"{name}: {listed(map(quoted, missing))} must be mapped.")
    for attribute in _group(table, "attributes"):
        taken = {*schema.names, *(c.stored for c in schema.columns), "base_cents", "row"}
        if attribute in taken:
            place = file.place(("tables", name, "attributes", attribute))
            yield Fault(place, f"{quoted(attribute)} is a column of the books.", "map it under 'columns'")


def _rate_faults(file: YamlFile) -> Iterator[Fault]:
    """Rates that are not above 0, or too long, whatever else is wrong with the currencies; text is left out."""
    base = file.value.get("currency")
    own = base if isinstance(base, str) and base in MINOR_DIGITS else ""
    for code, rate in _group(file.value, "rates").items():
        if isinstance(rate, bool) or not isinstance(rate, int | float):
            continue
        known = code if code in MINOR_DIGITS else own or ANY
        try:
            rate_fraction(rate, known, own or known)
        except ValueError as e:
            yield Fault(file.place(("rates", code)), f"{code}: {e}.")
        if code == own and rate != 1:
            yield Fault(file.place(("rates", code)), f"{code} is the firm's own currency, so its rate is 1.")


def rising_faults(ladder: Any) -> list[tuple[int, str]]:
    """Index of each step of a ladder, as it stands in a file, that is not after the one before it, and what is wrong.

    Steps without a day that is a number are left out: they are faults of their own.
    """
    steps = enumerate(ladder if isinstance(ladder, list) else [])
    days = [(i, step.get("day")) for i, step in steps if isinstance(step, dict)]
    dated = [(i, day) for i, day in days if isinstance(day, int) and not isinstance(day, bool)]
    return [
        (j, f"step {j + 1} is on day {day}, not after step {i + 1} on day {before}.")
        for (i, before), (j, day) in pairwise(dated)
        if day <= before
    ]


def _fit_faults(file: YamlFile, tables: dict[str, Any]) -> Iterator[Fault]:
    fit = _group(file.value, "fit")
    attributes = set(_group(_group(tables, "invoices"), "attributes")) | {"currency"}
    customers = _group(tables, "customers")
    columns = set(_group(customers, "columns") or TABLES["customers"].names) | set(_group(customers, "attributes"))
    segment = fit.get("segment_by")
    if isinstance(segment, str) and segment not in attributes | columns:
        yield unknown(file.place(("fit", "segment_by")), "attribute", segment, attributes | columns)
    covariates = fit.get("covariates")
    for i, name in enumerate(covariates if isinstance(covariates, list) else []):
        if isinstance(name, str) and name not in attributes:
            yield unknown(file.place(("fit", "covariates", i)), "attribute of invoices", name, attributes)


def _group(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
