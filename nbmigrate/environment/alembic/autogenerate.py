"""What plug-ins register for Alembic's autogenerate, which nbmigrate does not do: accepted, and never called.

A plug-in registers how to compare and how to render its own objects when it is imported, also by a project that only
runs revisions.
"""

from collections.abc import Callable
from enum import Enum, IntEnum, auto
from typing import Any, NoReturn, TypeVar

from nbmigrate.environment.alembic.stand_ins import refusal

F = TypeVar("F", bound=Callable[..., Any])


class DispatchPriority(IntEnum):
    """When a registered function is called, among others."""

    FIRST = 50
    MEDIUM = 25
    LAST = 10


class PriorityDispatchResult(Enum):
    """Whether the functions after a registered one are called."""

    CONTINUE = auto()
    STOP = auto()


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

    def dispatch(self, *_: Any, **__: Any) -> Callable[..., NoReturn]:
        """Return a function that refuses to compare or to render: a plug-in may keep it for later."""

        def refuse(*_: Any, **__: Any) -> NoReturn:
            raise refusal(f"alembic.autogenerate.{self.name}.dispatch()")

        return refuse


comparators = Dispatcher("comparators")
renderers = Dispatcher("renderers")


class AutogenContext:
    """What functions for autogenerate are given; here only a name for their annotations."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise refusal("alembic.autogenerate.api.AutogenContext")


class Rewriter:
    """Alembic's way to change what autogenerate has found; as process_revision_directives it changes nothing."""

    #: How Alembic walks what was found; plug-ins register how their own operations are walked.
    _traverse = Dispatcher("rewriter.Rewriter._traverse")

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
