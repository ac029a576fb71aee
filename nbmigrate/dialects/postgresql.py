"""What PostgreSQL does otherwise."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.default import DefaultDialect, Elements
from nbmigrate.schema import Identity, Table, to_table


class PostgreSQLDialect(DefaultDialect):
    """Types of their own for enums and domains, USING, identity columns."""

    def create_table(self, operation: ops.CreateTable) -> Elements:
        """Yield CREATE TYPE for the enums and domains of the columns, then what any table has."""
        made: set[tuple[str | None, str | None]] = set()
        for type_ in self._named_types(operation.table):
            name = (type_.schema, type_.name)
            if name in made or not type_.create_type:
                continue
            made.add(name)
            if isinstance(type_, postgresql.DOMAIN):
                yield postgresql.CreateDomainType(type_)
            else:
                yield postgresql.CreateEnumType(type_)
        yield from super().create_table(operation)

    def _named_types(self, table: Table) -> "Iterator[postgresql.ENUM | postgresql.DOMAIN]":
        for column in to_table(table).columns:
            type_: Any = column.type.dialect_impl(self.dialect)
            if isinstance(type_, sa.types.TypeDecorator):
                type_ = type_.impl_instance.dialect_impl(self.dialect)
            if isinstance(type_, sa.ARRAY):
                type_ = type_.item_type.dialect_impl(self.dialect)
            if isinstance(type_, (postgresql.ENUM, postgresql.DOMAIN)):
                yield type_

    def _schema_of_new_name(self, operation: ops.RenameTable) -> None:
        return None

    def _change_column(self, operation: ops.AlterColumn) -> Elements:
        # A default of the old type may not fit the new one, so the type comes first.
        yield from self._type(operation)
        yield from self._nullable(operation)
        yield from self._server_default(operation)
        yield from self._comment(operation)
        yield from self._name(operation)

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
