"""Coming between SQLAlchemy and its driver: a statement of a connection may be wrapped, or not be sent at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import sqlalchemy as sa

#: Given what sends a statement, its text, its parameters, and SQLAlchemy's context of it; whether it did all there is.
Intercept = Callable[[Callable[[], None], str, Any, Any], bool]


class AnsweredCursor:
    """What SQLAlchemy finds in the place of a cursor: the answer to its statement, which may be that of an earlier run.

    Parameters
    ----------
    cursor
        The cursor.
    rowcount, lastrowid
        The answer.
    names, rows
        The columns and the rows that came with it; no names where it is of no rows.
    """

    def __init__(
        self,
        cursor: Any,
        rowcount: int,
        lastrowid: int | None,
        names: Sequence[str] = (),
        rows: Iterable[Sequence[Any]] = (),
    ) -> None:
        self._cursor = cursor
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        self.description = [(name, *(None,) * 6) for name in names] or None
        self._rows = iter([tuple(row) for row in rows])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row."""
        return next(self._rows, None)

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """Return some rows."""
        return list(islice(self._rows, size))

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rest of the rows."""
        return list(self._rows)


@contextmanager
def intercepted(connection: sa.Connection, intercept: Intercept) -> Iterator[None]:
    """Let a function have every statement of a connection, instead of the driver.

    The dialect that has the events is the engine's, which other connections use too: those are let through.
    """

    def listener(name: str) -> Callable[..., bool]:
        def listen(cursor: Any, statement: str, *parameters_and_context: Any) -> bool:
            *parameters, context = parameters_and_context
            if context.root_connection is not connection:
                return False

            def send() -> None:
                getattr(context.dialect, name)(cursor, statement, *parameters_and_context)

            return intercept(send, statement, parameters[0] if parameters else None, context)

        return listen

    listeners = [(name, listener(name)) for name in ("do_execute", "do_executemany", "do_execute_no_params")]
    for name, listen in listeners:
        sa.event.listen(connection.engine, name, listen)
    try:
        yield
    finally:
        for name, listen in listeners:
            sa.event.remove(connection.engine, name, listen)
