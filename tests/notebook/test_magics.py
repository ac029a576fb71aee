"""`%migrate` in a real shell: what each line returns, shows and refuses."""

import inspect
import io
import shutil
import sqlite3
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pytest
from IPython.utils.capture import capture_output

from nbmigrate import Project, cli, commands
from nbmigrate.commands.database.current import CurrentResult
from nbmigrate.commands.database.explore import ExploreResult
from nbmigrate.commands.files.revision_file import RevisionResult
from nbmigrate.commands.history.graph import GraphResult
from nbmigrate.commands.parser import build, parse
from nbmigrate.commands.parser.arguments import Call
from nbmigrate.errors import (
    BodyError,
    ConfigError,
    IrreversibleError,
    MigrateError,
    MigrationFailedError,
    NoProjectError,
    RevisionAppliedError,
    RevisionNotFoundError,
    TableNotFoundError,
    UsageError,
)
from nbmigrate.notebook.line import split
from nbmigrate.scripts.writing.cell_record import without_record

E = TypeVar("E", bound=MigrateError)


def run(shell: Any, line: str, body: str | None = None) -> Any:
    """Return what a magic returns; its errors come through."""
    if body is None:
        return shell.run_line_magic("migrate", line)
    return shell.run_cell_magic("migrate", line, body)


def printed(shell: Any, cell: str) -> str:
    """Return what running a cell prints, errors included."""
    with redirect_stdout(io.StringIO()) as out:
        shell.run_cell(cell)
    return out.getvalue()


def refused(kind: type[E], shell: Any, line: str, body: str | None = None) -> E:
    with pytest.raises(kind) as caught:
        run(shell, line, body)
    return caught.value


