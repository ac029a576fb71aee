"""What a MigrationContext has beside its database: it takes operations itself, and tells env.py of every step."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from nbmigrate.errors import OperationError, PositionError

if TYPE_CHECKING:
    from nbmigrate.database.execution.options import RunOptions
    from nbmigrate.environment.alembic.config import AlembicConfig
    from nbmigrate.environment.alembic.script_directory import AlembicScripts
    from nbmigrate.graph.plan import Plan, Step
    from nbmigrate.graph.stamp import StampPlan, StampStep
    from nbmigrate.operations import Operation
    from nbmigrate.scripts.directory import ScriptDirectory


class ContextRunner:
    """The `Runner` of `Operations(context)`: inside a migration its step, outside one the connection as it is."""

    #: Alembic's switch for `--sql`.
    as_sql = False
    #: Makes a context that no env.py has configured; `EnvironmentContext`, which knows both kinds, puts it here.
    made_by: ClassVar["Callable[..., Any]"]
    connection: sa.Connection
    #: The url of the database, its secrets masked.
    url: Any

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
    ) -> Any:
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
        self.running: Any = None
        #: Whether the statement in flight in an interrupted revision was applied; None if not given.
        self.in_flight_applied: bool | None = None
        self.version_table = self.opts.get("version_table") or "alembic_version"
        self.version_table_schema = self.opts.get("version_table_schema")

    def __repr__(self) -> str:
        return f"MigrationContext({self.url!r})"

    @property
    def bind(self) -> sa.Connection:
        """The connection, under Alembic's other name for it."""
        return self.connection

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

    def get_current_heads(self) -> tuple[str, ...]:
        """Return the heads that the database stands at."""
        raise NotImplementedError

    def begin_transaction(self, _per_migration: bool = False) -> AbstractContextManager[Any]:
        """Commit at the end of the block what was sent in it."""
        raise NotImplementedError

    @property
    def run_options(self) -> "RunOptions":
        """How the settings want a run to be; ConfigError where one of them cannot be."""
        from nbmigrate.database.execution.options import run_options

        with self.config.placing_errors():
            return run_options(
                self.config.get_main_option, self.dialect, self.opts.get("transaction_per_migration")
            )

    def _sound(self, plan: "Plan") -> "Plan":
        # Reading a header does not show what is wrong below it; nothing is to be touched before that is known.
        self.script.check_syntax(step.revision for step in plan.steps)
        return plan

    def static_output(self, text: str) -> None:
        """Write a text into the script of `--sql`; a run has none."""
        raise OperationError(
            "context.static_output() writes into the script of --sql, and this is a run.",
            "Call it only `if context.is_offline_mode():`.",
        )

    @property
    def output_buffer(self) -> Any:
        """Where env.py wants the script of `--sql`, or else the standard output: what a plug-in prints goes there."""
        return self.opts.get("output_buffer") or sys.stdout

    @property
    def naming_convention(self) -> Mapping[str, Any] | None:
        """What constraints and indexes without a name are called: as env.py's target_metadata says."""
        from nbmigrate.schema import convention_of

        return convention_of(self.opts.get("target_metadata"))

    def invoke(self, operation: "Operation") -> Any:
        """Do an operation."""
        if self.running is not None:
            return self.running.invoke(operation)
        from nbmigrate.database.execution.single_operation import run_operation
        from nbmigrate.operations import AlterTable

        # Alone, a batch is a transaction, and another operation is part of whatever the connection's owner commits.
        with self.begin_transaction() if isinstance(operation, AlterTable) else nullcontext():
            return run_operation(self.connection, operation)

    @contextmanager
    def within(self, operation: "Operation") -> Iterator[None]:
        """Do what is asked for in the block, as parts of the operation."""
        if self.running is None:
            yield
            return
        with self.running.within(operation):
            yield

    def get_bind(self) -> sa.Connection:
        """Return the connection."""
        return self.connection

    def get_context(self) -> "ContextRunner":
        """Return this."""
        return self

    def applied(self, step: "Step | StampStep") -> None:
        """Tell env.py's `on_version_apply` of a step that is done, before it is committed."""
        if not self.opts.get("on_version_apply"):
            return
        from nbmigrate.environment.alembic.migration_info import callbacks_of, migration_info, stamp_info
        from nbmigrate.environment.alembic.script_directory import AlembicScripts
        from nbmigrate.graph.plan import Step

        scripts = AlembicScripts.of(self.script, self.config)
        info = migration_info(step, scripts) if isinstance(step, Step) else stamp_info(step, scripts)
        for callback in callbacks_of(self.opts):
            callback(ctx=self, step=info, heads=set(step.heads_after), run_args=dict(self.run_arguments))

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


def stamp_plan(
    given: "Callable[[tuple[str, ...]], StampPlan] | AlembicScripts", revision: str | Sequence[str] | None
) -> "Callable[[tuple[str, ...]], StampPlan]":
    """Return what plans a stamp, also where a program gives Alembic's arguments: revision files, and a revision."""
    return given if callable(given) else lambda rows: given.plan_stamp(revision, rows)
