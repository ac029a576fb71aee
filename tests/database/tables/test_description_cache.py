"""What a look at SQLite keeps of what tables are made of: it is never what they were made of before."""

import sqlalchemy as sa

from nbmigrate.database.snapshots.capture import take
from nbmigrate.database.tables.reflection import DescriptionCache

#: Each changes something in a way of its own; what follows from another table's definition is among it.
STEPS = (
    "CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT NOT NULL)",
    "CREATE TABLE child (id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent, q TEXT REFERENCES parent (code))",
    "CREATE TABLE other (id INTEGER PRIMARY KEY, p INTEGER, FOREIGN KEY (p) REFERENCES parent (id))",
    'CREATE TABLE "odd % [x]" (id INTEGER, "select" TEXT DEFAULT \'references\', "ä:b" NUMERIC(8, 2), rowid TEXT)',
    "INSERT INTO parent VALUES (1, 'a'), (2, 'b')",
    "INSERT INTO \"odd % [x]\" VALUES (1, '50%', 9.5, 'z'), (0, NULL, NULL, 'y')",
    "CREATE UNIQUE INDEX by_code ON parent (code)",
    "ALTER TABLE parent ADD COLUMN note VARCHAR(20)",
    "ALTER TABLE child RENAME COLUMN q TO r",
    "DROP INDEX by_code",
    "DROP TABLE parent",
    # The column that `child` refers to without a name is another one now, and its own definition the same.
    "CREATE TABLE parent (number INTEGER, code TEXT PRIMARY KEY)",
    "ALTER TABLE other RENAME TO another",
    "CREATE VIEW seen AS SELECT * FROM parent",
    "CREATE VIRTUAL TABLE words USING fts5(text)",
    "DROP TABLE words",
    "CREATE TABLE loose (a, b)",
    "INSERT INTO loose VALUES (2, 'x'), (1, x'00')",
    "DROP TABLE loose",
    "CREATE TABLE loose (a, b)",
)


def test_a_look_that_knows_something_sees_the_same(sqlite_url: str) -> None:
    cache: DescriptionCache = {}
    for step in STEPS:
        # Each time another connection, as in a notebook.
        engine = sa.create_engine(sqlite_url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(step)
            connection.commit()
            found = take(connection, cache=cache)
            assert (step, found) == (step, take(connection))
    assert {"another", "child", "loose", "odd % [x]", "parent"} == {table.name for table in found.tables}


def test_another_database_with_tables_of_the_same_names(sqlite_url: str) -> None:
    cache: DescriptionCache = {}
    for url, column in ((sqlite_url, "a"), (f"{sqlite_url}2", "b"), (sqlite_url, "a")):
        with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
            connection.exec_driver_sql(
                f"CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, {column} TEXT)"
            )
            found = take(connection, cache=cache)
            assert [item.name for item in found.tables[0].schema.columns] == ["id", column]


def test_what_is_known_is_not_asked_again(sqlite_url: str) -> None:
    asked: list[str] = []
    engine = sa.create_engine(sqlite_url)
    sa.event.listen(engine, "before_cursor_execute", lambda *about: asked.append(about[2]))
    cache: DescriptionCache = {}
    with engine.connect() as connection:
        for number in range(30):
            connection.exec_driver_sql(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY)")
        take(connection, cache=cache)
        connection.exec_driver_sql("ALTER TABLE t7 ADD COLUMN a TEXT")
        asked.clear()
        take(connection, cache=cache)
    assert {text for text in asked if "_xinfo" in text} == {'PRAGMA main.table_xinfo("t7")'}
    assert len(cache) == 30
