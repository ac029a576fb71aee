"""The database of the notebook: one in memory that stays, and the engine or connection that it has already."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.errors import (
    ConfigError,
    ConnectionFailedError,
    DatabaseLockedError,
    OperationError,
    UsageError,
)
from nbmigrate.scripts.new_project.templates import FOLDER
from tests.notebook.conftest import Kernel
from tests.notebook.explorer.test_explorer import Page

CUSTOMER = """%%migrate revision -m customers --rev-id a1
op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(80)))
op.bulk_insert(
    sa.table('customer', sa.column('id'), sa.column('name')),
    [{'id': number, 'name': f'customer {number}'} for number in range(1, 51)],
)
"""
EMAIL = """%%migrate revision -m "an email" --rev-id b2
op.add_column('customer', sa.Column('email', sa.Text))
"""
#: An env.py that knows nothing of what is handed over.
OWN = """
import sqlalchemy as sa
from nbmigrate import context

engine = sa.create_engine(context.config.get_main_option("sqlalchemy.url"))
if context.is_offline_mode():
    context.configure(url="sqlite://", literal_binds=True)
    context.run_migrations()
else:
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
#: As `init` wrote it before it took what is handed over.
EARLIER = (
    (FOLDER / "nbmigrate/env.py.mako")
    .read_text(encoding="utf-8")
    .partition("def run_migrations_online")[0]
    .replace("import Connection, engine", "import engine")
    + '''def run_migrations_online() -> None:
    """Connect, and run the revisions on the connection."""
    connectable = engine_from_config(
        config.get_section(config.config_ini_section, {}),
        prefix="sqlalchemy.",
        poolclass=pool.NullPool,
    )

    with connectable.connect() as connection:
        context.configure(connection=connection, target_metadata=target_metadata)

        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
'''
)


@pytest.fixture
def empty_kernel(started_kernel: Kernel, tmp_path: Path) -> Kernel:
    """The kernel in an empty folder, with the extension loaded afresh."""
    started_kernel.run(f"%cd -q {tmp_path}\n%reset -f\n%reload_ext nbmigrate")
    return started_kernel


def start(shell: Any, *, url: str = "sqlite:///own.db") -> None:
    """Start a project of two revisions."""
    shell.run_line_magic("migrate", f"init practice --url {url}")
    for cell in (CUSTOMER, EMAIL):
        first, _, body = cell.partition("\n")
        shell.run_cell_magic("migrate", first.removeprefix("%%migrate "), body)


def migrate(shell: Any, words: str) -> Any:
    return shell.run_line_magic("migrate", words)


def tables(engine: sa.Engine | sa.Connection) -> list[str]:
    return sorted(sa.inspect(engine).get_table_names())


def message(error: pytest.ExceptionInfo[Any]) -> str:
    return str(error.value)


# --- in memory


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "duckdb://", "duckdb:///:memory:"])
def test_the_whole_tutorial_runs_in_memory(empty_kernel: Kernel, url: str) -> None:
    run = empty_kernel.run
    run(f"%migrate init practice --url {url}")
    run(CUSTOMER)
    assert "CREATE TABLE customer" in run("%migrate preview upgrade head").text
    assert run("%migrate upgrade head").text.endswith("Now at a1 (head).")
    run(EMAIL)
    assert run("%migrate current").text == "a1"
    assert "a1 (current), customers" in run("%migrate graph").text
    run("frame = %migrate table customer --limit 1")
    assert run("frame.values.tolist()").text == "[[1, 'customer 1']]"
    page = Page(empty_kernel, "panel = %migrate explore\npanel")
    assert page.row["status"] == "at a1 customers, 1 of 2"
    page.press("up")
    page.until(lambda: page.row["status"] == "at b2 an email, 2 of 2")
    assert "email" in run("%migrate schema customer").text
    # What a cell does the panel shows, and what the panel did the cell has.
    ran = run("%migrate downgrade -1")
    assert ran.text.endswith("Now at a1.")
    for kind, content in ran.messages:
        page.take(kind, content)
    page.until(lambda: page.row["status"] == "at a1 customers, 1 of 2")
    assert run("%migrate tables").text.split()[-1] == "50"
    assert run("%migrate doctor").text.startswith("No problems: ")
    assert run("%migrate downgrade base").text.endswith("Now at base.")
    assert sorted(run("import os; os.listdir()").text.strip("[]'").split("', '")) == [
        "nbmigrate.ini",
        "practice",
    ]


