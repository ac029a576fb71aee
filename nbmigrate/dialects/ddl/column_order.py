"""The order that a batch gives the columns of a table."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from nbmigrate import operations as ops
from nbmigrate.errors import ColumnNotFoundError, OperationError, UnsupportedOperationError, nearest


def reordered(table: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return columns with those of each row one after another, as far as possible in the order that they have.

    Parameters
    ----------
    table
        The table, for the error.
    columns
        The columns.
    rows
        The rows of `partial_reordering`, of names that are among the columns.

    Raises
    ------
    OperationError
        The rows contradict one another.
    """
    before: dict[str, set[str]] = {column: set() for column in columns}
    for row in rows:
        for first, second in pairwise(row):
            before[second].add(first)
    waiting, ordered = list(before), list[str]()
    while waiting:
        ready = [name for name in waiting if before[name].isdisjoint(waiting)]
        if not ready:
            raise OperationError(
                f"partial_reordering= of table {table} contradicts itself: {', '.join(waiting[:20])} "
                "would each have to come before the other."
            )
        ordered += ready
        waiting = [name for name in waiting if name not in ready]
    return ordered


def order_after(operation: ops.AlterTable, columns: Iterable[str]) -> list[str]:
    """Return the order of the columns of a new table: each by the name that it has when the table is made.

    Parameters
    ----------
    operation
        The batch; columns that it drops keep their place until they go.
    columns
        The columns that the table has.

    Raises
    ------
    ColumnNotFoundError
        A column is to be put beside one that is not there.
    OperationError
        The order contradicts itself, or a new column has the name of one that goes.
    """
    order = list(columns)
    #: What each column is called when the table is made, by its name at this point of the batch.
    made = {name: name for name in order}
    for change in (*operation.changes, *operation.additions()):
        match change:
            case ops.AddColumn(column=column):
                if change.if_not_exists and column.name in made:
                    continue
                if column.name in order and column.name not in made:
                    raise _taken(operation, column.name)
                order.append(column.name)
                made[column.name] = column.name
                _move(operation, change, column.name, order, made)
            case ops.AlterColumn():
                own = _find(operation, change.column, made)
                _move(operation, change, own, order, made)
                if change.new_name is not None:
                    made[change.new_name] = made.pop(change.column)
            case ops.DropColumn():
                made.pop(change.column, None)
    # As with alembic, a column is called by the name that it has before the batch; by its new one, too.
    named = {name: name for name in order} | made
    rows = [[_find(operation, name, named) for name in row] for row in operation.partial_reordering]
    return reordered(operation.table_name, order, rows)


def _move(
    operation: ops.AlterTable,
    change: ops.AddColumn | ops.AlterColumn,
    own: str,
    order: list[str],
    made: dict[str, str],
) -> None:
    beside = change.insert_after if change.insert_after is not None else change.insert_before
    if beside is None:
        return
    other = _find(operation, beside, made)
    if other == own:
        return
    order.remove(own)
    order.insert(order.index(other) + (change.insert_after is not None), own)


def _find(operation: ops.AlterTable, name: str, made: dict[str, str]) -> str:
    if name not in made:
        guess = nearest(name, made)
        raise ColumnNotFoundError(
            f"Table {operation.table_name} has no column {name}.",
            f"Did you mean {guess}?" if guess else f"It has {', '.join(made)}.",
        )
    return made[name]


def _taken(operation: ops.AlterTable, name: str) -> UnsupportedOperationError:
    return UnsupportedOperationError(
        f"A batch that rebuilds table {operation.table_name} cannot add a column {name} beside the one that has this "
        "name before it.",
        f"Drop or rename the old column {name} in a batch of its own, before this one.",
    )
