"""Fingerprints of what was sent tell it from what is something else, in another process too, and need no memory."""

import datetime
import decimal
import subprocess
import sys
import tracemalloc
from typing import Any

import pytest

from nbmigrate.database.statements.fingerprints import fingerprint_of_sent

INSERT = "INSERT INTO t VALUES (?, ?)"
ROWS = [(number, f"name {number}", number / 3, None, b"\x00\xff", "\udc80") for number in range(2_500)]

OTHERS: dict[str, tuple[str, Any]] = {
    "another statement": (INSERT.lower(), ROWS),
    "one row less": (INSERT, ROWS[:-1]),
    "another order": (INSERT, ROWS[::-1]),
    "a value of the last part": (INSERT, [*ROWS[:-1], (0, "", 0.0, None, b"", "")]),
    "text for a number": (INSERT, [*ROWS[:-1], (str(ROWS[-1][0]), *ROWS[-1][1:])]),
    "one set of values": (INSERT, ROWS[0]),
    "names": (INSERT, dict(enumerate(ROWS[0]))),
    "other names": (INSERT, dict(zip("abcdef", ROWS[0], strict=True))),
    "rows with names": (INSERT, [dict(enumerate(row)) for row in ROWS]),
    "rows with other names": (INSERT, [dict(zip("abcdef", row, strict=True)) for row in ROWS]),
    "nothing": (INSERT, ()),
    "dates": (INSERT, [(datetime.date(2026, 1, 1), decimal.Decimal("1.10"))]),
    "other dates": (INSERT, [(datetime.date(2026, 1, 1), decimal.Decimal("1.1"))]),
}


def test_each_has_its_own() -> None:
    found = [fingerprint_of_sent(*sent) for sent in ((INSERT, ROWS), *OTHERS.values())]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("case", OTHERS)
def test_the_same_has_the_same_wherever_its_objects_are(case: str) -> None:
    program = f"""
import datetime
from decimal import Decimal
from nbmigrate.database.statements.fingerprints import fingerprint_of_sent
print(fingerprint_of_sent(*{OTHERS[case]!r}))
"""
    done = subprocess.run(
        [sys.executable, "-"], input=program, capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == fingerprint_of_sent(*OTHERS[case])


def test_memory_does_not_grow_with_rows() -> None:
    def peak(rows: list[tuple[Any, ...]]) -> int:
        tracemalloc.start()
        fingerprint_of_sent(INSERT, rows)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(ROWS * 8) < peak(ROWS) * 1.5
