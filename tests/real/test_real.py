"""One whole history of somebody else, by alembic and by us; `python -m tests.real` runs the others, on servers too."""

import os
from pathlib import Path

import pytest

from tests.real.databases import Snapshot
from tests.real.differences import KEEPS_INDEXES, KEEPS_NULLABLE, accepted, settled
from tests.real.histories import HISTORIES
from tests.real.installing import NotInstalledError, install
from tests.real.walk import Walk


@pytest.fixture(scope="session")
def mlflow(request: pytest.FixtureRequest) -> Path:
    """The Python of an environment with mlflow; made once and kept in pytest's cache folder."""
    cache = request.config.cache
    assert cache is not None
    try:
        return install(HISTORIES["mlflow"], Path(cache.mkdir("real")))
    except NotInstalledError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


def test_mlflow(mlflow: Path) -> None:
    outcome = Walk(HISTORIES["mlflow"], "sqlite", lambda _: None).run(mlflow, None)
    assert outcome.differences == []
    assert (outcome.revisions, outcome.stops) == (70, 11)
    assert outcome.rows > 300


CREATED = "CREATE INDEX i ON t (a"


@pytest.mark.parametrize(
    ("database", "name", "theirs", "ours", "why"),
    [
        ("sqlite", "index i", f"{CREATED})", f"{CREATED} DESC)", KEEPS_INDEXES),
        ("sqlite", "index i", f"{CREATED})", f"{CREATED}) WHERE a > 0", KEEPS_INDEXES),
        ("sqlite", "index i", "", f"{CREATED}, lower(b))", KEEPS_INDEXES),
        ("sqlite", "index i", f"{CREATED} DESC)", f"{CREATED})", None),
        ("sqlite", "index i", f"{CREATED})", f"{CREATED}, b)", None),
        ("sqlite", "index i", f"{CREATED})", "", None),
        ("sqlite", "index i", "", f"{CREATED})", None),
        ("sqlite", "table t", "column a", "column b", None),
        ("mariadb", "t", "`a` int DEFAULT NULL", "`a` int NOT NULL", KEEPS_NULLABLE),
        ("mariadb", "t", "`a` int DEFAULT NULL", "`a` bigint NOT NULL", None),
        ("postgresql", "t", "a integer", "a integer NOT NULL", None),
    ],
)
def test_what_is_accepted(database: str, name: str, theirs: str, ours: str, why: str | None) -> None:
    assert accepted(database, "schema", name, theirs, ours) == why
    assert accepted(database, "rows", name, theirs, ours) is None


def test_chance_is_no_difference() -> None:
    def rows(*texts: str) -> Snapshot:
        return settled(Snapshot({}, {"t": list(texts)}))

    random = "id='7c9e6679-7425-40de-944b-e07fc1f90ae7'"
    assert rows(random) == rows(random.replace("7c9e", "8d01"))
    # What the tests put in, and what time has gone by, is none.
    mine = "id='00000001-1111-1111-8111-00000000000a'"
    assert rows(mine) != rows(mine.replace("0001", "0002"))
    assert rows("at=2024-02-29 12:00:00") != rows("at=2024-02-29 13:00:00")
