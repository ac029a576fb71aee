"""SQLite 3.53 and later: CHECK and NOT NULL come and go by statements of its own, since 3.54 foreign keys go too.

Run on the libraries that pysqlite3 (3.53) and apsw (3.54) carry, and compared with what a rebuild of the table makes.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nbmigrate import op
from nbmigrate.database.backends.sqlite.existing import stored_table
from nbmigrate.database.dry_run.rehearsal import rehearsing
from nbmigrate.dialects.sqlite.parsing.create_table import read_table
from nbmigrate.dialects.sqlite.parsing.tokens import significant
from nbmigrate.dialects.sqlite.rebuild import rebuild
from nbmigrate.errors import MigrateError, MigrationFailedError
from nbmigrate.operations import Operations, Recorder
from tests.database.backends.sqlite.test_batch import run, texts
from tests.dialects import apsw_dbapi

DRIVERS = {"3.53": import_module("pysqlite3.dbapi2"), "3.54": apsw_dbapi}
TABLE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER NOT NULL CONSTRAINT ck_b CHECK (b > 0), "
    "c INTEGER CONSTRAINT fk_c REFERENCES p (id) ON DELETE CASCADE, d TEXT CONSTRAINT nn_d NOT NULL, "
    "CONSTRAINT ck_t CHECK (a < 100), CONSTRAINT fk_t FOREIGN KEY (a) REFERENCES p (id), CONSTRAINT uq_t UNIQUE (a))"
)
ROWS = ("INSERT INTO p VALUES (1)", "INSERT INTO t VALUES (1, 1, 5, 1, 'x'), (7, NULL, 6, NULL, 'y')")


@pytest.fixture(params=sorted(DRIVERS))
def newer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Connection]:
    engine = sa.create_engine(
        f"sqlite:///{tmp_path / 'new.db'}", module=DRIVERS[request.param], poolclass=sa.NullPool
    )
    with engine.connect() as connection:
        assert connection.dialect.server_version_info is not None
        assert connection.dialect.server_version_info[:2] == tuple(map(int, request.param.split(".")))
        for statement in ("CREATE TABLE p (id INTEGER PRIMARY KEY)", TABLE, *ROWS):
            connection.exec_driver_sql(statement)
        connection.commit()
        yield connection


def sent(connection: sa.Connection, upgrade: Callable[[], Any]) -> list[str]:
    return [text for text in texts(run(connection, upgrade)) if "alembic_version" not in text]


def said(connection: sa.Connection, table: str = "t") -> str:
    return str(connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).scalar())


def batch(*changes: Callable[[Any], Any], **options: Any) -> Callable[[], None]:
    def upgrade() -> None:
        with op.batch_alter_table("t", **options) as batch_op:
            for change in changes:
                change(batch_op)

    return upgrade


Upgrade = Callable[[], Any]
NATIVE: dict[str, tuple[Upgrade, list[str]]] = {
    "check": (
        lambda: op.create_check_constraint("ck_n", "t", "b < 100"),
        ["ALTER TABLE t ADD CONSTRAINT ck_n CHECK (b < 100)"],
    ),
    "check without a name": (
        lambda: op.create_check_constraint(None, "t", sa.column("d") != "it's 50% :x"),
        ["ALTER TABLE t ADD CHECK (d != 'it''s 50% :x')"],
    ),
    "not null": (
        batch(lambda b: b.alter_column("c", nullable=False), lambda b: b.alter_column("b", nullable=True)),
        ["ALTER TABLE t ALTER COLUMN c SET NOT NULL", "ALTER TABLE t ALTER COLUMN b DROP NOT NULL"],
    ),
    "not null and a name": (
        lambda: op.alter_column("t", "c", nullable=False, new_column_name="c c"),
        ["ALTER TABLE t ALTER COLUMN c SET NOT NULL", 'ALTER TABLE t RENAME COLUMN c TO "c c"'],
    ),
    "a named NOT NULL": (
        lambda: op.drop_constraint("NN_D", "t"),
        ['ALTER TABLE t DROP CONSTRAINT "NN_D"'],
    ),
    "checks go": (
        batch(lambda b: b.drop_constraint("ck_b", "check"), lambda b: b.drop_constraint("ck_t")),
        ["ALTER TABLE t DROP CONSTRAINT ck_b", "ALTER TABLE t DROP CONSTRAINT ck_t"],
    ),
    "recreate='never'": (
        batch(
            lambda b: b.create_check_constraint("ck_n", "b < 100"),
            lambda b: b.alter_column("c", nullable=False),
            lambda b: b.drop_constraint("ck_t"),
            recreate="never",
        ),
        [
            "ALTER TABLE t ADD CONSTRAINT ck_n CHECK (b < 100)",
            "ALTER TABLE t ALTER COLUMN c SET NOT NULL",
            "ALTER TABLE t DROP CONSTRAINT ck_t",
        ],
    ),
    "with what SQLite had a statement for before": (
        batch(
            lambda b: b.add_column(sa.Column("n", sa.Integer)),
            lambda b: b.create_check_constraint("ck_n", "b > 0"),
            lambda b: b.create_index("ix", ["n"]),
        ),
        [
            "ALTER TABLE t ADD COLUMN n INTEGER",
            "ALTER TABLE t ADD CONSTRAINT ck_n CHECK (b > 0)",
            "CREATE INDEX ix ON t (n)",
        ],
    ),
    "what is so already": (
        batch(lambda b: b.alter_column("b", nullable=False), lambda b: b.alter_column("a", nullable=True)),
        [],
    ),
}


@pytest.mark.parametrize("case", NATIVE)
def test_statements_of_its_own(newer: sa.Connection, case: str) -> None:
    upgrade, expected = NATIVE[case]
    newer.exec_driver_sql("UPDATE t SET c = 1")
    newer.commit()
    rows = newer.exec_driver_sql("SELECT * FROM t").fetchall()
    assert sent(newer, upgrade) == expected
    assert [row[:5] for row in newer.exec_driver_sql("SELECT * FROM t").fetchall()] == rows


@pytest.mark.parametrize("name", ["fk_c", "fk_t"])
def test_a_foreign_key_goes_without_a_rebuild_since_3_54(newer: sa.Connection, name: str) -> None:
    found = sent(newer, lambda: op.drop_constraint(name, "t", type_="foreignkey"))
    if newer.dialect.server_version_info >= (3, 54):  # type: ignore[operator]
        assert found == [f"ALTER TABLE t DROP CONSTRAINT {name}"]
    else:
        assert any(text.startswith("INSERT OR ABORT INTO t") for text in found)
    assert name not in said(newer)
    assert newer.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2


@pytest.mark.parametrize("is_new", [False, True])
def test_a_check_that_is_null_of_a_row_passes(newer: sa.Connection, is_new: bool) -> None:
    def upgrade() -> None:
        with op.batch_alter_table("t") as batch_op:
            if is_new:
                batch_op.add_column(sa.Column("n", sa.Integer))
            batch_op.create_check_constraint("ck_n", "n > 0" if is_new else "a > 0")

    found = sent(newer, upgrade)
    assert "CONSTRAINT ck_n CHECK" in said(newer)
    # SQLite 3.53 refuses it by its own statement.
    is_anew = newer.dialect.server_version_info < (3, 54)  # type: ignore[operator]
    assert any(text.startswith("INSERT OR ABORT INTO t") for text in found) == is_anew


ANEW: dict[str, Upgrade] = {
    "a foreign key": lambda: op.create_foreign_key("fk_n", "t", "p", ["b"], ["id"]),
    "a unique constraint": lambda: op.create_unique_constraint("uq_n", "t", ["b"]),
    "a unique constraint goes": lambda: op.drop_constraint("uq_t", "t", type_="unique"),
    "a constraint without a name": batch(lambda b: b.drop_constraint(None, "primary")),
    "another type": lambda: op.alter_column("t", "a", type_=sa.BigInteger(), nullable=True),
    "a check in the place of one": batch(lambda b: b.create_check_constraint("ck_t", "a < 7")),
    "another name between": batch(
        lambda b: b.alter_column("b", new_column_name="e"),
        lambda b: b.create_check_constraint("ck_n", "b > 1"),
    ),
    "one after another": batch(
        lambda b: b.alter_column("c", nullable=False), lambda b: b.alter_column("c", nullable=True)
    ),
    "with a foreign key": batch(
        lambda b: b.alter_column("a", nullable=True),
        lambda b: b.create_foreign_key("fk_n", "p", ["b"], ["id"]),
    ),
    "recreate='always'": batch(lambda b: b.drop_constraint("ck_t"), recreate="always"),
}


@pytest.mark.parametrize("case", ANEW)
def test_what_is_made_anew_still(newer: sa.Connection, case: str) -> None:
    newer.exec_driver_sql("INSERT INTO p VALUES (5), (6)")
    newer.commit()
    found = sent(newer, ANEW[case])
    assert not any("ALTER COLUMN" in text or "CONSTRAINT ck_n" in text[:40] for text in found)
    assert newer.exec_driver_sql("SELECT count(*) FROM t").scalar() == 2


IN_THE_WAY: dict[str, tuple[Upgrade, str]] = {
    "check": (
        lambda: op.create_check_constraint("ck_n", "t", "b < 6"),
        r"Table t has 1 row with values that CHECK \(b < 6\) refuses. id=7, b=6",
    ),
    "not null": (
        batch(
            lambda b: b.create_check_constraint("ck", "b < 9"), lambda b: b.alter_column("a", nullable=False)
        ),
        r"Table t has 1 row with NULL in column a, which becomes NOT NULL. id=7, a=NULL",
    ),
}


@pytest.mark.parametrize("case", IN_THE_WAY)
def test_rows_in_the_way_are_named(newer: sa.Connection, case: str) -> None:
    upgrade, message = IN_THE_WAY[case]
    before = said(newer)
    newer.rollback()
    with pytest.raises(MigrationFailedError, match=message):
        run(newer, upgrade)
    assert said(newer) == before


def test_a_batch_that_fails_is_undone_alone(newer: sa.Connection) -> None:
    before = said(newer)

    def upgrade() -> None:
        op.execute("INSERT INTO p VALUES (9)")
        with pytest.raises(MigrateError, match="NULL in column a"):
            IN_THE_WAY["not null"][0]()

    run(newer, upgrade)
    assert said(newer) == before
    assert newer.exec_driver_sql("SELECT id FROM p").scalars().all() == [1, 9]


def test_what_is_not_there_and_what_is_there_already(newer: sa.Connection) -> None:
    before = said(newer)

    def upgrade() -> None:
        for change in (
            lambda b: b.drop_constraint("nope"),
            lambda b: b.drop_constraint("ck_t", "unique"),
            lambda b: b.alter_column("nope", nullable=False),
        ):
            with pytest.raises((ValueError, KeyError)):
                batch(change)()
        with pytest.raises(MigrateError, match="has a constraint 'CK_T' already"):
            op.create_check_constraint("CK_T", "t", "a < 1")

    run(newer, upgrade)
    assert said(newer) == before


def test_a_preview_shows_what_runs(newer: sa.Connection) -> None:
    recorder = Recorder()
    asked = Operations(recorder)
    asked.alter_column("t", "c", nullable=True)
    asked.create_check_constraint("ck_n", "t", "b < 100")
    asked.drop_constraint("ck_n", "t")
    with rehearsing(newer) as rehearsal:
        shown = [statement.text for statement in rehearsal.statements(recorder.operations)]
    assert shown == [
        "ALTER TABLE t ADD CONSTRAINT ck_n CHECK (b < 100)",
        "ALTER TABLE t DROP CONSTRAINT ck_n",
    ]


def test_an_attached_database(newer: sa.Connection) -> None:
    newer.exec_driver_sql("ATTACH ':memory:' AS other")
    newer.exec_driver_sql("CREATE TABLE other.t (x INTEGER)")
    newer.commit()
    found = sent(newer, lambda: op.create_check_constraint("ck", "t", "x > 0", schema="other"))
    assert found == ["ALTER TABLE other.t ADD CONSTRAINT ck CHECK (x > 0)"]


# The same meaning as a rebuild has

LEADS = st.sampled_from([" ", "\n", " /* , ) ' */ ", ' -- , ( "\n'])
NAMED = st.sampled_from(["", "CONSTRAINT {} ", 'constraint "{}" ', "CONSTRAINT [{}]\n"])
OF_COLUMN = st.sampled_from(
    ["NOT NULL", "not null ON CONFLICT FAIL", "CHECK ({} <> ')')", "REFERENCES p (id) ON DELETE SET NULL", "UNIQUE",
     "DEFAULT (5)", "COLLATE nocase", "REFERENCES p DEFERRABLE INITIALLY DEFERRED", "NULL"]
)  # fmt: skip
OF_TABLE = st.sampled_from(
    ["CHECK (a <> 5 /* ) */)", "UNIQUE (a, b)", "FOREIGN KEY (b) REFERENCES p (id) MATCH FULL"]
)


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a CREATE TABLE, and the names of its constraints."""
    names: list[str] = []

    def clause(text: str) -> str:
        names.append(f"k{len(names)}")
        return draw(LEADS) + draw(NAMED).format(names[-1]) + text

    items = []
    for column in ("a", "b", '"c d"'):
        of_column = draw(st.lists(OF_COLUMN, max_size=3, unique_by=lambda text: text.split()[0].upper()))
        words = [text.split()[0].upper() for text in of_column]
        if "NULL" in words and "NOT" in words:
            of_column = [text for text in of_column if text != "NULL"]
        items.append(
            column + draw(LEADS) + "INT" + "".join(clause(text.format(column)) for text in of_column)
        )
    items += [clause(text) for text in draw(st.lists(OF_TABLE, max_size=3))]
    body = ",".join(item + draw(LEADS) for item in items)
    return f"CREATE TABLE t ({body}){draw(st.sampled_from(['', ' STRICT']))}", names


