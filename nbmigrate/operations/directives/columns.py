"""The directives of `op` about columns."""

from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from nbmigrate.errors import OperationError
from nbmigrate.operations.columns import AddColumn, AlterColumn, DropColumn
from nbmigrate.operations.directives.tables import Directives, require_names
from nbmigrate.schema import Options, SqlType, from_column, server_default

#: What `server_default` takes; False says that it stays as it is, None that it goes.
DefaultArgument = str | Literal[False] | sa.TextClause | sa.ColumnElement[Any] | sa.FetchedValue | None
TypeArgument = TypeEngine[Any] | type[TypeEngine[Any]] | None


class ColumnDirectives(Directives):
    """add_column, drop_column and alter_column."""

    def add_column(
        self,
        table_name: str,
        column: sa.Column[Any],
        *,
        schema: str | None = None,
        if_not_exists: bool | None = None,
        inline_references: bool | None = None,
        inline_primary_key: bool | None = None,
        insert_before: str | None = None,
        insert_after: str | None = None,
    ) -> None:
        """Add a column to a table.

        Parameters
        ----------
        table_name, schema
            The table.
        column
            A `sa.Column`; it stays as it is and may be used again. A `sa.ForeignKey` in it, index=True, unique=True
            and a comment are done along with it.
        if_not_exists
            Do nothing when the table has such a column, on databases that can say so.
        inline_references
            Write the foreign key inside of the column instead of as a constraint of its own.
        inline_primary_key
            Write PRIMARY KEY inside of the column.
        insert_before, insert_after
            The column that it comes before or after, on databases that can; alembic has this in a batch only.
        """
        require_names("add_column", table_name=table_name)
        if not isinstance(column, sa.Column):
            raise OperationError(
                f"op.add_column({table_name!r}, ...) is given {column!r}, which is no column.",
                f"op.add_column({table_name!r}, sa.Column('name', sa.String(50)))",
            )
        value = from_column(column)
        self._do(
            AddColumn(
                table_name,
                value,
                schema,
                if_not_exists,
                inline_references,
                inline_primary_key,
                insert_before,
                insert_after,
                self.runner.naming_convention,
            )
        )

    def drop_column(
        self,
        /,
        table_name: str,
        column_name: str,
        *,
        schema: str | None = None,
        if_exists: bool | None = None,
        **kw: Any,
    ) -> None:
        """Drop a column and what it holds.

        Parameters
        ----------
        table_name, column_name, schema
            Which.
        if_exists
            Do nothing when there is no such column, on databases that can say so.
        kw
            Keywords of dialects.
        """
        require_names("drop_column", table_name=table_name, column_name=column_name)
        self._do(DropColumn(table_name, column_name, schema, if_exists, Options(kw)))

    def alter_column(
        self,
        /,
        table_name: str,
        column_name: str,
        *,
        nullable: bool | None = None,
        comment: str | Literal[False] | None = False,
        server_default: DefaultArgument = False,
        new_column_name: str | None = None,
        type_: TypeArgument = None,
        existing_type: TypeArgument = None,
        existing_server_default: DefaultArgument = False,
        existing_nullable: bool | None = None,
        existing_comment: str | None = None,
        schema: str | None = None,
        autoincrement: bool | None = None,
        existing_autoincrement: bool | None = None,
        insert_before: str | None = None,
        insert_after: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column.

        Parameters
        ----------
        table_name, column_name, schema
            Which.
        nullable
            Whether NULL is allowed from now on.
        comment, server_default
            What it becomes; None takes it away, False (as when not given) leaves it.
        new_column_name
            Another name for it.
        type_
            Another type for it. SQLite stores each value as it stores one in a column of that type: '8' as the Integer
            8, '8.5' as 8.5, 'abc' as it is.
        autoincrement
            Whether it numbers itself (MySQL and MariaDB).
        existing_type, existing_server_default, existing_nullable, existing_comment, existing_autoincrement
            What it is before. For the way back, say what you change. MySQL and MariaDB write a column whole; what it
            is they tell themselves, but for offline SQL it must be said here, or it is lost.
        insert_before, insert_after
            Another column to move it before or after, on databases that can; alembic has this in a batch only.
        kw
            Keywords of dialects (postgresql_using ...).
        """
        require_names("alter_column", table_name=table_name, column_name=column_name)
        operation = AlterColumn(
            table_name,
            column_name,
            nullable=nullable,
            comment=comment,
            server_default=_default(server_default),
            new_name=new_column_name,
            type=_type(type_),
            autoincrement=autoincrement,
            existing_type=_type(existing_type),
            existing_server_default=_default(existing_server_default),
            existing_nullable=existing_nullable,
            existing_comment=existing_comment,
            existing_autoincrement=existing_autoincrement,
            schema=schema,
            options=Options(kw),
            insert_before=insert_before,
            insert_after=insert_after,
            naming_convention=self.runner.naming_convention,
        )
        self._do(operation)


def _default(given: DefaultArgument) -> Any:
    return False if given is False else server_default(given)


def _type(given: TypeArgument) -> SqlType | None:
    if given is None:
        return None
    if not isinstance(given, TypeEngine) and not (isinstance(given, type) and issubclass(given, TypeEngine)):
        raise OperationError(
            f"The type {given!r} is no type of SQLAlchemy.", "It is sa.Integer(), sa.String(50), ..."
        )
    return SqlType.of(given)
