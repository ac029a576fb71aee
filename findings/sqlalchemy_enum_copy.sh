#!/bin/sh
# SQLAlchemy 2.1.9: a copy of an Enum is another type. Column._copy() and Table.to_metadata() copy types by Enum.copy(), which
# loses, without a word:
#   - of mysql.ENUM the character set and the collation, so that 'K' and 'k' become one value,
#   - the variants of with_variant(), so that the column has another type on the database that they are for,
#   - create_type=False, so that CREATE TYPE is sent for a type that is made elsewhere.
# mysql.SET, and a String with a variant, keep theirs. Whatever copies a table to make its statements (as nbmigrate does, and
# Table.to_metadata()) sends statements other than those of the table itself.
#
# Seen with SQLAlchemy 2.1.9, Python 3.11, Linux x86_64 (no database is needed):
#   mysql.ENUM charset: ENUM('K','k') CHARACTER SET latin1 COLLATE latin1_bin -> ENUM('K','k')
#   mysql.SET charset: SET('K','k') CHARACTER SET latin1 -> SET('K','k') CHARACTER SET latin1
#   Enum variant: VARCHAR(9) -> ENUM('a','b')
#   String variant: TEXT -> TEXT
#   Enum create_type: False -> True
# Exit 1 where that is no longer what is seen.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check sqlalchemy==2.1.9
"$folder/env/bin/python" - <<'PYTHON'
import sys

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

table = sa.Table(
    "t",
    sa.MetaData(),
    sa.Column("a", mysql.ENUM("K", "k", charset="latin1", collation="latin1_bin")),
    sa.Column("b", mysql.SET("K", "k", charset="latin1")),
    sa.Column("c", sa.Enum("a", "b").with_variant(sa.String(9), "mysql")),
    sa.Column("d", sa.String(9).with_variant(sa.Text(), "mysql")),
    sa.Column("e", sa.Enum("a", "b", name="made_elsewhere", create_type=False)),
)
copied = table.to_metadata(sa.MetaData())
dialect = mysql.dialect()


def told(title, column):
    before, after = (each.c[column].type.compile(dialect=dialect) for each in (table, copied))
    return f"{title}: {before} -> {after}"


seen = [
    told("mysql.ENUM charset", "a"),
    told("mysql.SET charset", "b"),
    told("Enum variant", "c"),
    told("String variant", "d"),
    f"Enum create_type: {table.c.e.type.create_type} -> {copied.c.e.type.create_type}",
]
print("\n".join(seen))
expected = [
    "mysql.ENUM charset: ENUM('K','k') CHARACTER SET latin1 COLLATE latin1_bin -> ENUM('K','k')",
    "mysql.SET charset: SET('K','k') CHARACTER SET latin1 -> SET('K','k') CHARACTER SET latin1",
    "Enum variant: VARCHAR(9) -> ENUM('a','b')",
    "String variant: TEXT -> TEXT",
    "Enum create_type: False -> True",
]
sys.exit(seen != expected)
PYTHON
