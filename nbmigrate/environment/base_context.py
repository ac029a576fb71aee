"""What a MigrationContext has beside its database: it takes operations itself, and tells env.py of every step."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from nbmigrate.environment.alembic.config import AlembicConfig
    from nbmigrate.graph.plan import Step
    from nbmigrate.graph.stamp import StampStep
    from nbmigrate.operations import Operation
    from nbmigrate.scripts.directory import ScriptDirectory


class ContextRunner:
    """The `Runner` of `Operations(context)`: inside a migration its step, outside one the connection as it is."""

    connection: sa.Connection
    opts: dict[str, Any]
    config: "AlembicConfig"
    script: "ScriptDirectory"
    run_arguments: dict[str, Any]
    running: Any

    def begin_transaction(self, _per_migration: bool = False) -> AbstractContextManager[Any]:
        """Commit at the end of the block what was sent in it."""
        raise NotImplementedError

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
