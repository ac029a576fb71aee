"""Reading a project runs nothing of it: every file of the project would leave a mark, and none is left.

Where revisions are tried out, they are stopped before they leave it.
"""

import html
import os
import py_compile
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config as Settings

import nbmigrate
from nbmigrate import Project, commands
from nbmigrate.commands.history.graph import NOT_MARKED
from nbmigrate.commands.parser import summaries
from nbmigrate.errors import MigrateError
from tests.conftest import words_of_notebook

COMMAND = Path(sys.executable).with_name("nbmigrate")
TEMPLATES = Path(nbmigrate.__file__).parent / "scripts" / "templates"

#: What a file of the project does when it is run, at its place in the file.
MARK = "import os, pathlib; pathlib.Path(os.environ['NBMIGRATE_TEST_MARKS'], {name!r}).touch()\n"

REVISION = """{mark}
'''{doc}'''
revision = {id!r}
down_revision = {down!r}
branch_labels = {labels!r}
depends_on = None
{mark}
class Marking(str):
    {mark}
from nbmigrate import op
from tests.conftest import words_of_notebook
import sqlalchemy as sa

def upgrade(touch=[{expression}]):
    {mark}
    op.create_table('t_{id}', sa.Column('id', sa.Integer, primary_key=True))

def downgrade():
    {mark}
    op.drop_table('t_{id}')
"""

#: Names that Python, pytest or a packager runs by themselves where they lie on the path.
LYING_ABOUT = (
    "conftest.py",
    "setup.py",
    "sitecustomize.py",
    "usercustomize.py",
    "practice/__init__.py",
    "practice/__main__.py",
    "practice/conftest.py",
    "practice/sitecustomize.py",
    "practice/versions/__init__.py",
)


def mark(name: str) -> str:
    return MARK.format(name=name).rstrip()


def revision(id_: str, down: object, labels: object = None) -> str:
    name = f"revision_{id_}"
    touch = f"__import__('pathlib').Path(__import__('os').environ['NBMIGRATE_TEST_MARKS'], {name!r}).touch()"
    return REVISION.format(
        mark=mark(name), doc=f"revision {id_}", id=id_, down=down, labels=labels, expression=touch
    )


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "marks"
    folder.mkdir()
    monkeypatch.setenv("NBMIGRATE_TEST_MARKS", str(folder))
    return folder


