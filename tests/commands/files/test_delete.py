"""`delete`: a head that is not applied is removed, and everything else is refused with the reason."""

import compileall
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from textwrap import indent

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.errors import (
    AmbiguousRevisionError,
    ConnectionFailedError,
    InterruptedRevisionError,
    MigrateError,
    MigrationFailedError,
    PositionError,
    RevisionAppliedError,
    RevisionNotFoundError,
    ScriptError,
    TargetError,
    UsageError,
)
from tests.commands.test_bad_project import not_root

Refused = Callable[..., MigrateError]
Tree = Callable[[], dict[str, bytes]]


def test_a_head_that_is_not_applied(project: Project, tree: Tree) -> None:
    commands.upgrade(project, "5f0c")
    path = project.graph["a3d94c07be12"].path
    assert path is not None
    source = path.read_text()
    before = tree()
    result = commands.delete(project, "a3d9")
    assert (result.action, result.revision.id, result.source) == ("deleted", "a3d94c07be12", source)
    assert str(result) == f"Deleting {path} ...  done"
    assert result.notes == ("The head is 5f0c6e2a91b7.",)
    assert "bulk_insert" in result.to_html()
    assert {*before} - {*tree()} == {str(path.relative_to(Path.cwd()))}
    assert str(commands.current(project)) == "5f0c6e2a91b7 (head)"


def test_the_last_one(empty: Project) -> None:
    commands.revision(empty, "one")
    assert commands.delete(empty, "head").notes == ("No revision is left.",)
    assert commands.revision(empty, "one").revision.down_revisions == ()


def test_in_the_terminal(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["delete", "5f0c"]) == 1
    assert "FAILED: Revision 5f0c6e2a91b7 is not a head" in capsys.readouterr().err
    assert main(["delete", "head"]) == 0
    out, err = capsys.readouterr()
    assert out.endswith("a3d94c07be12_orders.py ...  done\n")
    assert err == "The head is 5f0c6e2a91b7.\n"


@pytest.mark.parametrize("word", ["rm", "remove", "del", "undo", "drop"])
def test_other_words_for_it(project: Project, capsys: pytest.CaptureFixture[str], word: str) -> None:
    assert main([word, "head"]) != 0
    assert "`delete REV` removes the file of " in capsys.readouterr().err
    assert main(["revision", "--remove", "head"]) != 0
    assert "`delete REV` removes the file of " in capsys.readouterr().err


def test_what_is_applied(refused: Refused, project: Project) -> None:
    commands.upgrade(project, "head")
    error = refused(RevisionAppliedError, commands.delete, project, "head")
    assert str(error) == (
        "Revision a3d94c07be12 is applied to the database, so its file stays.\n"
        "`downgrade 5f0c6e2a91b7` undoes it; then it can be deleted."
    )
    commands.downgrade(project, "-1")
    assert commands.delete(project, "head").action == "deleted"


def test_what_others_come_after(refused: Refused, project: Project) -> None:
    error = refused(TargetError, commands.delete, project, "5f0c")
    assert str(error) == (
        "Revision 5f0c6e2a91b7 is not a head: a3d94c07be12 comes after it.\n"
        "Delete a3d94c07be12 first, or give it another parent: `rebase a3d94c07be12 --onto 29cf196546aa`."
    )
    commands.revision(project, "side", head="29cf", splice=True, rev_id="side1")
    assert "come after it.\n" in str(refused(TargetError, commands.delete, project, "29cf"))


@pytest.mark.parametrize("name", ["side1", "aside"])
def test_what_others_depend_on(refused: Refused, project: Project, name: str) -> None:
    commands.revision(project, "side", head="base", splice=True, rev_id="side1", branch_label=["aside"])
    commands.revision(project, "needs", head="a3d9", depends_on=[name], rev_id="needs1")
    error = refused(TargetError, commands.delete, project, "side1")
    assert str(error) == (
        "Revision side1 is needed: needs1 depends on it.\n"
        "Delete needs1 first, or remove it from depends_on there."
    )


def test_which_one(refused: Refused, project: Project) -> None:
    commands.revision(project, "side", head="29cf", splice=True, rev_id="side1")
    error = refused(AmbiguousRevisionError, commands.delete, project, "heads")
    assert error.hint in (
        "They are side1, a3d94c07be12: name one.",
        "They are a3d94c07be12, side1: name one.",
    )
    refused(RevisionNotFoundError, commands.delete, project, "base")
    refused(RevisionNotFoundError, commands.delete, project, "nothing")
    assert commands.delete(project, "side1").notes == ("The head is a3d94c07be12.",)


