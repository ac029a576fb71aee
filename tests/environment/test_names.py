import logging
from typing import Any

import pytest

import nbmigrate.environment.context
import nbmigrate.op
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.environment.names import builtins_with, importer
from nbmigrate.errors import ConfigError, MigrateError
from nbmigrate.operations import BatchOperations, MigrateOperation, Operations


def run(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "somebody", "__builtins__": builtins_with(importer())}
    exec(source, namespace)
    return namespace


@pytest.mark.parametrize(
    "source",
    [
        "from alembic import op",
        "import alembic; op = alembic.op",
        "import alembic.op; op = alembic.op",
        "import alembic.op as op",
        "def f():\n    from alembic import op\n    return op\nop = f()",
        "from nbmigrate import op",
    ],
)
def test_op(source: str) -> None:
    assert run(source)["op"] is nbmigrate.op


@pytest.mark.parametrize(
    "source",
    ["from alembic import context", "import alembic.context as context", "from nbmigrate import context"],
)
def test_context(source: str) -> None:
    assert run(source)["context"] is nbmigrate.environment.context


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from alembic.op import create_table as x", nbmigrate.op.create_table),
        ("from alembic.operations import Operations as x", Operations),
        ("from alembic.operations.base import BatchOperations as x", BatchOperations),
        ("from alembic.operations import MigrateOperation as x", MigrateOperation),
        ("from alembic.operations.ops import MigrateOperation as x", MigrateOperation),
        ("from alembic.runtime.migration import MigrationContext as x", MigrationContext),
        ("from alembic.migration import MigrationContext as x", MigrationContext),
        ("import alembic.runtime.migration as m; x = m.MigrationContext", MigrationContext),
        ("from alembic.util import CommandError as x", MigrateError),
        ("from alembic.util.exc import CommandError as x", MigrateError),
    ],
)
def test_names_below(source: str, expected: object) -> None:
    assert run(source)["x"] is expected


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from alembic import testing", "alembic.testing"),
        ("import alembic.ddl.mysql", "alembic.ddl.mysql"),
        ("from alembic.util import messaging", "alembic.util.messaging"),
        ("import alembic; alembic.testing", "alembic.testing"),
    ],
)
def test_what_is_not_provided_says_so(source: str, name: str) -> None:
    with pytest.raises(ImportError) as caught:
        run(source)

    assert str(caught.value) == f"nbmigrate provides no {name}"


def test_other_imports_are_what_they_were() -> None:
    found = run("import os.path, json as j\nfrom sqlalchemy import *\nfrom logging import getLogger")

    assert found["os"] is __import__("os")
    assert found["j"] is __import__("json")
    assert found["getLogger"] is logging.getLogger
    assert "Column" in found


@pytest.mark.parametrize(
    "source",
    [
        "from logging.config import fileConfig",
        "import logging.config; fileConfig = logging.config.fileConfig",
        "from logging import config; fileConfig = config.fileConfig",
        "import logging.config as c; fileConfig = c.fileConfig",
        "from logging.config import dictConfig as fileConfig",
    ],
)
def test_logging_is_left_alone(source: str) -> None:
    found = run(source)

    assert found["fileConfig"]("/nowhere.ini", disable_existing_loggers=True) is None
    assert logging.config.fileConfig is not found["fileConfig"]
    if "logging" in found:
        assert found["logging"].getLogger is logging.getLogger


def test_context_outside_a_run() -> None:
    with pytest.raises(ConfigError, match=r"context\.configure was used while no env\.py was running"):
        nbmigrate.environment.context.configure  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean 'configure'"):
        nbmigrate.environment.context.confgure  # noqa: B018
    assert {"config", "configure", "script", "run_migrations"} <= set(dir(nbmigrate.environment.context))
