"""`open`: a project that is elsewhere."""

from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config as Settings

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.errors import ConfigError, NoProjectError


def make(folder: Path, *revisions: str) -> Path:
    """Make a project in alembic's layout, with revisions in a line, on a database of its own."""
    versions = folder / "migrations" / "versions"
    versions.mkdir(parents=True)
    (folder / "migrations" / "env.py").write_text(
        "from alembic import context\nfrom sqlalchemy import create_engine\n"
        "with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:\n"
        "    context.configure(connection=connection)\n    context.run_migrations()\n"
    )
    for id_, parent in zip(revisions, (None, *revisions), strict=False):
        (versions / f"{id_}.py").write_text(
            f"revision = {id_!r}\ndown_revision = {parent!r}\ndef upgrade():\n    pass\ndef downgrade():\n    pass\n"
        )
    ini = folder / "alembic.ini"
    ini.write_text(
        f"[alembic]\nscript_location = %(here)s/migrations\nsqlalchemy.url = sqlite:///{folder}/x.db\n"
    )
    return ini


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two projects below it, and none in it."""
    make(tmp_path / "one", "a1", "b2")
    make(tmp_path / "two", "z9")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", ["one", "one/alembic.ini", "./one/"])
def test_what_it_says(places: Path, path: str) -> None:
    result = commands.open(Project.open(path))

    assert result.rows() == [
        {
            "config": str(places / "one" / "alembic.ini"),
            "script_location": str(places / "one" / "migrations"),
            "version_locations": str(places / "one" / "migrations" / "versions"),
            "revisions": 2,
            "heads": "b2",
        }
    ]
    assert str(result).splitlines()[0] == "config             one/alembic.ini"
    assert "one/migrations/versions" in result._repr_mimebundle_()["text/html"]


def test_a_variable_does_not_overrule_what_is_named(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALEMBIC_CONFIG", "two/alembic.ini")

    assert Project.open("one").graph.heads == ("b2",)
    assert Project.open().graph.heads == ("z9",)


def test_a_folder_with_env_py_and_an_ini_without_script_location(places: Path) -> None:
    """Flask-Migrate's layout."""
    ini = places / "one" / "alembic.ini"
    (places / "one" / "migrations" / "alembic.ini").write_text(
        ini.read_text().replace("script_location = %(here)s/migrations", "")
    )

    assert Project.open("one/migrations").graph.heads == ("b2",)
    (places / "one" / "migrations" / "env.py").unlink()
    with pytest.raises(ConfigError, match=r"no script_location in \[alembic\]"):
        Project.open("one/migrations").graph.heads  # noqa: B018


def test_what_was_looked_for(places: Path) -> None:
    with pytest.raises(NoProjectError) as caught:
        Project.open("one/migrations")
    assert caught.value.message == (
        f"There is no project in {places / 'one' / 'migrations'}: no nbmigrate.ini, no alembic.ini, no pyproject.toml "
        "with [tool.nbmigrate] or [tool.alembic]."
    )
    assert (
        caught.value.hint
        == f"There is one above: change to {places / 'one'}, or say -c {places}/one/alembic.ini."
    )
    with pytest.raises(NoProjectError) as caught:
        Project.open(places)
    assert caught.value.hint == f"There is one below: open one, or say -c {places}/one/alembic.ini."
    with pytest.raises(NoProjectError, match=r"There is no file .*nowhere"):
        Project.open("nowhere")


def test_in_a_terminal(places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["open", "two"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split() == ["heads", "z9"]
    assert main(["-c", "two/alembic.ini", "open"]) == 0
    assert main(["open"]) == 1
    assert "There is one below: open one" in capsys.readouterr().err


@pytest.fixture
def shell(places: Path) -> Any:
    settings = Settings()
    settings.HistoryManager.enabled = False
    shell: Any = InteractiveShell.instance(config=settings)
    shell.run_line_magic("load_ext", "nbmigrate")
    yield shell
    shell.restore_sys_module_state()
    InteractiveShell.clear_instance()


def test_the_cells_below_work_on_it(shell: Any, places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def heads(words: str = "") -> list[str]:
        return [row["revision"] for row in shell.run_line_magic("migrate", f"{words} heads").rows()]

    with pytest.raises(NoProjectError):
        heads()
    shell.run_line_magic("migrate", "open one")
    assert heads() == ["b2"]
    monkeypatch.chdir(places / "two")
    assert heads() == ["b2"]
    assert heads("-c alembic.ini") == ["z9"]
    assert str(shell.run_line_magic("migrate", "upgrade a1")).endswith("Now at a1.")
    assert (places / "one" / "x.db").exists()
    shell.run_line_magic("migrate", "open .")
    assert heads() == ["z9"]
    shell.run_line_magic("migrate", "open ../one/alembic.ini")
    assert heads() == ["b2"]
    with pytest.raises(NoProjectError):
        shell.run_line_magic("migrate", "open nowhere")
    assert heads() == ["b2"]
