"""The text of a CREATE TABLE of SQLite: cut into pieces, changed in one of them, put together again."""

import sqlite3

import pytest

from nbmigrate.dialects.sqlite.parsing.create_table import TableText, read_table
from nbmigrate.dialects.sqlite.parsing.parser import read_clause, read_column, read_constraint
from nbmigrate.dialects.sqlite.parsing.tokens import (
    mentions,
    qualifies,
    renamed,
    same_sql,
    tokenize,
)
from nbmigrate.errors import OperationError, UnsupportedOperationError

COMMENTED = """CREATE TABLE t(
  id INTEGER PRIMARY KEY, -- the number
  name TEXT, /* as printed */
  -- how many
  q INT, w INT -- the last
  -- that was all
)"""

#: Statements that SQLite takes, a line each.
TABLES = [
    "CREATE TABLE t(a)",
    "CREATE TABLE t (a, b, c)",
    "create table T(A integer primary key autoincrement not null, b)",
    "CREATE TABLE t(a INTEGER CONSTRAINT pk PRIMARY KEY DESC ON CONFLICT REPLACE, b UNIQUE ON CONFLICT IGNORE)",
    "CREATE TABLE t(a VARCHAR(20), b DECIMAL(10, -2), c DOUBLE PRECISION, d UNSIGNED BIG INT, e LONG VARCHAR(+5))",
    "CREATE TABLE t(a INT DEFAULT -5, b DEFAULT +1.5e3, c DEFAULT 'it''s, (not) x', d DEFAULT (1 + (2)), e)",
    "CREATE TABLE t(a DEFAULT CURRENT_TIMESTAMP, b DEFAULT NULL, c DEFAULT true, d DEFAULT word, e DEFAULT 0xFF)",
    "CREATE TABLE t(a TEXT COLLATE NOCASE NOT NULL ON CONFLICT FAIL DEFAULT 'x' CHECK (a <> ')') NULL)",
    "CREATE TABLE t(a REFERENCES p, b REFERENCES p(x) ON DELETE SET NULL ON UPDATE NO ACTION MATCH FULL, c)",
    "CREATE TABLE t(a REFERENCES p DEFERRABLE INITIALLY DEFERRED NOT NULL, b REFERENCES p NOT DEFERRABLE UNIQUE)",
    "CREATE TABLE t(a, b AS (a + 1), c INT GENERATED ALWAYS AS (a * 2) STORED, d TEXT AS (a || ',') VIRTUAL NOT NULL)",
    "CREATE TABLE t(a CONSTRAINT one CONSTRAINT two NOT NULL CONSTRAINT three CHECK (a > 0) CONSTRAINT four)",
    "CREATE TABLE t(a, b, PRIMARY KEY (a, b DESC) ON CONFLICT ABORT, UNIQUE (b COLLATE nocase, a))",
    "CREATE TABLE t(a INTEGER, PRIMARY KEY (a AUTOINCREMENT))",
    "CREATE TABLE t(a, b, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES p (x, y) ON DELETE CASCADE DEFERRABLE, CHECK (a))",
    "CREATE TABLE t(a, b, UNIQUE (a) CHECK (b > 0) CONSTRAINT n UNIQUE (b), CHECK (a IN (1, 2, ',')))",
    'CREATE TABLE "my ""table"("a b", `c``d`, [e f], \'g\'\'h\', "primary" TEXT, "check" "UNIQUE")',
    "CREATE TABLE t(a PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE t(a INT, b ANY) STRICT",
    "CREATE TABLE t(a INT PRIMARY KEY) strict , without rowid",
    "CREATE TABLE 😀(ä 'text', \"straße.名\" INT, a$b_1)",
    "CREATE TABLE t(--first\na /* in, ( */ INT -- ) not the end\n, -- then\n b /**/)",
    "CREATE TABLE t(a INT,\n\n  b\tTEXT\r\n)",
    "CREATE TABLE t(type, key, generated, action, abort, rowid, strict, stored, always)",
    f"CREATE TABLE {'n' * 200}({', '.join(f'c{n} INT' for n in range(500))})",
    COMMENTED,
]
#: What SQLite takes and never keeps in this way.
UNKEPT = [
    "CREATE TEMP TABLE t(a)",
    "CREATE TEMPORARY TABLE IF NOT EXISTS t(a)",
    "CREATE TABLE main.t(a)",
    'CREATE TABLE IF NOT EXISTS "main" . "t" ( a ) ;',
]


