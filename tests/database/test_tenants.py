"""Tenants of one database by `schema_translate_map`: what is asked of the database is asked of the tenant's tables.

In the default schema stand tables of the same names that are made otherwise and have other rows. Whatever is looked up,
counted, made anew or explained there by mistake shows.
"""

import ast
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import nbmigrate
from nbmigrate import op
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.dry_run.losses import losses
from nbmigrate.database.dry_run.rehearsal import rehearsing
from nbmigrate.database.lock import lock_of
from nbmigrate.database.snapshots.capture import take
from nbmigrate.database.tables.reflection import DescriptionCache
from nbmigrate.database.tables.rows import count_tables, describe, read_rows
from nbmigrate.errors import DatabaseLockedError, MigrationFailedError, TableNotFoundError
from nbmigrate.operations import Operations, Recorder
from tests.database.conftest import History, NewDatabase

#: What the default schema has: other columns, other rows, other types.
DECOYS = (
    "CREATE TABLE item (id INTEGER PRIMARY KEY, n VARCHAR(20) DEFAULT 'here', extra INTEGER)",
    "INSERT INTO item VALUES (1, 'decoy', 5), (2, NULL, 6), (3, NULL, 7)",
    "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
    "INSERT INTO alembic_version VALUES ('decoy')",
)
STATE = sa.Enum("new", "paid", name="state")
NAMES = ("acme", 'Ac"me.x`Y', "50%s")
Connect = Callable[[], sa.Connection]


class Tenant:
    """A schema of a database, the connections that take it for the default one, and what both hold."""

    def __init__(self, engine: sa.Engine, schema: str, prepare: Callable[[sa.Connection], None]) -> None:
        self.engine, self.schema, self._prepare = engine, schema, prepare
        self._opened = ExitStack()

    def connect(self, key: str | None = None) -> sa.Connection:
        connection = self._opened.enter_context(self.engine.connect())
        self._prepare(connection)
        return connection.execution_options(schema_translate_map={key: self.schema})

    def close(self) -> None:
        self._opened.close()

    def name(self, table: str) -> str:
        quote = self.engine.dialect.identifier_preparer.quote
        return f"{quote(self.schema)}.{quote(table)}".replace("%%", "%")

    def _sent(self, sql: str) -> str:
        return sql if self.engine.dialect.name == "sqlite" else sql.replace("%", "%%")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            self._prepare(connection)
            return [tuple(row) for row in connection.exec_driver_sql(self._sent(sql))]

    def execute(self, *statements: str) -> None:
        with self.engine.connect() as connection:
            self._prepare(connection)
            for statement in statements:
                connection.exec_driver_sql(self._sent(statement))
            connection.commit()

    def made(self, schema: str | None = None) -> dict[str, Any]:
        """What the tables of a schema are made of, by SQLAlchemy, without the names of schemas."""
        with self.engine.connect() as connection:
            self._prepare(connection)
            return made_of(connection, schema)


def made_of(connection: sa.Connection, schema: str | None) -> dict[str, Any]:
    inspector = sa.inspect(connection)
    found = {}
    for table in inspector.get_table_names(schema=schema):
        # PostgreSQL names the sequence of a key with its schema.
        columns = [
            (
                each["name"],
                type(each["type"]).__name__,
                each["nullable"],
                re.sub(r"nextval\(.*?(\w+)'", r"nextval('\1'", str(each["default"])),
                each.get("comment"),
            )
            for each in inspector.get_columns(table, schema=schema)
        ]
        keys = inspector.get_foreign_keys(table, schema=schema)
        found[table] = (
            columns,
            inspector.get_pk_constraint(table, schema=schema)["constrained_columns"],
            sorted((str(key["name"]), key["constrained_columns"], key["referred_table"]) for key in keys),
            sorted(str(each["name"]) for each in inspector.get_indexes(table, schema=schema)),
            sorted(str(each["sqltext"]) for each in inspector.get_check_constraints(table, schema=schema)),
            sorted(str(each["name"]) for each in inspector.get_unique_constraints(table, schema=schema)),
        )
    return found


