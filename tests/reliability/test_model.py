"""The model, as long as a test may take; `python -m tests.reliability.model` goes on for longer.

NBMIGRATE_TEST_HISTORIES says how many histories are tried; what is counted is printed.
"""

import os

import pytest

from tests.reliability.model import Histories, machine, told

HISTORIES = int(os.environ.get("NBMIGRATE_TEST_HISTORIES", "40"))


def test_the_database_is_what_the_model_says(capsys: pytest.CaptureFixture[str]) -> None:
    Histories.counted.clear()
    machine(HISTORIES, steps=25)
    counted = Histories.counted
    with capsys.disabled():
        print(f"\n{HISTORIES} histories, 0 differences: {told(counted)}")
    # A model that nothing happens to proves nothing.
    for what in ("revision upgraded", "revision downgraded", "interrupted anywhere"):
        assert counted[what] > 0