def files() -> dict[str, bytes]:
    return {
        str(path): path.read_bytes()
        for path in sorted(Path().rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def position() -> list[str]:
    connection = sqlite3.connect("db_file.db")
    found = [name for (name,) in connection.execute("SELECT version_num FROM alembic_version")]
    connection.close()
    return found


# --- the extension


def test_load_unload_reload(bare_shell: Any, project_folder: Path) -> None:
    matchers = list(bare_shell.Completer.custom_matchers)
    for verb in ("load_ext", "reload_ext", "load_ext"):
        with redirect_stdout(io.StringIO()):
            bare_shell.run_line_magic(verb, "nbmigrate")
        assert len(bare_shell.Completer.custom_matchers) == len(matchers) + 1
        assert [type(item).__name__ for item in bare_shell.configurables].count("MigrateMagics") == 1
        assert str(run(bare_shell, "heads")) == "c3 (shop) (head)"
    bare_shell.run_line_magic("unload_ext", "nbmigrate")
    assert bare_shell.Completer.custom_matchers == matchers
    assert "MigrateMagics" not in [type(item).__name__ for item in bare_shell.configurables]
    assert "MigrateMagics" not in bare_shell.magics_manager.registry
    assert bare_shell.find_line_magic("migrate") is None
    assert bare_shell.find_cell_magic("migrate") is None
    assert GraphResult not in bare_shell.display_formatter.mimebundle_formatter.type_printers
    bare_shell.run_line_magic("load_ext", "nbmigrate")
    assert str(run(bare_shell, "heads")) == "c3 (shop) (head)"


# --- the words


VERBS = [
    ("init", "init other -t alembic"),
    ("list_templates", "list_templates"),
    ("config", "config sqlalchemy.url"),
    ("revision", "revision -m 'a fax' --rev-id d4"),
    ("edit", "edit c3"),
    ("merge", "merge c3 x9 -m both --rev-id d4"),
    ("rebase", "rebase c3 --onto a1"),
    ("delete", "delete c3"),
    ("verify", "verify"),
    ("tutorial", "tutorial there"),
    ("differences", "differences --all"),
    ("open", "open ."),
    ("show", "show b2"),
    ("current", "current -v"),
    ("history", "history -r a1: -i"),
    ("heads", "heads --verbose"),
    ("branches", "branches -v"),
    ("graph", "graph"),
    ("log", "log -n 3"),
    ("upgrade", "upgrade head"),
    ("downgrade", "downgrade base"),
    ("stamp", "stamp head"),
    ("ensure_version", "ensure_version"),
    ("doctor", "doctor"),
    ("resume", "resume"),
    ("abandon", "abandon"),
    ("preview", "preview downgrade -1"),
    ("explore", "explore --read-only"),
    ("tables", "tables"),
    ("table", "table customer --columns id,name --where 'id < 4' --order-by 'id desc'"),
    ("schema", "schema customer"),
]


def test_every_verb_is_compared() -> None:
    assert [verb for verb, _ in VERBS] == list(build()[1])


INTERRUPTED = """
def upgrade():
    with op.get_context().autocommit_block():
        op.execute('CREATE TABLE kept (id INTEGER)')
    op.execute('INSERT INTO later VALUES (1)')
def downgrade():
    pass
"""


def leave_half_way(shell: Any) -> None:
    run(shell, "revision -m half --rev-id d4 --head c3", INTERRUPTED)
    with pytest.raises(MigrationFailedError):
        commands.upgrade(shell.magics_manager.registry["MigrateMagics"].session.open(), "head")
    connection = sqlite3.connect("db_file.db")
    connection.execute("CREATE TABLE later (id INTEGER)")
    connection.close()


@pytest.mark.parametrize(("verb", "line"), VERBS, ids=[verb for verb, _ in VERBS])
def test_the_magic_and_the_command_give_equal_results(
    shell: Any,
    template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    line: str,
) -> None:
    body = "op.add_column('customer', sa.Column('fax', sa.Text))" if verb in ("revision", "edit") else None
    folder = tmp_path / "project"

    def prepare() -> None:
        monkeypatch.chdir(tmp_path)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
        monkeypatch.chdir(folder)
        if verb == "init":
            Path("nbmigrate.ini").unlink()
        if verb in ("resume", "abandon"):
            leave_half_way(shell)
        if verb == "merge":
            run(shell, "revision -m other --rev-id x9 --head b2 --splice")

    prepare()
    magic = run(shell, line, body)
    left_by_magic = files()
    prepare()
    clock = shell.magics_manager.registry["MigrateMagics"].session.open().clock if verb != "init" else None
    words = split(line)
    command = parse(words)(
        Call(lambda options: Project(cli.open_project(options).config, clock=clock), body=body)
    )
    if verb == "table":
        pd.testing.assert_frame_equal(magic, command.to_frame())
    elif isinstance(command, ExploreResult):
        assert magic.read_only == command.rows()[0]["read_only"]
        assert magic.model.project.config == command.project.config
    else:
        assert magic == command
        assert type(magic) is type(command)
        assert str(magic) == str(command)
    assert {name: text for name, text in files().items() if name != "db_file.db"} == {
        name: text for name, text in left_by_magic.items() if name != "db_file.db"
    }


def test_a_result_is_returned(shell: Any, project_folder: Path) -> None:
    shell.run_cell("r = %migrate current\nrows = r.rows()")
    result = shell.user_ns["r"]
    assert isinstance(result, CurrentResult)
    assert [row["revision"] for row in shell.user_ns["rows"]] == ["b2"]
    assert str(result) == "b2"


def test_a_semicolon_at_the_end_shows_nothing(shell: Any, project_folder: Path) -> None:
    assert printed(shell, "%migrate heads") != ""
    assert printed(shell, "%migrate heads;") == ""
    assert printed(shell, "%migrate heads ;") == ""
    assert printed(shell, "%migrate upgrade head;") == ""
    assert position() == ["c3"]


def test_braces_and_dollars_mean_themselves(shell: Any, project_folder: Path) -> None:
    shell.user_ns["v"] = "expanded"
    written = run(shell, "revision -m 'pay {v} in $v' --rev-id d4")
    assert written.revision.message == "pay {v} in $v"
    shell.run_cell("r = %migrate revision -m 'and {v} $v' --rev-id e5")
    assert shell.user_ns["r"].revision.message == "and {v} $v"


def test_a_word_that_is_a_variable_in_braces_is_its_value(shell: Any, project_folder: Path) -> None:
    shell.user_ns.update(target="a1", number=2)
    shell.run_cell("%migrate downgrade {target}")
    assert position() == ["a1"]
    assert len(run(shell, "history --limit {number}").rows()) == 2
    error = refused(RevisionNotFoundError, shell, "upgrade {nothing}")
    assert error.hint.splitlines()[-1] == (
        "The notebook has no variable 'nothing' either: set it in a cell before, nothing = '...'."
    )
    for written in ("$target", "${target}"):
        error = refused(RevisionNotFoundError, shell, f"upgrade {written}")
        assert error.hint.splitlines()[-1] == "To pass the notebook's variable, write {target}."
    assert "variable" not in refused(RevisionNotFoundError, shell, "upgrade $nothing").hint
    for kind, line in (
        (RevisionNotFoundError, "upgrade {names[0]}"),
        (TableNotFoundError, "table {names[0]}"),
    ):
        assert refused(kind, shell, line).hint.splitlines()[-1] == (
            "Only a variable's name is taken in braces: write x = names[0] above, and {x} here."
        )
    for line in ("schema $target", "history --limit $target"):
        assert refused(MigrateError, shell, line).hint.endswith(
            "\nTo pass the notebook's variable, write {target}."
        )


def test_a_revision_that_is_called_so_comes_before_a_variable(shell: Any, project_folder: Path) -> None:
    run(shell, "revision -m odd --rev-id {odd}", "def upgrade(): pass\ndef downgrade(): pass")
    shell.user_ns["odd"] = "a1"
    run(shell, "upgrade {odd}")
    assert position() == ["{odd}"]
    assert run(shell, "show {odd}").rows()[0]["revision"] == "{odd}"


def test_a_revision_does_not_see_the_variables_of_the_notebook(shell: Any, project_folder: Path) -> None:
    shell.user_ns["names"] = ["Ada"]
    run(shell, "revision -m x --rev-id d4", "def upgrade():\n    print(names)\ndef downgrade():\n    pass")
    error = refused(MigrationFailedError, shell, "upgrade head")
    assert error.hint.splitlines()[-1].startswith(
        "`names` is a variable of the notebook, which a revision file"
    )
    del shell.user_ns["names"]
    assert "variable of the notebook" not in refused(MigrationFailedError, shell, "upgrade head").hint


def test_a_run_that_fails_shows_what_it_had_applied(shell: Any, project_folder: Path) -> None:
    body = "def upgrade():\n    op.execute('INSERT INTO nowhere VALUES (1)')\ndef downgrade():\n    pass"
    run(shell, "revision -m x --rev-id d4", body)
    with capture_output() as captured:
        error = refused(MigrationFailedError, shell, "upgrade head")
    (shown,) = captured.outputs
    assert shown.data["text/plain"] == str(error.result)
    assert shown.data["text/plain"].endswith("\n1 of 2 revisions is done.")
    assert "<code>c3</code>" in shown.data["text/html"]

    run(shell, "downgrade b2")
    with capture_output() as quiet:
        refused(MigrationFailedError, shell, "-q upgrade head")
    assert quiet.outputs == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("history   # all of them", ["history"]),
        ("# nothing", []),
        ("heads;  # shown nowhere", ["heads"]),
        ("revision -m 'bug #12' --rev-id a#b", ["revision", "-m", "bug #12", "--rev-id", "a#b"]),
        ('revision -m "a \\" # b" # c', ["revision", "-m", 'a " # b']),
        (r"revision -m \# x", ["revision", "-m", "#", "x"]),
        ("config sqlalchemy.url sqlite:///a#b.db", ["config", "sqlalchemy.url", "sqlite:///a#b.db"]),
    ],
)
def test_a_comment_is_no_argument(line: str, words: list[str]) -> None:
    assert split(line) == words


