"""What a driver shows of the transaction that it is in: the state itself, not what was sent."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum

import sqlalchemy as sa

from nbmigrate.database.backends.driver import in_autocommit


class State(Enum):
    """What a driver says of its connection's transaction."""

    OPEN = "open"
    #: An error has undone it; only its end is accepted.
    FAILED = "failed"
    NONE = "none"
    #: The driver does not show it.
    UNKNOWN = "unknown"


class Transactions:
    """The transactions of a database of which nothing is known: the driver begins them."""

    #: Whether there are savepoints.
    savepoints = True
    #: Whether the driver commits each statement in a block of `autocommit`.
    commits_each = True
    #: What begins one.
    begin_sql = "BEGIN"

    def state(self, connection: sa.Connection) -> State:
        """Return the state of the connection's transaction, without a statement."""
        del connection
        return State.UNKNOWN

    def found_state(self, connection: sa.Connection) -> State:
        """Return the state, by a statement where the driver does not show it."""
        return self.state(connection)

    def number(self, connection: sa.Connection) -> object:
        """Return what the transaction that is open has for a number; None where that is not known."""
        del connection
        return None

    def restore_mode(self, connection: sa.Connection, *, manual_begin: bool) -> None:
        """Let the session commit as it did when the run began, whatever a revision before has set.

        Parameters
        ----------
        manual_begin
            Whether the session committed every statement then.
        """

    def end_locks(self, connection: sa.Connection) -> None:
        """Give back what a rollback leaves locked."""

    def must_begin(self, connection: sa.Connection, *, manual_begin: bool) -> bool:
        """Whether no transaction is open and the driver begins none before the next statement.

        Parameters
        ----------
        manual_begin
            Whether the driver commits every statement, so that BEGIN and COMMIT are sent as SQL.
        """
        return manual_begin and self.state(connection) is State.NONE

    def opening(self, connection: sa.Connection, *, manual_begin: bool, joined: bool) -> Iterable[str]:
        """Yield the statements that begin one, after SQLAlchemy has.

        Parameters
        ----------
        manual_begin
            Whether the driver commits every statement.
        joined
            Whether SQLAlchemy's transaction is the caller's.
        """
        del connection, joined
        return [self.begin_sql] if manual_begin else []

    def rolls_back_by_sql(self, connection: sa.Connection, *, manual_begin: bool) -> bool:
        """Whether a ROLLBACK is to be sent, since that of the driver does nothing."""
        del connection
        return manual_begin

    def is_atomic(self, connection: sa.Connection) -> bool:
        """Whether the next statements are undone together, since they are in a transaction."""
        return not in_autocommit(connection)

    def begin(self, connection: sa.Connection) -> None:
        """Begin one where none is open."""
        connection.exec_driver_sql(self.begin_sql)

    def end(self, connection: sa.Connection) -> None:
        """Commit what the driver began for a statement of ours, where no transaction was open."""
        connection.connection.commit()

    def check_suspendable(self, connection: sa.Connection) -> None:
        """Make sure that the driver can be told to commit every statement, before anything is committed.

        Raises
        ------
        UnsupportedOperationError
            It cannot while it is connected.
        """

    @contextmanager
    def autocommit(self, connection: sa.Connection) -> Iterator[None]:
        """Let every statement in the block commit by itself; afterwards the driver is as it was."""
        level = connection.get_execution_options().get("isolation_level", connection.default_isolation_level)
        connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            yield
        finally:
            if connection.in_transaction():
                connection.rollback()
            connection.execution_options(isolation_level=level)
