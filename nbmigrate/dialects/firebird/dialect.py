"""What Firebird does otherwise."""

import re
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect, Elements
from nbmigrate.dialects.ddl.elements import as_compiled
from nbmigrate.dialects.ddl.unsupported import Refusals, changes_of
from nbmigrate.dialects.firebird.existing import StoredFirebirdTable
from nbmigrate.dialects.firebird.rebuild import renamed_by_copying
from nbmigrate.dialects.tokens import Syntax
from nbmigrate.errors import UnsupportedOperationError

#: Statements that hold others, each with its semicolon.
_WITH_BODY = re.compile(
    r"(?:(?:CREATE|ALTER|RECREATE)\b.{0,60}?\b(?:TRIGGER|PROCEDURE|FUNCTION|PACKAGE)|EXECUTE\s+BLOCK)\b",
    re.IGNORECASE | re.DOTALL,
)


class FirebirdDialect(DefaultDialect):
    """Columns that move to a position, no RENAME TABLE, no IF EXISTS and no schemas.

    DDL could be rolled back, but what it makes can be used only after a COMMIT. So each statement of DDL is committed,
    as Firebird's own isql does.

    With `stored`, columns move and a table gets another name; without, for offline SQL, this is refused.
    """

    add_words = "ADD"
    rename_words = "ALTER COLUMN"
    ddl_commits = True
    deferrable = ()
    parts_if_exist = False
    batch_separator = "COMMIT;"
    syntax = Syntax()

    def __init__(self, dialect: sa.Dialect, stored: Any = None) -> None:
        super().__init__(dialect, stored)
        self._table = stored if isinstance(stored, StoredFirebirdTable) else None
        self._columns = list(self._table.columns) if self._table is not None else []
        version = getattr(dialect, "server_version_info", None) or (3,)
        self.longest_name = 63 if tuple(version) >= (4,) else 31

    @classmethod
    def ended(cls, text: str) -> str:
        """Return a statement with what ends it, which is no semicolon where it holds statements."""
        body = text.rstrip().rstrip(";").rstrip()
        if ";" not in body or not _WITH_BODY.match(body):
            return super().ended(text)
        mark = next(mark for mark in ("^", "//", "$$", "|||") if mark not in body)
        return f"SET TERM {mark} ;\n{body}\n{mark}\nSET TERM ; {mark}"

    def refusals(self, operation: ops.Operation) -> Refusals:
        """Yield an error for each thing that the database has no words for."""
        yield from super().refusals(operation)
        if getattr(operation, "schema", None) or getattr(getattr(operation, "table", None), "schema", None):
            yield UnsupportedOperationError(
                f"Firebird has no schemas: {operation.describe()}", "Leave schema= out."
            )
        for word in ("if_exists", "if_not_exists"):
            if isinstance(operation, ops.CreateTable | ops.DropTable) and getattr(operation, word, None):
                yield UnsupportedOperationError(
                    f"Firebird has no {word.replace('_', ' ').upper()}: {operation.describe()}",
                    f"Leave {word}= out, or query first what exists: sa.inspect(op.get_bind()).",
                )

    def remarks(self, operation: ops.Operation) -> Iterable[str]:
        """Yield what a new name costs."""
        yield from super().remarks(operation)
        if any(isinstance(change, ops.RenameTable) for change in changes_of(operation)):
            yield "Firebird has no RENAME TABLE: the rows are copied to a new table, and grants on the old one end"

    # Tables

    def rename_table(self, operation: ops.RenameTable) -> Elements:
        """Yield what makes a new table of the old one.

        Raises
        ------
        UnsupportedOperationError
            The table is not known, or is used by what cannot be moved.
        """
        if self._table is None:
            raise UnsupportedOperationError(
                f"Firebird has no RENAME TABLE, and the statements that make a new table of {operation.name} are known "
                "only when they run, since its columns are not known before.",
                "Create the new table, copy the rows by INSERT ... SELECT and drop the old one.",
            )
        if self._table.users:
            raise UnsupportedOperationError(
                f"Firebird has no RENAME TABLE, and a copy cannot replace table {operation.name}, which is used by "
                f"{', '.join(self._table.users)}.",
                "Drop them before, and create them again for the new name.",
            )
        for text in renamed_by_copying(self._table, operation.new_name, self.dialect):
            yield as_compiled(text)

    # Columns

    def add_column(self, operation: ops.AddColumn) -> Elements:
        """Yield ADD, then what moves the column to its place, and its constraints, indexes and comment."""
        elements = super().add_column(operation)
        yield next(elements)
        self._columns.append(operation.column.name)
        yield from self._moved(operation, operation.column.name)
        yield from elements

    def drop_column(self, operation: ops.DropColumn) -> Elements:
        """Yield DROP, which knows no COLUMN."""
        yield self._alter(
            operation.table, operation.schema, lambda ddl: f"DROP {ddl.preparer.quote(operation.column)}"
        )
        if operation.column in self._columns:
            self._columns.remove(operation.column)

    def alter_column(self, operation: ops.AlterColumn) -> Elements:
        """Yield a statement per change; the new place comes before the new name."""
        yield from self._moved(operation, operation.column)
        yield from super().alter_column(operation)
        if operation.new_name is not None and operation.column in self._columns:
            self._columns[self._columns.index(operation.column)] = operation.new_name

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        # A default of the old type may not fit the new one.
        yield from self._type(operation)
        yield from self._nullable(operation)
        yield from self._server_default(operation)
        yield from self._comment(operation)
        yield from self._name(operation)

    def _place(self, operation: ops.AddColumn | ops.AlterColumn) -> str:
        beside = operation.insert_before or operation.insert_after
        if beside is not None and beside not in self._columns:
            raise UnsupportedOperationError(
                f"Firebird moves a column to the number of a place, and where column {beside} of table "
                f"{operation.table_name} is, is not known.",
                "Name a column that exists; offline SQL cannot move columns.",
            )
        return ""

    def _moved(self, operation: ops.AddColumn | ops.AlterColumn, column: str) -> Elements:
        """Yield what moves a column beside another one."""
        self._place(operation)
        beside = operation.insert_before or operation.insert_after
        if beside is None:
            return
        self._columns = [name for name in self._columns if name != column]
        place = self._columns.index(beside) + (operation.insert_before is None)
        self._columns.insert(place, column)
        yield self._alter(
            operation.table,
            operation.schema,
            lambda ddl: f"ALTER COLUMN {ddl.preparer.quote(column)} POSITION {place + 1}",
        )