@pytest.mark.parametrize(
    ("words", "begins", "write"),
    [
        (["downgrade", "–1"], "'–1' begins with en dash", "Write -1 "),
        (["upgrade", "head", "—sql"], "'—sql' begins with em dash", "Write --sql "),
        (["upgrade", "head", "–-sql"], "'–-sql' begins with en dash", "Write --sql "),
        (["upgrade", "−n"], "'−n' begins with minus sign", "Write -n "),
    ],
)
def test_a_dash_is_no_hyphen(words: list[str], begins: str, write: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert caught.value.message.startswith(begins)
    assert caught.value.hint.startswith(write)


def test_the_value_of_an_option_may_begin_with_a_dash() -> None:
    assert parse(["revision", "-m", "– draft –"]).options.message == "– draft –"


def test_a_quote_that_is_not_closed(shell: Any, project_folder: Path) -> None:
    before = files()
    error = refused(UsageError, shell, "revision -m 'it's new'")
    assert error.message == "A quote is not closed: revision -m 'it's new'"
    assert '"double quotes"' in error.hint
    assert files() == before


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_is_one_text(shell: Any, flag: str) -> None:
    text = run(shell, flag).text
    assert text == inspect.getdoc(shell.find_line_magic("migrate"))
    assert text == inspect.getdoc(shell.find_cell_magic("migrate"))
    assert text == run(shell, "").text
    with capture_output() as shown:
        shell.run_cell("%migrate?")
    for line in text.splitlines():
        assert line.strip() in shown.stdout
    for verb in build()[1]:
        assert run(shell, f"{verb} {flag}").text.startswith(f"usage: %migrate {verb} ")


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("upgrad head", "There is no verb 'upgrad'.", "Did you mean 'upgrade'?\nVerbs:\n  files     config"),
        ("heads --verbos3", "`heads` has no option '--verbos3'.", "Did you mean --verbose?"),
        (
            "upgrade",
            "The following arguments are required: revision.",
            "usage: %migrate upgrade [-h] [--sql] [--dialect NAME] [-o FILE] [--tag TAG]",
        ),
        ("edit c3", "`edit` needs the new body.", "Use %%migrate edit with the body under it"),
    ],
)
def test_words_that_are_not_understood(
    shell: Any, project_folder: Path, line: str, message: str, hint: str
) -> None:
    error = refused(UsageError, shell, line)
    assert error.message == message
    assert error.hint.startswith(hint)


