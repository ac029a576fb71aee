"""What the database answered to a statement, kept as JSON for a run that does not send it again."""

import json
from itertools import chain
from typing import Any

from sqlalchemy.engine.interfaces import ExecuteStyle

from nbmigrate.database.statements.interception import AnsweredCursor

#: What JSON gives back as it was.
_PLAIN = (int, float, str, bool, type(None))
#: Rows are kept up to this many characters, and of a query up to so many rows.
_MOST, _MOST_ROWS = 20_000, 1_000


def answer_of(context: Any) -> str:
    """Return what the database answered to a statement; its rows, if there are any, can still be read after that."""
    cursor = context.cursor
    lastrowid = getattr(cursor, "lastrowid", None)
    told = {"rowcount": cursor.rowcount, "lastrowid": lastrowid if isinstance(lastrowid, int) else None}
    if not _returns_rows(context):
        return json.dumps(told)
    if context.execute_style is ExecuteStyle.INSERTMANYVALUES:
        # SQLAlchemy reads these itself, batch by batch.
        return json.dumps({**told, "lost": True})
    names, rows = [column[0] for column in cursor.description], [tuple(row) for row in cursor.fetchall()]
    context.cursor = AnsweredCursor(cursor, cursor.rowcount, lastrowid, names, rows)
    plain = all(isinstance(value, _PLAIN) for row in rows for value in row)
    kept = json.dumps({**told, "names": names, "rows": rows}) if plain else ""
    return kept if 0 < len(kept) <= _MOST else json.dumps({**told, "lost": True})


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
    # DuckDB has a row, with the number of rows changed, for everything.
    return context.dialect.name != "duckdb" or "RETURNING" in context.statement.upper()


def answered(cursor: Any, outcome: str) -> AnsweredCursor | None:
    """Return a cursor that gives an earlier answer; None where that had rows which were not kept."""
    told = json.loads(outcome) if outcome else {}
    if told.get("lost"):
        return None
    rowcount, lastrowid = told.get("rowcount", -1), told.get("lastrowid")
    names, rows, types = (told.get(key, ()) for key in ("names", "rows", "types"))
    return AnsweredCursor(cursor, rowcount, lastrowid, names, rows, types)


def failure_of(error: Exception) -> str:
    """Return an error of the driver's."""
    arguments = [each if isinstance(each, int | str) else str(each) for each in error.args]
    return json.dumps({"error": type(error).__name__, "arguments": arguments})


def failure(driver: Any, outcome: str) -> Exception:
    """Return the error of a driver that `failure_of` has written down."""
    told = json.loads(outcome)
    # libsql has no classes of its own.
    kind: type[Exception] = getattr(driver, told["error"], getattr(driver, "DatabaseError", ValueError))
    return kind(*told["arguments"])
