"""What env.py says to `context.configure()`, and what it is told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.environment.alembic.migration_info import MigrationInfo
from nbmigrate.errors import (
    DuplicateLabelError,
    MigrationFailedError,
    MultipleHeadsError,
    NoRevisionError,
    ScriptError,
)

START = """
from sqlalchemy import create_engine, pool
from alembic import context
engine = create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=pool.NullPool)
"""
ONLINE = """
with engine.connect() as connection:
    context.configure(connection=connection, {options})
    with context.begin_transaction():
        context.run_migrations(shard="one")
"""


def create(name: str) -> str:
    return f"op.create_table({name!r}, sa.Column('id', sa.Integer, primary_key=True))"


@pytest.fixture
def told(practice: Any) -> Any:
    """A project with a branch and a merge, whose env.py writes down what it is told of every step."""
    for id_, parent in (("a1", None), ("b2", "a1"), ("c3", "a1")):
        practice.revision(id_, parent, create(f"t_{id_}"), f"op.drop_table('t_{id_}')")
    practice.revision("d4", ("b2", "c3"), "pass")
    for path in practice.versions.glob("*.py"):
        path.write_text(path.read_text().replace("grade():", "grade(shard):"))
    set_env(practice, "on_version_apply=[note, lambda **_: None]", NOTE)
    return practice


NOTE = """
def note(*, ctx, step, heads, run_args, **kw):
    table = "t_a1" if step.is_upgrade and step.up_revision_id == "a1" else None
    rows = ctx.connection.exec_driver_sql("SELECT version_num FROM alembic_version ORDER BY 1").scalars().all()
    with open("told", "a") as file:
        print(step.is_upgrade, step.is_stamp, step.is_migration, step.up_revision_id, step.up_revision_ids,
              sorted(step.down_revision_ids), sorted(step.source_revision_ids),
              sorted(step.destination_revision_ids), sorted(heads), rows, run_args,
              step.up_revision.doc, [one.revision for one in step.source_revisions], ctx is context.get_context(),
              file=file)
"""


def set_env(practice: Any, options: str = "", before: str = "") -> None:
    practice.env(START + before + ONLINE.format(options=options))


def test_on_version_apply(told: Any, alembic: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The callbacks are told what alembic tells them, word for word."""
    monkeypatch.chdir(told.folder)
    project = Project.open()

    commands.upgrade(project, "heads")
    commands.downgrade(project, "a1")
    commands.stamp(project, "b2")
    ours = Path("told").read_text().splitlines()
    Path("told").unlink()
    (told.folder / "test.db").unlink()
    for words in (["upgrade", "heads"], ["downgrade", "a1"], ["stamp", "b2"]):
        alembic(*words)

    assert Path("told").read_text().splitlines() == ours
    assert len(ours) == 8


def test_a_step_whose_callback_fails_is_undone(told: Any) -> None:
    set_env(
        told,
        "on_version_apply=refuse",
        "def refuse(step, **_):\n    assert step.up_revision_id != 'b2', 'no'\n",
    )

    with pytest.raises(MigrationFailedError, match="AssertionError: no") as caught:
        told.upgrade()

    # The file of the revision is not what failed.
    assert " failed in on_version_apply: AssertionError: no\n  in " in caught.value.message
    assert "env.py, line " in caught.value.message and "versions" not in caught.value.message
    assert caught.value.hint.endswith("Correct env.py, then run the same command again.")
    assert "t_b2" not in told.tables()
    set_env(told)
    assert "b2" not in told.heads()


