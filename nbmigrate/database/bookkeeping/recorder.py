"""Recording the steps of a run: what goes wrong with that is reported, and is never a failure of the run."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial

import sqlalchemy as sa

from nbmigrate.database.backends.timeouts import UNLIMITED, Limits
from nbmigrate.database.bookkeeping.own_table import ddl_savepoint, dialect_class
from nbmigrate.database.bookkeeping.run_log import RunLog
from nbmigrate.database.errors import is_lost, masked, words
from nbmigrate.database.events import Listener, RecordingLimited
from nbmigrate.database.transaction import Transaction
from nbmigrate.errors import MigrateError
from nbmigrate.graph.plan import Step

#: Seconds that a server may take to change the table of runs.
PATIENCE = 10.0


class Recorder:
    """Writes the steps of one run into the table of runs, as long as the database lets it.

    Parameters
    ----------
    connection
        The connection of the run.
    log
        The table of runs; None where the run is not recorded.
    listener
        Is told of what cannot be recorded.
    caller_owns_transaction
        Whether the connection is in a transaction that its user commits.
    limits
        How long a change to the table may wait.
    """

    def __init__(
        self,
        connection: sa.Connection,
        log: RunLog | None,
        listener: Listener | None,
        *,
        caller_owns_transaction: bool,
        limits: Limits = UNLIMITED,
    ) -> None:
        self.connection = connection
        self._log = log
        self._listener = listener
        self.caller_owns_transaction = caller_owns_transaction
        self._limits = limits
        self._has_savepoints = dialect_class(connection).savepoints

    def prepare(self) -> None:
        """Make the table, or bring it up to date, in a transaction of its own unless the user has one."""
        log = self._log
        if log is None:
            return
        # Somebody who reads the table in a transaction that is left open must not stop every run.
        problem = self._attempt(partial(log.prepare, None if self.caller_owns_transaction else PATIENCE))
        # Another run may have done it meanwhile; and a table without a column or two is written to without them.
        unusable = self._attempt(log.exists) if problem or log.lacking else ""
        if unusable or not log.was_found:
            self._stop(f"This run is not recorded in {log.name}: {unusable or problem}")
        elif log.lacking:
            why = problem or "a newer version of nbmigrate writes to it."
            self._report(f"{log.name} is used as it is, without {', '.join(log.lacking)}: {why}")
        if self._log is not None and not self._has_savepoints and not self.caller_owns_transaction:
            refusal = self._attempt(log.add_nothing, keep=False)
            if refusal:
                self._stop(f"This run is not recorded in {log.name}: {refusal}")

    def record(self, write: Callable[[RunLog], None], subject: str) -> None:
        """Write a row in the transaction of what it is about.

        Parameters
        ----------
        write
            Writes it.
        subject
            What it is about, as a sentence names it.
        """
        log = self._log
        if log is None:
            return
        point = self.connection.begin_nested() if self._has_savepoints else None
        try:
            write(log)
        except Exception as error:
            if is_lost(error) or self.connection.invalidated or point is None:
                raise
            self._stop(f"From {subject} on, this run is not recorded in {log.name}: {self._text(error)}")
            # Where the database has undone the whole transaction there is no savepoint any more, and this raises.
            point.rollback()
        else:
            if point is not None:
                point.commit()

    def failed(self, step: Step, seconds: float, result: str, error: str) -> None:
        """Write that a step failed, after it was rolled back; in a transaction of the user's nothing would be kept."""
        log = self._log
        if log is not None and not self.caller_owns_transaction:
            # The step's own error is what is to be told, also where it is the reason why nothing can be written.
            with suppress(Exception):
                self._alone(lambda: log.add_failed(step, seconds, result, error))

    def _attempt(self, change: Callable[[], object], *, keep: bool = True) -> str:
        """Do something with the table, and return why it cannot be done; empty where it can."""
        try:
            self._alone(change, keep=keep)
        except Exception as error:
            if is_lost(error) or self.connection.invalidated:
                raise
            return self._text(error)
        return ""

    def _alone(self, change: Callable[[], object], *, keep: bool = True) -> None:
        """Do something in a transaction of its own, or in the user's."""
        transaction = Transaction(
            self.connection, caller_owns_transaction=self.caller_owns_transaction, limits=self._limits
        )
        transaction.begin()
        try:
            with ddl_savepoint(self.connection) if self.caller_owns_transaction else nullcontext():
                change()
            if keep:
                transaction.commit()
        finally:
            transaction.rollback()

    def _text(self, error: BaseException) -> str:
        message = error.message if isinstance(error, MigrateError) else f"{words(error).rstrip('.')}."
        return masked(message, self.connection.engine.url.render_as_string(hide_password=False))

    def _stop(self, text: str) -> None:
        self._log = None
        self._report(text)

    def _report(self, text: str) -> None:
        if self._listener is not None:
            self._listener(RecordingLimited(text))
