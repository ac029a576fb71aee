"""Whether a statement of PostgreSQL that commits alone is in effect, which was in flight when its run ended."""

from collections.abc import Sequence

import sqlalchemy as sa

from nbmigrate.database.backends.base import Verdict

_CONCURRENTLY = ("INDEX", "CONCURRENTLY")
_INDEX = sa.text(
    "SELECT i.indisvalid FROM pg_catalog.pg_index i WHERE i.indexrelid = to_regclass(CAST(:name AS text))"
)
_TABLE_OF = sa.text(
    "SELECT CAST(CAST(i.indrelid AS regclass) AS text) FROM pg_catalog.pg_index i "
    "WHERE i.indexrelid = to_regclass(CAST(:name AS text))"
)
_DATABASE = sa.text("SELECT count(*) FROM pg_catalog.pg_database WHERE datname = :name")


def verdict(connection: sa.Connection, words: Sequence[str], written: Sequence[str]) -> Verdict | None:
    """Find an index that was made or dropped concurrently; one that is not finished is dropped."""
    if words[1] in ("DATABASE", "TABLESPACE") and words[0] in ("CREATE", "DROP"):
        if words[1] == "TABLESPACE":
            return "unknown"
        exists = connection.execute(
            _DATABASE, {"name": _plain(written[2 + 2 * (words[2] == "IF")])}
        ).scalar_one()
        return "applied" if bool(exists) == (words[0] == "CREATE") else "not applied"
    if not set(_CONCURRENTLY) <= set(words):
        return None
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


def _name_at(written: Sequence[str], place: int) -> str:
    name = written[place]
    while written[place + 1 : place + 2] == ["."]:
        name += "." + written[place + 2]
        place += 2
    return name


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()
