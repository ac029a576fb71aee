"""Operations as statements: what a database is sent for each."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.schema import ExecutableDDLElement

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect, Elements
from nbmigrate.dialects.ddl.compile_errors import check_bound, compiling
from nbmigrate.dialects.ddl.inserts import insert_statements
from nbmigrate.dialects.ddl.literals import readable, statement_text
from nbmigrate.dialects.ddl.table_events import Fire, TableEvent, on_paper
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.dialects.statement import Statement, remarked, tidy
from nbmigrate.errors import UnsupportedOperationError

if TYPE_CHECKING:
    from nbmigrate.dialects.existing import Stored


def statements(
    operation: ops.Operation, dialect: sa.Dialect, stored: "Stored | None" = None
) -> tuple[Statement, ...]:
    """Return what a database of the dialect is sent for the operation, in order.

    Parameters
    ----------
    operation
        What to do.
    dialect
        The database's.
    stored
        What the database has already, of what the operation is about; None without a database.

    Raises
    ------
    UnsupportedOperationError
        When the database has no statement for it.
    """
    return tuple(each_statement(operation, dialect, stored))


def each_statement(
    operation: ops.Operation, dialect: sa.Dialect, stored: "Stored | None", fire: Fire | None = None
) -> Iterator[Statement]:
    """Yield the statements one by one: what comes after an event of the table is made after its listeners were called.

    Parameters
    ----------
    fire
        Calls the listeners of an event; if None, on paper.
    """
    if isinstance(operation, ops.ExecuteSQL):
        yield _execute(operation, dialect)
    elif isinstance(operation, ops.BulkInsert):
        yield from insert_statements(operation, dialect, dialect_of(dialect.name).literals)
    elif isinstance(operation, ops.MigrateOperation):
        for part in operation.parts():
            yield from each_statement(part, dialect, None, fire)
    else:
        yield from _of_schema(operation, dialect, stored, fire or on_paper(dialect, _text))


def _of_schema(
    operation: ops.Operation, dialect: sa.Dialect, stored: "Stored | None", fire: Fire
) -> Iterator[Statement]:
    written = dialect_of(dialect.name)(dialect, stored)
    with compiling(operation, dialect):
        if written.plans_changes and isinstance(operation, ops.AlterTable | ops.Change):
            planned = _planned(operation, dialect, stored)
            if planned is not None:
                yield from planned
                return
        elements = elements_of(written, operation)
    remarks = written.remarks(operation)
    while True:
        with compiling(operation, dialect):
            found, event = _until_event(elements, dialect)
        yield from remarked(found, remarks)
        if event is None:
            return
        yield from fire(event)
        remarks = () if found else remarks


def _planned(
    operation: ops.Operation, dialect: sa.Dialect, stored: "Stored | None"
) -> Sequence[Statement] | None:
    """Return the statements of a change of a table of SQLite that come from a plan; None where none is needed."""
    from nbmigrate.dialects.sqlite.batch import as_batch, is_planned, plan_batch
    from nbmigrate.dialects.sqlite.existing import StoredTable

    table = stored if isinstance(stored, StoredTable) else None
    batch = as_batch(operation)
    if batch is None or not is_planned(batch, dialect, table):
        return None
    return plan_batch(batch, dialect, table).statements


def _until_event(elements: Elements, dialect: sa.Dialect) -> tuple[list[Statement], TableEvent | None]:
    """Return the statements up to an event, or to the end."""
    found: list[Statement] = []
    for element in elements:
        if isinstance(element, TableEvent):
            return found, element
        found.append(_ddl(element, dialect))
    return found, None


def _execute(operation: ops.ExecuteSQL, dialect: sa.Dialect) -> Statement:
    check_bound(operation)
    executable = operation.statement.clause
    if operation.execution_options:
        executable = executable.execution_options(**operation.execution_options)  # type: ignore[attr-defined]
    return Statement(tidy(_text(executable, dialect)), executable)


def _text(executable: Any, dialect: sa.Dialect) -> str:
    return statement_text(executable, dialect, dialect_of(dialect.name).literals)


def _ddl(element: ExecutableDDLElement, dialect: sa.Dialect) -> Statement:
    compiled = str(element.compile(dialect=dialect))
    return Statement(tidy(readable(compiled, dialect)), element, compiled=compiled)


def elements_of(dialect: DefaultDialect, operation: ops.Operation) -> Elements:
    """Return what a database is sent for an operation, to be compiled one by one."""
    dialect.check_supported(operation)
    match operation:
        case ops.AlterTable():
            return _batch(dialect, operation)
        case ops.CreateTable():
            return dialect.create_table(operation)
        case ops.DropTable():
            return dialect.drop_table(operation)
        case ops.RenameTable():
            return dialect.rename_table(operation)
        case ops.CreateTableComment():
            return dialect.create_table_comment(operation)
        case ops.DropTableComment():
            return dialect.drop_table_comment(operation)
        case ops.AddColumn():
            return dialect.add_column(operation)
        case ops.DropColumn():
            return dialect.drop_column(operation)
        case ops.AlterColumn():
            return dialect.alter_column(operation)
        case ops.CreateIndex():
            return dialect.create_index(operation)
        case ops.DropIndex():
            return dialect.drop_index(operation)
        case ops.AddConstraint():
            return dialect.add_constraint(operation)
        case ops.DropConstraint():
            return dialect.drop_constraint(operation)
    raise UnsupportedOperationError(f"{type(operation).__name__} is an operation no database knows.")


def _batch(dialect: DefaultDialect, operation: ops.AlterTable) -> Elements:
    dialect.begin_batch(operation)
    yield from dialect.rebuild_table(operation)
    for change in operation.changes:
        yield from elements_of(dialect, change)
    yield from dialect.end_batch(operation)
