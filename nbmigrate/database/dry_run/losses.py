"""What a migration would lose: rows of the tables, and values of the columns, that it drops."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.inspector import clause_of, dialect_for, inspect, readings, schema_of
from nbmigrate.database.tables.lookup import read_only_session
from nbmigrate.database.tables.row_counts import BOUND, UNKNOWN, RowCount, count_tables
from nbmigrate.dialects import statements
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.dialects.tokens import without_comments, without_quoted
from nbmigrate.errors import MigrateError

#: One statement may take as long as this, in seconds, where the server can be told: a table may be locked.
SECONDS_EACH = 2.0

#: Words that lose rows; ON DELETE and DROP CONSTRAINT, say, do not.
_LOSES = re.compile(
    r"(?<!\bON\s)\bDELETE\b|\bTRUNCATE\b"
    r"|\bDROP\b(?!\s+(INDEX|CONSTRAINT|DEFAULT|NOT|PRIMARY|FOREIGN|CHECK|KEY|IDENTITY|EXPRESSION)\b)",
    re.IGNORECASE,
)
#: Statements that drop what holds no rows. With CASCADE the columns of a type go with it.
_HARMLESS = re.compile(
    r"(?:\A|;)\s*DROP\s+(?:(?:INDEX|VIEW|MATERIALIZED\s+VIEW|TRIGGER|FUNCTION|PROCEDURE|AGGREGATE|OPERATOR|CAST"
    r"|RULE|POLICY|ROLE|USER|SEQUENCE|COLLATION|LANGUAGE|PUBLICATION|SUBSCRIPTION|STATISTICS|EVENT)\b[^;]*"
    r"|(?:TYPE|DOMAIN|EXTENSION)\b(?:(?!\bCASCADE\b)[^;])*(?=;|\Z))",
    re.IGNORECASE,
)
#: A statement that empties or drops one table.
_ONE_TABLE = re.compile(
    r"\s*(?:DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|DROP\s+TABLE(?P<if_exists>\s+IF\s+EXISTS)?)\s+"
    r"(?P<name>[\w.]+|\"[^\"]+\"|`[^`]+`)\s*;?\s*",
    re.IGNORECASE,
)
#: One that deletes some rows of one table.
_SOME_ROWS = re.compile(
    r"\s*DELETE\s+FROM\s+(?P<name>[\w.]+|\"[^\"]+\"|`[^`]+`)\s+WHERE\b[^;]*;?\s*\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that an operation takes from the database.

    Parameters
    ----------
    table
        The table, as it is called now; empty where a statement does not say it plainly.
    column
        The column, as it is called now; None where whole rows go.
    rows
        How many rows go, or how many values of the column.
    statement
        The SQL that takes them, where it is not an operation that is known.
    """

    table: str
    column: str | None
    rows: RowCount
    statement: str = ""

    def describe(self) -> str:
        """Return what is lost, as a sentence."""
        if not self.table:
            return f"This deletes an unknown amount of data: {_shortly(self.statement)}"
        what = f"column {self.column} of table {self.table}" if self.column else f"table {self.table}"
        one, many = ("value", "values") if self.column else ("row", "rows")
        if self.rows == UNKNOWN:
            return f"An unknown number of {many} will be lost with {what}."
        if not self.rows.exact and not self.rows.rows:
            return f"{many.capitalize()} of {what} may be lost: none was found, but not all were checked."
        return f"{self.rows} {one if self.rows == RowCount(1) else many} of {what} will be lost."


def losses(connection: sa.Connection, operations: Sequence[ops.Operation]) -> tuple[Loss, ...]:
    """Return what operations would take from a database as it is now, in their order; reads only.

    What they make themselves is not lost, and what is empty, or lost already, is not said. What a database takes along
    by a cascade, and what a change of a column's type makes of its values, is not looked at.

    Raises
    ------
    DatabaseError
        The database could not be asked.
    """
    return losses_of_steps(connection, [operations])[0]


