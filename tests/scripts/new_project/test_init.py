"""Starting a project."""

import configparser
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate.config import Config, set_urls
from nbmigrate.errors import ConfigError, UsageError
from nbmigrate.scripts.new_project.init import ENGINES, create_project
from nbmigrate.scripts.new_project.templates import TEMPLATES, is_from_template


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "50% Übung 1"
    path.mkdir()
    monkeypatch.chdir(path)
    monkeypatch.delenv("NBMIGRATE_CONFIG", raising=False)
    monkeypatch.delenv("ALEMBIC_CONFIG", raising=False)
    return path


def files(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_project(folder: Path, template: str) -> None:
    created = create_project(Path("practice"), template=template)
    ini = TEMPLATES[template].ini_name
    names = [
        ini,
        *(["pyproject.toml"] if template.startswith("pyproject") else []),
        "practice",
        *(f"practice/{name}" for name in ("README", "env.py", "script.py.mako", "versions")),
    ]
    assert sorted(files(folder)) == sorted(names)
    assert created.ini_path == folder / ini
    assert [str(path.relative_to(folder)) for path in created.paths] == names
    notes = (set_urls(ENGINES),) if template == "multidb" else ()
    assert (created.changed, created.notes) == (True, notes)
    config = Config.find(folder)
    assert (config.section, config.script_location) == (ini.removesuffix(".ini"), folder / "practice")
    assert config.version_locations == (folder / "practice" / "versions",)
    assert config.prepend_sys_path == (folder,)
    compile((folder / "practice/env.py").read_bytes(), "env.py", "exec")
    assert is_from_template(folder / "practice/env.py")


def test_the_default_urls(folder: Path) -> None:
    create_project(Path("50% x"))
    assert Config.find(folder).get("sqlalchemy.url") == f"sqlite:///{folder.as_posix()}/50% x.db"
    create_project(Path("other"), Path("sub.ini"), "alembic")
    assert Config.find(folder, "sub.ini").get("sqlalchemy.url") == "driver://user:pass@localhost/dbname"


@pytest.mark.parametrize("template", [name for name in TEMPLATES if name != "multidb"])
def test_a_url(folder: Path, template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NBM_PASSWORD", "s%3Ac")
    create_project(Path("practice"), template=template, url="postgresql://m%40e:%(NBM_PASSWORD)s@h/ü")
    assert (
        "sqlalchemy.url = postgresql://m%%40e:%(NBM_PASSWORD)s@h/ü\n"
        in (folder / TEMPLATES[template].ini_name).read_text()
    )
    assert Config.find(folder).get("sqlalchemy.url") == "postgresql://m%40e:s%3Ac@h/ü"


def test_the_ini_of_alembic_has_its_logging(folder: Path) -> None:
    create_project(Path("practice"), template="alembic")
    parser = configparser.ConfigParser()
    parser.read(folder / "alembic.ini", encoding="utf-8")
    assert parser.sections() == [
        "alembic",
        "post_write_hooks",
        "loggers",
        "handlers",
        "formatters",
        "logger_root",
        "logger_sqlalchemy",
        "logger_alembic",
        "handler_console",
        "formatter_generic",
    ]
    assert "from alembic import context" in (folder / "practice/env.py").read_text()
    assert "from alembic import op\n" in (folder / "practice/script.py.mako").read_text()


@pytest.mark.parametrize(
    ("place", "ini"),
    [("practice", None), (".", None), ("a/b/practice", None), ("../x", None), ("x", "sub/nb.ini")],
)
def test_again_changes_nothing(folder: Path, place: str, ini: str | None) -> None:
    if ini:
        (folder / ini).parent.mkdir()
    ini_path = Path(ini) if ini else None
    first = create_project(Path(place), ini_path)
    (folder / place / "versions" / "a_x.py").write_text("# mine")
    before = files(folder.parent)
    second = create_project(Path(place), ini_path)
    assert files(folder.parent) == before
    assert (second.changed, second.notes) == (False, ())
    assert (second.ini_path, second.paths) == (first.ini_path, first.paths)


def test_again_with_another_url_says_how_to_change_it(folder: Path) -> None:
    create_project(Path("practice"), url="sqlite:///a.db")
    assert create_project(Path("practice"), url="sqlite:///a.db").notes == ()
    created = create_project(Path("practice"), url="sqlite:///b.db")
    assert created.notes == (
        "nbmigrate.ini keeps its sqlalchemy.url; `config sqlalchemy.url` followed by a url changes it.",
    )
    assert Config.find(folder).get("sqlalchemy.url") == "sqlite:///a.db"


def test_an_empty_folder_is_filled_and_stays_the_same(folder: Path) -> None:
    place = folder / "practice"
    place.mkdir(mode=0o750)
    inode = place.stat().st_ino
    assert create_project(Path("practice")).changed
    assert (place.stat().st_ino, place.stat().st_mode & 0o777) == (inode, 0o750)
    assert sorted(path.name for path in place.iterdir()) == ["README", "env.py", "script.py.mako", "versions"]


def test_a_folder_that_is_not_empty(folder: Path) -> None:
    (folder / "practice").mkdir()
    (folder / "practice" / "notes.txt").write_text("mine")
    before = files(folder)
    with pytest.raises(ConfigError) as caught:
        create_project(Path("practice"))
    assert str(caught.value) == (
        "Directory practice already exists and is not empty.\nChoose another name, or an empty folder."
    )
    assert files(folder) == before


def test_a_project_whose_ini_is_gone(folder: Path) -> None:
    create_project(Path("practice"))
    (folder / "nbmigrate.ini").unlink()
    with pytest.raises(ConfigError, match=r"nbmigrate\.ini must say script_location = .*practice; Choose"):
        create_project(Path("practice"))


def test_a_file_in_the_way(folder: Path) -> None:
    (folder / "practice").write_text("mine")
    with pytest.raises(ConfigError, match=r"practice cannot be made: Not a directory\."):
        create_project(Path("practice"))
    with pytest.raises(ConfigError, match=r"practice/x cannot be made: Not a directory\."):
        create_project(Path("practice/x"))
    assert files(folder) == {"practice": b"mine"}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[other]\nx = 1\n", ""),
        ("[nbmigrate]\n\nscript_location = %(here)s/old\n", " (nbmigrate.ini:3)"),
    ],
)
def test_an_ini_that_is_there_is_kept(folder: Path, text: str, where: str) -> None:
    (folder / "nbmigrate.ini").write_text(text)
    created = create_project(Path("practice"))
    location = (folder / "practice").as_posix().replace("%", "%%")
    assert (folder / "nbmigrate.ini").read_text() == text
    assert created.changed
    assert created.notes == (
        "nbmigrate.ini exists already and was kept.",
        f"For the new project it must say, under [nbmigrate]: script_location = {location}{where}",
    )


