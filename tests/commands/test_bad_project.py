"""Projects that are broken: no ini or two, settings, env.py, revision files; what can still be read is read."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nbmigrate import Project, cli, commands
from nbmigrate.commands.history.graph import NOT_MARKED
from nbmigrate.compat import Config as AlembicConfig
from nbmigrate.compat import command as compat
from nbmigrate.errors import (
    ConfigError,
    CycleError,
    DuplicateLabelError,
    DuplicateRevisionError,
    GraphError,
    MigrateError,
    MigrationFailedError,
    MissingRevisionError,
    NoProjectError,
    NothingMigratedError,
    RevisionNotFoundError,
    ScriptError,
    UnreadableRevisionError,
)
from nbmigrate.scripts.reading.loading import file_of

MakeProject = Callable[..., Project]
Refused = Callable[..., MigrateError]
Tree = Callable[[], dict[str, bytes]]

VERSIONS = Path("practice/versions")
MEND = "Fix the file; the other revisions can still be read."
COMPUTED = "Write it as a literal, or set revision_headers = execute so that such a file is run."


def write(name: str, rev_id: str, down: str | None, extra: str = "", body: str = "") -> Path:
    """Write a revision file by hand."""
    path = VERSIONS / name
    functions = body or "def upgrade():\n    pass\ndef downgrade():\n    pass\n"
    header = f"from nbmigrate import op\nrevision = {rev_id!r}\ndown_revision = {down!r}\n{extra}\n"
    path.write_text(f'"""by hand"""\n{header}{functions}', encoding="utf-8")
    return path


@contextmanager
def not_root(folder: Path) -> Iterator[None]:
    """Have the rights of a user who owns nothing, and who may go to a folder."""
    if os.geteuid() != 0:
        yield
        return
    # pytest keeps its folders to itself.
    closed = [path for path in folder.parents if not path.stat().st_mode & 0o001]
    for path in closed:
        path.chmod(0o711)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        for path in closed:
            path.chmod(0o700)


def test_before_init(refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    error = refused(NoProjectError, Project.open)
    assert error.message == (
        f"There is no project in {tmp_path}: no nbmigrate.ini, no alembic.ini, no pyproject.toml with "
        "[tool.nbmigrate] or [tool.alembic]."
    )
    assert error.hint == "Start one with: init <folder>."
    error = refused(NoProjectError, Project.open, "other.ini")
    assert error.message == f"There is no file {tmp_path / 'other.ini'}."


def test_a_folder_that_is_gone(refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    error = refused(NoProjectError, Project.open)
    assert error.message == "The current folder is not there any more."


def test_below_a_project(refused: Refused, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path("practice").absolute()
    monkeypatch.chdir(folder)
    error = refused(NoProjectError, Project.open)
    assert error.hint.startswith(f"There is one above: change to {folder.parent}, ")


def test_two_inis(refused: Refused, project: Project, tmp_path: Path) -> None:
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = practice\n", encoding="utf-8")
    error = refused(NoProjectError, Project.open)
    assert error.message == f"{tmp_path} has two projects: nbmigrate.ini and alembic.ini."
    assert error.hint == "Name one of them: -c nbmigrate.ini or -c alembic.ini."
    assert str(commands.heads(Project.open("alembic.ini"))) == "a3d94c07be12 (head)"
    (tmp_path / "nbmigrate.ini").unlink()
    error = refused(ConfigError, commands.init, "other")
    assert error.message.startswith("alembic.ini is here already; ")


def test_a_folder_that_is_not_empty(refused: Refused, project: Project, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep me", encoding="utf-8")
    error = refused(ConfigError, commands.init, "mine")
    assert error.message == "Directory mine already exists and is not empty."
    refused(ConfigError, commands.init, "practice/env.py")
    refused(ConfigError, commands.init, "a\nb")


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("[nbmigrate]", "", "nbmigrate.ini, line 5: not under any [section].", "Write [nbmigrate] above it."),
        (
            "[nbmigrate]",
            "[other]",
            "/nbmigrate.ini: no script_location in [nbmigrate].",
            "Add a line: script_location",
        ),
        (
            "sqlalchemy.url = ",
            "script_location = ",
            "nbmigrate.ini, line 9: script_location is in [nbmigrate] twice.",
            "Take one out.",
        ),
        (
            "sqlalchemy.url = ",
            "# ",
            "No database URL is configured.",
            "Set one: config sqlalchemy.url sqlite:///db_file.db",
        ),
        (
            "sqlite:///db_file.db",
            "",
            "The database URL is empty or malformed.",
            "It is written like sqlite:///file.db or ",
        ),
        (
            "sqlite:///db_file.db",
            "my database",
            "The database URL is empty or malformed.",
            "It is written like ",
        ),
        (
            "db_file.db",
            "%(NOBODY_SET_THIS)s",
            "nbmigrate.ini, line 9: sqlalchemy.url uses %(NOBODY_SET_THIS)s, which is no option and no ",
            "Set the environment variable NOBODY_SET_THIS, ",
        ),
        (
            "db_file.db",
            "100%",
            "nbmigrate.ini, line 9: a percent sign in sqlalchemy.url is not part of a %(NAME)s.",
            "Write it twice: %%.",
        ),
        (
            "%(here)s/practice",
            "%(here)s/practise",
            "nbmigrate.ini says script_location = ",
            "Make it with: init practise; ",
        ),
        (
            "%(here)s/practice",
            "nopackage:practice",
            "script_location: there is no package 'nopackage'.",
            "Install it, ",
        ),
    ],
)
def test_settings(refused: Refused, project: Project, old: str, new: str, message: str, hint: str) -> None:
    ini = Path("nbmigrate.ini")
    text = ini.read_text(encoding="utf-8")
    assert old in text
    ini.write_text(text.replace(old, new), encoding="utf-8")
    error = refused(ConfigError, lambda: commands.current(Project.open()))
    assert message in error.message
    assert error.hint.startswith(hint)


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ("timezone = Mars/Olympus", ConfigError, "timezone = Mars/Olympus: no such time zone."),
        ("truncate_slug_length = many", ConfigError, "truncate_slug_length = many is not a number."),
        (
            "file_template = %%(nothing)s",
            ConfigError,
            "file_template = %(nothing)s cannot be filled in: 'nothing'.",
        ),
        ("revision_ids = lucky", ConfigError, ": revision_ids = lucky is not valid."),
        ("output_encoding = morse", ScriptError, "cannot be written in morse: unknown encoding: morse."),
    ],
)
def test_settings_of_revisions(
    refused: Refused, project: Project, line: str, kind: type[MigrateError], message: str
) -> None:
    with Path("nbmigrate.ini").open("a", encoding="utf-8") as ini:
        ini.write(f"{line}\n")
    error = refused(kind, lambda: commands.revision(Project.open(), "x"))
    assert message in error.message


def test_an_ini_of_bytes(refused: Refused, project: Project) -> None:
    Path("nbmigrate.ini").write_bytes(b"\xff\xfe\x00")
    assert "nbmigrate.ini cannot be read: " in refused(ConfigError, Project.open).message


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        (
            "raise ValueError('<b>no</b>')\n",
            ScriptError,
            "practice/env.py, line 1 failed: ValueError: <b>no</b>",
        ),
        ("def (\n", ScriptError, "practice/env.py, line 1 failed: SyntaxError: invalid syntax"),
        (
            "import sys\nsys.exit(3)\n",
            ScriptError,
            "practice/env.py, line 2 failed: it ended the program with SystemExit",
        ),
        (
            "import no_such_module_\n",
            ScriptError,
            "practice/env.py, line 1 failed: ModuleNotFoundError: No module named ",
        ),
        ("{}['url']\n", ScriptError, "practice/env.py, line 1 failed: KeyError: 'url'"),
        (
            "",
            NothingMigratedError,
            "practice/env.py ended without calling context.run_migrations(): nothing was done.",
        ),
        (
            "from nbmigrate import context\ncontext.run_migrations()\n",
            ConfigError,
            "No context has been configured yet.",
        ),
        (
            "from nbmigrate import context\ncontext.configure(url='x')\ncontext.run_migrations()\n",
            ConfigError,
            "env.py called context.configure() with a URL: ",
        ),
        (
            "from nbmigrate import context\ncontext.configur()\n",
            ScriptError,
            "practice/env.py, line 2 failed: AttributeError: context has no 'configur'; did you mean 'configure'?",
        ),
    ],
)
def test_env_py(
    refused: Refused, project: Project, source: str, kind: type[MigrateError], message: str
) -> None:
    commands.upgrade(project, "5f0c")
    Path("practice/env.py").write_text(source, encoding="utf-8")
    for command in (commands.current, commands.tables, lambda project: commands.upgrade(project, "head")):
        assert refused(kind, command, project).message.startswith(message)
    assert commands.graph(project).notes == (NOT_MARKED,)
    drawn = commands.graph(project, current=True)
    assert drawn.notes[0].startswith(f"The position is not shown: {message}")
    assert "<b>" not in drawn._repr_mimebundle_()["text/html"]
    assert str(commands.heads(project)) == "a3d94c07be12 (head)"


def test_an_env_py_that_does_nothing(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """As in Alembic: one that finds nothing to migrate has not failed."""
    Path("practice/env.py").write_text("from nbmigrate import context\n", encoding="utf-8")
    verbs = (
        "upgrade head",
        "downgrade base",
        "stamp head",
        "current",
        "ensure_version",
        "tables",
        "history -i",
        "doctor",
    )
    for words in (*verbs, "upgrade head --sql"):
        capsys.readouterr()
        assert cli.main(words.split()) == 0
        printed = capsys.readouterr()
        note = "practice/env.py ended without calling context.run_migrations(): nothing was done.\n"
        assert printed.err.startswith(note)
        assert ("a3d94c07be12" in printed.out) == (words == "history -i")
    config = AlembicConfig("nbmigrate.ini", ini_section="nbmigrate")
    compat.upgrade(config, "head")
    compat.current(config)
    Path("practice/env.py").write_text("raise SystemExit\n", encoding="utf-8")
    assert cli.main(["upgrade", "head"]) == 1


def test_an_env_py_that_only_has_something_for_the_template(project: Project) -> None:
    with Path("nbmigrate.ini").open("a", encoding="utf-8") as ini:
        ini.write("revision_environment = true\n")
    project = Project.open()
    for given in ("dialect_name='sqlite', ", "url='sqlite://', ", ""):
        Path("practice/env.py").write_text(
            f"from nbmigrate import context\ncontext.configure({given}template_args={{'who': 'Ada'}})\n",
            encoding="utf-8",
        )
        template = Path("practice/script.py.mako")
        template.write_text(
            template.read_text(encoding="utf-8").replace("${message}", "${message} by ${who}")
        )
        written = commands.revision(project, "new")
        assert "new by Ada" in file_of(written.revision).read_text(encoding="utf-8")
        template.write_text(template.read_text(encoding="utf-8").replace(" by ${who}", ""))


def test_history_runs_env_py_by_revision_environment(project: Project) -> None:
    source = Path("practice/env.py").read_text(encoding="utf-8")
    Path("practice/env.py").write_text(
        f"import pathlib\npathlib.Path('ran').touch(exist_ok=False)\n{source}", encoding="utf-8"
    )
    commands.history(project)
    assert not Path("ran").exists()
    with Path("nbmigrate.ini").open("a", encoding="utf-8") as ini:
        ini.write("revision_environment = true\n")
    found = commands.history(Project.open())
    assert Path("ran").exists()
    assert "(current)" not in str(found)


def test_no_env_py(refused: Refused, project: Project) -> None:
    Path("practice/env.py").unlink()
    error = refused(ConfigError, commands.upgrade, project, "head")
    assert error.message == "practice/env.py cannot be read: No such file or directory."
    shutil.rmtree("practice/versions")
    assert commands.heads(project).notes == ("There are no revisions yet.",)
    shutil.rmtree("practice")
    error = refused(ConfigError, lambda: commands.heads(Project.open()))
    assert error.hint == "Make it with: init practice; or correct the line."


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("% if x:\n", "practice/script.py.mako, line 1: Unterminated control keyword: 'if'"),
        ("\n${nothing}\n", "practice/script.py.mako, line 2: NameError: "),
        ("<% 1 / 0 %>\n", "practice/script.py.mako, line 1: ZeroDivisionError: division by zero"),
        ("", "practice/script.py.mako does not make a revision file: "),
        (
            "revision = ${repr(up_revision)}\ndown_revision = 'me'\n",
            "practice/script.py.mako does not make a revision file: ",
        ),
        (None, "The template practice/script.py.mako cannot be read: No such file or directory."),
    ],
)
def test_the_template(refused: Refused, project: Project, source: str | None, message: str) -> None:
    template = Path("practice/script.py.mako")
    if source is None:
        template.unlink()
    else:
        template.write_text(source, encoding="utf-8")
    assert refused(ScriptError, commands.revision, project, "x").message.startswith(message)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"x = (\n", ", line 1: '(' was never closed"),
        (b"\x00\xff\xfe", ": source code string cannot contain null bytes"),
        (b"", ": it does not declare revision."),
        (b"revision = '5f0c6e2a91b7'\n", ": it does not declare down_revision."),
        (
            b"import uuid\nrevision = uuid.uuid4().hex\ndown_revision = None\n",
            ", line 2: revision is computed, and ",
        ),
        (b"revision = 5\ndown_revision = None\n", ", line 1: revision is not a text."),
        (b"revision = 'x'\ndown_revision = 5\n", ", line 2: down_revision is not a text, nor several."),
    ],
)
def test_a_revision_file_that_does_not_parse(
    refused: Refused, project: Project, content: bytes, said: str
) -> None:
    path = next(VERSIONS.glob("5f0c*"))
    path.write_bytes(content)
    problem = f"{path}{said}"
    mend = COMPUTED if "computed" in said else MEND
    commands_that_read = (commands.heads, commands.history, commands.current, commands.graph)
    for notes in (command(project).notes for command in commands_that_read):
        assert any(note.startswith(problem) and note.endswith(mend) for note in notes)
    assert "a3d94c07be12 (head)" in str(commands.heads(project))
    assert "<base> -> 29cf196546aa (head), first example" in str(commands.history(project))
    assert commands.show(project, "29cf").entries[0].revision.message == "first example"
    for command in (
        lambda: commands.upgrade(project, "head"),
        lambda: commands.upgrade(project, "29cf"),
        lambda: commands.revision(project, "x"),
        lambda: commands.merge(project, ["heads"]),
    ):
        assert refused(UnreadableRevisionError, command).message.startswith(problem)


LISTS = ("heads", "history", "history -v", "branches", "show a3d94c07be12", "graph", "current", "open")


@pytest.mark.parametrize("words", LISTS)
@pytest.mark.parametrize("quiet", [False, True])
def test_a_list_that_is_not_whole_is_a_failure(
    project: Project, capsys: pytest.CaptureFixture[str], words: str, quiet: bool
) -> None:
    assert cli.main(words.split()) == 0
    path = write("bbbb2_second.py", "bbbb2", "a3d94c07be12", extra="depends_on = f()")
    capsys.readouterr()
    assert cli.main([*["-q"][: int(quiet)], *words.split()]) == 1
    said = f"{path}, line 5: depends_on is computed, and revision files are read without running them."
    assert f"{said}\n{COMPUTED}\n" in capsys.readouterr().err


@pytest.mark.parametrize("words", LISTS)
def test_a_computed_label(project: Project, capsys: pytest.CaptureFixture[str], words: str) -> None:
    path = write("bbbb2_second.py", "bbbb2", "a3d94c07be12", extra="branch_labels = (words.EXPAND,)")
    assert cli.main(words.split()) == 0
    printed = capsys.readouterr()
    if words in ("heads", "graph", "open"):
        assert "bbbb2" in printed.out
    said = f"{path}, line 5: branch_labels is computed, so revision bbbb2 is listed without its labels."
    assert f"{said}\n{COMPUTED}\n" in printed.err
    # It can be read again when it is a literal, or its file runs.
    path.write_text(path.read_text().replace("words.EXPAND", "'expand'"), encoding="utf-8")
    assert cli.main(words.split()) == 0
    assert said not in capsys.readouterr().err


def test_a_computed_label_in_a_run(refused: Refused, project: Project) -> None:
    path = write("bbbb2_second.py", "bbbb2", "a3d94c07be12", extra="branch_labels = ('exp' + 'and',)")
    assert str(commands.heads(project)) == "bbbb2 (head)"
    error = refused(RevisionNotFoundError, commands.upgrade, project, "expand@head")
    assert "If it is a branch label: " in error.hint
    assert f"{path}, line 5: branch_labels is computed" in error.hint
    assert commands.verify(project).ok
    assert path.name in commands.verify(project).notes[0]
    commands.upgrade(project, "head")
    assert str(commands.current(project)) == "bbbb2 (head)"
    commands.downgrade(project, "a3d94c07be12")
    commands.rebase(project, "bbbb2", onto="base")
    assert project.graph["bbbb2"].down_revisions == ()
    with Path("nbmigrate.ini").open("a", encoding="utf-8") as ini:
        ini.write("revision_headers = execute\n")
    assert "bbbb2 (expand) (head)" in str(commands.heads(Project.open()))


def test_a_revision_file_with_a_good_header(refused: Refused, project: Project) -> None:
    path = next(VERSIONS.glob("5f0c*"))
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("def upgrade()", "def upgrade(("), encoding="utf-8")
    assert len(commands.history(project).rows()) == 3
    error = refused(
        UnreadableRevisionError,
        commands.edit,
        project,
        "5f0c",
        "op.drop_column('a', 'b')\ndef upgrade(): pass\ndef downgrade(): pass\n",
    )
    assert error.message == f"{path}, line 21: invalid syntax"
    refused(UnreadableRevisionError, commands.upgrade, project, "head")
    path.write_text(good, encoding="utf-8")
    assert commands.upgrade(project, "head").standing == "Now at a3d94c07be12 (head)."


def test_a_revision_without_downgrade(refused: Refused, project: Project) -> None:
    commands.upgrade(project, "head")
    path = write(
        "z.py", "zz", "a3d94c07be12", body="def upgrade():\n    op.execute('CREATE TABLE z (x int)')\n"
    )
    assert "CREATE TABLE z" in str(commands.upgrade_sql(project, "zz"))
    assert "CREATE TABLE z" in str(commands.preview(project, "upgrade", "zz"))
    commands.upgrade(project, "zz")
    for call in (
        lambda: commands.downgrade(project, "-1"),
        lambda: commands.downgrade_sql(project, "zz:base"),
    ):
        error = refused(ScriptError, call)
        assert (error.message, error.hint) == (f"{path} has no downgrade().", "Add `def downgrade():` to it.")
    assert str(commands.current(project)) == "zz (head)"
    path.write_text(
        path.read_text(encoding="utf-8") + "def downgrade():\n    op.drop_table('z')\n", encoding="utf-8"
    )
    assert commands.downgrade(project, "-1").standing == "Now at a3d94c07be12."


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("x = 1\n", ScriptError, "practice/versions/z.py has no upgrade()."),
        ("def downgrade(): pass\n", ScriptError, "practice/versions/z.py has no upgrade()."),
        ("raise RuntimeError('no')\n", ScriptError, "practice/versions/z.py, line 6: RuntimeError: no"),
        ("import no_such_module_\n", ScriptError, "practice/versions/z.py, line 6: ModuleNotFoundError: "),
        (
            "async def upgrade(): pass\ndef downgrade(): pass\n",
            ScriptError,
            "practice/versions/z.py, line 6: upgrade is not a plain ",
        ),
        (
            "def upgrade(): {}['k']\ndef downgrade(): pass\n",
            MigrationFailedError,
            "Upgrade of revision zz (by hand) failed: KeyError: 'k'\n  in practice/versions/z.py, line 6",
        ),
        (
            "def upgrade(): exit(3)\ndef downgrade(): pass\n",
            MigrationFailedError,
            "Upgrade of revision zz (by hand) failed: SystemExit: 3\n  in practice/versions/z.py, line 6",
        ),
        (
            "def upgrade(): op.creat_table('x')\ndef downgrade(): pass\n",
            MigrationFailedError,
            "Upgrade of revision zz (by hand) failed: AttributeError: op has no directive 'creat_table'; did ",
        ),
    ],
)
def test_a_revision_that_does_not_run(
    refused: Refused, project: Project, body: str, kind: type[MigrateError], message: str
) -> None:
    commands.upgrade(project, "head")
    write("z.py", "zz", "a3d94c07be12", body=body)
    assert refused(kind, commands.upgrade, project, "head").message.startswith(message)
    assert str(commands.current(project)) == "a3d94c07be12"


@pytest.mark.parametrize(
    ("files", "kind", "message", "heads"),
    [
        (
            [("b.py", "bbbb", "gone", "")],
            MissingRevisionError,
            "Revision gone referenced from bbbb (down_revision in b.py) is not present",
            ["aaaa", "bbbb"],
        ),
        (
            [("b.py", "bbbb", "aaaa", "depends_on = 'gone'")],
            MissingRevisionError,
            "Revision gone referenced from bbbb (depends_on in b.py) is not present",
            ["bbbb"],
        ),
        (
            [("b.py", "bbbb", "cccc", ""), ("c.py", "cccc", "bbbb", "")],
            CycleError,
            "Cycle is detected in revisions (bbbb, cccc)",
            ["aaaa"],
        ),
        ([("b.py", "bbbb", "bbbb", "")], CycleError, "Self-loop is detected in revisions (bbbb)", ["aaaa"]),
        (
            [("b.py", "bbbb", "aaaa", ""), ("c.py", "bbbb", "aaaa", "")],
            DuplicateRevisionError,
            "Revision bbbb is present more than once: in b.py and in c.py",
            ["bbbb"],
        ),
        (
            [
                ("b.py", "bbbb", "aaaa", "branch_labels = 'shop'"),
                ("c.py", "cccc", "aaaa", "branch_labels = 'shop'"),
            ],
            DuplicateLabelError,
            "Branch name 'shop' in revision cccc already used by revision bbbb",
            ["bbbb", "cccc"],
        ),
        (
            [("b.py", "bbbb", "aaaa", "branch_labels = 'aaaa'")],
            DuplicateLabelError,
            "Branch name 'aaaa' in revision bbbb already used by revision aaaa",
            ["bbbb"],
        ),
        (
            [("b.py", "bb@b", "aaaa", "")],
            GraphError,
            "Character(s) '@' not allowed in revision identifier 'bb@b'",
            ["bb@b"],
        ),
    ],
)
def test_the_revisions_together(
    refused: Refused,
    empty: Project,
    files: list[tuple[str, str, str, str]],
    kind: type[MigrateError],
    message: str,
    heads: list[str],
) -> None:
    write("a.py", "aaaa", None)
    for file in files:
        write(*file)
    for command in (
        lambda: commands.upgrade(empty, "heads"),
        lambda: commands.downgrade(empty, "base"),
        lambda: commands.revision(empty, "x", head="aaaa", splice=True),
        lambda: commands.merge(empty, ["heads"]),
    ):
        assert refused(kind, command).message == message
    found = commands.heads(empty)
    assert [row["revision"] for row in found.rows()] == heads
    assert found.notes[0].startswith(f"{message}\n")
    assert (
        commands.history(empty).notes
        == commands.graph(empty).notes
        == commands.current(empty).notes[1:]
        == found.notes
    )
    assert "aaaa" in str(commands.graph(empty))


def test_files_that_are_no_revisions(project: Project) -> None:
    (VERSIONS / "folder.py").mkdir()
    (VERSIONS / "same.py").symlink_to(next(VERSIONS.glob("29cf*")).name)
    (VERSIONS / "notes.txt").write_text("revision = 'x'", encoding="utf-8")
    assert commands.heads(project).notes == ()
    assert commands.upgrade(project, "head").standing == "Now at a3d94c07be12 (head)."


@pytest.mark.parametrize("target", ["nowhere.py", "link.py"])
def test_a_link_that_leads_nowhere(refused: Refused, project: Project, target: str) -> None:
    # Somebody meant it to be a revision: a run without it could be another one.
    link = VERSIONS / "link.py"
    link.symlink_to(target)
    said = f"{link} cannot be read: it is a link that leads nowhere."
    assert commands.heads(project).notes == (f"{said}\nMake the file readable, or remove it.",)
    assert refused(UnreadableRevisionError, commands.upgrade, project, "head").message == said
    link.unlink()
    assert commands.upgrade(project, "head").standing == "Now at a3d94c07be12 (head)."


def test_a_file_by_hand_is_brought_to_a_cell(project: Project) -> None:
    write("q.py", "qq", "a3d94c07be12")
    body = "op.add_column('customer', sa.Column('x', sa.Integer))\n"
    assert commands.revision(project, "by hand", rev_id="qq", body=body).action == "updated"
    assert commands.revision(project, "by hand", rev_id="qq", body=body).action == "unchanged"
    assert commands.upgrade(project, "head").standing == "Now at qq (head)."


def test_a_folder_that_cannot_be_written(refused: Refused, project: Project, tmp_path: Path) -> None:
    body = "op.add_column('customer', sa.Column('x', sa.Integer))\n"
    commands.upgrade(project, "5f0c")
    commands.revision(project, "x", body=body)  # what is imported on the way is imported now
    for path in [tmp_path, *tmp_path.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with not_root(tmp_path):
            error = refused(ScriptError, commands.revision, project, "y", rev_id="y1", body=body)
            assert error.message == "practice/versions/y1_y.py cannot be written: Permission denied."
            assert refused(
                ScriptError, commands.edit, project, "0001", body.replace("'x'", "'z'")
            ).message.endswith("cannot be written: Permission denied.")
            error = refused(ConfigError, commands.config, project, "timezone", "UTC")
            assert error.message == f"{tmp_path / 'nbmigrate.ini'} cannot be written: Permission denied."
            error = refused(ConfigError, commands.init, "other", ini=Path("other.ini"))
            assert error.message == "other cannot be made: Permission denied."
            error = refused(MigrateError, commands.tutorial, "notebooks")
            assert error.message == "The notebooks cannot be copied to notebooks: Permission denied."
            error = refused(MigrationFailedError, commands.upgrade, project, "head")
            assert error.message.startswith(
                "Upgrade of revision a3d94c07be12 (orders) failed: attempt to write a read"
            )
            assert str(commands.current(project)) == "5f0c6e2a91b7"
            assert commands.tables(project).rows()[0] == {"table": "alembic_version", "rows": 1}
    finally:
        for path in [tmp_path, *tmp_path.rglob("*")]:
            path.chmod(0o755)


@pytest.mark.parametrize(
    "name", ["with spaces", "ünï—cödé 🦆", "100% %(here)s", 'quote\'s "and" $HOME', "a;b&c#d=e"]
)
def test_odd_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    made = commands.init(name)
    assert made.changed
    assert commands.init(name).changed is False
    project = Project.open(revision_ids="sequential")
    commands.revision(
        project, "one", body="op.create_table('t', sa.Column('id', sa.Integer, primary_key=True))\n"
    )
    assert commands.upgrade(project, "head").standing == "Now at 0001 (head)."
    assert (folder / f"{name}.db").stat().st_size > 0
    assert [row["table"] for row in commands.tables(project).rows()] == ["alembic_version", "t"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "nbmigrate", "current"],
        cwd=folder,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0001 (head)\n", "")
    monkeypatch.chdir(tmp_path)
    elsewhere = Project.open(folder)
    assert str(commands.current(elsewhere)) == "0001 (head)"
    assert commands.downgrade(elsewhere, "base").standing == "Now at base."
