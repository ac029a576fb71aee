"""What the alembic command and ours print for the same words in the same directory: line for line the same.

Each case is a history and one or more command lines, run one after the other by alembic in one copy of the directory
and by us in another. What differs on purpose is in `printed` and in DIFFERENT, each with its reason.
"""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.cli import main
from nbmigrate.clock import FrozenClock

BATCH = Path(__file__).with_name("alembic_batch.py")
LONG = "a message that goes on and on, so that the name of the file is cut somewhere, as it must be"
PARAGRAPHS = "the first paragraph\n\nThe second, which `history` leaves out.\n\n    and an indented third"


def linear(revision: Callable[..., object]) -> None:
    """a1 - a2 - a3 - a4."""
    for id_, message in (("aaaa1", "first"), ("aaaa2", LONG), ("aaaa3", PARAGRAPHS), ("aaaa4", None)):
        revision(message, rev_id=id_)


def branches(revision: Callable[..., object]) -> None:
    r"""root - b1 (left) - b2 - merged - top; root - c1 (right) - c2 -; root - d1 (third)."""
    revision("the root", rev_id="root1")
    revision("b one", rev_id="bbbb1", branch_label=["left"])
    revision("b two", rev_id="bbbb2")
    revision("c one", rev_id="cccc1", head="root1", splice=True, branch_label=["right", "recht"])
    revision("c two", rev_id="cccc2", head="cccc1")
    revision("d one", rev_id="dddd1", head="root1", splice=True, branch_label=["third"])
    revision("merged", rev_id="mmmm1", head="bbbb2", splice=True)


def merged(revision: Callable[..., object]) -> None:
    """root - b1 - merge; root - c1 - merge; merge - top."""
    revision("the root", rev_id="root1")
    revision("b one", rev_id="bbbb1")
    revision("c one", rev_id="cccc1", head="root1", splice=True)
    commands.merge(Project.open(clock=CLOCK), ["heads"], "join", rev_id="mmmm1")
    revision("top", rev_id="tttt1")


def dependencies(revision: Callable[..., object]) -> None:
    """Two bases: a1 - a2, and shop: s1 - s2, of which s1 depends on a2; audit: t1 depends on shop's label."""
    revision("a one", rev_id="aaaa1")
    revision("a two", rev_id="aaaa2")
    revision("s one", rev_id="ssss1", head="base", branch_label=["shop"], depends_on=["aaaa2"])
    revision("s two", rev_id="ssss2", head="shop@head")
    revision("t one", rev_id="tttt1", head="base", branch_label=["audit"], depends_on=["ssss1", "aaaa1"])


def locations(revision: Callable[..., object]) -> None:
    """Two bases in two folders."""
    ini = Path("alembic.ini")
    ini.write_text(
        ini.read_text(encoding="utf-8").replace(
            "path_separator = os", "path_separator = os\nversion_locations = %(here)s/one:%(here)s/two"
        ),
        encoding="utf-8",
    )
    revision("one first", rev_id="aaaa1", version_path="one", branch_label=["one"])
    revision("one second", rev_id="aaaa2")
    revision("two first", rev_id="bbbb1", head="base", version_path="two", branch_label=["two"])
    revision("two second", rev_id="bbbb2", head="two@head")


def folders(revision: Callable[..., object]) -> None:
    """Files by year and month, with the date of Tokyo in their names."""
    ini = Path("alembic.ini")
    ini.write_text(
        ini.read_text(encoding="utf-8").replace(
            "path_separator = os",
            "path_separator = os\nrecursive_version_locations = true\ntimezone = Asia/Tokyo\n"
            "truncate_slug_length = 8\n"
            "file_template = %%(year)d/%%(month).2d/%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s_%%(rev)s",
        ),
        encoding="utf-8",
    )
    revision("the first of all", rev_id="aaaa1")
    revision("the second", rev_id="aaaa2")


def by_hand(revision: Callable[..., object]) -> None:
    """Files that no template has made: without a docstring, with lists, with lines in the message, without an id."""
    folder = Path("practice/versions")
    for name, text in {
        "a": 'revision = "aaaa1"\ndown_revision = None\n',
        "b": '"""two\nlines\n\nand more"""\nrevision = "bbbb1"\ndown_revision = ["aaaa1"]\n',
        "c": '"""   spaces   """\nrevision = "cccc1"\ndown_revision = ("aaaa1",)\nbranch_labels = ["x", "y"]\n',
        "d": '"""d"""\nrevision: str = "dddd1"\ndown_revision = ["bbbb1", "cccc1"]\ndepends_on = ["aaaa1"]\n',
        "e": 'revision = "eeee1"\ndown_revision = "dddd1"\n',
        "abc123": '"""the id is in the name\n  of the file"""\ndown_revision = "eeee1"\n',
    }.items():
        text += "depends_on = None\n" if "depends_on" not in text else ""
        (folder / f"{name}.py").write_text(text, encoding="utf-8")


