"""The object behind `op`: every directive, with alembic's signature."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import immutabledict

from nbmigrate.operations.alter_table import Recreate, alter_table_of
from nbmigrate.operations.directives.batch import BatchOperations
from nbmigrate.operations.directives.common import SingleDirectives
from nbmigrate.operations.migrate_operation import MigrateOperation
from nbmigrate.operations.recorder import Recorder, Runner


class Operations(SingleDirectives):
    """What a migration may ask for; each call becomes an operation that `runner` gets."""

    @classmethod
    @contextmanager
    def context(cls, migration_context: Runner) -> Iterator["Operations"]:
        """Let `op` take what it is asked for to a MigrationContext in the block.

        Parameters
        ----------
        migration_context
            The context.
        """
        with use(cls(migration_context)) as operations:
            yield operations

    @contextmanager
    def batch_alter_table(
        self,
        table_name: str,
        schema: str | None = None,
        recreate: Recreate = "auto",
        partial_reordering: Sequence[Sequence[str]] | None = None,
        copy_from: sa.Table | None = None,
        table_args: Sequence[Any] = (),
        table_kwargs: Mapping[str, Any] = immutabledict(),
        reflect_args: Sequence[Any] = (),
        reflect_kwargs: Mapping[str, Any] = immutabledict(),
        naming_convention: Mapping[str, Any] | None = None,
    ) -> Iterator[BatchOperations]:
        """Change a table in one go: `with op.batch_alter_table('t') as batch_op: batch_op.add_column(...)`.

        The changes are made when the block ends, and none of them when it raises. Only SQLite may need to rebuild
        the table for them, which keeps all of it that no change names; other databases alter it, in the same order.

        Parameters
        ----------
        table_name, schema
            The table.
        recreate
            "auto" rebuilds a table of SQLite where a change needs it, "always" rebuilds one of SQLite or PostgreSQL
            in any case, "never" not at all: what has no ALTER TABLE there is refused then. Other databases alter
            the table with each. PostgreSQL needs "always" for `insert_before`, `insert_after`, `partial_reordering`
            and `table_args`; what hangs on the table is made again with it, and what cannot be, as a view, is named in
            an error before anything is sent.
        partial_reordering
            Tuples of columns that shall follow one another: `[('id', 'name')]`.
        copy_from
            A `sa.Table` that says what the table is, instead of the database: `--sql` needs it for a table that is
            rebuilt, and for MariaDB and MySQL it saves giving `existing_type` and so on for every column. A table of
            PostgreSQL is read from the database wherever there is one.
        table_args, table_kwargs
            Constraints and keywords, as `sa.Table` takes them, that a rebuilt table gets besides.
        reflect_args, reflect_kwargs
            For alembic's sake, which reflects the table; here its own definition is edited, which needs no telling.
        naming_convention
            As `sa.MetaData` takes it. The constraints of the table that have no name are found by these names, and have
            them when the table is rebuilt.
        """
        del reflect_kwargs
        batch = alter_table_of(
            table_name,
            schema,
            recreate,
            partial_reordering,
            copy_from,
            table_args,
            table_kwargs,
            reflect_args,
            naming_convention,
        )
        recorder = Recorder(self.runner.naming_convention)
        batch_op = BatchOperations(self.runner, batch, self, (Operations(recorder), recorder))
        yield batch_op
        done = batch_op.done()
        if done.changes or done.remakes:
            self.runner.invoke(done)


MigrateOperation.performed_on = Operations

_running: ContextVar[Operations | None] = ContextVar("nbmigrate_operations", default=None)


@contextmanager
def use(operations: Operations) -> Iterator[Operations]:
    """Let `op` be `operations` inside of the `with` block."""
    token = _running.set(operations)
    try:
        yield operations
    finally:
        _running.reset(token)


def running() -> Operations | None:
    """Return what `op` stands for here and now; None outside of a migration."""
    return _running.get()
