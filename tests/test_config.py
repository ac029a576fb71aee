"""Reading the settings of a project, and changing one line of them."""

import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nbmigrate.config import (
    Config,
    Setting,
    double_percent,
    is_secret,
    is_secret_value,
    mask_url,
    replace_file,
    set_option,
)
from nbmigrate.errors import ConfigError, NoProjectError


@pytest.fixture(autouse=True)
def _no_named_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NBMIGRATE_CONFIG", raising=False)
    monkeypatch.delenv("ALEMBIC_CONFIG", raising=False)


def ini(folder: Path, text: str, name: str = "nbmigrate.ini") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


class TestFind:
    def test_nothing_says_what_was_looked_for(self, tmp_path: Path) -> None:
        with pytest.raises(NoProjectError) as caught:
            Config.find(tmp_path)
        assert caught.value.message == (
            f"There is no project in {tmp_path}: no nbmigrate.ini, no alembic.ini, no pyproject.toml with "
            "[tool.nbmigrate] or [tool.alembic]."
        )

    def test_nothing_names_the_project_above(self, tmp_path: Path) -> None:
        above = ini(tmp_path, "[alembic]\n", "alembic.ini")
        (tmp_path / "a" / "b").mkdir(parents=True)
        with pytest.raises(NoProjectError) as caught:
            Config.find(tmp_path / "a" / "b")
        assert caught.value.hint == f"There is one above: change to {tmp_path}, or say -c {above}."

    def test_two_inis_are_refused_unless_one_is_named(self, tmp_path: Path) -> None:
        ini(tmp_path, "[nbmigrate]\n")
        other = ini(tmp_path, "[alembic]\n", "alembic.ini")
        with pytest.raises(NoProjectError, match=r"has two projects: nbmigrate\.ini and alembic\.ini"):
            Config.find(tmp_path)
        assert Config.find(tmp_path, file="alembic.ini").path == other

    @pytest.mark.parametrize("variable", ["NBMIGRATE_CONFIG", "ALEMBIC_CONFIG"])
    def test_the_environment_names_the_file(
        self, tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = ini(tmp_path, "[alembic]\n", "other.ini")
        monkeypatch.setenv(variable, str(other))
        assert Config.find(tmp_path / "elsewhere").path == other

    def test_a_named_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(NoProjectError, match=r"There is no file .*none\.ini"):
            Config.find(tmp_path, file="none.ini")

    @pytest.mark.parametrize(
        ("name", "text", "section"),
        [
            ("nbmigrate.ini", "[nbmigrate]\n[alembic]\n", "nbmigrate"),
            ("nbmigrate.ini", "[alembic]\n", "alembic"),
            ("alembic.ini", "[alembic]\n", "alembic"),
            ("alembic.ini", "", "alembic"),
            ("other.ini", "", "nbmigrate"),
        ],
    )
    def test_the_section(self, tmp_path: Path, name: str, text: str, section: str) -> None:
        ini(tmp_path, text, name)
        assert Config.find(tmp_path, file=name).section == section

    def test_a_section_that_is_not_there(self, tmp_path: Path) -> None:
        ini(tmp_path, "[nbmigrate]\n[staging]\n")
        with pytest.raises(ConfigError) as caught:
            Config.find(tmp_path, section="stagign")
        assert str(caught.value) == "nbmigrate.ini has no section [stagign].\nDid you mean staging?"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[nbmigrate]\na = 1\nA = 2\n", "nbmigrate.ini, line 3: a is in [nbmigrate] twice."),
            ("[nbmigrate]\n[nbmigrate]\n", "nbmigrate.ini, line 2: [nbmigrate] is there twice."),
            ("password = hunter2\n", "nbmigrate.ini, line 1: not under any [section]."),
            ("[nbmigrate]\nx = 1\nhunter2\n", "nbmigrate.ini, line 3: neither a [section] nor key = value."),
        ],
    )
    def test_a_file_that_is_no_ini(self, tmp_path: Path, text: str, message: str) -> None:
        ini(tmp_path, text)
        with pytest.raises(ConfigError) as caught:
            Config.find(tmp_path)
        assert caught.value.message == message
        assert "hunter2" not in str(caught.value)
        assert caught.value.__suppress_context__

    def test_a_file_that_is_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "nbmigrate.ini").write_bytes(b"[nbmigrate]\nx = \xff\n")
        with pytest.raises(ConfigError, match="cannot be read"):
            Config.find(tmp_path)

    def test_equal_when_the_files_say_the_same(self, tmp_path: Path) -> None:
        ini(tmp_path, "[nbmigrate]\nx = 1\n")
        first = Config.find(tmp_path)
        assert first == Config.find(tmp_path)
        assert hash(first) == hash(Config.find(tmp_path))
        ini(tmp_path, "[nbmigrate]\nx = 2\n")
        assert first != Config.find(tmp_path)


