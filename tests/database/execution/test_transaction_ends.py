"""What a revision may do to its transaction besides `commit()`: what stays is what is told, and another run agrees."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate import op
from nbmigrate.database.statements.kind import ends_transaction
from nbmigrate.errors import InterruptedRevisionError, MigrationFailedError
from tests.database.conftest import Context
from tests.database.execution.test_commits import ENGINES, engine, fail, nothing, state

__all__ = ["engine"]

ONE = "CREATE TABLE one (id INTEGER, n INTEGER)"
ROW = "INSERT INTO one VALUES (1, 1)"
NAMES = ["alembic_version", "alembic_version_journal", "one"]


def on(*names: str) -> pytest.MarkDecorator:
    """Run a test on these databases alone."""
    engines = [each for each in ENGINES if each.partition(" in ")[0] in names]
    return pytest.mark.parametrize("engine", engines, indirect=True)


def stays(error: MigrationFailedError) -> list[str]:
    """What a message lists as being in effect."""
    return [line.strip() for line in error.hint.splitlines() if line.startswith("  ")]


def fails(engine: sa.Engine, history: Any) -> MigrationFailedError:
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, context=Context())
    return caught.value


def ends_well(engine: sa.Engine, history: Any) -> None:
    with engine.connect() as connection:
        history.upgrade(connection, context=Context())


def in_autocommit() -> None:
    bind = op.get_bind()
    bind.commit()
    bind = bind.execution_options(isolation_level="AUTOCOMMIT")
    op.execute("UPDATE one SET n = n * 10 + 2")
    op.execute(
        {"postgresql": "CREATE INDEX CONCURRENTLY ix ON one (n)", "sqlite": "VACUUM"}.get(
            bind.dialect.name, "DO 0"
        )
    )


def manual_begin() -> None:
    op.execute("COMMIT")
    op.execute("BEGIN")
    op.execute("UPDATE one SET n = n * 10 + 2")
    op.execute("COMMIT")
    op.execute("COMMIT")


def by_driver() -> None:
    bind = op.get_bind()
    bind.execute(sa.text("UPDATE one SET n = n * 10 + 2"))
    bind.connection.commit()


def in_one_text() -> None:
    op.execute("UPDATE one SET n = n * 10 + 2; COMMIT")


WAYS = {
    in_autocommit: ("sqlite", "postgresql", "mariadb"),
    manual_begin: ("sqlite", "postgresql", "mariadb", "duckdb"),
    by_driver: ("sqlite", "postgresql", "mariadb", "duckdb"),
    in_one_text: ("postgresql", "duckdb"),
}


@pytest.mark.parametrize(
    ("engine", "way"),
    [(each, way) for way, names in WAYS.items() for each in ENGINES if each.partition(" in ")[0] in names],
    indirect=["engine"],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_what_was_committed_is_not_done_again(
    engine: sa.Engine, history: Any, way: Callable[[], None]
) -> None:
    ends = [fail]

    def upgrade() -> None:
        op.execute(ONE)
        op.execute(ROW)
        way()
        ends[0]()
        op.execute("UPDATE one SET n = n * 10 + 3")

    history.add("a1", upgrade)
    history.add("b2", lambda: op.execute("UPDATE one SET n = n * 10 + 4"))
    error = fails(engine, history)
    assert state(engine) == ([(1, 12)], NAMES, ())
    assert stays(error)[:2] == [ONE, ROW]
    assert (
        "interrupted. Correct the file, then run the same command again: it goes on after those."
        in error.hint
    )

    ends[0] = nothing
    ends_well(engine, history)
    assert state(engine) == ([(1, 1234)], ["alembic_version", "one"], ("b2",))


def test_a_rollback_by_the_driver_is_refused(engine: sa.Engine, history: Any) -> None:
    def upgrade() -> None:
        op.execute(ONE)
        op.get_bind().commit()
        op.execute(ROW)
        op.get_bind().connection.rollback()
        op.execute("UPDATE one SET n = n * 10 + 2")

    history.add("a1", upgrade)
    error = fails(engine, history)
    assert "the revision rolled back its own transaction" in error.message
    assert stays(error) == [ONE]
    assert state(engine) == ([], NAMES, ())


def test_what_the_driver_was_sent_is_not_sent_again(engine: sa.Engine, history: Any) -> None:
    """Nothing is heard of it, so nobody can go on after it, and nothing says so."""
    ends = [fail]

    def upgrade() -> None:
        op.execute(ONE)
        cursor = op.get_bind().connection.cursor()
        cursor.execute(ROW)
        cursor.execute("COMMIT")
        ends[0]()

    history.add("a1", upgrade)
    error = fails(engine, history)
    assert stays(error) == [ONE, "-- what the revision sent through the driver itself"]
    assert "Another run cannot go on after those" in error.hint
    ends[0] = nothing
    with (
        engine.connect() as connection,
        pytest.raises(InterruptedRevisionError, match="through the driver itself is unknown"),
    ):
        history.upgrade(connection, context=Context())
    assert state(engine) == ([(1, 1)], NAMES, ())


@on("sqlite", "postgresql", "duckdb")
def test_an_end_that_nobody_saw(engine: sa.Engine, history: Any) -> None:
    """A method that only getattr knows: what may stay is listed, and is not said not to."""

    def upgrade() -> None:
        op.execute(ONE)
        getattr(op.get_bind(), "connec" + "tion").commit()
        fail()

    history.add("a1", upgrade)
    error = fails(engine, history)
    assert f"so this may be in effect:\n  {ONE}\n" in error.hint
    assert state(engine)[1] == ["alembic_version", "one"]


@on("postgresql")
def test_a_commit_after_an_error_is_a_rollback(engine: sa.Engine, history: Any) -> None:
    def upgrade() -> None:
        op.execute(ONE)
        try:
            op.get_bind().execute(sa.text("SELECT * FROM nowhere"))
        except sa.exc.DBAPIError:
            op.get_bind().commit()
        op.execute(ROW)

    history.add("a1", upgrade)
    error = fails(engine, history)
    assert "the revision rolled back its own transaction" in error.message
    assert "It was rolled back: nothing of it remains." in error.hint
    assert state(engine) == ([], [], ())


@on("postgresql", "duckdb")
def test_a_text_that_fails_after_its_commit(engine: sa.Engine, history: Any) -> None:
    text = "INSERT INTO one VALUES (1, 1); COMMIT; SELECT * FROM nowhere"

    def upgrade() -> None:
        op.execute(ONE)
        op.execute(text)

    history.add("a1", upgrade)
    error = fails(engine, history)
    assert stays(error) == [ONE, text]
    assert "Whether all of the last one was done is unknown" in error.hint
    assert state(engine) == ([(1, 1)], NAMES, ())


@on("postgresql", "duckdb")
def test_a_text_that_rolls_back_a_part_of_itself_is_not_sent(engine: sa.Engine, history: Any) -> None:
    def upgrade() -> None:
        op.execute(ONE)
        op.execute("ROLLBACK; CREATE TABLE two (id INTEGER)")

    history.add("a1", upgrade)
    assert "a text of several statements rolls back a part of itself" in fails(engine, history).message
    assert state(engine) == ([], [], ())


@on("postgresql")
def test_procedures_that_commit(engine: sa.Engine, history: Any) -> None:
    ends = [fail]

    def upgrade() -> None:
        op.execute(ONE)
        op.execute(ROW)
        op.execute(
            "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$BEGIN UPDATE one SET n = n * 10 + 2; COMMIT; END$$"
        )
        with op.get_context().running.autocommit_block():
            op.execute("CALL p()")
            op.execute("DO $$BEGIN UPDATE one SET n = n * 10 + 3; COMMIT; END$$")
        ends[0]()

    history.add("a1", upgrade)
    assert len(stays(fails(engine, history))) == 5
    ends[0] = nothing
    ends_well(engine, history)
    assert state(engine) == ([(1, 123)], ["alembic_version", "one"], ("a1",))


@on("mariadb")
def test_a_session_that_commits_every_statement(engine: sa.Engine, history: Any) -> None:
    ends = [fail]

    def upgrade() -> None:
        op.execute(ONE)
        op.execute(ROW)
        op.execute("SET @@session.autocommit = 1")
        op.execute("UPDATE one SET n = n * 10 + 2")
        op.execute("COMMIT AND CHAIN")
        op.execute("UPDATE one SET n = n * 10 + 3")
        op.execute("SET autocommit = 0")
        op.execute("UPDATE one SET n = n * 10 + 4")
        ends[0]()

    history.add("a1", upgrade)
    assert stays(fails(engine, history))[-1] == "UPDATE one SET n = n * 10 + 2"
    assert state(engine)[0] == [(1, 12)]
    ends[0] = nothing
    ends_well(engine, history)
    assert state(engine) == ([(1, 1234)], ["alembic_version", "one"], ("a1",))


@on("mariadb")
def test_a_rollback_in_a_session_that_commits_every_statement(engine: sa.Engine, history: Any) -> None:
    """What comes after it is in a transaction again, though the session would commit it at once."""

    def upgrade() -> None:
        bind = op.get_bind()
        op.execute(ONE)
        bind.commit()
        op.execute("SET autocommit = 1")
        op.execute("START TRANSACTION")
        bind.rollback()
        op.execute(ROW)
        fail()

    history.add("a1", upgrade)
    assert stays(fails(engine, history)) == [ONE]
    with engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM one")) == 0


def end_transaction(bind: sa.Connection) -> None:
    transaction = bind.get_transaction()
    assert transaction is not None
    transaction.commit()


@on("postgresql", "mariadb")
def test_an_operation_of_a_block_that_is_not_sent_again(engine: sa.Engine, history: Any) -> None:
    """SQLAlchemy has begun a transaction for it all the same, which the revision ends."""
    ends = [fail]
    context = Context()
    context.autocommit_block = lambda: context.running.autocommit_block()

    def upgrade() -> None:
        bind = op.get_bind()
        with op.get_context().autocommit_block():
            op.create_table("one", sa.Column("id", sa.Integer), sa.Column("n", sa.Integer))
            end_transaction(bind)
        ends[0]()

    history.add("a1", upgrade)
    with engine.connect() as connection, pytest.raises(MigrationFailedError) as caught:
        history.upgrade(connection, context=context)
    assert "interrupted" in caught.value.hint
    ends[0] = nothing
    with engine.connect() as connection:
        history.upgrade(connection, context=context)
    assert state(engine) == ([], ["alembic_version", "one"], ("a1",))


@pytest.mark.parametrize("engine", ["mariadb"], indirect=True)
def test_a_begin_by_the_driver_in_a_block_of_env_py(engine: sa.Engine, history: Any) -> None:
    """It commits, and nothing is heard of it: what it has kept is told when the revision's commit is refused."""
    with engine.begin() as connection:
        connection.exec_driver_sql(ONE)

    def upgrade() -> None:
        bind = op.get_bind()
        bind.execute(sa.text(ROW))
        bind.connection.cursor().execute("BEGIN")
        end_transaction(bind)

    history.add("a1", upgrade)
    with pytest.raises(MigrationFailedError) as caught, engine.begin() as connection:
        history.upgrade(connection, context=Context())
    assert stays(caught.value)[0] == ROW
    assert state(engine)[0] == [(1, 1)]


