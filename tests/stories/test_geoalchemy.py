"""GeoAlchemy2, which makes its columns and indexes by listening to tables, on SpatiaLite, PostGIS and MariaDB.

What alembic and we leave in a database each is compared. It needs the packages libsqlite3-mod-spatialite and
postgresql-...-postgis-3 of the system.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.environments import python_with
from tests.stories.conftest import PACKAGES

GEO = ("GeoAlchemy2==0.20.0", "psycopg[binary]>=3.1", "pymysql>=1.1", "pysqlite3-binary>=0.5")
ENV = """
import geoalchemy2
from alembic import context
from sqlalchemy import create_engine, event, pool
url = context.config.get_main_option("sqlalchemy.url")
def load(connection, _):
    connection.enable_load_extension(True)
    connection.load_extension("mod_spatialite")
    geoalchemy2.admin.dialects.sqlite.init_spatialite(connection, transaction=True, init_mode="EMPTY")
if context.is_offline_mode():
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    options = {}
    if url.startswith("sqlite"):
        import pysqlite3.dbapi2
        # Of Python's own sqlite3 not every build loads extensions.
        options["module"] = pysqlite3.dbapi2
    engine = create_engine(url, poolclass=pool.NullPool, **options)
    if options:
        event.listen(engine, "connect", load)
    with engine.connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
"""
FIRST = """
from alembic import op
import sqlalchemy as sa
from geoalchemy2 import Geometry
revision = "a1"
down_revision = None
def upgrade():
    op.create_table("place", sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(20), index=True), sa.Column("spot", Geometry("POINT", srid=4326), nullable=False))
    op.create_table("way", sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("line", Geometry("LINESTRING", srid=4326, spatial_index=False)))
    op.execute("INSERT INTO place (name, spot) VALUES ('here', ST_GeomFromText('POINT(1 2)', 4326))")
def downgrade():
    op.drop_table("way")
    op.drop_table("place")
"""
SECOND = """
from alembic import op
import sqlalchemy as sa
from geoalchemy2 import Geography, Geometry, alembic_helpers
revision = "b2"
down_revision = "a1"
"""
#: By database, what its second revision does; SpatiaLite has no ADD COLUMN for a geometry, in alembic as here.
SECONDS = {
    "sqlite": """
def upgrade():
    op.add_column("way", sa.Column("note", sa.String(9)))
    op.create_geospatial_table("park", sa.Column("id", sa.Integer), sa.Column("gate", Geometry("POINT", srid=4326)))
    op.add_geospatial_column("park", sa.Column("edge", Geometry("LINESTRING", srid=4326, spatial_index=False)))
    op.create_geospatial_index("idx_park_edge", "park", ["edge"])
    op.rename_table("park", "garden")
    op.rename_table("garden", "park")
def downgrade():
    op.drop_geospatial_index("idx_park_edge", "park", column_name="edge")
    op.drop_geospatial_table("park")
    op.drop_column("way", "note")
""",
    "postgresql": """
def upgrade():
    op.add_column("way", sa.Column("end", Geometry("POINT", srid=4326)))
    op.add_column("way", sa.Column("far", Geography("POINT")))
    op.create_index("ix_line", "way", ["line"], postgresql_using="gist")
    op.drop_index("idx_way_end", "way")
    op.create_geospatial_table("park", sa.Column("id", sa.Integer), sa.Column("gate", Geometry("POINT", srid=4326)))
    op.add_geospatial_column("park", sa.Column("edge", Geometry("LINESTRING", srid=4326, spatial_index=False)))
    op.create_geospatial_index("idx_park_edge", "park", ["edge"], postgresql_using="gist")
def downgrade():
    op.drop_geospatial_index("idx_park_edge", "park", column_name="edge", postgresql_using="gist")
    op.drop_geospatial_column("park", "edge")
    op.drop_geospatial_table("park")
    op.drop_column("way", "far")
    op.drop_column("way", "end")
    op.drop_index("ix_line", "way")
""",
    "mariadb": """
def upgrade():
    op.add_column("way", sa.Column("area", Geometry("POLYGON", spatial_index=False)))
    op.create_index("ix_line", "way", ["line"], mysql_length=8)
def downgrade():
    op.drop_index("ix_line", "way")
    op.drop_column("way", "area")
