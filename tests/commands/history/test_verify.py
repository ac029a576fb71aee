"""`verify`: what is wrong with the directory."""

from collections.abc import Callable

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main

HEADER = 'revision = "{}"\ndown_revision = {}\nbranch_labels = {}\ndepends_on = {}\n'


@pytest.fixture
def put(project: Project) -> Callable[..., None]:
    """Write a revision file by hand."""

    def write(
        id_: str,
        down: str = "'a3d94c07be12'",
        *,
        labels: str = "None",
        needs: str = "None",
        body: str = "",
        name: str = "",
    ) -> None:
        path = project.scripts.version_locations[0] / f"{name or id_}.py"
        path.write_text(HEADER.format(id_, down, labels, needs) + body, encoding="utf-8")

    return write


def test_nothing_is_wrong(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    result = commands.verify(project)
    assert (result.ok, result.exit_code, result.rows()) == (True, 0, [])
    assert str(result) == "No problems: 3 revisions, head a3d94c07be12."
    assert main(["verify"]) == 0
    assert capsys.readouterr() == ("No problems: 3 revisions, head a3d94c07be12.\n", "")


def test_an_empty_project(empty: Project) -> None:
    assert str(commands.verify(empty)) == "No problems: 0 revisions, heads none."


@pytest.mark.parametrize(
    ("files", "kinds", "said"),
    [
        ([("b", "'nowhere'")], ["MissingRevision", "MultipleHeads"], "Revision nowhere referenced from b"),
        ([("b", {"needs": "'nothing'"})], ["MissingRevision"], "depends_on in b.py"),
        ([("b", "'c'"), ("c", "'b'")], ["Cycle"], "Cycle is detected in revisions (b, c)"),
        ([("b", "'b'")], ["Cycle"], "Self-loop is detected"),
        ([("b", {}), ("b", {"name": "copy"})], ["DuplicateRevision"], "Revision b is present more than once"),
        (
            [("b", {"labels": "'x'"}), ("c", {"down": "'b'", "labels": "'x'"})],
            ["DuplicateLabel"],
            "Branch name 'x'",
        ),
        (
            [("b", {"body": "def upgrade(:\n    pass\n"})],
            ["UnreadableRevision"],
            "b.py, line 5: invalid syntax",
        ),
        (
            [("b", {"body": "def upgrade():\n    pass\nreturn\n"})],
            ["UnreadableRevision"],
            "'return' outside function",
        ),
        ([("b", "1 +")], ["UnreadableRevision"], "b.py, line 2"),
        ([("b", "make()")], ["UnreadableRevision"], "down_revision is computed"),
        ([("b" * 33, {})], ["Graph"], "has 33 characters, and the version table holds 32"),
        ([("a-b", {})], ["Graph"], "Character(s) '-' not allowed in revision identifier 'a-b'"),
        ([("head", {})], ["Graph"], "'head' cannot be a revision id"),
        ([("head", {"name": "x"})], ["Graph"], "Change the id in x.py, and wherever"),
        ([("b", {"labels": "'a b'"})], ["Graph"], "Character(s) ' ' not allowed in branch label 'a b'"),
        ([("b", {"labels": "'a b'"})], ["Graph"], "Choose another name for branch_labels in b.py."),
        ([("b", {}), ("c", {})], ["MultipleHeads"], "There are 2 heads: b, c."),
    ],
)
def test_what_is_found(
    project: Project,
    put: Callable[..., None],
    files: list[tuple[str, str | dict[str, str]]],
    kinds: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for id_, about in files:
        put(id_, **(about if isinstance(about, dict) else {"down": about}))
    result = commands.verify(project)
    assert [row["kind"] for row in result.rows()] == kinds
    assert said in f"{result.rows()[0]['problem']}\n{result.rows()[0]['hint']}"
    assert result.rows()[0]["hint"]
    assert (result.ok, result.exit_code) == (False, 1)
    assert list(result.to_frame()["kind"]) == kinds
    assert main(["verify"]) == 1
    out, err = capsys.readouterr()
    assert (out, err) == (f"{result}\n", "")
    assert out.splitlines()[-1].startswith(f"{len(kinds)} problem")
    # What is wrong is no small talk.
    assert (main(["-q", "verify"]), capsys.readouterr()) == (1, (out, ""))


def test_all_of_it_at_once(project: Project, put: Callable[..., None]) -> None:
    put("b", "'nowhere'")
    put("c", body="def upgrade(:\n")
    put("d", "1 +")
    put("e", labels="'x'")
    result = commands.verify(project)
    assert [row["kind"] for row in result.rows()] == [
        "UnreadableRevision",
        "MissingRevision",
        "UnreadableRevision",
        "MultipleHeads",
    ]
    assert [row["path"] for row in result.rows()] == [
        "practice/versions/d.py",
        "",
        "practice/versions/c.py",
        "",
    ]
    assert "There are 3 heads" in str(result)


def test_several_heads_that_are_meant_to_be(project: Project, put: Callable[..., None]) -> None:
    put("b")
    put("c")
    assert commands.verify(project, several_heads=True).ok
    assert main(["verify", "--several-heads"]) == 0


def test_nothing_is_run(project: Project, put: Callable[..., None]) -> None:
    put("b", body="raise SystemExit(7)\n")
    (project.scripts.location / "env.py").write_text("raise SystemExit(7)\n", encoding="utf-8")
    assert commands.verify(project).ok
