"""What is no difference: values that are another one at each run, and what we do otherwise on purpose."""

import datetime
import re

from tests.real.databases import Snapshot

#: A random UUID, of version 4; those of the rows that the tests put in are of version 1.
_RANDOM = re.compile(r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}\b")
_BEYOND_COLUMNS = re.compile(r" (DESC|ASC|COLLATE \w+)\b| WHERE .*", re.IGNORECASE)

KEEPS_NULLABLE = "alter_column on MariaDB keeps NOT NULL where it says nothing of it"
KEEPS_INDEXES = "a rebuild on SQLite keeps DESC, COLLATE, WHERE and expressions of indexes"


def settled(found: Snapshot) -> Snapshot:
    """Return a database without what is another one at each run: random ids, and the time of now."""
    rows = {table: sorted(map(_without_chance, texts)) for table, texts in found.rows.items()}
    return Snapshot(found.schema, rows)


def _without_chance(text: str) -> str:
    today = datetime.datetime.now(datetime.UTC).date()
    for day in (today, today - datetime.timedelta(days=1)):
        text = re.sub(rf"{day}[ T][\d:.]+(\+00:00|Z)?", "<now>", text)
    return _RANDOM.sub("<random>", text)


def is_random(text: str) -> bool:
    """Tell whether a value is a random id."""
    return _RANDOM.fullmatch(text) is not None


def accepted(database: str, kind: str, name: str, theirs: object, ours: object) -> str | None:
    """Return the name of what we do otherwise on purpose, if that is all that differs.

    Parameters
    ----------
    database
        "sqlite", "postgresql" or "mariadb".
    kind
        "schema" or "rows".
    name
        What differs.
    theirs, ours
        How it is after alembic, and after us.
    """
    if kind != "schema":
        return None
    if database == "mariadb" and _without_null(str(theirs)) == _without_null(str(ours)):
        return KEEPS_NULLABLE
    if database == "sqlite" and name.startswith("index ") and _is_less(str(theirs), str(ours)):
        return KEEPS_INDEXES
    return None


def _without_null(text: str) -> str:
    return re.sub(r" (NOT NULL|DEFAULT NULL|NULL DEFAULT NULL)$", "", text, flags=re.MULTILINE)


def _is_less(theirs: str, ours: str) -> bool:
    """Tell whether an index of alembic's is ours without what it has beyond columns, or is lost for an expression."""
    if not theirs:
        return "(" in ours.partition("(")[2]
    return _BEYOND_COLUMNS.sub("", ours).lower() == theirs.lower() != ours.lower()
