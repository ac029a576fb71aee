"""Projects in every layout that alembic knows, migrated in turn by alembic and by us.

Each position of the database is reached by both; the rows of its version table, and everything in its catalog, must
then be the same to the letter.
"""

import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main

#: The alembic command, several times where its words have a ";" between them.
ALEMBIC = """
import sys
from alembic.config import CommandLine
words = []
for word in (*sys.argv[1:], ";"):
    if word != ";":
        words.append(word)
    elif words:
        CommandLine("alembic").main(words)
        words = []
"""
#: Who goes where, by which command, and where the database stands then.
STEPS = [
    ("ours", "upgrade", "a1", ["a1"]),
    ("alembic", "upgrade", "b2", ["b2"]),
    ("ours", "upgrade", "c3", ["b2", "c3"]),
    ("alembic", "upgrade", "heads", ["d4"]),
    ("ours", "downgrade", "a1", ["a1"]),
    ("alembic", "downgrade", "base", []),
    ("alembic", "upgrade", "a1", ["a1"]),
    ("ours", "upgrade", "b2", ["b2"]),
    ("alembic", "upgrade", "c3", ["b2", "c3"]),
    ("ours", "upgrade", "heads", ["d4"]),
    ("alembic", "downgrade", "a1", ["a1"]),
    ("ours", "downgrade", "base", []),
]
REVISIONS = [
    ("a1", ["base"], "op.create_table('t_a1', sa.Column('id', sa.Integer, primary_key=True))"),
    ("b2", ["a1"], "op.create_table('t_b2', sa.Column('id', sa.Integer), sa.Column('name', sa.String(40)))"),
    ("c3", ["a1"], "op.add_column('t_a1', sa.Column('name', sa.String(20), server_default='x'))"),
    ("d4", ["b2", "c3"], "op.create_index('ix', 't_a1', ['name'])"),
]
DOWN = {
    "a1": "op.drop_table('t_a1')",
    "b2": "op.drop_table('t_b2')",
    "c3": "op.drop_column('t_a1', 'name')",
    "d4": "op.drop_index('ix', 't_a1')",
}


@dataclass
class Layout:
    """A way to lay a project out.

    Parameters
    ----------
    template
        Which of alembic's templates it is made from.
    made_by
        Whose `init` and `revision` make it.
    directory
        The folder for env.py.
    options
        Lines of the ini to put in the place of those that begin alike.
    package
        Whether the folders are packages.
    locations
        The folders of the revisions, in turn.
    driver
        How the url begins.
    databases
        The sections of the ini that have a url.
    steps
        How many of the steps are done.
    """

    template: str = "generic"
    made_by: str = "alembic"
    directory: str = "migrations"
    options: dict[str, str] = field(default_factory=dict)
    package: bool = False
    locations: tuple[str, ...] = ()
    driver: str = "sqlite"
    databases: tuple[str, ...] = ("alembic",)
    steps: int = len(STEPS)


def several(separator: str | None, text: str, key: str = "path_separator") -> Layout:
    """Return a project with its revisions in three folders, one of them with a space in its name if that can be."""
    folders = (
        ("here", "there", "over there") if separator not in (None, "space") else ("here", "there", "yonder")
    )
    return Layout(
        options={
            "version_locations": text.join(f"%(here)s/{name}" for name in folders),
            "path_separator": "" if separator is None or key != "path_separator" else separator,
            **({key: separator} if separator and key != "path_separator" else {}),
        },
        locations=folders,
        # Where the files are does not matter to all of them again.
        steps=5,
    )


LAYOUTS = {
    "generic": Layout(),
    "async": Layout("async", driver="sqlite+aiosqlite"),
    "multidb": Layout("multidb", databases=("engine1", "engine2")),
    "pyproject": Layout("pyproject"),
    "pyproject_async": Layout("pyproject_async", driver="sqlite+aiosqlite"),
    "our generic": Layout(made_by="us"),
    "our async": Layout("async", "us", driver="sqlite+aiosqlite"),
    "our multidb": Layout("multidb", "us", databases=("engine1", "engine2")),
    "our pyproject": Layout("pyproject", "us"),
    "our pyproject_async": Layout("pyproject_async", "us", driver="sqlite+aiosqlite"),
    "our package": Layout(
        made_by="us",
        directory="shop/migrations",
        package=True,
        options={"script_location": "shop:migrations"},
    ),
    "package": Layout(
        directory="shop/migrations", package=True, options={"script_location": "shop:migrations"}
    ),
    "os": several("os", os.pathsep),
    "newline": several("newline", "\n    "),
    "space": several("space", " "),
    "semicolon": several(";", ";"),
    "old separator": several(";", ";", "version_path_separator"),
    "no separator": several(None, ", "),
}


