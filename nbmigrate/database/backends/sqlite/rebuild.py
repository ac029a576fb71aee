"""Rebuild a table of SQLite: afterwards it is as requested, or as it was."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.driver_sql import read_text
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.database.backends.sqlite.existing import stored_table
from nbmigrate.database.backends.sqlite.foreign_keys import KeyViolation, new_violations
from nbmigrate.database.backends.sqlite.offending_rows import explained
from nbmigrate.database.errors import words
from nbmigrate.dialects.sqlite.batch import as_batch, plan_batch
from nbmigrate.dialects.sqlite.rebuild import Rebuild
from nbmigrate.dialects.sqlite.rebuild_statements import KeyCheck
from nbmigrate.dialects.statement import Statement
from nbmigrate.errors import MigrateError, TableNotFoundError

#: Runs a statement, takes note of it and returns its result.
Execute = Callable[[Statement], "sa.CursorResult[Any]"]
_SAVEPOINT = "_nbmigrate_rebuild"


@dataclass(frozen=True, slots=True)
class Dangling:
    """Rows, or a foreign key, that refer to nothing after a rebuild, which a later change may mend.

    Parameters
    ----------
    error
        What is said of them if none does.
    tables
        The tables that they are in.
    before
        How many each table had before, by what they refer to.
    database
        The attached database that they are in, None for the main one.
    """

    error: MigrateError
    tables: tuple[str, ...]
    before: Counter[tuple[str, str]]
    database: str | None = None

    def exists(self, connection: sa.Connection) -> bool:
        """Tell whether there are still more than before; which ones, rowids do not tell, since they may change."""
        quote = connection.dialect.identifier_preparer.quote
        found = Counter[KeyViolation]()
        for table in self.tables:
            prefix = "" if self.database is None else f"{quote(self.database)}."
            sql = f"PRAGMA {prefix}foreign_key_check({quote(table)})"
            found += _violations(table, partial(_execute, connection, sql))
        return bool(_by_target(found) - self.before)


def run_rebuild(
    connection: sa.Connection,
    plan: Rebuild,
    execute: Execute | None = None,
    dangling: list[Dangling] | None = None,
) -> None:
    """Run the statements of a rebuild inside of a savepoint.

    Parameters
    ----------
    connection
        A connection to SQLite.
    plan
        What `dialects.sqlite.rebuild.rebuild` returned, for the table as it is now.
    execute
        Runs a statement; `connection.execute` if None.
    dangling
        Takes violations of foreign keys, which are no error then: a revision may mend them further down.

    Raises
    ------
    OperationError
        Rows would violate a constraint: how many, and the first of them. Everything is as before then.
    sqlalchemy.exc.DBAPIError
        SQLite refuses something else. Everything is as before then too.
    """
    run = execute or (lambda statement: connection.execute(statement.executable))
    found = _attempt(connection, plan, run, Counter())
    if not found:
        return
    # It was rolled back, so what is found now was there before.
    before = Counter[KeyViolation]()
    for check in plan.checks:
        before += _violations(check.table, partial(_execute, connection, check.text))
    if new := found - before:
        error = new_violations(connection, plan, new)
        # A table or a column that is not there is a slip of the pen.
        if dangling is None or isinstance(error, TableNotFoundError):
            raise error
        tables = tuple(check.table for check in plan.checks)
        dangling.append(Dangling(error, tables, _by_target(before), plan.stored.database))
    _attempt(connection, plan, run, before + new)


def _by_target(violations: Counter[KeyViolation]) -> Counter[tuple[str, str]]:
    counts = Counter[tuple[str, str]]()
    for violation, count in violations.items():
        counts[violation.table, violation.parent] += count
    return counts


def explained_change(
    connection: sa.Connection, operation: ops.Operation, error: sa.exc.DBAPIError
) -> MigrateError | None:
    """Return the error for a change that SQLite has a statement for, and that its rows or its views do not let be.

    Parameters
    ----------
    connection
        A connection to SQLite, after the statement failed.
    operation
        The change, or several in a batch, the first of which may be made by now.
    error
        What SQLite said; None is returned where it is about something else.
    """
    batch = as_batch(operation)
    if batch is None:
        return None
    for change in batch.changes:
        with suppress(MigrateError):
            one = ops.AlterTable(batch.table, (change,), batch.schema)
            plan = plan_batch(one, dialect_for(connection), stored_table(connection, one.table, one.schema))
            if (reason := explained(connection, plan, error)) is not None:
                return reason
    return None


def _attempt(
    connection: sa.Connection, plan: Rebuild, run: Execute, accepted: Counter[KeyViolation]
) -> Counter[KeyViolation]:
    """Run everything; roll back and return the violations of foreign keys if there are any but those accepted."""
    _execute(connection, f"SAVEPOINT {_SAVEPOINT}")
    found = Counter[KeyViolation]()
    try:
        for statement in plan.statements:
            if isinstance(statement, KeyCheck):
                found += _violations(statement.table, partial(_rows_of, run, statement))
            else:
                run(statement)
    except BaseException as error:
        _roll_back(connection, plan)
        reason = explained(connection, plan, error) if isinstance(error, sa.exc.DBAPIError) else None
        if reason is not None:
            raise reason from error
        raise
    if found - accepted:
        _roll_back(connection, plan)
        return found
    _execute(connection, f"RELEASE {_SAVEPOINT}")
    return Counter()


def _roll_back(connection: sa.Connection, plan: Rebuild) -> None:
    if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        # SQLite ended the whole transaction by itself, as when the disk is full.
        return
    _execute(connection, f"ROLLBACK TO {_SAVEPOINT}")
    _execute(connection, f"RELEASE {_SAVEPOINT}")
    # These are no part of a transaction.
    _execute(connection, f"PRAGMA legacy_alter_table = {int(bool(plan.stored.legacy_alter_table))}")
    _execute(connection, "PRAGMA writable_schema = RESET")


def _rows_of(run: Execute, statement: Statement) -> list[Any]:
    result = run(statement)
    # Turso returns none where there are none.
    return list(result) if result.returns_rows else []


def _violations(table: str, rows: Callable[[], list[Any]]) -> Counter[KeyViolation]:
    try:
        return Counter(KeyViolation(*row) for row in rows())
    except sa.exc.DBAPIError as error:
        text = words(error)
        if "foreign key mismatch" not in text:
            raise
        return Counter([KeyViolation(table, None, text, -1)])


def _execute(connection: sa.Connection, sql: str) -> list[Any]:
    """Ask through the driver itself, past the listeners of SQLAlchemy's connection."""
    return list(read_text(connection, sql))
