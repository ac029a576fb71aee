"""Projects made by `alembic init` and by ours from each of Alembic's templates: the same files, which say the same."""

import configparser
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.scripts.new_project.templates import TEMPLATES

Alembic = Callable[..., str]

NAMES = ("generic", "async", "multidb", "pyproject", "pyproject_async")
PYPROJECT = '[project]\nname = "shop"\n'


def settings(folder: Path) -> tuple[dict[str, dict[str, str]], object]:
    """Return what the ini and the pyproject.toml of a project say."""
    parser = configparser.RawConfigParser()
    parser.read(folder / "alembic.ini", encoding="utf-8")
    toml = folder / "pyproject.toml"
    table = tomllib.loads(toml.read_text(encoding="utf-8")) if toml.exists() else None
    return {name: dict(parser[name]) for name in parser.sections()}, table


def layout(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def revision_file(folder: Path, id_: str) -> str:
    (path,) = folder.rglob(f"{id_}_*.py")
    return re.sub("Create Date: .*", "", path.read_text(encoding="utf-8"))


def test_the_names(alembic: Alembic) -> None:
    listed = re.findall(r"^(\w+) - ", alembic("list_templates"), re.MULTILINE)
    assert sorted(listed) == sorted(NAMES)
    assert set(listed) <= TEMPLATES.keys()


@pytest.mark.parametrize("template", NAMES)
@pytest.mark.parametrize(
    ("present", "directory"), [("", "db/migrations"), (PYPROJECT, "migrations")], ids=["alone", "added"]
)
def test_the_same_project(
    template: str,
    directory: str,
    present: str,
    tmp_path: Path,
    alembic: Alembic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for folder in (theirs, ours):
        folder.mkdir()
        if present:
            (folder / "pyproject.toml").write_text(present, encoding="utf-8")
    package = ["--package"] if "/" in directory else []

    alembic("init", "-t", template, *package, directory, cwd=theirs)
    monkeypatch.chdir(ours)
    commands.init(directory, template=template, package=bool(package))

    assert layout(ours) == layout(theirs)
    assert settings(ours) == settings(theirs)
    alembic("revision", "-m", "it's ü", "--rev-id", "a1", cwd=theirs)
    alembic("revision", "-m", "it's ü", "--rev-id", "a1", cwd=ours)
    commands.revision(Project.open(), "next", rev_id="b2")
    monkeypatch.chdir(theirs)
    commands.revision(Project.open(), "next", rev_id="b2")
    for id_ in ("a1", "b2"):
        assert revision_file(ours, id_) == revision_file(theirs, id_)
    assert alembic("heads", cwd=ours) == alembic("heads", cwd=theirs) == "b2 (head)\n"
