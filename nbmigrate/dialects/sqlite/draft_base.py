"""The text of a table while it is changed, and where the values of each column come from."""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any, NoReturn, Self

import sqlalchemy as sa
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql import visitors

from nbmigrate import operations as ops
from nbmigrate.dialects.sqlite.compiled_parts import Pieces
from nbmigrate.dialects.sqlite.existing import StoredObject, StoredTable
from nbmigrate.dialects.sqlite.parsing.clauses import Clause, ColumnText
from nbmigrate.dialects.sqlite.parsing.create_table import TableText, read_table
from nbmigrate.dialects.sqlite.parsing.tokens import folded, mentions, significant
from nbmigrate.errors import ColumnNotFoundError, OperationError, nearest
from nbmigrate.schema import Expression


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME COLUMN of the column that is called `column` in the text of the table."""

    column: str
    name: str
    new_name: str


class DraftText:
    """A table while it is changed; nothing is sent to a database.

    Parameters
    ----------
    stored
        The table as it is.
    dialect
        A dialect of SQLite.
    convention
        What constraints without a name are called.

    Raises
    ------
    OperationError
        The text of the table cannot be read.
    """

    def __init__(
        self, stored: StoredTable, dialect: sa.Dialect, convention: Mapping[str, Any] | None = None
    ) -> None:
        self.stored = stored
        self.dialect = dialect
        self.convention = convention
        self.pieces = Pieces(dialect, stored.name, stored.schema)
        self.old = read_table(stored.sql, stored.table_name)
        _check_read(self.old, stored)
        self.table = self.old if stored.declared_sql is None else self._read_declared(stored.declared_sql)
        old_columns = {folded(column.name) for column in self.old.columns}
        #: By the name of a column: what is copied into it, as SQL about the old table.
        self.values = {
            column.name: self.quote(column.name)
            for column in self.table.columns
            if not column.is_generated and folded(column.name) in old_columns
        }
        #: By the folded name that a column has by now: its name in the text. SQLite itself renames, in the end.
        self.names = {folded(column.name): column.name for column in self.table.columns}
        self.indexes = list(stored.indexes)
        #: What is sent when the rows are copied, as it was asked for: other names, indexes, and words on comments.
        self.afterwards: list[Rename | ExecutableDDLElement] = []
        #: The indexes that were asked for, with the names that the columns had then.
        self.created: list[ops.CreateIndex] = []
        #: Columns of the old table that are gone.
        self.dropped: list[str] = []
        #: Names of the constraints and indexes that went with columns; a batch may drop them after that.
        self.gone: list[str] = []
        #: Indexes that went with columns of this batch, and all the columns of each.
        self.lost_indexes: list[tuple[StoredObject, list[str]]] = []
        #: What is to be read with the statements.
        self.remarks: list[str] = []
        #: Whether rows of other tables may lose what they refer to.
        self.keys_touched = stored.declared_sql is not None

    def _read_declared(self, sql: str) -> TableText:
        declared = read_table(sql, self.stored.table_name)
        return declared.named(
            declared.name_text if declared.name == self.stored.name else self.quote(self.stored.name)
        )

    def copied(self) -> Self:
        """Return a draft that is changed without this one."""
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | dict):
                setattr(other, name, value.copy())
        return other

    def quote(self, name: str) -> str:
        """Return a name as SQL writes it."""
        return self.pieces.quote(name)

    def find(self, name: str) -> ColumnText:
        """Return the column that has a name by now, or had it before the changes, as alembic's batches name it."""
        column = self.table.column(self.names.get(folded(name), name))
        if column is None:
            raise self._no_column(name)
        return column

    def require_columns(self, expression: Expression) -> None:
        """Make sure that there are the columns that an expression of SQLAlchemy has; SQL text is left to SQLite.

        SQLite itself takes a quoted name that no column has for a string.
        """
        elements = list(visitors.iterate(expression.clause))
        for column in (each for each in elements if isinstance(each, sa.ColumnClause)):
            if not column.is_literal and folded(column.name) not in self.names:
                raise self._no_column(column.name)

    def _no_column(self, name: str) -> ColumnNotFoundError:
        meant = nearest(name, self.current_names())
        return ColumnNotFoundError(
            f"Table {self.stored.table_name} has no column {name!r}.",
            (f"Did you mean {meant}? " if meant else "") + f"It has: {listed(self.current_names())}.",
            choices=self.current_names(),
        )

    def current_names(self) -> list[str]:
        """Return the names that the columns have by now."""
        return [self.current_name(column) for column in self.table.columns]

    def current_name(self, column: ColumnText) -> str:
        """Return the name that a column of the text has by now."""
        return self.names_of(column)[-1]

    def names_of(self, column: ColumnText) -> list[str]:
        """Return the names that a column of the text has had, in order."""
        renames = [each for each in self.afterwards if isinstance(each, Rename)]
        return [column.name, *(each.new_name for each in renames if each.column == column.name)]

    def column(self, text_name: str) -> ColumnText:
        """Return the column that has a name in the text."""
        column = self.table.column(text_name)
        assert column is not None  # noqa: S101 - it is known to be there
        return column

    def remove(self, owner: ColumnText | None, clause: Clause) -> None:
        """Take a clause away, out of its column or out of the table."""
        if owner is None:
            item = next(
                item for item in self.table.items if isinstance(item, Clause) and item.text is clause.text
            )
            self.table = self.table.without(item)
        else:
            column = self.column(owner.name)
            self.table = self.table.replaced(column, column.without(clause))

    def put(self, old: ColumnText, new: ColumnText) -> ColumnText:
        """Put a column in the place of another, and return it."""
        self.table = self.table.replaced(old, new)
        return new

    def refuse_second_key(self, columns: str) -> NoReturn:
        """Raise OperationError: the table has a primary key."""
        key = self.table.primary_key
        name = None if key is None else key.name
        raise OperationError(
            f"Table {self.stored.table_name} has a primary key already, so {columns} cannot be another.",
            f"Drop that first: op.drop_constraint({name!r}, {self.stored.name!r}, type_='primary').",
        )


def _check_read(table: TableText, stored: StoredTable) -> None:
    """Make sure that SQLite reads the same columns in the text."""
    if stored.columns and tuple(column.name for column in table.columns) != stored.columns:
        raise OperationError(
            f"The CREATE TABLE text of table {stored.table_name} is read as having other columns than SQLite says: "
            f"{listed([column.name for column in table.columns])}.",
            "The table was left as it is. Please report its CREATE TABLE.",
        )


def listed(names: Iterable[str]) -> str:
    """Return names as in a sentence, the first twenty of them."""
    shown = list(names)
    return ", ".join(shown[:20]) + (", ..." if len(shown) > 20 else "")


def index_names(sql: str, column: str) -> bool:
    """Tell whether a CREATE INDEX has a column in what it orders or in its condition."""
    begin = next(token.start for token in significant(sql) if token.text == "(")
    return mentions(sql[begin:], column)
