"""The columns of a table of MariaDB and MySQL, which are written whole to be changed."""

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.inspector import inspect, quoted_name
from nbmigrate.dialects.mysql.existing import StoredColumns, read_columns


def read_stored(
    connection: sa.Connection, operation: ops.Operation, table_sql: str = ""
) -> StoredColumns | None:
    """Return the columns that an operation needs; None where it needs none."""
    if not _changes_columns(operation):
        return None
    name, schema = operation.table, operation.schema  # type: ignore[attr-defined]
    if table_sql:
        return read_columns(name, table_sql)
    try:
        text = connection.exec_driver_sql(f"SHOW CREATE TABLE {quoted_name(connection, name, schema)}").one()[
            1
        ]
    except sa.exc.ProgrammingError:
        # The statement itself, where there can be one, is told so by the server.
        return StoredColumns(name, (), tuple(inspect(connection).get_table_names(schema=schema)))
    return read_columns(name, text)


def _changes_columns(operation: ops.Operation) -> bool:
    """Whether an operation writes a column whole, or puts one before another."""
    if isinstance(operation, ops.AlterTable):
        return bool(operation.partial_reordering) or any(map(_changes_columns, operation.changes))
    if isinstance(operation, ops.AddColumn):
        return operation.insert_before is not None
    return isinstance(operation, ops.AlterColumn)
