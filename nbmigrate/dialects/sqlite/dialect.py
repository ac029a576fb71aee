"""What SQLite does by a statement of its own, and what it does not."""

import decimal
import re
from collections.abc import Iterable
from typing import NoReturn

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect, Elements
from nbmigrate.dialects.ddl.elements import Alteration
from nbmigrate.dialects.ddl.literals import Literals, NoLiteralError, quoted
from nbmigrate.dialects.ddl.unsupported import keys_left_out
from nbmigrate.dialects.sqlite.dependents import column_ends, in_sqlite
from nbmigrate.dialects.sqlite.existing import StoredTable
from nbmigrate.dialects.sqlite.native import changes_checks
from nbmigrate.dialects.sqlite.parsing.tokens import SQLITE
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import Check, ForeignKey, Reference

#: What is above all integers.
_LIMIT = 2**63


class SQLiteLiterals(Literals):
    """Numbers are of 64 bits, and what its shell drops of a text is put together by char()."""

    def of_integer(self, value: int) -> str:
        """Return a whole number of 64 bits."""
        if not -_LIMIT <= value < _LIMIT:
            raise NoLiteralError(f"{value} is too large for SQLite's 64 bits")
        return super().of_integer(value)

    def of_decimal(self, value: decimal.Decimal) -> str:
        """Return the nearest binary number, which a driver sends: there are no decimals."""
        return repr(float(value))

    def not_finite(self, name: str) -> str:
        """Return what the sqlite3 module stores."""
        return "NULL" if name == "NaN" else name.replace("Infinity", "9e999")

    def of_awkward_text(self, value: str) -> str:
        """Return the parts of a text, put together."""
        parts = re.split("([\r\0])", value)
        texts = [f"char({ord(part)})" if part in ("\r", "\0") else quoted(part) for part in parts if part]
        return "(" + " || ".join(texts) + ")"


class SQLiteDialect(DefaultDialect):
    """SQLite adds, renames and drops columns, and CHECKs since 3.53; else the table is rebuilt: see `rebuild`."""

    syntax = SQLITE
    literals = SQLiteLiterals()
    # SQLite knows constraints only as a part of a CREATE TABLE or ADD COLUMN.
    inline_constraints = True
    rename_words = "RENAME COLUMN"
    deferrable = (ForeignKey, Reference)
    keys_across_schemas = False
    batch_in_savepoint = True
    script_hint = "Run it with `sqlite3 -bail FILE`: without -bail sqlite3 goes on after an error."
    plans_changes = True
    new_name_has_schema = False

    def remarks(self, operation: ops.Operation) -> Iterable[str]:
        """Yield which foreign keys a new table is made without."""
        yield from super().remarks(operation)
        yield from keys_left_out(operation, "SQLite")

    def affected(self, operation: ops.Operation) -> Iterable[str]:
        """Yield what becomes of the views and triggers that use a column which goes or gets another name."""
        table = self.stored
        if isinstance(table, StoredTable):
            for end in column_ends(operation):
                yield from in_sqlite(end, table.dependents, (*table.triggers, *table.temporary_triggers))

    def add_column(self, operation: ops.AddColumn) -> Elements:
        """Yield ADD COLUMN with the constraints of the column inside, then its index."""
        column, table = operation.column, operation.table_name
        if operation.if_not_exists:
            _refuse_condition("ADD COLUMN IF NOT EXISTS", operation.table, column.name)
        if column.unique and not column.index:
            raise UnsupportedOperationError(
                f"SQLite cannot add column {column.name} to table {table} as unique.",
                "Leave recreate='never' out of the batch, or add it without unique=True and make a unique index.",
            )
        if column.primary_key and operation.inline_primary_key:
            _refuse(f"add column {column.name} to table {table} as a primary key")
        return super().add_column(operation)

    def drop_column(self, operation: ops.DropColumn) -> Elements:
        """Yield DROP COLUMN."""
        if operation.if_exists:
            _refuse_condition("DROP COLUMN IF EXISTS", operation.table, operation.column)
        return super().drop_column(operation)

    def alter_column(self, operation: ops.AlterColumn) -> Elements:
        """Yield RENAME COLUMN, before SQLite 3.53 the one change of a column there is."""
        what = {"nullable": "NOT NULL", "type_": "the type", "server_default": "the default"}
        if changes_checks(self.dialect):
            del what["nullable"]
        changed = [what[name] for name in operation.changes() if name in what]
        if changed:
            _refuse(
                f"change {' and '.join(changed)} of column {operation.column} of table {operation.table_name}"
            )
        yield from self._nullable(operation)
        yield from self._name(operation)
        yield from unkept_comments(operation)

    def create_table_comment(self, operation: ops.CreateTableComment) -> Elements:
        """Yield the word that there are none."""
        return unkept_comments(operation)

    def drop_table_comment(self, operation: ops.DropTableComment) -> Elements:
        """Yield nothing: there are none."""
        return unkept_comments(operation)

    def add_constraint(self, operation: ops.AddConstraint) -> Elements:
        """Yield ADD CONSTRAINT for a CHECK; raise UnsupportedOperationError for others, which come with the table."""
        if changes_checks(self.dialect) and isinstance(operation.constraint, Check):
            return super().add_constraint(operation)
        return _refuse(operation.describe().rstrip("."))

    def drop_constraint(self, operation: ops.DropConstraint) -> Elements:
        """Yield DROP CONSTRAINT; before SQLite 3.53 raise UnsupportedOperationError, for they go with the table."""
        if changes_checks(self.dialect) and operation.name is not None:
            return super().drop_constraint(operation)
        return _refuse(operation.describe().rstrip("."))


def unkept_comments(change: ops.Operation) -> Elements:
    """Yield a comment of SQL that says that SQLite keeps none of tables and columns.

    It is no error: a revision is written for other databases as well, and a new table or column leaves its comment out.
    """
    match change:
        case ops.AlterColumn(comment=str()):
            what = f"column {change.column} of table {change.table_name}"
        case ops.CreateTableComment(comment=str()):
            what = f"table {change.table_name}"
        case _:
            return
    text = f"-- SQLite keeps no comments: not the one on {' '.join(what.split())}"
    yield Alteration(lambda _: text)


def _refuse(what: str) -> NoReturn:
    raise UnsupportedOperationError(
        f"SQLite has no statement to {what[0].lower()}{what[1:]}.",
        "Leave recreate='never' out of the batch: the table is rebuilt then, with all that is in it.",
    )


def _refuse_condition(what: str, table: str, column: str) -> NoReturn:
    raise UnsupportedOperationError(
        f"SQLite has no {what} (column {column} of table {table}).",
        "Leave the condition out, or look first: sa.inspect(op.get_bind()).get_columns(...).",
    )
