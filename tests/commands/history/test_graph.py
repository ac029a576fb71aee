"""`graph` of a long history: the window around the position, and the whole on request."""

from pathlib import Path

from nbmigrate import Project, commands


def long_history(project: Project, count: int) -> None:
    folder = project.scripts.version_locations[0]
    for number in range(count):
        parent = f"'r{number - 1:04}'" if number else None
        (folder / f"r{number:04}.py").write_text(
            f'"""step {number}"""\nrevision = "r{number:04}"\ndown_revision = {parent}\n'
            "def upgrade(): pass\ndef downgrade(): pass\n",
            encoding="utf-8",
        )


def test_up_to_300_revisions_are_drawn_whole(empty: Project) -> None:
    long_history(empty, 300)
    drawn = commands.graph(empty)
    assert len(str(drawn).splitlines()) == 300
    assert drawn == commands.graph(empty, whole=True)


def test_more_are_drawn_around_the_position(empty: Project, tmp_path: Path) -> None:
    long_history(empty, 1000)
    commands.upgrade(empty, "r0499")
    drawn = commands.graph(empty)
    lines = str(drawn).splitlines()
    assert len(lines) < 100
    assert any("r0499 (current)" in line for line in lines)
    assert "newer revisions" in lines[0] or "newer revisions" in lines[1]
    assert "older revisions" in lines[-1] or "older revisions" in lines[-2]
    assert drawn.to_svg().count("data-rev=") < 100
    assert len(drawn.rows()) == 1000
    whole = commands.graph(empty, whole=True)
    assert len(str(whole).splitlines()) == 1000
    whole.save(tmp_path / "whole.svg")
    assert (tmp_path / "whole.svg").read_text(encoding="utf-8").count("data-rev=") == 1000
