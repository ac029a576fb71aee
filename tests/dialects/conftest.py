"""Databases to execute statements on, each with a schema of its own that is dropped after the test."""

import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

Server = Callable[[str], sa.URL]


@pytest.fixture
def sqlite() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def duckdb() -> Iterator[sa.Connection]:
    engine = sa.create_engine("duckdb:///:memory:")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def postgresql(server_url: Server) -> Iterator[sa.Connection]:
    schema = f"nbm_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(server_url("postgresql"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        connection.exec_driver_sql(f"SET search_path TO {schema}, public")
        connection.dialect.default_schema_name = schema
        yield connection
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture
def mariadb(server_url: Server) -> Iterator[sa.Connection]:
    database = f"nbm_{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(server_url("mariadb"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {database}")
        connection.exec_driver_sql(f"USE {database}")
        connection.dialect.default_schema_name = database
        yield connection
        connection.exec_driver_sql(f"DROP DATABASE {database}")
    engine.dispose()


@pytest.fixture
def connection(request: pytest.FixtureRequest) -> sa.Connection:
    """The database that the test's parameter names."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, sa.Connection)
    return found