def refused(bind: sa.Connection) -> None:
    end_transaction(bind)


def by_itself(bind: sa.Connection) -> None:
    del bind
    raise LookupError("by itself")


def by_the_database(bind: sa.Connection) -> None:
    bind.execute(sa.text("INSERT INTO nowhere VALUES (1)"))


@pytest.mark.parametrize(
    ("engine", "texts"),
    [
        *(("sqlite", texts) for texts in ((), ("COMMIT", "BEGIN"))),
        # SQLite refuses a BEGIN in a transaction.
        *(("postgresql", texts) for texts in ((), ("BEGIN",), ("COMMIT", "BEGIN"))),
        *(("mariadb", texts) for texts in ((), ("BEGIN",), ("COMMIT", "BEGIN"))),
    ],
    indirect=["engine"],
)
@pytest.mark.parametrize("end", [refused, by_itself, by_the_database])
def test_another_transaction_in_the_place_of_the_callers(
    engine: sa.Engine, history: Any, texts: tuple[str, ...], end: Callable[[sa.Connection], None]
) -> None:
    """The driver has ended that and begun another: what each of them keeps is told apart."""
    with engine.begin() as connection:
        connection.exec_driver_sql(ONE)

    def upgrade() -> None:
        bind = op.get_bind()
        bind.execute(sa.text(ROW))
        cursor = bind.connection.cursor()
        for text in texts:
            cursor.execute(text)
        bind.execute(sa.text("INSERT INTO one VALUES (2, 2)"))
        end(bind)

    history.add("a0", lambda: op.execute("CREATE TABLE zero (id INTEGER)"))
    history.add("a1", upgrade)
    with pytest.raises(MigrationFailedError) as caught, engine.begin() as connection:
        history.upgrade(connection, context=Context())
    is_kept = "COMMIT" in texts or (bool(texts) and engine.dialect.name == "mysql")
    assert stays(caught.value)[:1] == [ROW] * is_kept
    assert "INSERT INTO one VALUES (2, 2)" not in stays(caught.value)
    assert ("nothing of it remains" in caught.value.hint) is not is_kept
    assert ("Another run cannot go on after those" in caught.value.hint) is is_kept
    assert state(engine)[0] == [(1, 1)] * is_kept
    assert caught.value.position == state(engine)[2]


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"], indirect=True)
def test_a_commit_that_is_not_answered(engine: sa.Engine, history: Any) -> None:
    """Where nobody can be asked afterwards either, nothing is said to be undone."""
    number, end = {
        "postgresql": ("SELECT pg_backend_pid()", "SELECT pg_terminate_backend({})"),
        "mysql": ("SELECT CONNECTION_ID()", "KILL {}"),
    }[engine.dialect.name]

    def refuse(*_: Any) -> None:
        raise OSError("nobody listens")

    def upgrade() -> None:
        bind = op.get_bind()
        bind.execute(sa.text(ONE))
        bind.execute(sa.text(ROW))
        session = bind.scalar(sa.text(number))

        def lose(*sent: Any) -> None:
            if sent[2] == "commit ;":
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
                    other.exec_driver_sql(end.format(session))
                sa.event.listen(engine, "do_connect", refuse)

        sa.event.listen(bind, "before_cursor_execute", lose)
        bind.exec_driver_sql("commit ;")

    history.add("a1", upgrade)
    error = fails(engine, history)
    assert "may be in effect" in error.hint
    assert stays(error)[:2] == [ONE, ROW]
    assert "nothing of it remains" not in error.hint


