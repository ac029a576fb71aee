"""What `table_kwargs=` of a batch does to the text of a table."""

from collections.abc import Mapping
from typing import Any

from nbmigrate.dialects.sqlite.constraints import with_key_numbered
from nbmigrate.dialects.sqlite.parsing.create_table import TableText
from nbmigrate.errors import OperationError, nearest

KEYWORDS = ("sqlite_autoincrement", "sqlite_strict", "sqlite_with_rowid")


def with_keywords(table: TableText, keywords: Mapping[str, Any]) -> TableText:
    """Return a table with what keywords of SQLite say; those of other databases say nothing here.

    Parameters
    ----------
    table
        The table.
    keywords
        Keywords of `sa.Table`.

    Raises
    ------
    OperationError
        A keyword begins with sqlite_ and is none.
    """
    for name, value in keywords.items():
        if name == "sqlite_autoincrement":
            table = _numbered(table, numbered=bool(value))
        elif name == "sqlite_strict":
            table = _with(table, "STRICT", table.is_strict, wanted=bool(value))
        elif name == "sqlite_with_rowid":
            table = _with(table, "WITHOUT ROWID", table.is_without_rowid, wanted=not value)
        elif name.startswith("sqlite_"):
            raise OperationError(
                f"table_kwargs= of table {table.name} says {name}, which SQLite does not have.",
                f"Did you mean {nearest(name, KEYWORDS)}? " * (nearest(name, KEYWORDS) is not None)
                + f"There are: {', '.join(KEYWORDS)}.",
            )
    return table


def _with(table: TableText, words: str, present: bool, *, wanted: bool) -> TableText:
    if present == wanted:
        return table
    return table.with_options(words) if wanted else table.without_option(words)


def _numbered(table: TableText, *, numbered: bool) -> TableText:
    key = table.primary_key
    column = None if key is None or not key.columns else table.column(key.columns[0])
    if column is None:
        raise OperationError(
            f"Table {table.name} has no primary key that could be AUTOINCREMENT.",
            "Leave sqlite_autoincrement out, or make an INTEGER PRIMARY KEY first.",
        )
    return with_key_numbered(table, column, numbered=numbered)
