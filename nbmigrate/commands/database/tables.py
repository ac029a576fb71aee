"""`tables`, `table` and `schema`: what the database holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeVar

from nbmigrate.commands.results import html
from nbmigrate.commands.results.per_database import for_each, per_database
from nbmigrate.commands.results.result import Row, TabularResult
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import TableNotFoundError, UsageError
from nbmigrate.project import Project

if TYPE_CHECKING:
    import pandas as pd

    from nbmigrate.database.tables.rows import TableCount, TableRows, TableSchema
    from nbmigrate.environment.migration_context import MigrationContext

T = TypeVar("T")

#: Rows that `table` shows where no limit is given: enough to look at, never enough to hold the kernel up.
DEFAULT_LIMIT = 1000

# What fits into the integers of every database.
_MOST_ROWS = 2**63


@dataclass(frozen=True, kw_only=True, repr=False)
class TablesResult(TabularResult):
    """The tables of a database and how many rows each has."""

    tables: "tuple[TableCount, ...]"

    def rows(self) -> list[Row]:
        """Return one record per table."""
        return [{"table": table.name, "rows": table.rows} for table in self.tables]

    def to_html(self) -> str:
        """Return the tables with their counts."""
        return html.table(self.rows(), code=("table",))


@dataclass(frozen=True, kw_only=True, repr=False)
class TableResult(TabularResult):
    """Rows of one table, for people who go on with pandas."""

    is_frame: ClassVar[bool] = True

    contents: "TableRows"

    def rows(self) -> list[Row]:
        """Return one record per row of the table."""
        names = [column.name for column in self.contents.columns]
        return [dict(zip(names, values, strict=True)) for values in self.contents.rows]

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows as a DataFrame: integers with NULL stay integers, texts are pandas' strings, dates dates."""
        from nbmigrate.commands.results.frames import typed_frame

        return typed_frame(self.contents, self.notes)

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the rows as aligned columns."""
        rows = [
            {key: "NULL" if value is None else value for key, value in row.items()} for row in self.rows()
        ]
        return terminal.table(rows) or "  ".join(column.name for column in self.contents.columns)

    def to_html(self) -> str:
        """Return the rows as their frame shows them."""
        from nbmigrate.commands.results.frames import typed_frame
        from nbmigrate.commands.results.html import TABLE_STYLE

        return TABLE_STYLE + typed_frame(self.contents).table_html()


@dataclass(frozen=True, kw_only=True, repr=False)
class SchemaResult(TabularResult):
    """The columns, keys and indexes of one table."""

    table: "TableSchema"

    def rows(self) -> list[Row]:
        """Return one record per column."""
        keys = self.table.primary_key
        return [
            {
                "column": column.name,
                "type": column.type,
                "nullable": column.nullable,
                "default": column.default,
                "key": "primary" if column.name in keys else "",
                "extra": column.extra,
            }
            for column in self.table.columns
        ]

    def _shown(self) -> list[Row]:
        """Return the columns as a person reads them: without what all leave empty."""
        rows = self.rows()
        if any(row["extra"] for row in rows):
            return rows
        return [{key: value for key, value in row.items() if key != "extra"} for row in rows]

    def constraints(self) -> list[Row]:
        """Return one record per key, constraint and index."""
        return [{"kind": item.kind, "name": item.name, "what": item.what} for item in self.table.constraints]

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the columns, and the keys and indexes under them."""
        return "\n\n".join(
            part for part in (terminal.table(self._shown()), terminal.table(self.constraints())) if part
        )

    def to_html(self) -> str:
        """Return the columns, and the keys and indexes under them."""
        return html.table(self._shown(), code=("column", "type", "default", "extra")) + html.table(
            self.constraints(), code=("name", "what")
        )


def tables(project: Project, *, schema: str | None = None) -> TablesResult:
    """Return the tables of the database and how many rows each has; reads only.

    Parameters
    ----------
    schema
        The schema, as the database or its `schema_translate_map` names it; the default one if None.

    Raises
    ------
    TableNotFoundError
        There is no such schema; the nearest is named.
    """
    from nbmigrate.database.tables.rows import count_tables

    def read(context: "MigrationContext") -> TablesResult:
        found = count_tables(context.connection, schema)
        what = "The database" if schema is None else f"Schema {schema}"
        return TablesResult(tables=found, notes=() if found else (f"{what} has no tables.",))

    found, missing = _where_it_is(project, read)
    return per_database(found, missing, several=len(found) > 1 or bool(missing))


def _where_it_is(
    project: Project, read: "Callable[[MigrationContext], T]"
) -> "tuple[list[tuple[str, T]], tuple[str, ...]]":
    """Return what every database has that has it, and notes on those that have not.

    Raises
    ------
    TableNotFoundError
        None has it; what the last one says.
    """

    def find(context: "MigrationContext") -> "T | TableNotFoundError":
        try:
            return read(context)
        except TableNotFoundError as error:
            return error

    found = for_each(project, find)
    existing = [(url, one) for url, one in found if not isinstance(one, TableNotFoundError)]
    missing = [(url, one) for url, one in found if isinstance(one, TableNotFoundError)]
    if not existing:
        raise missing[-1][1]
    return existing, tuple(f"{url}: {error.message}" for url, error in missing)


def table(
    project: Project,
    name: str,
    *,
    schema: str | None = None,
    columns: Sequence[str] = (),
    limit: int | None = DEFAULT_LIMIT,
    where: str | None = None,
    order_by: Sequence[str] = (),
) -> TableResult:
    """Return rows of a table, in the order of its primary key; reads only.

    Parameters
    ----------
    name
        The table, or "schema.table".
    schema
        The schema, if the name does not say it; the default one if None.
    columns
        The columns to show, each once; all if none are named.
    limit
        How many rows at the most; None for all.
    where
        A condition in SQL.
    order_by
        Columns, each with " desc" after it or not.

    Raises
    ------
    TableNotFoundError
        There is no such table or column; the nearest is named.
    """
    from nbmigrate.database.tables.rows import read_rows

    if limit is not None and not 0 <= limit < _MOST_ROWS:
        raise UsageError(
            f"There is no limit of {limit} rows.", "Give a number from 0 on, or none for all rows."
        )
    # A record has one value per name.
    once = tuple(dict.fromkeys(columns))

    def read(context: "MigrationContext") -> TableResult:
        contents = read_rows(
            context.connection,
            name,
            schema=schema,
            columns=once,
            where=where,
            order_by=order_by,
            limit=limit,
        )
        shown = len(contents.rows)
        capped = (f"{shown:,} of {contents.total:,} rows.",) if shown < contents.total else ()
        return TableResult(contents=contents, notes=capped)

    found, missing = _where_it_is(project, read)
    return per_database(found, missing, several=len(found) > 1 or bool(missing))


def schema(project: Project, name: str, *, schema: str | None = None) -> SchemaResult:
    """Return the columns, keys and indexes of a table; reads only.

    Parameters
    ----------
    name, schema
        As for `table`.

    Raises
    ------
    TableNotFoundError
        There is no such table; the nearest is named.
    """
    from nbmigrate.database.tables.rows import describe

    found, missing = _where_it_is(
        project, lambda context: SchemaResult(table=describe(context.connection, name, schema))
    )
    return per_database(found, missing, several=len(found) > 1 or bool(missing))
