"""The revision files of a project: reading all of them, planning and writing one."""

import ast
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from nbmigrate.config import Config, set_option
from nbmigrate.errors import (
    BodyError,
    ConfigError,
    DuplicateLabelError,
    DuplicateRevisionError,
    GraphError,
    MigrateError,
    MissingRevisionError,
    ScriptError,
    UnreadableRevisionError,
)
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.directory import ScriptDirectory
from nbmigrate.scripts.writing.body import parse_body

DATE = datetime(2021, 6, 20, 3, 58, 6, 808542)
Write = Callable[..., Path]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class TestFromConfig:
    def test_takes_the_settings(self, project: Path) -> None:
        config = Config.find(project)
        for key, value in {
            "version_locations": "%(here)s/a:%(here)s/b",
            "file_template": "%%(rev)s",  # what stands in the file
            "truncate_slug_length": "5",
            "output_encoding": "ascii",
            "recursive_version_locations": "true",
        }.items():
            set_option(config, key, value)
        found = ScriptDirectory.from_config(Config.find(project))
        assert found.location == project / "practice"
        assert found.version_locations == (project / "a", project / "b")
        assert found.file_template == "%(rev)s"
        assert (found.truncate_slug_length, found.output_encoding, found.recursive) == (5, "ascii", True)

    def test_a_folder_that_is_not_there(self, project: Path) -> None:
        set_option(Config.find(project), "script_location", "%(here)s/other")
        with pytest.raises(ConfigError) as caught:
            ScriptDirectory.from_config(Config.find(project))
        assert str(caught.value) == (
            f"nbmigrate.ini says script_location = {project / 'other'}, and there is no such folder.\n"
            "Make it with: init other; or correct the line."
        )


