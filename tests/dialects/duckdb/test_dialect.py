"""Histories on real DuckDB files: up, down, failing, read, locked, and as scripts that the duckdb module runs."""

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.database.backends.existing import read_stored
from nbmigrate.database.snapshots import capture
from nbmigrate.dialects import statements
from nbmigrate.errors import (
    ConfigError,
    DatabaseError,
    DatabaseLockedError,
    MigrationFailedError,
    OperationError,
)
from nbmigrate.operations import Operations, Recorder

FILE = "shop.db"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    commands.init("practice")
    commands.config(Project.open(), "sqlalchemy.url", f"duckdb:///{FILE}")
    return Project.open()


def revise(name: str, up: str, down: str = "pass") -> None:
    functions = [
        f"def {word}():\n{textwrap.indent(body, '    ')}\n"
        for word, body in (("upgrade", up), ("downgrade", down))
    ]
    commands.revision(Project.open(), name, body="\n\n".join(functions), rev_id=name)


def ask(query: str) -> list[Any]:
    with duckdb.connect(FILE) as connection:
        return connection.execute(query).fetchall()


def schema() -> list[Any]:
    """All that DuckDB says of its tables, indexes and sequences, but for the version table."""
    return [
        *ask(
            "SELECT sql, comment FROM duckdb_tables() WHERE table_name <> 'alembic_version' ORDER BY table_name"
        ),
        *ask("SELECT sql FROM duckdb_indexes() ORDER BY index_name"),
        *ask("SELECT sequence_name FROM duckdb_sequences() ORDER BY 1"),
        *ask(
            "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL ORDER BY ALL"
        ),
    ]


HISTORY = {
    "aaaa": (
        (
            "op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True),\n"
            "    sa.Column('name', sa.String(50), nullable=False, comment='as said'),\n"
            "    sa.Column('mood', sa.Enum('ok', 'bad')),    comment='who buys')\n"
            "op.bulk_insert(sa.table('customer', sa.column('name'), sa.column('mood')),\n"
            "    [{'name': 'Ada', 'mood': 'ok'}, {'name': 'Bob', 'mood': None}])"
        ),
        "op.drop_table('customer')",
    ),
    "bbbb": (
        (
            "op.create_index('ix_name', 'customer', ['name', sa.text('lower(mood)')], unique=True)\n"
            "op.add_column('customer', sa.Column('visits', sa.SmallInteger, server_default='3', nullable=False,\n"
            "    index=True))"
        ),
        "op.drop_index('ix_customer_visits')\nop.drop_index('ix_name')\nop.drop_column('customer', 'visits')",
    ),
    "cccc": (
        (
            "op.alter_column('customer', 'name', new_column_name='full name', type_=sa.String(80))\n"
            "op.alter_column('customer', 'visits', type_=sa.BigInteger, server_default=sa.text('7 - 4'))"
        ),
        (
            "op.alter_column('customer', 'visits', type_=sa.SmallInteger, server_default='3')\n"
            "op.alter_column('customer', 'full name', new_column_name='name', type_=sa.String(50))"
        ),
    ),
    "dddd": (
        (
            "op.create_table('visit', sa.Column('id', sa.BigInteger, sa.Identity(start=100), primary_key=True),\n"
            "    sa.Column('customer_id', sa.Integer), sa.Column('next', sa.BigInteger, sa.Computed('id + 1')))\n"
            "op.execute('INSERT INTO visit (customer_id) VALUES (1)')\n"
            "op.rename_table('customer', 'client')"
        ),
        "op.rename_table('client', 'customer')\nop.drop_table('visit')",
    ),
    "eeee": (
        (
            "with op.batch_alter_table('client') as batch_op:\n"
            "    batch_op.drop_index('ix_name')\n"
            "    batch_op.create_check_constraint('ck', 'visits > 0')\n"
            "    batch_op.add_column(sa.Column('city', sa.Text, nullable=False, server_default='Rome'))\n"
            "    batch_op.alter_column('mood', nullable=False, new_column_name='mind', type_=sa.Text)\n"
            "    batch_op.create_index('ix_city', ['city'])\n"
        ),
        "pass",
    ),
}


