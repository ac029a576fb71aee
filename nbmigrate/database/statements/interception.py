"""Coming between SQLAlchemy and its driver: a statement of a connection may be wrapped, or not be sent at all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import sqlalchemy as sa

from nbmigrate.database.backends.driver_sql import Watcher

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
    types
        What the driver calls the types of the columns; unknown if empty.
    """

    def __init__(
        self,
        cursor: Any,
        rowcount: int,
        lastrowid: int | None,
        names: Sequence[str] = (),
        rows: Iterable[Sequence[Any]] = (),
        types: Sequence[Any] = (),
    ) -> None:
        self._cursor = cursor
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        known = types or (None,) * len(names)
        self.description = [
            (name, type_, *(None,) * 5) for name, type_ in zip(names, known, strict=True)
        ] or None
        self._rows = map(tuple, rows)

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


class Interception(Watcher):
    """Lets a function have the statements of a connection, instead of the driver.

    The dialect that has the events is the engine's, which other connections use too: those are let through.

    Parameters
    ----------
    connection
        The connection.
    intercept
        The function.
    wanted
        Whether it is to have a statement now; one that it is not to have is sent as if nobody listened.
    """

    def __init__(self, connection: sa.Connection, intercept: Intercept, wanted: Callable[[], bool]) -> None:
        self._connection = connection
        self._intercept = intercept
        self._wanted = wanted

    @property
    def hears(self) -> bool:
        """Whether a statement would be given to the function now."""
        return self._wanted()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Have the statements in the block."""
        listeners = (
            ("do_execute", self._execute),
            ("do_executemany", self._execute_many),
            ("do_execute_no_params", self._execute_no_params),
        )
        for name, listen in listeners:
            sa.event.listen(self._connection.engine, name, listen)
        try:
            yield
        finally:
            for name, listen in listeners:
                sa.event.remove(self._connection.engine, name, listen)

    def _execute(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        return self._offer("do_execute", cursor, statement, (parameters,), context)

    def _execute_many(self, cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        return self._offer("do_executemany", cursor, statement, (parameters,), context)

    def _execute_no_params(self, cursor: Any, statement: str, context: Any) -> bool:
        return self._offer("do_execute_no_params", cursor, statement, (), context)

    def _offer(
        self, name: str, cursor: Any, statement: str, parameters: tuple[Any, ...], context: Any
    ) -> bool:
        if context.root_connection is not self._connection or not self._wanted():
            return False

        def send() -> None:
            getattr(context.dialect, name)(cursor, statement, *parameters, context)

        return self._intercept(send, statement, parameters[0] if parameters else None, context)