def test_two_projects_in_memory_stay_apart(shell: Any, empty_folder: Path) -> None:
    for name in ("one", "two"):
        (empty_folder / name).mkdir()
        shell.run_line_magic("cd", f"-q {empty_folder / name}")
        start(shell, url="sqlite://")
    migrate(shell, "upgrade head")
    assert str(migrate(shell, "current")) == "b2 (head)"
    assert str(migrate(shell, f"-c {empty_folder / 'one' / 'nbmigrate.ini'} current")) == ""
    # The url decides: another is another database, and the first is still there after it.
    migrate(shell, "config sqlalchemy.url sqlite:///file.db")
    assert str(migrate(shell, "current")) == ""
    migrate(shell, "config sqlalchemy.url sqlite://")
    assert str(migrate(shell, "current")) == "b2 (head)"


def test_an_interrupt_does_not_empty_the_database_in_memory(empty_kernel: Kernel) -> None:
    run = empty_kernel.run
    run("%migrate init practice --url sqlite://")
    run(CUSTOMER)
    run("%migrate upgrade head")
    run(
        "%%migrate revision -m slow --rev-id b2\n"
        "def upgrade():\n"
        "    def stop(*_):\n"
        "        raise KeyboardInterrupt\n"
        "    sa.event.listen(op.get_bind().engine, 'do_execute', stop, once=True)\n"
        "    op.execute('DELETE FROM customer')\n"
        "def downgrade():\n"
        "    pass"
    )
    ran = run("%migrate upgrade head")
    assert [error["ename"] for error in ran.of("error")] == ["InterruptedRunError"]
    assert run("%migrate current").text == "a1"
    assert run("%migrate tables").text.split()[-1] == "50"


def test_an_env_py_that_connects_by_itself_says_that_nothing_stays(
    shell: Any, empty_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(shell, url="sqlite://")
    (empty_folder / "practice/env.py").write_text(OWN)
    migrate(shell, "upgrade head")
    told = capsys.readouterr().out
    assert "env.py connects to sqlite:// by itself: that database is gone when this command ends." in told
    assert 'Let env.py take config.attributes["connection"]' in told
    # Once in a cell, whatever panels are open.
    panel = migrate(shell, "explore")
    capsys.readouterr()
    migrate(shell, "current")
    assert capsys.readouterr().out.count("by itself") == 1
    assert panel is not None


@pytest.mark.parametrize("env", [EARLIER, None], ids=["as init wrote it before", "none"])
def test_in_memory_without_an_env_py_that_takes_it(shell: Any, empty_folder: Path, env: str | None) -> None:
    start(shell, url="sqlite://")
    path = empty_folder / "practice/env.py"
    if env is None:
        path.unlink()
    else:
        path.write_bytes(env.encode())
    migrate(shell, "upgrade head")
    assert str(migrate(shell, "current")) == "b2 (head)"


@pytest.mark.parametrize("url", ["sqlite://", "duckdb:///:memory:"])
def test_a_terminal_says_that_nothing_will_stay_before_it_runs(empty_folder: Path, url: str) -> None:
    def command(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "nbmigrate", *words]
        return subprocess.run(line, capture_output=True, text=True, check=False)

    command("init", "practice", "--url", url)
    (empty_folder / "body.py").write_text(
        "def upgrade():\n    import sys\n    print('runs', file=sys.stderr)\n\ndef downgrade():\n    pass\n"
    )
    command("revision", "-m", "x", "--rev-id", "aa", "--body", "body.py")
    done = command("upgrade", "head")
    assert done.returncode == 0
    first, second, *_, last = done.stderr.splitlines()
    assert first == (
        f"{url} is a database in memory: it is empty now, and what is done in it is gone when this command ends."
    )
    assert f"config sqlalchemy.url {url.partition(':')[0]}:///app.db" in second
    assert last == "runs"
    assert "in memory" in command("current").stderr
    assert "in memory" not in command("heads").stderr
    assert "in memory" not in command("upgrade", "head", "--sql").stderr
    command("config", "sqlalchemy.url", "sqlite:///file.db")
    assert command("upgrade", "head").stderr.splitlines() == ["runs"]
    refused = command("open", "--engine", "engine")
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "FAILED: --engine works in a notebook alone, where engine is a variable."
    )


