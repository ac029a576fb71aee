from pathlib import Path

import pytest

from nbmigrate.config import Config
from nbmigrate.environment.alembic.config import AlembicConfig

INI = """\
[DEFAULT]
shared = yes

[alembic]
script_location = %(here)s/practice
sqlalchemy.url = postgresql://me:%(NBM_TEST_PASSWORD)s@host/db
percent = 100%%

[engine1]
sqlalchemy.url = sqlite:///one.db
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AlembicConfig:
    monkeypatch.setenv("NBM_TEST_PASSWORD", "s3cret")
    (tmp_path / "alembic.ini").write_text(INI)
    return AlembicConfig.of(Config.find(tmp_path, x=("tenant=one", "dry")), {"connection": 7})


def test_options(config: AlembicConfig, tmp_path: Path) -> None:
    assert config.get_main_option("script_location") == f"{tmp_path}/practice"
    assert config.get_main_option("sqlalchemy.url") == "postgresql://me:s3cret@host/db"
    assert config.get_main_option("percent") == "100%"
    assert config.get_main_option("nowhere") is None
    assert config.get_main_option("nowhere", "x") == "x"
    assert config.get_section_option("engine1", "sqlalchemy.url") == "sqlite:///one.db"
    assert config.get_section_option("engine2", "sqlalchemy.url", "x") == "x"


def test_sections(config: AlembicConfig, tmp_path: Path) -> None:
    assert config.get_section("engine1") == {
        "here": str(tmp_path),
        "shared": "yes",
        "sqlalchemy.url": "sqlite:///one.db",
    }
    assert config.get_section("engine2") is None
    assert config.get_section("engine2", {}) == {}
    assert (config.get_section(config.config_ini_section) or {})["sqlalchemy.url"] == (
        "postgresql://me:s3cret@host/db"
    )


def test_what_is_set_is_read_as_in_an_ini_and_changes_no_file(config: AlembicConfig, tmp_path: Path) -> None:
    config.set_main_option("sqlalchemy.url", "postgresql://me:p%%40ss@%(shared)s/db")
    config.set_section_option("engine2", "A", "b")

    assert config.get_main_option("sqlalchemy.url") == "postgresql://me:p%40ss@yes/db"
    assert (config.get_section("alembic") or {})["sqlalchemy.url"] == "postgresql://me:p%40ss@yes/db"
    assert config.get_section("engine2") == {"a": "b", "here": str(tmp_path), "shared": "yes"}
    assert config.file_config.get("alembic", "sqlalchemy.url") == "postgresql://me:p%40ss@yes/db"
    config.remove_main_option("sqlalchemy.url")
    assert config.get_main_option("sqlalchemy.url") is None
    assert (tmp_path / "alembic.ini").read_text() == INI


def test_the_rest_that_env_py_looks_at(
    config: AlembicConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert config.config_file_name == str(tmp_path / "alembic.ini")
    assert config.config_ini_section == "alembic"
    assert config.attributes == {"connection": 7}
    assert config.cmd_opts is not None
    assert config.cmd_opts.x == ["tenant=one", "dry"]
    assert config.file_config.sections() == ["alembic", "engine1"]
    config.print_stdout("%s of 100%%", 5)
    assert capsys.readouterr().out == "5 of 100%\n"
    assert "s3cret" not in repr(config)
