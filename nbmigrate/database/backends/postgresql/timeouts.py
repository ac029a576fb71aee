"""How long things may take on PostgreSQL: settings of the server."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa


def settings(connection: sa.Connection, names: Collection[str]) -> Mapping[str, str]:
    """Return settings of the server, as they are now."""
    row = _call(connection, [f"current_setting('{name}')" for name in names])
    return dict(zip(names, map(str, row), strict=True)) if row else {}


def change_settings(connection: sa.Connection, values: Mapping[str, str], *, local: bool) -> None:
    """Change settings of the server; if `local`, until the end of the transaction."""
    local_ = str(local).lower()
    _call(connection, [f"set_config('{name}', '{value}', {local_})" for name, value in values.items()])


def _call(connection: sa.Connection, calls: Sequence[str]) -> Sequence[object]:
    """Return the results of some calls, all in one statement."""
    if not calls or connection.invalidated:
        return ()
    # By the driver itself: this is no statement of the revision, which is shown and kept.
    dialect, query = connection.dialect, f"SELECT {', '.join(calls)}"
    cursor = connection.connection.cursor()
    try:
        cursor.execute(query)
        row: Sequence[object] = cursor.fetchone() or ()
        return row
    except dialect.loaded_dbapi.Error as error:
        raise sa.exc.DBAPIError.instance(
            query, None, error, dialect.loaded_dbapi.Error, dialect=dialect
        ) from error
    finally:
        cursor.close()
