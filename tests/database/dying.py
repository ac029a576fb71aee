"""A run of `nbmigrate` that kills itself: before or after a statement that matches a pattern, or the commit after it.

    python dying.py before|after|commit PATTERN WORDS...

The driver is what is changed here, not the product: a statement that is "before" never reaches the server.
"""

import os
import re
import signal
import sys
from typing import Any

import firebird.driver
import psycopg
import pymysql.cursors

from nbmigrate import cli


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def watch(when: str, pattern: str) -> None:
    """Have the drivers look at what they send."""
    found = False

    def wrap(owner: Any, name: str) -> None:
        plain = getattr(owner, name)

        def execute(cursor: Any, statement: Any, *arguments: Any, **options: Any) -> Any:
            nonlocal found
            text = str(statement)
            # The journal has the texts of statements in it.
            matches = ("_journal" in pattern) == ("_journal" in text) and bool(
                re.search(pattern, text, re.DOTALL)
            )
            if matches and when == "before":
                die()
            result = plain(cursor, statement, *arguments, **options)
            if matches and when == "after":
                die()
            found = found or matches
            return result

        setattr(owner, name, execute)

    def wrap_commit(owner: Any) -> None:
        plain = owner.commit

        def commit(connection: Any, *arguments: Any, **options: Any) -> None:
            if found and when == "commit":
                die()
            plain(connection, *arguments, **options)

        owner.commit = commit

    for cursor in (pymysql.cursors.Cursor, psycopg.Cursor, firebird.driver.Cursor):
        for name in ("execute", "executemany"):
            wrap(cursor, name)
    for connection in (pymysql.connections.Connection, firebird.driver.Connection):
        wrap_commit(connection)


if __name__ == "__main__":
    watch(*sys.argv[1:3])
    sys.exit(cli.main(sys.argv[3:]))