# --- where it is not known whether it is applied


def test_a_database_that_cannot_be_asked(refused: Refused, project: Project) -> None:
    commands.config(project, "sqlalchemy.url", "sqlite:////no/such/folder/db.db")
    error = refused(ConnectionFailedError, commands.delete, Project.open(), "head")
    assert error.hint.endswith("It is unknown whether revision a3d94c07be12 is applied, so its file stays.")


def test_a_database_at_an_unknown_revision(refused: Refused, project: Project) -> None:
    commands.upgrade(project, "29cf")
    with closing(sqlite3.connect("db_file.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = 'theirs'")
        database.commit()
    error = refused(PositionError, commands.delete, project, "head")
    assert error.message == "The database stands at 'theirs', which no revision file has"
    assert error.hint.endswith("It is unknown whether revision a3d94c07be12 is applied, so its file stays.")


def test_an_env_py_that_migrates_nothing(refused: Refused, project: Project) -> None:
    (project.scripts.location / "env.py").write_text("from nbmigrate import context\n")
    error = refused(PositionError, commands.delete, project, "head")
    assert error.hint.endswith("It is unknown whether revision a3d94c07be12 is applied, so its file stays.")


def test_one_of_several_databases_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    monkeypatch.chdir(tmp_path)
    commands.init("practice", template="multidb")
    for name in ("engine1", "engine2"):
        assert main(["-n", name, "config", "sqlalchemy.url", f"sqlite:///{name}.db"]) == 0
    project = Project.open()
    commands.revision(project, "one", rev_id="a1")
    commands.upgrade(project, "head")
    with closing(sqlite3.connect("engine1.db")) as database:
        database.execute("DELETE FROM alembic_version")
        database.commit()
    error = refused(RevisionAppliedError, commands.delete, project, "a1")
    assert error.message == "Revision a1 is applied to sqlite:///engine2.db, so its file stays."


def test_what_was_interrupted(refused: Refused, empty: Project) -> None:
    body = indent(
        "with op.get_context().autocommit_block():\n    op.execute('CREATE TABLE x (id INT)')\n", "    "
    )
    commands.revision(
        empty,
        "half",
        rev_id="a1",
        body=f"def upgrade():\n{body}    op.execute('SELECT nothing')\ndef downgrade():\n    pass\n",
    )
    with pytest.raises(MigrationFailedError):
        commands.upgrade(empty, "head")
    error = refused(InterruptedRevisionError, commands.delete, empty, "a1")
    assert "Revision a1" in error.message
    assert error.hint == "Its file stays. `resume` finishes it, `doctor` says what else can be done."


# --- the file


def test_a_folder_that_cannot_be_written(refused: Refused, project: Project, tmp_path: Path) -> None:
    commands.upgrade(project, "5f0c")
    folder = project.scripts.version_locations[0]
    for path in [tmp_path, *tmp_path.rglob("*")]:
        path.chmod(0o755)
    folder.chmod(0o555)
    try:
        with not_root(tmp_path):
            error = refused(ScriptError, commands.delete, project, "head")
            assert error.message.endswith("a3d94c07be12_orders.py cannot be removed: Permission denied.")
    finally:
        folder.chmod(0o755)


def test_what_is_compiled_of_it_is_no_revision_afterwards(project: Project) -> None:
    commands.config(project, "sourceless", "true")
    project = Project.open()
    folder = project.scripts.version_locations[0]
    assert compileall.compile_dir(folder, quiet=2)
    commands.delete(project, "head")
    assert Project.open().graph.heads == ("5f0c6e2a91b7",)
    assert len(list(folder.glob("__pycache__/*.pyc"))) == 2
    # Of the next one there is the compiled file alone.
    (folder / "5f0c6e2a91b7_remember_the_birthday.py").unlink()
    assert Project.open().graph.heads == ("5f0c6e2a91b7",)
    result = commands.delete(Project.open(), "head")
    assert (result.action, result.source) == ("deleted", "")
    assert Project.open().graph.heads == ("29cf196546aa",)


def test_a_word_too_many(project: Project) -> None:
    from nbmigrate.commands.parser import parse

    with pytest.raises(UsageError):
        parse(["delete"])
    with pytest.raises(UsageError):
        parse(["delete", "a", "b"])
