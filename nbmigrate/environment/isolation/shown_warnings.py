"""SQLAlchemy's warnings while a project's code runs: they name a line of that code, and never one of nbmigrate's."""

import re
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

_OURS = str(Path(__file__).parents[2])
#: Packages that stand between the code of a project and the place where a warning is given.
_BETWEEN = re.compile(r"(nbmigrate|sqlalchemy|importlib|contextlib|threading|concurrent|asyncio)\b")


class ShownWarnings:
    """What shows warnings, in the place of `warnings.showwarning`.

    Parameters
    ----------
    before
        What shows those that are not SQLAlchemy's, or name a line that is not nbmigrate's.
    """

    def __init__(self, before: Callable[..., Any]) -> None:
        # Of two runs at once, the one that ends last may put back what the other had set.
        self.before: Callable[..., Any] = before.before if isinstance(before, ShownWarnings) else before
        self._shown: set[tuple[str, tuple[str, int] | None]] = set()

    def __call__(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Show a warning."""
        if not category.__module__.startswith("sqlalchemy"):
            self.before(message, category, filename, lineno, file, line)
            return
        text = str(message)
        if not filename.startswith(_OURS):
            place: tuple[str, int] | None = filename, lineno
        elif any(text == shown for shown, _ in self._shown):
            return
        else:
            place = _place_in_project()
        # A preview runs a revision more than once.
        if (text, place) in self._shown:
            return
        self._shown.add((text, place))
        if place is None:
            print(f"{category.__name__}: {text}", file=file or sys.stderr)
        else:
            self.before(message, category, *place, file, line if place[0] == filename else None)


@contextmanager
def shown_warnings() -> Iterator[None]:
    """Show SQLAlchemy's warnings in the block by the lines of the project's code that they are about."""
    mine = ShownWarnings(warnings.showwarning)
    warnings.showwarning = mine
    try:
        yield
    finally:
        if warnings.showwarning is mine:
            warnings.showwarning = mine.before


def _place_in_project() -> tuple[str, int] | None:
    """Return the innermost line of a revision that is running; None where none is, as in a preview."""
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.startswith("env_py_"):
            # Its line is the one that runs all revisions.
            return None
        if not _BETWEEN.match(name) and frame.f_code.co_filename != warnings.__file__:
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None
