"""`show`: revisions and their source, in a terminal and for a range."""

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.errors import TargetError


def test_the_source_is_printed(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", str(project.config.path), "show", "5f0c"]) == 0

    printed = capsys.readouterr().out
    assert printed.startswith("Rev: 5f0c6e2a91b7\n")
    assert project.scripts.source(project.graph["5f0c6e2a91b7"]).strip() in printed
    assert "op.add_column('customer'" in printed


@pytest.mark.parametrize(
    ("range_", "ids"),
    [
        ("29cf:5f0c", ["5f0c6e2a91b7", "29cf196546aa"]),
        (":29cf", ["29cf196546aa"]),
        ("5f0c:", ["a3d94c07be12", "5f0c6e2a91b7"]),
        ("current:head", ["a3d94c07be12", "5f0c6e2a91b7"]),
    ],
)
def test_a_range(project: Project, range_: str, ids: list[str]) -> None:
    commands.upgrade(project, "5f0c")

    found = commands.show(project, range_)

    assert [entry.revision.id for entry in found.entries] == ids
    assert list(found.sources) == [project.scripts.source(project.graph[id_]) for id_ in ids]
    assert found.to_text().count("Rev: ") == len(ids)
    assert found.headings.count("\n") < found.to_text().count("\n")


def test_a_range_that_is_none(project: Project) -> None:
    with pytest.raises(TargetError):
        commands.show(project, "a3d9:29cf")