def write_history(project: Project) -> None:
    for name, (up, down) in HISTORY.items():
        revise(name, up, down)


def test_a_history_up_and_down(project: Project) -> None:
    write_history(project)
    before: list[list[Any]] = []
    for name in list(HISTORY)[:4]:
        before.append(schema() if before else [])
        commands.upgrade(Project.open(), name)
        assert str(commands.current(Project.open())).startswith(name)
    ask("UPDATE client SET mood = 'bad' WHERE id = 2")
    commands.upgrade(Project.open(), "head")
    assert ask("FROM client ORDER BY id") == [(1, "Ada", "ok", 3, "Rome"), (2, "Bob", "bad", 3, "Rome")]
    assert ask("FROM visit") == [(100, 1, 101)]
    assert ask("SELECT index_name FROM duckdb_indexes() ORDER BY 1") == [
        ("ix_city",),
        ("ix_customer_visits",),
    ]
    with pytest.raises(duckdb.ConstraintException, match="CHECK"):
        ask("INSERT INTO client (\"full name\", mind, visits) VALUES ('x', 'y', 0)")


def test_every_step_down_is_the_step_before(project: Project) -> None:
    write_history(project)
    found = [schema_after(name) for name in list(HISTORY)[:4]]
    for name, expected in list(zip(HISTORY, found, strict=False))[-2::-1]:
        commands.downgrade(Project.open(), name)
        assert schema() == expected, name
    commands.downgrade(Project.open(), "base")
    assert schema() == []


def schema_after(name: str) -> list[Any]:
    commands.upgrade(Project.open(), name)
    return schema()


def test_rows_and_comments_outlive_a_table_made_anew(project: Project) -> None:
    write_history(project)
    commands.upgrade(Project.open(), "cccc")
    assert ask('SELECT id, "full name", visits FROM customer ORDER BY id') == [(1, "Ada", 3), (2, "Bob", 3)]
    assert ask("SELECT comment FROM duckdb_tables() WHERE table_name = 'customer'") == [("who buys",)]
    assert ("customer", "full name", "as said") in schema()
    ask("INSERT INTO customer (\"full name\") VALUES ('Cid')")
    assert ask("SELECT max(id) FROM customer") == [(3,)]


def test_a_failing_revision_leaves_nothing(project: Project) -> None:
    write_history(project)
    commands.upgrade(Project.open(), "bbbb")
    before = schema()
    revision = Path("practice/versions").glob("cccc*")
    (path,) = revision
    path.write_text(
        path.read_text().replace("def downgrade", "    op.execute('SELECT 1 / no')\n\n\ndef downgrade")
    )
    with pytest.raises(MigrationFailedError, match="no") as caught:
        commands.upgrade(Project.open(), "cccc")
    assert "nothing of it remains" in str(caught.value)
    assert schema() == before
    assert str(commands.current(Project.open())).startswith("bbbb")


def test_what_is_in_an_autocommit_block_stays(project: Project) -> None:
    revise(
        "aaaa",
        "op.execute('CREATE TABLE before (a INTEGER)')\n"
        "with op.get_context().autocommit_block():\n"
        "    op.execute('CHECKPOINT')\n"
        "    op.execute('CREATE TABLE inside (a INTEGER)')\n"
        "op.execute('CREATE TABLE after (a INTEGER)')\n"
        "raise ValueError('stop')",
    )
    with pytest.raises(MigrationFailedError, match="stop"):
        commands.upgrade(Project.open(), "head")
    tables = {row[0] for row in ask("SELECT table_name FROM duckdb_tables()")}
    assert tables - {"alembic_version", "alembic_version_journal"} == {"before", "inside"}