def losses_of_steps(
    connection: sa.Connection, steps: Sequence[Sequence[ops.Operation]]
) -> tuple[tuple[Loss, ...], ...]:
    """Return what each step of a run would take; what an earlier one takes already is not said again.

    Raises
    ------
    DatabaseError
        The database could not be asked.
    """
    parts = [[part for operation in step for part in _parts(operation)] for step in steps]
    if not any(
        isinstance(part, ops.DropTable | ops.DropColumn | ops.ExecuteSQL) for step in parts for part in step
    ):
        return ((),) * len(steps)
    with read_only_session(connection), backend_of(connection).statement_timeout(connection, SECONDS_EACH):
        finder = _LossFinder(connection)
        return tuple(tuple(loss for part in step if (loss := finder.at(part)) is not None) for step in parts)


def _parts(operation: ops.Operation) -> tuple[ops.Operation, ...]:
    """Return what an operation consists of; one of the project's own that asks the database does not tell."""
    try:
        return operation.parts()
    except MigrateError:
        return (operation,)


class _LossFinder:
    """A database, and what the operations so far have made of the names in it."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.inspector = inspect(connection)
        self._dialect = dialect_of(connection.dialect.name)(connection.dialect)
        #: What tables and columns are called now, by what the operations call them; None for those they made.
        self.tables: dict[str, str | None] = {}
        self.columns: dict[tuple[str, str], str | None] = {}
        #: What is lost already: the table, and the column or the statement where it is not all of the table.
        self._lost: set[tuple[str, str]] = set()

    def at(self, operation: ops.Operation) -> Loss | None:
        """Return what an operation takes, which those before it have left."""
        loss = self._taken(operation)
        if loss is None or loss.rows == RowCount(0):
            return None
        part = loss.column or ("" if loss.table else loss.statement)
        if not self._lost.isdisjoint({(loss.table, ""), (loss.table, part)}):
            return None
        self._lost.add((loss.table, part))
        return loss

    def _taken(self, operation: ops.Operation) -> Loss | None:
        match operation:
            case ops.DropTable():
                return self._drop_table(operation.table_name)
            case ops.DropColumn():
                return self._drop_column(operation.table_name, operation.column)
            case ops.ExecuteSQL():
                return self._execute(operation)
            case ops.CreateTable():
                if not operation.if_not_exists or self._table(self._now(operation.table_name)) is None:
                    self._made(operation.table_name, None)
            case ops.RenameTable():
                place, dot, _ = operation.table_name.rpartition(".")
                self._made(
                    place + dot + operation.new_name, self._now(operation.table_name), operation.table_name
                )
                self.tables[operation.table_name] = None
            case ops.AddColumn():
                self.columns[operation.table_name, operation.column.name] = None
            case ops.AlterColumn() if operation.new_name is not None:
                old = self._column_now(operation.table_name, operation.column)
                self.columns[operation.table_name, operation.new_name] = old
                self.columns[operation.table_name, operation.column] = None
        return None

    def _made(self, name: str, now: str | None, renamed_from: str | None = None) -> None:
        """Remember that a table of this name is another one now, with the columns of the one it was."""
        columns = {
            column: current for (table, column), current in self.columns.items() if table == renamed_from
        }
        self.columns = {place: current for place, current in self.columns.items() if place[0] != name}
        self.columns |= {(name, column): current for column, current in columns.items()}
        self.tables[name] = now

    def _now(self, name: str) -> str | None:
        return self.tables.get(name, name)

    def _column_now(self, table: str, column: str) -> str | None:
        return self.columns.get((table, column), column)

    def _table(self, now: str | None) -> tuple[str | None, sa.TableClause] | None:
        """Return the schema of a table, and the table with its columns; None where there is no such table."""
        if now is None:
            return None
        for schema, called in readings(now):
            name = self._dialect.stored_name(called)
            exists = schema is None or self.inspector.has_schema(schema)
            if exists and self.inspector.has_table(name, schema=schema):
                columns: list[Any] = [
                    sa.column(column["name"]) for column in self.inspector.get_columns(name, schema)
                ]
                return schema, clause_of(self.connection, name, schema, columns)
        return None

    def _drop_table(self, name: str) -> Loss | None:
        now, found = self._now(name), self._table(self._now(name))
        self.tables[name] = None
        if now is None or found is None:
            return None
        return Loss(now, None, count_tables(self.connection, [found[1]])[0])

    def _drop_column(self, name: str, column: str) -> Loss | None:
        now, found, column_now = self._now(name), self._table(self._now(name)), self._column_now(name, column)
        self.columns[name, column] = None
        kept = None if column_now is None else self._dialect.stored_name(column_now)
        if now is None or found is None or kept is None or kept not in found[1].columns:
            return None
        return Loss(now, column_now, self._values(*found, found[1].columns[kept]))

    def _values(self, schema: str | None, table: sa.TableClause, column: sa.ColumnElement[Any]) -> RowCount:
        """Return how many values a column has, without going through a large table."""
        (total,) = count_tables(self.connection, [table])
        # Not `count(column)`: whether a value is NULL is known without reading all of it.
        query: sa.Select[Any] = sa.select(sa.case((column.is_(None), 0), else_=1).label("is_value"))
        parts = [query.select_from(table)]
        if not total.exact:
            # A column that was added later has its values in the newest rows.
            keys = self.inspector.get_pk_constraint(table.name, schema=schema)["constrained_columns"]
            parts = [
                parts[0].order_by(*(order(table.columns[key]) for key in keys)) for order in (sa.asc, sa.desc)
            ]
        values = sum(map(self._sum, parts))
        if total.exact:
            return RowCount(values)
        seen = BOUND * len(parts)
        return total if total.least else RowCount(round(total.rows * values / seen), exact=False)

    def _sum(self, query: sa.Select[Any]) -> int:
        part = query.limit(BOUND).subquery()
        return int(self.connection.execute(sa.select(sa.func.sum(part.c.is_value))).scalar_one() or 0)

    def _execute(self, operation: ops.ExecuteSQL) -> Loss | None:
        text = _sql(operation, dialect_for(self.connection))
        # What stands in dollar quotes is mostly code, which loses as much.
        syntax = replace(self._dialect.syntax, dollar_quotes=False)
        if not _LOSES.search(_HARMLESS.sub(";", without_quoted(text, syntax))):
            return None
        plain = _ONE_TABLE.fullmatch(without_comments(text, syntax))
        if plain is not None:
            name = plain["name"].strip('"`')
            now = self._now(name)
            if now is None:
                return None
            # In SQL that somebody wrote a name without a schema is one of the default schema, whatever None stands for.
            elsewhere = "." not in now and schema_of(self.connection, None) is not None
            found = None if elsewhere else self._table(now)
            if found is not None:
                return Loss(now, None, count_tables(self.connection, [found[1]])[0], text)
            if plain["if_exists"] and self._is_nowhere(now):
                return None
        elif (some := _SOME_ROWS.match(text)) and self._is_empty(some["name"].strip('"`')):
            return None
        return Loss("", None, UNKNOWN, text)

    def _is_empty(self, name: str) -> bool:
        """Whether a table has no rows now, or the run makes it."""
        now = self._now(name)
        if now is None:
            return True
        found = self._table(now)
        return found is not None and count_tables(self.connection, [found[1]])[0] == RowCount(0)

    def _is_nowhere(self, name: str) -> bool:
        """Whether no schema has a table that SQL may mean by this name."""
        wanted = name.rpartition(".")[2].strip('"`').casefold()
        schemas = self.inspector.get_schema_names()
        return not any(
            wanted == each.casefold() for schema in schemas for each in self.inspector.get_table_names(schema)
        )


def _sql(operation: ops.ExecuteSQL, dialect: sa.Dialect) -> str:
    try:
        return "; ".join(statement.text for statement in statements(operation, dialect))
    except (MigrateError, sa.exc.SQLAlchemyError):
        return operation.describe()


def _shortly(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 100 else f"{words[:99]}…"
