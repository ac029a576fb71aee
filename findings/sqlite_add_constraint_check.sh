#!/bin/sh
# SQLite 3.53: ALTER TABLE ... ADD CONSTRAINT ... CHECK refuses rows that the same CHECK takes in a CREATE TABLE.
#
# A CHECK passes where its condition is true or NULL: the SQL standard has it so, and SQLite's own page on CREATE TABLE.
# CREATE TABLE and INSERT do that. The ADD CONSTRAINT that came with 3.53 does not: a NULL in the column is "constraint
# failed". So the statement fails on most nullable columns, where a table that is made again with the same CHECK takes
# the rows. 3.54 does it right.
#
# Seen with pysqlite3 0.6.1 (SQLite 3.53.4) and apsw 3.54.1.0 (SQLite 3.54.1), Python 3.11, Linux x86_64:
#   3.53.4 create and insert: ok, add constraint: IntegrityError constraint failed
#   3.54.1 create and insert: ok, add constraint: ok
# Exit 1 where that is no longer what is seen.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check pysqlite3==0.6.1 apsw==3.54.1.0
"$folder/env/bin/python" - <<'PYTHON'
import sys

import apsw
from pysqlite3 import dbapi2


def told(version, connection):
    connection.execute("CREATE TABLE made (a INTEGER, CHECK (a > 0))")
    connection.execute("INSERT INTO made VALUES (NULL), (5)")
    connection.execute("CREATE TABLE altered (a INTEGER)")
    connection.execute("INSERT INTO altered VALUES (NULL), (5)")
    try:
        connection.execute("ALTER TABLE altered ADD CONSTRAINT positive CHECK (a > 0)")
        added = "ok"
    except Exception as error:
        added = f"{type(error).__name__} {error}"
    return f"{version} create and insert: ok, add constraint: {added}"


seen = [
    told(dbapi2.sqlite_version, dbapi2.connect(":memory:", isolation_level=None)),
    told(apsw.sqlite_lib_version(), apsw.Connection(":memory:")),
]
print("\n".join(seen))
sys.exit(
    seen
    != [
        "3.53.4 create and insert: ok, add constraint: IntegrityError constraint failed",
        "3.54.1 create and insert: ok, add constraint: ok",
    ]
)
PYTHON