def test_a_body_where_none_is_taken(shell: Any, project_folder: Path) -> None:
    error = refused(UsageError, shell, "upgrade head", "op.drop_table('customer')")
    assert error.message == "`upgrade` takes no body."
    assert position() == ["b2"]


# --- bodies


def test_a_body_with_both_functions(shell: Any, project_folder: Path) -> None:
    body = "def upgrade():\n    op.execute('SELECT 1')\n\n\ndef downgrade():\n    op.execute('SELECT 2')\n"
    written = run(shell, "revision -m both --rev-id d4", body)
    assert isinstance(written, RevisionResult)
    assert written.action == "created"
    assert without_record(written.source).endswith(body)
    assert Path("practice/versions/d4_both.py").read_text(encoding="utf-8") == written.source


def test_a_downgrade_is_derived(shell: Any, project_folder: Path) -> None:
    written = run(
        shell, "revision -m fax --rev-id d4", "op.add_column('customer', sa.Column('fax', sa.Text))\n"
    )
    assert "def downgrade() -> None:" in written.source
    assert without_record(written.source).rstrip().endswith("op.drop_column('customer', 'fax')")
    run(shell, "upgrade head")
    run(shell, "downgrade -2")
    assert position() == ["b2"]


def test_what_cannot_be_derived_is_refused(shell: Any, project_folder: Path) -> None:
    before = files()
    error = refused(
        IrreversibleError, shell, "revision -m gone --rev-id d4", "op.execute('DELETE FROM customer')"
    )
    assert error.message.startswith("No downgrade can be generated")
    assert "op.execute" in error.message
    assert "def downgrade():" in error.hint
    assert files() == before


@pytest.mark.parametrize("line", ["revision -m broken --rev-id d4", "edit c3"])
def test_a_syntax_error_points_at_the_line_of_the_cell(shell: Any, project_folder: Path, line: str) -> None:
    before = files()
    error = refused(
        BodyError, shell, line, "def upgrade():\n    op.drop_table('customer'\n\ndef downgrade(): pass\n"
    )
    assert error.line == 3
    assert "line 3" in error.message
    assert "op.drop_table('customer'" in str(error)
    assert files() == before


