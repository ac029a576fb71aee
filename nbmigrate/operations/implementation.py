"""What Alembic calls `op.impl`: plug-ins alter the database by it, in the implementation of an operation of theirs."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable, DropIndex, DropTable


class Implementation:
    """The directives of `op` under the names, and with the arguments, that Alembic's class for a dialect has.

    Parameters
    ----------
    operations
        The `op` that does it.
    """

    #: What ends a statement in a script.
    command_terminator = ";"

    def __init__(self, operations: Any) -> None:
        self._operations = operations

    @property
    def as_sql(self) -> bool:
        """Whether a script is written."""
        return bool(self._operations.get_context().as_sql)

    @property
    def connection(self) -> Any:
        """The connection the migration runs on."""
        return self._operations.get_bind()

    @property
    def bind(self) -> Any:
        """The connection, under Alembic's other name for it."""
        return self.connection

    @property
    def dialect(self) -> sa.Dialect:
        """The dialect that statements are compiled for."""
        dialect: sa.Dialect = self.connection.dialect
        return dialect

    def execute(self, sql: sa.Executable | str, execution_options: Mapping[str, Any] | None = None) -> None:
        """Run a statement."""
        self._operations.execute(sql, execution_options=execution_options and dict(execution_options))

    def static_output(self, text: str) -> None:
        """Write a text into the script of `--sql`."""
        self._operations.get_context().static_output(text)

    def add_column(
        self, table_name: str, column: sa.Column[Any], *, schema: str | None = None, **kw: Any
    ) -> None:
        """Add a column."""
        self._operations.add_column(table_name, column, schema=schema, **kw)

    def drop_column(
        self, table_name: str, column: sa.Column[Any], *, schema: str | None = None, **kw: Any
    ) -> None:
        """Drop a column."""
        self._operations.drop_column(table_name, column.name, schema=schema, **kw)

    def alter_column(self, table_name: str, column_name: str, *, name: str | None = None, **kw: Any) -> None:
        """Change a column; `name` is a new name."""
        self._operations.alter_column(table_name, column_name, new_column_name=name, **kw)

    def rename_table(self, old_table_name: str, new_table_name: str, schema: str | None = None) -> None:
        """Rename a table."""
        self._operations.rename_table(old_table_name, new_table_name, schema=schema)

    def create_table(self, table: sa.Table, **kw: Any) -> None:
        """Make a table, with its indexes."""
        self.execute(CreateTable(table, **kw))
        for index in table.indexes:
            self.create_index(index)

    def drop_table(self, table: sa.Table, **kw: Any) -> None:
        """Drop a table."""
        self.execute(DropTable(table, **kw))

    def create_index(self, index: sa.Index, **kw: Any) -> None:
        """Make an index."""
        self.execute(CreateIndex(index, **kw))

    def drop_index(self, index: sa.Index, **kw: Any) -> None:
        """Drop an index."""
        self.execute(DropIndex(index, **kw))


class BatchImplementation(Implementation):
    """The same in a batch, which knows its table.

    Parameters
    ----------
    operations
        The `batch_op`.
    table_name, schema
        The table.
    """

    def __init__(self, operations: Any, table_name: str, schema: str | None) -> None:
        super().__init__(operations)
        self.table_name = table_name
        self.schema = schema

    def add_column(
        self, table_name: str, column: sa.Column[Any], *, schema: str | None = None, **kw: Any
    ) -> None:
        """Add a column."""
        self._operations.add_column(column, **kw)

    def drop_column(
        self, table_name: str, column: sa.Column[Any], *, schema: str | None = None, **kw: Any
    ) -> None:
        """Drop a column."""
        self._operations.drop_column(column.name, **kw)

    def alter_column(
        self,
        table_name: str,
        column_name: str,
        *,
        name: str | None = None,
        schema: str | None = None,
        **kw: Any,
    ) -> None:
        """Change a column; `name` is a new name."""
        self._operations.alter_column(column_name, new_column_name=name, **kw)