@on("mariadb")
def test_what_a_revision_sets_is_over_with_it(engine: sa.Engine, history: Any) -> None:
    """The next revision is in the session that another run would give it."""
    found: list[object] = []

    def look() -> None:
        found.append(op.get_bind().scalar(sa.text("SELECT @@autocommit")))

    def upgrade() -> None:
        look()
        op.execute(ONE)
        op.execute(f"SET autocommit = {1 - found[0]}")  # type: ignore[operator]

    history.add("a1", upgrade)
    history.add("b2", look)
    ends_well(engine, history)
    assert found[0] == found[1]


def twice(ends: list[Callable[[], None]], history: Any, commit: Callable[[], None]) -> None:
    def upgrade() -> None:
        op.execute(ONE)
        op.execute(ROW)
        commit()
        op.execute("UPDATE one SET n = n * 10 + 2")
        ends[0]()

    history.add("a1", lambda: op.execute("CREATE TABLE zero (id INTEGER)"))
    history.add("b2", upgrade)
    history.add("c3", lambda: op.execute("UPDATE one SET n = n * 10 + 3"))


def by_connection() -> None:
    op.get_bind().commit()


def by_sql() -> None:
    op.execute("COMMIT")


@pytest.mark.parametrize("commit", [by_connection, by_sql])
def test_after_a_statement_of_env_py(engine: sa.Engine, history: Any, commit: Callable[[], None]) -> None:
    """What env.py began without a word is the revision's to commit, and ours from there on."""
    ends = [fail]
    twice(ends, history, commit)
    with pytest.raises(MigrationFailedError) as caught, engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        history.upgrade(connection, context=Context())
    assert caught.value.position == ("a1",) == state(engine)[2]
    assert stays(caught.value)[:2] == [ONE, ROW]
    if engine.dialect.name != "mysql":
        assert (
            "The revision had committed the transaction that env.py began, so this stays" in caught.value.hint
        )

    ends[0] = nothing
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        history.upgrade(connection, context=Context())
        connection.commit()
    assert state(engine) == ([(1, 123)], ["alembic_version", "one", "zero"], ("c3",))


