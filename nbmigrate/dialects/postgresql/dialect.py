"""What PostgreSQL does otherwise."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect, Elements
from nbmigrate.dialects.ddl.column_order import order_after
from nbmigrate.dialects.ddl.elements import Writer
from nbmigrate.dialects.ddl.identifiers import colliding_names, cut_name, cut_names
from nbmigrate.dialects.ddl.unsupported import Refusals
from nbmigrate.dialects.postgresql.existing import (
    StoredTypes,
    TypeName,
    create,
    create_if_missing,
    named_types,
    require_labels,
)
from nbmigrate.dialects.postgresql.literals import PostgreSQLLiterals
from nbmigrate.dialects.postgresql.rebuild import described, is_remade, not_carried, remake
from nbmigrate.dialects.tokens import Syntax
from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.schema import Identity


class PostgreSQLDialect(DefaultDialect):
    """Types of their own for enums and domains, USING, identity columns.

    A type is made with the first column of it and stays when the last one goes: others may use it, and nobody can tell.
    """

    literals = PostgreSQLLiterals()
    makes_types = True
    syntax = Syntax(escape_strings=True, dollar_quotes=True, nested_comments=True)
    new_name_has_schema = False
    batch_in_savepoint = True
    rebuilds_tables = True
    batch_options = ("partial_reordering", "table_args")

    column_options: ClassVar[Mapping[type, tuple[str, ...]]] = {ops.AlterColumn: ("postgresql_using",)}

    def stored_name(self, name: str) -> str:
        """Return as much of a name as is kept."""
        return cut_name(name, self.dialect.max_identifier_length)

    def __init__(self, dialect: sa.Dialect, stored: Any = None) -> None:
        super().__init__(dialect, stored)
        self._made: set[TypeName] = set()
        self._stored_table = stored.table if isinstance(stored, StoredTypes) else None
        #: The columns that come with a new table, and what is not in the definition of each.
        self._in_new_table: dict[str, Elements] = {}
        self._places_columns = False

    def refusals(self, operation: ops.Operation) -> Refusals:
        """Yield an error for each thing that the database has no words for, and for names that would be one."""
        yield from super().refusals(operation)
        yield from colliding_names(operation, self.dialect.max_identifier_length)
        if is_remade(operation) and self._stored_table is not None:
            yield from not_carried(operation.table_name, self._stored_table.obstacles)

    # Tables that are rebuilt

    def rebuild_table(self, operation: ops.AlterTable) -> Elements:
        """Yield what rebuilds the table, with new columns at their places, if the batch says recreate='always'."""
        if not is_remade(operation):
            return
        self._places_columns = True
        table = self._stored_table or described(operation, self.dialect)
        columns = [column.name for column in table.columns]
        order = order_after(operation, columns)
        new: dict[str, Writer] = {}
        for change in (*operation.changes, *operation.additions()):
            if not isinstance(change, ops.AddColumn):
                continue
            name = change.column.name
            if change.if_not_exists and name in columns:
                self._in_new_table[name] = iter(())
                continue
            yield from self._missing_types(change)
            new[name], self._in_new_table[name] = self._new_column(change)
        yield from remake(table, order, new, self.dialect)

    def _place(self, operation: ops.AddColumn | ops.AlterColumn) -> str:
        if not self._places_columns and (
            operation.insert_before is not None or operation.insert_after is not None
        ):
            word = "insert_before" if operation.insert_after is None else "insert_after"
            raise UnsupportedOperationError(
                f"PostgreSQL puts a new column last and moves none in a table that it alters, so it cannot do what "
                f"{word}= says for table {operation.table_name}.",
                "Pass recreate='always' to batch_alter_table(), which rebuilds the table and copies its rows, or "
                f"leave {word}= out.",
            )
        return ""

    def remarks(self, operation: ops.Operation) -> Iterable[str]:
        """Yield that the table is rebuilt, and which names are cut."""
        if is_remade(operation):
            yield f"Table {operation.table_name} is rebuilt, and its rows are copied"
            if self._stored_table is None:
                yield "What copy_from= does not describe, as triggers, policies and grants, goes with the old table"
        yield from super().remarks(operation)
        yield from cut_names(operation, self.dialect.max_identifier_length)

    def create_table(self, operation: ops.CreateTable) -> Elements:
        """Yield CREATE TYPE for the enums and domains that are not there, then what any table has."""
        for name, type_ in named_types(operation, self.dialect).items():
            if not self._has(name):
                yield create(type_)
            elif isinstance(self.stored, StoredTypes) and name not in self._made:
                require_labels(name, type_, self.stored)
        yield from super().create_table(operation)

    def add_column(self, operation: ops.AddColumn) -> Elements:
        """Yield CREATE TYPE where the column needs one, then what any column has."""
        others = self._in_new_table.pop(operation.column.name, None)
        if others is not None:
            yield from others
            return
        yield from self._missing_types(operation)
        yield from super().add_column(operation)

    def alter_column(self, operation: ops.AlterColumn) -> Elements:
        """Yield CREATE TYPE where the new type needs one, then a statement per change."""
        yield from self._missing_types(operation)
        yield from super().alter_column(operation)

    def _missing_types(self, operation: ops.Operation) -> Elements:
        # One that is there is taken as it is, whatever its labels: a column of it is all that alembic makes.
        for name, type_ in named_types(operation, self.dialect).items():
            if not isinstance(self.stored, StoredTypes):
                yield create_if_missing(type_)
            elif not self._has(name):
                self._made.add(name)
                yield create(type_)

    def _has(self, name: TypeName) -> bool:
        return name in self._made or (isinstance(self.stored, StoredTypes) and name in self.stored.labels)

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        # A new default may not fit the old type, so the type comes first. The old default is converted with it, but not
        # by USING: one that does not stay is gone by then.
        if operation.type is not None and self._drops_default(operation):
            yield from super()._server_default(replace(operation, server_default=None))
            if operation.server_default is None:
                operation = replace(operation, server_default=False)
        yield from self._type(operation)
        yield from self._nullable(operation)
        yield from self._server_default(operation)
        yield from self._comment(operation)
        yield from self._name(operation)

    def _drops_default(self, operation: ops.AlterColumn) -> bool:
        if operation.server_default is False or isinstance(operation.existing_server_default, Identity):
            return False
        return operation.server_default is None or bool(self._using(operation))

    def _using(self, operation: ops.AlterColumn) -> str:
        using = operation.options.get("postgresql_using")
        if isinstance(using, sa.ClauseElement):
            using = str(using.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))
        return f" USING {using}" if using else ""

    def _server_default(self, operation: ops.AlterColumn) -> Elements:
        new, old = operation.server_default, operation.existing_server_default
        if not isinstance(new, Identity) and not isinstance(old, Identity):
            yield from super()._server_default(operation)
        elif isinstance(new, Identity) and isinstance(old, Identity):
            changes = self._identity_changes(new, old)
            if changes:
                yield self._alter_one(
                    operation, lambda ddl: " ".join(_identity_sql(part, ddl) for part in changes)
                )
        elif isinstance(new, Identity):
            identity = self._column(operation, default=new).identity
            assert identity is not None  # noqa: S101 - it was made with one
            yield self._alter_one(operation, lambda ddl: f"ADD {ddl.process(identity)}")
        elif new is not False:
            yield self._alter_one(operation, "DROP IDENTITY")
            if new is not None:
                yield from super()._server_default(replace(operation, existing_server_default=False))

    def _identity_changes(self, new: Identity, old: Identity) -> list[dict[str, Any]]:
        """Return what changes, an option each."""
        before, after = dict(old.options), dict(new.options)
        changes: list[dict[str, Any]] = []
        if bool(before.pop("always", False)) != bool(after.get("always", False)):
            changes.append({"always": bool(after.get("always", False))})
        after.pop("always", None)
        changes += [{name: value} for name, value in after.items() if before.get(name) != value]
        return changes


def _identity_sql(change: dict[str, Any], ddl: DDLCompiler) -> str:
    if "always" in change:
        return f"SET GENERATED {'ALWAYS' if change['always'] else 'BY DEFAULT'}"
    return f"SET {ddl.get_identity_options(sa.Identity(**change))}"