@contextmanager
def tenant_in(url: str, schema: str, folder: Path) -> Iterator[Tenant]:
    """Make a tenant's schema beside the tables of a database."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    quote = engine.dialect.identifier_preparer.quote
    prepare: Callable[[sa.Connection], Any] = lambda _: None  # noqa: E731
    if engine.dialect.name == "mysql":
        schema = f"{schema}_{uuid.uuid4().hex[:8]}"
    if engine.dialect.name == "sqlite":

        def prepare(connection: sa.Connection) -> None:
            connection.exec_driver_sql(f"ATTACH '{folder / 'tenant.db'}' AS {quote(schema)}")
            connection.commit()

    tenant = Tenant(engine, schema, prepare)
    made = {"postgresql": "CREATE SCHEMA", "mysql": "CREATE DATABASE"}.get(engine.dialect.name)
    if made:
        tenant.execute(f"{made} {quote(schema)}".replace("%%", "%"))
    try:
        yield tenant
    finally:
        tenant.close()
        if engine.dialect.name == "mysql":
            tenant.execute(f"DROP DATABASE {quote(schema)}".replace("%%", "%"))


@pytest.fixture(params=NAMES)
def tenant(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[Tenant]:
    with tenant_in(url, request.param, tmp_path) as found:
        found.execute(*DECOYS)
        yield found


def first() -> None:
    op.create_table("parent", sa.Column("id", sa.Integer, primary_key=True), sa.Column("state", STATE))
    op.create_table(
        "item",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("n", sa.String(200), server_default="there", comment="tenant"),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("parent.id", name="fk_parent")),
    )


def second() -> None:
    # The enum is there by now, and so are the table and its column, in the tenant's schema alone.
    op.add_column("item", sa.Column("state", STATE))
    op.create_index("ix_n", "item", ["n"])
    op.alter_column("item", "n", existing_type=sa.String(200), nullable=False)
    with op.batch_alter_table("item") as batch:
        batch.add_column(sa.Column("more", sa.Integer, server_default="1"))
        batch.create_unique_constraint("uq_more", ["more", "id"])
        batch.create_foreign_key("fk_more", "parent", ["more"], ["id"])
        batch.create_index("ix_more", ["more"])
    op.bulk_insert(sa.Table("parent", sa.MetaData(), sa.Column("id", sa.Integer)), [{"id": 1}, {"id": 2}])


def third() -> None:
    op.alter_column("item", "more", new_column_name="others", existing_type=sa.Integer())
    op.drop_index("ix_n", table_name="item")
    op.rename_table("item", "thing")
    with op.batch_alter_table("thing") as batch:
        batch.drop_constraint("fk_parent", type_="foreignkey")
        batch.drop_column("parent_id")


REVISIONS = (("a1", first), ("b2", second), ("c3", third))


def _shown(text: str) -> str:
    # A column that the run made itself is told by its server in other words, and in another order.
    return " ".join(text.split()[:4]) if " MODIFY " in text or " CHANGE " in text else text


def filled(history: History) -> History:
    for id_, upgrade in REVISIONS:
        history.add(id_, upgrade, lambda: None)
    return history


def test_a_tenant_is_made_as_a_database_of_its_own(
    tenant: Tenant, history: History, tmp_path: Path, new_database: NewDatabase
) -> None:
    dialect = tenant.engine.dialect.name
    before = tenant.made(), tenant.rows("SELECT * FROM item"), tenant.rows("SELECT * FROM alembic_version")
    connection = tenant.connect()
    with rehearsing(connection) as rehearsal:
        planned = []
        for _, upgrade in REVISIONS:
            recorder = Recorder()
            with op.use(Operations(recorder)):
                upgrade()
            planned.append([statement.text for statement in rehearsal.statements(recorder.operations)])
    report = filled(history).upgrade(connection)
    connection.close()
    own = (
        f"sqlite:///{tmp_path / 'own.db'}"
        if dialect == "sqlite"
        else new_database("mariadb" if dialect == "mysql" else dialect)
    )
    with sa.create_engine(own, poolclass=sa.NullPool).connect() as alone:
        history.upgrade(alone)
        assert tenant.made(tenant.schema) == made_of(alone, None)
    assert (
        tenant.made(),
        tenant.rows("SELECT * FROM item"),
        tenant.rows("SELECT * FROM alembic_version"),
    ) == before
    assert tenant.rows(f"SELECT * FROM {tenant.name('alembic_version')}") == [("c3",)]
    assert tenant.rows(f"SELECT id FROM {tenant.name('parent')} ORDER BY id") == [(1,), (2,)]
    # What a preview shows is what ran, and names the tenant's tables.
    ran = [
        [each.text for each in step.statements if "alembic_version" not in each.text] for step in report.steps
    ]
    assert [list(map(_shown, texts)) for texts in planned] == [list(map(_shown, texts)) for texts in ran]
    quoted = tenant.name("item")
    assert any(f"CREATE TABLE {quoted}" in text for text in ran[0])
    assert any("CREATE INDEX" in text and "ix_n" in text for text in ran[1])


def test_under_a_name_of_its_own(tenant: Tenant, history: History) -> None:
    """A map of another name than None: `schema="tenant"` in the operations."""

    def upgrade() -> None:
        op.create_table(
            "item",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("state", sa.Enum("a", name="kind", schema="tenant")),
            schema="tenant",
        )
        op.create_table("item", sa.Column("id", sa.Integer), if_not_exists=True)

    def change() -> None:
        op.add_column(
            "item", sa.Column("state2", sa.Enum("a", name="kind", schema="tenant")), schema="tenant"
        )
        op.alter_column("item", "id", comment="key", existing_type=sa.Integer(), schema="tenant")
        with op.batch_alter_table("item", schema="tenant") as batch:
            batch.alter_column(
                "state", nullable=False, existing_type=sa.Enum("a", name="kind", schema="tenant")
            )
        op.create_index("ix_state", "item", ["state"], schema="tenant")

    history.add("a1", upgrade, lambda: None)
    history.add("b2", change, lambda: None)
    before = tenant.made()
    connection = tenant.connect("tenant")
    versions = VersionTable(connection, "versions", "tenant")
    history.upgrade(connection, version_table=versions)
    connection.close()
    found = tenant.made(tenant.schema)
    assert set(found) == {"item", "versions"}
    assert [column[0] for column in found["item"][0]] == ["id", "state", "state2"]
    assert [column[2] for column in found["item"][0]] == [False, False, True]
    assert found["item"][3] == ["ix_state"]
    assert tenant.made() == before


def test_what_is_read(tenant: Tenant, history: History) -> None:
    connection = tenant.connect()
    filled(history).upgrade(connection, "b2")
    tenant.execute(
        *(f"INSERT INTO {tenant.name('item')} (id, n, more) VALUES ({n}, 'mine', 1)" for n in (7, 8))
    )
    assert {one.name: one.rows for one in count_tables(connection)} == {
        "alembic_version": 1,
        "item": 2,
        "parent": 2,
    }
    found = read_rows(connection, "item", columns=["id", "n"])
    assert (found.name, found.rows) == ("item", ((7, "mine"), (8, "mine")))
    assert read_rows(connection, f"{tenant.schema}.item", columns=["id"]).rows == ((7,), (8,))
    assert read_rows(connection, "item", schema=tenant.schema, columns=["id"], where="id > 7").rows == ((8,),)
    described = describe(connection, "item")
    assert [column.name for column in described.columns] == ["id", "n", "parent_id", "state", "more"]
    assert "fk_parent" in {one.name for one in described.constraints}
    assert describe(connection, "item", tenant.schema).columns == described.columns
    # None stands for the tenant, so that the default schema is another one by its name alone.
    default = {"sqlite": "main", "postgresql": "public"}.get(
        tenant.engine.dialect.name, str(tenant.engine.url.database)
    )
    assert read_rows(connection, f"{default}.item", columns=["n"]).rows[0] == ("decoy",)
    assert {one.name: one.rows for one in count_tables(connection, default)}["item"] == 3
    with pytest.raises(TableNotFoundError, match="There is no schema 'nowhere'"):
        count_tables(connection, "nowhere")
    with pytest.raises(TableNotFoundError, match="Did you mean item"):
        read_rows(connection, "itm")
    cache: DescriptionCache = {}
    for _ in range(2):
        snapshot = take(connection, cache=cache)
        assert [(one.name, one.count.rows) for one in snapshot.tables] == [
            ("alembic_version", 1),
            ("item", 2),
            ("parent", 2),
        ]
        item = snapshot.get("item")
        assert item is not None and [row[:2] for row in item.rows.rows] == [(7, "mine"), (8, "mine")]
        assert [column.name for column in item.schema.columns] == ["id", "n", "parent_id", "state", "more"]
    assert take(connection, tables=[f"{default}.item"]).tables[0].count.rows == 3


def test_what_would_be_lost(tenant: Tenant, history: History) -> None:
    connection = tenant.connect()
    filled(history).upgrade(connection, "a1")
    tenant.execute(f"INSERT INTO {tenant.name('item')} (id, n) VALUES (7, 'mine')")
    recorder = Recorder()
    asked = Operations(recorder)
    asked.drop_column("item", "n")
    asked.execute(sa.delete(sa.Table("item", sa.MetaData())))
    asked.execute("DELETE FROM item")
    asked.drop_table("item")
    said = [loss.describe() for loss in losses(connection, recorder.operations)]
    assert said[0] == "1 value of column n of table item will be lost."
    if tenant.schema.startswith("acme"):
        assert said[1] == f"1 row of table {tenant.schema}.item will be lost."
    # SQL of the revision's own is not translated: this is the default schema's, which is not looked for.
    assert said[2] == "This deletes an unknown amount of data: DELETE FROM item"
    assert said[3] == "1 row of table item will be lost."


def test_what_is_said_of_a_failure(tenant: Tenant, history: History) -> None:
    """The rows that are in the way, and the names that there are, are the tenant's."""
    connection = tenant.connect()
    filled(history).upgrade(connection, "a1")
    tenant.execute(f"INSERT INTO {tenant.name('item')} (id, n) VALUES (7, NULL), (8, 'a'), (9, 'a')")

    made = history.revisions[0]

    def said(upgrade: Callable[[], None]) -> str:
        history.revisions[:] = [made]
        history.add("x1", upgrade)
        with pytest.raises(MigrationFailedError) as caught:
            history.upgrade(connection)
        connection.rollback()
        return str(caught.value)

    null = said(lambda: op.alter_column("item", "n", existing_type=sa.String(200), nullable=False))
    assert "1 row with NULL in column n" in null and "id=7" in null
    unique = said(lambda: op.create_index("uq", "item", ["n"], unique=True))
    assert "2 rows that are not unique in n" in unique
    column = said(lambda: op.drop_column("item", "parent_ids"))
    assert "parent_id" in column and "extra" not in column
    table = said(lambda: op.drop_column("itms", "id"))
    assert "item" in table and "parent" in table
    assert "schema_translate_map" not in table
    for upgrade in (
        lambda: op.bulk_insert(sa.table("of_tenant", sa.column("id", sa.Integer)), [{"id": 1}]),
        lambda: op.execute("INSERT INTO of_tenant VALUES (1)"),
    ):
        assert "schema_translate_map changes the schema of a sa.Table, such as op.create_table()" in said(
            upgrade
        )


