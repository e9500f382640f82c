"""The firm's records: read as a recipe says, checked, reconciled, and kept."""

from __future__ import annotations

from twin.books.books import Books, SourceFile
from twin.books.read import read_books
from twin.books.recipe import Recipe, read_recipe
from twin.books.reconcile import reconcile, summary_text
from twin.books.store import write_books

__all__ = ["Books", "Recipe", "SourceFile", "read_books", "read_recipe", "reconcile", "summary_text", "write_books"]
