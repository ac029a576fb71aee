#!/usr/bin/env bash
# Turso's ALTER TABLE ... RENAME TO follows foreign keys and triggers of other tables, whatever PRAGMA legacy_alter_table is.
#
# pyturso 0.8.3, beside Python's sqlite3. With PRAGMA legacy_alter_table = ON, SQLite (since 3.26, with foreign keys
# off) leaves the texts of other tables and of triggers as they are (lang_altertable.html, "Compatibility Note"). Tools
# that make a table anew rely on that: the old table steps aside, a new one takes its name, the old one is dropped.
# Turso takes the PRAGMA without an error, has no value for it, and rewrites the texts: afterwards they name a table
# that is gone. The next INSERT into a table with such a trigger fails.
#
# Seen:
#     sqlite3: k REFERENCES t, trigger UPDATE t
#     turso: k REFERENCES o, trigger UPDATE o
#     turso: INSERT INTO k: no such table: o
# Exit code 1 if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/environment"
"$folder/environment/bin/pip" install --quiet pyturso==0.8.3
cat > "$folder/see.py" <<'PYTHON'
import re
import sqlite3

import turso

SETUP = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n)",
    "CREATE TABLE k (id, t_id REFERENCES t (id))",
    "CREATE TRIGGER tr AFTER INSERT ON k BEGIN UPDATE t SET n = 1; END",
    "PRAGMA legacy_alter_table = ON",
    "ALTER TABLE t RENAME TO o",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT)",
    "INSERT INTO t SELECT * FROM o",
    "DROP TABLE o",
)
for driver in (sqlite3, turso):
    connection = driver.connect(":memory:")
    for statement in SETUP:
        connection.execute(statement).fetchall()
    texts = dict(connection.execute("SELECT name, sql FROM sqlite_schema").fetchall())
    named = [re.search(f"{word} (\\w+)", texts[name])[1] for word, name in (("REFERENCES", "k"), ("UPDATE", "tr"))]
    print(f"{driver.__name__}: k REFERENCES {named[0]}, trigger UPDATE {named[1]}")
    try:
        connection.execute("INSERT INTO k VALUES (1, 1)")
    except driver.Error as error:
        print(f"{driver.__name__}: INSERT INTO k: {re.search('no such table: .*', str(error))[0]}")
PYTHON
seen=$("$folder/environment/bin/python" "$folder/see.py")
echo "$seen"
[ "$seen" = "sqlite3: k REFERENCES t, trigger UPDATE t
turso: k REFERENCES o, trigger UPDATE o
turso: INSERT INTO k: no such table: o" ]
