"""Whether a statement that was under way is in effect: what the schema says now, and what it said before."""

import json
import re
from typing import Literal

import sqlalchemy as sa

from nbmigrate.database.errors import code_of
from nbmigrate.database.statements.kind import tokens
from nbmigrate.database.statements.schema_objects import SchemaObject, changed_objects, may_be_repeated

Verdict = Literal["applied", "not applied", "unknown"]

#: What MariaDB and MySQL answer where there is no such table, procedure, trigger, event, database or sequence.
_ABSENT = {1146, 1305, 1360, 1539, 1049, 4091}
#: The next number of a table grows with its rows.
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
_CONCURRENTLY = ("INDEX", "CONCURRENTLY")
_INDEX = sa.text(
    "SELECT i.indisvalid FROM pg_catalog.pg_index i WHERE i.indexrelid = to_regclass(CAST(:name AS text))"
)
_TABLE_OF = sa.text(
    "SELECT CAST(CAST(i.indrelid AS regclass) AS text) FROM pg_catalog.pg_index i "
    "WHERE i.indexrelid = to_regclass(CAST(:name AS text))"
)
_DATABASE = sa.text("SELECT count(*) FROM pg_catalog.pg_database WHERE datname = :name")


def schema_before(connection: sa.Connection, sql: str) -> str:
    """Return what the schema says of the things that a statement is about to change, as JSON; "" if nothing."""
    objects = changed_objects(sql)
    if connection.dialect.name not in ("mysql", "mariadb") or not objects:
        return ""
    told = {f"{item.kind} {item.name}": _told(connection, item) for item in objects}
    return json.dumps(told) if all(text is not None for text in told.values()) else ""


def table_before(before: str) -> str:
    """Return the CREATE TABLE that `schema_before` holds for the first table, "" if it holds none."""
    told = json.loads(before) if before else {}
    return next((text for name, text in told.items() if name.startswith("TABLE ")), "")


def verdict(connection: sa.Connection, sql: str, before: str) -> Verdict:
    """Return whether a statement that was begun is in effect.

    Parameters
    ----------
    connection
        A connection on which a statement commits by itself, or at once when its transaction is ended.
    sql
        The statement.
    before
        What `schema_before` returned for it.
    """
    if connection.dialect.name == "postgresql":
        return _on_postgresql(connection, sql)
    if before:
        earlier = json.loads(before)
        now = {f"{item.kind} {item.name}": _told(connection, item) for item in changed_objects(sql)}
        same = [now.get(name) == text for name, text in earlier.items()]
        if all(same):
            return "not applied"
        # Of several tables that are dropped, or renamed, only some may be.
        return "unknown" if any(same) or None in now.values() else "applied"
    return "not applied" if may_be_repeated(sql) else "unknown"


def _told(connection: sa.Connection, item: SchemaObject) -> str | None:
    """Return what SHOW CREATE says, "" for what is not there, None where it may not be asked."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"SHOW CREATE {item.kind} {item.name}")
        text = "\n".join(str(value) for value in cursor.fetchone() or ())
        return _COUNTER.sub("", text)
    except Exception as error:
        return "" if code_of(error) in _ABSENT else None
    finally:
        cursor.close()


def _on_postgresql(connection: sa.Connection, sql: str) -> Verdict:
    """Look for an index that was made or dropped concurrently; one that is not finished is dropped."""
    words, written = list(tokens(sql)), list(tokens(sql, capitals=False))
    if words[1] in ("DATABASE", "TABLESPACE") and words[0] in ("CREATE", "DROP"):
        if words[1] == "TABLESPACE":
            return "unknown"
        there = connection.execute(
            _DATABASE, {"name": _plain(written[2 + 2 * (words[2] == "IF")])}
        ).scalar_one()
        return "applied" if bool(there) == (words[0] == "CREATE") else "not applied"
    if not set(_CONCURRENTLY) <= set(words):
        return "not applied" if may_be_repeated(sql) else "unknown"
    place = words.index("CONCURRENTLY") + 1
    if words[place] == "IF":
        place = words.index("EXISTS") + 1
    if words[place] == "ON":
        # An index that PostgreSQL gives a name.
        return "unknown"
    name = _name_at(written, place)
    if words[0] == "DROP":
        _wait_for_others(connection, name)
        return "applied" if _is_valid(connection, name) is None else "not applied"
    table = _name_at(written, words.index("ON", place) + 1 + (words[words.index("ON", place) + 1] == "ONLY"))
    if "." in table and "." not in name:
        # An index is made in the schema of its table.
        name = f"{table.rpartition('.')[0]}.{name}"
    _wait_for_others(connection, name)
    valid = _is_valid(connection, name)
    if valid is False:
        connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    return "applied" if valid else "not applied"


def _is_valid(connection: sa.Connection, name: str) -> bool | None:
    found = connection.execute(_INDEX, {"name": name}).scalar()
    return None if found is None else bool(found)


def _wait_for_others(connection: sa.Connection, name: str) -> None:
    """Wait until the server has ended the statement of a process that was killed: it goes on with it."""
    table = connection.execute(_TABLE_OF, {"name": name}).scalar()
    if table is not None:
        # A waiting LOCK has no snapshot, for which CREATE INDEX CONCURRENTLY would wait in its turn.
        connection.exec_driver_sql("BEGIN")
        try:
            connection.exec_driver_sql(f"LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE")
        finally:
            connection.exec_driver_sql("ROLLBACK")


def _name_at(written: list[str], place: int) -> str:
    name = written[place]
    while written[place + 1 : place + 2] == ["."]:
        name += "." + written[place + 2]
        place += 2
    return name


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
