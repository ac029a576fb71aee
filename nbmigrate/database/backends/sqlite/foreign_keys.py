"""Rows that refer to nothing after a change of a table, and foreign keys that refer to what is not there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver_sql import read_text
from nbmigrate.database.backends.inspector import clause_of, not_found
from nbmigrate.database.backends.offending_rows import ROWS
from nbmigrate.database.backends.sqlite.offending_rows import RowsAfterRebuild, StoredRows
from nbmigrate.dialects.sqlite.parsing.clauses import Clause, same_name
from nbmigrate.dialects.sqlite.rebuild import Rebuild
from nbmigrate.errors import OperationError, TableNotFoundError, nearest


@dataclass(frozen=True, slots=True)
class KeyViolation:
    """A row of PRAGMA foreign_key_check; keys are numbered from the last one of a table."""

    table: str
    rowid: int | None
    parent: str
    key: int = field(compare=False)


def new_violations(
    connection: sa.Connection, plan: Rebuild, violations: Counter[KeyViolation]
) -> OperationError | TableNotFoundError:
    """Return the error for rows that would refer to what is not there.

    Parameters
    ----------
    connection
        The connection, with the table as it was.
    plan
        The change.
    violations
        Those that were not there before.
    """
    first = next(iter(violations))
    keys = _Keys(connection, plan)
    if (missing := keys.without_target(first)) is not None:
        return missing
    if first.key < 0:
        return OperationError(
            f"Table {first.table} would have a foreign key that refers to columns that are not unique: {first.parent}.",
            "What it refers to must be a primary key or have a unique constraint: add that first, or drop the foreign "
            "key.",
        )
    same = [each for each in violations if (each.table, each.parent) == (first.table, first.parent)]
    error = keys.error(same, sum(violations[each] for each in same))
    assert error is not None  # noqa: S101 - of one row or more
    return error


class _Keys:
    """The foreign keys of a table after its changes, and of those that refer to it."""

    def __init__(self, connection: sa.Connection, plan: Rebuild) -> None:
        self.connection = connection
        self.plan = plan
        self.name = plan.stored.name
        self.quote = connection.dialect.identifier_preparer.quote
        schema = plan.stored.database
        self.prefix = "" if schema is None else self.quote(schema) + "."

    @property
    def _own(self) -> list[Clause]:
        """The foreign keys of the table as it becomes, numbered as SQLite does."""
        return [clause for _, clause in self.plan.table.clauses() if clause.kind == "foreignkey"][::-1]

    def without_target(self, violation: KeyViolation) -> TableNotFoundError | None:
        """Return the error for a foreign key of the table to a table or a column that is not there."""
        if violation.table != self.name:
            return None
        mismatch = violation.key < 0
        for clause in self._own if mismatch else self._own[violation.key : violation.key + 1]:
            if mismatch and not violation.parent.endswith(f'"{clause.target}"'):
                continue
            target = str(clause.target)
            columns = self._columns(target)
            if not columns:
                tables = self.fetch(
                    f"SELECT name FROM {self.prefix}sqlite_schema "  # noqa: S608 - quoted
                    "WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
                )
                return not_found("table", target, [row[0] for row in tables])
            for name in clause.target_columns:
                if not any(same_name(name, column) for column in columns):
                    meant = nearest(name, columns)
                    return TableNotFoundError(
                        f"Table {target} has no column {name!r} that a foreign key of {self.name} could refer to.",
                        (f"Did you mean {meant}? " if meant else "") + f"It has: {', '.join(columns)}.",
                        choices=columns,
                    )
        return None

    def _columns(self, table: str) -> list[str]:
        if same_name(table, self.name):
            return [column.name for column in self.plan.table.columns]
        return [row[1] for row in self.fetch(f"PRAGMA {self.prefix}table_xinfo({self.quote(table)})")]

    def error(self, violations: Sequence[KeyViolation], count: int) -> OperationError | None:
        """Return the error for rows of one table that refer to nothing in another."""
        first, pairs = violations[0], self._pairs(violations[0])
        rowids = [int(each.rowid) for each in violations[:ROWS] if each.rowid is not None]
        where = [sa.literal_column("rowid").in_(rowids)] if rowids else []
        rows = self._rows(first.table, where)
        lost: sa.ColumnElement[bool] = sa.true()
        if not rowids:
            target = self._rows(first.parent, []).rows
            named = [(name, to) for name, to in pairs if to is not None]
            lost = rows.without_target(named, target) if named else sa.false()
        return rows.of_missing_targets(lost, [name for name, _ in pairs], first.parent, count)

    def _rows(self, table: str, where: Sequence[sa.ColumnElement[bool]]) -> StoredRows:
        if same_name(table, self.name):
            return RowsAfterRebuild(self.connection, self.plan, where=where)
        found = self.fetch(f"PRAGMA {self.prefix}table_xinfo({self.quote(table)})")
        schema = self.plan.stored.schema
        stored = clause_of(self.connection, table, schema, (sa.column(row[1]) for row in found))
        rows = sa.select(stored).where(*where).subquery(table)
        return StoredRows(self.connection, table, schema, rows, [row[1] for row in found if row[5]])

    def _pairs(self, violation: KeyViolation) -> list[tuple[str, str | None]]:
        """Return the columns of a foreign key, each with the one that it refers to, if it is named."""
        if violation.table != self.name:
            listed = self.fetch(f"PRAGMA {self.prefix}foreign_key_list({self.quote(violation.table)})")
            return [(row[3], row[4]) for row in listed if row[0] == violation.key]
        if violation.key >= len(self._own):
            return []
        clause = self._own[violation.key]
        return list(zip_longest(clause.columns, clause.target_columns))

    def fetch(self, sql: str) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""
        return read_text(self.connection, sql)
