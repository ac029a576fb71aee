"""Who ends the transaction of a step, and whether what was done in it is kept."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver import in_autocommit
from nbmigrate.database.backends.transactions import State
from nbmigrate.database.execution.kept_work import KeptWork, Watched
from nbmigrate.database.statements.kind import begins_transaction, ends_transaction, rolls_back_among_others
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.dialects.tokens import words
from nbmigrate.errors import OperationError

_APART = "Nothing of it was sent, since it is unclear which of them would stay. Send each by itself."


class TransactionWatch(KeptWork):
    """Goes on in a new transaction where the revision of a running step commits, and not where it rolls back.

    What may end the transaction is `commit()` on the connection, and SQL. Before it, the journal is written in the same
    transaction; after SQL, the journal is there if the work is. No word of the SQL is trusted for that.
    """

    def __init__(self, running: Watched) -> None:
        super().__init__(running)
        #: Whether what stays is not known: the transaction was ended where nothing is heard of it.
        self.is_unknown = False
        self._syntax = dialect_of(running.connection.dialect.name).syntax
        #: Whether what the driver may have committed unheard could not be looked for, at the end of a step that failed.
        self.is_unanswered = False
        self._level = running.connection.get_execution_options().get("isolation_level")
        #: Whether it is in a block because the revision has its connection in AUTOCOMMIT.
        self._is_switched = False
        self._unverified = False
        #: The transaction's number when it was about to be ended.
        self._number: object = None

    # What the revision does

    def before_sql(self, sql: str) -> None:
        """Make ready for a statement that the migration sends itself."""
        ends = ends_transaction(sql, ddl_commits=not self._transaction.atomic, syntax=self._syntax)
        self.attend(by_sql=begins_transaction(sql, self._syntax))
        self._running.flush()
        self._begin_for_savepoint(sql)
        if not ends:
            return
        if self._transaction.atomic and rolls_back_among_others(sql, self._syntax):
            raise OperationError("a text of several statements rolls back a part of itself.", _APART)
        self._prepare_end(is_sure=False)

    def _begin_for_savepoint(self, sql: str) -> None:
        """Begin where a savepoint would begin no transaction, and be forgotten: in a rerun nothing may precede it."""
        is_alone = (
            not self.in_block and not self._transaction.atomic and self._transaction.state is State.NONE
        )
        if is_alone and next(words(sql, self._syntax), "") == "SAVEPOINT":
            with self.quietly():
                backend_of(self._running.connection).transactions.begin(self._running.connection)

    def after_sql(self) -> None:
        """Find out what a statement that may end the transaction has done."""
        self._verify(is_done=True)
        self._raise()
        journal = self._running.journal
        if journal is not None and not self._transaction.atomic and self._transaction.state is State.NONE:
            # What was written before it is committed now, as by LOCK TABLES.
            journal.writer.confirm_written()

    def before_commit(self) -> None:
        """Write the journal before SQLAlchemy commits."""
        if self.in_block:
            return
        try:
            self.attend()
            if self._transaction.is_held:
                raise OperationError(
                    "the revision commits, and env.py began the transaction itself, in a `with` block.",
                    "Let env.py give a connection that is not in a transaction.",
                )
            self._prepare_end()
            self._raise()
            self._unverified = False
            with self.quietly():
                self._transaction.commit_by_hand()
        except BaseException:
            # For SQLAlchemy it is over, and nothing of it would be rolled back.
            self._transaction.undo_driver()
            self._ended = False
            with suppress(Exception):
                self._find_committed()
            raise
        self._ended = True

    def rolled_back(self) -> None:
        """Take note that SQLAlchemy rolls back."""
        if self.in_block:
            return
        if self._ended:
            self.kept()
        elif self._is_eager:
            # What the driver has committed is kept, and may be out of reach afterwards.
            with suppress(Exception):
                self._check_unheard()
        self._lose()

    def attend(self, *, by_sql: bool = False, last: bool = False) -> None:
        """Make sure that there is a transaction, unless the next statement begins it; at the `last` end as well.

        Raises
        ------
        OperationError
            The revision has rolled back what it had done.
        """
        self._verify()
        self._raise()
        if self._is_switched or self._transaction.is_over:
            self._follow_level(last=last)
        if self.in_block:
            return
        if self._is_eager:
            self._check_unheard()
        if last:
            self._transaction.is_suspect = True
        if self._transaction.is_over and self._ended is not False:
            self.kept()
        elif self._ended is None and self._is_ended():
            self._explain()
        elif self._ended is None:
            return
        self._ended = None
        with self.quietly():
            self._transaction.go_on(by_sql=by_sql)
            if self._running.prepare is not None and not by_sql:
                self._running.prepare()

    def resolve(self) -> None:
        """Find out what is kept of a step that has failed, before it is rolled back; never raises."""
        try:
            self._resolve()
        except Exception:
            self.is_unanswered = (self._is_eager or self._unverified) and self.refusal is None

    def _resolve(self) -> None:
        self._verify()
        self._follow_level(last=True)
        if self._ended is None and not self.in_block:
            if self._is_eager:
                self._check_unheard()
                if self._transaction.caller_owns_transaction:
                    self._check_beside()
            elif self._transaction.atomic and self._found_state() is State.NONE:
                self._explain()
        if self._transaction.is_over and self._ended is not False:
            self.kept()
            self._transaction.caller_owns_transaction = self._transaction.joined = False

    # What becomes of the transaction

    def commit(self) -> None:
        """Write the journal before the step's work is committed: by `commit()`, by SQL, or by a block."""
        self._running.flush()
        self._running.check_dangling()
        self._running.begin_journal().writer.write()

    @contextmanager
    def block(self) -> Iterator[None]:
        """Let statements commit by themselves in the block."""
        self.in_block = True
        try:
            yield
        finally:
            self.in_block = False

    def _prepare_end(self, *, is_sure: bool = True) -> None:
        if self._transaction.state is State.FAILED:
            # It can only be rolled back, and COMMIT does that too.
            self._lose()
            return
        self.commit()
        if self._transaction.carries and not is_sure:
            self._running.begin_journal().writer.mark()
        with self.quietly():
            self._number = backend_of(self._running.connection).transactions.number(self._running.connection)
        self._unverified = self._transaction.is_suspect = True

    def _verify(self, *, is_done: bool = False) -> None:
        """Find out whether the transaction was ended, and whether its work was kept.

        Parameters
        ----------
        is_done
            Whether the statement that may have ended it did not fail.
        """
        if not self._unverified or self._transaction.state is State.FAILED:
            return
        journal = self._running.begin_journal()
        database, connection = backend_of(self._running.connection).transactions, self._running.connection
        is_ended = not self.in_block and self._found_state() is State.NONE
        with self.quietly():
            if not (is_ended or self.in_block) and self._is_same(is_done=is_done):
                journal.writer.finish_ending()
                self._unverified = False
                return
            is_kept = journal.writer.is_kept() and (
                not self._transaction.carries or self._running.is_at_its_place()
            )
            if is_kept:
                journal.writer.finish_ending()
            if is_ended:
                database.end(connection)
        self._unverified = False
        if is_kept:
            self.kept()
            self._ended = None if self.in_block else True
        else:
            self._lose()

    def _is_same(self, *, is_done: bool) -> bool:
        """Whether the transaction that is open is the one that was."""
        if self._number is None:
            return not is_done
        return (
            backend_of(self._running.connection).transactions.number(self._running.connection) == self._number
        )

    def _is_ended(self) -> bool:
        """Whether the driver is in no transaction, though one was begun."""
        state = self._transaction.state
        if state is State.OPEN:
            return False
        return (self._transaction.atomic and state is State.NONE) or self._transaction.is_gone

    def _check_unheard(self) -> None:
        """Find out what the revision did through the driver, where each statement is in the journal at once."""
        found = self._found_state()
        if found is State.NONE:
            self._unverified = True
            self._verify()
        elif found is State.OPEN:
            with self.quietly():
                is_kept = self._running.begin_journal().writer.is_kept()
            if not is_kept:
                self._lose()
        self._raise()

    def _explain(self) -> None:
        """Take note that the transaction was ended where nothing was heard of it."""
        if self._transaction.atomic and self._is_at_stake():
            self.is_unknown = True
            self._refuse(
                "the revision's transaction was ended unseen: by the driver itself, or by an error.",
                "For what must be committed at once there is `op.get_bind().commit()`.",
            )
            self._raise()

    def _follow_level(self, *, last: bool) -> None:
        """Let statements commit by themselves for as long as the revision has its connection in AUTOCOMMIT."""
        level = self._running.connection.get_execution_options().get("isolation_level")
        wanted = not last and level == "AUTOCOMMIT" != self._level
        if wanted == self._is_switched or (wanted and self.in_block):
            return
        self._is_switched = self.in_block = wanted
        writer = self._running.begin_journal().writer
        writer.in_block = wanted
        self.kept()
        self._transaction.manual_begin = in_autocommit(self._running.connection)
