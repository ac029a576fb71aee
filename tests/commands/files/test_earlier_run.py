"""A revision cell that is run again: nothing is written twice, and nothing that a person wrote is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.errors import (
    DuplicateRevisionError,
    MigrateError,
    MultipleHeadsError,
    RevisionAppliedError,
    RevisionEditedError,
    ScriptError,
)
from nbmigrate.scripts.writing.cell_record import is_as_written, read_record, with_record, without_record
from tests.commands.test_bad_project import not_root

Refused = Callable[..., MigrateError]
Tree = Callable[[], dict[str, bytes]]

CUSTOMER = "op.create_table('customer', sa.Column('id', sa.Integer, primary_key=True))\n"
FAX = "op.add_column('customer', sa.Column('fax', sa.Text))\n"
PHONE = "op.add_column('customer', sa.Column('phone', sa.Text))\n"


def cell(
    project: Project, message: str | None, body: str | None = None, **options: object
) -> tuple[str, str]:
    """Run a cell; return what it did and with which revision."""
    result = commands.revision(project, message, body=body, once=True, **options)  # type: ignore[arg-type]
    return result.action, result.revision.id


def change(path: Path, old: str, new: str) -> None:
    text = path.read_bytes().decode()
    assert old in text
    path.write_bytes(text.replace(old, new).encode())


def file(project: Project, id_: str) -> Path:
    path = project.graph[id_].path
    assert path is not None
    return path


# --- the same cell


def test_the_same_cell_writes_nothing(project: Project, tree: Tree) -> None:
    assert cell(project, "a fax", FAX) == ("created", "0001")
    before = tree()
    assert cell(project, "a fax", FAX) == ("unchanged", "0001")
    assert cell(project, " a fax ", f"\n\n{FAX.rstrip()}   \n\n") == ("unchanged", "0001")
    assert tree() == before
    (note,) = commands.revision(project, "a fax", body=FAX, once=True).notes
    assert note == (
        "This cell wrote it before, as 0001. For a second one, give another message, or an id with --rev-id."
    )


def test_when_it_is_applied_and_others_came_after_it(project: Project, tree: Tree) -> None:
    assert cell(project, "a fax", FAX) == ("created", "0001")
    assert cell(project, "a phone", PHONE) == ("created", "0002")
    commands.upgrade(project, "head")
    before = tree()
    assert cell(project, "a fax", FAX) == ("unchanged", "0001")
    assert cell(project, "a phone", PHONE) == ("unchanged", "0002")
    assert tree() == before


def test_a_call_that_is_no_cell_writes_a_second_one_as_alembic_does(project: Project) -> None:
    first = commands.revision(project, "a fax", body=FAX)
    second = commands.revision(project, "a fax", body=FAX)
    assert second.revision.down_revisions == (first.revision.id,)


def test_without_a_message_the_body_decides(empty: Project) -> None:
    assert (
        cell(empty, None, "op.execute('SELECT 1')\ndef upgrade(): pass\ndef downgrade(): pass\n")[0]
        == "created"
    )
    two = "def upgrade(): pass\ndef downgrade(): op.execute('SELECT 2')\n"
    assert cell(empty, None, two) == ("created", "0002")
    assert cell(empty, None, two) == ("unchanged", "0002")
    assert len(empty.graph) == 2


def test_without_a_body(project: Project) -> None:
    assert cell(project, "to be written") == ("created", "0001")
    assert cell(project, "to be written") == ("unchanged", "0001")
    # What is written into the file by hand stays: that is what such a cell is for.
    change(file(project, "0001"), "    pass\n\n\ndef down", "    op.execute('SELECT 1')\n\n\ndef down")
    assert cell(project, "to be written") == ("unchanged", "0001")
    assert "SELECT 1" in project.scripts.source(project.graph["0001"])


def test_a_body_is_put_under_a_cell_that_had_none(project: Project) -> None:
    assert cell(project, "a fax") == ("created", "0001")
    assert cell(project, "a fax", FAX) == ("updated", "0001")
    assert cell(project, "a fax") == ("unchanged", "0001")
    assert "fax" in project.scripts.source(project.graph["0001"])


def test_edit_between_two_runs_of_a_cell(project: Project, tree: Tree) -> None:
    assert cell(project, "a fax", FAX, rev_id="d4") == ("created", "d4")
    assert commands.edit(project, "d4", PHONE).action == "updated"
    commands.upgrade(project, "head")
    before = tree()
    again = commands.revision(project, "a fax", body=FAX, rev_id="d4", once=True)
    assert (again.action, again.notes) == (
        "unchanged",
        ("`edit` has given it another body since, which stays.",),
    )
    assert commands.edit(project, "d4", PHONE).action == "unchanged"
    assert cell(project, "a fax", FAX) == ("unchanged", "d4")
    assert tree() == before


# --- another body


def test_another_body_updates_the_head(project: Project) -> None:
    assert cell(project, "a fax", FAX) == ("created", "0001")
    result = commands.revision(project, "a fax", body=PHONE, once=True)
    assert (result.action, result.revision.id) == ("updated", "0001")
    assert result.notes == (
        "A cell with this message wrote 0001 before. For a second revision, give another message.",
    )
    assert "phone" in result.source and "fax'" not in result.source
    assert len(project.graph) == 4


def test_another_body_of_what_is_applied(refused: Refused, project: Project) -> None:
    cell(project, "a fax", FAX)
    commands.upgrade(project, "head")
    error = refused(RevisionAppliedError, commands.revision, project, "a fax", body=PHONE, once=True)
    assert error.hint == (
        "`downgrade a3d94c07be12` first and run this again, or give a new revision another message or --rev-id."
    )
    assert cell(project, "a fax", FAX.replace("(", "( ")) == ("unchanged", "0001")


def test_another_body_of_what_is_no_head(refused: Refused, project: Project, tree: Tree) -> None:
    cell(project, "a fax", FAX)
    cell(project, "a phone", PHONE)
    error = refused(DuplicateRevisionError, commands.revision, project, "a fax", body=PHONE, once=True)
    assert error.message == (
        "Revision 0001 has this message and another body (practice/versions/0001_a_fax.py), "
        "and 0002 comes after it."
    )
    assert error.hint == ("For a new revision, give another message. To change that one, add --rev-id 0001.")
    # Only spaces: the same body, in the file as in the cell.
    assert cell(project, "a fax", FAX.replace("(", "( ")) == ("updated", "0001")
    assert cell(project, "a fax", PHONE, rev_id="0001") == ("updated", "0001")


def test_a_revision_that_no_cell_wrote_is_not_taken_for_one(project: Project) -> None:
    commands.revision(project, "a fax")
    path = file(project, "0001")
    assert read_record(path.read_text()) is None
    assert cell(project, "a fax", FAX) == ("created", "0002")


# --- branches and merges


def test_a_cell_in_a_branch(project: Project) -> None:
    def run() -> list[tuple[str, str]]:
        return [
            cell(project, "a fax", FAX, head="29cf", splice=True, branch_label=["side"], rev_id=None),
            cell(project, "a phone", PHONE, head="side@head"),
            cell(project, "on base", head="base", splice=True),
            cell(project, "needs", depends_on=["5f0c"], head="side@head"),
        ]

    first, second, third = run(), run(), run()
    assert [action for action, _ in first] == ["created"] * 4
    assert second == third == [("unchanged", id_) for _, id_ in first]


def test_another_parent_is_another_revision(project: Project) -> None:
    assert cell(project, "a fax", FAX, head="29cf", splice=True) == ("created", "0001")
    assert cell(project, "a fax", FAX, head="5f0c", splice=True) == ("created", "0002")
    assert cell(project, "a fax", FAX, head="0001") == ("created", "0003")
    assert cell(project, "a fax", FAX, head="29cf", splice=True) == ("unchanged", "0001")


def test_several_heads_since_then(project: Project) -> None:
    assert cell(project, "a fax", FAX) == ("created", "0001")
    commands.revision(project, "side", head="29cf", splice=True)
    assert cell(project, "a fax", FAX) == ("unchanged", "0001")
    with pytest.raises(MultipleHeadsError):
        cell(project, "a phone", PHONE)


def test_a_merge_twice(project: Project) -> None:
    commands.revision(project, "side", head="29cf", splice=True, rev_id="side1")
    for names in (["heads"], ["a3d9", "side1"]):
        merged = [commands.merge(project, names, "both", once=True) for _ in range(2)]
        assert {result.revision.id for result in merged} == {"0001"}
        assert merged[1].action == "unchanged"
        assert merged[1].notes[0].startswith("This cell wrote it before, as 0001.")
    # Two new heads are another merge, although the cell is the same.
    commands.revision(project, "x", head="0001", rev_id="x1")
    commands.revision(project, "y", head="0001", rev_id="y1", splice=True)
    assert commands.merge(project, ["heads"], "both", once=True).action == "created"


# --- what was edited in the file


@pytest.mark.parametrize("options", [{}, {"rev_id": "0001"}])
@pytest.mark.parametrize("body", [FAX, PHONE])
def test_an_edited_file_stays(refused: Refused, project: Project, options: dict[str, str], body: str) -> None:
    cell(project, "a fax", FAX)
    change(file(project, "0001"), "sa.Column('fax', sa.Text)", "sa.Column('fax', sa.String(40))")
    error = refused(RevisionEditedError, commands.revision, project, "a fax", body=body, once=True, **options)
    path = "practice/versions/0001_a_fax.py"
    assert error.message.startswith(
        f"{path} was edited since nbmigrate wrote it, and this would replace it:\n"
    )
    assert "\n    -    op.add_column('customer', sa.Column('fax', sa.String(40)))\n" in error.message
    assert f"\n    +    {body.strip()}\n" in error.message
    assert error.hint == (
        "Nothing was written. Copy what is to stay into the body, or add --force to replace the file."
    )
    assert isinstance(error, RevisionEditedError) and error.diff.startswith(f"--- {path}\n+++ this body\n")
    assert "nbmigrate wrote this file" not in error.diff
    assert cell(project, "a fax", body, force=True, **options) == ("updated", "0001")
    assert cell(project, "a fax", body, **options) == ("unchanged", "0001")


def test_edit_does_not_replace_it_either(refused: Refused, project: Project) -> None:
    cell(project, "a fax", FAX)
    change(file(project, "0001"), "def downgrade", "def helper():\n    pass\n\n\ndef downgrade")
    refused(RevisionEditedError, commands.edit, project, "0001", PHONE)
    assert commands.edit(project, "0001", PHONE, force=True).action == "updated"
    assert commands.edit(project, "0001", PHONE).action == "unchanged"
    assert commands.edit(project, "0001", FAX).action == "updated"


def test_edit_of_a_body_that_nbmigrate_did_not_write(refused: Refused, project: Project) -> None:
    commands.revision(project, "by hand", rev_id="d4")
    assert commands.edit(project, "d4", FAX).action == "updated"
    path = file(project, "d4")
    path.write_text(without_record(path.read_text()))
    error = refused(RevisionEditedError, commands.edit, project, "d4", PHONE)
    assert "has a body that nbmigrate did not write" in error.message
    # The same body is no reason to refuse, and from then on the file remembers it.
    assert commands.edit(project, "d4", FAX).action == "unchanged"
    assert commands.edit(project, "d4", PHONE).action == "updated"


def test_what_was_edited_is_copied_into_the_cell(project: Project) -> None:
    cell(project, "a fax", FAX)
    change(file(project, "0001"), "sa.Text)", "sa.String(40))")
    assert cell(project, "a fax", FAX.replace("sa.Text", "sa.String(40)")) == ("unchanged", "0001")
    assert cell(project, "a fax", PHONE) == ("updated", "0001")


@pytest.mark.parametrize(
    ("old", "new"), [("'fax', sa", '"fax",  sa'), ("    op.add", "    # by hand\n    op.add")]
)
def test_comments_and_format_are_no_other_text(project: Project, old: str, new: str) -> None:
    cell(project, "a fax", FAX)
    path = file(project, "0001")
    change(path, old, new)
    edited = path.read_text()
    assert cell(project, "a fax", FAX) == ("unchanged", "0001")
    assert without_record(path.read_text()) == without_record(edited)
    # A comment is lost by what replaces it, a format is not.
    if "#" in new:
        with pytest.raises(RevisionEditedError, match="# by hand"):
            cell(project, "a fax", PHONE)
    else:
        assert cell(project, "a fax", PHONE) == ("updated", "0001")


def test_force_does_not_change_what_is_applied(refused: Refused, project: Project) -> None:
    cell(project, "a fax", FAX)
    commands.upgrade(project, "head")
    change(file(project, "0001"), "sa.Text)", "sa.String(40))")
    refused(RevisionEditedError, commands.revision, project, "a fax", body=FAX, once=True)
    refused(RevisionAppliedError, commands.revision, project, "a fax", body=FAX, once=True, force=True)


def test_a_file_that_is_no_python_any_more(refused: Refused, project: Project) -> None:
    cell(project, "a fax", FAX)
    change(file(project, "0001"), "sa.Column('fax', sa.Text))", "sa.Column('fax', sa.Text)")
    refused(RevisionEditedError, commands.revision, project, "a fax", body=FAX, once=True)
    assert cell(project, "a fax", FAX, force=True) == ("updated", "0001")


def test_a_long_difference_is_cut(project: Project) -> None:
    cell(project, "a fax", FAX)
    change(
        file(project, "0001"),
        "    op.add",
        "".join(f"    op.execute('SELECT {n}')\n" for n in range(200)) + "    op.add",
    )
    with pytest.raises(RevisionEditedError) as caught:
        cell(project, "a fax", FAX)
    assert caught.value.message.count("\n") == 61
    assert caught.value.message.splitlines()[-1].endswith(" lines more")
    assert "SELECT 199" in caught.value.diff


def test_a_file_that_is_gone_is_written_again(project: Project) -> None:
    cell(project, "a fax", FAX)
    file(project, "0001").unlink()
    assert cell(project, "a fax", FAX) == ("created", "0001")


def test_git_gives_the_file_other_ends_of_lines(project: Project) -> None:
    cell(project, "a fax", FAX)
    path = file(project, "0001")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert is_as_written(path.read_bytes().decode())
    assert cell(project, "a fax", FAX) == ("unchanged", "0001")
    assert cell(project, "a fax", PHONE) == ("updated", "0001")
    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n")
    assert cell(project, "a fax", PHONE) == ("unchanged", "0001")


def test_a_folder_that_cannot_be_written(refused: Refused, project: Project, tmp_path: Path) -> None:
    cell(project, "a fax", FAX)
    commands.upgrade(project, "5f0c")
    folder = file(project, "0001").parent
    for path in [tmp_path, *tmp_path.rglob("*")]:
        path.chmod(0o755)
    folder.chmod(0o555)
    try:
        with not_root(tmp_path):
            assert cell(project, "a fax", FAX) == ("unchanged", "0001")
            error = refused(ScriptError, commands.revision, project, "a fax", body=PHONE, once=True)
            assert error.message.endswith("0001_a_fax.py cannot be written: Permission denied.")
    finally:
        folder.chmod(0o755)


def test_rebase_is_no_edit(project: Project) -> None:
    cell(project, "a fax", FAX)
    commands.rebase(project, "0001", "29cf")
    assert is_as_written(file(project, "0001").read_text())
    assert cell(project, "a fax", FAX) == ("unchanged", "0001")
    assert cell(project, "a fax", PHONE, head="29cf", splice=True) == ("updated", "0001")
    assert project.graph["0001"].down_revisions == ("29cf196546aa",)


def test_a_team_with_a_template_of_its_own(project: Project) -> None:
    template = project.scripts.template_path
    template.write_text(f"# ours\n{template.read_text()}\n\ndef check():\n    pass\n# the end\n")
    assert cell(project, "a fax", FAX) == ("created", "0001")
    assert cell(project, "a fax", FAX) == ("unchanged", "0001")
    assert cell(project, "a fax", PHONE) == ("updated", "0001")
    text = file(project, "0001").read_text()
    assert text.startswith("# ours\n") and "def check" in text and "# the end\n" in text
    template.write_text("# theirs\n" + template.read_text())
    assert cell(project, "a fax", PHONE) == ("unchanged", "0001")


def test_a_file_of_a_team_s_template_is_empty(project: Project, refused: Refused) -> None:
    template = project.scripts.template_path
    template.write_text(f"# ours\n{template.read_text()}\n\ndef check():\n    return 1\n# the end\n")
    commands.revision(project, "one", rev_id="d4")
    assert commands.edit(project, "d4", FAX).action == "updated"
    commands.revision(project, "two", rev_id="e5")
    change(file(project, "e5"), "return 1", "return 2")
    refused(RevisionEditedError, commands.edit, project, "e5", PHONE)
    change(file(project, "e5"), "return 2", "return 1  # by hand")
    refused(RevisionEditedError, commands.revision, project, "two", body=PHONE, rev_id="e5")


def test_several_databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused) -> None:
    monkeypatch.chdir(tmp_path)
    commands.init("practice", template="multidb")
    for name in ("engine1", "engine2"):
        assert main(["-n", name, "config", "sqlalchemy.url", f"sqlite:///{name}.db"]) == 0
    project = Project.open(revision_ids="sequential")
    one = "def upgrade_engine1():\n    op.execute('SELECT 1')\ndef downgrade_engine1():\n    pass\n"
    assert cell(project, "one", rev_id="a1") == ("created", "a1")
    assert cell(project, "one", one, rev_id="a1") == ("updated", "a1")
    assert cell(project, "two", one) == ("created", "0001")
    assert cell(project, "two", one) == ("unchanged", "0001")
    change(file(project, "0001"), "'SELECT 1'", "'SELECT 2'")
    refused(RevisionEditedError, commands.revision, project, "two", body=one, once=True)
    assert cell(project, "two", one, force=True) == ("updated", "0001")
    commands.upgrade(project, "head")
    refused(
        RevisionAppliedError, commands.revision, project, "two", body=one.replace("1')", "3')"), once=True
    )


# --- what the file remembers


def test_a_record_is_one_comment_at_the_end(project: Project) -> None:
    cell(project, "a fax", FAX)
    text = file(project, "0001").read_text()
    *_, blank, above, last = text.splitlines()
    assert (blank, above) == ("", "")
    assert last.startswith("# nbmigrate wrote this file: cell ")
    assert with_record(text, "0" * 12).count("# nbmigrate wrote") == 1
    assert read_record(text.replace(last, "# nbmigrate wrote this file: by hand")) is None
    assert not is_as_written(text.replace("'fax'", "'tax'"))
    # A function below it stays two lines away from what is above.
    moved = without_record(f"{text}\n\ndef more():\n    pass\n")
    assert moved.endswith("\n\n\ndef more():\n    pass\n") and "\n\n\n\n" not in moved


def test_alembic_does_not_mind(make_project: Callable[..., Project], alembic: Callable[..., str]) -> None:
    project = make_project(template="alembic")
    cell(project, "customers", CUSTOMER)
    cell(project, "a fax", FAX)
    cell(project, "a fax", PHONE)
    commands.edit(project, "0002", FAX)
    assert "edit " in project.scripts.source(project.graph["0002"]).splitlines()[-1]
    before = {id_: file(project, id_).read_bytes() for id_ in ("0001", "0002")}
    assert alembic("heads").strip() == "0002 (head)"
    alembic("upgrade", "head")
    assert str(commands.current(project)) == "0002 (head)"
    assert cell(project, "customers", CUSTOMER) == (
        "unchanged",
        "0001",
    )
    alembic("revision", "-m", "theirs")
    alembic("downgrade", "base")
    assert {id_: file(project, id_).read_bytes() for id_ in before} == before
