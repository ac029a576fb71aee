"""What SQLite is sent for changes of a table, and what the table is then."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from nbmigrate import operations as ops
from nbmigrate.database.backends.sqlite.existing import stored_table, with_rowids
from nbmigrate.database.backends.sqlite.rebuild import run_rebuild
from nbmigrate.dialects.sqlite.existing import StoredObject, StoredTable, stored_as
from nbmigrate.dialects.sqlite.native import is_native
from nbmigrate.dialects.sqlite.rebuild import rebuild
from nbmigrate.dialects.sqlite.rebuild_statements import KeyCheck
from nbmigrate.errors import (
    ConstraintNotFoundError,
    MigrateError,
    OperationError,
    TableNotFoundError,
    UnsupportedOperationError,
)
from nbmigrate.schema import (
    Check,
    Column,
    Computed,
    Constraint,
    Exclude,
    Expression,
    ForeignKey,
    Identity,
    Index,
    Options,
    PrimaryKey,
    Reference,
    SqlType,
    Table,
    Unique,
    from_table,
)

DIALECT = sqlite.dialect()
INTEGER, TEXT = SqlType(sa.Integer()), SqlType(sa.Text())
KEY = Column("id", INTEGER, primary_key=True, nullable=False)


def expression(sql: str) -> Expression:
    return Expression.of(sql)


@contextmanager
def made(*statements: str, foreign_keys: str = "OFF") -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.isolation_level = None
        driver.execute(f"PRAGMA foreign_keys = {foreign_keys}")
        for statement in statements:
            driver.execute(statement)
        yield connection
    engine.dispose()


def ask(connection: sa.Connection, sql: str) -> list[Any]:
    driver: Any = connection.connection.driver_connection
    return list(driver.execute(sql).fetchall())


def do(connection: sa.Connection, *changes: ops.Change, table: str = "t", **options: Any) -> None:
    alteration = ops.AlterTable(table, changes, **options)
    stored = with_rowids(connection, stored_table(connection, table, options.get("schema")))
    ask(connection, "BEGIN")
    try:
        run_rebuild(connection, rebuild(stored, alteration, connection.dialect))
    finally:
        ask(connection, "COMMIT")


def after(sql: str, *changes: ops.Change, **options: Any) -> str:
    """The CREATE TABLE of t that changes make of one, as SQLite keeps it."""
    with made("CREATE TABLE p (id INTEGER PRIMARY KEY, x, UNIQUE (x))", sql) as connection:
        do(connection, *changes, **options)
        return str(ask(connection, "SELECT sql FROM sqlite_schema WHERE name = 't'")[0][0])


def test_the_statements_with_foreign_keys_off() -> None:
    stored = StoredTable(
        "t",
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a INT REFERENCES p)",
        indexes=(StoredObject("ix", "CREATE INDEX ix ON t(a DESC)"),),
        triggers=(StoredObject("tr", "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END"),),
        temporary_triggers=(StoredObject("te", "CREATE TRIGGER te AFTER INSERT ON t BEGIN SELECT 2; END"),),
    )
    plan = rebuild(stored, ops.AlterTable("t", (ops.AlterColumn("t", "a", nullable=False),)), DIALECT)
    assert [statement.text for statement in plan.statements] == [
        "-- Table t is rebuilt, and its rows are copied\nPRAGMA legacy_alter_table = ON",
        "ALTER TABLE t RENAME TO _nbmigrate_old",
        "PRAGMA legacy_alter_table = OFF",
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a INT REFERENCES p NOT NULL)",
        "INSERT OR ABORT INTO t SELECT * FROM _nbmigrate_old",
        "DELETE FROM sqlite_sequence WHERE name = 't'",
        "UPDATE sqlite_sequence SET name = 't' WHERE name = '_nbmigrate_old'",
        "DROP TABLE _nbmigrate_old",
        "CREATE INDEX ix ON t(a DESC)",
        "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TEMP TRIGGER te AFTER INSERT ON t BEGIN SELECT 2; END",
        "PRAGMA foreign_key_check(t)",
    ]
    assert isinstance(plan.statements[-1], KeyCheck)


def test_the_statements_with_foreign_keys_on() -> None:
    stored = StoredTable(
        "t",
        "CREATE TABLE t(a INT REFERENCES t, b)",
        "aux",
        foreign_keys=True,
        legacy_alter_table=True,
        indexes=(StoredObject("ix", "CREATE UNIQUE INDEX ix ON t(a)"),),
        referrers=(StoredObject("it's", 'CREATE TABLE "it\'s"(x REFERENCES t)'),),
    )
    change = ops.AlterColumn("t", "b", type=TEXT, schema="aux")
    plan = rebuild(stored, ops.AlterTable("t", (change,), "aux"), DIALECT)
    assert [statement.text for statement in plan.statements] == [
        "-- Table t is rebuilt, and its rows are copied\nPRAGMA legacy_alter_table = ON",
        "ALTER TABLE aux.t RENAME TO _nbmigrate_old",
        "PRAGMA legacy_alter_table = ON",
        "CREATE TABLE aux.t(a INT, b TEXT)",
        "INSERT OR ABORT INTO aux.t (rowid, a, b) SELECT rowid, a, CAST(b AS TEXT) FROM aux._nbmigrate_old",
        "PRAGMA writable_schema = ON",
        ("UPDATE aux.sqlite_schema SET sql = CASE name\n"
        "  WHEN 'it''s' THEN 'CREATE TABLE \"it''s\"(x REFERENCES t)'\n"
        "  WHEN 't' THEN 'CREATE TABLE t(a INT REFERENCES t, b TEXT)'\n"
        "  WHEN '_nbmigrate_old' THEN 'CREATE TABLE _nbmigrate_old(a INT, b)'\n"
        "END\nWHERE type = 'table' AND name IN ('it''s', 't', '_nbmigrate_old')"),
        "PRAGMA writable_schema = RESET",
        "DROP TABLE aux._nbmigrate_old",
        'CREATE UNIQUE INDEX "aux".ix ON t(a)',
        "PRAGMA aux.foreign_key_check(t)",
    ]  # fmt: skip


#: A table, changes of it, and what SQLite keeps then.
CHANGES: list[tuple[str, str, list[ops.Change], str]] = [
    (
        "not null and null",
        "a INT DEFAULT 5 /* five */, b TEXT NOT NULL ON CONFLICT IGNORE CHECK (b <> '')",
        [ops.AlterColumn("t", "a", nullable=False), ops.AlterColumn("t", "B", nullable=True)],
        "a INT DEFAULT 5 NOT NULL /* five */, b TEXT CHECK (b <> '')",
    ),
    ("null to not null", "a INT NULL", [ops.AlterColumn("t", "a", nullable=False)], "a INT NOT NULL"),
    (
        "types keep everything else",
        "a /* none */ COLLATE nocase, b VARCHAR(5) COLLATE rtrim DEFAULT 'x' REFERENCES p ON DELETE CASCADE",
        [ops.AlterColumn("t", "a", type=SqlType(sa.String(9))), ops.AlterColumn("t", "b", type=INTEGER)],
        "a VARCHAR(9) /* none */ COLLATE nocase, b INTEGER COLLATE rtrim DEFAULT 'x' REFERENCES p ON DELETE CASCADE",
    ),
    (
        "defaults",
        "a INT DEFAULT 5 NOT NULL, b DEFAULT 'x', c, d",
        [
            ops.AlterColumn("t", "a", server_default="it's"),
            ops.AlterColumn("t", "b", server_default=None),
            ops.AlterColumn("t", "c", server_default=expression("CURRENT_TIMESTAMP")),
            ops.AlterColumn("t", "d", server_default=expression("lower('X')")),
        ],
        "a INT DEFAULT 'it''s' NOT NULL, b, c DEFAULT CURRENT_TIMESTAMP, d DEFAULT (lower('X'))",
    ),
    (
        "constraints without a name",
        "a INT CONSTRAINT x CHECK (a > 0), b REFERENCES p, c UNIQUE, CONSTRAINT u UNIQUE (a)",
        [ops.DropConstraint(None, "t", "foreignkey"), ops.DropConstraint(None, "t", "unique")],
        "a INT CONSTRAINT x CHECK (a > 0), b, c, CONSTRAINT u UNIQUE (a)",
    ),
    (
        "another collation",
        "a TEXT COLLATE rtrim UNIQUE, b TEXT, c TEXT COLLATE rtrim",
        [
            ops.AlterColumn("t", "a", type=SqlType(sa.String(5, collation="NOCASE"))),
            ops.AlterColumn("t", "b", type=SqlType(sa.String(5, collation="NOCASE"))),
            ops.AlterColumn("t", "c", type=SqlType(sa.String(5))),
        ],
        'a VARCHAR(5) COLLATE "NOCASE" UNIQUE, b VARCHAR(5) COLLATE "NOCASE", c VARCHAR(5) COLLATE rtrim',
    ),
    (
        "computed otherwise, no more, and no more for a while",
        "a INT, b INT AS (a) VIRTUAL, c INT AS (a + 1) STORED, d INT AS (a) STORED",
        [
            ops.AlterColumn("t", "b", server_default=Computed(expression("a * 2"), True)),
            ops.AlterColumn("t", "c", server_default=None),
            ops.AlterColumn("t", "d", server_default=None),
            ops.AlterColumn("t", "d", server_default=Computed(expression("a + 9"), True)),
        ],
        "a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c INT, d INT GENERATED ALWAYS AS (a + 9) STORED",
    ),
    (
        "computed in the place of one with values",
        "a INT, b INT DEFAULT 3",
        [
            ops.DropColumn("t", "b"),
            ops.AddColumn("t", Column("b", INTEGER)),
            ops.AlterColumn("t", "b", server_default=Computed(expression("a * 2"), True)),
        ],
        "a INT, b INTEGER GENERATED ALWAYS AS (a * 2) STORED",
    ),
    (
        "renamed in the end",
        "a INT CHECK (a > 0), b AS (a)",
        [ops.AlterColumn("t", "a", new_name="z z", type=TEXT), ops.AddConstraint("t", Unique(("z z",), name="u"))],
        'a TEXT CHECK (a > 0), b AS (a), CONSTRAINT u UNIQUE (a)'.replace("a TEXT", '"z z" TEXT')
        .replace("(a", '("z z"'),
    ),
    (
        "swapped names, and a column with a name that is free by now",
        "a INT, b TEXT",
        [
            ops.AlterColumn("t", "a", new_name="x"),
            ops.AlterColumn("t", "b", new_name="a"),
            ops.AlterColumn("t", "x", new_name="b", nullable=False),
            ops.AlterColumn("t", "a", new_name="c"),
            ops.AddColumn("t", Column("a", INTEGER, server_default="1")),
            ops.AddConstraint("t", Check(expression("b > 0 AND a = 1 AND c <> ''"), name="k")),
        ],
        "b INT NOT NULL, c TEXT, a INTEGER DEFAULT '1', CONSTRAINT k CHECK (b > 0 AND a = 1 AND c <> '')",
    ),
    (
        "an old name, as batches of alembic go on to use it",
        "a INT, b",
        [ops.AlterColumn("t", "a", new_name="z"), ops.AlterColumn("t", "a", nullable=False)],
        "z INT NOT NULL, b",
    ),
    (
        "columns in their places",
        "a, b, UNIQUE (a)",
        [
            ops.AddColumn("t", Column("c", INTEGER), insert_before="a"),
            ops.AddColumn("t", Column("d", INTEGER), insert_after="a"),
            ops.AddColumn("t", Column("e", INTEGER, unique=True)),
            ops.AlterColumn("t", "a", insert_after="e"),
        ],
        "c INTEGER, d INTEGER, b, e INTEGER UNIQUE, a, UNIQUE (a)",
    ),
    (
        "a column with all that one can have",
        "a UNIQUE",
        [
            ops.AddColumn(
                "t",
                Column(
                    "b",
                    INTEGER,
                    nullable=False,
                    server_default=expression("(1 + 1)"),
                    references=(Reference("p.id", "fk", Options({"ondelete": "CASCADE"})),),
                ),
            )
        ],
        ("a UNIQUE, b INTEGER DEFAULT (1 + 1) NOT NULL, "
        "CONSTRAINT fk FOREIGN KEY(b) REFERENCES p (id) ON DELETE CASCADE"),
    ),
    (
        "a primary key is added",
        "a",
        [ops.AddColumn("t", KEY, insert_before="a", inline_primary_key=True)],
        "id INTEGER NOT NULL PRIMARY KEY, a",
    ),
    (
        "a column goes with the constraints that name it",
        ("a INT PRIMARY KEY, b UNIQUE, c CHECK (c > b), d CHECK (d <> 'b'), UNIQUE (b, c), UNIQUE (c), "
        "FOREIGN KEY (b) REFERENCES p (x), CONSTRAINT k CHECK (\"B\" > 0)"),
        [ops.DropColumn("t", "b")],
        "a INT PRIMARY KEY, c, d CHECK (d <> 'b'), UNIQUE (c)",
    ),
    (
        "a primary key goes, and comes for another column",
        "id INTEGER PRIMARY KEY AUTOINCREMENT, a INTEGER NOT NULL",
        [ops.AddConstraint("t", PrimaryKey(("a",), name="pk"))],
        "id INTEGER, a INTEGER NOT NULL, CONSTRAINT pk PRIMARY KEY (a)",
    ),
    (
        "a primary key by its kind",
        "a INT, b INT, PRIMARY KEY (a, b)",
        [ops.DropConstraint(None, "t", "primary"), ops.AddConstraint("t", PrimaryKey(("b",)))],
        "a INT, b INT, PRIMARY KEY (b)",
    ),
    (
        "autoincrement",
        "id INTEGER PRIMARY KEY ON CONFLICT FAIL, a",
        [ops.AlterColumn("t", "id", autoincrement=True)],
        "id INTEGER PRIMARY KEY ON CONFLICT FAIL AUTOINCREMENT, a",
    ),
    (
        "autoincrement of a key of the table, and none",
        "id INTEGER, a, PRIMARY KEY (id)",
        [ops.AlterColumn("t", "id", autoincrement=True)],
        "id INTEGER, a, PRIMARY KEY (id AUTOINCREMENT)",
    ),
    (
        "no autoincrement",
        "id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
        [ops.AlterColumn("t", "id", autoincrement=False)],
        "id INTEGER PRIMARY KEY NOT NULL",
    ),
    (
        "constraints are added behind all others",
        "a, b, CHECK (a)",
        [
            ops.AddConstraint("t", Unique(("a", "b"), name="u", options=Options({"sqlite_on_conflict": "FAIL"}))),
            ops.AddConstraint("t", Check(expression("a <> '\\:x %'"), name="k k")),
            ops.AddConstraint(
                "t", ForeignKey(("a",), ("p.x",), "f", Options({"ondelete": "SET NULL", "deferrable": True}))
            ),
        ],
        ("a, b, CHECK (a), CONSTRAINT u UNIQUE (a, b) ON CONFLICT FAIL, CONSTRAINT \"k k\" CHECK (a <> ':x %'), "
        "CONSTRAINT f FOREIGN KEY(a) REFERENCES p (x) ON DELETE SET NULL DEFERRABLE"),
    ),
    (
        "constraints go by name, in columns and out of them",
        ('a CONSTRAINT "U" UNIQUE CONSTRAINT n NOT NULL, b CONSTRAINT f REFERENCES p, UNIQUE (b), '
        "CONSTRAINT [k] CHECK (1)"),
        [ops.DropConstraint(name, "t") for name in ("u", "n", "f", "K")],
        "a, b, UNIQUE (b)",
    ),
    (
        "a constraint without a name, the only one of its kind",
        "a UNIQUE CHECK (a), b REFERENCES p",
        [ops.DropConstraint(None, "t", kind) for kind in ("unique", "check", "foreignkey")],
        "a, b",
    ),
    (
        "the check of a type goes with it, and another comes",
        "a BOOLEAN CHECK (a IN (0, 1)), b VARCHAR(3), CONSTRAINT kinds CHECK (b IN ('x', 'yyy'))",
        [
            ops.AlterColumn(
                "t", "a", type=INTEGER, existing_type=SqlType(sa.Boolean(create_constraint=True))
            ),
            ops.AlterColumn(
                "t",
                "b",
                existing_type=SqlType(sa.Enum("x", "yyy", name="kinds", create_constraint=True)),
                type=SqlType(sa.Enum("x", "z", name="kinds", create_constraint=True)),
            ),
        ],
        "a INTEGER, b VARCHAR(1) CONSTRAINT kinds CHECK (b IN ('x', 'z'))",
    ),
    (
        "if there, if not there",
        "a, b",
        [
            ops.AddColumn("t", Column("A", INTEGER), if_not_exists=True),
            ops.DropColumn("t", "z", if_exists=True),
            ops.DropConstraint("z", "t", if_exists=True),
            ops.DropIndex("z", "t", if_exists=True),
            ops.AlterColumn("t", "b", nullable=False),
        ],
        "a, b NOT NULL",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "changes", "expected"), [case[1:] for case in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_the_text_afterwards(columns: str, changes: list[ops.Change], expected: str) -> None:
    assert after(f"CREATE TABLE t({columns})", *changes, recreate="always") == f"CREATE TABLE t({expected})"


def test_options_of_a_batch() -> None:
    sql = "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, c, CHECK (a > 0))"
    args: tuple[Constraint | Index, ...] = (
        Check(expression("a>0")),
        Unique(("b",), name="u"),
        Index("ix", ("c",)),
    )
    assert after(
        sql, table_args=args, table_kwargs=Options({"sqlite_autoincrement": True, "mysql_engine": "x"})
    ) == (
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a, b, c, CHECK (a > 0), CONSTRAINT u UNIQUE (b))"
    )
    assert after(sql, partial_reordering=(("c", "a"), ("b", "id"))) == (
        "CREATE TABLE t(b, c, id INTEGER PRIMARY KEY, a, CHECK (a > 0))"
    )
    strict = "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT)"
    assert after(strict, table_kwargs=Options({"sqlite_strict": True, "sqlite_with_rowid": False})) == (
        strict + " STRICT, WITHOUT ROWID"
    )
    both = strict + " without  rowid, /* checked */ Strict;"
    assert after(both, table_kwargs=Options({"sqlite_strict": False})) == strict + " without rowid"
    assert after(both, table_kwargs=Options({"sqlite_with_rowid": True})) == strict + " Strict"


CONVENTION = Options({"uq": "uq_%(table_name)s_%(column_0_name)s", "fk": "fk_%(table_name)s_%(referred_table_name)s",
                      "pk": "pk_%(table_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s"})  # fmt: skip


def test_names_of_a_convention() -> None:
    sql = "CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE CHECK (a > 0), b UNIQUE REFERENCES p, UNIQUE (id, a))"
    dropped = [ops.DropConstraint(name, "t") for name in ("uq_t_b", "fk_t_p", "pk_t", "uq_t_id")]
    assert after(sql, *dropped, naming_convention=CONVENTION) == (
        "CREATE TABLE t(id INTEGER, a CHECK (a > 0), b, CONSTRAINT uq_t_a UNIQUE (a))"
    )


NAMELESS = (
    "id INTEGER PRIMARY KEY AUTOINCREMENT, a INT UNIQUE ON CONFLICT IGNORE, "
    "b REFERENCES p (id) NOT NULL ON CONFLICT FAIL DEFERRABLE, c CHECK (c > 0), "
    "d CONSTRAINT mine UNIQUE, e, FOREIGN KEY (c) REFERENCES q"
)


def test_a_rebuild_gives_the_names_of_a_convention() -> None:
    sql = f"CREATE TABLE t({NAMELESS})"
    assert after(sql, ops.AlterColumn("t", "e", nullable=False), naming_convention=CONVENTION) == (
        "CREATE TABLE t(id INTEGER CONSTRAINT pk_t PRIMARY KEY AUTOINCREMENT, a INT, b NOT NULL ON CONFLICT FAIL, "
        "c CHECK (c > 0), d CONSTRAINT mine UNIQUE, e NOT NULL, CONSTRAINT fk_t_q FOREIGN KEY (c) REFERENCES q, "
        "CONSTRAINT uq_t_a UNIQUE (a) ON CONFLICT IGNORE, "
        "CONSTRAINT fk_t_p FOREIGN KEY (b) REFERENCES p (id) DEFERRABLE)"
    )
    # A CHECK is a text without columns; SQLAlchemy leaves them out of its name.
    by_column = Options({"ck": "ck_%(table_name)s_%(column_0_name)s"})
    named = sql.replace("CHECK (c > 0)", "CONSTRAINT ck_t_ CHECK (c > 0)")
    assert after(sql, recreate="always", naming_convention=by_column) == named


def test_a_name_that_two_constraints_would_have_is_given_to_neither() -> None:
    sql = "CREATE TABLE t(a, b, c, UNIQUE (a, b), UNIQUE (a, c), UNIQUE (b), CONSTRAINT uq_t_c CHECK (c), UNIQUE (c))"
    named = sql.replace("UNIQUE (b)", "CONSTRAINT uq_t_b UNIQUE (b)")
    assert after(sql, recreate="always", naming_convention=CONVENTION) == named
    with pytest.raises(ConstraintNotFoundError, match="gives the name uq_t_a to 2 constraints of table t"):
        after(sql, ops.DropConstraint("uq_t_a", "t", "unique"), naming_convention=CONVENTION)


def test_keys_of_a_new_column_keep_their_names() -> None:
    column = Column("n", INTEGER, references=(Reference("p.id", "fk_n"), Reference("q.id")), unique=True)
    assert after("CREATE TABLE t(a)", ops.AddColumn("t", column, naming_convention=CONVENTION)) == (
        "CREATE TABLE t(a, n INTEGER, CONSTRAINT fk_n FOREIGN KEY(n) REFERENCES p (id), "
        "CONSTRAINT fk_t_q FOREIGN KEY(n) REFERENCES q (id), CONSTRAINT uq_t_n UNIQUE (n))"
    )


#: A table, a change of it that cannot be, and what is said.
REFUSED: list[tuple[str, ops.Change, type[MigrateError], str]] = [
    ("name, b", ops.AlterColumn("t", "nmae", nullable=False), TableNotFoundError,
     "Table t has no column 'nmae'.\nDid you mean name? It has: name, b."),
    ("a, b", ops.DropColumn("t", "zzz"), TableNotFoundError, "has no column 'zzz'.\nIt has: a, b."),
    ("a, b", ops.AddColumn("t", Column("A", INTEGER)), OperationError, "has a column 'A' already"),
    ("a, b", ops.AlterColumn("t", "a", new_name="B"), OperationError, "has a column 'B' already"),
    ("a", ops.DropColumn("t", "a"), OperationError, "is the only one of table t"),
    ("a, b AS (a + 1)", ops.DropColumn("t", "a"), OperationError, "column b is computed from it"),
    ("a PRIMARY KEY, b", ops.AddColumn("t", Column("c", INTEGER), insert_before="x"), TableNotFoundError, "column 'x'"),
    ("a CONSTRAINT uq_a UNIQUE, b UNIQUE", ops.DropConstraint("uq_b", "t"), OperationError,
     "Table t has no constraint 'uq_b'.\nDid you mean uq_a? Those with a name are: uq_a. One without a name is found"),
    ("a UNIQUE, b UNIQUE", ops.DropConstraint("x", "t", "unique"), OperationError, "None of its constraints has"),
    ("a CONSTRAINT k CHECK (a)", ops.DropConstraint("k", "t", "unique"), OperationError,
     "Constraint k of table t is a check constraint, and type_='unique' was given."),
    ("a CONSTRAINT k CHECK (a)", ops.AddConstraint("t", Unique(("a",), name="K")), OperationError,
     "has a constraint 'K' already"),
    ("a, b", ops.AddConstraint("t", Unique(("c",), name="u")), TableNotFoundError, "has no column 'c'"),
    ("a CONSTRAINT pk PRIMARY KEY, b", ops.AddConstraint("t", PrimaryKey(("b",), name="new")), OperationError,
     "Drop that first: op.drop_constraint('pk', 't', type_='primary')"),
    ("a PRIMARY KEY", ops.AddColumn("t", KEY, inline_primary_key=True), OperationError,
     "has a primary key already"),
    ("a", ops.AddConstraint("t", Exclude((("a", "="),), name="x")), UnsupportedOperationError, "no exclude"),
    ("a", ops.AlterColumn("t", "a", server_default=Identity()), UnsupportedOperationError, "no identity columns"),
    ("a UNIQUE, b UNIQUE, c CONSTRAINT ck CHECK (c)", ops.DropConstraint(None, "t", "unique"), OperationError,
     "Drop the unique constraint of table t that has no name: there are 2 of that kind."),
    ("a CONSTRAINT u UNIQUE", ops.DropConstraint(None, "t", "unique"), OperationError, "there is none of that kind."),
    ("a, b", ops.AlterColumn("t", "b", server_default=Computed(expression("a"), False)), UnsupportedOperationError,
     "which would be lost if it were computed.\nIf they may go, drop b and add it again with sa.Computed(...)."),
    ("a INT PRIMARY KEY", ops.AlterColumn("t", "a", autoincrement=True), OperationError,
     "only an INTEGER PRIMARY KEY can"),
    ("a", ops.DropIndex("ix_t_b", "t"), OperationError, "no index 'ix_t_b'.\nDid you mean ix_t_a? It has: ix_t_a."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "change", "kind", "said"), REFUSED, ids=[str(case[3])[:40] for case in REFUSED]
)
def test_what_cannot_be(columns: str, change: ops.Change, kind: type[MigrateError], said: str) -> None:
    stored = StoredTable(
        "t", f"CREATE TABLE t({columns})", indexes=(StoredObject("ix_t_a", "CREATE INDEX ix_t_a ON t(a)"),)
    )
    with pytest.raises(kind) as caught:
        rebuild(stored, ops.AlterTable("t", (change,), alone=True), DIALECT)
    assert said in str(caught.value)


def test_options_that_cannot_be() -> None:
    stored = StoredTable("t", "CREATE TABLE t(a, b)")
    with pytest.raises(OperationError, match=r"partial_reordering= of table t contradicts itself"):
        rebuild(stored, ops.AlterTable("t", partial_reordering=(("a", "b"), ("b", "a"))), DIALECT)
    with pytest.raises(OperationError, match="Did you mean sqlite_strict"):
        rebuild(stored, ops.AlterTable("t", table_kwargs=Options({"sqlite_stric": True})), DIALECT)


#: Changes of t(a, b UNIQUE, c, d CHECK (d > c)) with an index on a, and whether the table must be rebuilt.
NATIVE: list[tuple[ops.Change, bool]] = [
    (ops.AddColumn("t", Column("n", INTEGER)), False),
    (ops.AddColumn("t", Column("n", INTEGER, nullable=False, server_default="5")), False),
    (ops.AddColumn("t", Column("n", INTEGER, references=(Reference("p.id"),))), False),
    (ops.AddColumn("t", Column("n", INTEGER, references=(Reference("p.id", "fk"),))), True),
    (
        ops.AddColumn(
            "t", Column("m", INTEGER, references=(Reference("p.id", "f"),)), inline_references=True
        ),
        False,
    ),
    (ops.AddColumn("t", Column("n", INTEGER, server_default=Identity())), False),
    (ops.AddColumn("t", Column("n", INTEGER, server_default=Computed(expression("a"), False))), False),
    (ops.AddColumn("t", Column("n", INTEGER, server_default=Computed(expression("a"), True))), True),
    (ops.AddColumn("t", Column("n", INTEGER, server_default=expression("CURRENT_DATE"))), True),
    (ops.AddColumn("t", Column("n", INTEGER, server_default=expression("random()"))), True),
    (ops.AddColumn("t", Column("n", INTEGER, server_default="1", references=(Reference("p.id"),))), True),
    (ops.AddColumn("t", Column("n", INTEGER, unique=True)), True),
    (ops.AddColumn("t", Column("n", INTEGER), insert_after="a"), True),
    (ops.DropColumn("t", "e"), False),
    (ops.DropColumn("t", "d"), False),
    (ops.DropColumn("t", "a"), True),
    (ops.DropColumn("t", "b"), True),
    (ops.DropColumn("t", "c"), True),
    (ops.AlterColumn("t", "a", new_name="z"), False),
    (ops.AlterColumn("t", "a", new_name="z", nullable=False), True),
    (ops.AlterColumn("t", "a", insert_after="b"), True),
    (ops.CreateIndex("t", Index("i", ("c",))), False),
    (ops.DropIndex("ix", "t"), False),
    (ops.AddConstraint("t", Unique(("c",))), True),
    (ops.DropConstraint(None, "t", "unique"), True),
]


@pytest.mark.parametrize(("change", "anew"), NATIVE, ids=[change.describe() for change, _ in NATIVE])
@pytest.mark.parametrize("foreign_keys", ["ON", "OFF"])
def test_sqlites_own_statements_where_it_has_them(change: ops.Change, anew: bool, foreign_keys: str) -> None:
    script = [
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a, b UNIQUE, c, d CHECK (d > c), e)",
        "CREATE INDEX ix ON t (a)",
        "INSERT INTO p VALUES (1)",
        "INSERT INTO t VALUES (1, 2, 3, 4, 5)",
    ]
    with made(*script, foreign_keys=foreign_keys) as connection:
        stored = stored_table(connection, "t")
        assert is_native(change, stored, DIALECT) != anew
        plan = rebuild(stored, ops.AlterTable("t", (change,)), DIALECT)
        assert any("RENAME TO" in statement.text for statement in plan.statements) == anew
        run_rebuild(connection, plan)
        assert ask(connection, "SELECT count(*) FROM t") == [(1,)]


def test_nothing_to_do_is_nothing_sent() -> None:
    stored = StoredTable("t", "CREATE TABLE t(a NOT NULL)")
    changes: list[ops.Change] = [
        ops.AlterColumn("t", "a", nullable=False),
        ops.AddColumn("t", Column("a", INTEGER), if_not_exists=True),
    ]
    for change in changes:
        assert rebuild(stored, ops.AlterTable("t", (change,)), DIALECT).statements == ()
    assert rebuild(stored, ops.AlterTable("t"), DIALECT).statements == ()
    assert len(rebuild(stored, ops.AlterTable("t", recreate="always"), DIALECT).statements) == 6


def test_changes_of_indexes_and_names_alone_make_nothing_anew() -> None:
    stored = StoredTable(
        "t", "CREATE TABLE t(a NOT NULL)", indexes=(StoredObject("ix", "CREATE INDEX ix ON t(a)"),)
    )
    changes = (
        ops.AlterColumn("t", "a", nullable=False, new_name="b"),
        ops.DropIndex("ix", "t"),
        ops.CreateIndex("t", Index("new", ("b",))),
        ops.CreateIndex("t", Index("gone", ("b",))),
        ops.DropIndex("gone", "t"),
    )
    plan = rebuild(stored, ops.AlterTable("t", changes), DIALECT)
    assert [statement.text for statement in plan.statements] == [
        "DROP INDEX ix",
        "ALTER TABLE t RENAME COLUMN a TO b",
        "CREATE INDEX new ON t (b)",
    ]


#: A type, a value in it, another type, and the value then.
CONVERSIONS = [
    ("TEXT", "12", sa.Integer(), 12),
    ("TEXT", "abc", sa.Integer(), "abc"),
    ("TEXT", "1.5", sa.Integer(), 1.5),
    ("REAL", 1.9, sa.Integer(), 1),
    ("NUMERIC", "2020-05-17", sa.Date(), "2020-05-17"),
    ("TEXT", "2020-05-17", sa.Date(), "2020-05-17"),
    ("TEXT", "2020-05-17 10:00:00", sa.DateTime(), "2020-05-17 10:00:00"),
    ("INTEGER", 2**63 - 1, sa.Text(), str(2**63 - 1)),
    ("INTEGER", 5, sa.Float(), 5.0),
    ("BLOB", b"\xc3\xa4", sa.Text(), "ä"),
    ("TEXT", "ä", sa.LargeBinary(), b"\xc3\xa4"),
    ("TEXT", '{"a": 1}', sa.JSON(), '{"a": 1}'),
    ("TEXT", "0012", sa.JSON(), 12),
    ("INTEGER", 1, sa.Boolean(), 1),
    ("TEXT", None, sa.Integer(), None),
    ("DATE", "2020-05-17", sa.Text(), "2020-05-17"),
]


@pytest.mark.parametrize(("before", "value", "type_", "expected"), CONVERSIONS)
def test_values_of_a_column_that_gets_another_type(
    before: str, value: Any, type_: sa.types.TypeEngine[Any], expected: Any
) -> None:
    with made(f"CREATE TABLE t (a {before}, b)") as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("INSERT INTO t VALUES (?, 1)", (value,))
        do(connection, ops.AlterColumn("t", "a", type=SqlType(type_)))
        ((found,),) = ask(connection, "SELECT a FROM t")
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("before", "type_", "noted"),
    [
        ("TEXT", sa.Integer(), True),
        ("", sa.Float(), True),
        ("REAL", sa.Integer(), False),
        ("TEXT", sa.Date(), False),
        ("TEXT", sa.String(50), False),
        ("INTEGER", sa.BigInteger(), False),
    ],
)
def test_what_becomes_of_texts_is_written_with_the_statements(
    before: str, type_: sa.types.TypeEngine[Any], noted: bool
) -> None:
    stored = StoredTable("t", f"CREATE TABLE t (a {before}, b)")
    plan = rebuild(stored, ops.AlterTable("t", (ops.AlterColumn("t", "a", type=SqlType(type_)),)), DIALECT)
    assert ("'8.5' as 8.5" in plan.statements[0].text) == noted


def test_rowids_stay_where_nothing_names_them() -> None:
    for columns, name in [("a", "rowid"), ("rowid", "_rowid_"), ("rowid, _rowid_, x", "oid")]:
        first = columns.split(",")[0]
        with made(
            f"CREATE TABLE t ({columns})", f"INSERT INTO t ({name}, {first}) VALUES (7, 'x'), (-3, 'y')"
        ) as connection:
            do(connection, ops.AlterColumn("t", first, nullable=False))
            assert ask(connection, f"SELECT {name}, {first} FROM t ORDER BY 1") == [(-3, "y"), (7, "x")]


WHOLE = ops.AlterColumn("t", "a", server_default="5")
PART = ops.DropColumn("t", "c")
MORE = ops.AddColumn("t", Column("new", SqlType(sa.Integer())), insert_before="a")


@pytest.mark.parametrize(
    ("table", "change", "gap", "setting", "copy"),
    [
        ("a, b, c", WHOLE, False, "OFF", "INTO t SELECT * FROM _nbmigrate_old NOT INDEXED"),
        ("a, b, c", PART, False, "OFF", "INTO t (a, b) SELECT a, b FROM _nbmigrate_old ORDER BY rowid"),
        ("a, rowid, c", MORE, False, "OFF", "(a, rowid, c) SELECT a, rowid, c FROM _nbmigrate_old ORDER BY _rowid_"),
        ("a, b, c", WHOLE, True, "OFF", "INTO t (rowid, a, b, c) SELECT rowid, a, b, c FROM _nbmigrate_old"),
        ("a, b, c", PART, True, "OFF", "INTO t (rowid, a, b) SELECT rowid, a, b FROM _nbmigrate_old"),
        ("a, b, c", WHOLE, False, "ON", "INTO t (rowid, a, b, c) SELECT rowid, a, b, c FROM _nbmigrate_old"),
        ("a, b, c INTEGER PRIMARY KEY", WHOLE, False, "OFF", "INTO t SELECT * FROM _nbmigrate_old"),
    ],
)  # fmt: skip
def test_rowids_that_run_on_need_not_be_named(
    table: str, change: ops.Change, gap: bool, setting: str, copy: str
) -> None:
    """An index with all columns in it, in another order, is never what the rows come from."""
    names = ", ".join(each.split()[0] for each in table.split(", "))
    rowid = "_rowid_" if "rowid" in table else "rowid"
    second, values = names.split(", ")[1], "SELECT x * 37 % 101 + x / 102 * 1000, -x, x * 7 % 211 FROM n"
    for keys in ("", f", UNIQUE ({second}, a)", f", UNIQUE (a, {second}, c), UNIQUE (c, a)"):
        script = [
            f"CREATE TABLE t ({table}{keys})",
            "CREATE INDEX ix ON t (a)",
            f"INSERT INTO t ({names}) WITH n (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n LIMIT 200) {values}",
            *(["DELETE FROM t WHERE a = 38"] if gap else []),
            f"PRAGMA reverse_unordered_selects = {setting}",
        ]
        if change is PART and " c" in keys:
            continue
        with made(*script) as connection:
            before = ask(connection, f"SELECT {rowid}, a, {second} FROM t ORDER BY 1")
            stored = with_rowids(connection, stored_table(connection, "t"))
            plan = rebuild(stored, ops.AlterTable("t", (change,), recreate="always"), connection.dialect)
            assert sum(statement.text.endswith(copy) for statement in plan.statements) == 1
            ask(connection, "BEGIN")
            run_rebuild(connection, plan)
            assert ask(connection, f"SELECT {rowid}, a, {second} FROM t ORDER BY 1") == before


def test_what_was_numbered_last_stays() -> None:
    change = ops.AlterColumn("t", "a", nullable=False)
    table = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a)"
    rows = ["INSERT INTO t VALUES (5, 1), (100, 1)", "DELETE FROM t WHERE id = 100"]
    for script, expected in [([], []), (rows, [("t", 100)]), ([*rows, "DELETE FROM t"], [("t", 100)])]:
        with made(table, *script) as connection:
            do(connection, change)
            assert ask(connection, "SELECT * FROM sqlite_sequence") == expected


def test_other_databases_and_odd_names() -> None:
    table = '"my ""t""; DROP--"'
    script = [
        "ATTACH ':memory:' AS \"an other\"",
        f'CREATE TABLE "an other".{table} (a, b)',
        f"CREATE TABLE {table} (other)",
        f'CREATE INDEX "an other"."i x" ON {table} (a)',
        f'CREATE TRIGGER "an other".tr AFTER INSERT ON {table} BEGIN SELECT 1; END',
        f'CREATE TEMP TRIGGER te AFTER INSERT ON "an other".{table} BEGIN SELECT 2; END',
        f'INSERT INTO "an other".{table} VALUES (1, 2)',
    ]
    name = 'my "t"; DROP--'
    with made(*script) as connection:
        others = "SELECT type, name, sql FROM \"an other\".sqlite_schema WHERE type <> 'table' ORDER BY 1, 2"
        before = ask(connection, others), ask(connection, "SELECT sql FROM sqlite_temp_schema")
        do(connection, ops.AlterColumn(name, "b", nullable=False), table=name, schema="an other")
        assert (ask(connection, others), ask(connection, "SELECT sql FROM sqlite_temp_schema")) == before
        assert ask(connection, f'SELECT * FROM "an other".{table}') == [(1, 2)]
        assert ask(connection, "SELECT sql FROM sqlite_schema") == [(f"CREATE TABLE {table} (other)",)]


def test_a_temporary_table_is_found_first_and_stays_one() -> None:
    with made(
        "CREATE TABLE t (x)", "CREATE TEMP TABLE t (a, b)", "CREATE INDEX temp.ix ON t (a)"
    ) as connection:
        do(connection, ops.AlterColumn("t", "a", nullable=False))
        assert ask(connection, "SELECT sql FROM sqlite_schema") == [("CREATE TABLE t (x)",)]
        found = ask(connection, "SELECT sql FROM sqlite_temp_schema ORDER BY type DESC")
        assert found == [("CREATE TABLE t (a NOT NULL, b)",), ("CREATE INDEX ix ON t (a)",)]


def test_a_table_of_2000_columns() -> None:
    columns = ", ".join(f"column_{number} INT DEFAULT {number}" for number in range(2000))
    with made(f"CREATE TABLE t ({columns})", "INSERT INTO t DEFAULT VALUES") as connection:
        changes = [ops.AlterColumn("t", f"column_{number}", nullable=False) for number in range(0, 2000, 10)]
        do(connection, *changes, ops.DropColumn("t", "column_3"))
        assert len(ask(connection, "PRAGMA table_info(t)")) == 1999
        assert ask(connection, "SELECT column_1999 FROM t") == [(1999,)]


def test_a_table_from_its_value() -> None:
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.String(20), index=True),
    )
    stored = stored_as(from_table(table), DIALECT)
    assert isinstance(from_table(table), Table)
    plan = rebuild(stored, ops.AlterTable("t", (ops.AlterColumn("t", "a", nullable=False),)), DIALECT)
    texts = [" ".join(statement.text.split()) for statement in plan.statements]
    assert "CREATE TABLE t ( id INTEGER NOT NULL, a VARCHAR(20) NOT NULL, PRIMARY KEY (id) )" in texts
    assert "CREATE INDEX ix_t_a ON t (a)" in texts


@pytest.mark.parametrize("foreign_keys", ["ON", "OFF"])
def test_a_table_that_is_said_to_be_another(foreign_keys: str) -> None:
    script = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a UNIQUE REFERENCES t, b)",
        "CREATE TABLE child (x REFERENCES t)",
        "INSERT INTO t VALUES (5, NULL, 'x')",
        "INSERT INTO child VALUES (5)",
    ]
    with made(*script, foreign_keys=foreign_keys) as connection:
        declared_sql = 'CREATE TABLE "T" (b TEXT UNIQUE, id INTEGER PRIMARY KEY, a CHECK (a > 0))'
        stored = replace(stored_table(connection, "t"), declared_sql=declared_sql)
        change = ops.AlterColumn("t", "a", type=TEXT)
        run_rebuild(connection, rebuild(stored, ops.AlterTable("t", (change,)), connection.dialect))
        assert ask(connection, "SELECT sql FROM sqlite_schema WHERE name = 't'") == [
            ("CREATE TABLE t (b TEXT UNIQUE, id INTEGER PRIMARY KEY, a TEXT CHECK (a > 0))",)
        ]
        assert ask(connection, "SELECT * FROM t, child") == [("x", 5, None, 5)]
        assert ask(connection, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("foreign_keys", ["ON", "OFF"])
@pytest.mark.parametrize(
    "action",
    ["", "ON DELETE CASCADE", "ON DELETE RESTRICT", "ON DELETE SET NULL", "DEFERRABLE INITIALLY DEFERRED"],
)
def test_rows_that_refer_to_the_table_stay(foreign_keys: str, action: str) -> None:
    script = [
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, up REFERENCES t {action}, a)",
        f'CREATE TABLE child (x REFERENCES t(id) {action}, y REFERENCES "T" {action})',
        f"CREATE TABLE cousin (x REFERENCES child(x) {action})",
        "CREATE TABLE log (x)",
        "CREATE TRIGGER tr AFTER DELETE ON child BEGIN INSERT INTO log VALUES (1); END",
        "CREATE TRIGGER tu AFTER INSERT ON t BEGIN INSERT INTO log VALUES (2); END",
        "PRAGMA recursive_triggers = ON",
        "PRAGMA foreign_keys = OFF",
        "INSERT INTO t VALUES (2, 5, 1), (5, NULL, 1), (9, 404, 1)",
        "DELETE FROM log",
        "INSERT INTO child VALUES (2, 5), (404, NULL)",
        f"PRAGMA foreign_keys = {foreign_keys}",
    ]
    with made(*script) as connection:
        tables = ("t", "child", "log")
        schema = "SELECT name, sql FROM sqlite_schema WHERE name <> 't' ORDER BY 1"
        before = [ask(connection, f"SELECT * FROM {name}") for name in tables], ask(connection, schema)
        do(connection, ops.AlterColumn("t", "a", nullable=False))
        assert (
            [ask(connection, f"SELECT * FROM {name}") for name in tables],
            ask(connection, schema),
        ) == before
        assert ask(connection, "PRAGMA foreign_keys") == [(int(foreign_keys == "ON"),)]
        assert len(ask(connection, "PRAGMA foreign_key_check(child)")) == 1
        ask(connection, "PRAGMA foreign_key_check(t)")


def test_what_waits_for_the_commit_goes_on_to() -> None:
    script = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a)",
        "CREATE TABLE child (x REFERENCES t DEFERRABLE INITIALLY DEFERRED)",
    ]
    with made(*script, foreign_keys="ON") as connection:
        ask(connection, "BEGIN")
        ask(connection, "INSERT INTO child VALUES (7)")
        alteration = ops.AlterTable("t", (ops.AlterColumn("t", "a", nullable=False),))
        run_rebuild(connection, rebuild(stored_table(connection, "t"), alteration, connection.dialect))
        with pytest.raises(Exception, match="FOREIGN KEY constraint failed"):
            ask(connection, "COMMIT")
        ask(connection, "INSERT INTO t VALUES (7, 1)")
        ask(connection, "COMMIT")
        assert ask(connection, "SELECT * FROM child, t") == [(7, 7, 1)]