# --- an engine


@pytest.mark.parametrize(
    "url", ["sqlite:///shop.db", "sqlite://", "duckdb:///shop.duckdb", "duckdb:///:memory:"]
)
def test_an_engine_of_the_notebook(shell: Any, empty_folder: Path, url: str) -> None:
    start(shell)
    engine = sa.create_engine(url)
    shell.push({"engine": engine})
    opened = migrate(shell, "open --engine engine")
    assert opened.rows()[0]["engine"] == f"engine ({url})"
    shell.run_cell("import pandas as pd\npd.DataFrame({'a': [1, 2]}).to_sql('frame', engine, index=False)")
    migrate(shell, "upgrade head")
    assert tables(engine) == ["alembic_version", "customer", "frame"]
    assert [row["table"] for row in migrate(shell, "tables").rows()] == [
        "alembic_version",
        "customer",
        "frame",
    ]
    panel = migrate(shell, "explore")
    panel.press("down")
    assert str(migrate(shell, "current")) == "a1"
    assert "email" not in {column["name"] for column in sa.inspect(engine).get_columns("customer")}
    assert "CREATE TABLE customer" in str(migrate(shell, "upgrade head --sql"))
    # The database of the settings was not touched, and is what is worked on once no engine is given.
    assert not (empty_folder / "own.db").exists()
    migrate(shell, "open")
    assert str(migrate(shell, "current")) == ""
    migrate(shell, "open --engine engine")
    assert str(migrate(shell, "current")) == "a1"
    engine.dispose()