def test_a_block_of_env_py_is_not_committed(engine: sa.Engine, history: Any) -> None:
    """SQLAlchemy lets nothing more be sent in it afterwards."""
    twice([nothing], history, by_connection)
    with pytest.raises(MigrationFailedError) as caught, engine.begin() as connection:
        history.upgrade(connection, context=Context())
    assert "the revision commits, and env.py began the transaction itself" in caught.value.message
    assert caught.value.position == state(engine)[2]
    if engine.dialect.name != "mysql":
        assert "one" not in state(engine)[1]


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK AND CHAIN"])
def test_a_text_that_is_not_sent_again_commits(engine: sa.Engine, history: Any, end: str) -> None:
    """What the caller has done stays as it did when the text was sent, also where a rollback comes next."""
    ends = [fail]

    def upgrade() -> None:
        op.execute(f"INSERT INTO one VALUES (2, 2); CREATE TABLE two (id INTEGER); COMMIT; {ROW}")
        op.execute("CREATE TABLE three (id INTEGER); COMMIT")
        ends[0]()
        op.execute(end)

    history.add("a1", upgrade)
    with engine.begin() as connection:
        connection.exec_driver_sql(ONE)
    with pytest.raises(MigrationFailedError), engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO one VALUES (3, 3)")
        history.upgrade(connection, context=Context())
    assert state(engine)[0] == [(1, 1), (2, 2), (3, 3)]
    ends[0] = nothing
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO one VALUES (4, 4)")
        history.upgrade(connection, context=Context())
    tables = ["alembic_version", "one", "three", "two"]
    assert state(engine) == ([(number, number) for number in (1, 2, 3, 4)], tables, ("a1",))


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"], indirect=True)
@pytest.mark.parametrize("end", ["ROLLBACK", "COMMIT"])
def test_rows_of_the_caller_are_not_thrown_away(engine: sa.Engine, history: Any, end: str) -> None:
    """Of a transaction in which the revision has nothing yet it is seen as well how it ended."""
    with engine.begin() as connection:
        connection.exec_driver_sql(ONE)
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    history.add("a1", lambda: op.execute(f"/* */ {end}"))

    caught: list[MigrationFailedError] = []
    with engine.connect() as connection:
        connection.exec_driver_sql(ROW)
        try:
            history.upgrade(connection, context=Context(), caller_owns_transaction=True)
            connection.commit()
        except MigrationFailedError as error:
            caught.append(error)
    if end == "ROLLBACK":
        assert "the revision rolled back its own transaction" in caught[0].message
        assert state(engine) == ([], ["alembic_version", "one"], ())
    else:
        assert not caught
        assert state(engine) == ([(1, 1)], ["alembic_version", "one"], ("a1",))


