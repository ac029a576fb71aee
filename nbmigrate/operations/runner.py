"""What `op` hands its operations to."""

from typing import Any, Protocol

from sqlalchemy import Connection

from nbmigrate.operations.operation import Operation


class Runner(Protocol):
    """Whoever does, or writes down, what a migration asks for."""

    def invoke(self, operation: Operation) -> Any:
        """Do the operation, or take note of it."""
        ...

    def get_bind(self) -> Connection:
        """Return the connection the migration runs on."""
        ...

    def get_context(self) -> Any:
        """Return the migration context."""
        ...
