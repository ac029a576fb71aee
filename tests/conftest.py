"""What tests of several packages need: databases on servers, and the alembic package.

Servers are named by urls in the environment, and each test makes its own database there and drops it. The alembic
package is in an environment of its own: nbmigrate never shares one with it.
"""

import functools
import gc
import inspect
import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import firebird_server as firebird_server_module
from tests.environments import python_with

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
ALEMBIC = "alembic==1.20.1"
Alembic = Callable[..., str]
VARIABLES = {"postgresql": "NBMIGRATE_TEST_POSTGRESQL", "mariadb": "NBMIGRATE_TEST_MARIADB"}


def words_of_notebook(name: str) -> str:
    """Return what a notebook says between its cells."""
    cells = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be of the tests that ask a PostgreSQL something: see with_postgresql.py."""
    parser.addoption("--postgresql-only", action="store_true", help="run the tests on PostgreSQL alone")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks no PostgreSQL, where that is wanted."""
    if config.getoption("--postgresql-only"):
        others = [item for item in items if not _is_of_postgresql(item)]
        items[:] = [item for item in items if _is_of_postgresql(item)]
        config.hook.pytest_deselected(items=others)


def _is_of_postgresql(item: pytest.Item) -> bool:
    """Whether a test is given a database of PostgreSQL, or makes one."""
    if not isinstance(item, pytest.Function):
        return False
    words = " ".join((*item.fixturenames, item.name)).lower()
    if "postgresql" in words:
        return True
    if any(name in words for name in ("mariadb", "mysql", "sqlite", "duckdb")):
        return False
    return "server_url" in item.fixturenames and '"postgresql"' in inspect.getsource(item.function)


