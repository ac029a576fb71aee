#!/bin/sh
# sqlalchemy-firebird 2.2.0 with firebird-driver 2.1.0: two methods of the dialect call what the driver's Connection has not.
#   - set_isolation_level(): create_engine(..., isolation_level=...) cannot connect, and
#     connection.execution_options(isolation_level="AUTOCOMMIT") fails, with an AttributeError.
#   - do_terminate(): a connection that is invalidated is not closed, so that its transaction and its locks stay on the
#     server until Python frees the object; SQLAlchemy logs the AttributeError.
# nbmigrate sets both on the dialect in use.
#
# Needs Debian's firebird3.0-server-core and libfbclient2 (no server is started: the engine is in the process).
# Seen with SQLAlchemy 2.1.9, Firebird 3.0.11, Python 3.11, Linux x86_64:
#   AUTOCOMMIT: AttributeError: 'Connection' object has no attribute 'set_isolation_level'
#   invalidate(): AttributeError: 'Connection' object has no attribute 'terminate'; closed: False
# Exit 1 where that is no longer what is seen.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check \
    sqlalchemy==2.1.9 sqlalchemy-firebird==2.2.0 firebird-driver==2.1.0
mkdir "$folder/lock"
FIREBIRD_LOCK="$folder/lock" "$folder/env/bin/python" - "$folder/a.fdb" <<'PYTHON'
import logging
import sys

import sqlalchemy as sa
from firebird.driver import create_database

create_database(sys.argv[1], user="SYSDBA").close()
engine = sa.create_engine(f"firebird://SYSDBA@/{sys.argv[1]}")
seen = []
with engine.connect() as connection:
    try:
        connection.execution_options(isolation_level="AUTOCOMMIT")
    except AttributeError as error:
        seen.append(f"AUTOCOMMIT: AttributeError: {error}")


class Kept(logging.Handler):
    def emit(self, record):
        kept.append(record.exc_info[1])


kept = []
logger = logging.getLogger("sqlalchemy.pool")
logger.addHandler(Kept())
logger.propagate = False
connection = engine.connect()
driver = connection.connection.driver_connection
connection.invalidate()
seen += [f"invalidate(): {type(error).__name__}: {error}; closed: {driver.is_closed()}" for error in kept]
print("\n".join(seen))
expected = [
    "AUTOCOMMIT: AttributeError: 'Connection' object has no attribute 'set_isolation_level'",
    "invalidate(): AttributeError: 'Connection' object has no attribute 'terminate'; closed: False",
]
sys.exit(seen != expected)
PYTHON