def test_reading(project: Project) -> None:
    write_history(project)
    commands.upgrade(Project.open(), "dddd")
    names = [(table.name, table.rows) for table in commands.tables(Project.open()).tables]
    assert names == [("alembic_version", 1), ("client", 2), ("visit", 1)]
    text = str(commands.schema(Project.open(), "client"))
    for expected in (
        "nextval('customer_id_seq')",
        "ENUM('ok', 'bad')",
        "ix_name",
        "lower",
        "client_id_pkey",
        "as said",
    ):
        assert expected in text or expected == "as said"
    rows = commands.table(Project.open(), "client", where="id > 1")
    assert "Bob" in str(rows)
    assert "Ada" not in str(rows)


def test_the_explorer_reads_all_tables(project: Project) -> None:
    write_history(project)
    commands.upgrade(Project.open(), "dddd")
    engine = sa.create_engine(f"duckdb:///{FILE}", poolclass=sa.NullPool)
    with engine.connect() as connection:
        state = capture.take(connection)
    client = state.get("client")
    assert client is not None
    assert [column.name for column in client.schema.columns] == ["id", "full name", "mood", "visits"]
    assert [row[1] for row in client.rows.rows] == ["Ada", "Bob"]
    assert (client.key, client.problem, client.whole) == (("id",), "", True)
    assert state.get("visit") is not None


def test_reading_cannot_write(project: Project) -> None:
    from nbmigrate.database.tables.lookup import reading

    engine = sa.create_engine(f"duckdb:///{FILE}", poolclass=sa.NullPool)
    with (
        engine.connect() as connection,
        pytest.raises(sa.exc.DBAPIError, match="read-only"),
        reading(connection),
    ):
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
    assert ask("SELECT * FROM duckdb_tables()") == []


def test_revisions_inspect_too(project: Project) -> None:
    revise(
        "aaaa",
        "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('n', sa.Numeric(9, 2)),\n"
        "    sa.UniqueConstraint('n'))\n"
        "op.create_table('u', sa.Column('t_id', sa.Integer, sa.ForeignKey('t.id'), index=True))\n"
        "found = sa.Table('u', sa.MetaData(), autoload_with=op.get_bind())\n"
        "assert [key.target_fullname for key in found.foreign_keys] == ['t.id']\n"
        "assert [index.name for index in found.indexes] == ['ix_u_t_id']\n"
        "columns = sa.inspect(op.get_bind()).get_columns('t')\n"
        "assert [str(column['type']) for column in columns] == ['INTEGER', 'NUMERIC(9, 2)']\n"
        "assert sa.inspect(op.get_bind()).get_table_names() == ['alembic_version', 't', 'u']",
    )
    commands.upgrade(Project.open(), "head")


IMPL = """
from alembic.ddl.impl import DefaultImpl


class AlembicDuckDBImpl(DefaultImpl):
    \"\"\"What duckdb-engine's README tells to write.\"\"\"

    __dialect__ = "duckdb"
"""


def test_env_of_an_alembic_project(project: Project) -> None:
    revise("aaaa", "op.create_table('t', sa.Column('a', sa.Integer))")
    environment = Path("practice/env.py")
    text = environment.read_text()
    environment.write_text(IMPL + text)
    commands.upgrade(Project.open(), "head")
    environment.write_text(f"{IMPL}\n    def add_column(self):\n        pass\n\n{text}")
    with pytest.raises(ConfigError, match=r"AlembicDuckDBImpl in env.py defines add_column"):
        commands.current(Project.open())


