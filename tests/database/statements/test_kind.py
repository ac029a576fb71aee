"""What statements are to their transaction, and which things of the schema they change, told from their text."""

import pytest

from nbmigrate.database.statements.kind import Kind, kind_of
from nbmigrate.database.statements.schema_objects import SchemaObject, changed_objects, may_be_repeated


@pytest.mark.parametrize(
    ("sql", "mysql", "others"),
    [
        ("SELECT 1", Kind.READ, Kind.READ),
        ("-- why\n/* not */ select 1;", Kind.READ, Kind.READ),
        ("(SELECT 1) UNION (SELECT 2)", Kind.READ, Kind.READ),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Kind.READ, Kind.READ),
        ("WITH a AS (SELECT 1) UPDATE t SET n = 1", Kind.UNDONE, Kind.UNDONE),
        ("WITH a AS (DELETE FROM t RETURNING id) SELECT * FROM a", Kind.UNDONE, Kind.UNDONE),
        ("SELECT * INTO u FROM t", Kind.READ, Kind.UNDONE),
        ("SHOW TABLES", Kind.READ, Kind.READ),
        ("SET @a = 1", Kind.READ, Kind.READ),
        ("SET autocommit = 1", Kind.AGAIN, Kind.AGAIN),
        ("SAVEPOINT a", Kind.READ, Kind.READ),
        ("ROLLBACK TO SAVEPOINT a", Kind.READ, Kind.READ),
        ("COMMIT", Kind.AGAIN, Kind.AGAIN),
        ("VACUUM t", Kind.AGAIN, Kind.AGAIN),
        ("ANALYZE TABLE t", Kind.AGAIN, Kind.AGAIN),
        ("LOCK TABLES t WRITE", Kind.AGAIN, Kind.AGAIN),
        ("ALTER SYSTEM SET work_mem = '4MB'", Kind.ALONE, Kind.AGAIN),
        ("INSERT INTO t VALUES ('; DROP TABLE u')", Kind.UNDONE, Kind.UNDONE),
        ("INSERT INTO t VALUES (1); DROP TABLE u", Kind.ALONE, Kind.UNDONE),
        ("LOAD DATA INFILE 'a' INTO TABLE t", Kind.UNDONE, Kind.UNDONE),
        ("CREATE TABLE t (id INTEGER)", Kind.ALONE, Kind.UNDONE),
        ("CREATE TEMPORARY TABLE t (id INTEGER)", Kind.TEMPORARY, Kind.TEMPORARY),
        ("DROP TEMPORARY TABLE t", Kind.TEMPORARY, Kind.TEMPORARY),
        ("TRUNCATE t", Kind.ALONE, Kind.UNDONE),
        ("CALL more()", Kind.ALONE, Kind.ALONE),
        ("BEGIN NOT ATOMIC SELECT 1; END", Kind.ALONE, Kind.UNDONE),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", Kind.ALONE, Kind.ALONE),
        ("CREATE INDEX i ON t (a)", Kind.ALONE, Kind.UNDONE),
        ("DROP INDEX CONCURRENTLY i", Kind.ALONE, Kind.ALONE),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", Kind.ALONE, Kind.ALONE),
        ("CREATE DATABASE d", Kind.ALONE, Kind.ALONE),
        ("ALTER TYPE kind ADD VALUE 'c'", Kind.ALONE, Kind.UNDONE),
        ("DO $$ BEGIN UPDATE t SET n = 1; END $$", Kind.UNDONE, Kind.UNDONE),
        ("/*!40101 ALTER TABLE t ADD a INT */", Kind.ALONE, Kind.UNDONE),
    ],
)
def test_kinds(sql: str, mysql: Kind, others: Kind) -> None:
    assert kind_of(sql, ddl_commits=True) is mysql
    assert kind_of(sql, ddl_commits=False) is others


def test_of_many_values_nothing_is_asked() -> None:
    values = ", ".join(f"({number}, 'x')" for number in range(200_000))
    assert kind_of(f"INSERT INTO t VALUES {values}", ddl_commits=True) is Kind.UNDONE


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("CREATE TABLE IF NOT EXISTS `a b` (id INT)", ["TABLE `a b`"]),
        ("CREATE TABLE shop.t LIKE u", ["TABLE shop.t"]),
        ("ALTER TABLE t ADD COLUMN a INT, RENAME COLUMN b TO c", ["TABLE t"]),
        ("ALTER TABLE t RENAME INDEX i TO j, RENAME TO `u`", ["TABLE t", "TABLE `u`"]),
        ("ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u", []),
        ("RENAME TABLE a TO b, c TO d", ["TABLE a", "TABLE b", "TABLE c", "TABLE d"]),
        ("DROP TABLE IF EXISTS a, `b`.`c` CASCADE", ["TABLE a", "TABLE `b`.`c`"]),
        ("CREATE UNIQUE INDEX i ON t (a)", ["TABLE t"]),
        ("DROP INDEX i ON t", ["TABLE t"]),
        ("CREATE OR REPLACE ALGORITHM = MERGE DEFINER = `me`@`%` VIEW v AS SELECT 1", ["TABLE v"]),
        ("CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", ["TRIGGER tr"]),
        ("DROP PROCEDURE IF EXISTS p", ["PROCEDURE p"]),
        ("CREATE SCHEMA s", ["DATABASE s"]),
        ("GRANT SELECT ON t TO me", []),
        ("TRUNCATE TABLE t", []),
    ],
)
def test_what_is_changed(sql: str, found: list[str]) -> None:
    assert [f"{item.kind} {item.name}" for item in changed_objects(sql)] == found


def test_a_thing_compares() -> None:
    assert changed_objects("DROP VIEW v") == (SchemaObject("TABLE", "v"),)


@pytest.mark.parametrize("sql", ["TRUNCATE t", "GRANT ALL ON *.* TO me", "CREATE USER IF NOT EXISTS me"])
def test_what_may_be_done_twice(sql: str) -> None:
    assert may_be_repeated(sql)
    assert not may_be_repeated("CREATE USER me")
