"""The model, as long as a test may take; `python -m tests.reliability.model` goes on for longer.

NBMIGRATE_TEST_HISTORIES says how many histories are tried; what is counted is printed.
"""

import os
from collections.abc import Callable

from tests.reliability.model import Histories, machine, told

HISTORIES = int(os.environ.get("NBMIGRATE_TEST_HISTORIES", "40"))


def test_the_database_is_what_the_model_says(counted: Callable[[str], None]) -> None:
    Histories.counted.clear()
    machine(HISTORIES, steps=25)
    counted(f"{HISTORIES} histories, 0 differences: {told(Histories.counted)}")
    # A model that nothing happens to proves nothing.
    for what in ("revision upgraded", "revision downgraded", "interrupted anywhere"):
        assert Histories.counted[what] > 0
