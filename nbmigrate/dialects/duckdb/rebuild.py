"""Indexes and constraints of DuckDB, and tables that are rebuilt because of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect, Elements
from nbmigrate.dialects.ddl.elements import Writer
from nbmigrate.dialects.duckdb.existing import (
    StoredConstraint,
    StoredDuckDBTable,
    StoredIndex,
    create_again,
    remake,
)
from nbmigrate.errors import ConstraintNotFoundError, UnsupportedOperationError
from nbmigrate.schema import Exclude, ForeignKey, Options, PrimaryKey, Unique, scratch_table

#: What a new table is for a change that DuckDB does not make.
NEW_TABLE = "Make a new table as it should be, copy the rows by INSERT ... SELECT, drop the old one and rename the new."
NOT_OFFLINE = "With a connection this works as it is: a run rebuilds the table, which --sql cannot."
_KINDS = {"check": "CHECK", "foreignkey": "FOREIGN KEY", "primary": "PRIMARY KEY", "unique": "UNIQUE"}


class RebuildingDialect(DefaultDialect):
    """The changes that DuckDB makes only to a table without indexes, or to none.

    It alters no table that has an index (duckdb.org/docs/stable/sql/indexes), not even after a DROP INDEX in the same
    transaction, and adds and drops no foreign key and no CHECK.
    """

    def __init__(self, dialect: sa.Dialect, stored: Any = None) -> None:
        super().__init__(dialect, stored)
        # A server of PostgreSQL tells SQLAlchemy so; duckdb-engine does not ask.
        dialect._backslash_escapes = False  # type: ignore[attr-defined]
        self._table = stored if isinstance(stored, StoredDuckDBTable) else None
        #: The indexes to make when the changes are done; None while the table is as it was.
        self._indexes: list[StoredIndex] | None = None
        self._in_batch = False
        #: The changes that share one new table.
        self._changes: tuple[ops.Operation, ...] = ()
        #: The columns whose type is changed by the new table.
        self._retyped: set[str] = set()
        self._new_indexes: list[ops.CreateIndex] = []
        self._gone: set[str] = set()
        self._renamed: dict[str, str] = {}
        self._dropped: list[str] = []

    # Indexes and constraints

    def create_index(self, operation: ops.CreateIndex) -> Elements:
        """Yield CREATE INDEX; in a batch, when its other changes are made."""
        if self._in_batch:
            self._new_indexes.append(operation)
            return
        index = operation.index
        if index.options.get("postgresql_where") is not None:
            raise UnsupportedOperationError(
                f"DuckDB has no index over a part of the rows, as index {index.name} of table {operation.table_name}.",
                "Make it over all rows, or make it only where `op.get_bind().dialect.name` is another.",
            )
        yield from super().create_index(replace(operation, index=own_options(index)))

    def drop_index(self, operation: ops.DropIndex) -> Elements:
        """Yield DROP INDEX."""
        if self._indexes is not None and any(index.name == operation.name for index in self._indexes):
            self._gone.add(operation.name)
            return
        self._gone.add(operation.name)
        yield from super().drop_index(replace(operation, options=Options({})))

    def add_constraint(self, operation: ops.AddConstraint) -> Elements:
        """Yield ADD CONSTRAINT for a key; for another constraint, what rebuilds the table with it."""
        constraint = own_options(operation.constraint)
        if isinstance(constraint, Exclude):
            refuse(operation.describe(), "Leave it out, or check the rows where they are written.")
        if isinstance(constraint, PrimaryKey | Unique):
            yield from self._changing(
                operation, super().add_constraint(replace(operation, constraint=constraint))
            )
        else:
            if isinstance(constraint, ForeignKey):
                require_no_action(operation.table_name, constraint.options)
            if self._table is None:
                refuse(operation.describe(), NOT_OFFLINE)
            self._require_first(operation)
            table = scratch_table(operation.table, operation.schema, constraint)
            built = [item for item in table.constraints if item is not table.primary_key]
            yield from self._changing(
                operation, iter(()), always=True, clauses=[lambda ddl: str(ddl.process(built[0]))]
            )
        yield from self._changed()

    def drop_constraint(self, operation: ops.DropConstraint) -> Elements:
        """Yield what rebuilds the table without the constraint."""
        if self._table is None:
            refuse(operation.describe(), NOT_OFFLINE)
        self._require_first(operation)
        found = self._to_drop(self._table, operation)
        table = self._table.without(found) if found is not None else None
        if found is None and operation.if_exists:
            return
        if found is None:
            names = "; ".join(map(str, self._table.constraints)) or "none"
            raise ConstraintNotFoundError(
                f"Table {self._table.name} has no constraint {operation.name} to drop: DuckDB gives constraints names "
                f"of its own. There are: {names}.",
                "Use that name, where `op.get_bind().dialect.name` is duckdb.",
            )
        if table is None:
            refuse(f"{operation.describe().rstrip('.')}, which is a part of its column")
        self._table = table
        yield from self._changing(operation, iter(()), always=True)
        yield from self._changed()

    def _to_drop(self, table: StoredDuckDBTable, operation: ops.DropConstraint) -> StoredConstraint | None:
        """Return the constraint that is meant: by DuckDB's name for it, or by its columns where they are known."""
        kinds = [_KINDS[operation.kind]] if operation.kind else list(_KINDS.values())
        of_kind = [each for each in table.constraints if each.kind in kinds]
        named = [each for each in of_kind if each.name == operation.name]
        columns = getattr(operation.original, "columns", None)
        alike = [each for each in of_kind if columns and each.columns == tuple(columns)]
        return next(iter(named or (alike if len(alike) == 1 else [])), None)

    def _require_first(self, operation: ops.AddConstraint | ops.DropConstraint) -> None:
        if self._indexes is not None:
            raise UnsupportedOperationError(
                f"A batch on table {operation.table_name} of DuckDB adds or drops one constraint, and before all else.",
                "Let it be the first change of the batch, or an operation of its own.",
            )

    # Batches, and rebuilt tables

    def begin_batch(self, operation: ops.AlterTable) -> None:
        """Let the changes share one new table."""
        super().begin_batch(operation)
        self._in_batch, self._changes = True, operation.changes

    def end_batch(self, operation: ops.AlterTable) -> Elements:
        """Yield the indexes: those that the table had, and new ones."""
        self._in_batch = False
        yield from self._changed()
        for change in self._new_indexes:
            yield from self.create_index(change)

    def _changing(
        self,
        operation: ops.Operation,
        elements: Elements,
        *,
        always: bool = False,
        clauses: Sequence[Writer] = (),
    ) -> Elements:
        """Yield the elements; before them what rebuilds the table, where it or its indexes are in their way."""
        table = self._table
        if table is not None and self._indexes is None:
            changes = self._changes or (operation,)
            types = _bound_types(table, changes)
            if always or types or (table.is_indexed and any(map(_meets_index, changes))):
                self._indexes = [index for index in table.indexes if index.name not in self._gone]
                yield from self._remade(table, types, clauses)
        yield from elements

    def _remade(
        self, table: StoredDuckDBTable, types: Mapping[str, ops.AlterColumn], clauses: Sequence[Writer]
    ) -> Elements:
        wanted = {name: self._type_sql(change.type.copy()) for name, change in types.items() if change.type}
        changed = table.retyped(wanted)
        if changed is None:
            refuse(
                f"change the type of column {', '.join(wanted)} of table {table.name}, which a constraint names"
            )
        self._retyped = {change.column for change in types.values()}
        quote = self.dialect.identifier_preparer.quote
        values = {
            name: self._using(types[name]).removeprefix(" USING ") or f"CAST({quote(name)} AS {type_})"
            for name, type_ in wanted.items()
        }
        yield from remake(changed, clauses, values, self.dialect)

    def _changed(self) -> Elements:
        """Yield the indexes of a table that was rebuilt, when nothing more changes in it."""
        if self._in_batch or self._table is None or self._indexes is None:
            return
        indexes, self._indexes = self._indexes, None
        for index in indexes:
            if index.name not in self._gone:
                yield from create_again(
                    index, self._table.name, self._table.schema, self._renamed, self._dropped
                )