class TestGraph:
    def test_an_empty_project(self, scripts: ScriptDirectory) -> None:
        graph = scripts.graph()
        assert (len(graph), graph.heads, graph.problems) == (0, (), ())

    def test_without_a_folder_of_versions(self, scripts: ScriptDirectory) -> None:
        (scripts.location / "versions").rmdir()
        assert len(scripts.graph()) == 0

    def test_revisions(self, scripts: ScriptDirectory, write: Write) -> None:
        path = write("a")
        write("b", "a")
        graph = scripts.graph()
        assert [revision.id for revision in graph] == ["b", "a"]
        assert graph["a"].path == path
        assert graph["a"].message == "message of a"
        assert scripts.create_date(graph["a"]) == "2021-06-20 03:58:06.808542"

    @pytest.mark.parametrize("name", ["__init__.py", "__init__x.py", ".#a_x.py", "a.txt", "a.pyc", "a.py~"])
    def test_what_is_no_revision_file(self, scripts: ScriptDirectory, write: Write, name: str) -> None:
        write("a", name=name, text="not python (")
        assert scripts.graph().problems == ()

    def test_the_graph_is_kept_until_a_file_changes(self, scripts: ScriptDirectory, write: Write) -> None:
        path = write("a")
        first = scripts.graph()
        assert scripts.graph() is first
        write("b", "a")
        second = scripts.graph()
        assert second.heads == ("b",)
        path.rename(path.with_name("other.py"))
        assert scripts.graph()["a"].path == path.with_name("other.py")
        path.with_name("other.py").unlink()
        assert [type(problem) for problem in scripts.graph().problems] == [MissingRevisionError]

    def test_only_the_changed_file_is_read_again(self, scripts: ScriptDirectory, write: Write) -> None:
        path = write("a")
        other = write("b", "a")
        # A file as new as this would be read again, whatever its time says.
        os.utime(path, (1e9, 1e9))
        first = scripts.graph()
        # Unreadable but for its unchanged size and time: had it been read, there would be a problem.
        stat = path.stat()
        path.write_bytes(b"(" * stat.st_size)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        os.utime(other)
        assert scripts.graph() is first
        other.write_text(other.read_text().replace("message of b", "another message"))
        second = scripts.graph()
        assert (second.problems, second.heads, second["b"].message) == ((), ("b",), "another message")

    def test_a_file_that_does_not_parse_leaves_the_others(
        self, scripts: ScriptDirectory, write: Write
    ) -> None:
        write("a")
        bad = write("b", "a")
        bad.write_text(bad.read_text().replace("def upgrade()", "def upgrade("))
        broken = write("c", text="x = (\n")
        graph = scripts.graph()
        assert graph.heads == ("b",)
        problems = [problem for problem in graph.problems if isinstance(problem, UnreadableRevisionError)]
        assert len(problems) == len(graph.problems)
        assert [(problem.path, problem.line) for problem in problems] == [(broken, 1)]
        with pytest.raises(UnreadableRevisionError, match="line 14: invalid syntax"):
            scripts.check_syntax(graph)
        with pytest.raises(UnreadableRevisionError, match="line 14: invalid syntax"):
            scripts.load(graph["b"])

    def test_faults_of_the_graph_do_not_raise(self, scripts: ScriptDirectory, write: Write) -> None:
        write("a")
        write("a", name="copy.py")
        write("c", "none")
        assert {type(problem) for problem in scripts.graph().problems} == {
            DuplicateRevisionError,
            MissingRevisionError,
        }

    def test_folders_below_and_twice_named(
        self, project: Path, scripts: ScriptDirectory, write: Write
    ) -> None:
        write("a")
        below = scripts.location / "versions" / "2024"
        below.mkdir()
        write("b", "a").rename(below / "b_x.py")
        (below / "__pycache__").mkdir()
        write("c", "a").rename(below / "__pycache__" / "c_x.py")
        link = project / "link"
        link.symlink_to(scripts.location / "versions")
        assert scripts.graph().heads == ("a",)
        versions = (scripts.location / "versions", link, below)
        twice = ScriptDirectory(scripts.location, versions, recursive=True)
        assert (twice.graph().heads, twice.graph().problems) == (("b",), ())

    def test_whatever_changes_is_seen(self, project: Path, scripts: ScriptDirectory, write: Write) -> None:
        versions = scripts.location / "versions"
        elsewhere = project / "elsewhere"
        both = ScriptDirectory(scripts.location, (versions, elsewhere))

        def heads() -> tuple[str, ...]:
            for path in (*versions.glob("*.py"), *elsewhere.glob("*.py")):
                os.utime(path, (1e9, 1e9))
            # Twice: what was read, then what is known of it.
            assert both.graph() is both.graph()
            return both.graph().heads

        first = write("a")
        assert heads() == ("a",)
        elsewhere.mkdir()
        assert heads() == ("a",)
        write("b", "a").rename(elsewhere / "b.py")
        assert heads() == ("b",)
        (versions / "c.py").symlink_to(write("c", "b", name="c.txt"))
        assert heads() == ("c",)
        (versions / "d.txt").write_text((versions / "c.txt").read_text().replace("'c'", "'d'"))
        (versions / "d.txt").replace(versions / "c.txt")
        assert heads() == ("d",)
        (versions / "c.py").unlink()
        elsewhere.rename(project / "other")
        assert heads() == ("a",)
        elsewhere.symlink_to(project / "other")
        assert heads() == ("b",)
        elsewhere.unlink()
        (project / "empty").mkdir()
        elsewhere.symlink_to(project / "empty")
        assert heads() == ("a",)
        first.unlink()
        assert heads() == ()

    def test_what_has_a_revisions_name_and_is_no_file(self, scripts: ScriptDirectory) -> None:
        versions = scripts.location / "versions"
        (versions / "a_x.py").symlink_to("gone.py")
        (versions / "b_x.py").symlink_to("b_x.py")
        os.mkfifo(versions / "c_x.py")
        (versions / "d_x.py").mkdir()
        graph = scripts.graph()
        assert [problem.message.split("versions/")[1] for problem in graph.problems] == [
            "a_x.py cannot be read: it is a link that leads nowhere.",
            "b_x.py cannot be read: it is a link that leads nowhere.",
            "c_x.py cannot be read: it is no file.",
        ]
        # As long as they say the same, nothing has changed.
        assert scripts.graph() is graph


class TestSource:
    def test_as_it_is(self, scripts: ScriptDirectory, write: Write) -> None:
        path = write("a")
        content = b"\xef\xbb\xbf# \xc3\xbc\r\n" + path.read_bytes()
        path.write_bytes(content)
        assert scripts.source(scripts.graph()["a"]) == content.decode("utf-8-sig")

    def test_the_declared_encoding(self, scripts: ScriptDirectory, write: Write) -> None:
        path = write("a")
        text = "# coding: latin-1\n# größer\n" + path.read_text()
        path.write_bytes(text.encode("latin-1"))
        assert scripts.source(scripts.graph()["a"]) == text

    def test_without_a_file(self, scripts: ScriptDirectory, tmp_path: Path) -> None:
        with pytest.raises(ScriptError, match="has no file"):
            scripts.source(Revision("a"))
        with pytest.raises(ScriptError, match="cannot be read: No such file"):
            scripts.source(Revision("a", path=tmp_path / "gone.py"))


