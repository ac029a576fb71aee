"""Operations of Alembic's that a project does in its own way.

It says so by `@Operations.implementation_for(ops.CreateTableOp, replace=True)` above a function. That counts in the
runs of the project whose env.py, or whose modules, registered it, as long as those modules are loaded.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nbmigrate.config.run_scope import RunScope, current_scope, in_scope
from nbmigrate.operations.migrate_operation import MigrateOperation
from nbmigrate.operations.operation import Operation
from nbmigrate.schema import Source

Function = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Replacement:
    """A function that does the operations of one of Alembic's classes.

    Parameters
    ----------
    kind
        The class; its `ours` are our operations, and its `viewed` makes one of Alembic's of one of ours.
    function
        Given `op` and the operation, as Alembic has it.
    """

    kind: Any
    function: Function

    @property
    def is_loaded(self) -> bool:
        """Whether the module of the function is there, and not a later one of its name."""
        module = sys.modules.get(self.function.__module__)
        return module is not None and vars(module) is self.function.__globals__


#: By project, None outside of runs: what its modules have registered, by class. Runs of one project register the same.
_registry: dict[str | None, dict[Any, Replacement]] = {}


def replace_implementation(kind: Any, function: Function) -> None:
    """Let a function do the operations of one of Alembic's classes."""
    scope = current_scope()
    project = None if scope is None else scope.project
    _counting()[kind] = _registry.setdefault(project, {})[kind] = Replacement(kind, function)


def _counting() -> dict[Any, Replacement]:
    """Return what counts here: what this run has registered, and what modules that are loaded did before."""
    scope = current_scope()
    if scope is None:
        return _registry.setdefault(None, {})
    if not scope.is_loaded:
        kept = _registry.get(scope.project, {})
        scope.replacements.update({kind: each for kind, each in kept.items() if each.is_loaded})
        scope.is_loaded = True
    return scope.replacements


class ReplacedOperation(MigrateOperation):
    """An operation of ours that is done by a function of the project."""

    def __init__(self, value: Operation, replacement: Replacement) -> None:
        self.value = value
        self.replacement = replacement

    @property
    def table_name(self) -> str | None:
        """The table that it is about."""
        return self.value.table_name

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        return self.value.describe()

    def reverse(self) -> Operation:
        """Return the operation that undoes it."""
        return self.value.reverse()

    def source(self) -> Source:
        """Return the `op` call that asks for it."""
        return self.value.source()

    def perform(self, operations: Any) -> Any:
        """Let the function do it; what it asks for in turn is done as without it."""
        scope = current_scope()
        rest = {kind: each for kind, each in _counting().items() if kind is not self.replacement.kind}
        with in_scope(RunScope(None if scope is None else scope.project, rest, is_loaded=True)):
            return self.replacement.function(operations, self.replacement.kind.viewed(self.value))


def replaced(operation: Operation) -> ReplacedOperation | None:
    """Return an operation with the function that does it; None for one that is done as always."""
    for kind, replacement in _counting().items():
        if isinstance(operation, kind.ours) and kind.accepts(operation):
            return ReplacedOperation(operation, replacement)
    return None
