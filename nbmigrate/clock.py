"""Where dates and durations come from, so that a tutorial prints the same every time."""

import time
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> datetime:
        """Return the date and time, with a time zone."""
        ...

    def seconds(self) -> float:
        """Return seconds since some moment; only differences mean something."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the date and time, in the local time zone."""
        return datetime.now().astimezone()

    def seconds(self) -> float:
        """Return the monotonic clock."""
        return time.perf_counter()


class FrozenClock:
    """A clock that stands still.

    Parameters
    ----------
    start
        The moment it shows.
    """

    def __init__(self, start: datetime) -> None:
        self.start = start

    def now(self) -> datetime:
        """Return the moment it was stopped at."""
        return self.start

    def seconds(self) -> float:
        """Return always the same, so that everything takes 0 seconds."""
        return 0.0
