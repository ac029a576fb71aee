"""A project in a package of a zip file: every verb that reads works, and nothing is written."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.errors import ConfigError, ScriptError
from nbmigrate.scripts.reading import header_cache

REVISION = "from nbmigrate import op\nrevision = {!r}\ndown_revision = {!r}\n"
BODY = "def upgrade():\n    op.execute('SELECT 1')\ndef downgrade():\n    pass\n"

Zipped = Callable[..., Path]


@pytest.fixture
def zipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Zipped:
    """Put a project into a zip file, in the package shop.db, and return the zip file."""
    monkeypatch.setenv(header_cache.VARIABLE, str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    commands.init("practice", url="sqlite:///db.db")
    ini = Path("nbmigrate.ini").read_text()

    def make(*own: str, last: str = "a1", more: str = "") -> Path:
        package = tmp_path / "tree" / "shop" / "db"
        shutil.rmtree(tmp_path / "tree", ignore_errors=True)
        shutil.copytree("practice", package / "migrations")
        for name in own:
            (package.parent / name / "__init__.py").write_text("raise SystemExit('imported')")
        for parent, id_ in ((None, "a1"), ("a1", "b2")):
            path = package / "migrations" / "versions" / f"{id_}.py"
            path.write_text(REVISION.format(id_, parent) + BODY)
            if id_ == last:
                break
        Path("nbmigrate.ini").write_text(
            ini.replace("%(here)s/practice", "shop.db:migrations")
            .replace("prepend_sys_path = .", "prepend_sys_path = lib.zip")
            .replace("path_separator = os", "path_separator = newline")
            + more
        )
        Path("lib.zip").unlink(missing_ok=True)
        return Path(shutil.make_archive("lib", "zip", tmp_path / "tree"))

    return make


@pytest.mark.parametrize("own", [(), (".",), ("db",), (".", "db")])
def test_it_runs(zipped: Zipped, own: tuple[str, ...]) -> None:
    archive = zipped(*own)
    content = archive.read_bytes()
    project = Project.open()
    assert str(commands.heads(project)) == "a1 (head)"
    assert "op.execute" in commands.show(project, "a1").sources[0]
    commands.upgrade(project, "head")
    assert str(commands.current(project)) == "a1 (head)"
    commands.downgrade(project, "base")
    assert archive.read_bytes() == content


def test_nothing_is_written_to_the_copy(zipped: Zipped) -> None:
    zipped()
    project = Project.open()
    with pytest.raises(ScriptError, match="is a copy of what is in a zip file") as caught:
        commands.revision(project, "second")
    assert caught.value.hint == "Name an ordinary folder in version_locations, or unpack the zip file."
    with pytest.raises(ScriptError, match="is a copy of what is in a zip file"):
        commands.edit(project, "a1", "pass\n", force=True)
    assert str(commands.heads(Project.open())) == "a1 (head)"


def test_new_revisions_go_to_an_ordinary_folder(zipped: Zipped) -> None:
    zipped(more="version_locations = shop.db:migrations/versions\n    here\n")
    Path("here").mkdir()
    commands.revision(Project.open(), "second", rev_id="b2", version_path="here")
    assert Path("here/b2_second.py").is_file()
    project = Project.open()
    commands.upgrade(project, "head")
    assert str(commands.current(project)) == "b2 (head)"


def test_another_zip_file_is_unpacked_again(zipped: Zipped) -> None:
    zipped()
    assert str(commands.heads(Project.open())) == "a1 (head)"
    archive = zipped(last="b2")
    os.utime(archive, ns=(1, 1))
    assert str(commands.heads(Project.open())) == "b2 (head)"


def test_several_at_once(zipped: Zipped, tmp_path: Path) -> None:
    zipped()
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(str(commands.heads(Project.open())))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["a1 (head)"] * 8
    (copy,) = (path for path in (tmp_path / "cache" / "unpacked").iterdir() if path.is_dir())
    assert copy.name.startswith("lib-")


def test_what_is_not_in_it(zipped: Zipped) -> None:
    zipped()
    ini = Path("nbmigrate.ini").read_text()
    Path("nbmigrate.ini").write_text(ini.replace("db:migrations", "db:nothing"))
    with pytest.raises(ConfigError, match="there is no such folder"):
        commands.heads(Project.open())
    Path("nbmigrate.ini").write_text(ini.replace("shop.db:", "shop.nothing:"))
    with pytest.raises(ConfigError, match=r"there is no package 'shop\.nothing'"):
        commands.heads(Project.open())