def pytest_unconfigure() -> None:
    """Let Python end without hypothesis's callback on garbage collection: with it DuckDB's modules are not freed."""
    gc.callbacks[:] = [
        each for each in gc.callbacks if not getattr(each, "__module__", "").startswith("hypothesis")
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests have counted, also where they ran in other processes."""
    for report in terminalreporter.stats.get("passed", []):
        for name, line in report.user_properties:
            if name == "counted":
                terminalreporter.write_line(line)


@pytest.fixture
def counted(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Print a line at the end of the session."""
    return functools.partial(record_property, "counted")


@pytest.fixture(autouse=True, scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where headers are cached during the tests: not in the user's cache folder."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBMIGRATE_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def server_url() -> Callable[[str], sa.URL]:
    """The url of a server, "postgresql" or "mariadb"; without one the test is skipped, and in CI fails."""

    def url_of(server: str) -> sa.URL:
        variable = VARIABLES[server]
        if variable not in os.environ:
            lacking = f"{variable}, the url of a {server} server to test on, is not set"
            if os.environ.get("CI") == "true":
                pytest.fail(lacking)
            pytest.skip(lacking)
        return sa.make_url(os.environ[variable])

    return url_of


@pytest.fixture(scope="session")
def spare_databases(server_url: Callable[[str], sa.URL]) -> Iterator[list[str]]:
    """Databases of PostgreSQL that a test is done with, emptied for the next: there one takes long to make and drop."""
    spare: list[str] = []
    yield spare
    for name in spare:
        _drop(server_url("postgresql"), name)


@pytest.fixture
def new_database(
    server_url: Callable[[str], sa.URL], spare_databases: list[str]
) -> Iterator[Callable[[str], str]]:
    """Give an empty database on a server and return its url; it is empty again after the test, whoever is connected."""

    def new(server: str) -> str:
        spare = spare_databases if server == "postgresql" else None
        return made.enter_context(database_on(server_url(server), spare))

    with ExitStack() as made:
        yield new


@contextmanager
def database_on(server: sa.URL, spare: list[str] | None = None) -> Iterator[str]:
    """Give an empty database on a server: its url. Afterwards it is dropped; with a list of spare ones, emptied."""
    if spare:
        name = spare.pop()
    else:
        name = f"nbm_{uuid.uuid4().hex[:12]}"
        _administer(server, f"CREATE DATABASE {name}")
    url = server.set(database=name)
    try:
        yield url.render_as_string(hide_password=False)
    finally:
        if spare is not None and _emptied(url):
            spare.append(name)
        else:
            _drop(server, name)


def _drop(server: sa.URL, name: str) -> None:
    """Drop a database, whoever is connected to it; before PostgreSQL 13 there are no words for that."""
    if server.get_backend_name() == "postgresql":
        _administer(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connected = f"FROM pg_stat_activity WHERE datname = '{name}'"
        _administer(server, f"SELECT pg_terminate_backend(pid) {connected}")
    _administer(server, f"DROP DATABASE {name}")


def _administer(server: sa.URL, statement: str) -> None:
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(statement)


#: What belongs to a database of PostgreSQL and is in no schema of it, as far as a test can leave it behind.
_OUTSIDE = """\
SELECT (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
        WHERE d.datname = current_database())
     + (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database())
     + (SELECT count(*) FROM pg_extension WHERE extname <> 'plpgsql')
     + (SELECT count(*) FROM pg_event_trigger) + (SELECT count(*) FROM pg_publication)
     + (SELECT count(*) FROM pg_largeobject_metadata) + (SELECT count(*) FROM pg_default_acl)"""


def _emptied(url: sa.URL) -> bool:
    """Disconnect everybody from a database of PostgreSQL and empty it; False where that cannot be done."""
    try:
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
            connection.exec_driver_sql(
                # Until each is gone, and its locks with it.
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if connection.exec_driver_sql(_OUTSIDE).scalar():
                return False
            schemas = connection.exec_driver_sql(
                "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname !~ '^pg_|^information_schema$'"
            ).scalars()
            connection.exec_driver_sql(f"DROP SCHEMA {', '.join(schemas)} CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
            connection.exec_driver_sql("GRANT USAGE ON SCHEMA public TO PUBLIC")
            connection.exec_driver_sql("COMMENT ON SCHEMA public IS 'standard public schema'")
    except sa.exc.DBAPIError:
        # Thousands of tables, say, need more locks than there are.
        return False
    return True


@pytest.fixture(scope="session")
def firebird_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.URL]:
    """The url of a Firebird of the session's own; where it is not installed the test is skipped, and in CI fails."""
    if not firebird_server_module.SERVER.exists():
        lacking = f"{firebird_server_module.SERVER}, of Debian's firebird3.0-server, is not installed"
        if os.environ.get("CI") == "true":
            pytest.fail(lacking)
        pytest.skip(lacking)
    with firebird_server_module.server(tmp_path_factory.mktemp("firebird")) as url:
        yield url


@pytest.fixture
def firebird_url(firebird_server: sa.URL, tmp_path: Path) -> str:
    """The url of an empty database of Firebird."""
    return firebird_server_module.new_database(firebird_server, tmp_path / "database.fdb")


@pytest.fixture(scope="session")
def alembic_executable(pytestconfig: pytest.Config) -> Path:
    """The alembic command, in an environment of its own."""
    return python_with(pytestconfig, "alembic", [ALEMBIC]).with_name("alembic")


@pytest.fixture
def alembic(alembic_executable: Path, tmp_path: Path) -> Alembic:
    """Run the alembic command in the test's folder, or another one, and return what it prints."""

    def run(*words: str, cwd: Path = tmp_path) -> str:
        done = subprocess.run(
            [alembic_executable, *words],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            env=alembic_environment(),
        )
        assert done.returncode == 0, f"alembic {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


def alembic_environment() -> dict[str, str]:
    """Return the environment variables for the alembic command: none that name this Python's packages."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}


@pytest.fixture(scope="session")
def run_script() -> Callable[[str, str], None]:
    """Run a script of SQL by the database's own shell, which stops at the first error: given a url and the script."""

    def run(url: str, script: str) -> None:
        database = sa.make_url(url)
        words, environment = _shell(database)
        if shutil.which(words[0]) is None:
            lacking = f"{words[0]}, the shell of {database.get_backend_name()}, is not installed"
            if os.environ.get("CI") == "true":
                pytest.fail(lacking)
            pytest.skip(lacking)
        done = subprocess.run(
            words, input=script.encode(), capture_output=True, check=False, env={**os.environ, **environment}
        )
        said = done.stderr.decode(errors="replace")
        assert (done.returncode, said) == (0, ""), f"{said}\n{script}"

    return run


def _shell(url: sa.URL) -> tuple[list[str], dict[str, str]]:
    """Return the command of a database's shell, and the environment variables that it needs."""
    if url.get_backend_name() == "sqlite":
        return ["sqlite3", "-batch", "-bail", str(url.database)], {}
    if url.get_backend_name() == "postgresql":
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        words = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--output", os.devnull, plain]
        return words, {"PGCLIENTENCODING": "UTF8", "PGOPTIONS": "--client-min-messages=warning"}
    words = ["mariadb", "--no-defaults", "--batch", "--default-character-set=utf8mb4"]
    words += [f"--host={url.host}", f"--port={url.port or 3306}", f"--user={url.username}", str(url.database)]
    return words, {"MYSQL_PWD": url.password or ""}
