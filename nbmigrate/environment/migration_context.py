"""What `context.configure()` makes: a connection with its version table, ready to be migrated."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.driver import is_block, translate_plain_errors
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.errors import url_text
from nbmigrate.database.transaction import ddl_commits
from nbmigrate.environment.alembic.names import builtins_with, importer
from nbmigrate.environment.base_context import ContextRunner
from nbmigrate.errors import DatabaseError, OperationError, PositionError

if TYPE_CHECKING:
    from nbmigrate.clock import Clock
    from nbmigrate.database.bookkeeping.run_log import RunLog
    from nbmigrate.database.events import Listener, RunReport
    from nbmigrate.database.execution.options import RunOptions
    from nbmigrate.database.execution.stamp import StampReport
    from nbmigrate.database.execution.step import RunningStep
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

    #: Alembic's switch for `--sql`.
    as_sql = False
    #: Makes a context that no env.py has configured; `EnvironmentContext`, which knows both kinds, puts it here.
    made_by: ClassVar["Callable[..., MigrationContext]"]
    _connectable: "Connectable | None" = None

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
        self.versions = VersionTable(
            connection,
            self.version_table,
            self.version_table_schema,
            pk=self.opts.get("version_table_pk", True),
        )
        #: The transaction of the connection's owner, who commits it.
        self._external: sa.RootTransaction | None = None
        self._committed = False
        self._moved = False
        #: The lock of a run in the user's transaction, whose end is not known before env.py has ended.
        self._lock: RunLock | None = None
        self._keeps = False
        #: Whether a block of `begin_transaction()` is open.
        self.in_block = False
        #: Whether revisions were run and committed.
        self.has_committed = False
        if (begun := connection.get_transaction()) is not None:
            self._join(begun)

    @classmethod
    def configure(
        cls,
        connection: sa.Connection | None = None,
        url: str | sa.URL | None = None,
        dialect_name: str | None = None,
        dialect: sa.Dialect | None = None,
        environment_context: Any = None,
        dialect_opts: Mapping[str, Any] | None = None,
        opts: Mapping[str, Any] | None = None,
    ) -> "MigrationContext":
        """Return a context without an env.py, for a program that asks where a database stands."""
        name = dialect_name or (dialect.name if dialect is not None else None)
        options = {**(opts or {}), "dialect_opts": dialect_opts, "url": url, "dialect_name": name}
        return cls.made_by(connection, options, environment_context)

    def _keep(
        self, dialect: sa.Dialect, opts: Mapping[str, Any], config: "AlembicConfig", script: "ScriptDirectory"
    ) -> None:
        self.dialect = dialect
        self.opts = dict(opts)
        self.config = config
        self.script = script
        self.run_arguments: dict[str, Any] = {}
        #: The step that is running, told by the executor.
        self.running: RunningStep | None = None
        #: Whether the statement in flight in an interrupted revision was applied; None if not given.
        self.in_flight_applied: bool | None = None
        self.version_table = self.opts.get("version_table") or "alembic_version"
        self.version_table_schema = self.opts.get("version_table_schema")

    def __repr__(self) -> str:
        return f"MigrationContext({self.url!r})"

    def _join(self, transaction: sa.RootTransaction) -> None:
        """Leave a transaction to its owner."""
        if self._external is None:
            sa.event.listen(self.connection, "commit", self._owner_commits)
            sa.event.listen(self.connection, "commit_twophase", self._owner_commits)
        self._external = transaction

    def _owner_commits(self, *_: Any) -> None:
        self._committed = True

    @property
    def transactional_ddl(self) -> bool:
        """Whether a revision is undone whole when it fails."""
        return not ddl_commits(self.dialect)

    @property
    def bind(self) -> sa.Connection:
        """The connection, under Alembic's other name for it."""
        return self.connection

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

    def get_current_revision(self) -> str | None:
        """Return the head that the database stands at, or None.

        Raises
        ------
        PositionError
            There is more than one.
        """
        heads = self.get_current_heads()
        if len(heads) > 1:
            raise PositionError(
                f"Version table {self.version_table!r} has more than one head present; "
                "please use get_current_heads()"
            )
        return heads[0] if heads else None

    def begin_transaction(self, _per_migration: bool = False) -> AbstractContextManager[Any]:
        """Commit at the end of the block what was sent in it, or roll it back where the block fails.

        A revision has a transaction of its own all the same, which commits with its row in the version table. What
        the connection's owner began before `configure()` stays theirs.
        """
        is_part = self.running is not None or self.in_block or self._caller_owns_transaction()
        return Block(self, is_part=is_part)

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
        if self._caller_owns_transaction():
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

    def static_output(self, text: str) -> None:
        """Write a text into the script of `--sql`; a run has none."""
        raise OperationError(
            "context.static_output() writes into the script of --sql, and this is a run.",
            "Call it only `if context.is_offline_mode():`.",
        )

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
        caller_owns_transaction = self._caller_owns_transaction()
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
            self._moved = self._moved or bool(caller_owns_transaction and report.steps)
            self.has_committed = self.has_committed or bool(report.steps and not caller_owns_transaction)
        return report

    def run_log(self, clock: "Clock | None" = None) -> "RunLog":
        """Return the table of runs, which may not be there; a run that is recorded is one of these."""
        from nbmigrate.clock import SystemClock
        from nbmigrate.database.bookkeeping.run_log import RunLog

        return RunLog(self.connection, self.versions, self.script.content, clock or SystemClock())

    @property
    def run_options(self) -> "RunOptions":
        """How the settings want a run to be; ConfigError where one of them cannot be."""
        from nbmigrate.database.execution.options import run_options

        with self.config.placing_errors():
            return run_options(
                self.config.get_main_option, self.dialect, self.opts.get("transaction_per_migration")
            )

    def _resolve_in_flight(self) -> None:
        if self.in_flight_applied is not None:
            from nbmigrate.database.execution import stamp as stamping

            caller_owns_transaction = self._caller_owns_transaction()
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

        caller_owns_transaction = self._caller_owns_transaction()
        with self._locked(listener, lock_timeout):
            given_up = stamping.abandon(
                self.connection, version_table=self.versions, caller_owns_transaction=caller_owns_transaction
            )
            self._moved = self._moved or bool(caller_owns_transaction and given_up)
        return given_up

    def _sound(self, plan: "Plan") -> "Plan":
        # Reading a header does not show what is wrong below it; nothing is to be touched before that is known.
        self.script.check_syntax(step.revision for step in plan.steps)
        return plan

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
        caller_owns_transaction = self._caller_owns_transaction()
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
            self._moved = self._moved or bool(caller_owns_transaction and report.plan.steps)
        return report

    def run_migrations(self, **arguments: Any) -> None:
        """Run what the `fn` of a program's `opts` returns for the heads of the database; nothing without one.

        Parameters
        ----------
        arguments
            Given to `upgrade()` and `downgrade()` by name.
        """
        fn = self.opts.get("fn")
        if fn is not None:
            from nbmigrate.environment.alembic.steps import run_wanted

            self.run_arguments = arguments
            run_wanted(self, fn(self.get_current_heads(), self))

    def ensure_version(self) -> bool:
        """Make the version table if there is none, and return whether it was made."""
        from nbmigrate.database.execution import stamp as stamping

        caller_owns_transaction = self._caller_owns_transaction()
        with self._locked():
            made = stamping.ensure_version(
                self.connection, version_table=self.versions, caller_owns_transaction=caller_owns_transaction
            )
            self._moved = self._moved or (caller_owns_transaction and made)
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
        caller_owns_transaction = self._caller_owns_transaction()
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
            self._keeps = caller_owns_transaction and self._moved
        finally:
            if not self._keeps:
                self.release()

    def release(self) -> None:
        """Let other runs have the database, now that env.py has ended; done again where it was interrupted."""
        self._keeps = False
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _caller_owns_transaction(self) -> bool:
        """Whether the owner of the connection has begun its transaction: before configure(), or by a block."""
        begun = self.connection.get_transaction()
        if begun is not None and is_block(begun):
            self._join(begun)
        return self._external is not None and self._external is begun

    @property
    def is_kept(self) -> bool:
        """Whether what its runs did is not in a transaction of env.py's that env.py has not committed."""
        return self._committed or not self._moved

    def check_committed(self) -> None:
        """Make sure, once env.py has ended, that it committed the transaction that it ran the migrations in.

        Raises
        ------
        DatabaseError
            It did not, so that nothing of the run remains.
        """
        pending = not self.connection.closed and self._external is self.connection.get_transaction()
        if not self.is_kept and not pending:
            raise DatabaseError(
                "env.py ran the migrations inside a transaction that it did not commit: nothing of this run remains.",
                "Call connection.commit() before context.configure(), or use `with connection.begin():` around both.",
            )