@pytest.mark.parametrize(
    ("sql", "ends"),
    [
        ("COMMIT", True),
        (" /* a */ ; -- b\n  End", True),
        ("CREATE TABLE t (commit int)", False),
        ("SELECT CASE WHEN 1 THEN 2 END", False),
        ("INSERT INTO t VALUES ('x; COMMIT; y')", False),
        ("INSERT INTO t VALUES (1); rollback work", True),
        ("ROLLBACK TO SAVEPOINT a", False),
        ("rollback transaction to a", False),
        ("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; DELETE FROM c; END", False),
        ("DO $$BEGIN COMMIT; END$$", False),
        ("PREPARE TRANSACTION 'a'", True),
        ("PREPARE a AS SELECT 1", False),
        ("ABORT", True),
        ("", False),
    ],
)
def test_what_ends_a_transaction(sql: str, ends: bool) -> None:
    assert ends_transaction(sql, ddl_commits=False) is ends


def test_a_cursor_of_the_driver_that_only_reads(tmp_path: Path, history: Any) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'test.db'}", poolclass=sa.NullPool)

    def upgrade() -> None:
        op.execute(ONE)
        cursor = op.get_bind().connection.cursor()
        assert cursor.execute("SELECT count(*) FROM one").fetchall() == [(0,)]
        op.execute(ROW)

    history.add("a1", upgrade)
    ends_well(engine, history)
    assert state(engine) == ([(1, 1)], ["alembic_version", "one"], ("a1",))