def _bound_types(table: StoredDuckDBTable, changes: Sequence[ops.Operation]) -> dict[str, ops.AlterColumn]:
    """Return the changes of types that DuckDB makes to no column of a constraint, by column."""
    found = {}
    for change in changes:
        if isinstance(change, ops.AlterColumn) and change.type is not None:
            column = table.bound_column(change.column)
            if column is not None:
                found[column] = change
    return found


def _meets_index(change: ops.Operation) -> bool:
    """Whether DuckDB makes a change to no table that has an index."""
    match change:
        case ops.AddColumn():
            return change.column.unique or not change.column.nullable
        case ops.AlterColumn():
            return bool(change.changes().keys() & {"nullable", "type_", "new_column_name"})
    return isinstance(change, ops.AddConstraint | ops.DropColumn | ops.DropConstraint | ops.RenameTable)


def own_options(value: Any) -> Any:
    """Return a table, index or constraint without what is said of it for PostgreSQL alone."""
    own = {name: setting for name, setting in value.options.items() if not name.startswith("postgresql_")}
    return replace(value, options=Options(own))


def require_no_action(table: str, options: Options) -> None:
    """Raise UnsupportedOperationError for a foreign key that acts on what refers to a row."""
    for name in ("ondelete", "onupdate"):
        action = str(options.get(name) or "NO ACTION").upper()
        if action not in ("NO ACTION", "RESTRICT"):
            raise UnsupportedOperationError(
                f"DuckDB has no {name[:2].upper()} {name[2:].upper()} {action} for a foreign key, as table {table} "
                "shall have.",
                f"Leave {name}= out.",
            )


def refuse(what: str, hint: str = NEW_TABLE) -> NoReturn:
    """Raise UnsupportedOperationError for what DuckDB has no statement for."""
    what = what.rstrip(".")
    raise UnsupportedOperationError(f"DuckDB has no statement to {what[0].lower()}{what[1:]}.", hint)
