"""What MariaDB and MySQL have stored of a thing, to find out whether a statement that was in flight is in effect."""

import re

import sqlalchemy as sa

from nbmigrate.database.errors import code_of

#: What MariaDB and MySQL answer where there is no such table, procedure, trigger, event, database or sequence.
_ABSENT = {1146, 1305, 1360, 1539, 1049, 4091}
#: The next number of a table grows with its rows.
_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")


def definition(connection: sa.Connection, kind: str, name: str) -> str | None:
    """Return the answer of SHOW CREATE, "" for what does not exist, None where it may not be read."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(f"SHOW CREATE {kind} {name}")
        text = "\n".join(str(value) for value in cursor.fetchone() or ())
        return _COUNTER.sub("", text)
    except Exception as error:
        return "" if code_of(error) in _ABSENT else None
    finally:
        cursor.close()