@pytest.mark.parametrize("sql", [*TABLES, *UNKEPT])
def test_text_in_is_text_out(sql: str) -> None:
    database = sqlite3.connect(":memory:")
    database.execute(sql)
    assert str(read_table(sql, "t")) == sql
    assert "".join(token.text for token in tokenize(sql)) == sql
    schema = "sqlite_temp_schema" if "TEMP" in sql else "sqlite_schema"
    ((name, kept),) = database.execute(
        f"SELECT name, sql FROM {schema} WHERE type = 'table' AND name <> 'sqlite_sequence'"
    )
    table = read_table(kept, name)
    assert str(table) == kept
    assert table.name == name
    columns = [row[1] for row in database.execute(f"PRAGMA table_xinfo({_quoted(name)})")]
    assert [column.name for column in table.columns] == columns
    database.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def test_what_sqlite_makes_of_create_table_as_select() -> None:
    database = sqlite3.connect(":memory:")
    database.execute('CREATE TABLE t AS SELECT 1 AS a, \'x\' AS "b c", 1.5 AS "select"')
    (kept,) = database.execute("SELECT sql FROM sqlite_schema").fetchone()
    table = read_table(kept, "t")
    assert str(table) == kept
    assert [column.name for column in table.columns] == ["a", "b c", "select"]
    database.close()


def clauses(sql: str) -> list[tuple[str | None, str, str | None, tuple[str, ...]]]:
    return [
        (None if column is None else column.name, clause.kind, clause.name, clause.columns)
        for column, clause in read_table(sql, "t").clauses()
    ]


def test_constraints_are_told_apart() -> None:
    sql = (
        'CREATE TABLE t(a INT CONSTRAINT "p k" PRIMARY KEY NOT NULL, b DEFAULT (1) COLLATE x UNIQUE CHECK (b > 0), '
        "c REFERENCES p (y) DEFERRABLE, d AS (a), CONSTRAINT [f] FOREIGN KEY (a, `b`) REFERENCES p (x, y), UNIQUE (c))"
    )
    assert clauses(sql) == [
        ("a", "primary", "p k", ("a",)),
        ("a", "notnull", None, ()),
        ("b", "default", None, ()),
        ("b", "collate", None, ()),
        ("b", "unique", None, ("b",)),
        ("b", "check", None, ()),
        ("c", "foreignkey", None, ("c",)),
        ("d", "generated", None, ()),
        (None, "foreignkey", "f", ("a", "b")),
        (None, "unique", None, ("c",)),
    ]
    keys = [clause for _, clause in read_table(sql, "t").clauses() if clause.kind == "foreignkey"]
    assert [(key.target, key.target_columns) for key in keys] == [("p", ("y",)), ("p", ("x", "y"))]


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("CHECK (a > (0))", "a > (0)"),
        ("CONSTRAINT \"check (\" CHECK(a IN (1, ')')) ON CONFLICT FAIL", "a IN (1, ')')"),
        ("AS (a || ')') STORED", "a || ')'"),
    ],
)
def test_the_body_of_a_condition(sql: str, text: str) -> None:
    assert read_clause(sql).body == text


