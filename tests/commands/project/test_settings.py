"""`config KEY VALUE`: which settings there are, and which values each may have."""

import re
from pathlib import Path

import pytest

import nbmigrate
from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.commands.project.config import ConfigChangeResult, SettingsResult
from nbmigrate.config.options import KEYS
from nbmigrate.errors import ConfigError, MigrateError, ScriptError

INI = Path("nbmigrate.ini")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project of one revision, in the current folder."""
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url="sqlite:///db_file.db")
    found = Project.open()
    commands.revision(found, "first", rev_id="a1")
    return found


def refused(project: Project, key: str, value: str) -> MigrateError:
    """The error of a setting; the ini is as it was."""
    before = INI.read_bytes()
    with pytest.raises(MigrateError) as caught:
        commands.config(project, key, value)
    assert INI.read_bytes() == before
    return caught.value


def write(line: str) -> int:
    """Write a line of the ini by hand; its number."""
    INI.write_text(INI.read_text().rstrip("\n") + f"\n{line}\n")
    return len(INI.read_text().splitlines())


def run_output(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    main(words)
    captured = capsys.readouterr()
    return captured.out + captured.err


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("sqlalchemy.ulr", "sqlalchemy.url"),
        ("sqlalchmy.url", "sqlalchemy.url"),
        ("url", "sqlalchemy.url"),
        ("sqlalchemy.pool_sise", "sqlalchemy.pool_size"),
        ("timezon", "timezone"),
        ("script_loction", "script_location"),
        ("record_run", "record_runs"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest(project: Project, key: str, near: str) -> None:
    error = refused(project, key, "x")
    assert error.message.startswith(f"There is no setting {key!r}")
    assert error.hint.startswith(f"Did you mean {near!r}?")


def test_a_setting_that_nothing_resembles_is_refused_too(project: Project) -> None:
    error = refused(project, "colour", "red")
    assert error.message == "There is no setting 'colour'."
    assert error.hint == (
        "`config` lists those in force. For one of your own, which env.py reads: `config --force colour VALUE`."
    )


def test_a_setting_of_ones_own_that_env_py_reads(project: Project) -> None:
    env = Path("practice/env.py")
    env.write_text(
        env.read_text().replace("config = context.config", "config = context.config\nx = 'tenant_id'")
    )
    assert isinstance(commands.config(project, "tenant_id", "5"), ConfigChangeResult)
    assert refused(project, "tenant_ib", "5").message == "There is no setting 'tenant_ib'."


def test_force_writes_a_setting_of_ones_own_and_what_is_refused(project: Project) -> None:
    commands.config(project, "colour", "red", force=True)
    assert project.config.get("colour") == "red"
    # What is there may be changed.
    commands.config(project, "colour", "green")
    assert project.config.get("colour") == "green"
    commands.config(project, "timezone", "Mars/Olympus", force=True)
    assert project.config.options["timezone"] == "Mars/Olympus"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sqlalchemy.url", "db_file.db", "The database URL is empty or malformed."),
        ("sqlalchemy.url", "", "The database URL is empty or malformed."),
        ("sqlalchemy.url", "postgresql://u:p@h:port/x", "The database URL cannot be read: its port is not"),
        ("sqlalchemy.url", "postgres://h/x", "Unknown database 'postgres' in the URL."),
        ("sqlalchemy.echo", "maybe", "sqlalchemy.echo = maybe is not valid."),
        ("sqlalchemy.pool_size", "many", "sqlalchemy.pool_size = many is not valid."),
        (
            "timezone",
            "Europe/Berlinn",
            "nbmigrate.ini, line 16: timezone = Europe/Berlinn: no such time zone.",
        ),
        (
            "truncate_slug_length",
            "many",
            "nbmigrate.ini, line 16: truncate_slug_length = many is not a number.",
        ),
        ("lock_timeout", "long", "lock_timeout = long is not a number of seconds."),
        ("postgresql_lock_timeout", "5parsecs", "postgresql_lock_timeout = 5parsecs is not a duration."),
        ("postgresql_lock_retries", "-1", "postgresql_lock_retries = -1 is not a whole number."),
        ("record_runs", "perhaps", "record_runs = perhaps is not valid."),
        ("sourceless", "True", "sourceless = True is not valid."),
        ("recursive_version_locations", "yes", "recursive_version_locations = yes is not valid."),
        ("revision_environment", "perhaps", "revision_environment = perhaps is not valid."),
        ("revision_headers", "guess", "nbmigrate.ini, line 16: revision_headers = guess is not valid."),
        ("revision_ids", "counted", "revision_ids = counted is not valid."),
        ("transaction", "all", "transaction = all is not valid."),
        ("path_separator", "comma", "nbmigrate.ini, line 15: path_separator = comma is not valid."),
        ("output_encoding", "utf8x", "output_encoding = utf8x: Python has no such encoding."),
        ("file_template", "%(revv)s", "file_template = %(revv)s cannot be filled in: 'revv'."),
    ],
)
def test_a_value_is_checked_when_it_is_set(project: Project, key: str, value: str, message: str) -> None:
    error = refused(project, key, value)
    expected = re.sub(r"line \d+", r"line \\d+", re.escape(message).replace(r"\ ", " "))
    assert re.match(expected, error.message), error.message
    assert error.hint.endswith("\nThe ini was left as it is.")


WRONG = [
    ("lock_timeout", "long", "is not a number of seconds."),
    ("record_runs", "perhaps", "is not valid."),
    ("transaction", "all", "is not valid."),
    ("postgresql_lock_timeout", "5parsecs", "is not a duration."),
    ("postgresql_statement_timeout", "", "is not a duration."),
    ("postgresql_lock_retries", "-1", "is not a whole number."),
]


@pytest.mark.parametrize(("key", "value", "said"), WRONG)
def test_a_wrong_value_in_the_ini_is_named_with_its_line(
    project: Project, key: str, value: str, said: str
) -> None:
    number = write(f"{key} = {value}")
    write("timezone = UTC")
    with pytest.raises(ConfigError) as caught:
        commands.upgrade(Project.open(), "head")
    assert caught.value.message == f"nbmigrate.ini, line {number}: {key} = {value} {said}"
    assert caught.value.hint and commands.tables(project).rows() == []


@pytest.mark.parametrize(("key", "value"), [("lock_timeout", "long"), ("record_runs", "perhaps")])
@pytest.mark.parametrize("words", ["current", "stamp head", "log", "upgrade head", "downgrade base"])
def test_whatever_verb_meets_it(
    project: Project, key: str, value: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["-q", "upgrade", "head"])
    number = write(f"{key} = {value}")
    code = main(words.split())
    err = capsys.readouterr().err
    if (key, words) == ("record_runs", "log"):
        # It reads what was recorded, whatever is to be.
        assert code == 0 and "FAILED" not in err
    else:
        assert code == 1
        assert err.startswith(f"FAILED: nbmigrate.ini, line {number}: {key} = {value} is not ")


def test_a_wrong_value_in_pyproject_is_named_with_its_line(project: Project) -> None:
    Path("pyproject.toml").write_text('[tool.alembic]\nscript_location = "practice"\nlock_timeout = "long"\n')
    with pytest.raises(ConfigError, match=r"^pyproject\.toml, line 3: lock_timeout = long is not a number"):
        commands.upgrade(Project.open(), "head")


def test_a_wrong_value_that_env_py_sets_is_in_no_line(project: Project) -> None:
    env = Path("practice") / "env.py"
    env.write_text(
        "from nbmigrate import context\ncontext.config.set_main_option('record_runs', 'perhaps')\n"
        + env.read_text()
    )
    with pytest.raises(ConfigError) as caught:
        commands.upgrade(Project.open(), "head")
    assert caught.value.message == "record_runs = perhaps is not valid."


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sqlalchemy.url", "postgresql+psycopg://me:%(NOT_SET_YET)s@localhost/shop"),
        ("sqlalchemy.url", "sqlite:///other.db"),
        ("sqlalchemy.echo", "debug"),
        ("sqlalchemy.pool_size", "3"),
        ("timezone", "utc"),
        ("revision_environment", "YES"),
        ("lock_timeout", "0.5"),
        ("transaction", "whole-run"),
        ("path_separator", "newline"),
        ("version_locations", "%(here)s/a"),
        ("prepend_sys_path", "src"),
    ],
)
def test_what_may_be_set(project: Project, key: str, value: str) -> None:
    assert isinstance(commands.config(project, key, value), ConfigChangeResult)
    assert project.config.options[key] == value


def test_the_tokens_of_a_file_name_are_written_as_an_ini_needs_them(project: Project) -> None:
    for written in ("%(year)d_%(rev)s", "%%(year)d_%%(rev)s"):
        commands.config(project, "file_template", written)
        assert "file_template = %%(year)d_%%(rev)s" in INI.read_text()
    assert project.config.file_template == "%(year)d_%(rev)s"


def test_unset_removes_all_lines_of_a_setting(project: Project) -> None:
    before = INI.read_text()
    commands.config(project, "timezone", "UTC")
    change = commands.config(project, "timezone", unset=True)
    assert str(change).splitlines()[1:] == ["- timezone = UTC"]
    assert INI.read_text() == before
    number = write("version_locations =\n  a\n  b")
    change = commands.config(Project.open(), "version_locations", unset=True)
    assert str(change).splitlines() == [
        f"nbmigrate.ini:{number - 2}",
        "- version_locations =",
        "-   a",
        "-   b",
    ]
    assert INI.read_text() == before
    with pytest.raises(
        ConfigError, match=r"has no 'timezon' in \[nbmigrate\], so there is nothing to remove"
    ):
        commands.config(Project.open(), "timezon", unset=True)


def test_unset_hides_a_password(project: Project) -> None:
    commands.config(project, "sqlalchemy.url", "postgresql+psycopg://me:s3cr3t@localhost/x")
    assert "s3cr3t" not in str(commands.config(project, "sqlalchemy.url", unset=True))


def test_unset_of_what_stands_for_all_sections(project: Project) -> None:
    INI.write_text("[DEFAULT]\ntimezone = UTC\n\n" + INI.read_text())
    with pytest.raises(ConfigError, match=r"nbmigrate.ini, line 2: timezone stands in \[DEFAULT\]"):
        commands.config(Project.open(), "timezone", unset=True)


@pytest.mark.parametrize("words", [["config", "--unset"], ["config", "--unset", "timezone", "UTC"]])
def test_unset_takes_one_setting(
    project: Project, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "FAILED: `--unset` takes one setting and no value." in run_output(capsys, *words)


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        (
            "sqlalchemy.ulr = x",
            "create_engine() takes no 'ulr' for this database and this env.py.",
            "Did you mean sqlalchemy.url? `config --unset sqlalchemy.ulr` removes the line.",
        ),
        (
            "sqlalchemy.echo = maybe",
            "sqlalchemy.echo = maybe is not valid.",
            "Correct it, or `config --unset sqlalchemy.echo` removes the line.",
        ),
        (
            "sqlalchemy.pool_size = 5",
            "create_engine() takes no 'pool_size' for this database and this env.py.",
            "`config --unset sqlalchemy.pool_size` removes the line.",
        ),
    ],
)
def test_an_error_from_a_wrong_line_names_the_ini_and_the_line(
    project: Project, line: str, message: str, hint: str
) -> None:
    number = write(line)
    with pytest.raises(ConfigError) as caught:
        commands.upgrade(Project.open(), "head")
    assert caught.value.message == f"nbmigrate.ini, line {number}: {message}"
    assert caught.value.hint == hint


def test_an_error_of_env_py_itself_names_env_py(project: Project) -> None:
    env = Path("practice/env.py")
    env.write_text(env.read_text() + "\nint('many')\n")
    write("sqlalchemy.logging_name = many")
    with pytest.raises(ScriptError, match=r"practice/env\.py, line \d+ failed: ValueError"):
        commands.upgrade(Project.open(), "head")


@pytest.mark.parametrize(
    ("right", "wrong"), [("sqlalchemy.url", "sqlalchemy.ulr"), ("script_location", "script_loction")]
)
def test_a_setting_that_is_missing_because_it_is_misspelled(project: Project, right: str, wrong: str) -> None:
    text = INI.read_text().replace(f"{right} =", f"{wrong} =")
    INI.write_text(text)
    number = text[: text.index(f"{wrong} =")].count("\n") + 1
    place = f"nbmigrate.ini, line {number}: {wrong} is no setting. Did you mean {right}?"
    with pytest.raises(ConfigError) as caught:
        commands.upgrade(Project.open(), "head")
    assert caught.value.hint == place
    listed = commands.config(Project.open())
    assert isinstance(listed, SettingsResult)
    assert listed.notes == (f"{place} `config --unset {wrong}` removes it.",)


def test_every_setting_that_is_read_can_be_set() -> None:
    own = (Path(nbmigrate.__file__).parent / "config" / "config.py").read_text()
    found = set(re.findall(r"self\.(?:get|is_true|items)\(\"([a-z_.]+)\"", own))
    for path in Path(nbmigrate.__file__).parent.rglob("*.py"):
        text = path.read_text()
        found |= set(re.findall(r"config\.(?:get|is_true|items|get_main_option)\(\"([a-z_.]+)\"", text))
        found |= set(re.findall(r"\boption\(\"([a-z_.]+)\"\)", text))
    assert len(found) > 20
    assert found <= set(KEYS)
