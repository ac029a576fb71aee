"""What a run would send, found on a copy of the database that has no rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.dry_run.rehearsal import rehearsing
from nbmigrate.errors import OperationError
from nbmigrate.operations import MigrateOperation, Operations, Recorder


def rehearse(connection: sa.Connection, *steps: Callable[[Operations], Any]) -> list[list[str]]:
    with rehearsing(connection) as rehearsal:
        said = []
        for step in steps:
            recorder = Recorder()
            step(Operations(recorder))
            said.append([statement.text for statement in rehearsal.statements(recorder.operations)])
    return said


def test_a_step_finds_what_the_one_before_it_left(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)")
    sqlite.exec_driver_sql("CREATE VIEW v AS SELECT a FROM t")
    sqlite.exec_driver_sql("CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END")
    sqlite.exec_driver_sql("INSERT INTO t VALUES (1, NULL)")
    sqlite.commit()

    def change(o: Operations) -> None:
        o.alter_column("t", "a", nullable=False)
        o.alter_column("t", "a", server_default="5")

    first, second = rehearse(sqlite, change, lambda o: o.create_check_constraint("ck", "t", "a > 0"))
    # Rows that do not fit are found by a run alone.
    assert [text for text in first if text.startswith("CREATE TABLE")] == [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT NOT NULL DEFAULT '5')"
    ]
    assert "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END" in first
    assert any("NOT NULL DEFAULT '5', CONSTRAINT ck" in text for text in second)
    assert sqlite.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 't'").scalar() == (
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)"
    )
    assert sqlite.exec_driver_sql("SELECT count(*) FROM t").scalar() == 1


def test_it_touches_no_file(sqlite: sa.Connection, tmp_path: Path) -> None:
    there = tmp_path / "other.db"

    def write(o: Operations) -> None:
        o.execute(f"ATTACH '{there}' AS other")
        o.execute(f"VACUUM INTO '{there}'")

    assert len(rehearse(sqlite, write)[0]) == 2
    assert not there.exists()


def test_attached_databases_and_what_the_copy_lacks(sqlite: sa.Connection, tmp_path: Path) -> None:
    driver: Any = sqlite.connection.driver_connection
    driver.create_collation("mine", lambda a, b: (a > b) - (a < b))
    sqlite.exec_driver_sql(f"ATTACH '{tmp_path / 'other.db'}' AS other")
    sqlite.exec_driver_sql("CREATE TABLE other.t (a TEXT)")
    sqlite.exec_driver_sql("CREATE UNIQUE INDEX other.ix ON t (a)")
    sqlite.exec_driver_sql("CREATE TABLE u (a TEXT COLLATE mine, b INT)")
    sqlite.exec_driver_sql("CREATE INDEX ix_u ON u (a)")
    sqlite.commit()

    def change(o: Operations) -> None:
        o.alter_column("t", "a", nullable=False, schema="other")
        o.alter_column("u", "b", nullable=False)

    (said,) = rehearse(sqlite, change)
    assert "CREATE TABLE other.t (a TEXT NOT NULL)" in said
    assert (
        'CREATE UNIQUE INDEX "other".ix ON t (a)' in said or "CREATE UNIQUE INDEX other.ix ON t (a)" in said
    )
    assert "CREATE TABLE u (a TEXT COLLATE mine, b INT NOT NULL)" in said


def test_what_cannot_be_done_is_raised(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql("CREATE TABLE t (a INT)")
    sqlite.commit()
    with pytest.raises(OperationError, match="ck"):
        rehearse(sqlite, lambda o: o.drop_constraint("ck", "t"))


class Twice(MigrateOperation):
    pass


@Operations.implementation_for(Twice)
def twice(operations: Operations, _: Twice) -> None:
    operations.alter_column("t", "a", nullable=False)
    operations.alter_column("t", "b", nullable=False)


def test_the_parts_of_an_operation_of_a_project_join(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql("CREATE TABLE t (a INT, b INT)")
    sqlite.commit()
    (said,) = rehearse(sqlite, lambda o: o.invoke(Twice()))
    assert sum(text.startswith("INSERT OR ABORT") for text in said) == 1


def test_servers_are_asked(mariadb_url: str) -> None:
    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a int DEFAULT 5 COMMENT 'kept')")
        first, second = rehearse(
            connection,
            lambda o: o.alter_column("t", "a", nullable=False),
            lambda o: o.alter_column("t", "a", nullable=True, existing_type=sa.Integer()),
        )
    assert first == ["ALTER TABLE t MODIFY a int(11) NOT NULL DEFAULT 5 COMMENT 'kept'"]
    assert second == ["ALTER TABLE t MODIFY a int(11) NULL DEFAULT 5 COMMENT 'kept'"]


def test_columns_of_mariadb_are_those_that_a_run_finds(mariadb_url: str) -> None:
    def change(o: Operations) -> None:
        o.alter_column("t", "a", comment="new")
        o.create_index("ix", "t", ["a"])
        o.alter_column("t", "a", new_column_name="b")
        o.rename_table("t", "u")
        o.alter_column("u", "b", nullable=False)
        o.create_table("v", sa.Column("c", sa.String(5), server_default="x", comment="kept"))
        o.alter_column("v", "c", type_=sa.String(9))

    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INT UNSIGNED DEFAULT 5 COMMENT 'old' CHECK (a > 0))")
        (found,) = rehearse(connection, change)
        assert "ALTER TABLE t MODIFY a int(10) unsigned DEFAULT 5 COMMENT 'new' CHECK (`a` > 0)" in found
        assert (
            "ALTER TABLE u MODIFY b int(10) unsigned NOT NULL DEFAULT 5 COMMENT 'new' CHECK (`b` > 0)"
            in found
        )
        assert found[-1] == "ALTER TABLE v MODIFY c VARCHAR(9) COMMENT 'kept' DEFAULT 'x'"
        for text in found:
            connection.exec_driver_sql(text)


def test_a_type_of_postgresql_is_made_once(postgresql_url: str) -> None:
    def change(o: Operations) -> None:
        mood = sa.Enum("low", "high", name="mood")
        with o.batch_alter_table("t") as batch_op:
            batch_op.add_column(sa.Column("m", mood))
        o.create_table("u", sa.Column("m", mood))
        o.add_column("u", sa.Column("n", mood))

    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
        connection.commit()
        (found,) = rehearse(connection, change)
        assert [text for text in found if "TYPE" in text] == ["CREATE TYPE mood AS ENUM ('low', 'high')"]


def test_types_of_postgresql_that_sql_of_its_own_makes_and_drops(postgresql_url: str) -> None:
    """What is shown is what a run sends, which asks the database before each operation."""

    def change(o: Operations) -> None:
        o.drop_column("t", "m")
        o.execute('DROP TYPE IF EXISTS "Mood", other')
        o.add_column("t", sa.Column("m", sa.Enum("new", name="Mood")))
        o.execute("CREATE TYPE Made AS ENUM ('it''s', 'b')")
        o.add_column("t", sa.Column("n", sa.Enum("b", "it's", name="made")))
        o.execute("ALTER TYPE kept ADD VALUE IF NOT EXISTS 'c'")
        o.add_column("t", sa.Column("k", sa.Enum("a", "c", name="kept")))

    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TYPE \"Mood\" AS ENUM ('old'); CREATE TYPE kept AS ENUM ('a')")
        connection.exec_driver_sql('CREATE TABLE t (id INTEGER, m "Mood")')
        connection.commit()
        (found,) = rehearse(connection, change)
        assert [text for text in found if text.startswith("CREATE TYPE")] == [
            "CREATE TYPE \"Mood\" AS ENUM ('new')",
            "CREATE TYPE Made AS ENUM ('it''s', 'b')",
        ]
        connection.rollback()
        for text in found:
            connection.exec_driver_sql(text)
