"""`from nbmigrate import op`: the directives of the migration that is running.

Each function here asks the `Operations` that `use` has put in place, when it is called, so
`from nbmigrate.op import create_table` works as well. Two threads, or tasks, run two migrations without meeting.
"""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from nbmigrate.errors import OperationError, nearest
from nbmigrate.operations import Operations
from nbmigrate.operations.directives import custom
from nbmigrate.operations.directives.operations import running
from nbmigrate.operations.directives.operations import use as use

P = ParamSpec("P")
R = TypeVar("R")


def _call(name: str, /, *args: Any, **kwargs: Any) -> Any:
    operations = running()
    if operations is None:
        raise OperationError(
            f"op.{name}() was called outside a migration.",
            "Call it in upgrade() or downgrade() of a revision file, which `%migrate upgrade` runs.",
        )
    return getattr(operations, name)(*args, **kwargs)


def _directive(method: Callable[Concatenate[Operations, P], R]) -> Callable[P, R]:
    @functools.wraps(method)
    def directive(*args: P.args, **kwargs: P.kwargs) -> R:
        result: R = _call(method.__name__, *args, **kwargs)
        return result

    # The signature people are shown has no `self`, which wraps() would put back.
    signature = inspect.signature(method)
    vars(directive)["__signature__"] = signature.replace(parameters=list(signature.parameters.values())[1:])
    return directive


add_column = _directive(Operations.add_column)
alter_column = _directive(Operations.alter_column)
batch_alter_table = _directive(Operations.batch_alter_table)
bulk_insert = _directive(Operations.bulk_insert)
create_check_constraint = _directive(Operations.create_check_constraint)
create_exclude_constraint = _directive(Operations.create_exclude_constraint)
create_foreign_key = _directive(Operations.create_foreign_key)
create_index = _directive(Operations.create_index)
create_primary_key = _directive(Operations.create_primary_key)
create_table = _directive(Operations.create_table)
create_table_comment = _directive(Operations.create_table_comment)
create_unique_constraint = _directive(Operations.create_unique_constraint)
drop_column = _directive(Operations.drop_column)
drop_constraint = _directive(Operations.drop_constraint)
drop_index = _directive(Operations.drop_index)
drop_table = _directive(Operations.drop_table)
drop_table_comment = _directive(Operations.drop_table_comment)
execute = _directive(Operations.execute)
f = _directive(Operations.f)
get_bind = _directive(Operations.get_bind)
get_context = _directive(Operations.get_context)
implementation_for = Operations.implementation_for
inline_literal = _directive(Operations.inline_literal)
invoke = _directive(Operations.invoke)
register_operation = Operations.register_operation
rename_table = _directive(Operations.rename_table)
run_async = _directive(Operations.run_async)

__all__ = sorted(name for name in vars() if not name.startswith("_") and hasattr(Operations, name))


def __dir__() -> list[str]:
    return sorted([*__all__, "use"])


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Callable[..., Any]:
        if not name.startswith("_") and custom.directive(Operations, name) is not None:
            return functools.partial(_call, name)
        guess = nearest(name, __all__)
        hint = f"; did you mean op.{guess}?" if guess else ""
        raise AttributeError(f"op has no directive {name!r}{hint}", name=name)
