"""Projects to read and write."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbmigrate.config import Config
from nbmigrate.scripts.directory import ScriptDirectory
from nbmigrate.scripts.new_project.init import create_project

HEADER = '''"""{message}

Revision ID: {id}
Revises: {down}
Create Date: 2021-06-20 03:58:06.808542

"""
revision = {id!r}
down_revision = {down!r}
branch_labels = None
depends_on = None


def upgrade():
    pass


def downgrade():
    pass
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new project in a folder with a space, a percent sign and a letter; it is the current folder."""
    folder = tmp_path / "mein Prüf%stand"
    folder.mkdir()
    monkeypatch.chdir(folder)
    create_project(Path("practice"))
    return folder


@pytest.fixture
def scripts(project: Path) -> ScriptDirectory:
    """The script directory of the new project."""
    return ScriptDirectory.from_config(Config.find(project))


@pytest.fixture
def write(scripts: ScriptDirectory) -> Callable[..., Path]:
    """Write a revision file as somebody else would: `write("b", "a")` is b with parent a."""

    def write_file(
        id_: str, down: object = None, *, name: str | None = None, text: str | None = None
    ) -> Path:
        path = scripts.location / "versions" / (name or f"{id_}_x.py")
        path.write_text(
            text if text is not None else HEADER.format(id=id_, down=down, message=f"message of {id_}")
        )
        return path.resolve()

    return write_file


@pytest.fixture
def read_only() -> Iterator[Callable[[Path], None]]:
    """Make folders that cannot be written, for root neither: root becomes somebody else for the rest of the test."""
    modes: dict[Path, int] = {}
    user = os.geteuid()

    def change(path: Path, mode: int) -> None:
        modes.setdefault(path, path.stat().st_mode & 0o7777)
        path.chmod(mode)

    def forbid(folder: Path) -> None:
        change(folder, 0o555)
        if user == 0:
            for parent in folder.parents:
                # pytest's own folders let nobody else through.
                if not parent.stat().st_mode & 0o001:
                    change(parent, parent.stat().st_mode & 0o7777 | 0o011)
            os.seteuid(65534)

    yield forbid
    os.seteuid(user)
    for path, mode in modes.items():
        path.chmod(mode)
