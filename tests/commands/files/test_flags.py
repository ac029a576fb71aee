"""The flags of the commands that write files, and the settings that say how the files are named."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.errors import (
    AmbiguousRevisionError,
    BodyError,
    ConfigError,
    DuplicateLabelError,
    DuplicateRevisionError,
    GraphError,
    MigrateError,
    RevisionNotFoundError,
    TargetError,
    UsageError,
)

Refused = Callable[..., MigrateError]


def setting(line: str) -> Project:
    """Add a line under the section of the ini."""
    ini = Path("nbmigrate.ini")
    text = ini.read_text(encoding="utf-8")
    ini.write_text(text.replace("path_separator = os", f"path_separator = os\n{line}"), encoding="utf-8")
    return Project.open()


def where(project: Project, id_: str) -> str:
    path = project.graph[id_].path
    assert path is not None
    return str(path.relative_to(Path.cwd()))


class TestCollisions:
    def test_of_ids_and_labels(self, project: Project, refused: Refused) -> None:
        commands.revision(project, "x", rev_id="shop1", branch_label=["shop"])
        for kind, options in (
            (DuplicateRevisionError, {"message": "other", "rev_id": "shop1"}),
            (DuplicateRevisionError, {"message": "x", "rev_id": "shop1", "head": "base"}),
            (DuplicateLabelError, {"message": "other", "branch_label": ["shop"]}),
            (DuplicateLabelError, {"message": "other", "rev_id": "shop"}),
            (DuplicateLabelError, {"message": "other", "rev_id": "new", "branch_label": ["shop1"]}),
            (GraphError, {"message": "other", "rev_id": "a" * 33}),
        ):
            error = refused(kind, commands.revision, project, **options)
            assert "shop" in error.message or "33 characters" in error.message
        assert len(project.graph) == 4
        project.graph.check()

    def test_the_same_again_is_no_collision(self, project: Project) -> None:
        assert commands.revision(project, "orders", rev_id="a3d94c07be12").action == "unchanged"
        assert commands.revision(project, rev_id="a3d94c07be12").action == "unchanged"

    def test_of_a_merge(self, project: Project, refused: Refused) -> None:
        commands.revision(project, "x", rev_id="x1", head="5f0c", splice=True)
        refused(DuplicateRevisionError, commands.merge, project, ["heads"], "join", rev_id="x1")
        assert commands.merge(project, ["heads"], "join", rev_id="m1").action == "created"
        assert commands.merge(project, ["x1", "a3d9"], "join", rev_id="m1").action == "unchanged"
        error = refused(DuplicateRevisionError, commands.merge, project, ["x1", "a3d9"], "other", rev_id="m1")
        assert error.message.endswith("and its message is: join.")


class TestDependsOn:
    @pytest.mark.parametrize(
        ("given", "stored"),
        [("29cf", "29cf196546aa"), ("shop", "shop"), ("shop@head", "s1"), ("5f0c6e2a91b7", "5f0c6e2a91b7")],
    )
    def test_ids_are_stored_whole_and_labels_as_labels(
        self, project: Project, given: str, stored: str
    ) -> None:
        commands.revision(project, "s", rev_id="s1", head="base", branch_label=["shop"])
        made = commands.revision(project, "x", rev_id="x1", head="base", depends_on=[given])
        assert made.revision.depends_on == (stored,)
        assert re.search(rf"^depends_on.* = '{stored}'$", made.source, re.MULTILINE)

    def test_what_is_not_there(self, project: Project, refused: Refused) -> None:
        refused(RevisionNotFoundError, commands.revision, project, "x", depends_on=["nothing"])


class TestMerge:
    def test_what_is_refused(self, project: Project, refused: Refused) -> None:
        error = refused(TargetError, commands.merge, project, ["a3d9", "a3d9"])
        assert error.message == "Duplicate head revisions specified."
        error = refused(TargetError, commands.merge, project, ["a3d9", "29cf"])
        assert "is not a head revision; please specify --splice" in error.message
        refused(TargetError, commands.merge, project, ["heads"])

    def test_with_splice(self, project: Project) -> None:
        made = commands.merge(project, ["a3d9", "29cf"], "x", splice=True, branch_label=["both"], rev_id="m1")
        assert made.revision.down_revisions == ("a3d94c07be12", "29cf196546aa")
        assert made.revision.branch_labels == ("both",)


class TestLocations:
    @pytest.fixture
    def two(self, empty: Project) -> Project:
        return setting("version_locations = %(here)s/practice/versions:%(here)s/other:%(here)s/other/inner")

    def test_where_files_go(self, two: Project, tmp_path: Path) -> None:
        commands.revision(two, "a", rev_id="a1", version_path="practice/versions")
        commands.revision(two, "b", rev_id="b1", head="base", version_path=tmp_path / "other")
        commands.revision(two, "c", rev_id="c1", head="base", version_path="./practice/../other/inner/")
        commands.revision(two, "b", rev_id="b2", head="b1")
        commands.revision(two, "c", rev_id="c2", head="c1")
        commands.revision(two, "b", rev_id="b3", head="b2", version_path="practice/versions")
        commands.merge(two, ["c2", "b3"], rev_id="m1")
        assert {id_: where(two, id_) for id_ in two.graph.names} == {
            "a1": "practice/versions/a1_a.py",
            "b1": "other/b1_b.py",
            "b2": "other/b2_b.py",
            "b3": "practice/versions/b3_b.py",
            "c1": "other/inner/c1_c.py",
            "c2": "other/inner/c2_c.py",
            "m1": "other/inner/m1_.py",
        }
        assert commands.verify(two, several_heads=True).ok

    def test_what_is_refused(self, two: Project, refused: Refused) -> None:
        error = refused(ConfigError, commands.revision, two, "x")
        assert error.message == "Multiple version locations present, please specify --version-path"
        assert error.hint == "One of: practice/versions, other, other/inner."
        error = refused(ConfigError, commands.revision, two, "x", version_path="third")
        assert error.message == "Path third is not represented in current version locations"

    def test_recursive(self, empty: Project, refused: Refused) -> None:
        template = "file_template = %%(year)d/%%(month).2d/%%(rev)s_%%(slug)s"
        project = setting(template)
        error = refused(ConfigError, commands.revision, project, "x", rev_id="a1")
        assert (
            error.hint == "Set recursive_version_locations = true, or take the folders out of file_template."
        )
        project = setting("recursive_version_locations = true\ntimezone = Pacific/Auckland")
        made = commands.revision(project, "x", rev_id="a1")
        commands.revision(project, "y", rev_id="a2")
        year, month = made.source.partition("Create Date: ")[2][:7].split("-")
        assert where(project, "a1") == f"practice/versions/{year}/{month}/a1_x.py"
        assert project.graph.heads == ("a2",)
        assert made.source.partition("Create Date: ")[2].split("\n")[0][-6:] in ("+12:00", "+13:00")

    @pytest.mark.parametrize("template", ["../%%(rev)s", "%%(rev)s/.#x", "/tmp/%%(rev)s"])
    def test_a_template_that_leads_elsewhere(self, empty: Project, refused: Refused, template: str) -> None:
        project = setting(f"file_template = {template}\nrecursive_version_locations = true")
        refused(ConfigError, commands.revision, project, "x", rev_id="a1")


class TestNames:
    def test_every_token(self, empty: Project) -> None:
        tokens = ["year", "month", "day", "hour", "minute", "second", "epoch", "rev", "slug"]
        project = setting(
            "timezone = utc\ntruncate_slug_length = 9\nfile_template = "
            + "-".join(f"%%({t})s" for t in tokens)
        )
        made = commands.revision(project, "one two three", rev_id="a1")
        assert made.revision.path is not None
        *parts, epoch, rev, slug = made.revision.path.stem.split("-")
        date = made.source.partition("Create Date: ")[2].split("\n")[0]
        assert date.endswith("+00:00")
        assert [int(part) for part in parts] == [
            int(part) for part in date[:19].replace(" ", "-").replace(":", "-").split("-")
        ]
        assert (rev, slug) == ("a1", "one_two_")
        assert epoch.isdecimal()

    def test_sequential_ids_with_branches(self, empty: Project) -> None:
        project = setting("revision_ids = sequential")
        for head in ("head", "head", "0001", "0003", "base"):
            commands.revision(project, "x", head=head, splice=True)
        assert commands.merge(project, ["heads"]).revision.id == "0006"
        commands.revision(project, "by hand", rev_id="0041")
        # A random id may be made of digits alone.
        commands.revision(project, "random", rev_id="123456789012")
        assert commands.revision(project, "next").revision.id == "0042"
        assert project.graph["0004"].down_revisions == ("0003",)

    def test_another_encoding(self, empty: Project) -> None:
        template = empty.scripts.template_path
        text = template.read_text(encoding="utf-8")
        template.write_text("${'# coding: latin-1'}\n" + text, encoding="utf-8")
        project = setting("output_encoding = latin-1")
        made = commands.revision(project, "größer", rev_id="a1")
        assert made.revision.path is not None
        assert "größer".encode("latin-1") in made.revision.path.read_bytes()
        assert project.graph["a1"].message == "größer"


class TestHeads:
    def test_dependencies_resolved(self, project: Project) -> None:
        commands.revision(project, "x", rev_id="x1", head="base", depends_on=["a3d9"])
        assert str(commands.heads(project)) == "a3d94c07be12 (effective head)\nx1 (head)"
        assert str(commands.heads(project, resolve_dependencies=True)) == "x1 (head)"


class TestSql:
    def test_is_refused(self, project: Project, refused: Refused) -> None:
        error = refused(UsageError, commands.revision, project, "x", sql=True)
        assert error.message == (
            "Using --sql with the revision command when revision_environment is not configured does not make any sense"
        )

    @pytest.mark.parametrize("sql", [False, True])
    def test_where_env_py_runs_for_new_revisions(self, project: Project, sql: bool) -> None:
        env = project.scripts.location / "env.py"
        env.write_text(
            "from nbmigrate import context\n"
            "import sqlalchemy as sa\n"
            "arguments = {'template_args': {'who': f'offline: {context.is_offline_mode()}'}}\n"
            "if context.is_offline_mode():\n"
            "    context.configure(url='sqlite://', **arguments)\n"
            "    context.run_migrations()\n"
            "else:\n"
            "    with sa.create_engine('sqlite://').connect() as connection:\n"
            "        context.configure(connection=connection, **arguments)\n"
            "        context.run_migrations()\n",
            encoding="utf-8",
        )
        template = project.scripts.template_path
        template.write_text(template.read_text(encoding="utf-8") + "\n# ${who}\n", encoding="utf-8")
        project = setting("revision_environment = true")
        made = commands.revision(project, "x", rev_id="x1", sql=sql)
        assert made.source.endswith(f"# offline: {sql}\n")
        commands.revision(project, "y", rev_id="y1", head="29cf", splice=True)
        assert commands.merge(project, ["heads"]).source.endswith("# offline: False\n")


class TestInit:
    def test_a_package(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        made = commands.init("practice", package=True)
        files = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
        assert {"practice/__init__.py", "practice/versions/__init__.py"} <= files
        assert {path.name for path in made.paths} >= {"__init__.py"}
        assert "versions/\n      └─ __init__.py" in str(made)
        project = Project.open()
        commands.revision(project, "x", rev_id="a1")
        assert commands.verify(project).ok
        assert commands.init("practice", package=True).changed is False

    def test_a_folder_with_something_in_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "practice").mkdir()
        (tmp_path / "practice" / "mine.txt").write_text("mine", encoding="utf-8")
        error = refused(ConfigError, commands.init, "practice")
        assert error.message == "Directory practice already exists and is not empty."

    def test_an_ini_that_is_there_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "nbmigrate.ini").write_text("[nbmigrate]\nscript_location = practice\n", encoding="utf-8")
        made = commands.init("practice")
        assert "nbmigrate.ini exists already and was kept." in made.notes
        assert (tmp_path / "nbmigrate.ini").read_text(encoding="utf-8").startswith("[nbmigrate]\nscript")

    def test_several_databases(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
    ) -> None:
        monkeypatch.chdir(tmp_path)
        commands.init("practice", template="multidb")
        for name in ("engine1", "engine2"):
            assert main(["-n", name, "config", "sqlalchemy.url", f"sqlite:///{name}.db"]) == 0
        project = Project.open()
        error = refused(BodyError, commands.revision, project, "x", body="op.create_table('t')\n")
        assert error.message.endswith(
            "functions for each of the databases engine1, engine2, and this is in none."
        )
        body = "def upgrade_engine2():\n    op.execute('CREATE TABLE t (id INTEGER)')\n\n\n"
        body += "def downgrade_engine2():\n    op.execute('DROP TABLE t')\n"
        commands.revision(project, "x", body=body, rev_id="a1")
        assert commands.revision(project, "x", body=body, rev_id="a1").action == "unchanged"
        commands.upgrade(project, "head")
        held = {}
        for name in ("engine1", "engine2"):
            with sqlite3.connect(f"{name}.db") as connection:
                held[name] = [
                    row[0] for row in connection.execute("SELECT name FROM sqlite_master ORDER BY 1")
                ]
            connection.close()
        assert [name for name in held["engine1"] if "alembic" not in name] == []
        assert [name for name in held["engine2"] if "alembic" not in name] == ["t"]

    def test_the_templates(self) -> None:
        result = commands.list_templates()
        assert [row["template"] for row in result.rows()] == [
            "nbmigrate",
            "generic",
            "alembic",
            "async",
            "multidb",
            "pyproject",
            "pyproject_async",
        ]
        assert str(result).startswith("Available templates:\n\nnbmigrate - ")


class TestEdit:
    @pytest.fixture(autouse=True)
    def editor(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """An editor that writes down what it was to open."""
        program = tmp_path / "an editor"
        program.write_text(
            f"#!{sys.executable}\nimport sys\nopen('{tmp_path}/opened', 'a').write(' '.join(sys.argv[1:]) + '\\n')\n",
            encoding="utf-8",
        )
        program.chmod(0o755)
        monkeypatch.delenv("VISUAL", raising=False)
        monkeypatch.setenv("EDITOR", str(program))
        return program

    def opened(self) -> list[str]:
        return Path("opened").read_text(encoding="utf-8").splitlines()

    def test_one_after_the_other(self, project: Project) -> None:
        commands.revision(project, "x", rev_id="x1", head="base")
        assert edit("heads") == (0, "", "")
        assert self.opened() == [str(Path.cwd() / where(project, id_)) for id_ in project.graph.heads]

    def test_current(self, project: Project) -> None:
        code, _, err = edit("current")
        assert code == 1
        assert err.startswith("FAILED: No current revisions: the database is at base.\n")
        with sqlite3.connect("db_file.db") as connection:
            connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            connection.execute("INSERT INTO alembic_version VALUES ('5f0c6e2a91b7')")
        connection.close()
        assert edit("current") == (0, "", "")
        assert self.opened() == [str(Path.cwd() / where(project, "5f0c6e2a91b7"))]

    def test_which_editor(
        self,
        project: Project,
        editor: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("EDITOR", f"'{editor}' --wait")
        assert edit("head") == (0, "", "")
        assert self.opened()[-1].startswith("--wait ")
        monkeypatch.delenv("EDITOR")
        monkeypatch.setenv("VISUAL", str(editor))
        assert edit("29cf") == (0, "", "")
        assert "29cf196546aa" in self.opened()[-1]
        monkeypatch.delenv("VISUAL")
        editor.rename(editor.with_name("nano"))
        monkeypatch.setenv("PATH", f"{editor.parent}")
        assert edit("5f0c") == (0, "", "")
        assert "5f0c6e2a91b7" in self.opened()[-1]
        monkeypatch.setenv("PATH", "")
        assert edit("5f0c")[2].startswith("FAILED: No suitable editor found.\n")

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ("false", "FAILED: Error executing editor (false ended with exit code 1).\n"),
            (
                "/no/such",
                "FAILED: Error executing editor (/no/such cannot be started: No such file or directory).\n",
            ),
            ("'nano", "FAILED: Error executing editor (a quote in EDITOR is not closed).\n"),
        ],
    )
    def test_an_editor_that_fails(
        self,
        project: Project,
        monkeypatch: pytest.MonkeyPatch,
        words: str,
        message: str,
    ) -> None:
        monkeypatch.setenv("EDITOR", words)
        code, _, err = edit("head")
        assert code == 1
        assert err.startswith(message)

    def test_a_body_goes_into_one(self, project: Project, refused: Refused) -> None:
        commands.revision(project, "x", rev_id="x1", head="base")
        refused(AmbiguousRevisionError, commands.edit, project, "heads", "pass")


def edit(*words: str) -> tuple[int, str, str]:
    """Run `edit` in a terminal: without one it reads the new body from its input."""
    terminal, stdin = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "nbmigrate", "edit", *words],
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(terminal)
        os.close(stdin)
    return done.returncode, done.stdout, done.stderr


# --- what is said where there is little to say


def test_a_range_that_nothing_is_in(project: Project, refused: Refused) -> None:
    result = commands.history(project, rev_range="base:base")
    assert (str(result), result.notes) == ("", ("No revision is in this range.",))
    error = refused(TargetError, commands.history, project, rev_range=":-1")
    assert error.hint == "The right end of a range counts up from the left one, as in +2."


def test_a_merge_of_heads_that_leaves_one_out(project: Project, refused: Refused) -> None:
    commands.revision(project, "x", rev_id="x1", head="base", depends_on=["a3d9"])
    assert refused(TargetError, commands.merge, project, ["heads"]).hint == (
        "Name them. a3d94c07be12: another revision depends on it, so `heads` leaves it out."
    )
    assert commands.merge(project, ["a3d9", "x1"], "m").revision.down_revisions == ("a3d94c07be12", "x1")


def test_what_is_said_twice_is_written_once(project: Project) -> None:
    made = commands.revision(
        project, "x", rev_id="x1", depends_on=["29cf", "29cf196546aa"], branch_label=["shop", "shop"]
    )
    assert (made.revision.depends_on, made.revision.branch_labels) == (("29cf196546aa",), ("shop",))


def test_the_folders_between_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(commands.init("db/migrations")).splitlines() == [
        ".",
        "├─ nbmigrate.ini",
        "└─ db/",
        "   └─ migrations/",
        "      ├─ README",
        "      ├─ env.py",
        "      ├─ script.py.mako",
        "      └─ versions/",
    ]
