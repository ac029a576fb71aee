"""Whether a statement that was in flight is in effect: what the schema has now, and what it had before."""

import json

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.base import Verdict
from nbmigrate.database.statements.schema_objects import changed_objects, may_be_repeated
from nbmigrate.dialects.tokens import words as words_of


def schema_before(connection: sa.Connection, sql: str) -> str:
    """Return what the schema says of the things that a statement is about to change, as JSON; "" if nothing."""
    found = _definitions(connection, sql) if backend_of(connection).has_definitions else {}
    return json.dumps(found) if found and None not in found.values() else ""


def table_before(before: str) -> str:
    """Return the CREATE TABLE that `schema_before` holds for the first table, "" if it holds none."""
    definitions = json.loads(before) if before else {}
    return next((text for name, text in definitions.items() if name.startswith("TABLE ")), "")


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
    words, written = list(words_of(sql)), list(words_of(sql, capitals=False))
    if found := backend_of(connection).verdict(connection, words, written):
        return found
    if before:
        earlier = json.loads(before)
        now = _definitions(connection, sql)
        same = [now.get(name) == text for name, text in earlier.items()]
        if all(same):
            return "not applied"
        # Of several tables that are dropped, or renamed, only some may be.
        return "unknown" if any(same) or None in now.values() else "applied"
    return "not applied" if may_be_repeated(sql) else "unknown"


def _definitions(connection: sa.Connection, sql: str) -> dict[str, str | None]:
    """Return the definitions of what a statement changes, as they are now."""
    backend = backend_of(connection)
    return {
        f"{item.kind} {item.name}": backend.definition(connection, item.kind, item.name)
        for item in changed_objects(sql)
    }
