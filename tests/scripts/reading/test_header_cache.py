"""Headers kept on disk: what the next process reads, and what it does not trust."""

import json
import os
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from nbmigrate.config import Config, set_option
from nbmigrate.scripts.directory import ScriptDirectory
from nbmigrate.scripts.reading import header_cache

Write = Callable[..., Path]
OLD = 1_000_000_000_000_000_000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of the test, which is not there yet."""
    folder = tmp_path / "cache" / "here"
    monkeypatch.setenv(header_cache.VARIABLE, str(folder))
    return folder


def age(path: Path, ns: int = OLD) -> Path:
    """Make a file look as if it had not been changed for years."""
    os.utime(path, ns=(ns, ns))
    return path


def swap(path: Path, old: str, new: str) -> None:
    """Change a file behind the back of whoever goes by its size, time and inode."""
    stat = path.stat()
    text = path.read_text()
    assert len(old) == len(new)
    assert old in text
    path.write_text(text.replace(old, new))
    age(path, stat.st_mtime_ns)
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (stat.st_size, stat.st_mtime_ns, stat.st_ino)


def another(scripts: ScriptDirectory) -> ScriptDirectory:
    """The same directory as another process sees it."""
    return ScriptDirectory(scripts.location)


def message(scripts: ScriptDirectory, id_: str = "a") -> str:
    return scripts.graph()[id_].message


class TestWhatIsKept:
    def test_a_file_that_has_not_changed_is_not_read(
        self, scripts: ScriptDirectory, write: Write, folder: Path
    ) -> None:
        path = age(write("a"))
        revision = scripts.graph()["a"]
        swap(path, "message of a", "another text")
        later = another(scripts)
        assert later.graph()["a"] == revision
        assert later.create_date(revision) == "2021-06-20 03:58:06.808542"
        assert [kept.suffix for kept in folder.iterdir()] == [".json"]
        assert folder.stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize("change", ["size", "time", "inode"])
    def test_a_file_that_has_is(self, scripts: ScriptDirectory, write: Write, change: str) -> None:
        path = age(write("a"))
        scripts.graph()
        if change == "size":
            path.write_text(path.read_text().replace("message of a", "another message"))
            age(path)
        elif change == "time":
            swap(path, "message of a", "another text")
            age(path, OLD + 1)
        else:
            copy = path.with_name("copy.py")
            copy.write_text(path.read_text().replace("message of a", "another text"))
            age(copy).replace(path)
        assert message(another(scripts)).startswith("another")

    def test_whatever_a_docstring_holds(self, scripts: ScriptDirectory, write: Write) -> None:
        doc = "surrogate \\ud83d, nul \\0, line\\u2028separator, größer 🎉"
        age(write("a", text=f'"""{doc}"""\nrevision = "ä{chr(0x2028)}🎉"\ndown_revision = None\n'))
        (revision,) = scripts.graph()
        (again,) = another(scripts).graph()
        assert again == revision
        assert "\ud83d" in again.doc

    def test_a_problem_is_looked_at_again(self, scripts: ScriptDirectory, write: Write) -> None:
        path = age(write("a", text="revision = 1   \ndown_revision = None\n"))
        assert len(scripts.graph().problems) == 1
        swap(path, "= 1  ", "= 'x'")
        assert another(scripts).graph().heads == ("x",)
        # The same in one process: whether a file can be read is not always seen from its time.
        assert scripts.graph().heads == ("x",)

    def test_a_file_that_is_gone(self, scripts: ScriptDirectory, write: Write) -> None:
        write("b", "a")
        age(write("a"))
        scripts.graph()
        (scripts.location / "versions" / "b_x.py").unlink()
        assert another(scripts).graph().heads == ("a",)


class TestWithinTheTick:
    """A file can be changed, and changed again, before the clock that stamps files has moved on."""

    def test_in_one_process(self, scripts: ScriptDirectory, write: Write) -> None:
        path = write("a")
        assert message(scripts) == "message of a"
        swap(path, "message of a", "another text")
        assert message(scripts) == "another text"
        swap(path, "another text", "a third text")
        assert message(scripts) == "a third text"

    def test_in_the_next_process(self, scripts: ScriptDirectory, write: Write, folder: Path) -> None:
        age(write("b", "a"))
        path = write("a")
        assert message(scripts) == "message of a"
        assert b"message of b" in next(folder.iterdir()).read_bytes()
        swap(path, "message of a", "another text")
        assert message(another(scripts)) == "another text"

    def test_a_time_to_come(self, scripts: ScriptDirectory, write: Write) -> None:
        path = age(write("a"), 4 * OLD)
        scripts.graph()
        swap(path, "message of a", "another text")
        assert message(another(scripts)) == message(scripts) == "another text"

    def test_the_graph_stays_the_same_object_meanwhile(self, scripts: ScriptDirectory, write: Write) -> None:
        write("a")
        write("c", "gone")
        first = scripts.graph()
        assert scripts.graph() is first


class TestWhatIsNoCache:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0" * 100,
            b"nbmigrate headers 0 00000000\n[]",
            b"nbmigrate headers 1 00000000\n[",
            *(
                f"nbmigrate headers 1 {zlib.crc32(body):08x}\n".encode() + body
                for body in (
                    b"{",
                    b"{}",
                    b"[1]",
                    b"[[1, 2]]",
                    b"null",
                    b"[" * 99_999,
                    b'[["a","b"]]',
                    b"\xff",
                )
            ),
        ],
        ids=range(12),
    )
    def test_damaged(self, scripts: ScriptDirectory, write: Write, folder: Path, content: bytes) -> None:
        path = age(write("a"))
        scripts.graph()
        (kept,) = folder.iterdir()
        whole = kept.read_bytes()
        kept.write_bytes(content)
        swap(path, "message of a", "another text")
        assert message(another(scripts)) == "another text"
        assert kept.read_bytes() == whole.replace(
            whole.split(b"\n")[0], kept.read_bytes().split(b"\n")[0]
        ).replace(b"message of a", b"another text")

    def test_every_byte_of_it(self, scripts: ScriptDirectory, write: Write, folder: Path) -> None:
        path = age(write("a"))
        scripts.graph()
        (kept,) = folder.iterdir()
        whole = kept.read_bytes()
        swap(path, "message of a", "another text")
        for at in range(0, len(whole), 3):
            for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
                kept.write_bytes(damaged)
                assert message(another(scripts)) == "another text"

    def test_of_another_version(
        self, scripts: ScriptDirectory, write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = age(write("a"))
        scripts.graph()
        swap(path, "message of a", "another text")
        monkeypatch.setattr(header_cache, "_VERSION", 99)
        assert message(another(scripts)) == "another text"

    def test_a_folder_that_cannot_be_written(
        self, scripts: ScriptDirectory, write: Write, folder: Path, read_only: Callable[[Path], None]
    ) -> None:
        age(write("a"))
        folder.mkdir(parents=True)
        read_only(folder)
        assert message(scripts) == message(another(scripts)) == "message of a"
        assert list(folder.iterdir()) == []

    def test_a_cache_that_cannot_be_read(
        self, scripts: ScriptDirectory, write: Write, folder: Path, read_only: Callable[[Path], None]
    ) -> None:
        age(write("a"))
        scripts.graph()
        (kept,) = folder.iterdir()
        kept.chmod(0)
        read_only(folder)
        assert message(another(scripts)) == "message of a"

    def test_a_file_where_the_folder_would_be(
        self, scripts: ScriptDirectory, write: Write, folder: Path
    ) -> None:
        age(write("a"))
        folder.parent.mkdir()
        folder.write_text("in the way")
        assert message(scripts) == message(another(scripts)) == "message of a"

    def test_deleted(self, scripts: ScriptDirectory, write: Write, folder: Path) -> None:
        age(write("a"))
        scripts.graph()
        (kept,) = folder.iterdir()
        kept.unlink()
        assert message(another(scripts)) == "message of a"
        assert kept.exists()


def test_two_processes(scripts: ScriptDirectory, write: Write, folder: Path) -> None:
    for number in range(60):
        age(write(f"r{number:02}", f"r{number - 1:02}" if number else None))
    # Each forgets what it knows, so that both write the cache all the time.
    program = (
        "import sys; from pathlib import Path; from nbmigrate.scripts.directory import ScriptDirectory\n"
        "for number in range(40):\n"
        "    graph = ScriptDirectory(Path(sys.argv[1])).graph()\n"
        "    assert (len(graph), graph.heads, graph.problems) == (60, ('r59',), ())\n"
        "    for kept in Path(sys.argv[2]).glob('*.json') if number % 4 == 0 else ():\n"
        "        kept.unlink(missing_ok=True)\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(scripts.location), str(folder)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    assert [process.communicate()[1] for process in running] == ["", ""]
    assert [process.returncode for process in running] == [0, 0]
    another(scripts).graph()
    (kept,) = folder.iterdir()
    assert len(json.loads(kept.read_bytes().split(b"\n", 1)[1])[0]) == 60


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"HOME": "/home/me"}, "/home/me/.cache/nbmigrate"),
        ("linux", {"HOME": "/home/me", "XDG_CACHE_HOME": "/x"}, "/x/nbmigrate"),
        ("linux", {"HOME": "/home/me", "XDG_CACHE_HOME": "x"}, None),
        ("darwin", {"HOME": "/Users/me", "XDG_CACHE_HOME": "/x"}, "/Users/me/Library/Caches/nbmigrate"),
        ("linux", {"HOME": "/home/me", "NBMIGRATE_CACHE_DIR": "/elsewhere"}, "/elsewhere"),
    ],
)
def test_where_it_is(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str | None
) -> None:
    for name in ("XDG_CACHE_HOME", header_cache.VARIABLE):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert header_cache.cache_folder() == (Path(expected) if expected else None)


def test_settings_do_not_share_what_they_should_not(
    project: Path, scripts: ScriptDirectory, write: Write
) -> None:
    path = age(write("a", text="revision = 'a' + ''\ndown_revision = None\n"))
    set_option(Config.find(project), "revision_headers", "execute")
    from nbmigrate.project import Project

    assert Project.open(project).graph.heads == ("a",)
    # A header that was computed is not kept: what it says may depend on more than the file.
    assert [problem.line for problem in another(scripts).graph().problems if hasattr(problem, "line")] == [1]
    swap(path, "'a' + ''", "'b' + ''")
    assert Project.open(project).graph.heads == ("b",)