PLAIN = '''"""first example

Revision ID: 29cf196546aa
Revises: a, b
Create Date: 2021-06-20 03:58:06.808542

"""
from typing import Sequence, Union

from nbmigrate import op
import sqlalchemy as sa


# revision identifiers, used by nbmigrate.
revision: str = '29cf196546aa'
down_revision: Union[str, Sequence[str], None] = ('a', 'b')
branch_labels: Union[str, Sequence[str], None] = ('left',)
depends_on: Union[str, Sequence[str], None] = 'c'


def upgrade() -> None:
    """Upgrade schema."""
    pass


def downgrade() -> None:
    """Downgrade schema."""
    pass
'''


class TestPlan:
    def test_alembics_form(self, scripts: ScriptDirectory) -> None:
        path, text = scripts.plan_file("29cf196546aa", "first example", ("a", "b"), ("left",), ("c",), DATE)
        assert path == scripts.location / "versions" / "29cf196546aa_first_example.py"
        assert text == PLAIN
        assert not path.exists()

    def test_several_dependencies_and_no_message(self, scripts: ScriptDirectory) -> None:
        path, text = scripts.plan_file("a", None, (), (), ("c", "d"), DATE)
        assert path.name == "a_.py"
        assert text.startswith('"""empty message\n\nRevision ID: a\nRevises: \n')
        assert "depends_on: Union[str, Sequence[str], None] = ['c', 'd']\n" in text

    def test_with_a_body(self, scripts: ScriptDirectory) -> None:
        body = parse_body("import os\nop.drop_table('a')")
        _, text = scripts.plan_file(
            "29cf196546aa", "first example", ("a", "b"), ("left",), ("c",), DATE, body
        )
        assert text == PLAIN.replace("as sa\n", "as sa\nimport os\n").replace(
            'Upgrade schema."""\n    pass', 'Upgrade schema."""\n    op.drop_table(\'a\')'
        )

    def test_a_body_that_does_not_fit_a_function(self, scripts: ScriptDirectory) -> None:
        with pytest.raises(BodyError, match="import \\* only allowed at module level"):
            scripts.plan_file("a", "m", (), (), (), DATE, parse_body("if 1:\n    from os import *\n"))

    @pytest.mark.parametrize(
        "message",
        [
            '"quoted"',
            "it's",
            'ends with "',
            '"',
            '""',
            '"""',
            '""""',
            '"""\nraise SystemExit\n"""',
            '""" + "',
            "'''",
            "back\\slash \\n \\",
            "\\",
            "\\u12",
            "\\N{x}",
            "two\n\nparagraphs",
            "a\rb\r\nc",
            "nul \0 bell \a feed \x0c end",
            "lone \ud800 surrogate",
            "emoji 🎉 日本語",
            "<script>alert(1)</script>",
            "${message} <% x %> ## %(rev)s {id}",
            "word " * 2000,
            "x" * 10_000,
            "a\N{LINE SEPARATOR}b\x85c",
        ],
    )
    def test_any_message_compiles_and_reads_back(self, scripts: ScriptDirectory, message: str) -> None:
        path, text = scripts.plan_file("a", message, (), (), (), DATE)
        scripts.write(path, text)
        (read,) = scripts.graph()
        assert read.doc.split("\n\nRevision ID: a\n")[0].strip() == message.strip()
        assert len(os.fsencode(path.name)) < 255

    @pytest.mark.parametrize(
        "message", ["plain", 'a "quoted" word', "it's", "emoji 🎉", "two\nlines", "100%"]
    )
    def test_a_plain_message_is_not_escaped(self, scripts: ScriptDirectory, message: str) -> None:
        assert scripts.plan_file("a", message, (), (), (), DATE)[1].startswith(f'"""{message}\n\nRevision')

    @pytest.mark.parametrize(
        ("template", "message", "start"),
        [
            ("'''${message}'''", "it's '''", "'''it's \\'\\'\\''''\n"),
            ("# ${message}", "two\nlines", "# two lines\n"),
            ('"""${message.upper()}"""', "shout", '"""SHOUT"""'),
            ('r"""${message}"""', "a\\b", 'r"""a\\b"""'),
        ],
    )
    def test_templates_of_others(
        self, scripts: ScriptDirectory, template: str, message: str, start: str
    ) -> None:
        scripts.template_path.write_text(
            f"{template}\nrevision = ${{repr(up_revision)}}\ndown_revision = ${{repr(down_revision)}}\n"
        )
        _, text = scripts.plan_file("a", message, ("b",), (), (), DATE)
        assert text.startswith(start)
        module = ast.parse(text)
        assert ast.unparse(module.body[-1]) == "down_revision = 'b'"

    def test_the_config_in_a_template(self, scripts: ScriptDirectory) -> None:
        path = scripts.template_path
        path.write_text(path.read_text() + "\n# ${config.get_main_option('path_separator')}\n")
        assert scripts.plan_file("a", "m", (), (), (), DATE)[1].endswith("\n# os\n")

    @pytest.mark.parametrize(
        ("addition", "line", "text"),
        [
            ("${nothing.here}", 30, "AttributeError: 'Undefined' object has no attribute 'here'"),
            ("${1/0}", 30, "ZeroDivisionError: division by zero"),
            ("${(}", 30, "unterminated tag or expression beginning"),
            ("% if x:", 30, "Unterminated control keyword: 'if'"),
        ],
    )
    def test_an_error_in_the_template(
        self, scripts: ScriptDirectory, addition: str, line: int, text: str
    ) -> None:
        path = scripts.template_path
        path.write_text(path.read_text() + f"\n{addition}\n")
        with pytest.raises(ScriptError) as caught:
            scripts.plan_file("a", "m", (), (), (), DATE)
        assert (caught.value.path, caught.value.line) == (path, line)
        assert caught.value.message.startswith(f"practice/script.py.mako, line {line}: ")
        assert text in caught.value.message

    @pytest.mark.parametrize(
        ("old", "new", "text"),
        [
            ("branch_labels: ", "labels: ", "branch_labels is () and not ('left',)"),
            ("${repr(up_revision)}", "'z'", "revision is 'z' and not 'a'"),
            ("def upgrade", "def def upgrade", "invalid syntax"),
            ("revision: str", "rev: str", "does not declare revision"),
        ],
    )
    def test_a_template_that_makes_no_revision(
        self, scripts: ScriptDirectory, old: str, new: str, text: str
    ) -> None:
        path = scripts.template_path
        path.write_text(path.read_text().replace(old, new))
        with pytest.raises(
            ScriptError, match=r"practice/script\.py\.mako does not make a revision file"
        ) as caught:
            scripts.plan_file("a", "m", (), ("left",), (), DATE)
        assert text in caught.value.message

    def test_no_template(self, scripts: ScriptDirectory) -> None:
        scripts.template_path.unlink()
        with pytest.raises(ScriptError, match=r"script\.py\.mako cannot be read: No such file"):
            scripts.plan_file("a", "m", (), (), (), DATE)

    def test_ids_and_labels_are_checked(self, scripts: ScriptDirectory) -> None:
        with pytest.raises(GraphError, match="not allowed in revision identifier"):
            scripts.plan_file("a@b", "m", (), (), (), DATE)
        with pytest.raises(GraphError, match="not allowed in branch label"):
            scripts.plan_file("a", "m", (), ("x@y",), (), DATE)

    def test_a_name_that_would_not_be_read(self, scripts: ScriptDirectory) -> None:
        scripts.file_template = ".#%(rev)s"
        with pytest.raises(ConfigError, match="would not be read as a revision file"):
            scripts.plan_file("a", "m", (), (), (), DATE)

    def test_several_locations(self, project: Path, scripts: ScriptDirectory, write: Write) -> None:
        write("a")
        versions = (project / "other", scripts.location / "versions")
        both = ScriptDirectory(scripts.location, versions)
        assert both.plan_file("b", "m", ("a",), (), (), DATE)[0] == versions[1] / "b_m.py"
        assert both.plan_file("b", "m", (), (), (), DATE, folder=versions[0])[0] == versions[0] / "b_m.py"
        with pytest.raises(ConfigError) as caught:
            both.plan_file("b", "m", (), (), (), DATE)
        assert str(caught.value) == (
            "Multiple version locations present, please specify --version-path\nOne of: other, practice/versions."
        )


