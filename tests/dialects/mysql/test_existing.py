"""The columns of MariaDB cut into clauses, and a change of a column that keeps every one that it does not name."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from nbmigrate.database.backends.existing import read_stored
from nbmigrate.dialects import statements
from nbmigrate.dialects.mysql.existing import read_columns
from nbmigrate.errors import ColumnNotFoundError, TableNotFoundError, UnsupportedOperationError
from nbmigrate.operations import Operations, Recorder

#: As SHOW CREATE TABLE writes it; the last ones as MySQL 8 does.
TOLD = r"""CREATE TABLE `t` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `we``ird, (name` varchar(20) CHARACTER SET latin1 COLLATE latin1_german1_ci DEFAULT 'it''s \\ a\n' COMMENT 'c,o(m\'',
  `ts` timestamp(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
  `e` enum('a,b','NOT NULL') DEFAULT 'NOT NULL',
  `g` int(11) GENERATED ALWAYS AS (`n` + 1) STORED COMMENT 'gen',
  `ck` int(11) INVISIBLE DEFAULT (1 + 2) CHECK (`ck` > 1),
  `co` varchar(50) /*M!100301 COMPRESSED*/ DEFAULT NULL,
  `s` timestamp NULL DEFAULT NULL /*!80023 INVISIBLE */,
  PRIMARY KEY (`id`),
  CONSTRAINT `x` CHECK (`ck` > 1)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='x (`q` int)'"""
CLAUSES = {
    "id": ["type", "nullable", "auto_increment"],
    "we`ird, (name": ["type", "charset", "collate", "default", "comment"],
    "ts": ["type", "nullable", "default", "on update"],
    "e": ["type", "default"],
    "g": ["type", "generated", "comment"],
    "ck": ["type", "invisible", "default", "check"],
    "co": ["type", "version comment", "default"],
    "s": ["type", "nullable", "default", "version comment"],
}


def test_columns_are_cut_into_clauses() -> None:
    columns = read_columns("t", TOLD).columns
    assert {column.name: [kind for kind, _ in column.clauses] for column in columns} == CLAUSES
    # Put together again they are what they were.
    for column in columns:
        quoted = column.name.replace("`", "``")
        assert f"  `{quoted}` {column.definition},\n" in TOLD


TABLE = """CREATE TABLE t (
 id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
 n varchar(20) CHARACTER SET latin1 COLLATE latin1_german1_ci DEFAULT 'it''s 50%%' COMMENT 'c,o(m''e50%%nt',
 ts timestamp(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
 dt datetime DEFAULT now() ON UPDATE now(),
 g int GENERATED ALWAYS AS (i + 1) STORED COMMENT 'gen',
 ck int DEFAULT 5 CHECK (ck > 1),
 j json,
 u varchar(36) NOT NULL DEFAULT uuid() COMMENT 'id',
 i int INVISIBLE DEFAULT 3,
 co varchar(50) COMPRESSED
) DEFAULT CHARSET utf8mb4"""

LATIN = "CHARACTER SET latin1 COLLATE latin1_german1_ci"
CHANGES: dict[str, tuple[Callable[[Operations], Any], dict[str, str]]] = {
    "nullable": (
        lambda o: o.alter_column("t", "n", nullable=False),
        {"n": f"varchar(20) {LATIN} NOT NULL DEFAULT 'it''s 50%' COMMENT 'c,o(m''e50%nt'"},
    ),
    "type of text": (
        lambda o: o.alter_column("t", "n", type_=sa.String(40), existing_nullable=False),
        {"n": f"varchar(40) {LATIN} DEFAULT 'it''s 50%' COMMENT 'c,o(m''e50%nt'"},
    ),
    "type with a collation of its own": (
        lambda o: o.alter_column("t", "n", type_=sa.String(20, collation="utf8mb4_bin")),
        {
            "n": "varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT 'it''s 50%' COMMENT 'c,o(m''e50%nt'"
        },
    ),
    "name": (
        lambda o: o.alter_column("t", "ck", new_column_name="ck2"),
        {"ck2": "int(11) DEFAULT 5 CHECK (`ck2` > 1)"},
    ),
    "name and nullable": (
        lambda o: o.alter_column("t", "ck", new_column_name="ck2", nullable=False),
        {"ck2": "int(11) NOT NULL DEFAULT 5 CHECK (`ck2` > 1)"},
    ),
    "default": (
        lambda o: o.alter_column("t", "u", server_default="x"),
        {"u": "varchar(36) NOT NULL DEFAULT 'x' COMMENT 'id'"},
    ),
    "default beside ON UPDATE": (
        lambda o: o.alter_column("t", "dt", server_default=None),
        {"dt": "datetime DEFAULT NULL ON UPDATE current_timestamp()"},
    ),
    "default with ON UPDATE": (
        lambda o: o.alter_column("t", "ts", server_default=sa.text("now(6) ON UPDATE now(6)")),
        {"ts": "timestamp(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6)"},
    ),
    "comment": (
        lambda o: o.alter_column("t", "n", comment="50% o'clock"),
        {"n": f"varchar(20) {LATIN} DEFAULT 'it''s 50%' COMMENT '50% o''clock'"},
    ),
    "no comment": (
        lambda o: o.alter_column("t", "u", comment=None),
        {"u": "varchar(36) NOT NULL DEFAULT uuid()"},
    ),
    "type of the key": (
        lambda o: o.alter_column("t", "id", type_=sa.BigInteger()),
        {"id": "bigint(20) NOT NULL AUTO_INCREMENT"},
    ),
    "no autoincrement": (
        lambda o: o.alter_column("t", "id", autoincrement=False),
        {"id": "int(10) unsigned NOT NULL"},
    ),
    "comment of a generated column": (
        lambda o: o.alter_column("t", "g", comment="sum"),
        {"g": "int(11) GENERATED ALWAYS AS (`i` + 1) STORED COMMENT 'sum'"},
    ),
    "nullable generated column": (
        lambda o: o.alter_column("t", "g", nullable=True, comment="sum"),
        {"g": "int(11) GENERATED ALWAYS AS (`i` + 1) STORED COMMENT 'sum'"},
    ),
    "type of json": (lambda o: o.alter_column("t", "j", type_=sa.Text()), {"j": "text DEFAULT NULL"}),
    "nullable invisible": (
        lambda o: o.alter_column("t", "i", nullable=False),
        {"i": "int(11) NOT NULL INVISIBLE DEFAULT 3"},
    ),
    "compressed no more": (
        lambda o: o.alter_column("t", "co", type_=sa.Integer()),
        {"co": "int(11) DEFAULT NULL"},
    ),
}


def tell(connection: sa.Connection) -> dict[str, str]:
    text = connection.exec_driver_sql("SHOW CREATE TABLE t").one()[1]
    return {column.name: column.definition for column in read_columns("t", text).columns}


def do(connection: sa.Connection, function: Callable[[Operations], Any]) -> list[str]:
    recorder = Recorder()
    function(Operations(recorder))
    sent = []
    for operation in recorder.operations:
        for statement in statements(operation, connection.dialect, read_stored(connection, operation)):
            connection.execute(statement.executable)
            sent.append(statement.text)
    return sent


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_not_named_is_kept(mariadb: sa.Connection, case: str) -> None:
    mariadb.exec_driver_sql(TABLE)
    before = list(tell(mariadb).items())
    function, changed = CHANGES[case]
    do(mariadb, function)
    after = list(tell(mariadb).items())
    (name,) = changed
    wanted = [
        (name, changed[name]) if old not in dict(after) or old == name else (old, text)
        for old, text in before
    ]
    assert after == wanted


def test_an_old_server_that_renames_by_change_only(mariadb: sa.Connection) -> None:
    mariadb.exec_driver_sql(TABLE)
    mariadb.dialect.server_version_info = (10, 4)
    assert do(mariadb, lambda o: o.alter_column("t", "u", new_column_name="v")) == [
        "ALTER TABLE t CHANGE u v varchar(36) NOT NULL DEFAULT uuid() COMMENT 'id'"
    ]
    assert tell(mariadb)["v"] == "varchar(36) NOT NULL DEFAULT uuid() COMMENT 'id'"


def test_places(mariadb: sa.Connection) -> None:
    mariadb.exec_driver_sql("CREATE TABLE t (a int, b int, c int, d int)")

    def places(o: Operations) -> None:
        o.add_column("t", sa.Column("x", sa.Integer), insert_before="a")
        o.add_column("t", sa.Column("y", sa.Integer), insert_after="a")
        o.alter_column("t", "d", insert_before="b")
        with o.batch_alter_table("t", recreate="always", partial_reordering=[("c", "x", "a")]) as batch_op:
            batch_op.add_column(sa.Column("z", sa.Integer), insert_before="x")
            batch_op.alter_column("z", new_column_name="w", nullable=False)
            batch_op.drop_column("b")

    do(mariadb, places)
    assert list(tell(mariadb)) == ["w", "y", "d", "c", "x", "a"]


@pytest.mark.parametrize(
    ("function", "message", "hint"),
    [
        (
            lambda o: o.alter_column("t", "colunm", nullable=True),
            "Table t has no column colunm.",
            "Did you mean column?",
        ),
        (
            lambda o: o.add_column("t", sa.Column("x", sa.Integer), insert_before="colunm"),
            "Table t has no column colunm to put another one before.",
            "Did you mean column?",
        ),
    ],
)
def test_an_unknown_column(mariadb: sa.Connection, function: Any, message: str, hint: str) -> None:
    mariadb.exec_driver_sql("CREATE TABLE t (id int, `column` int)")
    with pytest.raises(ColumnNotFoundError) as caught:
        do(mariadb, function)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nullable": False}, "MariaDB has no NOT NULL for a computed column: g of table t."),
        ({"server_default": "5"}, "Column g of table t is computed, so it has no default to change."),
        ({"server_default": None}, "Column g of table t is computed, so it has no default to change."),
    ],
)
def test_what_a_generated_column_cannot_be(mariadb: sa.Connection, change: Any, said: str) -> None:
    mariadb.exec_driver_sql(TABLE)
    before = tell(mariadb)
    with pytest.raises(UnsupportedOperationError) as caught:
        do(mariadb, lambda o: o.alter_column("t", "g", **change))
    assert caught.value.message == said
    assert tell(mariadb) == before


def test_a_generated_column_that_the_revision_tells(mariadb: sa.Connection) -> None:
    mariadb.exec_driver_sql("CREATE TABLE t (a int, g int AS (a + 1) STORED)")
    recorder = Recorder()
    Operations(recorder).alter_column(
        "t",
        "g",
        comment="sum",
        existing_type=sa.Integer(),
        existing_server_default=sa.Computed("a + 1", True),
    )
    (statement,) = statements(recorder.operations[0], mariadb.dialect)
    mariadb.execute(statement.executable)
    assert tell(mariadb)["g"] == "int(11) GENERATED ALWAYS AS (`a` + 1) STORED COMMENT 'sum'"


@pytest.mark.parametrize("batched", [True, False])
def test_an_unknown_table(mariadb: sa.Connection, batched: bool) -> None:
    mariadb.exec_driver_sql("CREATE TABLE customers (id int)")

    def change(o: Operations) -> None:
        if batched:
            with o.batch_alter_table("custmers") as batch_op:
                batch_op.alter_column("a", nullable=True)
        else:
            o.alter_column("custmers", "a", nullable=True)

    with pytest.raises(TableNotFoundError) as caught:
        do(mariadb, change)
    assert str(caught.value) == "There is no table 'custmers'.\nDid you mean customers? There are: customers."


def test_an_unknown_table_is_told_by_the_server(mariadb: sa.Connection) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match="doesn't exist"):
        do(mariadb, lambda o: o.alter_column("t", "a", nullable=True, existing_type=sa.Integer()))