def meaning(sql: str) -> list[str]:
    """Return the columns and constraints of a table without what has no meaning: white space, comments, quotes."""
    table = read_table(sql, "t")
    found = [f"{column.name} {_words(column.type_text)}" for column in table.columns]
    for owner, clause in table.clauses():
        where = "" if owner is None else owner.name
        name = clause.name or ""
        found.append(f"{where}: {name}: {clause.kind} {clause.columns} {_words(_without_name(clause.text))}")
    return [*found[: len(table.columns)], *sorted(found[len(table.columns) :]), _words(table.options)]


def _words(sql: str) -> str:
    return " ".join(token.keyword or token.text for token in significant(sql)).upper()


def _without_name(sql: str) -> str:
    tokens = significant(sql)
    return sql[tokens[2].start :] if tokens[0].keyword == "CONSTRAINT" else sql


CHANGES = st.one_of(
    st.tuples(st.just("null"), st.sampled_from(["a", "b", "c d"]), st.booleans()),
    st.tuples(st.just("check"), st.sampled_from(["new", None]), st.sampled_from(["a < 9", '"c d" <> 1'])),
    st.tuples(st.just("drop"), st.integers(0, 8), st.none()),
)


@pytest.mark.parametrize("library", sorted(DRIVERS))
@given(drawn=tables(), changes=st.lists(CHANGES, min_size=1, max_size=3))
@example(
    drawn=('CREATE TABLE t (a INT CONSTRAINT k0 NOT NULL, b INT, "c d" INT)', ["k0"]),
    changes=[("drop", 0, None), ("null", "a", False)],
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_text_means_what_that_of_a_rebuild_does(
    library: str, drawn: tuple[str, list[str]], changes: list[Any]
) -> None:
    sql, names = drawn
    recorder = Recorder()
    with Operations(recorder).batch_alter_table("t") as batch_op:
        for kind, which, how in changes:
            if kind == "null":
                batch_op.alter_column(which, nullable=how)
            elif kind == "check":
                batch_op.create_check_constraint(which, how)
            else:
                batch_op.drop_constraint(names[which % len(names)] if names else "none")
    (alteration,) = recorder.operations
    with sa.create_engine(
        "sqlite://", module=DRIVERS[library], poolclass=sa.StaticPool
    ).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE p (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(sql)
        stored = stored_table(connection, "t")
        try:
            plan = rebuild(stored, alteration, connection.dialect)  # type: ignore[arg-type]
        except MigrateError:
            return
        if any("INSERT" in statement.text for statement in plan.statements):
            return
        for statement in plan.statements:
            connection.execute(statement.executable)
        assert meaning(stored_table(connection, "t").sql) == meaning(str(plan.table))