class TestWrite:
    def plan(
        self, scripts: ScriptDirectory, id_: str, *down: str, labels: tuple[str, ...] = ()
    ) -> tuple[Path, str]:
        return scripts.plan_file(id_, "m", down, labels, (), DATE)

    def test_written_and_in_the_graph(self, scripts: ScriptDirectory) -> None:
        before = scripts.graph()
        path, text = self.plan(scripts, "a")
        scripts.write(path, text)
        assert path.read_bytes() == text.encode()
        assert scripts.graph().heads == ("a",)
        assert before.heads == ()
        assert names(path.parent) == ["a_m.py"]

    def test_the_folders_of_a_file_template_are_made(self, scripts: ScriptDirectory) -> None:
        scripts = ScriptDirectory(scripts.location, file_template="%(year)d/%(rev)s", recursive=True)
        scripts.write(*self.plan(scripts, "a"))
        assert scripts.graph()["a"].path == (scripts.location / "versions/2021/a.py").resolve()

    @pytest.mark.parametrize(
        ("id_", "down", "labels", "error"),
        [
            ("a", (), (), DuplicateRevisionError),
            ("c", ("none",), (), MissingRevisionError),
            ("c", ("a",), ("left",), DuplicateLabelError),
            ("c", ("a",), ("a",), DuplicateLabelError),
            ("c", ("c",), (), GraphError),
        ],
    )
    def test_nothing_is_written_when_the_graph_would_break(
        self,
        scripts: ScriptDirectory,
        write: Write,
        id_: str,
        down: tuple[str, ...],
        labels: tuple[str, ...],
        error: type[MigrateError],
    ) -> None:
        write("a")
        scripts.write(*self.plan(scripts, "b", "a", labels=("left",)))
        before = names(scripts.location / "versions")
        planned = self.plan(scripts, id_, *down, labels=labels)
        with pytest.raises(error):
            scripts.write(*planned)
        assert names(scripts.location / "versions") == before

    def test_text_with_an_error_below_its_header(self, scripts: ScriptDirectory) -> None:
        path, text = self.plan(scripts, "a")
        with pytest.raises(UnreadableRevisionError, match="line 29: '\\(' was never closed"):
            scripts.write(path, text + "(")
        assert not path.exists()

    def test_text_that_is_no_revision(self, scripts: ScriptDirectory) -> None:
        path = scripts.location / "versions" / "a_m.py"
        with pytest.raises(UnreadableRevisionError, match="does not declare revision"):
            scripts.write(path, "x = 1\n")
        assert not path.exists()

    def test_a_file_that_is_there(self, scripts: ScriptDirectory, write: Write) -> None:
        path = write("b", name="a_m.py")
        with pytest.raises(ScriptError, match=r"practice/versions/a_m\.py is there already"):
            scripts.write(*self.plan(scripts, "a"))
        assert "revision = 'b'" in path.read_text()

    def test_a_new_file_needs_a_sound_graph(self, scripts: ScriptDirectory, write: Write) -> None:
        write("z", "none")
        with pytest.raises(MissingRevisionError, match="none"):
            scripts.write(*self.plan(scripts, "a"))

    def test_a_file_is_mended_while_another_is_broken(self, scripts: ScriptDirectory, write: Write) -> None:
        write("z", "none")
        path = write("a")
        text = path.read_text().replace("pass", "x = 1")
        path.write_text(path.read_text() + "(")
        scripts.write(path, text, replaces=path)
        assert path.read_text() == text

    def test_under_another_name(self, scripts: ScriptDirectory, write: Write) -> None:
        old = write("a")
        write("b", "a")
        old.chmod(0o640)
        path, text = self.plan(scripts, "a")
        scripts.write(path, text, replaces=old)
        assert names(path.parent) == ["a_m.py", "b_x.py"]
        assert (path.read_text(), path.stat().st_mode & 0o777) == (text, 0o640)

    def test_the_output_encoding(self, scripts: ScriptDirectory) -> None:
        template = scripts.template_path
        scripts.output_encoding = "latin-1"
        with pytest.raises(ScriptError, match=r"practice/versions/a_größer\.py cannot be written in latin-1"):
            scripts.write(scripts.location / "versions/a_größer.py", "# 日\nrevision = 'a'\n")
        with pytest.raises(ScriptError, match="can't decode byte"):
            scripts.write(*scripts.plan_file("a", "größer", (), (), (), DATE))
        # Mako takes a comment in the first line for its own.
        template.write_text("${'# coding: latin-1'}\n" + template.read_text())
        path, text = scripts.plan_file("a", "größer", (), (), (), DATE)
        scripts.write(path, text)
        assert path.read_bytes() == text.encode("latin-1")
        assert scripts.graph()["a"].message == "größer"

    def test_a_folder_that_cannot_be_written(
        self, scripts: ScriptDirectory, write: Write, read_only: Callable[[Path], None]
    ) -> None:
        old = write("a")
        before = old.read_text()
        planned = self.plan(scripts, "b", "a")
        read_only(scripts.location / "versions")
        with pytest.raises(ScriptError) as caught:
            scripts.write(*planned)
        assert str(caught.value) == (
            "practice/versions/b_m.py cannot be written: Permission denied.\n"
            "Make its folder writable. Nothing was written."
        )
        with pytest.raises(ScriptError, match="Permission denied"):
            scripts.write(old, before.replace("pass", "x = 1"), replaces=old)
        assert names(old.parent) == ["a_x.py"]
        assert old.read_text() == before
