"""What plug-ins register for Alembic's autogenerate, which nbmigrate does not do: accepted, and never called.

A plug-in registers how to compare and how to render its own objects when it is imported, also by a project that only
runs revisions.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, NoReturn, TypeVar

from nbmigrate.errors import UnsupportedOperationError

F = TypeVar("F", bound=Callable[..., Any])


class DispatchPriority(IntEnum):
    """When a registered function is called, among others."""

    FIRST = 50
    MEDIUM = 25
    LAST = 10


class Dispatcher:
    """A list of functions by the kind of object, which takes entries and has no use for them.

    Parameters
    ----------
    name
        What it is called, for errors.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def dispatch_for(self, target: Any, qualifier: str = "default", **_: Any) -> Callable[[F], F]:
        """Return the decorator that registers a function."""
        del target, qualifier
        return lambda function: function

    def dispatch(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse to compare or to render."""
        raise _not_provided(f"alembic.autogenerate.{self.name}.dispatch()")


comparators = Dispatcher("comparators")
renderers = Dispatcher("renderers")


class AutogenContext:
    """What functions for autogenerate are given; here only a name for their annotations."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise _not_provided("alembic.autogenerate.api.AutogenContext()")


class Rewriter:
    """Alembic's way to change what autogenerate has found; as process_revision_directives it changes nothing."""

    def rewrites(self, operations: Any) -> Callable[[F], F]:
        """Return the decorator that registers a function for a kind of operation."""
        del operations
        return lambda function: function

    def chain(self, other: Any) -> "Rewriter":
        """Return one that does both."""
        del other
        return self

    def __call__(self, context: Any, revision: Any, directives: list[Any]) -> None:
        """Do nothing: a new revision has no operations that were found."""


def _not_provided(what: str) -> UnsupportedOperationError:
    return UnsupportedOperationError(
        f"{what} is not provided: nbmigrate does not compare the models with the database.",
        "Run `alembic revision --autogenerate` in a terminal, or write the revision.",
    )
