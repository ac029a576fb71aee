"""A table of SQLite as a list of changes makes it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nbmigrate import operations as ops
from nbmigrate.dialects.ddl.column_order import reordered
from nbmigrate.dialects.sqlite.dialect import SQLiteDialect, unkept_comments
from nbmigrate.dialects.sqlite.draft_columns import ColumnChanges
from nbmigrate.dialects.sqlite.draft_constraints import ConstraintChanges
from nbmigrate.dialects.sqlite.names import without_named_keys
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import Column, Constraint, Index


class Draft(ColumnChanges, ConstraintChanges):
    """A table while it is changed; nothing is sent to a database."""

    def apply(self, change: ops.Operation, *, alone: bool = True) -> None:
        """Make one change.

        Parameters
        ----------
        change
            The change.
        alone
            Whether it is outside of any batch, where no constraint takes the place of another.

        Raises
        ------
        TableNotFoundError
            There is no such column; the nearest is named.
        OperationError
            There is no such constraint or index, or it cannot be done.
        """
        SQLiteDialect(self.dialect).check_supported(change)
        if alone:
            self.lost_indexes = []
        match change:
            case ops.AddColumn():
                self._add_column(change, alone=alone)
            case ops.DropColumn():
                self.drop_column(change)
            case ops.AlterColumn():
                self.alter_column(change)
            case ops.AddConstraint():
                self.add_constraint(change.constraint, replaces=not alone)
            case ops.DropConstraint():
                self.drop_constraint(change)
            case ops.CreateIndex():
                self._create_index(change)
            case ops.DropIndex():
                self.drop_index(change)
            case ops.CreateTableComment() | ops.DropTableComment():
                pass
            case _:
                raise UnsupportedOperationError(
                    f"{type(change).__name__} is no change that a rebuild of table {self.stored.table_name} makes.",
                    "Ask for it outside of the batch.",
                )
        self.afterwards += unkept_comments(change)

    def _add_column(self, change: ops.AddColumn, *, alone: bool) -> None:
        """Add a column; its keys that have a name become constraints of the table, where SQLAlchemy reads the name."""
        column, keys = without_named_keys(change)
        if self.add_column(replace(change, column=column)):
            for key in keys:
                self.add_constraint(key, replaces=not alone)

    def _create_index(self, change: ops.CreateIndex) -> None:
        for each in change.index.columns:
            if not isinstance(each, str):
                self.require_columns(each)
        columns = (
            self.current_name(self.find(each)) if isinstance(each, str) else each
            for each in change.index.columns
        )
        self.created.append(replace(change, index=replace(change.index, columns=tuple(columns))))
        self.afterwards += SQLiteDialect(self.dialect).create_index(self.created[-1])

    def add_items(self, items: Iterable[Column | Constraint | Index]) -> None:
        """Add what `table_args` has and the table has not."""
        for item in items:
            if isinstance(item, Index):
                self.apply(ops.CreateIndex(self.stored.name, item, self.stored.schema))
            elif isinstance(item, Column):
                self.apply(ops.AddColumn(self.stored.name, item, self.stored.schema, if_not_exists=True))
            elif not self.has(item):
                self.add_constraint(item)

    def reorder(self, rows: Sequence[tuple[str, ...]]) -> None:
        """Put columns one after another, as far as `partial_reordering` says; the others stay as they are.

        Raises
        ------
        OperationError
            The rows contradict one another.
        """
        if not rows:
            return
        found = [[self.find(name).name for name in row] for row in rows]
        names = [column.name for column in self.table.columns]
        self.table = self.table.reordered(reordered(self.stored.table_name, names, found))
