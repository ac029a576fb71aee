"""What `context.configure()` makes: a connection with its version table, ready to be migrated."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver import translate_plain_errors
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.errors import url_text
from nbmigrate.database.transaction import ddl_commits
from nbmigrate.environment.alembic.names import builtins_with, importer
from nbmigrate.environment.base_context import ContextRunner, stamp_plan
from nbmigrate.environment.caller_transaction import Block, CallerTransaction
from nbmigrate.errors import OperationError

if TYPE_CHECKING:
    from nbmigrate.clock import Clock
    from nbmigrate.database.bookkeeping.run_log import RunLog
    from nbmigrate.database.events import Listener, RunReport
    from nbmigrate.database.execution.stamp import StampReport
    from nbmigrate.database.journal.table import OpenStep
    from nbmigrate.database.lock import RunLock
    from nbmigrate.environment.alembic.config import AlembicConfig
    from nbmigrate.environment.alembic.script_directory import AlembicScripts
    from nbmigrate.environment.connectable import Connectable
    from nbmigrate.graph.plan import Plan
    from nbmigrate.graph.stamp import StampPlan
    from nbmigrate.scripts.directory import ScriptDirectory


class MigrationContext(ContextRunner):
    """A database as env.py gives it.

    Parameters
    ----------
    connection
        The connection; what is in a transaction already stays its owner's to commit.
    opts
        What env.py gave to `context.configure()`.
    config
        The configuration that env.py sees.
    script
        The revision files.
    connectable
        What the connection was handed over from; None where env.py, or a program, made it.
    """

    _connectable: "Connectable | None" = None
    #: The lock of a run in the user's transaction, whose end is not known before env.py has ended.
    _lock: "RunLock | None" = None

    def __init__(
        self,
        connection: sa.Connection,
        opts: Mapping[str, Any],
        config: "AlembicConfig",
        script: "ScriptDirectory",
        connectable: "Connectable | None" = None,
    ) -> None:
        translate_plain_errors(connection)
        if isinstance(connection, sa.Connection):
            backend_of(connection).prepare(connection)
        self.connection = connection
        self._connectable = connectable
        self._keep(connection.dialect, opts, config, script)
        self.caller = CallerTransaction(connection)
        self.versions = VersionTable(
            connection,
            self.version_table,
            self.version_table_schema,
            pk=self.opts.get("version_table_pk", True),
        )
        self._keeps = False

    @property
    def transactional_ddl(self) -> bool:
        """Whether a revision is undone whole when it fails."""
        return not ddl_commits(self.dialect)

    @property
    def url(self) -> str:
        """The url of the database, its secrets masked."""
        return url_text(self.connection.engine.url)

    @cached_property
    def place(self) -> str:
        """What results call the database beside others: its url, and what else of it is not the usual."""
        from nbmigrate.database.backends.inspector import particulars

        with self.reading():
            found = particulars(self.connection, self.version_table, self.version_table_schema)
        return f"{self.url} ({', '.join(found)})" if found else self.url

    @property
    def secret_url(self) -> str | None:
        """The url with its password: only for taking it out of texts."""
        return self.connection.engine.url.render_as_string(hide_password=False)

    @property
    def is_forgotten(self) -> bool:
        """Whether the database is in memory, and gone when env.py ends: nobody has handed over the connection."""
        if self.as_sql:
            return False
        pools = {
            value.engine.pool for value in self.config.attributes.values() if isinstance(value, sa.Connection)
        }
        is_kept = self.connection.engine.pool in pools
        return not is_kept and backend_of(self.connection).is_in_memory(self.connection)

    def get_current_heads(self) -> tuple[str, ...]:
        """Return the heads that the database stands at; writes nothing, and leaves no transaction behind."""
        if self.opts.get("starting_rev") and not self.as_sql:
            raise OperationError("Can't specify current_rev to context when using a database connection")
        with self.reading():
            return self.versions.heads()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Leave no transaction behind that was begun in the block, which only reads."""
        before = self.connection.in_transaction()
        try:
            yield
        finally:
            if not before and self.connection.in_transaction():
                self.connection.rollback()

    def open_step(self) -> "OpenStep | None":
        """Return the interrupted revision, if there is one; writes nothing, and leaves no transaction behind."""
        from nbmigrate.database.journal.table import read_open_step

        with self.reading():
            return read_open_step(self.connection, self.versions)

    def begin_transaction(self, _per_migration: bool = False) -> AbstractContextManager[Any]:
        """Commit at the end of the block what was sent in it, or roll it back where the block fails.

        A revision has a transaction of its own all the same, which commits with its row in the version table. What
        the connection's owner began before `configure()` stays theirs.
        """
        is_part = self.running is not None or self.caller.in_block or self.caller.is_open()
        return Block(self.caller, is_part=is_part)

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Commit what was sent before, and let the statements in the block commit by themselves.

        Raises
        ------
        OperationError
            The transaction is the user's.
        """
        if self.running is not None:
            with self.running.autocommit_block():
                yield
            return
        if self.caller.is_open():
            raise OperationError(
                "autocommit_block() cannot commit: the transaction was begun before context.configure().",
                "Give a connection that is not in a transaction.",
            )
        database = backend_of(self.connection).transactions
        database.check_suspendable(self.connection)
        self.connection.commit()
        with database.autocommit(self.connection):
            yield

    def execute(
        self, sql: sa.Executable | str, execution_options: Mapping[str, Any] | None = None
    ) -> sa.CursorResult[Any]:
        """Run a statement on the connection."""
        statement = sa.text(sql) if isinstance(sql, str) else sql
        return self.connection.execute(statement, execution_options=execution_options)

    def migrate(
        self,
        make_plan: "Callable[[tuple[str, ...]], Plan]",
        *,
        listener: "Listener | None" = None,
        clock: "Clock | None" = None,
        lock_timeout: float | None = None,
    ) -> "RunReport":
        """Run a plan on this database, alone: see `database.execution.executor.run` and `database.lock`.

        Parameters
        ----------
        lock_timeout
            Seconds to wait for another run; what the option `lock_timeout` says, or 60, if None.
        """
        # What only asks where a database stands does without the executor and the operations.
        from nbmigrate.database.execution import executor

        options = self.run_options
        caller_owns_transaction = self.caller.is_open()
        names = builtins_with(importer())
        with self._locked(listener, lock_timeout) as watched:
            self._resolve_in_flight()
            report = executor.run(
                self.connection,
                lambda rows: self._sound(make_plan(rows)),
                lambda revision: self.script.load(revision, names),
                version_table=self.versions,
                listener=watched,
                clock=clock,
                context=self,
                run_arguments=self.run_arguments,
                caller_owns_transaction=caller_owns_transaction,
                options=options,
                log=self.run_log(clock) if options.recorded else None,
            )
            self.caller.holds_run = self.caller.holds_run or bool(caller_owns_transaction and report.steps)
            self.caller.has_committed = self.caller.has_committed or bool(
                report.steps and not caller_owns_transaction
            )
        return report

    def run_log(self, clock: "Clock | None" = None) -> "RunLog":
        """Return the table of runs, which may not be there; a run that is recorded is one of these."""
        from nbmigrate.clock import SystemClock
        from nbmigrate.database.bookkeeping.run_log import RunLog

        return RunLog(self.connection, self.versions, self.script.content, clock or SystemClock())

    def _resolve_in_flight(self) -> None:
        if self.in_flight_applied is not None:
            from nbmigrate.database.execution import stamp as stamping

            caller_owns_transaction = self.caller.is_open()
            stamping.resolve_in_flight(
                self.connection,
                self.in_flight_applied,
                version_table=self.versions,
                caller_owns_transaction=caller_owns_transaction,
            )

    def abandon(
        self, *, listener: "Listener | None" = None, lock_timeout: float | None = None
    ) -> "OpenStep | None":
        """Forget the interrupted revision, and return it; see `database.execution.stamp.abandon`."""
        from nbmigrate.database.execution import stamp as stamping

        caller_owns_transaction = self.caller.is_open()
        with self._locked(listener, lock_timeout):
            given_up = stamping.abandon(
                self.connection, version_table=self.versions, caller_owns_transaction=caller_owns_transaction
            )
            self.caller.holds_run = self.caller.holds_run or bool(caller_owns_transaction and given_up)
        return given_up

    def stamp(
        self,
        make_plan: "Callable[[tuple[str, ...]], StampPlan] | AlembicScripts",
        revision: str | Sequence[str] | None = None,
        *,
        purge: bool = False,
        listener: "Listener | None" = None,
        clock: "Clock | None" = None,
        lock_timeout: float | None = None,
    ) -> "StampReport":
        """Change the version rows without running a revision; see `database.execution.stamp.stamp`.

        A program calls it as in Alembic: `stamp(script_directory, "head")`.
        """
        from nbmigrate.database.execution import stamp as stamping
        from nbmigrate.database.execution.options import is_recorded

        with self.config.placing_errors():
            log = self.run_log(clock) if is_recorded(self.config.get_main_option) else None
        caller_owns_transaction = self.caller.is_open()
        with self._locked(listener, lock_timeout) as watched:
            report = stamping.stamp(
                self.connection,
                stamp_plan(make_plan, revision),
                version_table=self.versions,
                purge=purge,
                caller_owns_transaction=caller_owns_transaction,
                log=log,
                applied=self.applied,
                listener=watched,
            )
            self.caller.holds_run = self.caller.holds_run or bool(
                caller_owns_transaction and report.plan.steps
            )
        return report

    def ensure_version(self) -> bool:
        """Make the version table if there is none, and return whether it was made."""
        from nbmigrate.database.execution import stamp as stamping

        caller_owns_transaction = self.caller.is_open()
        with self._locked():
            made = stamping.ensure_version(
                self.connection, version_table=self.versions, caller_owns_transaction=caller_owns_transaction
            )
            self.caller.holds_run = self.caller.holds_run or (caller_owns_transaction and made)
        return made

    @contextmanager
    def _locked(
        self, listener: "Listener | None" = None, timeout: float | None = None
    ) -> "Iterator[Listener | None]":
        """Let no other run come near the database in the block; gives the listener for the run in it."""
        if self._keeps:
            yield listener
            return
        from nbmigrate.database.backends.timeouts import timeout_of
        from nbmigrate.database.lock import lock_of

        if self._connectable is not None:
            self._connectable.check_writable(self.connection)
        with self.config.placing_errors():
            seconds = timeout_of(self.config.get_main_option("lock_timeout")) if timeout is None else timeout
        caller_owns_transaction = self.caller.is_open()
        lock = lock_of(
            self.connection,
            self.versions,
            caller_owns_transaction=caller_owns_transaction,
            timeout=seconds,
            listener=listener,
        )
        # Before it is taken: an interrupt in between must not leave it to nobody.
        self._lock = lock
        lock.take()
        # What a user's transaction holds is not there for others before it is committed.
        self._keeps = caller_owns_transaction
        try:
            yield lock.watched()
            self._keeps = caller_owns_transaction and self.caller.holds_run
        finally:
            if not self._keeps:
                self.release()

    def check_committed(self) -> None:
        """Make sure, once env.py has ended, that it committed the transaction that it ran the migrations in."""
        self.caller.check_committed()

    def release(self) -> None:
        """Let other runs have the database, now that env.py has ended; done again where it was interrupted."""
        self._keeps = False
        if self._lock is not None:
            self._lock.release()
            self._lock = None
