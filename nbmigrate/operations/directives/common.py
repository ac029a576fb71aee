"""The directives that `op` and a batch have in common."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.schema import conv
from sqlalchemy.types import TypeEngine

from nbmigrate.errors import OperationError, nearest
from nbmigrate.operations.directives import custom
from nbmigrate.operations.directives.columns import ColumnDirectives
from nbmigrate.operations.directives.constraints import ConstraintDirectives
from nbmigrate.operations.directives.data import DataDirectives
from nbmigrate.operations.directives.tables import Directives, TableDirectives
from nbmigrate.operations.implementation import Implementation
from nbmigrate.operations.migrate_operation import MigrateOperation

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class _InlineLiteral(sa.BindParameter[Any]):
    """A value that stands in the SQL text, also where it is put into a text of Python's."""

    inherit_cache = True

    def __str__(self) -> str:
        return str(self.compile(compile_kwargs={"literal_binds": True}))


class CommonDirectives(Directives):
    """What touches no table by itself."""

    def f(self, name: str) -> conv:
        """Return the name marked as final: no naming convention changes it.

        Parameters
        ----------
        name
            The name of a constraint or index.
        """
        return conv(name)

    def inline_literal(self, value: Any, type_: TypeEngine[Any] | None = None) -> sa.BindParameter[Any]:
        """Return a value that stands in the SQL text itself instead of being sent beside it.

        Parameters
        ----------
        value
            A string, a number, a date ...: what has a literal form.
        type_
            Its type, where the value does not say it.
        """
        return _InlineLiteral(None, value, type_, unique=True, literal_execute=True)

    def get_bind(self) -> sa.Connection:
        """Return the connection the migration runs on."""
        return self.runner.get_bind()

    def get_context(self) -> Any:
        """Return the migration context."""
        return self.runner.get_context()

    @property
    def migration_context(self) -> Any:
        """The migration context."""
        return self.runner.get_context()

    def invoke(self, operation: Any) -> Any:
        """Do an operation that is given as a value, and return what its implementation returns.

        Parameters
        ----------
        operation
            A `MigrateOperation` of the project, or a value of `nbmigrate.operations`.
        """
        found = custom.adopted(operation)
        if found is None:
            raise OperationError(
                f"op.invoke() is given {operation!r}, which is no operation.",
                "Give an instance of a class that derives from nbmigrate.operations.MigrateOperation.",
            )
        if isinstance(found, MigrateOperation):
            with self.runner.within(found):
                return found.perform(self)
        return self._do(found)

    @property
    def impl(self) -> Implementation:
        """What Alembic's operations of a plug-in call to alter the database."""
        return Implementation(self)

    @classmethod
    def register_operation(cls, name: str, sourcename: str | None = None) -> Callable[[type[T]], type[T]]:
        """Make a directive of a project's own operation: a decorator for its class.

        Parameters
        ----------
        name
            What the directive is called: `op.<name>(...)`.
        sourcename
            The class method that it calls with the operations and its own arguments; the one called `name` if None.
        """
        return custom.register(cls, name, sourcename)

    @classmethod
    def implementation_for(cls, op_cls: Any, replace: bool = False) -> Callable[[F], F]:
        """Say how a project's own operation is done: a decorator for `function(operations, operation)`.

        Parameters
        ----------
        op_cls
            The class of the operation.
        replace
            Whether another function may take the place of the one there is.
        """
        return custom.implement(op_cls, replace=replace)

    def run_async(self, async_function: Callable[..., Awaitable[T]], *args: Any, **kw_args: Any) -> T:
        """Run an async function with the migration's connection as an `AsyncConnection`, and return its result.

        Parameters
        ----------
        async_function
            `async def function(connection, *args, **kw_args)`.
        args, kw_args
            Its other arguments.

        Raises
        ------
        OperationError
            The connection is not one of an async engine, run by `await connection.run_sync(...)` in env.py.
        """
        from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
        from sqlalchemy.util import await_only

        connection = self.get_bind()
        try:
            asynchronous = AsyncConnection(AsyncEngine(connection.engine), connection)
            return await_only(async_function(asynchronous, *args, **kw_args))
        except (sa.exc.InvalidRequestError, sa.exc.MissingGreenlet) as error:
            if not isinstance(error, sa.exc.MissingGreenlet) and connection.dialect.is_async:
                raise
            raise OperationError(
                "op.run_async() needs the connection of an async engine, and this one is not.",
                "env.py makes it with async_engine_from_config() and `await connection.run_sync(...)`; without one, "
                "do the work with op.get_bind().",
            ) from error

    def __getattr__(self, name: str) -> Any:
        found = None if name.startswith("_") else custom.directive(type(self), name)
        if found is not None:
            return lambda *args, **kw_args: found(self, *args, **kw_args)
        guess = nearest(name, [attribute for attribute in dir(type(self)) if not attribute.startswith("_")])
        hint = f"; did you mean {guess}?" if guess else ""
        raise AttributeError(f"{type(self).__name__} has no directive {name!r}{hint}", name=name)


class SingleDirectives(
    TableDirectives, ColumnDirectives, ConstraintDirectives, DataDirectives, CommonDirectives
):
    """Every directive of `op` but the batch."""
