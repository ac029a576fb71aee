"""Nothing depends on the classes of one driver's errors: they are SQLAlchemy's, or known by their code or text."""

from pathlib import Path

import pytest

from nbmigrate.database import drivers
from nbmigrate.database.errors import LOCKED, READ_ONLY, code_of, is_from_driver, words
from tests.test_layers import ROOT, imports, modules

#: What is about Python's own driver itself, whatever the database's is.
ABOUT_SQLITE3 = {
    # A copy of a database in memory is made with it.
    "database/backends/sqlite/rehearsal.py",
    # Connections and cursors of it that a notebook's own code has left open are looked for.
    "database/backends/sqlite/holders.py",
    "notebook/held_locks.py",
}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_module_imports_a_driver(path: Path) -> None:
    if str(path.relative_to(ROOT)) not in ABOUT_SQLITE3:
        found = {name.partition(".")[0] for _, name in imports(path)}
        assert found & {*drivers.PACKAGES, "sqlite3"} == set()


class Error(Exception):
    """What PEP 249 names so, of a driver that nobody has heard of."""


class DatabaseError(Error):
    pass


class OperationalError(DatabaseError):
    pass


def test_a_driver_is_known_by_the_names_of_its_errors() -> None:
    assert is_from_driver(OperationalError("database is locked"))
    assert not is_from_driver(Error("what any library may call so"))
    assert not is_from_driver(ValueError("database is locked"))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ValueError("database is locked"), ("sqlite", 5)),
        (OperationalError("Locking error: Failed locking file."), ("sqlite", 5)),
        (ValueError("attempt to write a readonly database"), ("sqlite", 8)),
        (ValueError("UNIQUE constraint failed: t.a"), ("sqlite", 19)),
        (OperationalError({"C": "55P03", "M": "canceling statement"}), "55P03"),
        (OperationalError("no such table: t"), None),
    ],
)
def test_a_code_is_found_in_what_there_is(error: Exception, code: object) -> None:
    assert code_of(error) == code


def test_the_codes_are_those_that_are_looked_for() -> None:
    assert {("sqlite", 5), "55P03"} <= LOCKED
    assert ("sqlite", 8) in READ_ONLY


def test_the_words_are_the_databases() -> None:
    assert words(OperationalError({"M": "duplicate key", "D": "Key (a)=(1)."})) == (
        "duplicate key DETAIL:  Key (a)=(1)."
    )
    assert words(OperationalError(1062, "1062 (23000): Duplicate entry")) == "Duplicate entry"
    assert words(OperationalError("<class 'asyncpg.exceptions.X'>: it failed")) == "it failed"
