"""The project whose run this thread, or task, is in: what its code registers counts in its own runs alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class RunScope:
    """A run of a project.

    Parameters
    ----------
    project
        The folder of its env.py; None outside of runs.
    replacements
        What does operations of Alembic's in the project's own way, by class.
    is_loaded
        Whether what was registered before the run is among them.
    """

    project: str | None
    replacements: dict[Any, Any] = field(default_factory=dict)
    is_loaded: bool = False


_scope: ContextVar[RunScope | None] = ContextVar("nbmigrate_run", default=None)


def current_scope() -> RunScope | None:
    """Return the run of this thread or task; None outside of runs."""
    return _scope.get()


@contextmanager
def in_scope(scope: RunScope) -> Iterator[None]:
    """Let the block be in a run."""
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)