def test_another_process_has_the_file(project: Project) -> None:
    revise("aaaa", "op.create_table('t', sa.Column('a', sa.Integer))")
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import duckdb; c = duckdb.connect({FILE!r}); print('open', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(DatabaseLockedError, match=rf"Could not set lock on file .*{other.pid}") as caught:
            commands.upgrade(Project.open(), "head")
        other.communicate("\n")
    assert "Let the other program finish" in str(caught.value)
    commands.upgrade(Project.open(), "head")


def test_the_notebook_has_the_file_itself(project: Project) -> None:
    revise("aaaa", "op.create_table('t', sa.Column('a', sa.Integer))")
    with duckdb.connect(FILE), pytest.raises(DatabaseLockedError, match="open in this process already"):
        commands.current(Project.open())
    commands.upgrade(Project.open(), "head")
    # Nothing stays open after a command.
    assert ask("FROM t") == []


def test_constraints_come_and_go(project: Project) -> None:
    """By the names that DuckDB gives them; foreign keys are known to both tables afterwards."""
    revise(
        "aaaa",
        "op.create_table('p', sa.Column('id', sa.Integer, primary_key=True))\n"
        "op.create_table('t', sa.Column('a', sa.Text, server_default=', UNIQUE(a)'), sa.Column('b', sa.Integer))\n"
        "op.create_index('ix', 't', ['b'])\n"
        "op.execute('INSERT INTO p VALUES (1)')\n"
        "op.execute('INSERT INTO t (b) VALUES (1)')\n"
        "op.create_unique_constraint('uq', 't', ['a'])\n"
        "op.create_foreign_key('fk', 't', 'p', ['b'], ['id'])\n"
        "op.create_check_constraint('ck', 't', 'b < 9')",
        "op.drop_constraint('t_b_check', 't', type_='check')\n"
        "op.drop_constraint('t_a_key', 't', type_='unique')\n"
        "op.drop_constraint('t_b_id_fkey', 't', type_='foreignkey')\n"
        "op.drop_table('p')",
    )
    commands.upgrade(Project.open(), "head")
    for query in ("VALUES (', UNIQUE(a)', 1)", "VALUES ('x', 9)", "VALUES ('x', 2)"):
        with pytest.raises(duckdb.ConstraintException):
            ask(f"INSERT INTO t {query}")
    commands.downgrade(Project.open(), "base")
    assert ask("FROM t") == [(", UNIQUE(a)", 1)]
    assert ask("SELECT sql FROM duckdb_tables() WHERE table_name = 't'") == [
        ("CREATE TABLE t(a VARCHAR DEFAULT(', UNIQUE(a)'), b INTEGER);",)
    ]
    assert ask("SELECT sql FROM duckdb_indexes()") == [("CREATE INDEX ix ON t(b);",)]


def test_a_column_that_is_bound(project: Project) -> None:
    revise(
        "aaaa",
        "op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))\n"
        "op.execute('INSERT INTO t DEFAULT VALUES')\n"
        "op.add_column('t', sa.Column('u', sa.Integer, sa.Identity(start=7), unique=True, nullable=False,\n"
        "    index=True))\n"
        "op.add_column('t', sa.Column('w', sa.Enum('x', name='m'), nullable=False, server_default='x', comment='c'))\n"
        "op.execute('INSERT INTO t DEFAULT VALUES')",
    )
    commands.upgrade(Project.open(), "head")
    assert ask("FROM t ORDER BY id") == [(1, 7, "x"), (2, 8, "x")]


def test_odd_names_in_a_schema(project: Project) -> None:
    revise(
        "aaaa",
        "odd, where = \"a.b 'x' %\", {'schema': 'Sch 1'}\n"
        "op.execute('CREATE SCHEMA \"Sch 1\"')\n"
        "op.create_table(odd, sa.Column('id d', sa.Integer, primary_key=True),\n"
        "    sa.Column('select', sa.Integer, index=True),\n"
        "    sa.Column('\\u2603', sa.Text, comment=\"it's\"), **where)\n"
        "op.bulk_insert(sa.table(odd, sa.column('select'), **where), [{'select': 4}])\n"
        "op.alter_column(odd, 'select', new_column_name='FROM', type_=sa.Text, **where)\n"
        "op.create_check_constraint('ck', odd, sa.column('FROM') != '%', **where)",
        "op.drop_table(\"a.b 'x' %\", schema='Sch 1')\nop.execute('DROP SCHEMA \"Sch 1\"')",
    )
    commands.upgrade(Project.open(), "head")
    assert ask('FROM "Sch 1"."a.b \'x\' %"') == [(1, "4", None)]
    assert "\u2603" in str(commands.schema(Project.open(), "Sch 1.a.b 'x' %"))
    commands.downgrade(Project.open(), "base")
    assert schema() == []


#: What is there, what is asked for, and a piece of what is said; nothing is sent then.
REFUSED: list[tuple[str, Callable[[Any], Any], str]] = [
    (
        "CREATE TABLE n (a INTEGER UNIQUE)",
        lambda op: op.drop_constraint("uq", "n"),
        "names of its own. There are: n_a_key, which is UNIQUE(a).",
    ),
    (
        "CREATE TABLE u (t_id INTEGER REFERENCES t (id)); CREATE INDEX ix ON t (c)",
        lambda op: op.alter_column("t", "c", nullable=False),
        "while foreign keys refer to it: those of u",
    ),
    ("", lambda op: op.drop_column("t", "id"), "cannot drop column id of table t: it is, or comes before"),
    (
        "CREATE INDEX ix ON t (lower(c))",
        lambda op: op.alter_column("t", "c", new_column_name="d"),
        "Index ix of table t is over the expression",
    ),
    (
        "ALTER TABLE t ADD COLUMN d INTEGER; CREATE TABLE g (a INTEGER, b INTEGER AS (a + 1))",
        lambda op: op.create_check_constraint("ck", "g", "a > 0"),
        "it has computed columns",
    ),
    (
        "",
        lambda op: op.create_table("n", op.sa.Column("a", op.sa.ForeignKey("t.id", ondelete="SET NULL"))),
        "no ON DELETE SET NULL",
    ),
]


class Directives(Operations):
    sa = sa


@pytest.mark.parametrize(("before", "change", "said"), REFUSED)
def test_refused(duckdb: sa.Connection, before: str, change: Callable[[Any], Any], said: str) -> None:
    duckdb.exec_driver_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, c VARCHAR)")
    for statement in filter(None, before.split("; ")):
        duckdb.exec_driver_sql(statement)
    recorder = Recorder()
    change(Directives(recorder))
    (operation,) = recorder.operations
    with pytest.raises(OperationError) as caught:
        statements(operation, duckdb.dialect, read_stored(duckdb, operation))
    assert said in caught.value.message
    assert caught.value.hint