@pytest.mark.parametrize(
    ("type_text", "affinity"),
    [
        ("INT", "INTEGER"),
        ("BIGINT", "INTEGER"),
        ("CHARINT", "INTEGER"),
        ("VARCHAR(20)", "TEXT"),
        ("clob", "TEXT"),
        ("BLOB", "BLOB"),
        ("", "BLOB"),
        ("DOUBLE PRECISION", "REAL"),
        ("FLOAT", "REAL"),
        ("DECIMAL(10, 2)", "NUMERIC"),
        ("DATE", "NUMERIC"),
        ("BOOLEAN", "NUMERIC"),
        ("JSON", "NUMERIC"),
    ],
)
def test_affinity_is_sqlites_own(type_text: str, affinity: str) -> None:
    assert read_column(f"a {type_text}").affinity == affinity
    database = sqlite3.connect(":memory:")
    database.execute(f"CREATE TABLE t(a {type_text})")
    database.execute("INSERT INTO t VALUES ('1'), (1), (1.0)")
    kinds = [row[0] for row in database.execute("SELECT typeof(a) FROM t")]
    expected = {
        "INTEGER": ["integer"] * 3,
        "TEXT": ["text"] * 3,
        "REAL": ["real"] * 3,
        "NUMERIC": ["integer"] * 3,
    }
    assert kinds == expected.get(affinity, ["text", "integer", "real"])
    database.close()


@pytest.mark.parametrize(
    ("columns", "alias"),
    [
        ("id INTEGER PRIMARY KEY, a", "id"),
        ("a, id integer, PRIMARY KEY (ID)", "id"),
        ("id INTEGER, PRIMARY KEY (id DESC)", "id"),
        ("id INTEGER PRIMARY KEY DESC", None),
        ("id INT PRIMARY KEY", None),
        ("id INTEGER, a, PRIMARY KEY (id, a)", None),
        ("id INTEGER UNIQUE", None),
    ],
)
def test_the_alias_of_the_rowid(columns: str, alias: str | None) -> None:
    sql = f"CREATE TABLE t({columns})"
    found = read_table(sql, "t").rowid_alias
    assert (None if found is None else found.name) == alias
    database = sqlite3.connect(":memory:")
    database.execute(sql)
    database.execute("INSERT INTO t (rowid) VALUES (77)")
    assert (database.execute("SELECT id FROM t").fetchone() == (77,)) == (alias is not None)
    database.close()


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "CREATE VIEW t AS SELECT 1",
        "CREATE INDEX i ON t(a)",
        "CREATE TABLE t",
        "CREATE TABLE t AS SELECT 1",
        "CREATE TABLE t()",
        "CREATE TABLE t(a",
        "CREATE TABLE t(a,)",
        "CREATE TABLE t(a DEFAULT)",
        "CREATE TABLE t(a CHECK)",
        "CREATE TABLE t(a INT nonsense(5) more)",
        "CREATE TABLE t(a) nonsense",
        "CREATE TABLE t(a, UNIQUE (a), b)",
        "CREATE TABLE t(a 'open)",
        "\x00\x01garbage",
    ],
)
def test_a_text_that_is_no_create_table(sql: str) -> None:
    with pytest.raises(
        OperationError, match="The CREATE TABLE text of table t cannot be read, near: "
    ) as caught:
        read_table(sql, "t")
    assert "integrity_check" in caught.value.hint


def test_a_virtual_table() -> None:
    with pytest.raises(UnsupportedOperationError, match="Table t is a virtual table") as caught:
        read_table("CREATE VIRTUAL TABLE t USING fts5(a)", "t")
    assert "CREATE VIRTUAL TABLE" in caught.value.hint


def without(sql: str, column: str) -> str:
    table = read_table(sql, "t")
    found = table.column(column)
    assert found is not None
    return str(table.without(found))


@pytest.mark.parametrize(
    ("gone", "rest"),
    [
        (
            "id",
            "\n  name TEXT, /* as printed */\n  -- how many\n  q INT, w INT -- the last\n  -- that was all\n",
        ),
        (
            "name",
            "\n  id INTEGER PRIMARY KEY, -- the number\n  -- how many\n  q INT, w INT -- the last\n  -- that was all\n",
        ),
        (
            "q",
            (
                "\n  id INTEGER PRIMARY KEY, -- the number\n  name TEXT, /* as printed */ w INT -- the last\n"
                "  -- that was all\n"
            ),
        ),
        (
            "w",
            (
                "\n  id INTEGER PRIMARY KEY, -- the number\n  name TEXT, /* as printed */\n  -- how many\n  q INT\n"
                "  -- that was all\n"
            ),
        ),
    ],
)
def test_a_column_goes_with_its_comments_alone(gone: str, rest: str) -> None:
    assert without(COMMENTED, gone) == f"CREATE TABLE t({rest})"


