"""Coming between SQLAlchemy and its driver: a statement may be wrapped, or answered as an earlier run was.

An answer is kept as JSON for a run that does not send the statement again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import ExecuteStyle

from nbmigrate.database.backends import backend_of

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
        type_codes = types or (None,) * len(names)
        self.description = [
            (name, type_, *(None,) * 5) for name, type_ in zip(names, type_codes, strict=True)
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


class Interception:
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


#: What JSON gives back as it was.
_PLAIN = (int, float, str, bool, type(None))
#: Rows are kept up to this many characters, and of a query up to so many rows.
_MOST, _MOST_ROWS = 20_000, 1_000


def answer_of(context: Any) -> str:
    """Return what the database answered to a statement; its rows, if there are any, can still be read after that."""
    cursor = context.cursor
    lastrowid = getattr(cursor, "lastrowid", None)
    outcome_values = {
        "rowcount": cursor.rowcount,
        "lastrowid": lastrowid if isinstance(lastrowid, int) else None,
    }
    if not _returns_rows(context):
        return json.dumps(outcome_values)
    if context.execute_style is ExecuteStyle.INSERTMANYVALUES:
        # SQLAlchemy reads these itself, batch by batch.
        return json.dumps({**outcome_values, "lost": True})
    names, rows = [column[0] for column in cursor.description], [tuple(row) for row in cursor.fetchall()]
    context.cursor = AnsweredCursor(cursor, cursor.rowcount, lastrowid, names, rows)
    plain = all(isinstance(value, _PLAIN) for row in rows for value in row)
    kept = json.dumps({**outcome_values, "names": names, "rows": rows}) if plain else ""
    return kept if 0 < len(kept) <= _MOST else json.dumps({**outcome_values, "lost": True})


def rows_of(context: Any) -> str:
    """Return what a query answered; "" where that is long, or would be other values when it is read again.

    The rows can still be read after that.
    """
    cursor = context.cursor
    if cursor.description is None or context.execution_options.get("stream_results"):
        return ""
    rows = [tuple(row) for row in cursor.fetchmany(_MOST_ROWS)]
    names, types = [column[0] for column in cursor.description], [column[1] for column in cursor.description]
    rest = iter(cursor.fetchone, None) if len(rows) == _MOST_ROWS else ()
    context.cursor = AnsweredCursor(cursor, cursor.rowcount, None, names, chain(rows, rest), types)
    values = (value for row in (*rows, types) for value in row)
    if rest or not all(isinstance(value, _PLAIN) for value in values):
        return ""
    kept = json.dumps({"rowcount": cursor.rowcount, "names": names, "rows": rows, "types": types})
    return kept if len(kept) <= _MOST else ""


def is_part(outcome: str, earlier: str) -> bool:
    """Whether the rows of an answer are some of those of an earlier one, in their order."""
    if not outcome:
        return False
    # What is compared is taken out as it goes.
    rest = iter(json.loads(earlier)["rows"])
    return all(row in rest for row in json.loads(outcome)["rows"])


def _returns_rows(context: Any) -> bool:
    if not context.cursor.description:
        return False
    return not backend_of(context.dialect).answers_with_counts or "RETURNING" in context.statement.upper()


def answered(cursor: Any, outcome: str) -> AnsweredCursor | None:
    """Return a cursor that gives an earlier answer; None where that had rows which were not kept."""
    outcome_values = json.loads(outcome) if outcome else {}
    if outcome_values.get("lost"):
        return None
    rowcount, lastrowid = outcome_values.get("rowcount", -1), outcome_values.get("lastrowid")
    names, rows, types = (outcome_values.get(key, ()) for key in ("names", "rows", "types"))
    return AnsweredCursor(cursor, rowcount, lastrowid, names, rows, types)


def failure_of(error: Exception) -> str:
    """Return an error of the driver's."""
    arguments = [each if isinstance(each, int | str) else str(each) for each in error.args]
    return json.dumps({"error": type(error).__name__, "arguments": arguments})


def failure(driver: Any, outcome: str) -> Exception:
    """Return the error of a driver that `failure_of` has written down."""
    outcome_values = json.loads(outcome)
    # libsql has no classes of its own.
    kind: type[Exception] = getattr(
        driver, outcome_values["error"], getattr(driver, "DatabaseError", ValueError)
    )
    return kind(*outcome_values["arguments"])
