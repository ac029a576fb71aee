"""BigQuery, Redshift and ClickHouse: no server is here, the scripts of --sql are made with their real packages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.engine.default import DefaultDialect

from nbmigrate import operations as ops
from nbmigrate.dialects import statements
from tests.environments import python_with
from tests.stories.conftest import PACKAGES

WAREHOUSES = (
    "sqlalchemy-bigquery==1.17.3",
    "sqlalchemy-redshift==1.0.0",
    "psycopg2-binary>=2.9",
    "clickhouse-connect==1.12.0",
)
ENV = """
from alembic import context
context.configure(url=context.config.get_main_option("sqlalchemy.url"), literal_binds=True)
with context.begin_transaction():
    context.run_migrations()
"""
FIRST = """
from alembic import op
import sqlalchemy as sa
revision = "a1"
down_revision = None
def upgrade():
    options = {}
    if op.get_context().dialect.name == "clickhousedb":
        from clickhouse_connect.cc_sqlalchemy.ddl.tableengine import MergeTree
        options["clickhousedb_engine"] = MergeTree(order_by="id")
    op.create_table("t", sa.Column("id", sa.Integer), sa.Column("n", sa.Numeric(9, 2)), **options)
def downgrade():
    op.drop_table("t")
"""
SECOND = """
from alembic import op
import sqlalchemy as sa
revision = "b2"
down_revision = "a1"
def upgrade():
    op.alter_column("t", "n", type_=sa.Numeric(19, 2), existing_type=sa.Numeric(9, 2))
    op.alter_column("t", "n", comment="it's", existing_type=sa.Numeric(19, 2))
    op.alter_column("t", "n", new_column_name="m", existing_type=sa.Numeric(19, 2))
    op.rename_table("t", "u", schema="s")
def downgrade():
    pass
"""
URLS = {
    "bigquery": "bigquery://project/dataset",
    "redshift": "redshift+psycopg2://user:word@host/db",
    "clickhousedb": "clickhousedb://user@host/db",
}
SCRIPTS = {
    "bigquery": r"""
        CREATE TABLE `alembic_version` ( `version_num` STRING(32) NOT NULL );
        -- Running upgrade -> a1
        CREATE TABLE `t` ( `id` INT64, `n` NUMERIC(9, 2) );
        INSERT INTO `alembic_version` (`version_num`) VALUES ('a1');
        -- Running upgrade a1 -> b2
        ALTER TABLE `t` ALTER COLUMN `n` SET DATA TYPE NUMERIC(19, 2);
        ALTER TABLE `t` ALTER COLUMN `n` SET OPTIONS(description="it's");
        ALTER TABLE `t` RENAME COLUMN `n` TO `m`;
        ALTER TABLE `s`.`t` RENAME TO `s`.`u`;
        UPDATE `alembic_version` SET `version_num`='b2' WHERE `alembic_version`.`version_num` = 'a1';""",
    "redshift": """
        BEGIN;
        CREATE TABLE alembic_version ( version_num VARCHAR(32) NOT NULL,
        CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num) );
        -- Running upgrade -> a1
        CREATE TABLE t ( id INTEGER, n NUMERIC(9, 2) );
        INSERT INTO alembic_version (version_num) VALUES ('a1');
        -- Running upgrade a1 -> b2
        ALTER TABLE t ALTER COLUMN n TYPE NUMERIC(19, 2);
        COMMENT ON COLUMN t.n IS 'it''s';
        ALTER TABLE t RENAME COLUMN n TO m;
        ALTER TABLE s.t RENAME TO u;
        UPDATE alembic_version SET version_num='b2' WHERE alembic_version.version_num = 'a1';
        COMMIT;""",
    "clickhousedb": """
        CREATE TABLE `alembic_version` (`version_num` VARCHAR(32)) Engine MergeTree ORDER BY version_num;
        -- Running upgrade -> a1
        CREATE TABLE `t` (`id` INTEGER, `n` NUMERIC(9, 2)) Engine MergeTree ORDER BY id;
        INSERT INTO `alembic_version` (`version_num`) VALUES ('a1');
        -- Running upgrade a1 -> b2
        ALTER TABLE `t` MODIFY COLUMN `n` NUMERIC(19, 2);
        ALTER TABLE `t` COMMENT COLUMN `n` 'it''s';
        ALTER TABLE `t` RENAME COLUMN `n` TO `m`;
        RENAME TABLE `s`.`t` TO `s`.`u`;
        DELETE FROM `alembic_version` WHERE `version_num` = 'a1';
        INSERT INTO `alembic_version` (`version_num`) VALUES ('b2');""",
}


@pytest.fixture
def warehouse_python(pytestconfig: pytest.Config) -> Path:
    return python_with(pytestconfig, "warehouses", [PACKAGES[0], *WAREHOUSES])


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def project(folder: Path, url: str) -> Path:
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "alembic.ini").write_text(f"[alembic]\nscript_location = migrations\nsqlalchemy.url = {url}\n")
    (folder / "migrations" / "env.py").write_text(ENV)
    (versions / "a1.py").write_text(FIRST)
    (versions / "b2.py").write_text(SECOND)
    return versions


@pytest.mark.parametrize("name", URLS)
def test_script(name: str, warehouse_python: Path, tmp_path: Path, run_python: Callable[..., str]) -> None:
    versions = project(tmp_path, URLS[name])
    found = run_python(warehouse_python, "-m", "nbmigrate", "upgrade", "head", "--sql")
    assert words(found) == words(SCRIPTS[name])
    if name == "clickhousedb":
        (versions / "a1.py").write_text(FIRST.replace(", **options", ""))
        failed = run_python(warehouse_python, "-m", "nbmigrate", "upgrade", "head", "--sql", fails=True)
        assert "ClickHouse makes no table without an engine: t." in failed
        assert "clickhousedb_engine=MergeTree(order_by='id')" in failed
    if name == "bigquery":
        (versions / "b2.py").write_text(SECOND.replace('"it\'s"', '"x", nullable=False'))
        failed = run_python(warehouse_python, "-m", "nbmigrate", "upgrade", "head", "--sql", fails=True)
        assert "BigQuery cannot make column n of table t NOT NULL." in failed


@pytest.mark.parametrize(
    ("name", "word"),
    [("snowflake", "COLUMN "), ("trino", "COLUMN "), ("redshift", "COLUMN "), ("unheard_of", "")],
)
def test_the_word_column_is_said_where_it_is_wanted(name: str, word: str) -> None:
    dialect = DefaultDialect()
    dialect.name = name
    (found,) = statements(ops.AlterColumn("t", "a", new_name="b"), dialect)
    assert found.text == f"ALTER TABLE t RENAME {word}a TO b"
