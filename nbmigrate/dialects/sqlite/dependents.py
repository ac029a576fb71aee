"""Views and triggers that a column's end, or its other name, makes something else of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from nbmigrate import operations as ops
from nbmigrate.dialects.sqlite.existing import StoredObject
from nbmigrate.dialects.sqlite.parsing.tokens import folded, mentions, significant, unquoted
from nbmigrate.dialects.tokens import Token

Use = Literal["named", "all"]


@dataclass(frozen=True, slots=True)
class ColumnEnd:
    """A column that goes, or gets another name: `new_name` is None where it goes."""

    table: str
    column: str
    new_name: str | None = None

    def __str__(self) -> str:
        return f"column {self.column} of table {self.table}"


def column_ends(operation: ops.Operation) -> Iterator[ColumnEnd]:
    """Yield the columns that an operation takes away, or gives another name to."""
    for change in operation.changes if isinstance(operation, ops.AlterTable) else (operation,):
        match change:
            case ops.DropColumn():
                yield ColumnEnd(change.table, change.column)
            case ops.AlterColumn(new_name=str() as name) if folded(name) != folded(change.column):
                yield ColumnEnd(change.table, change.column, name)


def in_sqlite(
    end: ColumnEnd, dependents: Iterable[StoredObject], own: Iterable[StoredObject]
) -> Iterator[str]:
    """Yield what becomes of the views and triggers of SQLite, as sentences.

    Parameters
    ----------
    end
        What is changed.
    dependents
        The views of the database, and the triggers of other tables.
    own
        The triggers of the table.
    """
    for each in dependents:
        use, what = _use(each.sql, end), f"{_kind(each.sql)} {each.name}"
        if use == "all" and what.startswith("View"):
            yield _of_all(what, end)
        elif use == "named" and what.startswith("View"):
            yield f"{what} reads {end}: {_in_view(end)}"
        elif use == "named" and end.new_name is None:
            yield f"{what} uses {end}: it fails once that is gone."
    for each in own if end.new_name is None else ():
        listed = list(_updated(each.sql))
        if _use(each.sql, end) == "named" or _reads_row(each.sql, end.column):
            yield f"Trigger {each.name} uses {end}: it fails once that is gone."
        elif any(folded(name) == folded(end.column) for name in listed):
            rest = [name for name in listed if folded(name) != folded(end.column)]
            then = f"it runs at those of {', '.join(rest)} alone" if rest else "it never runs again"
            yield f"Trigger {each.name} runs at updates of {', '.join(listed)}: once {end} is gone, {then}."


def _in_view(end: ColumnEnd) -> str:
    if end.new_name is None:
        return "SQLite does not drop the column while it does."
    return (
        f"SQLite lets the view read {end.new_name}, and its own column is called so too, unless AS names it."
    )


def in_duckdb(end: ColumnEnd, views: Iterable[StoredObject]) -> Iterator[str]:
    """Yield what becomes of the views of DuckDB, which looks at them when they are read and not before."""
    for each in views:
        use = _use(each.sql, end)
        if use == "all":
            yield _of_all(f"View {each.name}", end)
        elif use == "named":
            how = "is gone" if end.new_name is None else f"is called {end.new_name}"
            yield f"View {each.name} reads {end}: it fails once that {how}, until it is created again."


def _of_all(what: str, end: ColumnEnd) -> str:
    then = "will be gone from it" if end.new_name is None else f"will be called {end.new_name} in it"
    return f"{what} shows all columns of table {end.table}: {end.column} {then}."


def _use(sql: str, end: ColumnEnd) -> Use | None:
    """Return how a view or trigger uses a column, as far as its text tells: other tables may have one of the name."""
    body = _body(sql)
    if not mentions(body, end.table):
        return None
    if mentions(body, end.column):
        return "named"
    before = [token.keyword for token, star in pairwise(significant(body)) if star.text == "*"]
    return "all" if any(word in ("SELECT", "DISTINCT", "ALL", ",", ".") for word in before) else None


def _body(sql: str) -> str:
    """Return what a view or a trigger does, without its name and what it is about."""
    begins = {"View": "AS", "Trigger": "BEGIN"}[_kind(sql)]
    return sql[next((token.end for token in significant(sql) if token.keyword == begins), 0) :]


def _reads_row(sql: str, column: str) -> bool:
    """Whether a trigger reads a column of the row that it runs for."""
    tokens = significant(sql)
    return any(
        row.keyword in ("NEW", "OLD") and point.text == "." and folded(unquoted(name.text)) == folded(column)
        for row, point, name in zip(tokens, tokens[1:], tokens[2:], strict=False)
    )


def _kind(sql: str) -> str:
    kinds = ("VIEW", "TRIGGER")
    return next((token.keyword for token in significant(sql) if token.keyword in kinds), "VIEW").capitalize()


def _updated(sql: str) -> Iterator[str]:
    """Yield the columns of UPDATE OF in a CREATE TRIGGER."""
    tokens = significant(sql)
    at = next((number for number, token in enumerate(tokens) if _begins(tokens, number)), None)
    for token in tokens[at + 2 :] if at is not None else ():
        if token.keyword == "ON":
            return
        if token.text != ",":
            yield unquoted(token.text)


def _begins(tokens: list[Token], number: int) -> bool:
    words = [token.keyword for token in tokens[number : number + 2]]
    # The body begins at BEGIN; what updates there is no event.
    return words == ["UPDATE", "OF"] and "BEGIN" not in [token.keyword for token in tokens[:number]]
