"""A transaction, of one revision or of a whole run, whatever the driver makes of transactions by itself."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver import in_autocommit
from nbmigrate.database.backends.driver_sql import read_text, send_text
from nbmigrate.database.backends.timeouts import UNLIMITED, Limits
from nbmigrate.database.backends.transactions import State


def ddl_commits(dialect: sa.Dialect) -> bool:
    """Whether a database commits before and after every statement of DDL, as the class for its dialect says."""
    # Not every command that opens a transaction writes statements.
    from nbmigrate.dialects.registry import dialect_of

    return dialect_of(dialect.name).ddl_commits


class Transaction:
    """A transaction on a connection that may or may not be in one of its user's.

    On SQLite it holds the write lock from its first statement, so that what is read in it is still true when it is
    written; sqlite3 alone would begin before an INSERT and leave DDL outside.

    Parameters
    ----------
    connection
        The connection.
    caller_owns_transaction
        Whether the user began a transaction, which is theirs to commit.
    limits
        How long PostgreSQL waits, in the transaction and where it is suspended.
    """

    def __init__(
        self, connection: sa.Connection, *, caller_owns_transaction: bool = False, limits: Limits = UNLIMITED
    ) -> None:
        self.connection = connection
        self._limits = limits
        #: What the limits were before, in a transaction of the user's.
        self._before: Mapping[str, str] = {}
        self.manual_begin = in_autocommit(connection)
        # A driver that commits by itself knows nothing of the transaction that SQLAlchemy says it is in.
        self.caller_owns_transaction = caller_owns_transaction and not self.manual_begin
        #: Whether SQLAlchemy's transaction is the user's.
        self.joined = caller_owns_transaction
        self._root: sa.RootTransaction | None = None
        self._begun: sa.RootTransaction | None = None
        self._database = backend_of(connection).transactions
        #: Whether work is in it of earlier steps, or of the user.
        self.carries = self.caller_owns_transaction
        #: Whether what was sent may have ended it.
        self.is_suspect = False

    @property
    def atomic(self) -> bool:
        """Whether DDL is undone with everything else."""
        return not ddl_commits(self.connection.dialect)

    @property
    def is_open(self) -> bool:
        """Whether SQLAlchemy has not ended it."""
        return (
            self._begun is not None
            and self._begun.is_active
            and self.connection.get_transaction() is self._begun
        )

    @property
    def is_over(self) -> bool:
        """Whether SQLAlchemy has ended it, and not failed to."""
        return self._begun is not None and self.connection.get_transaction() is not self._begun

    @property
    def state(self) -> State:
        """What the driver says of it, without a statement."""
        return self._database.state(self.connection)

    @property
    def is_gone(self) -> bool:
        """Whether the driver is in none, and begins none by itself."""
        if self.state is State.UNKNOWN and not self.is_suspect:
            return False
        return self._database.must_begin(self.connection, manual_begin=self.manual_begin)

    @property
    def is_held(self) -> bool:
        """Whether it is the user's, in a `with` block: once it is committed, SQLAlchemy lets nothing more be sent."""
        return self.joined and getattr(self._begun, "_trans_subject", None) is not None

    def begin(self) -> None:
        """Begin, on SQLite with the write lock."""
        if not self.joined:
            self._root = self.connection.begin()
        self._begun = self.connection.get_transaction()
        try:
            self._begin_driver()
        except BaseException:
            self.rollback()
            raise

    def _begin_driver(self) -> None:
        for text in self._database.opening(
            self.connection, manual_begin=self.manual_begin, joined=self.joined
        ):
            send_text(self.connection, text)
        if self.caller_owns_transaction:
            self._before = self._limits.begin_in_users(self.connection)
        else:
            self._limits.begin(self.connection)

    def go_on(self, *, by_sql: bool = False) -> None:
        """Begin again, after the revision has ended it; what a user had begun is not theirs any more then.

        Parameters
        ----------
        by_sql
            Whether the next statement begins it.
        """
        if self.is_over:
            self.caller_owns_transaction = self.joined = False
            self._root = self._begun = self.connection.get_transaction() or self.connection.begin()
            if not by_sql:
                self._begin_driver()
                if self.is_gone:
                    # The revision has set the session to commit every statement, as MariaDB's autocommit.
                    self._database.begin(self.connection)
        elif not by_sql:
            if self.is_gone:
                self._database.begin(self.connection)
            self._limits.begin(self.connection)
        self.is_suspect = False

    def commit_by_hand(self) -> None:
        """Commit where the driver leaves that to us."""
        if self.manual_begin and self.state is not State.NONE:
            self.connection.exec_driver_sql("COMMIT")

    def commit(self) -> None:
        """Commit, unless the transaction is the user's."""
        if self.caller_owns_transaction:
            self._limits.end_in_users(self.connection, self._before)
        if self.manual_begin:
            self.connection.exec_driver_sql("COMMIT")
        if self._root is not None:
            self._root.commit()
            self._root = None

    def rollback(self) -> None:
        """Undo everything, unless the transaction is the user's; never raises."""
        root, self._root = self._root, None
        if self.caller_owns_transaction:
            return
        try:
            self._undo(root)
        except (sa.exc.SQLAlchemyError, OSError):
            # The connection is broken: the database undoes what it had begun.
            self.connection.invalidate()

    def _undo(self, root: sa.RootTransaction | None) -> None:
        if root is not None and self.connection.get_transaction() is root:
            root.rollback()
        elif self.connection.in_transaction():
            # The revision ended ours, and SQLAlchemy has begun another since.
            self.connection.rollback()
        self.undo_driver()

    def undo_driver(self) -> None:
        """Undo what is open in the driver, whatever SQLAlchemy takes it for."""
        if self.connection.closed or self.connection.invalidated:
            return
        if self._database.rolls_back_by_sql(self.connection, manual_begin=self.manual_begin):
            read_text(self.connection, "ROLLBACK")
        elif self.state in (State.OPEN, State.FAILED):
            # SQLAlchemy rolls back nothing after a commit that an event has stopped.
            self.connection.connection.rollback()
        self._database.end_locks(self.connection)

    def check_suspendable(self) -> None:
        """Make sure that the driver can be told to commit every statement; UnsupportedOperationError if it cannot."""
        self._database.check_suspendable(self.connection)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Commit, let every statement commit by itself, then begin again."""
        with self._suspended(self.commit):
            yield

    @contextmanager
    def _suspended(self, commit: Callable[[], None]) -> Iterator[None]:
        commit()
        try:
            with self._database.autocommit(self.connection), self._limits.in_session(self.connection):
                yield
                if self.connection.in_transaction():
                    self.connection.commit()
        except BaseException:
            # That is what went wrong, and not that nothing can be begun on a connection that has ended.
            with suppress(Exception):
                self._begin_again()
            raise
        self._begin_again()

    def _begin_again(self) -> None:
        if self.connection.in_transaction():
            self.connection.rollback()
        self.begin()


class WholeRun(Transaction):
    """The transaction of a whole run, given to each of its steps as if it were its own."""

    def begin(self) -> None:
        """Begin with the first step, and again after a block that commits."""
        if not self.is_open:
            super().begin()

    def commit(self) -> None:
        """Do nothing but keep in mind that a step's work waits for the end of the run."""
        self.carries = True

    def finish(self) -> None:
        """Commit what the steps have done."""
        super().commit()
        self._begun = None
        self.carries = False

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Commit what the run has done until here, let every statement commit by itself, then begin again."""
        with self._suspended(self.finish):
            yield
