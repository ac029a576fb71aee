#!/bin/sh
# SQLAlchemy 2.1.9: a schema_translate_map with None in it gets another entry, "_none", in the mapping that its caller made.
# - Who keeps one mapping for many connections, or goes through its names, finds a name there that nobody put in.
# - A table whose schema is really called "_none" is read from the schema that None stands for: the two have one mark in the
#   compiled statement. It is no error where that schema has a table of the name; the rows are another tenant's.
#
# Seen with SQLAlchemy 2.1.9, Python 3.11, Linux x86_64, on SQLite with two attached databases:
#   the map before: {None: 'tenant'}
#   the map after: {None: 'tenant', '_none': 'tenant'}
#   rows of _none.t without the map: ['_none']
#   rows of _none.t with the map: ['tenant']
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
table = sa.Table("t", sa.MetaData(), sa.Column("place", sa.String), schema="_none")
default = sa.Table("t", sa.MetaData(), sa.Column("place", sa.String))
with engine.connect() as connection:
    for schema in ("tenant", "_none"):
        connection.exec_driver_sql(f"ATTACH ':memory:' AS {schema}")
        connection.exec_driver_sql(f"CREATE TABLE {schema}.t (place TEXT)")
        connection.exec_driver_sql(f"INSERT INTO {schema}.t VALUES ('{schema}')")
    plain = connection.execute(sa.select(table.c.place)).scalars().all()
    names = {None: "tenant"}
    before = dict(names)
    mapped = connection.execution_options(schema_translate_map=names)
    assert mapped.execute(sa.select(default.c.place)).scalars().all() == ["tenant"]
    rows = mapped.execute(sa.select(table.c.place)).scalars().all()
print(f"the map before: {before}")
print(f"the map after: {names}")
print(f"rows of _none.t without the map: {plain}")
print(f"rows of _none.t with the map: {rows}")
seen = names == {None: "tenant", "_none": "tenant"} and (plain, rows) == (["_none"], ["tenant"])
sys.exit(0 if seen else 1)
PYTHON