def test_the_line_in_the_note_is_the_right_one(folder: Path) -> None:
    ini = folder / "nbmigrate.ini"
    ini.write_text("[nbmigrate]\n")
    note = create_project(Path("practice")).notes[1]
    ini.write_text("[nbmigrate]\n" + note.split("[nbmigrate]: ")[1])
    assert Config.find(folder).script_location == folder / "practice"


def test_an_ini_that_points_there_already(folder: Path) -> None:
    (folder / "nbmigrate.ini").write_text("[nbmigrate]\nscript_location = practice\n")
    assert create_project(Path("practice")).notes == ("nbmigrate.ini exists already and was kept.",)


def test_an_ini_that_does_not_parse(folder: Path) -> None:
    (folder / "nbmigrate.ini").write_text("what\n")
    with pytest.raises(ConfigError, match=r"nbmigrate\.ini, line 1"):
        create_project(Path("practice"))
    assert files(folder) == {"nbmigrate.ini": b"what\n"}


def test_no_second_ini_in_one_folder(folder: Path) -> None:
    create_project(Path("practice"))
    before = files(folder)
    with pytest.raises(ConfigError, match=r"nbmigrate\.ini is here already; with alembic\.ini beside it"):
        create_project(Path("other"), template="alembic")
    assert files(folder) == before


def test_an_unknown_template() -> None:
    with pytest.raises(UsageError) as caught:
        create_project(Path("practice"), template="alembik")
    assert str(caught.value) == "There is no template 'alembik'.\nDid you mean alembic?"