def test_each_tenant_has_its_own_lock(tenant: Tenant, history: History, tmp_path: Path) -> None:
    other_name = f"other{uuid.uuid4().hex[:6]}"
    (tmp_path / "other").mkdir()
    with tenant_in(tenant.engine.url.render_as_string(False), other_name, tmp_path / "other") as other:
        first, again, second = tenant.connect(), tenant.connect(), other.connect()
        held = lock_of(first, VersionTable(first))
        held.take()
        try:
            beside = lock_of(second, VersionTable(second), timeout=0)
            beside.take()
            beside.release()
            # The same table, by its own name and by the one that stands for it.
            for same in (VersionTable(again), VersionTable(again, schema=tenant.schema)):
                lock = lock_of(again, same, timeout=0)
                with pytest.raises(DatabaseLockedError):
                    lock.take()
        finally:
            held.release()


#: Where SQLAlchemy's own ways to a table may stand, and why.
ALLOWED = {
    "sa.inspect": {
        "database/backends/inspector.py",
        # A revision that asks `sa.inspect(op.get_bind())` is answered as in a run, by SQLAlchemy itself.
        "database/dry_run/planned_bind.py",
    },
    # Of tables of ours, which SQLAlchemy translates when it runs what they are in; of what find_table has found.
    "sa.Table": {
        "database/bookkeeping/version_sql.py",
        "database/journal/table.py",
        "database/bookkeeping/run_log.py",
        "database/tables/lookup.py",
    },
    # Catalogs of the databases, which no map means.
    "sa.table": {
        "database/backends/inspector.py",
        "database/backends/mysql/estimates.py",
        "database/backends/sqlite/estimates.py",
        "database/tables/row_counts.py",
    },
    "format_table": {
        "database/backends/inspector.py",
        "database/backends/postgresql/estimates.py",
        "database/tables/row_counts.py",
        "database/tables/reader.py",
        "database/journal/step.py",
    },
}
#: What names tables in the SQL it returns, and so must be given the dialect that names them rightly.
#: Tables of ours are named by the schema that they are in.
OWN = {"database/bookkeeping/own_table.py"}
WRITERS = {"statements", "each_statement", "named_types", "plan_batch"}


