"""Rows that refer to nothing after a change of a table, and foreign keys that refer to what is not there."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from nbmigrate.database.backends.inspector import not_found
from nbmigrate.database.backends.sqlite.offending_rows import ROWS, Explanation, row_text, rows_text, shown
from nbmigrate.dialects.sqlite.parsing.clauses import Clause, same_name
from nbmigrate.dialects.sqlite.rebuild import Rebuild
from nbmigrate.errors import OffendingRowsError, OperationError, TableNotFoundError, nearest


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
    count = sum(violations[each] for each in same)
    rows = list(keys.rows(same[:ROWS]))
    return OffendingRowsError(
        f"Table {first.table} has {rows_text(count)} that {'refers' if count == 1 else 'refer'} to nothing in table "
        f"{first.parent}. {shown(rows, count)}".rstrip(),
        f"Delete or correct those rows, or put into {first.parent} what they refer to, first.",
    )


class _Keys(Explanation):
    """Asks about the foreign keys of a table, and of those that refer to it."""

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
                tables = self.ask(
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
        return [row[1] for row in self.ask(f"PRAGMA {self.prefix}table_xinfo({self.quote(table)})")]

    def rows(self, violations: Sequence[KeyViolation]) -> Iterator[str]:
        """Yield the values of rows that refer to nothing."""
        if all(each.rowid is None for each in violations):
            yield from self._rows_by_key(violations[0])
        for each in violations:
            columns = self._key_columns(each)
            if each.rowid is None or not columns:
                continue
            values = ", ".join(self.plan.copied.get(name, self.quote(name)) for name in columns)
            table = self.prefix + self.quote(each.table)
            for row in self.ask(f"SELECT {values} FROM {table} WHERE rowid = {int(each.rowid)}"):  # noqa: S608
                yield row_text(columns, row)

    def _rows_by_key(self, violation: KeyViolation) -> Iterator[str]:
        """Yield the values of rows without a rowid: those of the table itself, the others are as before by now."""
        if violation.table != self.name or violation.key >= len(self._own):
            return
        clause = self._own[violation.key]
        own = same_name(violation.parent, self.name)
        parent = f"({self.new_rows()})" if own else self.prefix + self.quote(violation.parent)
        pairs = list(zip(clause.columns, clause.target_columns, strict=False))
        if not pairs:
            return
        key = self.plan.table.primary_key
        columns = list(dict.fromkeys([*(() if key is None else key.columns), *clause.columns]))
        names = ", ".join(f"child.{self.quote(name)}" for name in columns)
        filled = " AND ".join(f"child.{self.quote(name)} IS NOT NULL" for name in clause.columns)
        same = " AND ".join(f"parent.{self.quote(there)} = child.{self.quote(here)}" for here, there in pairs)
        for row in self.ask(
            f"SELECT {names} FROM ({self.new_rows()}) AS child WHERE {filled} AND NOT EXISTS "  # noqa: S608 - quoted
            f"(SELECT 1 FROM {parent} AS parent WHERE {same}) LIMIT {ROWS}"
        ):
            yield row_text(columns, row)

    def _key_columns(self, violation: KeyViolation) -> list[str]:
        if violation.table != self.name:
            listed = self.ask(f"PRAGMA {self.prefix}foreign_key_list({self.quote(violation.table)})")
            return [row[3] for row in listed if row[0] == violation.key]
        return list(self._own[violation.key].columns) if violation.key < len(self._own) else []
