"""What does operations: the runner that a directive gives them to, and the recorder that keeps them."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NoReturn, Protocol

from sqlalchemy import Connection

from nbmigrate.errors import OperationError
from nbmigrate.operations.operation import Operation


class Runner(Protocol):
    """Whoever does, or writes down, what a migration asks for."""

    @property
    def naming_convention(self) -> Mapping[str, Any] | None:
        """What constraints and indexes without a name are called, as `sa.MetaData` takes it."""
        ...

    def invoke(self, operation: Operation) -> Any:
        """Do the operation, or take note of it."""
        ...

    def within(self, operation: Operation) -> AbstractContextManager[None]:
        """Take what is asked for in the block for a part of the operation, one of the project's own."""
        ...

    def get_bind(self) -> Connection:
        """Return the connection the migration runs on."""
        ...

    def get_context(self) -> Any:
        """Return the migration context."""
        ...


class Recorder:
    """Keeps what a migration asks for in `operations`, in order, without a database.

    Parameters
    ----------
    naming_convention
        What constraints and indexes without a name are called, as `sa.MetaData` takes it.
    """

    def __init__(self, naming_convention: Mapping[str, Any] | None = None) -> None:
        self.operations: list[Operation] = []
        self.naming_convention = naming_convention

    def invoke(self, operation: Operation) -> None:
        """Take note of the operation."""
        self.operations.append(operation)

    @contextmanager
    def within(self, operation: Operation) -> Iterator[None]:
        """Take note of the operation alone, and not of what it asks for in the block."""
        outer, self.operations = self.operations, []
        try:
            yield
        finally:
            self.operations = outer
        self.operations.append(operation)

    def get_bind(self) -> NoReturn:
        """Raise OperationError: there is no database here."""
        raise _no_database("op.get_bind()")

    def get_context(self) -> Any:
        """Raise OperationError: there is no database here."""
        raise _no_database("op.get_context()")


def _no_database(what: str) -> OperationError:
    return OperationError(
        f"{what} needs a database, and this migration is only being read.",
        "What it does depends on the database, so write def downgrade() yourself.",
    )
