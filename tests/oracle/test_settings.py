"""What an alembic.ini or a pyproject.toml means, read by alembic and by us."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nbmigrate.config import Config
from nbmigrate.errors import MigrateError
from nbmigrate.scripts.directory import ScriptDirectory
from tests.conftest import alembic_environment

#: Run by the Python that has alembic: folders in, what each means out.
READER = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from alembic.config import Config
from alembic.script import ScriptDirectory

def read(folder):
    os.chdir(folder)
    before = list(sys.path)
    files = [name if Path(name).exists() else None for name in ("alembic.ini", "pyproject.toml")]
    try:
        config = Config(*files)
        script = ScriptDirectory.from_config(config)
        added = sys.path[: len(sys.path) - len(before)]
        return {
            "location": str(Path(script.dir).resolve()),
            "versions": [str(Path(path).resolve()) for path in script._version_locations],
            "path": [str(Path(path).resolve()) for path in added],
            "file_template": script.file_template,
            "slug": script.truncate_slug_length,
            "encoding": script.output_encoding,
            "recursive": script.recursive_version_locations,
            "sourceless": script.sourceless,
            "hooks": [dict(hook) for hook in script.hooks],
            "url": config.get_main_option("sqlalchemy.url"),
            "section": config.get_section("alembic", {}).get("percent"),
        }
    except Exception as error:
        return {"error": type(error).__name__}
    finally:
        sys.path[:] = before
        sys.modules.pop("shop", None)
        sys.path_importer_cache.clear()

print(json.dumps([read(folder) for folder in sys.argv[1:]]))
"""
INI = {
    "least": "script_location = migrations",
    "here": "script_location = %(here)s/migrations\nsqlalchemy.url = sqlite:///%(here)s/x.db",
    "package": "script_location = shop:migrations\nprepend_sys_path = .",
    "package and folders": "script_location = shop:migrations\nversion_locations = shop:a shop:b\nprepend_sys_path = .",
    "no location": "sqlalchemy.url = sqlite://",
    "percent": "script_location = migrations\npercent = 100%%\nfile_template = %%(year)d_%%(rev)s_%%(slug)s",
    "legacy commas": "script_location = migrations\nversion_locations = a, b,c d",
    "legacy colons": "script_location = migrations\nprepend_sys_path = .:a, b c",
    "spaces": "script_location = migrations\npath_separator = space\nversion_locations = a b\nprepend_sys_path = . a",
    "os": f"script_location = migrations\npath_separator = os\nversion_locations = a{os.pathsep}b c",
    "newline": "script_location = migrations\npath_separator = newline\nversion_locations = a\n  b c\n  d",
    "semicolon": "script_location = migrations\npath_separator = ;\nversion_locations = a; b\nprepend_sys_path = a;b",
    "colon": "script_location = migrations\npath_separator = :\nversion_locations = a:b",
    "old name": "script_location = migrations\nversion_path_separator = ;\nversion_locations = a;b\n"
    "prepend_sys_path = a b",
    "both names": "script_location = migrations\nversion_path_separator = ;\npath_separator = space\n"
    "version_locations = a b",
    "wrong separator": "script_location = migrations\npath_separator = comma\nversion_locations = a b",
    "true": "script_location = migrations\nsourceless = true\nrecursive_version_locations = true",
    "True is not true": "script_location = migrations\nsourceless = True\nrecursive_version_locations = yes",
    "numbers": "script_location = migrations\ntruncate_slug_length = 12\noutput_encoding = latin-1",
    "hooks": "script_location = migrations\n[post_write_hooks]\nhooks = one, two\none.type = exec\n"
    "one.executable = true\none.options = REVISION_SCRIPT_FILENAME -x\ntwo.type = module\ntwo.module = black",
    "default": "script_location = migrations\n[DEFAULT]\nfile_template = x_%%(rev)s",
}
TOML = {
    "toml": 'script_location = "migrations"',
    "toml here": 'script_location = "%(here)s/migrations"\nversion_locations = ["%(here)s/a", "b c"]',
    "toml lists": 'script_location = "migrations"\nprepend_sys_path = [".", "a"]\nrecursive_version_locations = true',
    "toml numbers": 'script_location = "migrations"\ntruncate_slug_length = 7\nfile_template = "%%(rev)s_x"',
    "toml hooks": 'script_location = "migrations"\n[[tool.alembic.post_write_hooks]]\nname = "one"\ntype = "exec"\n'
    'executable = "true"\n',
}
#: An ini and a pyproject.toml beside it.
BOTH = {
    "ini wins": ("script_location = migrations\nfile_template = ini", 'file_template = "toml"'),
    "toml fills": ("sqlalchemy.url = sqlite://", 'script_location = "migrations"\nversion_locations = ["a"]'),
}


def cases() -> dict[str, dict[str, str]]:
    """Return the files of each case."""
    found = {name: {"alembic.ini": f"[alembic]\n{text}\n"} for name, text in INI.items()}
    found |= {name: {"pyproject.toml": f"[tool.alembic]\n{text}\n"} for name, text in TOML.items()}
    for name, (ini, toml) in BOTH.items():
        found[name] = {"alembic.ini": f"[alembic]\n{ini}\n", "pyproject.toml": f"[tool.alembic]\n{toml}\n"}
    return found


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for number, (name, files) in enumerate(cases().items()):
        folder = made[name] = tmp_path_factory.mktemp(f"case{number}").resolve()
        for below in ("migrations", "shop/migrations", "shop/a", "shop/b", "a", "b", "b c", "c", "d"):
            (folder / below).mkdir(parents=True)
        (folder / "shop" / "__init__.py").touch()
        for file, text in files.items():
            (folder / file).write_text(text)
    return made


@pytest.fixture(scope="module")
def theirs(folders: dict[str, Path], alembic_executable: Path) -> dict[str, Any]:
    """What alembic makes of each, asked once."""
    done = subprocess.run(
        [alembic_executable.with_name("python"), "-c", READER, *map(str, folders.values())],
        capture_output=True,
        text=True,
        check=False,
        env=alembic_environment(),
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(folders, json.loads(done.stdout), strict=True))


def read(folder: Path) -> dict[str, Any]:
    try:
        config = Config.find(folder)
        script = ScriptDirectory.from_config(config)
        return {
            "location": str(script.location.resolve()),
            "versions": [str(path.resolve()) for path in script.version_locations],
            "path": [str(path.resolve()) for path in config.prepend_sys_path],
            "file_template": script.file_template,
            "slug": script.truncate_slug_length,
            "encoding": script.output_encoding,
            "recursive": config.recursive_version_locations,
            "sourceless": config.sourceless,
            "hooks": [{**options, "_hook_name": name} for name, options in config.post_write_hooks],
            "url": config.get("sqlalchemy.url"),
            "section": config.get("percent"),
        }
    except MigrateError:
        return {"error": True}


@pytest.mark.parametrize("name", cases())
def test_both_read_the_same(folders: dict[str, Path], theirs: dict[str, Any], name: str) -> None:
    found, expected = read(folders[name]), theirs[name]
    if "error" in expected:
        assert found == {"error": True}, expected
        return
    # The defaults of a toml's options have no `here` among them there.
    for hook in (*found["hooks"], *expected["hooks"]):
        hook.pop("here", None)
    assert found == expected
