"""The directives of `op` about whole tables."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from nbmigrate.errors import OperationError
from nbmigrate.operations.operation import Operation
from nbmigrate.operations.recorder import Runner
from nbmigrate.operations.replacing import replaced
from nbmigrate.operations.tables import (
    CreateTable,
    CreateTableComment,
    DropTable,
    DropTableComment,
    RenameTable,
)
from nbmigrate.schema import Options, table_of, to_table


class Directives:
    """Directives hand operations to `runner`."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    def _do(self, operation: Operation) -> Any:
        """Do an operation, as the project says where it says how."""
        found = replaced(operation)
        if found is None:
            return self.runner.invoke(operation)
        with self.runner.within(found):
            return found.perform(self)


class TableDirectives(Directives):
    """create_table, drop_table, rename_table and the comments of tables."""

    def create_table(
        self, /, table_name: str, *columns: SchemaItem, if_not_exists: bool | None = None, **kw: Any
    ) -> sa.Table:
        """Create a table, and return a `sa.Table` for use with `bulk_insert`.

        Parameters
        ----------
        table_name
            Its name.
        columns
            `sa.Column`s, constraints and indexes. They stay as they are and may be used again.
        if_not_exists
            Do nothing when there is such a table.
        kw
            schema, comment, prefixes, info, and keywords of dialects (mysql_engine ...).
        """
        require_names("create_table", table_name=table_name)
        value = table_of(table_name, columns, kw, self.runner.naming_convention)
        operation = CreateTable(value, if_not_exists)
        table = _table_of(operation)
        with operation.built_as(table):
            done = self._do(operation)
        return done if isinstance(done, sa.Table) else table

    def drop_table(
        self, /, table_name: str, *, schema: str | None = None, if_exists: bool | None = None, **kw: Any
    ) -> None:
        """Drop a table and its rows.

        Parameters
        ----------
        table_name, schema
            Which.
        if_exists
            Do nothing when there is no such table.
        kw
            Keywords of dialects.
        """
        require_names("drop_table", table_name=table_name)
        self._do(DropTable(table_name, schema, if_exists, Options(kw)))

    def rename_table(self, old_table_name: str, new_table_name: str, *, schema: str | None = None) -> None:
        """Give a table another name.

        Parameters
        ----------
        old_table_name, new_table_name
            The names; both are of the one `schema`.
        schema
            Where the table is.
        """
        require_names("rename_table", old_table_name=old_table_name, new_table_name=new_table_name)
        self._do(RenameTable(old_table_name, new_table_name, schema))

    def create_table_comment(
        self,
        table_name: str,
        comment: str | None,
        *,
        existing_comment: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Set the comment of a table.

        Parameters
        ----------
        table_name, schema
            Which.
        comment
            The comment to set.
        existing_comment
            What it was, for the way back; None when there was none.
        """
        self.runner.invoke(CreateTableComment(table_name, comment, existing_comment, schema))

    def drop_table_comment(
        self, table_name: str, *, existing_comment: str | None = None, schema: str | None = None
    ) -> None:
        """Drop the comment of a table.

        Parameters
        ----------
        table_name, schema
            Which.
        existing_comment
            What it was, for the way back.
        """
        self.runner.invoke(DropTableComment(table_name, existing_comment, schema))


def _table_of(operation: CreateTable) -> sa.Table:
    value = operation.table
    try:
        return to_table(value)
    except (sa.exc.ArgumentError, TypeError) as error:
        # What SQLAlchemy says here is about its own words: a column twice, an unknown keyword.
        raise OperationError(f"op.create_table({value.name!r}): {error}") from error


def require_names(directive: str, **given: Any) -> None:
    """Refuse what is no name: SQLAlchemy would stumble over it much later, and say nothing of it.

    Raises
    ------
    OperationError
        Something is no string.
    """
    for what, name in given.items():
        if not isinstance(name, str):
            raise OperationError(
                f"op.{directive}() is given {what}={name!r}, which is no name.", "A name is a string."
            )
