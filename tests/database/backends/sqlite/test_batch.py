"""Changes of tables while a revision runs: what waits for what on SQLite, and what every database makes of a batch."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.events import RunReport
from nbmigrate.errors import MigrateError, MigrationFailedError
from nbmigrate.operations import AlterTable, MigrateOperation, Operations
from tests.database.conftest import Context, History

TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a VARCHAR(20) COLLATE NOCASE, b INTEGER, UNIQUE (a))"


def run(connection: sa.Connection, function: Callable[..., None], **options: Any) -> RunReport:
    history = History()
    history.add("r", function)
    return history.upgrade(connection, **options)


def texts(report: RunReport) -> list[str]:
    return [statement.text for step in report.steps for statement in step.statements]


def rebuilds(report: RunReport) -> int:
    return sum(text.startswith("INSERT OR ABORT INTO t") for text in texts(report))


def table_text(connection: sa.Connection, name: str = "t") -> str:
    return str(connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).scalar())


@pytest.fixture
def filled(sqlite: sa.Connection) -> sa.Connection:
    sqlite.exec_driver_sql(TABLE)
    sqlite.exec_driver_sql("INSERT INTO t VALUES (1, 'x', 5), (7, 'y', NULL)")
    sqlite.commit()
    return sqlite


def test_changes_in_a_row_are_one_rebuild(filled: sa.Connection) -> None:
    def upgrade() -> None:
        op.alter_column("t", "a", nullable=False)
        op.create_check_constraint("ck_b", "t", "b > 0")
        op.add_column("t", sa.Column("c", sa.Integer, server_default="3"))
        op.create_index("ix_c", "t", ["c"])
        op.alter_column("t", "b", new_column_name="d")

    report = run(filled, upgrade)
    assert rebuilds(report) == 1
    assert [type(operation).__name__ for operation in report.steps[0].operations] == [
        "AlterColumn",
        "AddConstraint",
        "AddColumn",
        "CreateIndex",
        "AlterColumn",
    ]
    assert filled.exec_driver_sql("SELECT * FROM t").fetchall() == [(1, "x", 5, 3), (7, "y", None, 3)]
    text = table_text(filled)
    assert "COLLATE NOCASE NOT NULL" in text
    assert "UNIQUE (a)" in text
    assert "CONSTRAINT ck_b CHECK (d > 0)" in text.replace('"d"', "d")
    assert [index["name"] for index in sa.inspect(filled).get_indexes("t")] == ["ix_c"]


def test_what_comes_between_ends_a_rebuild(filled: sa.Connection) -> None:
    def upgrade() -> None:
        op.alter_column("t", "a", nullable=False)
        op.create_table("u", sa.Column("id", sa.Integer))
        op.alter_column("t", "b", nullable=False, server_default="1")

    filled.exec_driver_sql("UPDATE t SET b = 1")
    filled.commit()
    report = run(filled, upgrade)
    assert rebuilds(report) == 2
    made = next(number for number, text in enumerate(texts(report)) if text.startswith("CREATE TABLE u"))
    copies = [number for number, text in enumerate(texts(report)) if text.startswith("INSERT OR ABORT")]
    assert copies[0] < made < copies[1]


ASKS: dict[str, Callable[[], Any]] = {
    "op.execute": lambda: op.execute("UPDATE t SET c = a"),
    "op.get_bind": lambda: op.get_bind().exec_driver_sql("UPDATE t SET c = a"),
    "op.get_context": lambda: op.get_context().connection.exec_driver_sql("UPDATE t SET c = a"),
    "bulk_insert": lambda: op.bulk_insert(
        sa.table("t", sa.column("id"), sa.column("c")), [{"id": 9, "c": "x"}]
    ),
}


@pytest.mark.parametrize("ask", ASKS)
def test_who_asks_finds_the_table_as_it_was_asked_for(filled: sa.Connection, ask: str) -> None:
    def upgrade() -> None:
        op.add_column("t", sa.Column("c", sa.String(5)), insert_after="a")
        ASKS[ask]()

    run(filled, upgrade, context=Context(connection=filled))
    assert filled.exec_driver_sql("SELECT c FROM t WHERE c IS NOT NULL").fetchall()


def test_a_connection_that_was_asked_for_before_finds_it_too(filled: sa.Connection) -> None:
    def upgrade() -> None:
        bind = op.get_bind()
        op.alter_column("t", "b", new_column_name="d", nullable=True, server_default="4")
        assert bind.execute(sa.text("SELECT sum(d) FROM t")).scalar_one() == 5
        op.create_check_constraint("ck", "t", "d > 0")
        assert "ck" in [check["name"] for check in sa.inspect(bind).get_check_constraints("t")]

    assert rebuilds(run(filled, upgrade)) == 2


def test_what_is_wrong_is_said_where_it_is_asked_for(filled: sa.Connection) -> None:
    def upgrade() -> None:
        op.alter_column("t", "a", nullable=False)
        op.alter_column("t", "bb", nullable=False)
        op.create_index("ix", "t", ["a"])

    before = table_text(filled)
    with pytest.raises(MigrationFailedError) as caught:
        run(filled, upgrade)
    line = upgrade.__code__.co_firstlineno + 2
    assert "no column 'bb'" in caught.value.message or "no column bb" in caught.value.message
    assert f"line {line}" in caught.value.message
    assert table_text(filled) == before


def test_an_error_that_is_caught_leaves_the_rest(filled: sa.Connection) -> None:
    def upgrade() -> None:
        op.alter_column("t", "a", nullable=False)
        with pytest.raises(MigrateError):
            op.drop_constraint("nothing", "t")
        op.alter_column("t", "b", server_default="8")

    run(filled, upgrade)
    filled.exec_driver_sql("INSERT INTO t (id, a) VALUES (9, 'z')")
    assert filled.exec_driver_sql("SELECT b FROM t WHERE id = 9").scalar() == 8
    assert "NOT NULL" in table_text(filled)


def test_rows_that_do_not_fit_name_the_change(filled: sa.Connection) -> None:
    def upgrade() -> None:
        op.create_check_constraint("ck", "t", "id > 0")
        op.alter_column("t", "b", nullable=False)

    before = table_text(filled)
    with pytest.raises(MigrationFailedError) as caught:
        run(filled, upgrade)
    assert "NOT NULL" in str(caught.value) or "NULL" in str(caught.value)
    assert "b" in str(caught.value)
    assert "1 row" in str(caught.value)
    assert table_text(filled) == before
    assert filled.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2


def test_the_line_is_that_of_the_change(filled: sa.Connection) -> None:
    def upgrade() -> None:
        op.create_check_constraint("ck", "t", "b > 7")
        op.create_table("u", sa.Column("id", sa.Integer))

    def later() -> None:
        op.create_check_constraint("ck", "t", "b > 7")

    for function in (upgrade, later):
        with pytest.raises(MigrationFailedError, match=f", line {function.__code__.co_firstlineno + 1}\n"):
            run(filled, function)


def test_a_native_change_is_made_at_once(filled: sa.Connection) -> None:
    def upgrade() -> None:
        op.add_column("t", sa.Column("c", sa.Integer))
        op.alter_column("t", "b", new_column_name="d")
        op.drop_column("t", "d")
        op.rename_table("t", "u")

    assert [text for text in texts(run(filled, upgrade)) if "alembic_version" not in text] == [
        "ALTER TABLE t ADD COLUMN c INTEGER",
        "ALTER TABLE t RENAME COLUMN b TO d",
        "ALTER TABLE t DROP COLUMN d",
        "ALTER TABLE t RENAME TO u",
    ]


def test_a_column_that_is_bound_is_dropped_by_a_rebuild(filled: sa.Connection) -> None:
    assert rebuilds(run(filled, lambda: op.drop_column("t", "a"))) == 1
    assert [column["name"] for column in sa.inspect(filled).get_columns("t")] == ["id", "b"]


@pytest.mark.parametrize(("recreate", "count"), [("auto", 0), ("always", 1), ("never", 0)])
def test_recreate(filled: sa.Connection, recreate: Any, count: int) -> None:
    def upgrade() -> None:
        with op.batch_alter_table("t", recreate=recreate) as batch_op:
            batch_op.add_column(sa.Column("c", sa.Integer))

    assert rebuilds(run(filled, upgrade)) == count
    assert [column["name"] for column in sa.inspect(filled).get_columns("t")] == ["id", "a", "b", "c"]


def test_never_refuses_what_sqlite_has_not(filled: sa.Connection) -> None:
    def upgrade() -> None:
        with op.batch_alter_table("t", recreate="never") as batch_op:
            batch_op.alter_column("a", nullable=False)

    with pytest.raises(MigrationFailedError, match="SQLite has no statement to change NOT NULL") as caught:
        run(filled, upgrade)
    assert "Leave recreate='never' out" in caught.value.hint


def test_every_option_of_a_batch(filled: sa.Connection) -> None:
    convention = {"uq": "uq_%(table_name)s_%(column_0_name)s"}

    def upgrade() -> None:
        with op.batch_alter_table(
            "t",
            partial_reordering=[("b", "a")],
            table_args=[sa.CheckConstraint("b < 100", name="ck_b")],
            table_kwargs={"sqlite_autoincrement": True},
            naming_convention=convention,
        ) as batch_op:
            # It has no name; the convention gives it one to be dropped by.
            batch_op.drop_constraint("uq_t_a", type_="unique")
            batch_op.add_column(sa.Column("c", sa.Integer), insert_before="b")

    run(filled, upgrade)
    names = [column["name"] for column in sa.inspect(filled).get_columns("t")]
    assert names.index("b") < names.index("a")
    assert names.index("c") < names.index("b")
    text = table_text(filled)
    assert "AUTOINCREMENT" in text
    assert "ck_b" in text
    assert "UNIQUE" not in text
    assert filled.exec_driver_sql("SELECT id, a, b FROM t").fetchall() == [(1, "x", 5), (7, "y", None)]


def test_copy_from_says_what_the_table_is(filled: sa.Connection) -> None:
    filled.exec_driver_sql("CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END")
    filled.commit()
    said = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.String(30)),
        sa.Column("b", sa.Integer),
    )

    def upgrade() -> None:
        with op.batch_alter_table("t", copy_from=said) as batch_op:
            batch_op.alter_column("b", server_default="2")

    run(filled, upgrade)
    assert "VARCHAR(30)" in table_text(filled)
    assert "CREATE TRIGGER" in table_text(filled, "tr")
    assert filled.exec_driver_sql("SELECT * FROM t").fetchall() == [(1, "x", 5), (7, "y", None)]


def test_copy_from_that_forgets_a_column_is_refused(filled: sa.Connection) -> None:
    def upgrade() -> None:
        said = sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
        with op.batch_alter_table("t", copy_from=said, recreate="always"):
            pass

    with pytest.raises(MigrationFailedError, match="has no column a, b, and the table has"):
        run(filled, upgrade)


def test_a_missing_table_names_the_nearest(sqlite: sa.Connection) -> None:
    sqlite.exec_driver_sql("CREATE TABLE customer (id INTEGER)")
    sqlite.commit()
    with pytest.raises(MigrationFailedError) as caught:
        run(sqlite, lambda: op.alter_column("custommer", "id", nullable=False))
    assert "customer" in str(caught.value).replace("custommer", "")


def test_names_of_target_metadata(connection: sa.Connection) -> None:
    metadata = sa.MetaData(naming_convention={"uq": "uq_%(table_name)s_%(column_0_name)s"})

    def upgrade() -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))
        op.create_unique_constraint(None, "t", ["a"])
        with op.batch_alter_table("t") as batch_op:
            batch_op.create_unique_constraint(None, ["id", "a"])

    run(connection, upgrade, context=Context(opts={"target_metadata": metadata}))
    found = {unique["name"] for unique in sa.inspect(connection).get_unique_constraints("t")}
    assert found == {"uq_t_a", "uq_t_id"}


def test_a_batch_is_the_same_everywhere(connection: sa.Connection) -> None:
    def upgrade() -> None:
        op.create_table("u", sa.Column("id", sa.Integer, primary_key=True))
        op.create_table(
            "t",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.String(20), comment=None),
            sa.Column("old", sa.Integer),
            sa.Column("u_id", sa.Integer),
            sa.CheckConstraint("old < 9", name="ck_old"),
        )
        op.bulk_insert(
            sa.table("t", sa.column("id"), sa.column("a"), sa.column("old")), [{"id": 1, "a": "5"}]
        )
        with op.batch_alter_table("t") as batch_op:
            batch_op.add_column(sa.Column("n", sa.Integer, nullable=False, server_default="3"))
            batch_op.drop_constraint("ck_old", type_="check")
            batch_op.drop_column("old")
            batch_op.alter_column("a", new_column_name="name", existing_type=sa.String(20), nullable=False)
            batch_op.create_foreign_key("fk_u", "u", ["u_id"], ["id"], ondelete="CASCADE")
            batch_op.create_unique_constraint("uq_name", ["name"])
            batch_op.create_check_constraint("ck_n", "n > 0")
            batch_op.create_index("ix_n", ["n"])

    (step,) = run(connection, upgrade).steps
    assert isinstance(step.operations[-1], AlterTable)
    inspector = sa.inspect(connection)
    columns = {column["name"]: column["nullable"] for column in inspector.get_columns("t")}
    assert columns == {"id": False, "name": False, "u_id": True, "n": False}
    (key,) = inspector.get_foreign_keys("t")
    assert (key["name"], key["options"].get("ondelete")) == ("fk_u", "CASCADE")
    assert [unique["name"] for unique in inspector.get_unique_constraints("t")] == ["uq_name"]
    assert [check["name"] for check in inspector.get_check_constraints("t")] == ["ck_n"]
    assert "ix_n" in [index["name"] for index in inspector.get_indexes("t")]
    assert connection.exec_driver_sql("SELECT id, name, n, u_id FROM t").fetchall() == [(1, "5", 3, None)]


def test_a_batch_that_raises_does_nothing(connection: sa.Connection) -> None:
    def upgrade() -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
        with pytest.raises(ValueError, match="mine"), op.batch_alter_table("t") as batch_op:
            batch_op.add_column(sa.Column("n", sa.Integer))
            raise ValueError("mine")

    run(connection, upgrade)
    assert [column["name"] for column in sa.inspect(connection).get_columns("t")] == ["id"]


def test_recreate_always_alters_where_tables_are_altered(connection: sa.Connection) -> None:
    def upgrade() -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
        with op.batch_alter_table("t", recreate="always") as batch_op:
            batch_op.add_column(sa.Column("n", sa.Integer))

    report = run(connection, upgrade)
    assert rebuilds(report) == (connection.dialect.name == "sqlite")
    assert [column["name"] for column in sa.inspect(connection).get_columns("t")] == ["id", "n"]


def test_places_of_columns(connection: sa.Connection) -> None:
    def upgrade() -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("z", sa.Integer))
        with op.batch_alter_table("t") as batch_op:
            batch_op.add_column(sa.Column("b", sa.Integer), insert_before="z")
            batch_op.add_column(sa.Column("a", sa.Integer), insert_after="id")
            batch_op.alter_column("z", insert_before="a")

    if connection.dialect.name == "postgresql":
        with pytest.raises(MigrationFailedError, match="puts a new column last and moves none"):
            run(connection, upgrade)
        return
    run(connection, upgrade)
    assert [column["name"] for column in sa.inspect(connection).get_columns("t")] == ["id", "z", "a", "b"]


def test_keywords_of_a_new_table_are_refused(postgresql_url: str) -> None:
    def upgrade() -> None:
        op.create_table("t", sa.Column("a", sa.Integer), sa.Column("b", sa.Integer))
        with op.batch_alter_table("t", recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
        with op.batch_alter_table("t", recreate="always", table_kwargs={"prefixes": ["UNLOGGED"]}):
            pass

    with (
        sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection,
        pytest.raises(MigrationFailedError, match="cannot do what table_kwargs= says"),
    ):
        run(connection, upgrade)


def test_a_new_table_is_made_in_one_transaction(postgresql_url: str) -> None:
    def upgrade() -> None:
        with op.batch_alter_table("t", recreate="always", partial_reordering=[("b", "a")]):
            pass

    with sa.create_engine(postgresql_url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a int, b int)")
        connection.commit()
        connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(MigrationFailedError, match="rebuilt only in a transaction"):
            run(connection, upgrade)
        assert "_nbmigrate_old" not in sa.inspect(connection).get_table_names()
        connection.rollback()
        connection.execution_options(isolation_level="READ COMMITTED")
        run(connection, upgrade)
        assert [column["name"] for column in sa.inspect(connection).get_columns("t")] == ["b", "a"]


def test_mariadb_puts_columns_in_another_order(mariadb_url: str) -> None:
    def upgrade() -> None:
        op.create_table("t", sa.Column("a", sa.Integer), sa.Column("b", sa.Integer, comment="kept"))
        with op.batch_alter_table("t", recreate="always", partial_reordering=[("b", "a")]):
            pass

    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        run(connection, upgrade)
        columns = sa.inspect(connection).get_columns("t")
    assert [(column["name"], column["comment"]) for column in columns] == [("b", "kept"), ("a", None)]


class AddTwice(MigrateOperation):
    """Add two columns."""

    def __init__(self, table: str) -> None:
        self.table = table


@Operations.implementation_for(AddTwice)
def add_twice(operations: Operations, operation: AddTwice) -> int:
    operations.add_column(operation.table, sa.Column("x", sa.Integer))
    operations.add_column(operation.table, sa.Column("y", sa.Integer))
    return int(operations.get_bind().scalar(sa.text(f"SELECT count(*) FROM {operation.table}")) or 0)


def test_an_operation_of_a_project_is_one_operation(connection: sa.Connection) -> None:
    counts = []

    def upgrade() -> None:
        op.create_table("t", sa.Column("id", sa.Integer, primary_key=True))
        counts.append(op.invoke(AddTwice("t")))

    (step,) = run(connection, upgrade).steps
    assert counts == [0]
    assert step.operations[1:] == (AddTwice("t"),)
    assert [column["name"] for column in sa.inspect(connection).get_columns("t")] == ["id", "x", "y"]


def test_inside_an_autocommit_block(filled: sa.Connection) -> None:
    def upgrade() -> None:
        with op.get_context().autocommit_block():
            op.alter_column("t", "b", nullable=False)

    context = Context()
    context.autocommit_block = lambda: context.running.autocommit_block()
    with pytest.raises(MigrationFailedError):
        run(filled, upgrade, context=context)
    assert "NOT NULL" not in table_text(filled)
    assert filled.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2
    filled.exec_driver_sql("UPDATE t SET b = 1")
    filled.commit()
    run(filled, upgrade, context=context)
    assert "NOT NULL" in table_text(filled)


IN_ORDER: dict[str, tuple[Callable[[], Any], str, list[str]]] = {
    "an index, then another name for its column": (
        lambda: (
            op.alter_column("t", "b", nullable=True, server_default="1"),
            op.create_index("ix", "t", ["b"]),
            op.create_index("ix_lower", "t", [sa.text("lower(b)")]),
            op.alter_column("t", "b", new_column_name="New B"),
        ),
        '"New B" INTEGER DEFAULT',
        ['CREATE INDEX ix ON t ("New B")', 'CREATE INDEX ix_lower ON t (lower("New B"))'],
    ),
    "a batch that names a column as it was": (
        lambda: renamed_in_batch(nullable=True, server_default="1"),
        '"New B" INTEGER DEFAULT',
        ['CREATE INDEX ix ON t ("New B")'],
    ),
    "and without a rebuild": (
        lambda: renamed_in_batch(),
        '"New B" INTEGER',
        ['CREATE INDEX ix ON t ("New B")'],
    ),
    "a CHECK of an expression, after another name": (
        lambda: (
            op.alter_column("t", "b", nullable=True, new_column_name="New B"),
            op.create_check_constraint("New B", "t", sa.column("New B") > 3),
        ),
        'CONSTRAINT "New B" CHECK ("New B" > 3)',
        [],
    ),
    "an index of a column that goes": (
        lambda: (
            op.create_check_constraint("ck", "t", "id > 0"),
            op.create_index("a", "t", ["b"]),
            op.create_index("b", "t", ["a"]),
            op.drop_column("t", "b"),
        ),
        "CONSTRAINT ck CHECK (id > 0)",
        ["CREATE INDEX b ON t (a)"],
    ),
    "index=True, unique=True is an index": (
        lambda: op.add_column("t", sa.Column("c", sa.Integer, index=True, unique=True), insert_after="a"),
        "c INTEGER, b INTEGER",
        ["CREATE UNIQUE INDEX ix_t_c ON t (c)"],
    ),
}


def renamed_in_batch(**options: Any) -> None:
    with op.batch_alter_table("t") as batch_op:
        batch_op.alter_column("b", new_column_name="New B", **options)
        batch_op.create_index("ix", ["b"])


@pytest.mark.parametrize("case", IN_ORDER)
def test_changes_follow_one_another(filled: sa.Connection, case: str) -> None:
    upgrade, text, indexes = IN_ORDER[case]
    filled.exec_driver_sql("UPDATE t SET b = 5 WHERE id = 7")
    filled.exec_driver_sql("UPDATE t SET b = 6 WHERE id = 1")
    filled.commit()
    run(filled, upgrade)
    assert text in table_text(filled)
    found = filled.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    assert [sql for (sql,) in found] == indexes
    assert filled.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2


def test_sqlite_says_that_it_keeps_no_comments(filled: sa.Connection) -> None:
    def upgrade() -> None:
        op.create_table_comment("t", "not kept")
        op.alter_column("t", "a", comment=None)
        op.alter_column("t", "a", comment="not kept", nullable=False)
        with op.batch_alter_table("t") as batch_op:
            batch_op.alter_column("b", comment="not kept")
            batch_op.drop_table_comment()

    said = [text.splitlines()[0] for text in texts(run(filled, upgrade)) if text.startswith("--")]
    assert said == [
        "-- SQLite keeps no comments: not the one on table t",
        "-- Table t is rebuilt, and its rows are copied",
        "-- SQLite keeps no comments: not the one on column a of table t",
        "-- SQLite keeps no comments: not the one on column b of table t",
    ]


def test_a_batch_on_mariadb_knows_a_column_by_its_new_name(mariadb_url: str) -> None:
    def upgrade() -> None:
        op.execute("CREATE TABLE t (a INT CHECK (a > 0), b INT AS (a + 1) STORED)")
        with op.batch_alter_table("t") as batch_op:
            batch_op.alter_column("a", new_column_name="new a")
            batch_op.alter_column("new a", comment="x")
            batch_op.alter_column("b", comment="`a`")

    with sa.create_engine(mariadb_url, poolclass=sa.NullPool).connect() as connection:
        run(connection, upgrade)
        text = connection.exec_driver_sql("SHOW CREATE TABLE t").one()[1]
    assert "COMMENT 'x' CHECK (`new a` > 0)" in text
    assert "(`new a` + 1) STORED COMMENT '`a`'" in text


def test_a_column_with_values_is_not_made_a_computed_one(filled: sa.Connection) -> None:
    def upgrade() -> None:
        op.alter_column("t", "b", server_default=sa.Computed("id + 1"))

    before = table_text(filled)
    with pytest.raises(MigrateError, match="Column b of table t holds values of its own"):
        run(filled, upgrade)
    assert table_text(filled) == before
    assert filled.exec_driver_sql("SELECT b FROM t ORDER BY id").scalars().all() == [5, None]
    filled.rollback()

    def anew() -> None:
        op.drop_column("t", "b")
        op.add_column("t", sa.Column("b", sa.Integer, sa.Computed("id + 1")))

    run(filled, anew)
    assert filled.exec_driver_sql("SELECT b FROM t ORDER BY id").scalars().all() == [2, 8]