def test_every_reader_goes_by_the_one_that_translates() -> None:
    """A new reader that asks SQLAlchemy itself for a table by (schema, name) fails here: `inspecting` has the ways."""
    root = Path(nbmigrate.__file__).parent
    wrong = []
    for path in sorted(
        (*root.glob("database/**/*.py"), *root.glob("commands/**/*.py"), *root.glob("notebook/**/*.py"))
    ):
        name = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and node.value == "schema_translate_map":
                wrong += (
                    []
                    if name == "database/backends/inspector.py"
                    else [f"{name}, line {node.lineno}: the map itself"]
                )
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            for word, files in ALLOWED.items():
                if (called == word or called.endswith(f".{word}")) and name not in files:
                    wrong.append(f"{name}, line {node.lineno}: {called}()")
            given = [ast.unparse(argument) for argument in node.args]
            if (
                called in WRITERS
                and name not in OWN
                and any(argument.endswith("connection.dialect") for argument in given)
            ):
                wrong.append(
                    f"{name}, line {node.lineno}: {called}(... {given[1]}), and not dialect_for(connection)"
                )
    assert wrong == []


def test_on_the_search_path(postgresql_url: str, history: History, tmp_path: Path) -> None:
    """Tenants of PostgreSQL by `SET search_path`, beside tables and a type of the same names in public."""
    with tenant_in(postgresql_url, 'Ac"me.x', tmp_path) as tenant:
        tenant.execute(*DECOYS, "CREATE TYPE state AS ENUM ('old')")
        before = tenant.made(), tenant.rows("SELECT * FROM item")
        with tenant.engine.connect() as connection, tenant.engine.connect() as other:
            connection.exec_driver_sql('SET search_path TO "Ac""me.x"')
            connection.commit()
            filled(history).upgrade(connection, "b2")
            assert {one.name for one in count_tables(connection)} == {"alembic_version", "item", "parent"}
            assert [column.name for column in describe(connection, "item").columns][-1] == "more"
            connection.rollback()
            # The lock of its own version table, and not of public's.
            held = lock_of(connection, VersionTable(connection))
            held.take()
            free = lock_of(other, VersionTable(other), timeout=0)
            free.take()
            free.release()
            held.release()
            # Somebody has its table for himself; that of public is read.
            other.exec_driver_sql(f"LOCK TABLE {tenant.name('item')} IN ACCESS EXCLUSIVE MODE")
            assert {one.name: one.problem[:12] for one in take(connection).tables if one.problem} == {
                "item": "Another conn"
            }
            other.rollback()
            assert not [one for one in take(connection).tables if one.problem]
            connection.rollback()
            history.upgrade(connection)
        assert tenant.rows("SELECT * FROM item") == before[1] and tenant.made() == before[0]
        assert set(tenant.made(tenant.schema)) == {"alembic_version", "parent", "thing"}


