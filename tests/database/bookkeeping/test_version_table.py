from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.errors import MigrationFailedError, PositionError

LONG = "é" * 40


def rows(connection: sa.Connection, name: str = "alembic_version") -> list[str]:
    return sorted(connection.exec_driver_sql(f"SELECT version_num FROM {name}").scalars())


def test_without_a_table_it_stands_at_base_and_stays_without(connection: sa.Connection) -> None:
    versions = VersionTable(connection)

    assert (versions.exists(), versions.heads()) == (False, ())
    assert sa.inspect(connection).get_table_names() == []


def test_the_table_is_alembics(sqlite: sa.Connection) -> None:
    VersionTable(sqlite).prepare(())

    assert sqlite.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table'").scalar_one() == (
        "CREATE TABLE alembic_version (\n"
        "\tversion_num VARCHAR(32) NOT NULL, \n"
        "\tCONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n"
        ")"
    )


def test_without_a_primary_key_and_with_another_name(sqlite: sa.Connection) -> None:
    VersionTable(sqlite, "versions", pk=False).prepare(())

    assert sqlite.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table'").scalar_one() == (
        "CREATE TABLE versions (\n\tversion_num VARCHAR(32) NOT NULL\n)"
    )


def test_in_a_schema(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA meta")
        versions = VersionTable(connection, schema="meta")
        versions.prepare(())
        versions.move([], ["a"])

        assert versions.heads() == ("a",)
        assert rows(connection, "meta.alembic_version") == ["a"]
        assert not VersionTable(connection).exists()


@pytest.mark.parametrize("schema", [None, "named"])
def test_a_schema_that_stands_for_another(
    schema: str | None, connection: sa.Connection, history: Any
) -> None:
    """It is looked for where it is made, written and made wider; a table of its name elsewhere is another one."""
    make = {"sqlite": "ATTACH ':memory:' AS tenant", "postgresql": "CREATE SCHEMA tenant"}.get(
        connection.dialect.name
    )
    if make is None:
        # MariaDB's schemas are databases, which all that use the server share.
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.commit()
        name = str(connection.engine.url.database)
    else:
        connection.exec_driver_sql(make)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('other')")
        connection.commit()
        name = "tenant"
    mapped = connection.execution_options(schema_translate_map={schema: name})
    versions = VersionTable(mapped, schema=schema)
    assert (versions.exists(), versions.heads()) == (make is None, ())
    mapped.rollback()
    history.add("a1", lambda: None, lambda: None)
    history.upgrade(mapped, version_table=versions)
    assert (versions.heads(), rows(mapped, f"{name}.alembic_version")) == (("a1",), ["a1"])
    mapped.rollback()
    history.add(LONG, lambda: None, lambda: None)
    history.upgrade(mapped, version_table=versions)
    assert versions.heads() == (LONG,)
    assert versions.width() == {"sqlite": None}.get(connection.dialect.name, 40)
    mapped.rollback()
    history.downgrade(mapped, version_table=versions)
    assert versions.heads() == ()
    assert rows(mapped, "alembic_version") == ([] if make is None else ["other"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["a"]),
        (["a"], ["b"]),
        (["a"], []),
        (["a", "b"], ["m"]),
        (["a", "b", "c"], ["m"]),
        (["m"], ["a", "b"]),
        (["m", "x"], ["a", "b", "c", "x"]),
        (["a", "b"], ["a", "c"]),
        (["a"], ["a"]),
        (["it's", "%s"], ["%(x)s", "é"]),
    ],
)
def test_moves(connection: sa.Connection, before: list[str], after: list[str]) -> None:
    versions = VersionTable(connection)
    versions.prepare(())
    versions.move([], before)

    versions.move(before, after)

    assert rows(connection) == sorted(after)
    assert versions.heads() == tuple(sorted(after))


def test_a_row_that_is_not_there(connection: sa.Connection) -> None:
    versions = VersionTable(connection)
    versions.prepare(())
    versions.move([], ["x"])

    for before, after in ((["a"], ["b"]), (["a"], [])):
        with pytest.raises(PositionError) as caught:
            versions.move(before, after)
        assert caught.value.message == "alembic_version was expected to hold 'a' once, and holds it 0 times."


