"""Which files are revisions, and the two settings that change how they are read: sourceless, revision_headers."""

import compileall
import importlib.util
import marshal
import os
import py_compile
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nbmigrate import commands
from nbmigrate.config import Config, set_option
from nbmigrate.errors import ConfigError, MigrateError, ScriptError, UnreadableRevisionError
from nbmigrate.project import Project
from nbmigrate.scripts.directory import ScriptDirectory

Write = Callable[..., Path]
BODY = "\n\ndef upgrade():\n    raise RuntimeError('up')\n\n\ndef downgrade():\n    pass\n"


def with_setting(project: Path, key: str, value: str) -> Project:
    set_option(Config.find(project), key, value)
    return Project.open(project)


def compiled(path: Path, target: Path | None = None) -> Path:
    """Compile a file to beside it, or to a target, and remove it."""
    target = target or path.with_suffix(".pyc")
    target.parent.mkdir(exist_ok=True)
    py_compile.compile(str(path), cfile=str(target), doraise=True)
    path.unlink()
    return target


class TestSourceless:
    def test_only_if_it_is_said(self, project: Path, scripts: ScriptDirectory, write: Write) -> None:
        compiled(write("a"))
        assert len(scripts.graph()) == 0
        assert len(with_setting(project, "sourceless", "True").graph) == 0  # as alembic: exactly `true`
        assert with_setting(project, "sourceless", "true").graph.heads == ("a",)

    def test_header_and_functions(self, project: Path, write: Write) -> None:
        text = '"""first\n\nCreate Date: 2021-06-20\n"""\n' + "revision = 'a'\ndown_revision = None\n" + BODY
        path = compiled(write("a", text=text))
        scripts = with_setting(project, "sourceless", "true").scripts
        revision = scripts.graph()["a"]
        assert (revision.message, revision.path) == ("first", path)
        assert scripts.create_date(revision) == "2021-06-20"
        migration = scripts.load(revision)
        # It says of itself where it is, not where it was compiled.
        assert migration.upgrade.__code__.co_filename == str(path)
        scripts.check_syntax([revision])
        with pytest.raises(ScriptError, match=r"a_x\.pyc is compiled: it has no source"):
            scripts.source(revision)
        shown = commands.show(Project.open(project), "a")
        assert "first" in str(shown)
        assert shown.sources == ("# Compiled: the source is not there.\n",)

    @pytest.mark.parametrize(
        ("header", "down", "depends_on", "labels"),
        [
            ("down_revision = 'b'", ("b",), (), ()),
            ("down_revision: str = 'b'", ("b",), (), ()),
            ("down_revision = ('b', 'c')\ndepends_on = ['d']", ("b", "c"), ("d",), ()),
            (
                "down_revision = ['b', 'c', 'd']\nbranch_labels = {'y', 'x', 'z'}",
                ("b", "c", "d"),
                (),
                ("x", "y", "z"),
            ),
            ("down_revision, depends_on = 'b', None", ("b",), (), ()),
            ("down_revision, depends_on, branch_labels = 'b', 'c', 'd'", ("b",), ("c",), ("d",)),
            ("down_revision = depends_on = 'b'", ("b",), ("b",), ()),
            (
                "down_revision = 'z'\nimport os\nif os.sep:\n    x = 1\ndown_revision = 'b' 'c'",
                ("bc",),
                (),
                (),
            ),
            ("down_revision = " + "'" + "b" * 300 + "'", ("b" * 300,), (), ()),
            (
                "x = [" + "'q', " * 300 + "]\ny = {" + "1: 2, " * 300 + "}\ndown_revision = 'b'",
                ("b",),
                (),
                (),
            ),
        ],
    )
    def test_ways_to_write_it(
        self,
        project: Path,
        write: Write,
        header: str,
        down: tuple[str, ...],
        depends_on: tuple[str, ...],
        labels: tuple[str, ...],
    ) -> None:
        compiled(write("a", text=f"revision = 'a'\n{header}\n{BODY}"))
        graph = with_setting(project, "sourceless", "true").graph
        revision = graph["a"]
        assert (revision.down_revisions, revision.depends_on, revision.branch_labels) == (
            down,
            depends_on,
            labels,
        )

    @pytest.mark.parametrize(
        ("header", "what"),
        [
            ("down_revision = make()", "a_x.pyc, line 2: down_revision is computed"),
            ("if make:\n    down_revision = 'b'", "a_x.pyc, line 3: down_revision is computed"),
            ("import x as down_revision", "a_x.pyc, line 2: down_revision is computed"),
            ("down_revision = 'b'\ndown_revision += 'c'", "a_x.pyc, line 3: down_revision is computed"),
            ("down_revision = 'b'\ndel down_revision", "a_x.pyc, line 3: down_revision is computed"),
            ("down_revision = ['b', make]", "a_x.pyc, line 2: down_revision is computed"),
            ("down_revision = 5", "a_x.pyc, line 2: down_revision is not a text, nor several"),
            ("", "a_x.pyc: it does not declare down_revision"),
        ],
    )
    def test_what_cannot_be_read(self, project: Path, write: Write, header: str, what: str) -> None:
        write("other")
        compiled(write("a", text=f"revision = 'a'\n{header}\n{BODY}"))
        graph = with_setting(project, "sourceless", "true").graph
        (problem,) = graph.problems
        assert what in str(problem)
        assert graph.heads == ("other",)

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"", "was not compiled by this version of Python"),
            (b"\0" * 100, "was not compiled by this version of Python"),
            (importlib.util.MAGIC_NUMBER, "is damaged: EOF read"),
            (importlib.util.MAGIC_NUMBER + b"\0" * 12 + b"?", "is damaged: bad marshal data"),
            (
                importlib.util.MAGIC_NUMBER + b"\0" * 12 + marshal.dumps("x"),
                "is damaged: there is no code in it",
            ),
        ],
        ids=range(5),
    )
    def test_damaged(self, project: Path, scripts: ScriptDirectory, content: bytes, what: str) -> None:
        path = scripts.location / "versions" / "a_x.pyc"
        path.write_bytes(content)
        (problem,) = with_setting(project, "sourceless", "true").graph.problems
        assert isinstance(problem, UnreadableRevisionError)
        assert f"a_x.pyc {what}" in problem.message
        assert problem.path == path

    def test_the_cache_of_python(self, project: Path, scripts: ScriptDirectory, write: Write) -> None:
        versions = scripts.location / "versions"
        kept = write("b", "a")
        gone = write("a")
        (versions / "__init__.py").touch()
        for optimize in (0, 2):
            assert compileall.compile_dir(versions, quiet=1, optimize=optimize)
        cached = versions / "__pycache__" / f"a_x.{sys.implementation.cache_tag}.pyc"
        (versions / "__pycache__" / "a_x.cpython-20.pyc").write_bytes(b"of another Python")
        assert with_setting(project, "sourceless", "true").graph["a"].path == gone
        gone.unlink()
        graph = Project.open(project).graph
        # The source first; then this Python's own, with the docstring that an optimized one has not.
        assert [(revision.id, revision.path, revision.message) for revision in graph] == [
            ("b", kept, "message of b"),
            ("a", cached, "message of a"),
        ]
        cached.unlink()
        cached.with_name(f"a_x.{sys.implementation.cache_tag}.opt-2.pyc").unlink()
        assert "a_x.cpython-20.pyc was not compiled by this version" in str(
            Project.open(project).graph.problems[0]
        )

    def test_a_run(self, project: Path, write: Write) -> None:
        compiled(write("a"))
        opened = with_setting(project, "sourceless", "true")
        assert commands.upgrade(opened, "head").standing == "Now at a (head)."
        assert commands.downgrade(opened, "base").standing == "Now at base."


