"""What a change of a table does not name is as before: random tables, a random change, foreign keys on and off."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import operations as ops
from nbmigrate.database.backends.sqlite.existing import stored_table, with_rowids
from nbmigrate.database.backends.sqlite.rebuild import run_rebuild
from nbmigrate.dialects.sqlite.rebuild import rebuild
from nbmigrate.errors import MigrateError
from nbmigrate.schema import Check, Column, Expression, ForeignKey, Index, SqlType, Unique
from tests.dialects.sqlite_tables import RandomTable, quoted, random_table

Found = dict[str, Any]
#: So many tables, each with foreign keys on and off.
EXAMPLES = 1_000


@contextmanager
def database(table: RandomTable, foreign_keys: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.isolation_level = None
        driver.execute("PRAGMA foreign_keys = OFF")
        for statement in table.script:
            driver.execute(statement)
        for names, values in table.rows:
            listed = ", ".join(map(quoted, names))
            marks = ", ".join("?" * len(values))
            try:
                driver.execute(
                    f"INSERT OR IGNORE INTO {quoted(table.name)} ({listed}) VALUES ({marks})", values
                )
            except sqlite3.Error:
                continue
        if any("TABLE child" in statement for statement in table.script):
            # One of them is gone: what violates a foreign key already may go on to.
            driver.execute(f"INSERT INTO child (t_id) SELECT id FROM {quoted(table.name)}")
        driver.execute(f"DELETE FROM {quoted(table.name)} WHERE id = 16")
        for statement in table.after:
            driver.execute(statement)
        driver.execute(f"PRAGMA foreign_keys = {foreign_keys}")
        yield connection
    engine.dispose()


def ask(connection: sa.Connection, sql: str) -> list[Any]:
    driver: Any = connection.connection.driver_connection
    return list(driver.execute(sql).fetchall())


def everything(connection: sa.Connection, table: RandomTable) -> Found:
    """All that a database holds, the values with their types."""
    found: Found = {}
    for name in ("sqlite_schema", "sqlite_temp_schema"):
        found[name] = {
            (r[0], r[1], r[2]): r[3] for r in ask(connection, f"SELECT type, name, tbl_name, sql FROM {name}")
        }
    rowid, own = "" if table.without_rowid else "rowid, ", quoted(table.name)
    for kind, name, _ in found["sqlite_schema"]:
        if kind == "table" and name != table.name:
            found[f"rows of {name}"] = ask(connection, f"SELECT * FROM {quoted(name)} ORDER BY 1, 2")
    for column in [row[1] for row in ask(connection, f"PRAGMA table_xinfo({quoted(table.name)})")]:
        q = quoted(column)
        values = ask(connection, f"SELECT {rowid}quote({q}), typeof({q}) FROM {own} ORDER BY id")
        found[f"values of {column}"] = values
    found["violations"] = sorted(map(str, ask(connection, "PRAGMA foreign_key_check")))
    pragmas = ("foreign_keys", "legacy_alter_table", "writable_schema", "defer_foreign_keys")
    found["settings"] = [ask(connection, f"PRAGMA {pragma}") for pragma in pragmas]
    return found


def random_change(rng: Random, table: RandomTable) -> ops.Change:
    plain = [c for c in table.columns if not c.generated and c.name not in ("id", "ref", "self")]
    column = rng.choice(plain).name
    name = table.name
    integer = SqlType(sa.Integer())
    choices: list[ops.Change] = [
        ops.AlterColumn(name, column, nullable=False),
        ops.AlterColumn(name, column, nullable=True),
        ops.AlterColumn(name, column, server_default="it's"),
        ops.AlterColumn(name, column, server_default=None),
        ops.AlterColumn(name, column, server_default=Expression.of("(1 + 1)")),
        ops.AlterColumn(name, column, type=SqlType(sa.Text())),
        ops.AlterColumn(name, column, type=integer),
        ops.AlterColumn(name, column, insert_after="id"),
        ops.AddColumn(name, Column("new", integer, server_default="7"), insert_before=column),
        ops.AddColumn(name, Column("new", integer, unique=True, index=True)),
        ops.DropColumn(name, column),
        ops.AddConstraint(name, Unique((column,), name="new")),
        ops.AddConstraint(name, Check(Expression.of(f"{quoted(column)} IS NOT 'x'"), name="new")),
        ops.AddConstraint(name, ForeignKey(("ref",), ("parent.id",), name="new")),
        ops.CreateIndex(name, Index("new", (column,))),
        ops.DropConstraint("pk", name, "primary"),
        *(ops.DropConstraint(each, name) for each in table.named),
        *(ops.DropIndex(each, name) for each in table.indexes),
    ]
    return rng.choice(choices)


def named_by(change: ops.Change, table: RandomTable) -> set[str]:
    """The keys of `everything` that a change is about."""
    match change:
        case ops.AlterColumn(type=SqlType()):
            computed = {f"values of {c.name}" for c in table.columns if c.generated}
            return {f"values of {change.column}", *computed}
        case ops.DropColumn():
            return {f"values of {change.column}"}
        case ops.AddColumn():
            return {"values of new"}
        case ops.DropConstraint(kind="primary"):
            return {"violations"}
        case ops.DropConstraint(name="f1") | ops.AddConstraint(constraint=ForeignKey()):
            return {"violations"}  # the keys are numbered anew
    return set()


def objects_of(changes: list[ops.Change], table: RandomTable, found: Found) -> Found:
    """What `sqlite_schema` has that changes are not about."""
    kept = dict(found["sqlite_schema"])
    dropped = [quoted(change.column) for change in changes if isinstance(change, ops.DropColumn)]
    gone = [change.name for change in changes if isinstance(change, ops.DropIndex)]
    for (kind, name, of), sql in found["sqlite_schema"].items():
        own = of == table.name
        if kind == "trigger" or not own:
            continue
        uses = kind == "index" and sql is not None and any(column in sql for column in dropped)
        if kind == "table" or sql is None or uses or name in gone or name.endswith("new"):
            del kept[kind, name, of]
    return kept


def pieces_of(change: ops.Change, table: RandomTable) -> Iterator[str]:
    """The pieces of the text of the table that a change is not about."""
    touched = getattr(change, "column", None)
    name = touched if isinstance(touched, str) else None
    for column in table.columns:
        if isinstance(change, ops.DropConstraint) and change.kind == "primary" and column.name == "id":
            continue
        if column.name != name and not (
            isinstance(change, ops.DropColumn) and quoted(change.column) in column.sql
        ):
            yield column.sql
    for constraint in table.constraints:
        dropped = isinstance(change, ops.DropConstraint) and str(change.name) in constraint.split("CHECK")[0]
        if not dropped and not (isinstance(change, ops.DropColumn) and quoted(change.column) in constraint):
            yield constraint.removesuffix(" /* without a name */")


@pytest.mark.parametrize("foreign_keys", ["ON", "OFF"])
@pytest.mark.parametrize("tenth", range(10))
def test_nothing_else_changes(foreign_keys: str, tenth: int) -> None:
    for seed in range(tenth * EXAMPLES // 10, (tenth + 1) * EXAMPLES // 10):
        rng = Random(seed)
        table = random_table(rng)
        changes = [random_change(rng, table) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        with database(table, foreign_keys) as connection:
            try:
                assert_kept(connection, table, changes, always=rng.choice([True, False]))
            except Exception as error:
                error.add_note(f"seed {seed}: {changes}\n" + "\n".join([*table.script, *table.after]))
                raise


def assert_kept(
    connection: sa.Connection, table: RandomTable, changes: list[ops.Change], *, always: bool
) -> None:
    alteration = ops.AlterTable(table.name, tuple(changes), recreate="always" if always else "auto")
    before = everything(connection, table)
    ask(connection, "BEGIN")
    try:
        stored = with_rowids(connection, stored_table(connection, table.name))
        run_rebuild(connection, rebuild(stored, alteration, connection.dialect))
    except (MigrateError, sa.exc.DBAPIError) as error:
        assert everything(connection, table) == before
        ask(connection, "COMMIT")
        assert everything(connection, table) == before
        assert_expected(error, changes)
        return
    ask(connection, "COMMIT")
    after = everything(connection, table)
    text = str(after["sqlite_schema"]["table", table.name, table.name])
    named = {"sqlite_schema"}.union(*(named_by(change, table) for change in changes))
    assert {k: v for k, v in after.items() if k not in named} == {
        k: v for k, v in before.items() if k not in named
    }
    assert objects_of(changes, table, after) == objects_of(changes, table, before)
    for piece in set[str].intersection(*(set(pieces_of(change, table)) for change in changes)):
        assert piece in text
    assert ask(connection, "PRAGMA integrity_check") == [("ok",)]


def assert_expected(error: Exception, changes: list[ops.Change]) -> None:
    """A change is refused for its rows, or for what hangs on a column: never for the way it is made."""
    said = str(error)
    expected = [
        "NULL in column",
        "not unique in",
        "CHECK",
        "cannot be dropped",
        "STRICT",
        "has no default",
    ]
    expected += ["no such column", "constraint failed", "unknown datatype", "has a column", "refer"]
    expected += [
        "PRIMARY KEY missing",
        "has no constraint",
        "has no column",
        "has no index",
        "is the only one",
    ]
    expected += ["has a constraint", "already exists"]
    assert any(words in said for words in expected), (changes, said)
