"""The engines and connections that a notebook has, by their names."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbmigrate.errors import UsageError, nearest

if TYPE_CHECKING:
    from nbmigrate.environment.connectable import Connectable

#: What stands for the current connection of JupySQL.
CURRENT = "%sql"


def find_engine(name: str, variables: Mapping[str, Any]) -> "Connectable":
    """Return what a name stands for: a variable, an attribute of one as in `db.engine`, or a connection of JupySQL.

    Raises
    ------
    UsageError
        There is none of this name, or it is no engine and no connection.
    """
    from nbmigrate.environment.connectable import connectable_of

    jupysql = jupysql_connections()
    first, *attributes = name.split(".")
    if first in variables:
        found = variables[first]
        for attribute in attributes:
            if not hasattr(found, attribute):
                raise UsageError(f"{name}: {type(found).__name__} has no {attribute!r}.", "Name an engine.")
            found = getattr(found, attribute)
        return connectable_of(found, name)
    if name in jupysql:
        return connectable_of(jupysql[name], "%sql" if name == CURRENT else f"%sql {name}")
    if name == CURRENT:
        raise UsageError("JupySQL has no connection.", "Connect first: `%sql URL`.")
    named = [*engine_names(variables), *jupysql]
    near = nearest(name, named)
    hint = f"Did you mean {near}?" if near else f"There are: {', '.join(named)}." if named else ""
    raise UsageError(
        f"The notebook has no variable {first!r}.",
        hint or "Make an engine: `engine = sqlalchemy.create_engine(url)`.",
    )


def engine_names(variables: Mapping[str, Any]) -> list[str]:
    """Return the names of the variables that are engines or connections."""
    sqlalchemy = sys.modules.get("sqlalchemy")
    if sqlalchemy is None:
        return []
    kinds = (sqlalchemy.Engine, sqlalchemy.Connection)
    return [name for name, value in variables.items() if name[:1] != "_" and isinstance(value, kinds)]


def jupysql_connections() -> dict[str, Any]:
    """Return the connections of JupySQL by alias or url, and the current one; nothing where it is not loaded."""
    manager = getattr(sys.modules.get("sql.connection"), "ConnectionManager", None)
    if manager is None:
        return {}
    current = {} if manager.current is None else {CURRENT: manager.current}
    return {**dict(manager.connections), **current}