def test_an_engine_on_postgresql(
    empty_kernel: Kernel, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = sa.make_url(new_database("postgresql"))
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        user = connection.exec_driver_sql("SELECT current_user").scalar_one()
    secret = url.set(username=user, password=url.password or "tr0ub4dor&3").render_as_string(
        hide_password=False
    )
    run = empty_kernel.run
    run(f"import sqlalchemy\nengine = sqlalchemy.create_engine({secret!r})")
    ran = run("%migrate init practice --engine engine")
    shown = [ran.text, run("%migrate open --engine engine").text]
    run(CUSTOMER)
    shown += [
        run(f"%migrate {words}").text
        for words in ("upgrade head", "current -v", "doctor", "preview downgrade -1")
    ]
    assert "Now at a1 (head)." in shown[2]
    assert run("pd = __import__('pandas'); len(pd.read_sql('SELECT * FROM customer', engine))").text == "50"
    assert "tr0ub4dor" not in "".join(shown)
    ini = (tmp_path / "nbmigrate.ini").read_text()
    assert f"sqlalchemy.url = {url.drivername}://{user}:%(DB_PASSWORD)s@" in ini
    assert "environment variable DB_PASSWORD" in ran.text
    assert "SERIAL" in run("%migrate upgrade head --sql").text
    run(EMAIL)
    page = Page(empty_kernel, "panel = %migrate explore\npanel")
    page.press("up")
    page.until(lambda: page.row["status"] == "at b2 an email, 2 of 2")
    run("engine.dispose()")


def test_an_env_py_that_connects_elsewhere_is_refused(shell: Any, empty_folder: Path) -> None:
    start(shell)
    (empty_folder / "practice/env.py").write_text(OWN)
    shell.push(
        {"engine": sa.create_engine("sqlite:///shop.db"), "duck": sa.create_engine("duckdb:///:memory:")}
    )
    migrate(shell, "open --engine engine")
    with pytest.raises(ConfigError) as error:
        migrate(shell, "upgrade head")
    assert message(error).startswith(
        "env.py connects to sqlite:///own.db by itself, and not by `engine`, which is to be migrated.\n"
        'Let env.py take config.attributes["connection"] where it is there'
    )
    assert [tables(sa.create_engine(f"sqlite:///{name}.db")) for name in ("own", "shop")] == [[], []]
    # And its script would be one for another kind of database.
    migrate(shell, "open --engine duck")
    with pytest.raises(ConfigError, match=r"env\.py writes a script for sqlite, and `duck` is duckdb"):
        migrate(shell, "upgrade head --sql")


@pytest.mark.parametrize("template", ["generic", "async", "pyproject"])
def test_the_env_py_of_each_template_takes_it(shell: Any, empty_folder: Path, template: str) -> None:
    shell.push({"engine": sa.create_engine("sqlite:///shop.db")})
    migrate(shell, f"init practice --template {template} --engine engine")
    shell.run_cell_magic(
        "migrate", "revision -m x --rev-id aa", "op.create_table('t', sa.Column('id', sa.Integer))"
    )
    migrate(shell, "config sqlalchemy.url sqlite+aiosqlite:///elsewhere.db")
    migrate(shell, "upgrade head")
    assert "t" in tables(sa.create_engine("sqlite:///shop.db"))
    assert not (empty_folder / "elsewhere.db").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("engin", "The notebook has no variable 'engin'.\nDid you mean engine?"),
        ("number", "number is of the type int, and no engine or connection of SQLAlchemy."),
        ("engine.nothing", "engine.nothing: Engine has no 'nothing'."),
        ("%sql", "JupySQL has no connection.\nConnect first: `%sql URL`."),
        ("loop", "loop is asynchronous: it belongs to an event loop, and cannot be handed over."),
    ],
)
def test_names_that_are_no_engine(shell: Any, empty_folder: Path, name: str, said: str) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine

    start(shell)
    given = {
        "engine": sa.create_engine("sqlite://"),
        "number": 1,
        "loop": create_async_engine("sqlite+aiosqlite://"),
    }
    shell.push(given)
    with pytest.raises(UsageError) as error:
        migrate(shell, f"open --engine {name}")
    assert message(error).startswith(said)
    # What was open stays so.
    assert str(migrate(shell, "current")) == ""


def test_an_attribute_is_an_engine_too(shell: Any, empty_folder: Path) -> None:
    start(shell)
    shell.run_cell("import sqlalchemy\nclass db: engine = sqlalchemy.create_engine('sqlite:///shop.db')")
    migrate(shell, "open --engine db.engine")
    migrate(shell, "upgrade head")
    assert (empty_folder / "shop.db").exists()


def test_the_tab_key_offers_engines(empty_kernel: Kernel) -> None:
    empty_kernel.run("import sqlalchemy\nengine = sqlalchemy.create_engine('sqlite://')\nother = 1")
    assert empty_kernel.complete("%migrate open --engine e") == {"engine": "engine"}


# --- a connection


