"""Operations of a project's own.

What is registered is kept by the project's classes themselves, not by a list here: a class carries the names of its
directives and its implementation, and is found among the classes that derive from `MigrateOperation`. Where several
carry one name, the class counts that this thread, or task, registered last, then the newest there is; so two projects
with env.py files of their own may use one name in two threads.
"""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any, TypeVar

from nbmigrate.errors import OperationError, UnsupportedOperationError
from nbmigrate.operations.migrate_operation import MigrateOperation, Name
from nbmigrate.operations.operation import Operation
from nbmigrate.operations.replacing import replace_implementation

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

#: Where a class that derives from none of ours keeps the class that carries its operations.
_CARRIER = "_nbmigrate_operation"

_registered: ContextVar[Mapping[Name, type[MigrateOperation]]] = ContextVar(
    "nbmigrate_own_operations", default=MappingProxyType({})
)


class _Adopted(MigrateOperation):
    """An operation of a class that derives from none of ours: Alembic takes any.

    Parameters
    ----------
    value
        The operation.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def describe(self) -> str:
        """Return what the operation says of itself."""
        return repr(self.value)

    def reverse(self) -> Operation:
        """Return what undoes it, if its class says what."""
        undo = getattr(self.value, "reverse", None)
        found = None if undo is None else adopted(undo())
        return super().reverse() if found is None else found

    def perform(self, operations: Any) -> Any:
        """Do it, and return what the implementation returns."""
        implementation = type(self).implementation
        return (
            super().perform(operations) if implementation is None else implementation(operations, self.value)
        )


def adopted(value: object) -> Operation | None:
    """Return an operation as one of ours, if its class was registered or given an implementation; None if not."""
    if isinstance(value, Operation):
        return value
    carrier: type[_Adopted] | None = getattr(type(value), _CARRIER, None)
    return None if carrier is None else carrier(value)


def _adopting(cls: type[Any]) -> type[MigrateOperation]:
    """Return the class of ours for a class that is registered: itself, or one that carries its operations."""
    if issubclass(cls, MigrateOperation):
        return cls
    if _CARRIER not in vars(cls):
        setattr(cls, _CARRIER, type(cls.__name__, (_Adopted,), {"adopts": cls}))
    carrier: type[MigrateOperation] = vars(cls)[_CARRIER]
    return carrier


def _kept(owner: type[Any], name: str) -> Callable[[type[T]], type[T]]:
    """Return the decorator for a directive that is there: a plug-in may take it for the operation that it makes."""

    def decorate(cls: type[T]) -> type[T]:
        if getattr(cls, "make", None) is not getattr(owner, name):
            raise OperationError(
                f"op.{name}() is there already; register_operation({name!r}) cannot replace it.",
                "Give the directive another name.",
            )
        return cls

    return decorate


def register(owner: type[Any], name: str, method: str | None) -> Callable[[type[T]], type[T]]:
    """Return the decorator that gives `owner`, Operations or BatchOperations, a directive."""
    if hasattr(owner, name):
        return _kept(owner, name)

    def decorate(cls: type[T]) -> type[T]:
        if not hasattr(cls, method or name):
            raise OperationError(
                f"{cls.__name__} is registered as op.{name}(), but has no class method {method or name!r}.",
                "It takes the operations, then what the directive is given, and calls operations.invoke(...).",
            )
        operation = _adopting(cls)
        place = (owner.__name__, name)
        operation.directives = {**operation.directives, place: method or name}
        _registered.set({**_registered.get(), place: operation})
        return cls

    return decorate


def implement(cls: Any, *, replace: bool) -> Callable[[F], F]:
    """Return the decorator that makes a function the implementation of an operation."""
    name = getattr(cls, "__name__", repr(cls))
    is_own = isinstance(cls, type) and (issubclass(cls, MigrateOperation) or not issubclass(cls, Operation))
    # Alembic's names of our operations say what makes them.
    if is_own and "make" in vars(cls):
        return _replacing(cls, name, replace=replace)
    if not is_own:
        raise UnsupportedOperationError(
            f"implementation_for({name}): only a project's own operations are given an implementation.",
            "Derive a class from nbmigrate.operations.MigrateOperation, and register it under a name of its own.",
        )
    operation = _adopting(cls)

    def decorate(function: F) -> F:
        if "implementation" in vars(operation) and not replace:
            raise OperationError(
                f"{name} has an implementation already.",
                f"Write implementation_for({name}, replace=True) to put another one in its place.",
            )
        setattr(operation, "implementation", staticmethod(function))  # noqa: B010
        return function

    return decorate


def _replacing(cls: Any, name: str, *, replace: bool) -> Callable[[F], F]:
    """Return the decorator that lets a function do the operations of one of Alembic's classes."""
    if not replace:
        raise OperationError(
            f"{name} has an implementation already.",
            f"Write implementation_for({name}, replace=True) to put another one in its place.",
        )
    if not hasattr(cls, "viewed"):
        raise UnsupportedOperationError(
            f"implementation_for({name}): nbmigrate replaces the implementation of operations on tables, columns and "
            "indexes only.",
            "Register an operation of the project's own, and use its directive in the revisions.",
        )

    def decorate(function: F) -> F:
        replace_implementation(cls, function)
        return function

    return decorate


def directive(owner: type[Any], name: str) -> Callable[..., Any] | None:
    """Return the class method behind a registered directive, or None."""
    place = (owner.__name__, name)
    classes = [_registered.get().get(place), *reversed(list(_below(MigrateOperation)))]
    for cls in classes:
        if cls is not None and place in cls.directives:
            found: Callable[..., Any] = getattr(cls.adopts or cls, cls.directives[place])
            return found
    return None


def _below(cls: type[MigrateOperation]) -> Iterator[type[MigrateOperation]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from _below(sub)
