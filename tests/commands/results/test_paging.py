"""Long lists: whole as text, records and frames; page by page in a notebook."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from nbmigrate import Project, commands
from nbmigrate.commands.parser import parse
from nbmigrate.commands.parser.arguments import Call
from nbmigrate.commands.results.paging import PAGE
from nbmigrate.errors import UsageError

COUNT = 1030


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fan of revisions: r0000 is the parent of all others, so all of them are heads; and a line beside it."""
    folder = tmp_path_factory.mktemp("long")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        commands.init("practice", url="sqlite:///db_file.db")
        for number in range(COUNT):
            (folder / "practice" / "versions" / f"r{number:04}.py").write_text(
                f'"""number {number}"""\nrevision = "r{number:04}"\n'
                f"down_revision = {'r0000' if number else None!r}\n",
                encoding="utf-8",
            )
    return folder


@pytest.fixture
def long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(folder)
    return Project.open()


def run(project: Project, line: str) -> Any:
    return parse(shlex.split(line))(Call(lambda options: project))


@pytest.mark.parametrize(
    ("line", "total"),
    [("history", COUNT), ("history -v", COUNT), ("history --rev-range=r0000:", COUNT), ("heads", COUNT - 1)],
)
def test_page_by_page_to_the_end(long: Project, line: str, total: int) -> None:
    whole = run(long, line)
    assert len(whole.rows()) == len(whole.to_frame()) == total
    assert all(f"r{number:04}" in str(whole) for number in range(1, COUNT))
    seen: list[str] = []
    command = line
    while command:
        shown = run(long, command)._repr_mimebundle_()
        page = seen_in(shown["text/html"])
        assert page == seen_in(shown["text/plain"])
        seen += page
        note = f"{len(seen) - len(page) + 1:,} to {len(seen):,} of {total:,} are shown."
        assert note in shown["text/plain"] and note in shown["text/html"]
        said = re.search(r"The next: %migrate (.+)", shown["text/plain"])
        assert len(page) == PAGE or said is None
        command = said[1] if said else ""
    assert seen == [row["revision"] for row in whole.rows()]


def seen_in(text: str) -> list[str]:
    """The revisions of a page, by their messages."""
    return [f"r{int(number):04}" for number in re.findall(r"\bnumber (\d+)", text)] or re.findall(
        r"\b(r\d{4})(?: \(head\)|</code>)", text
    )


def test_a_part_that_is_asked_for(long: Project) -> None:
    part = run(long, "history --skip 1000 --limit 20")
    assert [row["revision"] for row in part.rows()] == [
        revision.id for revision in tuple(long.graph)[1000:1020]
    ]
    assert len(str(part).splitlines()) == 20
    plain = part._repr_mimebundle_()["text/plain"]
    assert plain.endswith(
        "1,001 to 1,020 of 1,030 are shown. The next: %migrate history --skip 1020 --limit 20"
    )
    assert len(run(long, "heads --limit 3").rows()) == 3
    beyond = run(long, "history --skip 2000")
    assert (str(beyond), beyond._repr_mimebundle_()["text/plain"]) == ("", "None of 1,030 is shown.")


def test_a_long_page_when_it_is_asked_for(long: Project) -> None:
    shown = run(long, "history --limit 5000")._repr_mimebundle_()
    assert len(seen_in(shown["text/html"])) == COUNT
    assert "are shown" not in shown["text/plain"]


def test_short_lists_say_nothing(project: Project) -> None:
    for line in ("history", "heads", "branches", "history -v"):
        shown = run(project, line)._repr_mimebundle_()
        assert "shown" not in shown["text/plain"]
        assert "shown." not in shown["text/html"]


@pytest.mark.parametrize("words", ["history --skip -1", "history --limit some", "heads --limit=-3"])
def test_what_is_no_number(project: Project, words: str) -> None:
    with pytest.raises(UsageError):
        run(project, words)


def test_less_than_nothing(project: Project) -> None:
    with pytest.raises(UsageError, match="counted from 0"):
        commands.history(project, skip=-1)
    with pytest.raises(UsageError, match="counted from 0"):
        commands.heads(project, limit=-1)


def test_branch_points_are_paged_too(long: Project) -> None:
    (point,) = run(long, "branches").rows()
    assert point["revision"] == "r0000"
    assert point["branches_into"].count(",") == COUNT - 2