VALUES = (
    "[{'id': n, 't': t, 'f': f, 'd': d, 'b': b, 'j': j, 'i': i, 'w': w, 'e': e}\n"
    "    for n, (t, f, d, b, j, i, w, e) in enumerate([\n"
    "    (\"it's 100% :x\\\\n\", 0.1 + 0.2, decimal.Decimal('1.10'), b'\\0\\xff', {'a': [1]},\n"
    "     datetime.timedelta(days=-1, microseconds=7), datetime.datetime(2020, 1, 2, 3, 4, 5, 6), 'x y'),\n"
    "    ('a\\rb\\n\\u2603', float('-inf'), decimal.Decimal('-3'), b'', None, None, None, None)], 1)]"
)
SCRIPTED = (
    "import datetime, decimal\n"
    "t = op.create_table('t', sa.Column('id', sa.Integer, primary_key=True), sa.Column('t', sa.Text),\n"
    "    sa.Column('f', sa.Double), sa.Column('d', sa.Numeric(9, 2)), sa.Column('b', sa.LargeBinary),\n"
    "    sa.Column('j', sa.JSON), sa.Column('i', sa.Interval), sa.Column('w', sa.DateTime),\n"
    "    sa.Column('e', sa.Enum('x y', \"it's\", name='word')), comment=\"it's\")\n"
    f"op.bulk_insert(t, {VALUES})\n"
    "op.add_column('t', sa.Column('new', sa.String(5), server_default='a\\\\b', nullable=False))\n"
    "op.alter_column('t', 'd', type_=sa.Numeric(12, 3), new_column_name='D d')\n"
    "op.create_index('ix', 't', ['D d'])\n"
)


