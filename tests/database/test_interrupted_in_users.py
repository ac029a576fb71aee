"""An interrupt between the revisions of a run in a transaction that env.py began, and that is undone with it."""

from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.bookkeeping.version_table import VersionTable
from nbmigrate.database.events import Event, StepDone
from nbmigrate.errors import InterruptedRunError
from tests.database.conftest import Context

THREE = ("a1", "b2", "c3")


def add_three(history: Any) -> None:
    for name in THREE:

        def upgrade(name: str = name) -> None:
            op.execute(f"CREATE TABLE {name} (id INTEGER)")
            op.execute(f"INSERT INTO {name} VALUES (1)")

        history.add(name, upgrade)


def interrupted(engine: sa.Engine, history: Any, after: str) -> InterruptedRunError:
    def hear(event: Event) -> None:
        if isinstance(event, StepDone) and event.step.revision.id == after:
            raise KeyboardInterrupt

    with pytest.raises(InterruptedRunError) as caught, engine.begin() as connection:
        history.upgrade(connection, context=Context(), listener=hear)
    return caught.value


def look(engine: sa.Engine) -> tuple[dict[str, int], tuple[str, ...]]:
    """How many rows each table of the history has, and the heads."""
    with engine.connect() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if name in THREE]
        rows = {name: connection.scalar(sa.text(f"SELECT count(*) FROM {name}")) or 0 for name in names}
        return rows, VersionTable(connection).heads()


@pytest.mark.parametrize("after", THREE)
@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_all_of_it_is_undone(url: str, history: Any, after: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    add_three(history)

    error = interrupted(engine, history, after)

    assert error.message == "The run was interrupted between revisions: 0 of 3 are done."
    assert "stands at base." in error.hint
    assert look(engine) == ({}, ())


@pytest.mark.parametrize(("after", "done"), [("a1", ()), ("b2", ("a1",)), ("c3", ("b2",))])
def test_where_ddl_commits_the_last_end_is_undone(
    mariadb_url: str, history: Any, after: str, done: tuple[str, ...]
) -> None:
    """The revision before the interrupt is not finished; those before that were committed by what came after them."""
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    add_three(history)

    error = interrupted(engine, history, after)

    assert error.position == look(engine)[1] == done
    assert f"  CREATE TABLE {after} (id INTEGER)\n" in error.hint
    assert "INSERT" not in error.hint
    assert f"with revision {after} interrupted" in error.hint
    assert look(engine)[0][after] == 0
    with engine.begin() as connection:
        history.upgrade(connection, context=Context())
    assert look(engine) == (dict.fromkeys(THREE, 1), ("c3",))
