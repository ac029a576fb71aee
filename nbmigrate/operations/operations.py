"""The object behind `op`: every directive, with alembic's signature."""

from typing import Any, NoReturn

from sqlalchemy import Connection
from sqlalchemy.schema import conv

from nbmigrate.errors import UnsupportedOperationError
from nbmigrate.operations.column_directives import ColumnDirectives
from nbmigrate.operations.constraint_directives import ConstraintDirectives
from nbmigrate.operations.data_directives import DataDirectives
from nbmigrate.operations.table_directives import TableDirectives


class Operations(TableDirectives, ColumnDirectives, ConstraintDirectives, DataDirectives):
    """What a migration may ask for; each call becomes an operation that `runner` gets."""

    def f(self, name: str) -> conv:
        """Return the name marked as final: no naming convention changes it.

        Parameters
        ----------
        name
            The name of a constraint or index.
        """
        return conv(name)

    def get_bind(self) -> Connection:
        """Return the connection the migration runs on."""
        return self.runner.get_bind()

    def get_context(self) -> Any:
        """Return the migration context."""
        return self.runner.get_context()

    @property
    def migration_context(self) -> Any:
        """The migration context."""
        return self.runner.get_context()

    def batch_alter_table(self, /, table_name: str, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedOperationError: batches are not there yet."""
        raise UnsupportedOperationError(
            f"op.batch_alter_table({table_name!r}) is not supported yet.",
            "Write the changes as op.add_column, op.drop_column ..., or make a new table, copy the rows and rename it.",
        )

    def invoke(self, /, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedOperationError: own operations are not there yet."""
        raise _no_own_operations("invoke")

    def register_operation(self, /, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedOperationError: own operations are not there yet."""
        raise _no_own_operations("register_operation")

    def implementation_for(self, /, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedOperationError: own operations are not there yet."""
        raise _no_own_operations("implementation_for")

    def run_async(self, /, *_: Any, **__: Any) -> NoReturn:
        """Raise UnsupportedOperationError: async functions are not there yet."""
        raise UnsupportedOperationError(
            "op.run_async() is not supported yet.", "Write what the function does with op.execute()."
        )


def _no_own_operations(directive: str) -> UnsupportedOperationError:
    return UnsupportedOperationError(
        f"op.{directive}() is not supported yet: a project cannot have operations of its own.",
        "Write what the operation does with op.execute().",
    )
