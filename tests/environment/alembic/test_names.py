import logging
from typing import Any

import pytest
import sqlalchemy as sa

import nbmigrate.environment.context
import nbmigrate.op
from nbmigrate.environment.alembic.names import MODULES, VERSION, builtins_with, importer
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.errors import ConfigError, MigrateError, UnsupportedOperationError
from nbmigrate.operations import BatchOperations, MigrateOperation, Operations, Recorder


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
        ("import alembic.ddl.sybase", "alembic.ddl.sybase"),
        ("from alembic.util import langhelper", "alembic.util.langhelper"),
        ("from alembic.autogenerate import compare_metadatas", "alembic.autogenerate.compare_metadatas"),
        ("import alembic; alembic.testing", "alembic.testing"),
    ],
)
def test_what_is_not_provided_says_so(source: str, name: str) -> None:
    with pytest.raises(ImportError) as caught:
        run(source)

    assert str(caught.value).startswith(f"<string> imports {name}, which nbmigrate does not have.")
    assert caught.value.name == name
    assert str(caught.value).partition("have. ")[2]


@pytest.mark.parametrize(
    "source",
    [
        "from alembic.autogenerate import compare_metadata as x",
        "from alembic.autogenerate.render import _add_column as x",
        "from alembic.autogenerate.compare.tables import _compare_tables as x",
        "from alembic.ddl.base import ColumnName as x",
        "from alembic.ddl.sqlite import ColumnName as x",
        "from alembic.ddl.base import add_column as x",
        "from alembic.util.sqla_compat import _literal_bindparam as x",
        "import alembic.util; x = alembic.util.Dispatcher",
        "from alembic.operations import toimpl; x = toimpl.bulk_insert",
        "from alembic.autogenerate.api import AutogenContext as x",
        "from alembic.autogenerate import renderers; x = renderers.dispatch(None)",
    ],
)
def test_what_only_autogenerate_needs_refuses_when_it_is_called(source: str) -> None:
    called = run(f"{source}\ndef call():\n    return x(1, a=2)")

    with pytest.raises(
        UnsupportedOperationError, match=r"^<string> calls alembic\.\S+, which nbmigrate does not have"
    ):
        called["call"]()
    if isinstance(called["x"], type):
        assert not isinstance(5, called["x"])
        assert issubclass(type("Own", (called["x"],), {}), called["x"])


def test_an_operation_of_a_plug_in_derives_from_one_of_alembics() -> None:
    found = run(
        "import sqlalchemy as sa\n"
        "from alembic.operations import Operations, BatchOperations, ops\n"
        "@Operations.register_operation('add_place_here')\n"
        "@BatchOperations.register_operation('add_place_here', 'batch_add_place_here')\n"
        "class AddPlaceOp(ops.AddColumnOp):\n"
        "    @classmethod\n"
        "    def add_place_here(cls, operations, table_name, column, schema=None):\n"
        "        return operations.invoke(cls(table_name, column, schema=schema))\n"
        "    @classmethod\n"
        "    def batch_add_place_here(cls, operations, column):\n"
        "        return operations.invoke(cls(operations.impl.table_name, column, schema=operations.impl.schema))\n"
        "@Operations.implementation_for(AddPlaceOp)\n"
        "def add_place(operations, operation):\n"
        "    operations.impl.add_column(operation.table_name, operation.column, schema=operation.schema)\n"
        "class PlainOp(ops.CreateIndexOp): pass\n"
        "class DropPlaceOp(ops.DropIndexOp):\n"
        "    def __init__(self, *args, column_name, **kwargs):\n"
        "        super().__init__(*args, **kwargs)\n"
        "        self.column_name = column_name\n"
        "class TableOp(ops.CreateTableOp): pass\n"
        "class ColumnOp(ops.DropColumnOp): pass\n"
        "@Operations.register_operation('add_column')\n"
        "class WideOp(ops.AddColumnOp):\n"
        "    @classmethod\n"
        "    def add_column(cls, operations, table_name, column, *, schema=None, **kw):\n"
        "        return operations.invoke(ops.AddColumnOp(table_name, column, schema=schema, **kw))\n"
        "added = AddPlaceOp('t', sa.Column('x', sa.Integer), schema='s')\n"
        "kinds = [isinstance(added, kind) for kind in (AddPlaceOp, ops.AddColumnOp, ops.DropColumnOp, WideOp)]\n"
        "plain = PlainOp('i', 't', ['a', 'b'], unique=True, postgresql_using='gist')\n"
        "dropped = DropPlaceOp('i', table_name='t', column_name='x', schema='s')\n"
        "table = TableOp('t', [sa.Column('a', sa.Integer)], schema='s', _namespace_metadata=None).to_table()\n"
        "column = ColumnOp('t', 'x').to_column()\n"
    )
    assert found["kinds"] == [True, True, False, False]
    assert (found["added"].table_name, found["added"].column.name, found["added"].schema) == ("t", "x", "s")
    index = found["plain"].to_index()
    assert ([column.name for column in index.columns], index.unique) == (["a", "b"], True)
    assert index.dialect_options["postgresql"]["using"] == "gist"
    assert (found["dropped"].to_index().name, found["dropped"].column_name) == ("i", "x")
    assert (found["table"].fullname, list(found["table"].c.keys()), found["column"].name) == (
        "s.t",
        ["a"],
        "x",
    )

    recorder = Recorder()
    own = Operations(recorder)
    own.invoke(found["plain"])
    own.add_place_here("t", sa.Column("x", sa.Integer))
    with own.batch_alter_table("t") as batch_op:
        batch_op.add_place_here(sa.Column("y", sa.Integer))
    made = [part.render() for operation in recorder.operations for part in operation.parts()]
    assert made == [
        "op.create_index('i', 't', ['a', 'b'], unique=True, postgresql_using='gist')",
        "op.add_column('t', sa.Column('x', sa.Integer()))",
        "op.add_column('t', sa.Column('y', sa.Integer()))",
    ]


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


