"""Warnings of SQLAlchemy's while revisions run: each names the line of the revision, and none a line of nbmigrate's."""

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from nbmigrate import Project, commands
from nbmigrate.environment.isolation.shown_warnings import shown_warnings

BODY = """
class Own(sa.types.TypeDecorator):
    impl = sa.String

def upgrade():
    own = op.create_table("t", sa.Column("a", Own()), sa.Column("b", sa.Integer, foo_bar=1))
    op.execute(sa.select(own).where(own.c.a == "x"))

def downgrade():
    op.drop_table("t")
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    commands.init("practice", url="sqlite:///db")
    commands.revision(Project.open(), "one", body=BODY, rev_id="a1")
    return tmp_path / "practice" / "versions" / "a1_one.py"


@pytest.mark.parametrize(
    "words", [["upgrade", "head"], ["upgrade", "head", "--sql"], ["preview", "upgrade", "head"]]
)
def test_a_warning_names_the_line_of_the_revision(run: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nbmigrate", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    told = [line for line in done.stderr.splitlines() if "SAWarning" in line]
    lines = run.read_text().splitlines()
    created = next(number for number, line in enumerate(lines, 1) if "foo_bar" in line)
    assert told[0].startswith(f"{run}:{created}: SAWarning: Can't validate argument 'foo_bar'")
    # The second is given where nbmigrate sends the statement.
    second = [] if "--sql" in words else [f"{run}:{created + 1}: "]
    assert [line.partition("SAWarning: TypeDecorator Own() will not")[0] for line in told[1:]] == second


def test_what_shows_warnings_is_put_back() -> None:
    before = warnings.showwarning
    with shown_warnings():
        assert warnings.showwarning is not before
        with shown_warnings():
            pass
    assert warnings.showwarning is before


def test_others_are_shown_as_before() -> None:
    with warnings.catch_warnings(record=True) as told, shown_warnings():
        warnings.simplefilter("always")
        warnings.warn("of the project", UserWarning, stacklevel=1)
    assert [(str(each.message), each.filename) for each in told] == [("of the project", __file__)]