class TestToml:
    def test_a_project_in_pyproject_alone(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text(
            '[tool.alembic]\nscript_location = "%(here)s/migrations"\ntruncate_slug_length = 20\n'
            'file_template = "%%(rev)s"\nversion_locations = ["%(here)s/a b", "c"]\n'
            'recursive_version_locations = true\n[[tool.alembic.post_write_hooks]]\nname = "ruff"\n'
        )
        config = Config.find(tmp_path)
        assert (config.path, config.toml_path) == (None, tmp_path / "pyproject.toml")
        assert config.script_location == tmp_path / "migrations"
        assert config.version_locations == (tmp_path / "a b", tmp_path / "c")
        assert (config.file_template, config.truncate_slug_length) == ("%(rev)s", 20)
        assert config.recursive_version_locations
        assert config.section_items("alembic") == {}

    def test_the_ini_wins(self, tmp_path: Path) -> None:
        ini(tmp_path, "[nbmigrate]\nfile_template = ini\n")
        (tmp_path / "pyproject.toml").write_text(
            '[tool.nbmigrate]\nfile_template = "toml"\nscript_location = "m"\n'
        )
        config = Config.find(tmp_path)
        assert config.options == {"file_template": "ini", "script_location": "m"}
        assert config.settings()[:2] == (
            Setting("file_template", "ini", "nbmigrate.ini:2"),
            Setting("script_location", "m", "pyproject.toml:3"),
        )

    def test_a_wrong_value_in_pyproject_is_named_by_its_line(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text(
            '[project]\ntimezone = "x"\n[tool.nbmigrate]\nversion_locations = [\n  "a",\n"timezone = b",\n]\n'
            '"timezone" = "Nowhere/None"\n'
        )
        with pytest.raises(ConfigError, match=r"^pyproject\.toml, line 8: timezone = Nowhere/None"):
            _ = Config.find(tmp_path).timezone

    def test_a_pyproject_of_others_is_no_project(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
        with pytest.raises(NoProjectError, match="no project"):
            Config.find(tmp_path)

    def test_a_pyproject_that_does_not_parse(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool\n")
        with pytest.raises(ConfigError, match=r"pyproject\.toml cannot be read"):
            Config.find(tmp_path)


class TestInterpolation:
    def test_here_sections_and_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DB_PASSWORD", "p%40:ss%(x)s")
        monkeypatch.setenv("HOST", "from-environment")
        ini(
            tmp_path,
            "[DEFAULT]\nname = shop\n[nbmigrate]\nhost = db\n"
            "url = postgresql://me:%(db_PASSWORD)s@%(HOST)s/%(name)s?a=%%20&b=%(here)s\n",
        )
        config = Config.find(tmp_path)
        assert config.get("url") == f"postgresql://me:p%40:ss%(x)s@db/shop?a=%20&b={tmp_path.as_posix()}"

    def test_a_folder_with_percent_spaces_and_letters(self, tmp_path: Path) -> None:
        folder = tmp_path / "50% böse Ordner"
        folder.mkdir()
        ini(folder, "[nbmigrate]\nscript_location = %(here)s/migrations\n")
        assert Config.find(folder).script_location == folder / "migrations"

    def test_a_missing_variable_is_named_with_its_line(self, tmp_path: Path) -> None:
        ini(tmp_path, "[nbmigrate]\n\nurl = postgresql://me:secret@%(NB_NoSuch)s/x\n")
        config = Config.find(tmp_path)
        with pytest.raises(ConfigError) as caught:
            config.get("url")
        assert str(caught.value) == (
            "nbmigrate.ini, line 3: url uses %(NB_NoSuch)s, which is no option and no environment variable.\n"
            "Set the environment variable NB_NoSuch, or write NB_NoSuch = ... into [nbmigrate]."
        )
        assert config.settings()[0] == Setting(
            "url",
            "postgresql://me:***@%(NB_NoSuch)s/x",
            "nbmigrate.ini:3, environment variable NB_NoSuch (not set)",
        )

    def test_a_single_percent_sign(self, tmp_path: Path) -> None:
        ini(tmp_path, "[nbmigrate]\nurl = postgresql://me:p%40ss@h/x\n")
        with pytest.raises(ConfigError) as caught:
            Config.find(tmp_path).get("url")
        assert (
            caught.value.message == "nbmigrate.ini, line 2: a percent sign in url is not part of a %(NAME)s."
        )
        assert "ss@h" not in str(caught.value)

    def test_any_section_for_env_py(self, tmp_path: Path) -> None:
        ini(tmp_path, "[nbmigrate]\n[other]\nName = %(here)s/x\n")
        config = Config.find(tmp_path)
        here = tmp_path.as_posix()
        assert config.section_items("other") == {"name": f"{here}/x", "here": here}
        assert config.section_items("none") == {}


class TestLocations:
    def config(self, folder: Path, text: str) -> Config:
        ini(folder, f"[nbmigrate]\n{text}\n")
        return Config.find(folder)

    def test_script_location_is_needed(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"no script_location in \[nbmigrate\]"):
            _ = self.config(tmp_path, "").script_location

    def test_relative_to_the_folder_that_was_given(self, tmp_path: Path) -> None:
        assert self.config(tmp_path, "script_location = ./m").script_location == tmp_path / "m"

    def test_a_package_is_found_without_running_it(self, tmp_path: Path) -> None:
        package = tmp_path / "src" / "nbm_sample" / "sub"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("raise SystemExit('imported')")
        (package.parent / "__init__.py").write_text("raise SystemExit('imported')")
        config = self.config(
            tmp_path,
            "script_location = nbm_sample.sub:migrations\nprepend_sys_path = src\npath_separator = os",
        )
        assert config.script_location == package / "migrations"
        assert "nbm_sample" not in sys.modules

    @pytest.mark.parametrize("own", [(), ("a",), ("a", "b"), ("b",), ("c",), ("a", "b", "c")])
    def test_packages_without_init(self, tmp_path: Path, own: tuple[str, ...]) -> None:
        package = tmp_path / "src" / "a" / "b" / "c"
        (package / "migrations").mkdir(parents=True)
        (tmp_path / "other" / "a" / "b" / "c").mkdir(parents=True)
        for folder in (package.parent.parent, package.parent, package):
            if folder.name in own:
                (folder / "__init__.py").write_text("raise SystemExit('imported')")
        text = "prepend_sys_path = other:src\npath_separator = os\nscript_location = "
        assert self.config(tmp_path, f"{text}a.b.c:migrations").script_location == package / "migrations"
        (package.parent.parent / "migrations").mkdir()
        assert self.config(tmp_path, f"{text}a:migrations").script_location == tmp_path / "src/a/migrations"
        with pytest.raises(ConfigError, match=r"there is no package 'a\.b\.none'"):
            _ = self.config(tmp_path, f"{text}a.b.none:migrations").script_location
        assert "a" not in sys.modules

    def test_an_installed_package(self, tmp_path: Path) -> None:
        config = self.config(tmp_path, "script_location = nbmigrate:scripts")
        assert config.script_location == Path(sys.modules["nbmigrate.config"].__path__[0]).parent / "scripts"

    def test_a_package_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="there is no package 'nbm_none'"):
            _ = self.config(tmp_path, "script_location = nbm_none:migrations").script_location

    @pytest.mark.parametrize(
        "text",
        [
            "path_separator = os\nversion_locations = %(here)s/a:%(here)s/b",
            "path_separator = space\nversion_locations = %(here)s/a %(here)s/b",
            "path_separator = newline\nversion_locations = %(here)s/a\n  %(here)s/b",
            "version_path_separator = ;\nversion_locations = %(here)s/a; b",
            "version_locations = %(here)s/a, b",
        ],
    )
    def test_version_locations(self, tmp_path: Path, text: str) -> None:
        assert self.config(tmp_path, text).version_locations == (tmp_path / "a", tmp_path / "b")

    def test_version_locations_by_default(self, tmp_path: Path) -> None:
        assert self.config(tmp_path, "script_location = m").version_locations == (
            tmp_path / "m" / "versions",
        )

    def test_an_unknown_separator(self, tmp_path: Path) -> None:
        config = self.config(tmp_path, "path_separator = comma\nversion_locations = a,b")
        with pytest.raises(ConfigError, match="path_separator = comma is not valid"):
            _ = config.version_locations

    def test_values(self, tmp_path: Path) -> None:
        config = self.config(
            tmp_path, "timezone = nowhere/none\ntruncate_slug_length = 7\nprepend_sys_path = . src"
        )
        assert (config.truncate_slug_length, config.recursive_version_locations) == (7, False)
        assert config.prepend_sys_path == (tmp_path, tmp_path / "src")
        with pytest.raises(ConfigError, match="timezone = nowhere/none: no such time zone"):
            _ = config.timezone
        assert self.config(tmp_path, "timezone = utc").timezone == ZoneInfo("UTC")
        assert self.config(tmp_path, "timezone =").timezone is None
        with pytest.raises(ConfigError, match="truncate_slug_length = x is not a number"):
            _ = self.config(tmp_path, "truncate_slug_length = x").truncate_slug_length


class TestSettings:
    def test_all_with_their_sources(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGPASSWORD", "hunter2")
        ini(
            tmp_path,
            "[DEFAULT]\napi_token = abc\n[nbmigrate]\n# a comment\nscript_location = %(here)s/m\n"
            "sqlalchemy.url = postgresql://me:%(PGPASSWORD)s@h/x\n",
        )
        config = Config.find(tmp_path, x=["password=hunter2"])
        assert config.settings() == (
            Setting("script_location", f"{tmp_path.as_posix()}/m", "nbmigrate.ini:5"),
            Setting(
                "sqlalchemy.url",
                "postgresql://me:***@h/x",
                "nbmigrate.ini:6, environment variable PGPASSWORD",
            ),
            Setting("api_token", "***", "nbmigrate.ini:2"),
            Setting("file_template", "%(rev)s_%(slug)s", "default"),
            Setting("truncate_slug_length", "40", "default"),
            Setting("output_encoding", "utf-8", "default"),
        )
        assert config.x_arguments == ("password=hunter2",)
        assert "hunter2" not in repr(config)


class TestSetOption:
    TEXT = (
        "# first\n[nbmigrate]\nscript_location = m\n# the url\nsqlalchemy.url=sqlite:///old.db\n"
        "  ; indented\n\n[logging]\nsqlalchemy.url = other\n"
    )

    def test_one_line_changes_and_all_else_stays(self, tmp_path: Path) -> None:
        path = ini(tmp_path, self.TEXT)
        path.chmod(0o640)
        change = set_option(Config.find(tmp_path), "SQLAlchemy.url", " postgresql://u:p%40@h/%(NAME)s?%% ")
        assert (change.old_line, change.new_line, change.source, change.line_number) == (
            "sqlalchemy.url=sqlite:///old.db",
            "sqlalchemy.url=postgresql://u:p%%40@h/%(NAME)s?%%",
            "nbmigrate.ini:5",
            5,
        )
        assert path.read_text() == self.TEXT.replace(
            "url=sqlite:///old.db", "url=postgresql://u:p%%40@h/%(NAME)s?%%"
        )
        assert path.stat().st_mode & 0o777 == 0o640
        assert "p%%40" not in repr(change)

    def test_a_new_option_goes_to_the_end_of_its_section(self, tmp_path: Path) -> None:
        path = ini(tmp_path, self.TEXT)
        change = set_option(Config.find(tmp_path), "timezone", "UTC")
        assert (change.old_line, change.new_line, change.source) == (
            None,
            "timezone = UTC",
            "nbmigrate.ini:6",
        )
        assert path.read_text() == self.TEXT.replace("old.db\n", "old.db\ntimezone = UTC\n")

    def test_in_an_empty_section_without_a_last_newline(self, tmp_path: Path) -> None:
        path = ini(tmp_path, "[nbmigrate]")
        set_option(Config.find(tmp_path), "timezone", "UTC")
        assert path.read_text() == "[nbmigrate]\ntimezone = UTC\n"

    def test_line_endings_and_mark_stay(self, tmp_path: Path) -> None:
        path = tmp_path / "nbmigrate.ini"
        path.write_bytes("\ufeff[nbmigrate]\r\na = ü\r\nb = 2\r\n".encode())
        set_option(Config.find(tmp_path), "a", "ö")
        set_option(Config.find(tmp_path), "c", "3")
        assert path.read_bytes() == "\ufeff[nbmigrate]\r\na = ö\r\nb = 2\r\nc = 3\r\n".encode()

    def test_the_same_value_writes_nothing(self, tmp_path: Path) -> None:
        path = ini(tmp_path, "[nbmigrate]\na = 1\n")
        before = path.stat()
        change = set_option(Config.find(tmp_path), "a", "1")
        assert change.old_line == change.new_line == "a = 1"
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            ("a", "1\n[x]", "The value of a has more than one line."),
            ("a=b", "1", "'a=b' cannot be the name of an option."),
            ("[a]", "1", "'[a]' cannot be the name of an option."),
            ("", "1", "'' cannot be the name of an option."),
            ("long", "1", "nbmigrate.ini, lines 2 to 4: the value of long has several lines."),
        ],
    )
    def test_what_cannot_be_written(self, tmp_path: Path, key: str, value: str, message: str) -> None:
        text = "[nbmigrate]\nlong = 1\n\n  2\nb = 3\n"
        path = ini(tmp_path, text)
        with pytest.raises(ConfigError) as caught:
            set_option(Config.find(tmp_path), key, value)
        assert caught.value.message == message
        assert path.read_text() == text

    def test_pyproject_is_not_edited(self, tmp_path: Path) -> None:
        (tmp_path / "pyproject.toml").write_text("[tool.nbmigrate]\n")
        with pytest.raises(ConfigError, match="only an ini is edited"):
            set_option(Config.find(tmp_path), "a", "b")

    def test_a_file_without_the_section(self, tmp_path: Path) -> None:
        ini(tmp_path, "[other]\n")
        with pytest.raises(ConfigError, match=r"nbmigrate\.ini has no section \[nbmigrate\]"):
            set_option(Config.find(tmp_path), "a", "b")

    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        real = ini(tmp_path, "[nbmigrate]\na = 1\n", "real.ini")
        (tmp_path / "nbmigrate.ini").symlink_to(real)
        set_option(Config.find(tmp_path), "a", "2")
        assert (tmp_path / "nbmigrate.ini").is_symlink()
        assert real.read_text() == "[nbmigrate]\na = 2\n"


def test_a_failed_write_leaves_the_file_and_no_other(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    with pytest.raises(OSError, match="directory"):
        replace_file(folder, b"x")
    assert sorted(tmp_path.rglob("*")) == [folder]


SECRET_NAMES = """
    password PASSWORD Password passWord PGPASSWORD sslpassword dbPassword passwordHash PASSWORD1 PASSWORD_2 passphrase
    MYSQL_PWD db_pwd userPwd pwd SHOP_PW pw DB_PASS dbPass pass API_TOKEN apiToken access_token ACCESSTOKEN TOKENS
    client_secret SECRET_KEY clientSecretKey AWS_SECRET_ACCESS_KEY credentials api_key apikey apiKey API_KEY
    PRIVATE_KEY privateKey db-password api.token
"""
OTHER_NAMES = """
    OLDPWD TOKENIZERS_PARALLELISM tokenizer bypass BYPASS compass passenger Passage secretary pwdx spw url HOME
"""


@pytest.mark.parametrize("name", SECRET_NAMES.split())
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)
    assert mask_url(f"see {name}=zq7, and more") == f"see {name}=***, and more"


@pytest.mark.parametrize("name", OTHER_NAMES.split())
def test_names_of_none(name: str) -> None:
    assert not is_secret(name)
    assert mask_url(f"see {name}=zq7, and more") == f"see {name}=zq7, and more"


def test_the_folder_of_the_shell_is_no_secret() -> None:
    assert not is_secret("PWD")
    # As a part of an odbc_connect it is.
    assert mask_url("UID=me;PWD=zq7;X") == "UID=me;PWD=***;X"


def test_values_of_secrets(tmp_path: Path) -> None:
    (tmp_path / "token").touch()
    for value in (
        "s3cret",
        "Pa55word",
        "correct horse",
        "/Qm9vxyz12abc",
        "qwhzkpfdjmabc",
        "hunTer",
        "a-b-c-d",
        "zq7kx/b",
    ):
        assert is_secret_value(value), value
    for value in ("", "s3c", "false", "postgres", "Postgres", "12345678", "1.5e10", str(tmp_path)):
        assert not is_secret_value(value), value
    assert not is_secret_value(str(tmp_path / "token"))
    assert not is_secret_value(str(tmp_path / "not-there-yet"))
    assert is_secret_value(str(tmp_path / "no" / "such" / "folder"))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://me:secret@h/db", "postgresql://me:***@h/db"),
        ("postgresql://me:se:c@r/et@h/db", "postgresql://me:***@h/db"),
        ("postgresql+psycopg://me:my secret@h:5432/db?x=1", "postgresql+psycopg://me:***@h:5432/db?x=1"),
        ("redis://:secret@h", "redis://:***@h"),
        ("two: a://u:p@h/x and b://u:q@h/y.", "two: a://u:***@h/x and b://u:***@h/y."),
        ("mysql://h/db?user=me&password=secret&ssl=1", "mysql://h/db?user=me&password=***&ssl=1"),
        ("x?sslpassword=a&access_token=b", "x?sslpassword=***&access_token=***"),
        (
            "mssql:///?odbc_connect=UID%3Dme%3BPWD%3Dsecret%3BX",
            "mssql:///?odbc_connect=UID%3Dme%3BPWD%3D***%3BX",
        ),
        ("host=h password='a b' dbname=x", "host=h password=*** dbname=x"),
        ("password = hunter2", "password = ***"),
        ("postgresql://me@h:5432/db", "postgresql://me@h:5432/db"),
        ("postgresql://h:5432/db is down, ask root@h", "postgresql://h:5432/db is down, ask root@h"),
        ("sqlite:///C:/x@y.db", "sqlite:///C:/x@y.db"),
        (
            "Access denied for 'me'@'h' (using password: YES)",
            "Access denied for 'me'@'h' (using password: YES)",
        ),
    ],
)
def test_passwords_are_masked(text: str, masked: str) -> None:
    assert mask_url(text) == masked


@pytest.mark.parametrize(
    ("value", "written"),
    [("a%40b", "a%%40b"), ("%(NAME)s%", "%(NAME)s%%"), ("%%", "%%"), ("%%%", "%%%%"), ("", "")],
)
def test_percent_signs_are_doubled(value: str, written: str) -> None:
    assert double_percent(value) == written


def test_reading_imports_no_sqlalchemy_and_no_mako() -> None:
    code = (
        "import sys, nbmigrate.config, nbmigrate.scripts.directory\n"
        "import nbmigrate.scripts.reading.headers, nbmigrate.scripts.new_project.init\n"
        "heavy = {'sqlalchemy', 'mako', 'pandas', 'IPython'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=Path(__file__).parents[1])