@pytest.mark.parametrize(
    ("place", "url"), [("two\nlines", None), ("x", "sqlite://\n[x]"), ("space ", "a://u:secret@h\nb")]
)
def test_what_cannot_stand_in_an_ini(folder: Path, place: str, url: str | None) -> None:
    with pytest.raises(ConfigError, match="cannot stand in an ini") as caught:
        create_project(Path(place), url=url)
    assert files(folder) == {}
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("place", ["practice", "a/b", "empty"])
def test_a_folder_that_cannot_be_written(folder: Path, place: str, read_only: Callable[[Path], None]) -> None:
    (folder / "empty").mkdir()
    read_only(folder)
    with pytest.raises(ConfigError) as caught:
        create_project(Path(place))
    assert str(caught.value) == (
        f"{place} cannot be made: Permission denied.\nChoose a folder that can be written. Nothing was made."
    )
    assert files(folder) == {"empty": None}


def test_nothing_is_left_when_the_ini_cannot_be_written(folder: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be made: No such file or directory"):
        create_project(Path("a/b/practice"), Path("none/nbmigrate.ini"))
    (folder / "empty").mkdir()
    with pytest.raises(ConfigError, match="cannot be made: No such file or directory"):
        create_project(Path("empty"), Path("none/nbmigrate.ini"))
    assert files(folder) == {"empty": None}


def test_several_databases_have_a_url_each(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        create_project(Path("practice"), template="multidb", url="sqlite:///secret.db")
    assert str(caught.value) == (
        "The template multidb has a URL for each of its databases, and one was given.\n"
        "Leave it out. Set the URL of each database: `-n engine1 config sqlalchemy.url sqlite:///engine1.db`, "
        "`-n engine2 config sqlalchemy.url sqlite:///engine2.db`."
    )
    assert files(folder) == {}
    create_project(Path("practice"), template="multidb")
    assert Config.find(folder).get("databases") == "engine1, engine2"
    assert set(Config.find(folder).section_items("engine2")) >= {"sqlalchemy.url"}


class TestPyproject:
    """The templates whose settings are a table of a pyproject.toml."""

    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    @pytest.mark.parametrize("last", ["", "\n"])
    def test_the_table_is_added(self, folder: Path, ending: str, last: str) -> None:
        before = f'[project]\nname = "ü"  # mine{last}'.replace("\n", ending).encode()
        (folder / "pyproject.toml").write_bytes(before)
        created = create_project(Path("practice"), template="pyproject")
        after = (folder / "pyproject.toml").read_bytes()
        between = ending if last else ending * 2
        assert after.startswith(before + f"{between}[tool.alembic]{ending}".encode())
        assert after.count(b"\n") == after.count(ending.encode())
        assert tomllib.loads(after.decode()) == {
            "project": {"name": "ü"},
            "tool": {"alembic": {"script_location": "%(here)s/practice", "prepend_sys_path": ["."]}},
        }
        assert created.notes == ("pyproject.toml is there already and got a [tool.alembic].",)
        assert Config.find(folder).script_location == folder / "practice"

    def test_again_changes_nothing(self, folder: Path) -> None:
        first = create_project(Path("practice"), template="pyproject_async", url="sqlite+aiosqlite:///a.db")
        before = files(folder)
        second = create_project(Path("practice"), template="pyproject_async")
        assert (second.changed, second.notes, second.paths) == (False, (), first.paths)
        assert files(folder) == before

    @pytest.mark.parametrize("name", ["pyproject.toml", "settings.ini"])
    def test_beside_the_file_that_is_named(self, folder: Path, name: str) -> None:
        (folder / "sub").mkdir()
        created = create_project(Path("sub/practice"), Path("sub") / name, "pyproject")
        ini = "alembic.ini" if name == "pyproject.toml" else name
        assert [str(path.relative_to(folder)) for path in created.paths[:3]] == [
            f"sub/{ini}",
            "sub/pyproject.toml",
            "sub/practice",
        ]
        assert Config.find(folder, f"sub/{name}").script_location == folder / "sub/practice"
        assert not create_project(Path("sub/practice"), Path("sub") / name, "pyproject").changed

    def test_a_folder_whose_name_is_no_plain_text(self, folder: Path) -> None:
        place = folder.parent / 'a "q" \\ 5%'
        create_project(place, template="pyproject")
        assert Config.find(folder).script_location == place

    @pytest.mark.parametrize("said", ["%(here)s/old", "%(here)s/practice", ""])
    def test_a_table_that_is_there_is_kept(self, folder: Path, said: str) -> None:
        text = f'[tool.alembic]\nscript_location = "{said}"\n' if said else "[tool.alembic]\n"
        (folder / "pyproject.toml").write_text(text)
        created = create_project(Path("practice"), template="pyproject")
        assert (folder / "pyproject.toml").read_text() == text
        kept, *to_do = created.notes
        assert kept == "pyproject.toml is there already and has a [tool.alembic], which was kept."
        if said.endswith("practice"):
            assert to_do == []
            return
        line = to_do[0].split("[tool.alembic]: ")[1].removesuffix(" (pyproject.toml:2)")
        (folder / "pyproject.toml").write_text(f"[tool.alembic]\n{line}\n")
        assert Config.find(folder).script_location == folder / "practice"
        assert not create_project(Path("practice"), template="pyproject").changed

    def test_an_ini_that_says_another_place_is_kept(self, folder: Path) -> None:
        (folder / "alembic.ini").write_text("[alembic]\nscript_location = old\n")
        created = create_project(Path("practice"), template="pyproject")
        location = (folder / "practice").as_posix().replace("%", "%%")
        assert created.notes == (
            "alembic.ini exists already and was kept.",
            f"For the new project it must say, under [alembic]: script_location = {location} (alembic.ini:2)",
        )

    @pytest.mark.parametrize("options", ["", "sqlalchemy.url = sqlite:///mine.db\n"])
    def test_an_ini_without_a_place_is_kept(self, folder: Path, options: str) -> None:
        (folder / "alembic.ini").write_text(f"[alembic]\n{options}")
        created = create_project(Path("practice"), template="pyproject")
        assert created.notes == ("alembic.ini exists already and was kept.",)
        assert Config.find(folder).script_location == folder / "practice"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"[tool\n", r"pyproject\.toml cannot be read: Expected "),
            (b"name = '\xff'\n", r"pyproject\.toml cannot be read: .*can't decode"),
            (b"tool = {black = {}}\n", r"\[tool\.alembic\] cannot be added to pyproject\.toml: "),
            (b"tool = 3\n", r"\[tool\.alembic\] cannot be added to pyproject\.toml: "),
            (b"[tool]\nalembic = 3\n", r"\[tool\.alembic\] cannot be added to pyproject\.toml: "),
            (b"[tool.nbmigrate]\nx = 1\n", r"pyproject\.toml has a \[tool\.nbmigrate\] already; "),
        ],
    )
    def test_a_file_that_cannot_take_it(self, folder: Path, content: bytes, message: str) -> None:
        (folder / "pyproject.toml").write_bytes(content)
        with pytest.raises(ConfigError, match=message) as caught:
            create_project(Path("practice"), template="pyproject")
        assert caught.value.hint
        assert files(folder) == {"pyproject.toml": content}

    def test_a_folder_in_its_place(self, folder: Path) -> None:
        (folder / "pyproject.toml").mkdir()
        with pytest.raises(ConfigError, match=r"pyproject\.toml: Is a directory\."):
            create_project(Path("practice"), template="pyproject")
        assert files(folder) == {"pyproject.toml": None}

    def test_a_file_that_cannot_be_written(self, folder: Path, read_only: Callable[[Path], None]) -> None:
        (folder / "pyproject.toml").write_bytes(b"[project]\n")
        read_only(folder / "pyproject.toml")
        with pytest.raises(ConfigError, match=r"practice cannot be made: Permission denied\."):
            create_project(Path("practice"), template="pyproject")
        assert files(folder) == {"pyproject.toml": b"[project]\n"}

    def test_for_another_template_it_is_no_ini(self, folder: Path) -> None:
        with pytest.raises(UsageError, match=r"are in an ini, and pyproject\.toml is none"):
            create_project(Path("practice"), Path("pyproject.toml"), "generic")
        assert files(folder) == {}
