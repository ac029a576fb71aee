"""A step whose statements are found and not sent: for `--sql`, `preview` and the explorer."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NoReturn, Protocol

from nbmigrate.errors import OperationError, TrialStoppedError
from nbmigrate.operations import Operation


class PlanWriter(Protocol):
    """Takes what a step asks for, and keeps the statements for it."""

    @property
    def statements(self) -> list[str]:
        """The statements so far."""
        ...

    def operation(self, operation: Operation) -> None:
        """Keep the statements of an operation."""
        ...

    def flush(self) -> None:
        """Keep what waits for other changes to the same table."""
        ...


class StepContext(Protocol):
    """What `op.get_context()` returns while a step is planned."""

    @property
    def naming_convention(self) -> Mapping[str, Any] | None:
        """What constraints and indexes without a name are called, as env.py says it."""
        ...


class PlannedStep:
    """The `Runner` of one step's operations, which sends nothing.

    Parameters
    ----------
    writer
        What finds their statements.
    make_bind
        Returns what `op.get_bind()` returns; called when somebody asks for it.
    context
        What `op.get_context()` returns.
    """

    def __init__(
        self, writer: PlanWriter, make_bind: Callable[[], Any], context: StepContext | None = None
    ) -> None:
        self.writer = writer
        self._make_bind = make_bind
        self.context = context
        self.operations: list[Operation] = []
        #: Why what follows is not known; the step goes no further then, though it may have caught the error.
        self.refusal: OperationError | None = None
        #: Whether the step has asked for more than operations, so that it may do another thing on another database.
        self.reads_database = False
        #: How many operations of the project's own are being done, one by another.
        self._within = 0

    @cached_property
    def bind(self) -> Any:
        """What `op.get_bind()` returns."""
        return self._make_bind()

    @property
    def naming_convention(self) -> Mapping[str, Any] | None:
        """What constraints and indexes without a name are called."""
        return None if self.context is None else self.context.naming_convention

    def invoke(self, operation: Operation) -> None:
        """Write the statements of an operation."""
        self.go_on()
        if self._within == 0:
            self.operations.append(operation)
        self.writer.operation(operation)

    @contextmanager
    def within(self, operation: Operation) -> Iterator[None]:
        """Write what is asked for in the block, as parts of the operation."""
        self.reads_database = True
        if self._within == 0:
            self.operations.append(operation)
        self._within += 1
        try:
            yield
        finally:
            self._within -= 1

    def get_bind(self) -> Any:
        """Return what takes statements."""
        self.reads_database = True
        self.go_on()
        self.writer.flush()
        return self.bind

    def get_context(self) -> Any:
        """Return the migration context."""
        self.reads_database = True
        self.go_on()
        self.writer.flush()
        return self.context

    def sent(self, operation: Operation) -> None:
        """Take note of a statement that the migration would send itself."""
        if self._within == 0:
            self.operations.append(operation)

    def go_on(self) -> None:
        """Raise again what the step was refused for, if it was."""
        if self.refusal is not None:
            raise self.refusal

    def stop(self, error: TrialStoppedError) -> None:
        """Go no further: the code was about to do something outside of the database."""
        self.refusal = self.refusal or error

    def refuse(self, why: str) -> NoReturn:
        """Raise OperationError: what follows is known only when it runs; `why` ends that sentence."""
        self.refusal = self.refusal or OperationError(f"What follows is known only when it runs: {why}")
        raise self.refusal
