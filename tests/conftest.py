"""Servers for the tests, by the urls in the environment; each test makes its own database there and drops it."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
import sqlalchemy as sa

VARIABLES = {"postgresql": "NBMIGRATE_TEST_POSTGRESQL", "mariadb": "NBMIGRATE_TEST_MARIADB"}


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
        yield lambda server: made.enter_context(_database(server_url(server)))


@contextmanager
def _database(server: sa.URL) -> Iterator[str]:
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
