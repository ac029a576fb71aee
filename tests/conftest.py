"""What tests of several packages need: databases on servers, and the alembic package.

Servers are named by urls in the environment, and each test makes its own database there and drops it. The alembic
package is in an environment of its own: nbmigrate never shares one with it.
"""

import os
import shutil
import subprocess
import sys
import uuid
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

ALEMBIC = "alembic==1.20.1"
Alembic = Callable[..., str]
VARIABLES = {"postgresql": "NBMIGRATE_TEST_POSTGRESQL", "mariadb": "NBMIGRATE_TEST_MARIADB"}


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


@pytest.fixture
def new_database(server_url: Callable[[str], sa.URL]) -> Iterator[Callable[[str], str]]:
    """Make an empty database on a server and return its url; it is dropped after the test, whoever is connected."""
    with ExitStack() as made:
        yield lambda server: made.enter_context(database_on(server_url(server)))


@contextmanager
def database_on(server: sa.URL) -> Iterator[str]:
    """Make an empty database on a server, and drop it afterwards: its url."""
    name = f"nbm_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        force = " WITH (FORCE)" if server.get_backend_name() == "postgresql" else ""
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}{force}")


@pytest.fixture(scope="session")
def alembic_executable(request: pytest.FixtureRequest) -> Path:
    """The alembic command; made once and kept in pytest's cache folder, since it takes seconds and the network."""
    cache = request.config.cache
    assert cache is not None
    home = Path(cache.mkdir("alembic")) / f"{ALEMBIC}-py{sys.version_info.major}.{sys.version_info.minor}"
    executable = home / ("Scripts" if os.name == "nt" else "bin") / "alembic"
    if not executable.exists():
        venv.create(home, with_pip=True)
        python = executable.with_name("python")
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", ALEMBIC], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            lacking = (
                f"{ALEMBIC} cannot be installed into an environment of its own: {done.stderr.strip()[-300:]}"
            )
            if os.environ.get("CI") == "true":
                pytest.fail(lacking)
            pytest.skip(lacking)
    return executable


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
