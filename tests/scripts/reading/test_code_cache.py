"""The code of revision files kept on disk: what the next run takes of it, and what it does not trust."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate.errors import ScriptError
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.directory import ScriptDirectory
from nbmigrate.scripts.reading import code_cache, header_cache, headers

Write = Callable[..., Path]
SIZE = 60


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of the test; Python may write bytecode."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(header_cache.VARIABLE, str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    return folder


@pytest.fixture
def paths(write: Write) -> list[Path]:
    """The files of a history long enough."""
    ids = [f"r{number:03}" for number in range(SIZE)]
    return [write(id_, ids[number - 1] if number else None) for number, id_ in enumerate(ids)]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were compiled, in order."""
    seen: list[Path] = []
    real = headers.compile_source

    def compile_source(source: bytes, path: Path) -> object:
        seen.append(path)
        return real(source, path)

    monkeypatch.setattr(code_cache, "compile_source", compile_source)
    return seen


def kept(folder: Path) -> Path:
    """The one file of code in the cache."""
    (file,) = folder.glob("*.code")
    return file


def run(scripts: ScriptDirectory) -> list[str]:
    """Compile all files as another process would, run them, and return what each says it is."""
    again = ScriptDirectory(scripts.location)
    revisions = sorted(again.graph(), key=lambda revision: revision.id)
    again.check_syntax(revisions)
    return [_marked(again, revision) for revision in revisions]


def _marked(scripts: ScriptDirectory, revision: Revision) -> str:
    code = scripts.load(revision).upgrade.__code__
    assert code.co_filename == str(revision.path)
    return ",".join(str(each) for each in code.co_consts if isinstance(each, str))


def test_the_next_run_compiles_nothing(
    scripts: ScriptDirectory, paths: list[Path], compiled: list[Path], folder: Path
) -> None:
    first = run(scripts)
    assert sorted(compiled) == sorted(paths)
    assert run(scripts) == first
    assert len(compiled) == SIZE
    assert kept(folder).stat().st_mode & 0o777 == 0o600


def test_a_file_that_changed_unseen_is_compiled(
    scripts: ScriptDirectory, paths: list[Path], compiled: list[Path]
) -> None:
    run(scripts)
    before = paths[7].stat()
    text = paths[7].read_text()
    assert "def upgrade" in text
    head, found, rest = text.partition("def upgrade")
    body = rest.partition("\n")
    paths[7].write_text(f'{head}{found}{body[0]}\n    "new"\n{body[2]}')
    os.utime(paths[7], ns=(before.st_mtime_ns, before.st_mtime_ns))
    del compiled[:]
    assert "new" in run(scripts)[7]
    assert compiled == [paths[7]]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-3],
        lambda content: content[:-3] + b"abc",
        lambda content: b"",
        lambda content: b"\0" * len(content),
        lambda content: content.replace(b"nbmigrate code ", b"nbmigrate code 9", 1),
    ],
    ids=["cut", "changed", "empty", "zeros", "other version"],
)
def test_what_is_damaged_is_compiled_again(
    scripts: ScriptDirectory,
    paths: list[Path],
    compiled: list[Path],
    folder: Path,
    damage: Callable[[bytes], bytes],
) -> None:
    first = run(scripts)
    kept(folder).write_bytes(damage(kept(folder).read_bytes()))
    assert run(scripts) == first
    assert len(compiled) == 2 * len(paths)
    assert run(scripts) == first
    assert len(compiled) == 2 * len(paths)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_what_others_may_write_is_not_run(
    scripts: ScriptDirectory, paths: list[Path], compiled: list[Path], folder: Path
) -> None:
    run(scripts)
    kept(folder).chmod(0o666)
    run(scripts)
    assert len(compiled) == 2 * len(paths)


def test_nothing_is_kept_where_python_writes_no_bytecode(
    scripts: ScriptDirectory, paths: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert len(run(scripts)) == len(paths)
    assert not list(folder.glob("*.code"))


def test_a_few_files_are_compiled(scripts: ScriptDirectory, write: Write, folder: Path) -> None:
    write("a")
    write("b", "a")
    run(scripts)
    assert not list(folder.glob("*.code"))


def test_the_code_of_files_that_are_gone_goes(
    scripts: ScriptDirectory, paths: list[Path], compiled: list[Path], folder: Path
) -> None:
    run(scripts)
    large = kept(folder).stat().st_size
    for path in paths[-5:]:
        path.unlink()
    for path in paths[:5]:
        path.write_text(path.read_text() + "\n\n")
    run(scripts)
    assert kept(folder).stat().st_size < large


def test_a_file_that_is_no_python_is_told(scripts: ScriptDirectory, paths: list[Path], folder: Path) -> None:
    run(scripts)
    paths[3].write_text(paths[3].read_text() + "\ndef broken(:\n")
    with pytest.raises(ScriptError, match="r003"):
        run(scripts)
    assert kept(folder).exists()