def test_an_open_transaction_stays_its_owners(shell: Any, empty_folder: Path) -> None:
    start(shell)
    engine = sa.create_engine("sqlite:///shop.db")
    connection = engine.connect()
    connection.exec_driver_sql("CREATE TABLE mine (a INTEGER)")
    connection.commit()
    shell.push({"conn": connection})
    migrate(shell, "open --engine conn")
    # Without one, each revision commits.
    migrate(shell, "upgrade a1")
    assert not connection.in_transaction()
    connection.exec_driver_sql("INSERT INTO mine VALUES (1)")
    result = migrate(shell, "upgrade head")
    assert result.notes[-1] == (
        "This is in the transaction that is open on `conn`, and not committed: `conn.commit()` keeps it, "
        "`conn.rollback()` undoes it."
    )
    assert str(migrate(shell, "current")) == "b2 (head)"
    panel = migrate(shell, "explore")
    assert panel.row.aside == "sqlite:///shop.db, in the open transaction of conn"
    panel.press("down")
    assert str(migrate(shell, "current")) == "a1"
    migrate(shell, "upgrade head")
    assert connection.in_transaction()
    connection.rollback()
    assert str(migrate(shell, "current")) == "a1"
    assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar_one() == 0
    # Reading leaves it as it is too: in a transaction, or in none.
    migrate(shell, "tables")
    assert connection.in_transaction()
    connection.rollback()
    migrate(shell, "tables")
    assert not connection.in_transaction()
    connection.close()
    with pytest.raises(ConnectionFailedError, match="The connection `conn` is closed"):
        migrate(shell, "current")


def test_mariadb_would_commit_an_open_transaction(
    shell: Any, empty_folder: Path, new_database: Callable[[str], str]
) -> None:
    start(shell)
    engine = sa.create_engine(new_database("mariadb"))
    connection = engine.connect()
    connection.exec_driver_sql("CREATE TABLE mine (a INTEGER)")
    connection.commit()
    shell.push({"conn": connection})
    migrate(shell, "open --engine conn")
    connection.exec_driver_sql("INSERT INTO mine VALUES (1)")
    with pytest.raises(OperationError, match="A transaction is open on `conn`, and this database commits it"):
        migrate(shell, "upgrade head")
    assert [row["table"] for row in migrate(shell, "tables").rows()] == ["mine"]
    connection.rollback()
    assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar_one() == 0
    connection.rollback()
    migrate(shell, "upgrade head")
    assert not connection.in_transaction()
    connection.close()
    engine.dispose()


@pytest.mark.parametrize("pool", [None, sa.StaticPool])
@pytest.mark.parametrize("words", ["tables", "upgrade head", "explore"])
def test_a_transaction_on_the_only_connection_is_not_undone(
    shell: Any, empty_folder: Path, pool: Any, words: str
) -> None:
    start(shell)
    engine = sa.create_engine("sqlite://", poolclass=pool)
    connection = engine.connect()
    connection.exec_driver_sql("CREATE TABLE mine (a INTEGER)")
    connection.commit()
    shell.push({"engine": engine, "conn": connection})
    migrate(shell, "open --engine engine")
    connection.exec_driver_sql("INSERT INTO mine VALUES (1)")
    if words == "explore":
        assert "A transaction is open on the only connection of `engine`" in str(
            migrate(shell, words).model.error
        )
    else:
        with pytest.raises(DatabaseLockedError) as error:
            migrate(shell, words)
        assert message(error).splitlines()[:2] == [
            "A transaction is open on the only connection of `engine`, and would end with this command.",
            "A transaction is open on `conn`: `conn.commit()` or `conn.rollback()`.",
        ]
    connection.commit()
    assert connection.exec_driver_sql("SELECT count(*) FROM mine").scalar_one() == 1
    connection.close()
    migrate(shell, "upgrade head")


def test_rows_that_were_not_read_yet_are_still_to_be_had_from_duckdb(shell: Any, empty_folder: Path) -> None:
    start(shell)
    engine = sa.create_engine("duckdb:///:memory:")
    connection = engine.connect()
    shell.push({"engine": engine})
    migrate(shell, "open --engine engine")
    migrate(shell, "upgrade head")
    result = connection.exec_driver_sql("SELECT id FROM customer ORDER BY id")
    assert result.fetchone() == (1,)
    migrate(shell, "tables")
    migrate(shell, "downgrade -1")
    assert [id_ for (id_,) in result] == list(range(2, 51))


