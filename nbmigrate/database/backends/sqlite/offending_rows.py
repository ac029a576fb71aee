"""Rows of SQLite as they would be after a change of their table, and what of it SQLite refuses."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver_sql import read_text
from nbmigrate.database.backends.inspector import clause_of
from nbmigrate.database.backends.offending_rows import OffendingRows
from nbmigrate.database.errors import words
from nbmigrate.dialects.sqlite.parsing.clauses import ColumnText
from nbmigrate.dialects.sqlite.parsing.keys import KeyText, read_key
from nbmigrate.dialects.sqlite.parsing.tokens import folded, mentions, same_sql, significant, unquoted
from nbmigrate.dialects.sqlite.rebuild import Rebuild
from nbmigrate.errors import OperationError

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
    message = words(error)
    try:
        return RowsAfterRebuild(connection, plan, str(error.statement)).explain(message)
    except sa.exc.DBAPIError:
        # The question is made of what the change says; where it cannot be asked, SQLite's own words must do.
        return None


class StoredRows(OffendingRows):
    """The rows of a table of SQLite, asked for where the listeners of SQLAlchemy's connection do not hear of it."""

    def query(self, query: Any) -> Sequence[Sequence[Any]]:
        """Return the rows of a query."""
        compiled = query.compile(dialect=self.connection.dialect, compile_kwargs={"literal_binds": True})
        return read_text(self.connection, str(compiled))