def test_alembics_operations_by_their_classes() -> None:
    """Made as alembic's classes are, and asked for by them, they are our values."""
    found = run(
        "import sqlalchemy as sa\nfrom alembic.operations import ops\n"
        "made = [\n"
        "    ops.CreateTableOp('t', [sa.Column('id', sa.Integer)], schema='s'), ops.DropTableOp('t'),\n"
        "    ops.RenameTableOp('t', 'u'), ops.CreateTableCommentOp('t', 'c'), ops.DropTableCommentOp('t'),\n"
        "    ops.AddColumnOp('t', sa.Column('x', sa.Integer)), ops.DropColumnOp('t', 'x'),\n"
        "    ops.AlterColumnOp('t', 'x', modify_nullable=False, modify_type=sa.Text(), existing_nullable=True),\n"
        "    ops.CreateIndexOp('i', 't', ['x'], unique=True), ops.DropIndexOp('i', 't'),\n"
        "    ops.CreatePrimaryKeyOp('p', 't', ['x']), ops.CreateUniqueConstraintOp('u', 't', ['x']),\n"
        "    ops.CreateCheckConstraintOp('c', 't', 'x > 1'), ops.DropConstraintOp('c', 't', 'check'),\n"
        "    ops.CreateForeignKeyOp('f', 't', 'u', ['x'], ['y']), ops.ExecuteSQLOp('SELECT 1'),\n"
        "    ops.BulkInsertOp(sa.table('t', sa.column('x')), [{'x': 1}]),\n"
        "]\n"
        "kinds = [\n"
        "    ops.CreateTableOp, ops.DropTableOp, ops.RenameTableOp, ops.CreateTableCommentOp, ops.DropTableCommentOp,\n"
        "    ops.AddColumnOp, ops.DropColumnOp, ops.AlterColumnOp, ops.CreateIndexOp, ops.DropIndexOp,\n"
        "    ops.CreatePrimaryKeyOp, ops.CreateUniqueConstraintOp, ops.CreateCheckConstraintOp, ops.DropConstraintOp,\n"
        "    ops.CreateForeignKeyOp, ops.ExecuteSQLOp, ops.BulkInsertOp,\n"
        "]\n"
    )

    asked = [[isinstance(one, kind) for kind in found["kinds"]] for one in found["made"]]
    assert asked == [[row == column for column in range(17)] for row in range(17)]
    assert found["made"][0].render() == "op.create_table('t', sa.Column('id', sa.Integer()), schema='s')"
    assert "nullable=False" in found["made"][7].render()
    assert "type_=sa.Text()" in found["made"][7].render()


def test_every_name_is_there() -> None:
    """What the table says is provided can be imported, under that name."""
    for module, names in MODULES.items():
        for name in names:
            assert run(f"from {module} import {name} as x")["x"] is not None, f"{module}.{name}"
    found = run("import alembic; version = alembic.__version__; below = dir(alembic)")
    assert found["version"] == VERSION
    assert {"op", "context", "config", "command", "script", "util"} <= set(found["below"])


def test_the_small_functions(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(
        "from alembic import util\nfrom alembic.util import msg, status, to_tuple, to_list, asbool, rev_id\n"
        "made = to_tuple(None, ()), to_tuple('a'), to_tuple(['a', 'b']), to_list('a'), asbool('true'), len(rev_id())\n"
        "msg('said')\nwith status('Doing'):\n    pass\n"
        "shown = util.obfuscate_url_pw('postgresql://me:s3cret@host/db'), util.format_as_comma(('a', 'b'))\n"
    )

    assert found["made"] == ((), ("a",), ("a", "b"), ["a"], True, 12)
    assert capsys.readouterr().out == "said\nDoing ...  done\n"
    assert found["shown"] == ("postgresql://me:***@host/db", "a, b")
    with pytest.raises(MigrateError, match="no way"):
        run("from alembic.util import err; err('no way')")


def test_a_plug_in_registers_what_it_compares() -> None:
    """As alembic_utils does when it is imported."""
    found = run(
        "from alembic.autogenerate import comparators, renderers, Rewriter\n"
        "from alembic.autogenerate.api import AutogenContext\n"
        "from alembic.operations import MigrateOperation, Operations\n"
        "from alembic.util import DispatchPriority\n"
        "@comparators.dispatch_for('schema', priority=DispatchPriority.LAST)\n"
        "def compare(context: AutogenContext, ops, schemas): pass\n"
        "class Own(MigrateOperation): pass\n"
        "@renderers.dispatch_for(Own)\ndef render(context, op): pass\n"
        "writer = Rewriter()\n@writer.rewrites(Own)\ndef rewrite(context, revision, op): return op\n"
    )

    assert found["compare"].__name__ == "compare"
    assert found["render"].__name__ == "render"
    assert found["writer"](None, None, []) is None
    with pytest.raises(UnsupportedOperationError, match="which nbmigrate does not have") as caught:
        found["comparators"].dispatch("schema")()
    assert caught.value.hint.startswith("nbmigrate does not compare the models with the database")
