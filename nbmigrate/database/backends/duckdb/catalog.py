"""What DuckDB's catalog says of tables: duckdb-engine asks it as if it were PostgreSQL's, which it is not any more."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from nbmigrate.dialects.duckdb.existing import StoredConstraint, StoredDuckDBTable, StoredIndex, plain_name
from nbmigrate.dialects.sqlite.existing import StoredObject

#: The kinds of constraints that have an index of their own.
KEYS = ("PRIMARY KEY", "UNIQUE", "FOREIGN KEY")


class Catalog:
    """The tables of one schema of DuckDB, as they are when they are first asked for.

    Parameters
    ----------
    connection
        A connection to DuckDB.
    schema
        The schema, with its database and a dot before it or not; the one in use if None.
    """

    def __init__(self, connection: sa.Connection, schema: str | None = None) -> None:
        self.connection = connection
        database, _, name = (schema or "").rpartition(".")
        self._rows: dict[str, dict[str, list[Any]]] = {}
        self._values = {"database": database or None, "schema": name or None}

    def select(self, columns: str, function: str, **conditions: str) -> Sequence[Any]:
        """Return rows of one of the functions that DuckDB describes itself with, whose names are of any case."""
        more = "".join(f" AND lower({name}) = lower(:{name})" for name in conditions)
        query = sa.text(
            f"SELECT {columns} FROM {function}()"  # noqa: S608 - names of DuckDB's own
            " WHERE database_name = coalesce(:database, current_database())"
            f" AND schema_name = coalesce(:schema, current_schema()){more}"
        )
        return self.connection.execute(query, {**self._values, **conditions}).all()

    def tables(self) -> list[str]:
        """Return the names of the tables."""
        return [row[0] for row in self.select("table_name", "duckdb_tables")]

    def views(self) -> list[str]:
        """Return the names of the views that somebody made."""
        return [name for name, internal in self.select("view_name, internal", "duckdb_views") if not internal]

    def columns(self, table: str) -> Sequence[Any]:
        """Return the columns of a table or view: name, type, nullable, default, comment."""
        wanted = "column_name, data_type, is_nullable, column_default, comment, column_index"
        return sorted(self._of(table, "duckdb_columns", wanted), key=lambda row: int(row[5]))

    def constraints(self, table: str) -> Sequence[Any]:
        """Return the constraints of a table: type, name, columns, expression, table and columns referred to, text."""
        wanted = (
            "constraint_type, constraint_name, constraint_column_names, expression, "
            "referenced_table, referenced_column_names, constraint_text"
        )
        return self._of(table, "duckdb_constraints", wanted)

    def indexes(self, table: str) -> tuple[StoredIndex, ...]:
        """Return the indexes of a table that are no part of a constraint."""
        rows = self._of(table, "duckdb_indexes", "index_name, expressions, is_unique")
        return tuple(StoredIndex(name, tuple(_parts(parts)), bool(unique)) for name, parts, unique in rows)

    def _of(self, table: str, function: str, columns: str) -> Sequence[Any]:
        """Return the rows about one table, asking for those about all tables once."""
        if function not in self._rows:
            self._rows[function] = {}
            for name, *row in self.select(f"table_name, {columns}", function):
                self._rows[function].setdefault(name.lower(), []).append(row)
        return self._rows[function].get(table.lower(), [])

    def stored(self, table: str, schema: str | None) -> StoredDuckDBTable | None:
        """Return what a change of a table has to know; None where there is no such table."""
        found = self.select("sql, index_count, comment", "duckdb_tables", table_name=table)
        if not found:
            return None
        sql, index_count, comment = found[0]
        columns, constraints = self.columns(table), self.constraints(table)
        bound = [row for row in constraints if row[0] in KEYS]
        referring = self.select(
            "table_name", "duckdb_constraints", referenced_table=table, constraint_type="FOREIGN KEY"
        )
        return StoredDuckDBTable(
            table,
            sql,
            schema,
            columns=tuple(row[0] for row in columns),
            types={row[0]: row[1] for row in columns},
            is_indexed=index_count > len(bound),
            indexes=self.indexes(table),
            constraints=tuple(
                StoredConstraint(row[0], row[1], tuple(row[2]), row[6])
                for row in constraints
                if row[0] != "NOT NULL"
            ),
            referrers=tuple(sorted({row[0] for row in referring} - {table})),
            views=self._definitions(),
            comment=comment,
            comments={row[0]: row[4] for row in columns if row[4] is not None},
        )

    def _definitions(self) -> tuple[StoredObject, ...]:
        """Return the views of all schemas of the database, as they were written."""
        query = sa.text(
            "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal AND sql IS NOT NULL"
            " AND database_name IN (coalesce(:database, current_database()), 'temp') ORDER BY view_oid"
        )
        return tuple(StoredObject(*row) for row in self.connection.execute(query, self._values))


def _parts(expressions: str) -> Iterator[str]:
    """Yield the parts of an index from DuckDB's list of them: `[a, '"b c"', '(lower(d))']`."""
    for match in re.finditer(r"'((?:[^'\\]|\\.)*)'|([^\s,\[\]']+)", expressions):
        yield re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2]


def column_names(index: StoredIndex) -> list[str | None]:
    """Return the columns of an index, None for an expression."""
    return [plain_name(part) for part in index.parts]
