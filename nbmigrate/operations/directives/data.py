"""The directives of `op` about rows and raw SQL."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from nbmigrate.errors import OperationError, nearest
from nbmigrate.operations.data import BulkInsert, ExecuteSQL, are_plain
from nbmigrate.operations.directives.tables import Directives


class DataDirectives(Directives):
    """execute and bulk_insert."""

    def execute(
        self, sqltext: sa.Executable | str, *, execution_options: dict[str, Any] | None = None
    ) -> None:
        r"""Execute a statement.

        Parameters
        ----------
        sqltext
            SQL text, or a statement of SQLAlchemy. Text is `sa.text()`, where a colon and a word is a parameter:
            write `\:` for a colon that is none.
        execution_options
            Options for the execution, as `Connection.execution_options` takes them.
        """
        if not isinstance(sqltext, (str, sa.Executable)):
            raise OperationError(
                f"op.execute() is given {sqltext!r}, which is no statement.",
                "Give SQL text, sa.text(...), or a statement such as table.update().values(...).",
            )
        self.runner.invoke(ExecuteSQL.of(sqltext, execution_options))

    def bulk_insert(
        self, table: sa.Table | sa.TableClause, rows: list[dict[str, Any]], *, multiinsert: bool = True
    ) -> None:
        """Insert rows into a table.

        Parameters
        ----------
        table
            What `create_table` returned, or `sa.table('name', sa.column('id', sa.Integer), ...)`: the types of the
            columns say how values are sent.
        rows
            A list of dictionaries of column names to values.
        multiinsert
            False sends every row as a statement of its own.
        """
        if not isinstance(table, sa.TableClause):
            raise OperationError(
                f"op.bulk_insert() is given {table!r}, which is no table.",
                "Give what op.create_table() returned, or sa.table('name', sa.column('id', sa.Integer), ...).",
            )
        if not isinstance(rows, (list, tuple)):
            raise OperationError(
                f"op.bulk_insert({table.name!r}, ...) is given {type(rows).__name__} for rows.",
                "Rows are a list of dictionaries: [{'id': 1, 'name': 'Ada'}, ...].",
            )
        plain = are_plain(rows)
        _check_rows(table, rows[:1] if plain else rows)
        self.runner.invoke(BulkInsert.of(table, rows, multiinsert=multiinsert, plain=plain))


def _check_rows(table: sa.TableClause, rows: Any) -> None:
    names = {column.key for column in table.columns}
    for number, row in enumerate(rows, 1):
        if not isinstance(row, Mapping):
            raise OperationError(
                f"Row {number} of op.bulk_insert({table.name!r}, ...) is {row!r}, not a dictionary.",
                "Rows are a list of dictionaries: [{'id': 1, 'name': 'Ada'}, ...].",
            )
        if not names >= row.keys():
            unknown = next(name for name in row if name not in names)
            guess = nearest(str(unknown), names)
            raise OperationError(
                f"Row {number} of op.bulk_insert({table.name!r}, ...) has {unknown!r}, "
                "but the table object has no such column.",
                f"Did you mean {guess!r}?"
                if guess
                else f"It has {', '.join(sorted(names)) or 'no columns'}.",
            )