def test_edit_replaces_the_body_while_it_is_not_applied(shell: Any, project_folder: Path) -> None:
    body = "op.add_column('customer', sa.Column('fax', sa.Text))"
    assert run(shell, "edit c3", body).action == "updated"
    assert run(shell, "edit c3", body).action == "unchanged"
    error = refused(RevisionAppliedError, shell, "edit b2", body)
    assert error.message == "Revision b2 is applied to the database, so its file stays as it is."
    assert "`downgrade a1` first" in error.hint


# --- tables


def test_a_table_is_a_frame_and_its_cap_is_said(shell: Any, project_folder: Path) -> None:
    with capture_output() as shown:
        shell.run_cell("%migrate table customer\nframe = %migrate table customer")
    frame = shell.user_ns["frame"]
    assert isinstance(frame, pd.DataFrame)
    assert frame.shape == (1000, 3)
    assert frame.attrs == {"total": 1200}
    (first,) = shown.outputs
    assert first.data["text/plain"].splitlines()[-2:] == ["… 940 more", "1,000 of 1,200 rows."]
    assert "1,000 of 1,200 rows." in first.data["text/html"]
    with capture_output() as shown:
        frame = run(shell, "table customer --limit all --columns id")
    assert frame["id"].tolist() == list(range(1, 1201))
    assert shown.outputs == []


def test_quiet_shows_and_returns_nothing(shell: Any, project_folder: Path) -> None:
    assert run(shell, "-q upgrade head") is None
    assert position() == ["c3"]


# --- the options


def test_short_errors(shell: Any, project_folder: Path) -> None:
    assert printed(shell, "%migrate upgrad head").startswith(
        "UsageError: There is no verb 'upgrad'.\nDid you mean"
    )
    shell.run_line_magic("config", "MigrateMagics.short_errors = False")
    shown = printed(shell, "%migrate upgrad head")
    assert shown.startswith("Traceback (most recent call last):")
    assert "_check_verb" in shown
    shell.run_line_magic("config", "MigrateMagics.short_errors = True")
    assert "Traceback" not in printed(shell, "%migrate upgrad head")
    assert "Traceback" in printed(shell, "%migrate --raiseerr upgrade nowhere")
    assert "Traceback" not in printed(shell, "%migrate upgrade nowhere")


def test_config_explains_itself(shell: Any) -> None:
    shown = printed(shell, "%config MigrateMagics")
    for name in ("short_errors", "revision_ids", "clock", "layout"):
        assert f"MigrateMagics.{name}=" in shown


def test_the_clock_stands_still(shell: Any, project_folder: Path) -> None:
    assert "Create Date: 2021-06-20 03:58:06\n" in run(shell, "revision -m x --rev-id d4").source
    assert [row["seconds"] for row in run(shell, "upgrade head").rows()] == [0.0, 0.0]
    shell.run_line_magic("config", "MigrateMagics.clock = 'yesterday'")
    error = refused(ConfigError, shell, "heads")
    assert error.message == "MigrateMagics.clock = 'yesterday' is not a date and time."
    shell.run_line_magic("config", "MigrateMagics.clock = ''")
    assert "Create Date: 2021-06-20" not in run(shell, "revision -m x --rev-id e5").source


def test_the_clock_says_the_same_in_every_time_zone(shell: Any, project_folder: Path) -> None:
    run(shell, "config timezone Asia/Tokyo")
    shell.run_line_magic("config", "MigrateMagics.clock = '2021-06-20 03:58:06'")
    assert "Create Date: 2021-06-20 12:58:06+09:00\n" in run(shell, "revision -m x --rev-id d4").source


def test_sequential_ids(shell: Any, empty_folder: Path) -> None:
    run(shell, "init practice --url sqlite:///db_file.db")
    shell.run_line_magic("config", "MigrateMagics.revision_ids = 'sequential'")
    assert [run(shell, f"revision -m {word}").revision.id for word in "xyz"] == ["0001", "0002", "0003"]
    shell.run_line_magic("config", "MigrateMagics.revision_ids = 'random'")
    assert len(run(shell, "revision -m random").revision.id) == 12


def test_layout(shell: Any, project_folder: Path) -> None:
    drawn = run(shell, "graph")
    shell.run_line_magic("config", "MigrateMagics.layout = 'lanes'")
    shown, _ = shell.display_formatter.format(drawn)
    assert set(shown) == {"text/plain", "text/html"}
    assert drawn.to_svg() in shown["text/html"]
    assert shown["text/plain"] == str(drawn)
    shell.run_line_magic("config", "MigrateMagics.layout = 'auto'")
    shown, _ = shell.display_formatter.format(drawn)
    assert 'data-rev="c3"' in shown["text/html"]