@pytest.fixture
def folder(tmp_path: Path, marks: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose every file marks that it was run; two heads, a label, and a database at base."""
    work = tmp_path / "work"
    versions = work / "practice" / "versions"
    versions.mkdir(parents=True)
    monkeypatch.chdir(work)
    (work / "nbmigrate.ini").write_text(
        "[nbmigrate]\nscript_location = practice\nprepend_sys_path = .\nsqlalchemy.url = sqlite:///db.db\n"
    )
    env = TEMPLATES / "nbmigrate" / "env.py.mako"
    (work / "practice" / "env.py").write_text(f"{mark('env')}\n{env.read_text()}")
    template = f"<%\n{mark('mako')}\n%>\n<%!\n{mark('mako')}\n%>\nrevision = 1\n"
    (work / "practice" / "script.py.mako").write_text(template)
    for name in LYING_ABOUT:
        (work / name).write_text(mark(name.replace("/", "-")) + "\n")
    (versions / "a1_.py").write_text(revision("a1", None, ("shop",)))
    (versions / "b2_.py").write_text(revision("b2", "a1"))
    (versions / "c3_.py").write_text(revision("c3", "a1"))
    return work


def left(marks: Path) -> list[str]:
    found = sorted(path.name for path in marks.iterdir())
    for path in marks.iterdir():
        path.unlink()
    return found


READING = [
    "heads",
    "heads -v",
    "heads --resolve-dependencies",
    "history",
    "history -v -r a1:heads",
    "branches -v",
    "show heads",
    "show b2",
    "graph",
    "graph --all -o drawn.svg",
    "graph --no-current",
    "verify",
    "verify --several-heads",
    "open .",
    "config",
    "list_templates",
    "--version",
    "show -h",
]


def run_words(words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([COMMAND, *words.split()], capture_output=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("words", ["heads -v", "graph", "show heads"])
def test_in_a_terminal(folder: Path, marks: Path, words: str) -> None:
    done = run_words(words)
    assert done.returncode == 0
    assert done.stderr == (f"{NOT_MARKED}\n" if words == "graph" else "")
    assert "a1" in done.stdout
    assert left(marks) == []


@pytest.fixture
def shell(folder: Path) -> Iterator[Any]:
    settings = Settings()
    settings.HistoryManager.enabled = False
    shell: Any = InteractiveShell.instance(config=settings)
    shell.run_line_magic("load_ext", "nbmigrate")
    yield shell
    shell.restore_sys_module_state()
    InteractiveShell.clear_instance()


def test_in_a_notebook(shell: Any, marks: Path) -> None:
    for words in READING:
        result = shell.run_line_magic("migrate", words)
        data = result._repr_mimebundle_()
        assert data["text/html"] and result.to_frame() is not None
        assert (words, left(marks)) == (words, [])
    # The Tab key reads too.
    for line in ("%migrate show ", "%migrate upgrade a", "%migrate graph -"):
        with provisionalcompleter():
            assert list(shell.Completer.completions(line, len(line)))
    assert left(marks) == []


def test_bytecode_is_read_too(shell: Any, folder: Path, marks: Path) -> None:
    ini = folder / "nbmigrate.ini"
    ini.write_text(f"{ini.read_text()}sourceless = true\n")
    for path in sorted((folder / "practice" / "versions").glob("??_.py")):
        py_compile.compile(str(path), cfile=str(path.with_suffix(".pyc")), doraise=True)
        path.unlink()
    for words in READING:
        shell.run_line_magic("migrate", words)
        assert (words, left(marks)) == (words, [])
    shell.run_line_magic("migrate", "upgrade b2")
    assert left(marks) == ["env", "revision_a1", "revision_b2"]


@pytest.mark.parametrize("spelling", ["practice:versions/..", "practice:"])
def test_a_folder_named_by_its_package_is_not_imported(
    shell: Any, folder: Path, marks: Path, spelling: str
) -> None:
    (folder / "nbmigrate.ini").write_text(
        f"[nbmigrate]\nscript_location = {spelling}\nprepend_sys_path = .\nsqlalchemy.url = sqlite:///db.db\n"
    )
    found = shell.run_line_magic("migrate", "heads")
    assert [row["revision"] for row in found.rows()] == ["b2", "c3"]
    assert left(marks) == []


#: For every verb words that are good, and which files run for them besides env.py.
ENV_PY: Mapping[str, tuple[str, list[str]]] = {
    "upgrade": ("upgrade b2", ["revision_a1", "revision_b2"]),
    "downgrade": ("downgrade base", []),
    "stamp": ("stamp a1", []),
    "ensure_version": ("ensure_version", []),
    "doctor": ("doctor", []),
    "resume": ("resume", []),
    "abandon": ("abandon", []),
    "preview": ("preview upgrade a1", []),
    "tables": ("tables", []),
    "table": ("table alembic_version", []),
    "schema": ("schema alembic_version", []),
    "current": ("current", []),
    "log": ("log -n 5", []),
    "edit": ("edit b2 --body body.py --force", []),
    "rebase": ("rebase b2 --onto c3", []),
    "delete": ("delete c3", []),
    "explore": ("explore", []),
}
NO_ENV_PY: Mapping[str, tuple[str, list[str]]] = {
    "heads": ("heads", []),
    "history": ("history", []),
    "branches": ("branches", []),
    "show": ("show a1", []),
    "graph": ("graph", []),
    "verify": ("verify --several-heads", []),
    "open": ("open .", []),
    "config": ("config", []),
    "list_templates": ("list_templates", []),
    "differences": ("differences", []),
    "init": ("-c other.ini init other", []),
    "tutorial": ("tutorial lessons", []),
    # They write with the project's template.
    "revision": ("revision -m new --head b2 --rev-id d4", ["mako"]),
    "merge": ("merge b2 c3 -m both --rev-id e5", ["mako"]),
}


def test_every_verb_is_here() -> None:
    assert {*ENV_PY, *NO_ENV_PY} == set(summaries())
    assert not set(ENV_PY) & set(NO_ENV_PY)


def words_between(start: str, end: str) -> set[str]:
    text = " ".join(words_of_notebook("02-existing-alembic-project.ipynb").split())
    assert text.count(start) == 1, start
    sentence = text.split(start)[1].split(end)[0]
    return {word.split()[0] for word in sentence.split("`")[1::2]}


def test_notebook_2_says_which() -> None:
    assert words_between("The project's `env.py` runs for", ". It does not") == set(ENV_PY)
    assert words_between("It does not run for", ", unless") == set(NO_ENV_PY)


@pytest.mark.parametrize("verb", [*ENV_PY, *NO_ENV_PY])
def test_env_py_runs_for_verbs_that_need_the_database(
    shell: Any, folder: Path, marks: Path, verb: str
) -> None:
    (folder / "body.py").write_text("op.add_column('t_a1', sa.Column('x', sa.Integer))\n")
    if verb in ("downgrade", "table", "schema"):
        shell.run_line_magic("migrate", "-q ensure_version")
        left(marks)
    words, files = {**ENV_PY, **NO_ENV_PY}[verb]
    with suppress(MigrateError):
        # A template that is no template is no matter here.
        shown = shell.run_line_magic("migrate", words)
        assert shown is not None
    assert left(marks) == sorted([*files, *(["env"] if verb in ENV_PY else [])])


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        ("explore --read-only", ""),
        ("explore --no-run", ""),
        ("explore --read-only --no-run", "describe = run\n"),
        ("explore", "describe = static\n"),
    ],
)
def test_a_panel_that_runs_no_revision(
    shell: Any, folder: Path, marks: Path, words: str, setting: str
) -> None:
    shell.run_line_magic("migrate", "-q upgrade a1")
    left(marks)
    ini = folder / "nbmigrate.ini"
    ini.write_text(ini.read_text() + setting)
    explorer = shell.run_line_magic("migrate", words)
    for revision_id in ("a1", "b2", "c3"):
        explorer.select(revision_id)
        for index in range(len(explorer.panels.tabs.titles)):
            explorer.panels.tabs.selected_index = index
        assert f"Create table t_{revision_id}" in explorer.panels._what.value
        assert "Read from the source; nothing of the file was run." in explorer.panels._what.value
        # Its mark is what cannot be read.
        assert "What line 15 does is known only when it runs." in explorer.panels._what.value
        assert f">TABLE</span> t_{revision_id};" in explorer.panels._sql.value
        assert "Read from the source" in explorer.panels._sql.value
    explorer.press("down")
    assert bool(explorer.row.question) == ("--read-only" not in words)
    assert left(marks) == ["env"]


@pytest.mark.parametrize(("words", "setting"), [("explore", ""), ("explore --read-only", "describe = run\n")])
def test_a_panel_that_tries_out(shell: Any, folder: Path, marks: Path, words: str, setting: str) -> None:
    ini = folder / "nbmigrate.ini"
    ini.write_text(ini.read_text() + setting)
    explorer = shell.run_line_magic("migrate", words)
    explorer.select("a1")
    what = explorer.panels._what.value
    assert "Tried out; the database was only read." in what
    mark = html.escape(str(marks / "revision_a1"))
    assert f"Line 1 changes the times of &#x27;{mark}&#x27;: it was not tried out further." in what
    assert "The rest is read from the source; a run does all of it." in what
    assert "Create table t_a1" in what
    assert left(marks) == ["env"]


def test_preview_stops_before_the_mark(shell: Any, marks: Path) -> None:
    found = shell.run_line_magic("migrate", "preview upgrade b2")
    assert [len(step.operations) for step in found.steps] == [1, 1]
    for step in found.steps:
        assert f"Line 1 changes the times of '{marks}/revision_" in step.problem
        assert "What line 15 does is known only when it runs." in step.problem
    assert left(marks) == ["env"]
    shell.run_line_magic("migrate", "upgrade b2")
    assert left(marks) == ["env", "revision_a1", "revision_b2"]


def test_preview_by_the_setting(shell: Any, folder: Path, marks: Path) -> None:
    ini = folder / "nbmigrate.ini"
    ini.write_text(ini.read_text() + "describe = static\n")
    found = shell.run_line_magic("migrate", "preview upgrade b2")
    assert [len(step.operations) for step in found.steps] == [1, 1]
    assert found.notes[-1] == "Read from the source; no revision was run."
    assert left(marks) == ["env"]
    ini.write_text(ini.read_text().replace("static", "sttic"))
    with pytest.raises(MigrateError, match="describe = sttic is not valid"):
        shell.run_line_magic("migrate", "preview upgrade b2")
    assert left(marks) == []


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        ("history -i", ["env"]),
        ("graph -i", ["env"]),
        ("history -r current:", ["env"]),
        ("show current", ["env"]),
        ("upgrade head --sql", ["env"]),
        ("stamp a1 --sql", ["env"]),
    ],
)
def test_words_that_ask_for_the_position(shell: Any, marks: Path, words: str, marked: list[str]) -> None:
    with suppress(MigrateError):
        shell.run_line_magic("migrate", words)
    assert left(marks)[:1] == marked


def test_the_position_is_marked_where_env_py_is_no_code_of_the_project(
    shell: Any, folder: Path, marks: Path
) -> None:
    """Nor is anything imported from the project's folder, whatever the names of the files there."""
    shell.run_line_magic("migrate", "-q upgrade a1")
    left(marks)
    env = folder / "practice" / "env.py"
    own = env.read_bytes()
    for template in ("nbmigrate", "generic"):
        env.write_bytes((TEMPLATES / template / "env.py.mako").read_bytes())
        for name in ("sqlite3", "sqlalchemy", "alembic", "logging", "psycopg"):
            (folder / f"{name}.py").write_text(mark(name) + "\n")
        drawn = commands.graph(Project.open())
        assert (drawn.marks.current, drawn.notes) == (("a1",), ())
        assert left(marks) == []
    env.write_bytes(own + b"\n")
    drawn = commands.graph(Project.open())
    assert (drawn.marks.current, drawn.notes) == ((), (NOT_MARKED,))
    assert left(marks) == []


def test_the_marks_are_made_at_all(folder: Path, marks: Path, tmp_path: Path) -> None:
    """Each file, run by Python, leaves one: what is said above could not be said otherwise."""
    for path in sorted(folder.rglob("*.py")):
        subprocess.run(
            [sys.executable, path],
            env={**os.environ, "PYTHONPATH": ""},
            capture_output=True,
            check=False,
        )
    assert len(left(marks)) == len(LYING_ABOUT) + 4
