"""Reads the firm's records as a recipe says, with every fault at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.books import checks
from twin.books.books import Books, SourceFile
from twin.books.canonical import canonical_recipe
from twin.books.columns import Found, Reader
from twin.books.dates import as_date
from twin.books.derive import balances_at, base_cents, base_of_receipts, customers_of, receipts_of, settled_on
from twin.books.recipe import Recipe, TableRecipe, read_recipe
from twin.books.rejected import Loaded, rejected_rows, too_many
from twin.books.schema import TABLES, Table
from twin.books.sentences import assumptions
from twin.books.source import Source, open_source
from twin.books.store import MANIFEST, read_stored
from twin.faults import BooksError, Fault, UserError, closest, listed, quoted

HOPELESS_ROWS = 100_000
"""Rejected rows after which a file is given up, if they are more than half of those read."""
