"""Whole histories, one per file: what is typed, and everything that the terminal then says.

A story is text. What is indented by four spaces belongs to the line above it:

    -- body.py --                       a file, with what is in it
    $ nbmigrate edit ab12 < body.py     a command, with its output; lines of stderr begin with "! "
    $ cat practice/env.py               what is in a file
    $ sql SELECT * FROM customer        what is in db_file.db

The folder is written as ~, durations as 0 ms, and the date of a new revision as the tutorial's. A command that fails
exits with 1 and says FAILED; every other one exits with 0.
"""

import io
import re
import shlex
import sqlite3
from pathlib import Path

import pytest

from nbmigrate.cli import main

STORIES = sorted(Path(__file__).parent.glob("*.story"))


def replay(story: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Live a story in the current folder, and return it as it went."""
    lived: list[str] = []
    lines = story.splitlines()
    while lines:
        line = lines.pop(0)
        lived.append(line)
        if not line.startswith(("$ ", "-- ")):
            continue
        block = []
        while lines and (not lines[0] or lines[0].startswith("    ")):
            block.append(lines.pop(0)[4:])
        text = "\n".join(block).rstrip()
        if line.startswith("-- "):
            path = Path(line.removeprefix("-- ").removesuffix(" --"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text}\n", encoding="utf-8")
        else:
            text = typed(line.removeprefix("$ "), capsys, monkeypatch)
        # Editors take blanks at the end of a line away.
        lived += [f"    {shown}".rstrip() for shown in text.splitlines()]
        if lines:
            lived.append("")
    return "\n".join(lived) + "\n"


def typed(command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a command and return what is then on the terminal."""
    program, _, rest = command.partition(" ")
    if program == "sql":
        connection = sqlite3.connect("db_file.db")
        rows = connection.execute(rest).fetchall()
        connection.close()
        return "\n".join("|".join("" if value is None else str(value) for value in row) for row in rows)
    if program == "cat":
        return same_everywhere(Path(rest).read_text(encoding="utf-8"))
    assert program == "nbmigrate"
    words = shlex.split(rest)
    if "<" in words:
        monkeypatch.setattr("sys.stdin", io.StringIO(Path(words.pop()).read_text(encoding="utf-8")))
        words.remove("<")
    code = main(words)
    out, err = capsys.readouterr()
    found_wrong = words[0] == "verify" and not out.startswith("No problems")
    is_partial = "the other revisions can still be read" in err
    assert code == (1 if err.startswith("FAILED: ") or found_wrong or is_partial else 0)
    return same_everywhere(out.rstrip() + "".join(f"\n! {line}" for line in err.splitlines())).lstrip("\n")


def same_everywhere(text: str) -> str:
    """Return a text without what differs by machine and day."""
    text = text.replace(str(Path.cwd()), "~").replace(f"{Path.cwd().name}/\n", "~/\n")
    text = re.sub(r"\d+ ms\)|\d+\.\d\d s\)", "0 ms)", text)
    # The date of a file counts for what the file remembers of itself.
    text = re.sub(r"(# nbmigrate wrote this file: .*(?:text|edit)) \w+", r"\1 77be01aa42c3", text)
    return re.sub(r"(Create Date:) \S+ \S+", r"\1 2021-06-20 03:58:06.808542", text)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    story = path.read_text(encoding="utf-8")
    assert replay(story, capsys, monkeypatch).splitlines() == story.splitlines()


def test_there_are_stories() -> None:
    assert len(STORIES) >= 7
