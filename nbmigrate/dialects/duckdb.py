"""What DuckDB does otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateSequence, DropSequence

from nbmigrate import operations as ops
from nbmigrate.dialects.alteration import Writer
from nbmigrate.dialects.default import DefaultDialect, Elements
from nbmigrate.dialects.duckdb_stored import (
    StoredDuckDBTable,
    StoredIndex,
    create_again,
    remake,
    sequence_name,
)
from nbmigrate.dialects.duckdb_types import Virtual, written_type
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import (
    Column,
    Computed,
    Exclude,
    ForeignKey,
    Identity,
    Options,
    PrimaryKey,
    SqlType,
    Table,
    Unique,
    scratch_table,
    server_default,
    to_table,
)

#: What a new table is for a change that DuckDB does not make.
NEW_TABLE = "Make a new table as it should be, copy the rows by INSERT ... SELECT, drop the old one and rename the new."


class DuckDBDialect(DefaultDialect):
    """Sequences for numbered columns, enums without a name, and a table made anew where an index is in the way.

    DuckDB alters no table that has an index (duckdb.org/docs/stable/sql/indexes), not even after a DROP INDEX in the
    same transaction.
    """

    def __init__(self, dialect: sa.Dialect, stored: Any = None) -> None:
        super().__init__(dialect, stored)
        # A server of PostgreSQL tells SQLAlchemy so; duckdb-engine does not ask.
        dialect._backslash_escapes = False  # type: ignore[attr-defined]
        self._table = stored if isinstance(stored, StoredDuckDBTable) else None
        #: The indexes to make when the changes are done; None while the table is as it was.
        self._indexes: list[StoredIndex] | None = None
        self._in_batch = False
        self._new_indexes: list[ops.CreateIndex] = []
        self._gone: set[str] = set()
        self._renamed: dict[str, str] = {}
        self._dropped: list[str] = []

    # Tables

    def create_table(self, operation: ops.CreateTable) -> Elements:
        """Yield CREATE SEQUENCE for the columns that are numbered, then what any table has."""
        for name, identity in self._numbered(operation.table).items():
            sequence = _sequence(operation.table, name, identity)
            yield CreateSequence(sequence, if_not_exists=True)
        yield from super().create_table(operation)

    def _numbered(self, table: Table) -> dict[str, Identity]:
        """Return the columns that the database numbers, with how."""
        found = {
            column.name: column.server_default
            for column in table.columns
            if isinstance(column.server_default, Identity)
        }
        number = to_table(table).autoincrement_column
        if number is not None and number.server_default is None and number.identity is None:
            found.setdefault(number.name, Identity())
        return found

    def _as_written(self, table: Table) -> Table:
        numbered = self._numbered(table)
        inside = [each.options for column in table.columns for each in column.references]
        apart = [each.options for each in table.constraints if isinstance(each, ForeignKey)]
        for options in inside + apart:
            _require_no_action(table.fullname, options)
        columns = tuple(self._column_as_written(table, column, numbered) for column in table.columns)
        constraints = tuple(_own_options(each) for each in table.constraints)
        indexes = tuple(_own_options(each) for each in table.indexes)
        return replace(_own_options(table), columns=columns, constraints=constraints, indexes=indexes)

    def _column_as_written(self, table: Table, column: Column, numbered: dict[str, Identity]) -> Column:
        if column.name in numbered:
            default = server_default(_sequence(table, column.name, numbered[column.name]).next_value())
            column = replace(column, server_default=default, autoincrement=False)
        elif isinstance(column.server_default, Computed):
            computed = column.server_default
            if computed.persisted:
                raise UnsupportedOperationError(
                    f"DuckDB stores no computed column, as {column.name} of table {table.fullname} shall be.",
                    "Leave persisted=True out: it is computed when it is read.",
                )
            column = replace(column, server_default=Virtual(computed.expression))
        return replace(column, type=SqlType(written_type(column.type.copy())))

    def drop_table(self, operation: ops.DropTable) -> Elements:
        """Yield DROP TABLE, then DROP SEQUENCE for those that came with it."""
        yield from super().drop_table(operation)
        for name in self._table.sequences() if self._table is not None else ():
            yield DropSequence(sa.Sequence(name, schema=operation.schema), if_exists=True)

    def rename_table(self, operation: ops.RenameTable) -> Elements:
        """Yield ALTER TABLE ... RENAME TO."""
        yield from self._changing(super().rename_table(operation))
        if self._table is not None:
            self._table = replace(self._table, name=operation.new_name)
        yield from self._changed()

    def _schema_of_new_name(self, operation: ops.RenameTable) -> None:
        return None

    # Columns

    def add_column(self, operation: ops.AddColumn) -> Elements:
        """Yield ADD COLUMN; what binds it comes after it, since DuckDB adds a column bare."""
        column = operation.column
        table = operation.table_name
        if column.references or column.checks:
            raise UnsupportedOperationError(
                f"DuckDB adds no column with a foreign key or a CHECK, as column {column.name} to table {table}.",
                "Add the column without it, then op.create_foreign_key() or op.create_check_constraint().",
            )
        if isinstance(column.server_default, Computed) or (
            column.primary_key and operation.inline_primary_key
        ):
            what = "as a primary key" if column.primary_key else "that is computed"
            raise UnsupportedOperationError(
                f"DuckDB adds no column {what}, as column {column.name} to table {table}.", NEW_TABLE
            )
        if isinstance(column.server_default, Identity):
            value = Table(operation.table, (column,), schema=operation.schema)
            yield CreateSequence(_sequence(value, column.name, column.server_default), if_not_exists=True)
        bare = replace(column, nullable=True, index=False)
        elements = super().add_column(replace(operation, column=bare))
        yield from self._changing(elements, needed=column.unique or not column.nullable)
        if not column.nullable:
            required = ops.AlterColumn(operation.table, column.name, nullable=False, schema=operation.schema)
            yield from self._nullable(required)
        if column.index:
            named = Table(operation.table, (column,), naming_convention=operation.naming_convention)
            for index in to_table(replace(named, schema=operation.schema)).indexes:
                yield CreateIndex(index)
        yield from self._changed()

    def drop_column(self, operation: ops.DropColumn) -> Elements:
        """Yield DROP COLUMN; an index of the column goes with it."""
        self._require_no_key(operation)
        yield from self._changing(super().drop_column(operation))
        self._dropped.append(operation.column)
        yield from self._changed()

    def _require_no_key(self, operation: ops.DropColumn) -> None:
        if self._table is None or operation.column not in self._table.columns:
            return
        place = self._table.columns.index(operation.column)
        for key in self._table.keys:
            bound = [name for name in key if name in self._table.columns[place:]]
            if bound:
                raise UnsupportedOperationError(
                    f"DuckDB cannot drop column {operation.column} of table {operation.table_name}: it is, or comes "
                    f"before, column {bound[0]} of a primary key or UNIQUE constraint.",
                    NEW_TABLE,
                )

    def alter_column(self, operation: ops.AlterColumn) -> Elements:
        """Yield a statement per change."""
        needed = bool(operation.changes().keys() & {"nullable", "type_", "new_column_name"})
        yield from self._changing(super().alter_column(operation), needed=needed)
        if operation.new_name is not None:
            self._renamed[operation.column] = operation.new_name
        yield from self._changed()

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        # A default of the old type may not fit the new one.
        yield from self._type(operation)
        yield from self._nullable(operation)
        yield from self._server_default(operation)
        yield from self._comment(operation)
        yield from self._name(operation)

    def _drop_type_checks(self, operation: ops.AlterColumn) -> Elements:
        if any(True for _ in super()._drop_type_checks(operation)):
            _refuse(f"drop the CHECK of column {operation.column} of table {operation.table_name}")
        yield from ()

    def _add_type_checks(self, operation: ops.AlterColumn) -> Elements:
        if any(True for _ in super()._add_type_checks(operation)):
            _refuse(f"give column {operation.column} of table {operation.table_name} a CHECK with its type")
        yield from ()

    def _type_sql(self, type_: Any) -> str:
        return super()._type_sql(written_type(type_))

    def _using(self, operation: ops.AlterColumn) -> str:
        using = operation.options.get("duckdb_using")
        if isinstance(using, sa.ClauseElement):
            using = str(using.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
        return f" USING {using}" if using else ""

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
        yield from super().create_index(replace(operation, index=_own_options(index)))

    def drop_index(self, operation: ops.DropIndex) -> Elements:
        """Yield DROP INDEX."""
        if self._indexes is not None and any(index.name == operation.name for index in self._indexes):
            self._gone.add(operation.name)
            return
        self._gone.add(operation.name)
        yield from super().drop_index(replace(operation, options=Options({})))

    def add_constraint(self, operation: ops.AddConstraint) -> Elements:
        """Yield ADD CONSTRAINT for a key; for another constraint, what makes the table anew with it."""
        constraint = _own_options(operation.constraint)
        if isinstance(constraint, Exclude):
            _refuse(operation.describe(), "Leave it out, or check the rows where they are written.")
        if isinstance(constraint, PrimaryKey | Unique):
            yield from self._changing(super().add_constraint(replace(operation, constraint=constraint)))
        else:
            if isinstance(constraint, ForeignKey):
                _require_no_action(operation.table_name, constraint.options)
            if self._table is None:
                _refuse(
                    operation.describe(),
                    "A run makes the table anew, which offline SQL cannot: it does not know the table.",
                )
            if self._indexes is not None:
                raise UnsupportedOperationError(
                    f"In a batch DuckDB adds a foreign key or a CHECK to table {operation.table_name} before all else.",
                    "Let it be the first change of the batch, or an operation of its own.",
                )
            table = scratch_table(operation.table, operation.schema, constraint)
            built = [item for item in table.constraints if item is not table.primary_key]
            yield from self._changing(iter(()), clauses=[lambda ddl: str(ddl.process(built[0]))])
        yield from self._changed()

    def drop_constraint(self, operation: ops.DropConstraint) -> Elements:
        """Raise UnsupportedOperationError: DuckDB keeps no names of constraints."""
        _refuse(operation.describe())

    # Batches, and tables made anew

    def begin_batch(self, operation: ops.AlterTable) -> None:
        """Let the changes share one new table."""
        super().begin_batch(operation)
        self._in_batch = True

    def end_batch(self, operation: ops.AlterTable) -> Elements:
        """Yield the indexes: those that the table had, and new ones."""
        self._in_batch = False
        yield from self._changed()
        for change in self._new_indexes:
            yield from self.create_index(change)

    def _changing(
        self, elements: Elements, *, needed: bool = True, clauses: Sequence[Writer] = ()
    ) -> Elements:
        """Yield the elements; before them what makes the table anew, if a change of it needs that."""
        table = self._table
        if table is not None and self._indexes is None and ((needed and table.is_indexed) or clauses):
            self._indexes = [index for index in table.indexes if index.name not in self._gone]
            yield from remake(table, clauses, self.dialect)
        yield from elements

    def _changed(self) -> Elements:
        """Yield the indexes of a table that was made anew, when nothing more changes in it."""
        if self._in_batch or self._table is None or self._indexes is None:
            return
        indexes, self._indexes = self._indexes, None
        for index in indexes:
            if index.name not in self._gone:
                yield from create_again(
                    index, self._table.name, self._table.schema, self._renamed, self._dropped
                )


def _sequence(table: Table, column: str, identity: Identity) -> sa.Sequence:
    options = {key: value for key, value in identity.options.items() if key != "always"}
    return sa.Sequence(sequence_name(table.name, column), schema=table.schema, **options)


def _own_options(value: Any) -> Any:
    """Return a table, index or constraint without what is said of it for PostgreSQL alone."""
    own = {name: said for name, said in value.options.items() if not name.startswith("postgresql_")}
    return replace(value, options=Options(own))


def _require_no_action(table: str, options: Options) -> None:
    for name in ("ondelete", "onupdate"):
        action = str(options.get(name) or "NO ACTION").upper()
        if action not in ("NO ACTION", "RESTRICT"):
            raise UnsupportedOperationError(
                f"DuckDB has no {name[:2].upper()} {name[2:].upper()} {action} for a foreign key, as table {table} "
                "shall have.",
                f"Leave {name}= out.",
            )


def _refuse(what: str, hint: str = NEW_TABLE) -> NoReturn:
    what = what.rstrip(".")
    raise UnsupportedOperationError(f"DuckDB has no statement to {what[0].lower()}{what[1:]}.", hint)