class Story:
    """A project of a layout, and what its databases hold."""

    def __init__(self, layout: Layout, folder: Path, alembic: Callable[..., str]) -> None:
        self.layout, self.folder, self.alembic = layout, folder, alembic
        if layout.package:
            (folder / "shop").mkdir()
            (folder / "shop" / "__init__.py").touch()
        make = alembic if layout.made_by == "alembic" else self._ours
        make("init", "-t", layout.template, *(["--package"] if layout.package else []), layout.directory)
        self._configure()
        words = [self._words(number, id_, parents) for number, (id_, parents, _) in enumerate(REVISIONS)]
        make(*[word for one in words for word in (*one, ";")])
        for id_, _, body in REVISIONS:
            self._write(id_, body)

    def _ours(self, *words: str) -> None:
        line: list[str] = []
        for word in (*words, ";"):
            if word != ";":
                line.append(word)
            elif line:
                assert main(line) == 0
                line = []

    def _configure(self) -> None:
        ini = self.folder / "alembic.ini"
        lines, section = [], ""
        for line in ini.read_text().splitlines():
            key = line.partition("=")[0].strip()
            section = line.strip("[]") if line.startswith("[") else section
            if key == "sqlalchemy.url":
                lines.append(f"sqlalchemy.url = {self.layout.driver}:///%(here)s/{section}.db")
            elif key not in self.layout.options:
                lines.append(line)
            if line == "[alembic]":
                lines += [f"{name} = {value}" for name, value in self.layout.options.items() if value]
        ini.write_text("\n".join(lines) + "\n")

    def _words(self, number: int, id_: str, parents: list[str]) -> list[str]:
        """Return the command that makes a revision."""
        words = ["revision", "-m", f"revision {id_}", "--rev-id", id_, "--head", parents[0], "--splice"]
        if len(parents) > 1:
            words = ["merge", "-m", f"revision {id_}", "--rev-id", id_, *parents]
        elif self.layout.locations:
            # The folder is there before its first revision, as in a repository that was cloned.
            folder = self.folder / self.layout.locations[number % len(self.layout.locations)]
            folder.mkdir(exist_ok=True)
            words += ["--version-path", str(folder)]
        return words

    def _write(self, id_: str, body: str) -> None:
        (path,) = self.folder.rglob(f"{id_}_*.py")
        before, *rest = path.read_text().split("    pass\n")
        bodies = [body, DOWN[id_]] * len(self.layout.databases)
        assert len(rest) == len(bodies)
        path.write_text(
            before + "".join(f"    {one}\n{text}" for one, text in zip(bodies, rest, strict=True))
        )

    def go(self, who: str, verb: str, target: str) -> None:
        if who == "alembic":
            self.alembic(verb, target)
        else:
            run = commands.upgrade if verb == "upgrade" else commands.downgrade
            run(Project.open(), target)

    def held(self) -> list[tuple[list[str], list[tuple[str, ...]]]]:
        """Return the version rows and the catalog of each database."""
        found = []
        for section in self.layout.databases:
            connection = sqlite3.connect(self.folder / f"{section}.db")
            rows = [
                row[0] for row in connection.execute("SELECT version_num FROM alembic_version ORDER BY 1")
            ]
            catalog = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2")
            found.append((rows, catalog.fetchall()))
            connection.close()
        return found


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
def test_alembic_and_we_in_turn(
    layout: Layout,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    peer_python: Path,
    run_python: Callable[..., str],
) -> None:
    monkeypatch.chdir(tmp_path)
    story = Story(layout, tmp_path, lambda *words: run_python(peer_python, "-c", ALEMBIC, *words))
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    seen: dict[str, object] = {}

    for who, verb, target, rows in STEPS[: layout.steps]:
        story.go(who, verb, target)
        held = story.held()
        assert [found for found, _ in held] == [rows] * len(layout.databases), (who, verb, target)
        assert seen.setdefault(",".join(rows), held) == held, (who, verb, target)
        current = commands.current(Project.open())
        assert sorted({row["revision"] for row in current.rows()}) == rows

    assert [path for path, content in files.items() if path.read_bytes() != content] == []
