"""The base of a project's own operations."""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from nbmigrate.errors import OperationError
from nbmigrate.operations.operation import Operation, irreversible
from nbmigrate.operations.recorder import Recorder
from nbmigrate.schema import Source, call, literal

#: The class that has directives, and the name of one.
Name = tuple[str, str]


class MigrateOperation(Operation):
    """The base of a project's own operations, under the name that it has for alembic.

    A class has a class method for each of its directives (`Operations.register_operation`), an implementation
    (`Operations.implementation_for`), and if it can be undone a `reverse()`.
    """

    #: The directives that make it, with the class method for each.
    directives: ClassVar[Mapping[Name, str]] = MappingProxyType({})
    #: The class of `op`, which makes one for a runner; `Operations` is above this, and puts itself here.
    performed_on: ClassVar[type[Any]]
    implementation: ClassVar[Callable[[Any, Any], Any] | None] = None
    #: The class whose operations it carries, where that derives from none of ours.
    adopts: ClassVar[type[Any] | None] = None

    def describe(self) -> str:
        """Return what the class says of itself, and the values it was made with."""
        cls = type(self)
        text = (
            (cls.__doc__ or cls.__name__).strip().splitlines()[0]
            if vars(cls).get("__doc__")
            else cls.__name__
        )
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{text} ({values})" if values else text

    def reverse(self) -> Operation:
        """Raise IrreversibleError, where the class does not say otherwise."""
        raise irreversible("invoke", type(self).__name__, "the class has no reverse()")

    def source(self) -> Source:
        """Return the call of its directive, with the attributes that are called as the arguments of the class are."""
        cls = type(self)
        names = [name for owner, name in cls.directives if owner == "Operations"]
        parameters = list(inspect.signature(cls).parameters)
        if not names or not vars(self).keys() >= set(parameters):
            raise OperationError(
                f"{cls.__name__} cannot be written as Python source.",
                "Give the class a source() that returns nbmigrate.schema.Source('op.name(...)').",
            )
        arguments = {name: literal(vars(self)[name]) for name in parameters}
        return call(f"op.{names[0]}", [], arguments)

    def perform(self, operations: Any) -> Any:
        """Do it, and return what the implementation returns."""
        implementation = type(self).implementation
        if implementation is None:
            raise OperationError(
                f"{type(self).__name__} has no implementation.",
                f"Write a function with @Operations.implementation_for({type(self).__name__}).",
            )
        return implementation(operations, self)

    def parts(self) -> tuple[Operation, ...]:
        """Return the operations that the implementation asks for, without doing them."""
        recorder = Recorder()
        self.perform(self.performed_on(recorder))
        return tuple(part for operation in recorder.operations for part in operation.parts())

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(type(self))
