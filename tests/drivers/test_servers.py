"""Every driver of PostgreSQL and MariaDB goes through every verb, and does what psycopg and PyMySQL do."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.drivers.conftest import ends, told, walk_on

DRIVERS = {
    "psycopg2": ("postgresql", "postgresql+psycopg2", ""),
    "pg8000": ("postgresql", "postgresql+pg8000", ""),
    "asyncpg": ("postgresql", "postgresql+asyncpg", "async"),
    "psycopg async": ("postgresql", "postgresql+psycopg_async", "async"),
    "mysqlconnector": ("mariadb", "mysql+mysqlconnector", ""),
    "aiomysql": ("mariadb", "mysql+aiomysql", "async"),
    "asyncmy": ("mariadb", "mysql+asyncmy", "async"),
}


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_does_what_the_usual_one_does(
    name: str, new_database: Callable[[str], str], server_python: Path, tmp_path: Path
) -> None:
    server, scheme, option = DRIVERS[name]
    usual = walk_on(Path(sys.executable), tmp_path / "usual", new_database(server))
    url = sa.make_url(new_database(server)).set(drivername=scheme).render_as_string(hide_password=False)
    python = Path(sys.executable) if scheme == "postgresql+psycopg_async" else server_python
    walk = walk_on(python, tmp_path / "other", url, option)
    # asyncmy logs what the server warns of.
    logged = "Name 'alembic_version_pkc' ignored for PRIMARY key.\n"
    assert [text.replace(logged, "") for text in told(walk)] == told(usual)
    assert ends(walk) == ends(usual)
