"""What `op` hands its operations to."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import Connection

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
