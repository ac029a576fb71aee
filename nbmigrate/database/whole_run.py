"""A run that is one transaction: begun with its first step, committed after its last."""

from collections.abc import Iterator
from contextlib import contextmanager

from nbmigrate.database.transaction import Transaction


class WholeRun(Transaction):
    """The transaction of a whole run, given to each of its steps as if it were its own."""

    def begin(self) -> None:
        """Begin with the first step, and again after a block that commits."""
        if not self.is_open:
            super().begin()

    def commit(self) -> None:
        """Do nothing but keep in mind that a step's work waits for the end of the run."""
        self.carries = True

    def finish(self) -> None:
        """Commit what the steps have done."""
        super().commit()
        self._begun = None
        self.carries = False

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Commit what the run has done until here, let every statement commit by itself, then begin again."""
        with self._suspended(self.finish):
            yield
