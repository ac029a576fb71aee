"""`from nbmigrate import context`: the names that env.py uses, for the env.py that is running.

Each thread, and each project, has its own: what is looked up here is the `EnvironmentContext` of the run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from nbmigrate.environment.environment_context import EnvironmentContext
from nbmigrate.errors import ConfigError, UnsupportedOperationError, nearest

_running: ContextVar[EnvironmentContext] = ContextVar("environment")

#: What Alembic has and a run does not, with the reason.
_NOT_HERE = {
    "get_impl": "it is an inner object of Alembic",
}


@contextmanager
def use(environment: EnvironmentContext) -> Iterator[None]:
    """Let `context` mean an environment until the end of the block."""
    token = _running.set(environment)
    try:
        yield
    finally:
        _running.reset(token)


def running() -> EnvironmentContext | None:
    """Return what `context` stands for here and now, if anything."""
    return _running.get(None)


def names() -> list[str]:
    """Return what `context` offers."""
    offered = {*vars(EnvironmentContext), "config", "script"} - {"release"}
    return sorted(name for name in offered if not name.startswith("_"))


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _NOT_HERE:
        raise UnsupportedOperationError(f"context.{name} is not provided: {_NOT_HERE[name]}.")
    if name not in names():
        meant = nearest(name, names())
        raise AttributeError(f"context has no {name!r}" + (f"; did you mean {meant!r}?" if meant else "."))
    environment = running()
    if environment is None:
        raise ConfigError(
            f"context.{name} was used while no env.py was running.",
            "env.py is run by the commands that need the database, such as upgrade and current.",
        )
    return getattr(environment, name)


def __dir__() -> list[str]:
    return names()
