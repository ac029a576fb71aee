"""A runner that writes operations down instead of doing them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from nbmigrate.errors import OperationError
from nbmigrate.operations.operation import Operation


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
