import pytest
import sqlalchemy as sa

from nbmigrate.database.version_table import VersionTable
from nbmigrate.errors import PositionError


def rows(connection: sa.Connection, name: str = "alembic_version") -> list[str]:
    return sorted(connection.exec_driver_sql(f"SELECT version_num FROM {name}").scalars())


def test_without_a_table_it_stands_at_base_and_stays_without(connection: sa.Connection) -> None:
    versions = VersionTable(connection)

    assert (versions.exists(), versions.heads()) == (False, ())
    assert sa.inspect(connection).get_table_names() == []


def test_the_table_is_alembics(sqlite: sa.Connection) -> None:
    VersionTable(sqlite).create()

    assert sqlite.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table'").scalar_one() == (
        "CREATE TABLE alembic_version (\n"
        "\tversion_num VARCHAR(32) NOT NULL, \n"
        "\tCONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n"
        ")"
    )


def test_without_a_primary_key_and_with_another_name(sqlite: sa.Connection) -> None:
    VersionTable(sqlite, "versions", pk=False).create()

    assert sqlite.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table'").scalar_one() == (
        "CREATE TABLE versions (\n\tversion_num VARCHAR(32) NOT NULL\n)"
    )


def test_in_a_schema(postgresql_url: str) -> None:
    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE SCHEMA meta")
        versions = VersionTable(connection, schema="meta")
        versions.create()
        versions.move([], ["a"])

        assert versions.heads() == ("a",)
        assert rows(connection, "meta.alembic_version") == ["a"]
        assert not VersionTable(connection).exists()


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
    versions.create()
    versions.move([], before)

    versions.move(before, after)

    assert rows(connection) == sorted(after)
    assert versions.heads() == tuple(sorted(after))


def test_a_row_that_is_not_there(connection: sa.Connection) -> None:
    versions = VersionTable(connection)
    versions.create()
    versions.move([], ["x"])

    for before, after in ((["a"], ["b"]), (["a"], [])):
        with pytest.raises(PositionError) as caught:
            versions.move(before, after)
        assert caught.value.message == "alembic_version was expected to hold 'a' once, and holds it 0 times."


def test_a_row_that_is_there_twice(sqlite: sa.Connection) -> None:
    versions = VersionTable(sqlite, pk=False)
    versions.create()
    versions.move([], ["a"])
    versions.move([], ["a"])

    with pytest.raises(PositionError) as caught:
        versions.move(["a"], ["b"])

    assert caught.value.message == "alembic_version was expected to hold 'a' once, and holds it 2 times."