@on("sqlite", "postgresql", "mariadb")
@pytest.mark.parametrize("where", ["", " WHERE n = 0"])
def test_a_loop_over_rows_goes_on(engine: sa.Engine, history: Any, where: str) -> None:
    """Also one that looks for what is still to be done, and does not find what is done."""
    fails_at = [3]

    def upgrade() -> None:
        op.execute(ONE)
        op.execute("INSERT INTO one VALUES (1, 0), (2, 0), (3, 0), (4, 0)")
        bind = op.get_bind()
        bind.commit()
        for id_ in bind.execute(sa.text(f"SELECT id FROM one{where} ORDER BY id")).scalars():
            if id_ in fails_at:
                raise LookupError(id_)
            bind.execute(sa.text("UPDATE one SET n = n + :id WHERE id = :id"), {"id": id_})
            bind.commit()

    history.add("a1", upgrade)
    assert len(stays(fails(engine, history))) == 4
    assert state(engine) == ([(1, 1), (2, 2), (3, 0), (4, 0)], NAMES, ())
    fails_at[0] = 4
    fails(engine, history)
    fails_at.clear()
    ends_well(engine, history)
    assert state(engine) == ([(1, 1), (2, 2), (3, 3), (4, 4)], ["alembic_version", "one"], ("a1",))


@on("sqlite", "postgresql", "mariadb")
def test_what_a_query_returns_now_counts(engine: sa.Engine, history: Any) -> None:
    """A value that was corrected in between is the one that the next run has."""

    def upgrade() -> None:
        op.execute(ONE)
        op.execute("INSERT INTO one VALUES (1, 1), (2, -2)")
        bind = op.get_bind()
        bind.commit()
        for id_, number in bind.execute(sa.text("SELECT id, n FROM one WHERE id < 9 ORDER BY id")).all():
            assert number > 0
            op.execute(f"INSERT INTO one VALUES ({id_ + 10}, {number})")
            bind.commit()

    history.add("a1", upgrade)
    fails(engine, history)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE one SET n = 2 WHERE id = 2")
    ends_well(engine, history)
    assert state(engine)[0] == [(1, 1), (2, 2), (11, 1), (12, 2)]


def test_a_role_that_may_make_no_tables(postgresql_url: str, history: Any) -> None:
    """The driver's connection is used for reading alone: no journal is needed, and none is missed."""
    engine = sa.create_engine(postgresql_url, poolclass=sa.NullPool)
    history.add("a1", lambda: op.execute(ONE))
    history.add("b2", lambda: op.get_bind().connection.cursor().execute("UPDATE one SET n = 1"))
    with engine.connect() as connection:
        history.upgrade(connection, "a1", context=Context())
    role = f"nbm_reader_{engine.url.database}"
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {role}")
            connection.exec_driver_sql(f"GRANT ALL ON one, alembic_version TO {role}")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET ROLE {role}")
            connection.commit()
            history.upgrade(connection, context=Context())
        assert state(engine) == ([], ["alembic_version", "one"], ("b2",))
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")