def test_a_script_makes_the_same_database(project: Project) -> None:
    revise("aaaa", SCRIPTED)
    script = commands.upgrade_sql(Project.open(), "head")
    with duckdb.connect("script.db") as connection:
        connection.execute(str(script))
        made = connection.execute("SELECT sql, comment FROM duckdb_tables() ORDER BY sql").fetchall()
        rows = connection.execute("FROM t ORDER BY id").fetchall()
        (head,) = connection.execute("FROM alembic_version").fetchall()
    commands.upgrade(Project.open(), "head")
    assert made == ask("SELECT sql, comment FROM duckdb_tables() ORDER BY sql")
    assert rows == ask("FROM t ORDER BY id")
    assert rows[0][2] == 0.1 + 0.2
    assert head == ("aaaa",)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("duckdb:///none/here.db", "database file cannot be opened"),
        ("duckdb:///practice/env.py", "not a DuckDB database"),
        ("duckdb:///shop.db?access_mode=READ_ONLY", "attached in read-only mode"),
    ],
)
def test_files_that_cannot_be_used(project: Project, url: str, said: str) -> None:
    ask("CREATE TABLE there (a INTEGER)")
    revise("aaaa", "op.create_table('t', sa.Column('a', sa.Integer))")
    commands.config(Project.open(), "sqlalchemy.url", url)
    with pytest.raises(DatabaseError, match=said):
        commands.upgrade(Project.open(), "head")