""",
}


def lacking(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture
def geo_python(pytestconfig: pytest.Config, run_python: Callable[..., str]) -> Path:
    return python_with(pytestconfig, "geo", [PACKAGES[0], *GEO])


@pytest.fixture(params=sorted(SECONDS))
def kind(
    request: pytest.FixtureRequest, geo_python: Path, tmp_path: Path, run_python: Callable[..., str]
) -> str:
    kind: str = request.param
    if kind == "sqlite":
        program = (
            "import pysqlite3.dbapi2 as s; c = s.connect(':memory:'); c.enable_load_extension(True)\n"
            "try:\n  c.load_extension('mod_spatialite'); print('there')\nexcept s.Error as e: print(e)"
        )
        if run_python(geo_python, "-c", program) != "there\n":
            lacking("libsqlite3-mod-spatialite is not installed")
    return kind


@pytest.fixture
def new_url(kind: str, tmp_path: Path, new_database: Callable[[str], str]) -> Callable[[str], str]:
    """Make an empty database that has geometries."""

    def make(name: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / name}.sqlite"
        url = new_database(kind)
        if kind == "mariadb":
            return url.replace("mysql+", "mariadb+", 1)
        try:
            with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
                connection.exec_driver_sql("CREATE EXTENSION postgis")
        except sa.exc.DBAPIError as error:
            lacking(f"postgresql-...-postgis-3 is not installed: {error.orig}")
        return url

    return make


def project(folder: Path, kind: str, url: str) -> Path:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(
        f"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = {url.replace('%', '%%')}\n"
    )
    (folder / "migrations" / "env.py").write_text(ENV)
    (versions / "a1.py").write_text(FIRST)
    (versions / "b2.py").write_text(SECOND + SECONDS[kind])
    return folder


def described(kind: str, url: str) -> list[Any]:
    """Return what a database has of geometries, tables and indexes."""
    if kind == "sqlite":
        with sqlite3.connect(str(sa.make_url(url).database)) as connection:
            tables = connection.execute(
                "SELECT type, name, tbl_name FROM sqlite_schema ORDER BY 1, 2"
            ).fetchall()
            return [*tables, *connection.execute("SELECT * FROM geometry_columns ORDER BY 1").fetchall()]
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        if kind == "mariadb":
            names = sa.inspect(connection).get_table_names()
            return [
                connection.exec_driver_sql(f"SHOW CREATE TABLE {name}").one()[1] for name in sorted(names)
            ]
        found: list[Any] = []
        for query in (
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT f_table_name, f_geometry_column, srid, type FROM geometry_columns ORDER BY 1, 2",
            "SELECT f_table_name, f_geography_column FROM geography_columns",
        ):
            found += map(tuple, connection.exec_driver_sql(query))
        return found


def test_as_by_alembic(
    kind: str,
    new_url: Callable[[str], str],
    geo_python: Path,
    tmp_path: Path,
    run_python: Callable[..., str],
) -> None:
    found: dict[str, list[list[Any]]] = {"nbmigrate": [], "alembic": []}
    for tool, states in found.items():
        url = new_url(tool)
        folder = project(tmp_path / tool, kind, url)
        for words in (("upgrade", "a1"), ("upgrade", "head"), ("downgrade", "base")):
            run_python(geo_python, "-m", tool, "-c", str(folder / "alembic.ini"), *words)
            states.append(described(kind, url))
    assert found["nbmigrate"] == found["alembic"]
    assert "spot" in repr(found["nbmigrate"][0])


def test_shown_before_it_is_done(
    kind: str, new_url: Callable[[str], str], geo_python: Path, tmp_path: Path, run_python: Callable[..., str]
) -> None:
    own = {
        "sqlite": [
            "SELECT RecoverGeometryColumn('place', 'spot', 4326, 'POINT', 'XY')",
            "CreateSpatialIndex('place'",
        ],
        "postgresql": ["CREATE INDEX idx_place_spot ON place USING gist (spot)"],
        "mariadb": ["ALTER TABLE place ADD SPATIAL INDEX(spot)"],
    }[kind]
    project(tmp_path, kind, new_url("nbmigrate"))
    for words in (("preview", "upgrade", "head"), ("upgrade", "head", "--sql")):
        printed = run_python(geo_python, "-m", "nbmigrate", *words)
        assert [text for text in own if text not in printed] == []