def test_duckdb(tmp_path: Path, history: History) -> None:
    def change() -> None:
        op.create_table(
            "item",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("n", sa.String(9), comment="tenant"),
        )
        op.create_index("ix_n", "item", ["n"])
        # With an index, the table is rebuilt for each of these.
        op.alter_column("item", "n", existing_type=sa.String(9), nullable=False)
        op.create_check_constraint("ck", "item", "id > 0")
        op.rename_table("item", "thing")

    engine = sa.create_engine(f"duckdb:///{tmp_path / 'test.duckdb'}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in (*DECOYS, 'CREATE SCHEMA "Ac""me"'):
            connection.exec_driver_sql(statement)
        connection.commit()
        connection = connection.execution_options(schema_translate_map={None: 'Ac"me'})
        history.add("a1", change, lambda: None)
        history.upgrade(connection)
        connection.exec_driver_sql("""INSERT INTO "Ac""me".thing (n) VALUES ('mine')""")
        assert {one.name: one.rows for one in count_tables(connection)} == {"alembic_version": 1, "thing": 1}
        assert [column.nullable for column in describe(connection, "thing").columns] == [False, False]
        assert read_rows(connection, "main.item", columns=["extra"]).rows == ((5,), (6,), (7,))


def test_a_revision_goes_through_tenants(tenant: Tenant, history: History, tmp_path: Path) -> None:
    """By a map for each, on one connection: what SQLite makes anew for one is no part of what it makes for another."""
    (tmp_path / "other").mkdir()
    url = tenant.engine.url.render_as_string(False)
    with tenant_in(url, f"other{uuid.uuid4().hex[:6]}", tmp_path / "other") as other:
        for number, each in enumerate((tenant, other)):
            each.execute(f"CREATE TABLE {each.name('item')} (id INTEGER, n INTEGER, of_{number} INTEGER)")

        def upgrade() -> None:
            bind = op.get_bind()
            for each in (tenant, other):
                bind.execution_options(schema_translate_map={None: each.schema})
                op.alter_column("item", "n", existing_type=sa.Integer(), nullable=False)
                op.create_index("ix", "item", ["n"])
            bind.execution_options(schema_translate_map={None: None})

        history.add("a1", upgrade, lambda: None)
        before = tenant.rows("SELECT * FROM item"), tenant.made()["item"]
        tenant.execute("DROP TABLE alembic_version")
        connection = tenant.connect()
        other._prepare(connection)
        connection.execution_options(schema_translate_map={None: None})
        history.upgrade(connection)
        connection.close()
        for number, each in enumerate((tenant, other)):
            columns, _, _, indexes, *_ = each.made(each.schema)["item"]
            assert [column[:3:2] for column in columns[1:]] == [("n", False), (f"of_{number}", True)]
            assert indexes == ["ix"]
        assert (tenant.rows("SELECT * FROM item"), tenant.made()["item"]) == before
        assert tenant.rows("SELECT * FROM alembic_version") == [("a1",)]
