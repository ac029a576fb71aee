#!/bin/sh
# advanced-alchemy 1.12.0: its type JsonB, which its base classes give to every column that is annotated as a dict, cannot stand
# in any table with SQLAlchemy 2.1, on no database, though its metadata takes every SQLAlchemy >= 2.0.41: the type calls
# sqlalchemy.util.portable_instancemethod, which 2.1 does not have. So a project that installs both fresh imports, and fails
# when the first table with such a column is made, before a statement is sent; in alembic and nbmigrate alike.
#
# Seen with advanced-alchemy 1.12.0, Python 3.11, Linux x86_64 (no database is needed):
#   SQLAlchemy 2.0.51: table made
#   SQLAlchemy 2.1.9: AttributeError: module 'sqlalchemy.util' has no attribute 'portable_instancemethod'
# Exit 1 where that is no longer what is seen.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
for version in 2.0.51 2.1.9; do
    "$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check advanced-alchemy==1.12.0 "sqlalchemy==$version"
    "$folder/env/bin/python" - <<'PYTHON'
import sys

import sqlalchemy as sa
from advanced_alchemy.types import JsonB

try:
    sa.Table("t", sa.MetaData(), sa.Column("data", JsonB))
    seen = "table made"
except AttributeError as error:
    seen = f"AttributeError: {error}"
print(f"SQLAlchemy {sa.__version__}: {seen}")
works = sa.__version__.startswith("2.0.")
sys.exit((seen == "table made") != works or (not works and "portable_instancemethod" not in seen))
PYTHON
done
