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
        ("WITH a AS (SELECT 1) UPDATE t SET n = 1", Kind.TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("WITH a AS (DELETE FROM t RETURNING id) SELECT * FROM a", Kind.TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("SELECT * INTO u FROM t", Kind.READ, Kind.TRANSACTIONAL),
        ("SHOW TABLES", Kind.READ, Kind.READ),
        ("SET @a = 1", Kind.READ, Kind.READ),
        ("SET autocommit = 1", Kind.REPEATABLE, Kind.REPEATABLE),
        ("SAVEPOINT a", Kind.READ, Kind.READ),
        ("ROLLBACK TO SAVEPOINT a", Kind.READ, Kind.READ),
        ("COMMIT", Kind.REPEATABLE, Kind.REPEATABLE),
        ("VACUUM t", Kind.REPEATABLE, Kind.REPEATABLE),
        ("ANALYZE TABLE t", Kind.REPEATABLE, Kind.REPEATABLE),
        ("LOCK TABLES t WRITE", Kind.REPEATABLE, Kind.REPEATABLE),
        ("ALTER SYSTEM SET work_mem = '4MB'", Kind.NON_TRANSACTIONAL, Kind.REPEATABLE),
        ("INSERT INTO t VALUES ('; DROP TABLE u')", Kind.TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("INSERT INTO t VALUES (1); DROP TABLE u", Kind.NON_TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("LOAD DATA INFILE 'a' INTO TABLE t", Kind.TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("CREATE TABLE t (id INTEGER)", Kind.NON_TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("CREATE TEMPORARY TABLE t (id INTEGER)", Kind.TEMPORARY, Kind.TEMPORARY),
        ("DROP TEMPORARY TABLE t", Kind.TEMPORARY, Kind.TEMPORARY),
        ("TRUNCATE t", Kind.NON_TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("CALL more()", Kind.NON_TRANSACTIONAL, Kind.NON_TRANSACTIONAL),
        ("BEGIN NOT ATOMIC SELECT 1; END", Kind.NON_TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", Kind.NON_TRANSACTIONAL, Kind.NON_TRANSACTIONAL),
        ("CREATE INDEX i ON t (a)", Kind.NON_TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("DROP INDEX CONCURRENTLY i", Kind.NON_TRANSACTIONAL, Kind.NON_TRANSACTIONAL),
        ("ALTER TABLE t DETACH PARTITION p CONCURRENTLY", Kind.NON_TRANSACTIONAL, Kind.NON_TRANSACTIONAL),
        ("CREATE DATABASE d", Kind.NON_TRANSACTIONAL, Kind.NON_TRANSACTIONAL),
        ("ALTER TYPE kind ADD VALUE 'c'", Kind.NON_TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("DO $$ BEGIN UPDATE t SET n = 1; END $$", Kind.TRANSACTIONAL, Kind.TRANSACTIONAL),
        ("/*!40101 ALTER TABLE t ADD a INT */", Kind.NON_TRANSACTIONAL, Kind.TRANSACTIONAL),
    ],
)
def test_kinds(sql: str, mysql: Kind, others: Kind) -> None:
    assert kind_of(sql, ddl_commits=True) is mysql
    assert kind_of(sql, ddl_commits=False) is others


def test_of_many_values_nothing_is_asked() -> None:
    values = ", ".join(f"({number}, 'x')" for number in range(200_000))
    assert kind_of(f"INSERT INTO t VALUES {values}", ddl_commits=True) is Kind.TRANSACTIONAL


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
