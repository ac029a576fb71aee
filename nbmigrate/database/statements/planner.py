"""Which statements operations need, given what the database has: the one answer for all that send or show them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.inspector import dialect_for
from nbmigrate.dialects.compiler import each_statement
from nbmigrate.dialects.ddl.table_events import Fire
from nbmigrate.dialects.statement import Statement
from nbmigrate.operations import MigrateOperation, Operation

if TYPE_CHECKING:
    from nbmigrate.database.backends.sqlite.batch import Pending
    from nbmigrate.dialects.existing import Stored
    from nbmigrate.dialects.sqlite.rebuild import Rebuild

#: Returns what the statements of an operation depend on; a Statement is a remark in their place, where that is unknown.
Existing = Callable[[Operation], "Stored | Statement | None"]


@dataclass(slots=True)
class Planned:
    """What is sent for one operation.

    Parameters
    ----------
    operation
        The operation; of one of the project's own, a part.
    statements
        The statements, once; made while they are iterated, so that listeners of the table are called in between.
    """

    operation: Operation
    statements: Iterable[Statement]


@dataclass
class PlannedRebuild:
    """What is sent for changes of one table of SQLite, all of which are made or none.

    Parameters
    ----------
    operations
        The changes.
    make
        Makes the rebuild; what is wrong with it is raised then.
    """

    operations: tuple[Operation, ...]
    make: "Callable[[], Rebuild]"

    @cached_property
    def rebuild(self) -> "Rebuild":
        """The statements, and what guards them."""
        return self.make()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements."""
        return self.rebuild.statements


class StatementPlanner:
    """Plans the statements of operations, in their order.

    Parameters
    ----------
    database
        A connection to the database, or to a copy of it, which has what the operations before have made; the dialect
        alone where there is none.
    existing
        Returns what the database has of what an operation is about; called once for each operation.
    fire
        Calls the listeners of a table; if None, on paper.
    """

    def __init__(
        self,
        database: sa.Connection | sa.Dialect,
        existing: Existing,
        *,
        fire: Fire | None = None,
    ) -> None:
        self._database = database
        self._existing = existing
        self._fire = fire
        self._pending: Pending | None = None
        if isinstance(database, sa.Connection):
            self._pending = backend_of(database).pending_changes(database)

    @property
    def dialect(self) -> sa.Dialect:
        """What compiles the statements; a revision may go through schemas, each by a dialect of its own."""
        database = self._database
        return dialect_for(database) if isinstance(database, sa.Connection) else database

    @property
    def is_waiting(self) -> bool:
        """Whether an operation waits for others, with which it is done in one."""
        return self._pending is not None and self._pending.is_begun

    def plan(self, operations: Iterable[Operation]) -> Iterator[Planned | PlannedRebuild]:
        """Yield what is sent for operations, with nothing left that waits.

        Raises
        ------
        OperationError
            The database has no statement for one.
        """
        for operation in operations:
            yield from self.add(operation)
        yield from self.flush()

    def add(self, operation: Operation) -> Iterator[Planned | PlannedRebuild]:
        """Yield what is sent for an operation, after what waited for it; it may wait itself.

        What is yielded is to be done before the next is taken, which may depend on it.

        Raises
        ------
        OperationError
            The database has no statement for it.
        """
        if isinstance(operation, MigrateOperation):
            for part in operation.parts():
                yield from self.add(part)
            return
        if self._takes(operation):
            return
        yield from self.flush()
        if not self._takes(operation):
            yield Planned(operation, self._statements(operation))

    def flush(self) -> Iterator[PlannedRebuild]:
        """Yield what waited for other changes to the same table."""
        if self._pending is not None and (released := self._pending.release()) is not None:
            yield PlannedRebuild(*released)

    def _takes(self, operation: Operation) -> bool:
        return self._pending is not None and self._pending.take(operation)

    def _statements(self, operation: Operation) -> Iterable[Statement]:
        stored = self._existing(operation)
        if isinstance(stored, Statement):
            return (stored,)
        return each_statement(operation, self.dialect, stored, self._fire)
