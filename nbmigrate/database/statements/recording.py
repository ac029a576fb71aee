"""What a migration sends to the database, kept while it is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa

from nbmigrate.clock import Clock
from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver_sql import OWN
from nbmigrate.database.events import Listener, StatementDone, StatementReport
from nbmigrate.database.statements.sending import send
from nbmigrate.database.statements.text import capped, inlined
from nbmigrate.dialects.statement import Statement, tidy
from nbmigrate.graph.plan import Step


class Watch(Protocol):
    """Who has to hear of what a migration sends itself, and of the ends of its transaction."""

    def before_sql(self, sql: str) -> None:
        """Take note of a statement that is about to be sent."""
        ...

    def after_sql(self) -> None:
        """Take note that it is done."""
        ...

    def before_commit(self) -> None:
        """Take note that SQLAlchemy is about to commit."""
        ...

    def rolled_back(self) -> None:
        """Take note that SQLAlchemy rolls back."""
        ...


@dataclass(slots=True)
class Recording:
    """The statements of one step, those of operations and those that the migration sends itself.

    Parameters
    ----------
    connection
        The connection that the migration has.
    step
        The step, for the events.
    clock
        What times the statements.
    listener
        What is told of each.
    """

    connection: sa.Connection
    step: Step
    clock: Clock
    listener: Listener | None = None
    statements: list[StatementReport] = field(default_factory=list)
    #: The statement that was sent last, until it is done; the one that failed, when one has.
    pending: str = ""
    #: How many of the statements were committed while the migration was still running.
    committed: int = 0
    #: Hears of what the migration sends itself, and of the ends of its transaction.
    watch: "Watch | None" = None
    #: Whether the statement was not sent, since an earlier run had done it.
    skipped: bool = False
    _started: float = 0.0
    _within: bool = False

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Keep nothing of what is sent in the block: what we ask the database ourselves."""
        before, self._within = self._within, True
        try:
            yield
        finally:
            self._within = before

    def execute(self, statement: Statement) -> "sa.CursorResult[Any]":
        """Run a statement of an operation: one entry, however many calls the driver makes of it; return its result."""
        self._within, self.pending, self._started = True, capped(statement.text), self.clock.seconds()
        try:
            result, counted = send(self.connection, statement)
        finally:
            self._within = False
        self._done(counted)
        return result

    def before(self, statement: str, parameters: Any, executemany: bool) -> None:
        """Take note of what a cursor is about to be given."""
        if self._within:
            return
        if self.watch is not None:
            self.watch.before_sql(statement)
        text = tidy(statement)
        if executemany:
            text = f"{text}\n-- {len(parameters):,} times"
        else:
            text = inlined(text, parameters, self.connection.dialect.paramstyle)
        self.pending, self._started = capped(text), self.clock.seconds()

    def after(self, rowcount: int) -> None:
        """Take note that the cursor is done."""
        if self._within:
            return
        self._done(rowcount)
        if self.watch is not None:
            self.watch.after_sql()

    def commit(self) -> None:
        """Take note that all that was sent so far is committed."""
        self.committed = len(self.statements)

    def _done(self, rowcount: int) -> None:
        if self.skipped:
            self.skipped, self.pending = False, ""
            return
        seconds = self.clock.seconds() - self._started
        counts = rowcount >= 0 and self.connection.dialect.supports_sane_rowcount
        report = StatementReport(self.pending, seconds, rowcount if counts else None)
        self.pending = ""
        self.statements.append(report)
        if self.listener is not None:
            self.listener(StatementDone(self.step, report.text, report.seconds, report.rowcount))


class Cursors:
    """What goes through the cursors of a connection, for the recording of whichever step is running.

    Parameters
    ----------
    connection
        The connection.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._recording: Recording | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Listen to the connection, once for a run of thousands of steps."""
        listeners = (
            ("before_cursor_execute", self._before),
            ("after_cursor_execute", self._after),
            ("commit", self._commit),
            ("rollback", self._rollback),
        )
        for name, method in listeners:
            sa.event.listen(self.connection, name, method)
        # Known to dialects alone, which other connections have too.
        sa.event.listen(self.connection.engine, "handle_error", self._keep)
        try:
            yield
        finally:
            sa.event.remove(self.connection.engine, "handle_error", self._keep)
            for name, method in listeners:
                sa.event.remove(self.connection, name, method)

    @contextmanager
    def kept_in(self, recording: Recording) -> Iterator[None]:
        """Let a recording take note of everything."""
        self._recording = recording
        try:
            yield
        finally:
            self._recording = None

    def _before(
        self, _: Any, __: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        if self._recording is not None and OWN not in context.execution_options:
            self._recording.before(statement, parameters, executemany)

    def _after(self, _: Any, cursor: Any, __: Any, ___: Any, context: Any, ____: Any) -> None:
        if self._recording is not None and OWN not in context.execution_options:
            self._recording.after(cursor.rowcount)

    def _keep(self, error: sa.ExceptionContext) -> None:
        """Let an interrupt not close a connection to SQLite, so that it can be rolled back.

        One that is closed while a cursor has rows to give stays open, with its lock, as long as somebody knows the
        cursor: in a notebook, which keeps the last traceback, until the next error.
        """
        if error.connection is self.connection and backend_of(error.dialect).stays_locked_when_closed:
            error.is_disconnect = error.is_disconnect and isinstance(error.original_exception, Exception)

    def _commit(self, _: sa.Connection) -> None:
        if self._recording is not None and self._recording.watch is not None:
            self._recording.watch.before_commit()

    def _rollback(self, _: sa.Connection) -> None:
        if self._recording is not None and self._recording.watch is not None:
            self._recording.watch.rolled_back()
