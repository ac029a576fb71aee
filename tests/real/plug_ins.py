"""What projects have of plug-ins of Alembic: a line of env.py, the words of configure(), and a revision."""

from dataclasses import dataclass

#: Installed without what they depend on: alembic.
PACKAGES = (
    "advanced-alchemy==1.12.0",
    "alembic-enums==0.4.1",
    "alembic-offline==2.0.0",
    "alembic_postgresql_enum==1.11.0",
    "alembic_utils==0.8.8",
    "clickhouse-connect==1.12.0",
    "GeoAlchemy2==0.20.0",
    "SQLAlchemy-Continuum==2.0.0",
    "sqlalchemy-declarative-extensions==0.17.0",
)
#: What they need besides.
NEEDED = (
    "flupy",
    "parse",
    "typing_extensions",
    "packaging",
    "certifi",
    "urllib3",
    "greenlet",
    "lz4",
    "backports.zstd",
)


@dataclass(frozen=True)
class PlugIn:
    """A plug-in in a project.

    Parameters
    ----------
    server
        The database that its revision is for.
    imports
        What its documentation puts at the top of env.py.
    configure
        More words of `context.configure()`.
    revision
        What its revision has after the header.
    query, rows
        What is there after the upgrade.
    """

    server: str
    imports: str
    configure: str
    revision: str
    query: str
    rows: tuple[tuple[object, ...], ...]


PLAIN = """
def upgrade():
    op.create_table("t", sa.Column("id", sa.Integer))
    op.execute("INSERT INTO t VALUES (1)")
def downgrade():
    op.drop_table("t")
"""

PLUG_INS = {
    "geoalchemy2": PlugIn(
        "mariadb",
        "from geoalchemy2 import alembic_helpers",
        "include_object=alembic_helpers.include_object, process_revision_directives=alembic_helpers.writer, "
        "render_item=alembic_helpers.render_item",
        """
from geoalchemy2 import Geometry
def point():
    return Geometry("POINT", srid=4326, spatial_index=False)
def upgrade():
    op.create_geospatial_table("lake", sa.Column("id", sa.Integer), sa.Column("geom", point(), nullable=False))
    op.create_geospatial_index("idx_lake", "lake", ["geom"], unique=False)
    op.execute("INSERT INTO lake VALUES (1, ST_GeomFromText('POINT(1 2)'))")
def downgrade():
    op.drop_geospatial_index("idx_lake", "lake", column_name="geom")
    op.drop_geospatial_table("lake")
""",
        "SELECT id, ST_AsText(geom) FROM lake",
        ((1, "POINT(1 2)"),),
    ),
    "sqlalchemy_declarative_extensions": PlugIn(
        "postgresql",
        "from sqlalchemy_declarative_extensions import register_alembic_events\nregister_alembic_events()",
        "",
        """
def upgrade():
    op.create_schema("zoo")
    op.create_table("animal", sa.Column("name", sa.Text), schema="zoo")
    op.execute("INSERT INTO zoo.animal VALUES ('lion')")
def downgrade():
    op.drop_table("animal", schema="zoo")
    op.drop_schema("zoo")
""",
        "SELECT name FROM zoo.animal",
        (("lion",),),
    ),
    "clickhouse_connect": PlugIn(
        "postgresql",
        "from clickhouse_connect.cc_sqlalchemy.alembic import clickhouse_writer, include_object",
        "include_object=include_object, process_revision_directives=clickhouse_writer",
        PLAIN,
        "SELECT id FROM t",
        ((1,),),
    ),
    "alembic_enums": PlugIn(
        "postgresql",
        "",
        "",
        """
from alembic_enums import Column, EnumMigration
state = Column("t", "s", old_server_default=None, new_server_default="c")
change = EnumMigration(op, "state", old_options=["a", "b"], new_options=["a", "c"], columns=[state])
def upgrade():
    op.execute("CREATE TYPE state AS ENUM ('a', 'b')")
    op.execute("CREATE TABLE t (s state)")
    op.execute("INSERT INTO t VALUES ('b')")
    with change.upgrade_ctx():
        change.update_value(state, "b", "c")
    op.execute("INSERT INTO t DEFAULT VALUES")
def downgrade():
    with change.downgrade_ctx():
        change.update_value(state, "c", "b")
    op.drop_table("t")
    op.execute("DROP TYPE state")
""",
        "SELECT CAST(s AS text) FROM t",
        (("c",), ("c",)),
    ),
    "alembic_offline": PlugIn(
        "postgresql",
        "",
        "",
        """
from alembic_offline import execute_script, phased
@phased
def upgrade():
    op.execute("CREATE TABLE t (a int)")
    yield
    op.execute("INSERT INTO t VALUES (5)")
    execute_script("migrations/hello.sh")
def downgrade():
    op.drop_table("t")
""",
        "SELECT a FROM t",
        ((5,),),
    ),
    "advanced_alchemy": PlugIn(
        "postgresql",
        "from alembic.autogenerate import rewriter\n"
        "from advanced_alchemy.alembic import commands\n"
        "from advanced_alchemy.base import metadata_registry\n"
        "writer = rewriter.Rewriter()",
        "process_revision_directives=writer",
        """
from advanced_alchemy.types import DateTimeUTC, GUID
def upgrade():
    op.create_table(
        "t",
        sa.Column("id", GUID(length=16), nullable=False),
        sa.Column("at", DateTimeUTC(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_t")),
    )
    op.execute("INSERT INTO t VALUES ('00000000-0000-0000-0000-00000000000a', NULL)")
def downgrade():
    op.drop_table("t")
""",
        "SELECT CAST(id AS text) FROM t",
        (("00000000-0000-0000-0000-00000000000a",),),
    ),
    "sqlalchemy_continuum": PlugIn(
        "postgresql",
        "import sqlalchemy_continuum",
        "",
        """
from sqlalchemy_continuum.schema import update_end_tx_column
def upgrade():
    names = ("id", "transaction_id", "end_transaction_id")
    columns = [sa.Column(name, sa.BigInteger, primary_key=not name.startswith("end")) for name in names]
    versions = op.create_table("article_version", *columns)
    op.bulk_insert(versions, [{"id": 1, "transaction_id": number} for number in (1, 2)])
    if not op.get_context().as_sql:
        update_end_tx_column(versions)
def downgrade():
    op.drop_table("article_version")
""",
        "SELECT transaction_id, end_transaction_id FROM article_version ORDER BY 1",
        ((1, 2), (2, None)),
    ),
    "alembic_utils and alembic_postgresql_enum": PlugIn(
        "postgresql",
        "import alembic_postgresql_enum\n"
        "from alembic_utils.pg_function import PGFunction\n"
        "from alembic_utils.replaceable_entity import register_entities\n"
        "register_entities([])",
        "",
        """
from alembic_postgresql_enum import TableReference
from alembic_utils.pg_view import PGView
view = PGView("public", "v", "SELECT 1 AS one")
def upgrade():
    op.create_entity(view)
def downgrade():
    op.drop_entity(view)
""",
        "SELECT one FROM v",
        ((1,),),
    ),
}
