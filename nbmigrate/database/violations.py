"""Rows that a change of a table would not let stay: how many there are, and the first of them."""

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.errors import words
from nbmigrate.database.statement_text import literal
from nbmigrate.dialects.rebuild import Rebuild
from nbmigrate.dialects.sqlite_tokens import mentions, same_sql
from nbmigrate.errors import OperationError

#: So many rows are shown, and so much of each value.
ROWS = 3
LONGEST = 60

_USED = re.compile(r"error in (view|trigger) (.+?)(?: after [a-z ]+)?: (.*)", re.DOTALL)


def explained(connection: sa.Connection, plan: Rebuild, error: sa.exc.DBAPIError) -> OperationError | None:
    """Return the error for rows that a change does not let stay, or for what uses a column that goes.

    Parameters
    ----------
    connection
        The connection, with the table as it was.
    plan
        The change.
    error
        What SQLite said; None is returned where it is about something else.
    """
    said = words(error)
    try:
        return Explanation(connection, plan).of(said)
    except sqlite3.Error:
        # The question is made of what the change says; where it cannot be asked, SQLite's own words must do.
        return None


class Explanation:
    """What is asked of a table, for what is said of it."""

    def __init__(self, connection: sa.Connection, plan: Rebuild) -> None:
        self.connection = connection
        self.plan = plan
        self.name = plan.stored.name
        self.quote = connection.dialect.identifier_preparer.quote
        schema = plan.stored.schema
        self.prefix = "" if schema is None else self.quote(schema) + "."
        self.table = self.prefix + self.quote(self.name)

    def of(self, said: str) -> OperationError | None:
        """Return the error for what SQLite said, if it is about rows or about what uses a column."""
        kind, _, rest = said.partition(" constraint failed: ")
        if kind == "NOT NULL" or "Cannot add a NOT NULL column" in said:
            return self._not_null(rest)
        if kind == "UNIQUE":
            return self._unique(rest)
        if kind == "CHECK":
            return self._check(rest)
        if said == "datatype mismatch":
            return self._key_of_integers()
        if match := re.match(r"cannot store (\w+) value in (\w+) column (.*)", said):
            return self._strict(match[1], match[2], match[3])
        if match := _USED.match(said):
            return self._used(*match.groups())
        if "may not be modified" in said:
            return OperationError(
                f"Table {self.name} cannot be made anew while foreign keys are enforced: this SQLite is built to "
                "protect its sqlite_schema.",
                "Run PRAGMA foreign_keys=OFF on the connection before the migration begins: in env.py.",
            )
        return None

    # Constraints

    def _not_null(self, rest: str) -> OperationError | None:
        columns = [column for column in self.plan.table.columns if column.clause("notnull") is not None]
        new = [column.name for column in columns if column.name not in self.plan.copied]
        found = [each.name for each in columns if f"{self.name}.{each.name}" == rest] or new
        if not found:
            return None
        column = found[0]
        if column not in self.plan.copied:
            (count,) = self.ask(f"SELECT count(*) FROM {self.table}")[0]  # noqa: S608
            return OperationError(
                f"Table {self.name} has {rows_text(count)}, and the new column {column} is NOT NULL and says no "
                "default for them.",
                "Give it a server_default=; or add it with nullable=True, fill it, and change that afterwards.",
            )
        return self._rows_against(
            f"{self.quote(column)} IS NULL",
            [column],
            f"NULL in column {column}, which becomes NOT NULL",
            f'Fill it first: op.execute("UPDATE {self.table} SET {column} = ... WHERE {column} IS NULL").',  # noqa: S608
        )

    def _unique(self, rest: str) -> OperationError | None:
        columns = [part.removeprefix(f"{self.name}.") for part in rest.split(f", {self.name}.")]
        if any(self.plan.table.column(column) is None for column in columns):
            return None
        names = ", ".join(map(self.quote, columns))
        filled = " AND ".join(f"{self.quote(column)} IS NOT NULL" for column in columns)
        rows = self.new_rows()
        groups = f"SELECT count(*) AS _n, {names} FROM ({rows}) WHERE {filled} GROUP BY {names} HAVING _n > 1"  # noqa: S608
        found = self.ask(f"SELECT count(*) OVER (), sum(_n) OVER (), * FROM ({groups}) LIMIT {ROWS}")  # noqa: S608
        if not found:
            return None
        values = [f"{row_text(columns, row[3:])} ({row[2]:,} times)" for row in found]
        kinds = "one value" if found[0][0] == 1 else f"{found[0][0]:,} values"
        return OperationError(
            f"Table {self.name} has {rows_text(found[0][1])} that are not unique in {', '.join(columns)}: {kinds} more "
            f"than once. {shown(values, found[0][0])}",
            "Delete or change those rows first.",
        )

    def _check(self, rest: str) -> OperationError | None:
        checks = [clause for _, clause in self.plan.table.clauses() if clause.kind == "check"]
        check = next((each for each in checks if each.name == rest or same_sql(each.body, rest)), None)
        if check is None:
            return None
        columns = [each.name for each in self.plan.table.columns if mentions(check.body, each.name)]
        return self._rows_against(
            f"NOT ({check.body})", columns, f"values that CHECK ({check.body}) refuses", "Correct them first."
        )

    def _key_of_integers(self) -> OperationError | None:
        alias = self.plan.table.rowid_alias
        if alias is None:
            return None
        name = self.quote(alias.name)
        condition = f"CAST(CAST({name} AS INTEGER) AS TEXT) <> CAST({name} AS TEXT)"
        what = f"values in column {alias.name} that are no integers, which an INTEGER PRIMARY KEY must have"
        return self._rows_against(condition, [alias.name], what, "Correct them first.")

    def _strict(self, given: str, wanted: str, rest: str) -> OperationError | None:
        column = rest.removeprefix(f"{self.name}.")
        name = self.quote(column)
        condition = f"typeof({name}) = '{given.lower()}'"
        if given == "REAL":
            # '1.5' is made a number before it is refused.
            condition += f" OR (typeof({name}) = 'text' AND typeof(CAST({name} AS NUMERIC)) = 'real')"
        elif given == "TEXT" and wanted in ("INT", "INTEGER", "REAL"):
            # '12' is made a number, and stays.
            condition += f" AND {name} <> CAST({name} AS NUMERIC)"
        what = f"{given} values in column {column}, which takes {wanted} alone, as the table is STRICT"
        return self._rows_against(condition, [column], what, "Correct them first.")

    def _used(self, kind: str, name: str, why: str) -> OperationError | None:
        if not self.plan.dropped:
            return None
        what = f"Column{'s' * (len(self.plan.dropped) > 1)} {', '.join(self.plan.dropped)}"
        return OperationError(
            f"{what} of table {self.name} cannot be dropped: {kind} {name} does not work without ({why}).",
            f"Drop it first, and make it anew afterwards: op.execute('DROP {kind.upper()} {name}').",
        )

    # Asking

    def new_rows(self) -> str:
        """Return a SELECT of the rows as they would be."""
        old = {column.name for column in self.plan.stored_columns()}
        values = dict(self.plan.copied)
        values |= {
            c.name: self.quote(c.name) for c in self.plan.table.columns if c.is_generated and c.name in old
        }
        listed = ", ".join(f"{value} AS {self.quote(name)}" for name, value in values.items())
        return f"SELECT {listed} FROM {self.table}"  # noqa: S608

    def _rows_against(
        self, condition: str, columns: Sequence[str], what: str, hint: str
    ) -> OperationError | None:
        key = self.plan.table.primary_key
        named = list(dict.fromkeys([*(() if key is None else key.columns), *columns]))
        named = [name for name in named if name in self.plan.copied] or list(columns)
        names = ", ".join(map(self.quote, named))
        # The count and the rows in one scan.
        found = self.ask(
            f"SELECT count(*) OVER (), {names} FROM ({self.new_rows()}) WHERE {condition} LIMIT {ROWS}"  # noqa: S608
        )
        if not found:
            return None
        rows = [row_text(named, row[1:]) for row in found]
        return OperationError(
            f"Table {self.name} has {rows_text(found[0][0])} with {what}. {shown(rows, found[0][0])}", hint
        )

    def ask(self, sql: str) -> list[Any]:
        """Return the rows of a query."""
        cursor = self.connection.connection.cursor()
        try:
            cursor.execute(sql)
            return list(cursor.fetchall())
        finally:
            cursor.close()


def rows_text(count: int) -> str:
    """Return how many rows, in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def row_text(columns: Sequence[str], values: Sequence[Any]) -> str:
    """Return the values of a row, none of them long."""
    parts = []
    for column, value in zip(columns, values, strict=True):
        text = literal(value)
        parts.append(f"{column}={text if len(text) <= LONGEST else text[:LONGEST] + '...'}")
    return ", ".join(parts)


def shown(rows: Sequence[str], count: int) -> str:
    """Return the first of `count` rows as a sentence."""
    if not rows:
        return ""
    first = "" if len(rows) == count else f"The first {len(rows)}: " if len(rows) > 1 else "The first: "
    return f"{first}{'; '.join(rows)}."
