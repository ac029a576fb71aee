"""What a notebook itself has left open on a database of SQLite, where a command found it locked, by its name."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from types import GeneratorType
from typing import TYPE_CHECKING, Any

from nbmigrate.errors import (
    ConfigError,
    DatabaseError,
    DatabaseLockedError,
    MigrateError,
    MigrationFailedError,
)
from nbmigrate.notebook.engines import CURRENT, jupysql_connections
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.backends.sqlite.holders import Holder

#: The codes of "database is locked" and of "database table is locked".
_LOCKED = {("sqlite", 5), ("sqlite", 6)}

#: How long a query may be in a sentence.
_LENGTH = 80
_OF_JUPYSQL = "JupySQL's connection "


def explain_locked(error: MigrateError, names: Mapping[str, Any], project: Project | None) -> None:
    """Add to an error that says that SQLite's database or table is locked, what of this notebook's has locked it.

    Parameters
    ----------
    error
        The error.
    names
        The notebook's variables by name.
    project
        The project of the command.
    """
    if project is None or not isinstance(error, DatabaseError):
        return
    from nbmigrate.database.errors import code_of
    from nbmigrate.database.execution.failure import chain
    from nbmigrate.database.remedies import remedy

    used = project.connectable
    in_use = isinstance(error, DatabaseLockedError) and used is not None and used.stays_in_thread
    locked = next((link for link in chain(error) if code_of(link) in _LOCKED), None)
    if not in_use and locked is None:
        return
    try:
        url = used.secret_url if used is not None else project.config.get("sqlalchemy.url")
    except ConfigError:
        url = None
    found = describe_holders(url, names)
    if not found:
        return
    # It is nobody else: "let the other program finish" would lead elsewhere.
    if isinstance(error, MigrationFailedError):
        cure = f"{remedy(locked)}, then run the same command again." if locked is not None else ""
        error.hint = "\n".join((error.hint.replace(cure, "").strip(), found))
        return
    error.hint = found
    if not in_use:
        error.message = "The database is locked, by this notebook itself."


def describe_holders(url: str | None, variables: Mapping[str, Any]) -> str:
    """Return what keeps a command from writing, a line each, and how it is ended; "" if nothing of this notebook's.

    Parameters
    ----------
    url
        The url of the database that was in use; that of every one if None.
    variables
        The notebook's variables by name.
    """
    from nbmigrate.database.backends.sqlite.holders import find_holders

    lines = [line for holder in find_holders(url) for line in _lines(holder, variables)]
    return "\n".join([*lines, "Then run this again."] if lines else [])


def _lines(holder: "Holder", variables: Mapping[str, Any]) -> Iterator[str]:
    connections = [found for found in holder.objects if not _is_result(found)]
    if holder.in_transaction:
        name, end = _owner(connections, variables)
        cure = f"`{end}.commit()` or `{end}.rollback()`" if end else _in_jupysql(name, "%sql COMMIT")
        yield f"A transaction is open on {name}: {cure or 'commit it, or roll it back'}."
    for query in holder.queries:
        results = [found for found in holder.objects if _is_result(found)]
        # A cursor of sqlite3 does not show what it is for.
        cursors = [
            value
            for value in variables.values()
            if isinstance(value, sqlite3.Cursor) and value.connection in holder.objects
        ]
        name, end = _owner([*results, *cursors], variables, default="")
        name = name or _owner(connections, variables)[0]
        cure = f"read them, or `{end}.close()`" if end else _in_jupysql(name, "%sql --close")
        yield f"Rows of `{_short(query)}` are still to be read from {name}: {cure or 'read them, or close the result'}."


def _short(query: str) -> str:
    text = " ".join(query.split())
    return text if len(text) <= _LENGTH else f"{text[:_LENGTH]}..."


def _in_jupysql(name: str, magic: str) -> str:
    """Return the magics that end what is open on a connection of JupySQL; "" if the name is none of these."""
    key = name.removeprefix(_OF_JUPYSQL)
    if key == name:
        return ""
    return f"`{magic} {key}`" if magic.endswith("--close") else f"`%sql {key}`, then `{magic}`"


def _owner(
    objects: list[Any], variables: Mapping[str, Any], default: str = "a connection that no variable holds"
) -> tuple[str, str]:
    """Return who has one of these objects, and the name of the variable that has `close()` or `commit()`."""
    ids = {id(found) for found in objects}
    own = {name: value for name, value in variables.items() if name[:1] != "_" and name not in ("In", "Out")}
    # What a cell has shown is still there under its number.
    shown = {name: value for name, value in variables.items() if re.fullmatch(r"_\d+", name)}
    for name, value in (own | shown).items():
        what = f"`{name}`" if name in own else f"what cell {name[1:]} has shown"
        if ids.intersection(map(id, _held_by(value))):
            return what, name if hasattr(value, "close") else ""
        if _is_result(value) and id(getattr(value, "connection", None)) in ids:
            return f"the connection of {what}", f"{name}.connection"
    for key, value in jupysql_connections().items():
        if key != CURRENT and ids.intersection(map(id, _held_by(value))):
            return f"{_OF_JUPYSQL}{key}", ""
    pools = {id(found.engine.pool) for found in objects if hasattr(found, "engine")}
    for name, value in own.items():
        if id(getattr(value, "pool", None)) in pools:
            return f"a connection of `{name}`", ""
    return default, ""


def _held_by(value: Any) -> Iterator[Any]:
    """Return an object, and the connections and results that it holds: of JupySQL, of pandas' chunks, of a Session."""
    yield value
    if isinstance(value, GeneratorType):
        yield from (value.gi_frame.f_locals.values() if value.gi_frame is not None else ())
        return
    held = getattr(value, "__dict__", None) or {}
    for name in ("_sqlaproxy", "_connection_sqlalchemy", "_connection"):
        if isinstance(held, Mapping) and name in held:
            yield held[name]
    transaction = held.get("_transaction") if isinstance(held, Mapping) else None
    yield from getattr(transaction, "_connections", ())


def _is_result(found: Any) -> bool:
    return hasattr(found, "returns_rows")
