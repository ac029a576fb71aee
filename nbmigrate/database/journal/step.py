"""A step and its journal while the step runs: what is in effect already is not done again."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

from sqlalchemy.engine.interfaces import ExecuteStyle

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.base import Verdict
from nbmigrate.database.journal.replay import Replay
from nbmigrate.database.journal.table import Entry, OpenStep
from nbmigrate.database.journal.verdict import table_before, verdict
from nbmigrate.database.journal.writer import JournalWriter, Send
from nbmigrate.database.statements.fingerprints import fingerprint_of, fingerprint_of_sent, is_whole
from nbmigrate.database.statements.interception import Interception, answered, failure, is_part, rows_of
from nbmigrate.database.statements.kind import Kind, ends_transaction, kind_of
from nbmigrate.dialects.registry import dialect_of
from nbmigrate.dialects.statement import Statement
from nbmigrate.dialects.tokens import words as words_of
from nbmigrate.operations import Operation

#: Queries whose answers are kept, but for those that lock what they read.
_QUERY = re.compile(r"\s*(SELECT|WITH|VALUES)\b", re.IGNORECASE)
_LOCKING = re.compile(r"\bFOR\s+(UPDATE|SHARE|NO|KEY)\b", re.IGNORECASE)
#: Words of ROLLBACK TRANSACTION TO SAVEPOINT name.
_LONGEST_SAVEPOINT = 5


class StepJournal:
    """The journal of one step.

    Parameters
    ----------
    writer
        Writes it.
    step
        The step, without entries unless it was interrupted.
    same_code
        Whether its file's code is what the entries are of.
    """

    def __init__(self, writer: JournalWriter, step: OpenStep, *, same_code: bool = True) -> None:
        self.writer = writer
        self.replay = Replay(step, same_code, self._decide)
        self._ddl_commits = not writer.transaction.atomic
        self._syntax = dialect_of(writer.connection.dialect.name).syntax
        self._operation = ""
        self._following = 0
        self._listening = ExitStack()

    # The step

    def listen(self) -> None:
        """Have every statement from here on."""
        writer = self.writer
        interception = Interception(writer.connection, self._intercept, lambda: not writer.busy)
        self._listening.enter_context(interception.listening())

    def close(self) -> None:
        """Have no statement any more."""
        self._listening.close()

    def finish(self) -> None:
        """Make sure that the revision came by all that is in effect; what comes now is not the revision's.

        Raises
        ------
        InterruptedRevisionError
            It did not: its file was edited.
        """
        if self.replay.refusal is not None:
            raise self.replay.refusal
        with self.writer.quietly():
            forgotten = self.replay.end()
        if forgotten is not None:
            self.writer.forget(forgotten)
        self.writer.busy = True

    @contextmanager
    def block(self) -> Iterator[None]:
        """Let the statements in the block be committed one by one; what was before is about to be."""
        self.writer.write()
        self.writer.in_block = True
        try:
            yield
        finally:
            self.writer.in_block = False

    # Operations

    def skips(self, operation: Operation) -> bool:
        """Whether all of an operation is in effect, so that it is not done again.

        Raises
        ------
        InterruptedRevisionError
            The journal has something else in its place.
        """
        if not self.replay.rest or not is_whole(operation):
            return False
        if self.replay.refusal is not None:
            raise self.replay.refusal
        skipped = self.replay.skip_operation(fingerprint_of(operation))
        if not skipped and not self._ddl_commits:
            # What it would need to be done again is not there any more.
            self.replay.check_operation(fingerprint_of(operation), operation.describe())
        return skipped

    def table_before(self, operation: Operation) -> str:
        """Return the CREATE TABLE of an operation's table as it was before the operation, of which a part is done."""
        if not self.replay.rest or not is_whole(operation):
            return ""
        return table_before(self.replay.before_operation(fingerprint_of(operation)))

    @contextmanager
    def operation(self, operation: Operation, statements: Sequence[Statement]) -> Iterator[None]:
        """Take the statements in the block as those of an operation."""
        if not is_whole(operation):
            yield
            return
        if not self._ddl_commits and not any(_is_alone(statement) for statement in statements):
            with self.unit([operation]):
                yield
            return
        self._operation, self._following = fingerprint_of(operation), len(statements)
        try:
            yield
        finally:
            self._operation, self._following = "", 0

    @contextmanager
    def unit(self, operations: Sequence[Operation]) -> Iterator[None]:
        """Take all that is done in the block for one thing, of which all or nothing is in effect."""
        writer = self.writer
        busy, writer.busy = writer.busy, True
        first = len(writer.recording.statements)
        try:
            with writer.committing():
                yield
                sent = [report.text for report in writer.recording.statements[first:]]
                for operation in operations:
                    found = fingerprint_of(operation)
                    text = ";\n".join(sent) or operation.describe()
                    writer.keep(replace(writer.entry(found, text), operation=found))
                    sent.clear()
                if writer.in_block:
                    writer.write()
        finally:
            writer.busy = busy

    # Statements

    def _intercept(self, send: Send, statement: str, parameters: Any, context: Any) -> bool:
        if self.replay.refusal is not None:
            raise self.replay.refusal
        doubled = parameters is not None and context.dialect.paramstyle in ("format", "pyformat")
        sql = statement.replace("%%", "%") if doubled else statement
        kind = kind_of(sql, ddl_commits=self._ddl_commits, syntax=self._syntax)
        if kind is Kind.READ and self.writer.keeps_reads and _QUERY.match(sql) and not _LOCKING.search(sql):
            return self._read(send, fingerprint_of_sent(statement, parameters), context)
        if kind in (Kind.READ, Kind.REPEATABLE, Kind.TEMPORARY):
            return self._let_through(kind, sql, send, context)
        text, fingerprint = self.writer.recording.pending, fingerprint_of_sent(statement, parameters)
        with self.writer.quietly():
            replayed = self.replay.take(fingerprint, text)
        self._following -= 1
        ends = not (self.writer.in_block or self._ddl_commits) and self._ends(sql)
        if replayed is not None and replayed.skipped:
            self._skip(replayed.entry, context)
            if ends and replayed.entry.state == "done":
                # What whoever began the transaction has done in it stays, as it does where the text is sent.
                self.writer.end()
            return True
        if replayed is not None:
            # It was in flight and is not in effect: it takes its own place again.
            self.writer.forget(replayed.entry)
        entry = self.writer.entry(fingerprint, text)
        if self._operation:
            entry = replace(entry, operation=self._operation, following=self._following)
        if ends:
            self.writer.send_ending(send, entry, context)
            return True
        self.writer.send(send, sql, entry, context, alone=kind is Kind.NON_TRANSACTIONAL)
        return True

    def _ends(self, sql: str) -> bool:
        return ends_transaction(sql, ddl_commits=self._ddl_commits, syntax=self._syntax)

    def _read(self, send: Send, fingerprint: str, context: Any) -> bool:
        """Send a query; where rows are not returned any more, for what is done with them, return those too."""
        replayed = self.replay.take_read(fingerprint)
        send()
        outcome = rows_of(context)
        if replayed is not None and is_part(outcome, replayed.outcome):
            context.cursor = answered(context.cursor, replayed.outcome)
        elif replayed is None and outcome:
            entry = self.writer.entry(fingerprint, self.writer.recording.pending)
            self.writer.keep(replace(entry, state="read", outcome=outcome))
        return True

    def _let_through(self, kind: Kind, sql: str, send: Send, context: Any) -> bool:
        """Let a statement run that is not kept; return whether it was sent."""
        if kind is Kind.TEMPORARY and self.replay.rest:
            raise self.replay.cannot_go_on(
                "it needs a temporary table, which was gone with the connection of the run that was cut short."
            )
        found = islice(words_of(sql, self._syntax), _LONGEST_SAVEPOINT)
        words = [word for word in found if word != ";"] or [""]
        verb, name = words[0], words[-1]
        if self._ends(sql) or (kind is Kind.REPEATABLE and self._ddl_commits):
            self.writer.write()
        elif verb == "SAVEPOINT":
            self.writer.savepoint(name)
        elif verb == "ROLLBACK":
            send()
            self.writer.undo_to(name)
            return True
        if verb != "LOCK" or not self._ddl_commits:
            return False
        # While tables are locked, a session may use no others.
        journal = context.dialect.identifier_preparer.format_table(self.writer.table.table)
        context.cursor.execute(f"{sql.strip().rstrip(';')}, {journal} WRITE")
        # That has committed, also where the server's flag still names a transaction.
        self.writer.confirm_written()
        return True

    def _skip(self, entry: Entry, context: Any) -> None:
        """Answer as the database did the first time."""
        if self.writer.in_block:
            # It was sent in a transaction of its own, and to begin that has unlocked the tables.
            backend_of(self.writer.connection).transactions.end_locks(self.writer.connection)
        if entry.state == "intent":
            self.writer.finish(entry, "")
        if entry.state == "failed":
            raise failure(context.dialect.loaded_dbapi, entry.outcome)
        cursor = answered(context.cursor, entry.outcome)
        if cursor is None or context.execute_style is ExecuteStyle.INSERTMANYVALUES:
            raise self.replay.cannot_go_on(
                f"the rows that this returned are not known any more:\n  {entry.statement}"
            )
        self.writer.recording.skipped = True
        context.cursor = cursor

    def _decide(self, entry: Entry) -> Verdict:
        return verdict(self.writer.connection, entry.statement, entry.before)


def _is_alone(statement: Statement) -> bool:
    return kind_of(statement.text, ddl_commits=False) is Kind.NON_TRANSACTIONAL
