#!/bin/sh
# SQLAlchemy 2.1.9: a schema_translate_map with None in it gets another entry, "_none", in the mapping that its caller made,
# with the first statement that is run under it. Who keeps one mapping for many connections, compares it with another, or
# goes through its names (one for each tenant, say), finds a name there that nobody put in.
#
# Seen with SQLAlchemy 2.1.9, Python 3.11, Linux x86_64, on SQLite with an attached database:
#   the map before: {None: 'tenant'}
#   the map after: {None: 'tenant', '_none': 'tenant'}
# Exit 1 where that is no longer what is seen.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check sqlalchemy==2.1.9
"$folder/env/bin/python" - <<'PYTHON'
import sys

import sqlalchemy as sa

engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
table = sa.Table("t", sa.MetaData(), sa.Column("place", sa.String))
names = {None: "tenant"}
print(f"the map before: {names}")
with engine.connect() as connection:
    connection.exec_driver_sql("ATTACH ':memory:' AS tenant")
    connection.exec_driver_sql("CREATE TABLE tenant.t (place TEXT)")
    connection.execution_options(schema_translate_map=names).execute(sa.select(table.c.place))
print(f"the map after: {names}")
sys.exit(names != {None: "tenant", "_none": "tenant"})
PYTHON
