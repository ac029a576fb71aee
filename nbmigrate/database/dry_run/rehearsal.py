"""What a run would send to a database, found without sending it anything but questions."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.rehearsal import RehearsedTables
from nbmigrate.database.statements.planner import Planned, PlannedRebuild, StatementPlanner
from nbmigrate.database.tables.lookup import read_only_session
from nbmigrate.operations import Operation

if TYPE_CHECKING:
    from nbmigrate.dialects import Statement

T = TypeVar("T")


class Rehearsal:
    """Operations of one run, in their order.

    Parameters
    ----------
    tables
        The database, as the operations so far leave it.
    """

    def __init__(self, tables: "RehearsedTables") -> None:
        self.tables = tables
        self.connection = tables.connection
        self.begin_step()

    def statements(self, operations: Sequence[Operation]) -> "Iterator[Statement]":
        """Yield the statements of the operations of one step.

        Raises
        ------
        OperationError
            The database has none for an operation.
        """
        self.begin_step()
        return self._perform(self._planner.plan(operations))

    def begin_step(self) -> None:
        """Forget what waits since a step before could not be planned to its end."""
        self._planner = StatementPlanner(self.connection, self.tables.read)

    def add(self, operation: Operation) -> "Iterator[Statement]":
        """Yield the statements of an operation, and of those that waited for it; it may wait itself.

        Raises
        ------
        OperationError
            The database has none for it.
        """
        return self._perform(self._planner.add(operation))

    def flush(self) -> "Iterator[Statement]":
        """Yield the statements of what waits for other changes to the same table."""
        return self._perform(self._planner.flush())

    def read(self, query: Callable[[sa.Connection], T]) -> T:
        """Return the database's answer to a question about its catalogue; it is only read."""
        with backend_of(self.connection).surviving_errors(self.connection):
            return query(self.connection)

    def _perform(self, planned: Iterable[Planned | PlannedRebuild]) -> "Iterator[Statement]":
        for each in planned:
            for statement in each.statements:
                self.tables.send(statement.text, statement.executable, statement.parameters)
                yield statement


@contextmanager
def rehearsing(connection: sa.Connection) -> Iterator[Rehearsal]:
    """Give a rehearsal for a database, which is only read."""
    with ExitStack() as stack:
        reading = stack.enter_context(ExitStack())
        reading.enter_context(read_only_session(connection))
        tables: RehearsedTables = stack.enter_context(
            backend_of(connection).rehearsed(connection) or nullcontext(RehearsedTables(connection))
        )
        if tables.connection is not connection:
            reading.close()
        yield Rehearsal(tables)
