"""Which `Operations` the functions of `op` stand for, here and now."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbmigrate.operations.directives.operations import Operations

_running: ContextVar["Operations | None"] = ContextVar("nbmigrate_operations", default=None)


@contextmanager
def use(operations: "Operations") -> Iterator["Operations"]:
    """Let `op` be `operations` inside of the `with` block."""
    token = _running.set(operations)
    try:
        yield operations
    finally:
        _running.reset(token)


def running() -> "Operations | None":
    """Return what `op` stands for; None outside of a migration."""
    return _running.get()