def empty(revision: Callable[..., object]) -> None:
    """No revisions."""


CLOCK = FrozenClock(datetime(2021, 6, 20, 3, 58, 6))
HISTORIES = {
    build.__name__: build
    for build in (linear, branches, merged, dependencies, locations, folders, by_hand, empty)
}

CASES: dict[str, list[str]] = {
    "linear": [
        "heads",
        "heads -v",
        "history",
        "history -v",
        "history -r aaaa2:aaaa3",
        "history -r aaaa2:",
        "history -r :aaaa2",
        "history -r-2:head",
        "history --rev-range=aaaa1:+2 -v",
        "branches",
        "branches -v",
        "show aaaa2",
        "show head",
        "show aaaa",
        "show aaaa9",
        "show base:head",
        "current",
        "upgrade aaaa3 ; current ; current -v ; history -i ; history -v -i ; history -r current: ; show current",
        "upgrade aaaa3 ; history -r :current ; current -c",
        "upgrade aaaa3 ; history -r-1:current",
        "upgrade head ; current -c ; current --check-heads -v",
        "revision -m more --rev-id aaaa5 ; heads",
        "revision -m 'branch off' --rev-id bbbb1 --head aaaa2",
        "revision -m 'branch off' --rev-id bbbb1 --head aaaa2 --splice ; heads ; branches ; branches -v",
        "revision -m root --rev-id bbbb1 --head base ; history ; heads --verbose",
        "revision -m x --rev-id a@b",
        "revision -m x --sql",
        "revision -m x --version-path nowhere",
        "revision --rev-id bbbb1 --depends-on aaaa2 --branch-label shop ; history ; show shop",
        "revision --rev-id bbbb1 --depends-on aaaa77",
        "merge aaaa4 aaaa4 -m x --rev-id mmmm1",
        "merge aaaa4 aaaa1 -m x --rev-id mmmm1",
        "merge aaaa4 aaaa1 -m x --rev-id mmmm1 --splice ; heads ; history",
        f"revision -m '{LONG}' --rev-id bbbb1",
        "revision -m 'Ünï côdé & <more>' --rev-id bbbb1 ; history",
    ],
    "branches": [
        "heads",
        "heads -v",
        "history",
        "history -v",
        "history -r left@base:left@head",
        "history -r :right@head",
        "history -r bbbb1:mmmm1",
        "history -r cccc1:",
        "history -r bbbb1:cccc2",
        "branches",
        "branches -v",
        "show right",
        "show heads",
        "show head",
        "show left@head",
        "upgrade right@head ; current ; current -v ; history -i",
        "upgrade heads ; current ; current -c",
        "revision -m x --rev-id xxxx1",
        "revision -m x --rev-id xxxx1 --head right@head ; heads",
        "revision -m x --rev-id xxxx1 --head rig ; heads",
        "merge heads -m all --rev-id xxxx1 ; heads ; history",
        "merge left@head cccc2 -m two --rev-id xxxx1 --branch-label joined ; heads ; history ; show joined",
    ],
    "merged": ["heads -v", "history", "history -v", "branches -v", "history -r bbbb1:", "history -r :mmmm1"],
    "dependencies": [
        "heads",
        "heads -v",
        "heads --resolve-dependencies",
        "heads --resolve-dependencies -v",
        "history",
        "history -v",
        "branches",
        "history -r shop@base:shop@head",
        "upgrade shop@head ; current ; current -v ; history -i",
        "upgrade heads ; current",
        "upgrade heads ; current -c",
        "show audit",
    ],
    "locations": [
        "heads",
        "history -v",
        "revision -m x --rev-id xxxx1",
        "revision -m x --rev-id xxxx1 --head base",
        "revision -m x --rev-id xxxx1 --head base --version-path three",
        "revision -m x --rev-id xxxx1 --head base --version-path two ; heads",
        "revision -m x --rev-id xxxx1 --head one@head ; heads -v",
        "merge heads -m joined --rev-id xxxx1 ; history",
    ],
    "folders": ["history -v", "heads"],
    "by_hand": [
        "heads",
        "heads -v",
        "history",
        "history -v",
        "history -r cccc1:",
        "branches",
        "show y",
        "show dddd1",
        "show aaaa1",
        "show abc1",
    ],
    "empty": ["heads", "history", "branches -v", "current", "current -v", "show head", "merge heads -m x"],
}

