"""Rows that a change of a table would not let stay: how many there are, and the first of them."""

import re
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver_sql import read_text
from nbmigrate.database.errors import words
from nbmigrate.database.value_text import literal
from nbmigrate.dialects.sqlite.parsing.clauses import ColumnText
from nbmigrate.dialects.sqlite.parsing.keys import KeyText, read_key
from nbmigrate.dialects.sqlite.parsing.tokens import folded, mentions, same_sql, significant, unquoted
from nbmigrate.dialects.sqlite.rebuild import Rebuild
from nbmigrate.errors import OffendingRowsError, OperationError

#: So many rows are shown, and so much of each value.
ROWS = 3
LONGEST = 60

_UNIQUE_INDEX = re.compile(r"\s*CREATE\s+UNIQUE\s+INDEX\b", re.IGNORECASE)
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
        return Explanation(connection, plan, str(error.statement)).of(said)
    except sa.exc.DBAPIError:
        # The question is made of what the change says; where it cannot be asked, SQLite's own words must do.
        return None


class Explanation:
    """What is asked of a table, for what is said of it."""

    def __init__(self, connection: sa.Connection, plan: Rebuild, statement: str = "") -> None:
        self.connection = connection
        self.plan = plan
        self.statement = statement
        self.name = plan.stored.name
        self.quote = connection.dialect.identifier_preparer.quote
        schema = plan.stored.database
        self.prefix = "" if schema is None else self.quote(schema) + "."
        self.table = self.prefix + self.quote(self.name)

    def of(self, said: str) -> OperationError | None:
        """Return the error for what SQLite said, if it is about rows or about what uses a column."""
        # ADD COLUMN does not say which constraint it was.
        kind, _, rest = said.removesuffix(" constraint failed").partition(" constraint failed: ")
        if kind == "NOT NULL" or "Cannot add a NOT NULL column" in said:
            return self._not_null(rest)
        if kind == "UNIQUE":
            return self._unique(rest)
        if kind == "CHECK":
            return self._check(rest)
        if said == "constraint failed":
            return self._unsaid()
        if said == "datatype mismatch":
            return self._key_of_integers()
        if match := re.match(r"cannot store (\w+) value in (\w+) column (.*)", said):
            return self._strict(match[1], match[2], match[3])
        if match := re.search(r"unknown datatype for .*: \"(.*)\"$", said):
            return OperationError(
                f"Table {self.name} is STRICT, so no column of it can have the type {match[1]}.",
                "The types are INT, INTEGER, REAL, TEXT, BLOB and ANY: sa.Integer(), sa.REAL(), sa.Text(), "
                "sa.BLOB(). batch_alter_table(table_kwargs={'sqlite_strict': False}) makes it an ordinary table.",
            )
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

    def _unsaid(self) -> OperationError | None:
        """Return the error for what ALTER TABLE of SQLite 3.53 and later adds; it does not say what that is."""
        old = {each.name for each in self.plan.stored_columns() if each.clause("notnull") is not None}
        for column in self.plan.table.columns:
            if column.clause("notnull") is not None and column.name not in old:
                return self._not_null(f"{self.name}.{column.name}")
        return self._check("")

    def _not_null(self, rest: str) -> OperationError | None:
        columns = [column for column in self.plan.table.columns if column.clause("notnull") is not None]
        new = [column.name for column in columns if column.name not in self.plan.copied]
        found = [each.name for each in columns if f"{self.name}.{each.name}" == rest] or new
        if not found:
            return None
        column = found[0]
        if any(each.is_generated for each in columns if each.name == column):
            return self._rows_against(
                f"{self.quote(column)} IS NULL",
                [column],
                f"NULL in column {column}, which is computed and NOT NULL",
                "Compute it in another way, or leave nullable=False out.",
            )
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
            f"Fill it first: op.execute({self._filling(self.quote(column))}).",
        )

    def _filling(self, column: str) -> str:
        sql = f"UPDATE {self.table} SET {column} = ... WHERE {column} IS NULL"  # noqa: S608
        return repr(sql) if '"' in sql else f'"{sql}"'

    def _unique(self, rest: str) -> OperationError | None:
        of_index = _UNIQUE_INDEX.match(self.statement) is not None
        key = read_key(self.statement) if of_index else self._key(rest)
        if key is None:
            return None
        columns = [self._label(part) for part in key.parts]
        parts = [self._collated(part, of_index=of_index) for part in key.parts]
        filled = " AND ".join(
            [f"{part} IS NOT NULL" for part in parts] + ([f"({key.condition})"] * bool(key.condition))
        )
        rows, names = self.new_rows(renamed=of_index), ", ".join(parts)
        groups = f"SELECT count(*) AS _n, {names} FROM ({rows}) WHERE {filled} GROUP BY {names} HAVING _n > 1"  # noqa: S608
        found = self.ask(f"SELECT count(*) OVER (), sum(_n) OVER (), * FROM ({groups}) LIMIT {ROWS}")  # noqa: S608
        if not found:
            return None
        values = [f"{row_text(columns, row[3:])} ({row[2]:,} times)" for row in found]
        kinds = "one value" if found[0][0] == 1 else f"{found[0][0]:,} values"
        return OffendingRowsError(
            f"Table {self.name} has {rows_text(found[0][1])} that are not unique in {', '.join(columns)}: {kinds} more "
            f"than once. {shown(values, found[0][0])}",
            "Add it without unique=True, fill it, and make it unique afterwards."
            if self._new(columns)
            else "Delete or change those rows first.",
        )

    def _key(self, rest: str) -> KeyText | None:
        """Return what a constraint of the table compares, of which SQLite says the columns."""
        columns = [part.removeprefix(f"{self.name}.") for part in rest.split(f", {self.name}.")]
        if any(self.plan.table.column(column) is None for column in columns):
            return None
        for owner, clause in self.plan.table.clauses():
            if clause.kind in ("unique", "primary") and owner is None and list(clause.columns) == columns:
                return read_key(clause.text)
        return KeyText(tuple(map(self.quote, columns)))

    def _label(self, part: str) -> str:
        tokens = significant(part)
        return unquoted(part) if len(tokens) == 1 and tokens[0].is_name else part

    def _collated(self, part: str, *, of_index: bool) -> str:
        """Return a part of a key with the collation of its column, which may be another one than it was."""
        ends = {new: old for old, new in self.plan.names.items()} if of_index else {}
        name = self._label(part)
        column = self.plan.table.column(ends.get(name, name))
        if column is None:
            return part
        clause = column.clause("collate")
        return f"{part} {'COLLATE BINARY' if clause is None else clause.text[clause.text.upper().index('COLLATE') :]}"

    def _new(self, columns: Sequence[str]) -> list[str]:
        """Return those columns that the table had not."""
        old = {folded(column.name) for column in self.plan.stored_columns()}
        return [name for name in columns if folded(name) not in old and self.plan.table.column(name)]

    def _check(self, rest: str) -> OperationError | None:
        checks = [clause for _, clause in self.plan.table.clauses() if clause.kind == "check"]
        if rest:
            checks = [each for each in checks if each.name == rest or same_sql(each.body, rest)][:1]
        for check in checks:
            columns = [each.name for each in self.plan.table.columns if mentions(check.body, each.name)]
            what = f"values that CHECK ({check.body}) refuses"
            new = self._new(columns)
            hint = (
                f"Add {new[0]} without it, fill it, and add the CHECK afterwards."
                if new
                else "Correct them first."
            )
            if found := self._rows_against(f"NOT ({check.body})", columns, what, hint):
                return found
        return None

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

    def new_rows(self, *, renamed: bool = False) -> str:
        """Return a SELECT of the rows as they would be; if `renamed`, with the names that columns get in the end."""
        old = {column.name for column in self.plan.stored_columns()}
        listed = []
        for column in self.plan.table.columns:
            value = self.plan.copied.get(column.name)
            if value is None:
                kept = column.is_generated and column.name in old
                value = self.quote(column.name) if kept else _value_of_new(column)
            name = self.plan.names.get(column.name, column.name) if renamed else column.name
            listed.append(f"{value} AS {self.quote(name)}")
        return f"SELECT {', '.join(listed)} FROM {self.table}"  # noqa: S608

    def _rows_against(
        self, condition: str, columns: Sequence[str], what: str, hint: str
    ) -> OperationError | None:
        key = self.plan.table.primary_key
        named = list(dict.fromkeys([*(() if key is None else key.columns), *columns]))
        named = [name for name in named if self.plan.table.column(name)] or list(columns)
        names = ", ".join(map(self.quote, named))
        # The count and the rows in one scan.
        found = self.ask(
            f"SELECT count(*) OVER (), {names} FROM ({self.new_rows()}) WHERE {condition} LIMIT {ROWS}"  # noqa: S608
        )
        if not found:
            return None
        rows = [row_text(named, row[1:]) for row in found]
        return OffendingRowsError(
            f"Table {self.name} has {rows_text(found[0][0])} with {what}. {shown(rows, found[0][0])}", hint
        )

    def ask(self, sql: str) -> list[Any]:
        """Return the rows of a query."""
        return list(read_text(self.connection, sql))


def _value_of_new(column: ColumnText) -> str:
    """Return what a new column has in the rows that are there, as SQL."""
    generated, default = column.clause("generated"), column.clause("default")
    if generated is not None:
        return f"({generated.body})"
    if default is None:
        return "NULL"
    begin = next(token.end for token in significant(default.text) if token.keyword == "DEFAULT")
    value = default.text[begin:]
    if column.affinity in ("TEXT", "BLOB"):
        return f"CAST({value} AS TEXT)" if column.affinity == "TEXT" else value
    # What looks like a number is stored as one.
    return f"CASE WHEN CAST({value} AS NUMERIC) = {value} THEN CAST({value} AS NUMERIC) ELSE {value} END"


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