def test_without_the_package(project: Project) -> None:
    """The message says what to install, in a process that finds no package of a dialect."""
    program = (
        "import sys\n"
        "from importlib import metadata\n"
        "metadata.entry_points = lambda **_: metadata.EntryPoints(())\n"
        "from nbmigrate.cli import main\n"
        "sys.exit(main(['current']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs a package of its own for duckdb" in done.stderr
    assert "%pip install duckdb-engine" in done.stderr


BOUND = """
CREATE SEQUENCE s;
CREATE TABLE u (id INTEGER PRIMARY KEY);
CREATE TABLE "odd t" (id INTEGER DEFAULT(nextval('s')) PRIMARY KEY, "co de" DECIMAL(5,2) UNIQUE, n INTEGER DEFAULT(5),
    mood ENUM('a', 'b') CHECK (mood <> 'c'), text VARCHAR DEFAULT(', n INTEGER'), u_id INTEGER REFERENCES u (id),
    CHECK (n > 0), UNIQUE (n, text, id));
CREATE INDEX ix ON "odd t" (text);
COMMENT ON COLUMN "odd t".n IS 'it''s';
INSERT INTO u VALUES (1);
INSERT INTO "odd t" ("co de", mood, u_id) VALUES (1.5, 'a', 1), (3.25, NULL, NULL);
"""


def do(connection: sa.Connection, function: Callable[[Operations], Any]) -> None:
    recorder = Recorder()
    function(Operations(recorder))
    for operation in recorder.operations:
        for statement in statements(operation, connection.dialect, read_stored(connection, operation)):
            connection.execute(statement.executable)


def types(connection: sa.Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'odd t' ORDER BY column_index"
    )
    return dict(map(tuple, rows))


def batch(o: Operations) -> None:
    with o.batch_alter_table("odd t") as batch_op:
        batch_op.alter_column("n", server_default="9", nullable=False)
        batch_op.add_column(sa.Column("more", sa.Integer, server_default="3"))
        batch_op.alter_column("id", type_=sa.BigInteger())
        batch_op.alter_column("co de", type_=sa.Integer())


@pytest.mark.parametrize(
    ("change", "new"),
    [
        (lambda o: o.alter_column("odd t", "id", type_=sa.BigInteger()), {"id": "BIGINT"}),
        (lambda o: o.alter_column("odd t", "ID", type_=sa.BigInteger()), {"id": "BIGINT"}),
        (lambda o: o.alter_column("odd t", "co de", type_=sa.String()), {"co de": "VARCHAR"}),
        (
            lambda o: o.alter_column("odd t", "mood", type_=sa.Enum("a", "b", "c")),
            {"mood": "ENUM('a', 'b', 'c')"},
        ),
        (
            lambda o: o.alter_column(
                "odd t", "n", type_=sa.Text(), duckdb_using="n || '%'", server_default="7"
            ),
            {"n": "VARCHAR"},
        ),
        (lambda o: o.alter_column("odd t", "n", type_=sa.BigInteger(), nullable=False), {"n": "BIGINT"}),
        (batch, {"id": "BIGINT", "co de": "INTEGER", "more": "INTEGER"}),
    ],
    ids=["key", "key of another case", "unique", "enum", "using", "several", "batch"],
)
def test_the_type_of_a_column_that_a_constraint_names(
    duckdb: sa.Connection, change: Callable[[Operations], Any], new: dict[str, str]
) -> None:
    duckdb.exec_driver_sql(BOUND.replace("CHECK (n > 0), ", "") if "n" in new else BOUND)
    before = types(duckdb)
    kinds = "SELECT constraint_type FROM duckdb_constraints() WHERE table_name = 'odd t' ORDER BY 1"
    bound = [row[0] for row in duckdb.exec_driver_sql(kinds) if row[0] != "NOT NULL"]
    do(duckdb, change)
    assert types(duckdb) == before | new
    assert [row[0] for row in duckdb.exec_driver_sql(kinds) if row[0] != "NOT NULL"] == bound
    rows = duckdb.exec_driver_sql('SELECT id, "co de", mood, text, u_id FROM "odd t" ORDER BY id').all()
    values = ("1.50", "3.25") if new.get("co de") == "VARCHAR" else (1.5, 3.25)
    values = (2, 3) if new.get("co de") == "INTEGER" else values
    assert [tuple(row) for row in rows] == [
        (1, values[0], "a", ", n INTEGER", 1),
        (2, values[1], None, ", n INTEGER", None),
    ]
    assert duckdb.exec_driver_sql("SELECT index_name FROM duckdb_indexes()").scalars().all() == ["ix"]
    comments = "SELECT comment FROM duckdb_columns() WHERE comment IS NOT NULL"
    assert duckdb.exec_driver_sql(comments).scalars().all() == ["it's"]
    if "more" in new:
        defaults = "SELECT column_default FROM duckdb_columns() WHERE column_name IN ('n', 'more') ORDER BY 1"
        assert duckdb.exec_driver_sql(defaults).scalars().all() == ["'3'", "'9'"]


def test_the_type_of_a_column_that_others_refer_to_is_refused(duckdb: sa.Connection) -> None:
    duckdb.exec_driver_sql(BOUND)
    with pytest.raises(OperationError, match="while foreign keys refer to it: those of odd t"):
        do(duckdb, lambda o: o.alter_column("u", "id", type_=sa.BigInteger()))


@pytest.mark.parametrize(
    "change",
    [
        lambda o: o.create_foreign_key("f", "od t", "u", ["n"], ["id"]),
        lambda o: o.create_check_constraint("c", "od t", "n > 0"),
        lambda o: o.drop_constraint("c", "od t", type_="check"),
    ],
)
def test_a_table_that_is_missing(duckdb: sa.Connection, change: Callable[[Operations], Any]) -> None:
    duckdb.exec_driver_sql(BOUND)
    with pytest.raises(sa.exc.NoSuchTableError, match="There is no table 'od t'") as caught:
        do(duckdb, change)
    assert "Did you mean odd t? There are: odd t, u." in str(caught.value)
