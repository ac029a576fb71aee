"""Which env.py is running, here and now.

Each thread, and each task, has its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Environment(Protocol):
    """What `context` stands for while an env.py runs."""

    def run_env(self) -> None:
        """Run its env.py, where a program asks for that."""
        ...


_running: ContextVar[Environment] = ContextVar("environment")


@contextmanager
def use(environment: Environment) -> Iterator[None]:
    """Let `context` mean an environment until the end of the block."""
    token = _running.set(environment)
    try:
        yield
    finally:
        _running.reset(token)


def running() -> Environment | None:
    """Return what `context` stands for here and now, if anything."""
    return _running.get(None)
