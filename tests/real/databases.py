"""What a database is and holds, as values that compare."""

import datetime
import re
import sqlite3
import subprocess
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.conftest import database_on

#: The drivers that these tests read with, whatever the project's own is.
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mariadb": "mysql+pymysql"}


@dataclass(frozen=True)
class Snapshot:
    """The tables of a database with their definitions, and their rows, as texts.

    Parameters
    ----------
    schema
        What makes each object, by kind and name.
    rows
        The rows of each table, in an order of their own.
    """

    schema: Mapping[str, str]
    rows: Mapping[str, list[str]]


@contextmanager
def new_database(database: str, server: sa.URL | None, folder: Path) -> Iterator[sa.URL]:
    """Make an empty database and give its url: a file, or one on a server that is dropped afterwards."""
    if server is None:
        yield sa.URL.create(DRIVERS[database], database=str(folder / f"{uuid.uuid4().hex[:12]}.db"))
        return
    with database_on(server) as made:
        yield sa.make_url(made).set(drivername=DRIVERS[database])


def take(url: sa.URL) -> Snapshot:
    """Read a database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection, warnings.catch_warnings():
            # SQLAlchemy says that it does not tell the expressions of indexes; SQLite and pg_dump do.
            warnings.simplefilter("ignore", sa.exc.SAWarning)
            tables = sorted(sa.inspect(connection).get_table_names())
            quote = connection.dialect.identifier_preparer.quote
            found = {name: _rows(connection, quote(name)) for name in tables}
            name = url.get_backend_name()
            schema = _of_sqlite(connection) if name == "sqlite" else {}
            if name == "mysql":
                schema = {name: _show_create(connection, quote(name)) for name in tables}
        if name == "postgresql":
            schema = _dumped(url)
    finally:
        engine.dispose()
    return Snapshot(schema, found)


def _rows(connection: sa.Connection, quoted: str) -> list[str]:
    result = connection.exec_driver_sql(f"SELECT * FROM {quoted}")
    columns = list(result.keys())
    records = [dict(zip(columns, row, strict=True)) for row in result]
    return sorted(", ".join(f"{key}={_told(row[key])}" for key in sorted(row)) for row in records)


def _told(value: Any) -> str:
    return str(value) if isinstance(value, datetime.datetime | uuid.UUID) else repr(value)


def _show_create(connection: sa.Connection, quoted: str) -> str:
    text: str = connection.exec_driver_sql(f"SHOW CREATE TABLE {quoted}").one()[1]
    # Keys are in the order in which they were made, and sets of them in none.
    first, *lines = (line.rstrip(",") for line in text.splitlines())
    return "\n".join([re.sub(r" AUTO_INCREMENT=\d+", "", line) for line in (first, *sorted(lines))])


def _dumped(url: sa.URL) -> dict[str, str]:
    """Return what pg_dump says of each object."""
    words = ["pg_dump", "--schema-only", "--no-owner", "--dbname"]
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    dump = subprocess.run([*words, plain], capture_output=True, text=True, check=True).stdout
    parts = re.split(r"^-- Name: (.*)$", dump, flags=re.MULTILINE)
    found: dict[str, str] = {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        lines = [line for line in text.splitlines() if line and not line.startswith(("--", "\\"))]
        found[name] = "\n".join(lines)
    return found


# SQLite has no text that is the same for the same table: alembic writes the whole anew, and we keep what there was.


def _of_sqlite(connection: sa.Connection) -> dict[str, str]:
    driver: Any = connection.connection.driver_connection
    objects = driver.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    )
    found = {}
    for type_, name, _, sql in objects.fetchall():
        text = _spaced(sql) if type_ != "table" else "\n".join(_parts(connection, driver, name, sql))
        found[f"{type_} {name}"] = text
    return found


def _parts(connection: sa.Connection, driver: sqlite3.Connection, table: str, sql: str) -> Iterator[str]:
    """Yield what SQLite, and SQLAlchemy's reading of its text, say of a table: a line per part."""
    inspector, where = sa.inspect(connection), table.replace('"', '""')
    for _, name, type_, notnull, default, key, hidden in driver.execute(f'PRAGMA table_xinfo("{where}")'):
        yield f"column {name} {type_} notnull={notnull} default={_default(default)} key={key} hidden={hidden}"
    yield f"primary key {inspector.get_pk_constraint(table)}"
    for kind in ("unique_constraints", "check_constraints", "foreign_keys"):
        found = getattr(inspector, f"get_{kind}")(table)
        yield from sorted(f"{kind} {_spaced(str(sorted(each.items())))}" for each in found)
    keys = driver.execute(f'PRAGMA foreign_key_list("{where}")').fetchall()
    yield from sorted(f"references {row[1:]}" for row in keys)
    indexes = driver.execute(f'PRAGMA index_list("{where}")').fetchall()
    for _, name, unique, origin, _ in sorted(indexes):
        if origin != "c":
            columns = [row[2:] for row in driver.execute(f'PRAGMA index_xinfo("{name}")')]
            yield f"automatic index unique={unique} of={origin} {columns}"
    words = "AUTOINCREMENT|COLLATE \\w+|WITHOUT ROWID|STRICT|ON CONFLICT \\w+|GENERATED ALWAYS|DEFERRABLE"
    yield f"words {sorted(word.upper() for word in re.findall(words, sql, re.IGNORECASE))}"


def _default(text: str | None) -> str | None:
    """Return a default without the space and the parentheses around it, of which alembic's batches add more."""
    if text is None:
        return None
    text = _spaced(text)
    while text.startswith("(") and _closes_at_end(text):
        text = text[1:-1].strip()
    return text


def _closes_at_end(text: str) -> bool:
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return at == len(text) - 1
    return False


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
