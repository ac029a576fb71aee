"""What the database answered to a statement, kept as JSON for a run that does not send it again."""

import json
from typing import Any

from sqlalchemy.engine.interfaces import ExecuteStyle

from nbmigrate.database.interception import AnsweredCursor

#: What JSON gives back as it was.
_PLAIN = (int, float, str, bool, type(None))
#: Rows are kept up to this many characters.
_MOST = 20_000


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
    return AnsweredCursor(cursor, rowcount, lastrowid, told.get("names", ()), told.get("rows", ()))


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
