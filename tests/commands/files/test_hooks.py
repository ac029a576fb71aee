"""Post-write hooks: programs that are run on a new revision file."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.errors import ConfigError, MigrateError
from tests.conftest import alembic_environment

Refused = Callable[..., MigrateError]

#: A program that says how it was called, and adds a line to the file.
PROGRAM = """
import os, pathlib, sys
print('called with', *sys.argv[1:], 'in', os.path.basename(os.getcwd()))
for name in sys.argv[1:]:
    if name.endswith('.py'):
        path = pathlib.Path(name.removeprefix('--file='))
        path.write_text(path.read_text().rstrip() + '\\n# formatted\\n')
"""
FAILING = "import sys\nprint('so far so good')\nprint('it went wrong', file=sys.stderr)\nsys.exit(3)\n"


@pytest.fixture
def hooked(empty: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Project]:
    """Write a section of hooks into the ini; the module `formatter_` is there to be run."""
    (tmp_path / "formatter_.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "failing_.py").write_text(FAILING, encoding="utf-8")
    (tmp_path / "sub").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def write(lines: str) -> Project:
        ini = tmp_path / "nbmigrate.ini"
        ini.write_text(f"{ini.read_text(encoding='utf-8')}\n[post_write_hooks]\n{lines}", encoding="utf-8")
        return Project.open(revision_ids="sequential")

    return write


@pytest.mark.parametrize(
    ("options", "arguments", "folder"),
    [
        ("", "{path}", "."),
        ("one.options = -l 79 REVISION_SCRIPT_FILENAME --x", "-l 79 {path} --x", "."),
        ("one.options = -l '7 9'", "{path} -l 7 9", "."),
        ("one.cwd = %(here)s/sub", "{path}", "sub"),
        ("one.options = --file=REVISION_SCRIPT_FILENAME", "--file={path}", "."),
    ],
)
def test_how_a_hook_is_called(
    hooked: Callable[[str], Project], tmp_path: Path, options: str, arguments: str, folder: str
) -> None:
    project = hooked(f"hooks = one\none.type = module\none.module = formatter_\n{options}\n")
    result = commands.revision(project, "first")
    path = result.revision.path
    where = tmp_path.name if folder == "." else folder
    assert str(result) == (
        f"Generating {path} ...  done\nRunning post write hook 'one' ...\n"
        f"called with {arguments.format(path=path)} in {where}\n  done"
    )
    assert result.source == project.scripts.source(project.graph["0001"])
    assert result.source.endswith("# formatted\n")
    assert result.notes == ()


def test_each_kind_of_hook(hooked: Callable[[str], Project], tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f"#!{sys.executable}\n{PROGRAM}", encoding="utf-8")
    program.chmod(0o755)
    project = hooked(
        "hooks = first, Second third\n"
        f"first.type = exec\nfirst.executable = {program}\n"
        "Second.type = module\nSecond.module = formatter_\n"
        "third.type = console_scripts\nthird.entrypoint = pygmentize\nthird.options = -V\n"
    )
    result = commands.revision(project, "x")
    assert [(run.name, run.failure) for run in result.hooks] == [("first", ""), ("Second", ""), ("third", "")]
    assert result.source.endswith("# formatted\n# formatted\n")
    assert result.hooks[2].output.startswith("Pygments version")


def test_a_hook_that_fails_leaves_the_file(
    hooked: Callable[[str], Project], capsys: pytest.CaptureFixture[str]
) -> None:
    project = hooked("hooks = bad\nbad.type = module\nbad.module = failing_\n")
    assert main(["revision", "-m", "x", "--rev-id", "aaaa"]) == 0
    path = project.graph["aaaa"].path
    out, err = capsys.readouterr()
    assert out == (
        f"Generating {path} ...  done\nRunning post write hook 'bad' ...\nso far so good\n  FAILED\n"
    )
    assert err == (f"it went wrong\nPost write hook 'bad' failed: it ended with exit code 3. {path} stays.\n")


def test_a_program_that_is_not_there(hooked: Callable[[str], Project]) -> None:
    project = hooked("hooks = gone\ngone.type = exec\ngone.executable = /no/such/program\n")
    result = commands.revision(project, "x")
    (note,) = result.notes
    assert note.startswith("Post write hook 'gone' failed: /no/such/program cannot be started: No such file")
    assert "0001" in project.graph


def test_a_hook_that_breaks_the_file(hooked: Callable[[str], Project], tmp_path: Path) -> None:
    (tmp_path / "formatter_.py").write_text(
        "import sys\nopen(sys.argv[1], 'a').write('def (')\n", encoding="utf-8"
    )
    result = commands.revision(hooked("hooks = a\na.type = module\na.module = formatter_\n"), "x")
    assert len(result.notes) == 1 and "invalid syntax" in result.notes[0]
    (tmp_path / "formatter_.py").write_text("import os, sys\nos.unlink(sys.argv[1])\n", encoding="utf-8")
    result = commands.revision(Project.open(), "y", head="base", rev_id="gone")
    assert "After the post write hooks the file cannot be read" in result.notes[0]


def test_a_cell_that_is_run_again_is_unchanged(hooked: Callable[[str], Project]) -> None:
    project = hooked("hooks = a\na.type = module\na.module = formatter_\n")
    body = "op.add_column('t', sa.Column('x', sa.Integer))\n"
    assert commands.revision(project, "x", body=body, rev_id="aaaa").action == "created"
    again = commands.revision(project, "x", body=body, rev_id="aaaa")
    assert (again.action, again.hooks) == ("unchanged", ())
    changed = commands.revision(project, "x", body=body.replace("'x'", "'y'"), rev_id="aaaa")
    assert changed.action == "updated"
    assert changed.source.count("# formatted\n") == 1


def test_a_merge_runs_them_and_reading_does_not(hooked: Callable[[str], Project], tmp_path: Path) -> None:
    project = hooked("hooks = a\na.type = module\na.module = formatter_\n")
    commands.revision(project, "x")
    commands.revision(project, "y", head="base")
    assert len(commands.merge(project, ["heads"], "z").hooks) == 1
    (tmp_path / "formatter_.py").write_text("raise SystemExit(1)\n", encoding="utf-8")
    for read in (commands.heads, commands.history, commands.verify):
        assert read(project).notes == ()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("a.module = x", "Key 'a.type' (or 'type' in toml) is required for post write hook 'a'"),
        (
            "a.type = modul",
            "No formatter with name 'modul' registered, which post write hook 'a' has as its type",
        ),
        ("a.type = module", "Key a.module is required for post write hook 'a'"),
        ("a.type = exec", "Key a.executable is required for post write hook 'a'"),
        ("a.type = console_scripts", "Key a.entrypoint is required for post write hook 'a'"),
        ("a.type = module\na.module = no_such_module_", "Could not find module no_such_module_"),
        ("a.type = module\na.module = no_such_.module", "Could not find module no_such_.module"),
        (
            "a.type = console_scripts\na.entrypoint = no-such-script",
            "Could not find entrypoint console_scripts.no-such-script",
        ),
        (
            "a.type = exec\na.executable = x\na.options = 'open",
            "A quote is not closed in the options of post write hook 'a'.",
        ),
    ],
)
def test_a_wrong_setting_stops_before_the_file(
    hooked: Callable[[str], Project], refused: Refused, lines: str, message: str
) -> None:
    project = hooked(f"hooks = a\n{lines}\n")
    error = refused(ConfigError, commands.revision, project, "x")
    assert error.message == message
    assert error.hint
    assert commands.heads(project).rows() == []


@pytest.mark.parametrize("tool", ["nbmigrate", "alembic"])
def test_hooks_in_pyproject(hooked: Callable[[str], Project], tmp_path: Path, tool: str) -> None:
    table = f"[[tool.{tool}.post_write_hooks]]\n"
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.{tool}]\nscript_location = "%(here)s/practice"\n'
        f'{table}name = "with a space"\ntype = "module"\nmodule = "formatter_"\ncwd = "%(here)s/sub"\n'
        f'{table}name = "second"\ntype = "exec"\nexecutable = "true"\n',
        encoding="utf-8",
    )
    result = commands.revision(Project.open("pyproject.toml"), "x", rev_id="aaaa")
    assert [run.name for run in result.hooks] == ["with a space", "second"]
    assert "in sub\n" in result.hooks[0].output
    # As in Alembic, a section of the ini, also an empty one, stands for all hooks.
    hooked("")
    assert commands.revision(Project.open(), "y", rev_id="bbbb").hooks == ()
    (tmp_path / "nbmigrate.ini").unlink()
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.{tool}]\nscript_location = "practice"\n{table}type = "exec"\n', encoding="utf-8"
    )
    with pytest.raises(ConfigError, match=r"pyproject\.toml: a post write hook has no name"):
        commands.revision(Project.open(), "z", rev_id="cccc")


def test_the_same_is_printed_as_by_alembic(
    make_project: Callable[..., Project],
    alembic_executable: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_project(template="alembic")
    ini = tmp_path / "alembic.ini"
    ini.write_text(
        ini.read_text(encoding="utf-8").replace(
            "[post_write_hooks]\n",
            "[post_write_hooks]\nhooks = one two\none.type = exec\none.executable = echo\n"
            "one.options = formatting REVISION_SCRIPT_FILENAME\ntwo.type = exec\ntwo.executable = true\n",
        ),
        encoding="utf-8",
    )
    words = ["revision", "-m", "x", "--rev-id", "aaaa"]
    theirs = subprocess.run(
        [alembic_executable, *words], capture_output=True, text=True, check=True, env=alembic_environment()
    ).stdout
    (tmp_path / "practice" / "versions" / "aaaa_x.py").unlink()
    assert main(words) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(theirs.splitlines())