#: What is another text on purpose: the command, with the reason.
DIFFERENT = {
    ("linear", "show aaaa"): "several ids begin so: that is said, with the ids, and not that there is none",
    ("linear", "show base:head"): "a range is said to be one",
    (
        "linear",
        "upgrade aaaa3 ; history -r-1:current",
    ): "counts from where the database stands, as Alembic's manual says; Alembic from the head",
    ("dependencies", "upgrade heads ; current -c"): "a head that a row depends on is applied, and has no row",
    ("empty", "show head"): "that there is no revision is an error, and not nothing",
    ("empty", "merge heads -m x"): "a merge of nothing is refused; Alembic writes a first revision",
}


@dataclass(frozen=True)
class Printed:
    """What one command printed, and whether it failed."""

    failed: bool
    lines: list[str]


@pytest.fixture(scope="session")
def histories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A project for each history, made once."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        for name, build in HISTORIES.items():
            made[name] = folder = tmp_path_factory.mktemp(name)
            patch.chdir(folder)
            commands.init("practice", template="alembic", url="sqlite:///db_file.db")
            build(lambda message, **options: commands.revision(Project.open(clock=CLOCK), message, **options))
    return made


@pytest.fixture(scope="session")
def theirs(
    histories: dict[str, Path], alembic_executable: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], list[Printed]]:
    """What alembic prints for every case."""
    calls, where = [], []
    for name, lines in CASES.items():
        for line in lines:
            folder = tmp_path_factory.mktemp("alembic") / "project"
            shutil.copytree(histories[name], folder)
            for words in commands_of(line):
                calls.append([str(folder), words])
                where.append((name, line, folder, words[0]))
    done = subprocess.run(
        [alembic_executable.with_name("python"), str(BATCH)],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "0"},
    )
    found: dict[tuple[str, str], list[Printed]] = {}
    for (name, line, folder, verb), (code, text) in zip(where, json.loads(done.stdout), strict=True):
        found.setdefault((name, line), []).append(printed(code, text, folder, verb))
    return found


def commands_of(line: str) -> list[list[str]]:
    return [shlex.split(command) for command in line.split(" ; ")]


def printed(code: int, text: str, folder: Path, verb: str) -> Printed:
    """Return what was printed, without the folder, today's date, and the order that Alembic takes from a set."""
    lines = []
    for each in text.replace(str(folder), "~").rstrip("\n").split("\n"):
        name, colon, rest = re.sub(r"Create Date: .*", "Create Date: today", each).partition(": ")
        if name in ("Branches into", "Branch names"):
            rest = ", ".join(sorted(rest.split(", ")))
        names = re.compile(r"\(([\w, ]+)\)")
        lines.append(
            names.sub(lambda found: f"({', '.join(sorted(found[1].split(', ')))})", name + colon + rest)
        )
    if code:
        lines[-1] = lines[-1].rstrip(".")
    return Printed(code != 0, sorted(lines) if verb in ("branches", "current") else lines)


def headings(shown: str) -> str:
    """Return what `show` printed without the sources, each of which must stand under the path of its file."""
    for path in re.findall(r"^Path: (.*)$", shown, re.MULTILINE):
        source = Path(path).read_text(encoding="utf-8").strip()
        assert shown.count(f"\n{source}\n") == 1
        above, _, below = shown.partition(f"\n{source}\n")
        shown = f"{above}\n{below.lstrip()}"
    return shown


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in CASES.items() for line in lines])
def test_the_same_is_printed(
    name: str,
    line: str,
    histories: dict[str, Path],
    theirs: dict[tuple[str, str], list[Printed]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(histories[name], folder)
    monkeypatch.chdir(folder)
    for words, their in zip(commands_of(line), theirs[name, line], strict=True):
        code = main(words)
        out, err = capsys.readouterr()
        if words[0] == "show":
            out = headings(out)
        # Alembic prints that it failed to stdout, we to stderr, with what to do in another line.
        ours = printed(code, err.split("\n")[0] if code else out, folder, words[0])
        assert not (code and out)
        if words[0] == "upgrade":
            # Alembic logs what it runs, by way of the ini; we print it.
            assert ours.failed == their.failed
        elif (name, line) in DIFFERENT:
            assert ours != their
        else:
            assert ours == their, shlex.join(words)