def test_it_is_told_of_a_script_too(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(told.folder)
    told.env(
        START
        + "def note(step, heads, **_):\n    context.static_output(f'-- {step.up_revision_id} {sorted(heads)}')\n"
        + "context.configure(url=engine.url, on_version_apply=note)\ncontext.run_migrations(shard=1)\n"
    )

    assert "\n-- a1 ['a1']\n" in str(commands.upgrade_sql(Project.open(), "a1"))


def test_several_databases_are_all_told_of(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(told.folder)
    told.env(
        "from sqlalchemy import create_engine\nfrom alembic import context\n"
        "for name in ('one', 'two'):\n"
        "    with create_engine(f'sqlite:///{name}.db').connect() as connection:\n"
        "        context.configure(connection=connection)\n"
        "        context.run_migrations(shard=name)\n"
    )
    project = Project.open()
    with sa.create_engine("sqlite:///two.db").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('a1')")
        connection.commit()

    result = commands.upgrade(project, "b2")

    urls = ["sqlite:///one.db", "sqlite:///two.db"]
    assert [(row["database"], row["to"]) for row in result.rows()] == [
        (urls[0], "a1"),
        (urls[0], "b2"),
        (urls[1], "b2"),
    ]
    assert len(result.steps) == 3
    lines = str(result).splitlines()
    assert (lines[0], lines[3], lines[4], lines[5]) == (urls[0], "Now at b2.", "", urls[1])
    assert all(url in result._repr_mimebundle_()["text/html"] for url in urls)
    current = commands.current(project)
    assert str(current) == "\n".join(f"{url}: b2" for url in urls)
    assert [row["revision"] for row in current.rows()] == ["b2", "b2"]
    stamped = commands.stamp(project, "base")
    assert [row["from"] for row in stamped.rows()] == ["b2", "b2"]
    assert str(commands.current(project)) == "\n".join(f"{url}: base" for url in urls)


HOOK = """
def process(context, revision, directives):
    {body}
"""


@pytest.fixture
def revised(practice: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    practice.write_ini(f"sqlalchemy.url = {practice.url}", "revision_environment = true")
    (practice.location / "script.py.mako").write_text(
        '"""${message}"""\nfrom alembic import op\nimport sqlalchemy as sa\n${imports if imports else ""}\n'
        "revision = ${repr(up_revision)}\ndown_revision = ${repr(down_revision)}\nbranch_labels = "
        "${repr(branch_labels)}\ndepends_on = None\n\n\ndef upgrade():\n    ${upgrades if upgrades else 'pass'}\n\n\n"
        "def downgrade():\n    ${downgrades if downgrades else 'pass'}\n"
    )
    monkeypatch.chdir(practice.folder)
    return practice


def process(practice: Any, body: str) -> None:
    set_env(practice, "process_revision_directives=process", HOOK.format(body=body.replace("\n", "\n    ")))


def test_a_revision_is_named_by_env_py(revised: Any) -> None:
    """The recipe for numbers, as it is found everywhere."""
    process(
        revised,
        "from alembic.script import ScriptDirectory\n"
        "head = ScriptDirectory.from_config(context.config).get_current_head()\n"
        "directives[0].rev_id = f'{int(head or 0) + 1:04}'\n"
        "directives[0].message = directives[0].message.upper()",
    )
    project = Project.open()

    first = commands.revision(project, "one")
    second = commands.revision(project, "two", branch_label=["shop"])

    assert [(made.revision.id, made.revision.message) for made in (first, second)] == [
        ("0001", "ONE"),
        ("0002", "TWO"),
    ]
    assert second.revision.down_revisions == ("0001",)
    assert second.revision.branch_labels == ("shop",)


def test_env_py_may_leave_no_revision(revised: Any) -> None:
    process(revised, "if directives[0].upgrade_ops.is_empty():\n    directives[:] = []")

    with pytest.raises(NoRevisionError, match="No file was written: process_revision_directives"):
        commands.revision(Project.open(), "one")

    process(revised, "if context.config.cmd_opts.autogenerate:\n    directives[:] = []")
    assert commands.revision(Project.open(), "one").action == "created"


def test_env_py_may_fill_a_revision(revised: Any) -> None:
    process(
        revised,
        "import sqlalchemy as sa\nfrom alembic.operations import ops\n"
        "table = ops.CreateTableOp('item', [sa.Column('id', sa.Integer(), primary_key=True)])\n"
        "assert isinstance(table, ops.CreateTableOp) and not isinstance(table, ops.DropTableOp)\n"
        "directives[0].upgrade_ops.ops.append(table)\n"
        "directives[0].upgrade_ops.reverse_into(directives[0].downgrade_ops)",
    )
    project = Project.open()

    source = commands.revision(project, "one", rev_id="a1").source

    assert "op.create_table(" in source
    assert "    op.drop_table('item')" in source
    set_env(revised, "", "")
    revised.env(START + ONLINE.format(options="").replace("shard='one'", "").replace('shard="one"', ""))
    commands.upgrade(project, "head")
    assert revised.tables() == ["alembic_version", "item"]


def test_several_revisions_of_one(revised: Any) -> None:
    project = Project.open()
    commands.revision(project, "left", rev_id="a1", head="base", branch_label=["left"])
    commands.revision(project, "right", rev_id="b1", head="base", branch_label=["right"])
    process(
        revised,
        "import copy\nfor number, label in enumerate(('left', 'right')):\n"
        "    one = copy.copy(directives[0])\n"
        "    one.rev_id, one.head, one.message = f'{label}2', f'{label}@head', f'{one.message} {label}'\n"
        "    directives.append(one)\ndel directives[0]",
    )

    made = commands.revision(Project.open(), "one")

    assert [row["revision"] for row in made.rows()] == ["left2", "right2"]
    assert [row["down_revision"] for row in made.rows()] == ["a1", "b1"]
    assert str(made).count("Generating ") == 2
    assert made.to_html().count("Generating ") == 2
    # Of several that cannot all be written none is.
    process(revised, "directives.append(directives[0])")
    before = sorted(revised.versions.iterdir())
    with pytest.raises(DuplicateLabelError, match="is already the id of revision"):
        commands.revision(Project.open(), "one", head="left@head")
    assert sorted(revised.versions.iterdir()) == before
    with pytest.raises(MultipleHeadsError):
        commands.revision(Project.open(), "one")
    assert sorted(revised.versions.iterdir()) == before


def test_an_error_in_it_is_one_of_env_py(revised: Any) -> None:
    process(revised, "directives[0].nothing()")

    with pytest.raises(
        ScriptError, match="AttributeError: 'MigrationScript' object has no attribute 'nothing'"
    ):
        commands.revision(Project.open(), "one")
    assert list(revised.versions.iterdir()) == []


def test_what_says_how_to_compare_is_taken(told: Any) -> None:
    set_env(
        told,
        "include_name=lambda *a: True, include_object=lambda *a: True, include_schemas=True, compare_type=False, "
        "compare_server_default=True, render_item=None, render_as_batch=True, user_module_prefix='x.', "
        "transaction_per_migration=True, literal_binds=True, dialect_opts={'paramstyle': 'named'}, upgrade_token='u'",
    )

    assert told.upgrade().position == ("d4",)


def test_the_info_compares(told: Any) -> None:
    scripts = object()
    assert MigrationInfo(True, False, ("a",), (), scripts) == MigrationInfo(True, False, ("a",), (), scripts)  # type: ignore[arg-type]
