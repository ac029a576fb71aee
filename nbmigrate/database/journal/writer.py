"""Sending statements together with what the journal says of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver import is_driver_error
from nbmigrate.database.backends.transactions import State
from nbmigrate.database.bookkeeping.own_table import ddl_savepoint
from nbmigrate.database.errors import masked
from nbmigrate.database.journal.table import Entry, JournalTable, OpenStep
from nbmigrate.database.journal.verdict import schema_before
from nbmigrate.database.statements.fingerprints import without_passwords
from nbmigrate.database.statements.interception import answer_of, failure_of
from nbmigrate.database.statements.recording import Recording
from nbmigrate.database.transaction import Transaction
from nbmigrate.errors import BookkeepingError

#: Sends a statement to the driver.
Send = Callable[[], None]
#: What stands in the journal for a transaction that has nothing else in it.
_MARK = "-- the transaction that the revision began in"
#: What stands in the journal for statements that were sent without SQLAlchemy.
UNHEARD = "-- what the revision sent through the driver itself"


class JournalWriter:
    """What is written of one step.

    Where DDL commits by itself, each statement of it is written down before and after, and what a transaction undoes
    before the next of it. In an `autocommit_block()` each statement is committed with its own entry, if it may be in a
    transaction. Elsewhere nothing is written: all is undone together.

    Parameters
    ----------
    table
        The journal.
    transaction
        The step's transaction.
    recording
        The step's statements.
    step
        The step, with the entries that are written already.
    """

    def __init__(
        self, table: JournalTable, transaction: Transaction, recording: Recording, step: OpenStep
    ) -> None:
        self.table = table
        self.connection = table.connection
        self.transaction = transaction
        self.recording = recording
        self.step = replace(step, entries=())
        #: The statements that stay in effect whatever becomes of the step.
        self.standing = [entry.statement for entry in step.done]
        #: Whether the table has entries of the step.
        self.written = bool(step.entries)
        self.in_block = False
        #: Whether we talk to the database ourselves.
        self.busy = False
        self._number = max((entry.number for entry in step.entries), default=0)
        self._unwritten: list[Entry] = []
        #: What is written and not committed yet, as far as it is known.
        self._unconfirmed: list[Entry] = []
        #: The savepoints, each with the numbers of the last entry before it and of the last that was written then.
        self._savepoints: list[tuple[str, int, int]] = []
        #: Whether each entry is written at once: the revision may commit where nothing is heard of it.
        self.eager = False
        #: Whether the answers to queries are kept: the revision may commit between two statements that come of one.
        self.keeps_reads = False
        #: Whether the revision sends statements through the driver, of which nothing is heard.
        self.is_opaque = False
        #: The number of the text that was sent last with an end of the transaction in it, and its answer.
        self._answered: tuple[int, str] | None = None
        #: What shows that the transaction is the one that it was, until that is found out.
        self._mark: Entry | None = None
        #: Whether the step has made the table, or found it, where all of the step is undone together.
        self._is_prepared = False

    def open(self) -> None:
        """Make the table where every step may need it, before the first statement: making it commits."""
        if self.transaction.atomic:
            self._open_eagerly()
            return
        with self.quietly():
            if not self.table.is_seen:
                self.table.prepare()
            self.table.is_seen = True
            # The revision sees what is there when it begins, not when its position was read.
            self.commit()

    def _open_eagerly(self) -> None:
        """Make the table for a revision that may commit unheard; without the right to, it only must not do so."""
        if self.eager:
            try:
                with self.quietly(), ddl_savepoint(self.connection):
                    self.table.prepare()
                self._is_prepared = True
            except BookkeepingError:
                self.eager = False

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Let what is sent in the block be nobody's statement."""
        before, self.busy = self.busy, True
        try:
            with self.recording.quietly():
                yield
        finally:
            self.busy = before

    def entry(self, fingerprint: str, text: str) -> Entry:
        """Return an entry for the next statement."""
        self._number += 1
        url = self.connection.engine.url.render_as_string(hide_password=False)
        return Entry(self._number, fingerprint, without_passwords(masked(text, url)))

    def keep(self, entry: Entry) -> None:
        """Keep an entry until something is committed."""
        self._unwritten.append(entry)
        if self.eager and entry.state in ("done", "undone"):
            self.write()

    @property
    def at_stake(self) -> bool:
        """Whether a rollback would undo something that the revision has done."""
        return any(entry.state == "done" for entry in (*self._unconfirmed, *self._unwritten))

    def undo(self) -> None:
        """Forget what is not committed: it was rolled back. What failed, or was undone, is so nevertheless."""
        self._is_prepared = False
        every = (*self._unconfirmed, *self._unwritten)
        self._unwritten = [entry for entry in every if entry.state in ("failed", "undone")]
        self._unconfirmed.clear()
        self._savepoints.clear()

    def confirm(self) -> None:
        """Take note that what is written is committed."""
        self.standing += [entry.statement for entry in self._unconfirmed if entry.state == "done"]
        self._unconfirmed.clear()
        self._savepoints.clear()

    def confirm_written(self) -> None:
        """Take note that what is written is committed, if anything is: a savepoint alone begins no transaction."""
        if self._unconfirmed:
            self.confirm()

    def is_kept(self) -> bool:
        """Whether the database still has what was written and is not known to be committed."""
        if not self._unconfirmed:
            return True
        with self.quietly():
            return self.table.holds(self.step.revision, self._unconfirmed[-1])

    def keep_held(self, table: JournalTable) -> bool:
        """Forget what a journal does not have of what is not known to be committed; return whether it has any."""
        self._unwritten.clear()
        with self.quietly():
            revision = self.step.revision
            self._unconfirmed = [each for each in self._unconfirmed if table.holds(revision, each)]
        return self.at_stake

    def finish_ending(self) -> None:
        """Say that a text that ended the transaction is done, whatever it has committed."""
        answered, self._answered = self._answered, None
        if answered is not None:
            with self.quietly():
                self.table.finish(*answered)
        mark, self._mark = self._mark, None
        if mark is not None:
            self._unconfirmed = [entry for entry in self._unconfirmed if entry is not mark]
            with self.quietly():
                self.table.forget(mark.number)

    def savepoint(self, name: str) -> None:
        """Take note of a savepoint."""
        written = self._unwritten[0].number - 1 if self._unwritten else self._number
        self._savepoints.append((name, self._number, written))

    def undo_to(self, name: str) -> None:
        """Take note that what came after a savepoint is undone; run again, it is answered as it was."""
        places = [place for place, (each, *_) in enumerate(self._savepoints) if each == name]
        if not places:
            return
        del self._savepoints[places[-1] + 1 :]
        self._is_prepared = False
        _, last, written = self._savepoints[-1]
        # What was done before the savepoint may have been written after it.
        again = [entry for entry in (*self._unconfirmed, *self._unwritten) if entry.number > written]
        self._unconfirmed = [entry for entry in self._unconfirmed if entry.number <= written]
        self._unwritten = [entry for entry in again if entry.number <= last]
        for entry in [entry for entry in again if entry.number > last]:
            is_undone = entry.state == "done" and entry.statement != UNHEARD
            self.keep(replace(entry, state="undone") if is_undone else entry)

    def write(self, *entries: Entry) -> None:
        """Write the entries that are kept, and these."""
        every = [*self._unwritten, *entries]
        if all(entry.state == "read" for entry in every):
            return
        if self.is_opaque and not self.written:
            # Nothing that runs again can be compared with it.
            every.append(self.entry("", UNHEARD))
        self._insert(every)

    def mark(self) -> None:
        """Write something that a rollback takes away, where nothing else is that is not committed."""
        if not self._unconfirmed:
            self._mark = replace(self.entry("", _MARK), state="read")
            self._insert([*self._unwritten, self._mark])

    def _insert(self, every: list[Entry]) -> None:
        with self.quietly():
            if self.transaction.atomic and not self._is_prepared:
                self.table.prepare()
                self._is_prepared = True
            self.table.insert(self.step, every)
        self.written = True
        self._unwritten.clear()
        self._unconfirmed += [entry for entry in every if entry.state != "intent"]

    def finish(self, entry: Entry, outcome: str) -> None:
        """Say that a statement is done."""
        with self.quietly():
            self.table.finish(entry.number, outcome)
            self.commit()
        self.confirm()
        self.standing.append(entry.statement)

    def forget(self, entry: Entry) -> None:
        """Say that a statement is not done."""
        with self.quietly():
            self.table.forget(entry.number)
        self._number = entry.number - 1

    def clear(self) -> None:
        """Forget the step, in the transaction that also moves the version rows."""
        self._unwritten.clear()
        if self.written or self._is_prepared:
            with self.quietly():
                if self.transaction.atomic:
                    self.table.drop()
                else:
                    self.table.clear()

    def send_ending(self, send: Send, entry: Entry, context: Any) -> None:
        """Send several statements in one text, of which one may end the transaction."""
        self.write(replace(entry, state="intent"))
        self._unconfirmed.append(entry)
        send()
        self._answered = entry.number, answer_of(context)

    def end(self) -> None:
        """Commit in the place of such a text, which is not sent again."""
        self._report("COMMIT")

    def send(self, send: Send, sql: str, entry: Entry, context: Any, *, alone: bool) -> None:
        """Send a statement.

        Parameters
        ----------
        alone
            Whether it commits by itself, or cannot be in a transaction.
        """
        try:
            if alone and (self.in_block or not self.transaction.atomic):
                self._send_alone(send, sql, entry, context)
            elif self.in_block:
                with self.committing():
                    send()
                    self.write(replace(entry, outcome=answer_of(context)))
            else:
                send()
                self.keep(replace(entry, outcome=answer_of(context)))
        except Exception as error:
            if self._is_refusal(error, context):
                # Should the revision go on all the same, it is to meet the same error when it runs again.
                self.keep(replace(entry, state="failed", outcome=failure_of(error)))
            raise

    def _send_alone(self, send: Send, sql: str, entry: Entry, context: Any) -> None:
        """Write down what is about to be done, do it, and write down that it is done."""
        with self.quietly():
            self.write(replace(entry, state="intent", before=schema_before(self.connection, sql)))
            self.commit()
        self.confirm()
        try:
            send()
        except Exception as error:
            if self._is_refusal(error, context):
                with self.quietly():
                    self.table.forget(entry.number)
                    self.commit()
            raise
        self.finish(entry, answer_of(context))

    def _is_refusal(self, error: Exception, context: Any) -> bool:
        """Whether the database said that it did not do it; of a lost connection nobody knows."""
        return is_driver_error(context.dialect, error) and not context.dialect.is_disconnect(
            error, context.root_connection.connection.dbapi_connection, context.cursor
        )

    @contextmanager
    def committing(self) -> Iterator[None]:
        """In an `autocommit_block()`, do all in the block in one transaction; in one of the revision's, if there is."""
        if not self.in_block or self._is_inside():
            yield
            return
        self._report(backend_of(self.connection).transactions.begin_sql)
        try:
            yield
        except BaseException:
            if not self.connection.invalidated:
                self._report("ROLLBACK")
            raise
        self._report("COMMIT")
        self.confirm()

    def _is_inside(self) -> bool:
        """Whether the revision has begun a transaction by SQL of its own, in a block where each statement commits."""
        return self.transaction.state in (State.OPEN, State.FAILED)

    def commit(self) -> None:
        """Commit; in an `autocommit_block()` the driver has done so."""
        if self.in_block and backend_of(self.connection).transactions.commits_each:
            return
        if self.transaction.manual_begin:
            self._report("COMMIT")
            self._report("BEGIN")
        else:
            self.connection.dialect.do_commit(self.connection.connection.dbapi_connection)  # type: ignore[arg-type]
        # With it is committed what its user had done before.
        self.transaction.carries = False

    def _report(self, sql: str) -> None:
        with self.quietly():
            self.connection.exec_driver_sql(sql)