def test_a_row_that_is_there_twice(sqlite: sa.Connection) -> None:
    versions = VersionTable(sqlite, pk=False)
    versions.prepare(())
    versions.move([], ["a"])
    versions.move([], ["a"])

    with pytest.raises(PositionError) as caught:
        versions.move(["a"], ["b"])

    assert caught.value.message == "alembic_version was expected to hold 'a' once, and holds it 2 times."


@pytest.fixture(params=["postgresql", "mariadb"])
def narrow(request: pytest.FixtureRequest, new_database: Callable[[str], str]) -> Iterator[sa.Connection]:
    """A database that would not take, or would cut off, an id of more than 32 characters."""
    with sa.create_engine(new_database(request.param), poolclass=sa.NullPool).connect() as connection:
        if request.param == "mariadb":
            connection.exec_driver_sql("SET SESSION sql_mode = ''")
            connection.commit()
        yield connection


def test_a_table_that_is_made_is_wide_enough(narrow: sa.Connection, history: Any) -> None:
    history.add("a1", lambda: None, lambda: None)
    history.add(LONG, lambda: None, lambda: None)
    history.upgrade(narrow)
    assert (VersionTable(narrow).heads(), VersionTable(narrow).width()) == ((LONG,), 40)
    narrow.rollback()
    history.downgrade(narrow)
    assert VersionTable(narrow).heads() == ()


def test_a_column_that_is_too_narrow_is_made_wider(narrow: sa.Connection, history: Any) -> None:
    history.add("a1", lambda: None, lambda: None)
    history.add("b" * 32, lambda: None, lambda: None)
    history.upgrade(narrow)
    assert VersionTable(narrow).width() == 32
    narrow.rollback()
    history.add(LONG, lambda: None, lambda: None)
    report = history.upgrade(narrow)
    assert (VersionTable(narrow).heads(), VersionTable(narrow).width()) == ((LONG,), 40)
    widening = {
        "postgresql": "ALTER TABLE alembic_version ALTER COLUMN version_num TYPE VARCHAR(40)",
        "mysql": "ALTER TABLE alembic_version MODIFY version_num VARCHAR(40) NOT NULL",
    }
    assert report.steps[0].statements[0].text == widening[narrow.dialect.name]


def test_a_revision_that_fails_leaves_the_column_as_it_was(
    new_database: Callable[[str], str], history: Any
) -> None:
    with sa.create_engine(new_database("postgresql"), poolclass=sa.NullPool).connect() as connection:
        history.add("a1", lambda: None)
        history.upgrade(connection)
        history.add(LONG, lambda: op.execute("no SQL"))
        with pytest.raises(MigrationFailedError):
            history.upgrade(connection)
        assert (VersionTable(connection).heads(), VersionTable(connection).width()) == (("a1",), 32)


def test_sqlite_sets_no_width(sqlite: sa.Connection, history: Any) -> None:
    history.add("a1", lambda: None)
    history.upgrade(sqlite)
    history.add(LONG, lambda: None)
    assert [statement.text[:6] for statement in history.upgrade(sqlite).steps[0].statements] == ["UPDATE"]
    assert VersionTable(sqlite).heads() == (LONG,)


def test_rows_that_are_there_twice_have_a_remedy(sqlite: sa.Connection) -> None:
    versions = VersionTable(sqlite, pk=False)
    versions.prepare(())
    sqlite.exec_driver_sql("INSERT INTO alembic_version VALUES ('a1'), ('a1')")
    with pytest.raises(PositionError, match=r"holds it 2 times\.\nRewrite its rows with `stamp --purge a1`"):
        versions.move(["a1"], ["b2"])


def test_a_table_that_another_run_makes_while_it_is_looked_for(sqlite_url: str) -> None:
    engine = sa.create_engine(sqlite_url, poolclass=sa.NullPool)

    class InBetween(VersionTable):
        def exists(self) -> bool:
            with engine.connect() as other:
                versions = VersionTable(other)
                versions.prepare(["a1"])
                versions.move([], ["a1"])
                other.commit()
            return super().exists()

    with engine.connect() as connection, connection.begin():
        assert InBetween(connection).heads() == ("a1",)
