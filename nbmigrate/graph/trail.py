"""The rows of the version table from step to step of a plan."""

from bisect import bisect_left, insort
from collections.abc import Iterable


class Trail:
    """The rows of the version table from step to step.

    With thousands of heads the rows after every step would be as many as its square: they are kept whole for some
    steps, and made for those between from what each step changes.

    Parameters
    ----------
    start
        The rows before the first step.
    """

    __slots__ = ("_changes", "_last", "_whole")
    _EVERY = 16

    def __init__(self, start: Iterable[str]) -> None:
        self._whole = [tuple(sorted(set(start)))]
        self._changes: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        #: What was asked for last: a run asks for one step after the other, and for each again and again.
        self._last = 0, self._whole[0]

    def at(self, number: int) -> tuple[str, ...]:
        """Return the rows before the step with this number, sorted; the first is number 0."""
        last, kept = self._last
        if number == last:
            return kept
        start = number - number % self._EVERY
        if start <= last < number:
            start = last
        else:
            kept = self._whole[number // self._EVERY]
        rows = list(kept)
        for lost, gained in self._changes[start:number]:
            _change(rows, lost, gained)
        found = tuple(rows)
        # Both at once, for who asks from another thread.
        self._last = number, found
        return found

    def add(self, lost: tuple[str, ...], gained: tuple[str, ...]) -> int:
        """Add what the next step changes, and return the number of that step."""
        number = len(self._changes)
        self._changes.append((lost, gained))
        if not (number + 1) % self._EVERY:
            rows = list(self._whole[-1])
            for change in self._changes[-self._EVERY :]:
                _change(rows, *change)
            self._whole.append(tuple(rows))
        return number


def _change(rows: list[str], lost: Iterable[str], gained: Iterable[str]) -> None:
    """Take `lost` out of sorted rows and put `gained` in."""
    for row in lost:
        del rows[bisect_left(rows, row)]
    for row in gained:
        insort(rows, row)