# --- what is in the way


@pytest.mark.parametrize(
    ("left", "told", "end"),
    [
        (
            "conn = engine.connect(); _ = conn.execute(sqlalchemy.text('DELETE FROM customer'))",
            "A transaction is open on `conn`: `conn.commit()` or `conn.rollback()`.",
            "conn.rollback()",
        ),
        (
            "raw = sqlite3.connect('shop.db'); _ = raw.execute('DELETE FROM customer')",
            "A transaction is open on `raw`: `raw.commit()` or `raw.rollback()`.",
            "raw.rollback()",
        ),
        (
            "session = orm.Session(engine); _ = session.execute(sqlalchemy.text('DELETE FROM customer'))",
            "A transaction is open on `session`: `session.commit()` or `session.rollback()`.",
            "session.rollback()",
        ),
        (
            "kept = [engine.connect()]; _ = kept[0].execute(sqlalchemy.text('DELETE FROM customer'))",
            "A transaction is open on a connection of `engine`: commit it, or roll it back.",
            "kept[0].rollback()",
        ),
        (
            "conn = engine.connect(); rows = conn.execute(sqlalchemy.text('SELECT * FROM customer'))",
            "Rows of `SELECT * FROM customer` are still to be read from `rows`: read them, or `rows.close()`.",
            "rows.close()",
        ),
        (
            "cursor = sqlite3.connect('shop.db').execute('SELECT * FROM customer'); _ = cursor.fetchone()",
            "Rows of `SELECT * FROM customer` are still to be read from `cursor`: read them, or `cursor.close()`.",
            "cursor.close()",
        ),
        (
            "chunks = pandas.read_sql('SELECT * FROM customer', engine, chunksize=5); _ = next(chunks)",
            "Rows of `SELECT * FROM customer` are still to be read from `chunks`: read them, or `chunks.close()`.",
            "chunks.close()",
        ),
    ],
    ids=["connection", "sqlite3", "session", "list", "result", "cursor", "pandas"],
)
@pytest.mark.parametrize("given", [True, False], ids=["engine", "settings"])
def test_what_the_notebook_left_open_is_named(
    empty_kernel: Kernel, left: str, told: str, end: str, given: bool
) -> None:
    run = empty_kernel.run
    run(
        "import pandas, sqlalchemy, sqlite3\nfrom sqlalchemy import orm\nengine = sqlalchemy.create_engine('sqlite:///shop.db?timeout=0.2')"
    )
    run(f"%migrate init practice {'--engine engine' if given else '--url sqlite:///shop.db?timeout=0.2'}")
    run(CUSTOMER)
    run("%migrate upgrade head")
    # What is open elsewhere is not in the way.
    run("elsewhere = sqlite3.connect('other.db'); _ = elsewhere.execute('CREATE TABLE t (a)')")
    run("_ = elsewhere.execute('INSERT INTO t VALUES (1)')")
    assert run(left).of("error") == []
    (error,) = run("%migrate downgrade base").of("error")
    assert error["evalue"].splitlines()[-2:] == [told, "Then run this again."]
    assert "other program" not in error["evalue"]
    assert "elsewhere" not in error["evalue"]
    run(end)
    assert run("%migrate downgrade base").text.endswith("Now at base.")
    run("elsewhere.close()")


def test_another_process_is_not_taken_for_the_notebook(shell: Any, empty_folder: Path) -> None:
    start(shell, url="sqlite:///own.db?timeout=0.2")
    sqlite3.connect("own.db").close()
    code = "import sqlite3; c = sqlite3.connect('own.db'); c.execute('BEGIN IMMEDIATE'); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(DatabaseLockedError) as error:
            migrate(shell, "upgrade head")
        process.communicate(b"\n")
    assert message(error) == (
        "Another program is using the database: database is locked.\nLet the other program finish, then run this again."
    )