# --- which project


def test_before_init(shell: Any, empty_folder: Path) -> None:
    error = refused(NoProjectError, shell, "heads")
    assert "init" in error.hint
    assert list(empty_folder.iterdir()) == []


def test_two_inis(shell: Any, project_folder: Path) -> None:
    run(shell, "heads")
    Path("alembic.ini").write_text("[alembic]\nscript_location = practice\n", encoding="utf-8")
    error = refused(NoProjectError, shell, "heads")
    assert "nbmigrate.ini" in str(error)
    assert "alembic.ini" in str(error)
    assert str(run(shell, "-c nbmigrate.ini heads")) == "c3 (shop) (head)"


def test_the_project_follows_the_folder_the_ini_and_the_environment(
    shell: Any, project_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = shell.magics_manager.registry["MigrateMagics"].session
    assert session.open() is session.open()
    run(shell, "config sqlalchemy.url sqlite:///%(NBMIGRATE_PLACE)s.db")
    assert "NBMIGRATE_PLACE" in str(refused(ConfigError, shell, "current"))
    monkeypatch.setenv("NBMIGRATE_PLACE", "db_file")
    assert str(run(shell, "current")) == "b2"
    other = tmp_path / "other"
    other.mkdir()
    shell.run_line_magic("cd", f"-q {other}")
    with pytest.raises(NoProjectError):
        run(shell, "current")


# --- what is shown


def test_nothing_shown_says_where_the_folder_is(shell: Any, project_folder: Path) -> None:
    lines = [
        "config",
        "revision -m x --rev-id d4",
        "show b2",
        "upgrade head",
        "current -v",
        "history -v",
        "heads -v",
    ]
    ran = [run(shell, line) for line in [*lines, "graph", "tables", "schema customer", "init practice"]]
    assert any(str(project_folder) in str(result) for result in ran)
    for result in ran:
        shown, _ = shell.display_formatter.format(result)
        assert {"text/plain", "text/html"} <= set(shown)
        for kind, text in shown.items():
            assert str(project_folder) not in text, (type(result).__name__, kind)
            assert "project/" not in text, (type(result).__name__, kind)


def test_settings_are_aligned_whatever_the_folder_is_called(shell: Any, project_folder: Path) -> None:
    shown, _ = shell.display_formatter.format(run(shell, "config"))
    lines = shown["text/plain"].splitlines()
    assert lines[2].split() == ["script_location", "practice", "nbmigrate.ini:5"]
    assert len({line.find(line.split()[-1]) for line in lines[:1] + lines[2:]}) == 1


def test_messages_are_escaped(shell: Any, project_folder: Path) -> None:
    run(shell, "revision -m '<script>alert(1)</script>' --rev-id d4")
    for line in ("history", "history -v", "graph", "show d4", "heads", "upgrade head", "current"):
        shown, _ = shell.display_formatter.format(run(shell, line))
        assert "<script" not in shown["text/html"], line


def test_a_graph_that_is_not_trusted_is_its_characters(shell: Any, project_folder: Path) -> None:
    drawn = run(shell, "graph")
    shown, _ = shell.display_formatter.format(drawn)
    assert '<div class="nbm-drawing" hidden="hidden"><svg ' in shown["text/html"]
    assert f'</svg></div><pre class="nbm-instead">{drawn}</pre>' in shown["text/html"]


def test_a_script_for_another_database_into_a_file(shell: Any, project_folder: Path) -> None:
    shell.run_cell("written = %migrate upgrade head --sql --dialect postgresql -o head.sql")
    shell.run_cell("shown = %migrate preview base:head --dialect mysql")
    assert str(shell.user_ns["written"]) == "The script is in head.sql."
    assert (project_folder / "head.sql").read_text() == shell.user_ns["written"].sql
    assert "SERIAL" in shell.user_ns["written"].sql
    assert "AUTO_INCREMENT" in shell.user_ns["shown"].sql
