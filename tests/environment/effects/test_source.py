"""What a revision does, read from its source: what is read is what a run records, and nothing of the file runs."""

from pathlib import Path

import pytest

from nbmigrate.config import Config
from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.environment.effects.recording import record_step
from nbmigrate.environment.effects.source import SourceReading, read_step
from nbmigrate.graph.plan import Direction
from nbmigrate.scripts.directory import ScriptDirectory

HEADER = """from alembic import op
import sqlalchemy as sa
from sqlalchemy import Column, text
from sqlalchemy.dialects import postgresql
revision = "aaaa"
down_revision = None
"""
#: The line that a body begins at.
FIRST = HEADER.count("\n") + 1

CREATE = "op.create_table('t', sa.Column('id', sa.Integer(), primary_key=True))"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "practice" / "versions").mkdir(parents=True)
    ini = "[nbmigrate]\nscript_location = practice\nsqlalchemy.url = sqlite://\n"
    (tmp_path / "nbmigrate.ini").write_text(ini)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def scripts_with(folder: Path, body: str) -> ScriptDirectory:
    (folder / "practice" / "versions" / "aaaa_.py").write_text(HEADER + body)
    return ScriptDirectory.from_config(Config.find(folder))


def read(folder: Path, body: str, direction: Direction = "upgrade") -> SourceReading:
    scripts = scripts_with(folder, body)
    return read_step(scripts, scripts.graph()["aaaa"], direction)


def function(*lines: str) -> str:
    return "def upgrade():\n" + "".join(f"    {line}\n" for line in lines)


READ = {
    "a table": [
        "'''Say.'''",
        "op.create_table('t', sa.Column('id', sa.Integer(), nullable=False), Column('n', sa.Numeric(10, 2)),",
        "    sa.ForeignKeyConstraint(['n'], ['u.id'], name=op.f('fk')), sa.PrimaryKeyConstraint('id'))",
        "op.create_index(op.f('ix_t'), 't', ['n', text('lower(n)')], unique=True, postgresql_using='gin')",
    ],
    "types": [
        "kind = postgresql.ENUM('a', 'b', name='kind', create_type=False)",
        "op.add_column('t', sa.Column('k', kind, server_default=sa.func.now()))",
        "op.alter_column('t', 'k', type_=sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'))",
        "op.drop_column('t', 'k')",
    ],
    "rows": [
        "import datetime",
        "t = op.create_table('t', sa.Column('id', sa.Integer))",
        "op.bulk_insert(t, [{'id': 1}, {'id': -2}])",
        "op.execute(t.delete().where(sa.text('id = 1')))",
        "name = 'u'",
        "op.execute(f'ALTER TABLE {name} ' + 'RENAME TO v')",
        "return",
        "op.drop_table('never')",
    ],
    "a batch": [
        "with op.batch_alter_table('t', schema=None) as batch_op:",
        "    batch_op.add_column(sa.Column('x', sa.String(length=20)))",
        "    batch_op.drop_constraint(batch_op.f('ck'), type_='check')",
        "with op.get_context().autocommit_block():",
        "    op.rename_table('t', 'u')",
    ],
}


@pytest.mark.parametrize("lines", READ.values(), ids=READ)
def test_what_is_read_is_what_runs(folder: Path, lines: list[str]) -> None:
    found = read(folder, function(*lines))
    assert (found.unread, found.problem) == ((), "")
    # op.get_context() is not to be had without a database; in the block the operations are the same.
    body = function(
        *(line.replace("op.get_context().autocommit_block()", "open(__file__)") for line in lines)
    )
    scripts = scripts_with(folder, body)
    config = AlembicConfig.of(Config.find(folder))
    ran = record_step(scripts, config, scripts.graph()["aaaa"], "upgrade")
    assert [operation.describe() for operation in found.operations] == [
        operation.describe() for operation in ran
    ]
    assert [type(operation) for operation in found.operations] == [type(operation) for operation in ran]
    assert found.operations


#: Lines of which the one at this place, counted from 0, is not read, and how many operations are.
UNREAD = {
    "the database": (["bind = op.get_bind()", "bind.execute(text('x'))", CREATE], (0, 1), 1),
    "a condition": (["if True:", f"    {CREATE}"], (0,), 0),
    "a loop": (["for n in 'ab':", "    op.drop_table(n)", CREATE], (0,), 1),
    "a list that grows": (
        ["rows = []", "rows.append({'id': 1})", f"op.bulk_insert({CREATE}, rows)"],
        (1, 2),
        1,
    ),
    "another name for it": (["a = []", "b = a", "b.append('t')", "op.drop_index('i', a)"], (2, 3), 0),
    "a name of its own": (["from mine import op", CREATE], (1,), 0),
    "a call": (["helper()", "print('x')", CREATE], (0, 1), 1),
    "the way in by Python": (["op.drop_table((1).__class__.__name__)"], (0,), 0),
    "an engine": (["sa.create_engine('sqlite:///made.db').connect()"], (0,), 0),
    "what a project registers": (["op.mine('x')", "op.invoke(x)", "op.run_async(x)"], (0, 1, 2), 0),
    "wrong arguments": (["op.create_table()", "op.drop_table('t')"], (0,), 1),
    "half a batch": (
        ["with op.batch_alter_table('t') as b:", "    b.drop_column('c')", "    b.add_column(made())"],
        (0,),
        0,
    ),
}


@pytest.mark.parametrize(("lines", "places", "operations"), UNREAD.values(), ids=UNREAD)
def test_what_depends_on_more_than_its_text(
    folder: Path, lines: list[str], places: tuple[int, ...], operations: int
) -> None:
    found = read(folder, function(*lines))
    assert found.unread == tuple(FIRST + 1 + place for place in places)
    assert len(found.operations) == operations
    assert not list(folder.glob("*.db"))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("import functools\n@functools.cache\ndef upgrade():\n    pass\n", 1),
        ("async def upgrade():\n    pass\n", FIRST),
        ("def upgrade():\n    pass\nupgrade = print\n", FIRST + 2),
        ("def upgrade(:\n", FIRST),
        ("def downgrade():\n    pass\n", 1),
    ],
)
def test_a_function_that_is_no_plain_one(folder: Path, body: str, line: int) -> None:
    scripts = scripts_with(folder, "")
    revision = scripts.graph()["aaaa"]
    (folder / "practice" / "versions" / "aaaa_.py").write_text(HEADER + body)
    assert read_step(scripts, revision, "upgrade") == SourceReading((), (line,))


def test_the_module_is_no_part_of_the_step(folder: Path) -> None:
    module = f"{CREATE}\nop.nothing()\nNAME = 'u'\n"
    body = f"{module}def upgrade(given=1):\n    op.drop_table(NAME)\n    op.drop_table(given)\n"
    found = read(folder, body)
    assert [operation.describe() for operation in found.operations] == ["Drop table u and its rows."]
    assert found.unread == (FIRST + 5,)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ((3,), "What line 3 does is known only when it runs."),
        ((3, 5, 1200), "What lines 3, 5 and 1,200 do is known only when they run."),
        (tuple(range(1, 12)), "What lines 1, 2, 3, 4, 5, 6, 7, 8 and 3 more do is known only when they run."),
    ],
)
def test_the_sentence(lines: tuple[int, ...], text: str) -> None:
    assert SourceReading((), lines).problem == text
