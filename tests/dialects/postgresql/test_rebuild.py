"""Tables of PostgreSQL that a batch rebuilds: nothing of them is lost, or nothing is sent."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.dry_run.rehearsal import rehearsing
from nbmigrate.database.execution.single_operation import run_operation
from nbmigrate.dialects import statements
from nbmigrate.errors import (
    ColumnNotFoundError,
    OperationError,
    TableNotFoundError,
    UnsupportedOperationError,
)
from nbmigrate.operations import Operations, Recorder
from tests.dialects.postgresql_tables import FULL, OBSTACLES, OTHERS, dumped

Server = Callable[[str], sa.URL]
T = "CREATE TABLE t (id int PRIMARY KEY, a text, b int); INSERT INTO t VALUES (1, 'x', 2)"


@pytest.fixture
def database(server_url: Server) -> Iterator[sa.Connection]:
    """A database of its own: what depends on a table may be in any schema of it."""
    name = f"nbm_{uuid.uuid4().hex[:12]}"
    server = sa.create_engine(server_url("postgresql"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine = sa.create_engine(server_url("postgresql").set(database=name), poolclass=sa.NullPool)
    with engine.connect() as connection:
        for role in (f"{name}_reader", f"{name}_Owner"):
            connection.exec_driver_sql(f'CREATE ROLE "{role}"')
        yield connection
        connection.rollback()
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        for role in (f"{name}_reader", f"{name}_Owner"):
            connection.exec_driver_sql(f'DROP ROLE "{role}"')


def make(connection: sa.Connection, sql: str) -> None:
    """Send SQL, and commit."""
    name = connection.engine.url.database
    sql = sql.replace("NBM_READER", f'"{name}_reader"').replace("NBM_OWNER", f'"{name}_Owner"')
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        cursor.execute(sql)
    driver.commit()


def batch(
    connection: sa.Connection, *changes: Callable[[Any], Any], table: str = "t", **options: Any
) -> list[str]:
    """Make a batch on a table, and return its statements, which a preview has shown."""
    recorder = Recorder()
    with Operations(recorder).batch_alter_table(table, recreate="always", **options) as batch_op:
        for change in changes:
            change(batch_op)
    (operation,) = recorder.operations
    with rehearsing(connection) as rehearsal:
        shown = [statement.text for statement in rehearsal.statements([operation])]
    connection.rollback()
    sent: list[str] = []

    def hear(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    sa.event.listen(connection, "before_cursor_execute", hear)
    try:
        run_operation(connection, operation)
    finally:
        sa.event.remove(connection, "before_cursor_execute", hear)
    connection.commit()
    plain = [" ".join(line for line in text.split("\n") if not line.startswith("-- ")) for text in shown]
    assert [text.replace("%%", "%") for text in sent[-len(plain) :]] == plain
    return shown


def columns(connection: sa.Connection, table: str = "t") -> list[str]:
    return [column["name"] for column in sa.inspect(connection).get_columns(table)]


def everything(connection: sa.Connection) -> list[str]:
    """Return the schema as pg_dump writes it, the rows, and where sequences stand."""
    told = dumped(connection, owners=True)
    for name, columns in connection.exec_driver_sql(
        "SELECT c.oid::regclass::text, CASE relkind WHEN 'r' THEN '*' ELSE 'last_value, is_called' END FROM pg_class c "
        "WHERE relkind IN ('r', 'S') AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') "
        "ORDER BY 1"
    ).fetchall():
        rows = connection.exec_driver_sql(f"SELECT {columns} FROM {name}")
        told += [f"{name.removeprefix('public.')}: {row}" for row in sorted(map(str, rows))]
    connection.rollback()
    return told


def test_everything_on_a_table_is_there_afterwards(database: sa.Connection) -> None:
    make(database, FULL)
    before = everything(database)
    first, *rest = batch(database)
    assert first.startswith("-- Table t is rebuilt, and its rows are copied\n")
    assert any(text.startswith("INSERT INTO t (") for text in rest)
    assert everything(database) == before
    # Another time, with a name in use and from another search path.
    make(database, 'CREATE TABLE "_nbmigrate_old" (a int)')
    batch(database)
    make(database, "DROP TABLE _nbmigrate_old")
    database.exec_driver_sql('SET search_path TO "S p"')
    database.commit()
    batch(database, schema="public")
    assert everything(database) == before
    database.exec_driver_sql('SET search_path TO "S p", public')
    database.commit()
    batch(database)
    assert everything(database) == before
    sequence = "SELECT nextval('public.t_j_seq') > (SELECT max(j) FROM public.t)"
    assert database.exec_driver_sql(sequence).scalar() is True


def test_new_columns_stand_at_their_places(database: sa.Connection) -> None:
    make(database, T)
    batch(
        database,
        lambda b: b.add_column(
            sa.Column("n", sa.Enum("x", "y", name="mood"), nullable=False, server_default="y"),
            insert_after="id",
        ),
        lambda b: b.add_column(
            sa.Column("c", sa.Integer, sa.Identity(), comment="50% :c"), insert_before="a"
        ),
        lambda b: b.add_column(sa.Column("u", sa.Integer, sa.ForeignKey("t.id"), index=True, unique=False)),
        lambda b: b.alter_column("a", new_column_name="d"),
        lambda b: b.alter_column("b", type_=sa.String(9), insert_before="d"),
        lambda b: b.add_column(sa.Column("id", sa.Integer), if_not_exists=True),
        table_args=[sa.Column("z", sa.Integer), sa.UniqueConstraint("d", name="uq"), sa.Index("ix_z", "z")],
        partial_reordering=[("u", "id")],
    )
    assert columns(database) == ["n", "c", "b", "d", "u", "z", "id"]
    inspector = sa.inspect(database)
    assert database.exec_driver_sql("SELECT id, n, c, b, d FROM t").one() == (1, "y", 1, "2", "x")
    assert {each["name"] for each in inspector.get_indexes("t")} == {"uq", "ix_t_u", "ix_z"}
    assert inspector.get_foreign_keys("t")[0]["referred_table"] == "t"
    names = "SELECT conname FROM pg_constraint WHERE conname LIKE '%nbmigrate%' UNION SELECT relname FROM pg_class "
    assert not database.exec_driver_sql(f"{names}WHERE relname LIKE '%nbmigrate%'".replace("%", "%%")).all()


@pytest.mark.parametrize("what", OBSTACLES)
def test_what_would_be_lost_is_refused(database: sa.Connection, what: str) -> None:
    make(database, T)
    sql, named = OBSTACLES[what]
    make(database, sql)
    before = dumped(database)
    with pytest.raises(
        UnsupportedOperationError, match="cannot be rebuilt because of what is on it or depends on it: "
    ) as caught:
        batch(database)
    assert named in caught.value.message
    assert "leave recreate='always' out" in caught.value.hint
    database.rollback()
    assert dumped(database) == before


@pytest.mark.parametrize("what", OTHERS)
def test_what_is_no_plain_table_is_refused(database: sa.Connection, what: str) -> None:
    make(database, OTHERS[what])
    with pytest.raises(UnsupportedOperationError, match=f"Table n is {what}, which cannot be rebuilt"):
        batch(database, table="n")


def test_what_is_not_there_is_named(database: sa.Connection) -> None:
    make(database, T)
    with pytest.raises(TableNotFoundError, match="There is no table 'tt'"):
        batch(database, table="tt")
    with pytest.raises(ColumnNotFoundError, match="Table t has no column aa"):
        batch(database, lambda b: b.add_column(sa.Column("n", sa.Integer), insert_before="aa"))
    with pytest.raises(OperationError, match="contradicts itself"):
        batch(database, partial_reordering=[("a", "b"), ("b", "a")])
    with pytest.raises(UnsupportedOperationError, match="cannot add a column a beside the one"):
        batch(database, lambda b: b.drop_column("a"), lambda b: b.add_column(sa.Column("a", sa.Integer)))


def test_rows_that_a_policy_hides_from_the_owner_are_copied(database: sa.Connection) -> None:
    make(
        database,
        f"{T}; CREATE POLICY po ON t USING (id > 1); ALTER TABLE t ENABLE ROW LEVEL SECURITY; "
        "ALTER TABLE t FORCE ROW LEVEL SECURITY; ALTER TABLE t OWNER TO NBM_OWNER; "
        "GRANT ALL ON SCHEMA public TO NBM_OWNER",
    )
    database.exec_driver_sql(f'SET ROLE "{database.engine.url.database}_Owner"')
    database.commit()
    assert not database.exec_driver_sql("SELECT * FROM t").all()
    batch(database)
    database.exec_driver_sql("RESET ROLE")
    assert database.exec_driver_sql("SELECT * FROM t").all() == [(1, "x", 2)]


def test_a_batch_that_fails_leaves_all_as_it_was(database: sa.Connection) -> None:
    make(database, FULL)
    before = everything(database)
    with pytest.raises(sa.exc.IntegrityError, match="null value in column"):
        batch(database, lambda b: b.add_column(sa.Column("x", sa.Integer, nullable=False), insert_after="id"))
    database.rollback()
    assert everything(database) == before


def test_the_table_of_a_tenant_is_made_anew(database: sa.Connection) -> None:
    make(database, f'CREATE SCHEMA "Ten 1"; SET search_path TO "Ten 1"; {T}; SET search_path TO public; {T}')
    tenant = database.execution_options(schema_translate_map={"shop": "Ten 1"})
    batch(tenant, lambda b: b.add_column(sa.Column("n", sa.Integer), insert_after="id"), schema="shop")
    inspector = sa.inspect(database)
    assert [column["name"] for column in inspector.get_columns("t", "Ten 1")] == ["id", "n", "a", "b"]
    assert [column["name"] for column in inspector.get_columns("t", "public")] == ["id", "a", "b"]


def test_a_preview_says_where_it_cannot_know_the_table(database: sa.Connection) -> None:
    make(database, T)
    recorder = Recorder()
    o = Operations(recorder)
    o.execute("UPDATE t SET b = 3")
    with o.batch_alter_table("t", recreate="always"):
        pass
    o.create_table("n", sa.Column("t_id", sa.Integer, sa.ForeignKey("t.id")))
    with o.batch_alter_table("t", recreate="always"):
        pass
    with rehearsing(database) as rehearsal:
        shown = [statement.text for statement in rehearsal.statements(recorder.operations)]
    assert "DROP TABLE _nbmigrate_old" in shown
    assert shown[-1].startswith(
        "-- Table t is rebuilt, and its rows are copied. The operations before this one"
    )


def test_a_script_needs_copy_from(database: sa.Connection) -> None:
    make(database, "CREATE TABLE t (id serial PRIMARY KEY, a int UNIQUE); INSERT INTO t (a) VALUES (5), (6)")
    recorder = Recorder()
    with Operations(recorder).batch_alter_table("t", recreate="always"):
        pass
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer, unique=True),
    )
    with Operations(recorder).batch_alter_table("t", recreate="always", copy_from=table) as batch_op:
        batch_op.add_column(sa.Column("n", sa.Integer), insert_before="a")
    without, given = recorder.operations
    with pytest.raises(UnsupportedOperationError, match="does not know what is on it") as caught:
        statements(without, database.dialect)
    assert "copy_from=sa.Table(...)" in caught.value.hint
    for statement in statements(given, database.dialect):
        database.execute(statement.executable)
    database.exec_driver_sql("INSERT INTO t (a) VALUES (7)")
    assert database.exec_driver_sql("SELECT * FROM t ORDER BY a").all() == [
        (1, None, 5),
        (2, None, 6),
        (3, None, 7),
    ]
    assert database.exec_driver_sql("SELECT pg_get_serial_sequence('t', 'id')").scalar() == "public.t_id_seq"
    assert [each["name"] for each in sa.inspect(database).get_indexes("t")] == ["t_a_key"]
