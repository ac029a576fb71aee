"""`python -m tests.real`: runs whole histories of well-known packages with alembic and with us, and compares."""

import argparse
import os
import sys
from pathlib import Path

import sqlalchemy as sa

from tests.conftest import VARIABLES
from tests.real.histories import HISTORIES
from tests.real.installing import NotInstalledError, cache_folder, install
from tests.real.walk import Outcome, Walk


def main() -> int:
    """Walk histories, print a table, and return 1 if anything differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.real", description=__doc__)
    parser.add_argument("--only", choices=HISTORIES, help="one package")
    parser.add_argument("--database", choices=["sqlite", *VARIABLES], help="one database")
    parser.add_argument("--cache", type=Path, default=cache_folder(), help="where the packages are installed")
    parser.add_argument("--verbose", action="store_true", help="tell every stop")
    options = parser.parse_args()
    lines, failed = [], False
    for name, history in HISTORIES.items():
        if options.only not in (None, name):
            continue
        try:
            python = install(history, options.cache)
        except NotInstalledError as error:
            print(f"{history.requirement} cannot be installed: {error}")
            failed = True
            continue
        for database in history.databases:
            if options.database not in (None, database):
                continue
            variable = VARIABLES.get(database)
            if variable is not None and variable not in os.environ:
                print(f"{name} on {database}: skipped, since {variable}, the url of a server, is not set")
                continue
            server = sa.make_url(os.environ[variable]) if variable else None
            tell = (lambda text: print(text, flush=True)) if options.verbose else (lambda text: None)
            outcome = Walk(history, database, tell).run(python, server)
            failed = failed or bool(outcome.differences)
            if not options.verbose:
                print("\n".join(outcome.differences), end="\n" if outcome.differences else "")
            lines.append(line_of(f"{history.requirement} on {database}", outcome))
            print(" | ".join(lines[-1]), flush=True)
    return 1 if failed else 0


def line_of(what: str, outcome: Outcome) -> list[str]:
    """Return a line of the table."""
    (theirs, theirs_cpu), (ours, ours_cpu) = outcome.theirs, outcome.ours
    return [
        what,
        f"{outcome.revisions} revisions",
        f"{outcome.stops} stops",
        f"{outcome.rows} rows",
        f"{theirs:.1f} s",
        f"{ours:.1f} s",
        f"{ours / theirs:.2f}",
        f"{theirs_cpu:.1f} s",
        f"{ours_cpu:.1f} s",
        f"{len(outcome.differences)} differences",
        ", ".join(sorted(outcome.accepted)),
    ]


if __name__ == "__main__":
    sys.exit(main())