class TestExecute:
    def test_without_the_setting_nothing_runs(
        self, project: Path, scripts: ScriptDirectory, write: Write
    ) -> None:
        path = write(
            "a",
            text="from pathlib import Path\nPath('ran').touch()\nrevision = str(1)\ndown_revision = None\n",
        )
        (problem,) = scripts.graph().problems
        assert isinstance(problem, UnreadableRevisionError)
        assert (problem.path, problem.line) == (path, 3)
        assert str(problem) == (
            "practice/versions/a_x.py, line 3: "
            "revision is computed, and revision files are read without running them.\n"
            "Write it as a literal, or set revision_headers = execute so that such a file is run."
        )
        assert not Path("ran").exists()

    def test_that_file_alone(self, project: Path, write: Write) -> None:
        text = (
            '"""computed"""\nfrom alembic import op\nimport beside\nfrom pathlib import Path\n'
            "with Path('ran').open('a') as file:\n    file.write(op.__name__ + ' ')\n"
            "revision = beside.name.upper()\ndown_revision = ('other',)\n" + BODY
        )
        (project / "beside.py").write_text("name = 'a'\n")
        set_option(Config.find(project), "prepend_sys_path", ".")
        write("a", text=text)
        write("other", text="raise SystemExit\nrevision = 'other'\ndown_revision = None\n" + BODY)
        opened = with_setting(project, "revision_headers", "execute")
        revision = opened.graph["A"]
        assert (revision.down_revisions, revision.message, opened.graph.problems) == (
            ("other",),
            "computed",
            (),
        )
        assert Path("ran").read_text().split()[0] == "nbmigrate.op"
        assert str(project) not in sys.path

    def test_once_for_each_change(self, project: Path, write: Write) -> None:
        path = write("a", text="print(1)\nrevision = str(len('aa'))\ndown_revision = None\n" + BODY)
        os.utime(path, (1e9, 1e9))
        opened = with_setting(project, "revision_headers", "execute")
        first = opened.graph
        assert opened.graph is first
        assert first.heads == ("2",)
        path.write_text(path.read_text().replace("'aa'", "'aaa'"))
        assert opened.graph.heads == ("3",)

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("revision = 1 / 0\ndown_revision = None\n", "line 1: ZeroDivisionError: division by zero"),
            (
                "import no_such_module_\nrevision = str(1)\ndown_revision = None\n",
                "line 1: ModuleNotFoundError",
            ),
            ("revision = str(1)\ndown_revision = None\nraise SystemExit(3)\n", "line 3: SystemExit: 3"),
            ("revision = str(1)\ndown_revision = None\ndef f(:\n", "line 3: invalid syntax"),
            ("revision = int(1)\ndown_revision = None\n", ": revision is not a text."),
            ("revision = str(1)\ndel revision\ndown_revision = None\n", ": it does not declare revision."),
            ("revision = str(1)\ndown_revision = open\n", ": down_revision is not a text, nor several."),
            ("__doc__ = 5\nrevision = str(1)\n", ": it does not declare down_revision."),
        ],
    )
    def test_a_file_that_fails(self, project: Path, write: Write, text: str, what: str) -> None:
        write("other")
        path = write("a", text=text)
        graph = with_setting(project, "revision_headers", "execute").graph
        (problem,) = graph.problems
        assert isinstance(problem, UnreadableRevisionError)
        assert problem.message.startswith("practice/versions/a_x.py")
        assert what in problem.message
        assert problem.path == path
        assert graph.heads == ("other",)

    def test_another_value(self, project: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            _ = with_setting(project, "revision_headers", "run").scripts
        assert str(caught.value).endswith("revision_headers = run is not valid.\nValid ones: read, execute.")


class TestWhatIsAppliedAndCannotBeRead:
    def test_its_file_is_named(self, project: Path, write: Write) -> None:
        write("a")
        path = write("b", "a")
        opened = Project.open(project)
        commands.upgrade(opened, "head")
        path.write_text("revision = (\n")
        write("c", "a", text="x = (")
        for command in (
            lambda: commands.current(opened),
            lambda: commands.upgrade(opened, "a"),
            lambda: commands.history(opened, rev_range="a:current"),
        ):
            with pytest.raises(MigrateError) as caught:
                command()
            assert "practice/versions/b_x.py, line 1: '(' was never closed" in str(caught.value)
        path.unlink()
        with pytest.raises(MigrateError, match=r"c_x\.py, line 1: '\(' was never closed"):
            commands.current(opened)
        (path.parent / "c_x.py").unlink()
        with pytest.raises(
            MigrateError, match="The database stands at 'b', which no revision file has\nRestore its"
        ):
            commands.current(opened)


def test_a_run_touches_nothing_before_all_its_files_are_looked_at(project: Path, write: Write) -> None:
    write("a")
    path = write("b", "a")
    path.write_text(path.read_text() + "\n)\n")
    opened = Project.open(project)
    assert commands.heads(opened).notes == ()
    with pytest.raises(UnreadableRevisionError, match=r"b_x\.py, line 21: unmatched '\)'"):
        commands.upgrade(opened, "head")
    assert commands.current(opened).entries == ()
    assert commands.upgrade(opened, "a").standing == "Now at a."


def test_folders_that_lead_back_to_themselves(project: Path, scripts: ScriptDirectory, write: Write) -> None:
    write("a")
    versions = scripts.location / "versions"
    (versions / "again").symlink_to(versions)
    (versions / "x.py").mkdir()
    write("b", "a").rename(versions / "x.py" / "b_x.py")
    graph = with_setting(project, "recursive_version_locations", "true").graph
    assert (graph.heads, graph.problems) == (("b",), ())


def test_one_directory_in_several_threads(scripts: ScriptDirectory, write: Write) -> None:
    write("a")
    path = write("b", "a")
    texts = [path.read_text(), path.read_text().replace("message of b", "something else")]

    def look(number: int) -> set[str]:
        found = set()
        for turn in range(60):
            if number == 0:
                path.with_suffix(".new").write_text(texts[turn % 2])
                path.with_suffix(".new").replace(path)
            graph = scripts.graph()
            assert (graph.heads, graph.problems) == (("b",), ())
            found.add(graph["b"].message)
        return found

    with ThreadPoolExecutor(4) as threads:
        assert set.union(*threads.map(look, range(4))) == {"message of b", "something else"}