@pytest.mark.parametrize(
    ("gone", "text"), [(0, "b,c, UNIQUE(b)"), (1, "a,c, UNIQUE(b)"), (2, "a, b, UNIQUE(b)"), (3, "a, b,c")]
)
def test_an_item_goes(gone: int, text: str) -> None:
    table = read_table("CREATE TABLE t(a, b,c, UNIQUE(b))", "t")
    assert str(table.without(table.items[gone])) == f"CREATE TABLE t({text})"


def test_a_new_column_stands_before_the_constraints_and_behind_comments() -> None:
    table = read_table("CREATE TABLE t(a, -- first\n  b INT, -- second\n  UNIQUE (a))", "t")
    assert str(table.with_column(read_column("c TEXT"))) == (
        "CREATE TABLE t(a, -- first\n  b INT, -- second\n  c TEXT,\n  UNIQUE (a))"
    )
    added = read_table(COMMENTED, "t").with_column(read_column("n INT"))
    assert "q INT, w INT, -- the last\n  n INT\n  -- that was all\n)" in str(added)
    assert str(read_table("CREATE TABLE t(a)", "t").with_constraint(read_constraint("UNIQUE (a)"))) == (
        "CREATE TABLE t(a, UNIQUE (a))"
    )


def test_columns_move_with_their_comments() -> None:
    table = read_table(COMMENTED, "t").reordered(["q", "w", "id", "name"])
    assert str(table) == (
        "CREATE TABLE t(\n  -- how many\n  q INT, w INT, -- the last\n  id INTEGER PRIMARY KEY, -- the number\n"
        "  name TEXT /* as printed */\n  -- that was all\n)"
    )
    plain = read_table("CREATE TABLE t(a,b, c, CHECK (a))", "t")
    assert str(plain.reordered(["c", "a", "b"])) == "CREATE TABLE t(c, a,b, CHECK (a))"


@pytest.mark.parametrize(
    ("sql", "words", "text"),
    [
        ("CREATE TABLE t(a)", ("STRICT",), "CREATE TABLE t(a) STRICT"),
        ("CREATE TABLE t(a) STRICT", ("WITHOUT ROWID",), "CREATE TABLE t(a) STRICT, WITHOUT ROWID"),
    ],
)
def test_options(sql: str, words: tuple[str, ...], text: str) -> None:
    table = read_table(sql, "t").with_options(*words)
    assert str(table) == text
    assert str(table.without_option(words[0])) == sql


@pytest.mark.parametrize("sql", TABLES)
def test_every_change_is_again_a_table(sql: str) -> None:
    table = read_table(sql, "t")
    changed: list[TableText] = [
        table.with_column(read_column("_new TEXT DEFAULT 'x' NOT NULL")),
        table.with_constraint(read_constraint("CONSTRAINT _new CHECK (1)")),
        table.reordered([column.name for column in reversed(table.columns)]),
        table.without_clauses("check", "foreignkey", "deferral"),
    ]
    changed += [table.without(item) for item in table.items if len(table.columns) > 1][:10]
    for each in changed:
        assert str(read_table(str(each), "t")) == str(each)
        assert each.name == table.name


def test_names_in_expressions() -> None:
    sql = "a > 0 AND \"A\" <> 'a' AND a(b) AND t.[a] /* a */ AND x'00' AND `c d` = 1"
    assert mentions(sql, "a")
    assert mentions(sql, "C D")
    assert not mentions("a(1) + 'b' -- c", "a")
    assert not mentions("a(1) + 'b' -- c", "b")
    assert not mentions("a(1) + 'b' -- c", "c")
    assert renamed(sql, {"a": '"z z"'}) == (
        '"z z" > 0 AND "z z" <> \'a\' AND a(b) AND t."z z" /* a */ AND x\'00\' AND `c d` = 1'
    )
    assert qualifies(sql, "T")
    assert not qualifies(sql, "a")
    assert same_sql('CHECK ("b" in (0,1)) -- x', "check(B IN (0, 1))")
    assert not same_sql("b = 'x'", "b = 'X'")
