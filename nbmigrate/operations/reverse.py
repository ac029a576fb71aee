"""The way back from a list of operations, and a list of operations as Python source."""

from collections.abc import Iterable, Sequence

from nbmigrate.errors import IrreversibleError
from nbmigrate.operations.alter_table import AlterTable
from nbmigrate.operations.constraints import AddConstraint, CreateIndex
from nbmigrate.operations.operation import Operation, fullname
from nbmigrate.operations.tables import CreateTable, DropTable, RenameTable
from nbmigrate.schema import Source, merge_imports


def reverse_all(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Return the operations that undo `operations`, the last one first.

    What happens to a table after the same list made it is undone when the table is dropped, so rows inserted
    into it, say, need no undoing of their own.

    Raises
    ------
    IrreversibleError
        For the first operation that nothing undoes.
    """
    made: set[str] = set()
    undone: list[Operation] = []
    for operation in operations:
        covered = operation.table_name in made and not isinstance(operation, DropTable)
        try:
            undone.append(operation.reverse())
        except IrreversibleError:
            if not covered:
                raise
        if isinstance(operation, CreateTable):
            made.add(operation.table_name)
        elif isinstance(operation, RenameTable) and covered:
            made.remove(operation.table_name)
            made.add(fullname(operation.new_name, operation.schema))
    return tuple(reversed(undone))


def leaves_names_open(operations: Iterable[Operation]) -> bool:
    """Return whether a constraint or an index is to get the name that a naming convention gives it."""
    return any(
        (isinstance(operation, AddConstraint) and operation.constraint.name is None)
        or (isinstance(operation, CreateIndex) and operation.index.name is None)
        or (isinstance(operation, AlterTable) and leaves_names_open(operation.changes))
        for operation in operations
    )


def render_body(operations: Iterable[Operation]) -> Source:
    """Return the operations as the statements of a function body, with the imports they need.

    The text is not indented, and `pass` when there are no operations; `imports` are the lines beside those for
    `op` and `sa`, sorted.
    """
    sources = [operation.source() for operation in operations]
    return Source("\n".join(source.text for source in sources) or "pass", merge_imports(sources))