class Block:
    """What `begin_transaction()` returns: a block, which env.py may end before its end, or without one.

    Parameters
    ----------
    context
        The context.
    is_part
        Whether it is in another, or in a transaction of the connection's owner, which ends it.
    """

    def __init__(self, context: MigrationContext, *, is_part: bool) -> None:
        self.context = context
        self._is_part = is_part

    def __enter__(self) -> "Block":
        if not self._is_part:
            self.context.in_block = True
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._is_part:
            return
        self.context.in_block = False
        connection = self.context.connection
        if kind is None:
            if not connection.closed:
                connection.commit()
            return
        # What is raised matters, and not that a connection that has ended cannot be rolled back.
        with suppress(sa.exc.SQLAlchemyError):
            connection.rollback()

    def commit(self) -> None:
        """Commit what was sent in the block."""
        self.context.connection.commit()

    def rollback(self) -> None:
        """Undo what was sent in the block.

        Raises
        ------
        OperationError
            Revisions were run in it, each of which is committed.
        """
        if self.context.has_committed:
            raise OperationError(
                "env.py rolls back the transaction that it ran the migrations in, but each revision has committed its "
                "own: what was applied stays applied.",
                "`preview` shows what a run would do, without a run. To undo a run as a whole, begin the transaction "
                "before context.configure(): `with connection.begin() as transaction:`.",
            )
        self.context.connection.rollback()


def stamp_plan(
    given: "Callable[[tuple[str, ...]], StampPlan] | AlembicScripts", revision: str | Sequence[str] | None
) -> "Callable[[tuple[str, ...]], StampPlan]":
    """Return what plans a stamp, also where a program gives Alembic's arguments: revision files, and a revision."""
    return given if callable(given) else lambda rows: given.plan_stamp(revision, rows)