class RowsAfterRebuild(StoredRows):
    """The rows of a table as they would be after its changes.

    Parameters
    ----------
    connection
        The connection, with the table as it was.
    plan
        The changes.
    statement
        What failed. Of an index, columns have the names that they get in the end.
    where
        Which rows, by what they are now.
    """

    def __init__(
        self,
        connection: sa.Connection,
        plan: Rebuild,
        statement: str = "",
        where: Sequence[sa.ColumnElement[bool]] = (),
    ) -> None:
        self.plan = plan
        self.statement = statement
        self.quote = connection.dialect.identifier_preparer.quote
        key = plan.table.primary_key
        columns = [] if key is None else [name for name in key.columns if plan.table.column(name)]
        if self._is_index:
            columns = [plan.names.get(name, name) for name in columns]
        name, schema = plan.stored.name, plan.stored.schema
        rows = sa.select(*self._values()).select_from(clause_of(connection, name, schema))
        super().__init__(connection, name, plan.stored.database, rows.where(*where).subquery(name), columns)

    @property
    def _is_index(self) -> bool:
        return _UNIQUE_INDEX.match(self.statement) is not None

    def _values(self) -> Iterator[sa.Label[Any]]:
        old = {column.name for column in self.plan.stored_columns()}
        for column in self.plan.table.columns:
            value = self.plan.copied.get(column.name)
            if value is None:
                kept = column.is_generated and column.name in old
                value = self.quote(column.name) if kept else _value_of_new(column)
            name = self.plan.names.get(column.name, column.name) if self._is_index else column.name
            yield sa.literal_column(value).label(name)

    def explain(self, message: str) -> OperationError | None:
        """Return the error for what SQLite said, if it is about rows or about what uses a column."""
        # ADD COLUMN does not say which constraint it was.
        kind, _, rest = message.removesuffix(" constraint failed").partition(" constraint failed: ")
        if kind == "NOT NULL" or "Cannot add a NOT NULL column" in message:
            return self._not_null(rest)
        if kind == "UNIQUE":
            return self._unique(rest)
        if kind == "CHECK":
            return self._check(rest)
        if message == "constraint failed":
            return self._added_not_null()
        if message == "datatype mismatch":
            return self._key_of_integers()
        if match := re.match(r"cannot store (\w+) value in (\w+) column (.*)", message):
            return self._strict(match[1], match[2], match[3])
        if match := re.search(r"unknown datatype for .*: \"(.*)\"$", message):
            return OperationError(
                f"Table {self.name} is STRICT, so no column of it can have the type {match[1]}.",
                "The types are INT, INTEGER, REAL, TEXT, BLOB and ANY: sa.Integer(), sa.REAL(), sa.Text(), "
                "sa.BLOB(). batch_alter_table(table_kwargs={'sqlite_strict': False}) makes it an ordinary table.",
            )
        if match := _USED.match(message):
            return self._used(*match.groups())
        if "may not be modified" in message:
            return OperationError(
                f"Table {self.name} cannot be rebuilt while foreign keys are enforced: this SQLite is built to "
                "protect its sqlite_schema.",
                "Run PRAGMA foreign_keys=OFF on the connection before the migration begins: in env.py.",
            )
        return None

    # Constraints

    def _added_not_null(self) -> OperationError | None:
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
            return self.of(
                sa.column(column).is_(None),
                [column],
                f"NULL in column {column}, which is computed and NOT NULL",
                "Compute it in another way, or leave nullable=False out.",
            )
        return self.of_nulls(column) if column in self.plan.copied else self.of_new_column(column)

    def _unique(self, rest: str) -> OperationError | None:
        key = read_key(self.statement) if self._is_index else self._key(rest)
        if key is None:
            return None
        names = [self._label(part) for part in key.parts]
        return self.of_repeated(
            {name: self._collated(part) for name, part in zip(names, key.parts, strict=True)},
            [sa.literal_column(f"({key.condition})")] if key.condition else [],
            hint="Add it without unique=True, fill it, and make it unique afterwards."
            if self._new(names)
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

    def _collated(self, part: str) -> sa.ColumnElement[Any]:
        """Return a part of a key with the collation of its column, which may be another one than it was."""
        ends = {new: old for old, new in self.plan.names.items()} if self._is_index else {}
        name = self._label(part)
        column = self.plan.table.column(ends.get(name, name))
        if column is None:
            return sa.literal_column(part)
        clause = column.clause("collate")
        collation = (
            "COLLATE BINARY" if clause is None else clause.text[clause.text.upper().index("COLLATE") :]
        )
        return sa.literal_column(f"{part} {collation}")

    def _new(self, columns: Sequence[str]) -> list[str]:
        """Return those columns that the table had not."""
        old = {folded(column.name) for column in self.plan.stored_columns()}
        return [name for name in columns if folded(name) not in old and self.plan.table.column(name)]

    def _check(self, rest: str) -> OperationError | None:
        checks = [clause for _, clause in self.plan.table.clauses() if clause.kind == "check"]
        if rest:
            checks = [each for each in checks if each.name == rest or same_sql(each.body, rest)][:1]
        for check in checks:
            mentioned = [each.name for each in self.plan.table.columns if mentions(check.body, each.name)]
            new = self._new(mentioned)
            hint = f"Add {new[0]} without it, fill it, and add the CHECK afterwards." if new else ""
            if found := self.of_check(check.body, hint or "Correct them first."):
                return found
        return None

    def _key_of_integers(self) -> OperationError | None:
        alias = self.plan.table.rowid_alias
        if alias is None:
            return None
        name = self.quote(alias.name)
        condition = f"CAST(CAST({name} AS INTEGER) AS TEXT) <> CAST({name} AS TEXT)"
        what = f"values in column {alias.name} that are no integers, which an INTEGER PRIMARY KEY must have"
        return self.of(sa.literal_column(f"({condition})"), [alias.name], what, "Correct them first.")

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
        return self.of(sa.literal_column(f"({condition})"), [column], what, "Correct them first.")

    def _used(self, kind: str, name: str, why: str) -> OperationError | None:
        if not self.plan.dropped:
            return None
        what = f"Column{'s' * (len(self.plan.dropped) > 1)} {', '.join(self.plan.dropped)}"
        return OperationError(
            f"{what} of table {self.name} cannot be dropped: {kind} {name} does not work without ({why}).",
            f"Drop it first, and create it again afterwards: op.execute('DROP {kind.upper()} {name}').",
        )


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
