"""What the ini says of runs, and env.py with it, reaches the run."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.errors import ConfigError, MigrationFailedError
from tests.environment.conftest import GENERIC

CONFIGURE = "context.configure(connection=connection, target_metadata=None"


def failing(practice: Any, *settings: str, configure: str = "") -> Any:
    """Two revisions, the second of which fails; what they leave."""
    practice.write_ini(f"sqlalchemy.url = {practice.url}", *settings)
    practice.env(GENERIC.format(package="alembic").replace(CONFIGURE, CONFIGURE + configure))
    practice.revision("a1", None, "op.execute('CREATE TABLE one (id INTEGER)')")
    practice.revision("b2", "a1", "op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(MigrationFailedError):
        practice.upgrade()
    return practice.tables()


@pytest.mark.parametrize(
    ("setting", "given", "left"),
    [
        ((), "", ["alembic_version", "one"]),
        (("transaction = per-revision",), "", ["alembic_version", "one"]),
        (("transaction = whole-run",), "", []),
        ((), ", transaction_per_migration=False", []),
        ((), ", transaction_per_migration=True", ["alembic_version", "one"]),
        (("transaction = per-revision",), ", transaction_per_migration=False", []),
        (("transaction = whole-run",), ", transaction_per_migration=True", ["alembic_version", "one"]),
    ],
)
def test_how_a_run_is_cut_into_transactions(
    practice: Any, setting: tuple[str, ...], given: str, left: list[str]
) -> None:
    assert failing(practice, *setting, configure=given) == left


def test_pyproject_says_it_too(practice: Any) -> None:
    practice.ini.unlink()
    (practice.folder / "pyproject.toml").write_text(
        '[tool.nbmigrate]\nscript_location = "practice"\ntransaction = "whole-run"\n'
        "record_runs = false\npostgresql_lock_retries = 2\n"
    )
    practice.env(
        f"""
        import sqlalchemy as sa
        from alembic import context
        with sa.create_engine({practice.url!r}).connect() as connection:
            context.configure(connection=connection)
            context.run_migrations()
        """
    )
    practice.revision("a1", None, "op.execute('CREATE TABLE one (id INTEGER)')")
    practice.revision("b2", "a1", "op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(MigrationFailedError):
        practice.upgrade()
    assert practice.tables() == []


def test_mariadb_cannot_and_nothing_is_begun(practice: Any, new_database: Callable[[str], str]) -> None:
    practice.url = new_database("mariadb")
    practice.write_ini(f"sqlalchemy.url = {practice.url}", "transaction = whole-run")
    practice.revision("a1", None, "op.execute('CREATE TABLE one (id INTEGER)')")
    with pytest.raises(ConfigError) as caught:
        practice.upgrade()
    assert str(caught.value) == (
        "alembic.ini, line 4: transaction = whole-run is not available on MariaDB, "
        "which commits every DDL statement by itself.\n"
        "Remove the line: then each revision that succeeded stays, and the others are not started."
    )
    assert practice.tables() == []
    assert practice.heads() == ()


@pytest.mark.parametrize("package", ["alembic", "nbmigrate"])
def test_a_value_that_cannot_be_is_said_before_anything_runs(practice: Any, package: str) -> None:
    practice.env(GENERIC.format(package=package))
    practice.write_ini(f"sqlalchemy.url = {practice.url}", "transaction = whole_run")
    practice.revision("a1", None, "op.execute('CREATE TABLE one (id INTEGER)')")
    with pytest.raises(ConfigError, match=re.escape("Valid ones: per-revision, whole-run.")):
        practice.upgrade()
    assert practice.tables() == []
    assert not Path(practice.folder, "test.db").exists() or practice.heads() == ()


def test_an_engine_of_the_projects_own(practice: Any) -> None:
    """One that is made by hand, whose connection is in autocommit, and commits what it did before."""
    practice.env(
        f"""
        import sqlalchemy as sa
        from alembic import context
        engine = sa.create_engine({practice.url!r}, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS made_by_env (id INTEGER)")
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()
        """
    )
    practice.write_ini("transaction = whole-run")
    practice.revision("a1", None, "op.execute('CREATE TABLE one (id INTEGER)')")
    practice.revision("b2", "a1", "op.execute('INSERT INTO nowhere VALUES (1)')")
    with pytest.raises(MigrationFailedError):
        practice.upgrade()
    assert practice.tables() == ["made_by_env"]
    engine = sa.create_engine(practice.url, poolclass=sa.NullPool)
    assert not sa.inspect(engine).has_table("one")
