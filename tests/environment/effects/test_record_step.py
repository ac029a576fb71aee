from pathlib import Path

import pytest

from nbmigrate.config import Config
from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.environment.effects.recording import record_step
from nbmigrate.errors import ConfigError, OperationError, ScriptError, UnsupportedOperationError
from nbmigrate.graph.plan import Direction
from nbmigrate.operations import Operation
from nbmigrate.scripts.directory import ScriptDirectory

HEADER = """
from alembic import context, op
import sqlalchemy as sa

revision = "aaaa"
down_revision = None
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "practice" / "versions").mkdir(parents=True)
    (tmp_path / "nbmigrate.ini").write_text(
        "[nbmigrate]\nscript_location = practice\nsqlalchemy.url = sqlite://\n"
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def record(
    folder: Path, body: str, direction: Direction = "upgrade", **options: object
) -> tuple[Operation, ...]:
    (folder / "practice" / "versions" / "aaaa_.py").write_text(HEADER + body)
    config = Config.find(folder, x=["data=yes"])
    scripts = ScriptDirectory.from_config(config)
    return record_step(scripts, AlembicConfig.of(config), scripts.graph()["aaaa"], direction, **options)  # type: ignore[arg-type]


def names(operations: tuple[Operation, ...]) -> list[str | None]:
    return [operation.table_name for operation in operations]


def test_both_functions(folder: Path) -> None:
    body = "def upgrade():\n    op.drop_table('t')\ndef downgrade():\n    op.drop_table('u')\n    op.drop_table('v')\n"

    assert names(record(folder, body)) == ["t"]
    assert names(record(folder, body, "downgrade")) == ["u", "v"]


def test_what_env_py_gives(folder: Path) -> None:
    body = "def upgrade(engine_name):\n    op.drop_table(engine_name)\ndef downgrade():\n    pass\n"

    assert names(record(folder, body, arguments={"engine_name": "shop"})) == ["shop"]
    with pytest.raises(ScriptError, match=r"aaaa_\.py.*TypeError: upgrade\(\) missing 1 required"):
        record(folder, body)


def test_what_needs_no_database_is_told(folder: Path) -> None:
    body = """
def upgrade():
    if context.get_x_argument(as_dictionary=True)["data"] == "yes" and not context.is_offline_mode():
        op.drop_table(context.config.get_main_option("script_location"))
        op.drop_table(context.get_revision_argument())
def downgrade():
    pass
"""
    assert names(record(folder, body, target="aaaa")) == ["practice", "aaaa"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("op.get_bind()", "op.get_bind()"),
        ("op.get_context().dialect", "op.get_context()"),
        ("context.get_bind().execute(sa.text('DELETE FROM t'))", "context"),
        ("context.execute('DELETE FROM t')", "context"),
        ("context.configure(connection=None)", "context.configure()"),
    ],
)
def test_what_asks_the_database_is_refused(folder: Path, line: str, what: str) -> None:
    body = f"def upgrade():\n    op.drop_table('t')\n    {line}\ndef downgrade():\n    pass\n"

    with pytest.raises(OperationError) as caught:
        record(folder, body)

    assert (
        str(caught.value)
        == f"{what} asks for the database, so that what this does is known only when it runs."
    )


@pytest.mark.parametrize(
    "after", ["pass", "raise ValueError('no bind')", "raise SystemExit", "op.run_async(None)"]
)
def test_a_migration_that_goes_on_after_it_was_refused_is_not_believed(folder: Path, after: str) -> None:
    body = f"""
def upgrade():
    try:
        op.get_bind()
    except Exception:
        {after}
    op.drop_table("t")
def downgrade():
    pass
"""
    with pytest.raises(OperationError, match=r"^op\.get_bind\(\) asks for the database"):
        record(folder, body)


def test_a_file_that_asks_when_it_is_loaded(folder: Path) -> None:
    body = "dialect = context.get_context().dialect\ndef upgrade():\n    pass\ndef downgrade():\n    pass\n"

    with pytest.raises(OperationError, match="asks for the database"):
        record(folder, body)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("op.drop_table(name)", "NameError: name 'name' is not defined"),
        ("raise SystemExit", "SystemExit"),
        ("raise ValueError('sqlite://me:secret@host/db')", "ValueError: sqlite://me:***@host/db"),
    ],
)
def test_a_function_that_fails(folder: Path, line: str, text: str) -> None:
    with pytest.raises(ScriptError) as caught:
        record(folder, f"def upgrade():\n    {line}\ndef downgrade():\n    pass\n")

    assert caught.value.message.endswith(f"aaaa_.py, line 8: {text}")
    assert caught.value.line == 8


def test_errors_of_operations_are_as_they_are(folder: Path) -> None:
    with pytest.raises(UnsupportedOperationError, match="A batch changes parts of table t"):
        record(
            folder,
            "def upgrade():\n    with op.batch_alter_table('t') as batch_op:\n        batch_op.drop_table()\n"
            "def downgrade():\n    pass\n",
        )
    with pytest.raises(ScriptError, match=r"has no upgrade\(\)"):
        record(folder, "def downgrade():\n    pass\n")


def test_an_operation_of_the_project_as_alembic_documents_it(folder: Path) -> None:
    body = """
from alembic.operations import MigrateOperation, Operations

@Operations.register_operation("create_sequence_so")
class CreateSequenceOp(MigrateOperation):
    def __init__(self, sequence_name, schema=None):
        self.sequence_name = sequence_name
        self.schema = schema

    @classmethod
    def create_sequence_so(cls, operations, sequence_name, **kw):
        return operations.invoke(CreateSequenceOp(sequence_name, **kw))

    def reverse(self):
        return DropSequenceOp(self.sequence_name, schema=self.schema)

@Operations.implementation_for(CreateSequenceOp)
def create_sequence(operations, operation):
    operations.execute("CREATE SEQUENCE %s" % operation.sequence_name)

def upgrade():
    op.create_sequence_so("my_sequence")
def downgrade():
    pass
"""
    (operation,) = record(folder, body)

    assert operation.describe() == "CreateSequenceOp (sequence_name='my_sequence', schema=None)"
    assert [part.describe() for part in operation.parts()] == ["Execute: CREATE SEQUENCE my_sequence"]


def test_nothing_of_it_stays(folder: Path) -> None:
    from nbmigrate import context, op

    record(folder, "def upgrade():\n    pass\ndef downgrade():\n    pass\n")

    with pytest.raises(OperationError, match="outside a migration"):
        op.drop_table("t")
    with pytest.raises(ConfigError, match="while no env"):
        context.get_x_argument()
