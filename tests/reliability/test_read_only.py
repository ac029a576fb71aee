"""What only looks changes nothing, whatever a condition or an order says: the databases themselves refuse it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.database.tables.lookup import reading
from nbmigrate.errors import MigrateError
from nbmigrate.notebook.explorer.explorer import Explorer

SERVERS = ("sqlite", "postgresql", "mariadb")

#: What the tables are made with.
TABLES = {
    "sqlite": [
        "CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT)",
        "CREATE TABLE log (said TEXT)",
        "CREATE VIEW everybody AS SELECT * FROM customer",
    ],
    "postgresql": [
        "CREATE TABLE customer (id SERIAL PRIMARY KEY, name TEXT)",
        "CREATE TABLE log (said TEXT)",
        "CREATE SEQUENCE counter",
        (
            "CREATE FUNCTION note(said TEXT) RETURNS INT LANGUAGE plpgsql VOLATILE AS"
            " $$ BEGIN INSERT INTO log VALUES (said); RETURN 1; END $$"
        ),
        (
            "CREATE FUNCTION note_in_a_block() RETURNS INT LANGUAGE plpgsql VOLATILE AS"
            " $$ BEGIN BEGIN INSERT INTO log VALUES ('block'); EXCEPTION WHEN OTHERS THEN NULL; END;"
            " RETURN 1; END $$"
        ),
        (
            "CREATE FUNCTION write_again() RETURNS INT LANGUAGE plpgsql VOLATILE AS"
            " $$ BEGIN PERFORM set_config('transaction_read_only', 'off', true);"
            " INSERT INTO log VALUES ('again'); RETURN 1; END $$"
        ),
        "CREATE VIEW everybody AS SELECT *, note('view') AS noted FROM customer",
    ],
    "mariadb": [
        "CREATE TABLE customer (id INTEGER PRIMARY KEY AUTO_INCREMENT, name TEXT)",
        "CREATE TABLE log (said TEXT)",
        "CREATE TABLE engineless (said TEXT) ENGINE=MyISAM",
        "CREATE SEQUENCE counter",
        "CREATE FUNCTION note(said TEXT) RETURNS INT BEGIN INSERT INTO log VALUES (said); RETURN 1; END",
        (
            "CREATE FUNCTION note_for_good() RETURNS INT"
            " BEGIN INSERT INTO engineless VALUES ('x'); RETURN 1; END"
        ),
        (
            "CREATE FUNCTION write_again() RETURNS INT"
            " BEGIN SET SESSION tx_read_only = 0; INSERT INTO log VALUES ('again'); RETURN 1; END"
        ),
        "CREATE VIEW everybody AS SELECT customer.*, note('view') AS noted FROM customer",
    ],
}

#: Conditions that would change something, if they were let.
EVERYWHERE = [
    "1=1; DROP TABLE customer",
    "1=1); DROP TABLE customer; --",
    "1=1; DELETE FROM customer WHERE (1=1",
    "id = 1 /*",
    "1=1) UNION SELECT 1 FROM (DELETE FROM customer RETURNING 1",
    "(DELETE FROM customer) = 1",
    "EXISTS (INSERT INTO log VALUES ('x') RETURNING 1)",
    "EXISTS (WITH gone AS (DELETE FROM customer RETURNING *) SELECT * FROM gone)",
    "id IN (UPDATE customer SET name = 'x' RETURNING id)",
    "id = 1 FOR UPDATE",
    "name = '\\'; DROP TABLE customer; --'",
]
CONDITIONS = {
    "sqlite": [
        "1=1; PRAGMA query_only = OFF",
        "EXISTS (SELECT * FROM pragma_query_only(0))",
        "EXISTS (SELECT * FROM pragma_user_version(7))",
        "load_extension('nothing') IS NULL",
        "writefile('written', 'x') > 0",
        "fts3_tokenizer('x', 'y') IS NULL",
        "name = 'x' || char(39) || '; DROP TABLE customer'",
    ],
    "postgresql": [
        "nextval('counter') > 0",
        "setval('counter', 70) > 0",
        "setval('customer_id_seq', 70) > 0",
        "note('where') = 1",
        "note_in_a_block() = 1",
        "write_again() = 1",
        "set_config('transaction_read_only', 'off', true) = 'off' AND note('off') = 1",
        "set_config('transaction_read_only', 'off', false) = 'off' AND note('off') = 1",
        "set_config('default_transaction_read_only', 'off', false) = 'off' AND nextval('counter') = 1",
        "lo_creat(-1) > 0",
        "lo_from_bytea(0, 'x') > 0",
        "query_to_xml('DELETE FROM customer RETURNING 1', true, true, '') IS NULL",
        "query_to_xml('COMMIT', true, true, '') IS NULL",
        "pg_notify('x', 'y') IS NULL",
    ],
    "mariadb": [
        "NEXTVAL(counter) > 0",
        "SETVAL(counter, 70) > 0",
        "note('where') = 1",
        "note_for_good() = 1",
        "write_again() = 1",
        "(@x := 1) = 1 AND note(@x) = 1",
        "(@@session.tx_read_only := 0) = 0",
        "1=1) INTO OUTFILE '/tmp/nbmigrate_written' -- ",
        "(SELECT 'x' INTO DUMPFILE '/tmp/nbmigrate_written')",
        "LAST_INSERT_ID(77) = 77",
    ],
}
ORDERS = [
    "id; DROP TABLE customer",
    "id desc; DELETE FROM customer",
    "note('order')",
    "(SELECT note('order')) desc",
    "nextval('counter')",
    "id, note('order')",
]
COLUMNS = ["note('column')", "id; DROP TABLE customer", "* FROM customer; DROP TABLE log; SELECT 1"]

#: What else, besides rows, a condition could have changed.
STATE = {
    "sqlite": ["SELECT * FROM sqlite_sequence", "PRAGMA user_version", "PRAGMA schema_version"],
    "postgresql": [
        "SELECT last_value, is_called FROM counter",
        "SELECT last_value, is_called FROM customer_id_seq",
        "SELECT count(*) FROM pg_largeobject_metadata",
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
    ],
    "mariadb": [
        "SELECT next_not_cached_value FROM counter",
        "SELECT * FROM engineless",
        (
            "SELECT auto_increment FROM information_schema.tables"
            " WHERE table_name = 'customer' AND table_schema = DATABASE()"
        ),
        "SHOW TABLES",
    ],
}


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(server: str, tmp_path: Path, new_database: Callable[[str], str]) -> str:
    return f"sqlite:///{tmp_path / 'test.db'}" if server == "sqlite" else new_database(server)


@pytest.fixture
def admin(url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def project(
    server: str, url: str, admin: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project of two revisions, its database with tables and with functions that write."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url=url)
    made = Project.open()
    body = "op.create_table('first', sa.Column('id', sa.Integer, primary_key=True))"
    commands.revision(made, "one", body=body, rev_id="a1")
    drop = "def upgrade():\n    op.drop_table('first')\n\ndef downgrade():\n    pass\n"
    commands.revision(made, "two", body=drop, rev_id="b2")
    commands.upgrade(made, "a1")
    with admin.begin() as connection:
        for statement in TABLES[server]:
            connection.exec_driver_sql(statement.replace("%", "%%"))
        for name in ("Ada", "Edgar"):
            connection.execute(sa.text("INSERT INTO customer (name) VALUES (:name)"), {"name": name})
    return made


def everything(server: str, engine: sa.Engine) -> list[Any]:
    """Return all that is in the database, as somebody else sees it."""
    rows = [f"SELECT * FROM {name} ORDER BY 1" for name in ("customer", "log", "alembic_version", "first")]
    with engine.connect() as connection:
        return [
            [tuple(row) for row in connection.exec_driver_sql(statement)]
            for statement in [*rows, *STATE[server]]
        ]


def tried(look: Callable[..., object], *args: object, **options: object) -> str:
    """Return what an attempt was refused with; empty where it was taken, for what it may do."""
    try:
        look(*args, **options)
    except MigrateError as error:
        return str(error)
    return ""


@pytest.fixture
def unchanged(server: str, admin: sa.Engine, tmp_path: Path) -> Callable[[object], None]:
    before = everything(server, admin)
    assert before[0] == [(1, "Ada"), (2, "Edgar")]

    def check(what: object) -> None:
        assert (what, everything(server, admin)) == (what, before)
        assert not (tmp_path / "written").exists()
        assert not Path("/tmp/nbmigrate_written").exists()

    return check


def test_conditions(project: Project, server: str, unchanged: Callable[[object], None]) -> None:
    said = {}
    for condition in [*EVERYWHERE, *CONDITIONS[server]]:
        for limit in (1000, None):
            said[condition] = tried(commands.table, project, "customer", where=condition, limit=limit)
            unchanged(condition)
    # Those that write, and are expressions, have come to the database: it has refused them.
    reached = [text for text in said.values() if text.startswith("The database")]
    assert len(reached) > 3, said
    assert commands.table(project, "customer", where="name = 'Ada'").contents.rows == ((1, "Ada"),)


def test_orders_and_columns(project: Project, unchanged: Callable[[object], None]) -> None:
    for order in ORDERS:
        assert "There is no column" in tried(commands.table, project, "customer", order_by=[order])
        unchanged(order)
    for column in COLUMNS:
        assert "There is no column" in tried(commands.table, project, "customer", columns=[column])
        unchanged(column)
    for table in ("customer; DROP TABLE log", "note('table')", 'customer" CROSS JOIN note(1) "'):
        assert "There is no table" in tried(commands.table, project, table)
        assert "There is no table" in tried(commands.schema, project, table)
        unchanged(table)


def test_a_view_that_writes(project: Project, server: str, unchanged: Callable[[object], None]) -> None:
    said = tried(commands.table, project, "everybody")
    unchanged("view")
    assert bool(said) == (server != "sqlite")


def test_every_look(project: Project, unchanged: Callable[[object], None]) -> None:
    looks: Sequence[Callable[[], object]] = [
        lambda: commands.tables(project),
        lambda: commands.table(project, "customer"),
        lambda: commands.schema(project, "customer"),
        lambda: commands.current(project, verbose=True),
        lambda: commands.graph(project, current=True),
        lambda: commands.history(project, indicate_current=True),
        lambda: commands.preview(project, "upgrade", "head"),
        lambda: commands.preview(project, "downgrade", "base"),
        lambda: Explorer(project, read_only=True).press("refresh"),
    ]
    for look in looks:
        look()
        unchanged(look)
    explorer = Explorer(project, read_only=True)
    for index in range(5):
        explorer.panels.tabs.selected_index = index
        for revision in ("a1", "b2", ""):
            explorer.select(revision)
        for name in ("base", "down", "up", "head", "selected", "yes"):
            explorer.press(name)
        unchanged(index)
    # It has looked: what it shows is what is there.
    assert explorer.model.snapshot is not None
    assert {table.name for table in explorer.model.snapshot.tables} >= {"customer", "log", "first"}


def test_the_database_refuses(server: str, project: Project, admin: sa.Engine, unchanged: Any) -> None:
    """What keeps the looks from writing is the database, and it may write again afterwards."""
    with admin.connect() as connection:
        for statement in (
            "INSERT INTO log VALUES ('x')",
            "DELETE FROM customer",
            "CREATE TABLE more (id INTEGER)",
            "DROP TABLE log",
        ):
            with pytest.raises(sa.exc.DBAPIError), reading(connection):
                connection.exec_driver_sql(statement)
            connection.rollback()
            unchanged(statement)
        connection.exec_driver_sql("INSERT INTO log VALUES ('now')")
        connection.commit()
        assert [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM log")] == [("now",)]


@pytest.mark.parametrize("server", ["sqlite"])
def test_a_function_of_the_project_in_sqlite(project: Project, tmp_path: Path) -> None:
    """A function that env.py gives SQLite, and that writes through the same connection."""
    env = tmp_path / "practice" / "env.py"
    source = env.read_text()
    giving = (
        "    with connectable.connect() as connection:\n"
        "        driver = connection.connection.driver_connection\n"
        "        driver.create_function('note', 1, lambda said: driver.execute("
        '"INSERT INTO log VALUES (?)", [said]).rowcount)\n'
    )
    env.write_text(source.replace("    with connectable.connect() as connection:\n", giving))
    assert "note" in env.read_text()
    for condition in ("note('x') = 1", "id = note('y')"):
        assert tried(commands.table, project, "customer", where=condition)
    with sqlite3.connect(tmp_path / "test.db") as connection:
        assert connection.execute("SELECT count(*) FROM log").fetchall() == [(0,)]
    connection.close()
